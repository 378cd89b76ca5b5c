//! `mapping`: asks the library about a mapping file, and writes what it finds.

use std::io::{IsTerminal, stdout};

use ldifsync::check::{Finding, Severity};
use ldifsync::error::{Error, Result};
use ldifsync::input::{Input, InputOptions};
use ldifsync::mapping::{self, MappingFile};
use ldifsync::output::{Output, Target, commit_all};
use ldifsync::text::{Escaped, number_of};

use super::args::{MappingCheckArgs, MappingCommand};
use super::check::Shape;
use super::exit::Exit;
use super::report::{Terminal, in_color};

/// Runs one of its commands to its exit status.
pub(super) fn run(command: &MappingCommand) -> Exit {
    match command {
        MappingCommand::Check(args) => {
            let terminal = Terminal::new(args.color, &[]);
            terminal.settle(check(args, terminal), Exit::Changes, std::iter::empty())
        }
    }
}

fn check(args: &MappingCheckArgs, terminal: Terminal<'_>) -> Result<Exit> {
    let input = Input::open(&args.file, &InputOptions::default())?;
    let read = mapping::read(input.name(), input.bytes());
    let closing = closing(input.name(), &read);
    let exit = if read.is_ok() { Exit::Done } else { Exit::Changes };
    let color = in_color(args.color, stdout().is_terminal());
    let shape = Shape { format: args.format, terminal: terminal.in_color(color) };
    let mut out = Output::create(&Target::Stdout)?;
    for error in read.err().into_iter().flatten() {
        shape.write(&Finding { severity: Severity::Fault, error, more: 0 }, &mut out)?;
    }
    commit_all(vec![out])?;
    if !args.quiet {
        terminal.print(&closing);
    }
    Ok(exit)
}

/// The closing line.
fn closing(name: &str, read: &std::result::Result<MappingFile, Vec<Error>>) -> String {
    let name = Escaped(name.as_bytes());
    match read {
        Ok(file) => {
            let flows = file.mappings.iter().map(|mapping| mapping.flows.len() as u64).sum();
            let mappings = number_of(file.mappings.len() as u64, "mapping", "mappings");
            format!("ldifsync: {name}: {mappings}, {}, sound\n", number_of(flows, "flow", "flows"))
        }
        Err(errors) => {
            let errors = number_of(errors.len() as u64, "mistake", "mistakes");
            format!("ldifsync: {name}: {errors}\n")
        }
    }
}
