//! Whether a value has parts in order (RFC 4517: the substrings rules).

use super::prepare::{self, Case};
use crate::schema::MatchingRule;

/// Which part of an assertion a piece is: RFC 4518 section 2.6.1 keeps other spaces for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Value,
    Initial,
    Any,
    Final,
}

/// Whether `value` begins with `initial`, ends with `last`, and has the pieces of `any` between, in
/// order and apart. A substrings rule, or the equality rule it belongs to. `None` where the rule has
/// no substrings, or something does not have its syntax.
pub fn substrings(
    rule: MatchingRule,
    value: &[u8],
    initial: Option<&[u8]>,
    any: &[impl AsRef<[u8]>],
    last: Option<&[u8]>,
) -> Option<bool> {
    let value = prepared(rule, value, Piece::Value)?;
    let initial =
        initial.map_or(Some(Vec::new()), |piece| prepared(rule, piece, Piece::Initial))?;
    let last = last.map_or(Some(Vec::new()), |piece| prepared(rule, piece, Piece::Final))?;
    let Some(rest) = value.strip_prefix(initial.as_slice()) else { return Some(false) };
    let Some(mut rest) = rest.strip_suffix(last.as_slice()) else { return Some(false) };
    for piece in any {
        let piece = prepared(rule, piece.as_ref(), Piece::Any)?;
        match memchr::memmem::find(rest, &piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return Some(false),
        }
    }
    Some(true)
}

fn prepared(rule: MatchingRule, text: &[u8], piece: Piece) -> Option<Vec<u8>> {
    use MatchingRule as R;
    match rule {
        R::CaseIgnore | R::CaseIgnoreSubstrings | R::CaseIgnoreIa5 | R::CaseIgnoreIa5Substrings => {
            spaced(text, Case::Ignore, piece)
        }
        R::CaseExact | R::CaseExactSubstrings | R::CaseExactIa5 | R::CaseExactIa5Substrings => {
            spaced(text, Case::Exact, piece)
        }
        R::CaseIgnoreList | R::CaseIgnoreListSubstrings => lines(text, piece),
        R::NumericString | R::NumericStringSubstrings => {
            let digits = text.iter().copied().filter(|&b| b != b' ').collect();
            Some(digits)
        }
        R::TelephoneNumber | R::TelephoneNumberSubstrings => {
            let prepared = prepare::prepared(text, Case::Ignore)?;
            let kept = prepared.chars().filter(|&c| !prepare::is_blank_of_number(c));
            Some(kept.collect::<String>().into_bytes())
        }
        R::OctetString | R::OctetStringSubstrings => Some(text.to_vec()),
        _ => None,
    }
}

/// The lines of a postal address, with a byte between that is in no text: no piece matches across
/// two lines (RFC 4517 section 4.2.10).
fn lines(text: &[u8], piece: Piece) -> Option<Vec<u8>> {
    let line = |line| spaced(&prepare::unescaped_line(line)?, Case::Ignore, piece);
    let lines: Option<Vec<Vec<u8>>> = text.split(|&b| b == b'$').map(line).collect();
    Some(lines?.join(&0xff))
}

/// RFC 4518 section 2.6.1: a value begins and ends with one space, inner runs are two; at the edges
/// of a piece where the value goes on, a run is one.
fn spaced(text: &[u8], case: Case, piece: Piece) -> Option<Vec<u8>> {
    let prepared = prepare::prepared(text, case)?;
    let trimmed = prepared.trim_matches(' ');
    if trimmed.is_empty() {
        let spaces = if piece == Piece::Value { "  " } else { " " };
        return Some(if text.is_empty() { Vec::new() } else { spaces.into() });
    }
    let begins = matches!(piece, Piece::Value | Piece::Initial) || prepared.starts_with(' ');
    let ends = matches!(piece, Piece::Value | Piece::Final) || prepared.ends_with(' ');
    let mut spaced = Vec::with_capacity(trimmed.len() + 2);
    spaced.extend(begins.then_some(b' '));
    for (n, word) in trimmed.split(' ').filter(|word| !word.is_empty()).enumerate() {
        spaced.extend_from_slice(if n > 0 { b"  " } else { b"" });
        spaced.extend_from_slice(word.as_bytes());
    }
    spaced.extend(ends.then_some(b' '));
    Some(spaced)
}
