//! The deviations from RFC 2849 that are accepted, each with its number.
//!
//! One variant a row of `grammar/deviations.md`, and where it concerns a grammar a `=/` line there;
//! nothing lenient stands outside this list. `scan` notes what concerns lines and files,
//! [`of_record`] and [`of_words`] what concerns one record.

use crate::attribute::is_range;
use crate::error::ErrorKind;
use crate::ldif::parse::{
    RawAttrVal, RawBody, RawChange, RawMod, RawRecord, RawValue, is_blank, without_blanks,
};

/// A way in which real files differ from the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deviation {
    /// D-1: a UTF-8 byte order mark.
    ByteOrderMark = 1,
    /// D-2: the file is UTF-16.
    Utf16 = 2,
    /// D-3: UTF-8 beyond ASCII, unencoded.
    RawUtf8 = 3,
    /// D-4: a NUL, or bytes that are not UTF-8, unencoded.
    RawBytes = 4,
    /// D-5: a line of blanks that continues nothing.
    BlankLine = 5,
    /// D-6: a line continued by TAB.
    TabFold = 6,
    /// D-7: base64 without its padding.
    UnpaddedBase64 = 7,
    /// D-8: blanks after base64.
    BlanksAfterBase64 = 8,
    /// D-9: a modification without its final `-`.
    MissingDash = 9,
    /// D-10: a `-` that ends no modification.
    NeedlessDash = 10,
    /// D-11: more than one `version:` line.
    RepeatedVersion = 11,
    /// D-12: `_` in an attribute name.
    Underscore = 12,
    /// D-13: a line with a number before the `dn:` line.
    NumericId = 13,
    /// D-14: `deleteoldrdn: true` or `false`.
    DeleteOldRdnWord = 14,
    /// D-15: a block of `ref:` lines.
    Referral = 15,
    /// D-16: the trailer of a search.
    SearchTrailer = 16,
    /// D-17: an entry without attributes.
    NoAttributes = 17,
    /// D-18: blank lines after the last record.
    BlankLinesAtEnd = 18,
    /// D-19: blanks after a keyword's value.
    BlanksAfterKeyword = 19,
    /// D-20: the last line has no line end.
    NoFinalNewline = 20,
    /// D-21: a value that begins with `:` or `<`, unencoded.
    UnsafeFirstByte = 21,
    /// D-22: `=` in an option: one of Active Directory's ranges, `member;range=0-1499`.
    RangedAttribute = 22,
    /// D-23: `control:` lines before the attributes of an entry.
    EntryControl = 23,
}

impl Deviation {
    /// Its number in `grammar/deviations.md`.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// What the standard wants instead.
    pub fn standard(self) -> &'static str {
        match self {
            Deviation::ByteOrderMark => "a file without a byte order mark",
            Deviation::Utf16 => "a file in UTF-8",
            Deviation::RawUtf8 => "base64 for bytes beyond ASCII",
            Deviation::RawBytes => "base64 for a NUL and for bytes that are not UTF-8",
            Deviation::BlankLine => "an empty line between records",
            Deviation::TabFold => "a SPACE to continue a line",
            Deviation::UnpaddedBase64 => "base64 padded with `=`",
            Deviation::BlanksAfterBase64 => "nothing after base64",
            Deviation::MissingDash => "a line `-` to end the modification",
            Deviation::NeedlessDash => "no `-` here",
            Deviation::RepeatedVersion => "one `version:` line, the first of the file",
            Deviation::Underscore => "letters, digits and `-` in an attribute name",
            Deviation::NumericId => "a `dn:` line to begin a record",
            Deviation::DeleteOldRdnWord => "`0` or `1`",
            Deviation::Referral => "a record, not a continuation reference",
            Deviation::SearchTrailer => "a record, not the result of a search",
            Deviation::NoAttributes => "at least one attribute in an entry",
            Deviation::BlankLinesAtEnd => "no empty lines after the last record",
            Deviation::BlanksAfterKeyword => "nothing after the word",
            Deviation::NoFinalNewline => "a line end after the last line",
            Deviation::UnsafeFirstByte => "base64 for a value that begins with `:` or `<`",
            Deviation::RangedAttribute => "letters, digits and `-` in an option",
            Deviation::EntryControl => "controls in change records alone",
        }
    }
}

impl From<Deviation> for ErrorKind {
    fn from(deviation: Deviation) -> ErrorKind {
        ErrorKind::Deviation { number: deviation.number(), standard: deviation.standard() }
    }
}

/// Hands each deviation within a record to `note`, with the bytes it is about.
pub fn of_record<'a>(raw: &RawRecord<'a>, note: &mut dyn FnMut(Deviation, &'a [u8])) {
    of_value(raw.dn, note);
    match &raw.body {
        RawBody::Content(attributes) => {
            if attributes.is_empty() {
                note(Deviation::NoAttributes, raw.dn.text());
            }
            of_attributes(attributes, note);
        }
        RawBody::Change(controls, change) => {
            controls.iter().filter_map(|c| c.value).for_each(|value| of_value(value, note));
            of_change(change, note);
        }
    }
}

fn of_change<'a>(change: &RawChange<'a>, note: &mut dyn FnMut(Deviation, &'a [u8])) {
    match change {
        RawChange::Add(attributes, dash) => {
            of_attributes(attributes, note);
            if let Some(at) = dash {
                note(Deviation::NeedlessDash, at);
            }
        }
        RawChange::Delete => {}
        RawChange::Modify(mods) => mods.iter().for_each(|one| of_mod(one, note)),
        RawChange::ModifyDn { newrdn, deleteoldrdn, newsuperior } => {
            of_value(*newrdn, note);
            if !matches!(*deleteoldrdn, b"0" | b"1") {
                note(Deviation::DeleteOldRdnWord, deleteoldrdn);
            }
            newsuperior.iter().for_each(|value| of_value(*value, note));
        }
    }
}

fn of_mod<'a>(one: &RawMod<'a>, note: &mut dyn FnMut(Deviation, &'a [u8])) {
    if one.op.is_none() {
        note(Deviation::NeedlessDash, &one.description[..1]);
        return;
    }
    of_description(one.description, note);
    of_attributes(&one.values, note);
    if one.end.is_none() {
        note(Deviation::MissingDash, one.description);
    }
}

/// Hands each word of a change record with blanks after it (D-19) to `note`, with the blanks.
/// `text` is the logical text the record was read from.
pub fn of_words<'a>(
    text: &'a [u8],
    raw: &RawRecord<'a>,
    note: &mut dyn FnMut(Deviation, &'a [u8]),
) {
    let RawBody::Change(controls, change) = &raw.body else { return };
    let mut alone = |word: &[u8]| {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        let line = text[at..].split(|&b| b == b'\n').next().unwrap_or_default();
        if line.last().is_some_and(|&b| is_blank(b)) {
            note(Deviation::BlanksAfterKeyword, &line[without_blanks(line).len()..]);
        }
    };
    controls.iter().filter(|one| one.value.is_none()).for_each(|one| alone(one.oid));
    let is_type =
        |line: &&[u8]| line.get(..11).is_some_and(|w| w.eq_ignore_ascii_case(b"changetype:"));
    text.split(|&b| b == b'\n').find(is_type).iter().for_each(|line| alone(line));
    match change {
        RawChange::Add(_, dash) => dash.iter().for_each(|dash| alone(dash)),
        RawChange::Delete => {}
        RawChange::Modify(mods) => {
            for one in mods {
                alone(one.description);
                one.end.iter().for_each(|dash| alone(dash));
            }
        }
        RawChange::ModifyDn { deleteoldrdn, .. } => alone(deleteoldrdn),
    }
}

fn of_attributes<'a>(attributes: &[RawAttrVal<'a>], note: &mut dyn FnMut(Deviation, &'a [u8])) {
    for attribute in attributes {
        match attribute.is_entry_control() {
            true => note(Deviation::EntryControl, attribute.description),
            false => of_description(attribute.description, note),
        }
        of_value(attribute.value, note);
    }
}

fn of_description<'a>(description: &'a [u8], note: &mut dyn FnMut(Deviation, &'a [u8])) {
    if memchr::memchr(b'_', description).is_some() {
        note(Deviation::Underscore, description);
    }
    if is_range(description) {
        note(Deviation::RangedAttribute, description);
    }
}

/// The first description in a record that is of a range of an attribute's values (D-22).
pub fn range_in<'a>(raw: &RawRecord<'a>) -> Option<&'a [u8]> {
    let in_lines = |lines: &[RawAttrVal<'a>]| {
        lines.iter().map(|one| one.description).find(|name| is_range(name))
    };
    match &raw.body {
        RawBody::Content(lines) | RawBody::Change(_, RawChange::Add(lines, _)) => in_lines(lines),
        RawBody::Change(_, RawChange::Modify(mods)) => {
            let named = mods.iter().filter(|one| one.op.is_some()).map(|one| one.description);
            named.into_iter().find(|name| is_range(name))
        }
        RawBody::Change(..) => None,
    }
}

fn of_value<'a>(value: RawValue<'a>, note: &mut dyn FnMut(Deviation, &'a [u8])) {
    match value {
        RawValue::Plain(text) => {
            if matches!(text.first(), Some(b':' | b'<')) {
                note(Deviation::UnsafeFirstByte, text);
            }
            if memchr::memchr(0, text).is_some() || simdutf8::basic::from_utf8(text).is_err() {
                note(Deviation::RawBytes, text);
            } else if !text.is_ascii() {
                note(Deviation::RawUtf8, text);
            }
        }
        RawValue::Base64(text) => {
            let trimmed = without_blanks(text);
            if trimmed.len() < text.len() {
                note(Deviation::BlanksAfterBase64, text);
            }
            if !trimmed.len().is_multiple_of(4) {
                note(Deviation::UnpaddedBase64, text);
            }
        }
        RawValue::Url(_) => {}
    }
}
