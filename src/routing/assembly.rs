//! Pages that an edge puts together from a skeleton and regions.

use super::{resolve::Visitor, table::Target};

/// Where skeletons and regions stand, with marks of Edge Side Includes in the places of regions.
pub const ESI: &str = "_haberdash/esi";
/// The same with marks of Server Side Includes.
pub const SSI: &str = "_haberdash/ssi";
/// Skeletons, below either: `page/shop/index.html`.
pub const PAGES: &str = "page";
/// Regions, below either: `region/hero-0123456789ab.html`.
pub const REGIONS: &str = "region";

const ESI_INCLUDE: (&str, &str) = ("<esi:include src=\"/", "\"/>");
const ESI_COMMENT: (&str, &str) = ("<esi:comment ", "/>");
const SSI_INCLUDE: (&str, &str) = ("<!--# include virtual=\"/", "\" -->");

impl Visitor<'_> {
    /// A skeleton's text with each region in its place, as this visitor gets it. `read` gives the text
    /// of a file below the output folder.
    pub(super) fn put_together<E>(
        &self,
        text: &str,
        read: &mut impl FnMut(&str) -> Result<String, E>,
    ) -> Result<String, E> {
        let (open, close) = if self.table.parts == SSI {
            SSI_INCLUDE
        } else {
            ESI_INCLUDE
        };
        let mut whole = String::with_capacity(text.len() * 2);
        let comment = text.strip_prefix(ESI_COMMENT.0);
        let after_comment = comment.and_then(|it| it.split_once(ESI_COMMENT.1));
        let mut rest = after_comment.map_or(text, |(_, after)| after);
        while let Some((before, after)) = rest.split_once(open) {
            let (region, after) = after.split_once(close).unwrap_or((after, ""));
            whole.push_str(before);
            let at: Target = self.table.roots[self.table.find(&format!("/{region}")) as usize].at;
            let file = self.file(at, region);
            whole.push_str(&self.put_together(&read(&file)?, read)?);
            rest = after;
        }
        whole.push_str(rest);
        Ok(whole)
    }
}
