//! The tables of the database side: opened, and what is known of each.

use std::path::Path;

use crate::dialect::{Bounds, Dialect, Labels, Release, truths_among};
use crate::diff::tables::agree;
use crate::diff::tables::{Opened, TableFiles, TableOptions};
use crate::diff::through::Through;
use crate::error::{Error, ErrorKind, Result, RowFault, UsageFault};
use crate::mapping::{Lookup, LookupFrom};
use crate::reconcile::Table;
use crate::source::{Header, Rows, SideForm};
use crate::table::{
    ColumnDefinition, Columns, Constraints, Counter, Definition, Folding, TableName, Truths, Typing,
};

/// The files of the dump, and those that lookups name.
pub(super) struct Files<'f> {
    dump: &'f TableFiles,
    lookups: Vec<(&'f str, TableFiles)>,
}

/// The files that lookups name, opened.
pub(super) type Lookups<'s> = Vec<(&'s str, Opened<'s>)>;

/// The same, opened.
pub(super) struct Sides<'s> {
    pub(super) dump: Opened<'s>,
    lookups: Lookups<'s>,
}

impl<'f> Files<'f> {
    /// The dump of this name, and the files of the lookups of a mapping.
    pub(super) fn new(through: &'f Through, dump: &'f TableFiles) -> Files<'f> {
        let folder = through.path.parent().unwrap_or(Path::new(""));
        let file = |lookup: &'f Lookup| match &lookup.from {
            LookupFrom::File { path, .. } => {
                let files = TableFiles::one(folder.join(path), SideForm::default());
                Some((lookup.name.as_str(), files))
            }
            LookupFrom::Table { .. } | LookupFrom::Values(_) => None,
        };
        Files { dump, lookups: through.file.lookups.iter().filter_map(file).collect() }
    }

    /// Opens them.
    pub(super) fn open(&self, options: &TableOptions) -> Result<Sides<'_>> {
        let dump = Opened::new(self.dump, options)?;
        Ok(Sides { dump, lookups: self.open_lookups(options)? })
    }

    /// Opens those that lookups name.
    pub(super) fn open_lookups(&self, options: &TableOptions) -> Result<Lookups<'_>> {
        let all = self.lookups.iter();
        all.map(|(name, files)| Ok((*name, Opened::new(files, options)?))).collect()
    }
}

impl Sides<'_> {
    /// How many of some tables are of the dump.
    pub(super) fn of_dump(&self, known: &[Known]) -> usize {
        known.len() - self.lookups.len()
    }
}

/// A table, and what is known of it.
pub(super) struct Known {
    pub(super) name: TableName,
    pub(super) header: Header,
    pub(super) columns: Columns,
    lookup: Option<String>,
}

/// What is known of the tables that a mapping names.
///
/// # Errors
///
/// A table is not there, or its columns or key cannot be told.
pub(super) fn known(
    through: &Through,
    sides: &Sides<'_>,
    options: &TableOptions,
) -> Result<Vec<Known>> {
    let tables = through.tables();
    let headers = sides.dump.headers_of(&tables, options)?;
    let mut all = Vec::new();
    for (name, header) in tables.into_iter().zip(headers) {
        let columns = columns(through, &name, &header)?;
        all.push(Known { name, header, columns, lookup: None });
    }
    all.extend(known_lookups(&sides.lookups, options)?);
    Ok(all)
}

/// What is known of the files that lookups name.
///
/// # Errors
///
/// Its columns cannot be told.
pub(super) fn known_lookups(lookups: &Lookups<'_>, options: &TableOptions) -> Result<Vec<Known>> {
    let known = |(name, opened): &(&str, Opened<'_>)| {
        let table = TableName { parts: vec![(*name).to_owned()] };
        let mut headers = opened.headers_of(std::slice::from_ref(&table), options)?;
        let header = headers.swap_remove(0);
        let columns = columns_of(&header, &[])?;
        Ok(Known { name: table, header, columns, lookup: Some((*name).to_owned()) })
    };
    lookups.iter().map(known).collect()
}

/// The tables of the files that lookups name.
pub(super) fn lookup_tables<'t>(
    options: &TableOptions,
    lookups: &'t Lookups<'_>,
    known: &'t [Known],
    free: &'t Constraints,
) -> Vec<Table<'t>> {
    let table = |((_, opened), Known { name, header, columns, lookup }): (
        &'t (&str, Opened<'_>),
        &'t Known,
    )| {
        let is_open = !header.holds_secrets(&options.secrets);
        Table {
            name: name.clone(),
            called: name.clone(),
            rows: Rows::new(opened.file(0), header.clone(), columns, is_open),
            constraints: free,
            digits_of_second: Vec::new(),
            bounds: Vec::new(),
            foldings: Vec::new(),
            truths: Vec::new(),
            counted: Vec::new(),
            numbered: Vec::new(),
            generated: Vec::new(),
            lookup: lookup.clone(),
        }
    };
    lookups.iter().zip(known).map(table).collect()
}

fn columns(through: &Through, table: &TableName, header: &Header) -> Result<Columns> {
    let said = through.key(table);
    let defined = || header.definition.as_ref().map(|one| one.primary_key.clone());
    let defined = || defined().filter(|key| !key.is_empty());
    let is_main = through.mappings().iter().any(|mapping| mapping.rows.table == *table);
    let key = match (said.is_empty(), is_main) {
        (false, _) => said,
        (true, true) => defined().ok_or_else(|| {
            let table = table.to_string();
            Error::new(ErrorKind::Usage(UsageFault::NoKey { table }))
        })?,
        (true, false) => defined().or_else(|| through.key_of_child(table)).unwrap_or_default(),
    };
    columns_of(header, &key)
}

/// The columns of a table with the key of these names.
///
/// # Errors
///
/// One of the names is no column.
pub(crate) fn columns_of(header: &Header, key: &[String]) -> Result<Columns> {
    let generated = header.definition.iter().flat_map(|one| &one.columns);
    let generated: Vec<&String> =
        generated.filter(|column| column.is_generated).map(|column| &column.name).collect();
    let names = header.names.iter().filter(|name| !generated.contains(name));
    let names: Vec<String> = names.cloned().collect();
    let types = names.iter().map(|name| header.kind(name)).collect();
    let typing = match header.dialect {
        Some(Dialect::Sqlite) => Typing::ByValue,
        _ => Typing::ByColumn,
    };
    let notations = header.notations(&names);
    let columns = Columns { names, types, notations, typing, key: Vec::new() };
    let number = |name: &String| {
        let unknown = || RowFault::UnknownColumn {
            column: name.clone().into_bytes(),
            known: header.names.iter().map(|name| name.clone().into_bytes()).collect(),
        };
        agree::number_in(&columns, name).ok_or_else(|| Error::new(ErrorKind::Row(unknown())))
    };
    let key = key.iter().map(number).collect::<Result<_>>()?;
    Ok(Columns { key, ..columns })
}

/// What the database keeps true of each table.
pub(super) fn constraints(
    options: &TableOptions,
    known: &[Known],
    runner: Option<Dialect>,
) -> Vec<Constraints> {
    let all: Vec<(TableName, Columns)> =
        known.iter().map(|one| (one.name.clone(), one.columns.clone())).collect();
    let headers: Vec<(Header, Header)> =
        known.iter().map(|one| (one.header.clone(), one.header.clone())).collect();
    (0..known.len()).map(|n| agree::constraints(options, n, &all, &headers, runner)).collect()
}

/// What defines a table, and whose definition it is, as far as either is known.
pub(super) type Defined<'d> = (Option<&'d Definition>, Option<Dialect>);

/// How many digits of a second's fraction each column keeps, by its definition where there is one.
pub(super) fn digits_of_second(
    columns: &Columns,
    (definition, dialect): Defined<'_>,
) -> Vec<Option<usize>> {
    let Some(dialect) = dialect else { return Vec::new() };
    let digits = |name: &String| {
        let column = definition.and_then(|definition| definition.column(name));
        dialect.digits_of_second(column.map(|column| column.type_name.as_str()))
    };
    columns.names.iter().map(digits).collect()
}

/// How each column compares texts, by its definition where there is one.
pub(super) fn foldings(columns: &Columns, (definition, dialect): Defined<'_>) -> Vec<Folding> {
    agree::foldings(columns, definition, dialect)
}

/// What each column holds, by its definition where there is one, in a server of this release.
pub(super) fn bounds(
    columns: &Columns,
    (definition, dialect): Defined<'_>,
    release: Option<Release>,
) -> Vec<Option<Bounds>> {
    let Some((definition, dialect)) = definition.zip(dialect) else { return Vec::new() };
    let one = |name: &String| {
        let column = definition.column(name)?;
        let characters = dialect.characters(&column.type_name, column.collation.as_deref());
        let labels = Labels::of_enum(&column.labels).map(Bounds::Labels);
        let bounds = labels.or_else(|| dialect.bounds_in(release, &column.type_name));
        Bounds::with(bounds, characters)
    };
    columns.names.iter().map(one).collect()
}

/// The words for true and false that the type of a column leaves.
pub(super) fn truths(dialect: Dialect, column: &ColumnDefinition) -> Option<Truths> {
    dialect.truths(&column.type_name).or_else(|| truths_among(&column.labels))
}

/// What the database says of each column by its definition, where that is known.
pub(super) fn by_definition<T>(
    columns: &Columns,
    (definition, dialect): Defined<'_>,
    of: impl Fn(Dialect, &ColumnDefinition) -> Option<T>,
) -> Vec<Option<T>> {
    let Some((definition, dialect)) = definition.zip(dialect) else { return Vec::new() };
    let one = |name: &String| of(dialect, definition.column(name)?);
    columns.names.iter().map(one).collect()
}

/// The tables with their rows.
pub(super) fn tables<'t>(
    options: &TableOptions,
    sides: &'t Sides<'_>,
    known: &'t [Known],
    constraints: &'t [Constraints],
    called: &[TableName],
) -> Vec<Table<'t>> {
    let of_dump = sides.of_dump(known);
    let table = |n: usize| {
        let Known { name, header, columns, lookup } = &known[n];
        let file = match n.checked_sub(of_dump) {
            None => sides.dump.file(n),
            Some(n) => sides.lookups[n].1.file(0),
        };
        let is_open = !header.holds_secrets(&options.secrets);
        let defined = (header.definition.as_ref(), header.dialect.or(options.dialect));
        let numbers = |is_it: &dyn Fn(&Counter) -> bool| -> Vec<usize> {
            let all = header.definition.iter().flat_map(|one| &one.columns);
            let all = all.filter(|column| column.counter.as_ref().is_some_and(is_it));
            all.filter_map(|column| agree::number_in(columns, &column.name)).collect()
        };
        let generated = header.definition.iter().flat_map(|one| &one.columns);
        let generated = generated.filter(|column| column.is_generated);
        Table {
            name: name.clone(),
            called: called[n].clone(),
            rows: Rows::new(file, header.clone(), columns, is_open),
            constraints: &constraints[n],
            digits_of_second: digits_of_second(columns, defined),
            bounds: bounds(columns, defined, header.release),
            foldings: foldings(columns, defined),
            truths: by_definition(columns, defined, truths),
            counted: numbers(&|_| true),
            numbered: numbers(&|counter| *counter == Counter::Always),
            generated: generated.map(|column| column.name.clone()).collect(),
            lookup: lookup.clone(),
        }
    };
    (0..known.len()).map(table).collect()
}
