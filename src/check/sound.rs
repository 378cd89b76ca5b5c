//! Records of which nothing is to be said, told by their lines as they stand.
//!
//! Most records of an export are sound, and a look at all of such a record finds nothing. Here a
//! record that the scan has vouched for is walked over without being read; what is unusual in any
//! way, or known to be wrong, is left to that look, so that what is said has one home. Knows
//! nothing of what is said.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::join::RandomState;

use super::record::Examiner;
use super::values::held_form;
use crate::attribute::is_object_class;
use crate::dn::{AvaValue, Rdn, plain_rdn};
use crate::join::{Namer, Slot};
use crate::ldif::lines::LineEnds;
use crate::ldif::parse::RawValue;
use crate::ldif::types::Types;
use crate::ldif::unfold::joined;
use crate::matching::{Keys, is_text};
use crate::schema::AttributeType;
use crate::schema::MatchingRule::DistinguishedName;
use crate::source::Cut;

/// So many lists of object classes are remembered.
const MANY: usize = 64;

/// Each type that stands in a record more than once is looked for in all of it: so many are.
const FEW: usize = 64;

/// Tells sound records; knows what it met in those before.
pub(super) struct Sound<'c> {
    examiner: &'c Examiner<'c>,
    namer: Namer<'c, RandomState>,
    /// The same for names that stand in values, which have parents of their own.
    names: Keys<'c>,
    /// The number of each attribute type by the bytes a line begins with, and by its name in lower
    /// case.
    types: Types<usize>,
    numbers: HashMap<Vec<u8>, usize>,
    kinds: Vec<Kind<'c>>,
    /// The lines of the record that is looked at, but for its name.
    lines: Vec<Line>,
    /// The types that may stand there more than once.
    repeated: Vec<usize>,
    /// The lines of object classes, each list as it stood in a record, in which none comes twice.
    classes: Vec<&'c [u8]>,
}

/// An attribute type as lines name it.
struct Kind<'c> {
    attribute: Option<&'c AttributeType>,
    is_class: bool,
}

/// A logical line: places in its record.
#[derive(Clone, Copy)]
struct Line {
    kind: usize,
    start: usize,
    /// Behind the first colon.
    value: usize,
    end: usize,
}

impl<'c> Sound<'c> {
    pub(super) fn new(examiner: &'c Examiner<'c>) -> Sound<'c> {
        Sound {
            examiner,
            namer: Namer::new(examiner.state, examiner.source.schema),
            names: Keys::new(examiner.source.schema),
            types: Types::default(),
            numbers: HashMap::new(),
            kinds: Vec::new(),
            lines: Vec::new(),
            repeated: Vec::new(),
            classes: Vec::new(),
        }
    }

    /// The entry that a record is, by its name, where it is certain that nothing else is to be said of
    /// it. What a schema says of entries is not looked at here.
    pub(super) fn entry(&mut self, cut: &Cut<'c>) -> Option<Slot> {
        let record = self.examiner.source.bytes(cut.extent);
        let dn = cut.plain_dn.filter(|_| !self.examiner.by_schema && is_printable(record))?;
        self.walk(record)?;
        let is_sound = self.has_class()
            && !self.ends_in_a_version(record)
            && self.texts_are_utf8(record)
            && self.holds_its_name(record, dn)
            && self.has_no_twins(record);
        let hash = self.namer.hash(dn).ok().filter(|_| is_sound)?;
        Some(Slot::new(cut.extent, hash))
    }

    /// Finds the lines of a record; nothing where one is not as lines mostly are.
    fn walk(&mut self, record: &'c [u8]) -> Option<()> {
        let Sound { examiner, types, numbers, kinds, lines, repeated, .. } = self;
        lines.clear();
        repeated.clear();
        // A bit for each type; of many, some share theirs.
        let mut seen = 0_u64;
        let mut learn = |name: &[u8]| {
            *numbers.entry(name.to_ascii_lowercase()).or_insert_with(|| {
                let attribute = examiner.source.schema.attribute(name);
                kinds.push(Kind { attribute, is_class: is_object_class(name) });
                kinds.len() - 1
            })
        };
        let mut ends = LineEnds::default();
        let mut end = ends.after(record, 0);
        while let Some(&first) = record.get(end) {
            let start = end;
            end = ends.after(record, start);
            if first == b' ' {
                lines.last_mut()?.end = end;
                continue;
            }
            // A comment begins no type.
            let (len, kind) = types.at(&record[start..], &mut learn)?;
            let value = start + len;
            if !is_usual(&record[value..end], record.get(end)) {
                return None;
            }
            let bit = 1 << (kind % 64);
            if seen & bit != 0 && !repeated.contains(&kind) {
                if repeated.len() == FEW {
                    return None;
                }
                repeated.push(kind);
            }
            seen |= bit;
            lines.push(Line { kind, start, value, end });
        }
        Some(())
    }

    fn has_class(&self) -> bool {
        self.lines.iter().any(|line| self.kinds[line.kind].is_class)
    }

    /// Whether the last attribute may be the first line of another file.
    fn ends_in_a_version(&self, record: &[u8]) -> bool {
        let name = self.lines.last().map(|line| &record[line.start..line.value - 1]);
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"version"))
    }

    /// Whether text in base64 is UTF-8. Other text is ASCII.
    fn texts_are_utf8(&self, record: &[u8]) -> bool {
        let is_encoded = |line: &&Line| record.get(line.value) == Some(&b':');
        let mut encoded = self.lines.iter().filter(is_encoded);
        encoded.all(|line| {
            let attribute = self.kinds[line.kind].attribute;
            !attribute.is_some_and(|attribute| is_text(attribute.syntax))
                || self.value(record, *line).is_some_and(|v| simdutf8::basic::from_utf8(&v).is_ok())
        })
    }

    /// Whether each attribute that has values has the one that the entry's name gives it, byte for
    /// byte.
    fn holds_its_name(&self, record: &[u8], dn: &[u8]) -> bool {
        if let Some((attribute, value)) = plain_rdn(dn) {
            return self.holds(record, attribute, value);
        }
        let Some(rdn) = Rdn::first_in(dn) else { return false };
        rdn.avas.iter().all(|ava| match &ava.value {
            AvaValue::Text(value) => self.holds(record, &ava.attribute, value),
            AvaValue::Ber(_) => false,
        })
    }

    fn holds(&self, record: &[u8], attribute: &[u8], value: &[u8]) -> bool {
        let Some(attribute) = self.examiner.source.schema.attribute(attribute) else {
            return false;
        };
        let is_of_it = |line: &&Line| {
            self.kinds[line.kind].attribute.is_some_and(|one| one.id == attribute.id)
        };
        let mut held = self.lines.iter().filter(is_of_it).peekable();
        let is_it = |line: &Line| self.value(record, *line).is_some_and(|held| *held == *value);
        held.peek().is_none() || held.any(is_it)
    }

    /// Whether no attribute has a value twice.
    fn has_no_twins(&mut self, record: &'c [u8]) -> bool {
        for n in 0..self.repeated.len() {
            let kind = self.repeated[n];
            let is_class = self.kinds[kind].is_class;
            let classes = if is_class { self.together(record, kind) } else { None };
            if classes.is_some_and(|lines| self.classes.contains(&lines)) {
                continue;
            }
            if !self.are_distinct(record, kind) {
                return false;
            }
            self.classes.extend(classes.filter(|_| self.classes.len() < MANY));
        }
        true
    }

    /// The lines of an attribute, where no other stands between them.
    fn together(&self, record: &'c [u8], kind: usize) -> Option<&'c [u8]> {
        let is_of_it = |line: &Line| line.kind == kind;
        let first = self.lines.iter().position(is_of_it)?;
        let last = self.lines.iter().rposition(is_of_it)?;
        let lines = &self.lines[first..=last];
        let (start, end) = (lines[0].start, lines[lines.len() - 1].end);
        lines.iter().all(is_of_it).then(|| &record[start..end])
    }

    fn are_distinct(&mut self, record: &[u8], kind: usize) -> bool {
        let schema = self.examiner.source.schema;
        let attribute = self.kinds[kind].attribute;
        let lines = self.lines.iter().filter(|line| line.kind == kind);
        let values: Option<Vec<Cow<'_, [u8]>>> =
            lines.map(|line| self.value(record, *line)).collect();
        let Some(values) = values else { return false };
        if values.len() == 1 {
            return true;
        }
        let are_names = attribute.and_then(|one| one.equality) == Some(DistinguishedName);
        let form = |value| {
            let plain = if are_names { self.names.plain(value) } else { None };
            match plain {
                Some(key) => Cow::Owned(key.to_vec()),
                None => held_form(schema, attribute, value),
            }
        };
        let mut forms: Vec<Cow<'_, [u8]>> = values.iter().map(|value| &**value).map(form).collect();
        forms.sort_unstable();
        forms.windows(2).all(|pair| pair[0] != pair[1])
    }

    /// The value of a line that the scan has vouched for.
    fn value<'r>(&self, record: &'r [u8], line: Line) -> Option<Cow<'r, [u8]>> {
        let text = &record[line.value..line.end];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let text = match memchr::memchr(b'\n', text) {
            None => Cow::Borrowed(text),
            Some(_) => joined(text),
        };
        if text.first() == Some(&b':') {
            let digits = after_fill(&text[1..]);
            let value = self.examiner.decoder(b"").value(RawValue::Base64(digits)).ok()?;
            return Some(Cow::Owned(value.into_owned()));
        }
        Some(match text {
            Cow::Borrowed(text) => Cow::Borrowed(after_fill(text)),
            Cow::Owned(text) => Cow::Owned(after_fill(&text).to_vec()),
        })
    }
}

/// Whether a record is printable ASCII: what it holds as it stands is no deviation (D-3, D-4, D-6),
/// and UTF-8. A control character is none, but stands in few.
fn is_printable(record: &[u8]) -> bool {
    // All of it, for to look at many bytes at once is quicker than to stop at one.
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') | (*byte == b'\n');
    record.iter().fold(true, |all, byte| all & is_plain(byte))
}

/// Whether what follows the first colon of a line, before a line that begins with `next`, is base64,
/// or a value whose first byte stands there and needs no encoding (D-21).
fn is_usual(text: &[u8], next: Option<&u8>) -> bool {
    match text {
        [b':', ..] => true,
        [b' ', first, ..] if !matches!(first, b' ' | b':' | b'<' | b'\n') => true,
        _ => match after_fill(text).first() {
            Some(b':' | b'<') => false,
            Some(b'\n') => next != Some(&b' '),
            _ => true,
        },
    }
}

/// What follows the SPACEs a text begins with.
fn after_fill(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|b| **b == b' ').count()..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::record::{Named, Part};
    use super::*;
    use crate::schema::Schema;
    use crate::server::Server;
    use crate::source::{Form, ReadOptions, Source};

    /// Which records of a text are told to be sound; of those the look at all of them must find nothing,
    /// and the same entry.
    fn told(text: &[u8]) -> Vec<bool> {
        let source = Source::of_text("a", text, Schema::builtin(), ReadOptions::default());
        let state = RandomState::default();
        let examiner = Examiner {
            source: &source,
            state: &state,
            by_schema: false,
            server: Server::default(),
            strict: true,
            every_warning: true,
        };
        let mut sound = Sound::new(&examiner);
        let mut cutter = source.cut(0..text.len());
        let mut told = Vec::new();
        while let Some(cut) = cutter.next_cut(None) {
            let Ok(cut) = cut else { continue };
            let entry = sound.entry(&cut);
            told.push(entry.is_some());
            let Some(entry) = entry else { continue };
            let mut part = Part::new(true);
            examiner.record(cut.extent, &mut part);
            let shown = text[cut.extent.range()].escape_ascii();
            assert!(part.found.all.is_empty(), "{:?}: \"{shown}\"", part.found.all);
            let [run] = &*part.runs else { panic!("\"{shown}\"") };
            assert_eq!((run.form, run.first, run.records), (Some(Form::Content), cut.extent, 1));
            let [Named::Entry(named)] = *part.named else { panic!("\"{shown}\"") };
            assert_eq!((named.hash, named.extent()), (entry.hash, entry.extent()));
        }
        told
    }

    #[test]
    fn usual_records_are_known_to_be_sound() {
        for lines in [
            "cn: a",
            "CN: a\nsn:: w7w=\njpegPhoto:: /w==\nmail:\nmail: b",
            "commonName: b\ncn: a\ncn: c\n d\ncn:: ZQ\n ==",
            "sn: a\n \n  b",
            "x-a: 1\nx-a: 2\nX-A: 3\ncn:a",
            "telephoneNumber: 1 2\nmobile: 12\nmember: cn=a\nmember: cn=b\nmember: none",
            "version: 1\ncn: a",
        ] {
            let text = format!("dn: cn=a,dc=x\nobjectClass: top\nobjectClass: person\n{lines}\n\n");
            let text = [&*text, &text.replace("dn: cn=a", "dn:CN = a ").replace("top", "Top")];
            assert_eq!(told(text.concat().as_bytes()), [true, true], "{lines}");
        }
        let text = "dn: cn=a\\,\\20b\nobjectClass: top\ncn: a\ncn: a, b\n\n\
                    dn: cn=a+sn=\\C3\\BC\nobjectClass: top\nsn:: w7w=\ncn: a\n";
        assert_eq!(told(text.as_bytes()), [true, true]);
    }

    #[test]
    fn what_is_wrong_or_unusual_is_left_to_a_look_at_all() {
        for lines in [
            "cn: b",
            "cn: A",
            "cn: \u{fc}\ncn: a",
            "cn: a\x01",
            "cn:: YQ",
            "sn:: /w==",
            "sn: :",
            "sn:  <",
            "sn: \n <",
            "sn;lang-de: a",
            "x_a: 1",
            "2.5.4.4: a",
            "# a",
            "version: 1",
            "objectClass: TOP",
            "objectClass: 2.5.6.6",
            "mail: a b\nmail: A  B",
            "mail: a\nsn: b\nMAIL:: YQ==",
            "x-a: 1\nX-A: 1",
            "uniqueMember: cn=a\nuniqueMember: CN=A",
            "member: cn=a,dc=x\nmember: commonName=a; dc=x",
            "telephoneNumber: 1 2\ntelephoneNumber: 1-2",
            "createTimestamp: 20260101000000Z\ncreateTimestamp: 202601010000Z",
        ] {
            let text = format!("dn: cn=a,dc=x\nobjectClass: top\nobjectClass: person\n{lines}\n\n");
            assert_eq!(told(text.as_bytes()), [false], "{lines}");
        }
        for text in [
            "dn: cn=a,dc=x\n",
            "dn:\nobjectClass: a\n",
            "dn: cn=a,dc=x\ncn: a\n",
            "dn: cn=a,\nobjectClass: a\n",
            "dn: a\nobjectClass: a\n",
            "dn: cn=a\\,b\nobjectClass: a\ncn: a\n",
            "dn: cn=a+sn=b\nobjectClass: a\ncn: a\nsn: c\n",
            "dn: cn=#020161\nobjectClass: a\n",
            "dn: x-none=a\nobjectClass: a\n",
            "dn: cn=\u{fc}\nobjectClass: a\n",
            "dn: cn=a\nobjectClass: a\nobjectClass: b\nobjectClass: a\n",
            "dn: cn=a\nchangetype: add\nobjectClass: a\n",
            "dn: cn=a\r\nobjectClass: a\r\n",
        ] {
            assert_eq!(told(text.as_bytes()), [false], "{text}");
        }
    }

    /// Each type that is there twice would be looked for among all lines.
    #[test]
    fn many_types_are_left_to_a_look_at_all() {
        for many in [10, FEW - 1, FEW, 200] {
            let lines: String = (0..many).map(|n| format!("x-{n}: 1\nx-{n}: 2\n")).collect();
            let text = format!("dn: cn=a,dc=x\nobjectClass: a\nobjectClass: b\n{lines}");
            assert_eq!(told(text.as_bytes()), [many < FEW], "{many}");
            let text = text.replace("x-9: 2", "x-9: 1");
            assert_eq!(told(text.as_bytes()), [false], "{many}");
        }
    }

    /// Lines of records, most of them sound by themselves.
    fn line() -> impl Strategy<Value = String> {
        let names = "objectClass|objectclass|cn|CN|commonName|sn|mail|member|uniqueMember|x-a|X-A|uid|\
                     telephoneNumber|createTimestamp|jpegPhoto|postalAddress|version|uidNumber";
        let texts = ": (a|A|a b|a  b| a|1|01|1 2|1-2|top|Top|2\\.5\\.6\\.0|cn=a|CN=A|cn = a|cn=a,cn=b|\
                     202601010000Z|20260101000000Z||:|<|a\\$b|a\\\\24b|cn=a#'1'B|a\n b|\n a|a \n \n b)";
        let encoded = ":: ?(YQ==|QQ==|YQ|w7w=|w5w=|/w==|Y\n Q==|YSBi|| YQ==|YQ== )";
        let value = prop_oneof![6 => texts, 2 => encoded, 1 => ":[ -~]{0,4}"];
        (names, value).prop_map(|(name, value)| name + &value)
    }

    fn record() -> impl Strategy<Value = String> {
        let name = "dn: ?(cn|CN|commonName|uid|x-a)=(a|A|a b|1|\\\\41|a+sn=1)(,dc=x)?";
        let classes = "(objectClass: top\n)?(objectClass: person\n)?(OBJECTCLASS: x\n)?";
        let lines = prop::collection::vec(line(), 0..6);
        (name, classes, lines)
            .prop_map(|(name, classes, lines)| format!("{name}\n{classes}{}\n", lines.join("\n")))
    }

    proptest! {
        #[test]
        fn of_a_sound_record_nothing_is_found(
            records in prop::collection::vec(record(), 1..6),
            spoilt in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let mut text = records.join("\n").into_bytes();
            if let Some((at, byte)) = spoilt {
                let at = at.index(text.len());
                text[at] = byte;
            }
            told(&text);
        }
    }
}
