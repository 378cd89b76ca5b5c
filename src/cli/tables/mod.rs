//! Commands on tables: which inputs are some, and how each holds its rows.

mod check;
pub(super) mod diff;
mod draft;
mod folder;
pub(super) mod transform;

use std::path::Path;

use ldifsync::dialect::Dialect;
use ldifsync::dump::{Delimited, JsonStart, Manner, Outfile, Style};
use ldifsync::error::{Result, UsageFault};
use ldifsync::input::{Flow, Input, InputOptions};
use ldifsync::source::{Ddl, SideForm, TableHints};
use ldifsync::table::{ColumnType, SaidType, TableName};

use super::args::{
    DialectArg, DumpStyleArg, EncodingArg, QuoteArg, ReadingArgs, RecordArgs, RunningArgs,
    ScopeArgs, SideFormatArg, TableArgs,
};
use super::options::{files, usage};

/// How much of a file is looked at for its first object, in bytes.
const LOOKED_AT: usize = 1 << 20;

/// What a file is by what is said of it, else by its name and content.
pub(super) fn kind_of(path: &Path, said: Option<SideFormatArg>) -> Option<SideFormatArg> {
    match said {
        // JSON holds rows or entries.
        Some(SideFormatArg::Json) if start_of(path) == Some(JsonStart::Record) => {
            Some(SideFormatArg::Ldif)
        }
        said => said.or_else(|| promised(path)),
    }
}

/// What a name promises; where it is a name for JSON, or for nothing, what a file begins with.
pub(super) fn promised(path: &Path) -> Option<SideFormatArg> {
    match by_name(path) {
        named @ (None | Some(SideFormatArg::Json)) => match start_of(path) {
            Some(JsonStart::Row) => Some(SideFormatArg::Json),
            Some(JsonStart::Record) => None,
            None => named,
        },
        named => named,
    }
}

/// What the JSON in a regular file begins with. A pipe cannot be read twice.
fn start_of(path: &Path) -> Option<JsonStart> {
    let options = InputOptions::default();
    // Whoever reads it says what is wrong with it.
    let mut flow = Input::is_file(path).then(|| Flow::open(path, &options))?.ok()?;
    let mut text = Vec::new();
    while text.len() < LOOKED_AT && flow.read(&mut text).ok()? {}
    JsonStart::of(&text)
}

/// What a file of rows is that has no byte, by its name: JSON lines of no row, which need no names.
fn nothing(path: &Path) -> Option<SideFormatArg> {
    let name = plain_name(path)?;
    let is_lines = name.ends_with(".jsonl") || name.ends_with(".ndjson");
    (is_lines && has_no_byte(path)).then_some(SideFormatArg::Json)
}

/// Whether a regular file holds nothing, unpacked where it is packed.
fn has_no_byte(path: &Path) -> bool {
    let read = || {
        let (mut text, options) = (Vec::new(), InputOptions::default());
        let mut flow = Flow::open(path, &options).ok()?;
        while text.is_empty() && flow.read(&mut text).ok()? {}
        Some(text.is_empty())
    };
    Input::is_file(path) && read().unwrap_or(false)
}

/// The name of a file in small letters, without what says how it is packed.
fn plain_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let packed = name.strip_suffix(".zst").or(name.strip_suffix(".gz"));
    Some(packed.unwrap_or(&name).to_owned())
}

fn by_name(path: &Path) -> Option<SideFormatArg> {
    match plain_name(path)?.rsplit_once('.')?.1 {
        "csv" => Some(SideFormatArg::Csv),
        "tsv" => Some(SideFormatArg::Tsv),
        "sql" => Some(SideFormatArg::Sql),
        "del" => Some(SideFormatArg::Csv),
        "json" => Some(SideFormatArg::Json),
        "ldif" | "ldf" => Some(SideFormatArg::Ldif),
        _ => None,
    }
}

impl TableArgs {
    /// How a file holds the table. What a dump of SQL does not say of itself, the `dialect` that is
    /// asked for tells.
    fn form(&self, path: &Path, said: Option<SideFormatArg>, dialect: Option<Dialect>) -> SideForm {
        let kind = kind_of(path, said).or_else(|| nothing(path));
        match (kind, self.dump_style) {
            (Some(SideFormatArg::Sql), style) => {
                SideForm::Sql { said: style.and_then(style_of), usual: dialect.map(Into::into) }
            }
            (Some(SideFormatArg::Json), _) => SideForm::Json,
            (Some(SideFormatArg::Csv), style) => self.text(style, b',', Some(b'"')),
            (Some(SideFormatArg::Tsv), style) => self.lines(style, b'\t', Some(b'"')),
            // What has no name for its kind is what its database writes.
            (Some(SideFormatArg::Ldif) | None, Some(style)) => self.lines(Some(style), b'\t', None),
            (Some(SideFormatArg::Ldif) | None, None) => self.text(None, b',', Some(b'"')),
        }
    }

    /// Text in the format of a database's own that is no CSV.
    fn lines(&self, style: Option<DumpStyleArg>, delimiter: u8, quote: Option<u8>) -> SideForm {
        match style {
            Some(DumpStyleArg::Postgres) => SideForm::Copy {
                delimiter: self.delimiter.unwrap_or(delimiter),
                null: self.null_word().unwrap_or_else(|| b"\\N".to_vec()),
            },
            Some(DumpStyleArg::Mysql) => self.text(style, delimiter, None),
            Some(DumpStyleArg::Mssql) => SideForm::Delimited(Delimited {
                manner: Manner::Bcp,
                ..self.delimited(delimiter, None)
            }),
            Some(DumpStyleArg::Db2 | DumpStyleArg::Oracle | DumpStyleArg::Sqlite)
                if quote.is_none() =>
            {
                self.text(style, b',', Some(b'"'))
            }
            _ => self.text(style, delimiter, quote),
        }
    }

    /// Text with quotes, as a database writes it.
    fn text(&self, style: Option<DumpStyleArg>, delimiter: u8, quote: Option<u8>) -> SideForm {
        let usual = self.delimited(delimiter, quote);
        SideForm::Delimited(match style {
            Some(DumpStyleArg::Mysql) => {
                let Delimited { delimiter, quote, null, .. } = usual;
                let has_null_word = null.is_some();
                let format = Outfile { delimiter, quote, has_null_word, ..Outfile::default() };
                return SideForm::Outfile(format);
            }
            Some(DumpStyleArg::Mssql) => {
                Delimited { null: usual.null.or_else(|| Some(b"NULL".to_vec())), ..usual }
            }
            Some(DumpStyleArg::Db2) => Delimited { manner: Manner::Del, ..usual },
            Some(DumpStyleArg::Oracle) => Delimited { manner: Manner::SqlPlus, ..usual },
            Some(DumpStyleArg::Postgres | DumpStyleArg::Sqlite) | None => usual,
        })
    }

    fn delimited(&self, delimiter: u8, quote: Option<u8>) -> Delimited {
        let quote = match self.quote {
            None => quote,
            Some(QuoteArg::None) => None,
            Some(QuoteArg::Byte(quote)) => Some(quote),
        };
        Delimited {
            delimiter: self.delimiter.unwrap_or(delimiter),
            quote,
            escape: self.escape.filter(|escape| Some(*escape) != quote),
            null: self.null_word(),
            manner: Manner::Usual,
        }
    }

    fn null_word(&self) -> Option<Vec<u8>> {
        self.null.as_ref().map(|text| text.as_encoded_bytes().to_vec())
    }

    /// The options that mean nothing where there are no tables, and whether each is given.
    fn given(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("--table", !self.table.is_empty()),
            ("--columns", !self.columns.is_empty()),
            ("--ddl", self.ddl.is_some()),
            ("--types", !self.types.is_empty()),
            ("--encoding", self.encoding.is_some()),
            ("--delimiter", self.delimiter.is_some()),
            ("--quote", self.quote.is_some()),
            ("--escape", self.escape.is_some()),
            ("--null", self.null.is_some()),
            ("--dump-style", self.dump_style.is_some()),
            ("--allow-unfinished", self.allow_unfinished),
        ]
    }

    /// The tables that are named.
    fn tables(&self) -> Vec<TableName> {
        let mut tables: Vec<TableName> = Vec::new();
        for table in self.table.iter().flatten() {
            tables.extend((!tables.contains(table)).then(|| table.clone()));
        }
        tables
    }

    /// The table that is named.
    ///
    /// # Errors
    ///
    /// There are several.
    fn one_table(&self) -> Result<Option<TableName>> {
        let mut tables = self.tables();
        let one = tables.pop();
        match tables.is_empty() {
            true => Ok(one),
            false => Err(usage(UsageFault::OneTable)),
        }
    }

    /// What is said of the table.
    ///
    /// # Errors
    ///
    /// A name in `--types` that is no type's.
    pub(in crate::cli) fn hints(&self, dialect: Option<Dialect>) -> Result<TableHints> {
        Ok(TableHints {
            columns: (!self.columns.is_empty()).then(|| self.columns.clone()),
            types: self.types(dialect)?,
            ddl: self.ddl(dialect),
            encoding: match self.encoding {
                Some(EncodingArg::Charset(charset)) => Some(charset),
                Some(EncodingArg::Utf16(_)) | None => None,
            },
            allow_unfinished: self.allow_unfinished,
        })
    }

    /// How the files of rows are opened.
    pub(in crate::cli) fn files(
        &self,
        reading: &ReadingArgs,
        running: &RunningArgs,
    ) -> InputOptions<'static> {
        let encoding = match self.encoding {
            Some(EncodingArg::Utf16(encoding)) => Some(encoding),
            Some(EncodingArg::Charset(_)) | None => None,
        };
        InputOptions { encoding, ..files(reading, running) }
    }

    /// What defines the table; what a file does not say of itself, the `dialect` tells.
    fn ddl(&self, dialect: Option<Dialect>) -> Option<Ddl> {
        let said = self.dump_style.and_then(style_of);
        let usual = said.or_else(|| dialect.map(Into::into));
        self.ddl.clone().map(|path| Ddl { path, usual })
    }

    /// The types that are named.
    ///
    /// # Errors
    ///
    /// A name that is no type's.
    fn types(&self, dialect: Option<Dialect>) -> Result<Vec<SaidType>> {
        let dialect = dialect.unwrap_or(Dialect::Postgres);
        let pairs = self.types.iter().flatten();
        pairs
            .map(|(column, name)| {
                let is_known = |kind: &ColumnType| {
                    ColumnType::named(name).is_some() || *kind == ColumnType::Opaque
                };
                let known = dialect.column_type(name).filter(is_known);
                let unknown = || usage(UsageFault::UnknownType { name: name.clone() });
                let kind = known.ok_or_else(unknown)?;
                Ok(SaidType { column: column.clone(), kind, notation: dialect.notation(name) })
            })
            .collect()
    }

    fn refuse_contradictions(&self) -> Result<()> {
        // Its NULL is `\N`, or the word NULL, and its escape a backslash.
        if matches!(self.dump_style, Some(DumpStyleArg::Mysql)) {
            let is_other = self.null.as_ref().is_some_and(|null| null != "NULL");
            let given = [("--null", is_other), ("--escape", self.escape.is_some())];
            refuse_given(&given, "files of INTO OUTFILE are read")?;
        }
        match (self.escape, self.quote) {
            (Some(_), Some(QuoteArg::None)) => {
                let (option, wanted) = ("--escape", "--quote");
                Err(usage(UsageFault::Without { option, wanted }))
            }
            _ => self.refuse_one_character(),
        }
    }

    /// Refuses one character in two roles; what is not given is as in CSV. An escape that is the quote
    /// is the quote doubled.
    fn refuse_one_character(&self) -> Result<()> {
        let quote = match self.quote {
            None => Some(b'"'),
            Some(QuoteArg::None) => None,
            Some(QuoteArg::Byte(quote)) => Some(quote),
        };
        let delimiter = self.delimiter.unwrap_or(b',');
        let others = [("--quote", quote), ("--escape", self.escape)];
        match others.into_iter().find(|(_, byte)| *byte == Some(delimiter)) {
            Some((other, _)) => {
                let (option, byte) = ("--delimiter", delimiter);
                Err(usage(UsageFault::OneCharacter { option, other, byte }))
            }
            None => Ok(()),
        }
    }
}

/// The options of records that mean nothing for rows, and whether each is given.
fn of_records(
    reading: &ReadingArgs,
    records: &RecordArgs,
    scope: &ScopeArgs,
) -> Vec<(&'static str, bool)> {
    vec![
        ("--schema", !reading.schema.is_empty()),
        ("--strict", reading.strict),
        ("--allow-file-urls", reading.allow_file_urls.is_some()),
        ("--keep-going", records.keep_going),
        ("--filter", !scope.filter.is_empty()),
        ("--exclude", !scope.exclude.is_empty()),
        ("--base", !scope.base.is_empty()),
        ("--only-dn", scope.only_dn.is_some()),
        ("--exclude-dn", scope.exclude_dn.is_some()),
    ]
}

/// Refuses the first option that is given and means nothing for what is read.
pub(super) fn refuse_given(given: &[(&'static str, bool)], what: &'static str) -> Result<()> {
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => Err(usage(UsageFault::NotFor { option, what })),
        None => Ok(()),
    }
}

impl From<DialectArg> for Dialect {
    fn from(arg: DialectArg) -> Dialect {
        match arg {
            DialectArg::Postgres => Dialect::Postgres,
            DialectArg::Mysql => Dialect::Mysql,
            DialectArg::Mariadb => Dialect::Mariadb,
            DialectArg::Sqlite => Dialect::Sqlite,
            DialectArg::Mssql => Dialect::Mssql,
            DialectArg::Oracle => Dialect::Oracle,
            DialectArg::Db2 => Dialect::Db2,
        }
    }
}

/// The style of a script; Db2 writes none.
fn style_of(arg: DumpStyleArg) -> Option<Style> {
    match arg {
        DumpStyleArg::Postgres => Some(Style::Postgres),
        DumpStyleArg::Mysql => Some(Style::Mysql),
        DumpStyleArg::Sqlite => Some(Style::Sqlite),
        DumpStyleArg::Mssql => Some(Style::Mssql),
        DumpStyleArg::Oracle => Some(Style::Oracle),
        DumpStyleArg::Db2 => None,
    }
}
