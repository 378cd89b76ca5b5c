//! What is no basis for a change: inputs that were cut or hold another number of entries than
//! they should.

use crate::diff::Limit;
use crate::error::{Error, ErrorKind, Place, Result, Wanted};
use crate::input::Input;

/// Refuses an input that was cut in its last line.
pub(super) fn cut_off(input: &Input) -> Result<()> {
    let text = input.bytes();
    match text.last() {
        None | Some(b'\n') => Ok(()),
        Some(_) => {
            let place = Place::new(input.name(), text, text.len(), 0);
            Err(Error::at(ErrorKind::NoFinalNewline, place))
        }
    }
}

/// Refuses inputs that hold another number of entries, or of rows, than they should.
pub(super) fn unexpected_counts(
    (of_old, of_new): (Option<Limit>, Option<Limit>),
    (old, new): (&str, &str),
    counts: (u64, u64),
) -> Result<()> {
    expect(old, "--expect-old", of_old, counts.0, counts.1)?;
    expect(new, "--expect-new", of_new, counts.1, counts.0)
}

fn expect(
    name: &str,
    option: &'static str,
    limit: Option<Limit>,
    read: u64,
    other: u64,
) -> Result<()> {
    let wanted = match limit {
        None => return Ok(()),
        Some(Limit::Count(count)) => Wanted::Exactly(count),
        Some(Limit::Percent(percent)) => {
            Wanted::AtLeast((other as f64 * percent / 100.0).ceil() as u64)
        }
    };
    let met = match wanted {
        Wanted::Exactly(count) => read == count,
        Wanted::AtLeast(count) => read >= count,
    };
    let name = name.to_owned();
    let refused = || Error::new(ErrorKind::UnexpectedCount { name, option, wanted, read });
    if met { Ok(()) } else { Err(refused()) }
}
