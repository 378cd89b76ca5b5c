//! Reads both sides: which records each mapping is about, and the keys they are found by.

use std::borrow::Cow;
use std::hash::RandomState;
use std::ops::Range;

use crate::attribute::type_of;
use crate::dn::Dn;
use crate::entry::Entry;
use crate::error::{FlowFault, Result, RowFault};
use crate::join::{Index, Namer, Slot, hash_key, hash_name, same_name, verify_notes};
use crate::ldif::scan::split;
use crate::ldif::types::Types;
use crate::mapping::{FlowType, Toward};
use crate::reconcile::Task;
use crate::reconcile::fields::{FieldReader, Fields};
use crate::reconcile::flow::{Brought, Ready};
use crate::reconcile::lookup::Lookups;
use crate::reconcile::made_row::canonical;
use crate::reconcile::marks::{Mark, Marker, Marks, number};
use crate::reconcile::pairs::Known;
use crate::reconcile::ready::{Plan, ReadyMapping};
use crate::reconcile::record::{EntryView, Record};
use crate::reconcile::select;
use crate::scope::{Scope, Selector};
use crate::source::{Extent, Notes, Source};
use crate::table::Row;

/// What a record has, or what is wrong with it.
type Found<T> = std::result::Result<T, FlowFault>;

/// The words of some columns that a record is found by.
pub(super) type Key = Vec<u8>;

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
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        number(self.places.len())
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
    state: RandomState,
}

impl Entries {
    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.names.len() as u64
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

impl Choice<'_> {
    /// What the mapping says of an entry of this name, and so of everything below it.
    fn of_name(&self, dn: &Dn) -> ByName {
        let is_meant = self.selector.takes_name(dn);
        let is_inactive = || self.inactive.as_ref().is_some_and(|one| one.takes_name(dn));
        ByName { is_chosen: is_meant || is_inactive(), is_meant }
    }
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
    let reader = EntryReader { task, plan, lookups, choices: &choices, marker, state: &state };
    let mut notes = Vec::new();
    let mut ranges = split(task.directory.text, task.part).into_iter();
    let take = |part: Result<Part>| {
        let part = part?;
        for (members, more) in all.members.iter_mut().zip(part.members) {
            members.append(more);
        }
        for slot in part.slots {
            let directory = task.directory;
            let same = |other: Slot| same_name(directory, other.extent(), directory, slot.extent());
            if let Some(first) = all.names.insert(slot, same) {
                return Err(crate::join::duplicate(directory, first.extent(), slot.extent()));
            }
        }
        notes.push(part.notes);
        Ok(())
    };
    task.pool.pipe(|| ranges.next(), |range| reader.part(range), take)?;
    verify_notes(task.directory, &notes)?;
    Ok(all)
}

/// What a thread keeps from entry to entry.
#[derive(Default)]
struct Reading {
    /// Which attributes filters look at.
    filtered: Types<Option<()>>,
    keys: KeyMarks,
    above: Above,
}

/// What the last entry stood below, and what the mappings say of everything below that.
#[derive(Default)]
struct Above {
    name: Vec<u8>,
    chosen: Vec<ByName>,
}

/// What a mapping says of an entry by its name.
#[derive(Clone, Copy, Default)]
struct ByName {
    /// Whether it is about it.
    is_chosen: bool,
    /// Whether it is not for the place of the inactive ones alone.
    is_meant: bool,
}

struct EntryReader<'e, 'm> {
    task: &'e Task<'m>,
    plan: &'e Plan<'m>,
    lookups: &'e Lookups,
    choices: &'e [Choice<'e>],
    marker: &'e Marker,
    state: &'e RandomState,
}

impl EntryReader<'_, '_> {
    fn part(&self, range: Range<usize>) -> Result<Part> {
        let source = self.task.directory;
        let mut part = Part {
            members: self.plan.mappings.iter().map(Members::new).collect(),
            ..Part::default()
        };
        let mut fields = FieldReader::new(&self.plan.fields);
        let mut reading = Reading::default();
        let mut namer = Namer::new(self.state, source.schema);
        let mut cutter = source.cut(range);
        while let Some(cut) = cutter.next_record(None) {
            let cut = cut?;
            let known = source.known(cut.extent, cut.plain_dn)?;
            if source.is_entry(cut.extent, known.kind)? {
                let hash = namer.hash(&known.dn);
                let hash = hash.map_err(|fault| source.bad_name(cut.extent, fault))?;
                part.slots.push(Slot::new(cut.extent, hash));
                fields.with(source, cut.extent, |fields| {
                    self.entry(cut.extent, fields, &mut reading, &mut part.members)
                })?;
            }
        }
        part.notes = cutter.notes;
        Ok(part)
    }

    fn entry(
        &self,
        extent: Extent,
        fields: &Fields<'_>,
        reading: &mut Reading,
        members: &mut [Members],
    ) -> Result<()> {
        let view = EntryView { table: &self.plan.fields, fields, lookups: self.lookups };
        let each = self.plan.mappings.iter().zip(self.choices).zip(members);
        for (n, ((mapping, choice), members)) in each.enumerate() {
            let by_name = reading.above.of(self.choices, n, fields);
            if !by_name.is_chosen {
                continue;
            }
            let before = members.known.count();
            match self.push_marks(mapping, view, &mut reading.keys, &mut members.known) {
                Ok(()) => {
                    let record = (extent, fields);
                    let is_meant = by_name.is_meant
                        && self.passes(&choice.selector, record, &mut reading.filtered)?;
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

    /// Whether an entry passes the filters of a mapping.
    fn passes(
        &self,
        selector: &Selector<'_>,
        (extent, fields): (Extent, &Fields<'_>),
        filtered: &mut Types<Option<()>>,
    ) -> Result<bool> {
        if !selector.has_filters() {
            return Ok(true);
        }
        let source = self.task.directory;
        let looked_at = |name: &[u8]| {
            self.choices.iter().any(|one| one.selector.looks_at(type_of(name))).then_some(())
        };
        let dn = if selector.filters_look_at_name() { fields.dn().clone() } else { Dn::default() };
        let mut entry = Entry::new(dn);
        let each = |(), name, value| entry.push(Cow::Borrowed(name), Cow::Borrowed(value));
        match source.plain_values(extent, filtered, looked_at, each) {
            Some(_) => Ok(selector.matches(&entry)),
            None => source.with_entry(extent, |entry| Ok(selector.matches(&entry))),
        }
    }
}

/// Makes marks of the words that keys are of. Its room is used again.
#[derive(Default)]
struct KeyMarks {
    key: Vec<u8>,
    marks: Vec<Mark>,
}

impl KeyMarks {
    /// Adds the mark of the key that is one word.
    fn add(&mut self, marker: &Marker, word: &[u8]) {
        self.key.clear();
        push_word(&mut self.key, word);
        self.marks.push(marker.mark(&self.key));
    }

    /// What was added, each once.
    fn take(&mut self) -> &[Mark] {
        if self.marks.len() > 1 {
            self.marks.sort_unstable();
            self.marks.dedup();
        }
        &self.marks
    }

    /// The marks of the keys of an entry in a list of `match`.
    fn of_entry(
        &mut self,
        marker: &Marker,
        plan: &Plan<'_>,
        list: (&ReadyMapping<'_>, usize),
        view: EntryView<'_>,
    ) -> Found<&[Mark]> {
        self.marks.clear();
        match list.0.lists[list.1][..] {
            [(_, flow)] => {
                let flow = &list.0.flows[flow];
                words_of_entry(plan, flow, view, &mut |word| self.add(marker, word))?;
            }
            _ => {
                let keys = keys_of_entry(plan, list.0, list.1, view)?;
                self.marks.extend(keys.iter().map(|key| marker.mark(key)));
            }
        }
        Ok(self.take())
    }

    /// Those of a row.
    fn of_row(
        &mut self,
        marker: &Marker,
        task: &Task<'_>,
        list: (&ReadyMapping<'_>, usize),
        row: &Row<'_>,
    ) -> &[Mark] {
        self.marks.clear();
        match list.0.lists[list.1][..] {
            [part] => words_of_row(task, list.0, part, row, &mut |word| self.add(marker, word)),
            _ => {
                let keys = keys_of_row(task, list.0, list.1, row);
                self.marks.extend(keys.iter().map(|key| marker.mark(key)));
            }
        }
        self.take()
    }
}

/// The marks of some keys, each once.
pub(super) fn marks_of(marker: &Marker, keys: &[Vec<u8>]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = keys.iter().map(|key| marker.mark(key)).collect();
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// Whether an entry and a row are found by one key in a list of `match`.
pub(super) fn share_key(
    (task, plan): (&Task<'_>, &Plan<'_>),
    mapping: &ReadyMapping<'_>,
    list: usize,
    view: EntryView<'_>,
    row: &Row<'_>,
) -> bool {
    let [part] = mapping.lists[list][..] else {
        let keys = keys_of_entry(plan, mapping, list, view).unwrap_or_default();
        let others = keys_of_row(task, mapping, list, row);
        return keys.iter().any(|key| others.contains(key));
    };
    let flow = &mapping.flows[part.1];
    let is_spelled_alike =
        matches!(flow.flow.kind, FlowType::Text | FlowType::Guid | FlowType::Integer);
    let value = flow.field.and_then(|field| view.fields.only_of(field));
    if let (Some(value), Some(held), true) =
        (value, &row[part.0], is_spelled_alike && flow.is_plain())
        && *value == *held.bytes
        && !value.is_empty()
        && flow.flow.split.is_none()
    {
        return true;
    }
    let mut is_shared = false;
    words_of_row(task, mapping, part, row, &mut |word| {
        let mut compare = |other: &[u8]| is_shared |= word == other;
        is_shared |= words_of_entry(plan, &mapping.flows[part.1], view, &mut compare).is_err();
    });
    is_shared
}

/// The keys that an entry is found by in a list of `match`, in the words of the columns.
pub(super) fn keys_of_entry(
    plan: &Plan<'_>,
    mapping: &ReadyMapping<'_>,
    list: usize,
    view: EntryView<'_>,
) -> Found<Vec<Key>> {
    let words = |&(_, flow): &(usize, usize)| {
        let mut words = Vec::new();
        let add = &mut |word: &[u8]| words.push(word.to_vec());
        words_of_entry(plan, &mapping.flows[flow], view, add).map(|()| words)
    };
    Ok(combined(&mapping.lists[list].iter().map(words).collect::<Found<Vec<_>>>()?))
}

/// Hands on the values of a column that an entry has, in the form that equal ones share.
fn words_of_entry(
    plan: &Plan<'_>,
    flow: &Ready<'_>,
    view: EntryView<'_>,
    each: &mut dyn FnMut(&[u8]),
) -> Found<()> {
    let mut each = |words: &[u8]| {
        if !words.is_empty() {
            each(&flow.normal(plan.fields.schema, words));
        }
    };
    match flow.field {
        Some(field) if flow.is_plain() => {
            for value in view.fields.of_field(field) {
                let words = flow.to_column(Cow::Borrowed(&**value), &plan.zone)?;
                words.iter().for_each(|words| each(words));
            }
        }
        _ => {
            let record = Record::Entry(view);
            let brought = flow.brought(&record, Toward::Database, true, &plan.zone)?;
            if let Brought::Values(values) = brought {
                values.iter().for_each(|words| each(words));
            }
        }
    }
    Ok(())
}

/// Every combination of a value of each part; of many only those of the first values, since a record with
/// dozens of names in two columns is no one's.
fn combined(parts: &[Vec<Vec<u8>>]) -> Vec<Key> {
    const MOST: usize = 64;
    let mut keys: Vec<Vec<u8>> = vec![Vec::new()];
    for part in parts {
        let mut longer = Vec::new();
        for key in &keys {
            for value in part.iter().take(MOST) {
                let mut key = key.clone();
                push_word(&mut key, value);
                longer.push(key);
            }
        }
        longer.truncate(MOST);
        keys = longer;
    }
    keys
}

/// Adds a word to a key, its length before it.
fn push_word(key: &mut Vec<u8>, word: &[u8]) {
    key.extend((word.len() as u64).to_le_bytes());
    key.extend_from_slice(word);
}

/// Reads the rows: for each mapping those it is about.
///
/// # Errors
///
/// A row cannot be read; two have one key.
pub(super) fn rows(task: &Task<'_>, plan: &Plan<'_>, marker: &Marker) -> Result<Vec<Members>> {
    plan.mappings.iter().map(|mapping| rows_of(task, mapping, marker)).collect()
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
    let take = |part: Result<(Members, Vec<Slot>)>| {
        let (members, slots) = part?;
        all.append(members);
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

/// The keys that a row is found by in a list of `match`.
pub(super) fn keys_of_row(
    task: &Task<'_>,
    mapping: &ReadyMapping<'_>,
    list: usize,
    row: &Row<'_>,
) -> Vec<Key> {
    let words = |&part: &(usize, usize)| {
        let mut words = Vec::new();
        words_of_row(task, mapping, part, row, &mut |word| words.push(word.to_vec()));
        words
    };
    combined(&mapping.lists[list].iter().map(words).collect::<Vec<_>>())
}

/// Hands on the values of a column of a row, in the form that equal ones share.
fn words_of_row(
    task: &Task<'_>,
    mapping: &ReadyMapping<'_>,
    (column, flow): (usize, usize),
    row: &Row<'_>,
    each: &mut dyn FnMut(&[u8]),
) {
    let flow = &mapping.flows[flow];
    let Some(value) = &row[column] else { return };
    let mut each = |part: &[u8]| {
        if !part.is_empty() {
            each(&flow.normal(task.schema, part));
        }
    };
    match flow.flow.split {
        None => each(&value.bytes),
        Some(_) => flow.parts(&value.bytes).into_iter().for_each(each),
    }
}
