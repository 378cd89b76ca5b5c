//! Reads both sides: which records each mapping is about, and the keys they are found by.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::dn::Dn;
use crate::error::{FlowFault, Result, RowFault};
use crate::join::verify_notes;
use crate::ldif::scan::split;
use crate::mapping::Toward;
use crate::matching::dn_key;
use crate::reconcile::Task;
use crate::reconcile::flow::{Brought, Ready};
use crate::reconcile::lookup::Lookups;
use crate::reconcile::pairs::{Key, Known};
use crate::reconcile::ready::{Plan, ReadyMapping};
use crate::reconcile::record::{EntryView, Record};
use crate::reconcile::select;
use crate::scope::{Scope, Selector};
use crate::source::{Extent, Notes};
use crate::table::Row;

/// The records of a side that a mapping is about, in their order.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Where each stands.
    pub(super) places: Vec<Extent>,
    /// What is known of each.
    pub(super) known: Vec<Known>,
    /// What the keys of a record cannot be told by: it may be any record of the other side.
    pub(super) strangers: Vec<(Extent, FlowFault)>,
}

impl Members {
    fn push(&mut self, place: Extent, known: Known) {
        self.places.push(place);
        self.known.push(known);
    }

    fn append(&mut self, more: Members) {
        self.places.extend(more.places);
        self.known.extend(more.known);
        self.strangers.extend(more.strangers);
    }
}

/// The entries of a directory.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// For each mapping those it is about.
    pub(super) members: Vec<Members>,
    /// Where each name stands.
    pub(super) names: HashMap<Vec<u8>, Extent>,
    /// How many there are.
    pub(super) count: u64,
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

/// What a thread finds in a part of an export.
#[derive(Default)]
struct Part {
    members: Vec<Members>,
    names: Vec<(Vec<u8>, Extent)>,
    notes: Notes,
    count: u64,
}

/// Reads the entries.
///
/// # Errors
///
/// A record cannot be read; two have one name.
pub(super) fn entries(task: &Task<'_>, plan: &Plan<'_>, lookups: &Lookups) -> Result<Entries> {
    let chosen: Vec<Chosen> = plan.mappings.iter().map(Chosen::new).collect();
    let selectors: Vec<(Selector<'_>, Option<Selector<'_>>)> = chosen
        .iter()
        .map(|one| {
            let inactive = one.inactive.as_ref().map(|scope| Selector::new(task.schema, scope));
            (Selector::new(task.schema, &one.scope), inactive)
        })
        .collect();
    let reader = EntryReader { task, plan, lookups, selectors: &selectors };
    let parts =
        task.pool.map_ordered(split(task.directory.text, task.part), |range| reader.part(range));
    let mut all = Entries::default();
    all.members.resize_with(plan.mappings.len(), Members::default);
    let mut notes = Vec::new();
    for part in parts {
        let part = part?;
        for (members, more) in all.members.iter_mut().zip(part.members) {
            members.append(more);
        }
        for (name, extent) in part.names {
            if let Some(first) = all.names.insert(name, extent) {
                return Err(crate::join::duplicate(task.directory, first, extent));
            }
        }
        all.count += part.count;
        notes.push(part.notes);
    }
    verify_notes(task.directory, &notes)?;
    Ok(all)
}

struct EntryReader<'e, 'm> {
    task: &'e Task<'m>,
    plan: &'e Plan<'m>,
    lookups: &'e Lookups,
    selectors: &'e [(Selector<'e>, Option<Selector<'e>>)],
}

impl EntryReader<'_, '_> {
    fn part(&self, range: std::ops::Range<usize>) -> Result<Part> {
        let source = self.task.directory;
        let mut part = Part::default();
        part.members.resize_with(self.plan.mappings.len(), Members::default);
        let mut cutter = source.cut(range);
        while let Some(cut) = cutter.next_record(None) {
            let cut = cut?;
            let known = source.known(cut.extent, cut.plain_dn)?;
            if source.is_entry(cut.extent, known.kind)? {
                part.count += 1;
                part.names.push((source.key(cut.extent)?, cut.extent));
                self.entry(cut.extent, &mut part.members)?;
            }
        }
        part.notes = cutter.notes;
        Ok(part)
    }

    fn entry(&self, extent: Extent, members: &mut [Members]) -> Result<()> {
        self.task.directory.with_entry(extent, |entry| {
            let view = EntryView { schema: self.task.schema, entry: &entry, lookups: self.lookups };
            let each = self.plan.mappings.iter().zip(self.selectors).zip(members);
            for ((mapping, (selector, inactive)), members) in each {
                let is_inactive = || inactive.as_ref().is_some_and(|it| it.takes_name(&entry.dn));
                if !selector.takes_name(&entry.dn) && !is_inactive() {
                    continue;
                }
                match self.keys(mapping, view) {
                    Ok(keys) => {
                        members.push(extent, Known { is_meant: selector.takes(&entry), keys });
                    }
                    Err(fault) => members.strangers.push((extent, fault)),
                }
            }
            Ok(())
        })
    }

    /// The keys of an entry, in the words of the columns.
    fn keys(
        &self,
        mapping: &ReadyMapping<'_>,
        view: EntryView<'_>,
    ) -> std::result::Result<Vec<Vec<Key>>, FlowFault> {
        let record = Record::Entry(view);
        let list = |list: &Vec<(usize, usize)>| {
            let words =
                |&(_, flow): &(usize, usize)| self.words(&mapping.flows[flow], &record, view);
            let parts = list.iter().map(words).collect::<std::result::Result<Vec<_>, _>>()?;
            Ok(combined(&parts))
        };
        mapping.lists.iter().map(list).collect()
    }

    /// The values of a column that an entry has, in the form that equal ones share.
    fn words(
        &self,
        flow: &Ready<'_>,
        record: &Record<'_>,
        view: EntryView<'_>,
    ) -> std::result::Result<Vec<Vec<u8>>, FlowFault> {
        let zone = &self.plan.zone;
        let values: Vec<Cow<'_, [u8]>> = match flow.flow.attribute.as_deref() {
            Some(name) if flow.is_plain() => {
                let mut values = Vec::new();
                for value in view.of(name) {
                    values.extend(flow.to_column(value, zone)?);
                }
                values
            }
            _ => match flow.brought(record, Toward::Database, true, zone)? {
                Brought::Values(values) => values,
                Brought::Nothing | Brought::Next => Vec::new(),
            },
        };
        let values = values.iter().filter(|value| !value.is_empty());
        Ok(values.map(|value| flow.normal(self.task.schema, value).into_owned()).collect())
    }
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
pub(super) fn rows(task: &Task<'_>, plan: &Plan<'_>) -> Result<Vec<Members>> {
    plan.mappings.iter().map(|mapping| rows_of(task, mapping)).collect()
}

fn rows_of(task: &Task<'_>, mapping: &ReadyMapping<'_>) -> Result<Members> {
    let rows = &task.tables[mapping.table].rows;
    let parts = task.pool.map_ordered(rows.split(task.part), |range| {
        let mut part = (Members::default(), Vec::new());
        rows.each(range, |extent| {
            let row = rows.read(extent)?;
            part.1.push((rows.key(&row), extent));
            if is_ours(mapping, &row) {
                let known = Known {
                    is_meant: is_meant(task, mapping, &row),
                    keys: keys_of_row(task, mapping, &row),
                };
                part.0.push(extent, known);
            }
            Ok(())
        })
        .map(|()| part)
    });
    let (mut all, mut seen) = (Members::default(), HashMap::new());
    for part in parts {
        let (members, keys) = part?;
        all.append(members);
        for (key, extent) in keys {
            if let Some(first) = seen.insert(key, extent) {
                let first = rows.line(first);
                return Err(rows.error_in(RowFault::DuplicateKey { first }, extent));
            }
        }
    }
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

fn keys_of_row(task: &Task<'_>, mapping: &ReadyMapping<'_>, row: &Row<'_>) -> Vec<Vec<Key>> {
    let list = |list: &Vec<(usize, usize)>| {
        let words = |&(column, flow): &(usize, usize)| {
            let flow = &mapping.flows[flow];
            let words = row[column].as_ref().map(|value| &*value.bytes);
            let parts = words.map(|words| flow.parts(words)).unwrap_or_default();
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            parts.map(|part| flow.normal(task.schema, part).into_owned()).collect::<Vec<_>>()
        };
        combined(&list.iter().map(words).collect::<Vec<_>>())
    };
    mapping.lists.iter().map(list).collect()
}

/// The key under which a name is found.
pub(super) fn name_key(task: &Task<'_>, dn: &Dn) -> Vec<u8> {
    dn_key(task.schema, dn)
}
