//! String preparation (RFC 4518) and the rules for text.
//!
//! `stringprep::x520prep` maps, normalises (NFKC) and refuses what is prohibited, by the tables of
//! Unicode 3.2 that RFC 4518 names. Added here: the characters with a control function that RFC
//! 4518 section 2.2 maps to nothing and X.520 leaves, folding on top of NFKC, and insignificant
//! characters (section 2.6). Printable ASCII goes a short way that comes to the same.

use std::borrow::Cow;

use stringprep::tables::{unassigned_code_point, x520_mapped_to_nothing};

use super::push_framed;

/// Whether case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// `caseIgnoreMatch` and its like.
    Ignore,
    /// `caseExactMatch` and its like.
    Exact,
}

/// The normal form of text (RFC 4518 section 2): mapped, folded, insignificant spaces left out.
/// `None` for what is no text: not UTF-8, or with a prohibited code point.
pub(super) fn text(value: &[u8], case: Case) -> Option<Cow<'_, [u8]>> {
    if is_normal_ascii(value, case) {
        return Some(Cow::Borrowed(value));
    }
    let prepared = prepared(value, case)?;
    Some(Cow::Owned(significant(&prepared).into_bytes()))
}

/// Whether a value is its own normal form: printable ASCII, in lower case where case does not
/// count, each inner space alone.
fn is_normal_ascii(value: &[u8], case: Case) -> bool {
    let mut before = b' ';
    for &byte in value {
        let space_again = byte == b' ' && before == b' ';
        let to_fold = case == Case::Ignore && byte.is_ascii_uppercase();
        if !matches!(byte, b' '..=b'~') || space_again || to_fold {
            return false;
        }
        before = byte;
    }
    before != b' ' || value.is_empty()
}

/// RFC 4518 sections 2.1 to 2.5: transcode, map, normalize, prohibit.
///
/// The case-ignoring form is made from the exact one, so that what is equal under an exact rule is
/// equal under the other.
pub(super) fn prepared(value: &[u8], case: Case) -> Option<Cow<'_, str>> {
    let value = std::str::from_utf8(value).ok()?;
    let exact = exact(value)?;
    match case {
        Case::Exact => Some(exact),
        Case::Ignore if exact.is_ascii() => Some(Cow::Owned(exact.to_ascii_lowercase())),
        Case::Ignore => {
            let folded: String = exact.chars().flat_map(lower).collect();
            Some(Cow::Owned(x520prep(&folded).unwrap_or(folded)))
        }
    }
}

/// The prepared form under which case counts.
fn exact(value: &str) -> Option<Cow<'_, str>> {
    if value.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return Some(Cow::Borrowed(value));
    }
    let mapped: String = value.chars().filter(|&c| !is_mapped_to_nothing(c)).collect();
    if mapped.is_empty() {
        return Some(Cow::Owned(mapped));
    }
    x520prep(&mapped).map(Cow::Owned)
}

/// A character in lower case, by the mapping of one character to one.
///
/// RFC 4518 section 2.2 asks for full case folding (RFC 3454 table B.2), by which `ß` is `ss` and
/// the final sigma a sigma. No server that was asked does that: names that differ so are two in
/// OpenLDAP, 389 Directory Server and Active Directory, and would be taken for one here.
fn lower(c: char) -> Option<char> {
    c.to_lowercase().next()
}

/// `stringprep::x520prep` around the code points that Unicode 3.2 does not know.
///
/// RFC 4518 section 2.4 prohibits those, which would make every name with an emoji equal to no
/// other spelling of itself; servers take them as they are, and so do we.
fn x520prep(value: &str) -> Option<String> {
    let mut prepared = String::with_capacity(value.len());
    for part in value.split_inclusive(unassigned_code_point) {
        let unknown = part.chars().next_back().filter(|&c| unassigned_code_point(c));
        let known = &part[..part.len() - unknown.map_or(0, char::len_utf8)];
        if !known.is_empty() {
            prepared.push_str(&stringprep::x520prep(known, false).ok()?);
        }
        prepared.extend(unknown);
    }
    Some(prepared)
}

/// RFC 4518 section 2.2: code points with a control function, and the others it names.
fn is_mapped_to_nothing(c: char) -> bool {
    let control_function = matches!(c,
        '\u{6dd}' | '\u{70f}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2063}' | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}' | '\u{e0020}'..='\u{e007f}');
    control_function || x520_mapped_to_nothing(c)
}

/// What RFC 4518 section 2.2 maps to nothing or to a space, and NFKC leaves as it is. In what is not
/// UTF-8 that is ASCII alone.
pub(super) fn held(value: &[u8]) -> Vec<u8> {
    if value.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return Vec::new();
    }
    let is_held = |c: &char| {
        c.is_control()
            || matches!(c, '\u{1680}' | '\u{2028}' | '\u{2029}')
            || is_mapped_to_nothing(*c)
    };
    match std::str::from_utf8(value) {
        Ok(text) => text.chars().filter(is_held).collect::<String>().into_bytes(),
        Err(_) => value.iter().copied().filter(u8::is_ascii_control).collect(),
    }
}

/// RFC 4518 section 2.6.1, with a single space for its two: outer spaces left out, inner runs as
/// one. Text of nothing but spaces is a space, which is not the empty text.
fn significant(prepared: &str) -> String {
    let mut normal = String::with_capacity(prepared.len());
    for word in prepared.split(' ').filter(|word| !word.is_empty()) {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(word);
    }
    if normal.is_empty() {
        normal.push(' ');
    }
    normal
}

/// `numericStringMatch` (RFC 4517 section 4.2.22): digits; spaces do not count (RFC 4518 section
/// 2.6.2).
pub(super) fn numeric_string(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !value.iter().all(|b| b.is_ascii_digit() || *b == b' ') {
        return None;
    }
    if memchr::memchr(b' ', value).is_none() {
        return Some(Cow::Borrowed(value));
    }
    let digits: Vec<u8> = value.iter().copied().filter(|&b| b != b' ').collect();
    Some(Cow::Owned(if digits.is_empty() { b" ".to_vec() } else { digits }))
}

/// `telephoneNumberMatch` (RFC 4517 section 4.2.29): case, spaces and hyphens do not count (RFC
/// 4518 section 2.6.3).
pub(super) fn telephone_number(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let prepared = prepared(value, Case::Ignore)?;
    let normal: String = prepared.chars().filter(|&c| !is_blank_of_number(c)).collect();
    let blank = normal.is_empty() && !value.is_empty();
    Some(Cow::Owned(if blank { b" ".to_vec() } else { normal.into_bytes() }))
}

/// A space or hyphen of a telephone number (RFC 4518 section 2.6.3).
pub(super) fn is_blank_of_number(c: char) -> bool {
    matches!(
        c,
        ' ' | '-' | '\u{58a}' | '\u{2010}' | '\u{2011}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}'
    )
}

/// `caseIgnoreListMatch` (RFC 4517 section 4.2.9): a postal address, line by line.
pub(super) fn list(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut normal = Vec::with_capacity(value.len() + 16);
    for line in value.split(|&b| b == b'$') {
        let line = unescaped_line(line)?;
        push_framed(&mut normal, &text(&line, Case::Ignore)?);
    }
    Some(Cow::Owned(normal))
}

/// A line of a postal address (RFC 4517 section 3.3.28): `\24` is `$`, `\5C` is `\`.
pub fn unescaped_line(line: &[u8]) -> Option<Cow<'_, [u8]>> {
    if memchr::memchr(b'\\', line).is_none() {
        return Some(Cow::Borrowed(line));
    }
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&byte, after)) = rest.split_first() {
        let (byte, after) = match (byte, after) {
            (b'\\', [b'2', b'4', after @ ..]) => (b'$', after),
            (b'\\', [b'5', b'c' | b'C', after @ ..]) => (b'\\', after),
            (b'\\', _) => return None,
            _ => (byte, after),
        };
        plain.push(byte);
        rest = after;
    }
    Some(Cow::Owned(plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The way without the short cut for ASCII, from the crate's own functions.
    fn slow(value: &str, case: Case) -> String {
        let exact = stringprep::x520prep(value, false).unwrap().into_owned();
        let folded = match case {
            Case::Exact => exact,
            Case::Ignore => exact.to_ascii_lowercase(),
        };
        significant(&folded)
    }

    proptest! {
        #[test]
        fn the_short_way_for_ascii_is_the_long_one(value in "[ -~]{1,12}") {
            for case in [Case::Ignore, Case::Exact] {
                let short = text(value.as_bytes(), case).unwrap();
                prop_assert_eq!(short.into_owned(), slow(&value, case).into_bytes());
            }
        }

        #[test]
        fn a_normal_form_is_its_own_normal_form(value in "\\PC{0,12}") {
            for case in [Case::Ignore, Case::Exact] {
                let once = text(value.as_bytes(), case);
                let twice = once.as_deref().and_then(|once| text(once, case));
                if twice.is_some() {
                    prop_assert_eq!(once.as_deref(), twice.as_deref());
                }
            }
        }
    }
}
