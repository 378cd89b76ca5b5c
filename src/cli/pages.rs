//! Pages printed from the definition of the command line: completions and the manual.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::Cli;

/// The completions of a shell.
pub(super) fn completions(shell: Shell) -> Vec<u8> {
    let mut page = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ldifsync", &mut page);
    page
}

/// The manual: one page with a section for each command.
pub(super) fn manual() -> io::Result<Vec<u8>> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    for sub in command.get_subcommands() {
        write_command(&mut page, sub, "LDIFSYNC")?;
    }
    page.extend(extra(&man, "EXIT STATUS")?);
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// A command's sections, one level down, and those of the commands inside it; `above` is what stands
/// before its name.
fn write_command(page: &mut Vec<u8>, command: &Command, above: &str) -> io::Result<()> {
    let name = format!("{above} {}", command.get_name().to_uppercase());
    if command.has_subcommands() {
        return command.get_subcommands().try_for_each(|sub| write_command(page, sub, &name));
    }
    let man = Man::new(command.clone());
    let mut sections = Vec::new();
    man.render_synopsis_section(&mut sections)?;
    man.render_description_section(&mut sections)?;
    man.render_options_section(&mut sections)?;
    sections.extend(extra(&man, "EXAMPLES")?);
    let sections = String::from_utf8_lossy(&sections).replace(".SH ", ".SS ");
    writeln!(page, ".SH \"{name}\"")?;
    page.write_all(sections.as_bytes())
}

/// What stands at the end of the help, under a heading of its own and line by line.
fn extra(man: &Man, heading: &str) -> io::Result<Vec<u8>> {
    let mut section = Vec::new();
    man.render_extra_section(&mut section)?;
    let section = String::from_utf8_lossy(&section).into_owned();
    let (head, body) = section.split_once(".SH EXTRA\n").unwrap_or(("", &section));
    let prefixed = body.strip_prefix(&format!("{}:\n", sentence(heading))).unwrap_or(body);
    let section = format!("{head}.SH \"{heading}\"\n.nf\n{prefixed}.fi\n");
    Ok(section.into_bytes())
}

/// `EXIT STATUS` as it stands in the help: `Exit status`.
fn sentence(heading: &str) -> String {
    let (first, rest) = heading.split_at(1);
    format!("{first}{}", rest.to_lowercase())
}
