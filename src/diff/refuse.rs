//! What is no basis for a change: inputs that were cut or hold another number of entries than
//! they should.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::diff::Limit;
use crate::error::{Error, ErrorKind, Place, Result, Wanted};
use crate::input::Input;
use crate::join::PART;
use crate::ldif::scan::split;
use crate::parallel::Pool;
use crate::source::{ReadOptions, Source};

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

/// Refuses a NEW that has nothing of what is to be read under other names: to compare it as it is
/// would delete all that OLD has.
pub(super) fn nothing_rebased(pool: &Pool, new: &Source<'_>) -> Result<()> {
    let Some(rebase) = &new.options.rebase else { return Ok(()) };
    let options = ReadOptions { rebase: None, ..new.options.clone() };
    let as_it_is = Source::of_text(new.name, new.text, new.schema, options);
    let met = AtomicBool::new(false);
    pool.map_ordered(split(as_it_is.text, PART), |range| {
        let mut cutter = as_it_is.cut(range);
        while let (false, Some(cut)) = (met.load(Ordering::Relaxed), cutter.next_record(None)) {
            let Ok(cut) = cut else { continue };
            let logical = as_it_is.logical(cut.extent);
            let read = as_it_is.record(cut.extent, &logical);
            if read.is_ok_and(|(_, record)| rebase.meets(new.schema, &record)) {
                met.store(true, Ordering::Relaxed);
            }
        }
    });
    let (from, new) = (rebase.from.to_string(), new.name.to_owned());
    let refused = || Error::new(ErrorKind::NothingRebased { from, new });
    if met.into_inner() { Ok(()) } else { Err(refused()) }
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
