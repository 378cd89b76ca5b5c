//! `diff` through a mapping: from what was typed to what is asked of the library, and what came of it.

pub(super) mod transform;

use std::path::{Path, PathBuf};
use std::time::Instant;

use ldifsync::diff::tables::{TableOptions, TableReport};
use ldifsync::diff::through::{Done, Followed, Through, diff_to_database, diff_to_directory};
use ldifsync::diff::{Options, Report};
use ldifsync::emit::in_words;
use ldifsync::emit::sql::rows_in_words;
use ldifsync::error::{Result, UsageFault};
use ldifsync::input::{Input, InputOptions};
use ldifsync::mapping::{MappingFile, Situation, Toward, read};
use ldifsync::reconcile::{Account, Reported, Skipped};
use ldifsync::text::{Count, number_of};

use crate::cli::args::{DiffArgs, FormatArg, SideFormatArg, ToArg};
use crate::cli::exit::Exit;
use crate::cli::options::{Holds, refuse_name, usage};
use crate::cli::progress;
use crate::cli::report::Terminal;
use crate::cli::summary::{Diffed, Pending, Summary, TablesDiffed, Told};
use crate::cli::tables::{kind_of, refuse_given};

/// Reads a mapping file; what is wrong with it is printed.
///
/// # Errors
///
/// It cannot be read at all.
fn mapping_file(
    path: &Path,
    terminal: Terminal<'_>,
) -> Result<std::result::Result<MappingFile, usize>> {
    let input = Input::open(path, &InputOptions::default())?;
    Ok(read(input.name(), input.bytes()).map_err(|mistakes| {
        for mistake in &mistakes {
            terminal.error(mistake, std::iter::empty());
        }
        mistakes.len()
    }))
}

/// Has one side follow the other, and says what came of it.
pub(in crate::cli) fn work(
    args: &DiffArgs,
    mapping: &Path,
    terminal: Terminal<'_>,
) -> Result<Exit> {
    let toward = args.toward()?;
    args.refuse_idle(toward)?;
    let Ok(file) = mapping_file(mapping, terminal)? else { return Ok(Exit::Failed) };
    let only = args.through.mapping_only.clone();
    let explain = args.through.explain.clone();
    let through = Through { path: mapping.to_owned(), file, only, explain };
    match toward {
        Toward::Database => to_database(args, &through, terminal),
        Toward::Directory => to_directory(args, &through, terminal),
    }
}

impl DiffArgs {
    /// The side that is changed: what OLD is.
    ///
    /// # Errors
    ///
    /// Both sides are of one kind; OLD is of another than `--to` says.
    fn toward(&self) -> Result<Toward> {
        let is_rows = |path: &PathBuf, said: Option<SideFormatArg>| {
            let kind = kind_of(path, said);
            path.is_dir() || kind.is_some_and(|kind| kind != SideFormatArg::Ldif)
        };
        let old = is_rows(&self.old, self.input.old_format);
        let new = is_rows(&self.new, self.input.new_format);
        let toward = match (old, new) {
            (true, false) => Toward::Database,
            (false, true) => Toward::Directory,
            _ => return Err(usage(UsageFault::OneKind { of_tables: old })),
        };
        let asked = match self.change.to {
            None => toward,
            Some(ToArg::Database) => Toward::Database,
            Some(ToArg::Directory) => Toward::Directory,
        };
        let (old, new) = (self.old.clone(), self.new.clone());
        if asked == toward { Ok(toward) } else { Err(usage(UsageFault::WrongWay { old, new })) }
    }

    /// Refuses options that mean nothing through a mapping, or for the side that is changed.
    fn refuse_idle(&self, toward: Toward) -> Result<()> {
        const READING: [&str; 5] =
            ["--schema", "--strict", "--allow-file-urls", "--keep-going", "--server"];
        const SELECTING: [&str; 5] =
            ["--filter", "--exclude", "--base", "--only-dn", "--exclude-dn"];
        let selecting = &self.selecting;
        let mut idle = vec![
            ("--key", !self.script.key.is_empty()),
            ("--table", !self.tables.table.is_empty()),
            ("--identifier", !self.comparing.identifier.is_empty()),
            ("--rebase", !self.comparing.rebase.is_empty()),
            ("--attributes", !selecting.attributes.is_empty()),
            ("--exclude-attributes", !selecting.exclude_attributes.is_empty()),
            ("--operational", selecting.operational),
        ];
        match toward {
            Toward::Database => {
                let entries = self.of_entries();
                idle.extend(entries.into_iter().filter(|(name, _)| !READING.contains(name)));
                refuse_given(&idle, "a database follows a directory")
            }
            Toward::Directory => {
                let script = ["--sql-style", "--guard", "--end", "--commit-every", "--format sql"];
                let rows = self.of_rows().into_iter();
                idle.extend(rows.filter(|(name, _)| script.contains(name)));
                idle.retain(|(name, _)| !SELECTING.contains(name));
                refuse_given(&idle, "a directory follows a database")
            }
        }
    }

    /// How the dump is read, and how a script is written.
    fn rows(
        &self,
        through: &Through,
        dump: &Path,
        said: Option<SideFormatArg>,
    ) -> Result<TableOptions> {
        let tables = through.tables();
        let dialect = self.script.dialect.map(Into::into).or(through.file.database.dialect);
        let rows = self.tables_asked(&tables, dialect)?;
        let files = self.tables.table_files(dump, said, dialect, &tables)?;
        Ok(TableOptions {
            old: files.clone(),
            new: files,
            dialect: rows.dialect.or(through.file.database.dialect),
            ..rows
        })
    }
}

fn to_database(args: &DiffArgs, through: &Through, terminal: Terminal<'_>) -> Result<Exit> {
    let start = Instant::now();
    args.refuse_one_file_twice()?;
    refuse_name(&args.output.output, args.format_or(&FormatArg::Sql).into())?;
    args.output.undo.as_deref().map_or(Ok(()), |undo| refuse_name(undo, Holds::Sql))?;
    let rows = args.rows(through, &args.old, args.input.old_format)?;
    let rows = TableOptions { template: args.rendering()?, ..rows };
    let entries = args.entries()?;
    let mut summary = args.output.summary.as_deref().map(Pending::create).transpose()?;
    let mut beside = |report: &TableReport, done: &Done<'_>| {
        let exit = status(args, report.counts().total(), done);
        let done = Told {
            done: TablesDiffed::new(args, report),
            skipped: done.skipped,
            mappings: done.accounts.into(),
        };
        let all = Summary::new("diff", exit, done);
        summary.take().map(|summary| summary.written(&all)).transpose()
    };
    let bar = progress::bar(args.running.progress, [args.old.as_path(), &args.new]);
    let done = diff_to_database(through, &entries, &rows, &|bytes| bar.inc(bytes), &mut beside);
    bar.finish_and_clear();
    let Followed { report, accounts, skipped } = done?;
    report.warnings.iter().for_each(|sentence| terminal.warning(sentence));
    tell_skipped(&skipped, terminal);
    tell(&accounts, terminal);
    terminal.print(&explained(&accounts, through.explain.as_deref()));
    if !args.running.quiet {
        terminal.print(&format!(
            "ldifsync: {} + {} read, {} in {:.1} s{}\n",
            number_of(report.rows().0, "row", "rows"),
            number_of(accounts.iter().map(|one| one.sources).sum(), "entry", "entries"),
            rows_in_words(report.counts()),
            start.elapsed().as_secs_f64(),
            report.dialect.map_or(String::new(), |dialect| format!(" ({dialect})"))
        ));
        terminal.print(&situations(&accounts));
    }
    let done = Done { accounts: &accounts, skipped: skipped.count() };
    Ok(status(args, report.counts().total(), &done))
}

fn to_directory(args: &DiffArgs, through: &Through, terminal: Terminal<'_>) -> Result<Exit> {
    let start = Instant::now();
    args.refuse_rows()?;
    args.refuse_one_file_twice()?;
    refuse_name(&args.output.output, args.format_or(&FormatArg::Ldif).into())?;
    args.output.undo.as_deref().map_or(Ok(()), |undo| refuse_name(undo, Holds::Undo))?;
    let rows = args.rows(through, &args.new, args.input.new_format)?;
    let entries = Options { template: args.rendering()?, ..args.entries()? };
    let mut summary = args.output.summary.as_deref().map(Pending::create).transpose()?;
    let mut beside = |report: &Report, done: &Done<'_>| {
        let exit = status(args, report.counts.total(), done);
        let done = Told {
            done: Diffed::new(args, report),
            skipped: done.skipped,
            mappings: done.accounts.into(),
        };
        let all = Summary::new("diff", exit, done);
        summary.take().map(|summary| summary.written(&all)).transpose()
    };
    let bar = progress::bar(args.running.progress, [args.old.as_path(), &args.new]);
    let done = diff_to_directory(through, &entries, &rows, &|bytes| bar.inc(bytes), &mut beside);
    bar.finish_and_clear();
    let Followed { report, accounts, skipped } = done?;
    report.warnings.iter().for_each(|sentence| terminal.warning(sentence));
    tell_skipped(&skipped, terminal);
    tell(&accounts, terminal);
    terminal.print(&explained(&accounts, through.explain.as_deref()));
    if !args.running.quiet {
        terminal.print(&format!(
            "ldifsync: {} + {} read, {} in {:.1} s ({})\n",
            number_of(report.old_entries, "entry", "entries"),
            number_of(report.new_entries, "row", "rows"),
            in_words(&report.counts),
            start.elapsed().as_secs_f64(),
            report.server.name()
        ));
        terminal.print(&situations(&accounts));
    }
    let done = Done { accounts: &accounts, skipped: skipped.count() };
    Ok(status(args, report.counts.total(), &done))
}

/// The status of a run that was not refused.
fn status(args: &DiffArgs, changes: u64, done: &Done<'_>) -> Exit {
    let is_open = |account: &Account| {
        !account.rejections.is_empty() || account.found(Situation::Ambiguous) > 0
    };
    let exit = if changes > 0 { Exit::Changes } else { Exit::Done };
    let exit = if args.output.exit_zero { exit.without_changes() } else { exit };
    let is_any_open = done.skipped > 0 || done.accounts.iter().any(is_open);
    if is_any_open { exit.and(Exit::Incomplete) } else { exit }
}

/// Says which records were skipped.
fn tell_skipped(skipped: &Skipped, terminal: Terminal<'_>) {
    let entries = skipped.entries.iter().map(|one| &one.error);
    let all = entries.chain(skipped.rows.iter().map(|one| &one.error));
    all.take(SHOWN).for_each(|error| terminal.rejection(error));
    more(skipped.count(), SHOWN, "records", terminal);
}

/// Says what is withheld, for nobody knows what a record that cannot be told stands for.
fn tell_withheld(account: &Account, terminal: Terminal<'_>) {
    const WHY: &str = "the key of a record that was rejected cannot be told";
    let all = [
        (account.withheld_losses, "delete or inactivation is", "deletes and inactivations are"),
        (account.withheld_arrivals, "creation or first link is", "creations and first links are"),
    ];
    for (count, one, many) in all.into_iter().filter(|(count, ..)| *count > 0) {
        let what = number_of(count, one, many);
        terminal.warning(&format!("mapping `{}`: {what} withheld: {WHY}", account.mapping));
    }
}

/// How many records or values are told one by one.
const SHOWN: usize = 10;

/// Says what was not followed: rejected records, those that the policy has told, values that lead nowhere.
fn tell(accounts: &[Account], terminal: Terminal<'_>) {
    for account in accounts {
        for rejection in account.rejections.iter().take(SHOWN) {
            terminal.rejection(&rejection.error);
        }
        more(account.rejections.len(), SHOWN, "records", terminal);
        tell_withheld(account, terminal);
        for Reported { situation, count, first } in &account.reported {
            let dots = if *count > first.len() as u64 { ", …" } else { "" };
            terminal.warning(&format!(
                "mapping `{}`: {} {}, and left as {}: {}{dots}",
                account.mapping,
                number_of(*count, "record is", "records are"),
                situation.name(),
                if *count == 1 { "it is" } else { "they are" },
                first.join(", ")
            ));
        }
        if let (count, Some((row, entry))) = &account.doubles {
            let entries = number_of(*count, "entry is", "entries are");
            terminal.warning(&format!(
                "mapping `{}`: {entries} added though an entry with the same key stands outside of `entries.base`: \
                 `{entry}` has that of {row}",
                account.mapping
            ));
        }
        if let (count, Some((shown, other))) = &account.followed_elsewhere {
            terminal.warning(&format!(
                "mapping `{}`: {} go or become inactive, and {} another mapping's: `{other}` follows {shown} \
                 (and must leave out whoever is to go)",
                account.mapping,
                number_of(*count, "record would", "records would"),
                if *count == 1 { "stays as it is, for it is" } else { "stay as they are, for they are" },
            ));
        }
        for sentence in &account.doubts {
            terminal.warning(&format!("mapping `{}`: {sentence}", account.mapping));
        }
        for sentence in account.unresolved.iter().take(SHOWN) {
            terminal.warning(&format!("mapping `{}`: {sentence}", account.mapping));
        }
        more(account.unresolved.len(), SHOWN, "values", terminal);
    }
}

fn more(count: usize, shown: usize, what: &str, terminal: Terminal<'_>) {
    if count > shown {
        terminal.warning(&format!("… and {} more {what}", Count((count - shown) as u64)));
    }
}

/// Why the records that were asked about are treated as they are.
fn explained(accounts: &[Account], asked: Option<&str>) -> String {
    let Some(asked) = asked else { return String::new() };
    let mut text = String::new();
    for account in accounts {
        for one in &account.explanations {
            let (situation, action) = (one.situation.name(), one.action.name());
            text += &format!("mapping `{}`: {situation}, {action}\n", account.mapping);
            let none = || "nothing".to_owned();
            text += &format!("  source: {}\n", one.source.clone().unwrap_or_else(none));
            let targets = if one.targets.is_empty() { none() } else { one.targets.join("; ") };
            text += &format!("  target: {targets}\n");
            if !one.columns.is_empty() {
                text += &format!("  found by: {}\n", one.columns.join(", "));
            }
            for effect in &one.effects {
                let line = effect.line.map_or(String::new(), |line| format!(" (line {line})"));
                let value = |value: &Option<String>| match value {
                    Some(value) => format!("`{value}`"),
                    None => "nothing".to_owned(),
                };
                let (old, new) = (value(&effect.old), value(&effect.new));
                text += &format!("  {}: {old} becomes {new}{line}\n", effect.name);
            }
        }
    }
    if text.is_empty() {
        text = format!("no record is called `{asked}`, or is found by it\n");
    }
    text
}

/// How many records of each mapping were found in which situation.
fn situations(accounts: &[Account]) -> String {
    let line = |account: &Account| {
        let found = Situation::ALL.into_iter().filter(|one| account.found(*one) > 0);
        let found = found.map(|one| format!("{} {}", Count(account.found(one)), one.name()));
        let found: Vec<String> = found.collect();
        let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
        format!("ldifsync: mapping `{}`: {found}\n", account.mapping)
    };
    accounts.iter().map(line).collect()
}
