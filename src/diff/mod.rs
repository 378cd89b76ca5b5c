//! `diff`: two exports in, the change that makes the first like the second out.

mod limits;
mod options;
mod protect;
mod refuse;
mod select;
mod warn;
mod write;

use std::borrow::Cow;
use std::hash::RandomState;
use std::path::{Path, PathBuf};

use crate::compare::rename::{Identity, find_renames};
use crate::compare::{Comparison, Selection, same_but_ignored};
use crate::diff::limits::Guard;
use crate::diff::protect::{Protection, rejects_text};
use crate::diff::select::Selecting;
use crate::diff::warn::Sight;
use crate::emit::{Emission, Named, Side, Subject};
use crate::entry::Entry;
use crate::error::{ErrorKind, Result};
use crate::input::{Input, InputOptions};
use crate::join::{Join, Joined, Verdict, find_layout};
use crate::parallel::Pool;
use crate::plan::journey::Way;
use crate::plan::narrow::Narrowing;
use crate::plan::{Counts, Plan, Task, plan};
use crate::schema::Schema;
use crate::scope::Selector;
use crate::server::{IDENTIFIERS, Server};
use crate::source::{Extent, Layout, Source};
use crate::text::LineIndex;

pub use options::{Depth, Format, Kind, Kinds, Limit, Limits, Options, Scope};

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
    /// What an administrator should know, a sentence each.
    pub warnings: Vec<String>,
    /// The files that were written, in the order in which they are to be applied.
    pub files: Vec<PathBuf>,
}

/// Compares two exports and writes the change.
pub fn diff(options: &Options, progress: &(dyn Fn(u64) + Sync)) -> Result<Report> {
    let pool = Pool::new(options.threads)?;
    let inputs = (open(options, &options.old)?, open(options, &options.new)?);
    if !options.allow_no_final_newline {
        refuse::cut_off(&inputs.0)?;
        refuse::cut_off(&inputs.1)?;
    }
    if options.reading.strict {
        refuse::other_encoding(&inputs.0)?;
        refuse::other_encoding(&inputs.1)?;
    }
    let sides = (side(&inputs.0, options)?, side(&inputs.1, options)?);
    let server = options.server.unwrap_or_else(|| detect(&inputs.0, options));
    let schema = schema(options, server)?;
    let schema = schema.as_ref();
    let mut old = source(&inputs.0, schema, options);
    let mut new = source(&inputs.1, schema, options);
    old.options.rebase = None;
    find_layout(&pool, &mut old)?;
    find_layout(&pool, &mut new)?;
    write::refuse_assertions(options, server)?;
    let comparison = Comparison::new(schema, server, options.mode, selection(options));
    let identity = identity(options);
    let judge = Judge { old: &old, new: &new, comparison: &comparison, identity: &identity };
    let judge = |left, right| judge.verdict(left, right);
    let (state, keep_going) = (RandomState::new(), options.keep_going);
    let join = Join { pool: &pool, state, keep_going, judge: &judge, progress };
    let mut joined = join.run(&old, &new)?;
    if options.reading.strict {
        refuse::other_end(&inputs.0)?;
        refuse::other_end(&inputs.1)?;
    }
    refuse::unexpected_counts(options, (&inputs.0, &inputs.1), &joined)?;
    let mut matched = find_renames(&pool, &identity, &old, &new, &mut joined)?;
    let mut narrowing = Narrowing { kinds: options.only.clone(), ..Narrowing::default() };
    let selector = Selector::new(schema, &options.scope);
    let selecting =
        Selecting { pool: &pool, old: &old, new: &new, joined: &joined, selector: &selector };
    selecting.narrow(&matched, &mut narrowing, options.allow_empty)?;
    Protection { pool: &pool, identity: &identity, old: &old, new: &new, joined: &joined }
        .apply(&mut matched, &mut narrowing)?;
    let sight = Sight {
        pool: &pool,
        old: &old,
        new: &new,
        comparison: &comparison,
        identity: &identity,
        unique: &options.unique,
    };
    let mut warnings = sight.sentences(&matched, &narrowing, &options.selection)?;
    let task = Task {
        pool: &pool,
        old: &old,
        new: &new,
        index: &joined.index,
        comparison: &comparison,
        server,
        style: options.style,
        unique: &options.unique,
        narrowing: &narrowing,
    };
    let plan = plan(&task, matched)?;
    warnings.extend(warn::operational(options));
    warnings.extend(warn::notes(&plan.notes));
    warnings.extend(warn::left_out(plan.left_out, narrowing.keeps_all));
    if options.format.is_applied() {
        let limits = &options.limits;
        let (selecting, comparison, plan) = (&selecting, &comparison, &plan);
        Guard { limits, selecting, comparison, server, plan }.verify()?;
    }
    let way = Way { comparison: &comparison, names: &plan.names, server, style: options.style };
    let emission = Emission {
        pool: &pool,
        plan: &plan,
        old: &old,
        new: &new,
        way,
        max_record_size: options.max_record_size,
        keep_identifiers: options.keep_identifiers,
        assert: options.assert,
        secrets: &options.secrets,
    };
    let subject = Subject {
        old: Side { entries: joined.old_records, ..sides.0 },
        new: Side { entries: joined.new_records, ..sides.1 },
        counts: plan.counts,
        server,
        assert: options.assert,
        disabled: disabled(&plan),
    };
    inputs.0.verify_unchanged()?;
    inputs.1.verify_unchanged()?;
    let rejects = rejects_text(&old, &new, &joined.rejects);
    let written = write::write(options, &emission, &subject, &rejects, [&inputs.0, &inputs.1])?;
    warnings.extend(written.warnings);
    Ok(report(&plan, &joined, server, warnings, written.files))
}

/// The accounts that come disabled, the first of them by name.
fn disabled(plan: &Plan<'_>) -> Named {
    const SHOWN: usize = 20;
    let all = &plan.notes.disabled;
    let name = |&n: &u32| plan.moves[plan.journeys[n as usize].arrival].from.to_string();
    Named { count: all.len() as u64, first: all.iter().take(SHOWN).map(name).collect() }
}

fn report(
    plan: &Plan<'_>,
    joined: &Joined,
    server: Server,
    warnings: Vec<String>,
    files: Vec<PathBuf>,
) -> Report {
    Report {
        counts: plan.counts,
        left_out: plan.left_out,
        rejected: joined.rejects.len() as u64,
        old_entries: joined.old_records,
        new_entries: joined.new_records,
        server,
        warnings,
        files,
    }
}

/// Which attributes take part: what only the server may write is shown to people, never written.
fn selection(options: &Options) -> Selection {
    let operational = options.selection.operational && options.format == Format::Unified;
    Selection { operational, ..options.selection.clone() }
}

fn side(input: &Input, options: &Options) -> Result<Side> {
    if options.sha256 { Side::with_digest(input) } else { Ok(Side::of(input)) }
}

fn open(options: &Options, path: &Path) -> Result<Input> {
    let input_options = InputOptions {
        temp_dir: options.temp_dir.clone(),
        max_decompressed: options.max_decompressed,
        ..InputOptions::default()
    };
    Input::open(path, &input_options)
}

/// The schema that is built in, with what the server and the given files define otherwise.
fn schema(options: &Options, server: Server) -> Result<Cow<'static, Schema>> {
    let mut schema = Cow::Borrowed(server.schema());
    for path in &options.schema {
        let input = open(options, path)?;
        schema.to_mut().extend(input.name(), input.bytes())?;
    }
    Ok(schema)
}

fn source<'i>(input: &'i Input, schema: &'i Schema, options: &Options) -> Source<'i> {
    Source {
        name: input.name(),
        text: input.bytes(),
        schema,
        options: options.reading.clone(),
        layout: Layout::default(),
        continuations: Default::default(),
        lines: LineIndex::default(),
    }
}

/// The server that wrote an export, by the attributes of its first thousand entries.
fn detect(input: &Input, options: &Options) -> Server {
    let source = source(input, Schema::builtin(), options);
    let mut cutter = source.cut(0..source.text.len());
    for _ in 0..1000 {
        let Some(Ok(cut)) = cutter.next_record(None) else { break };
        let Ok(entry) = source.entry(cut.extent) else { continue };
        let names: Vec<&[u8]> = entry.attributes.iter().map(|a| a.description.as_ref()).collect();
        if let Some(server) = Server::of_attributes(&names) {
            return server;
        }
    }
    Server::Generic
}

fn identity(options: &Options) -> Identity {
    let known = || IDENTIFIERS.iter().map(|name| name.as_bytes().to_vec()).collect();
    Identity {
        names: if options.identifiers.is_empty() { known() } else { options.identifiers.clone() },
    }
}

/// Says whether two records of one name mean the same.
struct Judge<'j, 's> {
    old: &'j Source<'j>,
    new: &'j Source<'j>,
    comparison: &'j Comparison<'s>,
    identity: &'j Identity,
}

impl Judge<'_, '_> {
    fn verdict(&self, left: Extent, right: Extent) -> Result<Verdict> {
        let plain = self.new.options.rebase.is_none()
            && !self.comparison.selection.operational
            && !self.old.continuations.contains_key(&left.start)
            && !self.new.continuations.contains_key(&right.start);
        let ignored =
            |name: &[u8]| self.comparison.is_server_only(name) && !self.identity.holds(name);
        if plain && same_but_ignored(self.old.bytes(left), self.new.bytes(right), ignored) {
            return Ok(Verdict { content: false, agrees: None, half: false });
        }
        let (old_text, new_text) = (self.old.logical(left), self.new.logical(right));
        let old = self.old.entry_in(left, &old_text)?;
        let new = self.new.entry_in(right, &new_text)?;
        self.refuse_bare((left, &old), (right, &new))?;
        let side = |entry| self.comparison.fields_of_pair(entry, [&old, &new]);
        let fields = (side(&old), side(&new));
        let content = !self.comparison.delta(fields.0, fields.1).is_empty();
        let half = self.identity.is_half(&old, &new);
        Ok(Verdict { content, agrees: self.identity.agree(&old, &new), half })
    }

    /// An entry without attributes is not compared with one that has some: its file was cut, or was
    /// not made for this.
    fn refuse_bare(
        &self,
        (left, old): (Extent, &Entry<'_>),
        (right, new): (Extent, &Entry<'_>),
    ) -> Result<()> {
        match (old.attributes.is_empty(), new.attributes.is_empty()) {
            (true, false) => Err(self.old.error_in(ErrorKind::NameOnly, left)),
            (false, true) => Err(self.new.error_in(ErrorKind::NameOnly, right)),
            _ => Ok(()),
        }
    }
}
