//! Records of the export that are left out because they cannot be read, or because others have their
//! name.
//!
//! A server has such an entry; what it holds nobody knows. So its name is taken, and whatever depends
//! on the entry is refused. Knows nothing of changes.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::apply::between::first_block;
use crate::dn::Dn;
use crate::error::{Error, ErrorKind, Result};
use crate::join::Slot;
use crate::ldif::scan::Scanner;
use crate::matching::{keys_from, name_key};
use crate::source::{Extent, Source};

/// A record that is left out, and why.
#[derive(Debug)]
pub(super) struct Reject {
    /// Where it stands, in bytes.
    pub(super) text: Range<usize>,
    /// What is wrong.
    pub(super) error: Error,
    /// Its name, where that can be read: as text, for there may be many.
    pub(super) name: Option<Box<str>>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Rejects {
    by_start: BTreeMap<usize, Reject>,
    /// Where the first record of each name begins, by the key of the name.
    names: HashMap<Vec<u8>, usize>,
    /// Where the first record begins whose name cannot be read.
    nameless: Option<usize>,
}

impl Reject {
    /// A record that was cut.
    pub(super) fn of(export: &Source<'_>, extent: Extent, error: Error) -> Reject {
        let name = export.dn(extent).ok().map(|dn| dn.to_string().into());
        Reject { text: extent.range(), error, name }
    }

    /// What stands in a range where no record could be cut at its end.
    pub(super) fn uncut(export: &Source<'_>, range: Range<usize>, error: Error) -> Reject {
        let mut scanner = Scanner::new(export.text, range.clone());
        let mut start = range.start;
        while let Some(Ok(_)) = scanner.next_piece(None) {
            start = scanner.position();
        }
        let start = first_block(export.text, start..range.end);
        Reject { text: start..range.end, error, name: None }
    }

    /// Its name, where that can be read.
    pub(super) fn dn(&self) -> Option<Dn> {
        Dn::parse(self.name.as_ref()?.as_bytes()).ok()
    }
}

impl Rejects {
    pub(super) fn is_empty(&self) -> bool {
        self.by_start.is_empty()
    }

    pub(super) fn len(&self) -> u64 {
        self.by_start.len() as u64
    }

    /// Leaves out one more record. Where its entry goes on in records of its own, these go with it.
    pub(super) fn push(&mut self, export: &Source<'_>, reject: Reject) {
        let start = reject.text.start;
        for &more in export.continuations.get(&(start as u64)).into_iter().flatten() {
            let error = export.error_in(ErrorKind::ChangeAmongContent, more);
            self.put(export, Reject::of(export, more, error));
        }
        self.put(export, reject);
    }

    fn put(&mut self, export: &Source<'_>, reject: Reject) {
        let start = reject.text.start;
        let name = reject.name.as_ref().map(|name| name.as_bytes());
        let first = match name.and_then(|name| name_key(export.schema, name).ok()) {
            Some(key) => self.names.entry(key).or_insert(start),
            None => self.nameless.get_or_insert(start),
        };
        *first = start.min(*first);
        self.by_start.entry(start).or_insert(reject);
    }

    /// The record that begins there.
    pub(super) fn at(&self, start: usize) -> Option<&Reject> {
        self.by_start.get(&start)
    }

    /// The first record that begins there or later.
    pub(super) fn after(&self, start: usize) -> Option<&Reject> {
        self.by_start.range(start..).next().map(|(_, reject)| reject)
    }

    /// Where the first record of a name begins.
    pub(super) fn named(&self, key: &[u8]) -> Option<usize> {
        self.names.get(key).copied()
    }

    /// Where the first record begins whose name cannot be read.
    pub(super) fn nameless(&self) -> Option<usize> {
        self.nameless
    }

    /// Hands on the keys of what is above each of the names.
    pub(super) fn above(&self, each: &mut dyn FnMut(&[u8])) {
        self.names.keys().for_each(|key| keys_from(key).skip(1).for_each(&mut *each));
    }
}

/// Records of one name, the first of them and then the others: names of one hash are compared.
pub(super) fn named_twice(
    export: &Source<'_>,
    mut names: Vec<Slot>,
) -> Result<BTreeMap<Extent, Vec<Extent>>> {
    names.sort_unstable_by_key(|slot| (slot.hash, slot.extent()));
    let mut twice: BTreeMap<Extent, Vec<Extent>> = BTreeMap::new();
    for same in names.chunk_by(|a, b| a.hash == b.hash).filter(|same| same.len() > 1) {
        let mut seen: HashMap<Vec<u8>, Extent> = HashMap::new();
        for extent in same.iter().map(|slot| slot.extent()) {
            let first = *seen.entry(export.key(extent)?).or_insert(extent);
            if first != extent {
                twice.entry(first).or_default().push(extent);
            }
        }
    }
    Ok(twice)
}
