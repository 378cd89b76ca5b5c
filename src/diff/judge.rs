//! Whether two records of one name mean the same.

use crate::attribute::type_of;
use crate::compare::Comparison;
use crate::compare::identity::Identity;
use crate::dn::{Ava, AvaValue, Rdn};
use crate::entry::Entry;
use crate::error::{ErrorKind, Result};
use crate::join::Verdict;
use crate::ldif::step::Steps;
use crate::ldif::strangers::strangers;
use crate::ldif::unfold::{line_end, lines};
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
        if plain {
            let [before, after] = [self.old.bytes(left), self.new.bytes(right)];
            let same = match first_difference(before, after, ignored) {
                None => Some(Verdict::SAME),
                Some(lines) if is_elsewhere(lines) => {
                    self.same_in_other_words(left, right, ignored)
                }
                Some(_) => None,
            };
            if let Some(same) = same {
                return Ok(same);
            }
        }
        let then = |old: &Entry<'_>, new: &Entry<'_>| {
            self.refuse_bare((left, old), (right, new))?;
            let side = |entry| self.comparison.fields_of_pair(entry, [old, new]);
            let deltas = self.comparison.delta(&side(old), &side(new));
            let (agrees, half) = self.identity.held_against(old, new);
            let looks = self.scout.looks(old, new, &deltas);
            let content = !deltas.is_empty() || self.scout.moves_members(old, new);
            Ok(Verdict { content, agrees, half, looks })
        };
        let pair = ((self.old, left), (self.new, right));
        if self.comparison.takes_all() {
            let takes_part = |description: &[u8]| self.comparison.takes_part(description);
            return read_differing(pair.0, pair.1, &self.kept, takes_part, then);
        }
        read_pair(pair.0, pair.1, then)
    }

    /// What is to be said of two records that are the same but for the order of their lines, for folds,
    /// for the spelling of their names, and for attributes that are `ignored`.
    ///
    /// `None` is no answer: the entries are compared by meaning.
    fn same_in_other_words(
        &self,
        left: Extent,
        right: Extent,
        ignored: impl Fn(&[u8]) -> bool,
    ) -> Option<Verdict> {
        let texts = [self.old.logical(left), self.new.logical(right)];
        let [(name, before), (other, after)] =
            texts.each_ref().map(|text| text.split_at(line_end(text)));
        let mut strangers = strangers(before, after).map(name_of);
        // Of several identifiers the first counts.
        let identifiers =
            lines(before).filter(|line| self.identity.holds_line(line)).take(2).count();
        let is_same = before.is_empty() == after.is_empty()
            && identifiers < 2
            && strangers.all(|name| !name.is_empty() && ignored(type_of(name)))
            && (name == other || self.holds_names([name, other], before, ignored));
        is_same.then_some(Verdict { agrees: (identifiers > 0).then_some(true), ..Verdict::SAME })
    }

    /// Whether the lines of an entry say what its names say, so that these add no value to it.
    fn holds_names(&self, names: [&[u8]; 2], text: &[u8], ignored: impl Fn(&[u8]) -> bool) -> bool {
        let rdn = |line: &[u8]| line.strip_prefix(b"dn: ").and_then(Rdn::first_in);
        let [Some(old), Some(new)] = names.map(rdn) else { return false };
        let is_held = |ava: &Ava| {
            let attribute = self.comparison.schema.attribute(&ava.attribute);
            let AvaValue::Text(named) = &ava.value else { return false };
            let held = |line: &[u8]| {
                let (name, value) = line.split_at_checked(ava.attribute.len())?;
                let value = value
                    .strip_prefix(b": ")
                    .filter(|_| name.eq_ignore_ascii_case(&ava.attribute))?;
                Some(self.comparison.equal_by_rule(attribute, value, named))
            };
            !ignored(&ava.attribute) && lines(text).filter_map(held).any(|is_equal| is_equal)
        };
        old == new || old.avas.iter().chain(new.avas.iter()).all(is_held)
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

/// The first lines in which two records differ but for attributes that `is_ignored`: two servers of one
/// lineage differ in every time stamp.
///
/// Where there are none the records are the same. Lines are held against each other in step, so where
/// there are some the entries may still mean the same.
fn first_difference<'r>(
    old: &'r [u8],
    new: &'r [u8],
    is_ignored: impl Fn(&[u8]) -> bool,
) -> Option<[&'r [u8]; 2]> {
    Steps::new(old, new).find(|[before, after]| {
        let name = name_of(before);
        name.is_empty() || name_of(after) != name || !is_ignored(type_of(name))
    })
}

/// Whether two lines are of two attributes, or names of the entry: what each record has there the other
/// may have elsewhere.
fn is_elsewhere([before, after]: [&[u8]; 2]) -> bool {
    let [name, other] = [before, after].map(name_of);
    name.eq_ignore_ascii_case(b"dn") || (name != other && !before.is_empty() && !after.is_empty())
}

fn name_of(line: &[u8]) -> &[u8] {
    &line[..memchr::memchr(b':', line).unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Mode, Selection};
    use crate::plan::journey::ModifyStyle;
    use crate::schema::Schema;
    use crate::server::Server;
    use crate::source::ReadOptions;

    #[test]
    fn only_lines_of_ignored_attributes_may_differ() {
        let same = |a: &str, b: &str| {
            let is_ignored = |name: &[u8]| name == b"modifyTimestamp";
            first_difference(a.as_bytes(), b.as_bytes(), is_ignored).is_none()
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
    #[test]
    fn the_same_in_other_words_is_seen_at_once() {
        let schema = Schema::builtin();
        let server = Server::OpenLdap;
        let comparison = Comparison::new(schema, server, Mode::Exact, Selection::default());
        let identity = Identity::new(schema, &["entryUUID"]);
        let ignored = |name: &[u8]| comparison.is_server_only(name) && !identity.holds(name);
        // What is said at once of two records, and whether they may be taken for the same.
        let said = |old: &str, new: &str| {
            let source = |text| Source::of_text("x", text, schema, ReadOptions::default());
            let (old, new) = (source(old.as_bytes()), source(new.as_bytes()));
            let whole = |source: &Source<'_>| {
                let mut cutter = source.cut(0..source.text.len());
                cutter.next_record(None).expect("a record").expect("a sound one").extent
            };
            let extents = (whole(&old), whole(&new));
            let scout = Scout::new(&comparison, server, ModifyStyle::default(), &[]);
            let kept = TypeSet::of(schema, identity.names());
            let (comparison, identity) = (&comparison, &identity);
            let judge = Judge { old: &old, new: &new, comparison, identity, scout, kept };
            judge.same_in_other_words(extents.0, extents.1, ignored).map(|verdict| verdict.agrees)
        };
        let record =
            |name: &str, lines: &[&str]| format!("dn: {name},dc=x\n{}\n", lines.join("\n"));
        let old =
            record("uid=u", &["objectClass: person", "uid: u", "sn: b", "modifiersName: cn=a"]);
        for (name, lines, is_same) in [
            (
                "UID = U",
                &["sn: b", "modifiersName: CN=A", "uid:", "  u", "objectClass: person"][..],
                true,
            ),
            ("uid=U", &["# a comment", "uid: u", "objectClass: person", "sn: b"], true),
            ("uid=u", &["uid: u", "objectClass: person", "sn: c"], false),
            ("uid=u", &["uid: u", "objectClass: person", "sn: b", "sn: b"], false),
            ("uid=u", &["uid: u", "objectClass: person"], false),
            ("userid=u", &["uid: u", "objectClass: person", "sn: b"], false),
        ] {
            let new = record(name, lines);
            assert_eq!(said(&old, &new), is_same.then_some(None), "{new}");
            assert_eq!(said(&new, &old), is_same.then_some(None), "{new}");
        }
        // A name adds its values, which here are not among those of the entry, or not by a rule.
        for (name, lines) in [("uid", ["uid: v", "sn: b"]), ("x-own", ["x-own: u", "sn: b"])] {
            let [lower, upper] = ["u", "U"].map(|value| record(&format!("{name}={value}"), &lines));
            assert_eq!(said(&lower, &lower), Some(None));
            assert_eq!(said(&lower, &upper), None);
        }
        // Of two identifiers the first counts, and a name alone is no entry.
        let ids = ["uid: u", "entryUUID: a", "entryUUID: b"];
        let of = |lines: &[&str]| record("uid=u", lines);
        assert_eq!(said(&of(&ids[..2]), &of(&["entryUUID: a", "uid: u"])), Some(Some(true)));
        assert_eq!(said(&of(&ids[..2]), &of(&["entryUUID: A", "uid: u"])), None);
        assert_eq!(said(&of(&ids), &of(&["entryUUID: b", "entryUUID: a", "uid: u"])), None);
        assert_eq!(said("dn: uid=u,dc=x\n", &of(&["modifiersName: cn=a"])), None);
    }
}
