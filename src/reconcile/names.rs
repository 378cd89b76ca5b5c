//! What entries will be called: those that get another name, and all that stand below them.

use std::collections::HashMap;

use crate::dn::{Dn, Rdn};
use crate::error::Result;
use crate::matching::{DnKeys, dn_key};
use crate::schema::Schema;
use crate::source::{Extent, Source};

/// The name that an entry is to get.
#[derive(Clone, Debug)]
pub(super) enum NewName {
    /// This one, whatever becomes of the entries above it.
    Whole(Dn),
    /// One below the entry that is above it so far, whatever that will be called.
    InPlace(Rdn),
}

/// What an entry asks to be called.
pub(super) enum Wish {
    /// Whatever it will be called.
    Nothing,
    /// What it is called, whatever becomes of the entries above it.
    Same,
    /// Something else.
    Other(NewName),
}

/// The new names of entries, and where these stand, by the keys of the old ones.
#[derive(Debug)]
pub(super) struct NewNames<'s> {
    schema: &'s Schema,
    names: HashMap<Vec<u8>, (Dn, Extent)>,
}

impl<'s> NewNames<'s> {
    /// Those of entries that get a name each; of one that is named twice, the last counts.
    ///
    /// # Errors
    ///
    /// An entry cannot be read.
    pub(super) fn new(
        directory: &Source<'s>,
        given: impl IntoIterator<Item = (Extent, NewName)>,
    ) -> Result<NewNames<'s>> {
        let schema = directory.schema;
        let old = |(place, name)| Ok((directory.dn(place)?, place, name));
        let mut given =
            given.into_iter().map(old).collect::<Result<Vec<(Dn, Extent, NewName)>>>()?;
        // What is above an entry is named before it.
        given.sort_by_key(|(old, ..)| old.rdns.len());
        let mut names = NewNames { schema, names: HashMap::new() };
        for (old, place, name) in given {
            let new = match name {
                NewName::Whole(dn) => dn,
                NewName::InPlace(rdn) => {
                    let above = old.parent().unwrap_or_default();
                    names.of(&above).map_or(above, |(above, _)| above).child(rdn)
                }
            };
            let (key, name) = (dn_key(schema, &old), dn_key(schema, &new));
            // What keeps its name where one above it is renamed does not go along.
            if name != key || dn_key(schema, &names.after(old)) != name {
                names.names.insert(key, (new, place));
            }
        }
        Ok(names)
    }

    /// Whether no entry gets another name.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The keys of the names that are given.
    pub(super) fn given(&self) -> impl Iterator<Item = Vec<u8>> {
        self.names.values().map(|(new, _)| dn_key(self.schema, new))
    }

    /// What a name will be, where its entry or one above it gets another name, and where that stands.
    pub(super) fn of(&self, dn: &Dn) -> Option<(Dn, Extent)> {
        if self.is_empty() {
            return None;
        }
        let keys = DnKeys::new(self.schema, dn);
        let mut above = keys.iter().enumerate();
        let (own, (new, place)) = above.find_map(|(own, key)| Some((own, self.names.get(key)?)))?;
        let rdns = dn.rdns[..own].iter().chain(&new.rdns).cloned().collect();
        let new = Dn { rdns };
        (dn_key(self.schema, &new) != dn_key(self.schema, dn)).then_some((new, *place))
    }

    /// Whether an entry above one of this name gets another, and would take it along.
    pub(super) fn goes_along(&self, dn: &Dn) -> bool {
        !self.is_empty() && dn.parent().is_some_and(|above| self.of(&above).is_some())
    }

    /// What an entry will be called.
    pub(super) fn after(&self, dn: Dn) -> Dn {
        self.of(&dn).map_or(dn, |(new, _)| new)
    }
}
