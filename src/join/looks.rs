//! What is still to be looked at in a pair that differs.
//!
//! Told by the judge, which has both entries at hand, and handed on with the pair: a step of the
//! plan that has nothing to find in a pair need not read it again.

/// Some of the looks that a plan takes at a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks(u8);

impl Looks {
    /// Nothing: only values of its own change.
    pub const NONE: Looks = Looks(0);
    /// Whether it is an entry at all, keeps its class, and keeps the spelling of its name.
    pub const NATURE: Looks = Looks(1);
    /// Which values of unique attributes it loses and takes.
    pub const UNIQUE: Looks = Looks(1 << 1);
    /// In which parts of the way it changes, and how that is written.
    pub const PARTS: Looks = Looks(1 << 2);
    /// Which attributes and members it loses.
    pub const LOSSES: Looks = Looks(1 << 3);
    /// Everything.
    pub const ALL: Looks = Looks(0b1111);

    /// Both.
    #[must_use]
    pub fn and(self, other: Looks) -> Looks {
        Looks(self.0 | other.0)
    }

    /// These, where a condition holds, else nothing.
    #[must_use]
    pub fn given(self, condition: bool) -> Looks {
        if condition { self } else { Looks::NONE }
    }

    /// Whether these are among them.
    pub fn hold(self, other: Looks) -> bool {
        self.0 & other.0 == other.0
    }
}
