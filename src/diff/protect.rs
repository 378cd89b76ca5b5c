//! What was rejected protects its counterpart: nobody knows what it would have said.
//!
//! A rejected record of NEW keeps OLD's entry of its name, or of its identifier, as it is; one of
//! OLD keeps NEW's from being added. Where the name of one cannot be read, or by what it would be known
//! again under another name, nothing is deleted.

use std::collections::{HashMap, HashSet};

use crate::compare::rename::{Identifier, Identity, Lineage, Matched};
use crate::dn::Dn;
use crate::entry::Entry;
use crate::error::Result;
use crate::join::{Joined, Reject, Side};
use crate::ldif::decode::Decoder;
use crate::ldif::parse::parse;
use crate::ldif::unfold::unfold;
use crate::ldif::write::rejected;
use crate::matching::dn_key;
use crate::parallel::Pool;
use crate::plan::narrow::Narrowing;
use crate::source::{Extent, Source};

/// What is known of the rejected records of one side.
#[derive(Default)]
struct Known {
    keys: HashSet<Vec<u8>>,
    identifiers: HashSet<Identifier>,
    /// Whether one has a name that the other side has not, and no identifier that can be read.
    has_strangers: bool,
}

/// The two sides, and what was rejected of them.
pub(super) struct Protection<'p> {
    pub(super) pool: &'p Pool,
    pub(super) identity: &'p Identity,
    pub(super) old: &'p Source<'p>,
    pub(super) new: &'p Source<'p>,
    pub(super) joined: &'p Joined,
}

/// The name and the identifiers of an entry.
struct Who {
    key: Vec<u8>,
    identifiers: Vec<Identifier>,
}

impl Protection<'_> {
    /// Takes the counterparts of rejected records out of what is to be changed.
    pub(super) fn apply(&self, matched: &mut Matched, narrowing: &mut Narrowing) -> Result<()> {
        let rejects = &self.joined.rejects;
        if rejects.is_empty() {
            return Ok(());
        }
        narrowing.keeps_all = rejects.iter().any(|reject| reject.dn.is_none());
        self.note_places(narrowing);
        let by_identifier = !matches!(matched.lineage, Lineage::Other { .. });
        let old = self.known(Side::Old, self.old, by_identifier);
        let mut new = self.known(Side::New, self.new, by_identifier);
        new.keys.extend(self.former_names(matched)?);
        let either = |key: &Vec<u8>| old.keys.contains(key) || new.keys.contains(key);
        for pair in matched.changed.iter().chain(&matched.moved) {
            if either(&self.old.key(pair.old)?) || either(&self.new.key(pair.new)?) {
                narrowing.old.insert(pair.old);
                narrowing.new.insert(pair.new);
            }
        }
        let has = |known: &Known, who: &Who| {
            who.identifiers.iter().any(|id| known.identifiers.contains(id))
        };
        let going = self.pool.try_each(&matched.old_only, |&extent| self.who(self.old, extent))?;
        // One of these may live on in a record of NEW that does not tell.
        let are_identified = going.iter().any(|who| !who.identifiers.is_empty());
        narrowing.keeps_all |= are_identified && new.has_strangers;
        for (&extent, who) in matched.old_only.iter().zip(&going) {
            if either(&who.key) || has(&new, who) {
                narrowing.old.insert(extent);
            }
        }
        let coming = self.pool.try_each(&matched.new_only, |&extent| self.who(self.new, extent))?;
        let mut there = HashSet::new();
        for (&extent, who) in matched.new_only.iter().zip(&coming) {
            if old.keys.contains(&who.key) {
                there.insert(extent);
            } else if new.keys.contains(&who.key) || has(&old, who) {
                narrowing.new.insert(extent);
            }
        }
        matched.new_only.retain(|extent| !there.contains(extent));
        Ok(())
    }

    /// What rejected records of NEW are called in OLD, where an entry above them is renamed.
    fn former_names(&self, matched: &Matched) -> Result<Vec<Vec<u8>>> {
        let mut former = HashMap::new();
        for pair in &matched.moved {
            former.insert(self.new.key(pair.new)?, self.old.dn(pair.old)?);
        }
        let mut names = Vec::new();
        for dn in self.joined.rejects.iter().filter_map(|reject| reject.dn.as_ref()) {
            for depth in 1..dn.rdns.len() {
                let above = Dn { rdns: dn.rdns[depth..].to_vec() };
                if let Some(old) = former.get(&dn_key(self.new.schema, &above)) {
                    let rdns = dn.rdns[..depth].iter().chain(&old.rdns).cloned().collect();
                    names.push(dn_key(self.old.schema, &Dn { rdns }));
                }
            }
        }
        Ok(names)
    }

    /// Below what NEW has and does not come nothing comes; above what OLD has nothing goes.
    fn note_places(&self, narrowing: &mut Narrowing) {
        for reject in &self.joined.rejects {
            let Some(dn) = &reject.dn else { continue };
            if reject.side == Side::Old || reject.partner.is_some() {
                let above = dn.parent().map(|above| dn_key(self.old.schema, &above));
                narrowing.occupied.extend(above);
            } else {
                narrowing.absent.insert(dn_key(self.new.schema, dn));
            }
        }
    }

    fn known(&self, side: Side, source: &Source<'_>, by_identifier: bool) -> Known {
        let mut known = Known::default();
        for reject in self.joined.rejects.iter().filter(|reject| reject.side == side) {
            known.keys.extend(reject.key(source));
            if by_identifier {
                let identifiers = self.identifiers(source, reject);
                known.has_strangers |= identifiers.is_empty() && reject.partner.is_none();
                known.identifiers.extend(identifiers);
            }
        }
        known
    }

    /// The identifiers that can be read in a record that as a whole cannot: each line by itself.
    fn identifiers(&self, source: &Source<'_>, reject: &Reject) -> Vec<Identifier> {
        let logical = unfold(&source.text[reject.text.clone()]);
        let mut found = Vec::new();
        for line in logical.split(|&b| b == b'\n') {
            let name = &line[..memchr::memchr(b':', line).unwrap_or(0)];
            if name.is_empty() || !self.identity.holds(name) {
                continue;
            }
            let record = [b"dn: cn=x\n", line, b"\n"].concat();
            let Ok(raw) = parse(&record) else { continue };
            let decoder = Decoder::new(&record, &source.options.file_urls);
            if let Ok(crate::change::Record::Content(entry)) = decoder.record(&raw) {
                found.extend(self.identity.of(&entry));
            }
        }
        found
    }

    fn who(&self, source: &Source<'_>, extent: Extent) -> Result<Who> {
        let entry: Entry<'_> = source.entry(extent)?;
        let identifiers = self.identity.of(&entry);
        Ok(Who { key: dn_key(source.schema, &entry.dn), identifiers })
    }
}

/// The rejected records as they stood, each below its error.
pub(super) fn rejects_text(old: &Source<'_>, new: &Source<'_>, rejects: &[Reject]) -> Vec<u8> {
    let mut text = Vec::new();
    for Reject { side, text: range, error, .. } in rejects {
        let source = match side {
            Side::Old => old,
            Side::New => new,
        };
        rejected(&mut text, error, &source.text[range.clone()]);
    }
    text
}
