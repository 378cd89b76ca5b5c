//! What is done to a record that stays: attributes left out, values replaced, names moved.
//!
//! Attributes are named as the input has them: they get their new names last. What is to stay or to be
//! hidden may be named by a new name, too.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::attribute::{begins_a_change, is_object_class, option_set, options_of, type_of};
use crate::change::{Change, Record};
use crate::compare::{Comparison, Mode, Selection};
use crate::dn::{Ava, Rdn};
use crate::entry::Attribute;
use crate::error::{Error, ErrorKind, Result, ShapeFault, UsageFault};
use crate::matching::{Reference, named_twice};
use crate::schema::{AttributeType, Schema};
use crate::server::Server;
use crate::source::Rebase;
use crate::text::{Escaped, number_of};
use crate::transform::Options;
use crate::transform::attributes::Attributes;
use crate::transform::pseudonym::Pseudonyms;
use crate::transform::walk::{attributes_mut, dn_of, dn_of_mut, each_mut, is_empty, retain};

/// What stands in the place of redacted values.
const REDACTED: &[u8] = b"***REDACTED***";

/// All edits, ready to be made.
pub(super) struct Edits<'o> {
    pub(super) schema: &'o Schema,
    only: Attributes<'o>,
    except: Attributes<'o>,
    operational: bool,
    pub(super) redact: Attributes<'o>,
    pub(super) pseudonyms: Pseudonyms<'o>,
    rename: Vec<(Attributes<'o>, &'o [u8])>,
    rebase: Option<&'o Rebase>,
    /// Whether any name was.
    has_rebased: AtomicBool,
    rebased: Meeting,
    renamed: Meeting,
    /// Whether a record goes through as it is, but for what only the server may write.
    pub(super) is_plain: bool,
}

/// Entries that were given a name of a kind, and those that had one before: two of them may have the
/// same name now.
#[derive(Debug, Default)]
struct Meeting {
    /// Whether any was given one.
    come: AtomicBool,
    /// How many had one.
    there: AtomicU64,
}

impl Meeting {
    fn note(&self, comes: bool, is_there: bool) {
        if comes && !self.come.load(Ordering::Relaxed) {
            self.come.store(true, Ordering::Relaxed);
        }
        if is_there {
            self.there.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A sentence on those that had such a name, where others were given one; `what` they had.
    fn told(&self, what: &str) -> Option<String> {
        let there = self.there.load(Ordering::Relaxed);
        let records = number_of(there, "record", "records");
        let meet = self.come.load(Ordering::Relaxed) && there > 0;
        meet.then(|| {
            format!(
                "{records} had {what} before, as others have now: `check` or `--sort dn` tells whether a \
                 name is there twice"
            )
        })
    }
}

/// What only the server of an export may write.
pub(super) struct ServerOnly<'o>(Comparison<'o>);

impl<'o> ServerOnly<'o> {
    pub(super) fn of(schema: &'o Schema, server: Server) -> ServerOnly<'o> {
        ServerOnly(Comparison::new(schema, server, Mode::default(), Selection::default()))
    }
}

/// Names of attributes, with the old names of those that are among them under a new one.
fn with_old_names(schema: &Schema, named: &[Vec<u8>], options: &Options) -> Vec<Vec<u8>> {
    let is_named = |to: &Vec<u8>| named.iter().any(|name| schema.same_attribute(name, to));
    let renamed = options.rename_attributes.iter().filter(|(_, to)| is_named(to));
    named.iter().chain(renamed.map(|(from, _)| from)).cloned().collect()
}

impl<'o> Edits<'o> {
    /// Prepares them.
    ///
    /// # Errors
    ///
    /// An attribute has a syntax of which there are no pseudonyms; `objectClass` would be edited; a new
    /// name is no attribute's.
    pub(super) fn new(options: &'o Options, schema: &'o Schema) -> Result<Edits<'o>> {
        for (option, named) in [
            ("--redact", options.redact.iter().collect::<Vec<_>>()),
            ("--pseudonymise", options.pseudonymise.iter().collect()),
            (
                "--rename-attribute",
                options.rename_attributes.iter().map(|(from, _)| from).collect(),
            ),
        ] {
            let kept = |name: &&&Vec<u8>| schema.same_attribute(type_of(name), b"objectClass");
            if let Some(name) = named.iter().find(kept) {
                let attribute = String::from_utf8_lossy(name).into_owned();
                let fault = UsageFault::KeptAttribute { option, attribute };
                return Err(Error::new(ErrorKind::Usage(fault)));
            }
        }
        let is_reserved = |to: &&Vec<u8>| begins_a_change(to) || to.eq_ignore_ascii_case(b"dn");
        if let Some(name) = options.rename_attributes.iter().map(|(_, to)| to).find(is_reserved) {
            let name = String::from_utf8_lossy(name).into_owned();
            return Err(Error::new(ErrorKind::Usage(UsageFault::ReservedName { name })));
        }
        let names = || options.rename_attributes.iter().map(|(from, _)| from);
        let is_second = |(n, name): &(usize, &Vec<u8>)| {
            names().take(*n).any(|before| schema.same_attribute(before, name))
        };
        if let Some((_, name)) = names().enumerate().find(is_second) {
            let attribute = String::from_utf8_lossy(name).into_owned();
            return Err(Error::new(ErrorKind::Usage(UsageFault::RenamedTwice { attribute })));
        }
        let set = |names: &[Vec<u8>]| Attributes::new(schema, names);
        let rename = options.rename_attributes.iter();
        let rename: Vec<_> =
            rename.map(|(from, to)| (set(std::slice::from_ref(from)), to.as_slice())).collect();
        let edits = [&options.attributes, &options.exclude_attributes, &options.redact];
        let none = edits.into_iter().chain([&options.pseudonymise]).all(Vec::is_empty);
        Ok(Edits {
            schema,
            only: set(&with_old_names(schema, &options.attributes, options)),
            except: set(&options.exclude_attributes),
            operational: options.operational,
            redact: set(&with_old_names(schema, &options.redact, options)),
            pseudonyms: Pseudonyms::new(
                schema,
                &with_old_names(schema, &options.pseudonymise, options),
                &options.seed,
            )?,
            is_plain: none && rename.is_empty() && options.rebase.is_none(),
            rename,
            rebase: options.rebase.as_ref(),
            has_rebased: AtomicBool::new(false),
            rebased: Meeting::default(),
            renamed: Meeting::default(),
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
        self.refuse(record)?;
        let mut renamed = false;
        let is_entry = attributes_mut(record).is_some();
        if let Some(rebase) = self.rebase {
            if rebase.leads_to_root(self.schema, record) {
                return Err(ErrorKind::Shape(ShapeFault::BecomesRoot));
            }
            let before = dn_of(record).clone();
            if !self.has_rebased.load(Ordering::Relaxed) && rebase.meets(self.schema, record) {
                self.has_rebased.store(true, Ordering::Relaxed);
            }
            rebase.record(self.schema, record);
            renamed = before != *dn_of(record);
            if is_entry {
                let comes = rebase.dn(self.schema, &before).is_some();
                self.rebased.note(comes, !comes && rebase.has(self.schema, &before));
            }
        }
        // The suffix is that of the input, and hidden with all else where it is to be.
        renamed |= self.values(record);
        let has_new_name = is_entry && self.has_new_name(&dn_of(record).rdns);
        let comes = self.rename(record)?;
        if is_entry {
            self.renamed.note(comes, has_new_name);
        }
        renamed |= comes;
        if renamed {
            *name = Cow::Owned(dn_of(record).to_string().into_bytes());
        }
        Ok(true)
    }

    /// A sentence on what was named for an edit and never met: it may be a slip of the pen, and what
    /// was to be hidden is not. `record` says which records were looked at.
    pub(super) fn unmet(&self, record: &str) -> Option<String> {
        let edits = [&self.redact, self.pseudonyms.attributes()].into_iter();
        let edits = edits.chain(self.rename.iter().map(|(from, _)| from));
        let is_new_name = |name: &&[u8]| self.rename.iter().any(|(_, to)| to == name);
        let is_left_out = |name: &&[u8]| {
            self.except.lists(name) || (!self.only.is_empty() && !self.only.lists(name))
        };
        let edited = edits.flat_map(Attributes::unmet).filter(|name| !is_left_out(name));
        // The name of an entry is no attribute of it, but may be a column.
        let only = self.only.unmet().filter(|name| !name.eq_ignore_ascii_case(b"dn"));
        let all = self.except.unmet().chain(only).chain(edited);
        let mut unmet: Vec<String> = Vec::new();
        for name in all.filter(|name| !is_new_name(name)) {
            let name = format!("`{}`", Escaped(name));
            if !unmet.contains(&name) {
                unmet.push(name);
            }
        }
        let names = unmet.join(", ");
        (!unmet.is_empty()).then(|| format!("no {record} has {names}: is the name spelled right?"))
    }

    /// A sentence on a suffix that no record has.
    pub(super) fn unmet_suffix(&self, record: &str) -> Option<String> {
        let unmet = self.rebase.filter(|_| !self.has_rebased.load(Ordering::Relaxed))?;
        let from = unmet.from.to_string();
        let from = Escaped(from.as_bytes());
        Some(format!("no {record} has a name at or below `{from}`: is the suffix spelled right?"))
    }

    /// A sentence on subtypes of what was named to be hidden or left out: they were not.
    pub(super) fn subtypes(&self) -> Option<String> {
        let all = [&self.except, &self.redact, self.pseudonyms.attributes()];
        let hidden = |name: &[u8]| all.iter().any(|names| names.lists(name));
        let met = all.iter().flat_map(|names| names.subtypes_met());
        let name = |one: &AttributeType| one.names.first().map(|name| name.as_bytes().to_vec());
        let met = met.filter_map(|(one, above)| Some((name(one)?, above)));
        let stay = met.filter(|(name, _)| !hidden(name));
        let stay: BTreeSet<String> =
            stay.map(|(name, of)| format!("`{}` of `{}`", Escaped(&name), Escaped(of))).collect();
        let stay: Vec<String> = stay.into_iter().collect();
        (!stay.is_empty()).then(|| {
            let stay = stay.join(", ");
            format!("subtypes by the schema stay as they are unless they are named: {stay}")
        })
    }

    /// Sentences on names that may be there twice.
    pub(super) fn meetings(&self) -> impl Iterator<Item = String> {
        let rebased = self.rebased.told("a name below the new suffix");
        let renamed = self.renamed.told("the new name of an attribute in their names");
        rebased.into_iter().chain(renamed)
    }

    /// Whether values are hidden: nothing of them may be left anywhere.
    pub(super) fn hides(&self) -> bool {
        !self.redact.is_empty() || !self.pseudonyms.is_empty()
    }

    /// Whether names are read and not only copied.
    pub(super) fn touches_names(&self) -> bool {
        self.hides() || self.rebase.is_some() || !self.rename.is_empty()
    }

    /// Whether an attribute stays. `objectClass` and what names the entry always do: an attribute with
    /// options does not name it.
    fn keeps(&self, server_only: &ServerOnly<'_>, rdn: Option<&Rdn>, description: &[u8]) -> bool {
        let kind = type_of(description);
        let comparison = &server_only.0;
        // Both are asked, so that what they met is known.
        let (is_wanted, is_left_out) = (self.only.has(description), self.except.has(description));
        if !is_wanted && !self.operational && comparison.is_server_only(description) {
            return false;
        }
        let names = || {
            let mut avas = rdn.into_iter().flat_map(|rdn| rdn.avas.iter());
            kind.len() == description.len()
                && avas.any(|ava| comparison.same_attribute(&ava.attribute, kind))
        };
        let is_taken = is_wanted || self.only.is_empty();
        (is_taken && !is_left_out) || is_object_class(kind) || names()
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
    fn rename(&self, record: &mut Record<'_>) -> Result<bool, ErrorKind> {
        if self.rename.is_empty() {
            return Ok(false);
        }
        let mut fault = None;
        each_mut(record, |description, values| {
            let kind = self.schema.attribute(type_of(description));
            for value in values {
                let Some(mut name) = Reference::parse(kind, value) else { continue };
                match self.rename_types(&mut name.dn.rdns) {
                    Ok(true) => *value = Cow::Owned(name.to_value()),
                    Ok(false) => {}
                    Err(err) => fault = Some(err),
                }
            }
            if let Some(new) = self.new_name(description) {
                *description = Cow::Owned(new);
            }
        });
        if let Some(fault) = fault {
            return Err(fault);
        }
        if let Some(attributes) = attributes_mut(record) {
            self.unite(attributes);
        }
        if let Record::Change(one) = record
            && let Change::ModifyDn(change) = &mut one.change
        {
            self.rename_types(std::slice::from_mut(&mut change.new_rdn))?;
            if let Some(superior) = &mut change.new_superior {
                self.rename_types(&mut superior.rdns)?;
            }
        }
        self.rename_types(&mut dn_of_mut(record).rdns)
    }

    /// An attribute that has got the name of another one has the values of both; what is the same to
    /// the last byte is one value.
    fn unite(&self, attributes: &mut Vec<Attribute<'_>>) {
        let renamed = |one: &Attribute<'_>| {
            let kind = type_of(&one.description);
            let which =
                self.rename.iter().position(|(_, to)| self.schema.same_attribute(to, kind))?;
            Some((which, option_set(&one.description)))
        };
        let mut places = HashMap::new();
        let all = std::mem::take(attributes);
        for one in all {
            let at = match renamed(&one) {
                None => attributes.len(),
                Some(name) => *places.entry(name).or_insert(attributes.len()),
            };
            let Some(there) = attributes.get_mut(at) else {
                attributes.push(one);
                continue;
            };
            let mut held: HashSet<Vec<u8>> = there.values.iter().map(|v| v.to_vec()).collect();
            there.values.extend(one.values.into_iter().filter(|value| held.insert(value.to_vec())));
        }
    }

    fn rename_types(&self, rdns: &mut [Rdn]) -> Result<bool, ErrorKind> {
        let mut changed = false;
        for rdn in rdns {
            let new: Vec<_> = rdn.avas.iter().map(|ava| self.new_name(&ava.attribute)).collect();
            if new.iter().all(Option::is_none) {
                continue;
            }
            // All at once: one may get the name that another gives up.
            let renamed = rdn.avas_mut().iter_mut().zip(new);
            for (ava, new) in renamed.filter_map(|(ava, new)| Some((ava, new?))) {
                ava.attribute = new;
            }
            changed = true;
            if let Some(attribute) = named_twice(self.schema, rdn) {
                let attribute = attribute.to_vec();
                return Err(ErrorKind::Shape(ShapeFault::TypeTwice { attribute }));
            }
        }
        Ok(changed)
    }

    /// Whether an attribute in a name has one of the new names.
    fn has_new_name(&self, rdns: &[Rdn]) -> bool {
        let is_new = |ava: &Ava| {
            self.rename.iter().any(|(_, to)| self.schema.same_attribute(to, &ava.attribute))
        };
        rdns.iter().flat_map(|rdn| rdn.avas.iter()).any(is_new)
    }

    /// The new name of an attribute, with the options it has.
    fn new_name(&self, description: &[u8]) -> Option<Vec<u8>> {
        let (_, to) = self.rename.iter().find(|(from, _)| from.has(description))?;
        Some(with_options_of(to, description))
    }

    /// What columns of these names are called, each once: an attribute that gets a new name may be named by
    /// either.
    pub(super) fn columns(&self, named: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut columns = Vec::with_capacity(named.len());
        for name in named {
            let renamed = self.rename.iter().find(|(from, _)| from.lists(name));
            let name = renamed.map_or(name.clone(), |(_, to)| with_options_of(to, name));
            if !columns.contains(&name) {
                columns.push(name);
            }
        }
        columns
    }
}

/// A name with the options of a description.
fn with_options_of(name: &[u8], description: &[u8]) -> Vec<u8> {
    let mut new = name.to_vec();
    for option in options_of(description) {
        new.push(b';');
        new.extend_from_slice(option);
    }
    new
}
