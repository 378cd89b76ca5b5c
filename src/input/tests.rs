//! Inputs of every kind, made here.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::error::ErrorKind;

const SMALL: &str = "dn: cn=Zoë 🦀,dc=example\ncn: Zoë\n\n";

fn open(path: &Path) -> Result<Input> {
    Input::open(path, &InputOptions::default())
}

/// A file of this name and content in a folder of its own.
fn file(name: &str, content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn utf16(text: &str, unit: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut zstd = zstd::Encoder::new(Vec::new(), 1).unwrap();
    zstd.include_checksum(true).unwrap();
    zstd.write_all(bytes).unwrap();
    zstd.finish().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Every spelling of a text on disk.
fn encoded(text: &str) -> Vec<(Encoding, Vec<u8>)> {
    let bom = format!("\u{feff}{text}");
    vec![
        (Encoding::Utf8, text.as_bytes().to_vec()),
        (Encoding::Utf8Bom, bom.as_bytes().to_vec()),
        (Encoding::Utf16Le, utf16(text, u16::to_le_bytes)),
        (Encoding::Utf16Be, utf16(text, u16::to_be_bytes)),
        (Encoding::Utf16Le, utf16(&bom, u16::to_le_bytes)),
        (Encoding::Utf16Be, utf16(&bom, u16::to_be_bytes)),
    ]
}

/// Every packing of these bytes.
fn packed(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let skippable = b"\x50\x2a\x4d\x18\x03\0\0\0xyz";
    vec![
        ("plain", bytes.to_vec()),
        ("zst", zstd(bytes)),
        ("two zst frames", [zstd(first), zstd(second)].concat()),
        ("skippable frames", [skippable, zstd(bytes).as_slice(), skippable].concat()),
        ("gz", gzip(bytes)),
        ("two gz members", [gzip(first), gzip(second)].concat()),
    ]
}

#[test]
fn every_encoding_and_packing_is_the_same_text() {
    let long = SMALL.repeat(40_000);
    for text in [SMALL, &long] {
        for (encoding, bytes) in encoded(text) {
            for (packing, bytes) in packed(&bytes) {
                let (_folder, path) = file("old.ldif", &bytes);
                let input = open(&path).unwrap();
                assert!(input.bytes() == text.as_bytes(), "{encoding:?} {packing}");
                assert_eq!(input.encoding(), encoding, "{packing}");
                assert_eq!(input.size(), Some(bytes.len() as u64));
                assert_eq!(input.modified(), fs::metadata(&path).unwrap().modified().ok());
                assert_eq!(input.name(), path.to_str().unwrap());
                input.verify_unchanged().unwrap();
            }
        }
    }
}

#[test]
fn a_fifo_is_read_like_a_file() {
    for (encoding, bytes) in encoded(&SMALL.repeat(5_000)) {
        for (packing, bytes) in packed(&bytes) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("pipe");
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            let writer = path.clone();
            let writer = std::thread::spawn(move || {
                OpenOptions::new().write(true).open(writer).unwrap().write_all(&bytes).unwrap();
            });
            let input = open(&path).unwrap();
            writer.join().unwrap();
            assert!(input.bytes() == SMALL.repeat(5_000).as_bytes(), "{encoding:?} {packing}");
            assert_eq!((input.encoding(), input.size()), (encoding, None));
            input.verify_unchanged().unwrap();
        }
    }
}

#[test]
fn standard_input_that_was_partly_read_goes_on_from_there() {
    let (_folder, path) = file("old.ldif", SMALL.as_bytes());
    let mut file = File::open(&path).unwrap();
    file.seek_relative(4).unwrap();
    assert!(mapped_in_place(&file, &file.metadata().unwrap(), &path).is_none());
    let (map, _) = poured(&file, &path, &InputOptions::default()).unwrap();
    assert_eq!(map.as_deref(), Some(&SMALL.as_bytes()[4..]));
}

#[test]
fn nothing_is_no_bytes() {
    for bytes in [Vec::new(), zstd(b""), gzip(b"")] {
        let (_folder, path) = file("old.ldif", &bytes);
        assert_eq!(open(&path).unwrap().bytes(), b"");
    }
    assert_eq!(open(Path::new("/dev/null")).unwrap().bytes(), b"");
    let (_folder, path) = file("bom.ldif", b"\xef\xbb\xbf");
    assert_eq!(open(&path).unwrap().bytes(), b"");
    let status = open(Path::new("/proc/self/status")).unwrap();
    assert!(status.bytes().starts_with(b"Name:"), "a file that says it is empty");
}

#[test]
fn no_cut_of_a_compressed_file_is_a_short_read() {
    for (packing, bytes) in packed(SMALL.as_bytes()).into_iter().skip(1) {
        let name = if packing.contains("gz") { "old.gz" } else { "old.zst" };
        let whole_packets: &[usize] = match packing {
            "two gz members" => &[gzip(&SMALL.as_bytes()[..SMALL.len() / 2]).len()],
            "two zst frames" => &[zstd(&SMALL.as_bytes()[..SMALL.len() / 2]).len()],
            "skippable frames" => &[11, bytes.len() - 11],
            _ => &[],
        };
        for length in (0..bytes.len()).filter(|length| !whole_packets.contains(length)) {
            let (_folder, path) = file(name, &bytes[..length]);
            let error = open(&path).unwrap_err();
            let cut =
                matches!(error.kind(), ErrorKind::File { fault: FileFault::CutShort { .. }, .. });
            assert!(cut, "{packing} at {length}: {error}");
        }
    }
}

#[test]
fn damage_is_an_error() {
    for (name, bytes) in [("x.zst", zstd(SMALL.as_bytes())), ("x.gz", gzip(SMALL.as_bytes()))] {
        let mut spoilt = bytes.clone();
        spoilt[12] ^= 0x55;
        for bytes in [spoilt, [&bytes[..], b"\x1f trailing text"].concat()] {
            let (_folder, path) = file(name, &bytes);
            let message = open(&path).unwrap_err().to_string();
            assert!(message.contains("but found damage in"), "{message}");
        }
    }
}

#[test]
fn zeros_may_follow_gzip_and_nothing_else() {
    let one = gzip(SMALL.as_bytes());
    let two = [one.as_slice(), &one].concat();
    for zeros in [0, 1, 511, 1 << 17] {
        let zeros = vec![0; zeros];
        for (members, times) in [(&one, 1), (&two, 2)] {
            let padded = [members.as_slice(), &zeros].concat();
            let (_folder, path) = file("x.gz", &padded);
            assert_eq!(open(&path).unwrap().bytes(), SMALL.repeat(times).as_bytes());
            for other in [b"x".as_slice(), b"\n\x1f\x8b", b"trailing text"] {
                let (_folder, path) = file("x.gz", &[padded.as_slice(), other].concat());
                let message = open(&path).unwrap_err().to_string();
                let expected = format!("but found other bytes from byte {} on", padded.len());
                assert!(message.ends_with(&expected), "{message}");
            }
        }
    }
}

#[test]
fn decompression_is_bounded_and_one_level_deep() {
    let text = SMALL.repeat(3_000);
    let limit = text.len() as u64;
    for (packing, bytes) in packed(text.as_bytes()) {
        let (_folder, path) = file("old.ldif", &bytes);
        let within = |max_decompressed| InputOptions { max_decompressed, ..Default::default() };
        assert_eq!(Input::open(&path, &within(limit)).unwrap().bytes().len(), text.len());
        let more = Input::open(&path, &within(limit - 1));
        if packing == "plain" {
            assert!(more.is_ok(), "no bound for what is not compressed");
        } else {
            let message = more.unwrap_err().to_string();
            assert!(message.contains("`--max-decompressed`"), "{message}");
        }
    }
    for twice in [zstd(&zstd(b"dn:")), gzip(&zstd(b"dn:")), zstd(&gzip(b"dn:"))] {
        let (_folder, path) = file("old.ldif", &twice);
        let message = open(&path).unwrap_err().to_string();
        assert!(message.ends_with("but found compressed data"), "{message}");
    }
}

#[test]
fn half_a_character_is_told_by_its_offset() {
    for (what, before, rest) in [
        ("a high surrogate alone", b"d\0n\0", &b"\0\xd8x\0"[..]),
        ("a low one", b"d\0n\0", b"\0\xdcx\0"),
        ("half a unit", b"d\0n\0", b":"),
        ("the end after a high one", b"\0d\0n", b"\xd8\x3e"),
    ] {
        for times in [1, 1 << 18, (1 << 18) - 1, (1 << 19) + 1] {
            let (_folder, path) = file("old.ldif", &[&before.repeat(times), rest].concat());
            let error = open(&path).unwrap_err();
            let ErrorKind::File { fault: FileFault::HalfCharacter { offset, .. }, .. } =
                error.kind()
            else {
                panic!("{what}: {error}")
            };
            assert_eq!(*offset, 4 * times as u64, "{what}");
        }
    }
}

#[test]
fn a_change_while_it_is_read_is_noticed() {
    let (_folder, path) = file("old.ldif", SMALL.as_bytes());
    let input = open(&path).unwrap();
    let mut writer = OpenOptions::new().append(true).open(&path).unwrap();
    writer.write_all(b"more").unwrap();
    let message = input.verify_unchanged().unwrap_err().to_string();
    assert!(message.ends_with("changed while it was read: from 38 bytes to 42"), "{message}");

    let input = open(&path).unwrap();
    writer.set_modified(input.modified().unwrap() + Duration::from_secs(1)).unwrap();
    let message = input.verify_unchanged().unwrap_err().to_string();
    assert!(message.ends_with("changed while it was read: it was written to"), "{message}");
}

#[test]
fn a_change_of_what_flows_is_noticed() {
    let (_folder, path) = file("old.ldif.zst", &zstd(SMALL.as_bytes()));
    let options = InputOptions::default();
    let mut flow = Flow::open(&path, &options).unwrap();
    let mut text = Vec::new();
    while flow.read(&mut text).unwrap() {}
    assert_eq!(text, SMALL.as_bytes());
    flow.verify_unchanged().unwrap();
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"more").unwrap();
    assert!(flow.verify_unchanged().is_err());
    let (_folder, path) = file("old.ldif.zst", &zstd(SMALL.as_bytes()));
    let settled = Flow::open(&path, &options).unwrap().settle(b"").unwrap();
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"more").unwrap();
    assert!(settled.verify_unchanged().is_err());
}

#[test]
fn what_is_no_file_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(error.to_string().starts_with("expected a file, but found the folder `"), "{error}");
    let error = open(&folder.path().join("none.ldif")).unwrap_err();
    assert!(error.to_string().ends_with("No such file or directory (os error 2)"), "{error}");
    assert!(error.hint().unwrap().starts_with("check the spelling"));
    symlink(folder.path().join("self"), folder.path().join("self")).unwrap();
    assert!(open(&folder.path().join("self")).is_err());

    let (_folder, path) = file("old.zst", &zstd(b"dn:"));
    let options = InputOptions { temp_dir: "/no/such/folder".into(), ..Default::default() };
    let error = Input::open(&path, &options).unwrap_err();
    let message = "cannot write in `/no/such/folder`: No such file or directory (os error 2)";
    assert_eq!(error.to_string(), message);
}

#[test]
fn pouring_leaves_nothing_behind_and_tells_how_far_it_is() {
    let bytes = zstd(SMALL.repeat(10_000).as_bytes());
    let (_folder, path) = file("old.zst", &bytes);
    let temp = tempfile::tempdir().unwrap();
    let last = AtomicU64::new(0);
    let progress = |read| last.store(read, Ordering::Relaxed);
    let options = InputOptions {
        temp_dir: temp.path().to_owned(),
        progress: Some(&progress),
        ..Default::default()
    };
    let input = Input::open(&path, &options).unwrap();
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0, "the copy has no name");
    assert_eq!(Some(last.load(Ordering::Relaxed)), input.size());
}

#[test]
fn several_threads_read_the_same_bytes() {
    let (_folder, path) = file("old.ldif", SMALL.as_bytes());
    let input = open(&path).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(input.bytes(), SMALL.as_bytes()));
        }
    });
}
