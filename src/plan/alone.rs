//! The states of an entry that one export alone has: it goes, or it comes.
//!
//! What refers to names that change goes before it does, or comes after it. Knows nothing of the
//! order in which entries go and come.

use crate::compare::Field;
use crate::dn::Dn;
use crate::entry::Entry;
use crate::matching::dn_matches;
use crate::plan::journey::{Fields, PLACEHOLDER, Way, name, release};
use crate::plan::release::Release;
use crate::plan::spelled::Heading;
use crate::schema::AttributeType;
use crate::server::Server;

impl<'p, 's> Way<'p, 's> {
    /// The attributes of an entry that goes, and the same without the references and values that
    /// go before it does.
    ///
    /// Its references to what goes too are taken out first: a server that keeps references whole
    /// would take them out itself, and an import that stopped between the two would have lost them.
    pub fn departure<'e>(
        &self,
        old: &'e Entry<'_>,
        releases: &'e [Release],
    ) -> (Fields<'e, 's>, Fields<'e, 's>)
    where
        'p: 'e,
    {
        let mut start = self.comparison.writable_fields(old);
        self.open_leaving(&old.dn, &mut start);
        let later = self.server.follows_later();
        let mut released = start.clone();
        for field in released.iter_mut().filter(|field| self.refers_apart(field, old)) {
            let attribute = field.attribute;
            let is_touched = |dn: &Dn| {
                self.names.goes(dn)
                    || (later && self.names.comes(dn))
                    || self.is_held(&old.dn, attribute, dn)
            };
            let goes = |v: &[u8]| {
                let cut = |dn: &Dn| self.names.cuts(v, dn, Heading::Back);
                name(attribute, v).is_some_and(|dn| is_touched(&dn) || cut(&dn))
            };
            field.values.retain(|v| !goes(v));
            if field.values.is_empty() && self.is_mandatory(old, field.attribute) {
                field.values.push(PLACEHOLDER);
            }
        }
        released.retain(|field| !field.values.is_empty());
        release(self.comparison, &mut released, releases);
        (start, released)
    }

    /// The states of an entry that comes: as it is added, and as NEW has it. What refers to names
    /// that are not there before move number `n`, or that another entry leaves (a server may still be
    /// following that rename), comes later; where nothing mandatory would be left, a placeholder stands
    /// in for it.
    pub fn arrival<'e>(&self, new: &'e Entry<'_>, n: usize) -> (Fields<'e, 's>, Fields<'e, 's>)
    where
        'p: 'e,
    {
        let mut end = self.comparison.fields_of_added(new);
        self.close_coming(&new.dn, &mut end);
        for field in end.iter_mut().filter(|f| f.attribute.is_some_and(|a| a.syntax.is_dn())) {
            let attribute = field.attribute;
            field.values.retain(|v| !self.is_withheld(attribute, v));
        }
        end.retain(|field| !field.values.is_empty());
        let later = self.server.follows_later();
        let mut first = end.clone();
        for field in first.iter_mut().filter(|field| self.refers_apart(field, new)) {
            let settled = |dn: &Dn| {
                let is_left = self.names.is_reused(dn) || (later && self.names.goes(dn));
                self.names.is_there(dn, n)
                    && !is_left
                    && !self.is_held(&new.dn, field.attribute, dn)
            };
            let there = |v: &&[u8]| {
                let cut = |dn: &Dn| self.names.cuts(v, dn, Heading::There);
                name(field.attribute, v).is_none_or(|dn| settled(&dn) && !cut(&dn))
            };
            let now: Vec<&'e [u8]> = field.values.iter().copied().filter(there).collect();
            let is_kept = !now.is_empty() || !self.is_mandatory(new, field.attribute);
            field.values = if is_kept { now } else { vec![PLACEHOLDER] };
        }
        first.retain(|field| !field.values.is_empty());
        (first, end)
    }

    /// Whether values of an attribute name entries, and may come later or go earlier than their own entry: what
    /// stands in its RDN does not.
    fn refers_apart(&self, field: &Field<'_, '_>, entry: &Entry<'_>) -> bool {
        field.attribute.is_some_and(|attribute| attribute.syntax.is_dn())
            && !self.comparison.is_naming(field.description, &[&entry.dn])
    }

    /// How many references of an entry that comes are left out, because the entries they name do not
    /// come.
    pub fn withheld(&self, new: &Entry<'_>) -> u64 {
        if !self.names.any_withheld() {
            return 0;
        }
        let fields = self.comparison.fields_of_added(new);
        let referring = fields.iter().filter(|f| f.attribute.is_some_and(|a| a.syntax.is_dn()));
        let values = referring.flat_map(|f| f.values.iter().map(|v| (f.attribute, *v)));
        values.filter(|(attribute, v)| self.is_withheld(*attribute, v)).count() as u64
    }

    /// Whether a group of this name holds, among its members, the entry right above it, on 389: its MemberOf
    /// writes that entry in the step in which the server counts what is below it, and where the group
    /// goes the server may count it for ever, so that nobody can delete the entry above (66).
    fn is_held(&self, group: &Dn, attribute: Option<&AttributeType>, member: &Dn) -> bool {
        self.server == Server::Ds389
            && attribute.is_some_and(|attribute| self.server.may_lose_names(attribute))
            && group
                .parent()
                .is_some_and(|above| dn_matches(self.comparison.schema, &above, member))
    }

    fn is_withheld(&self, attribute: Option<&AttributeType>, value: &[u8]) -> bool {
        name(attribute, value).is_some_and(|dn| self.names.is_withheld(&dn))
    }
}
