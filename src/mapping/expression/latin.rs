//! Latin text in ASCII, as names of mailboxes and logins are made of it.
//!
//! `ä` is `ae` and `ß` is `ss`, as German spells them; of other letters with a mark the letter stays. What
//! has no spelling goes.

/// Letters and signs that are more than a letter with a mark, or none that takes apart.
const SPELLINGS: [(char, &str); 47] = [
    ('Ä', "Ae"),
    ('Ö', "Oe"),
    ('Ü', "Ue"),
    ('ä', "ae"),
    ('ö', "oe"),
    ('ü', "ue"),
    ('ß', "ss"),
    ('ẞ', "SS"),
    ('Æ', "Ae"),
    ('æ', "ae"),
    ('Œ', "Oe"),
    ('œ', "oe"),
    ('Ø', "Oe"),
    ('ø', "oe"),
    ('Å', "Aa"),
    ('å', "aa"),
    ('Þ', "Th"),
    ('þ', "th"),
    ('Ð', "D"),
    ('ð', "d"),
    ('Đ', "D"),
    ('đ', "d"),
    ('Ħ', "H"),
    ('ħ', "h"),
    ('Ł', "L"),
    ('ł', "l"),
    ('Ŀ', "L"),
    ('ŀ', "l"),
    ('Ŋ', "Ng"),
    ('ŋ', "ng"),
    ('Ŧ', "T"),
    ('ŧ', "t"),
    ('ı', "i"),
    ('ĸ', "k"),
    ('ſ', "s"),
    ('Ə', "E"),
    ('ə', "e"),
    ('‘', "'"),
    ('’', "'"),
    ('‚', "'"),
    ('“', "\""),
    ('”', "\""),
    ('„', "\""),
    ('–', "-"),
    ('—', "-"),
    ('‐', "-"),
    ('…', "..."),
];

/// The text in ASCII.
pub(super) fn ascii(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len());
    // Marks that stand alone are put on their letters first, so that both ways of writing `ä` are one.
    for c in unicode_normalization::UnicodeNormalization::nfc(text) {
        match SPELLINGS.iter().find(|(letter, _)| *letter == c) {
            _ if c.is_ascii() => spelled.push(c),
            Some((_, spelling)) => spelled.push_str(spelling),
            None => {
                let parts = unicode_normalization::UnicodeNormalization::nfkd(c);
                spelled.extend(parts.filter(char::is_ascii));
            }
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_letters_are_spelled_in_ascii() {
        for (text, wanted) in [
            ("Jörg Müßig", "Joerg Muessig"),
            ("Jo\u{308}rg", "Joerg"),
            ("ÄÖÜẞ", "AeOeUeSS"),
            ("José Nuñez-Čapek", "Jose Nunez-Capek"),
            ("Łukasz Żółć", "Lukasz Zolc"),
            ("Søren Åse Ægir Þór Œuvre", "Soeren Aase Aegir Thor Oeuvre"),
            ("İstanbul ığüşöç", "Istanbul iguesoec"),
            ("O’Brien – ‚a‘", "O'Brien - 'a'"),
            ("ﬁn Ⅳ x²", "fin IV x2"),
            ("Ộ\u{a0}ộ", "O o"),
            ("Иван 山😀", " "),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(ascii(text), wanted, "{text}");
        }
    }
}
