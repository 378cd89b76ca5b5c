//! What must be done to an entry before its rename, and what a server would undo meanwhile.
//!
//! A rename gives an entry the values of its new RDN (RFC 4511 section 4.9), and a server takes it
//! only if the entry may have them: its classes allow the attribute, and an attribute of one value
//! has no other. Knows one entry; the order of records is the business of `steps`.

use std::collections::HashSet;

use crate::attribute::{is_object_class, type_of};
use crate::compare::Field;
use crate::dn::{Ava, AvaValue, Dn, Rdn};
use crate::entry::{Attribute, Entry};
use crate::plan::build::Task;
use crate::plan::free::Word;
use crate::plan::journey::{Fields, PLACEHOLDER, States, Way, set, values};
use crate::plan::release::{Release, Role};
use crate::schema::{AttributeType, Mandatory, Schema};
use crate::server::SET_WITH_PASSWORD;

impl<'s> Way<'_, 's> {
    /// Whether a rename of an entry needs the change of its attributes, and whether that needs the rename: both
    /// where a class that allows or demands what its names are made of comes or goes, or an attribute of one value
    /// has another one first; the first where the old name takes a value away that stays.
    pub(super) fn renames_with(&self, old: &Entry<'_>, new: &Entry<'_>) -> (bool, bool) {
        let (Some(from), Some(to)) = (old.dn.rdn(), new.dn.rdn()) else { return (false, false) };
        let schema = self.comparison.schema;
        let held = self.comparison.fields_of_pair(old, [old, new]);
        let known = |ava: &Ava| schema.attribute(&ava.attribute);
        let classes = |entry: &Entry<'_>, attribute: &AttributeType| {
            let allows = schema.allows(entry.object_classes(), attribute);
            (allows, schema.mandatory(entry.object_classes(), attribute))
        };
        let mut naming = from.avas.iter().chain(to.avas.iter()).filter_map(known);
        let by_class = naming.any(|attribute| classes(old, attribute) != classes(new, attribute));
        let equal = |ava: &Ava, one: &[u8], other: &[u8]| {
            self.comparison.equal_by_rule(known(ava), one, other)
        };
        let has = |rdn: &Rdn, ava: &Ava, value: &[u8]| {
            let same = |one: &&Ava| self.comparison.same_attribute(&one.attribute, &ava.attribute);
            rdn.avas.iter().filter(same).any(|one| match &one.value {
                AvaValue::Text(text) => equal(ava, text, value),
                AvaValue::Ber(_) => false,
            })
        };
        let is_full = |ava: &Ava| {
            let (Some(attribute), AvaValue::Text(value)) = (known(ava), &ava.value) else {
                return false;
            };
            let stays = |held: &&[u8]| !has(from, ava, held) && !equal(ava, held, value);
            attribute.single_value
                && values(&held, &ava.attribute, Some(attribute)).iter().any(stays)
        };
        let is_both = by_class || to.avas.iter().any(is_full);
        let kept = self.comparison.fields_of_pair(new, [old, new]);
        let stays = |ava: &Ava| {
            let AvaValue::Text(value) = &ava.value else { return false };
            let mut kept = values(&kept, &ava.attribute, known(ava)).into_iter();
            !has(to, ava, value) && kept.any(|one| equal(ava, one, value))
        };
        (is_both || from.avas.iter().any(stays), is_both)
    }

    /// Gives an entry that is renamed what its last RDN asks for, before its first rename.
    pub(super) fn prepare_rename<'e>(
        &self,
        states: &mut States<'e, 's>,
        hops: &'e [Rdn],
        releases: &'e [Release],
    ) {
        let [first, .., last] = hops else { return };
        self.bring_classes(states, last, releases);
        for ava in last.avas.iter() {
            self.make_room(states, first, ava, releases);
        }
    }

    /// Gives an entry the classes of NEW that let it have what its last RDN is made of, with what they
    /// demand.
    fn bring_classes<'e>(&self, states: &mut States<'e, 's>, last: &Rdn, releases: &'e [Release]) {
        let schema = self.comparison.schema;
        let coming = early_classes(schema, classes(&states.released), &classes(&states.end), last);
        for (demanded, _) in schema.required(coming.iter().copied()) {
            let is_it = |id: Option<&AttributeType>| id.is_some_and(|a| a.id == demanded.id);
            if states.released.iter().any(|field| is_it(field.attribute)) {
                continue;
            }
            if let Some(field) = states.main.iter().find(|field| is_it(field.attribute)) {
                states.released.push(self.awaiting(field, releases));
            }
        }
        let is_class = |field: &&mut Field<'_, 's>| is_object_class(field.description);
        if let Some(field) = states.released.iter_mut().find(is_class) {
            field.values.extend(&coming);
        }
    }

    /// The values of an attribute without those that another entry may still have, or what stands in
    /// for one where there are no others.
    fn awaiting<'e>(&self, field: &Field<'e, 's>, releases: &'e [Release]) -> Field<'e, 's> {
        let awaited: Vec<&Release> =
            releases.iter().filter(|one| one.brings(self.comparison, field.description)).collect();
        let mut early = field.clone();
        early.values.retain(|value| {
            let equal =
                |one: &&Release| self.comparison.equal_by_rule(field.attribute, value, &one.value);
            !awaited.iter().any(equal)
        });
        if early.values.is_empty() {
            early.values.extend(awaited.iter().find_map(|one| one.temporary.as_deref()));
        }
        early
    }

    /// Takes away what an attribute of one value has where the last RDN brings another; where the entry
    /// must have one, it is that, or what stands in for it.
    fn make_room<'e>(
        &self,
        states: &mut States<'e, 's>,
        first: &Rdn,
        ava: &'e Ava,
        releases: &'e [Release],
    ) {
        let schema = self.comparison.schema;
        let AvaValue::Text(value) = &ava.value else { return };
        let Some(attribute) = schema.attribute(&ava.attribute) else { return };
        let held = values(&states.released, &ava.attribute, Some(attribute));
        let equal = |v: &&[u8]| self.comparison.equal_by_rule(Some(attribute), v, value);
        let named = |one: &Ava| self.comparison.same_attribute(&one.attribute, &ava.attribute);
        // The value of the old RDN goes with the rename itself.
        let is_free = held.is_empty() || first.avas.iter().any(named);
        if !attribute.single_value || is_free || held.iter().any(equal) {
            return;
        }
        let demands = schema.mandatory(classes(&states.released).into_iter(), attribute);
        let awaited = releases.iter().find(|one| one.brings(self.comparison, &ava.attribute));
        let room = match (demands, awaited) {
            (Mandatory::No, _) => Vec::new(),
            (_, Some(awaited)) => vec![awaited.temporary.as_deref().unwrap_or(value)],
            (_, None) => vec![value.as_slice()],
        };
        set(&mut states.released, &ava.attribute, Some(attribute), room);
    }

    /// Sets what a server clears or sets when a password changes, whichever of the two it does: what
    /// either side has of it goes before the record that changes the password, and comes after it as NEW has
    /// it, as a whole each time.
    pub(super) fn set_policy_apart<'e>(&self, states: &mut States<'e, 's>) {
        if !self.server.clears_with_password() {
            return;
        }
        let is_here = |states: &States<'e, 's>, name: &str| {
            [&states.start, &states.end].iter().any(|one| !self.held(one, name).is_empty())
        };
        let password = |fields: &Fields<'e, 's>| -> HashSet<&'e [u8]> {
            self.held(fields, "userPassword").into_iter().collect()
        };
        if !SET_WITH_PASSWORD.iter().any(|(name, _)| is_here(states, name))
            || password(&states.start) == password(&states.end)
        {
            return;
        }
        for &(name, of_its_own) in SET_WITH_PASSWORD {
            // Where the policy's attributes are known, one may come that nobody has.
            if of_its_own || is_here(states, name) {
                let kind = self.comparison.schema.attribute(name.as_bytes());
                for fields in [&mut states.released, &mut states.main] {
                    set(fields, name.as_bytes(), kind, vec![UNKNOWN]);
                }
            }
        }
    }

    /// The values of the attribute that is called so.
    fn held<'e>(&self, fields: &Fields<'e, 's>, name: &str) -> Vec<&'e [u8]> {
        values(fields, name.as_bytes(), self.comparison.schema.attribute(name.as_bytes()))
    }
}

impl Task<'_, '_> {
    /// What is to stand in for a value that an entry must have before its rename, where another entry may
    /// still have it.
    pub(super) fn awaited(
        &self,
        [old, new]: [&Entry<'_>; 2],
        description: &[u8],
        value: &[u8],
    ) -> Option<Release> {
        let comparison = self.comparison;
        let schema = comparison.schema;
        let attribute = schema.attribute(type_of(description))?;
        let coming = self.classes_before_rename(old, new);
        let names = |dn: &Dn| comparison.is_naming(description, &[dn]);
        let is_it = |one: &Attribute<'_>| comparison.same_attribute(&one.description, description);
        let comes_first = if names(&old.dn) {
            false
        } else if old.attributes.iter().any(is_it) {
            let mut classes = old.object_classes().chain(coming);
            attribute.single_value
                && names(&new.dn)
                && schema.mandatory(&mut classes, attribute) != Mandatory::No
        } else {
            schema.mandatory(coming.into_iter(), attribute) == Mandatory::Yes
        };
        comes_first.then(|| Release {
            description: description.to_vec(),
            value: value.to_vec(),
            stand_in: Some((Word::Released, attribute.syntax)),
            temporary: None,
            of: 1,
            role: Role::Comes,
        })
    }

    /// Whether what the old RDN is made of stays in an entry when it gets its name in NEW: it must have an
    /// attribute of one value that is in the old name alone.
    pub(super) fn sticks(&self, old: &Entry<'_>, new: &Entry<'_>) -> bool {
        let schema = self.comparison.schema;
        let coming = self.classes_before_rename(old, new);
        let is_demanded = |attribute| {
            let classes = old.object_classes().chain(coming.iter().copied());
            schema.mandatory(classes, attribute) == Mandatory::Yes
        };
        let mut naming = old.dn.rdn().into_iter().flat_map(|rdn| rdn.avas.iter());
        naming.any(|ava| {
            let attribute = schema.attribute(&ava.attribute);
            !self.comparison.is_naming(&ava.attribute, &[&new.dn])
                && attribute.is_some_and(|one| one.single_value && is_demanded(one))
        })
    }

    /// The classes of NEW that an entry gets before its rename, for what its last RDN is made of.
    pub(super) fn classes_before_rename<'e>(
        &self,
        old: &'e Entry<'_>,
        new: &'e Entry<'_>,
    ) -> Vec<&'e [u8]> {
        let all: Vec<&[u8]> = new.object_classes().collect();
        let last = new.dn.rdn();
        let held = || old.object_classes().collect();
        let schema = self.comparison.schema;
        last.map_or_else(Vec::new, |last| early_classes(schema, held(), &all, last))
    }
}

/// The classes of NEW that an entry gets before its rename: they allow what its last RDN is made of,
/// where those it has do not.
fn early_classes<'e>(
    schema: &Schema,
    mut held: Vec<&'e [u8]>,
    new: &[&'e [u8]],
    last: &Rdn,
) -> Vec<&'e [u8]> {
    let first = held.len();
    let text = last.avas.iter().filter(|ava| matches!(ava.value, AvaValue::Text(_)));
    for attribute in text.filter_map(|ava| schema.attribute(&ava.attribute)) {
        if schema.allows(held.iter().copied(), attribute) {
            continue;
        }
        let brings = |class: &&&[u8]| {
            let is_new = !held.iter().any(|old| old.eq_ignore_ascii_case(class));
            is_new && schema.allows(std::iter::once(**class), attribute)
        };
        let coming: Vec<&[u8]> = new.iter().filter(brings).copied().collect();
        held.extend(coming);
    }
    held.split_off(first)
}

/// Stands for a value that nobody knows, because a server makes it of its own accord; never written.
pub(crate) const UNKNOWN: &[u8] = b"\0ldifsync-unknown";

/// The values of `objectClass`.
pub(super) fn classes<'e>(fields: &Fields<'e, '_>) -> Vec<&'e [u8]> {
    let all = fields.iter().filter(|field| is_object_class(field.description));
    all.flat_map(|field| field.values.iter().copied()).collect()
}

/// The values that an attribute of references has between the structure and what comes after it: one
/// that NEW does not have goes with its class, one that a class of NEW demands comes with it.
pub(super) fn between<'e>(
    rest: Vec<&'e [u8]>,
    after: &[&'e [u8]],
    is_demanded: impl FnOnce() -> bool,
) -> Vec<&'e [u8]> {
    match (rest.is_empty() || rest == [PLACEHOLDER], after.is_empty()) {
        (true, true) => Vec::new(),
        (true, false) if is_demanded() => vec![PLACEHOLDER],
        _ => rest,
    }
}
