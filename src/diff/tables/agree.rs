//! What two sides agree on: the columns that are compared, their types, the key, and what the database
//! keeps true of them.

use std::collections::HashSet;

use crate::dialect::{Dialect, Spelling};
use crate::diff::tables::options::TableOptions;
use crate::error::{Error, ErrorKind, Result, RowFault, UsageFault};
use crate::source::Header;
use crate::table::{
    ColumnType, Columns, Constraints, Definition, Folding, ForeignKey, LooseKey, Manner, Notation,
    Nulls, OnDelete, Reference, Referrer, TableName, Typing,
};
use crate::text::Escaped;

/// What both sides say of a table.
pub(in crate::diff) type Headers = (Header, Header);

/// Refuses options that name a column which no table has.
pub(super) fn verify_names(
    options: &TableOptions,
    tables: &[TableName],
    headers: &[Headers],
) -> Result<()> {
    let TableOptions { key, only, except, unique, hints, .. } = options;
    let types = hints.types.iter().map(|said| &said.column);
    let mut names = key.iter().chain(only).chain(except).chain(unique).chain(types);
    let is_known = |name: &String| headers.iter().any(|sides| find(name, sides).is_some());
    match names.find(|name| !is_known(name)) {
        None => Ok(()),
        Some(name) => {
            let known = headers.iter().zip(tables);
            let known = known.flat_map(|((old, _), table)| {
                let shown = move |name: &String| match headers {
                    [_] => name.clone(),
                    _ => format!("{table}.{name}"),
                };
                old.names.iter().map(shown)
            });
            Err(unknown(name, &known.collect::<Vec<String>>()))
        }
    }
}

/// The column that is meant by a name.
fn find<'h>(name: &str, (old, new): &'h Headers) -> Option<&'h str> {
    old.find(name).or_else(|| new.find(name))
}

/// The columns of a table that both sides have and that are compared.
pub(super) fn columns(
    options: &TableOptions,
    table: &TableName,
    headers: &Headers,
) -> Result<Columns> {
    let (old, new) = headers;
    let all = |names: &[String]| -> Vec<String> {
        names.iter().filter_map(|name| find(name, headers)).map(str::to_owned).collect()
    };
    let (key, only, except) =
        (key(options, table, headers)?, all(&options.only), all(&options.except));
    let is_meant = |name: &&String| {
        let is_chosen = options.only.is_empty() || only.contains(name);
        let is_out = except.contains(name) || is_generated(name, headers);
        key.contains(name) || (is_chosen && !is_out)
    };
    for (mine, other, lacking) in [(old, new, "NEW"), (new, old, "OLD")] {
        if let Some(name) = mine.names.iter().filter(is_meant).find(|n| !other.names.contains(n)) {
            let column = name.clone().into_bytes();
            return Err(Error::new(ErrorKind::Row(RowFault::OneSided {
                column,
                lacking,
                delimiter: delimiter_in(headers),
            })));
        }
    }
    let names: Vec<String> = old.names.iter().filter(is_meant).cloned().collect();
    let types = names.iter().map(|name| kind(name, headers)).collect();
    let of_sqlite = |side: &Header| side.dialect == Some(Dialect::Sqlite);
    let typing = match of_sqlite(old) && of_sqlite(new) {
        true => Typing::ByValue,
        false => Typing::ByColumn,
    };
    let notations = names.iter().map(|name| notation(name, headers)).collect();
    let columns = Columns { names, types, notations, typing, key: Vec::new() };
    let number = |name: &String| number_in(&columns, name).ok_or_else(|| unknown(name, &old.names));
    let key = key.iter().map(number).collect::<Result<_>>()?;
    Ok(Columns { key, ..columns })
}

/// What seems to stand between two fields of a side that has one column.
fn delimiter_in((old, new): &Headers) -> Option<char> {
    let is_between = |c: &char| matches!(c, ';' | '\t' | '|');
    let only = |side: &Header| match side.names.as_slice() {
        [name] => name.chars().find(is_between),
        _ => None,
    };
    only(old).or_else(|| only(new))
}

/// Whether the database makes the values of a column, as a side defines it.
fn is_generated(name: &str, (old, new): &Headers) -> bool {
    let columns = [old, new].into_iter().filter_map(|side| side.definition.as_ref());
    let mut columns = columns.filter_map(|definition| definition.column(name));
    columns.any(|column| column.is_generated)
}

/// The columns that both sides have, but are not compared.
pub(super) fn left_out(columns: &Columns, headers: &Headers) -> Vec<String> {
    let is_out = |name: &&String| !columns.names.contains(name) && !is_generated(name, headers);
    headers.0.names.iter().filter(is_out).cloned().collect()
}

/// The columns of the key: those that are named with the table, else those that are named and of which it
/// has all, else those of the primary key that a side defines.
fn key(options: &TableOptions, table: &TableName, headers: &Headers) -> Result<Vec<String>> {
    let (old, new) = headers;
    let own = |name: &String| old.qualified(name).map(str::to_owned);
    let mut own: Vec<String> = options.key.iter().filter_map(own).collect();
    // A table of another case may have the same column.
    let mut seen = HashSet::new();
    own.retain(|name| seen.insert(name.clone()));
    if !own.is_empty() {
        return Ok(own);
    }
    let found: Vec<&str> = options.key.iter().filter_map(|name| find(name, headers)).collect();
    if !found.is_empty() {
        // A name with a dot may be that of a column of another table.
        let is_missing = |name: &&String| !name.contains('.') && find(name, headers).is_none();
        return match options.key.iter().find(is_missing) {
            Some(name) => Err(unknown(name, &old.names)),
            None => Ok(found.into_iter().map(str::to_owned).collect()),
        };
    }
    let mut defined = [old, new].into_iter().filter_map(|side| side.definition.as_ref());
    let key = defined.find(|definition| !definition.primary_key.is_empty());
    let no_key = || {
        let fault = UsageFault::NoKey { table: table.to_string() };
        Error::new(ErrorKind::Usage(fault))
    };
    key.map(|definition| definition.primary_key.clone()).ok_or_else(no_key)
}

/// What the values of a column are, where the sides do not contradict each other.
fn kind(name: &str, (old, new): &Headers) -> Option<ColumnType> {
    match (old.kind(name), new.kind(name)) {
        (Some(one), Some(other)) => one.and(other),
        (one, other) => one.or(other),
    }
}

/// How the values of a column are written where a file does not say by which program, by the first side that knows it.
fn notation(name: &str, (old, new): &Headers) -> Notation {
    old.notation(name).or(new.notation(name)).unwrap_or_default()
}

/// The columns that the database counts, as OLD defines them; where nothing does, a key of one column that may
/// be a number.
pub(super) fn counters(columns: &Columns, (old, _): &Headers) -> Vec<usize> {
    let Some(definition) = &old.definition else {
        return match columns.key.as_slice() {
            &[key] if matches!(columns.types[key], None | Some(ColumnType::Decimal)) => vec![key],
            _ => Vec::new(),
        };
    };
    let counted = definition.columns.iter().filter(|column| column.counter.is_some());
    counted.filter_map(|column| number_of(columns, &column.name)).collect()
}

/// The columns that the database which runs the script sets in each row that is changed, as a side defines them.
pub(in crate::diff) fn touched<const N: usize>(
    columns: &Columns,
    sides: [&Header; N],
    runner: Option<Dialect>,
) -> Vec<usize> {
    let sides = sides.into_iter().filter(|_| runner.is_some_and(Dialect::is_mysql));
    let definitions: Vec<&Definition> = sides.filter_map(|side| side.definition.as_ref()).collect();
    let is_touched = |n: &usize| {
        let mut defined = definitions.iter().filter_map(|one| one.column(&columns.names[*n]));
        defined.any(|column| column.is_touched)
    };
    (0..columns.names.len()).filter(is_touched).collect()
}

/// The references of tables to rows of OLD, but for those of tables that are compared.
pub(in crate::diff) fn referrers(old: &Header, compared: &[TableName]) -> Vec<Referrer> {
    let all = old.definition.iter().flat_map(|definition| &definition.referrers);
    all.filter(|one| one.table.find(compared.iter(), |&other| other).is_none()).cloned().collect()
}

/// Whether a column of OLD is of bits, which are no text to a staged script.
pub(super) fn has_bits(old: &Header) -> bool {
    let mut columns = old.definition.iter().flat_map(|definition| &definition.columns);
    columns.any(|column| column.type_name.to_ascii_lowercase().starts_with("bit"))
}

/// Whether rows of OLD refer to others of their own table in a way that has a say when those go.
pub(super) fn goes_along(old: &Header) -> bool {
    let leads_home = |definition: &Definition| {
        let is_not_null =
            |name: &String| definition.column(name).is_some_and(|one| one.is_not_null);
        let acts = |key: &&ForeignKey| match key.on_delete {
            OnDelete::Cascade | OnDelete::Restrict => true,
            // It is refused, where that is NULL and may not be.
            OnDelete::SetNull | OnDelete::SetDefault => key.columns.iter().any(is_not_null),
            OnDelete::NoAction => false,
        };
        let mut keys = definition.foreign_keys.iter().filter(acts);
        keys.any(|key| definition.name.may_be(&key.table, str::eq_ignore_ascii_case))
    };
    old.definition.as_ref().is_some_and(leads_home)
}

/// What the database keeps true of the rows of a table, of all that are compared: what is named, and what
/// OLD defines of the columns that are compared.
pub(in crate::diff) fn constraints(
    options: &TableOptions,
    table: usize,
    all: &[(TableName, Columns)],
    headers: &[Headers],
    runner: Option<Dialect>,
) -> Constraints {
    let nulls = runner.map_or(Nulls::default(), Dialect::nulls);
    let (columns, sides) = (&all[table].1, &headers[table]);
    let named = options.unique.iter().filter_map(|name| find(name, sides));
    let mut unique: Vec<Vec<usize>> =
        named.filter_map(|name| number_of(columns, name)).map(|n| vec![n]).collect();
    let names = &columns.names;
    let definition = sides.0.definition.as_ref();
    let is_not_null = |name: &String| {
        let mut defined = definition.iter().filter_map(|definition| definition.column(name));
        defined.any(|column| column.is_not_null)
    };
    let may_be_null = |n: usize| !columns.key.contains(&n) && !is_not_null(&names[n]);
    let keys = definition.iter().flat_map(|definition| &definition.foreign_keys);
    let full = keys.clone().filter(|key| key.is_full);
    let full = full.filter_map(|key| numbers(columns, &key.columns));
    // What is NULL as a whole is not where a part of it may not be.
    let (together, whole): (Vec<Vec<usize>>, Vec<Vec<usize>>) =
        full.partition(|key| key.iter().all(|&n| may_be_null(n)));
    let is_nullable = |n: usize| may_be_null(n) && !whole.iter().any(|key| key.contains(&n));
    let is_nullable: Vec<bool> = (0..names.len()).map(is_nullable).collect();
    let defined = definition.iter().flat_map(|definition| &definition.unique);
    unique.extend(defined.filter_map(|key| numbers(columns, key)));
    // Rows of different keys have different values in it anyway.
    unique.retain(|key| !columns.key.iter().all(|n| key.contains(n)));
    unique.sort_unstable();
    unique.dedup();
    let with_null = definition.iter().flat_map(|definition| &definition.with_null);
    let with_null = with_null.filter_map(|key| numbers(columns, key)).collect();
    let loose = loose_keys(columns, definition);
    let stand_in = |n: usize| {
        let column = definition.and_then(|definition| definition.column(&names[n]));
        let type_name = column.map(|column| column.type_name.as_str());
        runner.and_then(|runner| runner.stand_in(type_name, columns.types[n]))
    };
    let stand_ins = (0..names.len()).map(stand_in).collect();
    let references = Vec::new();
    let mut all_kept = Constraints {
        is_nullable,
        stand_ins,
        unique,
        nulls,
        with_null,
        loose,
        foldings: foldings(columns, definition, runner),
        together,
        references,
    };
    let reference = |key: &ForeignKey| {
        let to = referred_table(key, table, all)?;
        let definition = headers[to].0.definition.as_ref();
        let columns = numbers(columns, &key.columns)?;
        let loose = columns.iter().copied().filter(|n| all_kept.is_nullable[*n]).collect();
        let loose = all_kept.along(loose);
        let referred = match key.referred.as_slice() {
            [] => definition.map_or(&[][..], |definition| &definition.primary_key),
            referred => referred,
        };
        let referred = numbers(&all[to].1, referred)?;
        let folds = foldings(&all[to].1, definition, runner);
        let is_at_once = !waits(key, runner);
        Some(Reference {
            columns,
            table: to,
            foldings: referred.iter().map(|&n| folds.get(n).copied().unwrap_or_default()).collect(),
            referred,
            loose,
            follows: key.follows,
            manner: match runner {
                Some(Dialect::Mysql | Dialect::Mariadb) => Manner::StaysHome,
                Some(Dialect::Sqlite) => Manner::TakesForOne,
                _ => Manner::Usual,
            },
            is_at_once,
        })
    };
    all_kept.references = keys.filter_map(reference).collect();
    all_kept
}

/// Which texts of each column are one to a database of this dialect, by its definition where there is one.
pub(in crate::diff) fn foldings(
    columns: &Columns,
    definition: Option<&Definition>,
    dialect: Option<Dialect>,
) -> Vec<Folding> {
    let one = |name: &String| {
        let column = definition?.column(name)?;
        Some(dialect?.folding(&column.type_name, column.collation.as_deref()))
    };
    columns.names.iter().map(|name| one(name).unwrap_or_default()).collect()
}

/// What else no two rows may have alike, as far as columns of it are compared: a key of columns too, where some are not.
fn loose_keys(columns: &Columns, definition: Option<&Definition>) -> Vec<LooseKey<usize>> {
    let Some(definition) = definition else { return Vec::new() };
    let number = |name: &String| number_in(columns, name);
    let in_part = definition.unique.iter().filter(|key| numbers(columns, key).is_none());
    let in_part = in_part.map(|key| definition.loosened(key));
    let mut all: Vec<LooseKey<usize>> =
        definition.loose.iter().filter_map(|key| key.called(number)).collect();
    all.extend(in_part.filter_map(|key| key.called(number)));
    all.retain(|key| !columns.key.iter().all(|n| key.told.contains(n)));
    all
}

/// Whether a script has the database look at a key when it ends, as `SQLite` does with all and others with those that say
/// so; what a delete does to rows that refer to the row, it does at once.
fn waits(key: &ForeignKey, runner: Option<Dialect>) -> bool {
    let is_late = key.is_deferrable || runner == Some(Dialect::Sqlite);
    key.on_delete == OnDelete::NoAction && is_late
}

/// The table that a key refers to, where it is one of those that are compared: its own before others.
fn referred_table(key: &ForeignKey, from: usize, all: &[(TableName, Columns)]) -> Option<usize> {
    let tables = std::iter::once(from).chain((0..all.len()).filter(move |n| *n != from));
    key.table.find(tables, |n| &all[*n].0)
}

/// How the database that runs a script spells the values of each column, by the first side that may be a dump of its own
/// and defines the column.
pub(in crate::diff) fn spellings<'h>(
    columns: &Columns,
    sides: impl IntoIterator<Item = &'h Header>,
    runner: Option<Dialect>,
) -> Vec<Option<Spelling>> {
    let Some(runner) = runner else { return Vec::new() };
    let is_its_own = |side: &&Header| side.dialect.is_none_or(|of| runner.is_home_of(of));
    let definitions =
        sides.into_iter().filter(is_its_own).filter_map(|side| side.definition.as_ref());
    let definitions: Vec<&Definition> = definitions.collect();
    let spelling = |name: &String| {
        let column = definitions.iter().find_map(|one| one.column(name))?;
        runner.spelling(&column.type_name)
    };
    columns.names.iter().map(spelling).collect()
}

/// What should be known of instants that two dumps of MySQL show in different time zones.
pub(super) fn zones(columns: &Columns, (old, new): &Headers) -> Option<String> {
    let has_instants = columns.types.contains(&Some(ColumnType::Instant));
    let are_dumps = old.dialect.is_some() && new.dialect.is_some();
    let said = |side: &Header| match &side.time_zone {
        Some(zone) => format!("in the time zone {}", Escaped(zone.as_bytes())),
        None => "in one that it does not say".to_owned(),
    };
    (has_instants && are_dumps && old.time_zone != new.time_zone).then(|| {
        format!(
            "times of OLD stand {}, and of NEW {}: they are compared as if they stood in one",
            said(old),
            said(new)
        )
    })
}

fn numbers(columns: &Columns, names: &[String]) -> Option<Vec<usize>> {
    names.iter().map(|name| number_in(columns, name)).collect()
}

fn number_of(columns: &Columns, name: &str) -> Option<usize> {
    columns.names.iter().position(|other| other == name)
}

/// As the column may be spelled, too.
pub(in crate::diff) fn number_in(columns: &Columns, name: &str) -> Option<usize> {
    let alike = || columns.names.iter().position(|other| other.eq_ignore_ascii_case(name));
    number_of(columns, name).or_else(alike)
}

fn unknown(name: &str, known: &[String]) -> Error {
    let known = known.iter().map(|name| name.clone().into_bytes()).collect();
    Error::new(ErrorKind::Row(RowFault::UnknownColumn { column: name.into(), known }))
}
