//! Changes in a shape of one's own: a template makes text of each, for one file or for a file each.
//!
//! A template reads the record as it is to be (of one that goes, as it was) by the names of its attributes
//! or columns, the record before behind `old.`, and `change.kind`. Which files there are, and that none of
//! them leads anywhere else, is decided here; nothing is opened.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::attribute::type_of;
use crate::emit::Emission;
use crate::emit::changed::{ChangedEntry, ChangedRow, DN, EntryChange, TABLE, number, plain};
use crate::emit::delimited::{KIND, OLD, asked};
use crate::error::{
    Error, ErrorKind, ExpressionFault, ExpressionFaultKind, Place, Result, TemplateFault,
};
use crate::mapping::expression::{Document, Names, Template};
use crate::plan::{Journey, Step};
use crate::schema::Schema;
use crate::server::is_secret;
use crate::table::Columns;
use crate::text::Escaped;

/// A template that was read, and where what it makes goes.
#[derive(Debug)]
pub struct Rendering {
    text: Text,
    document: Document,
    each: Option<Each>,
    /// Whether it reads what nobody is to see in a message.
    is_secret: bool,
    /// For each name that it reads, whether some change has it.
    found: Vec<AtomicBool>,
}

/// A text, and what it is called.
#[derive(Debug)]
struct Text {
    name: String,
    text: Vec<u8>,
}

/// A file for each change.
#[derive(Debug)]
struct Each {
    text: Text,
    /// Where the name begins in the text.
    start: usize,
    folder: PathBuf,
    name: Template,
}

/// What was made of a change.
#[derive(Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The file of its own, where it has one.
    pub file: Option<PathBuf>,
    /// The text.
    pub text: String,
}

impl Rendering {
    /// Reads a template, and what `--each` says of the files. `secrets` are names, in lower case, that are
    /// secrets besides those that are known.
    ///
    /// # Errors
    ///
    /// One of the two is no template; it names a folder that depends on the change.
    pub fn new(
        name: &str,
        text: &[u8],
        each: Option<&str>,
        secrets: &[Vec<u8>],
    ) -> Result<Rendering> {
        let text = Text { name: name.to_owned(), text: text.to_vec() };
        let words = std::str::from_utf8(&text.text);
        let words = words.map_err(|e| text.error(TemplateFault::NotUtf8, (e.valid_up_to(), 1)))?;
        let document = Document::parse(words).map_err(|fault| text.fault(fault))?;
        let each = each.map(Each::new).transpose()?;
        let read = document.names().iter().map(String::as_str);
        let read = read.chain(each.iter().flat_map(|each| each.name.names()));
        let secret = |name: &str| is_secret(Schema::builtin(), secrets, plain(name).1.as_bytes());
        let is_secret = read.into_iter().any(secret);
        let found = document.names().iter().map(|_| AtomicBool::new(false)).collect();
        Ok(Rendering { text, document, each, is_secret, found })
    }

    /// Whether each change has a file of its own.
    pub fn is_parted(&self) -> bool {
        self.each.is_some()
    }

    /// The names that it reads, for the text and for the name of the file.
    fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.document.names().iter().map(String::as_str);
        names.chain(self.each.iter().flat_map(|each| each.name.names()))
    }

    /// Refuses names that are columns of none of these tables.
    ///
    /// # Errors
    ///
    /// There is one.
    pub fn refuse_unknown(&self, tables: &[&Columns]) -> Result<()> {
        let is_known = |name: &str| {
            matches!(name, KIND | TABLE)
                || tables.iter().any(|columns| number(columns, plain(name).1).is_some())
        };
        match self.names().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => {
                let text = match self.document.names().iter().any(|own| own == name) {
                    true => &self.text,
                    false => self.each.as_ref().map_or(&self.text, |each| &each.text),
                };
                let kind = ExpressionFaultKind::UnknownName { name: name.to_owned() };
                Err(text.fault(kind.into()))
            }
        }
    }

    /// The names that no schema knows and no change had: a slip of the pen, perhaps.
    pub(super) fn strangers(&self, schema: &Schema) -> Vec<&str> {
        let names = self.document.names().iter().zip(&self.found);
        let names = names.filter(|(_, found)| !found.load(Ordering::Relaxed));
        let is_known = |name: &str| {
            let name = plain(name).1;
            name == DN || schema.attribute(type_of(name.as_bytes())).is_some()
        };
        names.map(|(name, _)| name.as_str()).filter(|name| !is_known(name)).collect()
    }

    /// What it makes of an entry that changes; nothing where that is no text.
    pub(super) fn of_entry(&self, changed: ChangedEntry<'_>) -> Result<Option<Rendered>> {
        for (name, found) in self.document.names().iter().zip(&self.found) {
            if !found.load(Ordering::Relaxed)
                && changed.values(name).is_some_and(|values| !values.is_empty())
            {
                found.store(true, Ordering::Relaxed);
            }
        }
        self.of(&changed, &|| changed.record().dn.to_string())
    }

    /// What it makes of a row that changes; nothing where that is no text.
    ///
    /// # Errors
    ///
    /// It cannot be computed; or it reads the column that is the answer's, which the database makes.
    pub fn of_row(
        &self,
        changed: ChangedRow<'_>,
        asks: &dyn Fn(usize) -> Error,
    ) -> Result<Option<Rendered>> {
        let read = self.names().filter(|name| !name.starts_with(OLD));
        let read = read.filter_map(|name| number(changed.columns, name));
        match asked(changed.record(), read) {
            Some(column) => Err(asks(column)),
            None => self.of(&changed, &|| changed.columns.shown_key(changed.change.row())),
        }
    }

    fn of(&self, names: &dyn Names, record: &dyn Fn() -> String) -> Result<Option<Rendered>> {
        let refused = |text: &Text, fault: ExpressionFault| {
            let fault = if self.is_secret { fault.masked() } else { fault };
            text.fault_in(fault, Some(record().as_bytes()))
        };
        let text = self.document.render(names).map_err(|fault| refused(&self.text, fault))?;
        if text.is_empty() {
            return Ok(None);
        }
        let file = match &self.each {
            None => None,
            Some(each) => {
                let name = each.name.render_file_name(names);
                let name = name.map_err(|fault| refused(&each.text, moved(fault, each.start)))?;
                Some(each.folder.join(OsStr::from_bytes(&name)))
            }
        };
        Ok(Some(Rendered { file, text }))
    }
}

impl Each {
    fn new(text: &str) -> Result<Each> {
        let fixed = text.find("{{").unwrap_or(text.len());
        let (folder, name) = match text[..fixed].rfind('/') {
            Some(at) => text.split_at(at + 1),
            None => ("", text),
        };
        let (start, folder) = (folder.len(), PathBuf::from(folder));
        let text = Text { name: "--each".to_owned(), text: text.as_bytes().to_vec() };
        let template = Template::parse_of_change(name);
        let name = template.map_err(|fault| text.fault(moved(fault, start)))?;
        let is_parted = name.texts().any(|raw| raw.contains('/'));
        match is_parted {
            true => Err(text.error(TemplateFault::Folder, (fixed, 2))),
            false => Ok(Each { text, start, folder, name }),
        }
    }
}

/// A fault in a part of a text, in the whole of it.
fn moved(fault: ExpressionFault, by: usize) -> ExpressionFault {
    let at = fault.at.map(|at| at.start + by..at.end + by);
    ExpressionFault { at, ..fault }
}

impl Text {
    fn error(&self, fault: TemplateFault, (at, len): (usize, usize)) -> Error {
        Error::at(ErrorKind::Template(fault), Place::new(&self.name, &self.text, at, len))
    }

    fn fault(&self, fault: ExpressionFault) -> Error {
        self.fault_in(fault, None)
    }

    /// A fault at its place in the text, or at the name that it is about.
    fn fault_in(&self, fault: ExpressionFault, record: Option<&[u8]>) -> Error {
        let place = match (&fault.kind, &fault.at) {
            (_, Some(at)) => at.clone(),
            (
                ExpressionFaultKind::UnknownName { name }
                | ExpressionFaultKind::SeveralValues { name }
                | ExpressionFaultKind::EmptyPart { part: name, .. },
                None,
            ) => {
                let at = memchr::memmem::find(&self.text, name.as_bytes());
                at.map_or(0..0, |at| at..at + name.len())
            }
            (_, None) => 0..0,
        };
        let place = Place::new(&self.name, &self.text, place.start, place.len().max(1));
        let kind = ErrorKind::Template(TemplateFault::Expression(fault));
        Error::at(kind, place.in_record(record))
    }
}

impl Emission<'_, '_> {
    /// Makes a text of each entry that changes, in the order in which the changes begin.
    ///
    /// # Errors
    ///
    /// An entry cannot be read, or no text can be made of it; what `each` says.
    pub fn render(
        &self,
        rendering: &Rendering,
        each: &mut dyn FnMut(Rendered) -> Result<()>,
    ) -> Result<()> {
        let mut seen = vec![false; self.plan.journeys.len()];
        let mut is_first = |step: &Step| {
            let seen = &mut seen[step.journey as usize];
            !std::mem::replace(seen, true) && !self.plan.journeys[step.journey as usize].same
        };
        let mut steps = self.plan.steps.iter().copied().filter(|step| is_first(step));
        let work =
            |step: Step| self.rendered(&self.plan.journeys[step.journey as usize], rendering);
        self.write_steps(&mut steps, work, &mut |one: Option<Rendered>| {
            one.map_or(Ok(()), &mut *each)
        })
    }

    fn rendered(&self, journey: &Journey, rendering: &Rendering) -> Result<Option<Rendered>> {
        let schema = self.comparison().schema;
        let of = |change: EntryChange<'_>| rendering.of_entry(ChangedEntry { schema, change });
        match (journey.old, journey.new) {
            (Some(old), Some(new)) => self.old.with_entry(old, |old| {
                self.new.with_entry(new, |new| of(EntryChange::Modify(&old, &new)))
            }),
            (Some(old), None) => self.old.with_entry(old, |old| of(EntryChange::Delete(&old))),
            (None, Some(new)) => self.new.with_entry(new, |new| of(EntryChange::Add(&new))),
            (None, None) => Ok(None),
        }
    }

    /// What is to be said of names that a template reads and no change has.
    pub fn strangers(&self, rendering: &Rendering) -> Option<String> {
        let strangers = rendering.strangers(self.comparison().schema);
        let named: Vec<String> =
            strangers.iter().map(|name| format!("`{}`", Escaped(name.as_bytes()))).collect();
        (!named.is_empty() && !self.plan.steps.is_empty()).then(|| {
            format!("no change has {}, which the template reads, and no schema", named.join(", "))
        })
    }
}
