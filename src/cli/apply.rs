//! `apply`: asks the library, and says what came of it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ldifsync::apply::{Doubts, Options, Performed, Report, apply};
use ldifsync::error::Result;
use ldifsync::output::Target;
use ldifsync::text::number_of;
use serde::Serialize;

use super::args::ApplyArgs;
use super::exit::Exit;
use super::options::{Holds, Paths, files, refuse_name};
use super::progress;
use super::report::{Terminal, sizes};
use super::summary::{Pending, Summary, shown};

/// Runs it to its exit status.
pub(super) fn run(args: &ApplyArgs) -> Exit {
    let terminal = Terminal::new(args.running.color, &[]);
    terminal.settle(work(args, terminal), Exit::Done, args.outputs())
}

fn work(args: &ApplyArgs, terminal: Terminal<'_>) -> Result<Exit> {
    let start = Instant::now();
    let inputs = std::iter::once(&args.export).chain(&args.changes).chain(&args.reading.schema);
    let inputs = inputs.map(PathBuf::as_path).collect();
    Paths { inputs, outputs: args.outputs().collect() }.refuse_contradictions()?;
    refuse_name(&args.output, Holds::Ldif)?;
    let mut summary = args.summary.as_deref().map(Pending::create).transpose()?;
    // The export is read once for what the changes touch, and once to be written.
    let bar = progress::bar(args.running.progress, [args.export.as_path(), &args.export]);
    let done = apply(&args.options(), &|bytes| bar.inc(bytes), &mut |report| {
        let all = Summary::new("apply", status(report), Applied::new(args, report));
        summary.take().map(|summary| summary.written(&all)).transpose()
    });
    let bytes = bar.position();
    bar.finish_and_clear();
    let report = done?;
    let Doubts { unfinished, unended, empty, without_values } = report.doubts;
    if unfinished > 0 {
        let inputs = number_of(unfinished, "input has", "inputs have");
        terminal.warning(&format!("{inputs} no line end after the last line: is all of it there?"));
    }
    if unended > 0 {
        let changes = number_of(unended, "change ends", "changes end");
        let what =
            "in a modification, without its `-` and without an empty line: is all of it there?";
        terminal.warning(&format!("{changes} {what}"));
    }
    if empty > 0 {
        let changes = number_of(empty, "change holds", "changes hold");
        terminal.warning(&format!("{changes} no record"));
    }
    if without_values > 0 {
        let modifications = number_of(without_values, "modification adds", "modifications add");
        terminal.warning(&format!("{modifications} no value, and `ldapmodify` leaves it out"));
    }
    if args.running.verbose {
        let changes = args.changes.iter().map(|path| ("CHANGE ", path.as_path()));
        let inputs = std::iter::once(("EXPORT ", args.export.as_path())).chain(changes);
        terminal.print(&sizes(inputs, bytes, start.elapsed()));
    }
    if !args.running.quiet {
        terminal.print(&closing(&report, start.elapsed()));
    }
    Ok(status(&report))
}

fn status(report: &Report) -> Exit {
    if report.unread + report.rejected > 0 { Exit::Incomplete } else { Exit::Done }
}

impl ApplyArgs {
    fn options(&self) -> Options {
        let defaults = Options::new(self.export.clone(), self.changes.clone());
        Options {
            output: Target::named(&self.output),
            schema: self.reading.schema.clone(),
            server: self.server.into(),
            wrap: self.wrap,
            version_line: self.version_line,
            keep_going: self.records.keep_going,
            rejects: self.records.rejects.clone(),
            reading: self.reading.options(None),
            threads: self.running.threads.map(Into::into),
            files: files(&self.reading, &self.running),
            ..defaults
        }
    }

    /// Every file that will be written, by the name it was given.
    fn outputs(&self) -> impl Iterator<Item = &Path> {
        let others = [&self.records.rejects, &self.summary].into_iter().flatten();
        std::iter::once(self.output.as_path()).chain(others.map(PathBuf::as_path))
    }
}

/// The closing counts for programs.
#[derive(Serialize)]
struct Applied {
    entries_read: u64,
    adds: u64,
    deletes: u64,
    modifies: u64,
    renames: u64,
    records_rejected: u64,
    rejected: u64,
    entries_written: u64,
    inputs: Vec<String>,
}

impl Applied {
    fn new(args: &ApplyArgs, report: &Report) -> Applied {
        let Performed { adds, deletes, modifies, renames } = report.performed;
        let inputs = std::iter::once(&args.export).chain(&args.changes);
        Applied {
            entries_read: report.read,
            adds,
            deletes,
            modifies,
            renames,
            records_rejected: report.unread,
            rejected: report.rejected,
            entries_written: report.written,
            inputs: inputs.map(|path| shown(path)).collect(),
        }
    }
}

/// The closing line.
fn closing(report: &Report, took: Duration) -> String {
    let Performed { adds, deletes, modifies, renames } = report.performed;
    let mut parts = vec![
        format!("{} read", number_of(report.read, "entry", "entries")),
        number_of(adds, "add", "adds"),
        number_of(deletes, "delete", "deletes"),
        number_of(modifies, "modify", "modifies"),
        number_of(renames, "rename", "renames"),
    ];
    if report.unread > 0 {
        parts.push(format!("{} rejected", number_of(report.unread, "record", "records")));
    }
    if report.rejected > 0 {
        parts.push(format!("{} rejected", number_of(report.rejected, "change", "changes")));
    }
    parts.push(format!("{} written", number_of(report.written, "entry", "entries")));
    format!("ldifsync: {} in {:.1} s\n", parts.join(", "), took.as_secs_f64())
}
