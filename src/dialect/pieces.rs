//! Texts that no one literal holds, in pieces that are joined.

/// A text in pieces: characters that `code` has an expression for by that, the others in quotes, of at most
/// about `most` bytes each. `code` is told the character behind, too.
pub(super) fn pieces(
    text: &str,
    most: usize,
    quote: fn(&str) -> String,
    code: impl Fn(char, Option<char>) -> Option<String>,
) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut begun = 0;
    for (at, c) in text.char_indices() {
        let behind = at + c.len_utf8();
        let code = code(c, text[behind..].chars().next());
        if code.is_some() || at - begun >= most {
            pieces.extend((at > begun).then(|| quote(&text[begun..at])));
            begun = if code.is_some() { behind } else { at };
        }
        pieces.extend(code);
    }
    pieces.extend((text.len() > begun).then(|| quote(&text[begun..])));
    pieces
}

/// The last place between two characters that is not behind `most` bytes.
pub(super) fn boundary(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::quote::plain;

    #[test]
    fn pieces_are_cut_between_characters() {
        let code =
            |c: char, next| (c == '&' || (c, next) == ('$', Some('('))).then(|| "C".to_owned());
        for (text, most, wanted) in [
            ("", 2, &[][..]),
            ("it's", 9, &["'it''s'"]),
            ("a&b", 9, &["'a'", "C", "'b'"]),
            ("&&", 9, &["C", "C"]),
            ("$(x)$", 9, &["C", "'(x)$'"]),
            ("abcde", 2, &["'ab'", "'cd'", "'e'"]),
            ("éé", 1, &["'é'", "'é'"]),
        ] {
            assert_eq!(pieces(text, most, plain, code), wanted, "{text}");
        }
        assert_eq!([0, 1, 2, 3, 9].map(|most| boundary("aé", most)), [0, 1, 1, 3, 3]);
    }
}
