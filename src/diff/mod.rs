//! `diff`: two exports in, the change that makes the first like the second out.

mod judge;
mod limits;
mod options;
mod protect;
mod refuse;
mod render;
mod run;
mod select;
pub mod tables;
pub mod through;
mod warn;
mod write;

use std::path::{Path, PathBuf};

use crate::compare::identity::Identity;
use crate::compare::{Comparison, Selection};
use crate::diff::run::Run;
use crate::emit::Side;
use crate::error::Result;
use crate::input::{Input, InputOptions, give_back};
use crate::join::find_layout;
use crate::parallel::Pool;
use crate::plan::Counts;
use crate::schema::Schema;
use crate::server::{IDENTIFIERS, Server};
use crate::source::{Mark, Source, open, refuse_cut, refuse_deviating, server_of};

pub use options::{Depth, Format, Kind, Kinds, Limit, Limits, Options, Scope};
pub use run::Beside;

/// What a diff did.
#[derive(Debug)]
pub struct Report {
    /// The changes.
    pub counts: Counts,
    /// What was asked for, but left out with what it depends on.
    pub left_out: Counts,
    /// Records that were skipped.
    pub rejected: u64,
    /// Entries read in OLD.
    pub old_entries: u64,
    /// Entries read in NEW.
    pub new_entries: u64,
    /// The server's profile.
    pub server: Server,
    /// What told the server, where nobody said it and OLD has it.
    pub mark: Option<Mark>,
    /// What an administrator should know, a sentence each.
    pub warnings: Vec<String>,
    /// The files that were written, in the order in which they are to be applied.
    pub files: Vec<PathBuf>,
}

/// Compares two exports and writes the change.
pub fn diff(options: &Options, progress: &(dyn Fn(u64) + Sync)) -> Result<Report> {
    diff_with(options, progress, &mut |_| Ok(None))
}

/// The same, with an output of the caller's own beside those of the change: all of them get their
/// names together, or none.
pub fn diff_with(
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
    beside: Beside<'_>,
) -> Result<Report> {
    let pool = &Pool::new(options.threads)?;
    let inputs = open_both(pool, (&options.old, &options.new), &input_options(options))?;
    refuse_unsound(options, &inputs)?;
    let sides = [side(&inputs[0], options)?, side(&inputs[1], options)?];
    let opened = inputs.each_ref();
    let (server, mark) = server_of(options.server, opened[0], &options.reading);
    let schema = Schema::with_files(server.schema(), &options.schema, &input_options(options))?;
    let [old, new] = &sources(pool, opened, &schema, options)?;
    write::refuse_unheeded(options, server)?;
    let comparison = &Comparison::new(&schema, server, options.mode, selection(options));
    let identity = &identity(options, &schema);
    let (reasons, rejects) = (None, None);
    let run = Run {
        options,
        pool,
        inputs: opened,
        old,
        new,
        server,
        mark,
        comparison,
        identity,
        reasons,
        rejects,
        limits: options.limits,
    };
    let (joined, matched) = run.pair(progress)?;
    let narrowing = run.narrow(&joined, &matched)?;
    let (plan, warnings) = run.plan(&joined, matched, &narrowing)?;
    run.verify(&joined, &plan)?;
    let report = run.write(&joined, &plan, sides, warnings, beside)?;
    give_back(pool, inputs);
    Ok(report)
}

/// Refuses inputs that were cut off, and under `--strict` those in another encoding or with another
/// end.
fn refuse_unsound(options: &Options, inputs: &[Input; 2]) -> Result<()> {
    if !options.allow_no_final_newline {
        inputs.iter().try_for_each(refuse::cut_off)?;
    }
    inputs.iter().try_for_each(|input| refuse_cut(input.name(), input.bytes()))?;
    if options.reading.strict {
        inputs.iter().try_for_each(refuse_deviating)?;
    }
    Ok(())
}

/// The same of one input.
pub(crate) fn refuse_unsound_one(options: &Options, input: &Input) -> Result<()> {
    if !options.allow_no_final_newline {
        refuse::cut_off(input)?;
    }
    refuse_cut(input.name(), input.bytes())?;
    if options.reading.strict { refuse_deviating(input) } else { Ok(()) }
}

/// Both sides; only NEW's names are read as if below another suffix.
fn sources<'i>(
    pool: &Pool,
    [old, new]: [&'i Input; 2],
    schema: &'i Schema,
    options: &Options,
) -> Result<[Source<'i>; 2]> {
    let mut old = Source::new(old, schema, options.reading.clone());
    let mut new = Source::new(new, schema, options.reading.clone());
    old.options.rebase = None;
    find_layout(pool, &mut old)?;
    find_layout(pool, &mut new)?;
    Ok([old, new])
}

/// Which attributes take part: what only the server may write is shown to people, never written.
fn selection(options: &Options) -> Selection {
    let operational = options.selection.operational && options.format == Format::Unified;
    Selection { operational, ..options.selection.clone() }
}

fn side(input: &Input, options: &Options) -> Result<Side> {
    if options.sha256 { Side::with_digest(input) } else { Ok(Side::of(input)) }
}

/// Opens both sides, at the same time where both are files: those that are compressed are poured
/// once. Who waits for a pipe should first hear what is wrong with the other side.
fn open_both(
    pool: &Pool,
    (old, new): (&Path, &Path),
    options: &InputOptions<'_>,
) -> Result<[Input; 2]> {
    if !Input::is_file(old) || !Input::is_file(new) {
        return Ok([open(old, options)?, open(new, options)?]);
    }
    let (old, new) = pool.both(|| open(old, options), || open(new, options));
    Ok([old?, new?])
}

/// How much of so many bytes of memory the index may take. Some go to threads and buffers; of the rest
/// five eighths are for the index: a plan of what differs is made when that has gone, and mostly needs
/// no more.
fn memory_of_index(memory: usize) -> usize {
    const WORKING: usize = 14 << 20;
    memory.saturating_sub(WORKING) / 8 * 5
}

pub(crate) fn input_options(options: &Options) -> InputOptions<'static> {
    InputOptions {
        temp_dir: options.temp_dir.clone(),
        max_decompressed: options.max_decompressed,
        ..InputOptions::default()
    }
}

fn identity(options: &Options, schema: &Schema) -> Identity {
    let mut identity = match options.identifiers.as_slice() {
        [] => Identity::new(schema, IDENTIFIERS),
        named => Identity::new(schema, named),
    };
    identity.are_written = options.keep_identifiers;
    identity
}
