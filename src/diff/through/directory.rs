//! The directory follows the database.

use std::collections::HashSet;
use std::ops::Range;

use crate::compare::Comparison;
use crate::compare::identity::Identity;
use crate::compare::rename::Matched;
use crate::dialect::Dialect;
use crate::diff::run::Run;
use crate::diff::tables::TableOptions;
use crate::diff::tables::called;
use crate::diff::through::rejected::Rejected;
use crate::diff::through::{BesideFollowed, Done, Followed, Through, limits, tables};
use crate::diff::warn;
use crate::diff::{
    Format, Limits, Options, Report, identity, input_options, refuse_unsound_one, selection, side,
    write,
};
use crate::emit::Side;
use crate::error::{Counted, Result};
use crate::join::{Joined, Olds, Pair, Reject, find_layout};
use crate::mapping::Toward;
use crate::parallel::Pool;
use crate::reconcile::{MadeEntries, Outcome, Reasons, Skipped, Task, follow_database};
use crate::schema::Schema;
use crate::server::Server;
use crate::source::{Extent, Source, open, server_of};

/// Has the entries of an export follow a dump: writes change LDIF.
///
/// `rows` says how the dump is read, `entries` all else; `entries.old` is the export, `rows.new` the dump.
///
/// # Errors
///
/// A side that cannot be read; what the mapping names is not there; a limit; what no server takes.
pub fn diff_to_directory(
    through: &Through,
    entries: &Options,
    rows: &TableOptions,
    progress: &(dyn Fn(u64) + Sync),
    beside: BesideFollowed<'_, Report>,
) -> Result<Followed<Report>> {
    limits::refuse_unknown(through)?;
    let pool = &Pool::new(entries.threads)?;
    let files = tables::Files::new(through, &rows.new);
    let opened = &files.open(rows)?;
    let input = open(&entries.old, &input_options(entries))?;
    refuse_unsound_one(entries, &input)?;
    let known = tables::known(through, opened, rows)?;
    let said = known.iter().find_map(|one| one.header.dialect);
    let constraints = tables::constraints(rows, &known, None);
    let names: Vec<_> = known.iter().map(|one| called(&one.name, &one.header, None)).collect();
    let all = tables::tables(rows, opened, &known, &constraints, &names);
    let asked = entries.server.or(through.file.directory.server);
    let (server, mark) = server_of(asked, &input, &entries.reading);
    let schema = Schema::with_files(server.schema(), &entries.schema, &input_options(entries))?;
    let mut old = Source::new(&input, &schema, entries.reading.clone());
    find_layout(pool, &mut old)?;
    let task = Task {
        pool,
        schema: &schema,
        file: &through.file,
        mappings: through.mappings(),
        toward: Toward::Directory,
        directory: &old,
        tables: &all,
        dialect: said.unwrap_or(Dialect::Postgres),
        part: entries.part,
        memory: entries.memory,
        explain: through.explain.clone(),
        tells: entries.format == Format::Jsonl,
        is_fresh: false,
        keep_going: entries.keep_going,
    };
    let Outcome { mut made, accounts, mut skipped } = follow_database(&task)?;
    progress(input.bytes().len() as u64);
    let dump = opened.dump.name();
    let counted = (Counted::SelectedRows, entries.allow_empty);
    limits::refuse_strangers(&accounts, (input.name(), &dump), counted)?;
    if entries.format.is_applied() {
        limits::refuse_losses(&accounts, entries.limits.delete)?;
    }
    write::refuse_unheeded(entries, server)?;
    let new = Source::of_text(&dump, &made.text, &schema, entries.reading.clone());
    let comparison = &Comparison::new(&schema, server, entries.mode, selection(entries));
    let identity: &Identity = &identity(entries, &schema);
    let new_rows = accounts.iter().map(|account| account.sources).sum();
    let rejected = Rejected { directory: &old, tables: &all, skipped: &skipped };
    let rejects = rejected.text(&accounts);
    let delete = limits::of_entries(&accounts, entries.limits.delete);
    let done = Done { accounts: &accounts, skipped: skipped.count() };
    let joined = joined(std::mem::take(&mut made.olds), new_rows, &mut skipped);
    let mut matched = matched(&made);
    let reasons = Reasons::new(std::mem::take(&mut made.whys), |n| extent(&made.created[n]));
    let run = Run {
        options: entries,
        pool,
        inputs: [&input, &input],
        old: &old,
        new: &new,
        server,
        mark,
        comparison,
        identity,
        reasons: Some(&reasons),
        rejects: Some(rejects),
        limits: Limits { delete, ..entries.limits },
    };
    run.look_at(&mut matched.changed)?;
    let mut narrowing = run.narrow(&joined, &matched)?;
    // What no flow names stays as it is, also where its text comes to mean another entry.
    let changed: HashSet<Extent> = made.changed.iter().map(|(place, ..)| *place).collect();
    narrowing.old.extend(made.dangling.renamed.iter().filter(|place| !changed.contains(place)));
    let (plan, mut warnings) = run.plan_followed(&joined, matched, &narrowing)?;
    if server != Server::ActiveDirectory {
        warnings.extend(warn::dangling(&old, &made.dangling));
    }
    run.verify(&joined, &plan)?;
    opened.dump.verify_unchanged()?;
    let sides: [Side; 2] = [side(&input, entries)?, opened.dump.side(new_rows, rows)?];
    let report = run.write(&joined, &plan, sides, warnings, &mut |report| beside(report, &done))?;
    skipped.entries = joined.rejects;
    Ok(Followed { report, accounts, skipped })
}

/// What is known of OLD, as a join knows it; what differs is known already.
fn joined(olds: Olds, rows: u64, skipped: &mut Skipped) -> Joined {
    let is_nameless =
        |one: &&Reject| one.is_record && skipped.nameless.contains(&one.extent().start);
    let nameless = skipped.entries.iter().filter(is_nameless).count() as u64;
    Joined {
        old_records: olds.len() as u64 + nameless,
        olds,
        new_records: rows,
        rejects: std::mem::take(&mut skipped.entries),
        ..Joined::default()
    }
}

/// Where a record stands in the text that was made.
fn extent(range: &Range<usize>) -> Extent {
    let len = u32::try_from(range.len()).unwrap_or(u32::MAX);
    Extent { start: range.start as u64, len }
}

/// Who is who, as it was found through the mapping.
fn matched(made: &MadeEntries) -> Matched {
    let mut matched = Matched::default();
    for (before, range, is_renamed) in &made.changed {
        let after = extent(range);
        if *is_renamed {
            matched.moved.push(Pair::renamed(*before, after));
        } else {
            matched.changed.push(Pair { agrees: None, ..Pair::renamed(*before, after) });
        }
    }
    matched.new_only = made.created.iter().map(extent).collect();
    matched.old_only.clone_from(&made.deleted);
    matched
}
