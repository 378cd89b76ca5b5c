//! UUIDs: as text (RFC 9562 section 4), as their sixteen bytes in order, and as Microsoft's, of which the
//! first three parts stand the other way round (MS-DTYP section 2.3.4).

use std::borrow::Cow;

use super::{is_bytes, not_of_type};
use crate::error::Unfit;
use crate::table::ColumnType;

/// The sixteen bytes in order.
type Uuid = [u8; 16];

/// Text, or the bytes in order.
pub(super) fn to_column(value: &[u8], column: Option<ColumnType>) -> Result<Cow<'_, [u8]>, Unfit> {
    match is_spelled(value) && !is_bytes(column) {
        true => Ok(Cow::Borrowed(value)),
        false => Ok(Cow::Owned(written(read(value)?, column))),
    }
}

/// Microsoft's sixteen bytes.
pub(super) fn ad_to_column(value: &[u8], column: Option<ColumnType>) -> Result<Vec<u8>, Unfit> {
    match Uuid::try_from(value) {
        Ok(bytes) => Ok(written(turned(bytes), column)),
        Err(_) => not_of_type("the sixteen bytes of an `objectGUID`", value),
    }
}

pub(super) fn to_attribute(words: &[u8]) -> Result<Vec<u8>, Unfit> {
    Ok(spelled(read(words)?))
}

pub(super) fn ad_to_attribute(words: &[u8]) -> Result<Vec<u8>, Unfit> {
    Ok(turned(read(words)?).to_vec())
}

/// Its usual text, by which two of them are one.
pub(super) fn normal(words: &[u8]) -> Option<Cow<'_, [u8]>> {
    match is_spelled(words) {
        true => Some(Cow::Borrowed(words)),
        false => digits(words).map(spelled).map(Cow::Owned),
    }
}

/// Whether that is how a UUID is written (RFC 9562 section 4), in lower case.
fn is_spelled(value: &[u8]) -> bool {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let Ok(text) = <&[u8; 36]>::try_from(value) else { return false };
    // Four hyphens where they belong, and digits everywhere else: there is no other place for one.
    HYPHENS.into_iter().all(|at| text[at] == b'-')
        && text.iter().map(|b| u8::from(matches!(b, b'0'..=b'9' | b'a'..=b'f'))).sum::<u8>() == 32
}

fn read(value: &[u8]) -> Result<Uuid, Unfit> {
    match digits(value) {
        Some(uuid) => Ok(uuid),
        None => not_of_type("a UUID", value),
    }
}

/// Text in braces or without, with hyphens or without, or sixteen bytes. Sixteen bytes are not enough for
/// the text, so that one is never taken for the other.
fn digits(value: &[u8]) -> Option<Uuid> {
    if let Ok(bytes) = Uuid::try_from(value) {
        return Some(bytes);
    }
    let inner = value.strip_prefix(b"{").map_or(Some(value), |inner| inner.strip_suffix(b"}"))?;
    let mut uuid = [0; 16];
    let mut count = 0;
    for byte in inner.iter().filter(|byte| **byte != b'-') {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return None,
        };
        let pair = uuid.get_mut(count / 2)?;
        *pair = *pair << 4 | digit;
        count += 1;
    }
    (count == 32).then_some(uuid)
}

/// As bytes where the column holds bytes, as text where not.
fn written(uuid: Uuid, column: Option<ColumnType>) -> Vec<u8> {
    if is_bytes(column) { uuid.to_vec() } else { spelled(uuid) }
}

fn spelled(uuid: Uuid) -> Vec<u8> {
    let mut text = Vec::with_capacity(36);
    for (at, byte) in uuid.into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push(b'-');
        }
        text.extend(hex(byte));
    }
    text
}

fn hex(byte: u8) -> [u8; 2] {
    let digit = |n: u8| b"0123456789abcdef"[usize::from(n)];
    [digit(byte >> 4), digit(byte & 15)]
}

/// Between both orders of bytes.
fn turned(mut uuid: Uuid) -> Uuid {
    uuid[..4].reverse();
    uuid[4..6].reverse();
    uuid[6..8].reverse();
    uuid
}
