//! `transform` of tables: the rows of any number of dumps in another shape.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::dialect::Dialect;
use crate::dump::{csv_cell, csv_row};
use crate::emit::sql::Load;
use crate::error::{Error, ErrorKind, Result, RowFault, UsageFault};
use crate::input::{Input, InputOptions};
use crate::jsonl::write_row;
use crate::output::{Output, Target, commit_all};
use crate::parallel::Pool;
use crate::source::{Extent, Header, Rows, SideForm, TableHints};
use crate::table::{Columns, Definition, Row, TableName, Typing};

/// How much text a worker takes at a time, in bytes.
const PART: usize = 1 << 20;

/// The shape of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TableFormat {
    /// A line of names, then a row a line (RFC 4180).
    #[default]
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// An `INSERT` statement a line.
    Sql,
}

/// What is asked of a transformation of tables.
#[derive(Debug)]
pub struct TableOptions {
    /// What is read, one after the other, and how each holds the table.
    pub inputs: Vec<(PathBuf, SideForm)>,
    /// The table; where none is named, the only one of a dump.
    pub table: Option<TableName>,
    /// What is said of the table.
    pub hints: TableHints,
    /// Only these columns, in this order; all where none is named.
    pub only: Vec<String>,
    /// Not these columns.
    pub except: Vec<String>,
    /// Where the rows go.
    pub output: Target,
    /// In which shape.
    pub format: TableFormat,
    /// Who takes the statements, where the first input does not say it.
    pub dialect: Option<Dialect>,
    /// Worker threads; all cores where none is given.
    pub threads: Option<usize>,
    /// How files are opened.
    pub files: InputOptions<'static>,
}

/// What a transformation of tables did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableReport {
    /// Rows that were read and written.
    pub rows: u64,
    /// What should be known of it, a sentence each.
    pub warnings: Vec<String>,
}

/// What the first input decides for all.
struct Course {
    out: Output,
    columns: Columns,
    load: Option<Load>,
}

/// Transforms tables into the output.
///
/// `progress` is told how many bytes of text were worked on. `beside` hears what was done before any
/// output has its name, and may hand over another one, which gets its name together with it.
///
/// # Errors
///
/// An input cannot be read, holds no such table, or has other columns than the first; a value that the
/// shape cannot hold; the output cannot be written.
pub fn transform_tables(
    options: &TableOptions,
    progress: &(dyn Fn(u64) + Sync),
    beside: &mut dyn FnMut(&TableReport) -> Result<Option<Output>>,
) -> Result<TableReport> {
    let pool = Pool::new(options.threads)?;
    let mut report = TableReport::default();
    let mut course: Option<Course> = None;
    let definition = options.definition()?;
    for (path, form) in &options.inputs {
        let input = Input::open(path, &options.files)?;
        let header = options.header(definition.as_ref(), &input, form)?;
        report.warnings.extend(header.warnings());
        let mut begun = match course.take() {
            Some(course) => course,
            None => options.begin(&header)?,
        };
        report.rows += options.input(&pool, &mut begun, (&input, header), progress)?;
        input.verify_unchanged()?;
        course = Some(begun);
    }
    let Some(Course { mut out, load, .. }) = course else { return Ok(report) };
    if let Some(load) = load {
        put(&mut out, load.closing().as_bytes())?;
    }
    let outputs = std::iter::once(out).chain(beside(&report)?);
    commit_all(outputs.collect())?;
    Ok(report)
}

pub(super) fn put(out: &mut Output, text: &[u8]) -> Result<()> {
    use std::io::Write;
    out.write_all(text).map_err(|e| out.error(e))
}

impl TableOptions {
    fn definition(&self) -> Result<Option<Definition>> {
        let Some(ddl) = &self.hints.ddl else { return Ok(None) };
        let fault = UsageFault::TableNeeds { wanted: "--table", example: "--table staff" };
        let table = self.table.as_ref().ok_or_else(|| Error::new(ErrorKind::Usage(fault)))?;
        ddl.define(table, &self.files).map(Some)
    }

    fn header(
        &self,
        definition: Option<&Definition>,
        input: &Input,
        form: &SideForm,
    ) -> Result<Header> {
        let asked = self.hints.asked(self.table.as_ref(), definition).of(input);
        Header::read((input.name(), input.bytes()), form, asked)?.with_known_types(asked)
    }

    /// Opens the output and writes what comes before all rows.
    fn begin(&self, header: &Header) -> Result<Course> {
        let columns = self.chosen(header)?;
        let mut out = Output::create(&self.output)?;
        let load = match self.format {
            TableFormat::Csv => {
                let names = columns.names.iter();
                put(&mut out, &csv_row(names.map(|name| Some(Cow::Borrowed(name.as_bytes())))))?;
                None
            }
            TableFormat::Jsonl => None,
            TableFormat::Sql => {
                let load = self.load(header, &columns)?;
                put(&mut out, load.opening().as_bytes())?;
                Some(load)
            }
        };
        Ok(Course { out, columns, load })
    }

    fn load(&self, header: &Header, columns: &Columns) -> Result<Load> {
        let needed = |wanted, example| {
            Error::new(ErrorKind::Usage(UsageFault::TableNeeds { wanted, example }))
        };
        let dialect = self.dialect.or(header.dialect);
        let dialect = dialect.ok_or_else(|| needed("--dialect", "--dialect postgres"))?;
        let table = header.table.as_ref().or(self.table.as_ref());
        let table = table.ok_or_else(|| needed("--table", "--table staff"))?;
        // Another database has other schemas.
        let is_home = header.dialect.is_none_or(|said| dialect.is_home_of(said));
        let alone = || TableName { parts: vec![table.last().to_owned()] };
        let table = if is_home { table.clone() } else { alone() };
        Ok(Load::new(dialect, &table, &columns.names))
    }

    /// The columns that are written.
    fn chosen(&self, header: &Header) -> Result<Columns> {
        let find = |name: &String| {
            header.find(name).map(str::to_owned).ok_or_else(|| header.unknown(name))
        };
        let all = |names: &[String]| names.iter().map(find).collect::<Result<Vec<String>>>();
        let (only, except) = (all(&self.only)?, all(&self.except)?);
        let names = if only.is_empty() { header.names.clone() } else { only };
        let names: Vec<String> = names.into_iter().filter(|name| !except.contains(name)).collect();
        let types = names.iter().map(|name| header.kind(name)).collect();
        let notations = header.notations(&names);
        Ok(Columns { names, types, notations, typing: Typing::default(), key: Vec::new() })
    }

    /// Writes the rows of one input, and returns how many there are.
    fn input(
        &self,
        pool: &Pool,
        course: &mut Course,
        (input, header): (&Input, Header),
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<u64> {
        let Course { out, columns, load } = course;
        if let Some(name) = columns.names.iter().find(|name| !header.names.contains(name)) {
            return Err(header.unknown(name));
        }
        let is_open = !header.holds_secrets(&[]);
        let rows = &Rows::new((input.name(), input.bytes()), header, columns, is_open);
        let mut parts = rows.split(PART).into_iter();
        let work = |range: std::ops::Range<usize>| -> Result<(Vec<u8>, u64)> {
            let mut text = Vec::with_capacity(range.len());
            let mut count = 0;
            let size = range.len() as u64;
            rows.each(range, |extent| {
                count += 1;
                let row = rows.read(extent)?;
                self.write(&mut text, rows, load.as_ref(), extent, &row)
            })?;
            progress(size);
            Ok((text, count))
        };
        let mut total = 0;
        pool.pipe(
            || parts.next(),
            work,
            |done| {
                let (text, count) = done?;
                total += count;
                put(out, &text)
            },
        )?;
        Ok(total)
    }

    fn write(
        &self,
        text: &mut Vec<u8>,
        rows: &Rows<'_>,
        load: Option<&Load>,
        extent: Extent,
        row: &Row<'_>,
    ) -> Result<()> {
        let types = &rows.columns.types;
        match (self.format, load) {
            (TableFormat::Csv, _) | (TableFormat::Sql, None) => {
                let cells = row.iter().zip(types);
                text.extend(csv_row(
                    cells.map(|(cell, kind)| cell.as_ref().map(|v| csv_cell(v, *kind))),
                ));
            }
            (TableFormat::Jsonl, _) => write_row(text, rows.columns, row)
                .map_err(|e| Error::new(ErrorKind::Json { message: e.to_string() }))?,
            (TableFormat::Sql, Some(load)) => {
                let line = load.row(row, types).map_err(|bad| {
                    let column = rows.columns.names[bad.column].clone().into_bytes();
                    rows.error_in(RowFault::NotText { column, found: bad.found }, extent)
                })?;
                text.extend(line.into_bytes());
            }
        }
        Ok(())
    }
}
