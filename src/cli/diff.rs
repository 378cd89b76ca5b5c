//! `diff`: asks the library, and says what came of it.

use std::time::Instant;

use ldifsync::diff::{Report, diff_with};
use ldifsync::emit::in_words;
use ldifsync::error::Result;
use ldifsync::source::Mark;
use ldifsync::text::Count;

use super::args::DiffArgs;
use super::exit::Exit;
use super::progress;
use super::report::{Terminal, closing, sizes};
use super::summary::{Diffed, Pending, Summary};
use super::tables;
use super::through;

/// Runs it to its exit status.
pub(super) fn run(args: &DiffArgs) -> Exit {
    let terminal = Terminal::new(args.running.color, &args.output.secret);
    let done = match &args.through.mapping {
        Some(mapping) => through::work(args, mapping, terminal),
        None => args.is_of_tables().and_then(|of_tables| match of_tables {
            true => tables::diff::work(args, terminal),
            false => work(args, terminal),
        }),
    };
    let exit = terminal.settle(done, Exit::Changes, args.outputs());
    if args.output.exit_zero { exit.without_changes() } else { exit }
}

fn work(args: &DiffArgs, terminal: Terminal<'_>) -> Result<Exit> {
    let start = Instant::now();
    let options = args.options()?;
    let mut summary = args.output.summary.as_deref().map(Pending::create).transpose()?;
    let mut beside = |report: &Report| {
        let exit = status(report);
        let exit = if args.output.exit_zero { exit.without_changes() } else { exit };
        let all = Summary::new("diff", exit, Diffed::new(args, report));
        summary.take().map(|summary| summary.written(&all)).transpose()
    };
    let bar = progress::bar(args.running.progress, [args.old.as_path(), &args.new]);
    let done = diff_with(&options, &|bytes| bar.inc(bytes), &mut beside);
    let bytes = bar.position();
    bar.finish_and_clear();
    let report = done?;
    report.warnings.iter().for_each(|warning| terminal.warning(warning));
    if args.running.verbose {
        terminal.print(&details(args, &report, bytes, start));
    }
    if !args.running.quiet {
        terminal.print(&closing(&report, start.elapsed()));
    }
    Ok(status(&report))
}

/// The status of a run that was not refused.
fn status(report: &Report) -> Exit {
    let facts =
        [(report.counts.total() > 0, Exit::Changes), (report.rejected > 0, Exit::Incomplete)];
    facts.into_iter().filter(|(holds, _)| *holds).fold(Exit::Done, |exit, (_, fact)| exit.and(fact))
}

/// What `-v` adds: sizes, rate, and what stands behind the counts.
fn details(args: &DiffArgs, report: &Report, bytes: u64, start: Instant) -> String {
    let inputs = [("OLD ", args.old.as_path()), ("NEW ", &args.new)];
    let mut lines = sizes(inputs, bytes, start.elapsed());
    if let Some(Mark { attribute, line }) = &report.mark {
        let (server, line) = (report.server.name(), Count(*line));
        lines += &format!("ldifsync: OLD is of {server}: it has `{attribute}`, on line {line}\n");
    }
    if report.left_out.total() > 0 {
        lines += &format!("ldifsync: left out: {}\n", in_words(&report.left_out));
    }
    let (recreated, parked) = (report.counts.recreated, report.counts.parked);
    if recreated > 0 {
        lines += &format!(
            "ldifsync: deleted and added again under the same name: {}\n",
            Count(recreated)
        );
    }
    if parked > 0 {
        lines += &format!("ldifsync: through a temporary name: {}\n", Count(parked));
    }
    if report.counts.replaced > 0 {
        let replaced = Count(report.counts.replaced);
        lines += &format!("ldifsync: attributes written as a whole: {replaced}\n");
    }
    lines
}
