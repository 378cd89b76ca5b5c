//! What must be done to OLD, in an order that a server accepts.
//!
//! A plan is a value of positions: steps that name records of OLD and NEW, which `emit` reads and
//! compares again to write them. The order is references out by their old names, the structure,
//! everything else, references in by their new names. Knows no text.

mod alone;
mod build;
mod carried;
mod configuration;
pub mod early;
pub mod free;
mod hops;
pub mod journey;
mod kept;
mod ledger;
mod links;
mod looks;
pub mod names;
pub mod narrow;
mod newcomer;
mod order;
mod primary;
mod refuse;
pub mod release;
pub mod rows;
mod sort;
pub mod sound;
mod spelled;
mod steps;
mod tree;

use std::collections::HashMap;

pub use build::{Task, plan};
pub use looks::Scout;
pub use order::{Move, Target};
pub use primary::Primaries;

use crate::dn::{Dn, Rdn};
use crate::join::Looks;
use crate::plan::names::Names;
use crate::plan::release::Release;
use crate::plan::sound::Unsound;
use crate::source::Extent;

/// Which part of the way a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Accounts become members of the groups that become their primary groups, by old names.
    Join,
    /// Accounts get other primary groups, by old names.
    Primary,
    /// References and unique values that go before the structure changes, by old names.
    Before,
    /// An entry goes.
    Delete,
    /// An entry comes.
    Add,
    /// An entry gets another name.
    Rename,
    /// Everything else, by new names.
    Main,
    /// References to what came, by new names.
    After,
}

impl Part {
    /// Whether attributes of an entry change.
    pub fn is_modify(self) -> bool {
        !matches!(self, Part::Delete | Part::Add | Part::Rename)
    }
}

/// One record to be.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Which part of the way.
    pub part: Part,
    /// Which journey.
    pub journey: u32,
    /// Which move, for the structural parts.
    pub number: u32,
}

/// An entry that changes.
#[derive(Clone, Debug)]
pub struct Journey {
    /// Its record in OLD.
    pub old: Option<Extent>,
    /// Its record in NEW; OLD's once more where nothing but its references is touched.
    pub new: Option<Extent>,
    /// The RDNs it has one after the other, where it is renamed by records of its own.
    pub hops: Vec<Rdn>,
    /// What is to be looked at before it is written.
    pub looks: Looks,
    /// Whether NEW's record is OLD's.
    pub same: bool,
    /// The number of the move by which it comes, where it is added.
    pub arrival: usize,
    /// Whether its attributes stay as they are.
    pub frozen: bool,
}

/// How much a plan does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries that come.
    pub adds: u64,
    /// Entries that go.
    pub deletes: u64,
    /// Entries whose attributes change.
    pub modifies: u64,
    /// Entries that get another name by a record of their own.
    pub renames: u64,
    /// Entries that go and come again under the same name.
    pub recreated: u64,
    /// Entries that wait under a temporary name.
    pub parked: u64,
    /// Attributes that are written as a whole, so that nothing asks for their old values.
    pub replaced: u64,
}

impl Counts {
    /// All changed entries.
    pub fn total(&self) -> u64 {
        self.adds + self.deletes + self.modifies + self.renames
    }
}

/// How many entries have a primary group that is left to a person to set, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByHand {
    /// They come.
    pub newcomers: u64,
    /// OLD has no such group.
    pub nowhere: u64,
    /// They are no members of it, and that is not written, for `member` is not compared or the group not
    /// selected.
    pub unselected: u64,
}

/// What should be known of a plan beside its counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// The journeys of accounts that come disabled, because no export holds a password.
    pub disabled: Vec<u32>,
    /// How many entries keep an attribute that NEW does not have: the server does not give it up.
    pub protected: u64,
    /// How many entries have a primary group that is left to a person to set.
    pub by_hand: ByHand,
    /// How many accounts the server puts into a group that OLD does not hold or that is not selected, for it was
    /// their primary group.
    pub elsewhere: u64,
    /// How many accounts lose a primary group that goes, so that the way back cannot set it.
    pub lost_groups: u64,
    /// How many references are left out of what is written: the entries they name do not come.
    pub references: u64,
    /// How many references stay in entries that are left as they are, though the names they hold go.
    pub stale: u64,
    /// How many lists of values hold two that the server takes for one.
    pub twins: u64,
    /// How many entries a server refuses for what their classes demand or do not allow, and the attribute
    /// of the first.
    pub unsound: Vec<(Unsound, u64, String)>,
    /// How many groups get another name because an entry above them does.
    pub carried: u64,
    /// How many entries go and come because they move to another suffix.
    pub crossing: u64,
    /// How many entries differ in what is built into the server.
    pub built_in: u64,
    /// How many entries of a configuration come, or get a module, for good: the server does not give them up.
    pub for_good: u64,
    /// How many names have an entry on one side alone, and on the other what replication keeps in its place.
    pub halves: u64,
}

/// All steps in order.
#[derive(Debug)]
pub struct Plan<'s> {
    /// The steps.
    pub steps: Vec<Step>,
    /// The number of the step a second file begins with, where one is needed.
    pub pause: Option<usize>,
    /// Whether the undo must pause before it puts references back.
    pub undo_pauses: bool,
    /// The entries the steps are about.
    pub journeys: Vec<Journey>,
    /// The changes of structure, in their order.
    pub moves: Vec<Move>,
    /// What entries are called.
    pub names: Names<'s>,
    /// Memberships that follow from primary groups.
    pub primaries: Primaries,
    /// Values that go early, by the record in OLD.
    pub releases: HashMap<Extent, Vec<Release>>,
    /// How much it does.
    pub counts: Counts,
    /// What was asked for and is left out, with what it depends on.
    pub left_out: Counts,
    /// What else should be known.
    pub notes: Notes,
}

impl Plan<'_> {
    /// The values an entry lets go early.
    pub fn released(&self, old: Option<Extent>) -> &[Release] {
        old.and_then(|extent| self.releases.get(&extent)).map_or(&[], Vec::as_slice)
    }

    /// What an entry of OLD is called when a step of this part is applied.
    pub fn name_at(&self, part: Part, old: &Dn) -> Dn {
        match part {
            Part::Join | Part::Primary | Part::Before => old.clone(),
            _ => self.names.after(old),
        }
    }
}
