//! The command line of `ldifsync`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
