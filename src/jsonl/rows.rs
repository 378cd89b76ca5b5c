//! Changes to rows as JSON: `{"table":…,"op":"update","key":{…},"old":{…},"new":{…}}`.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::jsonl::{Binary, Bytes, Why, to_line};
use crate::table::{ColumnType, Columns, Notation, Row, RowChange, Said, TableName, Value};

/// What JSON in a column of JSON is written as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nested {
    /// Itself, for it is read as a row again.
    Json,
    /// Its text.
    Text,
}

/// Some columns of a row: an object of their names, NULL is null.
struct Cells<'l>(&'l Columns, &'l Row<'l>, Vec<usize>, Nested);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Cells(columns, row, which, nested) = self;
        let is_said = |n: &&usize| !row[**n].as_ref().is_some_and(Value::is_unsaid);
        let which: Vec<usize> = which.iter().filter(is_said).copied().collect();
        let mut map = serializer.serialize_map(Some(which.len()))?;
        for n in which {
            let name = &columns.names[n];
            if let Some(made) = row[n].as_ref().filter(|value| value.is_query()) {
                map.serialize_entry(name, &Query { query: Bytes(&made.bytes) })?;
                continue;
            }
            let is_bytes = |value: &&Value<'_>| {
                value.said == Said::Bytes || columns.types[n] == Some(ColumnType::Bytes)
            };
            let is_json = *nested == Nested::Json && columns.notation(n) == Notation::Json;
            let json = || std::str::from_utf8(&row[n].as_ref()?.bytes).ok();
            match (row[n].as_ref().filter(is_bytes), is_json.then(json).flatten()) {
                (Some(value), _) => map.serialize_entry(name, &Binary(&value.bytes))?,
                (None, Some(text)) => match as_it_stands(text) {
                    Some(value) => map.serialize_entry(name, value)?,
                    None => map.serialize_entry(name, &Spelled { json: text.into() })?,
                },
                (None, None) => {
                    map.serialize_entry(name, &row[n].as_ref().map(|v| Bytes(&v.bytes)))?;
                }
            }
        }
        map.end()
    }
}

/// The JSON that a text is, where that is read back to the byte: it is on one line, without blanks around it, not
/// the `null` that stands for NULL, and not the other spelling itself.
fn as_it_stands(text: &str) -> Option<&RawValue> {
    let is_lost = |text: &str| {
        text == "null"
            || text.trim().len() < text.len()
            || text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
            || spelled_json(text).is_some()
    };
    serde_json::from_str(text).ok().filter(|_| !is_lost(text))
}

/// JSON to the byte: `{"$json":"null"}`.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Spelled<'t> {
    #[serde(rename = "$json", borrow)]
    json: Cow<'t, str>,
}

/// The JSON that a value of a column of JSON spells to the byte; `None` where it stands for itself.
pub fn spelled_json(value: &str) -> Option<Cow<'_, str>> {
    let may_be = value.starts_with('{') && value.contains("\"$json\"");
    let spelled = may_be.then(|| serde_json::from_str::<Spelled<'_>>(value).ok());
    spelled.flatten().map(|one| one.json)
}

/// A value that the database makes: the query that asks for it.
#[derive(Serialize)]
pub(super) struct Query<'q> {
    #[serde(rename = "$query")]
    pub(super) query: Bytes<'q>,
}

#[derive(Serialize)]
struct ChangeLine<'l> {
    table: String,
    op: &'static str,
    key: Cells<'l>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<Cells<'l>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<Cells<'l>>,
    #[serde(skip_serializing_if = "<[Why]>::is_empty")]
    why: &'l [Why],
}

/// Writes a row, and the end of its line.
///
/// # Errors
///
/// None that a vector gives; the type is serde's.
pub fn write_row(out: &mut Vec<u8>, columns: &Columns, row: &Row<'_>) -> serde_json::Result<()> {
    to_line(out, &Cells(columns, row, (0..columns.names.len()).collect(), Nested::Json))
}

/// Writes a change to a row of a table, with why it is made, and the end of its line. Of an update the
/// columns that change are written.
///
/// # Errors
///
/// None that a vector gives; the type is serde's.
pub fn write_row_change(
    out: &mut Vec<u8>,
    table: &TableName,
    columns: &Columns,
    change: &RowChange<'_>,
    why: &[Why],
) -> serde_json::Result<()> {
    let cells = |row, which| Cells(columns, row, which, Nested::Text);
    let all = || (0..columns.names.len()).collect();
    let (op, row, old, new) = match change {
        RowChange::Insert(row) => ("insert", row, None, Some(cells(row, all()))),
        RowChange::Delete(row) => ("delete", row, Some(cells(row, all())), None),
        RowChange::Update(old, new) => {
            let changed = columns.differing(old, new);
            let before = cells(old, changed.clone());
            ("update", old, Some(before), Some(cells(new, changed)))
        }
    };
    let (table, key) = (table.parts.join("."), cells(row, columns.key.clone()));
    to_line(out, &ChangeLine { table, op, key, old, new, why })
}
