//! Where lines end, found for sixty-four bytes at once.
//!
//! Knows nothing of what a line says.

use wide::u8x64;

/// How many bytes are looked at together.
const BLOCK: usize = 64;

/// The line ends of a text, for who walks forward over it.
#[derive(Debug)]
pub struct LineEnds {
    /// Where the bytes begin that were looked at.
    block: usize,
    /// A bit for each of them that is a line end.
    ends: u64,
}

impl Default for LineEnds {
    /// Nothing was looked at: no place in a text is in these bytes.
    fn default() -> LineEnds {
        LineEnds { block: usize::MAX - BLOCK, ends: 0 }
    }
}

impl LineEnds {
    /// The end of the line of `text` that goes on at `at`, its line end included. It is always asked
    /// about the same text.
    #[inline]
    pub fn after(&mut self, text: &[u8], at: usize) -> usize {
        let mut at = at;
        loop {
            let shift = at.wrapping_sub(self.block);
            if shift < BLOCK {
                let ahead = self.ends >> shift;
                if ahead != 0 {
                    return at + ahead.trailing_zeros() as usize + 1;
                }
                at = self.block + BLOCK;
            }
            if at >= text.len() {
                return text.len();
            }
            (self.block, self.ends) = (at, ends_in(&text[at..]));
        }
    }
}

/// The line ends among the first bytes of a text.
#[inline]
fn ends_in(text: &[u8]) -> u64 {
    let block = match text.first_chunk() {
        Some(block) => *block,
        None => {
            let mut block = [0; BLOCK];
            block[..text.len()].copy_from_slice(text);
            block
        }
    };
    u8x64::new(block).simd_eq(u8x64::splat(b'\n')).to_bitmask()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_they_end() {
        let lens = [0, 1, 62, 63, 64, 0, 65, 127, 128, 129, 300, 0, 0, 7];
        let text: Vec<u8> =
            lens.iter().flat_map(|&len| [vec![b'x'; len], vec![b'\n']].concat()).collect();
        for end in [text.len(), text.len() - 1] {
            let text = &text[..end];
            let end_after = |at: usize| {
                text[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n + 1)
            };
            for step in [1, 5, 64, 100] {
                let mut ends = LineEnds::default();
                for at in (0..text.len()).step_by(step) {
                    assert_eq!(ends.after(text, at), end_after(at), "{at} by {step}");
                }
            }
            assert_eq!(LineEnds::default().after(text, text.len()), text.len());
        }
        // Who goes back is answered, too.
        let mut ends = LineEnds::default();
        assert_eq!(
            (ends.after(&text, 500), ends.after(&text, 0)),
            (text[500..].iter().position(|b| *b == b'\n').map_or(0, |n| 501 + n), 1)
        );
    }
}
