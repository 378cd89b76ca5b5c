//! Some attributes of a record, for a look that needs no more.
//!
//! A fault in what is left out is not found: the record was vouched for by the scan, or was read in
//! full before. Knows nothing of what is looked for.

use std::borrow::Cow;

use crate::attribute::{is_description_byte, type_of};
use crate::dn::Dn;
use crate::entry::Entry;
use crate::error::{Error, Result};
use crate::ldif::decode::Decoder;
use crate::ldif::lines::LineEnds;
use crate::ldif::parse::{RawBody, RawChange, parse};
use crate::ldif::types::Types;
use crate::ldif::unfold::{is_fold, joined, lines, logical_end};
use crate::schema::{Schema, hash_caseless, is_caseless};
use crate::source::{Cut, Cutter, Extent, Layout, Source};

/// Room that allocators keep at hand, and that is mostly enough for a part of a record.
const AT_HAND: usize = 512;

impl<'i> Source<'i> {
    /// The logical text of a record with its name and the lines of `wanted` attribute types alone, to be
    /// handed to [`Source::entry_of_lines`]; `None` where the record must be read as a whole. `met` knows
    /// which types that were met are wanted.
    pub fn partly(
        &self,
        cut: &Cut<'_>,
        wanted: &dyn Fn(&[u8]) -> bool,
        met: &mut Types<bool>,
    ) -> Option<Vec<u8>> {
        if !self.vouches_for(cut) {
            return None;
        }
        let record = self.bytes(cut.extent);
        let mut ends = LineEnds::default();
        let mut at = ends.after(record, 0);
        let mut text = Vec::with_capacity(AT_HAND.min(record.len()));
        text.extend_from_slice(&joined(&record[..at]));
        while at < record.len() {
            let start = at;
            at = ends.after(record, start);
            if record[start] == b' ' {
                continue;
            }
            if let Some((_, true)) = met.at(&record[start..], wanted) {
                at = start + logical_end(&record[start..]);
                text.push(b'\n');
                text.extend_from_slice(&joined(&record[start..at]));
            }
        }
        Some(text)
    }

    /// Whether a record was seen to be an entry without faults, but perhaps for its name.
    fn vouches_for(&self, cut: &Cut<'_>) -> bool {
        self.layout == Layout::Content && cut.plain_dn.is_some_and(|dn| self.takes_plain(dn))
    }

    /// What is wrong with a record when it is read in full; `cutter` is one of this source.
    pub fn fault_in(&self, extent: Extent, cutter: &mut Cutter<'_, '_>) -> Option<Error> {
        cutter.scanner.go_to(extent.range());
        let cut = cutter.next_record(None).and_then(Result::ok);
        let is_name = |cut: &Cut<'_>| cut.plain_dn.is_some_and(|name| Dn::parse(name).is_ok());
        match cut.filter(|cut| cut.extent == extent && self.vouches_for(cut) && is_name(cut)) {
            Some(_) => None,
            None => self.entry_in(extent, &self.logical(extent)).err(),
        }
    }

    /// Reads an entry with its `wanted` attributes, and perhaps others.
    ///
    /// # Errors
    ///
    /// The record cannot be read; what `then` has to say.
    pub fn part_of_entry<T>(
        &self,
        extent: Extent,
        wanted: &TypeSet<'_>,
        then: impl FnOnce(Entry<'_>) -> Result<T>,
    ) -> Result<T> {
        then(self.entry_of_lines(extent, &self.lines_of(extent, wanted))?)
    }

    /// Whether a record that can be read has a name and nothing else.
    pub fn is_bare(&self, extent: Extent) -> bool {
        let mut is_bare = !self.continuations.contains_key(&extent.start);
        self.descriptions(extent, &mut |_| is_bare = false);
        is_bare
    }

    /// Hands on the description of each value of an entry that can be read.
    pub fn descriptions(&self, extent: Extent, each: &mut dyn FnMut(&[u8])) {
        let logical = self.logical(extent);
        if self.layout == Layout::Content {
            return lines(&logical).skip(1).for_each(|line| each(description_of(line)));
        }
        let Ok(raw) = parse(&logical) else { return };
        if let RawBody::Change(_, RawChange::Add(all, _)) = &raw.body {
            all.iter().for_each(|one| each(one.description));
        }
    }

    /// Whether any attribute but those of a set stands, under whatever names, on several lines of an entry
    /// that can be read; also where that is not easily told.
    pub fn repeats_others(&self, extent: Extent, all_but: &TypeSet<'_>) -> bool {
        if self.continuations.contains_key(&extent.start) {
            return true;
        }
        let mut met = Vec::with_capacity(AT_HAND / size_of::<u64>());
        self.descriptions(extent, &mut |description| {
            if !all_but.hold_described(description) {
                let known = self.schema.attribute(type_of(description));
                // Those that nobody knows are told apart by a hash.
                let hash = || hash_caseless(type_of(description)) | 1 << 63;
                met.push(known.map_or_else(hash, |known| u64::from(known.id)));
            }
        });
        met.sort_unstable();
        met.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// Hands on the values of some attributes of an entry.
    ///
    /// # Errors
    ///
    /// One of them cannot be read.
    pub fn values(
        &self,
        extent: Extent,
        wanted: &TypeSet<'_>,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        let logical = self.lines_of(extent, wanted);
        let raw = self.parsed_lines(extent, &logical)?;
        let (RawBody::Content(all) | RawBody::Change(_, RawChange::Add(all, _))) = &raw.body else {
            return Ok(());
        };
        let decoder = Decoder::new(&logical, &self.options.file_urls);
        for one in all.iter().filter(|one| wanted.hold_described(one.description)) {
            let value = decoder.value(one.value).map_err(|fault| self.in_record(extent, fault))?;
            each(&value);
        }
        Ok(())
    }

    /// The logical text of a record with the lines of the wanted attributes alone, if it is an entry
    /// by itself.
    fn lines_of(&self, extent: Extent, wanted: &TypeSet<'_>) -> Cow<'i, [u8]> {
        let record = self.bytes(extent);
        match memchr::memchr(b'\r', record) {
            _ if self.layout != Layout::Content => self.logical(extent),
            None => Cow::Owned(lines_of(record, wanted)),
            Some(_) => Cow::Owned(lines_of(&self.logical(extent), wanted)),
        }
    }
}

/// A set of attribute types, under whatever names they stand.
#[derive(Clone, Debug)]
pub struct TypeSet<'t> {
    schema: &'t Schema,
    /// All their names. Places are counted from one; none is 0.
    names: Vec<Name<'t>>,
    /// The place of the last name with each first letter, in any case.
    lasts: [usize; 32],
    /// Which two letters lines of them begin with, in any case: bits of the second for each first.
    starts: [u32; 32],
}

/// A name of a type in a set.
#[derive(Clone, Copy, Debug)]
struct Name<'t> {
    name: &'t [u8],
    hash: u64,
    /// The place of the one before that begins with its letter.
    before: usize,
}

impl<'t> TypeSet<'t> {
    /// Of the types of these descriptions.
    pub fn of(schema: &'t Schema, descriptions: impl IntoIterator<Item = &'t [u8]>) -> TypeSet<'t> {
        let names = Vec::with_capacity(16);
        let mut all = TypeSet { schema, names, lasts: [0; 32], starts: [0; 32] };
        descriptions.into_iter().for_each(|description| all.insert(description));
        all
    }

    /// Adds the type of a description, unless that is empty.
    pub(super) fn insert(&mut self, description: &'t [u8]) {
        let name = type_of(description);
        if self.names_like(name).any(|one| one.name == name) {
            return;
        }
        self.enter(name);
        if let Some(attribute) = self.schema.attribute(name) {
            attribute.names.iter().for_each(|name| self.enter(name.as_bytes()));
            self.enter(attribute.oid.as_bytes());
        }
    }

    fn enter(&mut self, name: &'t [u8]) {
        let Some(&first) = name.first() else { return };
        let last = &mut self.lasts[letter(first)];
        self.names.push(Name { name, hash: hash_caseless(name), before: *last });
        *last = self.names.len();
        // A description may be folded behind its first letter.
        let seconds = name.get(1).map_or([b':', b';', b'\n'], |&second| [second, second, b'\n']);
        let starts = &mut self.starts[letter(first)];
        seconds.into_iter().for_each(|second| *starts |= 1 << letter(second));
    }

    /// Whether a line is a value of one of them.
    #[inline]
    pub(super) fn hold(&self, line: &[u8]) -> bool {
        self.may_begin(line) && self.hold_type_of(line)
    }

    /// Whether a line begins with two letters that one of them begins with.
    #[inline]
    pub(super) fn may_begin(&self, line: &[u8]) -> bool {
        match line {
            [first, second, ..] => self.starts[letter(*first)] & 1 << letter(*second) != 0,
            _ => true,
        }
    }

    /// The same of a line that begins like one; apart, so that most lines are told without a call.
    #[inline(never)]
    fn hold_type_of(&self, line: &[u8]) -> bool {
        let description = description_of(line);
        if is_broken(line, description) {
            return self.hold(&joined(line));
        }
        self.hold_described(description)
    }

    /// Whether a description is that of one of them.
    fn hold_described(&self, description: &[u8]) -> bool {
        let name = type_of(description);
        let hash = hash_caseless(name);
        self.names_like(name).any(|one| one.hash == hash && is_caseless(one.name, name))
    }

    /// The names that begin with the first letter of a text, in any case.
    fn names_like(&self, text: &[u8]) -> impl Iterator<Item = Name<'t>> {
        let mut at = text.first().map_or(0, |&first| self.lasts[letter(first)]);
        std::iter::from_fn(move || {
            let name = *self.names.get(at.checked_sub(1)?)?;
            at = name.before;
            Some(name)
        })
    }
}

/// Whether a description is folded before its end.
pub(super) fn is_broken(line: &[u8], description: &[u8]) -> bool {
    line.get(description.len()) == Some(&b'\n')
}

/// A letter without its case, below 32; few other bytes have the same.
fn letter(byte: u8) -> usize {
    usize::from(byte & 31)
}

/// The logical text of a record without CR, with its name and the lines of some attributes.
pub(super) fn lines_of(record: &[u8], wanted: &TypeSet<'_>) -> Vec<u8> {
    let mut text = Vec::with_capacity(AT_HAND.min(record.len()));
    logical_lines(record, |line, is_folded| {
        if text.is_empty() || wanted.hold(line) {
            match is_folded {
                true => text.extend_from_slice(&joined(line)),
                false => text.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line)),
            }
            text.push(b'\n');
        }
    });
    text.pop();
    text
}

/// Hands on the logical lines of a record as they stand, and whether they are folded.
pub(super) fn logical_lines<'r>(record: &'r [u8], mut each: impl FnMut(&'r [u8], bool)) {
    let mut ends = LineEnds::default();
    let mut start = 0;
    while start < record.len() {
        let first = ends.after(record, start);
        let mut end = first;
        while record.get(end).is_some_and(|&b| is_fold(b)) {
            end = ends.after(record, end);
        }
        each(&record[start..end], end > first);
        start = end;
    }
}

/// What a line says it is a value of.
pub(super) fn description_of(line: &[u8]) -> &[u8] {
    &line[..line.iter().take_while(|b| is_description_byte(**b)).count()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::CLASSES;
    use crate::source::ReadOptions;

    #[test]
    fn an_attribute_stands_on_several_lines_under_any_of_its_names() {
        for (lines, repeats) in [
            ("objectClass: top\nobjectClass: person\ncn: a\nsn: b\n", false),
            ("cn: a\nsn: b\ncn: c\n", true),
            ("cn: a\ncommonName: b\n", true),
            ("cn: a\n2.5.4.3;lang-de: b\n", true),
            ("x-mine: a\nX-MINE: b\n", true),
            ("x-mine: a\nx-other: b\n", false),
            ("c\n n: a\ncn: b\n", true),
            ("# cn: a\ncn: b\n", false),
        ] {
            let text = format!("dn: cn=a\n{lines}");
            let schema = Schema::builtin();
            let source = Source::of_text("x", text.as_bytes(), schema, ReadOptions::default());
            let extent = Extent { start: 0, len: text.len() as u32 };
            let classes = TypeSet::of(schema, [CLASSES]);
            assert_eq!(source.repeats_others(extent, &classes), repeats, "{lines}");
        }
    }
}
