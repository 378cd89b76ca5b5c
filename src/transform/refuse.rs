//! What cannot be edited, because something of what is to be hidden or moved would be left.

use crate::attribute::type_of;
use crate::change::{Change, ModOp, Record};
use crate::dn::Dn;
use crate::error::{ErrorKind, ShapeFault};
use crate::matching::Reference;
use crate::transform::edit::Edits;
use crate::transform::walk::{dn_of, each, other_names};

type Verdict = Result<(), ShapeFault>;

impl Edits<'_> {
    /// Refuses a record that the edits would leave half done.
    pub(super) fn refuse(&self, record: &Record<'_>) -> Result<(), ErrorKind> {
        let mut verdict = self.controls(record);
        if self.hides() {
            verdict = verdict.and_then(|()| self.names(record)).and_then(|()| self.amounts(record));
            each(record, |description, values| {
                let values = values.iter().map(AsRef::as_ref);
                verdict = verdict.clone().and_then(|()| self.references(description, values));
            });
        }
        verdict.map_err(ErrorKind::Shape)
    }

    /// Nobody knows what stands in the value of a control.
    fn controls(&self, record: &Record<'_>) -> Verdict {
        let Record::Change(record) = record else { return Ok(()) };
        match record.controls.iter().find(|control| control.value.is_some()) {
            Some(control) if self.touches_names() => {
                Err(ShapeFault::ControlValue { oid: control.oid.to_vec() })
            }
            _ => Ok(()),
        }
    }

    /// A redacted attribute must not go on living in a name.
    fn names(&self, record: &Record<'_>) -> Verdict {
        self.name(dn_of(record), b"dn")?;
        let other = other_names(record);
        let keywords: [&[u8]; 2] = [b"newrdn", b"newsuperior"];
        other.iter().zip(keywords).try_for_each(|(dn, keyword)| self.name(dn, keyword))
    }

    /// The same of a name that stands behind a keyword or an attribute.
    fn name(&self, dn: &Dn, held_by: &[u8]) -> Verdict {
        let held_by = held_by.to_vec();
        let redacted = |attribute| Err(ShapeFault::RedactedName { attribute, held_by });
        self.redact.first_in(dn).map_or(Ok(()), redacted)
    }

    /// Nor in a name among values, which must be one that can be read.
    fn references<'v>(
        &self,
        description: &[u8],
        mut values: impl Iterator<Item = &'v [u8]>,
    ) -> Verdict {
        let kind = self.schema.attribute(type_of(description));
        let is_hidden = self.redact.has(description) || self.pseudonyms.has(description);
        if is_hidden || !kind.is_some_and(|kind| kind.syntax.is_dn()) {
            return Ok(());
        }
        values.try_for_each(|value| match Reference::parse(kind, value) {
            Some(reference) => self.name(&reference.dn, description),
            None => Err(ShapeFault::NoReference { attribute: description.to_vec() }),
        })
    }

    /// What is added to a number tells of it, and cannot be added to what stands in its place.
    fn amounts(&self, record: &Record<'_>) -> Verdict {
        let Record::Change(record) = record else { return Ok(()) };
        let Change::Modify(all) = &record.change else { return Ok(()) };
        let is_hidden = |d: &[u8]| self.redact.has(d) || self.pseudonyms.has(d);
        let mut amounts = all.iter().filter(|one| one.op == ModOp::Increment);
        match amounts.find(|one| is_hidden(&one.description)) {
            Some(one) => Err(ShapeFault::HiddenAmount { attribute: one.description.to_vec() }),
            None => Ok(()),
        }
    }
}
