//! nginx with nothing but the folder: what a store is without an edge. It shows that the harness
//! sees through a real server, and stands for how an engine is described.

use std::{fmt::Write, process::Command};

use super::{
    Deployed, EdgeFiles, Engine, FULL, Running, Shop, compare::nginx_tag, corpus::Scale, program,
    prove,
};

const BARE: Engine = Engine {
    name: "bare nginx",
    start,
    etag: nginx_tag,
    sees: None,
    platform: None,
    countries: true,
};

#[test]
#[ignore = "needs nginx"]
fn a_server_without_an_edge_is_seen_to_be_wrong() {
    let scale = Scale { total: 0, ..FULL };
    let report = prove(&BARE, Shop::demo(), scale, &compile);
    report.print();
    assert!(report.mismatches > 0 && report.leaks > 0, "{report}");
    // Its parser refuses some of what hostile clients send, and it can serve parts of files.
    assert!(report.refused > 0 && report.parts > 0, "{report}");
}

fn compile(deployed: &Deployed) -> EdgeFiles {
    let folder = deployed.folder.display();
    let mut text = format!(
        "daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n\
         include /etc/nginx/mime.types;\naccess_log off;\n"
    );
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(text, "{kind}_temp_path {folder}/{kind};");
    }
    text += "geo $country {\ndefault \"\";\n";
    for (country, address) in &deployed.countries {
        let _ = writeln!(text, "{address} {country};");
    }
    let _ = write!(
        text,
        "}}\nserver {{\nlisten 127.0.0.1:{};\nroot {};\nerror_page 404 /404.html;\ncharset utf-8;\n\
         add_header x-country $country;\n}}\n}}\n",
        deployed.port,
        deployed.public.display()
    );
    vec![("nginx.conf".to_owned(), text.into_bytes())]
}

fn start(deployed: &Deployed) -> Running {
    let mut command = Command::new(program("nginx", "nginx"));
    command.arg("-c").arg(deployed.edge.join("nginx.conf"));
    Running::spawn(&mut command, deployed)
}
