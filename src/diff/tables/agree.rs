//! What two sides agree on: the columns that are compared, their types, the key, and what is unique.

use crate::dialect::Dialect;
use crate::diff::tables::options::{TableOptions, needed};
use crate::error::{Error, ErrorKind, Result, RowFault};
use crate::source::Header;
use crate::table::{
    ColumnDefinition, ColumnType, Columns, Constraints, ForeignKey, Reference, TableName, Typing,
};

/// What both sides say of themselves.
pub(super) type Headers = (Header, Header);

/// The columns that both sides have and that are compared.
pub(super) fn columns(options: &TableOptions, headers: &Headers) -> Result<Columns> {
    let (old, new) = headers;
    let find = |name: &String| {
        let found = old.find(name).or_else(|| new.find(name)).map(str::to_owned);
        found.ok_or_else(|| unknown(name, &old.names))
    };
    let all = |names: &[String]| names.iter().map(find).collect::<Result<Vec<String>>>();
    // What comes without its case names one column alone.
    for name in options.only.iter().chain(&options.except).chain(&options.unique) {
        let alike = |column: &&String| column.eq_ignore_ascii_case(name);
        if old.names.iter().filter(alike).count() > 1 {
            return Err(unknown(name, &old.names));
        }
    }
    let (key, only, except) =
        (all(&key(options, headers)?)?, all(&options.only)?, all(&options.except)?);
    let is_meant = |name: &&String| {
        let is_chosen = only.is_empty() || only.contains(name);
        let is_out = except.contains(name) || is_generated(name, headers);
        key.contains(name) || (is_chosen && !is_out)
    };
    for (mine, other, lacking) in [(old, new, "NEW"), (new, old, "OLD")] {
        if let Some(name) = mine.names.iter().filter(is_meant).find(|n| !other.names.contains(n)) {
            let column = name.clone().into_bytes();
            return Err(Error::new(ErrorKind::Row(RowFault::OneSided { column, lacking })));
        }
    }
    let names: Vec<String> = old.names.iter().filter(is_meant).cloned().collect();
    let types = names.iter().map(|name| kind(name, headers)).collect();
    let of_sqlite = |side: &Header| side.dialect == Some(Dialect::Sqlite);
    let typing = match of_sqlite(old) && of_sqlite(new) {
        true => Typing::ByValue,
        false => Typing::ByColumn,
    };
    let columns = Columns { names, types, typing, key: Vec::new() };
    let key = key.iter().map(|name| number_of(&columns, name)).collect::<Result<_>>()?;
    Ok(Columns { key, ..columns })
}

/// Whether the database makes the values of a column, as a side defines it.
pub(super) fn is_generated(name: &str, (old, new): &Headers) -> bool {
    let columns = [old, new].into_iter().filter_map(|side| side.definition.as_ref());
    let mut columns = columns.flat_map(|definition| &definition.columns);
    columns.any(|column| column.is_generated && column.name == name)
}

/// The columns of the key: those that are named, else those of the primary key that a side defines.
fn key(options: &TableOptions, (old, new): &Headers) -> Result<Vec<String>> {
    if !options.key.is_empty() {
        return Ok(options.key.clone());
    }
    let mut defined = [old, new].into_iter().filter_map(|side| side.definition.as_ref());
    let key = defined.find(|definition| !definition.primary_key.is_empty());
    key.map(|definition| definition.primary_key.clone()).ok_or_else(|| needed("--key", "--key id"))
}

/// What the values of a column are, where the sides do not contradict each other.
fn kind(name: &str, (old, new): &Headers) -> Option<ColumnType> {
    match (old.kind(name), new.kind(name)) {
        (Some(one), Some(other)) => one.and(other),
        (one, other) => one.or(other),
    }
}

/// The columns that the database counts, as OLD defines them.
pub(super) fn counters(columns: &Columns, (old, _): &Headers) -> Vec<usize> {
    let defined = old.definition.iter().flat_map(|definition| &definition.columns);
    let counted = defined.filter(|column| column.counter.is_some());
    let number = |column: &ColumnDefinition| columns.names.iter().position(|n| *n == column.name);
    counted.filter_map(number).collect()
}

/// Whether a column of OLD is of bits, which are no text to a staged script.
pub(super) fn has_bits((old, _): &Headers) -> bool {
    let mut columns = old.definition.iter().flat_map(|definition| &definition.columns);
    columns.any(|column| column.type_name.to_ascii_lowercase().starts_with("bit"))
}

/// What the database keeps true of the rows: what is named, and what OLD defines of the columns that are
/// compared.
pub(super) fn constraints(
    options: &TableOptions,
    table: &TableName,
    columns: &Columns,
    (old, _): &Headers,
) -> Result<Constraints> {
    let named = options.unique.iter().map(|name| number_of(columns, name));
    let mut unique: Vec<usize> = named.collect::<Result<_>>()?;
    let Some(definition) = &old.definition else {
        return Ok(Constraints { unique, references: Vec::new() });
    };
    let number = |name: &String| columns.names.iter().position(|other| other == name);
    let numbers = |names: &[String]| names.iter().map(number).collect::<Option<Vec<usize>>>();
    let alone = definition.unique.iter().filter(|key| key.len() == 1).flatten();
    unique.extend(alone.filter_map(number).filter(|n| !columns.key.contains(n)));
    unique.sort_unstable();
    unique.dedup();
    let own = definition
        .foreign_keys
        .iter()
        .filter(|key| table.may_be(&key.table, str::eq_ignore_ascii_case));
    let reference = |key: &ForeignKey| {
        let referred = match key.referred.as_slice() {
            [] => &definition.primary_key,
            referred => referred,
        };
        let is_null =
            |column: &&ColumnDefinition| !column.is_not_null && key.columns.contains(&column.name);
        Some(Reference {
            columns: numbers(&key.columns)?,
            referred: numbers(referred)?,
            is_nullable: definition.columns.iter().any(|column| is_null(&column)),
        })
    };
    Ok(Constraints { unique, references: own.filter_map(reference).collect() })
}

fn number_of(columns: &Columns, name: &str) -> Result<usize> {
    let exact = columns.names.iter().position(|other| other == name);
    let alike = || columns.names.iter().position(|other| other.eq_ignore_ascii_case(name));
    exact.or_else(alike).ok_or_else(|| unknown(name, &columns.names))
}

fn unknown(name: &str, known: &[String]) -> Error {
    let known = known.iter().map(|name| name.clone().into_bytes()).collect();
    Error::new(ErrorKind::Row(RowFault::UnknownColumn { column: name.into(), known }))
}
