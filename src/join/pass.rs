//! How many times both sides are walked over, so that the index fits into the memory there is.
//!
//! Each pass is about the names whose hash leaves one remainder: all records of one name are of one
//! pass, so nothing that is decided by name needs another.

use crate::join::Ordinal;
use crate::join::index::Slot;

/// One walk over both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pass {
    number: u32,
    of: u32,
}

impl Pass {
    /// As many passes as `bytes` of memory need for an index of so many records.
    pub(super) fn all(records: usize, bytes: usize) -> impl Iterator<Item = Pass> {
        // The index has a hash and a number for each record, and for two where those alike begin.
        const RECORD: usize =
            size_of::<Slot>() + size_of::<(u32, Ordinal)>() + size_of::<Ordinal>() / 2;
        const { assert!(RECORD == 26) };
        let of = records.saturating_mul(RECORD).div_ceil(bytes.max(1)).max(1);
        let of = u32::try_from(of).unwrap_or(u32::MAX);
        (0..of).map(move |number| Pass { number, of })
    }

    /// The only one, where there is memory enough.
    pub(super) fn only() -> Pass {
        Pass { number: 0, of: 1 }
    }

    /// Whether it is the first, which also counts what it sees.
    pub(super) fn is_first(self) -> bool {
        self.number == 0
    }

    /// How many there are.
    pub(super) fn count(self) -> u32 {
        self.of
    }

    /// Whether it is about the names of this hash.
    pub(super) fn takes(self, hash: u32) -> bool {
        self.of == 1 || hash % self.of == self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hash_is_of_one_pass() {
        assert_eq!(Pass::all(0, 0).count(), 1);
        assert_eq!(Pass::all(1000, 26_000).count(), 1);
        for bytes in [25_999, 13_000, 5_000, 100] {
            let passes: Vec<Pass> = Pass::all(1000, bytes).collect();
            assert_eq!(passes.len(), 26_000_usize.div_ceil(bytes));
            for hash in [0, 1, 2, 77, u32::MAX] {
                assert_eq!(passes.iter().filter(|pass| pass.takes(hash)).count(), 1);
            }
            assert_eq!(passes.iter().filter(|pass| pass.is_first()).count(), 1);
        }
    }
}
