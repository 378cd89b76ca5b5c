//! The keys that entries and rows are found by: the words of the columns of a list of `match`, in the form
//! that equal ones share.

use std::borrow::Cow;

use crate::error::FlowFault;
use crate::mapping::{FlowType, Toward};
use crate::reconcile::Task;
use crate::reconcile::flow::{Brought, Ready};
use crate::reconcile::marks::{Mark, Marker};
use crate::reconcile::ready::{Plan, ReadyMapping};
use crate::reconcile::record::{EntryView, Record};
use crate::table::Row;
use crate::text::Shortened;

/// What a record has, or what is wrong with it.
pub(super) type Found<T> = Result<T, FlowFault>;

/// The words of some columns that a record is found by.
pub(super) type Key = Vec<u8>;

/// Makes marks of the words that keys are of. Its room is used again.
#[derive(Default)]
pub(super) struct KeyMarks {
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
    pub(super) fn of_entry(
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
    pub(super) fn of_row(
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

/// Hands on every key that an entry is found by in a list of `match`.
pub(super) fn each_key_of_entry(
    plan: &Plan<'_>,
    (mapping, list): (&ReadyMapping<'_>, usize),
    view: EntryView<'_>,
    each: &mut dyn FnMut(&[u8]),
) -> Found<()> {
    match mapping.lists[list][..] {
        [(_, flow)] => {
            words_of_entry(plan, &mapping.flows[flow], view, &mut |word| each(&key_of(word)))
        }
        _ => {
            let keys = keys_of_entry(plan, mapping, list, view)?;
            keys.iter().for_each(|key| each(key));
            Ok(())
        }
    }
}

/// The same of a row.
pub(super) fn each_key_of_row(
    task: &Task<'_>,
    (mapping, list): (&ReadyMapping<'_>, usize),
    row: &Row<'_>,
    each: &mut dyn FnMut(&[u8]),
) {
    match mapping.lists[list][..] {
        [part] => words_of_row(task, mapping, part, row, &mut |word| each(&key_of(word))),
        _ => keys_of_row(task, mapping, list, row).iter().for_each(|key| each(key)),
    }
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

/// The key that is one word.
fn key_of(word: &[u8]) -> Key {
    let mut key = Vec::new();
    push_word(&mut key, word);
    key
}

/// Adds a word to a key, its length before it.
pub(super) fn push_word(key: &mut Vec<u8>, word: &[u8]) {
    key.extend((word.len() as u64).to_le_bytes());
    key.extend_from_slice(word);
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

/// The words of a key, without the lengths before them.
pub(super) fn words_of_key(key: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = key;
    std::iter::from_fn(move || {
        let (len, behind) = rest.split_first_chunk::<8>()?;
        let len = usize::try_from(u64::from_le_bytes(*len)).unwrap_or(0).min(behind.len());
        let word;
        (word, rest) = behind.split_at(len);
        Some(word)
    })
}

/// The same, for a message.
pub(super) fn words(key: &[u8]) -> String {
    const WIDTH: usize = 60;
    let words: Vec<&[u8]> = words_of_key(key).collect();
    Shortened(&words.join(&b", "[..]), WIDTH).to_string()
}
