//! Other values in the place of values: equal ones for equal ones, of the same syntax.
//!
//! A pseudonym is made of the value and the seed by HMAC-SHA256 (RFC 2104), so whoever has not the
//! seed cannot tell the value, and the same seed makes the same pseudonyms in every run. Text is taken
//! without case, whichever attribute it stands in; text that is not in lower case gets its pseudonym with
//! some letters in upper case. So what is equal by a rule stays equal by that rule, and what is not
//! stays apart, in references and the names they refer to as well.

use std::borrow::Cow;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::attribute::type_of;
use crate::dn::{AvaValue, Dn, Rdn};
use crate::error::{Error, ErrorKind, Result, UsageFault};
use crate::matching::{Reference, conforms, normalize, unescaped_line};
use crate::schema::{AttributeType, MatchingRule, Schema, Syntax};
use crate::transform::attributes::Attributes;

/// How many letters and digits stand for a text: 80 bits, so that no two meet by chance.
const LETTERS: usize = 16;
/// What they are taken from: those of RFC 4648 base32, in lower case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// How many digits stand for what is no number: its form tells nothing of it.
const OPAQUE_DIGITS: usize = 15;
/// The most forms of a number that are permuted.
const MOST_PERMUTED: u64 = 1 << 62;
/// Numbers below this are spread over all numbers below it.
const NUMBERS: u64 = 1 << 31;
/// Rounds of the permutation of numbers.
const ROUNDS: u8 = 6;

/// Makes pseudonyms.
#[derive(Debug)]
pub(super) struct Pseudonyms<'s> {
    schema: &'s Schema,
    attributes: Attributes<'s>,
    seed: Hmac<Sha256>,
}

impl<'s> Pseudonyms<'s> {
    /// Pseudonyms of these attributes.
    ///
    /// # Errors
    ///
    /// One of them has values that are no text (certificates, photographs), or words of a list.
    pub(super) fn new(schema: &'s Schema, named: &[Vec<u8>], seed: &[u8]) -> Result<Self> {
        for name in named {
            let syntax = schema.attribute(type_of(name)).map(|attribute| attribute.syntax);
            let has_none = |syntax| {
                use Syntax::{
                    Binary, BootParameter, Certificate, DeliveryMethod, DnWithData, Media,
                };
                matches!(
                    syntax,
                    Binary | BootParameter | Certificate | DeliveryMethod | DnWithData | Media
                )
            };
            if syntax.is_some_and(has_none) {
                let attribute = String::from_utf8_lossy(name).into_owned();
                return Err(Error::new(ErrorKind::Usage(UsageFault::NoPseudonym { attribute })));
            }
        }
        let without = || {
            let (option, wanted) = ("--pseudonymise", "--seed");
            Error::new(ErrorKind::Usage(UsageFault::Without { option, wanted }))
        };
        // An empty seed is one that everybody knows.
        if !named.is_empty() && seed.is_empty() {
            return Err(without());
        }
        let seed = Hmac::new_from_slice(seed).map_err(|_| without())?;
        Ok(Pseudonyms { schema, attributes: Attributes::new(schema, named), seed })
    }

    pub(super) fn attributes(&self) -> &Attributes<'s> {
        &self.attributes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// Whether an attribute gets other values.
    pub(super) fn has(&self, description: &[u8]) -> bool {
        self.attributes.has(description)
    }

    /// Replaces the values of an attribute: all of them where it is one of those that were named,
    /// parts of names where its values are names.
    pub(super) fn values(&self, description: &[u8], values: &mut [Cow<'_, [u8]>]) {
        if self.is_empty() {
            return;
        }
        let kind = self.attributes.kind(description);
        let named = self.attributes.has(description);
        for value in values {
            let replaced = match Reference::parse(kind, value) {
                Some(name) => self.reference(name, named),
                None => named.then(|| self.value(kind, value)),
            };
            if let Some(replaced) = replaced {
                *value = Cow::Owned(replaced);
            }
        }
    }

    /// A name among values, `None` where nothing in it is replaced. Where its attribute was named,
    /// its first RDN gets other values in any case.
    fn reference(&self, mut name: Reference<'_>, named: bool) -> Option<Vec<u8>> {
        let mut changed = self.dn(&mut name.dn);
        if let Some(first) = name.dn.rdns.first_mut().filter(|_| named) {
            for ava in first.avas_mut() {
                if !self.attributes.has(&ava.attribute) {
                    changed |= self.ava(&ava.attribute, &mut ava.value);
                }
            }
        }
        let uid = name.uid().filter(|_| named);
        if !changed && uid.is_none() {
            return None;
        }
        let mut value = name.to_value();
        if let Some(uid) = uid {
            value.truncate(value.len() - uid.len());
            value.extend(self.bits(uid));
        }
        Some(value)
    }

    /// Replaces values in a name; whether there was one.
    pub(super) fn dn(&self, dn: &mut Dn) -> bool {
        dn.rdns.iter_mut().fold(false, |changed, rdn| self.rdn(rdn) | changed)
    }

    /// The same in an RDN.
    pub(super) fn rdn(&self, rdn: &mut Rdn) -> bool {
        let named = rdn.avas_mut().iter_mut().filter(|ava| self.attributes.has(&ava.attribute));
        named.fold(false, |changed, ava| self.ava(&ava.attribute, &mut ava.value) | changed)
    }

    fn ava(&self, attribute: &[u8], value: &mut AvaValue) -> bool {
        let kind = self.attributes.kind(attribute);
        let octets = match &*value {
            AvaValue::Text(text) => text,
            AvaValue::Ber(octets) => octets,
        };
        *value = AvaValue::Text(self.value(kind, octets));
        true
    }

    /// The pseudonym of a value of an attribute.
    fn value(&self, kind: Option<&AttributeType>, value: &[u8]) -> Vec<u8> {
        if value.is_empty() {
            return Vec::new();
        }
        let rule = kind.and_then(|kind| kind.equality.or(kind.syntax.equality()));
        let normal = rule.map_or(Cow::Borrowed(value), |rule| normalize(self.schema, rule, value));
        let exact = || self.exact(kind, value);
        match kind.map(|kind| kind.syntax) {
            Some(Syntax::Integer) => self.integer(value),
            Some(Syntax::NumericString) if !conforms(&normal) => self.number(value, OPAQUE_DIGITS),
            Some(Syntax::NumericString | Syntax::TelephoneNumber | Syntax::PrintableParts) => {
                self.characters(value)
            }
            Some(Syntax::NisNetgroupTriple) => self.triple(value),
            Some(Syntax::Boolean) => self.pick(&normal, &[b"TRUE", b"FALSE"]).to_vec(),
            Some(Syntax::GeneralizedTime) => self.time(&normal),
            Some(Syntax::Uuid) => self.uuid(&normal),
            Some(Syntax::BitString) => self.bits(&normal),
            Some(Syntax::ObjectIdentifier) => self.oid(&normal),
            // There are so few that they must be permuted to stay apart.
            Some(Syntax::CountryString) if is_short_word(&normal) => self.characters(&normal),
            Some(Syntax::CountryString) => self.letters(&normal, 2),
            Some(Syntax::PrintableString) => self.word(&exact()),
            Some(Syntax::PostalAddress) => self.lines(value),
            // What has the syntax was a name, and is one in any case.
            Some(syntax) if syntax.is_dn() => [&b"cn="[..], &self.text(value)].concat(),
            _ => self.text(&exact()),
        }
    }

    /// A value as its attribute's rule has it, with its case; as it is where that is no rule for text.
    fn exact<'v>(&self, kind: Option<&AttributeType>, value: &'v [u8]) -> Cow<'v, [u8]> {
        let is_text = kind.is_some_and(|kind| {
            use Syntax::{DirectoryString, Ia5String, PrintableString};
            matches!(kind.syntax, DirectoryString | Ia5String | PrintableString)
        });
        let normal = normalize(self.schema, MatchingRule::CaseExact, value);
        if is_text && conforms(&normal) { normal } else { Cow::Borrowed(value) }
    }

    /// 32 bytes that stand for a value, and nobody can make without the seed.
    fn bytes(&self, kind: &str, value: &[u8]) -> [u8; 32] {
        let mut mac = self.seed.clone();
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(value);
        mac.finalize().into_bytes().into()
    }

    /// As many bytes as are wanted.
    fn stream(&self, kind: &str, value: &[u8]) -> impl Iterator<Item = u8> + use<'_, 's> {
        let first = self.bytes(kind, value);
        let next = move |block: &[u8; 32]| Some(self.bytes("next", block));
        std::iter::successors(Some(first), next).flatten()
    }

    /// Text; an address stays one, and those of one domain stay together.
    fn text(&self, value: &[u8]) -> Vec<u8> {
        match memchr::memrchr(b'@', value) {
            Some(at) if at > 0 && at + 1 < value.len() => {
                let (local, domain) = (&value[..at], &value[at + 1..]);
                [&self.word(local)[..], b"@", &self.word(domain), b".example"].concat()
            }
            _ => self.word(value),
        }
    }

    /// The letters of a word: those of the word without case, some of them in upper case where it is not
    /// the same.
    fn word(&self, word: &[u8]) -> Vec<u8> {
        let folded = normalize(self.schema, MatchingRule::CaseIgnore, word);
        let mut letters = self.letters(&folded, LETTERS);
        if *folded != *word {
            for (letter, byte) in letters.iter_mut().zip(self.stream("case", word)) {
                if byte % 2 == 1 {
                    letter.make_ascii_uppercase();
                }
            }
            // The first one is a letter, and one at least differs.
            if !letters.iter().any(u8::is_ascii_uppercase) {
                letters[0].make_ascii_uppercase();
            }
        }
        letters
    }

    fn letters(&self, value: &[u8], count: usize) -> Vec<u8> {
        let letter = |(n, byte): (usize, u8)| {
            // The first is a letter: some syntaxes want one.
            let among = if n == 0 || count == 2 { 26 } else { ALPHABET.len() };
            ALPHABET[usize::from(byte) * among / 256]
        };
        self.stream("text", value).take(count).enumerate().map(letter).collect()
    }

    /// Each line of an address by itself (RFC 4517 section 3.3.28).
    fn lines(&self, value: &[u8]) -> Vec<u8> {
        let line = |line: &[u8]| {
            let plain = unescaped_line(line).unwrap_or(Cow::Borrowed(line));
            self.text(&normalize(self.schema, MatchingRule::CaseExact, &plain))
        };
        let lines: Vec<Vec<u8>> = value.split(|&b| b == b'$').map(line).collect();
        lines.join(&b"$"[..])
    }

    /// Host, user and domain of a netgroup (RFC 2307 section 2.4), each by itself; `-` and nothing stay.
    fn triple(&self, value: &[u8]) -> Vec<u8> {
        let inner = value.strip_prefix(b"(").and_then(|rest| rest.strip_suffix(b")"));
        let word = |word: &[u8]| match word.trim_ascii() {
            word @ (b"" | b"-") => word.to_vec(),
            word => self.word(word),
        };
        let words: Vec<Vec<u8>> = inner.unwrap_or(value).split(|&b| b == b',').map(word).collect();
        match words.len() {
            3 => [&b"("[..], &words.join(&b","[..]), b")"].concat(),
            _ => [&b"("[..], &self.letters(value, LETTERS), b",-,-)"].concat(),
        }
    }

    /// Other digits and other letters, and what stands between them as it is: values of one form get
    /// different ones, so that short numbers stay unique. Of a value in which anything else stands,
    /// nothing is left.
    fn characters(&self, value: &[u8]) -> Vec<u8> {
        let is_between = |byte: &u8| b" -+()./,:?'".contains(byte);
        if !value.iter().all(|byte| byte.is_ascii_alphanumeric() || is_between(byte)) {
            return self.number(value, OPAQUE_DIGITS);
        }
        let base = |byte: &u8| if byte.is_ascii_digit() { 10_u64 } else { 26 };
        let places: Vec<u8> = value.iter().filter(|byte| !is_between(byte)).copied().collect();
        let of = places.iter().try_fold(1_u64, |of, byte| of.checked_mul(base(byte)));
        let mut others: Vec<u64> = match of.filter(|of| *of <= MOST_PERMUTED) {
            Some(of) => {
                let form: Vec<u8> = places.iter().map(|byte| base(byte) as u8).collect();
                let number = places.iter().fold(0, |n, byte| n * base(byte) + digit_of(*byte));
                let mut other = self.permuted(&form, number, of);
                let mut next = |byte: &u8| {
                    let digit = other % base(byte);
                    other /= base(byte);
                    digit
                };
                places.iter().rev().map(&mut next).collect()
            }
            None => {
                let stream = self.stream("characters", &places.to_ascii_lowercase());
                stream.zip(&places).map(|(other, byte)| u64::from(other) % base(byte)).collect()
            }
        };
        let mut next = |byte: u8| {
            let first = if byte.is_ascii_digit() { b'0' } else { b'a' };
            first + others.pop().unwrap_or(0) as u8
        };
        value.iter().map(|byte| if is_between(byte) { *byte } else { next(*byte) }).collect()
    }

    /// A number of so many digits, the first of them not 0.
    fn number(&self, value: &[u8], digits: usize) -> Vec<u8> {
        let digit = |(n, byte): (usize, u8)| match n {
            0 => b'1' + byte % 9,
            _ => b'0' + byte % 10,
        };
        self.stream("digits", value).take(digits).enumerate().map(digit).collect()
    }

    fn bits(&self, value: &[u8]) -> Vec<u8> {
        let bits: Vec<u8> = match value.strip_prefix(b"'").and_then(|v| v.strip_suffix(b"'B")) {
            Some(bits) => bits.to_vec(),
            None => vec![b'0'; OPAQUE_DIGITS],
        };
        let other = self.stream("bits", value).take(bits.len()).map(|byte| b'0' + byte % 2);
        std::iter::once(b'\'').chain(other).chain(*b"'B").collect()
    }

    /// Another number: no two numbers below 2³¹ get the same, so that identifiers stay unique. What
    /// is no number gets one.
    fn integer(&self, value: &[u8]) -> Vec<u8> {
        let (sign, digits) = match value.strip_prefix(b"-") {
            Some(digits) => (&b"-"[..], digits),
            None => (&b""[..], value),
        };
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return self.number(value, OPAQUE_DIGITS);
        }
        let text = std::str::from_utf8(digits).ok();
        match text.and_then(|text| text.parse().ok()).filter(|number| *number < NUMBERS) {
            Some(number) if sign.is_empty() => {
                self.permuted(b"integer", number, NUMBERS).to_string().into_bytes()
            }
            // There is no -0.
            Some(number) => {
                let other = self.permuted(b"negative", number.saturating_sub(1), NUMBERS - 1) + 1;
                [sign, other.to_string().as_bytes()].concat()
            }
            None => [sign, &self.number(value, digits.len())].concat(),
        }
    }

    /// The place of a number in a keyed permutation of those below `of`: a Feistel network over
    /// twice as many bits as half of it needs, walked until it is below again.
    fn permuted(&self, key: &[u8], number: u64, of: u64) -> u64 {
        let half = (u64::BITS - (of - 1).leading_zeros()).div_ceil(2).max(1);
        let mask = (1_u64 << half) - 1;
        let mut number = number;
        loop {
            let (mut left, mut right) = (number >> half, number & mask);
            for round in 0..ROUNDS {
                let block = [key, &[round], &of.to_be_bytes(), &right.to_be_bytes()].concat();
                let bytes = self.bytes("permuted", &block);
                let mixed = bytes[..8].iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
                (left, right) = (right, left ^ (mixed & mask));
            }
            number = left << half | right;
            if number < of {
                return number;
            }
        }
    }

    /// Some second from 1970 to 2099.
    fn time(&self, value: &[u8]) -> Vec<u8> {
        let mut stream = self.stream("time", value);
        let mut below = |limit: u32| {
            let bytes = [stream.next(), stream.next()].map(|byte| byte.unwrap_or(0));
            u32::from(u16::from_be_bytes(bytes)) % limit
        };
        let (year, month, day) = (1970 + below(130), 1 + below(12), 1 + below(28));
        let (hour, minute, second) = (below(24), below(60), below(60));
        format!("{year}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z").into_bytes()
    }

    /// A random UUID (RFC 9562 section 5.4).
    fn uuid(&self, value: &[u8]) -> Vec<u8> {
        let mut bytes = self.bytes("uuid", value);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: String = bytes[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        parts.join("-").into_bytes()
    }

    /// An OID below that of UUIDs (ITU-T X.667), so that it is nobody's.
    fn oid(&self, value: &[u8]) -> Vec<u8> {
        let bytes = self.bytes("oid", value);
        let number = bytes[..8].iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        format!("2.25.{number}").into_bytes()
    }

    fn pick<'a>(&self, value: &[u8], among: &[&'a [u8]]) -> &'a [u8] {
        among[usize::from(self.bytes("pick", value)[0]) % among.len()]
    }
}

/// Whether a text is two letters or digits.
fn is_short_word(text: &[u8]) -> bool {
    text.len() == 2 && text.iter().all(u8::is_ascii_alphanumeric)
}

/// A digit or a letter as a number.
fn digit_of(byte: u8) -> u64 {
    match byte {
        b'0'..=b'9' => u64::from(byte - b'0'),
        _ => u64::from(byte.to_ascii_lowercase() - b'a'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pseudonyms(seed: &str, named: &[&str]) -> Pseudonyms<'static> {
        let named: Vec<Vec<u8>> = named.iter().map(|name| name.as_bytes().to_vec()).collect();
        Pseudonyms::new(Schema::builtin(), &named, seed.as_bytes()).expect("text")
    }

    fn of(seed: &str, attribute: &str, value: &str) -> String {
        let all = pseudonyms(seed, &[attribute]);
        let mut values = [Cow::Borrowed(value.as_bytes())];
        all.values(attribute.as_bytes(), &mut values);
        String::from_utf8(values[0].to_vec()).expect("text")
    }

    #[test]
    fn equal_values_have_equal_pseudonyms_and_others_have_others() {
        let (upper, lower) = (of("s", "uid", "Alice  B"), of("s", "uid", "alice b"));
        assert!(upper.eq_ignore_ascii_case(&lower) && upper != lower, "{upper} {lower}");
        assert_eq!(upper, of("s", "uid", "Alice B"));
        assert_eq!(of("s", "uid", "alice"), of("s", "cn", "alice"));
        assert_ne!(of("s", "uid", "alice"), of("t", "uid", "alice"));
        assert_ne!(of("s", "uid", "alice"), of("s", "uid", "alicf"));
        let domain = |text: String| text.split_once('@').expect("an address").1.to_owned();
        let (a, b) = (of("s", "mail", "a@x.org"), of("s", "mail", "b@X.org"));
        assert_ne!(a, b);
        assert_eq!(domain(a).to_lowercase(), domain(b).to_lowercase());
    }

    #[test]
    fn values_are_equal_whichever_attribute_they_stand_in() {
        for value in ["alice", "Alice", "ALICE", "Alice@X.org", "\u{c4}nne", "Alice B"] {
            let pseudonym = of("s", "uid", value);
            for attribute in ["cn", "memberUid", "mail", "krbPrincipalName", "x-unknown", "gecos"] {
                assert_eq!(of("s", attribute, value), pseudonym, "{attribute} {value}");
            }
        }
        // What is different in case alone is so under a rule that looks at it, and equal under others.
        let all = ["alice", "Alice", "ALICE"].map(|value| of("s", "memberUid", value));
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2], "{all:?}");
        assert!(all.iter().all(|one| one.eq_ignore_ascii_case(&all[0])), "{all:?}");
        assert_eq!(all[0], all[0].to_lowercase());
        assert_eq!(of("s", "nisNetgroupTriple", "(-,Alice,)"), format!("(-,{},)", all[1]));
        assert_eq!(of("s", "postalAddress", "Alice$alice"), format!("{}${}", all[1], all[0]));
    }

    #[test]
    fn pseudonyms_have_the_syntax_of_their_attribute() {
        let schema = Schema::builtin();
        for (attribute, value) in [
            ("uidNumber", "1000"),
            ("uidNumber", "0"),
            ("uidNumber", "99999999999999"),
            ("uidNumber", "-5"),
            ("telephoneNumber", "+49 30 5550-101"),
            ("c", "DE"),
            ("createTimestamp", "20260101000000Z"),
            ("entryUUID", "7c3e0009-51d2-103f-8a09-6f1b2d9e404d"),
            ("postalAddress", "Street 1$City"),
            ("mail", "a@b.c"),
            ("homeDirectory", "/home/a"),
            ("pwdReset", "TRUE"),
        ] {
            let kind = schema.attribute(attribute.as_bytes()).expect(attribute);
            let pseudonym = of("s", attribute, value);
            assert_ne!(pseudonym, if attribute == "pwdReset" { "" } else { value }, "{attribute}");
            if let Some(rule) = kind.syntax.equality() {
                let normal = normalize(schema, rule, pseudonym.as_bytes());
                assert!(conforms(&normal), "{attribute} {value} {pseudonym}");
            }
        }
    }

    #[test]
    fn numbers_are_permuted() {
        let all = pseudonyms("s", &["uidNumber"]);
        let mut seen: Vec<u64> = (0..20_000).map(|n| all.permuted(b"", n, NUMBERS)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 20_000);
        assert!(seen.iter().all(|number| *number < NUMBERS));
        for of in [1, 2, 10, 100, 26 * 10] {
            let mut seen: Vec<u64> = (0..of).map(|n| all.permuted(b"", n, of)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..of).collect::<Vec<u64>>());
        }
    }

    #[test]
    fn short_numbers_stay_apart() {
        let numbers = || (0..100).map(|number| format!("{number:02}"));
        let seen: std::collections::HashSet<String> =
            numbers().map(|number| of("s", "telephoneNumber", &number)).collect();
        assert_eq!(seen.len(), 100);
        assert!(seen.iter().all(|number| number.len() == 2));
        assert_eq!(of("s", "telephoneNumber", "5 55-01"), {
            let plain = of("s", "telephoneNumber", "55501");
            format!("{} {}-{}", &plain[..1], &plain[1..3], &plain[3..])
        });
    }

    #[test]
    fn countries_stay_apart() {
        let letters = || b'a'..=b'z';
        let codes = letters().flat_map(|a| letters().map(move |b| [a, b]));
        let codes: Vec<String> =
            codes.map(|c| String::from_utf8(c.to_vec()).expect("ASCII")).collect();
        let seen: std::collections::HashSet<String> =
            codes.iter().map(|code| of("s", "c", code)).collect();
        assert_eq!(seen.len(), 26 * 26);
        assert_eq!(of("s", "c", "DE"), of("s", "c", "de"));
        assert!(seen.iter().all(|code| code.len() == 2));
    }

    #[test]
    fn a_triple_stays_one() {
        let user = of("s", "uid", "anna");
        assert_eq!(of("s", "nisNetgroupTriple", "(-,anna,)"), format!("(-,{user},)"));
        assert!(!of("s", "nisNetgroupTriple", "anna").contains("anna"));
    }

    #[test]
    fn nothing_is_left_of_what_does_not_have_the_syntax() {
        for (attribute, value) in [
            ("telephoneNumber", "call Anna Meyer"),
            ("telephoneNumber", "\u{c4}nna 1"),
            ("telephoneNumber", "Anna_1"),
            ("uidNumber", "12a"),
            ("uidNumber", "Anna"),
            ("x121Address", "Anna 1"),
            ("x500UniqueIdentifier", "Anna"),
            ("uniqueMember", "cn=Anna#'10110111011101'B"),
            ("member", "Anna Meyer"),
            ("entryUUID", "Anna"),
            ("createTimestamp", "Anna"),
            ("pwdReset", "Anna"),
        ] {
            let pseudonym = of("s", attribute, value);
            assert!(!pseudonym.contains("nna") && pseudonym != value, "{pseudonym}");
            assert!(!pseudonym.contains("10110111011101"), "{pseudonym}");
            let kind = Schema::builtin().attribute(attribute.as_bytes()).expect(attribute);
            let rule = kind.syntax.equality().expect(attribute);
            assert!(
                conforms(&normalize(Schema::builtin(), rule, pseudonym.as_bytes())),
                "{pseudonym}"
            );
        }
    }

    #[test]
    fn lines_of_an_address_are_equal_as_text() {
        assert_eq!(of("s", "postalAddress", "a  \\24 b$c"), of("s", "postalAddress", "a \\24 b$c"));
        let upper = of("s", "postalAddress", "A \\24 b$C");
        assert!(upper.eq_ignore_ascii_case(&of("s", "postalAddress", "a \\24 B$c")));
    }

    #[test]
    fn names_follow() {
        let all = pseudonyms("s", &["uid"]);
        let mut dn = Dn::parse(b"uid=alice,ou=People,dc=x").expect("a DN");
        assert!(all.dn(&mut dn));
        let alice = of("s", "uid", "alice");
        assert_eq!(dn.to_string(), format!("uid={alice},ou=People,dc=x"));
        let mut values = [Cow::Borrowed(&b"UID=ALICE,ou=People,dc=x"[..])];
        all.values(b"member", &mut values);
        let expected = format!("UID={alice},ou=People,dc=x");
        assert!(values[0].eq_ignore_ascii_case(expected.as_bytes()));
        assert!(Pseudonyms::new(Schema::builtin(), &[b"jpegPhoto".to_vec()], b"s").is_err());
    }
}
