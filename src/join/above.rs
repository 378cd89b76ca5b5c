//! The names that records of OLD stand below: what is not among them has nothing below it, and no record
//! has to be asked.
//!
//! They are few where directories are wide. Knows keys alone.

use std::collections::HashSet;

use crate::matching::keys_from;

/// How many names are kept. Where there are more, any may be above a record.
const MOST: usize = 1 << 16;

/// Names above others, by their keys; by default nothing is known of them.
#[derive(Debug, Default)]
pub(super) struct Above {
    /// All of them; nothing where they are not known, or too many.
    keys: Option<HashSet<Vec<u8>>>,
}

impl Above {
    /// None yet.
    pub(super) fn none() -> Above {
        Above { keys: Some(HashSet::new()) }
    }

    /// Adds a name, and those above it.
    pub(super) fn note(&mut self, key: &[u8]) {
        let Some(keys) = self.keys.as_mut().filter(|keys| !keys.contains(key)) else { return };
        for key in keys_from(key) {
            if !keys.insert(key.to_vec()) {
                break;
            }
        }
        if keys.len() > MOST {
            self.keys = None;
        }
    }

    /// Adds those of others.
    pub(super) fn join(&mut self, others: Above) {
        match others.keys {
            Some(keys) => keys.iter().for_each(|key| self.note(key)),
            None => self.keys = None,
        }
    }

    /// Whether something may stand below this name.
    pub(super) fn may_hold(&self, key: &[u8]) -> bool {
        self.keys.as_ref().is_none_or(|keys| keys.contains(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_may_be_there() {
        let mut above = Above::none();
        [b"a", b"b", b"a"].iter().for_each(|key| above.note(*key));
        let mut more = Above::none();
        more.note(b"c");
        above.join(more);
        let held = |above: &Above| [b"a", b"b", b"c", b"d"].map(|key| above.may_hold(key));
        assert_eq!(held(&above), [true, true, true, false]);
        assert_eq!(held(&Above::default()), [true; 4]);
        above.join(Above::default());
        assert_eq!(held(&above), [true; 4]);
        let mut many = Above::none();
        (0..=MOST as u32).for_each(|n| many.note(&n.to_be_bytes()));
        assert_eq!(held(&many), [true; 4]);
    }
}
