//! Two records held against each other line by line, for the case that they differ only in what
//! is left out anyway: two servers of one lineage differ in every time stamp.

use crate::attribute::type_of;

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
        let (before, after) = (logical_line(old), logical_line(new));
        old = &old[before.len()..];
        new = &new[after.len()..];
        if before != after {
            let name = name_of(before);
            if name.is_empty() || name_of(after) != name || !is_ignored(type_of(name)) {
                return false;
            }
        }
        if old.is_empty() || new.is_empty() {
            return old.is_empty() && new.is_empty();
        }
    }
}

/// The first line of a text with its folds.
fn logical_line(text: &[u8]) -> &[u8] {
    let mut end = 0;
    loop {
        end = memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |n| end + n + 1);
        if !matches!(text.get(end), Some(b' ' | b'\t')) {
            return &text[..end];
        }
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
    }
}
