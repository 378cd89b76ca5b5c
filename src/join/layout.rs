//! What a whole file says of itself: content or `ldifde`'s adds, trailers, version lines.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::error::{ErrorKind, Result};
use crate::join::PART;
use crate::ldif::scan::split;
use crate::parallel::Pool;
use crate::source::{Extent, Kind, Layout, Notes, Reading, Source};

/// The records that continue an entry, by the start of the entry's own record, and where those begin
/// that continue none.
type Continued = (BTreeMap<u64, Vec<Extent>>, BTreeSet<u64>);

/// Finds out whether a file is content, or entries as `changetype: add` with the records that
/// continue large groups, and joins the latter to their entries. One whose entry is not there, or
/// cannot be read, is a bad record like others.
pub fn find_layout(pool: &Pool, source: &mut Source<'_>) -> Result<()> {
    let Some((first, kind)) = source.first_sound() else { return Ok(()) };
    match kind {
        Kind::Add => source.layout = Layout::Adds,
        Kind::Content => return Ok(()),
        Kind::Continuation | Kind::Change => {
            return Err(source.error_in(ErrorKind::ChangesAsExport, first));
        }
    }
    (source.continuations, source.orphans) = continuations(pool, source);
    Ok(())
}

/// Joins the records that continue large groups to their entries, where a file is entries as
/// `changetype: add` and nothing else; a file of changes is left as it is.
pub fn find_continued(pool: &Pool, source: &mut Source<'_>) {
    let mut of_kinds = pool.map_ordered(split(source.text, PART), |range| {
        let mut found = (false, false);
        let mut cutter = source.cut(range);
        while let Some(cut) = cutter.next_record(None) {
            let Ok(cut) = cut else { continue };
            match source.known(cut.extent, cut.plain_dn).map(|known| known.kind) {
                Ok(Kind::Continuation) => found.0 = true,
                Ok(Kind::Change | Kind::Content) => found.1 = true,
                _ => {}
            }
        }
        found
    });
    let (continued, changes) =
        of_kinds.drain(..).fold((false, false), |all, part| (all.0 | part.0, all.1 | part.1));
    if continued
        && !changes
        && let (joined, orphans) = continuations(pool, source)
        && orphans.is_empty()
    {
        source.layout = Layout::Adds;
        source.continuations = joined;
    }
}

fn continuations(pool: &Pool, source: &Source<'_>) -> Continued {
    let of_kind = |wanted: Kind| {
        let parts = pool.map_ordered(split(source.text, PART), |range| {
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
    let (mut wanted, mut orphans) = (HashMap::<Vec<u8>, Vec<Extent>>::new(), BTreeSet::new());
    for extent in of_kind(Kind::Continuation) {
        match source.key(extent) {
            Ok(key) => wanted.entry(key).or_default().push(extent),
            Err(_) => _ = orphans.insert(extent.start),
        }
    }
    let mut joined = BTreeMap::new();
    if wanted.is_empty() {
        return (joined, orphans);
    }
    for extent in of_kind(Kind::Add) {
        let more = source.key(extent).ok().and_then(|key| wanted.remove(&key));
        joined.extend(more.map(|more| (extent.start, more)));
    }
    orphans.extend(wanted.into_values().flatten().map(|orphan| orphan.start));
    (joined, orphans)
}

/// Refuses what the walks over a file noted: a search that did not end well, counts that do not
/// agree, and under `--strict` every deviation.
pub fn verify_notes(source: &Source<'_>, parts: &[Notes]) -> Result<()> {
    let mut reading = Reading::default();
    let mut deviation = None;
    for notes in parts {
        let noted = reading.of(notes);
        if let Some((kind, at)) = noted.faults.into_iter().next() {
            return Err(source.error(kind, at, 0));
        }
        deviation = deviation.or(noted.deviations.first().copied());
    }
    if let Some((kind, at)) = reading.end(source.text) {
        return Err(source.error(kind, at, 0));
    }
    match deviation.filter(|_| source.options.strict) {
        Some((deviation, at)) => Err(source.error(deviation.into(), at, 0)),
        None => Ok(()),
    }
}
