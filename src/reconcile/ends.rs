//! What references lead to: records of another mapping, under what they are called on the side that is
//! obeyed, and what they will be called on the other.

use std::collections::{HashMap, HashSet};

use crate::reconcile::flow::ReadyReference;
use crate::table::Value;

/// Both ends of the references that lead to one mapping by one attribute and one column.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// The sources that are meant, by what refers to them.
    pub(super) sources: HashMap<Vec<u8>, u32>,
    /// What each source is called on the side that is changed, once the change is made.
    pub(super) called: HashMap<u32, Value<'static>>,
    /// What refers to the targets that are meant.
    pub(super) targets: HashSet<Vec<u8>>,
    /// The targets that are moved where inactive ones are: their names, by what refers to them now.
    pub(super) moved: HashMap<Vec<u8>, Vec<u8>>,
}

/// Where a value of a reference leads.
#[derive(Debug)]
pub(super) enum Led<'e> {
    /// To a record that is called so on the side that is changed.
    To(&'e Value<'static>),
    /// To a record that has no counterpart.
    Nowhere,
    /// To no record of the mapping.
    Away,
}

impl Ends {
    /// Where a value of the side that is obeyed leads, in the form that equal ones share.
    pub(super) fn led(&self, normal: &[u8]) -> Led<'_> {
        match self.sources.get(normal) {
            None => Led::Away,
            Some(source) => self.called.get(source).map_or(Led::Nowhere, Led::To),
        }
    }

    /// Whether a value of the side that is changed leads to a record of the mapping.
    pub(super) fn is_ours(&self, normal: &[u8]) -> bool {
        self.targets.contains(normal)
    }
}

/// All of them, each once.
#[derive(Debug, Default)]
pub(super) struct AllEnds<'m> {
    all: Vec<(Which<'m>, Ends)>,
}

/// The mapping, the attribute and the column that references lead by.
pub(super) type Which<'m> = (usize, Option<&'m str>, usize);

impl<'m> AllEnds<'m> {
    /// Those of some references.
    pub(super) fn new<E>(
        references: impl Iterator<Item = ReadyReference<'m>>,
        mut ends: impl FnMut(Which<'m>) -> Result<Ends, E>,
    ) -> Result<AllEnds<'m>, E> {
        let mut all: Vec<(Which<'m>, Ends)> = Vec::new();
        for reference in references {
            let which = (reference.mapping, reference.attribute, reference.column);
            if !all.iter().any(|(other, _)| *other == which) {
                all.push((which, ends(which)?));
            }
        }
        Ok(AllEnds { all })
    }

    /// Those of a reference.
    pub(super) fn of(&self, reference: &ReadyReference<'_>) -> Option<&Ends> {
        let which = (reference.mapping, reference.attribute, reference.column);
        self.all.iter().find(|(other, _)| *other == which).map(|(_, ends)| ends)
    }
}
