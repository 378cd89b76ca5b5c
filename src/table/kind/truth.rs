//! The words that a column has for true and false.

/// Words for true and for false that belong together.
const PAIRS: [[&str; 2]; 6] =
    [["true", "false"], ["t", "f"], ["yes", "no"], ["y", "n"], ["on", "off"], ["1", "0"]];

/// The words of one column, in the case that it has them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truths([String; 2]);

impl Truths {
    /// The pair that a word is of; `None` where it is no word for a truth.
    pub fn like(word: &[u8]) -> Option<Truths> {
        let is_it = |one: &&str| word.eq_ignore_ascii_case(one.as_bytes());
        let pair = PAIRS.iter().find(|pair| pair.iter().any(is_it))?;
        Some(Truths(pair.map(|one| in_case_of(word, one))))
    }

    /// The word for a truth.
    pub fn word(&self, truth: bool) -> &[u8] {
        self.0[usize::from(!truth)].as_bytes()
    }
}

/// A word in capitals, with a capital, or in small letters, as another one is.
fn in_case_of(model: &[u8], word: &str) -> String {
    let is_capital = |at: usize| model.get(at).is_some_and(u8::is_ascii_uppercase);
    let (first, rest) = word.split_at(1);
    match (is_capital(0), is_capital(model.len() - 1)) {
        (true, true) => word.to_ascii_uppercase(),
        (true, false) => first.to_ascii_uppercase() + rest,
        (false, _) => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truths_come_in_pairs_and_in_one_case() {
        for (word, pair) in [
            ("Y", Some(["Y", "N"])),
            ("no", Some(["yes", "no"])),
            ("False", Some(["True", "False"])),
            ("OFF", Some(["ON", "OFF"])),
            ("0", Some(["1", "0"])),
            ("maybe", None),
            ("", None),
        ] {
            let wanted = pair.map(|pair| Truths(pair.map(str::to_owned)));
            assert_eq!(Truths::like(word.as_bytes()), wanted, "{word}");
        }
    }
}
