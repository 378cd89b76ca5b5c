//! What a file says of its table before its rows are read: the names of the columns, where the rows
//! stand and how they are written, and what the database says of the table.

mod lines;
mod script;

use std::ops::Range;

use crate::dialect::{Dialect, Release};
use crate::dump::{
    Charset, CopyText, Delimited, FoundTable, Outfile, RowForm, Script, Style, survey,
};
use crate::error::{DumpFault, Error, ErrorKind, Fault, Place, Result, RowFault};
use crate::input::{Encoding, Input};
use crate::schema::Schema;
use crate::server::is_secret;
use crate::source::header::lines::{both_ends, counted, lines, of_json};
use crate::source::header::script::{finished, of_script, of_table};
use crate::table::{ColumnDefinition, ColumnType, Definition, Notation, SaidType, TableName};
use crate::text::LineEnd;

/// How a file holds a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SideForm {
    /// As text with delimiters.
    Delimited(Delimited),
    /// As PostgreSQL's COPY writes text.
    Copy {
        /// Stands between two fields.
        delimiter: u8,
        /// The field that is NULL.
        null: Vec<u8>,
    },
    /// As MySQL's `INTO OUTFILE` writes it.
    Outfile(Outfile),
    /// Among the statements of a script.
    Sql {
        /// Which database wrote it, whatever it says itself.
        said: Option<Style>,
        /// Which one did where it does not say so.
        usual: Option<Style>,
    },
    /// As JSON objects.
    Json,
}

impl Default for SideForm {
    fn default() -> SideForm {
        SideForm::Delimited(Delimited::default())
    }
}

/// What is known of the table in a file without looking at it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its name; none where the only table of a script is meant.
    pub table: Option<&'a TableName>,
    /// The names of its columns, where the file has none.
    pub columns: Option<&'a [String]>,
    /// What the values of columns are, whatever the file says; case is looked at where it has to be.
    pub types: &'a [SaidType],
    /// The table as a file of its own defines it, whatever this one says.
    pub definition: Option<&'a Definition>,
    /// What its texts are written in, whatever it says itself.
    pub encoding: Option<Charset>,
    /// Whether the last line of a script may be missing.
    pub allow_unfinished: bool,
}

impl<'a> Asked<'a> {
    /// The same of an input, which is UTF-8 whatever is said of it where it was made so when it was opened.
    #[must_use]
    pub fn of(self, input: &Input) -> Self {
        match input.encoding() {
            Encoding::Utf8 => self,
            Encoding::Utf8Bom | Encoding::Utf16Le | Encoding::Utf16Be => {
                Asked { encoding: Some(Charset::Utf8), ..self }
            }
        }
    }

    /// The table, to be looked for among others; none where all are meant.
    fn table_or_all(&self) -> &'a [TableName] {
        self.table.map_or(&[], std::slice::from_ref)
    }
}

/// A text of which it is known where its tables stand.
#[derive(Debug, Default)]
pub struct Surveyed {
    /// Of anything but a script nothing has to be known.
    script: Option<Script>,
}

impl Surveyed {
    /// Surveys a text for these tables; for all where none are named.
    ///
    /// # Errors
    ///
    /// A script that cannot be read.
    pub fn new(
        (name, text): (&str, &[u8]),
        form: &SideForm,
        tables: &[TableName],
    ) -> Result<Surveyed> {
        let at = |fault: Fault| Error::at(fault.kind, Place::new(name, text, fault.at, fault.len));
        let script = match form {
            SideForm::Sql { said, usual } => {
                Some(survey(text, (*said, *usual), tables).map_err(at)?)
            }
            _ => None,
        };
        Ok(Surveyed { script })
    }

    /// The tables of which a script has rows.
    pub fn tables(&self) -> Vec<TableName> {
        let tables = self.script.iter().flat_map(|script| &script.tables);
        let with_rows = tables.filter(|table| !table.sections.is_empty());
        with_rows.map(|table| table.full.clone()).collect()
    }

    /// The tables that a script makes or has rows of.
    pub fn all_tables(&self) -> Vec<TableName> {
        let tables = self.script.iter().flat_map(|script| &script.tables);
        tables.map(|table| table.full.clone()).collect()
    }
}

/// What a file says of its table.
#[derive(Clone, Debug)]
pub struct Header {
    /// The names of the columns, in the order of the file.
    pub names: Vec<String>,
    /// The table, as the file calls it.
    pub table: Option<TableName>,
    /// What it is called by the file, or by who asks.
    called: Option<TableName>,
    /// The database whose client takes what the file is made of.
    pub dialect: Option<Dialect>,
    /// The table as it was defined.
    pub definition: Option<Definition>,
    /// What the values of columns are, whatever the definition says.
    types: Vec<SaidType>,
    /// Why the definition that is there cannot be read.
    pub unread: Option<String>,
    /// The time zone that its times stand in, where it says so and the database shows them in another.
    pub time_zone: Option<String>,
    /// The release of the server it is from, where it says so.
    pub release: Option<Release>,
    /// Where the rows stand.
    pub(super) parts: Vec<Part>,
}

/// Rows that follow each other.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) names: Vec<String>,
    pub(super) form: RowForm,
    /// What the texts are written in.
    pub(super) charset: Charset,
    pub(super) range: Range<usize>,
    pub(super) cuts: Vec<usize>,
}

impl Part {
    /// The names of the columns of which the rows say a value.
    fn given(&self) -> impl Iterator<Item = &String> {
        let made = match &self.form {
            RowForm::Insert(rows) => rows.made(),
            _ => &[],
        };
        let names = self.names.iter().enumerate();
        names.filter(|(n, _)| !made.contains(n)).map(|(_, name)| name)
    }
}

impl Header {
    /// What a text says of a table.
    ///
    /// # Errors
    ///
    /// The table is not there, or nobody names its columns; a name is missing, no text, or stands twice; a
    /// script that cannot be read, or that was cut off.
    pub fn read(input: (&str, &[u8]), form: &SideForm, asked: Asked<'_>) -> Result<Header> {
        let (name, text) = input;
        let at = |fault: Fault| Error::at(fault.kind, Place::new(name, text, fault.at, fault.len));
        match form {
            SideForm::Delimited(format) => {
                let form = RowForm::Delimited(format.clone(), format.line_end(text));
                let range = format.manner.rows(text);
                let said = format.manner.count(text);
                // Where no row comes, SQL*Plus writes no names either.
                let is_empty = range.is_empty() && said.is_some_and(|(count, _)| count == 0);
                let defined = asked.definition.filter(|_| is_empty).map(Definition::written_names);
                let asked = Asked { columns: asked.columns.or(defined.as_deref()), ..asked };
                let header = lines(text, (form, range), format.manner.has_names(), asked);
                let header = header.map_err(at)?;
                said.map_or(Ok(()), |said| counted(text, said, &header.parts)).map_err(at)?;
                Ok(header)
            }
            SideForm::Copy { delimiter, null } => {
                let (end, delimiter) = (LineEnd::of_first(text), *delimiter);
                let form = RowForm::Copy(CopyText { delimiter, null: null.clone(), end });
                lines(text, (form, 0..text.len()), false, asked).map_err(at)
            }
            SideForm::Outfile(format) => {
                let form = RowForm::Outfile(Outfile { end: both_ends(text), ..*format });
                lines(text, (form, 0..text.len()), true, asked).map_err(at)
            }
            SideForm::Json => of_json(text, asked).map_err(at),
            SideForm::Sql { said, usual } => {
                let script = survey(text, (*said, *usual), asked.table_or_all()).map_err(at)?;
                finished(text, asked).map_err(at)?;
                of_script(text, &script, asked).map_err(at)
            }
        }
    }

    /// What a text says of a table, after it was surveyed.
    ///
    /// # Errors
    ///
    /// As of [`Header::read`].
    pub fn surveyed(
        input: (&str, &[u8]),
        form: &SideForm,
        surveyed: &Surveyed,
        asked: Asked<'_>,
    ) -> Result<Header> {
        let (name, text) = input;
        let at = |fault: Fault| Error::at(fault.kind, Place::new(name, text, fault.at, fault.len));
        match &surveyed.script {
            None => Header::read(input, form, asked),
            Some(script) => {
                finished(text, asked).map_err(at)?;
                of_script(text, script, asked).map_err(at)
            }
        }
    }

    /// Refuses a type that is named for a column which is not there.
    ///
    /// # Errors
    ///
    /// The first of them.
    pub fn with_known_types(self, asked: Asked<'_>) -> Result<Header> {
        match asked.types.iter().find(|said| self.find(&said.column).is_none()) {
            Some(said) => Err(self.unknown(&said.column)),
            None => Ok(self),
        }
    }

    /// The error of a column that is not there.
    pub fn unknown(&self, column: &str) -> Error {
        let known = self.names.iter().map(|name| name.clone().into_bytes()).collect();
        Error::new(ErrorKind::Row(RowFault::UnknownColumn { column: column.into(), known }))
    }

    /// What a text says of all its tables that have rows, or why it cannot be read of one.
    ///
    /// # Errors
    ///
    /// As for one, but that of a script the last line may be missing: `finished` asks for it.
    pub fn read_all(
        input: (&str, &[u8]),
        form: &SideForm,
        asked: Asked<'_>,
    ) -> Result<Vec<Result<Header>>> {
        let SideForm::Sql { said, usual } = form else {
            return Ok(vec![Header::read(input, form, asked)]);
        };
        let (name, text) = input;
        let at = |fault: Fault| Error::at(fault.kind, Place::new(name, text, fault.at, fault.len));
        let mut script = survey(text, (*said, *usual), asked.table_or_all()).map_err(at)?;
        if asked.table.is_some() && script.tables.is_empty() {
            let nothing = FoundTable::without_rows(asked.table);
            let header = of_table(text, &script, nothing, asked).map_err(at);
            return Ok(vec![header.and_then(|header| header.with_known_types(asked))]);
        }
        let mut tables = std::mem::take(&mut script.tables);
        tables.retain(|table| asked.table.is_some() || !table.sections.is_empty());
        let header = |found| of_table(text, &script, found, asked).map_err(at);
        Ok(tables.into_iter().map(header).collect())
    }

    /// A text that says nothing but its rows.
    fn of(part: Part, asked: Asked<'_>) -> Header {
        Header {
            names: part.names.clone(),
            table: None,
            called: asked.table.cloned(),
            dialect: None,
            definition: asked.definition.cloned(),
            types: asked.types.to_vec(),
            unread: None,
            time_zone: None,
            release: None,
            parts: vec![part],
        }
    }

    /// What the values of a column are, where it is said.
    pub fn kind(&self, name: &str) -> Option<ColumnType> {
        match self.said(name) {
            Some(said) => Some(said.kind),
            None => self.defined(name)?.kind,
        }
    }

    /// How the values of a column are written where a file does not say by which program; `None` where nothing
    /// is said of the column.
    pub fn notation(&self, name: &str) -> Option<Notation> {
        match self.said(name) {
            Some(said) => Some(said.notation),
            None => Some(self.defined(name)?.notation),
        }
    }

    /// The same of some columns.
    pub fn notations(&self, names: &[String]) -> Vec<Notation> {
        names.iter().map(|name| self.notation(name).unwrap_or_default()).collect()
    }

    /// What is said of a column's type beside the definition.
    fn said(&self, name: &str) -> Option<&SaidType> {
        self.types.iter().find(|said| self.find(&said.column) == Some(name))
    }

    fn defined(&self, name: &str) -> Option<&ColumnDefinition> {
        self.definition.as_ref()?.column(name)
    }

    /// The type that a value of a column must have: what is said of it, and what the definition says where
    /// the database sees to it.
    pub fn demanded(&self, name: &str) -> Option<ColumnType> {
        let is_named = self.types.iter().any(|said| said.column.eq_ignore_ascii_case(name));
        let is_loose = self.definition.as_ref().is_some_and(|definition| definition.is_loose);
        self.kind(name).filter(|_| is_named || !is_loose)
    }

    /// Whether a column holds secrets, as its name says; `more` are such names, in lower case.
    pub fn holds_secrets(&self, more: &[Vec<u8>]) -> bool {
        self.names.iter().any(|name| is_secret(Schema::builtin(), more, name.as_bytes()))
    }

    /// What should be known of it, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let unread = self.unread.as_ref().map(|reason| {
            format!(
                "the definition of the table was not read, so values are compared as text: {reason}"
            )
        });
        unread.into_iter().collect()
    }

    /// The column that is meant: by its name, or by that with the table before it.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.column(name).or_else(|| self.qualified(name))
    }

    /// The column that is meant by the table's name and its own: `staff.id`, `hr.staff.id`.
    pub fn qualified(&self, name: &str) -> Option<&str> {
        let (table, column) = name.rsplit_once('.')?;
        let table = TableName::parse(table)?;
        let is_mine = |mine: &&TableName| mine.may_be(&table, str::eq_ignore_ascii_case);
        self.called.as_ref().filter(is_mine).and_then(|_| self.column(column))
    }

    /// The column of this name: spelled so, or the only one spelled so but for case.
    fn column(&self, name: &str) -> Option<&str> {
        let exact = self.names.iter().find(|other| *other == name);
        let mut alike = self.names.iter().filter(|other| other.eq_ignore_ascii_case(name));
        let only = alike.next().filter(|_| alike.next().is_none());
        exact.or(only).map(String::as_str)
    }
}

/// Refuses names of which one is missing or stands twice.
fn verify(names: &[String], len: usize) -> std::result::Result<(), Fault> {
    for (n, name) in names.iter().enumerate() {
        let column = || name.as_bytes().to_vec();
        let fault = match name {
            name if name.is_empty() => RowFault::NamelessColumn,
            name if names[..n].contains(name) => RowFault::DuplicateColumn { column: column() },
            name if name.contains('\0') => {
                RowFault::NameNotText { column: column(), found: "a NUL" }
            }
            _ => continue,
        };
        return Err(Fault::new(ErrorKind::Row(fault), 0, len));
    }
    Ok(())
}

fn dump(fault: DumpFault, at: usize) -> Fault {
    Fault::new(ErrorKind::Dump(fault), at, 0)
}
