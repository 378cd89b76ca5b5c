//! One export, record after record.

use std::io::{self, Write};

use crate::record::{Directory, Version};
use crate::spelling::Spelling;

/// In which order NEW has its users.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    Same,
    Random,
}

/// How the records of NEW are spelled that did not change.
#[derive(Clone, Copy)]
pub(crate) enum Respell {
    None,
    Timestamps,
    All,
}

/// Writes one export: parents first, then users, then groups, as `slapcat` does after a load.
pub(crate) fn export(
    out: &mut dyn Write,
    directory: &Directory,
    version: Version,
    order: Order,
    respell: Respell,
) -> io::Result<()> {
    let mut spelling = Spelling::default();
    let users = directory.users(version);
    let containers = (0..3).map(|i| directory.container(i));
    let users = (0..users).map(|i| match order {
        Order::Same => i,
        Order::Random => directory.shuffled(i, users),
    });
    let users =
        users.filter(|&i| directory.has_user(i, version)).map(|i| directory.user(i, version));
    let groups = (0..directory.groups()).map(|i| directory.group(i, version));
    for mut record in containers.chain(users).chain(groups) {
        let text = match respell {
            Respell::None => spelling.slapcat(&record),
            Respell::Timestamps => {
                record.touch();
                spelling.slapcat(&record)
            }
            Respell::All => spelling.other(&mut record),
        };
        out.write_all(text)?;
    }
    Ok(())
}
