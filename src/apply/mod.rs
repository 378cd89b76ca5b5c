//! `apply`: an export as it is after changes, by the rules of a server, without one.
//!
//! The changes are gone through to find out which names they touch, and when the export was asked
//! about those, again to perform them, until no answer leads to a further question. Then the export
//! is written, with what has become of what was touched. Only that is kept in memory.

mod between;
mod controls;
mod held;
mod knowledge;
mod law;
mod operation;
mod output;
mod rejects;
mod state;
mod tree;

use std::io::Write;
use std::path::PathBuf;

use crate::apply::between::Between;
use crate::apply::knowledge::{Counts, Knowledge};
use crate::apply::law::{Coverage, Law};
use crate::apply::operation::{Failed, Simulation};
use crate::apply::output::Writing;
use crate::change::Record;
use crate::error::{EntryFault, Error, ErrorKind, Origin, Result};
use crate::input::{Input, InputOptions};
use crate::join::find_layout;
use crate::ldif::write::{Writer, rejected, rejected_as_comment};
use crate::output::{Output, Target, commit_all};
use crate::parallel::Pool;
use crate::schema::Schema;
use crate::server::Server;
use crate::source::{Extent, ReadOptions, Source, open, refuse_cut, refuse_deviating, server_of};
use crate::text::LineEnd;

pub use operation::Performed;

/// What is asked of an application.
#[derive(Debug)]
pub struct Options {
    /// What the changes are applied to.
    pub export: PathBuf,
    /// Files of changes, in their order.
    pub changes: Vec<PathBuf>,
    /// Where the directory as it is afterwards goes.
    pub output: Target,
    /// Files with a server's schema.
    pub schema: Vec<PathBuf>,
    /// The server whose rules hold where they differ; read off the export where none is given.
    pub server: Option<Server>,
    /// Folds what is written anew at this column; 0 for never.
    pub wrap: usize,
    /// Whether a `version: 1` line begins the output though the export has none.
    pub version_line: bool,
    /// Whether records of the export that cannot be read are left out, and changes that cannot be
    /// performed are skipped.
    pub keep_going: bool,
    /// Where they go.
    pub rejects: Option<PathBuf>,
    /// How inputs are read.
    pub reading: ReadOptions,
    /// Worker threads; all cores where none is given.
    pub threads: Option<usize>,
    /// How files are opened.
    pub files: InputOptions<'static>,
}

impl Options {
    /// The defaults for an export and changes to it.
    pub fn new(export: PathBuf, changes: Vec<PathBuf>) -> Options {
        Options {
            export,
            changes,
            output: Target::Stdout,
            schema: Vec::new(),
            server: None,
            wrap: 76,
            version_line: false,
            keep_going: false,
            rejects: None,
            reading: ReadOptions::default(),
            threads: None,
            files: InputOptions::default(),
        }
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries of the export.
    pub read: u64,
    /// Changes that were performed.
    pub performed: Performed,
    /// Records of the export that were left out.
    pub unread: u64,
    /// Changes that were skipped.
    pub rejected: u64,
    /// Entries that are there afterwards.
    pub written: u64,
    /// What makes one doubt that all of the inputs is there.
    pub doubts: Doubts,
}

/// How many inputs may not be what they should.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Their last line has no end: they may have been cut.
    pub unfinished: u64,
    /// Changes that end in a modification, without its `-` and without an empty line: values may be missing.
    pub unended: u64,
    /// Changes that hold no record.
    pub empty: u64,
    /// Modifications that add nothing: their values may be missing.
    pub without_values: u64,
}

/// Hears what was done, and may hand over an output of its own.
pub type Beside<'b> = &'b mut dyn FnMut(&Report) -> Result<Option<Output>>;

/// Applies changes to an export.
///
/// `progress` is told how many bytes of the export were read, which is read twice or more.
/// `beside` hears what was done before any output has its name, and may hand over another one, which
/// gets its name together with them.
///
/// # Errors
///
/// An input cannot be read; a record is malformed, or a server would not perform a change (unless such
/// are to be skipped); the output cannot be written. Then nothing is.
pub fn apply(
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
    beside: Beside<'_>,
) -> Result<Report> {
    let files = &options.files;
    let pool = Pool::new(options.threads)?;
    let export = open(&options.export, files)?;
    let changes = options.changes.iter().map(|path| open(path, files));
    let changes = changes.collect::<Result<Vec<Input>>>()?;
    for input in std::iter::once(&export).chain(&changes) {
        refuse_cut(input.name(), input.bytes())?;
        if options.reading.strict {
            refuse_deviating(input)?;
        }
    }
    let (server, _) = server_of(options.server, &export, &options.reading);
    let schema = Schema::with_files(server.schema(), &options.schema, files)?;
    let mut source = Source::new(&export, &schema, options.reading.clone());
    find_layout(&pool, &mut source)?;
    let sources: Vec<Source<'_>> =
        changes.iter().map(|input| Source::new(input, &schema, options.reading.clone())).collect();
    let is_empty = |one: &&Source<'_>| one.cut(0..one.text.len()).next_record(None).is_none();
    let is_unfinished = |input: &&Input| input.bytes().last().is_some_and(|b| *b != b'\n');
    let mut doubts = Doubts {
        unfinished: std::iter::once(&export).chain(&changes).filter(is_unfinished).count() as u64,
        unended: changes.iter().filter(|one| ends_in_modification(one.bytes())).count() as u64,
        empty: sources.iter().filter(is_empty).count() as u64,
        without_values: 0,
    };
    let coverage = if options.schema.is_empty() { Coverage::BuiltIn } else { Coverage::Whole };
    let law = Law { schema: &schema, coverage, server };
    let mut knowledge = Knowledge::new(options.keep_going);
    let mut counts = knowledge.read(&pool, &source, progress)?;
    loop {
        let mut simulation = Simulation::new(&source, law, &mut knowledge);
        let skipped = perform(&mut simulation, &sources, options.keep_going)?;
        if simulation.is_sure() {
            let writer = Writer { wrap: options.wrap };
            let line_end = LineEnd::of_first(export.bytes());
            let is_still =
                simulation.performed == Performed::default() && simulation.rejects().is_empty();
            let between = Between { is_still, version: counts.version, line_end };
            let writing = Writing::new(&source, &simulation, writer, between, progress)?;
            let verify = || {
                export.verify_unchanged()?;
                changes.iter().try_for_each(Input::verify_unchanged)
            };
            doubts.without_values = simulation.without_values;
            counts.doubts = doubts;
            return write(options, &pool, &writing, &skipped, &counts, &verify, beside);
        }
        counts = knowledge.read(&pool, &source, progress)?;
    }
}

/// Changes that were skipped.
#[derive(Default)]
struct Skipped {
    text: Vec<u8>,
    count: u64,
}

/// Goes through all changes.
fn perform(
    simulation: &mut Simulation<'_>,
    changes: &[Source<'_>],
    keep_going: bool,
) -> Result<Skipped> {
    let mut skipped = Skipped::default();
    for source in changes {
        let mut cutter = source.cut(0..source.text.len());
        loop {
            let at = cutter.position();
            let Some(cut) = cutter.next_record(None) else { break };
            let text = cut.as_ref().map_or(at..cutter.position(), |cut| cut.extent.range());
            let done = cut.and_then(|cut| one(simulation, source, cut.extent));
            match done {
                Ok(()) => {}
                // What a server would say is told once all is known that it depends on.
                Err(error) if is_refusal(&error) && !simulation.is_sure() => {}
                Err(error) if keep_going => {
                    // What a server refuses can be applied again; what is no change cannot.
                    let put = if is_refusal(&error) { rejected } else { rejected_as_comment };
                    put(&mut skipped.text, &error, &source.text[text]);
                    skipped.count += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(skipped)
}

fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Refused(_))
}

/// Performs the record that stands there.
fn one(simulation: &mut Simulation<'_>, source: &Source<'_>, extent: Extent) -> Result<()> {
    let logical = source.logical(extent);
    let (name, record) = source.whole_record(extent, &logical)?;
    let Record::Change(record) = record else {
        let kind = ErrorKind::Entry(EntryFault::ContentAmongChanges);
        return Err(source.error_in(kind, extent));
    };
    let origin = || {
        let line = source.place(extent.start, 0).position.line;
        Origin { name: source.name.to_owned(), line }
    };
    let performed = simulation.perform(record, &name, &origin);
    performed.map_err(|Failed { error, modification }| {
        error.or_at(|| match modification {
            Some(n) => source.place_of_modification(extent, n),
            None => source.place_of(extent),
        })
    })
}

/// Writes the directory and what was skipped.
fn write(
    options: &Options,
    pool: &Pool,
    writing: &Writing<'_>,
    skipped: &Skipped,
    counts: &Counts,
    verify: &dyn Fn() -> Result<()>,
    beside: Beside<'_>,
) -> Result<Report> {
    let mut out = Output::create(&options.output)?;
    let rejects = options.rejects.clone().map(|path| Output::create(&Target::File(path)));
    let mut rejects = rejects.transpose()?;
    if counts.version.is_none() && options.version_line {
        let mut line = b"version: 1\n\n".to_vec();
        writing.between.line_end.give(&mut line, 0);
        out.write_all(&line).map_err(|e| out.error(e))?;
    }
    let written = writing.write(pool, &mut out, &mut rejects)?;
    if let Some(rejects) = &mut rejects {
        rejects.write_all(&skipped.text).map_err(|e| rejects.error(e))?;
    }
    // What was read again while it was written must still be what was read first.
    verify()?;
    let performed = writing.done.performed;
    let Counts { records: read, doubts, .. } = *counts;
    let unread = writing.done.rejects().len();
    let report = Report { read, performed, unread, rejected: skipped.count, written, doubts };
    let outputs = std::iter::once(out).chain(rejects);
    commit_all(outputs.chain(beside(&report)?).collect())?;
    Ok(report)
}

/// Whether a text of changes ends in a modification: servers take one without its `-`, but so does a file end
/// that was cut.
fn ends_in_modification(text: &[u8]) -> bool {
    let lines = text.rsplit(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let end = usize::from(text.ends_with(b"\n"));
    let mut last = lines.skip(end).filter(|line| !line.starts_with(b"#")).peekable();
    if last.peek().is_none_or(|line| *line == b"-") {
        return false;
    }
    last.take_while(|line| !line.is_empty()).any(|line| {
        let line = line.to_ascii_lowercase();
        line.starts_with(b"changetype:") && line.trim_ascii_end().ends_with(b"modify")
    })
}
