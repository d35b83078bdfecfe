//! The map in `lib.rs` is true.

use std::{collections::BTreeMap, fs, path::Path};

/// Rooms by name, with the floor each is on.
fn floors() -> BTreeMap<String, usize> {
    let map = fs::read_to_string("src/lib.rs").unwrap();
    let mut floor = 0;
    let mut floors = BTreeMap::new();
    for line in map.lines() {
        let name = line
            .strip_prefix("pub(crate) mod ")
            .or_else(|| line.strip_prefix("pub mod "))
            .and_then(|rest| rest.strip_suffix(';'));
        match name {
            Some(name) => drop(floors.insert(name.to_owned(), floor)),
            None if line.is_empty() && !floors.is_empty() => floor += 1,
            None => {}
        }
    }
    floors
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path
                .strip_prefix("src")
                .unwrap()
                .to_string_lossy()
                .into_owned();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    sources(Path::new("src"), &mut found);
    found
}

/// The rooms that a text names: `crate::room`, and `crate::{room::…, other}`.
fn rooms_named(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => rooms.push(std::mem::take(&mut word)),
                    c if depth == 0 => word.push(c),
                    _ => {}
                }
            }
            rooms.push(word);
        } else {
            rooms.push(rest.to_owned());
        }
    }
    let first = |path: &String| {
        let path = path.trim();
        path[..path
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(path.len())]
            .to_owned()
    };
    rooms.iter().map(first).collect()
}

#[test]
fn every_room_uses_only_rooms_on_floors_below() {
    let floors = floors();
    assert!(floors.len() > 10, "{floors:?}");
    let mut wrong = Vec::new();
    for (path, text) in all_sources() {
        let room = path.split(['/', '.']).next().unwrap().to_owned();
        let Some(own) = floors.get(&room) else {
            continue;
        };
        for used in rooms_named(&text) {
            if let Some(floor) = floors.get(&used)
                && used != room
                && floor >= own
            {
                wrong.push(format!("{path} uses {used}"));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_folder_of_the_source_is_a_room_on_the_map() {
    let floors = floors();
    for entry in fs::read_dir("src").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            ["lib", "main"].contains(&name.as_str()) || floors.contains_key(&name),
            "{name}"
        );
    }
}

#[test]
fn no_unfinished_work_is_left_in_the_source() {
    for (path, text) in all_sources() {
        for word in ["dbg!", "todo!", "fixme", "xxx", "unimplemented!"] {
            assert!(!text.to_lowercase().contains(word), "{path} has {word}");
        }
    }
}

#[test]
fn every_diagnostic_code_has_a_test() {
    let mut tests = String::new();
    for (path, text) in all_sources() {
        if path.contains("tests") {
            tests.push_str(&text);
        }
    }
    for entry in fs::read_dir("tests/it").unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.ends_with("rooms.rs") {
            tests.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    let untested: Vec<&str> = haberdash::Code::ALL
        .iter()
        .map(|code| code.name())
        .filter(|name| {
            !tests.contains(&format!("{name} ")) && !tests.contains(&format!("\"{name}\""))
        })
        .filter(|name| !tests.contains(&format!("[{name}]")))
        .collect();
    assert_eq!(untested, [""; 0], "diagnostic codes without a test");
}
