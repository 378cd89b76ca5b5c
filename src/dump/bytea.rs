//! How PostgreSQL writes bytes as text: its type `bytea` (PostgreSQL documentation, "Binary Data Types").

/// The bytes that a text stands for: `\x` and hexadecimal digits, or the older form with a backslash
/// before another one or before three octal digits. `None` where it is neither.
pub(super) fn bytes_of(text: &[u8]) -> Option<Vec<u8>> {
    match text.strip_prefix(b"\\x") {
        Some(digits) => hexadecimal(digits),
        None => escaped(text),
    }
}

/// The bytes of pairs of hexadecimal digits, between which blanks may stand.
pub(super) fn hexadecimal(digits: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    let mut digits = digits.iter().filter(|byte| !byte.is_ascii_whitespace());
    while let Some(&high) = digits.next() {
        let (high, low) = ((high as char).to_digit(16)?, (*digits.next()? as char).to_digit(16)?);
        bytes.push(u8::try_from(high << 4 | low).ok()?);
    }
    Some(bytes)
}

fn escaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, behind)) = rest.split_first() {
        rest = match (first, behind) {
            (b'\\', [b'\\', behind @ ..]) => {
                bytes.push(b'\\');
                behind
            }
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', behind @ ..]) => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                behind
            }
            (b'\\', _) => return None,
            _ => {
                bytes.push(first);
                behind
            }
        };
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_two_forms() {
        for (text, wanted) in [
            (&b"\\x00fFa0"[..], Some(&b"\x00\xff\xa0"[..])),
            (b"\\x", Some(b"")),
            (b"", Some(b"")),
            (b"\\x0", None),
            (b"\\x0g", None),
            (b"a\\000\\\\\\377'", Some(b"a\x00\\\xff'")),
            (b"\\400", None),
            (b"\\12", None),
            (b"\\", None),
        ] {
            assert_eq!(bytes_of(text).as_deref(), wanted, "{}", text.escape_ascii());
        }
    }
}
