//! The Basic Encoding Rules (X.690) as LDAP has them: one element after the other.
//!
//! Knows nothing of what an element means.

/// A tag, its contents, and what follows; lengths are definite (RFC 4511 section 5.1).
pub fn element(ber: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = ber.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = match first {
        0..0x80 => (usize::from(first), rest),
        _ => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.is_empty() || bytes.len() > size_of::<usize>() {
                return None;
            }
            (bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), rest)
        }
    };
    let (contents, rest) = rest.split_at_checked(len)?;
    Some((tag, contents, rest))
}
