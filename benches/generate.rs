//! Writes two LDIF exports that differ by a known share, for measuring.
//!
//! ```text
//! cargo run --release --example generate -- --entries 1000000 OLD NEW
//! ```
//!
//! Every record is computed from the seed and its number alone, so that any number of them takes
//! no memory and the same options make the same bytes. Uses nothing but the standard library, and
//! nothing of ldifsync: a mistake there must not be in its own test data.

use std::fs::File;
use std::io::{self, BufWriter, Write, stderr};
use std::path::PathBuf;
use std::process::ExitCode;

#[path = "generate/export.rs"]
mod export;
#[path = "generate/record.rs"]
mod record;
#[path = "generate/spelling.rs"]
mod spelling;

use export::{Order, Respell, export};
use record::{Directory, Version};

const USAGE: &str = "usage: generate [--entries N] [--seed S] [--change 2.5%] \
    [--order same|random] [--respell none|timestamps|all] [--managers] OLD NEW";

struct Options {
    entries: u64,
    seed: u64,
    /// The share of users modified, added and deleted: four fifths, one fifth and one fifth of it.
    change: f64,
    order: Order,
    respell: Respell,
    /// Whether users have managers, and names to be shown.
    managers: bool,
    files: Vec<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            entries: 1_000_000,
            seed: 1,
            change: 0.025,
            order: Order::Same,
            respell: Respell::None,
            managers: false,
            files: Vec::new(),
        }
    }
}

fn main() -> ExitCode {
    let result = match options(std::env::args().skip(1)) {
        Some(options) => generate(&options),
        None => Err(io::Error::other(USAGE)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where even this cannot be written, the exit status still tells.
            let _ = writeln!(stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for; `None` where it makes no sense.
fn options(mut words: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--entries" => options.entries = words.next()?.parse().ok()?,
            "--seed" => options.seed = words.next()?.parse().ok()?,
            "--change" => options.change = percent(&words.next()?)?,
            "--order" => options.order = order(&words.next()?)?,
            "--respell" => options.respell = respell(&words.next()?)?,
            "--managers" => options.managers = true,
            option if option.starts_with("--") => return None,
            _ => options.files.push(word.into()),
        }
    }
    (options.files.len() == 2).then_some(options)
}

fn percent(word: &str) -> Option<f64> {
    let percent: f64 = word.strip_suffix('%').unwrap_or(word).parse().ok()?;
    (0.0..=50.0).contains(&percent).then_some(percent / 100.0)
}

fn order(word: &str) -> Option<Order> {
    match word {
        "same" => Some(Order::Same),
        "random" => Some(Order::Random),
        _ => None,
    }
}

fn respell(word: &str) -> Option<Respell> {
    match word {
        "none" => Some(Respell::None),
        "timestamps" => Some(Respell::Timestamps),
        "all" => Some(Respell::All),
        _ => None,
    }
}

/// Writes both exports at once.
fn generate(options: &Options) -> io::Result<()> {
    let mut directory = Directory::new(options.seed, options.entries, options.change);
    directory.managers = options.managers;
    std::thread::scope(|scope| {
        let old = scope.spawn(|| {
            write(&options.files[0], &directory, Version::Old, Order::Same, Respell::None)
        });
        let new =
            write(&options.files[1], &directory, Version::New, options.order, options.respell);
        old.join().map_err(|_| io::Error::other("writing OLD panicked"))?.and(new)
    })
}

/// Writes one export into a file.
fn write(
    path: &PathBuf,
    directory: &Directory,
    version: Version,
    order: Order,
    respell: Respell,
) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    export(&mut file, directory, version, order, respell)?;
    file.flush()
}
