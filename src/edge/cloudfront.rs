//! CloudFront: a function at the viewer's request.

use super::{Can, Deployment, Edge, EdgeFile, Problems, javascript};

pub(super) const EDGE: Edge = Edge {
    name: "cloudfront",
    title: "CloudFront",
    can: Can {
        vary_not_found: false,
        ..Can::ALL
    },
    compile,
};

fn compile(deployment: &Deployment, _: &mut Problems<'_>) -> Vec<EdgeFile> {
    vec![EdgeFile::new(
        "core.js",
        javascript::core(&deployment.table),
    )]
}
