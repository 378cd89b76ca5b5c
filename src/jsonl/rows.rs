//! Changes to rows as JSON: `{"table":…,"op":"update","key":{…},"old":{…},"new":{…}}`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::jsonl::{Binary, Bytes, Why, to_line};
use crate::table::{ColumnType, Columns, Notation, Row, RowChange, Said, TableName, Value};

/// Some columns of a row: an object of their names, NULL is null; whether it is read as a row again, so that JSON
/// in a column of it stands as it is.
struct Cells<'l>(&'l Columns, &'l Row<'l>, Vec<usize>, bool);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Cells(columns, row, which, is_read_back) = self;
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
            let as_it_stands = || row[n].as_ref().and_then(json);
            let is_json = *is_read_back && columns.notation(n) == Notation::Json;
            match (row[n].as_ref().filter(is_bytes), is_json.then(as_it_stands).flatten()) {
                (Some(value), _) => map.serialize_entry(name, &Binary(&value.bytes))?,
                (None, Some(value)) => map.serialize_entry(name, &value)?,
                (None, None) => {
                    map.serialize_entry(name, &row[n].as_ref().map(|v| Bytes(&v.bytes)))?;
                }
            }
        }
        map.end()
    }
}

/// JSON as it stands, on one line; `None` where it is none.
fn json(value: &Value<'_>) -> Option<Box<RawValue>> {
    let text = std::str::from_utf8(&value.bytes).ok()?;
    // Line ends are blanks in it.
    RawValue::from_string(text.replace(['\n', '\r'], " ")).ok()
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
    to_line(out, &Cells(columns, row, (0..columns.names.len()).collect(), true))
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
    let cells = |row, which| Cells(columns, row, which, false);
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
