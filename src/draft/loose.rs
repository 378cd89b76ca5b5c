//! Values in forms that are alike where two values may be one, whatever the types: by these records are
//! found before anything is known of types and rules.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::sample::Table;
use crate::mapping::FlowType;
use crate::mapping::convert::Zone;
use crate::table::ColumnType;

/// A form of a value, as a number: two values may be one where one of their forms is.
pub(super) type Form = u64;

/// The forms of a value. Sixteen bytes that are no text are a UUID in one order or the other.
pub(super) fn forms(value: &[u8]) -> Vec<Form> {
    let zone = Zone::default();
    let uuid = |kind: FlowType| kind.to_column(value, None, &zone).ok().flatten();
    let is_text = value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let kinds: &[FlowType] = match (value.len(), is_text) {
        (16, false) => &[FlowType::Guid, FlowType::GuidAd],
        (16, true) | (..32, _) => &[],
        _ => &[FlowType::Guid],
    };
    let forms: Vec<Form> = kinds.iter().filter_map(|kind| Some(hashed(&uuid(*kind)?))).collect();
    if forms.is_empty() { vec![hashed(&folded(value))] } else { forms }
}

/// Text without regard to case and blanks; what is no text as it is.
fn folded(value: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(value) else { return value.to_vec() };
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").into_bytes()
}

/// The same number in every run.
fn hashed(bytes: &[u8]) -> Form {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// Where a value stands that no other row has in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) table: usize,
    pub(super) column: usize,
    pub(super) row: usize,
}

/// The values of columns by which rows can be told from each other.
#[derive(Debug, Default)]
pub(super) struct Index {
    places: HashMap<Form, Vec<Place>>,
}

impl Index {
    /// Indexes the values that stand once in their column.
    pub(super) fn new(tables: &[Table]) -> Index {
        let mut index = Index::default();
        for (table, of) in tables.iter().enumerate() {
            for column in (0..of.columns.names.len()).filter(|n| may_tell(of, *n)) {
                for (form, row) in alone(of, column) {
                    let place = Place { table, column, row };
                    index.places.entry(form).or_default().push(place);
                }
            }
        }
        index
    }

    /// Where a value may stand.
    pub(super) fn places(&self, value: &[u8]) -> Vec<Place> {
        let forms = forms(value).into_iter();
        forms.filter_map(|form| self.places.get(&form)).flatten().copied().collect()
    }
}

/// Whether rows can be told by a column of this type.
fn may_tell(table: &Table, column: usize) -> bool {
    use ColumnType::{Boolean, Date, Float, Instant, Time, Timestamp};
    let kind = table.kind(column);
    !table.is_secret(column)
        && !matches!(kind, Some(Boolean | Date | Float | Instant | Time | Timestamp))
}

/// The values that stand once in a column, in the order of the rows.
fn alone(table: &Table, column: usize) -> Vec<(Form, usize)> {
    let mut found: HashMap<Form, Option<usize>> = HashMap::new();
    for (row, cells) in table.rows.iter().enumerate() {
        for form in cells[column].iter().flat_map(|value| forms(value)) {
            found.entry(form).and_modify(|row| *row = None).or_insert(Some(row));
        }
    }
    let alone = found.into_iter().filter_map(|(form, row)| Some((form, row?)));
    let mut alone: Vec<(Form, usize)> = alone.collect();
    alone.sort_unstable_by_key(|(form, row)| (*row, *form));
    alone
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_be_one(one: &[u8], other: &[u8]) -> bool {
        let others = forms(other);
        forms(one).iter().any(|form| others.contains(form))
    }

    #[test]
    fn what_may_be_one_has_a_form_in_common() {
        let raw: Vec<u8> = (0x80..0x90).collect();
        for (one, other, wanted) in [
            (&b"Alice  Smith"[..], &b"alice smith"[..], true),
            (b"alice", b"bob", false),
            (b"80818283-8485-8687-8889-8a8b8c8d8e8f", &raw, true),
            (b"{83828180-8584-8786-8889-8A8B8C8D8E8F}", &raw, true),
            // Sixteen letters are a word.
            (b"alice.springfiel", b"616c6963-652e-7370-7269-6e676669656c", false),
        ] {
            assert_eq!(may_be_one(one, other), wanted, "{}", String::from_utf8_lossy(one));
        }
    }
}
