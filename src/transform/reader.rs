//! Works on a part of an input: every record read, selected, edited and written.

use std::borrow::Cow;
use std::ops::Range;

use crate::change::{Change, Record};
use crate::dn::Dn;
use crate::entry::Entry;
use crate::error::{Error, ErrorKind, Place, Result, ShapeFault};
use crate::jsonl;
use crate::ldif::types::Types;
use crate::ldif::write::rejected;
use crate::matching::Keys;
use crate::schema::Schema;
use crate::scope::Selector;
use crate::source::{Cut, Extent, Form, Kind, Layout, Notes, Source};
use crate::transform::edit::{Edits, ServerOnly};
use crate::transform::shape::Shape;
use crate::transform::walk::dn_of;
use crate::transform::{InputFormat, Report, sort};

/// What came of a part.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) text: Vec<u8>,
    /// The key and the place of each record, where they are sorted.
    pub(super) keyed: Vec<(Vec<u8>, Range<usize>)>,
    /// Skipped records, each with what is wrong.
    pub(super) rejects: Vec<u8>,
    pub(super) report: Report,
    pub(super) notes: Notes,
}

/// Works on parts of one input.
pub(super) struct Worker<'w> {
    pub(super) schema: &'w Schema,
    pub(super) selector: &'w Selector<'w>,
    pub(super) edits: &'w Edits<'w>,
    pub(super) shape: &'w Shape<'w>,
    pub(super) server_only: ServerOnly<'w>,
    /// What the first record is: all others are the same.
    pub(super) form: Form,
    pub(super) sorts: bool,
    pub(super) keep_going: bool,
}

impl Worker<'_> {
    /// Works on a part that begins and ends between records.
    pub(super) fn part(
        &self,
        source: &Source<'_>,
        range: Range<usize>,
        format: InputFormat,
    ) -> Result<Done> {
        match format {
            InputFormat::Ldif => self.ldif(source, range),
            InputFormat::Jsonl => self.jsonl(source, range),
        }
    }

    fn ldif(&self, source: &Source<'_>, range: Range<usize>) -> Result<Done> {
        let mut done = Done::default();
        let mut met = Types::default();
        let mut names = Keys::new(source.schema);
        let mut cutter = source.cut(range);
        loop {
            let at = cutter.position();
            let Some(cut) = cutter.next_record(None) else { break };
            let text = cut.as_ref().map_or(at..cutter.position(), |cut| cut.extent.range());
            let worked =
                cut.and_then(|cut| match self.is_passed_over(source, &cut, &mut met, &mut names) {
                    true => Ok(()),
                    false => self.record(source, cut.extent, &mut done),
                });
            self.settle(worked, &source.text[text], &mut done)?;
        }
        done.notes = cutter.notes;
        Ok(done)
    }

    /// Whether the attributes that filters look at tell already that an entry is not selected. `met`
    /// knows which of the attribute types that were met those are, `names` whether a name is one.
    fn is_passed_over(
        &self,
        source: &Source<'_>,
        cut: &Cut<'_>,
        met: &mut Types<bool>,
        names: &mut Keys<'_>,
    ) -> bool {
        if !self.selector.has_filters() || self.form != Form::Content {
            return false;
        }
        let wanted = |name: &[u8]| self.selector.looks_at(name);
        let Some(text) = source.partly(cut, &wanted, met) else { return false };
        let is_plain = |name: &[u8]| names.plain(name).is_some();
        let entry = match !self.selector.looks_at_name() && cut.plain_dn.is_some_and(is_plain) {
            true => source.entry_called(Dn::default(), cut.extent, &text),
            false => source.entry_of_lines(cut.extent, &text),
        };
        entry.is_ok_and(|entry| !self.selector.takes(&entry))
    }

    fn record(&self, source: &Source<'_>, extent: Extent, done: &mut Done) -> Result<()> {
        let logical = source.logical(extent);
        let (name, record) = source.record(extent, &logical)?;
        let kind = Kind::of(&record);
        if let Some(refused) = self.form.refuses(Form::of(kind)) {
            return Err(source.error_in(refused, extent));
        }
        let placed = |kind: ErrorKind| {
            let attribute = match &kind {
                ErrorKind::Shape(fault) => fault.attribute(),
                _ => None,
            };
            match attribute.map(|attribute| source.place_of_attribute(extent, attribute)) {
                Some(place) => Error::at(kind, place),
                None => source.error_in(kind, extent),
            }
        };
        match (source.layout, kind) {
            (Layout::Adds, Kind::Continuation) => Ok(()),
            (Layout::Adds, Kind::Add) => {
                let whole = source.entry_in(extent, &logical)?;
                let Record::Change(mut record) = record else { return Ok(()) };
                record.change = Change::Add(whole.attributes);
                self.put(name, Record::Change(record), done).map_err(placed)
            }
            _ => self.put(name, record, done).map_err(placed),
        }
    }

    fn jsonl(&self, source: &Source<'_>, range: Range<usize>) -> Result<Done> {
        let mut done = Done::default();
        let begin = range.start;
        for (start, line) in jsonl::lines(&source.text[range]) {
            let text = line.trim_ascii_end();
            let fault = |kind, offset, len| {
                let place = source.place((begin + start + offset) as u64, len);
                Error::at(kind, Place { attributes: Some(jsonl::attributes_in(text)), ..place })
            };
            let read = jsonl::read(text).map_err(|f| fault(f.kind, f.at, f.len));
            let worked = read.and_then(|(name, record)| {
                let form = Form::of(Kind::of(&record));
                if let Some(refused) = self.form.refuses(form) {
                    return Err(fault(refused, 0, 0));
                }
                let put = self.put(Cow::Owned(name), record, &mut done);
                put.map_err(|kind| fault(kind, 0, 0))
            });
            self.settle(worked, line, &mut done)?;
        }
        Ok(done)
    }

    /// Counts a record; one that is bad ends the run, or is skipped.
    fn settle(&self, worked: Result<()>, text: &[u8], done: &mut Done) -> Result<()> {
        done.report.read += 1;
        match worked {
            Err(error) if self.keep_going => {
                done.report.rejected += 1;
                rejected(&mut done.rejects, &error, text);
                Ok(())
            }
            worked => worked,
        }
    }

    fn put(
        &self,
        name: Cow<'_, [u8]>,
        mut record: Record<'_>,
        done: &mut Done,
    ) -> Result<(), ErrorKind> {
        if !self.takes(&mut record)? {
            return Ok(());
        }
        let mut name = name;
        if !self.edits.apply(&self.server_only, &mut name, &mut record)? {
            done.report.emptied += 1;
            return Ok(());
        }
        if self.sorts && is_no_add(&record) {
            return Err(ErrorKind::Shape(ShapeFault::SortOnChange));
        }
        if self.sorts && !name.is_empty() && dn_of(&record).rdns.is_empty() {
            return Err(ErrorKind::Shape(ShapeFault::NoDn));
        }
        let start = done.text.len();
        self.shape.write(&mut done.text, &name, &record)?;
        if self.sorts {
            let key = sort::key(self.schema, dn_of(&record));
            done.keyed.push((key, start..done.text.len()));
        }
        done.report.written += 1;
        Ok(())
    }

    /// Whether a record is selected: an entry by name and attributes, any other change by name.
    fn takes(&self, record: &mut Record<'_>) -> Result<bool, ErrorKind> {
        if self.selector.takes_all() {
            return Ok(true);
        }
        let record = match record {
            Record::Content(entry) => return Ok(self.selector.takes(entry)),
            Record::Change(record) => record,
        };
        if let Change::Add(attributes) = &mut record.change {
            let dn = std::mem::take(&mut record.dn);
            let entry = Entry { dn, attributes: std::mem::take(attributes) };
            let takes = self.selector.takes(&entry);
            (record.dn, *attributes) = (entry.dn, entry.attributes);
            return Ok(takes);
        }
        match self.selector.has_filters() {
            true => Err(ErrorKind::Shape(ShapeFault::FilterOnChange)),
            false => Ok(self.selector.takes_name(&record.dn)),
        }
    }
}

fn is_no_add(record: &Record<'_>) -> bool {
    matches!(record, Record::Change(record) if !matches!(record.change, Change::Add(_)))
}
