//! Changes to the rows of a table as rows of CSV, for systems that take no SQL.
//!
//! A line is a change: `change.kind`, the key as OLD has it under `old.` and its name, and the row as it is
//! to be; of one that goes, as it was. The names are those that templates read.

use std::borrow::Cow;

use crate::dump::{csv_cell, csv_row};
use crate::table::{Cell, Columns, Row, RowChange, Said, Value};

/// What stands before the names of columns as OLD has them.
pub(super) const OLD: &str = "old.";

/// What the kind of a change is called.
pub(super) const KIND: &str = "change.kind";

/// A column whose value the database is to ask for: no text can hold that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its number.
    pub column: usize,
}

/// The line above all changes of a table with these columns.
pub fn csv_head(columns: &Columns) -> Vec<u8> {
    let name = |n: usize| columns.names[n].as_str();
    let keys = columns.key.iter().map(|&n| Cow::Owned(format!("{OLD}{}", name(n)).into_bytes()));
    let all = (0..columns.names.len()).map(|n| Cow::Borrowed(name(n).as_bytes()));
    csv_row([Cow::Borrowed(KIND.as_bytes())].into_iter().chain(keys).chain(all).map(Some))
}

/// The line of a change. What the database makes of a row that comes is empty, for nobody knows it yet.
///
/// # Errors
///
/// A value is one that the database makes of another row.
pub fn csv_change(columns: &Columns, change: &RowChange<'_>) -> Result<Vec<u8>, Asked> {
    let (old, new) = match change {
        RowChange::Insert(row) => (None, row),
        RowChange::Delete(row) => (Some(row), row),
        RowChange::Update(before, after) => (Some(before), after),
    };
    if let Some(column) = asked(new, 0..columns.names.len()) {
        return Err(Asked { column });
    }
    let cell = |row: &'_ Row<'_>, n: usize| shown(&row[n], columns, n);
    let keys = columns.key.iter().map(|&n| old.and_then(|row| cell(row, n)));
    let all = (0..columns.names.len()).map(|n| cell(new, n));
    let kind = Some(Cow::Borrowed(kind_of(change).as_bytes()));
    Ok(csv_row([kind].into_iter().chain(keys).chain(all)))
}

/// What is done to a row, in the words that entries have for it too.
pub(super) fn kind_of(change: &RowChange<'_>) -> &'static str {
    match change {
        RowChange::Insert(_) => "add",
        RowChange::Delete(_) => "delete",
        RowChange::Update(..) => "modify",
    }
}

/// The first of some columns whose value the database is to ask for.
pub(super) fn asked(row: &Row<'_>, mut columns: impl Iterator<Item = usize>) -> Option<usize> {
    let is_asked = |value: &Value<'_>| value.said == Said::Asked;
    columns.find(|&n| row[n].as_ref().is_some_and(is_asked))
}

fn shown(cell: &Cell<'_>, columns: &Columns, n: usize) -> Option<Cow<'static, [u8]>> {
    let value = cell.as_ref().filter(|value| value.said != Said::Made)?;
    Some(Cow::Owned(csv_cell(value, columns.types[n]).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Typing;

    fn columns() -> Columns {
        let names: Vec<String> = ["id", "a", "b"].map(str::to_owned).to_vec();
        Columns {
            types: vec![None; names.len()],
            notations: Vec::new(),
            names,
            typing: Typing::ByColumn,
            key: vec![0],
        }
    }

    fn row(cells: [Option<&str>; 3]) -> Row<'_> {
        cells.into_iter().map(|cell| cell.map(|text| Value::plain(text.as_bytes()))).collect()
    }

    #[test]
    fn a_line_is_a_change() {
        let lines = |change| csv_change(&columns(), &change).map(String::from_utf8);
        let one = || row([Some("1"), Some("a,\"b\n"), None]);
        assert_eq!(csv_head(&columns()), b"change.kind,old.id,id,a,b\n");
        for (change, wanted) in [
            (RowChange::Insert(one()), "add,,1,\"a,\"\"b\n\",\n"),
            (RowChange::Delete(row([Some("1"), Some(""), None])), "delete,1,1,\"\",\n"),
            (
                RowChange::Update(one(), row([Some("2"), Some("x"), Some("")])),
                "modify,1,2,x,\"\"\n",
            ),
        ] {
            assert_eq!(lines(change), Ok(Ok(wanted.to_owned())));
        }
    }

    #[test]
    fn what_the_database_makes_is_no_text() {
        let value = |said, text: &'static str| Some(Value { said, bytes: text.as_bytes().into() });
        let come = |made| RowChange::Insert(vec![made, value(Said::Nothing, "x"), None]);
        for query in ["", "(SELECT 1)"] {
            let own = csv_change(&columns(), &come(value(Said::Made, query)));
            assert_eq!(own.as_deref(), Ok(&b"add,,,x,\n"[..]));
        }
        let asked = csv_change(&columns(), &come(value(Said::Asked, "(SELECT 1)")));
        assert_eq!(asked, Err(Asked { column: 0 }));
    }
}
