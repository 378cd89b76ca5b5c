//! Looks at one record after the other: all that is wrong in it, not the first thing alone.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::hash::RandomState;
use std::ops::Range;

use super::values::{Values, is_name};
use super::{Found, Gathered, Severity};
use crate::change::ModOp;
use crate::dn::Dn;
use crate::error::{EntryFault, ErrorKind, Expected, Fault};
use crate::join::{Slot, hash_name};
use crate::ldif::decode::Decoder;
use crate::ldif::deviation::{Deviation, of_record};
use crate::ldif::parse::{RawAttrVal, RawBody, RawChange, RawRecord, RawValue, parse};
use crate::ldif::unfold::Offsets;
use crate::source::{Cut, Extent, Form, Notes, Source, tab_fold};

/// Records of one form that follow each other.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) form: Form,
    pub(super) first: Extent,
    pub(super) records: u64,
}

/// What a record does to the names of a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named {
    /// An entry, or an add.
    Entry(Slot),
    /// A delete or a rename: a name may be given again.
    Freed,
    /// Another change: what it is about is elsewhere, and so may parents be.
    Edited,
}

/// What was found in a part of a file.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) found: Gathered,
    pub(super) runs: Vec<Run>,
    pub(super) named: Vec<Named>,
    pub(super) notes: Notes,
}

/// Looks at records.
pub(super) struct Examiner<'c> {
    pub(super) source: &'c Source<'c>,
    pub(super) state: &'c RandomState,
    /// Whether entries are held against the schema.
    pub(super) by_schema: bool,
    pub(super) strict: bool,
    /// Whether each warning is told, or the first of each kind alone.
    pub(super) every_warning: bool,
}

impl Examiner<'_> {
    /// Looks at all records of a part.
    pub(super) fn part(&self, range: Range<usize>) -> Part {
        let mut part = Part {
            found: Gathered::new(self.every_warning),
            runs: Vec::new(),
            named: Vec::new(),
            notes: Notes::default(),
        };
        let mut cutter = self.source.cut(range);
        while let Some(cut) = cutter.next_cut(None) {
            match cut {
                Ok(cut) => self.record(cut, &mut part),
                Err(Fault { kind, at, len }) => {
                    part.found.push(Found { len, ..Found::fault(kind, at as u64) });
                }
            }
        }
        part.notes = cutter.notes;
        part
    }

    fn decoder<'t>(&self, text: &'t [u8]) -> Decoder<'t, '_> {
        Decoder::new(text, &self.source.options.file_urls)
    }

    fn record(&self, cut: Cut<'_>, part: &mut Part) {
        let extent = cut.extent;
        let logical = self.source.logical(extent);
        let offsets = OnceCell::new();
        let decoder = self.decoder(&logical);
        let look = Look { examiner: self, extent, logical: &logical, decoder, offsets };
        let before = part.found.all.len();
        let form = match parse(&logical) {
            Ok(raw) => {
                let form = look.tree(&raw, part);
                self.deviations(extent, &logical, &raw, before, part);
                form
            }
            Err(fault) => look.broken(fault, part),
        };
        match part.runs.last_mut() {
            Some(run) if run.form == form => run.records += 1,
            _ => part.runs.push(Run { form, first: extent, records: 1 }),
        }
    }

    /// The deviations in a record, but for those of lines with a fault, of which there are some
    /// from number `first` on.
    fn deviations(
        &self,
        extent: Extent,
        logical: &[u8],
        raw: &RawRecord<'_>,
        first: usize,
        part: &mut Part,
    ) {
        let start = |at: u64| {
            let before = &self.source.text[..usize::try_from(at).unwrap_or(usize::MAX)];
            memchr::memrchr(b'\n', before)
        };
        let is_syntax = |one: &&Found| matches!(one.kind, ErrorKind::Syntax { .. });
        let faulty: HashSet<Option<usize>> =
            part.found.all[first..].iter().filter(is_syntax).map(|one| start(one.at)).collect();
        for (deviation, at) in self.source.deviations(extent, logical, raw) {
            if faulty.is_empty() || !faulty.contains(&start(at)) {
                let found = Found::deviation(self.strict, deviation, at).in_record(extent);
                part.found.push(Found { len: 1, ..found });
            }
        }
    }
}

/// A look at one record.
pub(super) struct Look<'c, 'l> {
    pub(super) examiner: &'c Examiner<'c>,
    pub(super) extent: Extent,
    pub(super) logical: &'l [u8],
    decoder: Decoder<'l, 'c>,
    /// Where its bytes stand, counted when the first fault is found.
    offsets: OnceCell<Offsets>,
}

impl<'l> Look<'_, 'l> {
    /// Where a byte of the logical text stands in the file.
    pub(super) fn offset_of(&self, at: usize) -> u64 {
        let record = || Offsets::of(self.examiner.source.bytes(self.extent));
        self.extent.start + self.offsets.get_or_init(record).physical(at) as u64
    }

    /// A fault in the logical text.
    fn fault(&self, fault: Fault) -> Found {
        let at = self.offset_of(fault.at);
        Found { len: fault.len, ..Found::fault(fault.kind, at) }.in_record(self.extent)
    }

    /// A record that follows the grammar.
    fn tree(&self, raw: &RawRecord<'l>, part: &mut Part) -> Form {
        let name = self.decoder.dn(raw.dn);
        let named = name.is_ok();
        let is_root = name.as_ref().is_ok_and(|dn| dn.rdns.is_empty());
        match name {
            Err(fault) => part.found.push(self.bad_name(raw, fault)),
            Ok(dn) => part.found.extend(self.of_name(b"dn", raw.dn, &dn)),
        }
        match &raw.body {
            RawBody::Content(attributes) => {
                self.entry(attributes, is_root, part);
                self.name(raw, named, part);
                Form::Content
            }
            RawBody::Change(_, change) => {
                self.change(raw, change, named, part);
                Form::Change
            }
        }
    }

    /// An attribute in a name that the schema does not know.
    pub(super) fn unknown_in<'d>(&self, dn: impl Iterator<Item = &'d Dn>) -> Option<Vec<u8>> {
        let Examiner { source, by_schema, .. } = self.examiner;
        let mut avas = dn.flat_map(|dn| &dn.rdns).flat_map(|rdn| rdn.avas.iter());
        let unknown = avas.find(|ava| source.schema.attribute(&ava.attribute).is_none());
        unknown.filter(|_| *by_schema).map(|ava| ava.attribute.clone())
    }

    /// What the schema says against a name that stands behind a keyword.
    fn of_name(&self, keyword: &[u8], raw: RawValue<'l>, dn: &Dn) -> Option<Found> {
        let Examiner { source, by_schema, .. } = self.examiner;
        let fault = match self.unknown_in(std::iter::once(dn)) {
            Some(attribute) => EntryFault::UnknownAttribute { attribute },
            None if *by_schema && !is_name(source.schema, dn) => {
                let syntax = "a DN whose values have the syntax of their attributes";
                EntryFault::Syntax { attribute: keyword.to_vec(), syntax }
            }
            None => return None,
        };
        let at = raw.text().as_ptr() as usize - self.logical.as_ptr() as usize;
        Some(self.fault(Fault::new(ErrorKind::Entry(fault), at, raw.text().len())))
    }

    /// A fault in a name. One without any `=` is a label rather than a DN that went wrong (S-4), unless
    /// a TAB has put together what may not belong together (D-6).
    fn bad_name(&self, raw: &RawRecord<'l>, fault: Fault) -> Found {
        let text = self.decoder.dn_text(raw.dn);
        let joined =
            memchr::memmem::find(self.examiner.source.bytes(self.extent), b"\n\t").is_some();
        if !joined && text.is_ok_and(|text| memchr::memchr(b'=', &text).is_none()) {
            let strict = self.examiner.strict;
            let severity = if strict { Severity::Fault } else { Severity::Warning };
            let found = self.fault(Fault { kind: ErrorKind::Entry(EntryFault::NotADn), ..fault });
            return Found { severity, ..found };
        }
        self.fault(fault)
    }

    fn change(&self, raw: &RawRecord<'l>, change: &RawChange<'l>, named: bool, part: &mut Part) {
        let whole = if named { self.decoder.record(raw).err() } else { None };
        match change {
            RawChange::Add(attributes, _) => {
                self.entry(attributes, false, part);
                self.name(raw, named, part);
            }
            RawChange::Modify(mods) => {
                let values: Vec<RawAttrVal<'l>> =
                    mods.iter().flat_map(|one| one.values.iter().copied()).collect();
                if mods.iter().any(|one| one.op != Some(ModOp::Add)) {
                    part.named.push(Named::Edited);
                }
                let (_, faults) = self.values(&values);
                let others = whole.filter(|_| faults.is_empty()).map(|fault| self.fault(fault));
                part.found.extend(faults.into_iter().chain(others));
            }
            RawChange::Delete => {
                part.found.extend(whole.map(|fault| self.fault(fault)));
                part.named.push(Named::Freed);
            }
            RawChange::ModifyDn { newrdn, newsuperior, .. } => {
                part.found.extend(whole.map(|fault| self.fault(fault)));
                let superior = newsuperior.map(|raw| (&b"newsuperior"[..], raw));
                for (keyword, raw) in std::iter::once((&b"newrdn"[..], *newrdn)).chain(superior) {
                    if let Ok(dn) = self.decoder.dn(raw) {
                        part.found.extend(self.of_name(keyword, raw, &dn));
                    }
                }
                part.named.push(Named::Freed);
            }
        }
    }

    /// The attributes of an entry.
    fn entry(&self, attributes: &[RawAttrVal<'l>], is_root: bool, part: &mut Part) {
        let (values, faults) = self.values(attributes);
        part.found.extend(faults);
        part.found.extend(values.of_entry(is_root));
    }

    /// The values, and what is wrong with each of them alone.
    fn values(&self, attributes: &[RawAttrVal<'l>]) -> (Values<'_, 'l>, Vec<Found>) {
        let mut values = Values::new(self);
        let mut faults = Vec::new();
        for one in attributes {
            match self.decoder.value(one.value) {
                Err(fault) => faults.push(self.fault(fault)),
                Ok(value) => faults.extend(values.push(*one, value)),
            }
        }
        (values, faults)
    }

    /// Notes the name of an entry.
    fn name(&self, raw: &RawRecord<'l>, named: bool, part: &mut Part) {
        let Examiner { source, state, .. } = self.examiner;
        let Some(text) = self.decoder.dn_text(raw.dn).ok().filter(|_| named) else { return };
        if let Ok(hash) = hash_name(*state, source.schema, &text) {
            part.named.push(Named::Entry(Slot { extent: self.extent, hash }));
        }
    }

    /// A record that does not follow the grammar: the fault that ended the parse, and where lines
    /// stand for themselves, those of the lines after it. Its name is noted where it has one.
    fn broken(&self, fault: Fault, part: &mut Part) -> Form {
        let Examiner { source, state, .. } = self.examiner;
        if let Ok(dn) = source.dn(self.extent)
            && let Ok(hash) = hash_name(*state, source.schema, dn.to_string().as_bytes())
        {
            part.named.push(Named::Entry(Slot { extent: self.extent, hash }));
        }
        let is_change = self.logical.split(|&b| b == b'\n').nth(1).is_some_and(|line| {
            let begins = |word: &[u8]| {
                line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            };
            begins(b"changetype:") || begins(b"control:")
        });
        let at = fault.at;
        let swallowed = matches!(
            fault.kind,
            ErrorKind::Syntax { expected: Expected::EmptyLine | Expected::DnLine, .. }
        );
        part.found.push(self.fault(fault));
        if is_change {
            return Form::Change;
        }
        self.name_alone(at, part);
        self.lines_beside(at, swallowed, part);
        if let Some(at) = tab_fold(source.bytes(self.extent)) {
            let at = self.extent.start + at as u64;
            let found = Found::deviation(self.examiner.strict, Deviation::TabFold, at);
            part.found.push(Found { len: 1, ..found.in_record(self.extent) });
        }
        Form::Content
    }

    /// What is wrong with the name, unless its line is the one that holds byte `at`.
    fn name_alone(&self, at: usize, part: &mut Part) {
        let end = memchr::memchr(b'\n', self.logical).unwrap_or(self.logical.len());
        let Some(line) = self.logical.get(..end).filter(|_| at > end) else { return };
        if let Ok(raw) = parse(line) {
            let fault = self.decoder.dn(raw.dn).err();
            part.found.extend(fault.map(|fault| self.bad_name(&raw, fault)));
        }
    }

    /// The faults of the lines beside the one that holds byte `at`, each read by itself; those before
    /// it alone where the others may be of another record.
    fn lines_beside(&self, at: usize, before: bool, part: &mut Part) {
        let mut start = 0;
        for line in self.logical.split_inclusive(|&b| b == b'\n') {
            let end = start + line.strip_suffix(b"\n").unwrap_or(line).len();
            let is_other = !(start..=end).contains(&at) && start > 0;
            if is_other && (start < at || !before) {
                self.line_alone(start, line, part);
            }
            start += line.len();
        }
    }

    /// What is wrong with the line at byte `start`, and how it deviates.
    fn line_alone(&self, start: usize, line: &[u8], part: &mut Part) {
        const DN: &[u8] = b"dn:\n";
        let alone = [DN, line].concat();
        let decoder = self.examiner.decoder(&alone);
        let place = |at: usize| start + at.saturating_sub(DN.len());
        let read = parse(&alone).and_then(|raw| decoder.record(&raw).map(|_| raw));
        match read {
            Err(fault) => {
                let at = place(fault.at);
                part.found.push(self.fault(Fault { at, ..fault }));
            }
            Ok(raw) => of_record(&raw, &mut |deviation, at: &[u8]| {
                let at = place(at.as_ptr() as usize - alone.as_ptr() as usize);
                let found = Found::deviation(self.examiner.strict, deviation, self.offset_of(at));
                part.found.push(Found { len: 1, ..found.in_record(self.extent) });
            }),
        }
    }
}
