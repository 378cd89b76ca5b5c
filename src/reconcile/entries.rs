//! Reads the entries: which of them each mapping is about, and the keys they are found by.

use std::ops::Range;

use crate::join::RandomState;

use crate::attribute::type_of;
use crate::dn::Dn;
use crate::error::Result;
use crate::join::{
    GrowingIndex, Namer, Ordinal, Reject, Slot, hash_by, hash_name, same_name, verify_notes,
};
use crate::ldif::scan::split;
use crate::matching::{Keys, name_key};
use crate::reconcile::Task;
use crate::reconcile::chosen::{Above, Choice, Chosen, Passing};
use crate::reconcile::fields::{Field, FieldReader, Fields, Filtered, LookedAt};
use crate::reconcile::idle::Idle;
use crate::reconcile::keys::{Found, KeyMarks};
use crate::reconcile::lookup::Lookups;
use crate::reconcile::marks::Marker;
use crate::reconcile::members::Members;
use crate::reconcile::pairs::Known;
use crate::reconcile::ready::{Plan, ReadyMapping};
use crate::reconcile::record::EntryView;
use crate::reconcile::room::{Counts, Read};
use crate::reconcile::sift::{Skipped, certain};
use crate::schema::Schema;
use crate::source::{Extent, LINES_AHEAD, Notes, Source, TypeSet};

/// The entries of a directory.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// For each mapping those it is about.
    pub(super) members: Vec<Members>,
    /// All of them by their names.
    pub(super) names: GrowingIndex,
    state: RandomState,
}

/// Who makes keys of names, for several threads: each knows what stood above the last name.
pub(super) struct NameKeys<'k> {
    schema: &'k Schema,
    all: Idle<Keys<'k>>,
}

impl<'k> NameKeys<'k> {
    /// By this schema.
    pub(super) fn new(schema: &'k Schema) -> NameKeys<'k> {
        NameKeys { schema, all: Idle::default() }
    }

    fn hash(&self, state: &RandomState, name: &[u8]) -> Option<u32> {
        self.all.with(|| Keys::new(self.schema), |keys| hash_by(state, keys, name).ok())
    }
}

impl Entries {
    /// How many there are.
    pub(super) fn counts(&self) -> Counts {
        let members = self.members.iter().map(|one| u64::from(one.count())).collect();
        Counts { entries: self.names.slots().len() as u64, members, rows: Vec::new() }
    }

    /// Where the entry of this name stands; none for what is no name.
    pub(super) fn named(&self, directory: &Source<'_>, name: &[u8]) -> Option<Extent> {
        let hash = hash_name(&self.state, directory.schema, name).ok()?;
        self.slot(directory, name, hash).map(|(_, slot)| slot.extent())
    }

    /// The number that the entry of this name has among those that a mapping is about.
    pub(super) fn member(
        &self,
        n: usize,
        directory: &Source<'_>,
        keys: &NameKeys<'_>,
        name: &[u8],
    ) -> Option<u32> {
        let hash = keys.hash(&self.state, name)?;
        let (ordinal, slot) = self.slot(directory, name, hash)?;
        self.members[n].near(slot.extent(), ordinal)
    }

    /// The numbers that entries of these names probably have among those that a mapping is about. Each look
    /// is taken for all of them before the next one, so that they wait for memory together; that of the entries
    /// is asked for.
    pub(super) fn some_members(
        &self,
        n: usize,
        directory: &Source<'_>,
        (keys, names): (&NameKeys<'_>, &[&[u8]]),
    ) -> Vec<u32> {
        let hashes: Vec<u32> =
            names.iter().filter_map(|name| keys.hash(&self.state, name)).collect();
        // Whoever else has this hash: it is a hint.
        let found = hashes.iter().filter_map(|hash| self.names.find(*hash, |_| true));
        let found: Vec<Ordinal> = found.collect();
        let slots = found.iter().filter_map(|&ordinal| Some((ordinal, self.names.get(ordinal)?)));
        let slots: Vec<(Ordinal, Slot)> = slots.collect();
        slots.iter().for_each(|(_, slot)| directory.touch(slot.extent(), LINES_AHEAD));
        let members = &self.members[n];
        slots.iter().filter_map(|(ordinal, slot)| members.near(slot.extent(), *ordinal)).collect()
    }

    fn slot(&self, directory: &Source<'_>, name: &[u8], hash: u32) -> Option<(Ordinal, Slot)> {
        let mut key = None;
        let is_it = |slot: Slot| {
            if directory.plain_dn(slot.extent()) == Some(name) {
                return true;
            }
            let key = key.get_or_insert_with(|| name_key(directory.schema, name));
            let other = directory.key(slot.extent());
            key.as_ref().is_ok_and(|key| other.is_ok_and(|other| *key == other))
        };
        let ordinal = self.names.find(hash, is_it)?;
        self.names.get(ordinal).map(|slot| (ordinal, slot))
    }
}

/// What a thread finds in a part of an export.
#[derive(Default)]
struct Part {
    members: Vec<Members>,
    slots: Vec<Slot>,
    notes: Notes,
}

/// Reads the entries.
///
/// # Errors
///
/// A record cannot be read; two have one name.
pub(super) fn entries(
    task: &Task<'_>,
    plan: &Plan<'_>,
    lookups: &Lookups,
    marker: &Marker,
    skipped: &Skipped,
) -> Result<Entries> {
    let chosen: Vec<Chosen> = plan.mappings.iter().map(Chosen::new).collect();
    let choices: Vec<Choice<'_>> = chosen.iter().map(|one| one.choice(task.schema)).collect();
    let members = plan.mappings.iter().map(Members::new).collect();
    let mut all = Entries { members, ..Entries::default() };
    let state = all.state.clone();
    let (choices, state) = (&choices, &state);
    let types = &types_read(task, plan, choices);
    let reader = EntryReader { task, plan, lookups, choices, types, marker, state, skipped };
    let mut notes = Vec::new();
    let ranges = split(task.directory.text, task.part);
    let (parts, mut next, mut read) = (ranges.len(), ranges.iter().cloned(), Read::new(&ranges));
    let take = |part: Result<Part>| {
        let part = part?;
        for (members, more) in all.members.iter_mut().zip(part.members) {
            members.append(more, parts);
        }
        all.names.make_room(part.slots.len(), parts);
        for slot in part.slots {
            let directory = task.directory;
            let same = |other: Slot| same_name(directory, other.extent(), directory, slot.extent());
            if let Some(first) = all.names.insert(slot, same)
                && skipped.entry(slot.extent()).is_none()
            {
                return Err(crate::join::duplicate(directory, first.extent(), slot.extent()));
            }
        }
        notes.push(part.notes);
        let counts = all.counts();
        read.pass();
        counts.verify(&counts.of_entries(&read), task, plan)
    };
    task.pool.pipe(|| next.next(), |range| reader.part(range), take)?;
    verify_notes(task.directory, &notes)?;
    for ((mapping, choice), members) in plan.mappings.iter().zip(choices).zip(&mut all.members) {
        note_bad(task, (mapping, choice), skipped, members);
    }
    Ok(all)
}

/// The attribute types of keys, and those that filters look at; `None` where these look at any.
fn types_read<'t>(
    task: &Task<'t>,
    plan: &Plan<'t>,
    choices: &'t [Choice<'t>],
) -> Option<TypeSet<'t>> {
    let looked = choices.iter().map(|choice| choice.selector.types_looked_at());
    let looked = looked.collect::<Option<Vec<_>>>()?.into_iter().flatten();
    let keys = plan.mappings.iter().flat_map(ReadyMapping::names_of_keys);
    Some(TypeSet::of(task.schema, looked.chain(keys.map(str::as_bytes))))
}

/// Notes which entries of a mapping cannot be read, and whether any of those that it does not know is of it.
fn note_bad(
    task: &Task<'_>,
    (mapping, choice): (&ReadyMapping<'_>, &Choice<'_>),
    skipped: &Skipped,
    members: &mut Members,
) {
    for reject in &skipped.entries {
        match members.at(reject.extent()).filter(|_| reject.is_record) {
            Some(n) => drop(members.bad.insert(n)),
            None => {
                let is_of_it = |dn: &Dn| choice.of_name(dn).is_chosen;
                let is_of_it = reject.dn.as_ref().is_none_or(is_of_it);
                members.is_unsure |= is_of_it;
                members.is_unsure_elsewhere |=
                    !is_of_it && certain(task, mapping, reject).is_none();
            }
        }
    }
}

/// What a thread keeps from entry to entry.
#[derive(Default)]
struct Reading {
    keys: KeyMarks,
    above: Above,
    passing: Passing,
}

struct EntryReader<'e, 'm> {
    task: &'e Task<'m>,
    plan: &'e Plan<'m>,
    lookups: &'e Lookups,
    choices: &'e [Choice<'e>],
    /// The types that are read, where that is not any.
    types: &'e Option<TypeSet<'e>>,
    marker: &'e Marker,
    state: &'e RandomState,
    skipped: &'e Skipped,
}

impl EntryReader<'_, '_> {
    fn part(&self, range: Range<usize>) -> Result<Part> {
        let source = self.task.directory;
        let mut part = Part {
            members: self.plan.mappings.iter().map(Members::new).collect(),
            ..Part::default()
        };
        let looks_at =
            |name: &[u8]| self.choices.iter().any(|one| one.selector.looks_at(type_of(name)));
        let name = self.choices.iter().any(|one| one.selector.filters_look_at_name());
        let filtered = Filtered { attribute: &looks_at, types: self.types.as_ref(), name };
        let names = self.plan.mappings.iter().flat_map(ReadyMapping::names_of_keys);
        let of_keys: Vec<Field> = names.filter_map(|name| self.plan.fields.field(name)).collect();
        let mut fields = FieldReader::for_filters(&self.plan.fields, &of_keys, filtered);
        let mut reading = Reading::default();
        let mut namer = Namer::new(self.state, source.schema);
        let mut cutter = source.cut(range);
        while let Some(cut) = cutter.next_record(None) {
            let cut = match cut {
                Err(_) if self.task.keep_going => continue,
                cut => cut?,
            };
            if let Some(reject) = self.skipped.entry(cut.extent) {
                self.bad(reject, &mut namer, &mut reading, &mut part);
                continue;
            }
            let known = source.known(cut.extent, cut.plain_dn)?;
            if source.is_entry(cut.extent, known.kind)? {
                let hash = namer.hash(&known.dn);
                let hash = hash.map_err(|fault| source.bad_name(cut.extent, fault))?;
                part.slots.push(Slot::new(cut.extent, hash));
                fields.with_filtered(source, cut.extent, |fields, looked| {
                    let record = (cut.extent, fields, looked);
                    self.entry(record, &mut reading, &mut part.members)
                })?;
            }
        }
        part.notes = cutter.notes;
        Ok(part)
    }

    /// Of an entry that cannot be read, its name, and for each mapping what it is found by for certain: it is
    /// taken for one that is meant.
    fn bad(
        &self,
        reject: &Reject,
        namer: &mut Namer<'_, RandomState>,
        reading: &mut Reading,
        part: &mut Part,
    ) {
        let Some(dn) = &reject.dn else { return };
        if reject.is_record {
            let hash = namer.hash(dn.to_string().as_bytes());
            part.slots.extend(hash.ok().map(|hash| Slot::new(reject.extent(), hash)));
        }
        let each = self.plan.mappings.iter().zip(self.choices).zip(&mut part.members);
        for ((mapping, choice), members) in each {
            if !choice.of_name(dn).is_chosen {
                continue;
            }
            let Some(entry) = certain(self.task, mapping, reject) else { continue };
            let fields = &Fields::of(&self.plan.fields, &entry);
            let view = EntryView { table: &self.plan.fields, fields, lookups: self.lookups };
            let before = members.known.count();
            match self.push_marks(mapping, view, &mut reading.keys, &mut members.known) {
                Ok(()) => {
                    members.push(reject.extent(), true);
                }
                Err(_) => members.known.truncate(before),
            }
        }
    }

    fn entry(
        &self,
        (extent, fields, looked): (Extent, &Fields<'_>, &LookedAt<'_>),
        reading: &mut Reading,
        members: &mut [Members],
    ) -> Result<()> {
        let view = EntryView { table: &self.plan.fields, fields, lookups: self.lookups };
        let each = self.plan.mappings.iter().zip(members);
        for (n, (mapping, members)) in each.enumerate() {
            let by_name = reading.above.of(self.choices, n, fields);
            if !by_name.is_chosen {
                members.pass_by(extent);
                continue;
            }
            let before = members.known.count();
            match self.push_marks(mapping, view, &mut reading.keys, &mut members.known) {
                Ok(()) => {
                    let mut passes = || reading.passing.of(self.choices, n, looked);
                    let is_meant = by_name.is_meant && passes();
                    members.push(extent, is_meant);
                }
                Err(fault) => {
                    members.known.truncate(before);
                    members.strangers.push((extent, fault));
                }
            }
        }
        Ok(())
    }

    fn push_marks(
        &self,
        mapping: &ReadyMapping<'_>,
        view: EntryView<'_>,
        keys: &mut KeyMarks,
        known: &mut Known,
    ) -> Found<()> {
        for list in 0..mapping.lists.len() {
            let marks = keys.of_entry(self.marker, self.plan, (mapping, list), view)?;
            known.push_marks(list, marks);
        }
        Ok(())
    }
}
