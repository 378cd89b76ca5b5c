//! What a server refuses though the standard allows it, refused before anything is written.
//!
//! What a selection leaves out is not looked at. Knows what is refused from `server`, and where it
//! stands; how it is said is the business of `error`.

use crate::attribute::{options_of, type_of};
use crate::change::{ModOp, Modification};
use crate::compare::{Comparison, Field};
use crate::dn::{Ava, AvaValue, Dn, Rdn};
use crate::entry::Entry;
use crate::error::{Error, ErrorKind, Result, ServerFault};
use crate::matching::named_twice;
use crate::plan::build::Task;
use crate::plan::configuration::{is_configuration, is_needed};
use crate::plan::journey::{name, place};
use crate::plan::names::Names;
use crate::plan::tree::{Named, Node, NodeKind, Tree};
use crate::schema::{Structural, Syntax};
use crate::server::{Server, is_name_of_deleted};

/// The modules that slapd has loaded.
const MODULES: &[u8] = b"olcModuleLoad";

type Verdict = std::result::Result<(), ServerFault>;

impl Task<'_, '_> {
    /// Refuses names that the server would not give an entry.
    pub(super) fn refuse_names(&self, tree: &Tree) -> Result<()> {
        let nodes: Vec<_> = tree.nodes.iter().filter(|node| !node.left_out).collect();
        self.each(&nodes, |node| {
            let Some(new) = &node.new else { return self.refuse_to_give_up(node) };
            let verdict = match (node.kind, &node.old) {
                // Its classes say what names it, where the server minds.
                (NodeKind::Add, _) if self.server.is_narrow() => {
                    let entry = self.new.entry(new.extent)?;
                    self.judge_name(new, self.naming_attribute(&entry))
                }
                (NodeKind::Add, _) => self.judge_name(new, None),
                (_, Some(old)) if self.is_renumbered(old, new) => {
                    Err(ServerFault::OwnNumber { name: new.rdn.to_string().into_bytes() })
                }
                (_, old) => self.judge_name(new, old.as_ref().and_then(|old| of_rdn(&old.rdn))),
            };
            verdict.map_err(|fault| self.new.error_in(ErrorKind::Server(fault), new.extent))
        })?;
        Ok(())
    }

    /// Refuses to delete what slapd never gives up.
    fn refuse_to_give_up(&self, node: &Node) -> Result<()> {
        let Some(old) = node.old.as_ref().filter(|old| is_needed(self.server, &old.dn)) else {
            return Ok(());
        };
        let fault = ServerFault::KeptConfiguration { name: old.rdn.to_string().into_bytes() };
        Err(self.old.error_in(ErrorKind::Server(fault), old.extent))
    }

    /// The fault of an entry whose temporary name has to be a third boolean, which there is not (RFC 4517
    /// section 3.3.3).
    pub(super) fn has_no_third_name(&self, node: &Node, temporary: &Rdn) -> Option<Error> {
        let old = node.old.as_ref()?;
        let schema = self.comparison.schema;
        let is_boolean = |ava: &&Ava| {
            !old.rdn.avas.contains(ava)
                && schema.attribute(&ava.attribute).is_some_and(|a| a.syntax == Syntax::Boolean)
        };
        let attribute = temporary.avas.iter().find(is_boolean)?.attribute.clone();
        let fault = ServerFault::NoThirdName { attribute };
        Some(self.old.error_in(ErrorKind::Server(fault), old.extent))
    }

    fn judge_name(&self, new: &Named, wanted: Option<&[u8]>) -> Verdict {
        if !self.server.keeps_nul_in_names() && has_nul(&new.rdn) {
            return Err(ServerFault::NulInName);
        }
        if self.server.is_narrow() && new.rdn.avas.len() > 1 {
            return Err(ServerFault::SeveralInRdn { rdn: new.rdn.to_string().into_bytes() });
        }
        let twice = named_twice(self.comparison.schema, &new.rdn);
        if let Some(attribute) = twice.filter(|_| !self.server.takes_attribute_twice()) {
            return Err(ServerFault::NamedTwice { attribute: attribute.to_vec() });
        }
        if !self.server.is_narrow() {
            return Ok(());
        }
        match (wanted, of_rdn(&new.rdn)) {
            (Some(wanted), Some(found)) if !self.comparison.same_attribute(wanted, found) => {
                let (wanted, found) = (wanted.to_vec(), found.to_vec());
                Err(ServerFault::NamingAttribute { wanted, found })
            }
            _ => Ok(()),
        }
    }

    /// Whether an entry of `cn=config` gets another `{n}`: slapd gives those, and by the time of the rename
    /// has given it already.
    fn is_renumbered(&self, old: &Named, new: &Named) -> bool {
        let [before, after] = [old, new].map(|named| own_numbers(&named.rdn));
        is_configuration(self.server, &old.dn)
            && !before.is_empty()
            && !after.is_empty()
            && before != after
    }

    /// The attribute that must name an entry: that of its structural class, or the one that all its
    /// classes agree on.
    fn naming_attribute(&self, entry: &Entry<'_>) -> Option<&'static [u8]> {
        let schema = self.comparison.schema;
        let of = |class: &str| self.server.naming_attribute(class).map(str::as_bytes);
        if let Structural::Known(class) = schema.structural_class(entry.object_classes()) {
            return of(class.names.first()?);
        }
        let known: Option<Vec<_>> = entry.object_classes().map(|name| schema.class(name)).collect();
        let known = known?;
        let mut all = known.iter().filter_map(|class| of(class.names.first()?));
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }
}

/// Judges what is written of an entry.
pub(super) struct Judge<'j, 's> {
    pub(super) server: Server,
    pub(super) comparison: &'j Comparison<'s>,
    pub(super) names: &'j Names<'s>,
}

impl Judge<'_, '_> {
    /// The modifications of an entry of this name.
    pub(super) fn modifications(&self, rdn: Option<&Rdn>, all: &[Modification<'_>]) -> Verdict {
        let goes = |one: &&Modification<'_>| one.op != ModOp::Add && self.loads([*one]);
        if let Some(one) = all.iter().find(goes) {
            return Err(ServerFault::KeptConfiguration { name: one.description.to_vec() });
        }
        for one in all.iter().filter(|_| self.server.refuses_more()) {
            let values = one.values.iter().map(AsRef::as_ref);
            let comes = if one.op == ModOp::Delete { 0 } else { usize::MAX };
            self.attribute(&one.description)?;
            if self.server.is_narrow() && self.names_entry(rdn, &one.description) {
                return Err(ServerFault::SecondName { attribute: one.description.to_vec() });
            }
            values.take(comes).try_for_each(|value| self.value(&one.description, value))?;
        }
        Ok(())
    }

    /// Whether any of these modifications is one of the modules that slapd has loaded.
    pub(super) fn loads<'m>(&self, all: impl IntoIterator<Item = &'m Modification<'m>>) -> bool {
        let names_modules =
            |one: &Modification<'_>| type_of(&one.description).eq_ignore_ascii_case(MODULES);
        self.server.numbers_its_configuration() && all.into_iter().any(names_modules)
    }

    /// The attributes of an entry of this name that is added.
    pub(super) fn addition(&self, rdn: Option<&Rdn>, fields: &[Field<'_, '_>]) -> Verdict {
        for field in fields.iter().filter(|_| self.server.refuses_more()) {
            self.attribute(field.description)?;
            let several = field.values.len() > 1 && self.names_entry(rdn, field.description);
            if self.server.is_narrow() && several {
                return Err(ServerFault::SecondName { attribute: field.description.to_vec() });
            }
            field.values.iter().try_for_each(|value| self.value(field.description, value))?;
        }
        Ok(())
    }

    /// An entry of these fields after these modifications: some attributes of accounts and groups can be
    /// given one value only, though the schema allows several.
    pub(super) fn single(
        &self,
        entry: &Entry<'_>,
        end: &[Field<'_, '_>],
        all: &[Vec<Modification<'_>>],
    ) -> Verdict {
        for field in end.iter().filter(|f| f.values.len() > 1) {
            let comes = |one: &Modification<'_>| {
                one.op != ModOp::Delete
                    && self.comparison.same_attribute(&one.description, field.description)
            };
            if entry.object_classes().any(|class| self.server.has_one(class, field.attribute))
                && all.iter().flatten().any(comes)
            {
                return Err(ServerFault::SeveralValues { attribute: field.description.to_vec() });
            }
        }
        Ok(())
    }

    fn names_entry(&self, rdn: Option<&Rdn>, description: &[u8]) -> bool {
        let same = |name: &[u8]| self.comparison.same_attribute(name, description);
        rdn.into_iter().flat_map(|rdn| rdn.avas.iter()).any(|ava| same(&ava.attribute))
    }

    fn attribute(&self, description: &[u8]) -> Verdict {
        let attribute = description.to_vec();
        if !self.server.is_narrow() {
            return Ok(());
        }
        if options_of(description).next().is_some() {
            return Err(ServerFault::Options { attribute });
        }
        let is_oid = description.first().is_some_and(u8::is_ascii_digit);
        let named = self.server.own_name(self.comparison.schema, description).is_some();
        if is_oid && !named { Err(ServerFault::NamelessOid { attribute }) } else { Ok(()) }
    }

    fn value(&self, description: &[u8], value: &[u8]) -> Verdict {
        if self.server.is_narrow() && value.is_empty() {
            return Err(ServerFault::EmptyValue { attribute: description.to_vec() });
        }
        let attribute = self.comparison.schema.attribute(type_of(description));
        name(attribute, value).map_or(Ok(()), |dn| self.target(description, value, &dn))
    }

    fn target(&self, description: &[u8], value: &[u8], dn: &Dn) -> Verdict {
        let (attribute, name) = (description.to_vec(), value.to_vec());
        if !self.server.keeps_nul_in_names() && dn.rdns.iter().any(has_nul) {
            return Err(ServerFault::NulInName);
        }
        if !self.server.is_narrow() {
            return Ok(());
        }
        if is_name_of_deleted(dn) {
            return Err(ServerFault::DeletedTarget { attribute, name });
        }
        if self.names.goes(dn) && !self.names.comes(dn) {
            return Err(ServerFault::MissingTarget { attribute, name });
        }
        Ok(())
    }
}

fn of_rdn(rdn: &Rdn) -> Option<&[u8]> {
    rdn.avas.first().map(|ava| ava.attribute.as_slice())
}

/// The numbers in an RDN of `cn=config`, `{1}` of `olcOverlay={1}refint`.
fn own_numbers(rdn: &Rdn) -> Vec<&[u8]> {
    let texts = rdn.avas.iter().filter_map(|ava| match &ava.value {
        AvaValue::Text(text) => Some(text.as_slice()),
        AvaValue::Ber(_) => None,
    });
    texts.filter_map(place).collect()
}

fn has_nul(rdn: &Rdn) -> bool {
    rdn.avas.iter().any(|ava| matches!(&ava.value, AvaValue::Text(text) if text.contains(&0)))
}
