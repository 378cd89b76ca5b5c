//! The text of a mapping file to what it says, or to all that is wrong with it.
//!
//! Reading goes on behind a mistake: a table whose keys are not all understood is left out of what is
//! read, and so is what would only follow from it. Whether what was read makes sense is proved by
//! [`prove`](crate::mapping::prove). Opens no files, neither its own nor those that it names.

mod flow;
mod mapping;
mod table;

use std::ops::Range;

use toml::de::DeTable;

use crate::attribute::type_of;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, ExpressionFault, Fault, MappingFault, Place};
use crate::mapping::{DatabaseSide, DirectorySide, Lookup, LookupFrom, MappingFile};
use crate::schema::Schema;
use crate::server::Server;
use crate::table::TableName;
use crate::text::nearest;

pub(in crate::mapping) use mapping::Site;
pub(in crate::mapping) use table::{Item, Table};

use crate::mapping::convert::Zone;
use crate::mapping::expression::{Expression, Template};
use crate::mapping::prove::prove;
use table::Reader;

const FILE: &[&str] = &["ldifsync", "directory", "database", "lookup", "mapping"];

const SERVERS: &[Server] =
    &[Server::OpenLdap, Server::Ds389, Server::ActiveDirectory, Server::Generic];

const DIALECTS: &[Dialect] = &[
    Dialect::Postgres,
    Dialect::Mysql,
    Dialect::Mariadb,
    Dialect::Sqlite,
    Dialect::Mssql,
    Dialect::Oracle,
    Dialect::Db2,
];

/// Reads the mapping file called `name`: what it says, or all mistakes in the order of their places.
pub fn read(name: &str, text: &[u8]) -> Result<MappingFile, Vec<Error>> {
    let at = |fault: Fault| {
        let place = Place::new(name, text, fault.at, fault.len);
        // Its lines are no LDIF, and the word that one begins with is no attribute.
        Error::at(fault.kind, Place { attributes: Some(Vec::new()), ..place })
    };
    read_text(text).map_err(|faults| faults.into_iter().map(at).collect())
}

fn read_text(text: &[u8]) -> Result<MappingFile, Vec<Fault>> {
    let text = std::str::from_utf8(text)
        .map_err(|e| vec![Fault::new(MappingFault::NotUtf8.into(), e.valid_up_to(), 1)])?;
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let mut faults: Vec<Fault> = errors.iter().map(toml_fault).collect();
        let first = faults.iter().map(|fault| fault.at).min().unwrap_or_default();
        faults.extend(faults_before(text, first));
        faults.sort_by_key(|fault| fault.at);
        return Err(faults);
    }
    let reader = Reader::new(text);
    let root = Table::root(&reader, &root);
    root.need("mapping");
    let (mut file, sites) = file(&root);
    prove(&file, &sites);
    drop(sites);
    doubt_identifier(&root, &file.directory);
    file.slips = reader.take_slips();
    let faults = reader.into_faults();
    if faults.is_empty() { Ok(file) } else { Err(faults) }
}

/// What TOML says of a text that it is not.
fn toml_fault(error: &toml::de::Error) -> Fault {
    let Range { start, end } = error.span().unwrap_or(0..0);
    let reason = error.message().to_owned();
    Fault::new(MappingFault::Toml { reason }.into(), start, end - start)
}

/// What is wrong with the sections of a text before that in which it is no TOML. Whether all of them make
/// sense together is not asked: what is missing may stand behind.
fn faults_before(text: &str, at: usize) -> Vec<Fault> {
    let mut end = 0;
    let mut sections = Vec::new();
    for line in text.split_inclusive('\n') {
        sections.extend(section(line).map(|section| (end, section)));
        end += line.len();
    }
    let broken = sections.iter().rfind(|(start, _)| *start <= at).map(|(_, section)| section);
    let first = sections.iter().find(|(_, section)| Some(section) == broken);
    let text = &text[..first.map_or(0, |(start, _)| *start)];
    let (root, errors) = DeTable::parse_recoverable(text);
    let reader = Reader::new(text);
    if errors.is_empty() {
        file(&Table::root(&reader, &root));
    }
    reader.into_faults()
}

/// What a line heads that heads a section: the first two words between its brackets.
fn section(line: &str) -> Option<Vec<&str>> {
    let words = line.strip_prefix('[')?.split_once(']')?.0;
    Some(words.split('.').map(str::trim).take(2).collect())
}

/// All of a file, as far as it can be read, and where its mappings stand.
fn file<'d>(root: &Table<'d>) -> (MappingFile, Vec<Site<'d>>) {
    root.holds_only(FILE);
    version(root);
    let directory = root.get("directory").and_then(|item| directory(&item)).unwrap_or_default();
    let database = root.get("database").and_then(|item| database(&item)).unwrap_or_default();
    let lookups = named(root, "lookup").iter().filter_map(lookup).collect();
    let mappings = named(root, "mapping");
    let (mappings, sites): (Vec<_>, Vec<Site<'_>>) = mappings.iter().map(mapping::mapping).unzip();
    (MappingFile { directory, database, lookups, mappings, slips: Vec::new() }, sites)
}

/// `ldifsync = 1`.
fn version(root: &Table<'_>) {
    let version = root.need("ldifsync").and_then(|item| Some((item.integer()?, item)));
    if let Some((found, item)) = version.filter(|(found, _)| *found != 1) {
        item.refuse(MappingFault::Version { found: found.to_string() });
    }
}

/// The tables in a table, each with its name, in the order of the file.
fn named<'d>(root: &Table<'d>, key: &str) -> Vec<(String, Table<'d>)> {
    let items = root.get(key).and_then(|item| item.table(key)).map(|table| table.items());
    let table = |(_, item): (_, Item<'d>)| {
        let name = item.key().to_owned();
        let table = item.table(format!("`[{key}.{name}]`"))?;
        Some((name, table))
    };
    items.into_iter().flatten().filter_map(table).collect()
}

/// `[directory]`.
fn directory(item: &Item<'_>) -> Option<DirectorySide> {
    let table = item.table("`[directory]`")?;
    table.holds_only(&["server", "identifier", "follow_renames"]);
    let servers: Vec<_> = SERVERS.iter().map(|server| (server.name(), *server)).collect();
    let server = table.get("server").and_then(|item| item.choice("a server", &servers));
    let identifier = table.get("identifier").and_then(|item| mapping::attribute(&item));
    let follow_renames = table.get("follow_renames").and_then(|item| item.boolean());
    Some(DirectorySide { server, identifier, follow_renames: follow_renames.unwrap_or_default() })
}

/// `[database]`.
fn database(item: &Item<'_>) -> Option<DatabaseSide> {
    let table = item.table("`[database]`")?;
    table.holds_only(&["dialect", "timezone"]);
    let dialects: Vec<_> = DIALECTS.iter().map(|dialect| (dialect.name(), *dialect)).collect();
    let dialect = table.get("dialect").and_then(|item| item.choice("a dialect", &dialects));
    let time_zone = table.get("timezone").and_then(|item| time_zone(&item));
    Some(DatabaseSide { dialect, time_zone })
}

/// Doubts an identifier that is like an attribute of the schema and is not in it.
fn doubt_identifier(root: &Table<'_>, directory: &DirectorySide) {
    let schema = directory.server.map_or(Schema::builtin(), Server::schema);
    let Some(identifier) = &directory.identifier else { return };
    if schema.attribute(type_of(identifier.as_bytes())).is_some() {
        return;
    }
    let known = schema.attributes().iter().flat_map(|one| one.names.iter());
    if let Some(meant) = nearest(identifier, known.map(AsRef::as_ref)) {
        let (attribute, meant) = (identifier.clone(), meant.to_owned());
        let fault = MappingFault::UnknownAttribute { attribute, meant };
        root.doubt(&["directory", "identifier"], fault);
    }
}

/// The name of a time zone of the IANA database.
fn time_zone(item: &Item<'_>) -> Option<String> {
    let name = item.text()?;
    match Zone::named(name) {
        Some(_) => Some(name.to_owned()),
        None => item.refuse_value("a time zone such as `Europe/Berlin`"),
    }
}

/// `[lookup.NAME]`.
fn lookup((name, table): &(String, Table<'_>)) -> Option<Lookup> {
    table.holds_only(&["table", "file", "key", "values"]);
    let from = match table.one_of(&["table", "file", "values"]) {
        None => {
            table.need("table");
            return None;
        }
        Some("values") => {
            table.wants(&["key"], "`table` or `file`");
            LookupFrom::Values(scalars(&table.get("values")?)?)
        }
        Some("file") => {
            let path = table.get("file").and_then(|item| item.word());
            LookupFrom::File { key: key_column(table)?, path: path?.into() }
        }
        Some(_) => {
            let name = table.get("table").and_then(|item| table_name(&item));
            LookupFrom::Table { key: key_column(table)?, table: name? }
        }
    };
    Some(Lookup { name: name.clone(), from })
}

/// The column in which a lookup seeks.
fn key_column(table: &Table<'_>) -> Option<String> {
    table.need("key").and_then(|item| column(&item))
}

/// Keys and their values, in the order of the file.
fn scalars(item: &Item<'_>) -> Option<Vec<(String, String)>> {
    let items = item.table(format!("`{}`", item.key()))?.items();
    let pair = |(_, item): (_, Item<'_>)| Some((item.key().to_owned(), item.scalar()?));
    items.into_iter().map(pair).collect()
}

/// The name of a table.
fn table_name(item: &Item<'_>) -> Option<TableName> {
    let name = TableName::parse(item.text()?);
    name.or_else(|| item.refuse_value("the name of a table such as `hr.staff`"))
}

/// The name of a column.
fn column(item: &Item<'_>) -> Option<String> {
    let name = item.text()?;
    match name.is_empty() || name.contains(char::is_control) {
        true => item.refuse_value("the name of a column"),
        false => Some(name.to_owned()),
    }
}

/// Names of columns, one or more.
fn columns(item: &Item<'_>) -> Option<Vec<String>> {
    item.some()?.iter().map(column).collect()
}

/// An expression.
fn expression(item: &Item<'_>) -> Option<Expression> {
    compiled(item, Expression::parse(item.text()?))
}

/// A template.
fn template(item: &Item<'_>) -> Option<Template> {
    compiled(item, Template::parse(item.text()?))
}

/// What a text was read to, or the fault at its place.
fn compiled<T>(item: &Item<'_>, parsed: Result<T, ExpressionFault>) -> Option<T> {
    let fault = |fault: &ExpressionFault| {
        let kind: ErrorKind = MappingFault::Expression(fault.clone()).into();
        match &fault.at {
            Some(at) => item.refuse_inside(Fault::new(kind, at.start, at.len())),
            None => item.refuse(kind),
        }
    };
    parsed.inspect_err(fault).ok()
}
