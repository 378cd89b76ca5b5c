//! Looks at one record after the other: all that is wrong in it, not the first thing alone.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;

use crate::join::RandomState;

use super::alone::{self, Changes, Readable};
use super::sound::Sound;
use super::values::Values;
use super::{Found, Gathered, Severity};
use crate::attribute::type_of;
use crate::change::ModOp;
use crate::dn::Dn;
use crate::error::{EntryFault, ErrorKind, Expected, Fault, Refusal};
use crate::join::{Slot, hash_name};
use crate::ldif::decode::Decoder;
use crate::ldif::deviation::Deviation;
use crate::ldif::parse::{RawAttrVal, RawBody, RawChange, RawMod, RawRecord, RawValue, parse};
use crate::ldif::unfold::{Offsets, logical_end};
use crate::matching::is_name;
use crate::schema::Standing;
use crate::server::Server;
use crate::source::{Extent, Form, Notes, Source, tab_fold};

/// Records of one form that follow each other.
#[derive(Debug)]
pub(super) struct Run {
    /// None where nobody can tell.
    pub(super) form: Option<Form>,
    pub(super) first: Extent,
    pub(super) records: u64,
}

/// What a record does to the names of a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named {
    /// An entry, or an add.
    Entry(Slot),
    /// A delete.
    Deleted(Slot),
    /// A rename.
    Renamed(Slot),
    /// A change that cannot be read, or not its name: any name may be free now.
    Unknown(Extent),
    /// Another change: what it is about is elsewhere, and so may parents be.
    Edited,
}

/// What was found in a part of a file.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) found: Gathered,
    pub(super) runs: Vec<Run>,
    /// What the first record is of which one can be sure, at the beginning of the file.
    pub(super) told: Option<Form>,
    pub(super) named: Vec<Named>,
    pub(super) notes: Notes,
}

impl Part {
    /// Of no records yet.
    pub(super) fn new(every_warning: bool) -> Part {
        Part {
            found: Gathered::new(every_warning),
            runs: Vec::new(),
            told: None,
            named: Vec::new(),
            notes: Notes::default(),
        }
    }

    /// Counts the next record.
    fn count(&mut self, form: Option<Form>, extent: Extent) {
        match self.runs.last_mut() {
            Some(run) if run.form == form => run.records += 1,
            _ => self.runs.push(Run { form, first: extent, records: 1 }),
        }
    }

    /// Takes in an entry of which nothing is to be said.
    fn sound(&mut self, entry: Slot) {
        self.named.push(Named::Entry(entry));
        self.count(Some(Form::Content), entry.extent());
    }
}

/// Looks at records.
pub(super) struct Examiner<'c> {
    pub(super) source: &'c Source<'c>,
    pub(super) state: &'c RandomState,
    /// Whether entries are held against the schema.
    pub(super) by_schema: bool,
    /// The server they are from, as far as it has a mind of its own.
    pub(super) server: Server,
    pub(super) strict: bool,
    /// Whether each warning is told, or the first of each kind alone.
    pub(super) every_warning: bool,
}

impl Examiner<'_> {
    /// Looks at all records of a part.
    pub(super) fn part(&self, range: Range<usize>) -> Part {
        let mut part = Part::new(self.every_warning);
        let mut sound = Sound::new(self);
        let is_first = range.start == 0;
        let mut cutter = self.source.cut(range);
        while let Some(cut) = cutter.next_cut(None) {
            match cut {
                Ok(cut) => {
                    let before = part.found.all.len();
                    match sound.entry(&cut) {
                        Some(slot) => part.sound(slot),
                        None => self.record(cut.extent, &mut part),
                    }
                    if is_first && part.told.is_none() && !part.found.has_fault_from(before) {
                        part.told = self.told_by(cut.extent);
                    }
                }
                Err(Fault { kind, at, len }) => {
                    part.found.push(Found { len, ..Found::fault(kind, at as u64) });
                }
            }
        }
        part.notes = cutter.notes;
        part
    }

    /// What a record is that can be read. An entry that begins with an attribute which nobody knows may be a change
    /// whose `changetype` is misspelled.
    fn told_by(&self, extent: Extent) -> Option<Form> {
        match parse(&self.source.logical(extent)).ok()?.body {
            RawBody::Change(..) => Some(Form::Change),
            RawBody::Content(attributes) => {
                let first = type_of(attributes.first()?.description);
                self.source.schema.attribute(first).map(|_| Form::Content)
            }
        }
    }

    pub(super) fn decoder<'t>(&self, text: &'t [u8]) -> Decoder<'t, '_> {
        Decoder::new(text, &self.source.options.file_urls)
    }

    /// Looks at all of a record.
    pub(super) fn record(&self, extent: Extent, part: &mut Part) {
        let logical = self.source.logical(extent);
        let offsets = OnceCell::new();
        let decoder = self.decoder(&logical);
        let look = Look { examiner: self, extent, logical: &logical, decoder, offsets };
        let before = part.found.all.len();
        let form = match parse(&logical) {
            Ok(raw) => {
                let form = look.tree(&raw, part);
                self.deviations(extent, &logical, &raw, before, part);
                Some(form)
            }
            Err(fault) => look.broken(fault, part),
        };
        part.count(form, extent);
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
        // What a schema says of a value does not touch how it is written.
        let is_refused = |one: &&Found| {
            one.severity == Severity::Fault && !matches!(one.kind, ErrorKind::Entry(_))
        };
        let faulty: HashSet<Option<usize>> =
            part.found.all[first..].iter().filter(is_refused).map(|one| start(one.at)).collect();
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
    pub(super) decoder: Decoder<'l, 'c>,
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
    pub(super) fn fault(&self, fault: Fault) -> Found {
        let at = self.offset_of(fault.at);
        Found { len: fault.len, ..Found::fault(fault.kind, at) }.in_record(self.extent)
    }

    /// A record that follows the grammar.
    fn tree(&self, raw: &RawRecord<'l>, part: &mut Part) -> Form {
        let name = self.decoder.dn(raw.dn);
        let name = match name {
            Err(fault) => {
                part.found.push(self.bad_name(raw, fault));
                None
            }
            Ok(dn) => {
                part.found.extend(self.of_name(b"dn", raw.dn, &dn));
                Some(dn)
            }
        };
        let is_root = name.as_ref().is_some_and(|dn| dn.rdns.is_empty());
        match &raw.body {
            RawBody::Content(attributes) => {
                self.entry(attributes, &[], name.as_ref(), is_root, part);
                part.found.extend(attributes.last().and_then(|last| self.version_at_end(last)));
                self.name(raw, name.is_some(), part);
                Form::Content
            }
            RawBody::Change(controls, change) => {
                let faults = controls.iter().filter_map(|one| self.decoder.control(one).err());
                part.found.extend(faults.map(|fault| self.fault(fault)));
                self.change(raw, change, name.as_ref(), part);
                Form::Change
            }
        }
    }

    /// An attribute in a name that the schema does not know.
    pub(super) fn unknown_in<'d>(&self, dn: impl Iterator<Item = &'d Dn>) -> Option<Vec<u8>> {
        let Examiner { source, by_schema, .. } = self.examiner;
        let mut avas = dn.flat_map(|dn| &dn.rdns).flat_map(|rdn| rdn.avas.iter());
        let unknown = avas.find(|ava| source.schema.served_attribute(&ava.attribute).is_none());
        unknown.filter(|_| *by_schema).map(|ava| ava.attribute.clone())
    }

    /// What the schema says against a name that stands behind a keyword.
    pub(super) fn of_name(&self, keyword: &[u8], raw: RawValue<'l>, dn: &Dn) -> Option<Found> {
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

    /// A fault in a name. That of an entry without any `=` is a label rather than a DN that went wrong (S-4),
    /// unless a TAB has put together what may not belong together (D-6).
    pub(super) fn bad_name(&self, raw: &RawRecord<'l>, fault: Fault) -> Found {
        let text = self.decoder.dn_text(raw.dn);
        let record = self.examiner.source.bytes(self.extent);
        // A line that a tab continues is two faults in one name, and more likely none of it.
        let is_joined = memchr::memmem::find(&record[..logical_end(record)], b"\n\t").is_some();
        let is_entry = matches!(raw.body, RawBody::Content(_));
        if is_entry && !is_joined && text.is_ok_and(|text| memchr::memchr(b'=', &text).is_none()) {
            let strict = self.examiner.strict;
            let severity = if strict { Severity::Fault } else { Severity::Warning };
            let found = self.fault(Fault { kind: ErrorKind::Entry(EntryFault::NotADn), ..fault });
            return Found { severity, ..found };
        }
        self.fault(fault)
    }

    fn change(
        &self,
        raw: &RawRecord<'l>,
        change: &RawChange<'l>,
        name: Option<&Dn>,
        part: &mut Part,
    ) {
        match change {
            RawChange::Add(attributes, _) => {
                part.found.extend(self.obsolete(attributes));
                self.entry(attributes, &[], name, false, part);
                self.name(raw, name.is_some(), part);
            }
            RawChange::Modify(mods) => {
                if mods.iter().any(|one| one.op != Some(ModOp::Add)) {
                    part.named.push(Named::Edited);
                }
                mods.iter().for_each(|one| part.found.extend(self.modification(one)));
                let increments = mods.iter().filter(|one| one.op == Some(ModOp::Increment));
                for one in increments.filter(|one| one.values.len() != 1) {
                    let fault = self.decoder.modification(ModOp::Increment, one).err();
                    part.found.extend(fault.map(|fault| self.fault(fault)));
                }
            }
            RawChange::Delete => part.named.push(self.freed(raw, Named::Deleted)),
            RawChange::ModifyDn { newrdn, newsuperior, .. } => {
                match self.decoder.rdn(*newrdn) {
                    Err(fault) => part.found.push(self.fault(fault)),
                    Ok(rdn) => {
                        let dn = Dn { rdns: vec![rdn] };
                        part.found.extend(self.of_name(b"newrdn", *newrdn, &dn));
                    }
                }
                if let Some(superior) = *newsuperior {
                    match self.decoder.dn(superior) {
                        Err(fault) => part.found.push(self.fault(fault)),
                        Ok(dn) => part.found.extend(self.of_name(b"newsuperior", superior, &dn)),
                    }
                }
                part.named.push(self.freed(raw, Named::Renamed));
            }
        }
    }

    /// The attributes of an entry, of which some lines may be lost.
    fn entry(
        &self,
        attributes: &[RawAttrVal<'l>],
        lost: &[&'l [u8]],
        name: Option<&Dn>,
        is_root: bool,
        part: &mut Part,
    ) {
        let (mut values, faults) = self.values(attributes);
        values.lost.extend_from_slice(lost);
        part.found.extend(faults);
        part.found.extend(values.of_entry(name, is_root));
    }

    /// An obsolete attribute that a change has values of.
    fn obsolete(&self, values: &[RawAttrVal<'l>]) -> Option<Found> {
        let Examiner { source, by_schema, server, .. } = self.examiner;
        let schema = source.schema;
        let is_obsolete = |one: &&RawAttrVal<'l>| {
            let known = schema.served_attribute(type_of(one.description));
            known.is_some_and(|known| known.standing == Standing::Obsolete)
        };
        let mut values = values.iter().filter(|_| *by_schema && server.heeds_content_rules());
        let one = values.find(is_obsolete)?;
        let refusal = Refusal::Obsolete { attribute: one.description.to_vec() };
        Some(self.about(one.description, ErrorKind::Refused(refusal)))
    }

    /// A fault that is about an attribute description.
    fn about(&self, description: &[u8], kind: ErrorKind) -> Found {
        let at = description.as_ptr() as usize - self.logical.as_ptr() as usize;
        self.fault(Fault::new(kind, at, description.len()))
    }

    /// What is wrong with the values of a modification, or with its attribute where it has none.
    fn modification(&self, one: &RawMod<'l>) -> Vec<Found> {
        let (values, mut found) = self.values(&one.values);
        found.extend(self.obsolete(&one.values));
        if matches!(one.op, Some(ModOp::Add | ModOp::Replace)) {
            found.extend(values.given_together());
        }
        if one.op.is_none() || !one.values.is_empty() {
            return found;
        }
        let Examiner { source, by_schema, .. } = self.examiner;
        let name = type_of(one.description);
        let about = |kind| self.about(one.description, kind);
        if *by_schema && source.schema.served_attribute(name).is_none() {
            let fault = EntryFault::UnknownAttribute { attribute: name.to_vec() };
            found.push(about(ErrorKind::Entry(fault)));
        }
        if one.op == Some(ModOp::Add) {
            let refusal = Refusal::NoValues { attribute: one.description.to_vec() };
            let severity = Severity::Warning;
            found.push(Found { severity, ..about(ErrorKind::Refused(refusal)) });
        }
        found
    }

    /// A last attribute `version: 1` before another record, which may be the first line of a file
    /// that was joined to this one (D-11). RFC 2849 has it an attribute, and as one it is read.
    fn version_at_end(&self, last: &RawAttrVal<'l>) -> Option<Found> {
        let is_version = last.description.eq_ignore_ascii_case(b"version");
        let rest = &self.examiner.source.text[self.extent.range().end..];
        let next = rest.trim_ascii_start().get(..3)?;
        let is_joined = is_version
            && matches!(last.value, RawValue::Plain(b"1"))
            && next.eq_ignore_ascii_case(b"dn:");
        let about = || self.about(last.description, ErrorKind::Entry(EntryFault::VersionAtEnd));
        is_joined.then(|| Found { severity: Severity::Warning, ..about() })
    }

    /// The values, and what is wrong with each of them alone.
    fn values(&self, attributes: &[RawAttrVal<'l>]) -> (Values<'_, 'l>, Vec<Found>) {
        let mut values = Values::new(self);
        let mut faults = Vec::new();
        for one in attributes {
            match self.decoder.value(one.value) {
                Ok(_) if one.held_under().is_none() => {}
                Err(fault) => {
                    faults.push(self.fault(fault));
                    values.lost.push(one.description);
                }
                Ok(value) => faults.extend(values.push(*one, value)),
            }
        }
        (values, faults)
    }

    /// Notes the name of an entry.
    fn name(&self, raw: &RawRecord<'l>, named: bool, part: &mut Part) {
        if let Some(slot) = self.slot(raw.dn).filter(|_| named) {
            part.named.push(Named::Entry(slot));
        }
    }

    /// What a change that gives its name free does to the names.
    fn freed(&self, raw: &RawRecord<'l>, kind: fn(Slot) -> Named) -> Named {
        self.slot(raw.dn).map_or(Named::Unknown(self.extent), kind)
    }

    /// The record by its name.
    fn slot(&self, name: RawValue<'l>) -> Option<Slot> {
        let Examiner { source, state, .. } = self.examiner;
        let text = self.decoder.dn_text(name).ok()?;
        let hash = hash_name(*state, source.schema, &text).ok()?;
        Some(Slot::new(self.extent, hash))
    }

    /// A record that does not follow the grammar: the fault that ended the parse, and those of the
    /// other lines by themselves, and of the values on them. Its name is noted where it has one; without
    /// a `dn:` line it is neither an entry nor a change.
    fn broken(&self, fault: Fault, part: &mut Part) -> Option<Form> {
        let change = alone::changes(self.logical);
        let line = self.logical.split(|&b| b == b'\n').next().unwrap_or_default();
        let name = parse(line).ok().map(|raw| raw.dn);
        let slot = name.and_then(|name| self.slot(name));
        part.named.extend(match (&change, slot) {
            (None | Some(Changes::Add), slot) => slot.map(Named::Entry),
            (Some(Changes::Modify), _) => Some(Named::Edited),
            (Some(Changes::Delete), Some(slot)) => Some(Named::Deleted(slot)),
            (Some(Changes::Rename), Some(slot)) => Some(Named::Renamed(slot)),
            (Some(_), _) => Some(Named::Unknown(self.extent)),
        });
        let is_record = !matches!(fault.kind, ErrorKind::Syntax { expected: Expected::DnLine, .. });
        let Readable { attributes, lost } = self.alone(fault, change, part);
        match change {
            None | Some(Changes::Add) => {
                let is_root = name.is_none_or(|name| name.text().is_empty());
                let name = name.and_then(|name| self.decoder.dn(name).ok());
                self.entry(&attributes, &lost, name.as_ref(), is_root, part);
                let is_last = |one: &&RawAttrVal<'l>| {
                    lost.iter().all(|text| text.as_ptr() < one.description.as_ptr())
                };
                let last = attributes.last().filter(is_last).filter(|_| change.is_none());
                part.found.extend(last.and_then(|last| self.version_at_end(last)));
            }
            Some(Changes::Modify) => part.found.extend(self.values(&attributes).1),
            Some(Changes::Delete | Changes::Rename | Changes::Unknown) => {}
        }
        if let Some(at) = tab_fold(self.examiner.source.bytes(self.extent)) {
            let at = self.extent.start + at as u64;
            let found = Found::deviation(self.examiner.strict, Deviation::TabFold, at);
            part.found.push(Found { len: 1, ..found.in_record(self.extent) });
        }
        // The `changetype:` may be what cannot be read.
        change.filter(|_| is_record).map(|_| Form::Change)
    }
}
