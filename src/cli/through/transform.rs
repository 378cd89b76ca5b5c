//! `transform` through a mapping: from what was typed to what is asked of the library, and what came of it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ldifsync::diff::Options as EntryOptions;
use ldifsync::diff::tables::TableOptions as RowOptions;
use ldifsync::diff::through::Through;
use ldifsync::error::{Result, UsageFault};
use ldifsync::output::Target;
use ldifsync::table::TableName;
use ldifsync::text::{Count, number_of};
use ldifsync::transform::tables::TableFormat;
use ldifsync::transform::through::{
    ThroughOptions, ThroughReport, entries_of_rows, rows_of_entries,
};

use super::{mapping_file, tell};
use crate::cli::args::{InputFormatArg, SideFormatArg, TransformArgs, TransformFormatArg};
use crate::cli::exit::Exit;
use crate::cli::options::{Holds, Paths, refuse_name, usage};
use crate::cli::report::Terminal;
use crate::cli::tables::promised;

impl TransformArgs {
    /// The only input.
    ///
    /// # Errors
    ///
    /// There are several.
    fn one_input(&self) -> Result<&Path> {
        match self.inputs.as_slice() {
            [input] => Ok(input),
            _ => Err(usage(UsageFault::OneInput)),
        }
    }

    fn is_of_rows(&self, input: &Path) -> bool {
        let kind = match self.input_format {
            Some(InputFormatArg::Ldif | InputFormatArg::Jsonl) => Some(SideFormatArg::Ldif),
            Some(_) => None,
            None => promised(input).or(Some(SideFormatArg::Ldif)).filter(|_| !input.is_dir()),
        };
        kind != Some(SideFormatArg::Ldif)
    }

    fn through_options(&self, through: &Through, input: &Path) -> Result<ThroughOptions> {
        let (tables, running, output) = (&self.tables, &self.running, &self.output);
        let names = through.tables();
        let rows = RowOptions::new(PathBuf::new(), input.to_owned(), TableName::default());
        let form = self.input_format.and_then(|arg| match arg {
            InputFormatArg::Csv => Some(SideFormatArg::Csv),
            InputFormatArg::Tsv => Some(SideFormatArg::Tsv),
            InputFormatArg::Sql => Some(SideFormatArg::Sql),
            InputFormatArg::Json => Some(SideFormatArg::Json),
            InputFormatArg::Ldif | InputFormatArg::Jsonl => None,
        });
        let dialect = output.dialect.map(Into::into).or(through.file.database.dialect);
        let files = tables.table_files(input, form, dialect, &names)?;
        let entries = EntryOptions::new(PathBuf::new(), input.to_owned());
        Ok(ThroughOptions {
            entries: EntryOptions {
                schema: self.reading.schema.clone(),
                server: self.editing.server.into(),
                reading: self.reading.options(None),
                allow_no_final_newline: true,
                threads: running.threads.map(Into::into),
                temp_dir: running.temp_dir.clone().unwrap_or(entries.temp_dir.clone()),
                max_decompressed: self.reading.max_decompressed,
                ..entries
            },
            rows: RowOptions {
                old: files.clone(),
                new: files,
                tables: names,
                hints: tables.hints(dialect)?,
                allow_no_final_newline: true,
                threads: running.threads.map(Into::into),
                inputs: tables.files(&self.reading, running),
                ..rows
            },
            input: input.to_owned(),
            output: Target::named(&output.output),
            format: match output.format {
                Some(TransformFormatArg::Jsonl) => TableFormat::Jsonl,
                Some(TransformFormatArg::Sql) => TableFormat::Sql,
                Some(TransformFormatArg::Csv | TransformFormatArg::Ldif) | None => TableFormat::Csv,
            },
            only: tables.table.iter().flatten().cloned().collect(),
            dialect: output.dialect.map(Into::into),
        })
    }
}

/// Transforms one side into what the other would hold, and says what came of it.
pub(in crate::cli) fn work(
    args: &TransformArgs,
    mapping: &Path,
    terminal: Terminal<'_>,
) -> Result<Exit> {
    let start = Instant::now();
    let input = args.one_input()?;
    let Ok(file) = mapping_file(mapping, terminal)? else { return Ok(Exit::Failed) };
    let only = args.through.mapping_only.clone();
    let explain = args.through.explain.clone();
    let through = Through { path: mapping.to_owned(), file, only, explain };
    let paths = Paths {
        inputs: args.inputs().chain([mapping]).collect(),
        outputs: args.outputs().collect(),
    };
    paths.refuse_contradictions()?;
    let is_of_rows = args.is_of_rows(input);
    let options = args.through_options(&through, input)?;
    let holds = match (is_of_rows, args.output.format) {
        (false, _) => options.format.into(),
        (true, Some(TransformFormatArg::Jsonl)) => Holds::Jsonl,
        (true, Some(TransformFormatArg::Ldif) | None) => Holds::Ldif,
        (true, Some(format @ (TransformFormatArg::Csv | TransformFormatArg::Sql))) => {
            let is_csv = format == TransformFormatArg::Csv;
            let option = if is_csv { "--format csv" } else { "--format sql" };
            return Err(usage(UsageFault::NotFor { option, what: "rows become entries" }));
        }
    };
    refuse_name(&args.output.output, holds)?;
    let report = match is_of_rows {
        true => entries_of_rows(&through, &options)?,
        false => rows_of_entries(&through, &options)?,
    };
    tell(&report.accounts, terminal);
    if report.unsaid > 0 {
        let values = number_of(report.unsaid, "value", "values");
        terminal.warning(&format!("{values} that the database makes are left empty"));
    }
    if !args.running.quiet {
        let (one, many) = if is_of_rows { ("entry", "entries") } else { ("row", "rows") };
        let read = report.accounts.iter().map(|account| account.sources).sum();
        let written = number_of(report.written, one, many);
        let took = start.elapsed().as_secs_f64();
        terminal.print(&format!(
            "ldifsync: {} followed, {written} written in {took:.1} s\n",
            Count(read)
        ));
    }
    Ok(status(&report))
}

fn status(report: &ThroughReport) -> Exit {
    let is_rejected = report.accounts.iter().any(|account| !account.rejections.is_empty());
    if is_rejected { Exit::Incomplete } else { Exit::Done }
}
