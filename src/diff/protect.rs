//! What was rejected protects its counterpart: nobody knows what it would have said.
//!
//! A rejected record of NEW keeps OLD's entry of its identifier, or of its name, as it is; one of
//! OLD keeps NEW's from being added. Where the name of one cannot be read, or it may be any entry of
//! OLD, nothing is deleted; where one of OLD may have any name or be any entry of NEW, nothing is added.

use std::collections::HashSet;

use crate::compare::identity::Identity;
use crate::compare::rename::Matched;
use crate::error::Result;
use crate::join::{Joined, Reject, Side};
use crate::ldif::write::rejected;
use crate::matching::dn_key;
use crate::parallel::Pool;
use crate::plan::narrow::Narrowing;
use crate::source::{Extent, Source};

/// The two sides, and what was rejected of them.
pub(super) struct Protection<'p> {
    pub(super) pool: &'p Pool,
    pub(super) identity: &'p Identity,
    pub(super) old: &'p Source<'p>,
    pub(super) new: &'p Source<'p>,
    pub(super) joined: &'p Joined,
}

/// The name of an entry, and whether it carries an identifier.
struct Who {
    key: Vec<u8>,
    is_identified: bool,
}

impl Protection<'_> {
    /// Takes the counterparts of rejected records out of what is to be changed.
    pub(super) fn apply(&self, matched: &Matched, narrowing: &mut Narrowing) -> Result<()> {
        let rejects = &self.joined.rejects;
        if rejects.is_empty() {
            return Ok(());
        }
        let (old, new) = (&mut narrowing.old, &mut narrowing.new);
        for reject in rejects {
            match reject.side {
                Side::Old => old.insert(reject.extent()),
                Side::New => new.insert(reject.extent()),
            };
        }
        old.extend(matched.lost.iter().map(|(lost, _)| lost.extent));
        new.extend(matched.lost.iter().map(|(_, lost)| lost.extent));
        old.extend(matched.lost_old.iter().map(|lost| lost.extent));
        new.extend(matched.lost_new.iter().map(|lost| lost.extent));
        // What stays where it is is no change of structure, but keeps what is above it.
        let above = matched.lost.iter().filter_map(|(lost, _)| lost.dn.parent());
        narrowing.occupied.extend(above.map(|above| dn_key(self.old.schema, &above)));
        let of_new = rejects.iter().filter(|reject| reject.side == Side::New);
        let names: HashSet<Vec<u8>> = of_new.filter_map(|reject| reject.key(self.new)).collect();
        let going = self.pool.try_each(&matched.old_only, |&extent| self.who(extent))?;
        for (&extent, who) in matched.old_only.iter().zip(&going) {
            if names.contains(&who.key) {
                narrowing.old.insert(extent);
            }
        }
        // One of these may live on in a record of NEW that does not tell.
        let are_identified = going.iter().any(|who| who.is_identified);
        narrowing.keeps_all = rejects.iter().any(|reject| reject.dn.is_none())
            || (are_identified && matched.has_stranger);
        narrowing.adds_none = matched.has_old_nameless
            || (matched.has_old_stranger && self.is_identified(&matched.new_only)?);
        Ok(())
    }

    /// Whether one of these records of NEW carries an identifier.
    fn is_identified(&self, extents: &[Extent]) -> Result<bool> {
        let is_it = |&extent: &Extent| -> Result<bool> {
            Ok(!self.identity.of(&self.new.entry(extent)?).is_empty())
        };
        Ok(self.pool.try_each(extents, is_it)?.contains(&true))
    }

    fn who(&self, extent: Extent) -> Result<Who> {
        let entry = self.old.entry(extent)?;
        let is_identified = !self.identity.of(&entry).is_empty();
        Ok(Who { key: dn_key(self.old.schema, &entry.dn), is_identified })
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
