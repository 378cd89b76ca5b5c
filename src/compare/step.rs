//! Two records held against each other line by line, for the case that they differ only in what
//! is left out anyway: two servers of one lineage differ in every time stamp.

use crate::attribute::type_of;
use crate::ldif::unfold::{is_fold, logical_end};

/// Whether two records are the same but for lines of attributes that `is_ignored`.
///
/// A quick yes: lines must stand in step. Anything else is no answer, and the entries are
/// compared by meaning.
pub fn same_but_ignored(
    mut old: &[u8],
    mut new: &[u8],
    mut is_ignored: impl FnMut(&[u8]) -> bool,
) -> bool {
    loop {
        let same = same_bytes(old, new);
        if same == old.len() && same == new.len() {
            return true;
        }
        let start = logical_start([old, new], same);
        (old, new) = (&old[start..], &new[start..]);
        let (before, after);
        (before, old) = old.split_at(logical_end(old));
        (after, new) = new.split_at(logical_end(new));
        let name = name_of(before);
        if name.is_empty() || name_of(after) != name || !is_ignored(type_of(name)) {
            return false;
        }
    }
}

/// How many bytes two texts have in common at their beginnings.
fn same_bytes(a: &[u8], b: &[u8]) -> usize {
    const BLOCK: usize = 32;
    let (blocks, others) = (a.as_chunks::<BLOCK>().0, b.as_chunks::<BLOCK>().0);
    let same = blocks.iter().zip(others).take_while(|(a, b)| a == b).count() * BLOCK;
    same + a[same..].iter().zip(&b[same..]).take_while(|(a, b)| a == b).count()
}

/// Where the logical line begins in which two texts differ at byte `at`, up to which they are the same.
fn logical_start(texts: [&[u8]; 2], at: usize) -> usize {
    let mut at = at;
    loop {
        let start = memchr::memrchr(b'\n', &texts[0][..at]).map_or(0, |end| end + 1);
        let continues = |text: &[u8]| text.get(start).is_some_and(|&b| is_fold(b));
        if start == 0 || !texts.into_iter().any(continues) {
            return start;
        }
        at = start - 1;
    }
}

fn name_of(line: &[u8]) -> &[u8] {
    &line[..memchr::memchr(b':', line).unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_ignored_attributes_may_differ() {
        let same = |a: &str, b: &str| {
            same_but_ignored(a.as_bytes(), b.as_bytes(), |name| name == b"modifyTimestamp")
        };
        let record = "dn: cn=a\ncn: a\nmodifyTimestamp: 1\nsn: b\n";
        assert!(same(record, record));
        assert!(same(record, &record.replace(": 1", ": 22")));
        assert!(same(record, &record.replace(": 1", ": 2\n 2")));
        assert!(!same(record, &record.replace("sn: b", "sn: c")));
        assert!(!same(record, &record.replace("modifyTimestamp: 1\n", "")));
        assert!(!same(record, &format!("{record}sn: c\n")));
        assert!(!same(record, &record.replace("cn: a\n", "cn: a\n b\n")));
        assert!(!same(&record.replace("cn: a\n", "cn: a\n b\n"), record));
        let folded = record.replace(": 1", &format!(":\n {}1\n 2\n 3", "x".repeat(70)));
        assert!(same(&folded, record) && same(record, &folded));
        assert!(same(&folded, &folded.replace("\n 3", "\n 4")));
        assert!(same(&folded, &folded.replace("\n 3", "")));
        let last = record.strip_suffix("sn: b\n").expect("the last line");
        assert!(same(last, last.trim_end()) && !same(record, record.trim_end()));
        assert!(!same(last, "") && !same("", last) && same("", ""));
    }
}
