//! Attribute types at the beginnings of lines: what was looked at once is known by its bytes again.
//!
//! Records of an export have the same attributes, mostly in the same order. Knows nothing of values.

use wide::u8x16;

use crate::attribute::is_key_byte;

/// So many types are kept; of more, the others are looked at each time.
const MANY: usize = 48;

/// How many bytes are compared at once.
const WORD: usize = 16;

/// Types that were looked at, each with what is known of it.
#[derive(Debug)]
pub struct Types<T> {
    known: Vec<Known<T>>,
    /// The one that was met last: the next line begins with what stood behind it before, or with the same.
    last: usize,
}

/// A type and its colon.
#[derive(Clone, Copy, Debug)]
struct Known<T> {
    of: T,
    len: usize,
    /// The first bytes, and which of them belong to it.
    first: u8x16,
    mask: u8x16,
    /// The last bytes of one that is longer.
    last: u8x16,
    /// Which other one stood behind it.
    next: usize,
}

impl<T> Known<T> {
    /// Whether a line with these first bytes begins with it.
    #[inline]
    fn begins(&self, line: &[u8], first: u8x16) -> bool {
        (first & self.mask).simd_eq(self.first).all()
            && (self.len <= WORD || word(line, self.len - WORD) == Some(self.last))
    }
}

impl<T> Default for Types<T> {
    fn default() -> Types<T> {
        Types { known: Vec::new(), last: 0 }
    }
}

impl<T: Copy> Types<T> {
    /// How many bytes the type and the colon have with which a line begins, and what `learn` says of
    /// the type; nothing where that needs a second look.
    #[inline]
    pub fn at(&mut self, line: &[u8], learn: impl FnOnce(&[u8]) -> T) -> Option<(usize, T)> {
        if let Some(first) = word(line, 0)
            && let Some(last) = self.known.get(self.last)
        {
            if let Some(next) = self.known.get(last.next)
                && next.begins(line, first)
            {
                self.last = last.next;
                return Some((next.len, next.of));
            }
            if last.begins(line, first) {
                return Some((last.len, last.of));
            }
        }
        self.find(line, learn)
    }

    /// The same of a type that does not stand where it stood before.
    #[inline(never)]
    fn find(&mut self, line: &[u8], learn: impl FnOnce(&[u8]) -> T) -> Option<(usize, T)> {
        let Some(first) = word(line, 0) else { return looked_at(line, learn) };
        let before = self.last;
        let found = match self.known.iter().position(|known| known.begins(line, first)) {
            Some(at) => {
                self.last = at;
                Some((self.known[at].len, self.known[at].of))
            }
            None => self.learn(line, first, learn),
        };
        let last = self.last;
        if let Some(before) = self.known.get_mut(before) {
            before.next = last;
        }
        found
    }

    #[cold]
    fn learn(
        &mut self,
        line: &[u8],
        first: u8x16,
        learn: impl FnOnce(&[u8]) -> T,
    ) -> Option<(usize, T)> {
        let (len, of) = looked_at(line, learn)?;
        // The first and the last bytes tell all of a type that is no longer than both.
        if self.known.len() < MANY && len <= 2 * WORD {
            let of_it = |at| if at < len { u8::MAX } else { 0 };
            let mask = u8x16::new(std::array::from_fn(of_it));
            let last = word(line, len.saturating_sub(WORD)).unwrap_or_default();
            self.last = self.known.len();
            self.known.push(Known { of, len, first: first & mask, mask, last, next: 0 });
        }
        Some((len, of))
    }
}

#[inline]
fn word(line: &[u8], at: usize) -> Option<u8x16> {
    line.get(at..)?.first_chunk().map(|word| u8x16::new(*word))
}

/// The same, byte by byte.
fn looked_at<T>(line: &[u8], learn: impl FnOnce(&[u8]) -> T) -> Option<(usize, T)> {
    // `_` is a deviation, which the parser tells.
    let name = line.iter().take_while(|b| is_key_byte(**b) && **b != b'_').count();
    let is_dn = name == 2 && line[..2].eq_ignore_ascii_case(b"dn");
    let begins = line.first().is_some_and(u8::is_ascii_alphabetic);
    (begins && !is_dn && line.get(name) == Some(&b':')).then(|| (name + 1, learn(&line[..name])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_what_was_looked_at() {
        let long = "begins-like-this-and-more-ends-like-this---";
        let names = [
            "sn",
            "cn",
            "c",
            "dn",
            "dnx",
            "1.2",
            "a_b",
            "cn;x",
            "exactly-15-long",
            "x-16-bytes-long-",
            "structuralObjectClass",
            "structuralObjectClasz",
            "sTructuralObjectClass",
            long,
        ];
        let lines: Vec<String> =
            names.iter().map(|name| format!("{name}: value and more\n")).collect();
        let mut types = Types::default();
        let of = |name: &[u8]| name.len() * 1000 + usize::from(name[0]);
        for round in 0..3 {
            for line in &lines {
                let line = line.as_bytes();
                assert_eq!(types.at(line, of), looked_at(line, of), "{round} {line:?}");
            }
            // A line at the end of a text is too short to be known by its bytes.
            assert_eq!(types.at(b"sn: x\n", |_| 7), Some((3, 7)));
        }
        assert_eq!(types.known.len(), 9);
        // Between the first and the last bytes of a long one anything could stand.
        for middle in ["-and-many-", "_and_more_", "\nx: more \n"] {
            let line = long.replace("-and-more-", middle) + ": a value";
            let line = line.as_bytes();
            assert_eq!(types.at(line, of), looked_at(line, of), "{middle}");
        }
        for n in 0..100 {
            let line = format!("name-{n}: and a value");
            assert_eq!(types.at(line.as_bytes(), of), looked_at(line.as_bytes(), of));
        }
        assert_eq!(types.known.len(), MANY);
    }
}
