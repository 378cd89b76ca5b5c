//! The command line: what was typed, what it means, what it says, what it ends with.
//!
//! The only place that knows clap, terminals and exit statuses.

mod apply;
mod args;
mod check;
mod diff;
mod exit;
mod mapping;
mod mask;
mod options;
mod pages;
mod progress;
mod report;
mod signals;
mod summary;
mod tables;
mod through;
mod transform;
mod values;

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Cli, Command};
use exit::Exit;

/// Reads the command line and runs it.
pub(crate) fn main() -> ExitCode {
    set_hook(Box::new(tell_panic));
    // Where that cannot be, a signal ends the program as it ends any other.
    let _ = signals::watch();
    guarded(|| match Cli::try_parse() {
        Ok(cli) => run(cli.command),
        Err(refused) => refuse(&refused),
    })
    .into()
}

fn run(command: Command) -> Exit {
    match command {
        Command::Diff(args) => diff::run(&args),
        Command::Apply(args) => apply::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Transform(args) => transform::run(&args),
        Command::Mapping { command } => mapping::run(&command),
        Command::Completions { shell } => print(Ok(pages::completions(shell))),
        Command::Man => print(pages::manual()),
    }
}

/// Help and version go to standard output; what was mistyped is said on standard error.
fn refuse(refused: &clap::Error) -> Exit {
    let usage = refused.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if refused.use_stderr() && usage {
        let _ = io::stderr().write_all(b"ldifsync: ");
    }
    let _ = refused.print();
    if refused.use_stderr() { Exit::Failed } else { Exit::Done }
}

/// Prints a page on standard output; nobody need read it to its end.
fn print(page: io::Result<Vec<u8>>) -> Exit {
    let printed = page.and_then(|page| {
        let mut out = io::stdout().lock();
        out.write_all(&page)?;
        out.flush()
    });
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(io::stderr(), "ldifsync: error: cannot write `<stdout>`: {error}");
            Exit::Failed
        }
        _ => Exit::Done,
    }
}

/// A panic is a fault of ours, and a failure like any other: no output is written.
fn guarded(run: impl FnOnce() -> Exit) -> Exit {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Exit::Failed)
}

fn tell_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let message = payload.downcast_ref::<String>().map(String::as_str);
    let message = message.or(payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let place = panic.location().map(|at| format!(" ({at})")).unwrap_or_default();
    let _ = writeln!(
        io::stderr(),
        "ldifsync: error: a fault of ldifsync itself: {message}{place}\n\
         hint: no output was written; please report this line, and what was asked"
    );
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_panic_is_a_failure() {
        assert_eq!(guarded(|| panic!("on purpose")), Exit::Failed);
        assert_eq!(guarded(|| Exit::Done), Exit::Done);
    }
}
