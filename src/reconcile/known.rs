//! Reads both sides: which records each mapping is about, and the keys they are found by.

use std::collections::HashSet;
use std::hash::RandomState;
use std::ops::Range;

use crate::attribute::type_of;
use crate::dn::Dn;
use crate::entry::Entry;
use crate::error::{FlowFault, Result, RowFault};
use crate::join::{Index, Namer, Reject, Slot, hash_key, hash_name, same_name, verify_notes};
use crate::ldif::scan::split;
use crate::reconcile::Task;
use crate::reconcile::fields::{FieldReader, Fields, Filtered};
use crate::reconcile::keys::{Found, KeyMarks};
use crate::reconcile::lookup::Lookups;
use crate::reconcile::made_row::canonical;
use crate::reconcile::marks::{Marker, Marks, number};
use crate::reconcile::pairs::Known;
use crate::reconcile::ready::{Plan, ReadyMapping};
use crate::reconcile::record::EntryView;
use crate::reconcile::select;
use crate::reconcile::sift::{Skipped, certain};
use crate::scope::{Scope, Selector};
use crate::source::{Extent, Notes, Source};
use crate::table::Row;

/// The records of a side that a mapping is about, in their order.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Where each stands.
    pub(super) places: Vec<Extent>,
    /// What is known of each.
    pub(super) known: Known,
    /// Marks of what references lead to them by: for each column of [`ReadyMapping::led_by`]; none of what is
    /// not meant.
    pub(super) led: Vec<Marks>,
    /// What the keys of a record cannot be told by: it may be any record of the other side.
    pub(super) strangers: Vec<(Extent, FlowFault)>,
    /// Where entries stand, one behind the other, that the mapping is not about by their names.
    pub(super) outside: Vec<Range<usize>>,
    /// Those that cannot be read, though what they are found by is certain.
    pub(super) bad: HashSet<u32>,
    /// Whether a record that cannot be read may be any of them, or of the other side.
    pub(super) is_unsure: bool,
}

impl Members {
    fn new(mapping: &ReadyMapping<'_>) -> Members {
        let led = mapping.led_by.iter().map(|_| Marks::default()).collect();
        Members { known: Known::new(mapping.lists.len()), led, ..Members::default() }
    }

    fn append(&mut self, more: Members) {
        self.places.extend(more.places);
        self.known.append(more.known);
        for (marks, more) in self.led.iter_mut().zip(more.led) {
            marks.append(more);
        }
        self.strangers.extend(more.strangers);
        self.outside.extend(more.outside);
    }

    /// Notes an entry that the mapping is not about.
    fn pass_by(&mut self, place: Extent) {
        let last = self.places.last().max(self.strangers.last().map(|(place, _)| place));
        let end = place.range().end;
        match self.outside.last_mut() {
            Some(run) if last.is_none_or(|last| last.range().end <= run.start) => run.end = end,
            _ => self.outside.push(place.range()),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        number(self.places.len())
    }

    /// Whether one cannot be read.
    pub(super) fn is_bad(&self, n: u32) -> bool {
        !self.bad.is_empty() && self.bad.contains(&n)
    }

    /// Whether one of the other side may be what a record stands for that cannot be told.
    pub(super) fn may_be_any(&self) -> bool {
        self.is_unsure || !self.strangers.is_empty()
    }

    /// The number of the record that stands there.
    pub(super) fn at(&self, place: Extent) -> Option<u32> {
        self.places.binary_search(&place).ok().map(number)
    }
}

/// The entries of a directory.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// For each mapping those it is about.
    pub(super) members: Vec<Members>,
    /// All of them by their names.
    names: Index,
    /// How many of them cannot be read, and have no name for others than references.
    unread: usize,
    state: RandomState,
}

impl Entries {
    /// How many there are, without those that cannot be read even as far as their names.
    pub(super) fn count(&self) -> u64 {
        (self.names.len() - self.unread) as u64
    }

    /// Where the entry of this name stands; none for what is no name.
    pub(super) fn named(&self, directory: &Source<'_>, name: &[u8]) -> Option<Extent> {
        let hash = hash_name(&self.state, directory.schema, name).ok()?;
        let mut key = None;
        let is_it = |slot: Slot| {
            if directory.plain_dn(slot.extent()) == Some(name) {
                return true;
            }
            let key = key.get_or_insert_with(|| crate::matching::name_key(directory.schema, name));
            let other = directory.key(slot.extent());
            key.as_ref().is_ok_and(|key| other.is_ok_and(|other| *key == other))
        };
        let ordinal = self.names.find(hash, is_it)?;
        self.names.get(ordinal).map(Slot::extent)
    }
}

/// Which entries a mapping is about.
struct Chosen {
    scope: Scope,
    /// The place of those that were made inactive.
    inactive: Option<Scope>,
}

impl Chosen {
    fn new(mapping: &ReadyMapping<'_>) -> Chosen {
        let entries = &mapping.mapping.entries;
        let scope = Scope {
            bases: entries.base.clone(),
            filters: entries.filter.clone().into_iter().collect(),
            excludes: entries.exclude.clone().into_iter().collect(),
            ..Scope::default()
        };
        let inactivate = mapping.mapping.inactivate.to_directory.as_ref();
        let moved = inactivate.and_then(|inactivate| inactivate.move_to.clone());
        let inactive = moved.map(|base| Scope { bases: vec![base], ..Scope::default() });
        Chosen { scope, inactive }
    }
}

/// Says which entries a mapping is about.
struct Choice<'c> {
    selector: Selector<'c>,
    inactive: Option<Selector<'c>>,
}

/// What a mapping says of an entry by its name.
#[derive(Clone, Copy, Default)]
struct ByName {
    /// Whether it is about it.
    is_chosen: bool,
    /// Whether it is not for the place of the inactive ones alone.
    is_meant: bool,
}

impl Choice<'_> {
    /// What the mapping says of an entry of this name, and so of everything below it.
    fn of_name(&self, dn: &Dn) -> ByName {
        let is_meant = self.selector.takes_name(dn);
        let is_inactive = || self.inactive.as_ref().is_some_and(|one| one.takes_name(dn));
        ByName { is_chosen: is_meant || is_inactive(), is_meant }
    }
}

/// What the last entry stood below, and what the mappings say of everything below that.
#[derive(Default)]
struct Above {
    name: Vec<u8>,
    chosen: Vec<ByName>,
}

impl Above {
    /// What a mapping says of an entry: mostly it stands below the same as the one before.
    fn of(&mut self, choices: &[Choice<'_>], n: usize, fields: &Fields<'_>) -> ByName {
        let known = fields.plain_parent().map(|above| {
            if self.name != above || self.chosen.is_empty() {
                let parent = Dn::parse(above).unwrap_or_default();
                self.name = above.to_vec();
                self.chosen = choices.iter().map(|choice| choice.of_name(&parent)).collect();
            }
            self.chosen[n]
        });
        // What a mapping is not about may have something below that it is about.
        match known {
            Some(known) if known.is_meant => known,
            _ => choices[n].of_name(fields.dn()),
        }
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
    let selector = |scope| Selector::new(task.schema, scope);
    let choices = chosen.iter().map(|one| Choice {
        selector: selector(&one.scope),
        inactive: one.inactive.as_ref().map(selector),
    });
    let choices: Vec<Choice<'_>> = choices.collect();
    let members = plan.mappings.iter().map(Members::new).collect();
    let mut all = Entries { members, ..Entries::default() };
    let state = all.state.clone();
    let (choices, state) = (&choices, &state);
    let reader = EntryReader { task, plan, lookups, choices, marker, state, skipped };
    let mut notes = Vec::new();
    let mut ranges = split(task.directory.text, task.part).into_iter();
    let parts = ranges.len();
    let take = |part: Result<Part>| {
        let part = part?;
        for (members, more) in all.members.iter_mut().zip(part.members) {
            members.append(more);
        }
        all.names.make_room(part.slots.len(), parts);
        for slot in part.slots {
            let directory = task.directory;
            let same = |other: Slot| same_name(directory, other.extent(), directory, slot.extent());
            let first = all.names.insert(slot, same);
            let is_unread = first.is_none() && skipped.nameless.contains(&slot.extent().start);
            all.unread += usize::from(is_unread);
            if let Some(first) = first
                && skipped.entry(slot.extent()).is_none()
            {
                return Err(crate::join::duplicate(directory, first.extent(), slot.extent()));
            }
        }
        notes.push(part.notes);
        Ok(())
    };
    task.pool.pipe(|| ranges.next(), |range| reader.part(range), take)?;
    verify_notes(task.directory, &notes)?;
    for (choice, members) in choices.iter().zip(&mut all.members) {
        note_bad(choice, skipped, members);
    }
    Ok(all)
}

/// Notes which entries of a mapping cannot be read, and whether any of those that it does not know is of it.
fn note_bad(choice: &Choice<'_>, skipped: &Skipped, members: &mut Members) {
    for reject in &skipped.entries {
        match members.at(reject.extent()).filter(|_| reject.is_record) {
            Some(n) => drop(members.bad.insert(n)),
            None => {
                let is_of_it = |dn: &Dn| choice.of_name(dn).is_chosen;
                members.is_unsure |= reject.dn.as_ref().is_none_or(is_of_it);
            }
        }
    }
}

/// What a thread keeps from entry to entry.
#[derive(Default)]
struct Reading {
    keys: KeyMarks,
    above: Above,
}

struct EntryReader<'e, 'm> {
    task: &'e Task<'m>,
    plan: &'e Plan<'m>,
    lookups: &'e Lookups,
    choices: &'e [Choice<'e>],
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
        let filtered = Filtered { attribute: &looks_at, name };
        let mut fields = FieldReader::for_filters(&self.plan.fields, filtered);
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
                fields.with_filtered(source, cut.extent, |fields, filtered| {
                    let record = (cut.extent, fields, filtered);
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
                    members.places.push(reject.extent());
                    members.known.push(true);
                }
                Err(_) => members.known.truncate(before),
            }
        }
    }

    fn entry(
        &self,
        (extent, fields, filtered): (Extent, &Fields<'_>, &Entry<'_>),
        reading: &mut Reading,
        members: &mut [Members],
    ) -> Result<()> {
        let view = EntryView { table: &self.plan.fields, fields, lookups: self.lookups };
        let each = self.plan.mappings.iter().zip(self.choices).zip(members);
        for (n, ((mapping, choice), members)) in each.enumerate() {
            let by_name = reading.above.of(self.choices, n, fields);
            if !by_name.is_chosen {
                members.pass_by(extent);
                continue;
            }
            let before = members.known.count();
            match self.push_marks(mapping, view, &mut reading.keys, &mut members.known) {
                Ok(()) => {
                    let selector = &choice.selector;
                    let passes = || !selector.has_filters() || selector.matches(filtered);
                    let is_meant = by_name.is_meant && passes();
                    members.places.push(extent);
                    members.known.push(is_meant);
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

/// Reads the rows: for each mapping those it is about.
///
/// # Errors
///
/// A row cannot be read; two have one key.
pub(super) fn rows(
    task: &Task<'_>,
    plan: &Plan<'_>,
    marker: &Marker,
    skipped: &Skipped,
) -> Result<Vec<Members>> {
    let of_mapping = |mapping| {
        let members = rows_of(task, mapping, marker)?;
        Ok(Members { is_unsure: skipped.has_rows_of(mapping), ..members })
    };
    plan.mappings.iter().map(of_mapping).collect()
}

fn rows_of(task: &Task<'_>, mapping: &ReadyMapping<'_>, marker: &Marker) -> Result<Members> {
    let rows = &task.tables[mapping.table].rows;
    let state = RandomState::new();
    let work = |range: Range<usize>| {
        let (mut members, mut slots) = (Members::new(mapping), Vec::new());
        let mut keys = KeyMarks::default();
        rows.each(range, |extent| {
            let row = rows.read(extent)?;
            slots.push(Slot::new(extent, hash_key(&state, &rows.key(&row))));
            if is_ours(mapping, &row) {
                members.places.push(extent);
                let is_meant = is_meant(task, mapping, &row);
                members.known.push(is_meant);
                for (marks, &column) in members.led.iter_mut().zip(&mapping.led_by) {
                    let cell = row[column].as_ref().filter(|_| is_meant);
                    let words = cell.map(|value| canonical(rows.columns, column, &value.bytes));
                    let mark = words.map(|words| marker.mark(&words));
                    marks.push(mark.as_slice());
                }
                for list in 0..mapping.lists.len() {
                    let marks = keys.of_row(marker, task, (mapping, list), &row);
                    members.known.push_marks(list, marks);
                }
            }
            Ok(())
        })
        .map(|()| (members, slots))
    };
    let (mut all, mut seen) = (Members::new(mapping), Index::default());
    let mut ranges = rows.split(task.part).into_iter();
    let parts = ranges.len();
    let take = |part: Result<(Members, Vec<Slot>)>| {
        let (members, slots) = part?;
        all.append(members);
        seen.make_room(slots.len(), parts);
        for slot in slots {
            let key = |slot: Slot| rows.read(slot.extent()).map(|row| rows.key(&row)).ok();
            if let Some(first) = seen.insert(slot, |other| key(other) == key(slot)) {
                let first = rows.line(first.extent());
                return Err(rows.error_in(RowFault::DuplicateKey { first }, slot.extent()));
            }
        }
        Ok(())
    };
    task.pool.pipe(|| ranges.next(), work, take)?;
    Ok(all)
}

/// Whether a row is one of those that the mapping may touch.
fn is_ours(mapping: &ReadyMapping<'_>, row: &Row<'_>) -> bool {
    mapping.owner.is_none_or(|(column, owner)| {
        row[column].as_ref().is_some_and(|value| *value.bytes == *owner.value.as_bytes())
    })
}

fn is_meant(task: &Task<'_>, mapping: &ReadyMapping<'_>, row: &Row<'_>) -> bool {
    let columns = task.tables[mapping.table].rows.columns;
    let rows = &mapping.mapping.rows;
    rows.filter.as_ref().is_none_or(|filter| select::matches(filter, columns, row))
        && !rows.exclude.as_ref().is_some_and(|filter| select::matches(filter, columns, row))
}
