//! A store in a string, for tests and examples.

use super::SourceTree;

impl SourceTree {
    /// Files from a text in which each begins with a line `-- path --`. Of two files with one
    /// path the later counts.
    pub fn from_fixture(fixture: &str) -> Self {
        let mut files: Vec<(&str, String)> = Vec::new();
        for line in fixture.split_inclusive('\n') {
            let path = line
                .trim_end()
                .strip_prefix("-- ")
                .and_then(|rest| rest.strip_suffix(" --"));
            match (path, files.last_mut()) {
                (Some(path), _) => files.push((path, String::new())),
                (None, Some((_, text))) => text.push_str(line),
                (None, None) => {}
            }
        }
        Self::from_files(
            files
                .into_iter()
                .map(|(path, text)| (path, text.into_bytes())),
        )
    }
}
