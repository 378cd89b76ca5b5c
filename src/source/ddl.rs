//! What is known of a table beside its rows: what is said of it, and its definition, from the statements of a
//! dump or from a file of its own.

use std::borrow::Cow;
use std::ops::Range;
use std::path::PathBuf;

use super::header::Asked;
use crate::dialect::Dialect;
use crate::dump::{Charset, Script, Style, define, survey};
use crate::error::{DefinitionFault, DumpFault, Error, ErrorKind, Fault, Place, Result};
use crate::input::{Input, InputOptions};
use crate::table::{Definition, SaidType, TableName};

/// A file of statements that define tables, and the database that wrote it where it does not say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ddl {
    /// The file.
    pub path: PathBuf,
    /// The database.
    pub usual: Option<Style>,
}

/// What is said of a table beside the files that hold it.
#[derive(Clone, Debug, Default)]
pub struct TableHints {
    /// The names of the columns, where a file does not say them.
    pub columns: Option<Vec<String>>,
    /// What the values of columns are, whatever a dump says.
    pub types: Vec<SaidType>,
    /// What defines the table, whatever a dump says.
    pub ddl: Option<Ddl>,
    /// What the texts are written in, whatever a dump says.
    pub encoding: Option<Charset>,
    /// Whether the last line of a dump that has one may be missing.
    pub allow_unfinished: bool,
}

impl TableHints {
    /// What is asked of a file that holds this table, where a file of its own defines it so.
    pub fn asked<'a>(
        &'a self,
        table: Option<&'a TableName>,
        definition: Option<&'a Definition>,
    ) -> Asked<'a> {
        Asked {
            table,
            columns: self.columns.as_deref(),
            types: &self.types,
            definition,
            encoding: self.encoding,
            allow_unfinished: self.allow_unfinished,
        }
    }
}

impl Ddl {
    /// The table as it is defined there.
    ///
    /// # Errors
    ///
    /// As for several.
    pub fn define(&self, table: &TableName, files: &InputOptions<'_>) -> Result<Definition> {
        let mut all = self.define_all(std::slice::from_ref(table), files)?;
        Ok(all.swap_remove(0))
    }

    /// The tables as they are defined there.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is no script, or does not define one of them in a way that can be read.
    pub fn define_all(
        &self,
        tables: &[TableName],
        files: &InputOptions<'_>,
    ) -> Result<Vec<Definition>> {
        // What is said of the encoding is said of the rows.
        let input = Input::open(&self.path, &InputOptions { encoding: None, ..files.clone() })?;
        let (name, text) = (input.name(), input.bytes());
        let at = |fault: Fault| Error::at(fault.kind, Place::new(name, text, fault.at, fault.len));
        let script = survey(text, (None, self.usual), tables).map_err(at)?;
        let definition = |table| definition_in(text, &script, table).map_err(at);
        tables.iter().map(definition).collect()
    }
}

fn definition_in(
    text: &[u8],
    script: &Script,
    table: &TableName,
) -> std::result::Result<Definition, Fault> {
    let fault = match defined(text, script, table) {
        Ok(Some(definition)) => {
            let found = script.only(Some(table)).ok().flatten();
            let is_partitioned = found.is_some_and(|found| script.has_partitions(&found));
            return Ok(Definition { is_partitioned, ..definition });
        }
        Ok(None) => DumpFault::NoTable { asked: table.to_string(), known: script.names() },
        Err(DefinitionFault::Ambiguous { asked, found }) => {
            DumpFault::ManyTables { asked: Some(asked), names: found }
        }
        Err(fault) => DumpFault::Definition { reason: fault.to_string() },
    };
    Err(Fault::new(ErrorKind::Dump(fault), 0, 0))
}

/// The database whose definitions stand in a script of this style; Db2's are read as PostgreSQL's.
pub(super) fn definer(style: Style) -> Dialect {
    match style {
        Style::Postgres => Dialect::Postgres,
        Style::Mysql => Dialect::Mysql,
        Style::Sqlite => Dialect::Sqlite,
        Style::Mssql => Dialect::Mssql,
        Style::Oracle => Dialect::Oracle,
    }
}

/// What the statements of a script say of a table.
pub(super) fn defined(
    text: &[u8],
    script: &Script,
    table: &TableName,
) -> std::result::Result<Option<Definition>, DefinitionFault> {
    let decoded = |(range, charset): &(Range<usize>, Charset)| {
        let statement = &text[range.clone()];
        let decoded = charset.decode(statement).unwrap_or(Cow::Borrowed(statement));
        String::from_utf8_lossy(&decoded).into_owned()
    };
    let statements: Vec<String> = script.definitions.iter().map(decoded).collect();
    let statements: Vec<&str> = statements.iter().map(AsRef::as_ref).collect();
    define(definer(script.style), &statements, table)
}
