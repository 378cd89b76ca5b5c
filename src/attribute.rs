//! Attribute descriptions (RFC 4512 section 2.5): a type and its options, as written.
//!
//! Syntax only: which names mean the same type is the schema's business.

use std::borrow::Cow;

/// Whether a byte may stand in an attribute description: letters, digits, `-`, `.`, `;`, and the
/// `_` that some exporters write (deviation D-12).
pub fn is_description_byte(byte: u8) -> bool {
    DESCRIPTION[usize::from(byte)]
}

/// Whether a byte may stand in the name of an attribute type or in an option (`keychar`): the same, but
/// for `.` and `;`.
pub fn is_key_byte(byte: u8) -> bool {
    KEY[usize::from(byte)]
}

static DESCRIPTION: [bool; 256] = bytes(b"-_.;");
static KEY: [bool; 256] = bytes(b"-_");

/// Letters, digits and these.
const fn bytes(others: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
}

/// Whether a text is an attribute description (RFC 4512 section 2.5), with the deviations that LDIF is
/// read with: `_` (D-12), and a range of values as an option (D-22).
pub fn is_description(text: &[u8]) -> bool {
    let mut parts = text.split(|&b| b == b';');
    let Some(kind) = parts.next() else { return false };
    let is_word =
        |part: &[u8]| !part.is_empty() && part.iter().all(|&b| is_description_byte(b) && b != b'.');
    let is_type = match kind.first() {
        Some(first) if first.is_ascii_alphabetic() => is_word(kind),
        _ => is_numeric_oid(kind),
    };
    let is_range = |part: &[u8]| {
        let range =
            part.split_at_checked(6).filter(|(word, _)| word.eq_ignore_ascii_case(b"range="));
        let mut ends = range.map(|(_, ends)| ends.splitn(2, |&b| b == b'-')).into_iter().flatten();
        let (from, to) = (ends.next(), ends.next());
        from.is_some_and(is_number) && to.is_some_and(|to| to == b"*" || is_number(to))
    };
    is_type && parts.all(|part| is_word(part) || is_range(part))
}

/// Whether a text is numbers with dots between them: an OID (RFC 4512 section 1.4), as leniently as
/// LDIF is read.
pub fn is_numeric_oid(text: &[u8]) -> bool {
    text.split(|&b| b == b'.').all(is_number)
}

fn is_number(part: &[u8]) -> bool {
    !part.is_empty() && part.iter().all(u8::is_ascii_digit)
}

/// The attribute type of a description: what stands before the first `;`.
pub fn type_of(description: &[u8]) -> &[u8] {
    // Descriptions are short: a search for its own sake would take longer to begin.
    &description[..description.iter().position(|&b| b == b';').unwrap_or(description.len())]
}

/// What says which classes an entry has (RFC 4512 section 3.3).
pub const CLASSES: &[u8] = b"objectClass";

/// What is said to who would leave it out.
pub const CLASSES_STAY: &str = "`objectClass` stays, whatever `--exclude-attributes` says: no server takes an entry without it";

/// Whether a description is that of `objectClass`, by its name or its OID (RFC 4512 section 3.3).
pub fn is_object_class(description: &[u8]) -> bool {
    if !matches!(description.first(), Some(b'o' | b'O' | b'2')) {
        return false;
    }
    let name = type_of(description);
    name.eq_ignore_ascii_case(CLASSES) || name == b"2.5.4.0"
}

/// Whether an attribute type lists the members of a group in text (RFC 2307 section 3).
pub fn names_members(name: &[u8]) -> bool {
    const ALL: [&str; 3] = ["memberUid", "nisNetgroupTriple", "memberNisNetgroup"];
    ALL.iter().any(|one| name.eq_ignore_ascii_case(one.as_bytes()))
}

/// Whether LDIF takes a description for a word of its own where a record's second line begins with it
/// (`grammar/semantics.md` S-7).
pub fn begins_a_change(description: &[u8]) -> bool {
    description.eq_ignore_ascii_case(b"changetype") || description.eq_ignore_ascii_case(b"control")
}

/// A description without what 389 adds to it in an export of a replica (`db2ldif -r`): when a value came, and
/// whether it is gone. `None` where a value was deleted and is kept for other replicas alone.
pub fn without_replica_state(description: &[u8]) -> Option<&[u8]> {
    const STAMPS: [&[u8]; 4] = [b"adcsn-", b"vucsn-", b"vdcsn-", b"mdcsn-"];
    const DIGITS: usize = 20;
    let is_stamp = |option: &[u8]| {
        STAMPS.iter().any(|stamp| {
            option.strip_prefix(*stamp).is_some_and(|digits| {
                digits.len() == DIGITS && digits.iter().all(u8::is_ascii_hexdigit)
            })
        })
    };
    let mut at = type_of(description).len();
    if at == description.len() {
        return Some(description);
    }
    let mut options = options_of(description);
    while let Some(option) = options.next() {
        if is_stamp(option) {
            let is_gone =
                options.any(|option| option == b"deleted" || option == b"deletedattribute");
            return (!is_gone).then_some(&description[..at]);
        }
        at += 1 + option.len();
    }
    Some(description)
}

/// Whether a description says that its values are some of them only: deviation D-22.
pub fn is_range(description: &[u8]) -> bool {
    let begins =
        |option: &[u8]| option.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"range="));
    options_of(description).any(begins)
}

/// The options of a description, as written, in the order written.
pub fn options_of(description: &[u8]) -> impl Iterator<Item = &[u8]> {
    description.split(|&b| b == b';').skip(1)
}

/// The options of a description as the set they are: in lower case and in order, each once.
pub fn option_set(description: &[u8]) -> Vec<Vec<u8>> {
    let mut options: Vec<Vec<u8>> =
        options_of(description).map(<[u8]>::to_ascii_lowercase).collect();
    options.sort_unstable();
    options.dedup();
    options
}

/// A description in the one spelling that all its spellings share: lower case, options sorted
/// (RFC 4512 section 2.5: options are a set, and case does not matter).
///
/// Aliases and OIDs are left as they are.
pub fn folded(description: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b';', description).is_none() {
        if description.iter().any(u8::is_ascii_uppercase) {
            return Cow::Owned(description.to_ascii_lowercase());
        }
        return Cow::Borrowed(description);
    }
    let mut folded = type_of(description).to_ascii_lowercase();
    for option in option_set(description) {
        folded.push(b';');
        folded.extend(option);
    }
    Cow::Owned(folded)
}

/// A bit that all spellings of a description share, and few others: of most attributes of an
/// entry it tells that they are not among those before.
pub fn mark(description: &[u8]) -> u64 {
    let (Some(first), Some(last)) = (description.first(), description.last()) else { return 1 };
    // Options may come in any order, and twice.
    if description.contains(&b';') {
        return 1;
    }
    let letters = u32::from(first | 0x20) * 5 + u32::from(last | 0x20) * 3;
    1 << ((letters + description.len() as u32) % 63 + 1)
}

/// Whether a description has all options of another, and perhaps more: it is a subtype then, or the
/// same, where the types are (RFC 4512 section 2.5.2).
pub fn has_options_of(description: &[u8], other: &[u8]) -> bool {
    options_of(other)
        .all(|asked| options_of(description).any(|held| held.eq_ignore_ascii_case(asked)))
}

/// Whether two descriptions have the same options, whatever their types.
pub fn same_options(a: &[u8], b: &[u8]) -> bool {
    let tails = [a, b].map(|d| &d[type_of(d).len()..]);
    match tails.map(|tail| options_of(tail).count()) {
        [0 | 1, 0 | 1] => tails[0].eq_ignore_ascii_case(tails[1]),
        _ => folded(tails[0]) == folded(tails[1]),
    }
}

/// Whether an option says how values are transferred, and not whose they are: `binary` (RFC 4522 section 3).
pub fn is_transfer_option(option: &[u8]) -> bool {
    option.eq_ignore_ascii_case(b"binary")
}

/// Whether two descriptions have the same options but for those of the transfer, whatever their types: of one
/// type they are one attribute.
pub fn same_options_but_transfer(a: &[u8], b: &[u8]) -> bool {
    let kept = |description: &[u8]| {
        let mut options = option_set(description);
        options.retain(|option| !is_transfer_option(option));
        options
    };
    let has_no_options = |description: &[u8]| type_of(description).len() == description.len();
    (has_no_options(a) && has_no_options(b)) || kept(a) == kept(b)
}

/// Whether two descriptions are the same but for case and the order of options.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    let ([x, ..], [y, ..]) = (a, b) else { return a.is_empty() && b.is_empty() };
    // Most are different from their first letter on.
    x.eq_ignore_ascii_case(y)
        && (a.eq_ignore_ascii_case(b)
            || (memchr::memchr(b';', a).is_some() && folded(a) == folded(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_replica_adds_is_taken_away() {
        let csn = "660c4965000000010000";
        for (text, is) in [
            ("cn", Some("cn")),
            ("cn;lang-de", Some("cn;lang-de")),
            ("cn;vucsn-CSN", Some("cn")),
            ("cn;lang-de;vucsn-CSN;mdcsn-CSN", Some("cn;lang-de")),
            ("title;vucsn-CSN;vdcsn-CSN;deleted", None),
            ("title;adcsn-CSN;deletedattribute;deleted", None),
            ("title;deleted", Some("title;deleted")),
            ("title;vucsn-1;deleted", Some("title;vucsn-1;deleted")),
        ] {
            let (text, is) = (text.replace("CSN", csn), is.map(str::as_bytes));
            assert_eq!(without_replica_state(text.as_bytes()), is, "{text}");
        }
    }

    #[test]
    fn descriptions_are_told_from_other_text() {
        for text in ["cn", "cn;lang-de;x-A_b", "2.5.4.3", "member;range=0-1499", "m;Range=5-*;x"] {
            assert!(is_description(text.as_bytes()), "{text}");
        }
        for text in ["", ";x", "cn;", "c n", "cn.a", "1a", "2..5", "m;range=0", "m;range=-*", "-a"]
        {
            assert!(!is_description(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn options_are_a_caseless_set() {
        assert_eq!(folded(b"CN;Lang-EN;x-foo"), folded(b"cn;X-FOO;lang-en"));
        assert_eq!(folded(b"cn;x;x"), Cow::Borrowed(b"cn;x".as_slice()));
        assert!(same(b"userCertificate;binary", b"usercertificate;BINARY"));
        assert!(!same(b"cn;lang-de", b"cn"));
        assert_eq!(type_of(b"cn;lang-de"), b"cn");
        assert!(same_options(b"cn;A;b", b"commonName;B;a"));
        assert!(!same_options(b"cn", b"commonName;a"));
        assert!(
            same_options_but_transfer(b"cn;Binary;x", b"cn;x")
                && same_options_but_transfer(b"c", b"d")
        );
        assert!(!same_options_but_transfer(b"cn;binary", b"cn;x"));
        assert!(has_options_of(b"cn;x;LANG-de", b"name;lang-de") && has_options_of(b"cn;x", b"cn"));
        assert!(!has_options_of(b"cn;lang-de", b"cn;lang-de;x"));
    }
}
