//! `transform` of tables: from what was typed to what is asked of the library, and what came of it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ldifsync::error::{Result, UsageFault};
use ldifsync::output::Target;
use ldifsync::text::number_of;
use ldifsync::transform::tables::{TableFormat, TableOptions, TableReport, transform_tables};
use serde::Serialize;

use crate::cli::args::{
    InputFormatArg, ServerArg, SideFormatArg, TransformArgs, TransformFormatArg,
};
use crate::cli::exit::Exit;
use crate::cli::options::{Holds, Paths, refuse_name, usage};
use crate::cli::progress;
use crate::cli::report::{Terminal, sizes};
use crate::cli::summary::{Pending, Summary, shown};
use crate::cli::tables::{of_records, promised, refuse_given};

/// What an input is that is said to be of this format; `None` for JSON lines.
fn kind(arg: InputFormatArg) -> Option<SideFormatArg> {
    match arg {
        InputFormatArg::Jsonl => None,
        InputFormatArg::Ldif => Some(SideFormatArg::Ldif),
        InputFormatArg::Csv => Some(SideFormatArg::Csv),
        InputFormatArg::Tsv => Some(SideFormatArg::Tsv),
        InputFormatArg::Sql => Some(SideFormatArg::Sql),
        InputFormatArg::Json => Some(SideFormatArg::Json),
    }
}

impl TransformArgs {
    /// Whether tables are transformed.
    ///
    /// # Errors
    ///
    /// Some inputs are tables by their names and others are not; an option of the other kind is given.
    pub(in crate::cli) fn is_of_tables(&self) -> Result<bool> {
        // What has no name for its kind is what the options speak of.
        let is_said = !self.tables.table.is_empty() || self.tables.dump_style.is_some();
        let is_table = |kind: SideFormatArg| kind != SideFormatArg::Ldif;
        let is_row_file = |path: &&PathBuf| match self.input_format {
            Some(said) => kind(said).is_some_and(is_table),
            None => promised(path).map_or(is_said, is_table),
        };
        let (tables, others): (Vec<&PathBuf>, _) = self.inputs.iter().partition(is_row_file);
        if let (Some(table), Some(other)) = (tables.first(), others.first()) {
            let (table, other) = ((*table).clone(), (*other).clone());
            return Err(usage(UsageFault::TwoKinds { table, other }));
        }
        match others.is_empty() {
            true => refuse_given(&self.of_entries(), "tables are read")?,
            false => refuse_given(&self.of_rows(), "entries are read")?,
        }
        Ok(others.is_empty())
    }

    /// The options that mean nothing for rows, and whether each is given.
    fn of_entries(&self) -> Vec<(&'static str, bool)> {
        let (editing, output) = (&self.editing, &self.output);
        let mut all = of_records(&self.reading, &self.records, &self.scope);
        all.extend([
            ("--operational", editing.operational),
            ("--server", !matches!(editing.server, ServerArg::Auto)),
            ("--rename-attribute", !editing.rename_attribute.is_empty()),
            ("--rebase", !editing.rebase.is_empty()),
            ("--redact", !editing.redact.is_empty()),
            ("--pseudonymise", !editing.pseudonymise.is_empty()),
            ("--separator", output.separator.is_some()),
            ("--sort", output.sort.is_some()),
            ("--wrap", output.wrap.is_some()),
            ("--version-line", output.version_line),
            ("--format ldif", output.format == Some(TransformFormatArg::Ldif)),
        ]);
        all
    }

    /// The options that mean nothing for entries, and whether each is given.
    fn of_rows(&self) -> Vec<(&'static str, bool)> {
        let mut all = self.tables.given();
        let format = self.output.format;
        all.extend([
            ("--dialect", self.output.dialect.is_some()),
            ("--format sql", format == Some(TransformFormatArg::Sql)),
        ]);
        all
    }

    fn table_options(&self) -> Result<TableOptions> {
        let (tables, editing) = (&self.tables, &self.editing);
        let paths = Paths { inputs: self.inputs().collect(), outputs: self.outputs().collect() };
        paths.refuse_contradictions()?;
        tables.refuse_contradictions()?;
        let format = match self.output.format {
            Some(TransformFormatArg::Jsonl) => TableFormat::Jsonl,
            Some(TransformFormatArg::Sql) => TableFormat::Sql,
            Some(TransformFormatArg::Csv | TransformFormatArg::Ldif) | None => TableFormat::Csv,
        };
        refuse_name(&self.output.output, format.into())?;
        let said = self.input_format.and_then(kind);
        let dialect = self.output.dialect.map(Into::into);
        let form = |path: &PathBuf| (path.clone(), tables.form(path, said, dialect));
        Ok(TableOptions {
            inputs: self.inputs.iter().map(form).collect(),
            table: tables.one_table()?,
            hints: tables.hints(dialect)?,
            only: editing.attributes.clone(),
            except: editing.exclude_attributes.clone(),
            output: Target::named(&self.output.output),
            format,
            dialect: self.output.dialect.map(Into::into),
            threads: self.running.threads.map(Into::into),
            files: self.tables.files(&self.reading, &self.running),
        })
    }
}

impl From<TableFormat> for Holds {
    fn from(format: TableFormat) -> Holds {
        match format {
            TableFormat::Csv => Holds::Csv,
            TableFormat::Jsonl => Holds::Jsonl,
            TableFormat::Sql => Holds::Sql,
        }
    }
}

/// The closing counts for programs.
#[derive(Serialize)]
struct Transformed {
    inputs: Vec<String>,
    rows: u64,
}

/// Transforms tables, and says what came of it.
pub(in crate::cli) fn work(args: &TransformArgs, terminal: Terminal<'_>) -> Result<Exit> {
    let start = Instant::now();
    let options = args.table_options()?;
    let mut summary = args.output.summary.as_deref().map(Pending::create).transpose()?;
    let mut beside = |report: &TableReport| {
        let inputs = args.inputs.iter().map(|path| shown(path)).collect();
        let counts = Transformed { inputs, rows: report.rows };
        let all = Summary::new("transform", Exit::Done, counts);
        summary.take().map(|summary| summary.written(&all)).transpose()
    };
    let paths = || args.inputs.iter().map(PathBuf::as_path);
    let bar = progress::bar(args.running.progress, paths());
    let done = transform_tables(&options, &|bytes| bar.inc(bytes), &mut beside);
    let bytes = bar.position();
    bar.finish_and_clear();
    let report = done?;
    if args.running.verbose {
        let inputs = paths().map(|path: &Path| ("", path));
        terminal.print(&sizes(inputs, bytes, start.elapsed()));
    }
    report.warnings.iter().for_each(|sentence| terminal.warning(sentence));
    if !args.running.quiet {
        let rows = number_of(report.rows, "row", "rows");
        let took = start.elapsed().as_secs_f64();
        terminal.print(&format!("ldifsync: {rows} read and written in {took:.1} s\n"));
    }
    Ok(Exit::Done)
}
