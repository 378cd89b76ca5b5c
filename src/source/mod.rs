//! One side of a comparison: an input whose records can be cut, named and read.
//!
//! Knows the formats; what comes after it sees names and entries only. A record is an [`Extent`]
//! of the input's bytes and is read again whenever it is needed, so no side keeps its entries.

mod cut;
mod ddl;
mod deviations;
mod ends;
mod header;
mod json_lines;
mod notes;
mod pair;
mod partly;
mod places;
mod plain;
mod rebase;
mod recognise;
mod rows;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::ops::Range;

use crate::change::{Change, ModOp, Record};
use crate::dn::{Dn, after_plain_rdn};
use crate::entry::Entry;
use crate::error::{EntryFault, ErrorKind, Expected, Fault, Result};
use crate::input::{Input, Original};
use crate::ldif::decode::Decoder;
use crate::ldif::deviation::range_in;
use crate::ldif::file_url::FileUrls;
use crate::ldif::parse::{RawBody, RawChange, RawRecord, parse, parse_lines};
use crate::ldif::scan::Scanner;
use crate::ldif::unfold::{is_fold, unfold};
use crate::matching::{dn_key, name_key};
use crate::schema::Schema;
use crate::text::LineIndex;

pub use cut::{Cut, Cutter};
pub use ddl::{Ddl, TableHints};
pub use deviations::tab_fold;
pub use ends::{ends_in_a_value, of_encoding, of_end, refuse_cut, refuse_deviating};
pub use header::{Asked, Header, SideForm, Surveyed};
pub use json_lines::open;
pub use notes::{Noted, Notes, Reading};
pub use pair::{read_differing, read_pair};
pub use partly::TypeSet;
pub use rebase::Rebase;
pub use recognise::{Mark, server_of};
pub use rows::Rows;

/// Where a record stands in its input, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Extent {
    /// Where its first line begins.
    pub start: u64,
    /// Its length, the last line end included.
    pub len: u32,
}

impl Extent {
    /// The bytes from `start` to `end`; a record of 4 GiB or more is none.
    fn new(start: usize, end: usize) -> Option<Extent> {
        Some(Extent { start: start as u64, len: u32::try_from(end - start).ok()? })
    }

    /// The same as a range.
    pub fn range(self) -> Range<usize> {
        let start = usize::try_from(self.start).unwrap_or(usize::MAX);
        start..start + self.len as usize
    }
}

/// How an input is read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// No deviation from the standard is accepted.
    pub strict: bool,
    /// What `:<` may read.
    pub file_urls: FileUrls,
    /// Names below one suffix are read as if they were below another.
    pub rebase: Option<Rebase>,
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A content record.
    Content,
    /// `changetype: add`, as `ldifde` exports entries.
    Add,
    /// `changetype: modify` that only adds values, as `ldifde` continues a large group.
    Continuation,
    /// Any other change record.
    Change,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Entries.
    Content,
    /// Changes.
    Change,
}

impl Form {
    /// What a record of this kind is.
    pub fn of(kind: Kind) -> Form {
        match kind {
            Kind::Content => Form::Content,
            Kind::Add | Kind::Continuation | Kind::Change => Form::Change,
        }
    }

    /// What is wrong with a record of the other form in a file of this one.
    pub fn refuses(self, other: Form) -> Option<ErrorKind> {
        match (self, other) {
            (Form::Content, Form::Change) => Some(ErrorKind::ChangeAmongContent),
            (Form::Change, Form::Content) => {
                Some(ErrorKind::Entry(EntryFault::ContentAmongChanges))
            }
            _ => None,
        }
    }
}

impl Kind {
    /// The kind of a record that was read.
    pub fn of(record: &Record<'_>) -> Kind {
        match record {
            Record::Content(_) => Kind::Content,
            Record::Change(record) => match &record.change {
                Change::Add(_) => Kind::Add,
                Change::Modify(all) if all.iter().all(|one| one.op == ModOp::Add) => {
                    Kind::Continuation
                }
                _ => Kind::Change,
            },
        }
    }
}

/// What the records of a file are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Content records.
    #[default]
    Content,
    /// Entries as `changetype: add`.
    Adds,
}

impl Layout {
    /// Whether a record of this kind is an entry of such a file.
    pub fn holds(self, kind: Kind) -> bool {
        match self {
            Layout::Content => kind == Kind::Content,
            Layout::Adds => kind == Kind::Add,
        }
    }

    /// What is wrong with a record of a kind that such a file does not hold.
    pub fn fault(self, kind: Kind) -> ErrorKind {
        match (self, kind) {
            (Layout::Adds, Kind::Content) => ErrorKind::ContentAmongAdds,
            _ => ErrorKind::ChangeAmongContent,
        }
    }
}

/// A record's name and kind.
#[derive(Debug)]
pub struct Known<'i> {
    /// The name as text: as written on a plain line, else printed.
    pub dn: Cow<'i, [u8]>,
    /// What the record is.
    pub kind: Kind,
}

/// One side.
#[derive(Debug)]
pub struct Source<'i> {
    /// Its name in messages.
    pub name: &'i str,
    /// Its bytes.
    pub text: &'i [u8],
    /// Attribute types, for names and references.
    pub schema: &'i Schema,
    /// How to read it.
    pub options: ReadOptions,
    /// Whether its records are content or adds.
    pub layout: Layout,
    /// The JSON lines that its text was written from.
    pub original: Option<&'i Original>,
    /// How many lines of the input came before its text, where that is a part of it.
    pub lines_before: u64,
    /// The records that continue an entry, by the start of its own record.
    pub continuations: BTreeMap<u64, Vec<Extent>>,
    /// Where records begin that continue an entry which is not there.
    pub orphans: BTreeSet<u64>,
    /// Where its lines are, for errors.
    pub lines: LineIndex,
}

impl<'i> Source<'i> {
    /// An input that holds content records.
    pub fn new(input: &'i Input, schema: &'i Schema, options: ReadOptions) -> Source<'i> {
        let source = Source::of_text(input.name(), input.bytes(), schema, options);
        Source { original: input.original(), ..source }
    }

    /// The same over a text that is at hand.
    pub fn of_text(
        name: &'i str,
        text: &'i [u8],
        schema: &'i Schema,
        options: ReadOptions,
    ) -> Source<'i> {
        Source {
            name,
            text,
            schema,
            options,
            layout: Layout::default(),
            original: None,
            lines_before: 0,
            lines: LineIndex::default(),
            continuations: BTreeMap::new(),
            orphans: BTreeSet::new(),
        }
    }

    /// A record's bytes.
    pub fn bytes(&self, extent: Extent) -> &'i [u8] {
        &self.text[extent.range()]
    }

    /// The first record that can be read, of those a file begins with.
    pub fn first_sound(&self) -> Option<(Extent, Kind)> {
        self.first(|cut| self.known(cut.extent, cut.plain_dn).ok().map(|known| known.kind))
    }

    /// The same, where a name may be a label: one without `=`.
    pub fn first_labelled(&self) -> Option<(Extent, Kind)> {
        self.first(|cut| {
            let logical = self.logical(cut.extent);
            self.record(cut.extent, &logical).ok()?;
            parse(&logical).ok().map(|raw| kind_of(&raw))
        })
    }

    fn first(&self, kind: impl Fn(&Cut<'i>) -> Option<Kind>) -> Option<(Extent, Kind)> {
        const TRIED: usize = 100;
        let mut cutter = self.cut(0..self.text.len());
        let next = || cutter.next_record(None);
        let mut cuts = std::iter::from_fn(next).take(TRIED).filter_map(Result::ok);
        cuts.find_map(|cut| kind(&cut).map(|kind| (cut.extent, kind)))
    }

    /// How many records continue another.
    pub fn continuing(&self) -> u64 {
        self.continuations.values().map(|more| more.len() as u64).sum()
    }

    /// Refuses a record of a kind that is no entry; whether it is one by itself, or continues another.
    ///
    /// # Errors
    ///
    /// It is neither.
    pub fn is_entry(&self, extent: Extent, kind: Kind) -> Result<bool> {
        match kind {
            kind if self.layout.holds(kind) => Ok(true),
            Kind::Continuation
                if self.layout == Layout::Adds && !self.orphans.contains(&extent.start) =>
            {
                Ok(false)
            }
            kind => Err(self.error_in(self.layout.fault(kind), extent)),
        }
    }

    /// Walks over a part of the input that begins and ends between records.
    pub fn cut(&self, range: Range<usize>) -> Cutter<'i, '_> {
        Cutter { source: self, scanner: Scanner::new(self.text, range), notes: Notes::default() }
    }

    /// Reads a record of any form as it is, with its name in the spelling it has there: entries
    /// without what continues them, nothing rebased. A name without `=` is no DN, and has no RDNs.
    pub fn record<'t>(
        &self,
        extent: Extent,
        logical: &'t [u8],
    ) -> Result<(Cow<'t, [u8]>, Record<'t>)> {
        let raw = self.parsed(extent, logical)?;
        if self.options.strict {
            self.refuse_deviations(extent, logical, &raw)?;
        }
        let decoder = Decoder::new(logical, &self.options.file_urls);
        let read = || {
            let name = decoder.dn_text(raw.dn)?;
            let dn = match memchr::memchr(b'=', &name) {
                None => Dn::default(),
                Some(_) => decoder.dn(raw.dn)?,
            };
            Ok((name, decoder.record_called(dn, &raw)?))
        };
        read().map_err(|fault| self.in_record(extent, fault))
    }

    /// The same, but for a name without `=` and for a part of an attribute's values.
    pub fn whole_record<'t>(
        &self,
        extent: Extent,
        logical: &'t [u8],
    ) -> Result<(Cow<'t, [u8]>, Record<'t>)> {
        let raw = self.parsed(extent, logical)?;
        self.refuse_ranges(extent, logical, &raw)?;
        let decoder = Decoder::new(logical, &self.options.file_urls);
        decoder.dn(raw.dn).map_err(|fault| self.in_record(extent, fault))?;
        self.record(extent, logical)
    }

    /// A record's name and kind. What the scan did not vouch for is parsed and decoded here, so
    /// that a fault in it is found.
    pub fn known(&self, extent: Extent, plain_dn: Option<&'i [u8]>) -> Result<Known<'i>> {
        match plain_dn {
            Some(dn) if self.takes_plain(dn) => {
                Ok(Known { dn: Cow::Borrowed(dn), kind: Kind::Content })
            }
            _ => self.examined(extent),
        }
    }

    /// Whether a name on a plain line needs no second look.
    fn takes_plain(&self, dn: &[u8]) -> bool {
        let as_it_is = self.options.rebase.is_none() && !self.options.strict;
        as_it_is && (dn.is_ascii() || simdutf8::basic::from_utf8(dn).is_ok())
    }

    fn examined(&self, extent: Extent) -> Result<Known<'i>> {
        let logical = self.logical(extent);
        let raw = self.parsed(extent, &logical)?;
        if self.options.strict {
            self.refuse_deviations(extent, &logical, &raw)?;
        }
        self.refuse_ranges(extent, &logical, &raw)?;
        let record = self.decoded(extent, &logical, &raw)?;
        let kind = kind_of(&raw);
        let dn = match record {
            Record::Content(entry) => entry.dn,
            Record::Change(change) => change.dn,
        };
        Ok(Known { dn: Cow::Owned(self.rebased(dn).to_string().into_bytes()), kind })
    }

    /// A record's logical text, to be handed to [`Source::entry_in`].
    pub fn logical(&self, extent: Extent) -> Cow<'i, [u8]> {
        unfold(self.bytes(extent))
    }

    /// Reads a record as an entry, with what continues it.
    pub fn entry(&self, extent: Extent) -> Result<Entry<'i>> {
        match self.logical(extent) {
            Cow::Borrowed(logical) => self.entry_in(extent, logical),
            Cow::Owned(logical) => Ok(self.entry_in(extent, &logical)?.into_owned()),
        }
    }

    /// The same over a logical text that is at hand: nothing is copied that was folded.
    pub fn entry_in<'t>(&self, extent: Extent, logical: &'t [u8]) -> Result<Entry<'t>> {
        self.entry_by(extent, logical, &self.parsed(extent, logical)?)
    }

    /// The same over the name and some lines of it, as [`Source::partly`] gives them.
    pub fn entry_of_lines<'t>(&self, extent: Extent, lines: &'t [u8]) -> Result<Entry<'t>> {
        self.entry_by(extent, lines, &self.parsed_lines(extent, lines)?)
    }

    fn entry_by<'t>(
        &self,
        extent: Extent,
        logical: &'t [u8],
        raw: &RawRecord<'t>,
    ) -> Result<Entry<'t>> {
        let mut entry = match self.decoded(extent, logical, raw)? {
            Record::Content(entry) => entry,
            Record::Change(record) => {
                let Change::Add(attributes) = record.change else {
                    return Err(self.error(ErrorKind::ChangeAmongContent, extent.start, 0));
                };
                Entry { dn: record.dn, attributes }
            }
        };
        for &more in self.continuations.get(&extent.start).into_iter().flatten() {
            self.continue_entry(&mut entry, more)?;
        }
        if let Some(rebase) = &self.options.rebase {
            rebase.entry(self.schema, &mut entry);
        }
        Ok(entry)
    }

    /// The same, for one who needs it no longer than `then`.
    ///
    /// # Errors
    ///
    /// The record cannot be read; what `then` has to say.
    pub fn with_entry<T>(
        &self,
        extent: Extent,
        then: impl FnOnce(Entry<'_>) -> Result<T>,
    ) -> Result<T> {
        then(self.entry_in(extent, &self.logical(extent))?)
    }

    /// Adds the values of a record that continues an entry.
    fn continue_entry(&self, entry: &mut Entry<'_>, extent: Extent) -> Result<()> {
        let logical = self.logical(extent);
        let raw = self.parsed(extent, &logical)?;
        let Record::Change(record) = self.decoded(extent, &logical, &raw)? else { return Ok(()) };
        let Change::Modify(modifications) = record.change else { return Ok(()) };
        for one in modifications {
            for value in one.values {
                let description = Cow::Owned(one.description.to_vec());
                entry.push(description, Cow::Owned(value.into_owned()));
            }
        }
        Ok(())
    }

    fn rebased(&self, dn: Dn) -> Dn {
        let moved = self.options.rebase.as_ref().and_then(|rebase| rebase.dn(self.schema, &dn));
        moved.unwrap_or(dn)
    }

    /// Reads a content record whose name is known, over a logical text that is at hand.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no content record.
    pub fn entry_called<'t>(&self, dn: Dn, extent: Extent, lines: &'t [u8]) -> Result<Entry<'t>> {
        let raw = self.parsed_lines(extent, lines)?;
        let decoder = Decoder::new(lines, &self.options.file_urls);
        match decoder.record_called(dn, &raw).map_err(|fault| self.in_record(extent, fault))? {
            Record::Content(entry) => Ok(entry),
            Record::Change(_) => Err(self.error(ErrorKind::ChangeAmongContent, extent.start, 0)),
        }
    }

    fn parsed<'t>(&self, extent: Extent, logical: &'t [u8]) -> Result<RawRecord<'t>> {
        parse(logical).map_err(|fault| self.in_record(extent, fault))
    }

    /// The same of some lines of a record: where all records are content, this one is.
    fn parsed_lines<'t>(&self, extent: Extent, lines: &'t [u8]) -> Result<RawRecord<'t>> {
        match self.layout {
            Layout::Content => parse_lines(lines).map_err(|fault| self.in_record(extent, fault)),
            _ => self.parsed(extent, lines),
        }
    }

    fn decoded<'t>(
        &self,
        extent: Extent,
        logical: &'t [u8],
        raw: &RawRecord<'t>,
    ) -> Result<Record<'t>> {
        let decoder = Decoder::new(logical, &self.options.file_urls);
        decoder.record(raw).map_err(|fault| self.in_record(extent, fault))
    }

    /// S-18: refuses a range of an attribute's values (D-22), for to compare it is to delete the
    /// values it does not list.
    fn refuse_ranges(&self, extent: Extent, logical: &[u8], raw: &RawRecord<'_>) -> Result<()> {
        let Some(range) = range_in(raw) else { return Ok(()) };
        let at = range.as_ptr() as usize - logical.as_ptr() as usize;
        let fault = Fault::expected(Expected::WholeAttribute, logical, &logical[at..]);
        Err(self.in_record(extent, fault))
    }

    /// The key under which a record's name equals another.
    pub fn key(&self, extent: Extent) -> Result<Vec<u8>> {
        match self.plain_dn(extent).and_then(|name| name_key(self.schema, name).ok()) {
            Some(key) => Ok(key),
            None => Ok(dn_key(self.schema, &self.dn(extent)?)),
        }
    }

    /// Asks for the first `lines` of memory of a record, 64 bytes each: records that are asked for one
    /// right after the other come together.
    pub fn touch(&self, extent: Extent, lines: usize) {
        touch(self.bytes(extent), lines);
    }

    /// A record's name as it stands on a plain `dn:` line.
    pub fn plain_dn(&self, extent: Extent) -> Option<&'i [u8]> {
        let record = self.bytes(extent);
        let end = memchr::memchr(b'\n', record)?;
        let folded = record.get(end + 1).is_some_and(|&b| is_fold(b));
        let name = record[..end].strip_prefix(b"dn: ")?;
        let whole = !folded && !name.ends_with(b"\r") && self.options.rebase.is_none();
        whole.then_some(name)
    }

    /// Whether [`Source::plain_dn`] of a record is plainly below this name, which is above that of another
    /// record: mostly it is the one before.
    pub fn is_plainly_below(&self, extent: Extent, above: &[u8]) -> bool {
        let Some(name) = self.bytes(extent).strip_prefix(b"dn: ") else { return false };
        let Some(rest) = after_plain_rdn(name).and_then(|rest| rest.strip_prefix(above)) else {
            return false;
        };
        let is_folded = rest.get(1).is_some_and(|&b| is_fold(b));
        rest.first() == Some(&b'\n') && !is_folded && self.options.rebase.is_none()
    }

    /// A record's name in the spelling it has there.
    pub fn name_text(&self, extent: Extent) -> Result<Vec<u8>> {
        let logical = self.logical(extent);
        let raw = self.parsed(extent, &logical)?;
        let decoder = Decoder::new(&logical, &self.options.file_urls);
        let text = decoder.dn_text(raw.dn).map(Cow::into_owned);
        text.map_err(|fault| self.in_record(extent, fault))
    }

    /// A record's name alone.
    pub fn dn(&self, extent: Extent) -> Result<Dn> {
        if let Some(dn) = self.plain_dn(extent).and_then(|name| Dn::parse(name).ok()) {
            return Ok(dn);
        }
        let logical = self.logical(extent);
        let line = &logical[..memchr::memchr(b'\n', &logical).unwrap_or(logical.len())];
        let raw = self.parsed(extent, line)?;
        let decoder = Decoder::new(line, &self.options.file_urls);
        let dn = decoder.dn(raw.dn).map_err(|fault| self.in_record(extent, fault))?;
        Ok(self.rebased(dn))
    }
}

fn kind_of(raw: &RawRecord<'_>) -> Kind {
    match &raw.body {
        RawBody::Content(_) => Kind::Content,
        RawBody::Change(_, RawChange::Add(..)) => Kind::Add,
        RawBody::Change(_, RawChange::Modify(mods))
            if mods.iter().all(|one| one.op == Some(ModOp::Add)) =>
        {
            Kind::Continuation
        }
        RawBody::Change(..) => Kind::Change,
    }
}

/// How many lines of memory of a record are worth asking for; what follows is fetched unasked.
pub const LINES_AHEAD: usize = 12;

/// Asks for the first `lines` of memory of some bytes.
fn touch(bytes: &[u8], lines: usize) {
    bytes.iter().step_by(64).take(lines).for_each(|byte| {
        black_box(*byte);
    });
}
