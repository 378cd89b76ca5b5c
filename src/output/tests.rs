//! Outputs to every kind of target.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::input::{Input, InputOptions};

fn create(path: &Path) -> Result<Output> {
    Output::create(&Target::File(path.to_owned()))
}

/// A new output in a folder of its own, with something written to it.
fn begun(name: &str) -> (TempDir, PathBuf, Output) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let mut output = create(&path).unwrap();
    output.write_all(b"dn: dc=example\n").unwrap();
    (folder, path, output)
}

fn names(folder: &TempDir) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(name).collect();
    names.sort_unstable();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_new_file_is_ours_alone_and_appears_when_it_is_finished() {
    let (folder, path, output) = begun("change.ldif");
    assert!(!path.exists());
    output.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"dn: dc=example\n");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(names(&folder), ["change.ldif"]);
}

#[test]
fn a_dropped_output_leaves_nothing() {
    let (folder, _, mut output) = begun("change.ldif.gz");
    output.write_all(&[7; 3 * BUFFER]).unwrap();
    drop(output);
    assert!(names(&folder).is_empty());
}

#[test]
fn an_existing_file_stays_until_the_end_and_keeps_its_mode_and_owner() {
    for kept in [0o640, 0o604, 0o600] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("change.ldif");
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(kept)).unwrap();
        // Only root may give a file away; for everybody else the owner is who runs the test.
        let _ = chown(&path, Some(1234), Some(2345));
        let owner = |path: &Path| fs::metadata(path).map(|m| (m.uid(), m.gid())).unwrap();
        let before = owner(&path);

        let mut output = create(&path).unwrap();
        output.write_all(b"after").unwrap();
        drop(output);
        assert_eq!(fs::read(&path).unwrap(), b"before");

        let mut output = create(&path).unwrap();
        output.write_all(b"after").unwrap();
        output.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"after");
        assert_eq!((mode(&path), owner(&path)), (kept, before));
        assert_eq!(names(&folder), ["change.ldif"]);
    }
}

#[test]
fn the_ending_compresses() {
    let text: Vec<u8> = (0..2_000_000u32).flat_map(|i| [b'a' + (i % 26) as u8, b'\n']).collect();
    for (name, magic) in
        [("x.ldif.zst", &b"\x28\xb5\x2f\xfd"[..]), ("x.GZ", b"\x1f\x8b\x08"), ("x.ldif", b"a\nb\n")]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let mut output = create(&path).unwrap();
        output.write_all(&text).unwrap();
        output.finish().unwrap();
        assert!(fs::read(&path).unwrap().starts_with(magic));
        assert_eq!(names(&folder), [name]);
        let read = Input::open(&path, &InputOptions::default()).unwrap();
        assert!(read.bytes() == text, "{name}");
    }
}

#[test]
fn a_link_goes_on_pointing_at_the_file() {
    for exists in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real.ldif");
        if exists {
            fs::write(&real, "before").unwrap();
        }
        symlink("real.ldif", folder.path().join("link")).unwrap();
        symlink(folder.path().join("link"), folder.path().join("link of link")).unwrap();
        let mut output = create(&folder.path().join("link of link")).unwrap();
        output.write_all(b"after").unwrap();
        output.finish().unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"after");
        assert!(folder.path().join("link").is_symlink());
        assert_eq!(names(&folder), ["link", "link of link", "real.ldif"]);
    }
}

#[test]
fn a_device_is_written_straight_through() {
    let mut output = create(Path::new("/dev/null")).unwrap();
    output.write_all(b"gone").unwrap();
    output.finish().unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());

    let mut output = create(Path::new("/dev/full")).unwrap();
    output.write_all(b"no room").unwrap();
    let error = output.finish().unwrap_err();
    assert!(error.to_string().starts_with("cannot write `/dev/full`: No space left"), "{error}");
    assert!(error.hint().is_some() && !error.is_broken_pipe());
}

#[test]
fn a_file_that_someone_opened_is_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, "before ").unwrap();
    let log = File::open(&path).unwrap();
    let opened = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&log));
    let mut output = create(Path::new(&opened)).unwrap();
    output.write_all(b"after").unwrap();
    output.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"before after");
}

#[test]
fn nothing_is_written_to_a_fifo_once_the_output_is_given_up() {
    for name in ["pipe", "pipe.gz", "pipe.zst"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let reader = path.clone();
        let reader = std::thread::spawn(move || fs::read(reader).unwrap());
        let mut output = create(&path).unwrap();
        output.write_all(b"half of it").unwrap();
        drop(output);
        let read = reader.join().unwrap();
        assert!(read.len() <= 10, "at most a header, never an end: {read:?}");
        assert_eq!(names(&folder), [name]);
    }
}

#[test]
fn a_reader_that_went_away_is_told_from_a_fault() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let writer = File::from(std::os::fd::OwnedFd::from(writer));
    let bytes = BufWriter::new(Encoder::new(writer, Path::new("x")).unwrap());
    let mut output = Output { path: "x".into(), bytes, rename: None };
    output.write_all(b"text").unwrap();
    assert!(output.finish().unwrap_err().is_broken_pipe());
}

#[test]
fn one_failure_leaves_none_of_the_outputs() {
    let (folder, change, output) = begun("change.ldif");
    fs::write(folder.path().join("undo.ldif"), "before").unwrap();
    let mut undo = create(&folder.path().join("undo.ldif")).unwrap();
    undo.write_all(b"after").unwrap();
    let mut full = create(Path::new("/dev/full")).unwrap();
    full.write_all(b"no room").unwrap();
    assert!(commit_all(vec![full, output, undo]).is_err());
    assert!(!change.exists());
    assert_eq!(fs::read(folder.path().join("undo.ldif")).unwrap(), b"before");
    assert_eq!(names(&folder), ["undo.ldif"]);
}

#[test]
fn all_outputs_of_a_run_are_finished_together() {
    let (folder, _, change) = begun("change.ldif");
    let undo = create(&folder.path().join("undo.ldif")).unwrap();
    let straight = create(Path::new("/dev/null")).unwrap();
    commit_all(vec![change, straight, undo]).unwrap();
    assert_eq!(names(&folder), ["change.ldif", "undo.ldif"]);
    commit_all(Vec::new()).unwrap();
}

#[test]
fn two_outputs_are_not_one_file() {
    let (folder, path, change) = begun("change.ldif");
    symlink("change.ldif", folder.path().join("undo.ldif")).unwrap();
    let undo = create(&folder.path().join("./undo.ldif")).unwrap();
    let error = commit_all(vec![change, undo]).unwrap_err();
    assert!(error.to_string().ends_with("`, but found two"), "{error}");
    assert!(!path.exists());
}

#[test]
fn what_cannot_be_written_is_said_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let error = create(folder.path()).err().unwrap();
    assert!(error.to_string().starts_with("expected a file, but found the folder"), "{error}");
    let error = create(Path::new("/no/such/folder/x.ldif")).err().unwrap();
    assert_eq!(
        error.to_string(),
        "cannot write in `/no/such/folder`: No such file or directory (os error 2)"
    );
    symlink("loop", folder.path().join("loop")).unwrap();
    let error = create(&folder.path().join("loop")).err().unwrap();
    assert!(error.to_string().ends_with("too many links in a row"), "{error}");
}

#[test]
fn a_hyphen_is_standard_output() {
    assert_eq!(Target::named(Path::new("-")), Target::Stdout);
    assert_eq!(Target::named(Path::new("./-")), Target::File("./-".into()));
    Output::create(&Target::Stdout).unwrap().finish().unwrap();
}
