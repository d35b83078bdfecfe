//! What the reference decides, and whether an engine's answer is that.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use haberdash::{Decision, Keys, Manifest, Request, RoutingTable, resolve};

use super::{
    corpus::{Case, HOST, Tag},
    wire::{Answer, Outcome},
};

/// The headers that must be as the reference says, there or not.
const HEADERS: [&str; 9] = [
    "vary",
    "cache-control",
    "etag",
    "set-cookie",
    "content-type",
    "link",
    "location",
    "allow",
    "haberdash-experiment",
];

/// A file as entity tags are made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStat {
    /// In hexadecimal.
    pub digest: String,
    pub size: u64,
    /// In seconds since 1970, as it stands on disk.
    pub modified: i64,
}

/// As the reference writes entity tags.
pub fn digest_tag(file: &FileStat) -> String {
    format!("\"{}\"", file.digest)
}

/// As nginx makes them.
pub fn nginx_tag(file: &FileStat) -> String {
    format!("\"{:x}-{:x}\"", file.modified, file.size)
}

/// What an engine is judged by.
pub struct Judge<'a> {
    pub table: &'a RoutingTable,
    /// By which whole pages are found, where the table's are skeletons.
    pub whole: &'a RoutingTable,
    pub manifest: &'a Manifest,
    pub keys: &'a Keys,
    /// By path on disk, below the output folder.
    pub files: &'a BTreeMap<String, FileStat>,
    /// Content digests that only gated variants have.
    pub secrets: &'a BTreeSet<String>,
    pub etag: fn(&FileStat) -> String,
    /// What the engine's platform makes of a request before the edge sees it.
    pub sees: Option<fn(Request) -> Request>,
    /// Where files are, for ranges.
    pub public: &'a Path,
}

/// How an answer compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Same,
    /// The engine's parser refused what no parser must take.
    Refused,
    /// A part of the right file, or the word that there is no such part.
    Part,
    /// As the reference decides what the platform hands over instead of what was sent.
    Seen,
    Different(String),
}

/// What should come, in the engine's notation.
struct Expected {
    decision: Decision,
    /// The file that is decided, or that is the same as what the client has.
    file: Option<String>,
    headers: BTreeMap<&'static str, String>,
}

impl Judge<'_> {
    /// The text of `If-None-Match`: the engine's, and the reference's.
    pub fn tags(&self, case: &Case, now: i64) -> Option<(String, String)> {
        let tag = case.if_none_match?;
        let file = self.body(&case.request(now, None), now);
        let own = file.as_deref().unwrap_or("index.html");
        let public = own
            .strip_prefix("_v/")
            .map_or(own, |rest| rest.splitn(3, '/').nth(2).unwrap_or(own));
        let mine = &self.files.get(own)?.digest;
        let twin = self.files.iter().find(|(path, stat)| {
            stat.digest != *mine
                && (path.as_str() == public
                    || path.starts_with("_v/") && path.splitn(4, '/').nth(3) == Some(public))
        });
        let other = twin.or_else(|| self.files.iter().find(|(_, stat)| stat.digest != *mine));
        let (own, other) = (&self.files[own], other?.1);
        let text = |etag: fn(&FileStat) -> String| match tag {
            Tag::Own => etag(own),
            Tag::Weak => format!("W/{}", etag(own).trim_start_matches("W/")),
            Tag::Other => etag(other),
            Tag::List => format!(
                "\"x\", {},W/{}",
                etag(other),
                etag(own).trim_start_matches("W/")
            ),
            Tag::Star => "*".to_owned(),
            Tag::Garbage => "x".to_owned(),
        };
        Some((text(self.etag), text(digest_tag)))
    }

    fn decide(&self, request: &Request, now: i64) -> Decision {
        self.decide_by(self.table, request, now)
    }

    /// The file whose bytes are right: of a page that is put together the whole page's.
    fn body(&self, request: &Request, now: i64) -> Option<String> {
        self.decide_by(self.whole, request, now).file
    }

    fn decide_by(&self, table: &RoutingTable, request: &Request, now: i64) -> Decision {
        resolve(
            table,
            self.manifest,
            self.keys,
            request,
            now,
            &BTreeMap::new(),
        )
    }

    /// Compares an answer with what is right before and after the exchange: a switch may have
    /// come in between.
    pub fn judge(
        &self,
        case: &Case,
        tag: Option<&str>,
        times: (i64, i64),
        outcome: &Outcome,
    ) -> Verdict {
        let first = self.at(case, tag, times.0, outcome);
        if times.0 == times.1 || !matches!(first, Verdict::Different(_)) {
            return first;
        }
        match self.at(case, tag, times.1, outcome) {
            Verdict::Different(_) => first,
            fine => fine,
        }
    }

    fn at(&self, case: &Case, tag: Option<&str>, now: i64, outcome: &Outcome) -> Verdict {
        let sent = case.request(now, tag);
        let plain = self.expected(case, tag, now, &sent);
        let mut verdict = self.compare(case, &plain, outcome);
        let Some(sees) = self.sees else {
            return verdict;
        };
        if matches!(verdict, Verdict::Different(_)) {
            let seen = sees(sent.clone());
            if seen != sent {
                let expected = self.expected(case, tag, now, &seen);
                match self.compare(case, &expected, outcome) {
                    Verdict::Different(why) => {
                        verdict = Verdict::Different(format!(
                            "{why}\n(asked for what the platform sees: {} ?{})",
                            seen.path, seen.query
                        ));
                    }
                    _ => verdict = Verdict::Seen,
                }
            }
        }
        verdict
    }

    fn expected(&self, case: &Case, tag: Option<&str>, now: i64, request: &Request) -> Expected {
        let decision = self.decide(request, now);
        let mut unconditional = request.clone();
        unconditional.headers.remove("if-none-match");
        let mut file = decision.file.clone();
        if decision.is_skeleton {
            file = self.body(&unconditional, now);
        }
        if tag.is_some() && case.if_none_match.is_some() && decision.status == 304 {
            file = self.body(&unconditional, now);
        }
        let mut headers: BTreeMap<&'static str, String> = decision.headers.clone();
        if headers.contains_key("etag")
            && let Some(stat) = file.as_ref().and_then(|file| self.files.get(file))
        {
            headers.insert("etag", (self.etag)(stat));
        }
        Expected {
            decision,
            file,
            headers,
        }
    }

    fn compare(&self, case: &Case, expected: &Expected, outcome: &Outcome) -> Verdict {
        let refusals = case.refusals();
        let answer = match outcome {
            Outcome::Answered(answer) => answer,
            Outcome::Dropped(_) if !refusals.is_empty() => return Verdict::Refused,
            Outcome::Dropped(why) => {
                return different(expected, None, &format!("no answer: {why}"));
            }
        };
        let fail = |why: &str| different(expected, Some(answer), why);
        if self.leaks(expected, answer) {
            return fail("LEAK: the body is a gated variant that was not decided");
        }
        if answer.status >= 500 && !refusals.contains(&answer.status) {
            return fail("the engine failed");
        }
        let decided = &expected.decision;
        // The tags of `If-Range` in the list are never right, so that the whole has to come.
        let has_range = case.header("range").is_some() && case.header("if-range").is_none();
        if has_range && decided.status == 200 && matches!(answer.status, 206 | 416) {
            return match self.part(case, expected, answer) {
                Ok(()) => Verdict::Part,
                Err(why) => fail(&why),
            };
        }
        let why = self.difference(case, expected, answer);
        match why {
            None => Verdict::Same,
            // A refusal is not the answer to a page: no file of the site comes with it.
            Some(_) if refusals.contains(&answer.status) && !self.is_file(answer) => {
                Verdict::Refused
            }
            Some(why) => fail(&why),
        }
    }

    fn leaks(&self, expected: &Expected, answer: &Answer) -> bool {
        if answer.body.is_empty() {
            return false;
        }
        let digest = digest_of(&answer.body);
        let decided = expected.file.as_ref().and_then(|file| self.files.get(file));
        self.secrets.contains(&digest) && decided.is_none_or(|stat| stat.digest != digest)
    }

    fn is_file(&self, answer: &Answer) -> bool {
        let digest = digest_of(&answer.body);
        let not_found = self.files.get("404.html").map(|stat| &stat.digest);
        not_found != Some(&digest)
            && self
                .files
                .values()
                .any(|stat| stat.digest == digest && stat.size > 0)
    }

    fn difference(&self, case: &Case, expected: &Expected, answer: &Answer) -> Option<String> {
        let decided = &expected.decision;
        if answer.status != decided.status {
            return Some(format!(
                "status {} instead of {}",
                answer.status, decided.status
            ));
        }
        for name in HEADERS {
            let wanted = expected.headers.get(name);
            let got = answer.header(name).map(|value| match name {
                "location" => relative(&value),
                // Apache writes the list anew, without the spaces.
                "vary" => value
                    .split(',')
                    .map(str::trim)
                    .collect::<Vec<_>>()
                    .join(", "),
                _ => value,
            });
            // Engines describe the short texts that they send along with these.
            if name == "content-type"
                && wanted.is_none()
                && matches!(decided.status, 301 | 304 | 405)
            {
                continue;
            }
            if got.as_ref() != wanted {
                return Some(format!("{name}: {got:?} instead of {wanted:?}"));
            }
        }
        let is_sent = decided.file.is_some() && case.method != "HEAD";
        let (Some(file), true) = (&expected.file, is_sent) else {
            return None;
        };
        let wanted = self.files.get(file).map(|stat| stat.digest.as_str());
        let got = digest_of(&answer.body);
        if wanted == Some(got.as_str()) {
            return None;
        }
        let whose = self.files.iter().find(|(_, stat)| stat.digest == got);
        let whose = whose.map_or("no file of the site", |(path, _)| path);
        Some(format!(
            "the body is {whose} ({} bytes) instead of {file}",
            answer.body.len()
        ))
    }

    /// A part of the file that is decided, as RFC 9110 has it.
    fn part(&self, case: &Case, expected: &Expected, answer: &Answer) -> Result<(), String> {
        let range = case.header("range").unwrap_or_default();
        if answer.status == 416 {
            let is_there =
                ["bytes=0-0", "bytes=0-9", "bytes=5-", "bytes=-5"].contains(&range.as_str());
            return if is_there {
                Err(format!("416, but {range} is there"))
            } else {
                Ok(())
            };
        }
        for name in HEADERS {
            let got = answer.header(name);
            let is_multipart = got
                .as_ref()
                .is_some_and(|value| value.starts_with("multipart/byteranges"));
            if got.as_ref() != expected.headers.get(name)
                && !(name == "content-type" && is_multipart)
            {
                return Err(format!(
                    "{name}: {got:?} instead of {:?}",
                    expected.headers.get(name)
                ));
            }
        }
        let bytes = std::fs::read(
            self.public
                .join(expected.file.as_deref().unwrap_or_default()),
        )
        .unwrap();
        let slice = |range: &str| -> Option<&[u8]> {
            let (range, size) = range.trim().strip_prefix("bytes ")?.split_once('/')?;
            let (from, to) = range.split_once('-')?;
            let (from, to): (usize, usize) = (from.parse().ok()?, to.parse().ok()?);
            (size == bytes.len().to_string())
                .then(|| bytes.get(from..=to))
                .flatten()
        };
        if case.method == "HEAD" {
            return Ok(());
        }
        if let Some(range) = answer.header("content-range") {
            return match slice(&range) {
                Some(slice) if slice == answer.body => Ok(()),
                _ => Err(format!("the part is not {range} of the file")),
            };
        }
        // Several parts, each with its own range.
        let text: Vec<u8> = answer.body.clone();
        let mut rest = text.as_slice();
        let mut parts = 0;
        while let Some(at) = find(rest, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&rest[..at]).to_ascii_lowercase();
            let range = head
                .lines()
                .find_map(|line| line.strip_prefix("content-range:"))
                .unwrap_or_default()
                .to_owned();
            let slice = slice(&range).ok_or_else(|| format!("no such part: {range}"))?;
            rest = &rest[at + 4..];
            rest = rest
                .strip_prefix(slice)
                .ok_or_else(|| format!("a part is not {range}"))?;
            parts += 1;
        }
        if parts > 0 {
            Ok(())
        } else {
            Err("206 without a part".to_owned())
        }
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

fn different(expected: &Expected, answer: Option<&Answer>, why: &str) -> Verdict {
    let mut text = format!(
        "{why}\n  expected {} {:?} {:?}\n  visitor  {:?}",
        expected.decision.status,
        expected.decision.file,
        expected.headers,
        expected.decision.assignment
    );
    if let Some(answer) = answer {
        text += &format!(
            "\n  came     {} {:?}, {} bytes",
            answer.status,
            answer.headers,
            answer.body.len()
        );
    }
    Verdict::Different(text)
}

/// As the manifest writes digests.
pub fn digest_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

/// An address of the site itself without the site.
fn relative(location: &str) -> String {
    for scheme in ["http://", "https://"] {
        if let Some(rest) = location
            .strip_prefix(scheme)
            .and_then(|rest| rest.strip_prefix(HOST))
        {
            let port = rest.strip_prefix(':').map_or(0, |port| {
                1 + port.len() - port.trim_start_matches(|c: char| c.is_ascii_digit()).len()
            });
            let path = &rest[port..];
            if path.starts_with('/') {
                return path.to_owned();
            }
        }
    }
    location.to_owned()
}
