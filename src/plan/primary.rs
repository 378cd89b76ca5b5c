//! Memberships that follow from the primary group of an account.
//!
//! Active Directory keeps who is in a group in two places: `primaryGroupID` of the account, or `member` of the
//! group, and never in both. An account gets a primary group only if it is a member of it already; the
//! server then takes it out of that group's `member` and puts it into that of the group it had. So none of
//! this is written, and what must be there before is. Knows groups by the SID, whose last part is the
//! `primaryGroupID`, and nothing of the order of other records.

use std::collections::{HashMap, HashSet};

use crate::compare::Field;
use crate::compare::rename::Matched;
use crate::dn::Dn;
use crate::entry::Entry;
use crate::error::Result;
use crate::plan::build::Task;
use crate::plan::journey::{Fields, Opening, Way, set, values};
use crate::plan::names::Names;
use crate::plan::narrow::Narrowed;
use crate::plan::newcomer::{PRIMARY_GROUP, usual_group, value};
use crate::plan::tree::{NodeKind, Tree};
use crate::source::{Extent, Source, TypeSet};

const MEMBER: &[u8] = b"member";
const SID: &[u8] = b"objectSid";

/// What accounts do to the `member` of a group by their primary groups; all as names.
#[derive(Debug, Default)]
struct Group {
    /// Whose primary group it becomes, by OLD's names, and whether the way back can undo that.
    enters: Vec<(Vec<u8>, bool)>,
    /// Whose primary group it was, by OLD's names.
    leaves: Vec<Vec<u8>>,
    /// Who comes back with it as primary group when a delete is undone, by OLD's names.
    returns: Vec<Vec<u8>>,
    /// Whose primary group it is in the end, by NEW's names.
    holds: Vec<Vec<u8>>,
    /// Who is to be a member until somebody makes it the primary group, by NEW's names.
    waits: Vec<Vec<u8>>,
}

/// Whether what undoes the change can give an account its primary group back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Back {
    Open,
    /// The group goes, and would come back with another SID.
    Shut,
}

/// The memberships of a plan that follow from primary groups.
#[derive(Debug, Default)]
pub struct Primaries {
    /// Groups by the key of their name in OLD.
    old: HashMap<Vec<u8>, Group>,
    /// Groups that come, by the key of their name in NEW.
    new: HashMap<Vec<u8>, Group>,
    /// Accounts whose primary group is written, by the key of their name in OLD.
    accounts: HashMap<Vec<u8>, Back>,
    /// Records of OLD whose `member` is written because of that, though they may not differ.
    pub(super) touched: Vec<Extent>,
    /// How many accounts become members of a group that OLD does not hold or that is not selected.
    pub(super) elsewhere: u64,
    /// How many accounts keep their primary group, for `member` of the new one is not written.
    pub(super) unselected: u64,
    /// Accounts, by OLD's names, that lose a primary group which goes, and the number it has: nothing can
    /// give it back.
    pub lost: Vec<(Dn, u32)>,
}

/// The two parts of a SID: the domain, and the number in it.
type Sid = (String, u32);

/// An account in one of the exports.
struct Account {
    dn: Dn,
    sid: Option<Sid>,
    group: Option<u32>,
    /// The group it has when it is added.
    usual: Option<u32>,
}

/// An account, and what it is in both exports.
struct Change {
    old: Option<Account>,
    new: Option<Account>,
    /// Whether its attributes stay as they are, or its primary group is not compared.
    frozen: bool,
}

impl Change {
    /// The primary group the server holds, and the one it is to hold, where those are two.
    fn groups(&self) -> Option<[Sid; 2]> {
        let (domain, _) = self.sid()?;
        let group = |account: &Option<Account>| account.as_ref()?.group;
        let usual = |account: &Option<Account>| account.as_ref()?.usual;
        let (from, to) = match (&self.old, &self.new) {
            (Some(_), Some(_)) => (group(&self.old)?, group(&self.new)?),
            (None, _) => (usual(&self.new)?, group(&self.new)?),
            (_, None) => (group(&self.old)?, usual(&self.old)?),
        };
        (from != to).then(|| [(domain.clone(), from), (domain.clone(), to)])
    }

    /// Its SID, where it has one and keeps it.
    fn sid(&self) -> Option<&Sid> {
        let sid = |account: &'_ Option<Account>| account.as_ref().map(|one| one.sid.clone());
        if let (Some(old), Some(new)) = (sid(&self.old), sid(&self.new))
            && old.is_some()
            && new.is_some()
            && old != new
        {
            return None;
        }
        let held = [&self.old, &self.new];
        held.into_iter().flatten().find_map(|account| account.sid.as_ref())
    }
}

/// The groups of OLD, and those that come.
#[derive(Default)]
struct Groups {
    old: HashMap<Sid, Found>,
    new: HashMap<Sid, Dn>,
}

/// A group of OLD.
struct Found {
    dn: Dn,
    extent: Extent,
    /// The keys of its members that were asked for.
    members: HashSet<Vec<u8>>,
    /// Whether its `member` is not to be written.
    is_left: bool,
}

impl<'s> Task<'_, 's> {
    /// Which memberships follow from primary groups.
    pub(super) fn primaries(
        &self,
        matched: &Matched,
        tree: &Tree,
        names: &Names<'s>,
        narrowed: &Narrowed,
    ) -> Result<Primaries> {
        let mut primaries = Primaries::default();
        if !self.server.moves_members() {
            return Ok(primaries);
        }
        let changes = self.changes_of_groups(matched, tree, narrowed)?;
        if changes.is_empty() {
            return Ok(primaries);
        }
        let pairs = matched.changed.iter().chain(&matched.moved);
        let differ: HashSet<Extent> = pairs.map(|pair| pair.old).collect();
        let groups = self.groups(&changes, tree, (&differ, narrowed))?;
        for change in &changes {
            if let Some([from, to]) = change.groups() {
                self.note(&mut primaries, change, [from, to], &groups, names);
            }
        }
        primaries.touched.sort_unstable();
        primaries.touched.dedup();
        Ok(primaries)
    }

    /// The accounts that get another primary group, come with one that the server does not give them, or go
    /// with one.
    fn changes_of_groups(
        &self,
        matched: &Matched,
        tree: &Tree,
        narrowed: &Narrowed,
    ) -> Result<Vec<Change>> {
        let schema = self.comparison.schema;
        let types =
            TypeSet::of(schema, [PRIMARY_GROUP, SID, b"objectClass", b"userAccountControl"]);
        let account = |source: &Source<'_>, extent: Extent| {
            source.part_of_entry(extent, &types, |entry| Ok(self.account(&entry)))
        };
        let is_taken = self.comparison.takes_part(PRIMARY_GROUP);
        let pairs: Vec<_> = matched.changed.iter().chain(&matched.moved).collect();
        let mut changes = self.each(&pairs, |pair| {
            let (old, new) = (account(self.old, pair.old)?, account(self.new, pair.new)?);
            let frozen = !is_taken || narrowed.frozen.contains(&pair.old);
            Ok(Change { old: Some(old), new: Some(new), frozen })
        })?;
        let nodes: Vec<_> = tree.nodes.iter().filter(|node| !node.left_out).collect();
        changes.extend(self.each(&nodes, |node| {
            let (source, named) = match node.kind {
                NodeKind::Delete => (self.old, &node.old),
                NodeKind::Add => (self.new, &node.new),
                NodeKind::Rename => return Ok(Change { old: None, new: None, frozen: true }),
            };
            let Some(named) = named else {
                return Ok(Change { old: None, new: None, frozen: true });
            };
            let one = Some(account(source, named.extent)?);
            Ok(match node.kind {
                NodeKind::Add => Change { old: None, new: one, frozen: false },
                _ => Change { old: one, new: None, frozen: false },
            })
        })?);
        changes.retain(|change| change.groups().is_some());
        Ok(changes)
    }

    fn account(&self, entry: &Entry<'_>) -> Account {
        let text = |name: &[u8]| std::str::from_utf8(value(entry, name)?).ok()?.trim().parse().ok();
        Account {
            dn: entry.dn.clone(),
            sid: value(entry, SID).and_then(sid),
            group: text(PRIMARY_GROUP),
            usual: usual_group(entry),
        }
    }

    /// The groups that these accounts have to do with.
    fn groups(
        &self,
        changes: &[Change],
        tree: &Tree,
        selected: (&HashSet<Extent>, &Narrowed),
    ) -> Result<Groups> {
        let wanted: HashSet<Sid> = changes.iter().filter_map(Change::groups).flatten().collect();
        let asked: HashSet<Vec<u8>> =
            changes.iter().filter_map(|c| Some(self.comparison.key(&c.old.as_ref()?.dn))).collect();
        let schema = self.comparison.schema;
        let types = TypeSet::of(schema, [SID, MEMBER]);
        let only_sid = TypeSet::of(schema, [SID]);
        let is_wanted =
            |entry: &Entry<'_>| value(entry, SID).and_then(sid).filter(|sid| wanted.contains(sid));
        let found = self.olds.each_chunk(self.pool, self.old, |extents| -> Result<Vec<_>> {
            let mut found = Vec::new();
            for &extent in extents {
                // What cannot be read was rejected.
                let sid = self.old.part_of_entry(extent, &only_sid, |e| Ok(is_wanted(&e)));
                if let Ok(Some(sid)) = sid {
                    let members =
                        |entry: Entry<'_>| Ok((entry.dn.clone(), self.members(&entry, &asked)));
                    let (dn, members) = self.old.part_of_entry(extent, &types, members)?;
                    found.push((sid, Found { dn, extent, members, is_left: false }));
                }
            }
            Ok(found)
        });
        let mut groups = Groups::default();
        for found in found {
            for (sid, mut group) in found? {
                group.is_left = self.is_left(group.extent, selected)?;
                groups.old.insert(sid, group);
            }
        }
        let adds = tree.nodes.iter().filter(|n| n.kind == NodeKind::Add && !n.left_out);
        for named in adds.filter_map(|node| node.new.as_ref()) {
            let sid = |entry: Entry<'_>| Ok(is_wanted(&entry));
            let sid = self.new.part_of_entry(named.extent, &only_sid, sid)?;
            groups.new.extend(sid.map(|sid| (sid, named.dn.clone())));
        }
        Ok(groups)
    }

    /// Whether `member` of a group is not to be written: where nobody selected the group, whether it differs or
    /// not, and everywhere where `member` is not compared.
    fn is_left(
        &self,
        extent: Extent,
        (differ, narrowed): (&HashSet<Extent>, &Narrowed),
    ) -> Result<bool> {
        if !self.comparison.takes_part(MEMBER) {
            return Ok(true);
        }
        match differ.contains(&extent) {
            true => Ok(narrowed.frozen.contains(&extent)),
            false => Ok(!self.may_modify(extent)?),
        }
    }

    /// Whether a record of OLD that does not differ may be written.
    fn may_modify(&self, extent: Extent) -> Result<bool> {
        let is_meant = self.narrowing.lets_modify(extent);
        Ok(is_meant && (self.selector.takes_all() || self.selector.takes(&self.old.entry(extent)?)))
    }

    fn members(&self, entry: &Entry<'_>, asked: &HashSet<Vec<u8>>) -> HashSet<Vec<u8>> {
        // Whether it takes part or not: the server asks who is a member.
        let fields = self.comparison.writable_fields(entry);
        let member = self.comparison.schema.attribute(MEMBER);
        let all = values(&fields, MEMBER, member).into_iter();
        let keys = all.filter_map(|v| Some(self.comparison.key(&Dn::parse(v).ok()?)));
        keys.filter(|key| asked.contains(key)).collect()
    }

    /// Notes what an account does to the groups it leaves and enters.
    fn note(
        &self,
        primaries: &mut Primaries,
        change: &Change,
        [from, to]: [Sid; 2],
        groups: &Groups,
        names: &Names<'s>,
    ) {
        let stays = |group: &&Found| names.follow(&group.dn).is_some();
        let leaving = groups.old.get(&from);
        let entering = groups.old.get(&to).filter(stays);
        match (&change.old, &change.new) {
            (Some(old), None) => {
                if let Some(group) = groups.old.get(&to) {
                    self.of_old(primaries, &group.dn).returns.push(text(&old.dn));
                }
            }
            (Some(old), Some(new)) if change.frozen => {
                self.note_stay(primaries, [old, new], [leaving, entering]);
            }
            (Some(old), Some(new)) => match entering {
                Some(group) if !group.is_left || self.is_member(old, group) => {
                    let returns = leaving.as_ref().is_none_or(stays);
                    primaries.lost.extend((!returns).then(|| (old.dn.clone(), from.1)));
                    self.note_move(primaries, [old, new], [leaving, Some(group)], returns);
                }
                _ => {
                    primaries.unselected += u64::from(entering.is_some());
                    self.note_wait(primaries, new, leaving, (entering, groups.new.get(&to)));
                }
            },
            (None, Some(new)) => {
                self.note_wait(primaries, new, leaving, (entering, groups.new.get(&to)));
            }
            (None, None) => {}
        }
    }

    fn is_member(&self, old: &Account, group: &Found) -> bool {
        group.members.contains(&self.comparison.key(&old.dn))
    }

    /// Notes that an account gets another primary group, and whether the way back can undo that.
    fn note_move(
        &self,
        primaries: &mut Primaries,
        [old, new]: [&Account; 2],
        [leaving, entering]: [Option<&Found>; 2],
        returns: bool,
    ) {
        let is_unseen = |group: &Found| group.is_left && self.comparison.takes_part(MEMBER);
        primaries.elsewhere += u64::from(leaving.is_none_or(is_unseen));
        let way = if returns { Back::Open } else { Back::Shut };
        primaries.accounts.insert(self.comparison.key(&old.dn), way);
        if let Some(group) = entering {
            let entered = self.of_old(primaries, &group.dn);
            entered.enters.push((text(&old.dn), returns));
            entered.holds.push(text(&new.dn));
            primaries.touched.extend((!group.is_left).then_some(group.extent));
        }
        if let Some(group) = leaving {
            self.of_old(primaries, &group.dn).leaves.push(text(&old.dn));
            primaries.touched.extend((returns && !group.is_left).then_some(group.extent));
        }
    }

    /// Notes that an account keeps its primary group though NEW has another, and nobody asked for that one:
    /// it is in both groups still, by the one in another way than NEW has it.
    fn note_stay(
        &self,
        primaries: &mut Primaries,
        [old, new]: [&Account; 2],
        [leaving, entering]: [Option<&Found>; 2],
    ) {
        if let Some(group) = leaving {
            self.of_old(primaries, &group.dn).holds.push(text(&new.dn));
        }
        if let Some(group) = entering.filter(|group| self.is_member(old, group)) {
            self.of_old(primaries, &group.dn).waits.push(text(&new.dn));
        }
    }

    /// Notes that an account keeps the primary group it has on the server, and is to be a member of the one
    /// that NEW gives it: a group of OLD, or one that comes.
    fn note_wait(
        &self,
        primaries: &mut Primaries,
        new: &Account,
        leaving: Option<&Found>,
        (entering, coming): (Option<&Found>, Option<&Dn>),
    ) {
        if let Some(group) = leaving {
            self.of_old(primaries, &group.dn).holds.push(text(&new.dn));
        }
        if let Some(dn) = coming {
            let key = self.comparison.key(dn);
            primaries.new.entry(key).or_default().waits.push(text(&new.dn));
        } else if let Some(group) = entering {
            self.of_old(primaries, &group.dn).waits.push(text(&new.dn));
            primaries.touched.extend((!group.is_left).then_some(group.extent));
        }
    }

    /// What is noted of a group that OLD calls so.
    fn of_old<'p>(&self, primaries: &'p mut Primaries, dn: &Dn) -> &'p mut Group {
        primaries.old.entry(self.comparison.key(dn)).or_default()
    }
}

fn text(dn: &Dn) -> Vec<u8> {
    dn.to_string().into_bytes()
}

impl<'p, 's> Way<'p, 's> {
    /// Opens the way of an entry: before anything else it is a member where it has to be, then the
    /// server moves the members. What it is then takes the place of `start`; what the server does not
    /// take stays out of `end`.
    pub(super) fn open<'e>(
        &self,
        dn: &Dn,
        start: &mut Fields<'e, 's>,
        end: &mut Fields<'e, 's>,
    ) -> Option<Box<Opening<'e, 's>>>
    where
        'p: 'e,
    {
        if self.primaries.old.is_empty() {
            return None;
        }
        let key = self.comparison.key(dn);
        if let Some(way) = self.primaries.accounts.get(&key) {
            let (first, joined) = (start.clone(), start.clone());
            let kind = self.comparison.schema.attribute(PRIMARY_GROUP);
            set(start, PRIMARY_GROUP, kind, values(end, PRIMARY_GROUP, kind));
            let returned = if *way == Back::Open { joined.clone() } else { start.clone() };
            return Some(Box::new(Opening { first, joined, returned, is_account: true }));
        }
        if !self.comparison.takes_part(MEMBER) {
            return None;
        }
        let group = self.primaries.old.get(&key)?;
        let first = start.clone();
        let enters = || group.enters.iter().map(|(name, _)| name);
        self.put(start, enters());
        let joined = start.clone();
        let mut returned = first.clone();
        self.put(
            &mut returned,
            group.enters.iter().filter(|(_, returns)| !returns).map(|(n, _)| n),
        );
        self.take(start, enters().chain(&group.returns));
        self.put(start, &group.leaves);
        self.close_members(group, end);
        Some(Box::new(Opening { first, joined, returned, is_account: false }))
    }

    /// The same of a group that goes: it has had the accounts that left it among its members.
    pub(super) fn open_leaving<'e>(&self, dn: &Dn, start: &mut Fields<'e, 's>)
    where
        'p: 'e,
    {
        if let Some(group) = self.group(&self.primaries.old, dn) {
            self.put(start, &group.leaves);
            self.take(start, &group.returns);
        }
    }

    /// The same of a group that comes.
    pub(super) fn close_coming<'e>(&self, dn: &Dn, end: &mut Fields<'e, 's>)
    where
        'p: 'e,
    {
        if let Some(group) = self.group(&self.primaries.new, dn)
            && !self.comparison.is_excluded(MEMBER)
        {
            self.close_members(group, end);
        }
    }

    /// The group of this name among some; mostly there is none.
    fn group(&self, groups: &'p HashMap<Vec<u8>, Group>, dn: &Dn) -> Option<&'p Group> {
        if groups.is_empty() { None } else { groups.get(&self.comparison.key(dn)) }
    }

    fn close_members<'e>(&self, group: &'p Group, end: &mut Fields<'e, 's>)
    where
        'p: 'e,
    {
        self.take(end, &group.holds);
        self.put(end, &group.waits);
    }

    /// Gives a group these members, where it has not got them.
    fn put<'e>(&self, fields: &mut Fields<'e, 's>, names: impl IntoIterator<Item = &'p Vec<u8>>)
    where
        'p: 'e,
    {
        let member = self.comparison.schema.attribute(MEMBER);
        let key = |value: &[u8]| self.comparison.reference(member, value);
        let mut all = values(fields, MEMBER, member);
        let held: HashSet<Vec<u8>> = all.iter().map(|value| key(value)).collect();
        for name in names {
            all.extend((!held.contains(&key(name))).then_some(name.as_slice()));
        }
        set(fields, MEMBER, member, all);
    }

    /// Takes these members from a group.
    fn take<'e>(&self, fields: &mut Fields<'e, 's>, names: impl IntoIterator<Item = &'p Vec<u8>>) {
        let member = self.comparison.schema.attribute(MEMBER);
        let key = |value: &[u8]| self.comparison.reference(member, value);
        let gone: HashSet<Vec<u8>> = names.into_iter().map(|name| key(name)).collect();
        for field in fields.iter_mut().filter(|field: &&mut Field<'_, '_>| field.is(MEMBER, member))
        {
            field.values.retain(|value| !gone.contains(&key(value)));
        }
        fields.retain(|field| !field.values.is_empty());
    }
}

/// A SID as text, or as the octets of MS-DTYP section 2.4.2.2: a revision, how many numbers, six octets of
/// authority, the numbers in little endian.
fn sid(value: &[u8]) -> Option<Sid> {
    if let Some(text) = value.strip_prefix(b"S-") {
        let (domain, number) = std::str::from_utf8(text).ok()?.rsplit_once('-')?;
        return Some((domain.to_owned(), number.parse().ok()?));
    }
    let (head, numbers) = value.split_at_checked(8)?;
    let numbers: Vec<u32> = numbers
        .chunks_exact(4)
        .map(|four| four.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte)))
        .collect();
    if head[0] != 1 || value.len() != 8 + 4 * usize::from(head[1]) {
        return None;
    }
    let authority = head[2..].iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    let (last, domain) = numbers.split_last()?;
    let parts = domain.iter().fold(String::new(), |text, number| text + "-" + &number.to_string());
    Some((format!("1-{authority}{parts}"), *last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_is_text_or_octets() {
        let octets =
            b"\x01\x05\0\0\0\0\0\x05\x15\0\0\0\x01\0\0\0\x02\0\0\0\x03\x01\0\0\x50\x04\0\0";
        let expected = Some(("1-5-21-1-2-259".to_owned(), 1104));
        assert_eq!(sid(octets), expected);
        assert_eq!(sid(b"S-1-5-21-1-2-259-1104"), expected);
        for bad in [&b"S-1"[..], b"", b"\x01\x05\0\0", &octets[..27], b"S-1-5-x"] {
            assert_eq!(sid(bad), None);
        }
    }
}
