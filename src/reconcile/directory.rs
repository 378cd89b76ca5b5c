//! The directory follows the database: entries that come, change, move and go.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::change::Record as LdifRecord;
use crate::dn::Dn;
use crate::entry::Entry;
use crate::error::{Error, FlowFault, Result};
use crate::ldif::write::Writer;
use crate::mapping::{Action, IfEmpty, Toward};
use crate::reconcile::Task;
use crate::reconcile::account::{Account, rejected};
use crate::reconcile::children::ChildIndex;
use crate::reconcile::ends::{AllEnds, Ends, Which};
use crate::reconcile::explain::Effect;
use crate::reconcile::flow::Ready;
use crate::reconcile::made_entry::{Edits, OneEntry, classes_of, edited, set};
use crate::reconcile::made_row::{canonical, normal_reference};
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::record::{EntryView, NAME, Record, RowView};
use crate::reconcile::sequence::Sequences;
use crate::reconcile::stage::Stage;
use crate::reconcile::why::{Origin, Origins, Whys};
use crate::source::Extent;
use crate::table::{Said, Value};
use crate::text::Escaped;

/// What becomes of the entries: those that come or change, as LDIF, and which of them is which.
#[derive(Debug, Default)]
pub struct MadeEntries {
    /// Content records.
    pub text: Vec<u8>,
    /// Entries that change: where each stands in OLD and in the text, and whether its name is another.
    pub changed: Vec<(Extent, Range<usize>, bool)>,
    /// Entries that come.
    pub created: Vec<Range<usize>>,
    /// Entries that go.
    pub deleted: Vec<Extent>,
    /// How many entries there were.
    pub before: u64,
    /// Why, where that is asked for.
    pub whys: Whys,
}

/// Has the entries follow the tables.
///
/// # Errors
///
/// A side that cannot be read; what is named is not there; a policy that ends the run.
pub fn follow_database(task: &Task<'_>) -> Result<(MadeEntries, Vec<Account>)> {
    let stage = Stage::new(task)?;
    let mut accounts = stage.accounts()?;
    let follower = Follower { stage: &stage, task };
    let mut rejected: Vec<HashSet<u32>> = vec![HashSet::new(); task.mappings.len()];
    loop {
        let round = follower.round(&rejected)?;
        if !stage.reject(round.faults, &mut rejected, &mut accounts) {
            let made = follower.entries(round.followed, &mut accounts)?;
            return Ok((made, accounts));
        }
    }
}

/// What a source makes, and of which entry.
pub(super) struct Made {
    source: u32,
    target: Option<u32>,
    edits: Edits,
}

struct Round {
    followed: Vec<Vec<Made>>,
    faults: Vec<Vec<(u32, Error)>>,
}

/// What each followed source of each mapping is to be called.
type Called = Vec<HashMap<u32, Dn>>;

pub(super) struct Follower<'f, 's, 'm> {
    pub(super) stage: &'f Stage<'s, 'm>,
    pub(super) task: &'f Task<'m>,
}

impl<'m> Follower<'_, '_, 'm> {
    fn round(&self, rejected_so_far: &[HashSet<u32>]) -> Result<Round> {
        let stage = self.stage;
        let all: Vec<Vec<(u32, Option<u32>)>> = (0..stage.plan.mappings.len())
            .map(|n| stage.followed(n, &rejected_so_far[n]))
            .collect();
        let sequences = Sequences::of_columns(stage, &all)?;
        let mut round =
            Round { followed: Vec::new(), faults: (0..all.len()).map(|_| Vec::new()).collect() };
        let called = self.called(&all, &sequences, &mut round)?;
        let references = stage.plan.mappings.iter().flat_map(|mapping| &mapping.flows);
        let references = references.filter(|flow| flow.goes(Toward::Directory));
        let references = references.filter_map(|flow| flow.reference);
        let ends = AllEnds::new(references, |which| self.ends(which, &called))?;
        let children = self.children()?;
        for (n, pairs) in all.iter().enumerate() {
            let made = self.task.pool.map_ordered(pairs.chunks(256), |chunk| {
                let one = |&(source, target): &(u32, Option<u32>)| {
                    let name = called[n].get(&source);
                    (
                        source,
                        target,
                        self.follow((n, source, target), name, &ends, &sequences, &children),
                    )
                };
                chunk.iter().map(one).collect::<Vec<_>>()
            });
            let mut followed = Vec::new();
            for (source, target, made) in made.into_iter().flatten() {
                match made? {
                    Ok(edits) => followed.push(Made { source, target, edits }),
                    Err(fault) => round.faults[n].push((source, self.error(n, source, fault))),
                }
            }
            round.followed.push(followed);
        }
        self.find_conflicts(&called, &mut round)?;
        Ok(round)
    }

    fn error(&self, n: usize, source: u32, fault: FlowFault) -> Error {
        let name = &self.stage.plan.mappings[n].mapping.name;
        let place = self.stage.sources(n).places[source as usize];
        self.stage.error_of_source(rejected(name, fault), n, place)
    }

    /// What each followed source is to be called; what cannot be named is a fault.
    fn called(
        &self,
        all: &[Vec<(u32, Option<u32>)>],
        sequences: &Sequences,
        round: &mut Round,
    ) -> Result<Called> {
        let mut called = Vec::new();
        for (n, pairs) in all.iter().enumerate() {
            let names = self.task.pool.map_ordered(pairs.chunks(256), |chunk| {
                let one = |&(source, target): &(u32, Option<u32>)| {
                    self.with((n, source, target), sequences, |one| Ok(one.name()))
                        .map(|name| (source, name))
                };
                chunk.iter().map(one).collect::<Result<Vec<_>>>()
            });
            let mut of_mapping = HashMap::new();
            for chunk in names {
                for (source, name) in chunk? {
                    match name {
                        Ok(name) => {
                            of_mapping.insert(source, name);
                        }
                        Err(fault) => round.faults[n].push((source, self.error(n, source, fault))),
                    }
                }
            }
            called.push(of_mapping);
        }
        Ok(called)
    }

    /// Hands on one entry and the row that it follows.
    fn with<T>(
        &self,
        (n, source, target): (usize, u32, Option<u32>),
        sequences: &Sequences,
        then: impl FnOnce(&OneEntry<'_, 'm>) -> Result<T>,
    ) -> Result<T> {
        let stage = self.stage;
        let mapping = &stage.plan.mappings[n];
        let rows = &self.task.tables[mapping.table].rows;
        let row = rows.read(stage.rows[n].places[source as usize])?;
        let view = RowView { columns: rows.columns, row: &row, lookups: &stage.lookups };
        let old = match target {
            Some(target) => {
                let place = stage.entries.members[n].places[target as usize];
                Some(self.task.directory.entry(place)?)
            }
            None => None,
        };
        let comes_back = target.is_some_and(|target| stage.comes_back(n, target));
        let numbers = |line: u64| sequences.number(n, line, source);
        then(&OneEntry {
            task: self.task,
            zone: &stage.plan.zone,
            lookups: &stage.lookups,
            mapping,
            old: old.as_ref(),
            record: Record::Row(view),
            row: &row,
            comes_back,
            numbers: &numbers,
        })
    }

    fn follow(
        &self,
        which: (usize, u32, Option<u32>),
        name: Option<&Dn>,
        ends: &AllEnds<'m>,
        sequences: &Sequences,
        children: &ChildIndex,
    ) -> Result<std::result::Result<Edits, FlowFault>> {
        // What has no name was found to be a fault already.
        let Some(name) = name else { return Ok(Err(FlowFault::Unnamed)) };
        self.with(which, sequences, |one| one.edits(name, ends, children))
    }

    /// The rows of all child tables, by the rows they are of.
    fn children(&self) -> Result<ChildIndex> {
        let mut index = ChildIndex::default();
        for mapping in &self.stage.plan.mappings {
            for child in mapping.flows.iter().filter_map(|flow| flow.child.as_ref()) {
                index.of(self.stage, child, b"")?;
            }
        }
        Ok(index)
    }

    /// The two ends of references that lead by a column to an attribute.
    fn ends(&self, (n, attribute, column): Which<'m>, called: &Called) -> Result<Ends> {
        let stage = self.stage;
        let mapping = &stage.plan.mappings[n];
        let rows = &self.task.tables[mapping.table].rows;
        let mut ends = Ends::default();
        for (source, (&place, known)) in
            stage.rows[n].places.iter().zip(&stage.rows[n].known).enumerate()
        {
            let row = rows.read(place)?;
            if let (true, Some(value)) = (known.is_meant, &row[column]) {
                let words = canonical(rows.columns, column, &value.bytes);
                ends.sources.insert(words, u32::try_from(source).unwrap_or(u32::MAX));
            }
        }
        let members = &stage.entries.members[n];
        let partners: HashMap<u32, u32> = stage.partners(n).into_iter().collect();
        // One that comes back is of the mapping from now on.
        let coming = called[n].keys().filter_map(|source| partners.get(source));
        let coming: HashSet<u32> = coming.copied().collect();
        for (target, (&place, known)) in (0..).zip(members.places.iter().zip(&members.known)) {
            if known.is_meant || coming.contains(&target) {
                for value in self.values_of(place, attribute)? {
                    ends.targets.insert(normal_reference(self.task, attribute, &value));
                }
            }
        }
        for source in partners.keys().chain(called[n].keys()).copied() {
            let target = partners.get(&source).map(|&target| members.places[target as usize]);
            let value = match (attribute, called[n].get(&source)) {
                (None, Some(dn)) => Some(dn.to_string().into_bytes()),
                (None, None) => match target {
                    Some(place) => Some(self.task.directory.name_text(place)?),
                    None => None,
                },
                (Some(name), dn) => self.attribute_of((n, source), target, name, dn.is_some())?,
            };
            let value = value.map(|bytes| Value { said: Said::Nothing, bytes: bytes.into() });
            ends.called.extend(value.map(|value| (source, value)));
        }
        Ok(ends)
    }

    fn values_of(&self, place: Extent, attribute: Option<&str>) -> Result<Vec<Vec<u8>>> {
        self.task.directory.with_entry(place, |entry| {
            let lookups = &self.stage.lookups;
            let view = EntryView { schema: self.task.schema, entry: &entry, lookups };
            Ok(view.of(attribute.unwrap_or(NAME)).into_iter().map(Cow::into_owned).collect())
        })
    }

    /// What an entry will have in an attribute by which others refer to it.
    fn attribute_of(
        &self,
        (n, source): (usize, u32),
        target: Option<Extent>,
        name: &str,
        is_followed: bool,
    ) -> Result<Option<Vec<u8>>> {
        let fed = match is_followed {
            true => {
                let none = Sequences::default();
                self.with((n, source, None), &none, |one| Ok(one.fed(name)))?
            }
            false => None,
        };
        match (fed, target) {
            (Some(value), _) => Ok(Some(value)),
            (None, Some(place)) => Ok(self.values_of(place, Some(name))?.into_iter().next()),
            (None, None) => Ok(None),
        }
    }

    /// Refuses names that two entries would have, and entries that would be below none.
    fn find_conflicts(&self, called: &Called, round: &mut Round) -> Result<()> {
        let mut leaving: HashSet<Extent> = HashSet::new();
        let mut taken: BTreeMap<Vec<u8>, Vec<(usize, u32)>> = BTreeMap::new();
        let key = |dn: &Dn| crate::matching::dn_key(self.task.schema, dn);
        for (n, followed) in round.followed.iter().enumerate() {
            let places = &self.stage.entries.members[n].places;
            for made in followed {
                let Some(dn) = called[n].get(&made.source) else { continue };
                let place = made.target.map(|target| places[target as usize]);
                let name = key(dn);
                if place.is_some_and(|place| self.stage.entries.names.get(&name) == Some(&place)) {
                    continue;
                }
                leaving.extend(place);
                taken.entry(name).or_default().push((n, made.source));
            }
            for (target, action) in self.stage.leaving(n) {
                let place = places[target as usize];
                // What becomes inactive keeps its name, unless it moves.
                if action == Action::Delete || self.inactivated(n, place)?.dn.is_some() {
                    leaving.insert(place);
                }
            }
        }
        let mut faults = Vec::new();
        for (name, sources) in &taken {
            let is_held =
                self.stage.entries.names.get(name).is_some_and(|place| !leaving.contains(place));
            for &(n, source) in sources {
                let Some(dn) = called[n].get(&source) else { continue };
                let shown = || dn.to_string();
                if is_held {
                    faults.push((n, source, FlowFault::NameHeld { dn: shown() }));
                } else if sources.len() > 1 {
                    faults.push((n, source, FlowFault::NameTwice { dn: shown() }));
                } else if !self.has_parent(dn, &taken) {
                    faults.push((n, source, FlowFault::NoParent { dn: shown() }));
                }
            }
        }
        faults.sort_by_key(|(n, source, _)| (*n, *source));
        for (n, source, fault) in faults {
            round.faults[n].push((source, self.error(n, source, fault)));
        }
        Ok(())
    }

    fn has_parent(&self, dn: &Dn, taken: &BTreeMap<Vec<u8>, Vec<(usize, u32)>>) -> bool {
        let Some(parent) = dn.parent().filter(|_| !self.task.is_fresh) else { return true };
        let key = crate::matching::dn_key(self.task.schema, &parent);
        self.stage.entries.names.contains_key(&key) || taken.contains_key(&key)
    }

    /// Writes what comes and changes.
    fn entries(&self, followed: Vec<Vec<Made>>, accounts: &mut [Account]) -> Result<MadeEntries> {
        let mut all: BTreeMap<Extent, Edits> = BTreeMap::new();
        let mut deleted: HashSet<Extent> = HashSet::new();
        let mut origins = Origins::new(self.task.tells);
        let mut made = MadeEntries { before: self.stage.entries.count, ..MadeEntries::default() };
        for (n, followed) in followed.into_iter().enumerate() {
            let places = &self.stage.entries.members[n].places;
            for Made { source, target, edits } in followed {
                let place = target.map(|target| places[target as usize]);
                let before = place.map(|place| self.task.directory.entry(place)).transpose()?;
                let mapping = &self.stage.plan.mappings[n];
                let origin = Origin { mapping: n, source: Some(source), target, flow: None };
                if let Some(place) = place {
                    origins.add_old(place, origin);
                }
                accounts[n].explain(source, || self.effects(mapping, before.as_ref(), &edits));
                accounts[n].unresolved.extend(edits.unresolved.iter().cloned());
                match target.map(|target| places[target as usize]) {
                    Some(place) if edits.goes => {
                        accounts[n].lose(|| self.shown(place));
                        deleted.insert(place);
                    }
                    Some(place) => all.entry(place).or_default().append(edits),
                    None if edits.goes => {}
                    None => {
                        let entry = edits.created(self.task.schema);
                        let range = made.write(&entry);
                        origins.add_new(made.created.len(), origin);
                        made.created.push(range);
                        self.stage.tell_new(
                            &origins,
                            made.created.len() - 1,
                            &entry,
                            &mut made.whys,
                        )?;
                    }
                }
            }
            for (target, action) in self.stage.leaving(n) {
                let place = places[target as usize];
                origins.add_old(place, self.stage.origin_of_leaving(n, target));
                match action {
                    Action::Delete => {
                        accounts[n].lose(|| self.shown(place));
                        deleted.insert(place);
                    }
                    _ => {
                        let edits = self.inactivated(n, place)?;
                        if !edits.is_nothing() {
                            accounts[n].lose(|| self.shown(place));
                        }
                        all.entry(place).or_default().append(edits);
                    }
                }
            }
        }
        for (place, edits) in all {
            if deleted.contains(&place) || edits.is_nothing() {
                continue;
            }
            let old = self.task.directory.entry(place)?;
            let is_renamed = edits.dn.as_ref().is_some_and(|dn| *dn != old.dn);
            let entry = edited(self.task.schema, &old, &edits);
            let range = made.write(&entry);
            self.stage.tell_old(&origins, place, Some((&old, &entry)), &mut made.whys)?;
            made.changed.push((place, range, is_renamed));
        }
        made.deleted.extend(deleted);
        made.deleted.sort_unstable();
        for &place in &made.deleted {
            self.stage.tell_old(&origins, place, None, &mut made.whys)?;
        }
        Ok(made)
    }

    /// What the flows of a mapping change in an entry.
    fn effects(
        &self,
        mapping: &ReadyMapping<'_>,
        before: Option<&Entry<'_>>,
        edits: &Edits,
    ) -> Vec<Effect> {
        let (schema, lookups) = (self.task.schema, &self.stage.lookups);
        let joined = |values: &[&[u8]]| (!values.is_empty()).then(|| values.join(&b"; "[..]));
        let effect = |(name, values): &(String, Vec<Vec<u8>>)| {
            let is_it = |flow: &&Ready<'_>| {
                flow.goes(Toward::Directory) && flow.target(Toward::Directory) == name
            };
            let line = mapping.flows.iter().find(is_it).map(|flow| flow.flow.line);
            let held = before.map(|entry| EntryView { schema, entry, lookups }.of(name));
            let held = held.unwrap_or_default();
            let old = joined(&held.iter().map(AsRef::as_ref).collect::<Vec<_>>());
            let new = joined(&values.iter().map(Vec::as_slice).collect::<Vec<_>>());
            Effect::new(line, name, (old.as_deref(), new.as_deref()))
        };
        let mut all: Vec<Effect> = edits.attributes.iter().map(effect).collect();
        if let Some(dn) = &edits.dn {
            let old = before.map(|entry| entry.dn.to_string().into_bytes());
            let new = dn.to_string().into_bytes();
            all.push(Effect::new(None, NAME, (old.as_deref(), Some(&new))));
        }
        all
    }

    fn shown(&self, place: Extent) -> String {
        let name = self.task.directory.name_text(place).unwrap_or_default();
        Escaped(&name).to_string()
    }

    /// What makes an entry inactive, as far as it is not.
    fn inactivated(&self, n: usize, place: Extent) -> Result<Edits> {
        let mapping = self.stage.plan.mappings[n].mapping;
        let mut edits = Edits::default();
        let Some(inactivate) = &mapping.inactivate.to_directory else { return Ok(edits) };
        let entry = self.task.directory.entry(place)?;
        let view =
            EntryView { schema: self.task.schema, entry: &entry, lookups: &self.stage.lookups };
        for (name, value) in &inactivate.set {
            set(self.task.schema, view, name, vec![value.clone().into_bytes()], &mut edits);
        }
        for name in &inactivate.clear {
            set(self.task.schema, view, name, Vec::new(), &mut edits);
        }
        if let (Some(below), Some(rdn)) = (&inactivate.move_to, entry.dn.rdn()) {
            let moved = below.child(rdn.clone());
            let key = |dn: &Dn| crate::matching::dn_key(self.task.schema, dn);
            edits.dn = (key(&moved) != key(&entry.dn)).then_some(moved);
        }
        edits.classes = classes_of(self.task.schema, mapping, Some(&entry), &edits);
        Ok(edits)
    }
}

impl MadeEntries {
    fn write(&mut self, entry: &Entry<'_>) -> Range<usize> {
        let start = self.text.len();
        let writer = Writer { wrap: 0 };
        let name = entry.dn.to_string();
        let record = LdifRecord::Content(entry.clone());
        // Its first attribute is the class, so that none makes a change of it.
        let _ = writer.record(&mut self.text, name.as_bytes(), &record);
        start..self.text.len()
    }
}

impl IfEmpty {
    /// What a group gets that would have no value left.
    pub(super) fn settled(
        &self,
        values: &mut Vec<Vec<u8>>,
    ) -> std::result::Result<bool, FlowFault> {
        if !values.is_empty() {
            return Ok(false);
        }
        match self {
            IfEmpty::Reject => Err(FlowFault::Empty),
            IfEmpty::Delete => Ok(true),
            IfEmpty::Member(dn) => {
                values.push(dn.to_string().into_bytes());
                Ok(false)
            }
        }
    }
}
