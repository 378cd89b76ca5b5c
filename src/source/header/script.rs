//! What scripts say of their tables.

use crate::dump::{Charset, FoundTable, RowForm, Script, Section, Style, refuse_unfinished};
use crate::error::{DefinitionFault, DumpFault, Fault};
use crate::source::ddl::{defined, definer};
use crate::source::header::{Asked, Header, Part, dump, verify};
use crate::table::{ColumnDefinition, Definition, TableName};

/// Refuses a script that was cut off behind a statement.
pub(super) fn finished(text: &[u8], asked: Asked<'_>) -> Result<(), Fault> {
    if asked.allow_unfinished { Ok(()) } else { refuse_unfinished(text) }
}

/// What a script says of a table.
pub(super) fn of_script(text: &[u8], script: &Script, asked: Asked<'_>) -> Result<Header, Fault> {
    let found = script.only(asked.table).map_err(|fault| dump(fault, 0))?;
    let found = found.unwrap_or_else(|| FoundTable::without_rows(asked.table));
    of_table(text, script, found, asked)
}

/// What a script says of a table that was found in it.
pub(super) fn of_table(
    text: &[u8],
    script: &Script,
    found: FoundTable,
    asked: Asked<'_>,
) -> Result<Header, Fault> {
    let (definition, unread) = definition(text, script, &found.full, asked)?;
    let of_ddl = asked.definition.is_some_and(|definition| definition.is_partitioned);
    if (script.has_partitions(&found) || of_ddl) && found.sections.is_empty() {
        return Err(dump(DumpFault::Partitioned { table: found.full.to_string() }, 0));
    }
    let unnamed = |fault| match &unread {
        Some(reason) => DumpFault::Definition { reason: reason.clone() },
        None => fault,
    };
    let mut parts: Vec<Part> = Vec::with_capacity(found.sections.len());
    for section in found.sections {
        let start = section.range.start;
        let part = part(section, script.style, definition.as_ref(), asked)?;
        let part = part.ok_or_else(|| dump(unnamed(DumpFault::NoColumns), start))?;
        if parts.first().is_some_and(|first| sorted(&first.names) != sorted(&part.names)) {
            return Err(dump(DumpFault::OtherColumns, start));
        }
        parts.push(part);
    }
    let of_definition = || definition.as_ref().map(Definition::written_names);
    let names = match parts.first() {
        Some(part) => Some(part.given().cloned().collect()),
        None => asked.columns.map(<[String]>::to_vec).or_else(of_definition),
    };
    let is_there = !parts.is_empty() || definition.is_some();
    let Some(names) = names.filter(|_| is_there) else {
        let (asked, known) = (found.table.to_string(), script.names());
        return Err(dump(unnamed(DumpFault::NoTable { asked, known }), 0));
    };
    let (table, dialect) = (Some(found.table), script.dialect);
    let called = Some(found.full);
    let types = asked.types.to_vec();
    let time_zone = script.time_zone.clone();
    let release = script.release;
    Ok(Header {
        names,
        table,
        called,
        dialect,
        definition,
        types,
        unread,
        time_zone,
        release,
        parts,
    })
}

/// The definition of a table, or why it cannot be read.
fn definition(
    text: &[u8],
    script: &Script,
    table: &TableName,
    asked: Asked<'_>,
) -> Result<(Option<Definition>, Option<String>), Fault> {
    let defined = match asked.definition {
        Some(definition) => Ok(Some(definition.clone())),
        None => defined(text, script, table),
    };
    match defined {
        Ok(definition) => Ok((definition, None)),
        Err(DefinitionFault::Ambiguous { asked, found }) => {
            Err(dump(DumpFault::ManyTables { asked: Some(asked), names: found }, 0))
        }
        Err(fault) => Ok((None, Some(fault.to_string()))),
    }
}

/// Some rows of a table; `None` where nobody names their columns.
fn part(
    section: Section,
    style: Style,
    definition: Option<&Definition>,
    asked: Asked<'_>,
) -> Result<Option<Part>, Fault> {
    let Section { columns, form, character_set, range, cuts } = section;
    let of_definition = || {
        definition.map(|definition| match (style, &form) {
            // Where there is no list of names, there are values for all columns.
            (Style::Mysql, _) | (Style::Postgres, RowForm::Insert(_)) => definition.names(),
            _ => definition.written_names(),
        })
    };
    let said = || asked.columns.map(<[String]>::to_vec);
    let Some(names) = columns.or_else(said).or_else(of_definition) else { return Ok(None) };
    let names = as_defined(names, definition, style);
    verify(&names, 0)?;
    let form = match style {
        Style::Postgres => with_made(form, &names, definition),
        _ => form,
    };
    let charset = match (asked.encoding, character_set) {
        (Some(asked), _) => asked,
        (None, None) => Charset::Utf8,
        (None, Some(name)) => Charset::named(style, &name)
            .map_err(|name| dump(DumpFault::CharacterSet { name }, range.start))?,
    };
    Ok(Some(Part { names, form, charset, range, cuts }))
}

fn sorted(names: &[String]) -> Vec<&String> {
    let mut names: Vec<&String> = names.iter().collect();
    names.sort_unstable();
    names
}

/// Names of columns as the definition spells those that are one to the database.
fn as_defined(names: Vec<String>, definition: Option<&Definition>, style: Style) -> Vec<String> {
    let Some(definition) = definition else { return names };
    let dialect = definer(style);
    let called = |name: String| {
        let identity = dialect.identity(&name).into_owned();
        let same = |column: &&ColumnDefinition| dialect.identity(&column.name) == identity;
        definition.columns.iter().find(same).map_or(name, |column| column.name.clone())
    };
    names.into_iter().map(called).collect()
}

/// Whether the database makes the values of a column from others, as its definition says.
fn is_made(name: &str, definition: Option<&Definition>) -> bool {
    let mut columns = definition.iter().flat_map(|definition| &definition.columns);
    columns.any(|column| column.is_generated && column.name == name)
}

/// Rows of these columns, in which what the database makes from others need not be said.
fn with_made(form: RowForm, names: &[String], definition: Option<&Definition>) -> RowForm {
    let made = (0..names.len()).filter(|&n| is_made(&names[n], definition)).collect();
    match form {
        RowForm::Insert(rows) => RowForm::Insert(Box::new(rows.with_made(made))),
        form => form,
    }
}
