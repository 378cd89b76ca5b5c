//! `transform`: asks the library, and says what came of it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ldifsync::attribute::type_of;
use ldifsync::error::{Result, UsageFault};
use ldifsync::input::{Input, InputOptions};
use ldifsync::output::Target;
use ldifsync::text::{Count, number_of};
use ldifsync::transform::{Format, InputFormat, Options, Report, transform};
use serde::Serialize;

use super::args::{EditingArgs, InputFormatArg, TransformArgs, TransformFormatArg};
use super::exit::Exit;
use super::options::{Holds, Paths, attributes, files, rebase, refuse_name, usage};
use super::progress;
use super::report::{Terminal, sizes};
use super::summary::{Pending, Summary, shown};
use super::tables;
use super::through;
use super::values::description;

/// Runs it to its exit status.
pub(super) fn run(args: &TransformArgs) -> Exit {
    // What is hidden in the output is not shown in an error either.
    let renamed: Vec<Vec<u8>> =
        args.editing.rename_attribute.iter().map(|(from, _)| from.clone()).collect();
    let is_hiding = !args.editing.redact.is_empty() || !args.editing.pseudonymise.is_empty();
    let renamed = if is_hiding { &renamed[..] } else { &[] };
    let hidden = [&args.editing.redact[..], &args.editing.pseudonymise, renamed].concat();
    let hidden: Vec<Vec<u8>> =
        hidden.iter().map(|name| type_of(name).to_ascii_lowercase()).collect();
    let terminal = Terminal::new(args.running.color, &hidden);
    terminal.settle(work(args, terminal), Exit::Done, args.outputs())
}

fn work(args: &TransformArgs, terminal: Terminal<'_>) -> Result<Exit> {
    if let Some(mapping) = &args.through.mapping {
        return through::transform::work(args, mapping, terminal);
    }
    if args.is_of_tables()? {
        return tables::transform::work(args, terminal);
    }
    let start = Instant::now();
    let options = args.options()?;
    let mut summary = args.output.summary.as_deref().map(Pending::create).transpose()?;
    let mut beside = |report: &Report| {
        let all = Summary::new("transform", status(report), Transformed::new(args, report));
        summary.take().map(|summary| summary.written(&all)).transpose()
    };
    let bar = progress::bar(args.running.progress, args.inputs.iter().map(PathBuf::as_path));
    let done = transform(&options, &|bytes| bar.inc(bytes), &mut beside);
    let bytes = bar.position();
    bar.finish_and_clear();
    let report = done?;
    if args.running.verbose {
        let inputs = args.inputs.iter().map(|path| ("", path.as_path()));
        terminal.print(&sizes(inputs, bytes, start.elapsed()));
    }
    if report.written == 0 && report.read > report.rejected {
        terminal
            .warning("nothing is left of what was read: are the filters and names spelled right?");
    }
    report.warnings.iter().for_each(|sentence| terminal.warning(sentence));
    if !args.running.quiet {
        terminal.print(&closing(&report, start.elapsed()));
    }
    Ok(status(&report))
}

fn status(report: &Report) -> Exit {
    if report.rejected > 0 { Exit::Incomplete } else { Exit::Done }
}

impl TransformArgs {
    /// What is asked of the library.
    fn options(&self) -> Result<Options> {
        let TransformArgs { reading, records, editing, output, running, .. } = self;
        let defaults = Options::new(self.inputs.clone());
        let files = files(reading, running);
        self.refuse_contradictions()?;
        Ok(Options {
            input_format: self.input_format.and_then(of_records),
            output: Target::named(&output.output),
            format: self.format(),
            schema: reading.schema.clone(),
            scope: self.scope.scope(&files)?,
            attributes: attributes("--attributes", &editing.attributes, description)?,
            exclude_attributes: attributes(
                "--exclude-attributes",
                &editing.exclude_attributes,
                description,
            )?,
            operational: editing.operational,
            server: editing.server.into(),
            rebase: rebase(&editing.rebase)?,
            rename_attributes: editing.rename_attribute.clone(),
            redact: editing.redact.clone(),
            pseudonymise: editing.pseudonymise.clone(),
            seed: editing.seed(&files)?,
            sort: output.sort.is_some(),
            memory: output.memory,
            wrap: output.wrap.unwrap_or(defaults.wrap),
            version_line: output.version_line,
            separator: output.separator.as_deref().map(bytes),
            keep_going: records.keep_going,
            rejects: records.rejects.clone(),
            reading: reading.options(None),
            threads: running.threads.map(Into::into),
            files,
            ..defaults
        })
    }

    /// The shape of records; a script is one of tables alone.
    fn format(&self) -> Format {
        match self.output.format {
            None | Some(TransformFormatArg::Ldif | TransformFormatArg::Sql) => Format::Ldif,
            Some(TransformFormatArg::Jsonl) => Format::Jsonl,
            Some(TransformFormatArg::Csv) => Format::Csv,
        }
    }

    /// Every file that will be written, by the name it was given.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &Path> {
        let others = [&self.records.rejects, &self.output.summary].into_iter().flatten();
        std::iter::once(self.output.output.as_path()).chain(others.map(PathBuf::as_path))
    }

    pub(super) fn inputs(&self) -> impl Iterator<Item = &Path> {
        let lists = [&self.scope.only_dn, &self.scope.exclude_dn].into_iter().flatten();
        let files = self.inputs.iter().chain(lists).chain(&self.reading.schema);
        files.chain(&self.editing.seed_file).chain(&self.tables.ddl).map(PathBuf::as_path)
    }

    fn refuse_contradictions(&self) -> Result<()> {
        let paths = Paths { inputs: self.inputs().collect(), outputs: self.outputs().collect() };
        paths.refuse_contradictions()?;
        let Format::Csv = self.format() else {
            if self.output.separator.is_some() {
                let (option, wanted) = ("--separator", "--format csv");
                return Err(usage(UsageFault::Without { option, wanted }));
            }
            return refuse_name(&self.output.output, self.format().into());
        };
        if self.editing.attributes.is_empty() {
            return Err(usage(UsageFault::NoColumns));
        }
        refuse_name(&self.output.output, Holds::Csv)
    }
}

impl EditingArgs {
    /// The seed, wherever it stands.
    fn seed(&self, files: &InputOptions<'_>) -> Result<Vec<u8>> {
        let Some(path) = &self.seed_file else {
            return Ok(self.seed.as_deref().map_or_else(Vec::new, bytes));
        };
        let input = Input::open(path, files)?;
        let text = input.bytes();
        let line = text.strip_suffix(b"\n").unwrap_or(text);
        Ok(line.strip_suffix(b"\r").unwrap_or(line).to_vec())
    }
}

fn bytes(text: &OsStr) -> Vec<u8> {
    text.as_encoded_bytes().to_vec()
}

/// The format of an input of records.
fn of_records(arg: InputFormatArg) -> Option<InputFormat> {
    match arg {
        InputFormatArg::Ldif => Some(InputFormat::Ldif),
        InputFormatArg::Jsonl => Some(InputFormat::Jsonl),
        InputFormatArg::Csv | InputFormatArg::Tsv | InputFormatArg::Sql | InputFormatArg::Json => {
            None
        }
    }
}

impl From<Format> for Holds {
    fn from(format: Format) -> Holds {
        match format {
            Format::Ldif => Holds::Ldif,
            Format::Jsonl => Holds::Jsonl,
            Format::Csv => Holds::Csv,
        }
    }
}

/// The closing counts for programs.
#[derive(Serialize)]
struct Transformed {
    inputs: Vec<String>,
    read: u64,
    written: u64,
    rejected: u64,
}

impl Transformed {
    fn new(args: &TransformArgs, report: &Report) -> Transformed {
        Transformed {
            inputs: args.inputs.iter().map(|path| shown(path)).collect(),
            read: report.read,
            written: report.written,
            rejected: report.rejected,
        }
    }
}

/// The closing line.
fn closing(report: &Report, took: Duration) -> String {
    let mut parts = vec![
        format!("{} read", number_of(report.read, "record", "records")),
        format!("{} written", Count(report.written)),
    ];
    if report.rejected > 0 {
        parts.push(format!("{} rejected", Count(report.rejected)));
    }
    format!("ldifsync: {} in {:.1} s\n", parts.join(", "), took.as_secs_f64())
}
