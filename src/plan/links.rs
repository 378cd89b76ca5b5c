//! References that follow their target: a server that keeps entries and not their names edits them by
//! itself, and only real changes of membership are written.
//!
//! A rename is no change here. A delete is: the reference goes by a record of its own before its
//! target does, so that the way back has a record that brings it back.

use std::collections::{HashMap, HashSet};

use crate::dn::Dn;
use crate::matching::Reference;
use crate::plan::journey::{States, Way, name, set};
use crate::schema::AttributeType;

/// The references of one attribute that stay, each as OLD and as NEW writes it; and those that do
/// not.
struct Links<'e> {
    stay: Vec<(&'e [u8], &'e [u8])>,
    go: Vec<&'e [u8]>,
    come: Vec<&'e [u8]>,
}

impl<'p, 's> Way<'p, 's> {
    /// Finds the states of an attribute whose references follow their targets.
    pub(super) fn follow_links<'e>(
        &self,
        states: &mut States<'e, 's>,
        description: &'e [u8],
        attribute: Option<&'s AttributeType>,
    ) where
        'p: 'e,
    {
        let (before, after) = self.ends(states, description, attribute);
        let links = self.links(attribute, &before, &after);
        let named = |all: &[&[u8]], test: &dyn Fn(&Dn) -> bool| {
            all.iter().filter_map(|v| name(attribute, v)).any(|dn| test(&dn))
        };
        let early = named(&links.go, &|dn| self.names.goes(dn));
        let late = named(&links.come, &|dn| self.names.comes(dn));
        let rest = if early { &[][..] } else { &links.go };
        let first = if late { &[][..] } else { &links.come };
        let gone: HashSet<&[u8]> = links.go.iter().filter(|_| early).copied().collect();
        let released = before.iter().copied().filter(|v| !gone.contains(v)).collect();
        let stay = || links.stay.iter().map(|(_, new)| *new);
        set(&mut states.released, description, attribute, released);
        let renamed = stay().chain(rest.iter().copied()).collect();
        set(&mut states.renamed, description, attribute, renamed);
        let main = stay().chain(first.iter().copied()).collect();
        set(&mut states.main, description, attribute, main);
    }

    /// Tells by the entries behind them which references stay.
    fn links<'e>(
        &self,
        attribute: Option<&AttributeType>,
        before: &[&'e [u8]],
        after: &[&'e [u8]],
    ) -> Links<'e> {
        let key = |value: &[u8]| self.comparison.reference(attribute, value);
        let named = |value: &&'e [u8]| (key(value), *value);
        let mut coming: HashMap<Vec<u8>, &'e [u8]> = after.iter().map(named).collect();
        let (mut stay, mut go) = (Vec::new(), Vec::new());
        for value in before {
            let now = key(value);
            let then = match Reference::parse(attribute, value) {
                // It was left as it is, whatever becomes of what is above its target.
                Some(one) if self.names.stays(&one.dn) && coming.contains_key(&now) => Some(now),
                Some(one) => self.names.follow(&one.dn).map(|dn| key(&one.with(dn).to_value())),
                None => Some(now),
            };
            match then.and_then(|key| coming.remove(&key)) {
                Some(new) => stay.push((*value, new)),
                None => go.push(*value),
            }
        }
        let left: HashSet<&[u8]> = coming.into_values().collect();
        let come = after.iter().copied().filter(|v| left.contains(v)).collect();
        Links { stay, go, come }
    }
}
