//! One run of `ldifsync diff` with its undo, and the parts of what it wrote.
//!
//! A change is one file, or two where a server needs time in between: `change.ldif` and
//! `change.2.ldif`. Records are numbered through both, and so are the records of the undo.

use crate::ldif;
use crate::tree::{Key, Tree};
use crate::util::{Dir, Outcome, run};

/// Random trees are small and change a lot: no limit may stand in the way.
pub const NO_LIMITS: [&str; 6] =
    ["--max-delete", "100%", "--max-member-delete", "100%", "--max-attribute-loss", "100%"];

/// What `diff` wrote for two exports.
pub struct Plan {
    /// The files to apply, in order.
    pub change: Vec<Vec<u8>>,
    /// The files that lead back, in order.
    pub undo: Vec<Vec<u8>>,
    /// What was said about them.
    pub said: String,
}

impl Plan {
    /// Runs `diff`; it must find changes exactly where the trees differ.
    pub fn of(dir: &Dir, old: &[u8], new: &[u8]) -> Plan {
        let differ = ldif::read_content(old).state() != ldif::read_content(new).state();
        Plan::between(dir, old, new, differ)
    }

    /// The same of exports of which it is known whether they differ.
    pub fn between(dir: &Dir, old: &[u8], new: &[u8], differ: bool) -> Plan {
        dir.write("old.ldif", old);
        dir.write("new.ldif", new);
        let files = ["diff", "old.ldif", "new.ldif", "-o", "change.ldif", "--undo", "undo.ldif"];
        let outcome = run(dir, files.into_iter().chain(NO_LIMITS)).expect(i32::from(differ));
        let written = dir.file("change.ldif").exists() && dir.file("undo.ldif").exists();
        assert!(written, "no change or no undo was written:\n{}", outcome.stderr);
        let parts = |first: &str, second: &str| {
            std::iter::once(dir.read(first)).chain(dir.read_if_there(second)).collect()
        };
        let change = parts("change.ldif", "change.2.ldif");
        Plan { change, undo: parts("undo.ldif", "undo.2.ldif"), said: outcome.stderr }
    }

    /// How many records the change has.
    pub fn records(&self) -> usize {
        self.change.iter().map(|part| ldif::blocks(part).len()).sum()
    }

    /// The change up to and with record `count`.
    pub fn first(&self, count: usize) -> Vec<Vec<u8>> {
        let mut left = count;
        let mut parts = Vec::new();
        for part in &self.change {
            let blocks = ldif::blocks(part);
            let taken = left.min(blocks.len());
            left -= taken;
            if let Some(last) = taken.checked_sub(1) {
                parts.push([&part[..blocks[last].text.end], b"\n"].concat());
            }
        }
        parts
    }

    /// The undo of the first `count` records: from the comment that names the last of them on.
    pub fn undo_from(&self, count: usize) -> Vec<Vec<u8>> {
        if count == 0 {
            return Vec::new();
        }
        let heading = format!("# undoes {count} of {}\n", self.records());
        let mut parts = self.undo.iter();
        while let Some(part) = parts.next() {
            if let Some(at) = line_start(part, heading.as_bytes()) {
                return std::iter::once(part[at..].to_vec()).chain(parts.cloned()).collect();
            }
        }
        panic!("the undo has no line {heading:?}");
    }
}

/// Where a line stands in a text.
fn line_start(text: &[u8], line: &[u8]) -> Option<usize> {
    let mut found = text.windows(line.len()).enumerate().filter(|(_, window)| *window == line);
    found.find(|(at, _)| *at == 0 || text[at - 1] == b'\n').map(|(at, _)| at)
}

/// The outcome of a `diff` to standard output.
pub fn diff(dir: &Dir, old: &[u8], new: &[u8]) -> Outcome {
    dir.write("old.ldif", old);
    dir.write("new.ldif", new);
    run(dir, ["diff", "old.ldif", "new.ldif"].into_iter().chain(NO_LIMITS))
}

/// Fails unless two exports of one state have no difference, and are known for exports of this server.
#[track_caller]
pub fn assert_same_exports(server: &str, old: &[u8], new: &[u8]) {
    let outcome = diff(&Dir::new(), old, new);
    let (status, said) = (outcome.status, outcome.stderr);
    assert_eq!(status, 0, "{said}{}", String::from_utf8_lossy(&outcome.stdout));
    assert!(said.trim_end().ends_with(&format!("({server})")), "{said}");
}

/// The records of a change, without the comments that name its inputs.
pub fn records_alone(change: &[u8]) -> Vec<Vec<u8>> {
    let blocks = ldif::blocks(change).into_iter().map(|block| change[block.text].to_vec());
    let bare = |text: Vec<u8>| {
        let lines = text.split_inclusive(|&b| b == b'\n').filter(|line| !line.starts_with(b"#"));
        lines.filter(|line| !line.starts_with(b"version:")).collect::<Vec<_>>().concat()
    };
    blocks.map(bare).collect()
}

/// Fails unless every entry that both exports hold kept its identity and stands where `wanted`
/// has it.
///
/// An entry whose structural class changed is a new one by necessity.
#[track_caller]
pub fn assert_identities_kept(old: &Tree, new: &Tree, wanted: &Tree, found: &Tree) {
    let class = |tree: &Tree, key: &Key| tree.entries[key].values("structuralObjectClass").to_vec();
    let (before, after) = (old.identities(), new.identities());
    let (wanted, found) = (wanted.identities(), found.identities());
    for (uuid, key) in before {
        let Some(other) = after.get(&uuid) else { continue };
        if class(old, &key) == class(new, other) {
            let shown = uuid.escape_ascii();
            assert_eq!(found.get(&uuid), wanted.get(&uuid), "the entry {shown} is another one now");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_cut_where_its_records_end() {
        let one = b"# head\nversion: 1\n\n# first\ndn: cn=a\nchangetype: delete\n\n".to_vec();
        let two = b"version: 1\n\ndn: cn=b\nchangetype: delete\n\n".to_vec();
        let back = b"version: 1\n\n# undoes 2 of 2\ndn: cn=b\nchangetype: add\ncn: b\n\n".to_vec();
        let more = b"# undoes 1 of 2\ndn: cn=a\nchangetype: add\ncn: a\n\n".to_vec();
        let (change, undo) = (vec![one.clone(), two], vec![back, more.clone()]);
        let plan = Plan { change, undo, said: String::new() };
        assert_eq!(plan.records(), 2);
        assert_eq!(plan.first(1), [[one.as_slice(), b"\n"].concat()]);
        assert_eq!(plan.first(2).len(), 2);
        assert_eq!(plan.undo_from(1), [more]);
        assert!(plan.undo_from(2)[0].starts_with(b"# undoes 2"));
        let bare = records_alone(&one);
        assert_eq!(bare.concat(), b"dn: cn=a\nchangetype: delete\n\n");
    }
}
