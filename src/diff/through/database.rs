//! The database follows the directory.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::dialect::Dialect;
use crate::diff::tables::{
    Agreed, Finished, RowFormat, Run, TableOptions, TableReport, called, is_stageable,
};
use crate::diff::tables::{agree, referrers};
use crate::diff::through::rejected::{Rejected, written};
use crate::diff::through::tables::Known;
use crate::diff::through::{
    BesideFollowed, Done, Followed, Through, dangling, limits, lookups, references, tables,
};
use crate::diff::{Options, input_options, refuse_unsound_one};
use crate::emit::Side;
use crate::emit::sql::TableSubject;
use crate::error::{Counted, Result};
use crate::input::Input;
use crate::join::{JoinedRows, find_layout};
use crate::mapping::Toward;
use crate::parallel::Pool;
use crate::plan::rows::TableSides;
use crate::reconcile::{
    MadeTable, Outcome, Reasons, Table, Task, follow_directory, without_offset,
};
use crate::schema::Schema;
use crate::source::{Rows, Source, open, server_of};
use crate::table::{Row, Value, same};

/// Has the tables of a dump follow a directory: writes the script.
///
/// `entries` says how the export is read, `rows` all else; `rows.old` is the dump, `entries.new` the export.
///
/// # Errors
///
/// A side that cannot be read; what the mapping names is not there; a limit.
pub fn diff_to_database(
    through: &Through,
    entries: &Options,
    rows: &TableOptions,
    progress: &(dyn Fn(u64) + Sync),
    beside: BesideFollowed<'_, TableReport>,
) -> Result<Followed<TableReport>> {
    limits::refuse_unknown(through)?;
    rows.refuse_several(&through.own_tables())?;
    let pool = &Pool::new(rows.threads)?;
    let files = tables::Files::new(through, &rows.old);
    let opened = &files.open(rows)?;
    let input = open(&entries.new, &input_options(entries))?;
    refuse_unsound_one(entries, &input)?;
    let known = tables::known(through, opened, rows)?;
    let said = known.iter().find_map(|one| one.header.dialect);
    let runner = rows.runner(said)?;
    let mut constraints = tables::constraints(rows, &known, runner);
    let names: Vec<_> = known.iter().map(|one| called(&one.name, &one.header, runner)).collect();
    let schema = schema(through, entries, &input)?;
    let mut directory = Source::new(&input, &schema, entries.reading.clone());
    find_layout(pool, &mut directory)?;
    let time_zone = known.iter().find_map(|one| one.header.time_zone.clone());
    // What comes from the directory is in UTC.
    let is_utc = time_zone.as_ref().is_none_or(|zone| zone == UTC)
        && runner.or(said).is_some_and(Dialect::has_instants_of_the_session);
    let in_utc = is_utc.then_some(UTC);
    let (made, accounts, skipped, moves, dangling) = {
        let all = tables::tables(rows, opened, &known, &constraints, &names);
        let task = Task {
            pool,
            schema: &schema,
            file: &through.file,
            mappings: through.mappings(),
            toward: Toward::Database,
            directory: &directory,
            tables: &all,
            dialect: runner.or(said).unwrap_or(Dialect::Postgres),
            part: rows.part,
            memory: rows.memory,
            explain: through.explain.clone(),
            tells: rows.format == RowFormat::Jsonl,
            is_fresh: false,
            keep_going: entries.keep_going,
        };
        let Outcome { mut made, accounts, skipped } = follow_directory(&task)?;
        if in_utc.is_some() {
            for (made, one) in made.iter_mut().zip(&known) {
                let changed = made.changed.iter_mut().map(|(_, row)| row);
                without_offset(changed.chain(&mut made.created), &one.columns);
            }
        }
        let moves = all.iter().zip(&made).map(|(table, made)| moves_keys(table, made));
        let moves = moves.collect::<Result<Vec<bool>>>()?;
        let mut dangling = dangling::sentences((pool, rows.part), through, &known, (&all, &made))?;
        dangling.extend(lookups::sentences(through, &known, &made));
        (made, accounts, skipped, moves, dangling)
    };
    progress(input.bytes().len() as u64);
    let sides = (opened.dump.name(), input.name());
    let counted = (Counted::Selected, rows.allow_empty);
    limits::refuse_strangers(&accounts, (&sides.0, sides.1), counted)?;
    if rows.format.is_applied() {
        limits::refuse_losses(&accounts, rows.max_delete)?;
    }
    for (n, _) in moves.iter().enumerate().filter(|(_, moves)| **moves) {
        // Where keys change, one may take what another had.
        constraints[n].unique.push(known[n].columns.key.clone());
    }
    let makes_keys: Vec<bool> = made.iter().map(has_made).collect();
    references::add_mapped(through, &known, &makes_keys, &mut constraints);
    let all = tables::tables(rows, opened, &known, &constraints, &names);
    let all = &all[..opened.of_dump(&known)];
    for (n, table) in all.iter().enumerate() {
        table.rows.leave_out(skipped.places(n));
    }
    let agree = |n: usize| {
        let (touched, servers_own) = touched(through, &known[n], runner);
        Agreed {
            table: names[n].clone(),
            columns: known[n].columns.clone(),
            constraints: constraints[n].clone(),
            counters: all[n].counted.clone(),
            referrers: agree::referrers(&known[n].header, &names),
            spellings: agree::spellings(&known[n].columns, [&known[n].header], runner),
            touched,
            servers_own,
            left_out: Vec::new(),
            is_stageable: !moves[n]
                && !has_made(&made[n])
                && is_stageable(runner, &constraints[n], &known[n].header),
            max_deletes: limits::of_table(through, &known[n].name),
        }
    };
    let agreed: Vec<Agreed> = (0..all.len()).map(agree).collect();
    let counts = all.iter().zip(&made).map(|(table, made)| match made.rows {
        Some(count) => Ok(count),
        None => count(pool, table, rows),
    });
    let counts = counts.collect::<Result<Vec<u64>>>()?;
    let joined: Vec<JoinedRows> = made.iter().zip(&counts).map(joined).collect();
    let mut reasons = Vec::new();
    let news = made.into_iter().zip(&known).map(|(made, one)| {
        let changed = made.changed.len();
        reasons.push(Reasons::new(made.whys, |number| Rows::made_at(changed + number)));
        let rows = made.changed.into_iter().map(|(_, row)| row).chain(made.created);
        Rows::made(input.name(), rows.collect(), &one.columns)
    });
    let news: Vec<Rows<'_>> = news.collect();
    let side = |n: usize| TableSides {
        old: &all[n].rows,
        new: &news[n],
        joined: &joined[n],
        constraints: &constraints[n],
    };
    let sides: Vec<TableSides<'_, '_>> = (0..all.len()).map(side).collect();
    let time_zone = in_utc.map(str::to_owned).or(time_zone);
    let run = Run {
        options: rows,
        pool,
        tables: &agreed,
        sides: &sides,
        time_zone: time_zone.as_deref(),
        reasons: &reasons,
    };
    let plan = run.planned()?;
    let verify = || opened.dump.verify_unchanged().and_then(|()| input.verify_unchanged());
    verify()?;
    let new = if rows.sha256 { Side::with_digest(&input)? } else { Side::of(&input) };
    let subject = TableSubject {
        old: opened.dump.side(counts.iter().sum(), rows)?,
        new: Side { entries: accounts.iter().map(|account| account.sources).sum(), ..new },
        counts: plan.counts.clone(),
    };
    let warnings = known.iter().flat_map(|one| one.header.warnings()).chain(dangling);
    let warnings = warnings.chain(referrers::sentences(&opened.dump, &run, runner)?).collect();
    let texts = Rejected { directory: &directory, tables: all, skipped: &skipped };
    let rejects = entries.rejects.as_ref();
    let rejects = rejects.map(|path| written(path, &texts.text(&accounts))).transpose()?;
    let finished =
        Finished { run: &run, plan: &plan, subject: &subject, runner, warnings, rejects };
    let done = Done { accounts: &accounts, skipped: skipped.count() };
    let report = finished.write(&mut |report| beside(report, &done), &verify)?;
    Ok(Followed { report, accounts, skipped })
}

/// The columns that the database sets by itself in each row that is changed: those that are to be what a mapping
/// says, and the others, which tell when a row followed an entry.
fn touched(through: &Through, one: &Known, runner: Option<Dialect>) -> (Vec<usize>, Vec<usize>) {
    let set: Vec<usize> = through
        .columns_set(&one.name)
        .filter_map(|name| agree::number_in(&one.columns, name))
        .collect();
    let all = agree::touched(&one.columns, [&one.header], runner);
    all.into_iter().partition(|n| set.contains(n))
}

/// How MySQL and MariaDB call UTC.
const UTC: &str = "+00:00";

fn schema(through: &Through, entries: &Options, input: &Input) -> Result<Cow<'static, Schema>> {
    let asked = entries.server.or(through.file.directory.server);
    let (server, _) = server_of(asked, input, &entries.reading);
    Schema::with_files(server.schema(), &entries.schema, &input_options(entries))
}

/// What came of holding the rows against those that were made.
fn joined((made, count): (&MadeTable, &u64)) -> JoinedRows {
    let changed = made.changed.iter().enumerate();
    let created = made.changed.len()..made.changed.len() + made.created.len();
    JoinedRows {
        old_records: *count,
        new_records: *count + made.created.len() as u64 - made.deleted.len() as u64,
        changed: changed.map(|(n, (old, _))| (*old, Rows::made_at(n))).collect(),
        old_only: made.deleted.clone(),
        new_only: created.map(Rows::made_at).collect(),
        carried: made.carried.clone(),
    }
}

/// How many rows a table has.
fn count(pool: &Pool, table: &Table<'_>, options: &TableOptions) -> Result<u64> {
    let parts = pool.map_ordered(table.rows.split(options.part), |range| -> Result<u64> {
        let mut count = 0;
        table.rows.each(range, |_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    });
    let counts: Result<Vec<u64>> = parts.into_iter().collect();
    Ok(counts?.into_iter().sum())
}

/// Whether the database is to make values of rows that come, or of those that refer to them.
fn has_made(made: &MadeTable) -> bool {
    let rows = made.created.iter().chain(made.changed.iter().map(|(_, row)| row));
    let mut cells = rows.flat_map(|row| row.iter().flatten());
    cells.any(Value::is_query)
}

/// Whether the key of a row changes, or one comes with the key of one that goes.
fn moves_keys(table: &Table<'_>, made: &MadeTable) -> Result<bool> {
    let columns = table.rows.columns;
    let key = |row: &Row<'_>| columns.values(&columns.key, row);
    let gone = made.deleted.iter().map(|place| Ok(key(&table.rows.read(*place)?)));
    let gone = gone.collect::<Result<HashSet<_>>>()?;
    if made.created.iter().any(|row| gone.contains(&key(row))) {
        return Ok(true);
    }
    for (place, new) in &made.changed {
        let old = table.rows.read(*place)?;
        let moves = |&n: &usize| !same(columns.types[n], &old[n], &new[n]);
        if columns.key.iter().any(moves) {
            return Ok(true);
        }
    }
    Ok(false)
}
