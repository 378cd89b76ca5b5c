//! Distinguished names as syntax (RFC 4514): parse and print.
//!
//! What is read is wider than what is written: LDAPv2 spellings (RFC 2253 section 4) and a few
//! others are names too, each under a number N-n of `grammar/deviations.md`. Whether two names are
//! equal is the business of `matching`.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n};
use nom::combinator::{opt, recognize};
use nom::sequence::preceded;

use crate::attribute::is_numeric_oid;
use crate::ber::element;
use crate::error::{ErrorKind, Expected, Fault, Parsed, fail, fault_of};

/// S-11: how many RDNs a name may have, and how many values each: far more than any directory, and few
/// enough that work which grows with the square of it does not hurt.
pub const MAX_DEPTH: usize = 1000;

/// A distinguished name: RDNs from the entry up to the root. Empty for the root DSE.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dn {
    /// The entry's own RDN first.
    pub rdns: Vec<Rdn>,
}

/// A relative distinguished name: a set of one or more attribute values. Names are copied a lot, and
/// copies share their RDNs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rdn {
    /// As written, in the order written.
    pub avas: Arc<[Ava]>,
}

impl Rdn {
    /// What a name begins with; nothing where that is no RDN.
    pub fn first_in(name: &[u8]) -> Option<Rdn> {
        relative_distinguished_name(name).ok().map(|(_, rdn)| rdn)
    }

    /// The same, to be changed in this copy alone.
    pub fn avas_mut(&mut self) -> &mut [Ava] {
        Arc::make_mut(&mut self.avas)
    }
}

/// One `attributeTypeAndValue` of an RDN.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ava {
    /// The attribute type as written: a name or an OID.
    pub attribute: Vec<u8>,
    /// The value.
    pub value: AvaValue,
}

/// The value of an RDN.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AvaValue {
    /// The value itself, escapes resolved.
    Text(Vec<u8>),
    /// `#` and hex digits: the BER encoding of the value, decoded to octets.
    Ber(Vec<u8>),
}

impl Dn {
    /// Reads a name from who may write any bytes: it is UTF-8 (RFC 4514 section 2).
    ///
    /// # Errors
    ///
    /// It is not, at the first byte that is none; or what [`Dn::parse`] says.
    pub fn parse_utf8(text: &[u8]) -> Result<Dn, Fault> {
        match simdutf8::compat::from_utf8(text) {
            Ok(_) => Dn::parse(text),
            Err(error) => Err(Fault::new(ErrorKind::NameNotUtf8, error.valid_up_to(), 1)),
        }
    }

    /// Reads a name: RFC 4514 `distinguishedName`, with the LDAPv2 spellings.
    pub fn parse(text: &[u8]) -> Result<Dn, Fault> {
        let above = plain_parent(text);
        if let Some(dn) = above.and_then(|above| below_known(text, above)) {
            return Ok(dn);
        }
        let (rest, dn) = distinguished_name(text)
            .map_err(|e| fault_of(e, text, Expected::AttributeTypeOfRdn))?;
        if dn.rdns.len() > MAX_DEPTH || dn.rdns.iter().any(|rdn| rdn.avas.len() > MAX_DEPTH) {
            return Err(Fault::new(ErrorKind::NameTooDeep { limit: MAX_DEPTH }, 0, text.len()));
        }
        if rest.is_empty() {
            if let (Some(above), Some((_, rdns))) = (above, dn.rdns.split_first()) {
                LAST_ABOVE.with_borrow_mut(|last| *last = (above.to_vec(), rdns.to_vec()));
            }
            return Ok(dn);
        }
        let expected =
            if dn.rdns.is_empty() { Expected::AttributeTypeOfRdn } else { Expected::SeparatorOfDn };
        Err(Fault::expected(expected, text, rest))
    }

    /// The entry's own RDN.
    pub fn rdn(&self) -> Option<&Rdn> {
        self.rdns.first()
    }

    /// The name of the entry above, `None` for the root DSE.
    pub fn parent(&self) -> Option<Dn> {
        self.rdns.split_first().map(|(_, above)| Dn { rdns: above.to_vec() })
    }

    /// The name of an entry called `rdn` below this one.
    #[must_use]
    pub fn child(&self, rdn: Rdn) -> Dn {
        let mut rdns = Vec::with_capacity(self.rdns.len() + 1);
        rdns.push(rdn);
        rdns.extend_from_slice(&self.rdns);
        Dn { rdns }
    }
}

/// What follows the first RDN of a text that begins with a name, where [`plain_parent`] would see its end
/// on the first line.
pub fn after_plain_rdn(text: &[u8]) -> Option<&[u8]> {
    let at = text.iter().position(|&b| ENDS_RDN[usize::from(b)])?;
    matches!(text[at], b',' | b';').then(|| &text[at + 1..])
}

/// The bytes that end a plain RDN: separators, and those that make one that is not plain.
static ENDS_RDN: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < b",;\\\"\n".len() {
        table[b",;\\\"\n"[at] as usize] = true;
        at += 1;
    }
    table
};

thread_local! {
    /// What stood above the last name that was read, in text and as RDNs.
    static LAST_ABOVE: RefCell<(Vec<u8>, Vec<Rdn>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// A name below the last one that was read below another: most names that are read one after the other
/// stand below the same, and share it.
fn below_known(text: &[u8], above: &[u8]) -> Option<Dn> {
    LAST_ABOVE.with_borrow(|(known, rdns)| {
        if rdns.is_empty() || known != above || rdns.len() >= MAX_DEPTH {
            return None;
        }
        let (rest, first) = relative_distinguished_name(text).ok()?;
        if first.avas.len() > MAX_DEPTH {
            return None;
        }
        // Behind the separator.
        (rest.get(1..) == Some(above)).then(|| {
            let mut all = Vec::with_capacity(rdns.len() + 1);
            all.push(first);
            all.extend_from_slice(rdns);
            Dn { rdns: all }
        })
    })
}

/// Keeps once what neighbours have above them, which mostly is the same.
pub fn share_parents<'d>(names: impl Iterator<Item = &'d mut Dn>) {
    let mut before: Option<&Dn> = None;
    for name in names {
        if let Some(before) = before {
            let above = name.rdns.iter_mut().skip(1).rev();
            let pairs = before.rdns.iter().rev().zip(above);
            for (known, own) in pairs.take_while(|(known, own)| *known == &**own) {
                own.avas = known.avas.clone();
            }
        }
        before = Some(name);
    }
}

/// The name above one in text, where that can be seen without reading it: what follows the first
/// comma, if nothing before it is escaped or quoted. Names of one parent mostly end in the same text.
pub fn plain_parent(text: &[u8]) -> Option<&[u8]> {
    let at = memchr::memchr2(b',', b';', text)?;
    memchr::memchr2(b'\\', b'"', &text[..at]).is_none().then(|| &text[at + 1..])
}

/// The type and the value of the first RDN of a name in text, where that can be seen without reading
/// it: it has one value, in which nothing is escaped, quoted or in hex.
pub fn plain_rdn(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let rdn = &name[..memchr::memchr2(b',', b';', name).unwrap_or(name.len())];
    let equals = memchr::memchr(b'=', rdn)?;
    let is_special = |b: &u8| matches!(b, b'\\' | b'"' | b'#' | b'+' | 0);
    let (kind, value) = (&rdn[..equals], &rdn[equals + 1..]);
    (!rdn.iter().any(is_special)).then(|| (without_spaces(kind), without_spaces(value)))
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|b| *b != b' ').unwrap_or(text.len());
    let end = text.iter().rposition(|b| *b != b' ').map_or(start, |last| last + 1);
    &text[start..end]
}

/// Prints names as the change file wants them: no blanks, `,` between RDNs, special characters as
/// hex pairs (`\2C`), which every server reads and OpenLDAP 2.5's `slapmodify` does not spoil.
impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, rdn) in self.rdns.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            rdn.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Rdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, ava) in self.avas.iter().enumerate() {
            if i > 0 {
                f.write_str("+")?;
            }
            ava.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Ava {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.attribute))?;
        f.write_str("=")?;
        match &self.value {
            AvaValue::Ber(octets) => {
                f.write_str("#")?;
                octets.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
            }
            AvaValue::Text(value) => print_value(value, f),
        }
    }
}

/// A value as it stands in a name, whatever is in it.
pub fn escaped(value: &[u8]) -> String {
    struct Escaped<'v>(&'v [u8]);
    impl fmt::Display for Escaped<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            print_value(self.0, f)
        }
    }
    Escaped(value).to_string()
}

/// Prints a value with RFC 4514's special characters, control characters and bytes that are not
/// UTF-8 as hex pairs.
fn print_value(value: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let is_outer = |b: Option<&u8>| matches!(b, Some(b' ' | b'#'));
    let is_plain = |b: &u8| matches!(b, b' '..=b'~') && !is_special(char::from(*b));
    if !is_outer(value.first()) && !is_outer(value.last()) && value.iter().all(is_plain) {
        return f.write_str(&String::from_utf8_lossy(value));
    }
    let last = value.len().saturating_sub(1);
    let mut at = 0;
    for chunk in value.utf8_chunks() {
        for c in chunk.valid().chars() {
            let outer = (at == 0 && matches!(c, ' ' | '#')) || (at == last && c == ' ');
            if outer || is_special(c) || c.is_ascii_control() {
                write!(f, "\\{:02X}", u32::from(c))?;
            } else {
                write!(f, "{c}")?;
            }
            at += c.len_utf8();
        }
        for byte in chunk.invalid() {
            write!(f, "\\{byte:02X}")?;
            at += 1;
        }
    }
    Ok(())
}

/// RFC 4514 section 2.4: characters that are escaped wherever they stand, and `=`, which AD wants
/// escaped too.
fn is_special(c: char) -> bool {
    matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=')
}

// The rules of `grammar/dn.abnf`, in its order.

/// `distinguishedName`: `;` between RDNs is N-2.
fn distinguished_name(i: &[u8]) -> Parsed<'_, Dn> {
    let (rest, _) = spaces(i)?;
    if rest.is_empty() {
        return Ok((rest, Dn::default()));
    }
    // Names are kept in great number: no room is taken that they do not need.
    let mut rdns = Vec::with_capacity(memchr::memchr2_iter(b',', b';', i).take(15).count() + 1);
    let (mut i, first) = relative_distinguished_name(i)?;
    rdns.push(first);
    while let [b',' | b';', after @ ..] = i {
        let rdn;
        (i, rdn) = relative_distinguished_name(after)?;
        rdns.push(rdn);
    }
    Ok((i, Dn { rdns }))
}

/// `relativeDistinguishedName`
fn relative_distinguished_name(i: &[u8]) -> Parsed<'_, Rdn> {
    let (mut i, first) = attribute_type_and_value(i)?;
    if !i.starts_with(b"+") {
        return Ok((i, Rdn { avas: Arc::new([first]) }));
    }
    let mut avas = vec![first];
    while let [b'+', after @ ..] = i {
        let ava;
        (i, ava) = attribute_type_and_value(after)?;
        avas.push(ava);
    }
    Ok((i, Rdn { avas: avas.into() }))
}

/// `attributeTypeAndValue`
fn attribute_type_and_value(i: &[u8]) -> Parsed<'_, Ava> {
    let (i, attribute) = preceded(spaces, attribute_type).parse(i)?;
    let (i, _) = spaces(i)?;
    let (i, equals) = opt(tag("=")).parse(i)?;
    if equals.is_none() {
        return fail(i, Expected::EqualsOfRdn);
    }
    let (i, value) = preceded(spaces, attribute_value).parse(i)?;
    let value = match value {
        // A type that goes by a name is known to have strings.
        AvaValue::Ber(octets) if !is_numeric_oid(attribute) => match text_of(&octets) {
            Some(text) => AvaValue::Text(text.to_vec()),
            None => AvaValue::Ber(octets),
        },
        value => value,
    };
    Ok((i, Ava { attribute: attribute.to_vec(), value }))
}

/// The value that an encoding of a string stands for, of a type whose values are strings (RFC 4514 section 2.4:
/// both forms name one value, and servers take the plain one alone).
pub fn text_of(octets: &[u8]) -> Option<&[u8]> {
    /// OCTET STRING, then UTF8String, NumericString, PrintableString, IA5String, VisibleString (X.680).
    const STRINGS: [u8; 6] = [0x04, 0x0C, 0x12, 0x13, 0x16, 0x1A];
    let (tag, text, rest) = element(octets)?;
    let is_text = STRINGS.contains(&tag)
        && rest.is_empty()
        && !text.is_empty()
        && std::str::from_utf8(text).is_ok();
    is_text.then_some(text)
}

/// `attributeType`
fn attribute_type(i: &[u8]) -> Parsed<'_, &[u8]> {
    match alt((descr, numericoid)).parse(i) {
        Ok(parsed) => Ok(parsed),
        Err(_) => fail(i, Expected::AttributeTypeOfRdn),
    }
}

/// `descr`: `_` in it is N-4.
fn descr(i: &[u8]) -> Parsed<'_, &[u8]> {
    let name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    recognize((take_while_m_n(1, 1, |b: u8| b.is_ascii_alphabetic()), take_while(name))).parse(i)
}

/// `numericoid`: a number with leading zeros is N-5.
fn numericoid(i: &[u8]) -> Parsed<'_, &[u8]> {
    let number = |i| nom::bytes::complete::take_while1(|b: u8| b.is_ascii_digit()).parse(i);
    let (rest, oid) = recognize((number, nom::multi::many1_count((tag("."), number)))).parse(i)?;
    Ok((rest, oid))
}

/// `attributeValue`: a quoted value is N-1.
fn attribute_value(i: &[u8]) -> Parsed<'_, AvaValue> {
    match i.first() {
        Some(b'#') => hexstring(&i[1..]),
        Some(b'"') => quotation(&i[1..]),
        _ => string(i),
    }
}

/// `string`: characters as they are, `pair`s resolved, blanks before the separator left out.
/// `<` and `>` as they are are N-6.
fn string(i: &[u8]) -> Parsed<'_, AvaValue> {
    let plain =
        i.iter().take_while(|b| !matches!(b, b',' | b';' | b'+' | b'"' | 0 | b'\\')).count();
    let (start, mut rest) = i.split_at(plain);
    let mut kept = start.iter().rposition(|b| *b != b' ').map_or(0, |last| last + 1);
    let mut value = start.to_vec();
    while let Some(&byte) = rest.first() {
        match byte {
            b',' | b';' | b'+' => break,
            b'"' | 0 => return fail(rest, Expected::SeparatorOfDn),
            b'\\' => {
                let (after, byte) = pair(rest)?;
                value.push(byte);
                kept = value.len();
                rest = after;
                continue;
            }
            b' ' => value.push(byte),
            _ => {
                value.push(byte);
                kept = value.len();
            }
        }
        rest = &rest[1..];
    }
    value.truncate(kept);
    Ok((rest, AvaValue::Text(value)))
}

/// `pair`: `\?` is N-7.
fn pair(i: &[u8]) -> Parsed<'_, u8> {
    let after = &i[1..];
    if let [high, low, rest @ ..] = after
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        return Ok((rest, high << 4 | low));
    }
    match after {
        [
            byte @ (b'\\' | b'"' | b'+' | b',' | b';' | b'<' | b'>' | b' ' | b'#' | b'=' | b'?'),
            rest @ ..,
        ] => Ok((rest, *byte)),
        _ => fail(after, Expected::EscapeOfDn),
    }
}

/// `hexstring`, its sharp behind us.
fn hexstring(i: &[u8]) -> Parsed<'_, AvaValue> {
    let (rest, digits) = take_while(|b: u8| b.is_ascii_hexdigit())(i)?;
    let (rest, _) = spaces(rest)?;
    let ended = rest.is_empty() || matches!(rest[0], b',' | b';' | b'+');
    if digits.is_empty() || digits.len() % 2 != 0 || !ended {
        return fail(&i[digits.len()..], Expected::HexString);
    }
    let octet = |pair: &[u8]| hex(pair[0]).unwrap_or(0) << 4 | hex(pair[1]).unwrap_or(0);
    Ok((rest, AvaValue::Ber(digits.chunks(2).map(octet).collect())))
}

/// `quotation`: RFC 2253's `"…"` (N-1), its quote behind us.
fn quotation(i: &[u8]) -> Parsed<'_, AvaValue> {
    let mut value = Vec::new();
    let mut rest = i;
    loop {
        match rest.first() {
            None | Some(0) => return fail(rest, Expected::ClosingQuoteOfDn),
            Some(b'"') => break,
            Some(b'\\') => {
                let (after, byte) = pair(rest)?;
                value.push(byte);
                rest = after;
            }
            Some(&byte) => {
                value.push(byte);
                rest = &rest[1..];
            }
        }
    }
    let (rest, _) = spaces(&rest[1..])?;
    if rest.first().is_some_and(|b| !matches!(b, b',' | b';' | b'+')) {
        return fail(rest, Expected::SeparatorOfDn);
    }
    Ok((rest, AvaValue::Text(value)))
}

/// Blanks around separators, which RFC 2253 section 4 lets old names have: N-3.
fn spaces(i: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|b| b == b' ')(i)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> String {
        Dn::parse(text.as_bytes()).map_or_else(|e| e.kind.to_string(), |dn| dn.to_string())
    }

    /// Names whose ends are alike, though they are not, or not all, below the same.
    const NEIGHBOURS: [&str; 14] = [
        "cn=a,dc=x",
        "cn=b,dc=x",
        "cn=b;dc=x",
        "cn=b , dc=x",
        "cn=b\\,dc=x",
        "cn=b\\,c,dc=x",
        "cn=\"b,dc=x\",dc=x",
        "cn=#04,dc=x",
        "cn=a+sn=b,dc=x",
        "b,dc=x",
        "cn=b, dc=x",
        "cn=b,",
        "dc=x",
        ",dc=x",
    ];

    #[test]
    fn a_name_is_the_same_whatever_was_read_before() {
        for before in NEIGHBOURS {
            for name in NEIGHBOURS {
                LAST_ABOVE.take();
                let alone = format!("{:?}", Dn::parse(name.as_bytes()));
                drop(Dn::parse(before.as_bytes()));
                let after = format!("{:?}", Dn::parse(name.as_bytes()));
                assert_eq!(after, alone, "{name} after {before}");
            }
        }
    }

    #[test]
    fn what_follows_a_plain_rdn_is_its_plain_parent() {
        for name in NEIGHBOURS {
            let rest = after_plain_rdn(name.as_bytes());
            assert_eq!(rest, plain_parent(name.as_bytes()), "{name}");
        }
        assert_eq!(after_plain_rdn(b"cn=a\nb,c"), None);
    }

    #[test]
    fn names_are_printed_in_one_spelling() {
        for (text, expected) in [
            ("", ""),
            ("CN=Steve Kille,O=Isode Limited,C=GB", "CN=Steve Kille,O=Isode Limited,C=GB"),
            ("cn = a , dc = x", "cn=a,dc=x"),
            ("cn=a;dc=x", "cn=a,dc=x"),
            ("cn=\"Smith, John\",dc=x", "cn=Smith\\2C John,dc=x"),
            ("cn=Smith\\, John,dc=x", "cn=Smith\\2C John,dc=x"),
            ("OU=Sales+CN=J. Smith,DC=x", "OU=Sales+CN=J. Smith,DC=x"),
            ("cn=a\\20,dc=x", "cn=a\\20,dc=x"),
            ("cn=\\ a\\ ,dc=x", "cn=\\20a\\20,dc=x"),
            ("cn=#04024869,dc=x", "cn=Hi,dc=x"),
            ("cn=#0C03C3A92C,dc=x", "cn=é\\2C,dc=x"),
            ("1.2.3=#04024869,dc=x", "1.2.3=#04024869,dc=x"),
            ("cn=#0400,dc=x", "cn=#0400,dc=x"),
            ("cn=\\#a,dc=x", "cn=\\23a,dc=x"),
            ("cn=a#b", "cn=a#b"),
            ("cn=Lu\\C4\\8Di\\C4\\87", "cn=Lučić"),
            ("cn=Before\\0dAfter", "cn=Before\\0DAfter"),
            ("cn=\\FF", "cn=\\FF"),
            ("cn=,dc=x", "cn=,dc=x"),
            ("cn=a=b", "cn=a\\3Db"),
            ("cn=who\\?", "cn=who?"),
            ("1.3.6.1=x", "1.3.6.1=x"),
        ] {
            assert_eq!(printed(text), expected, "{text}");
            assert_eq!(printed(expected), expected, "again: {expected}");
        }
    }

    #[test]
    fn a_plain_rdn_is_seen_as_it_is_read() {
        for (name, seen) in [
            ("cn=a b,dc=x", Some(("cn", "a b"))),
            (" CN  =  a= b ;dc=x", Some(("CN", "a= b"))),
            ("2.5.4.3=", Some(("2.5.4.3", ""))),
            ("x_y=<ü>", Some(("x_y", "<ü>"))),
            ("cn= ,dc=x", Some(("cn", ""))),
            ("cn=a\\, b,dc=x", None),
            ("cn=\"a, b\",dc=x", None),
            ("cn=#0401,dc=x", None),
            ("cn=a+sn=b,dc=x", None),
            ("cn=a\0", None),
            ("", None),
            ("cn,dc=x", None),
        ] {
            let text = |bytes| str::from_utf8(bytes).unwrap();
            let plain = plain_rdn(name.as_bytes()).map(|(a, b)| (text(a), text(b)));
            assert_eq!(plain, seen, "{name}");
            if let Some((attribute, value)) = seen {
                let value = AvaValue::Text(value.into());
                let avas = [Ava { attribute: attribute.into(), value }].into();
                assert_eq!(Rdn::first_in(name.trim_start().as_bytes()), Some(Rdn { avas }));
            }
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_reason() {
        for (text, expected) in [
            (
                "cn",
                "expected `=` after the attribute type of an RDN, but found the end of the line",
            ),
            ("cn=a,,dc=x", "expected an attribute type to begin an RDN, but found `,`"),
            ("cn=a,", "expected an attribute type to begin an RDN, but found the end of the line"),
            (
                "cn=a\\",
                "expected a special character or two hex digits after `\\` in a DN, but found the end of the line",
            ),
            ("cn=\"abc,dc=x", "expected a closing `\"` in a DN, but found the end of the line"),
            ("1.1.=a", "expected `=` after the attribute type of an RDN, but found `.`"),
            ("uid;x-option=a", "expected `=` after the attribute type of an RDN, but found `;`"),
            ("1.1.1=#GG", "expected pairs of hex digits after `#` in a DN, but found `GG`"),
            (
                "uid=john,smith",
                "expected `=` after the attribute type of an RDN, but found the end of the line",
            ),
            ("<GUID=0609a23b>", "expected an attribute type to begin an RDN, but found `<`"),
        ] {
            assert_eq!(printed(text), expected, "{text}");
        }
    }

    #[test]
    fn a_name_has_no_more_parts_than_are_read() {
        for separator in [",", "+"] {
            let name = |count| vec!["cn=a"; count].join(separator);
            assert!(Dn::parse(name(MAX_DEPTH).as_bytes()).is_ok(), "{separator}");
            let fault = Dn::parse(name(MAX_DEPTH + 1).as_bytes()).expect_err("too many");
            assert!(matches!(fault.kind, ErrorKind::NameTooDeep { .. }), "{separator}");
        }
    }
}
