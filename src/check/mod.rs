//! `check`: every fault of a file, and every way in which it deviates from the standard.
//!
//! Records are examined by all threads; what was found comes in the order of the file, as soon as
//! all before it was looked at. A bad record costs itself and no other. Knows nothing of terminals:
//! a finding is an [`Error`] with a severity.

mod alone;
mod names;
mod record;
mod sound;
pub mod tables;
mod values;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::join::RandomState;

use crate::check::names::Names;
use crate::check::record::{Examiner, Part};
use crate::error::{EntryFault, Error, ErrorKind, FileFault, Result};
use crate::input::InputOptions;
use crate::ldif::deviation::Deviation;
use crate::ldif::scan::split;
use crate::parallel::Pool;
use crate::schema::Schema;
use crate::server::Server;
use crate::source::{
    Extent, Form, ReadOptions, Reading, Source, ends_in_a_value, of_encoding, of_end, open,
};

/// How much text a worker takes at a time, in bytes.
const PART: usize = 1 << 20;

/// What is asked of a check.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files with a server's schema; where there are any, entries are held against it.
    pub schema: Vec<PathBuf>,
    /// Whether a file must hold the parent of each of its entries.
    pub complete: bool,
    /// Whether each warning is told, or the first of each kind with the number of the others.
    pub every_warning: bool,
    /// How inputs are read.
    pub reading: ReadOptions,
    /// Worker threads; all cores where none is given.
    pub threads: Option<usize>,
    /// How files are opened.
    pub files: InputOptions<'static>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The file is not sound.
    Fault,
    /// It is read all the same.
    Warning,
}

/// Something to be known about a file.
#[derive(Debug)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, with its place and what to do.
    pub error: Error,
    /// How many more of its kind are in the file and not told.
    pub more: u64,
}

/// What a file came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Content records, and adds.
    pub entries: u64,
    /// Change records, adds among them.
    pub changes: u64,
    /// Rows of tables.
    pub rows: u64,
    /// Faults.
    pub faults: u64,
    /// Warnings, told or not.
    pub warnings: u64,
}

/// Checks files by one schema on one set of threads.
pub struct Checker<'o> {
    options: &'o Options,
    schema: Cow<'static, Schema>,
    pool: Pool,
}

impl<'o> Checker<'o> {
    /// Reads the schema and starts the threads.
    ///
    /// # Errors
    ///
    /// A schema file cannot be read, or defines nothing; there are no threads.
    pub fn new(options: &'o Options) -> Result<Checker<'o>> {
        let schema = Schema::with_files(Schema::builtin(), &options.schema, &options.files)?;
        Ok(Checker { options, schema, pool: Pool::new(options.threads)? })
    }

    /// Checks one file, hands on what is found, and tells what it came to.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or changes meanwhile; `each` failed. A file that is not sound is
    /// no error, nor is one with half a character in it, of which nothing else is known.
    pub fn file(
        &self,
        path: &Path,
        progress: &(dyn Fn(u64) + Sync),
        each: &mut dyn FnMut(Finding) -> Result<()>,
    ) -> Result<Tally> {
        let input = match open(path, &self.options.files) {
            Ok(input) => input,
            Err(error) if is_half_a_character(error.kind()) => {
                each(Finding { severity: Severity::Fault, error, more: 0 })?;
                return Ok(Tally { faults: 1, ..Tally::default() });
            }
            Err(error) => return Err(error),
        };
        let source = Source::new(&input, &self.schema, self.options.reading.clone());
        let mut telling = Telling {
            source: &source,
            every_warning: self.options.every_warning,
            each,
            tally: Tally::default(),
            told: BTreeMap::new(),
        };
        let strict = self.options.reading.strict;
        if let Some(deviation) = of_encoding(input.encoding()) {
            telling.found(Found::deviation(strict, deviation, 0))?;
        }
        self.records(&source, progress, &mut telling)?;
        if ends_in_a_value(source.text) {
            telling.found(Found::fault(ErrorKind::CutValue, source.text.len() as u64))?;
        } else if let Some((deviation, at)) = of_end(source.text) {
            telling.found(Found::deviation(strict, deviation, at as u64))?;
        }
        telling.rest()?;
        input.verify_unchanged()?;
        Ok(telling.tally)
    }

    fn records(
        &self,
        source: &Source<'_>,
        progress: &(dyn Fn(u64) + Sync),
        telling: &mut Telling<'_, '_>,
    ) -> Result<()> {
        let Options { complete, reading, schema, .. } = self.options;
        let state = RandomState::default();
        let by_schema = !schema.is_empty();
        let (strict, every_warning) = (reading.strict, self.options.every_warning);
        let server = if by_schema { source.server() } else { Server::default() };
        let examiner = Examiner { source, state: &state, by_schema, server, strict, every_warning };
        let mut course = Course {
            strict: reading.strict,
            names: Names::new(source, &state, *complete),
            reading: Reading::default(),
            form: None,
        };
        let mut ranges = split(source.text, PART).into_iter();
        let work = |range: Range<usize>| {
            let size = range.len() as u64;
            let part = examiner.part(range);
            progress(size);
            part
        };
        self.pool.pipe(|| ranges.next(), work, |part| course.part(part, telling))?;
        course.end(&self.pool, telling)
    }
}

/// Whether a file is not text as its encoding has it, which is a matter of what it holds.
fn is_half_a_character(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::File { fault: FileFault::HalfCharacter { .. }, .. })
}

/// Something found, not yet with the line it stands on.
#[derive(Debug)]
struct Found {
    severity: Severity,
    kind: ErrorKind,
    /// Where, in bytes of the input, and how many bytes it is about.
    at: u64,
    len: usize,
    /// The record it is in.
    extent: Option<Extent>,
}

impl Found {
    fn fault(kind: ErrorKind, at: u64) -> Found {
        Found { severity: Severity::Fault, kind, at, len: 0, extent: None }
    }

    fn warning(kind: ErrorKind, at: u64) -> Found {
        Found { severity: Severity::Warning, ..Found::fault(kind, at) }
    }

    /// A deviation, which is a fault under `--strict`.
    fn deviation(strict: bool, deviation: Deviation, at: u64) -> Found {
        match strict {
            true => Found::fault(deviation.into(), at),
            false => Found::warning(deviation.into(), at),
        }
    }

    fn in_record(self, extent: Extent) -> Found {
        Found { extent: Some(extent), ..self }
    }
}

/// What was found in a part of a file: each fault, and of the warnings those that may be told.
#[derive(Debug)]
struct Gathered {
    all: Vec<Found>,
    every_warning: bool,
    /// Of each kind of warning, which of `all` may be told, and how many more there are.
    warnings: BTreeMap<u8, (usize, u64)>,
}

impl Gathered {
    fn new(every_warning: bool) -> Gathered {
        Gathered { all: Vec::new(), every_warning, warnings: BTreeMap::new() }
    }

    fn push(&mut self, found: Found) {
        if found.severity == Severity::Warning && !self.every_warning {
            match self.warnings.entry(group(&found.kind)) {
                Entry::Vacant(free) => drop(free.insert((self.all.len(), 0))),
                Entry::Occupied(mut taken) => {
                    let (at, more) = taken.get_mut();
                    *more += 1;
                    // The first in the file is told, which need not be the first that was found.
                    if found.at < self.all[*at].at {
                        self.all[*at] = found;
                    }
                    return;
                }
            }
        }
        self.all.push(found);
    }

    /// Whether there is a fault among all from this number on.
    fn has_fault_from(&self, first: usize) -> bool {
        self.all[first..].iter().any(|one| one.severity == Severity::Fault)
    }

    fn extend(&mut self, found: impl IntoIterator<Item = Found>) {
        found.into_iter().for_each(|one| self.push(one));
    }
}

/// What has gone by of a file.
struct Course<'c> {
    strict: bool,
    names: Names<'c>,
    reading: Reading,
    /// What the first record is of which one can be sure; where there is none at the beginning, what the first
    /// seems to be.
    form: Option<Form>,
}

impl Course<'_> {
    /// Takes in the next part: what was found in it, and what it means after those before.
    fn part(&mut self, part: Part, telling: &mut Telling<'_, '_>) -> Result<()> {
        let Part { mut found, runs, told, named, notes } = part;
        self.form = self.form.or(told).or(runs.iter().find_map(|run| run.form));
        for run in runs {
            if let Some(kind) = self.form.zip(run.form).and_then(|(form, run)| form.refuses(run)) {
                found.push(Found::fault(kind, run.first.start).in_record(run.first));
            }
            match run.form.or(self.form) {
                Some(Form::Change) => telling.tally.changes += run.records,
                Some(Form::Content) | None => telling.tally.entries += run.records,
            }
        }
        for one in named {
            found.extend(self.names.record(one, self.form.unwrap_or(Form::Content)));
        }
        let noted = self.reading.of(&notes);
        found.extend(noted.faults.into_iter().map(|(kind, at)| Found::fault(kind, at)));
        let deviations = noted.deviations.into_iter();
        found.extend(deviations.map(|(one, at)| Found::deviation(self.strict, one, at)));
        found.all.sort_by_key(|one| one.at);
        found.all.into_iter().try_for_each(|one| telling.found(one))?;
        telling.more(&found.warnings);
        Ok(())
    }

    /// What only the whole file tells.
    fn end(self, pool: &Pool, telling: &mut Telling<'_, '_>) -> Result<()> {
        if let Some((kind, at)) = self.reading.end(telling.source.text) {
            telling.found(Found::fault(kind, at))?;
        }
        if self.form.is_none() && telling.tally.faults == 0 {
            telling.found(Found::warning(ErrorKind::Entry(EntryFault::NoRecords), 0))?;
        }
        let orphans = self.names.orphans(pool)?;
        if self.names.complete {
            return orphans.iter().try_for_each(|one| telling.found(self.names.orphan(*one)?));
        }
        // One warning a file, and not all of what may lie outside it.
        let Some((first, more)) = orphans.split_first() else { return Ok(()) };
        telling.once(self.names.orphan(*first)?, more.len() as u64)
    }
}

/// Hands findings on: each fault, and of the warnings what was asked for.
struct Telling<'t, 'e> {
    source: &'t Source<'t>,
    every_warning: bool,
    each: &'e mut dyn FnMut(Finding) -> Result<()>,
    tally: Tally,
    /// Of each kind of warning, one that was not told yet, and how many more there are.
    told: BTreeMap<u8, (Found, u64)>,
}

impl Telling<'_, '_> {
    fn found(&mut self, found: Found) -> Result<()> {
        match found.severity {
            Severity::Fault => self.tally.faults += 1,
            Severity::Warning => self.tally.warnings += 1,
        }
        if found.severity == Severity::Fault || self.every_warning {
            return self.tell(found, 0);
        }
        match self.told.entry(group(&found.kind)) {
            Entry::Vacant(free) => drop(free.insert((found, 0))),
            Entry::Occupied(mut taken) => taken.get_mut().1 += 1,
        }
        Ok(())
    }

    /// A warning about the whole file, which stands for so many more.
    fn once(&mut self, found: Found, more: u64) -> Result<()> {
        self.tally.warnings += 1;
        if self.every_warning {
            return self.tell(found, more);
        }
        self.told.insert(group(&found.kind), (found, more));
        Ok(())
    }

    /// Counts warnings of which one was told of already.
    fn more(&mut self, warnings: &BTreeMap<u8, (usize, u64)>) {
        for (group, (_, more)) in warnings {
            self.tally.warnings += more;
            if let Some((_, untold)) = self.told.get_mut(group) {
                *untold += more;
            }
        }
    }

    /// The first warning of each kind, in the order of the file.
    fn rest(&mut self) -> Result<()> {
        let mut rest: Vec<(Found, u64)> = std::mem::take(&mut self.told).into_values().collect();
        rest.sort_by_key(|(found, _)| found.at);
        rest.into_iter().try_for_each(|(found, more)| self.tell(found, more))
    }

    fn tell(&mut self, found: Found, more: u64) -> Result<()> {
        let Found { severity, kind, at, len, extent } = found;
        let error = match extent {
            Some(extent) => self.source.error_within(kind, extent, at, len),
            None => self.source.error(kind, at, len),
        };
        (self.each)(Finding { severity, error, more })
    }
}

/// The number of a kind of warning: a deviation's own, or one behind them.
fn group(kind: &ErrorKind) -> u8 {
    match kind {
        ErrorKind::Deviation { number, .. } => *number,
        ErrorKind::Entry(EntryFault::DuplicateValue { .. }) => 101,
        ErrorKind::Entry(EntryFault::NoObjectClass) => 102,
        ErrorKind::Entry(EntryFault::NoParent { .. }) => 103,
        ErrorKind::Entry(EntryFault::NotADn) => 104,
        ErrorKind::Entry(EntryFault::VersionAtEnd) => 105,
        ErrorKind::Entry(EntryFault::NamingValue { .. }) => 106,
        _ => 107,
    }
}
