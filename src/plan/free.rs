//! Names and values that nobody has, to stand in for a while.
//!
//! What is written under the temporary words is looked for everywhere in both exports, in plain text
//! and in what folds, base64 and escapes hide; numbers begin behind the greatest that was found.
//! Integers are the negative ones nobody has: the syntax takes them, they fit into 32 bits, and
//! servers and machines give out none of them. Syntaxes with a form of their own get values of that form.

use std::collections::BTreeSet;

use crate::attribute::type_of;
use crate::dn::AvaValue;
use crate::entry::Entry;
use crate::ldif::scan::split;
use crate::parallel::Pool;
use crate::schema::{Schema, Syntax};
use crate::source::Source;

/// What stands in for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// An entry's name.
    Temporary,
    /// A value that another entry gets.
    Released,
    /// The name of an account, which has at most 20 characters in Active Directory.
    Account,
}

impl Word {
    const ALL: [Word; 3] = [Word::Temporary, Word::Released, Word::Account];

    fn text(self) -> &'static str {
        match self {
            Word::Temporary => "temporary-",
            Word::Released => "released-",
            Word::Account => "",
        }
    }
}

/// What every text of ours begins with, but for the hyphen after it.
const PREFIX: &[u8] = b"ldifsync";

/// Numbers that were found behind a word from here on are passed over one by one; the others are
/// below where the count begins.
const FAR: u64 = 1_000_000_000;

/// Whatever is made here is shorter, in bytes.
const LONGEST_FORM: usize = 64;

/// What is taken.
#[derive(Debug, Default, PartialEq, Eq)]
struct Taken {
    /// The numbers behind each word.
    numbers: [BTreeSet<u64>; 3],
    /// Negative integers.
    integers: BTreeSet<i64>,
    /// Values of syntaxes with a form of their own, in lower case.
    formed: BTreeSet<Vec<u8>>,
}

/// What is free.
#[derive(Debug, Default)]
pub(super) struct Free {
    taken: Taken,
    /// The last number given behind each word.
    last: [u64; 3],
    /// The last integer given.
    integer: i64,
    /// How many values of a form of their own were made.
    formed: u64,
}

impl Free {
    /// Looks through both sides.
    pub(super) fn find(pool: &Pool, sources: [&Source<'_>; 2]) -> Free {
        let mut all = Taken::default();
        for source in sources {
            let parts = pool.map_ordered(split(source.text, 2 << 20), |range| {
                let mut taken = Taken::default();
                taken.text(&source.text[range.clone()]);
                let mut cutter = source.cut(range);
                while let Some(cut) = cutter.next_record(None) {
                    let entry = cut.and_then(|cut| source.entry(cut.extent));
                    entry.iter().for_each(|entry| taken.entry(source.schema, entry));
                }
                taken
            });
            parts.into_iter().for_each(|part| all.add(part));
        }
        Free::beside(all)
    }

    fn beside(taken: Taken) -> Free {
        let last = |numbers: &BTreeSet<u64>| numbers.range(..FAR).next_back().copied();
        let last = [0, 1, 2].map(|n| last(&taken.numbers[n]).unwrap_or(0));
        Free { taken, last, integer: 0, formed: 0 }
    }

    /// Another value of this syntax.
    pub(super) fn value(&mut self, word: Word, syntax: Option<Syntax>) -> Vec<u8> {
        match syntax {
            Some(Syntax::Integer) => self.integer().to_string().into_bytes(),
            Some(syntax) if syntax.is_dn() => {
                format!("cn=ldifsync-{}{}", word.text(), self.number(word)).into_bytes()
            }
            Some(syntax) if form(syntax, 0).is_some() => self.formed(syntax),
            _ => format!("ldifsync-{}{}", word.text(), self.number(word)).into_bytes(),
        }
    }

    /// Another value of a syntax with a form of its own; of countries there are few.
    fn formed(&mut self, syntax: Syntax) -> Vec<u8> {
        let start = self.formed;
        let mut values = (start..).map(|n| (n, form(syntax, n).unwrap_or_default().into_bytes()));
        let is_free = |value: &[u8]| !self.taken.formed.contains(&value.to_ascii_lowercase());
        let last = start.saturating_add(forms(syntax));
        let found = values.find(|(n, value)| is_free(value) || *n >= last);
        let (n, value) = found.unwrap_or_default();
        self.formed = n + 1;
        value
    }

    fn number(&mut self, word: Word) -> u64 {
        let last = &mut self.last[word as usize];
        *last += 1;
        while self.taken.numbers[word as usize].contains(last) {
            *last += 1;
        }
        *last
    }

    fn integer(&mut self) -> i64 {
        self.integer -= 1;
        while self.taken.integers.contains(&self.integer) {
            self.integer -= 1;
        }
        self.integer
    }
}

/// Whether a value may be one that [`form`] gives; where nothing is known of the syntax, one of the numbers.
fn may_be_given(syntax: Option<Syntax>, value: &[u8]) -> bool {
    let begins = |text: &str| value.starts_with(text.as_bytes());
    match syntax {
        Some(Syntax::CountryString) => value.len() == 2,
        None | Some(Syntax::NumericString) => {
            begins("20000") && value.len() >= 10 && value.iter().all(u8::is_ascii_digit)
        }
        Some(Syntax::GeneralizedTime) => begins("10000101"),
        Some(Syntax::Uuid) => begins("00000000-0000-0000-0000-"),
        Some(Syntax::BitString) => begins("'0000"),
        Some(Syntax::NisNetgroupTriple) => begins("(ldifsync-temporary-"),
        Some(Syntax::BootParameter) => begins("ldifsync-temporary-"),
        Some(_) => false,
    }
}

/// How many values there are of a form.
fn forms(syntax: Syntax) -> u64 {
    match syntax {
        Syntax::CountryString => 26 * 26,
        Syntax::GeneralizedTime => 86_400,
        _ => u64::MAX,
    }
}

/// Value number `n` of a syntax that takes no other text (RFC 4517 section 3.3, RFC 4530, RFC 2307).
fn form(syntax: Syntax, n: u64) -> Option<String> {
    let letter = |n: u64| char::from(b'A' + (n % 26) as u8);
    Some(match syntax {
        // ISO 3166 gives none of the first to a country.
        Syntax::CountryString => format!("{}{}", letter(23 + n / 26), letter(n)),
        Syntax::NumericString => format!("20000{n:05}"),
        Syntax::GeneralizedTime => {
            format!("10000101{:02}{:02}{:02}Z", n / 3600 % 24, n / 60 % 60, n % 60)
        }
        Syntax::Uuid => format!("00000000-0000-0000-0000-{n:012x}"),
        Syntax::BitString => format!("'{n:040b}'B"),
        Syntax::NisNetgroupTriple => format!("(ldifsync-temporary-{n},,)"),
        Syntax::BootParameter => format!("ldifsync-temporary-{n}=a:b"),
        _ => return None,
    })
}

impl Taken {
    fn add(&mut self, mut other: Taken) {
        for (all, more) in self.numbers.iter_mut().zip(&mut other.numbers) {
            all.append(more);
        }
        self.integers.append(&mut other.integers);
        self.formed.append(&mut other.formed);
    }

    fn entry(&mut self, schema: &Schema, entry: &Entry<'_>) {
        for one in &entry.attributes {
            one.values.iter().for_each(|value| self.value(schema, &one.description, value));
        }
        for ava in entry.dn.rdns.iter().flat_map(|rdn| rdn.avas.iter()) {
            if let AvaValue::Text(value) = &ava.value {
                self.value(schema, &ava.attribute, value);
            }
        }
    }

    fn value(&mut self, schema: &Schema, description: &[u8], value: &[u8]) {
        self.text(value);
        if value.len() > LONGEST_FORM {
            return;
        }
        let syntax = schema.attribute(type_of(description)).map(|attribute| attribute.syntax);
        if syntax == Some(Syntax::Integer) && value.first() == Some(&b'-') {
            let number: Option<i64> =
                std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            self.integers.extend(number);
        } else if may_be_given(syntax, value) {
            self.formed.insert(value.to_ascii_lowercase());
        }
    }

    /// Notes the numbers that stand behind our words, in any case.
    fn text(&mut self, text: &[u8]) {
        let ours = |&at: &usize| {
            let start = at.checked_sub(PREFIX.len());
            start.is_some_and(|start| text[start..at].eq_ignore_ascii_case(PREFIX))
        };
        for at in memchr::memchr_iter(b'-', text).filter(ours) {
            for word in Word::ALL {
                self.numbers[word as usize].extend(number_behind(word, &text[at + 1..]));
            }
        }
    }
}

/// The number behind a word; one that is too long is none that is ever given.
fn number_behind(word: Word, text: &[u8]) -> Option<u64> {
    let (begin, rest) = text.split_at_checked(word.text().len())?;
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let number = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    begin.eq_ignore_ascii_case(word.text().as_bytes()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::ReadOptions;

    fn source(text: &str) -> Source<'_> {
        Source::of_text("x.ldif", text.as_bytes(), Schema::builtin(), ReadOptions::default())
    }

    /// What is given first, and then again, where an export says this.
    fn given(text: &str) -> [String; 3] {
        let pool = Pool::new(Some(2)).unwrap();
        let (old, new) = (source(text), source("dn: o=x\nobjectClass: organization\no: x\n"));
        let show = |value: Vec<u8>| String::from_utf8(value).unwrap();
        let mut one = Free::find(&pool, [&old, &new]);
        assert_eq!(Free::find(&pool, [&new, &old]).taken, one.taken, "either side counts");
        let integers = [0, 0].map(|_| one.value(Word::Released, Some(Syntax::Integer)));
        let integers = integers.map(show).join(" ");
        let [temporary, released, _] = Word::ALL.map(|word| show(one.value(word, None)));
        [temporary, released, integers]
    }

    #[test]
    fn nobody_has_what_is_given() {
        let record = |lines: &str| format!("dn: cn=a,o=x\nobjectClass: person\n{lines}\n");
        for (lines, [temporary, released, integers]) in [
            ("cn: a", ["1", "1", "-1 -2"]),
            ("cn: ldifsync-temporary-7\nuid: LDIFSYNC-Released-8", ["8", "9", "-1 -2"]),
            ("uid: ldifsync-rel\n eased-8", ["1", "9", "-1 -2"]),
            ("uid:: bGRpZnN5bmMtcmVsZWFzZWQtOA==", ["1", "9", "-1 -2"]),
            ("seeAlso: cn=ldifsync\\2Dx,o=x\ncn: ldifsync-released-", ["1", "1", "-1 -2"]),
            ("uid: ldifsync-released-999999999999999999999", ["1", "1", "-1 -2"]),
            ("uid: ldifsync-released-1000000000", ["1", "1", "-1 -2"]),
            (
                "uid: ldifsync-released-999999999\nuid: ldifsync-released-1000000000",
                ["1", "1000000001", "-1 -2"],
            ),
            ("uidNumber: -1\nuidNumber: 2000000000\ndescription: -2", ["1", "1", "-2 -3"]),
            ("uidNumber: -2\ngidNumber: -2147483648", ["1", "1", "-1 -3"]),
        ] {
            let expected = [
                format!("ldifsync-temporary-{temporary}"),
                format!("ldifsync-released-{released}"),
                integers.to_owned(),
            ];
            assert_eq!(given(&record(lines)), expected, "{lines}");
        }
    }

    #[test]
    fn every_syntax_gets_what_it_takes() {
        let text =
            "dn: c=XA,o=x\nobjectClass: country\nx121Address: 2000000000\nx-own: 2000000001\n\n";
        let (old, new) = (source(text), source("dn: o=x\n\n"));
        let mut free = Free::find(&Pool::new(Some(1)).unwrap(), [&old, &new]);
        for (syntax, value) in [
            (Syntax::CountryString, "XB"),
            (Syntax::NumericString, "2000000002"),
            (Syntax::GeneralizedTime, "10000101000003Z"),
            (Syntax::Uuid, "00000000-0000-0000-0000-000000000004"),
            (Syntax::NisNetgroupTriple, "(ldifsync-temporary-5,,)"),
            (Syntax::DirectoryString, "ldifsync-temporary-1"),
        ] {
            let given = free.value(Word::Temporary, Some(syntax));
            assert_eq!(String::from_utf8(given).unwrap(), value);
            assert!(syntax.allows(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn names_are_looked_through_too() {
        let text = "dn: uid=ldifsync\\2Dtemporary-4+uidNumber=-1,o=x\nobjectClass: account\n\n";
        assert_eq!(given(text), ["ldifsync-temporary-5", "ldifsync-released-1", "-2 -3"]);
    }
}
