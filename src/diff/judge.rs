//! Whether two records of one name mean the same.

use crate::attribute::type_of;
use crate::compare::Comparison;
use crate::compare::rename::Identity;
use crate::entry::Entry;
use crate::error::{ErrorKind, Result};
use crate::join::Verdict;
use crate::ldif::step::Steps;
use crate::plan::Scout;
use crate::source::{Extent, Source, TypeSet, read_differing, read_pair};

/// Says whether two records of one name mean the same.
pub(super) struct Judge<'j, 's> {
    pub(super) old: &'j Source<'j>,
    pub(super) new: &'j Source<'j>,
    pub(super) comparison: &'j Comparison<'s>,
    pub(super) identity: &'j Identity,
    pub(super) scout: Scout<'j, 's>,
    /// What is looked at though it does not differ.
    pub(super) kept: TypeSet<'j>,
}

impl Judge<'_, '_> {
    /// Says so.
    pub(super) fn verdict(&self, left: Extent, right: Extent) -> Result<Verdict> {
        let plain = self.new.options.rebase.is_none()
            && !self.comparison.selection.operational
            && !self.old.continuations.contains_key(&left.start)
            && !self.new.continuations.contains_key(&right.start);
        let ignored =
            |name: &[u8]| self.comparison.is_server_only(name) && !self.identity.holds(name);
        if plain && same_but_ignored(self.old.bytes(left), self.new.bytes(right), ignored) {
            return Ok(Verdict::SAME);
        }
        let then = |old: &Entry<'_>, new: &Entry<'_>| {
            self.refuse_bare((left, old), (right, new))?;
            let side = |entry| self.comparison.fields_of_pair(entry, [old, new]);
            let deltas = self.comparison.delta(&side(old), &side(new));
            let (agrees, half) = self.identity.held_against(old, new);
            let looks = self.scout.looks(old, new, &deltas);
            Ok(Verdict { content: !deltas.is_empty(), agrees, half, looks })
        };
        let pair = ((self.old, left), (self.new, right));
        if self.comparison.takes_all() {
            return read_differing(pair.0, pair.1, &self.kept, then);
        }
        read_pair(pair.0, pair.1, then)
    }

    /// An entry without attributes is not compared with one that has some: its file was cut, or was
    /// not made for this.
    fn refuse_bare(
        &self,
        (left, old): (Extent, &Entry<'_>),
        (right, new): (Extent, &Entry<'_>),
    ) -> Result<()> {
        // Attributes may be missing because they do not differ.
        let is_bare = |source: &Source<'_>, extent, entry: &Entry<'_>| {
            entry.attributes.is_empty() && source.is_bare(extent)
        };
        match (is_bare(self.old, left, old), is_bare(self.new, right, new)) {
            (true, false) => Err(self.old.error_in(ErrorKind::NameOnly, left)),
            (false, true) => Err(self.new.error_in(ErrorKind::NameOnly, right)),
            _ => Ok(()),
        }
    }
}

/// Whether two records are the same but for lines of attributes that `is_ignored`: two servers of one
/// lineage differ in every time stamp.
///
/// A quick yes: lines must stand in step. Anything else is no answer, and the entries are compared by
/// meaning.
fn same_but_ignored(old: &[u8], new: &[u8], is_ignored: impl Fn(&[u8]) -> bool) -> bool {
    Steps::new(old, new).all(|[before, after]| {
        let name = name_of(before);
        !name.is_empty() && name_of(after) == name && is_ignored(type_of(name))
    })
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
