//! The output folder: swapped whole, nothing foreign lost, dangerous places refused.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{BARE, facet, write_store};

fn haberdash(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haberdash"));
    command
        .current_dir(folder)
        .env_remove("SHOP_KEY")
        .stdin(Stdio::null());
    command
}

fn build(folder: &Path) -> std::process::Output {
    haberdash(folder)
        .args(["build", "--now", "2026-06-01"])
        .output()
        .unwrap()
}

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry
                .path()
                .strip_prefix(folder)
                .unwrap()
                .to_string_lossy()
                .into_owned();
            (path, fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn store(pages: usize, word: &str) -> String {
    let mut fixture = format!("{BARE}{}", facet("team", &["none", "owls"], "none"));
    for n in 0..pages {
        fixture += &format!(
            "-- content/p{n}.md --\n---\ntitle: P{n}\n---\n{word} {n}\n::: when team=owls\nHoot.\n:::\n"
        );
    }
    fixture
}

#[test]
fn two_builds_in_two_places_have_the_same_bytes() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&a, &b] {
        write_store(folder.path(), &store(5, "word"));
        assert!(build(folder.path()).status.success());
    }
    assert_eq!(
        files(&a.path().join("public")),
        files(&b.path().join("public"))
    );
}

#[test]
fn only_what_changed_is_written_and_what_is_gone_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    write_store(folder.path(), &store(3, "word"));
    build(folder.path());
    let public = folder.path().join("public");
    let inode =
        |path: &str| std::os::unix::fs::MetadataExt::ino(&fs::metadata(public.join(path)).unwrap());
    let before = (inode("p0/index.html"), inode("p1/index.html"));
    fs::write(
        folder.path().join("content/p1.md"),
        "---\ntitle: P1\n---\nnew\n",
    )
    .unwrap();
    fs::remove_file(folder.path().join("content/p2.md")).unwrap();
    let output = build(folder.path());
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("3 removed"),
        "{output:?}"
    );
    assert_eq!(
        inode("p0/index.html"),
        before.0,
        "an unchanged file is the same file"
    );
    assert_ne!(inode("p1/index.html"), before.1);
    assert!(!public.join("p2").exists());
    assert!(!public.join("_v/open/team.owls/p2").exists());
}

#[test]
fn a_site_that_is_as_it_was_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    write_store(folder.path(), &store(2, "word"));
    build(folder.path());
    let public = folder.path().join("public");
    let inode = || std::os::unix::fs::MetadataExt::ino(&fs::metadata(&public).unwrap());
    let before = inode();
    let said = build(folder.path()).stderr;
    assert!(
        String::from_utf8_lossy(&said).contains("0 written"),
        "{said:?}"
    );
    assert_eq!(inode(), before);
    fs::remove_file(public.join("p1/index.html")).unwrap();
    build(folder.path());
    assert!(
        public.join("p1/index.html").exists(),
        "what was lost comes back"
    );
}

#[test]
fn files_of_others_stay_and_are_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    write_store(folder.path(), &store(1, "word"));
    let public = folder.path().join("public");
    fs::create_dir_all(public.join(".git")).unwrap();
    fs::write(public.join(".git/config"), "mine").unwrap();
    assert!(build(folder.path()).status.success());
    fs::write(public.join("CNAME"), "shop.example").unwrap();
    fs::create_dir_all(public.join("uploads/private")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(public.join("uploads/private"), mode).unwrap();
    fs::write(
        folder.path().join("content/p0.md"),
        "---\ntitle: P0\n---\nnew\n",
    )
    .unwrap();
    assert!(build(folder.path()).status.success());
    let meta = fs::metadata(public.join("uploads/private")).unwrap();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o777,
        0o700
    );
    assert_eq!(
        fs::read_to_string(public.join("CNAME")).unwrap(),
        "shop.example"
    );
    assert_eq!(
        fs::read_to_string(public.join(".git/config")).unwrap(),
        "mine"
    );

    fs::create_dir_all(public.join("about")).unwrap();
    fs::write(public.join("about/index.html"), "mine").unwrap();
    fs::write(
        folder.path().join("content/about.md"),
        "---\ntitle: A\n---\n",
    )
    .unwrap();
    let output = build(folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("haberdash did not write"));
    assert_eq!(
        fs::read_to_string(public.join("about/index.html")).unwrap(),
        "mine"
    );
}

#[test]
fn a_folder_that_is_someone_elses_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_store(folder.path(), &store(1, "word"));
    let other = folder.path().join("photographs");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("me.jpg"), "mine").unwrap();
    let output = haberdash(folder.path())
        .args(["build", "--output", "photographs"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("it holds `me.jpg`"), "{said}");
    assert_eq!(files(&other).len(), 1);
}

#[test]
fn dangerous_folders_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store_folder = folder.path().join("home/store");
    fs::create_dir_all(&store_folder).unwrap();
    write_store(&store_folder, &store(1, "word"));
    std::os::unix::fs::symlink("content", store_folder.join("link")).unwrap();
    let before = files(folder.path());
    for output in [
        ".",
        "..",
        "../..",
        "/",
        "content",
        "content/public",
        "themes",
        "segments/x",
        "link",
        "haberdash.yaml",
        "public/../content",
    ] {
        let result = haberdash(&store_folder)
            .env("HOME", folder.path().join("home"))
            .args(["build", "--output", output])
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&result.stderr);
        assert_eq!(result.status.code(), Some(2), "{output}: {stderr}");
        assert!(stderr.contains("is not written to"), "{output}: {stderr}");
    }
    assert_eq!(files(folder.path()), before, "nothing was touched");
}

#[test]
fn a_failing_build_leaves_the_previous_site() {
    let folder = tempfile::tempdir().unwrap();
    write_store(folder.path(), &store(3, "word"));
    build(folder.path());
    let before = files(&folder.path().join("public"));
    fs::write(
        folder.path().join("content/p1.md"),
        "---\ntitle: P1\ndate: tomorrow\n---\n",
    )
    .unwrap();
    assert_eq!(build(folder.path()).status.code(), Some(1));
    assert_eq!(files(&folder.path().join("public")), before);
    assert!(
        !folder.path().join(".public.stage").exists(),
        "nothing is left behind"
    );
}

/// Kills builds at many points. Whenever it strikes, the site is the old one or the new one,
/// whole; the next build mends whatever was left.
#[test]
fn a_killed_build_leaves_a_whole_site() {
    let folder = tempfile::tempdir().unwrap();
    let public = folder.path().join("public");
    write_store(folder.path(), &store(150, "one"));
    let timed_build = || {
        let start = Instant::now();
        assert!(build(folder.path()).status.success());
        start.elapsed()
    };
    let mut whole = timed_build();
    let mut sites = vec![files(&public)];
    write_store(folder.path(), &store(150, "two"));
    let reference = tempfile::tempdir().unwrap();
    write_store(reference.path(), &store(150, "two"));
    build(reference.path());
    sites.push(files(&reference.path().join("public")));

    let points = 40_u32;
    let mut killed = 0;
    for point in 0..points {
        // Back to the old site now and then, so that there is something to change.
        if point % 4 == 0 {
            write_store(folder.path(), &store(150, "one"));
            // The machine may have more or less to do than before.
            whole = timed_build();
            write_store(folder.path(), &store(150, "two"));
        }
        let mut child = haberdash(folder.path())
            .args(["build", "--now", "2026-06-01"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole.mul_f64(f64::from(point) / f64::from(points) * 1.2));
        child.kill().unwrap();
        killed += u32::from(child.wait().unwrap().code().is_none());
        let found = files(&public);
        assert!(
            sites.contains(&found),
            "after {point}/{points} of the time: {:?}",
            found.keys()
        );
    }
    assert!(
        killed > points / 4,
        "only {killed} builds were killed in time"
    );
    assert!(build(folder.path()).status.success());
    assert_eq!(files(&public), sites[1]);
    assert!(!folder.path().join(".public.stage").exists());
}

#[test]
fn variants_of_one_size_have_times_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = format!(
        "{}-- content/index.md --\n::: when team=owls\nabc\n::: otherwise\nxyz\n:::\n",
        store(0, "")
    );
    write_store(folder.path(), &fixture);
    build(folder.path());
    let meta = |path: &str| fs::metadata(folder.path().join("public").join(path)).unwrap();
    let (a, b) = (meta("index.html"), meta("_v/open/team.owls/index.html"));
    assert_eq!(a.len(), b.len());
    assert_ne!(a.modified().unwrap(), b.modified().unwrap());
    assert!(a.modified().unwrap().elapsed().unwrap() > Duration::from_secs(1));
}

#[test]
fn a_new_key_moves_gated_files_and_leaves_none_behind() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = format!(
        "{BARE}-- segments/loyalty.yaml --\nfacet: loyalty\ndefault: guest\ngated: true\nfrom: {{ signed-cookie: hb_visitor, field: loyalty }}\nsegments: [{{ id: guest }}, {{ id: gold }}]\n\
         -- content/index.md --\n::: when loyalty=gold\nGold.\n:::\n"
    );
    write_store(folder.path(), &fixture);
    let tokens = |key: &str| {
        let output = haberdash(folder.path())
            .env("SHOP_KEY", key)
            .arg("build")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let names = fs::read_dir(folder.path().join("public/_v")).unwrap();
        names
            .map(|entry| entry.unwrap().file_name())
            .collect::<Vec<_>>()
    };
    let first = tokens(&"a".repeat(32));
    let second = tokens(&"b".repeat(32));
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first, second);
}

#[test]
fn links_that_lead_nowhere_stop_no_build() {
    let folder = tempfile::tempdir().unwrap();
    write_store(folder.path(), &store(1, "word"));
    std::os::unix::fs::symlink("gone.md", folder.path().join("content/dead.md")).unwrap();
    std::os::unix::fs::symlink("me@host.1234", folder.path().join("content/.#p0.md")).unwrap();
    std::os::unix::fs::symlink(".", folder.path().join("content/circle")).unwrap();
    let output = build(folder.path());
    assert!(output.status.success(), "{output:?}");
}
