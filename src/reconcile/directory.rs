//! The directory follows the database: entries that come, change, move and go.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use crate::dn::Dn;
use crate::error::{FlowFault, Result};
use crate::join::Olds;
use crate::mapping::{Action, IfEmpty, Toward};
use crate::reconcile::children::ChildIndex;
use crate::reconcile::chosen::Chosen;
use crate::reconcile::edits::Edits;
use crate::reconcile::ends::AllEnds;
use crate::reconcile::entry_ends::EntryEnds;
use crate::reconcile::fields::{FieldReader, Fields};
use crate::reconcile::made_entries::MadeEntries;
use crate::reconcile::made_entry::OneEntry;
use crate::reconcile::marks::Marker;
use crate::reconcile::names::{NewName, NewNames, Wish};
use crate::reconcile::record::{Record, RowView};
use crate::reconcile::refused::{Refusals, Who};
use crate::reconcile::sequence::Sequences;
use crate::reconcile::settled::{Settled, Settler};
use crate::reconcile::sift::Skipped;
use crate::reconcile::stage::{Pair, Stage, staged};
use crate::reconcile::{Outcome, Task};
use crate::source::Extent;

/// Has the entries follow the tables.
///
/// # Errors
///
/// A side that cannot be read; what is named is not there; a policy that ends the run.
pub fn follow_database(task: &Task<'_>) -> Result<Outcome<MadeEntries>> {
    follow_by(task, &Marker::hashed())
}

/// The same, with these marks of keys.
pub(super) fn follow_by(task: &Task<'_>, marker: &Marker) -> Result<Outcome<MadeEntries>> {
    let skipped = Skipped::of(task)?;
    let ((mut made, accounts), names) = staged(task, (marker, &skipped), |stage| {
        let mut accounts = stage.accounts()?;
        let follower = Follower { stage, task, children: &ChildIndex::new(stage)? };
        let mut rejected: Vec<HashSet<u32>> = vec![HashSet::new(); task.mappings.len()];
        let mut staying = rejected.clone();
        loop {
            let round = follower.round(&rejected, &staying)?;
            let sides = (&mut rejected[..], &mut staying[..]);
            if !stage.set_aside(round.refused, sides, &mut accounts) {
                let made =
                    follower.entries(round.followed, (&rejected, &staying), &mut accounts)?;
                return Ok((made, accounts));
            }
        }
    })?;
    let mut slots = names.into_slots();
    slots.retain(|slot| !skipped.nameless.contains(&slot.extent().start));
    made.olds = Olds::at(slots);
    Ok(Outcome { made, accounts, skipped })
}

/// What a source makes, and of which entry.
pub(super) struct Made {
    pub(super) source: u32,
    pub(super) target: Option<u32>,
    pub(super) edits: Edits,
}

pub(super) struct Round {
    pub(super) followed: Vec<Vec<Made>>,
    pub(super) refused: Refusals,
}

/// What the followed sources of a mapping are to be called.
#[derive(Debug, Default)]
pub(super) struct Called {
    /// Those whose entries are called otherwise so far, or are not there.
    pub(super) anew: HashMap<u32, Dn>,
    /// Those that cannot be named.
    unnamed: HashSet<u32>,
}

impl Called {
    /// Whether a followed source has a name.
    pub(super) fn can_be_named(&self, source: u32) -> bool {
        !self.unnamed.contains(&source)
    }
}

/// The target of a source, and what it asks to be called; none for one that cannot be named.
type Asked = (Option<u32>, Option<NewName>);

/// For each mapping what followed sources ask to be called.
type Wanted = Vec<BTreeMap<u32, Asked>>;

/// For each mapping the names of targets that become inactive elsewhere, as names and as text, by where these stand.
pub(super) type Moved = Vec<HashMap<Extent, (Dn, Vec<u8>)>>;

/// What entries are to be called.
#[derive(Debug)]
pub(super) struct Names<'m> {
    /// By what they are called so.
    wanted: Wanted,
    /// For each mapping.
    pub(super) called: Vec<Called>,
    /// Those of entries that are there, and of all below them.
    pub(super) new: NewNames<'m>,
}

impl Names<'_> {
    /// Whether any of what is there may be called otherwise.
    fn is_any_other(&self) -> bool {
        !self.new.is_empty() || self.called.iter().any(|called| !called.unnamed.is_empty())
    }
}

#[derive(Clone, Copy)]
pub(super) struct Follower<'f, 's, 'm> {
    pub(super) stage: &'f Stage<'s, 'm>,
    pub(super) task: &'f Task<'m>,
    /// The rows of all child tables.
    pub(super) children: &'f ChildIndex,
}

/// What a look at a followed source came to.
struct Seen {
    pair: Pair,
    /// What its entry is to be called, where that is another name.
    name: std::result::Result<Option<NewName>, FlowFault>,
    edits: std::result::Result<Edits, FlowFault>,
    /// Whether it is to keep the name that it has.
    is_to_stay: bool,
    /// Whether something that it refers to had no name yet.
    is_early: bool,
}

/// What a look at followed sources came to.
#[derive(Default)]
struct AllSeen {
    /// Those of which there is anything to say.
    seen: Vec<Seen>,
    /// Those whose entries are to keep the names that they have.
    to_stay: Vec<Pair>,
}

impl<'m> Follower<'_, '_, 'm> {
    fn round(&self, rejected_so_far: &[HashSet<u32>], staying: &[HashSet<u32>]) -> Result<Round> {
        let stage = self.stage;
        let all = &stage.all_followed(rejected_so_far);
        let sequences = Sequences::of_columns(stage, all)?;
        let flows = stage.plan.mappings.iter().flat_map(|mapping| &mapping.flows);
        let flows = flows.filter(|flow| flow.goes(Toward::Directory));
        let references = flows.filter_map(|flow| flow.reference);
        let called = &OnceLock::new();
        let moved = &self.moved(staying)?;
        let ends = AllEnds::new(references, |which| {
            Ok(Box::new(EntryEnds::new(*self, which, all, called, &sequences)?))
        })?;
        let look = Look { follower: self, sequences: &sequences, ends: &ends };
        let seen = (0..).zip(all).map(|(n, pairs)| look.at_all(n, pairs, None));
        let mut seen = seen.collect::<Result<Vec<AllSeen>>>()?;
        let wanted = seen.iter_mut().map(|all| all.seen.iter_mut().filter_map(Seen::take_name));
        let found = self.names(wanted.map(Iterator::collect).collect(), moved)?;
        let kept: Vec<HashSet<Pair>> = self.kept(&found, &seen)?;
        let mut found = self.names_with(found, &kept, moved)?;
        self.share_names(&mut found, &mut seen);
        let names = called.get_or_init(|| found);
        // A first look takes it that what is there keeps its name.
        let is_renamed = names.is_any_other();
        let mut round = Round { followed: Vec::new(), refused: Refusals::new(all.len()) };
        for (n, AllSeen { seen, .. }) in seen.iter_mut().enumerate() {
            let is_again = is_renamed && stage.plan.mappings[n].refers(Toward::Directory);
            let is_open = |one: &Seen| one.is_early || kept[n].contains(&one.pair);
            let early = seen.iter().filter(|one| one.is_early).map(|one| one.pair);
            let pairs: Vec<Pair> = match is_again {
                true => all[n].clone(),
                false => early
                    .chain(kept[n].iter().copied())
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect(),
            };
            seen.retain(|one| one.name.is_err() || !is_again && !is_open(one));
            seen.extend(look.at_all(n, &pairs, Some(&names.called[n]))?.seen);
            seen.sort_by_key(|one| one.pair.0);
        }
        for (n, AllSeen { seen, .. }) in seen.into_iter().enumerate() {
            let mut followed = Vec::new();
            for Seen { pair: (source, target), name, edits, .. } in seen {
                match name.and(edits) {
                    Ok(edits) => {
                        let dn = names.called[n].anew.get(&source).cloned();
                        followed.push(Made { source, target, edits: Edits { dn, ..edits } });
                    }
                    Err(fault) => round.refused.refuse(stage, (n, Who::Source(source)), fault),
                }
            }
            round.followed.push(followed);
        }
        self.say_together(all, (names, &ends, &sequences), &mut round)?;
        self.find_conflicts(names, (moved, staying), &mut round)?;
        Ok(round)
    }

    /// What entries are to be called, as far as a first look could tell.
    fn names(&self, wanted: Wanted, moved: &Moved) -> Result<Names<'m>> {
        let directory = self.task.directory;
        let mut given = Vec::new();
        for (n, (wanted, moved)) in wanted.iter().zip(moved).enumerate() {
            let members = &self.stage.entries.members[n];
            given.extend(
                wanted
                    .values()
                    .filter_map(|(target, name)| Some((members.place((*target)?), name.clone()?))),
            );
            let moved = moved.iter().map(|(place, (dn, _))| (*place, dn.clone()));
            given.extend(moved.map(|(place, dn)| (place, NewName::Whole(dn))));
        }
        let new = NewNames::new(directory, given)?;
        let mut all = Vec::new();
        for (n, wanted) in wanted.iter().enumerate() {
            let mut called = Called::default();
            for (&source, &(target, ref name)) in wanted {
                match name {
                    Some(name) => {
                        called.anew.insert(source, self.dn(n, target, name, &new)?);
                    }
                    None => drop(called.unnamed.insert(source)),
                }
            }
            all.push(called);
        }
        Ok(Names { wanted, called: all, new })
    }

    /// Of those that are to keep their names the ones that would go along with an entry above them.
    fn kept(&self, names: &Names<'_>, seen: &[AllSeen]) -> Result<Vec<HashSet<Pair>>> {
        let of_mapping = |(n, all): (usize, &AllSeen)| {
            let mut kept = HashSet::new();
            for &(source, target) in all.to_stay.iter().filter(|_| !names.new.is_empty()) {
                let dn = self.old_name(n, target)?;
                kept.extend(names.new.goes_along(&dn).then_some((source, target)));
            }
            Ok(kept)
        };
        seen.iter().enumerate().map(of_mapping).collect()
    }

    /// The same names where these keep theirs.
    fn names_with(
        &self,
        mut names: Names<'m>,
        kept: &[HashSet<Pair>],
        moved: &Moved,
    ) -> Result<Names<'m>> {
        if kept.iter().all(HashSet::is_empty) {
            return Ok(names);
        }
        for (n, kept) in kept.iter().enumerate() {
            for &(source, target) in kept.iter().collect::<BTreeSet<_>>() {
                let name = NewName::Whole(self.old_name(n, target)?);
                names.wanted[n].insert(source, (target, Some(name)));
            }
        }
        self.names(names.wanted, moved)
    }

    /// Gives new entries that their mapping does not name the names that another mapping gives to what it makes of the
    /// same rows. What joins an entry that nobody makes, or that its mapping is not about, is dropped.
    fn share_names(&self, names: &mut Names<'_>, seen: &mut [AllSeen]) {
        let mappings = &self.stage.plan.mappings;
        for (n, all) in seen.iter_mut().enumerate() {
            let chosen = Chosen::new(&mappings[n]);
            let choice = chosen.choice(self.task.schema);
            all.seen.retain_mut(|one| {
                let joins = one.pair.1.is_none() && self.stage.joins(n, one.pair.0);
                if one.pair.1.is_some() || !joins && mappings[n].names_entries() {
                    return true;
                }
                let (source, place) = (one.pair.0, self.stage.rows[n].place(one.pair.0));
                let named = |m: usize| {
                    let row = self.stage.rows[m].at(place)?;
                    names.called[m].anew.get(&row).cloned()
                };
                let is_other = |m: &usize| {
                    mappings[*m].names_entries() && mappings[*m].table == mappings[n].table
                };
                let dn = (0..mappings.len()).filter(is_other).find_map(named);
                match dn.filter(|dn| !joins || choice.of_name(dn).is_meant) {
                    Some(dn) => drop(names.called[n].anew.insert(source, dn)),
                    None => {
                        names.called[n].unnamed.insert(source);
                        one.name = Err(FlowFault::Unnamed);
                    }
                }
                !joins || one.name.is_ok()
            });
        }
    }

    /// What the entry of a target is called.
    fn old_name(&self, n: usize, target: Option<u32>) -> Result<Dn> {
        let place = target.map(|target| self.stage.entries.members[n].place(target));
        Ok(place.map(|place| self.task.directory.dn(place)).transpose()?.unwrap_or_default())
    }

    /// What the entry of a source will be called that asks for a name.
    fn dn(
        &self,
        n: usize,
        target: Option<u32>,
        name: &NewName,
        names: &NewNames<'_>,
    ) -> Result<Dn> {
        Ok(match name {
            NewName::Whole(dn) => dn.clone(),
            NewName::InPlace(rdn) => {
                let above = self.old_name(n, target)?.parent().unwrap_or_default();
                names.after(above).child(rdn.clone())
            }
        })
    }

    /// What entries are to be called where some sources are not followed, and some targets stay where they are.
    pub(super) fn names_without(
        &self,
        names: &Names<'_>,
        sources: &[HashSet<u32>],
        moved: &Moved,
    ) -> Result<Names<'m>> {
        let each = names.wanted.iter().zip(sources);
        let kept = each.map(|(wanted, sources)| {
            let kept = wanted.iter().filter(|(source, _)| !sources.contains(source));
            kept.map(|(source, asked)| (*source, asked.clone())).collect()
        });
        self.names(kept.collect(), moved)
    }

    /// What a source would be called where names are these.
    pub(super) fn called_among(
        &self,
        (n, source): (usize, u32),
        names: &Names<'_>,
        others: &Names<'_>,
    ) -> Result<Option<Dn>> {
        let Some((target, Some(name))) = names.wanted[n].get(&source) else { return Ok(None) };
        self.dn(n, *target, name, &others.new).map(Some)
    }

    /// Hands on one entry and the row that it follows.
    pub(super) fn with<T>(
        &self,
        which: (usize, u32, Option<u32>),
        sequences: &Sequences,
        reader: &mut FieldReader<'_, 'm>,
        then: impl FnOnce(&OneEntry<'_, 'm>) -> Result<T>,
    ) -> Result<T> {
        let Some(target) = which.2 else { return self.with_fields(which, sequences, None, then) };
        let place = self.stage.entries.members[which.0].place(target);
        reader.with(self.task.directory, place, |fields| {
            self.with_fields(which, sequences, Some(fields), then)
        })
    }

    /// The same with what the entry has by now.
    pub(super) fn with_fields<T>(
        &self,
        (n, source, target): (usize, u32, Option<u32>),
        sequences: &Sequences,
        old: Option<&Fields<'_>>,
        then: impl FnOnce(&OneEntry<'_, 'm>) -> Result<T>,
    ) -> Result<T> {
        let stage = self.stage;
        let mapping = &stage.plan.mappings[n];
        let rows = &self.task.tables[mapping.table].rows;
        let row = rows.read(stage.rows[n].place(source))?;
        let view = RowView { columns: rows.columns, row: &row, lookups: &stage.lookups };
        let comes_back = target.is_some_and(|target| stage.comes_back(n, target));
        let numbers = |line: u64| sequences.number(n, line, source);
        let one = OneEntry {
            task: self.task,
            zone: &stage.plan.zone,
            lookups: &stage.lookups,
            fields: &stage.plan.fields,
            mapping,
            old,
            record: Record::Row(view),
            row: &row,
            comes_back,
            joins: target.is_none() && stage.joins(n, source),
            numbers: &numbers,
            is_early: Cell::new(false),
            gets_class: Cell::new(false),
        };
        then(&one)
    }

    /// Where the entry of this name stands.
    pub(super) fn named(&self, dn: &Dn) -> Option<Extent> {
        self.stage.entries.named(self.task.directory, dn.to_string().as_bytes())
    }

    /// What becomes inactive elsewhere: its new name, by where it stands.
    fn moved(&self, staying: &[HashSet<u32>]) -> Result<Moved> {
        let moves = |n: usize| {
            let inactivate = &self.stage.plan.mappings[n].mapping.inactivate.to_directory;
            inactivate.as_ref().is_some_and(|one| one.move_to.is_some())
        };
        let mut all = Moved::new();
        for n in 0..self.stage.plan.mappings.len() {
            let mut moved = HashMap::new();
            let leaving = self.leaving(n, staying);
            for (target, _) in leaving.filter(|(_, action)| moves(n) && *action != Action::Delete) {
                let place = self.stage.entries.members[n].place(target);
                let Some(dn) = self.stage.inactivated_entry(n, place)?.dn else { continue };
                let text = dn.to_string().into_bytes();
                moved.insert(place, (dn, text));
            }
            all.push(moved);
        }
        Ok(all)
    }

    /// The targets of a mapping that go or become inactive, but for those that cannot.
    pub(super) fn leaving<'l>(
        &'l self,
        n: usize,
        staying: &'l [HashSet<u32>],
    ) -> impl Iterator<Item = (u32, Action)> + 'l {
        self.stage.leaving_but(n, &staying[n])
    }
}

/// A look at what is followed.
struct Look<'l, 'f, 's, 'm> {
    follower: &'l Follower<'f, 's, 'm>,
    sequences: &'l Sequences,
    ends: &'l AllEnds<'l>,
}

impl<'m> Look<'_, '_, '_, 'm> {
    /// What some of the followed come to, without those of which there is nothing to say. `names` are known
    /// from an earlier look.
    fn at_all(&self, n: usize, pairs: &[Pair], names: Option<&Called>) -> Result<AllSeen> {
        const CHUNK: usize = 2048;
        let (pool, stage) = (self.follower.task.pool, self.follower.stage);
        let settled = Settled::of(stage, n, Toward::Directory);
        let parts = pool.map_ordered(pairs.chunks(CHUNK), |chunk| -> Result<AllSeen> {
            let mut reader = stage.reader();
            let mut settler = settled.as_ref().map(|settled| settled.reader((stage, n), self.ends));
            let mut all = AllSeen::default();
            let is_named = |pair: &&Pair| names.is_none_or(|names| names.can_be_named(pair.0));
            let is_renamed =
                |pair: &Pair| names.is_some_and(|names| names.anew.contains_key(&pair.0));
            let chunk: Vec<Pair> = chunk.iter().filter(is_named).copied().collect();
            for pairs in chunk.chunks(Settler::AT_ONCE) {
                let settled = settler.as_mut().map(|settler| settler.are_settled(pairs));
                let is_settled = |at: usize| settled.as_ref().is_some_and(|settled| settled[at]);
                for (at, &pair) in pairs.iter().enumerate() {
                    if is_settled(at) && !is_renamed(&pair) {
                        continue;
                    }
                    let one = self.at(n, pair, names, &mut reader)?;
                    all.to_stay.extend(one.is_to_stay.then_some(pair));
                    all.seen.extend((!one.says_nothing()).then_some(one));
                }
            }
            Ok(all)
        });
        let mut all = AllSeen::default();
        for part in parts {
            let AllSeen { seen, to_stay } = part?;
            all.seen.extend(seen);
            all.to_stay.extend(to_stay);
        }
        Ok(all)
    }

    fn at(
        &self,
        n: usize,
        pair: Pair,
        names: Option<&Called>,
        reader: &mut FieldReader<'_, 'm>,
    ) -> Result<Seen> {
        let stage = self.follower.stage;
        self.follower.with((n, pair.0, pair.1), self.sequences, reader, |one| {
            if let (Some(fields), None) = (one.old, names) {
                stage.verify(n, stage.cases[n].list_of(pair.0), fields, one.row);
            }
            let (name, is_to_stay) = match names.map(|names| names.anew.get(&pair.0).cloned()) {
                Some(dn) => (Ok(dn.map(NewName::Whole)), false),
                None => match one.name() {
                    Ok(Wish::Other(name)) => (Ok(Some(name)), false),
                    Ok(wish) => (Ok(None), matches!(wish, Wish::Same)),
                    Err(fault) => (Err(fault), false),
                },
            };
            let edits = match &name {
                Ok(_) => one.edits(self.ends, self.follower.children)?,
                Err(_) => Ok(Edits::default()),
            };
            Ok(Seen { pair, name, edits, is_to_stay, is_early: one.is_early.get() })
        })
    }
}

impl Seen {
    /// What it asks to be called, where it asks for anything, and who asks.
    fn take_name(&mut self) -> Option<(u32, Asked)> {
        let name = match &mut self.name {
            Ok(name) => Some(name.take()?),
            Err(_) => None,
        };
        Some((self.pair.0, (self.pair.1, name)))
    }

    fn says_nothing(&self) -> bool {
        let is_there = self.pair.1.is_some() && !self.is_early;
        is_there
            && matches!((&self.name, &self.edits), (Ok(None), Ok(edits)) if edits.say_nothing())
    }
}

impl IfEmpty {
    /// What a group gets that would have no value left; where something stands in already, as it is spelled there.
    pub(super) fn settled(
        &self,
        values: &mut Vec<Vec<u8>>,
        stands_in: Option<&[u8]>,
    ) -> std::result::Result<bool, FlowFault> {
        if !values.is_empty() {
            return Ok(false);
        }
        match self {
            IfEmpty::Reject => Err(FlowFault::Empty),
            IfEmpty::Delete => Ok(true),
            IfEmpty::Member(dn) => {
                let held = stands_in.map(<[u8]>::to_vec);
                values.push(held.unwrap_or_else(|| dn.to_string().into_bytes()));
                Ok(false)
            }
        }
    }
}
