//! Values that no two entries may share, and that go from one entry to another.
//!
//! The entry that has such a value must let it go before another takes it. Most do so by an early
//! modify; where the attribute may not be empty, a temporary value takes its place. So it does where an
//! entry must have the attribute before its rename, and the value is another entry's until then.

use std::collections::{HashMap, HashSet};

use crate::compare::{Comparison, Field};
use crate::dn::{AvaValue, Dn, Rdn};
use crate::plan::free::Word;
use crate::plan::tree::NodeId;
use crate::schema::{AttributeType, Mandatory, NameSet, Syntax};
use crate::server::{Server, UNIQUE};
use crate::source::Extent;

/// What kind of value must stand in, and its syntax.
pub type StandIn = (Word, Syntax);

/// What becomes of a value that something may stand in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It goes before the structure changes.
    Leaves,
    /// It stands in the RDN and goes with that: what stands in comes beside it.
    Names,
    /// It comes, where the entry must have the attribute before its rename: what stands in comes first.
    Comes,
}

/// A value that one entry lets go for another, or waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The attribute, as the entry describes it.
    pub description: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
    /// What must stand in its place meanwhile, where something must.
    pub stand_in: Option<StandIn>,
    /// What stands in its place; chosen once it is known what goes early.
    pub temporary: Option<Vec<u8>>,
    /// How many values the attribute has.
    pub of: usize,
    /// What becomes of it.
    pub role: Role,
}

impl Release {
    /// Whether this is a value that comes, of this attribute.
    pub(super) fn brings(&self, comparison: &Comparison<'_>, description: &[u8]) -> bool {
        self.role == Role::Comes && comparison.same_attribute(&self.description, description)
    }
}

/// How an entry loses or takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By a modify of its own.
    Modify(Extent),
    /// By the delete or the add of this node.
    Presence(NodeId),
    /// By the rename of this node: the value is in its RDN.
    Rename(NodeId),
}

/// A value with the attribute it is a value of, as all equal ones are written.
pub type UniqueValue = (Vec<u8>, Vec<u8>);

/// A value an entry loses.
#[derive(Clone, Debug)]
pub struct Loss {
    /// How it is lost.
    pub by: By,
    /// The record of OLD that has it.
    pub record: Extent,
    /// The rename without which it is not lost: where none is written, what the old and the new name
    /// are made of stays as it is.
    pub needs: Option<NodeId>,
    /// What is to be released, if it is to be.
    pub releases: Vec<Release>,
    /// Whether it is in the RDN, and stays in the entry where the name is another attribute's at once.
    pub sticks: bool,
}

/// A value an entry takes.
#[derive(Clone, Debug)]
pub struct Gain {
    /// How it is taken.
    pub by: By,
    /// The record of OLD whose entry must have the attribute before its rename, and what is to stand in.
    pub awaits: Option<(Extent, Release)>,
}

/// Who loses and who takes which values of unique attributes.
#[derive(Debug, Default)]
pub struct Ledger {
    losses: HashMap<UniqueValue, Vec<Loss>>,
    gains: Vec<(UniqueValue, Gain)>,
    /// Values that somebody in OLD keeps, because nobody asked for the attribute, though NEW has given
    /// them to others.
    kept: HashSet<UniqueValue>,
}

/// What follows from a ledger.
#[derive(Debug, Default)]
pub struct Releases {
    /// The values each record of OLD lets go first.
    pub early: HashMap<Extent, Vec<Release>>,
    /// The renames that must come before a node can take what they give free.
    pub after: HashMap<NodeId, Vec<NodeId>>,
    /// The nodes that must have a temporary name before they get another, for a value in the old one
    /// to go.
    pub sticking: HashSet<NodeId>,
    /// The RDN that a node has right before its last.
    pub before_last: HashMap<NodeId, Rdn>,
}

impl Ledger {
    /// Notes that a value is lost.
    pub fn lose(&mut self, value: UniqueValue, loss: Loss) {
        self.losses.entry(value).or_default().push(loss);
    }

    /// Notes that a value is taken.
    pub fn take(&mut self, value: UniqueValue, gain: Gain) {
        self.gains.push((value, gain));
    }

    /// Whether the entry of this record of OLD loses a value.
    pub fn loses(&self, record: Extent, value: &UniqueValue) -> bool {
        self.losses.get(value).is_some_and(|all| all.iter().any(|loss| loss.record == record))
    }

    /// Notes that who has a value does not let it go.
    pub fn hold(&mut self, value: UniqueValue) {
        self.kept.insert(value);
    }

    /// How many take each value.
    pub fn takers(&self) -> HashMap<&UniqueValue, usize> {
        let mut takers = HashMap::new();
        self.gains.iter().for_each(|(value, _)| *takers.entry(value).or_default() += 1);
        takers
    }

    /// Who is to take a value that is not let go.
    pub fn waiting(&self) -> impl Iterator<Item = By> {
        self.gains.iter().filter(|(value, _)| self.kept.contains(value)).map(|(_, gain)| gain.by)
    }

    /// What gives a value free, and who takes it.
    pub fn links(&self) -> impl Iterator<Item = (By, By)> {
        self.exchanges().flat_map(|(loss, gain)| {
            let taker = gain.by;
            let causes = std::iter::once(loss.by).chain(loss.needs.map(By::Rename));
            causes.map(move |cause| (cause, taker))
        })
    }

    /// Each loss of a value with each taker of it. What many lose and many take (a mail address that
    /// stands for none) is unique on no server, and nobody waits for it.
    fn exchanges(&self) -> impl Iterator<Item = (&Loss, &Gain)> {
        const MANY: usize = 64;
        let takers = self.takers();
        self.gains.iter().flat_map(move |(value, gain)| {
            let losses = self.losses.get(value).map_or(&[][..], Vec::as_slice);
            let is_unique = losses.len() <= MANY || takers[value] <= MANY;
            let losses = if is_unique { losses } else { &[] };
            let losses = losses.iter().filter(|loss| loss.by != gain.by);
            losses.map(move |loss| (loss, gain))
        })
    }

    /// Forgets what is lost and taken by changes that are left out.
    pub fn keep(&mut self, is_kept: &dyn Fn(By) -> bool) {
        self.gains.retain(|(_, gain)| is_kept(gain.by));
        self.losses.retain(|_, losses| {
            losses.retain(|loss| {
                is_kept(loss.by) && loss.needs.is_none_or(|id| is_kept(By::Rename(id)))
            });
            !losses.is_empty()
        });
    }

    /// Decides what goes early and what waits. `is_late` says which deletes come only after others
    /// have moved.
    pub fn settle(self, is_late: &dyn Fn(NodeId) -> bool) -> Releases {
        let mut releases = Releases::default();
        for (loss, gain) in self.exchanges() {
            let goes_early = |release: &&Release| match loss.by {
                By::Modify(_) => true,
                By::Presence(node) => is_late(node),
                By::Rename(_) => release.role == Role::Names,
            };
            for release in loss.releases.iter().filter(goes_early) {
                releases.add(loss.record, release);
            }
            if let Some((record, awaited)) = &gain.awaits {
                releases.add(*record, awaited);
            }
            let By::Rename(giver) = loss.by else { continue };
            if let By::Rename(node) | By::Presence(node) = gain.by {
                releases.after.entry(node).or_default().push(giver);
            }
            if loss.sticks {
                releases.sticking.insert(giver);
            }
        }
        releases.early.values_mut().for_each(|all| stand_in_once(all));
        releases
    }
}

impl Releases {
    /// Chooses what stands in the places of values, in the order of OLD.
    pub fn fill(&mut self, mut value: impl FnMut(StandIn) -> Vec<u8>) {
        let mut waiting: Vec<(&Extent, &mut Vec<Release>)> = self.early.iter_mut().collect();
        waiting.sort_unstable_by_key(|(extent, _)| **extent);
        for one in waiting.into_iter().flat_map(|(_, all)| all) {
            one.temporary = one.stand_in.map(&mut value);
        }
    }

    fn add(&mut self, extent: Extent, release: &Release) {
        let all = self.early.entry(extent).or_default();
        if !all.contains(release) {
            all.push(release.clone());
        }
    }
}

/// Leaves one temporary value to an attribute that loses all its values, and none to one that keeps
/// some.
fn stand_in_once(all: &mut [Release]) {
    let mut all: Vec<&mut Release> = all.iter_mut().filter(|one| one.role != Role::Comes).collect();
    let names: Vec<Vec<u8>> = all.iter().map(|one| one.description.clone()).collect();
    let same = |name: &[u8]| names.iter().filter(|n| n.as_slice() == name).count();
    for n in 0..all.len() {
        let emptied = same(&names[n]) >= all[n].of;
        if !emptied || names[..n].contains(&names[n]) {
            all[n].stand_in = None;
        }
    }
}

/// The names of the attributes whose values are unique: the usual ones and `more`, under all their names.
pub fn unique_names(comparison: &Comparison<'_>, more: &[Vec<u8>]) -> NameSet {
    let mut names = NameSet::default();
    for name in UNIQUE.iter().map(|name| name.as_bytes()).chain(more.iter().map(Vec::as_slice)) {
        names.extend([name]);
        if let Some(attribute) = comparison.schema.attribute(name) {
            names.extend(attribute.names.iter().map(|name| name.as_bytes()));
            names.extend([attribute.oid.as_bytes()]);
        }
    }
    names
}

/// The values of unique attributes among the fields of an entry, each with its description as written.
pub fn unique_values<'e>(
    comparison: &Comparison<'_>,
    fields: Vec<Field<'e, '_>>,
    is_unique: &dyn Fn(&[u8]) -> bool,
) -> Vec<(UniqueValue, &'e [u8], &'e [u8])> {
    let mut found = Vec::new();
    for field in fields.into_iter().filter(|f| is_unique(f.description)) {
        let name = match field.attribute {
            Some(attribute) => attribute.oid.as_bytes().to_vec(),
            None => field.description.to_ascii_lowercase(),
        };
        for value in field.values {
            let normal = comparison.by_rule(field.attribute, value).into_owned();
            found.push(((name.clone(), normal), field.description, value));
        }
    }
    found
}

/// The values that entries of this name take from others by having another: for Active Directory an
/// account `ann` of `corp.test` is also called `ann@corp.test`, whatever its `userPrincipalName` says,
/// and nobody else may be. Each goes with the value that implies it.
pub fn implied_values<'e>(
    comparison: &Comparison<'_>,
    server: Server,
    dn: &Dn,
    fields: &[Field<'e, '_>],
) -> Vec<(UniqueValue, &'e [u8], &'e [u8])> {
    let Some((account, principal)) = server.implied_name() else { return Vec::new() };
    let Some(attribute) = comparison.schema.attribute(principal) else { return Vec::new() };
    let accounts = fields.iter().filter(|f| comparison.same_attribute(f.description, account));
    let implied = |description: &'e [u8], value: &'e [u8]| {
        let name = [value, b"@", domain_of(dn).as_bytes()].concat();
        let normal = comparison.by_rule(Some(attribute), &name).into_owned();
        ((attribute.oid.as_bytes().to_vec(), normal), description, value)
    };
    let values = accounts.flat_map(|f| f.values.iter().map(move |value| (f.description, *value)));
    values.map(|(description, value)| implied(description, value)).collect()
}

/// The DNS name that the `dc`s of a name make.
fn domain_of(dn: &Dn) -> String {
    let avas = dn.rdns.iter().flat_map(|rdn| rdn.avas.iter());
    let parts = avas.filter(|ava| ava.attribute.eq_ignore_ascii_case(b"dc"));
    let texts = parts.filter_map(|ava| match &ava.value {
        AvaValue::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        AvaValue::Ber(_) => None,
    });
    texts.collect::<Vec<_>>().join(".")
}

/// What must stand in the place of a value that goes early: nothing, unless an entry of these classes must have
/// the attribute, or the server does not give it up.
pub fn stand_in<'c>(
    comparison: &Comparison<'_>,
    server: Server,
    classes: impl Iterator<Item = &'c [u8]>,
    attribute: Option<&AttributeType>,
) -> Option<StandIn> {
    let attribute = attribute?;
    if server.protects(attribute) {
        return Some((Word::Account, attribute.syntax));
    }
    let mandatory = comparison.schema.mandatory(classes, attribute);
    (mandatory == Mandatory::Yes).then_some((Word::Released, attribute.syntax))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(start: u64) -> Extent {
        Extent { start, len: 1 }
    }

    /// So many entries lose a value, and so many others take it.
    fn settled(losers: u64, takers: u64) -> usize {
        let value = || (b"mail".to_vec(), b"a@b".to_vec());
        let release = Release {
            description: b"mail".to_vec(),
            value: b"a@b".to_vec(),
            stand_in: None,
            temporary: None,
            of: 1,
            role: Role::Leaves,
        };
        let mut ledger = Ledger::default();
        for n in 0..losers {
            let (record, releases) = (extent(n), vec![release.clone()]);
            let by = By::Modify(record);
            ledger.lose(value(), Loss { by, record, needs: None, releases, sticks: false });
        }
        let gain = |n| Gain { by: By::Modify(extent(losers + n)), awaits: None };
        (0..takers).for_each(|n| ledger.take(value(), gain(n)));
        ledger.settle(&|_| false).early.len()
    }

    #[test]
    fn a_value_that_many_lose_and_many_take_is_not_unique() {
        assert_eq!([settled(1, 1), settled(2, 1000), settled(1000, 2)], [1, 2, 1000]);
        assert_eq!(settled(100_000, 100_000), 0);
    }
}
