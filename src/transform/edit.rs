//! What is done to a record that stays: attributes left out, values replaced, names moved.
//!
//! Attributes are named as the input has them: they get their new names last.

use std::borrow::Cow;

use crate::attribute::{is_object_class, options_of, type_of};
use crate::change::{Change, Record};
use crate::compare::{Comparison, Mode, Selection};
use crate::dn::{Dn, Rdn};
use crate::error::{ErrorKind, Result, ShapeFault};
use crate::schema::Schema;
use crate::server::Server;
use crate::source::Rebase;
use crate::transform::Options;
use crate::transform::attributes::Attributes;
use crate::transform::pseudonym::Pseudonyms;

/// What stands in the place of redacted values.
const REDACTED: &[u8] = b"***REDACTED***";

/// The values of one attribute.
type Values<'v> = Vec<Cow<'v, [u8]>>;

/// All edits, ready to be made.
pub(super) struct Edits<'o> {
    schema: &'o Schema,
    only: Attributes<'o>,
    except: Attributes<'o>,
    operational: bool,
    redact: Attributes<'o>,
    pseudonyms: Pseudonyms<'o>,
    rename: Vec<(Attributes<'o>, &'o [u8])>,
    rebase: Option<&'o Rebase>,
    /// Whether a record goes through as it is, but for what only the server may write.
    pub(super) is_plain: bool,
}

/// What only the server of an export may write.
pub(super) struct ServerOnly<'o>(Comparison<'o>);

impl<'o> ServerOnly<'o> {
    pub(super) fn of(schema: &'o Schema, server: Server) -> ServerOnly<'o> {
        ServerOnly(Comparison::new(schema, server, Mode::default(), Selection::default()))
    }
}

impl<'o> Edits<'o> {
    /// Prepares them.
    ///
    /// # Errors
    ///
    /// An attribute has a syntax of which there are no pseudonyms.
    pub(super) fn new(options: &'o Options, schema: &'o Schema) -> Result<Edits<'o>> {
        let set = |names: &[Vec<u8>]| Attributes::new(schema, names);
        let rename = options.rename_attributes.iter();
        let rename: Vec<_> =
            rename.map(|(from, to)| (set(std::slice::from_ref(from)), to.as_slice())).collect();
        let edits = [&options.attributes, &options.exclude_attributes, &options.redact];
        let none = edits.into_iter().chain([&options.pseudonymise]).all(Vec::is_empty);
        Ok(Edits {
            schema,
            only: set(&options.attributes),
            except: set(&options.exclude_attributes),
            operational: options.operational,
            redact: set(&options.redact),
            pseudonyms: Pseudonyms::new(schema, &options.pseudonymise, &options.seed)?,
            is_plain: none && rename.is_empty() && options.rebase.is_none(),
            rename,
            rebase: options.rebase.as_ref(),
        })
    }

    /// Edits a record; `name` is its name as it is written. False where nothing is left of it.
    pub(super) fn apply(
        &self,
        server_only: &ServerOnly<'_>,
        name: &mut Cow<'_, [u8]>,
        record: &mut Record<'_>,
    ) -> Result<bool, ErrorKind> {
        let rdn = dn_of(record).rdn().cloned();
        let keeps = |description: &[u8]| self.keeps(server_only, rdn.as_ref(), description);
        let was_empty = is_empty(record);
        retain(record, keeps);
        if is_empty(record) && !was_empty {
            return Ok(false);
        }
        if self.is_plain {
            return Ok(true);
        }
        if !name.is_empty() && dn_of(record).rdns.is_empty() && self.touches_names() {
            return Err(ErrorKind::Shape(ShapeFault::NoDn));
        }
        self.refuse_redacted(record)?;
        let mut renamed = self.values(record);
        if let Some(rebase) = self.rebase {
            let before = dn_of(record).clone();
            rebase.record(self.schema, record);
            renamed |= before != *dn_of(record);
        }
        renamed |= self.rename(record);
        if renamed {
            *name = Cow::Owned(dn_of(record).to_string().into_bytes());
        }
        Ok(true)
    }

    fn touches_names(&self) -> bool {
        self.rebase.is_some() || !self.redact.is_empty() || !self.pseudonyms.is_empty()
    }

    /// Whether an attribute stays. `objectClass` and what names the entry always do.
    fn keeps(&self, server_only: &ServerOnly<'_>, rdn: Option<&Rdn>, description: &[u8]) -> bool {
        let kind = type_of(description);
        let comparison = &server_only.0;
        if !self.only.has(description) {
            if !self.operational && comparison.is_server_only(description) {
                return false;
            }
            let naming = || {
                let mut avas = rdn.into_iter().flat_map(|rdn| &rdn.avas);
                avas.any(|ava| comparison.same_attribute(&ava.attribute, kind))
            };
            let stays = || is_object_class(kind) || naming();
            return stays() || (self.only.is_empty() && !self.except.has(description));
        }
        !self.except.has(description)
    }

    /// A redacted attribute must not go on living in a name.
    fn refuse_redacted(&self, record: &Record<'_>) -> Result<(), ErrorKind> {
        if self.redact.is_empty() {
            return Ok(());
        }
        let refuse = |attribute| Err(ErrorKind::Shape(ShapeFault::RedactedName { attribute }));
        let mut names = vec![dn_of(record).clone()];
        names.extend(other_names(record));
        if let Some(attribute) = names.iter().find_map(|dn| self.redact.first_in(dn)) {
            return refuse(attribute);
        }
        let mut found = None;
        each(record, |description, values| {
            if !self.redact.has(description) && self.schema.is_dn_valued(description) {
                let names = values.iter().filter_map(|value| Dn::parse(value).ok());
                found = found.take().or(names.into_iter().find_map(|dn| self.redact.first_in(&dn)));
            }
        });
        found.map_or(Ok(()), refuse)
    }

    /// Redacts and replaces values, in names too; whether the record's own name changed.
    fn values(&self, record: &mut Record<'_>) -> bool {
        each_mut(record, |description, values| {
            if !self.redact.has(description) {
                self.pseudonyms.values(description, values);
            } else if !values.is_empty() {
                *values = vec![Cow::Borrowed(REDACTED)];
            }
        });
        if self.pseudonyms.is_empty() {
            return false;
        }
        if let Record::Change(one) = record
            && let Change::ModifyDn(change) = &mut one.change
        {
            self.pseudonyms.rdn(&mut change.new_rdn);
            if let Some(superior) = &mut change.new_superior {
                self.pseudonyms.dn(superior);
            }
        }
        self.pseudonyms.dn(dn_of_mut(record))
    }

    /// Gives attributes their new names, in names too; whether the record's own name changed.
    fn rename(&self, record: &mut Record<'_>) -> bool {
        if self.rename.is_empty() {
            return false;
        }
        each_mut(record, |description, values| {
            if let Some(new) = self.new_name(description) {
                *description = Cow::Owned(new);
            }
            if self.schema.is_dn_valued(description) {
                for value in values {
                    let Ok(mut dn) = Dn::parse(value) else { continue };
                    if self.rename_types(&mut dn.rdns) {
                        *value = Cow::Owned(dn.to_string().into_bytes());
                    }
                }
            }
        });
        if let Record::Change(one) = record
            && let Change::ModifyDn(change) = &mut one.change
        {
            self.rename_types(std::slice::from_mut(&mut change.new_rdn));
            if let Some(superior) = &mut change.new_superior {
                self.rename_types(&mut superior.rdns);
            }
        }
        self.rename_types(&mut dn_of_mut(record).rdns)
    }

    fn rename_types(&self, rdns: &mut [Rdn]) -> bool {
        let mut changed = false;
        for ava in rdns.iter_mut().flat_map(|rdn| &mut rdn.avas) {
            if let Some(new) = self.new_name(&ava.attribute) {
                ava.attribute = new;
                changed = true;
            }
        }
        changed
    }

    /// The new name of an attribute, with the options it has.
    fn new_name(&self, description: &[u8]) -> Option<Vec<u8>> {
        let (_, to) = self.rename.iter().find(|(from, _)| from.has(description))?;
        let mut new = to.to_vec();
        for option in options_of(description) {
            new.push(b';');
            new.extend_from_slice(option);
        }
        Some(new)
    }
}

/// The name of a record.
pub(super) fn dn_of<'r>(record: &'r Record<'_>) -> &'r Dn {
    match record {
        Record::Content(entry) => &entry.dn,
        Record::Change(record) => &record.dn,
    }
}

fn dn_of_mut<'r>(record: &'r mut Record<'_>) -> &'r mut Dn {
    match record {
        Record::Content(entry) => &mut entry.dn,
        Record::Change(record) => &mut record.dn,
    }
}

/// The names in a rename.
fn other_names(record: &Record<'_>) -> Vec<Dn> {
    let Record::Change(record) = record else { return Vec::new() };
    let Change::ModifyDn(change) = &record.change else { return Vec::new() };
    let rdn = Dn { rdns: vec![change.new_rdn.clone()] };
    std::iter::once(rdn).chain(change.new_superior.clone()).collect()
}

/// Leaves out the attributes that do not stay.
fn retain(record: &mut Record<'_>, keeps: impl Fn(&[u8]) -> bool) {
    match record {
        Record::Content(entry) => entry.attributes.retain(|one| keeps(&one.description)),
        Record::Change(record) => match &mut record.change {
            Change::Add(attributes) => attributes.retain(|one| keeps(&one.description)),
            Change::Modify(all) => all.retain(|one| keeps(&one.description)),
            Change::Delete | Change::ModifyDn(_) => {}
        },
    }
}

/// Whether a modify does nothing.
fn is_empty(record: &Record<'_>) -> bool {
    let Record::Change(record) = record else { return false };
    matches!(&record.change, Change::Modify(all) if all.is_empty())
}

/// Hands on each attribute and its values.
fn each<'v>(record: &Record<'v>, mut then: impl FnMut(&[u8], &Values<'v>)) {
    match record {
        Record::Content(entry) => {
            entry.attributes.iter().for_each(|one| then(&one.description, &one.values));
        }
        Record::Change(record) => match &record.change {
            Change::Add(all) => all.iter().for_each(|one| then(&one.description, &one.values)),
            Change::Modify(all) => all.iter().for_each(|one| then(&one.description, &one.values)),
            Change::Delete | Change::ModifyDn(_) => {}
        },
    }
}

/// The same to change them.
fn each_mut<'v>(
    record: &mut Record<'v>,
    mut then: impl FnMut(&mut Cow<'v, [u8]>, &mut Values<'v>),
) {
    match record {
        Record::Content(entry) => {
            entry.attributes.iter_mut().for_each(|a| then(&mut a.description, &mut a.values));
        }
        Record::Change(record) => match &mut record.change {
            Change::Add(all) => {
                all.iter_mut().for_each(|a| then(&mut a.description, &mut a.values));
            }
            Change::Modify(all) => {
                all.iter_mut().for_each(|m| then(&mut m.description, &mut m.values));
            }
            Change::Delete | Change::ModifyDn(_) => {}
        },
    }
}
