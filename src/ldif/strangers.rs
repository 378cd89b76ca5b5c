//! The lines that only one of two records has, wherever they stand in it.
//!
//! Two programs write one record with its lines in two orders. Knows nothing of what a line means.

use crate::ldif::unfold::lines;

/// The lines that only one of two logical texts has, each as often as the other has it less; perhaps
/// others, too.
pub fn strangers<'t>(old: &'t [u8], new: &'t [u8]) -> impl Iterator<Item = &'t [u8]> {
    let [mut old, mut new] = [old, new].map(|text| hashed(text).into_iter().peekable());
    std::iter::from_fn(move || {
        while old.peek().is_some_and(|line| new.next_if_eq(line).is_some()) {
            old.next();
        }
        let (before, after) = (old.peek(), new.peek());
        let is_new = before.is_none_or(|(hash, _)| after.is_some_and(|(other, _)| other < hash));
        let next = if is_new { new.next() } else { old.next() };
        next.map(|(_, line)| line)
    })
}

/// The lines of a logical text in the order of their hashes.
fn hashed(text: &[u8]) -> Vec<(u64, &[u8])> {
    /// Room that allocators keep at hand, and that is mostly enough.
    const AT_HAND: usize = 32;
    let mut all = Vec::with_capacity(AT_HAND);
    all.extend(lines(text).map(|line| (hash(line), line)));
    all.sort_unstable_by_key(|(hash, _)| *hash);
    all
}

/// A quick hash without a key: lines that share one may be taken for strangers, no more.
fn hash(line: &[u8]) -> u64 {
    let step =
        |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let word = |word: &[u8; 8]| u64::from_le_bytes(*word);
    let words = line.as_chunks().0.iter();
    let hash = words.fold(line.len() as u64, |hash, bytes| step(hash, word(bytes)));
    match line.last_chunk() {
        Some(last) => step(hash, word(last)),
        None => line.iter().fold(hash, |hash, byte| step(hash, u64::from(*byte))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways round, in the order of the lines.
    fn told(old: &str, new: &str) -> String {
        let told = |a: &str, b: &str| {
            let mut all: Vec<Vec<u8>> =
                strangers(a.as_bytes(), b.as_bytes()).map(<[u8]>::to_vec).collect();
            all.sort_unstable();
            String::from_utf8(all.join(&b' ')).expect("text")
        };
        let answer = told(old, new);
        assert_eq!(answer, told(new, old));
        answer
    }

    #[test]
    fn what_both_have_is_no_stranger_wherever_it_stands() {
        for (old, new, only) in [
            ("", "", ""),
            ("a", "a", ""),
            ("a\nb\nc", "c\na\nb", ""),
            ("a\nb", "a", "b"),
            ("a\nb\nb", "b\na", "b"),
            ("a\nb", "c\na\nd", "b c d"),
            ("a\n", "a", ""),
            (
                "begins alike and ends",
                "begins alike and stops",
                "begins alike and ends begins alike and stops",
            ),
        ] {
            assert_eq!(told(old, new), only, "{old:?} {new:?}");
        }
        let many: Vec<String> = (0..200).map(|n| format!("member: cn=user.{n},dc=x")).collect();
        let turned: Vec<String> = many.iter().rev().skip(1).cloned().collect();
        assert_eq!(told(&many.join("\n"), &turned.join("\n")), many[199]);
    }
}
