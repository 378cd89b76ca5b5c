//! The shape of the source: layers, third-party crates in their place, headers, lengths.
//!
//! Read from the files themselves, so that a comment in `src/lib.rs` is the only statement of the
//! order. `main.rs` and `cli/` are the binary and may use every module.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Lines a file may have before its tests.
const LONGEST: usize = 600;

/// Where a crate may be named: a module, or a file of one. An empty list means everywhere.
const PLACES: &[(&str, &[&str])] = &[
    ("memchr", &[]),
    ("simdutf8", &[]),
    ("wide", &["ldif/lines", "ldif/types"]),
    (
        "nom",
        &[
            "error/stuck",
            "dn",
            "ldif/parse",
            "filter/parse",
            "schema/description",
            "dump/stuck",
            "dump/insert",
            "dump/copy",
        ],
    ),
    ("rayon", &["parallel"]),
    ("memmap2", &["input"]),
    ("zstd", &["input", "output"]),
    ("flate2", &["input", "output"]),
    ("encoding_rs", &["input", "dump/charset"]),
    ("tempfile", &["input", "output"]),
    ("stringprep", &["matching"]),
    ("toml", &["mapping/read"]),
    ("jiff", &["table/kind", "mapping/convert/time"]),
    ("minijinja", &["mapping/expression"]),
    ("regex", &["mapping/expression"]),
    ("unicode_normalization", &["mapping/expression/latin"]),
    ("sqlparser", &["dump/definition"]),
    ("hashbrown", &["join", "schema"]),
    ("foldhash", &["join"]),
    ("serde", &["jsonl", "dump/json", "cli"]),
    ("serde_json", &["jsonl", "dump/json", "dialect/stored", "cli"]),
    ("sha2", &["emit", "transform"]),
    ("hmac", &["transform"]),
    ("csv", &["dump/write"]),
    ("base64_simd", &["ldif", "jsonl", "dump/json", "schema/read", "transform", "mapping"]),
    ("clap", &["main", "cli"]),
    ("clap_complete", &["main", "cli"]),
    ("clap_mangen", &["main", "cli"]),
    ("indicatif", &["main", "cli"]),
    ("signal_hook", &["main", "cli"]),
    ("unicode_width", &["main", "cli"]),
];

/// A source file, as far as its tests.
struct Source {
    /// Below `src/`, with `/` between folders.
    path: String,
    lines: Vec<String>,
}

impl Source {
    /// Whether this is the file or in the folder of a module such as `dn` or `ldif/parse`.
    fn is_in(&self, place: &str) -> bool {
        let rest = self.path.strip_prefix(place);
        rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }

    /// The module of `lib.rs` this file belongs to.
    fn module(&self) -> &str {
        let end = self.path.find(['/', '.']).unwrap_or(self.path.len());
        &self.path[..end]
    }

    fn is_binary(&self) -> bool {
        self.is_in("main") || self.is_in("cli")
    }

    /// The lines that are code, numbered from one.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.lines.iter().enumerate().map(|(i, line)| (i + 1, line.as_str()));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    files.sort();
    files.iter().map(|file| read_source(file)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a source folder") {
        let path = entry.expect("a source file").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

fn read_source(file: &Path) -> Source {
    let text = std::fs::read_to_string(file).expect("source is UTF-8");
    let tests = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    let below = file.strip_prefix(root().join("src")).expect("below src");
    let path = below.to_string_lossy().replace('\\', "/");
    Source { path, lines: text[..tests].lines().map(str::to_owned).collect() }
}

/// A module's layer, and its place in `lib.rs`.
type Layers = BTreeMap<String, (u32, usize)>;

/// Reads `// Layer N: …` and the `mod` lines below each.
fn layers() -> Layers {
    let text = std::fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let mut layers = Layers::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("// Layer ") {
            let number = rest.split(':').next().and_then(|n| n.parse().ok());
            current = Some(number.unwrap_or_else(|| panic!("src/lib.rs: no number: {line}")));
        } else if let Some(name) = module_declared(line) {
            let layer = current.unwrap_or_else(|| panic!("src/lib.rs: {name} is in no layer"));
            layers.insert(name.to_owned(), (layer, layers.len()));
        }
    }
    layers
}

fn module_declared(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ").or_else(|| line.strip_prefix("pub(crate) "));
    rest.unwrap_or(line).strip_prefix("mod ")?.strip_suffix(';')
}

/// The modules a file names after `crate::`, with the line of each.
fn modules_used(source: &Source) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    let mut open = None;
    for (number, line) in source.code() {
        let mut rest = line;
        if let Some(depth) = open.take() {
            open = names_in_braces(rest, depth, number, &mut used);
        }
        while let Some(at) = find_word(rest, "crate::") {
            rest = &rest[at + "crate::".len()..];
            match rest.strip_prefix('{') {
                Some(group) => open = names_in_braces(group, 1, number, &mut used),
                None => used.push((number, leading_word(rest).to_owned())),
            }
        }
    }
    used
}

/// Takes the first word of every part of `{a::b, c::{d, e}}`; returns the depth still open.
fn names_in_braces(
    text: &str,
    mut depth: usize,
    line: usize,
    used: &mut Vec<(usize, String)>,
) -> Option<usize> {
    let mut at_start = true;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return None,
            '}' => depth -= 1,
            ',' if depth == 1 => at_start = true,
            c if c.is_whitespace() => {}
            _ if at_start && depth == 1 => {
                used.push((line, leading_word(&text[at..]).to_owned()));
                at_start = false;
            }
            _ => {}
        }
    }
    Some(depth)
}

fn leading_word(text: &str) -> &str {
    let end = text.find(|c: char| !is_word(c)).unwrap_or(text.len());
    &text[..end]
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Where `word` stands without a letter or a `:` before it.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let starts = |at: &usize| !text[..*at].ends_with(|c: char| is_word(c) || c == ':');
    text.match_indices(word).map(|(at, _)| at).find(starts)
}

fn dependencies() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let section = text.split("[dependencies]").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim());
    names.filter(|name| !name.starts_with('#')).map(|name| name.replace('-', "_")).collect()
}

#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn no_arrow_runs_back() {
    let layers = layers();
    let mut faults = Vec::new();
    for source in sources().iter().filter(|s| !s.is_binary() && s.path != "lib.rs") {
        let Some(&(layer, place)) = layers.get(source.module()) else {
            faults.push(format!("src/{}: src/lib.rs puts it in no layer", source.path));
            continue;
        };
        for (line, name) in modules_used(source) {
            // What is no module of lib.rs is an item or a macro of the crate's root.
            let Some(&(other, its_place)) = layers.get(&name) else { continue };
            let back = other > layer || (other == layer && its_place > place);
            if back {
                let module = source.module();
                let what = format!("{module} (layer {layer}) uses {name} (layer {other})");
                faults.push(format!("src/{}:{line}: {what}", source.path));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn third_party_crates_stay_in_their_place() {
    let sources = sources();
    let mut faults = Vec::new();
    for name in dependencies() {
        let Some((_, places)) = PLACES.iter().find(|(place, _)| *place == name) else {
            faults.push(format!("Cargo.toml: {name} has no place in tests/layers.rs"));
            continue;
        };
        let outside = |s: &&Source| !places.is_empty() && !places.iter().any(|p| s.is_in(p));
        for source in sources.iter().filter(outside) {
            let path = format!("{name}::");
            let lines = source.code().filter(|(_, text)| find_word(text, &path).is_some());
            faults.extend(lines.map(|(line, _)| {
                format!("src/{}:{line}: {name} belongs in {}", source.path, places.join(", "))
            }));
        }
    }
    assert_none(&faults);
}

#[test]
fn every_file_has_a_header_and_fits_a_room() {
    let mut faults = Vec::new();
    for source in sources() {
        if !source.lines.first().is_some_and(|line| line.starts_with("//!")) {
            faults.push(format!("src/{}:1: no `//!` header", source.path));
        }
        // A table of facts is as long as the facts are many.
        let is_table = source.path.starts_with("schema/builtin/");
        if source.lines.len() > LONGEST && !is_table {
            let lines = source.lines.len();
            let path = &source.path;
            faults.push(format!("src/{path}:{lines}: more than {LONGEST} lines before its tests"));
        }
    }
    assert_none(&faults);
}

#[test]
fn uses_are_found_however_they_are_written() {
    let lines = "use crate::error::Error;\n// crate::comment\nuse crate::{\n    dn::{Dn, Rdn},\n    \
                 text,\n};\nfn f() { crate::ldif::parse(mycrate::x, crate::entry::y) }\n";
    let lines = lines.lines().map(str::to_owned).collect();
    let source = Source { path: "join/index.rs".to_owned(), lines };
    let used: Vec<_> = modules_used(&source).into_iter().map(|(_, name)| name).collect();
    assert_eq!(used, ["error", "dn", "text", "ldif", "entry"]);
    assert!(source.is_in("join") && !source.is_in("join/ind") && source.module() == "join");
}
