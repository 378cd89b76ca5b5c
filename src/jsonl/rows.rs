//! Changes to rows as JSON: `{"table":…,"op":"update","key":{…},"old":{…},"new":{…}}`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::jsonl::{Binary, Bytes, Why, to_line};
use crate::table::{ColumnType, Columns, Row, RowChange, Said, TableName, Value};

/// Some columns of a row: an object of their names, NULL is null.
struct Cells<'l>(&'l Columns, &'l Row<'l>, Vec<usize>);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Cells(columns, row, which) = self;
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
            match row[n].as_ref().filter(is_bytes) {
                Some(value) => map.serialize_entry(name, &Binary(&value.bytes))?,
                None => map.serialize_entry(name, &row[n].as_ref().map(|v| Bytes(&v.bytes)))?,
            }
        }
        map.end()
    }
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
    to_line(out, &Cells(columns, row, (0..columns.names.len()).collect()))
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
    let all = || (0..columns.names.len()).collect();
    let (op, row, old, new) = match change {
        RowChange::Insert(row) => ("insert", row, None, Some(Cells(columns, row, all()))),
        RowChange::Delete(row) => ("delete", row, Some(Cells(columns, row, all())), None),
        RowChange::Update(old, new) => {
            let changed = columns.differing(old, new);
            let before = Cells(columns, old, changed.clone());
            ("update", old, Some(before), Some(Cells(columns, new, changed)))
        }
    };
    let (table, key) = (table.parts.join("."), Cells(columns, row, columns.key.clone()));
    to_line(out, &ChangeLine { table, op, key, old, new, why })
}
