//! `mapping`: asks the library about a mapping file or for one, and says what came of it.

use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};
use std::time::Instant;

use ldifsync::check::{Finding, Severity};
use ldifsync::diff::Options;
use ldifsync::diff::tables::TableOptions;
use ldifsync::draft::draft;
use ldifsync::error::{Error, Result};
use ldifsync::input::{Input, InputOptions};
use ldifsync::mapping::{self, MappingFile};
use ldifsync::output::{Output, Target, commit_all};
use ldifsync::text::{Escaped, number_of};

use super::args::{MappingCheckArgs, MappingCommand, MappingDraftArgs};
use super::check::Shape;
use super::exit::Exit;
use super::options::Paths;
use super::progress;
use super::report::{Terminal, in_color, sizes};

/// Runs one of its commands to its exit status.
pub(super) fn run(command: &MappingCommand) -> Exit {
    match command {
        MappingCommand::Check(args) => {
            let terminal = Terminal::new(args.color, &[]);
            terminal.settle(check(args, terminal), Exit::Changes, std::iter::empty())
        }
        MappingCommand::Draft(args) => {
            let terminal = Terminal::new(args.running.color, &[]);
            let outputs = std::iter::once(args.output.as_path());
            terminal.settle(write_draft(args, terminal), Exit::Done, outputs)
        }
    }
}

fn check(args: &MappingCheckArgs, terminal: Terminal<'_>) -> Result<Exit> {
    let input = Input::open(&args.file, &InputOptions::default())?;
    let read = mapping::read(input.name(), input.bytes());
    let folder = args.file.parent().unwrap_or(Path::new(""));
    let is_there = |path: &Path| folder.join(path).exists();
    let warnings = read.as_ref().map(|file| file.warnings(input.name(), input.bytes(), is_there));
    let warnings = warnings.unwrap_or_default();
    let closing = closing(input.name(), &read, warnings.len() as u64);
    let exit = if read.is_ok() { Exit::Done } else { Exit::Changes };
    let color = in_color(args.color, stdout().is_terminal());
    let shape = Shape { format: args.format, terminal: terminal.in_color(color) };
    let mut out = Output::create(&Target::Stdout)?;
    let faults = read.err().into_iter().flatten().map(|error| (Severity::Fault, error));
    let warnings = warnings.into_iter().map(|error| (Severity::Warning, error));
    for (severity, error) in faults.chain(warnings) {
        shape.write(&Finding { severity, error, more: 0 }, &mut out)?;
    }
    commit_all(vec![out])?;
    if !args.quiet {
        terminal.print(&closing);
    }
    Ok(exit)
}

fn write_draft(args: &MappingDraftArgs, terminal: Terminal<'_>) -> Result<Exit> {
    let start = Instant::now();
    let (entries, rows) = (args.entries()?, args.rows()?);
    let inputs = [("EXPORT ", args.export.as_path()), ("DUMP   ", &args.dump)];
    let bar = progress::bar(args.running.progress, inputs.map(|(_, path)| path));
    let done = draft(&entries, &rows, &|bytes| bar.inc(bytes));
    let bytes = bar.position();
    bar.finish_and_clear();
    let report = done?;
    if args.running.verbose {
        terminal.print(&sizes(inputs, bytes, start.elapsed()));
    }
    if !args.running.quiet {
        terminal.print(&format!(
            "ldifsync: {} + {} read, {} with {} drafted\n",
            number_of(report.entries, "entry", "entries"),
            number_of(report.rows, "row", "rows"),
            number_of(report.mappings, "mapping", "mappings"),
            number_of(report.flows, "flow", "flows"),
        ));
    }
    Ok(Exit::Done)
}

impl MappingDraftArgs {
    /// How the export is read, and where the file goes.
    fn entries(&self) -> Result<Options> {
        let schemas = self.reading.schema.iter().chain(&self.tables.ddl).map(PathBuf::as_path);
        let paths = Paths {
            inputs: [self.export.as_path(), &self.dump].into_iter().chain(schemas).collect(),
            outputs: vec![&self.output],
        };
        paths.refuse_contradictions()?;
        let defaults = Options::new(self.export.clone(), self.export.clone());
        Ok(Options {
            output: Target::named(&self.output),
            schema: self.reading.schema.clone(),
            server: self.server.into(),
            reading: self.reading.options(None),
            threads: self.running.threads.map(Into::into),
            temp_dir: self.running.temp_dir.clone().unwrap_or(defaults.temp_dir.clone()),
            max_decompressed: self.reading.max_decompressed,
            ..defaults
        })
    }

    /// How the dump is read.
    fn rows(&self) -> Result<TableOptions> {
        let (files, asked) = self.tables.drafted(&self.dump, self.dump_format)?;
        Ok(TableOptions {
            old: files.clone(),
            new: files,
            inputs: self.tables.files(&self.reading, &self.running),
            threads: self.running.threads.map(Into::into),
            ..asked
        })
    }
}

/// The closing line.
fn closing(
    name: &str,
    read: &std::result::Result<MappingFile, Vec<Error>>,
    warnings: u64,
) -> String {
    let name = Escaped(name.as_bytes());
    match read {
        Ok(file) => {
            let warnings = match warnings {
                0 => String::new(),
                warnings => format!(", {}", number_of(warnings, "warning", "warnings")),
            };
            let flows = file.mappings.iter().map(|mapping| mapping.flows.len() as u64).sum();
            let mappings = number_of(file.mappings.len() as u64, "mapping", "mappings");
            let flows = number_of(flows, "flow", "flows");
            format!("ldifsync: {name}: {mappings}, {flows}, sound{warnings}\n")
        }
        Err(errors) => {
            let errors = number_of(errors.len() as u64, "mistake", "mistakes");
            format!("ldifsync: {name}: {errors}\n")
        }
    }
}
