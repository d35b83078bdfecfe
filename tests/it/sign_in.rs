//! The code that the store shows to those who write its login service, run as it stands there.

use std::process::Command;

use haberdash::{Key, Keys};

const PAGE: &str = include_str!("../../content/builders/signing-in.md");
const KEY: &str = "a secret of thirty-two bytes or more";

/// The code of a language on the page.
fn code(language: &str) -> &'static str {
    let start = format!("```{language}\n");
    let at = PAGE
        .find(&start)
        .expect("the page has code in the language")
        + start.len();
    let length = PAGE[at..].find("\n```").expect("the code ends");
    &PAGE[at..at + length]
}

/// What a program prints.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {errors}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[track_caller]
fn proves_gold(cookie: &str) {
    let key = |secret: &str| Key {
        id: "k1".to_owned(),
        secret: secret.into(),
    };
    let keys = Keys::new("ottoline", vec![key(KEY)]);
    let now = jiff::Timestamp::now().as_second();
    assert_eq!(
        keys.verify(cookie, now),
        Some(vec![("loyalty", "gold"), ("trade", "tailor")]),
        "{cookie}"
    );
    assert_eq!(keys.verify(cookie, now + 120), None, "it expires");
    let other = Keys::new("elsewhere", vec![key(KEY)]);
    assert_eq!(other.verify(cookie, now), None, "it is of one site");
}

#[test]
#[ignore = "needs node, which tests/run installs"]
fn the_code_for_node_signs() {
    let call = format!(
        "{}\nconsole.log(signNote({{ loyalty: 'gold', trade: 'tailor' }}, {{ site: 'ottoline', id: 'k1', key: '{KEY}', age: 60 }}))",
        code("js")
    );
    proves_gold(&run("node", &["-e", &call]));
}

#[test]
#[ignore = "needs python3, which tests/run installs"]
fn the_code_for_python_signs() {
    let call = format!(
        "{}\nprint(sign_note(dict(loyalty='gold', trade='tailor'), site='ottoline', id='k1', key='{KEY}', age=60))",
        code("python")
    );
    proves_gold(&run("python3", &["-c", &call]));
}

#[test]
#[ignore = "needs php, which tests/run installs"]
fn the_code_for_php_signs() {
    let call = format!(
        "{}\necho sign_note(['loyalty' => 'gold', 'trade' => 'tailor'], 'ottoline', 'k1', '{KEY}', 60);",
        code("php")
    );
    proves_gold(&run("php", &["-r", &call]));
}
