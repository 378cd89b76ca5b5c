//! `check`: asks the library about one file after the other, and writes what it finds.

use std::io::{IsTerminal, Write, stdout};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ldifsync::check::{Checker, Finding, Options, Severity, Tally};
use ldifsync::error::{ErrorKind, Result};
use ldifsync::output::{Output, Target, commit_all};
use ldifsync::text::number_of;
use serde::Serialize;

use super::args::{CheckArgs, CheckFormatArg};
use super::exit::Exit;
use super::options::{Paths, files};
use super::progress;
use super::report::{Terminal, in_color};
use super::summary::{Pending, Summary, shown};

/// Runs it to its exit status.
pub(super) fn run(args: &CheckArgs) -> Exit {
    let terminal = Terminal::new(args.running.color, &args.secret);
    terminal.settle(work(args, terminal), Exit::Changes, args.outputs())
}

fn work(args: &CheckArgs, terminal: Terminal<'_>) -> Result<Exit> {
    let start = Instant::now();
    let inputs = args.files.iter().chain(&args.reading.schema).map(PathBuf::as_path).collect();
    Paths { inputs, outputs: args.outputs().collect() }.refuse_contradictions()?;
    let options = args.options();
    let tables = args.table_options()?;
    let checker = Checker::new(&options)?;
    let target = Target::named(&args.output);
    let color = target == Target::Stdout && stdout().is_terminal();
    let shape = Shape {
        format: args.format,
        terminal: terminal.in_color(in_color(args.running.color, color)),
    };
    let mut out = Output::create(&target)?;
    let summary = args.summary.as_deref().map(Pending::create).transpose()?;
    let bar = progress::bar(args.running.progress, args.files.iter().map(AsRef::as_ref));
    let mut checked = Vec::new();
    let mut exit = Exit::Done;
    for path in &args.files {
        let each = &mut |finding: Finding| shape.write(&finding, &mut out);
        let progress = &|bytes| bar.inc(bytes);
        let done = match args.table_form(path) {
            None => checker.file(path, progress, each),
            Some(form) => tables.file(path, &form, progress, each),
        };
        match done {
            Ok(tally) => {
                exit = exit.and(if tally.faults > 0 { Exit::Changes } else { Exit::Done });
                checked.push(Checked::new(path, tally));
            }
            Err(error) if args.files.len() == 1 || error.is_broken_pipe() => return Err(error),
            Err(error) => {
                terminal.error(&error, std::iter::empty());
                exit = exit.and(Exit::Failed);
            }
        }
    }
    bar.finish_and_clear();
    let all = Summary::new("check", exit, Files { files: &checked });
    let summary = summary.map(|summary| summary.written(&all)).transpose()?;
    // What was not read to its end leaves no findings in a file.
    let out = (exit != Exit::Failed || target == Target::Stdout).then_some(out);
    commit_all(out.into_iter().chain(summary).collect())?;
    if !args.running.quiet {
        terminal.print(&closing(&checked, start.elapsed()));
    }
    Ok(exit)
}

impl CheckArgs {
    /// Every file that will be written, by the name it was given.
    fn outputs(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.output.as_path()).chain(self.summary.as_deref())
    }

    fn options(&self) -> Options {
        Options {
            schema: self.reading.schema.clone(),
            complete: self.complete,
            every_warning: self.running.verbose || self.format == CheckFormatArg::Jsonl,
            reading: self.reading.options(None),
            threads: self.running.threads.map(Into::into),
            files: files(&self.reading, &self.running),
        }
    }
}

/// How findings are written.
pub(super) struct Shape<'t> {
    pub(super) format: CheckFormatArg,
    pub(super) terminal: Terminal<'t>,
}

impl Shape<'_> {
    /// Writes one.
    pub(super) fn write(&self, finding: &Finding, out: &mut Output) -> Result<()> {
        let text = match self.format {
            CheckFormatArg::Text => format!("{}\n", self.terminal.finding(finding)),
            CheckFormatArg::Jsonl => {
                let line = serde_json::to_string(&Line::new(finding));
                format!("{}\n", line.map_err(|e| out.error(e.into()))?)
            }
        };
        out.write_all(text.as_bytes()).map_err(|e| out.error(e))
    }
}

/// A finding as JSON.
#[derive(Serialize)]
struct Line {
    severity: &'static str,
    file: Option<String>,
    line: Option<u64>,
    column: Option<u64>,
    dn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deviation: Option<String>,
    message: String,
    hint: Option<String>,
    /// How many more of its kind there are and not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<u64>,
}

impl Line {
    fn new(finding: &Finding) -> Line {
        let Finding { severity, error, more } = finding;
        let place = error.place();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let deviation = match error.kind() {
            ErrorKind::Deviation { number, .. } => Some(format!("D-{number}")),
            _ => None,
        };
        Line {
            severity: match severity {
                Severity::Fault => "error",
                Severity::Warning => "warning",
            },
            file: place.map(|place| place.name.clone()),
            line: place.map(|place| place.position.line),
            column: place.map(|place| place.position.column),
            dn: place.and_then(|place| place.dn.as_deref()).map(text),
            deviation,
            message: error.kind().to_string(),
            hint: error.hint().map(Into::into),
            more: Some(*more).filter(|more| *more > 0),
        }
    }
}

/// What a file came to, for programs.
#[derive(Serialize)]
struct Checked {
    name: String,
    entries: u64,
    changes: u64,
    rows: u64,
    errors: u64,
    warnings: u64,
}

impl Checked {
    fn new(path: &Path, tally: Tally) -> Checked {
        let Tally { entries, changes, rows, faults, warnings } = tally;
        Checked { name: shown(path), entries, changes, rows, errors: faults, warnings }
    }
}

/// The closing counts for programs.
#[derive(Serialize)]
struct Files<'c> {
    files: &'c [Checked],
}

/// The closing line.
fn closing(checked: &[Checked], took: Duration) -> String {
    let sum = |of: fn(&Checked) -> u64| checked.iter().map(of).sum::<u64>();
    let (entries, changes, rows) =
        (sum(|one| one.entries), sum(|one| one.changes), sum(|one| one.rows));
    let mut records = vec![
        (entries, number_of(entries, "entry", "entries")),
        (changes, number_of(changes, "change", "changes")),
        (rows, number_of(rows, "row", "rows")),
    ];
    let is_nothing = entries + changes + rows == 0;
    records.retain(|(count, _)| *count > 0);
    let records: Vec<String> = records.into_iter().map(|(_, words)| words).collect();
    let records = if is_nothing { "0 entries".to_owned() } else { records.join(", ") };
    let files = number_of(checked.len() as u64, "file", "files");
    let errors = number_of(sum(|one| one.errors), "error", "errors");
    let warnings = number_of(sum(|one| one.warnings), "warning", "warnings");
    let time = took.as_secs_f64();
    format!("ldifsync: {files} checked, {records}, {errors}, {warnings} in {time:.1} s\n")
}
