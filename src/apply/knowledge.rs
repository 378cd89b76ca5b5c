//! What the export says of the names that changes touch, asked for all at once and read off it in
//! one pass.
//!
//! Nothing is kept of entries that nobody asks about, so a large export and a small change take
//! little memory: beside it 16 bytes an entry on the first look, which tells whether a name stands
//! twice.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::join::RandomState;

use crate::apply::Doubts;
use crate::apply::rejects::{Reject, Rejects, named_twice};
use crate::apply::tree::Below;
use crate::dn::{Dn, plain_parent};
use crate::error::{Error, ErrorKind, Result};
use crate::join::{Namer, Slot, duplicate, hash_name, verify_notes};
use crate::ldif::scan::split;
use crate::matching::DnKeys;
use crate::parallel::Pool;
use crate::source::{Cut, Extent, Notes, Source};

/// How much text a worker takes at a time, in bytes.
const PART: usize = 2 << 20;

/// The key of a name.
type Key = Vec<u8>;

/// What is known, and what is asked.
#[derive(Debug, Default)]
pub(super) struct Knowledge {
    entries: HashMap<Key, Option<Extent>>,
    /// What is below a name, at any depth.
    below: HashMap<Key, Below>,
    asked: Asked,
    /// Whether all names of the export were held against each other.
    distinct: bool,
    /// Whether bad records are left out instead of ending the run.
    keep_going: bool,
    /// Those that are.
    rejects: Rejects,
}

/// What the export has of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exported {
    /// An entry.
    Entry(Extent),
    /// A record that was rejected, which begins there.
    Rejected(usize),
    /// Nothing.
    Nothing,
}

/// Names that are asked about, with their hashes.
#[derive(Debug, Default)]
struct Asked {
    entries: BTreeMap<Key, Dn>,
    below: HashSet<Key>,
}

/// What came of reading the export.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) records: u64,
    /// Where the `version:` line stands that comes before all records.
    pub(super) version: Option<u64>,
    /// What makes one doubt that all of the inputs is there.
    pub(super) doubts: Doubts,
}

impl Knowledge {
    /// Nothing is known yet.
    pub(super) fn new(keep_going: bool) -> Knowledge {
        Knowledge { keep_going, ..Knowledge::default() }
    }

    /// The records that were rejected.
    pub(super) fn rejects(&self) -> &Rejects {
        &self.rejects
    }

    /// What the export has of a name; `None` where that is not known yet.
    pub(super) fn entry(&mut self, key: &[u8], dn: &Dn) -> Option<Exported> {
        if let Some(start) = self.rejects.named(key) {
            return Some(Exported::Rejected(start));
        }
        let known = self.entries.get(key);
        if known.is_none() {
            self.asked.entries.insert(key.to_vec(), dn.clone());
        }
        known.map(|extent| extent.map_or(Exported::Nothing, Exported::Entry))
    }

    /// The record of a name, where it was asked for and is there.
    pub(super) fn known(&self, key: &[u8]) -> Option<Extent> {
        self.entries.get(key).copied().flatten()
    }

    /// What the export has below a name, whether or not it has what is between.
    pub(super) fn below(&mut self, key: &[u8]) -> Option<Below> {
        let known = self.below.get(key).copied();
        if known.is_none() {
            self.asked.below.insert(key.to_vec());
        }
        known
    }

    /// Whether all that was asked is known.
    pub(super) fn is_complete(&self) -> bool {
        let Asked { entries, below } = &self.asked;
        entries.is_empty() && below.is_empty()
    }

    /// Reads the export for what was asked.
    ///
    /// # Errors
    ///
    /// A record is malformed, whichever it is; an entry that was asked about stands twice; the
    /// export says that it is not whole.
    pub(super) fn read(
        &mut self,
        pool: &Pool,
        export: &Source<'_>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Counts> {
        let asked = std::mem::take(&mut self.asked);
        let state = RandomState::default();
        let hash = |dn: &Dn| hash_name(&state, export.schema, dn.to_string().as_bytes()).ok();
        let hashes: HashSet<u32> = asked.entries.values().filter_map(hash).collect();
        let first = !std::mem::replace(&mut self.distinct, true);
        let Knowledge { keep_going, rejects, .. } = &*self;
        let (asked, hashes) = (&asked, &hashes);
        let state = &state;
        let look = Look { export, state, asked, hashes, first, keep_going: *keep_going, rejects };
        let parts = pool.map_ordered(split(export.text, PART), |range| {
            progress(range.len() as u64);
            look.part(range)
        });
        let parts = parts.into_iter().collect::<Result<Vec<Seen>>>()?;
        let mut counts = Counts::default();
        let mut notes = Vec::with_capacity(parts.len());
        self.entries.extend(asked.entries.keys().map(|key| (key.clone(), None)));
        self.below.extend(asked.below.iter().map(|key| (key.clone(), Below::default())));
        let mut names = Vec::new();
        for mut part in parts {
            names.append(&mut part.names);
            let mut versions = part.notes.versions.iter();
            let first = versions.find(|&&(_, before)| counts.records == 0 && before == 0);
            counts.version = counts.version.or(first.map(|&(at, _)| at));
            counts.records += part.notes.records;
            part.rejects.drain(..).for_each(|reject| self.rejects.push(export, reject));
            self.take(export, &part)?;
            notes.push(part.notes);
        }
        verify_notes(export, &notes)?;
        self.refuse_twice(export, names)?;
        self.rejects.above(&mut |key| {
            if let Some(below) = self.below.get_mut(key).filter(|_| asked.below.contains(key)) {
                below.entries += 1;
                below.rejected += 1;
            }
        });
        counts.records -= export.continuing();
        Ok(counts)
    }

    /// Refuses a name that stands twice, the first in the order of the file, or rejects all that have
    /// it.
    fn refuse_twice(&mut self, export: &Source<'_>, names: Vec<Slot>) -> Result<()> {
        let twice = named_twice(export, names)?;
        if !self.keep_going {
            let second = twice.iter().map(|(first, others)| (others[0], *first)).min();
            return second.map_or(Ok(()), |(second, first)| Err(duplicate(export, first, second)));
        }
        for (first, others) in twice {
            let all = std::iter::once((first, others[0])).chain(others.iter().map(|&o| (o, o)));
            for (extent, second) in all {
                let error = duplicate(export, first, second);
                self.rejects.push(export, Reject::of(export, extent, error));
            }
        }
        Ok(())
    }

    fn take(&mut self, export: &Source<'_>, part: &Seen) -> Result<()> {
        for (key, extent) in &part.entries {
            if let Some(Some(first)) = self.entries.insert(key.clone(), Some(*extent)) {
                let first = export.place(first.start, 0).position.line;
                return Err(export.error_in(ErrorKind::DuplicateDn { first }, *extent));
            }
        }
        for (key, count) in &part.below {
            self.below.entry(key.clone()).or_default().entries += count;
        }
        Ok(())
    }
}

/// What a part of the export holds of what was asked.
#[derive(Debug, Default)]
struct Seen {
    /// The hashes of all names, where it is the first look.
    names: Vec<Slot>,
    entries: Vec<(Key, Extent)>,
    below: BTreeMap<Key, u64>,
    /// Bad records, where it is the first look.
    rejects: Vec<Reject>,
    notes: Notes,
}

/// Looks for what was asked.
struct Look<'l> {
    export: &'l Source<'l>,
    state: &'l RandomState,
    asked: &'l Asked,
    hashes: &'l HashSet<u32>,
    first: bool,
    keep_going: bool,
    rejects: &'l Rejects,
}

/// Entries of one parent, one after the other.
#[derive(Default)]
struct Run {
    /// What is above them, of what was asked.
    above: Vec<Key>,
    entries: u64,
}

impl Look<'_> {
    fn part(&self, range: Range<usize>) -> Result<Seen> {
        let mut seen = Seen::default();
        let mut cutter = self.export.cut(range);
        let mut parent: Option<&[u8]> = None;
        let mut run = Run::default();
        let mut namer = Namer::new(self.state, self.export.schema);
        let mut last = None;
        loop {
            let at = cutter.position();
            let Some(cut) = cutter.next_record(None) else { break };
            let before = std::mem::replace(&mut last, cut.as_ref().ok().map(|cut| cut.extent));
            let known = match cut {
                Ok(cut) if self.rejects.at(cut.extent.range().start).is_some() => continue,
                Ok(cut) => self.hash(cut, &mut namer).map_err(|error| (Some(cut), error)),
                Err(error) => Err((None, error)),
            };
            let (cut, hash) = match known {
                Ok(Some(known)) => known,
                Ok(None) => continue,
                Err((_, error)) if !self.keep_going => return Err(error),
                Err((cut, error)) => {
                    if self.first {
                        let text = at..cutter.position();
                        self.reject((before, cut), text, error, &mut namer, &mut seen);
                    }
                    continue;
                }
            };
            if self.first {
                seen.names.push(Slot::new(cut.extent, hash));
            }
            if self.hashes.contains(&hash) {
                let key = self.export.key(cut.extent)?;
                if self.asked.entries.contains_key(&key) {
                    seen.entries.push((key, cut.extent));
                }
            }
            if self.asked.below.is_empty() {
                continue;
            }
            let plain = cut.plain_dn.and_then(plain_parent);
            if plain.is_none() || plain != parent {
                parent = plain;
                let above = self.above(&self.export.dn(cut.extent)?);
                seen.count(std::mem::replace(&mut run, Run { above, entries: 0 }));
            }
            run.entries += 1;
        }
        seen.count(run);
        seen.notes = cutter.notes;
        Ok(seen)
    }

    /// Notes a bad record, or what stands in a range where none could be cut, and the record `before`
    /// where it would go on there.
    fn reject(
        &self,
        (before, cut): (Option<Extent>, Option<Cut<'_>>),
        text: Range<usize>,
        error: Error,
        namer: &mut Namer<'_, RandomState>,
        seen: &mut Seen,
    ) {
        let Some(Cut { extent, .. }) = cut else {
            let of_before = before.and_then(|before| Some((before, error.of_record_before()?)));
            let before = of_before.map(|(before, error)| Reject::of(self.export, before, error));
            let name = before.as_ref().and_then(|before| before.name.clone());
            let rest = Reject { name, ..Reject::uncut(self.export, text, error) };
            seen.rejects.extend(before.into_iter().chain([rest]));
            return;
        };
        let reject = Reject::of(self.export, extent, error);
        let hash = reject.name.as_ref().and_then(|name| namer.hash(name.as_bytes()).ok());
        seen.names.extend(hash.map(|hash| Slot::new(extent, hash)));
        seen.rejects.push(reject);
    }

    /// An entry and the hash of its name; `None` for a record that continues one.
    fn hash<'i>(
        &self,
        cut: Cut<'i>,
        namer: &mut Namer<'_, RandomState>,
    ) -> Result<Option<(Cut<'i>, u32)>> {
        let known = self.export.known(cut.extent, cut.plain_dn)?;
        if !self.export.is_entry(cut.extent, known.kind)? {
            return Ok(None);
        }
        let hash =
            namer.hash(&known.dn).map_err(|fault| self.export.bad_name(cut.extent, fault))?;
        Ok(Some((cut, hash)))
    }

    fn above(&self, dn: &Dn) -> Vec<Key> {
        let Some(parent) = dn.parent() else { return Vec::new() };
        let keys = DnKeys::new(self.export.schema, &parent);
        let asked = keys.iter().filter(|key| self.asked.below.contains(*key));
        asked.map(<[u8]>::to_vec).collect()
    }
}

impl Seen {
    fn count(&mut self, run: Run) {
        for key in run.above {
            *self.below.entry(key).or_default() += run.entries;
        }
    }
}
