//! Names that are found in any case: of definitions, and sets of them.
//!
//! Knows nothing of what is called so. Names come from schemas and options and not from the data that
//! is compared, so the hash has no key.

use hashbrown::HashTable;

use super::Definition;

/// The way from a name or OID, in any case, to a place. What a place is called stands in the
/// definition, so that nothing is stored twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(HashTable<Entered>);

/// A spelling of the definition at a place.
#[derive(Clone, Copy, Debug)]
struct Entered {
    hash: u64,
    at: u32,
    /// Which of its spellings.
    spelling: u32,
}

impl Names {
    pub(super) fn with_capacity(capacity: usize) -> Names {
        Names(HashTable::with_capacity(capacity))
    }

    pub(super) fn find<D: Definition>(&self, definitions: &[D], name: &[u8]) -> Option<u32> {
        let hash = hash_caseless(name);
        let same = |one: &Entered| {
            let spelling = || definitions[one.at as usize].spelling(one.spelling as usize);
            one.hash == hash && spelling().is_some_and(|s| is_caseless(s.as_bytes(), name))
        };
        self.0.find(hash, same).map(|one| one.at)
    }

    /// Enters all spellings of the definition at `at`; one that another has stays with that one.
    pub(super) fn enter<D: Definition>(&mut self, definitions: &[D], at: u32) {
        let spellings = (0_u32..).zip(definitions[at as usize].spellings());
        for (spelling, name) in spellings {
            if self.find(definitions, name.as_bytes()).is_none() {
                let hash = hash_caseless(name.as_bytes());
                self.0.insert_unique(hash, Entered { hash, at, spelling }, |one| one.hash);
            }
        }
    }

    /// Enters all definitions anew; of those with one name the last has it.
    pub(super) fn of<D: Definition>(definitions: &[D]) -> Names {
        let mut names = Names::with_capacity(definitions.len() * 3);
        for at in (0..super::index(definitions.len())).rev() {
            names.enter(definitions, at);
        }
        names
    }
}

/// A set of names in any case.
#[derive(Clone, Debug, Default)]
pub struct NameSet(HashTable<Vec<u8>>);

impl NameSet {
    /// Whether a name is in it.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.0.find(hash_caseless(name), |one| is_caseless(one, name)).is_some()
    }

    /// All of them, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }
}

impl<'n> Extend<&'n [u8]> for NameSet {
    fn extend<I: IntoIterator<Item = &'n [u8]>>(&mut self, names: I) {
        for name in names {
            if !self.contains(name) {
                let hash = hash_caseless(name);
                self.0.insert_unique(hash, name.to_vec(), |one| hash_caseless(one));
            }
        }
    }
}

/// Whether two names are one in any case. Mostly they are spelled alike.
pub fn is_caseless(a: &[u8], b: &[u8]) -> bool {
    a == b || a.eq_ignore_ascii_case(b)
}

/// A hash of a name without regard to case, eight bytes at a time: the bit that tells letters of two
/// cases apart is set in all of them.
pub fn hash_caseless(name: &[u8]) -> u64 {
    const CASE: u64 = 0x2020_2020_2020_2020;
    let step = |hash: u64, word: u64| {
        (hash.rotate_left(5) ^ (word | CASE)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    let (words, _) = name.as_chunks::<8>();
    let hash = words.iter().fold(name.len() as u64, |h, word| step(h, u64::from_le_bytes(*word)));
    let hash = step(hash, last_word(name));
    // The table takes both ends of it.
    hash ^ (hash >> 32)
}

/// The last eight bytes of a name, or all.
fn last_word(name: &[u8]) -> u64 {
    if let Some(last) = name.last_chunk() {
        return u64::from_le_bytes(*last);
    }
    match (name.first_chunk(), name.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => name.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_length_hash_without_case() {
        let name = "aBcDeFgHiJkLmNoPqRsTuVwXyZ";
        let hashes: std::collections::HashSet<u64> = (0..=name.len())
            .map(|len| {
                let name = &name.as_bytes()[..len];
                let hash = hash_caseless(name);
                assert_eq!(hash, hash_caseless(&name.to_ascii_uppercase()));
                assert_eq!(hash, hash_caseless(&name.to_ascii_lowercase()));
                hash
            })
            .collect();
        assert_eq!(hashes.len(), name.len() + 1);
    }

    #[test]
    fn a_set_of_names_knows_no_case() {
        let mut set = NameSet::default();
        set.extend(["modifyTimestamp", "2.5.18.2", "cn"].map(str::as_bytes));
        for name in ["MODIFYTIMESTAMP", "modifytimestamp", "2.5.18.2", "CN"] {
            assert!(set.contains(name.as_bytes()), "{name}");
        }
        for name in ["modifyTimestam", "2.5.18.20", "", "sn", "modifyTimestamp "] {
            assert!(!set.contains(name.as_bytes()), "{name}");
        }
    }
}
