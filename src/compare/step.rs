//! Two records held against each other line by line, for the case that they differ only in what
//! is left out anyway: two servers of one lineage differ in every time stamp.

use crate::attribute::type_of;
use crate::ldif::unfold::logical_end;

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
        let (before, after);
        (before, old) = old.split_at(logical_end(old));
        (after, new) = new.split_at(logical_end(new));
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
