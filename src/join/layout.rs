//! What a whole file says of itself: content or `ldifde`'s adds, trailers, version lines.

use std::collections::{BTreeMap, HashMap};

use crate::error::{ErrorKind, Result};
use crate::ldif::deviation::Deviation;
use crate::ldif::scan::{Trailer, split};
use crate::parallel::Pool;
use crate::source::{Extent, Kind, Layout, Notes, Source};

/// Finds out whether a file is content, or entries as `changetype: add` with the records that
/// continue large groups, and joins the latter to their entries.
pub fn find_layout(pool: &Pool, source: &mut Source<'_>) -> Result<()> {
    let Some((first, kind)) = first_sound(source) else { return Ok(()) };
    match kind {
        Kind::Add => source.layout = Layout::Adds,
        Kind::Content => return Ok(()),
        Kind::Continuation | Kind::Change => {
            return Err(source.error_in(ErrorKind::ChangesAsExport, first));
        }
    }
    source.continuations = continuations(pool, source)?;
    Ok(())
}

/// The first record that can be read, of those a file begins with.
fn first_sound(source: &Source<'_>) -> Option<(Extent, Kind)> {
    const TRIED: usize = 100;
    let mut cutter = source.cut(0..source.text.len());
    let next = || cutter.next_record(None);
    std::iter::from_fn(next).take(TRIED).filter_map(Result::ok).find_map(|cut| {
        let known = source.known(cut.extent, cut.plain_dn).ok()?;
        Some((cut.extent, known.kind))
    })
}

/// The records that continue an entry, by the start of the entry's own record.
fn continuations(pool: &Pool, source: &Source<'_>) -> Result<BTreeMap<u64, Vec<Extent>>> {
    let of_kind = |wanted: Kind| {
        let parts = pool.map_ordered(split(source.text, 2 << 20), |range| {
            let mut found = Vec::new();
            let mut cutter = source.cut(range);
            while let Some(cut) = cutter.next_record(None) {
                let Ok(cut) = cut else { continue };
                let kind = source.known(cut.extent, cut.plain_dn).map(|known| known.kind);
                if kind.is_ok_and(|kind| kind == wanted) {
                    found.push(cut.extent);
                }
            }
            found
        });
        parts.into_iter().flatten()
    };
    let mut wanted: HashMap<Vec<u8>, Vec<Extent>> = HashMap::new();
    for extent in of_kind(Kind::Continuation) {
        wanted.entry(source.key(extent)?).or_default().push(extent);
    }
    let mut joined = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(joined);
    }
    for extent in of_kind(Kind::Add) {
        if let Some(more) = wanted.remove(&source.key(extent)?) {
            joined.insert(extent.start, more);
        }
    }
    match wanted.into_values().flatten().min() {
        Some(orphan) => Err(source.error_in(ErrorKind::ChangeAmongContent, orphan)),
        None => Ok(joined),
    }
}

/// Refuses what the walks over a file noted: a search that did not end well, counts that do not
/// agree, and under `--strict` every deviation.
pub fn verify_notes(source: &Source<'_>, parts: &[Notes]) -> Result<()> {
    let mut before = 0;
    let mut counted = 0;
    for notes in parts {
        for &(trailer, records) in &notes.trailers {
            match trailer {
                Trailer::Result { code, at } if code != 0 => {
                    return Err(source.error(ErrorKind::SearchFailed { code }, at as u64, 0));
                }
                Trailer::Result { .. } => {}
                Trailer::Entries { count, at } => {
                    let read = before + records - counted;
                    if read != count {
                        let kind = ErrorKind::EntriesMissing { said: count, read };
                        return Err(source.error(kind, at as u64, 0));
                    }
                    counted = before + records;
                }
            }
        }
        before += notes.records;
    }
    if source.options.strict { refuse_deviations(source, parts) } else { Ok(()) }
}

fn refuse_deviations(source: &Source<'_>, parts: &[Notes]) -> Result<()> {
    let mut first_version = true;
    let mut before = 0;
    for notes in parts {
        let mut seen: Vec<(Deviation, u64)> = notes.deviations.clone();
        for &(at, records) in &notes.versions {
            if !first_version || before + records > 0 {
                seen.push((Deviation::RepeatedVersion, at));
            }
            first_version = false;
        }
        seen.sort_by_key(|&(_, at)| at);
        if let Some(&(deviation, at)) = seen.first() {
            return Err(source.error(deviation.into(), at, 0));
        }
        before += notes.records;
    }
    Ok(())
}
