//! Reads both sides: which records each mapping is about, and the keys they are found by.

use std::borrow::Cow;
use std::hash::RandomState;
use std::ops::Range;

use crate::error::{FlowFault, Result, RowFault};
use crate::join::{Index, Namer, Slot, hash_key, hash_name, same_name, verify_notes};
use crate::ldif::scan::split;
use crate::ldif::types::Types;
use crate::mapping::Toward;
use crate::reconcile::Task;
use crate::reconcile::fields::{FieldReader, Fields};
use crate::reconcile::flow::{Brought, Ready};
use crate::reconcile::lookup::Lookups;
use crate::reconcile::marks::{Mark, Marker, number};
use crate::reconcile::pairs::Known;
use crate::reconcile::ready::{Plan, ReadyMapping};
use crate::reconcile::record::{EntryView, Record};
use crate::reconcile::select;
use crate::scope::{Scope, Selector};
use crate::source::{Cut, Extent, Notes, Source};
use crate::table::Row;

/// The words of some columns that a record is found by.
pub(super) type Key = Box<[u8]>;

/// The records of a side that a mapping is about, in their order.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Where each stands.
    pub(super) places: Vec<Extent>,
    /// What is known of each.
    pub(super) known: Known,
    /// What the keys of a record cannot be told by: it may be any record of the other side.
    pub(super) strangers: Vec<(Extent, FlowFault)>,
}

impl Members {
    fn new(mapping: &ReadyMapping<'_>) -> Members {
        Members { known: Known::new(mapping.lists.len()), ..Members::default() }
    }

    fn append(&mut self, more: Members) {
        self.places.extend(more.places);
        self.known.append(more.known);
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
    /// Whether the mapping may be about an entry of this name.
    fn takes_name(&self, fields: &Fields<'_>) -> bool {
        let inactive = self.inactive.as_ref();
        self.selector.takes_name(fields.dn())
            || inactive.is_some_and(|inactive| inactive.takes_name(fields.dn()))
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
    let mut all = Entries::default();
    all.members = plan.mappings.iter().map(Members::new).collect();
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
        let mut filtered = Types::default();
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
                    self.entry(&cut, fields, &mut filtered, &mut part.members)
                })?;
            }
        }
        part.notes = cutter.notes;
        Ok(part)
    }

    fn entry(
        &self,
        cut: &Cut<'_>,
        fields: &Fields<'_>,
        filtered: &mut Types<bool>,
        members: &mut [Members],
    ) -> Result<()> {
        let view = EntryView { table: &self.plan.fields, fields, lookups: self.lookups };
        let each = self.plan.mappings.iter().zip(self.choices).zip(members);
        for ((mapping, choice), members) in each {
            if !choice.takes_name(fields) {
                continue;
            }
            match self.marks(mapping, view) {
                Ok(marks) => {
                    let is_meant = self.is_meant(&choice.selector, cut, filtered)?;
                    members.places.push(cut.extent);
                    members.known.push(is_meant, &marks);
                }
                Err(fault) => members.strangers.push((cut.extent, fault)),
            }
        }
        Ok(())
    }

    /// Whether an entry passes the filters of a mapping.
    fn is_meant(
        &self,
        selector: &Selector<'_>,
        cut: &Cut<'_>,
        filtered: &mut Types<bool>,
    ) -> Result<bool> {
        let source = self.task.directory;
        let wanted = |name: &[u8]| self.choices.iter().any(|one| one.selector.looks_at(name));
        match source.partly(cut, &wanted, filtered) {
            Some(text) => Ok(selector.takes(&source.entry_in(cut.extent, &text)?)),
            None => source.with_entry(cut.extent, |entry| Ok(selector.takes(&entry))),
        }
    }

    /// The marks of the keys of an entry.
    fn marks(
        &self,
        mapping: &ReadyMapping<'_>,
        view: EntryView<'_>,
    ) -> std::result::Result<Vec<Vec<Mark>>, FlowFault> {
        let keys =
            (0..mapping.lists.len()).map(|list| keys_of_entry(self.plan, mapping, list, view));
        keys.map(|keys| Ok(marks_of(self.marker, &keys?))).collect()
    }
}

/// The marks of some keys, each once.
pub(super) fn marks_of(marker: &Marker, keys: &[impl AsRef<[u8]>]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = keys.iter().map(|key| marker.mark(key.as_ref())).collect();
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// The keys that an entry is found by in a list of `match`, in the words of the columns.
pub(super) fn keys_of_entry(
    plan: &Plan<'_>,
    mapping: &ReadyMapping<'_>,
    list: usize,
    view: EntryView<'_>,
) -> std::result::Result<Vec<Key>, FlowFault> {
    let parts = mapping.lists[list].iter();
    let words = parts.map(|&(_, flow)| words_of_entry(plan, &mapping.flows[flow], view));
    Ok(combined(&words.collect::<std::result::Result<Vec<_>, _>>()?))
}

/// The values of a column that an entry has, in the form that equal ones share.
fn words_of_entry(
    plan: &Plan<'_>,
    flow: &Ready<'_>,
    view: EntryView<'_>,
) -> std::result::Result<Vec<Vec<u8>>, FlowFault> {
    let record = Record::Entry(view);
    let values: Vec<Cow<'_, [u8]>> = match flow.flow.attribute.as_deref() {
        Some(name) if flow.is_plain() => {
            let mut values = Vec::new();
            for value in view.of(name) {
                values.extend(flow.to_column(value, &plan.zone)?);
            }
            values
        }
        _ => match flow.brought(&record, Toward::Database, true, &plan.zone)? {
            Brought::Values(values) => values,
            Brought::Nothing | Brought::Next => Vec::new(),
        },
    };
    let values = values.iter().filter(|value| !value.is_empty());
    Ok(values.map(|value| flow.normal(plan.fields.schema, value).into_owned()).collect())
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
                key.extend((value.len() as u64).to_le_bytes());
                key.extend_from_slice(value);
                longer.push(key);
            }
        }
        longer.truncate(MOST);
        keys = longer;
    }
    keys.into_iter().map(Vec::into_boxed_slice).collect()
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
        rows.each(range, |extent| {
            let row = rows.read(extent)?;
            slots.push(Slot::new(extent, hash_key(&state, &rows.key(&row))));
            if is_ours(mapping, &row) {
                let keys = (0..mapping.lists.len()).map(|n| keys_of_row(task, mapping, n, &row));
                let marks: Vec<Vec<Mark>> = keys.map(|keys| marks_of(marker, &keys)).collect();
                members.places.push(extent);
                members.known.push(is_meant(task, mapping, &row), &marks);
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
    let words = |&(column, flow): &(usize, usize)| {
        let flow = &mapping.flows[flow];
        let words = row[column].as_ref().map(|value| &*value.bytes);
        let parts = words.map(|words| flow.parts(words)).unwrap_or_default();
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        parts.map(|part| flow.normal(task.schema, part).into_owned()).collect::<Vec<_>>()
    };
    combined(&mapping.lists[list].iter().map(words).collect::<Vec<_>>())
}
