//! Changes to rows as JSON: `{"table":…,"op":"update","key":{…},"old":{…},"new":{…}}`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::jsonl::{Bytes, to_line};
use crate::table::{Columns, Row, RowChange, TableName};

/// Some columns of a row: an object of their names, NULL is null.
struct Cells<'l>(&'l [String], &'l Row<'l>, Vec<usize>);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Cells(names, row, columns) = self;
        let mut map = serializer.serialize_map(Some(columns.len()))?;
        for &n in columns {
            map.serialize_entry(&names[n], &row[n].as_ref().map(|value| Bytes(&value.bytes)))?;
        }
        map.end()
    }
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
}

/// Writes a change to a row of a table, and the end of its line. Of an update the columns that change
/// are written.
///
/// # Errors
///
/// None that a vector gives; the type is serde's.
pub fn write_row_change(
    out: &mut Vec<u8>,
    table: &TableName,
    columns: &Columns,
    change: &RowChange<'_>,
) -> serde_json::Result<()> {
    let names = &columns.names[..];
    let all = || (0..names.len()).collect();
    let (op, row, old, new) = match change {
        RowChange::Insert(row) => ("insert", row, None, Some(Cells(names, row, all()))),
        RowChange::Delete(row) => ("delete", row, Some(Cells(names, row, all())), None),
        RowChange::Update(old, new) => {
            let changed = columns.differing(old, new);
            let before = Cells(names, old, changed.clone());
            ("update", old, Some(before), Some(Cells(names, new, changed)))
        }
    };
    let (table, key) = (table.parts.join("."), Cells(names, row, columns.key.clone()));
    to_line(out, &ChangeLine { table, op, key, old, new })
}
