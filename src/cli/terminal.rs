//! The only printer. stdout carries data; everything else goes to stderr.

use std::io::{IsTerminal, Write};

/// Whether colors are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether stderr gets colors.
    pub(super) fn is_on(self) -> bool {
        match self {
            Self::Auto => {
                std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && std::io::stderr().is_terminal()
            }
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Data. A reader that has gone away is no error.
pub(super) fn data(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A message.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end_matches('\n'));
}
