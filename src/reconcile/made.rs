//! Values that were not read from a dump: what flows into a column, and what the database makes itself.

use crate::dialect::Dialect;
use crate::reconcile::Table;
use crate::reconcile::made_row::owned;
use crate::table::{Cell, ColumnType, Columns, Row, Said, Typing, Value, same};

/// A value for a column, as a dump of it would say it.
pub(super) fn cell(columns: &Columns, column: usize, bytes: &[u8]) -> Cell<'static> {
    let kind = columns.types[column];
    // What says of each value what it is has no truths, but 1 and 0 for them.
    let bytes = match (columns.typing, kind.map(|kind| (kind, kind.canonical(bytes)))) {
        (Typing::ByValue, Some((ColumnType::Boolean, truth))) if *truth == *b"t" => b"1",
        (Typing::ByValue, Some((ColumnType::Boolean, truth))) if *truth == *b"f" => b"0",
        _ => bytes,
    };
    let is_number = || std::str::from_utf8(bytes).is_ok_and(|text| text.parse::<f64>().is_ok());
    let said = match (columns.typing, kind) {
        (_, Some(ColumnType::Bytes)) => Said::Bytes,
        (Typing::ByColumn, _) => Said::Nothing,
        (Typing::ByValue, Some(ColumnType::Decimal | ColumnType::Float | ColumnType::Boolean))
            if is_number() =>
        {
            Said::Bare
        }
        (Typing::ByValue, _) => Said::Text,
    };
    Some(Value { said, bytes: bytes.to_vec().into() })
}

/// Takes the offset of UTC from instants: MySQL and MariaDB read none, and have the session's time zone, which is to be
/// UTC.
pub fn without_offset<'r>(rows: impl Iterator<Item = &'r mut Row<'static>>, columns: &Columns) {
    let instants =
        (0..columns.types.len()).filter(|&n| columns.types[n] == Some(ColumnType::Instant));
    let instants: Vec<usize> = instants.collect();
    for row in rows {
        for &n in &instants {
            let Some(value) = row[n].as_mut().filter(|value| !value.is_query()) else { continue };
            if let Some(length) = value.bytes.strip_suffix(b"+00").map(<[u8]>::len) {
                value.bytes.to_mut().truncate(length);
            }
        }
    }
}

/// A row of which nothing is said yet: what stays so, the database fills.
pub(super) fn not_said(columns: usize) -> Row<'static> {
    let made = || Some(Value { said: Said::Made, bytes: Vec::new().into() });
    std::iter::repeat_with(made).take(columns).collect()
}

/// Two new rows of one entry as one, where neither says otherwise than the other; `None` where one does.
pub(super) fn as_one(
    columns: &Columns,
    one: &Row<'_>,
    other: &Row<'static>,
) -> Option<Row<'static>> {
    let is_open = |cell: &Cell<'_>| cell.as_ref().is_some_and(|value| value.said == Said::Made);
    let says_nothing = |cell: &Cell<'_>| {
        is_open(cell) && cell.as_ref().is_some_and(|value| value.bytes.is_empty())
    };
    let cell = |((kind, one), other): ((&Option<ColumnType>, &Cell<'_>), &Cell<'static>)| {
        let is_other = is_open(one) && (says_nothing(one) || !is_open(other));
        match is_other {
            true => Some(other.clone()),
            false if is_open(other) || same(*kind, one, other) => Some(one.as_ref().map(owned)),
            false => None,
        }
    };
    columns.types.iter().zip(one).zip(other).map(cell).collect()
}

/// A key that the database makes: the query that finds it again by other columns. `None` where a value of
/// these is none that a script can hold.
pub(super) fn made_key(
    dialect: Dialect,
    table: &Table<'_>,
    key: usize,
    by: &[(usize, Value<'static>)],
) -> Option<Value<'static>> {
    let columns = table.rows.columns;
    let name = |n: usize| dialect.identifier(&columns.names[n]);
    let mut all = Vec::new();
    for (n, value) in by {
        let literal = dialect.value(value, columns.types[*n]).ok()?;
        all.push(dialect.is_key(&name(*n), Some(&literal)));
    }
    let from = dialect.table(&table.called);
    // It reads no table that the same statement changes, but a table derived from it.
    let from = match dialect {
        Dialect::Mysql | Dialect::Mariadb => format!("(SELECT * FROM {from}) AS made"),
        _ => from,
    };
    let query = format!("(SELECT {} FROM {from} WHERE {})", name(key), all.join(" AND "));
    Some(Value { said: Said::Made, bytes: query.into_bytes().into() })
}
