//! What changes do to the attributes of one entry (RFC 4511 sections 4.6 and 4.9, RFC 4525).
//!
//! A record is performed as a whole or not at all: what it did before it failed is taken back.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::apply::held::{Equality, Held, Value};
use crate::apply::law::{INVALID_VALUE, Law};
use crate::attribute::{is_object_class, option_set, type_of};
use crate::change::{ModOp, Modification};
use crate::dn::{AvaValue, Dn, Rdn};
use crate::entry::{Attribute, Entry};
use crate::error::{Breach, Origin, Refusal};
use crate::matching::{conforms, normalize};
use crate::schema::{MatchingRule, Schema, Structural, Syntax};
use crate::server::{Permissive, Server};

/// So many attributes are looked through; more are indexed.
const FEW: usize = 32;

/// The attributes of an entry.
#[derive(Debug, Default)]
pub(super) struct State {
    attributes: Vec<(Cow<'static, [u8]>, Held)>,
    /// Where each attribute stands, made when there are many.
    places: Option<HashMap<Vec<u8>, usize>>,
    /// What the record that is being performed did, the last at the end.
    done: Vec<Done>,
    /// Whether it is an entry that the schema allows.
    is_lawful: bool,
}

/// A step, with what takes it back.
#[derive(Debug)]
enum Done {
    /// A value was added to this attribute.
    Pushed(usize),
    /// A value was taken out of this slot of an attribute.
    Taken(usize, usize, Value),
    /// This attribute had these values.
    Replaced(usize, Held),
}

impl State {
    /// The attributes of an entry of an export, brought together where one stands under several
    /// names.
    pub(super) fn of_export(law: Law<'_>, attributes: Vec<Attribute<'static>>) -> State {
        let (schema, mut state) = (law.schema, State::default());
        for Attribute { description, values } in attributes {
            match state.find(schema, &description) {
                None => state.attributes.push((description, Held::new(values))),
                Some(at) => {
                    let held = state.attributes[at].1.values().cloned();
                    state.attributes[at].1 = Held::new(held.chain(values).collect());
                }
            }
        }
        state.is_lawful = law.holds(&state);
        state
    }

    /// The attributes of an entry that is added, which has the values of its RDN in any case (RFC
    /// 4512 section 2.3.1).
    pub(super) fn of_add(
        law: Law<'_>,
        attributes: Vec<Attribute<'static>>,
        rdn: Option<&Rdn>,
    ) -> Result<State, Refusal> {
        let (schema, mut state) = (law.schema, State { is_lawful: true, ..State::default() });
        for Attribute { description, values } in attributes {
            law.values(&description, values.iter().map(|value| &**value), INVALID_VALUE)?;
            law.current(&description)?;
            refuse_several(schema, &description, values.len())?;
            let at = state.place(schema, &description);
            if !state.attributes[at].0.eq_ignore_ascii_case(&description) {
                return Err(Refusal::AttributeTwice { attribute: description.into_owned() });
            }
            for value in values {
                if !state.push(schema, at, value) {
                    let attribute = description.into_owned();
                    return Err(Refusal::ValueExists { attribute, origin: None });
                }
            }
        }
        let conflict = state.conflict(schema, rdn);
        if conflict.is_none() {
            state.give(schema, rdn);
        }
        let refused = |breach| Refusal::Unlawful { breach, origin: None };
        law.classes(&state, None).map_err(refused)?;
        if let Some(attribute) = conflict {
            return Err(Refusal::NamingConflict { attribute });
        }
        law.attributes(&state).map_err(refused)?;
        state.commit();
        Ok(state)
    }

    /// The attributes that have values, and how many.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&[u8], usize)> {
        let all = self.attributes.iter().map(|(description, held)| (&**description, held.len()));
        all.filter(|(_, count)| *count > 0)
    }

    /// The object classes.
    pub(super) fn classes(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.attributes.iter().filter(|(description, _)| is_object_class(description));
        all.flat_map(|(_, held)| held.values().map(|value| &**value))
    }

    /// The entry that has them.
    pub(super) fn entry(&self, dn: Dn) -> Entry<'_> {
        let held = self.attributes.iter().filter(|(_, held)| !held.is_empty());
        let attributes = held.map(|(description, held)| Attribute {
            description: Cow::Borrowed(description),
            values: held.values().map(|value| Cow::Borrowed(&**value)).collect(),
        });
        Entry { dn, attributes: attributes.collect() }
    }

    fn find(&mut self, schema: &Schema, description: &[u8]) -> Option<usize> {
        if self.attributes.len() <= FEW {
            let same =
                |(other, _): &(Cow<'_, [u8]>, Held)| schema.same_attribute(other, description);
            return self.attributes.iter().position(same);
        }
        let attributes = &self.attributes;
        let places = self.places.get_or_insert_with(HashMap::new);
        // What came since the last look is at the end.
        for (at, (other, _)) in attributes.iter().enumerate().skip(places.len()) {
            places.insert(key(schema, other), at);
        }
        places.get(&key(schema, description)).copied()
    }

    /// Where an attribute stands, at the end if it was not there.
    fn place(&mut self, schema: &Schema, description: &[u8]) -> usize {
        self.find(schema, description).unwrap_or_else(|| {
            self.attributes.push((Cow::Owned(description.to_vec()), Held::default()));
            self.attributes.len() - 1
        })
    }

    fn equality<'s>(&self, schema: &'s Schema, at: usize) -> Equality<'s> {
        Equality::of(schema, &self.attributes[at].0)
    }

    /// Adds a value, unless an equal one is there.
    fn push(&mut self, schema: &Schema, at: usize, value: Value) -> bool {
        let equality = self.equality(schema, at);
        let held = &mut self.attributes[at].1;
        let is_new = held.find(equality, &value).is_none();
        if is_new {
            held.push(equality, value);
            self.done.push(Done::Pushed(at));
        }
        is_new
    }

    /// Takes a value away, if it is there.
    fn take(&mut self, schema: &Schema, at: usize, value: &[u8]) -> bool {
        let equality = self.equality(schema, at);
        let held = &mut self.attributes[at].1;
        let taken =
            held.find(equality, value).and_then(|slot| Some((slot, held.take(equality, slot)?)));
        let is_there = taken.is_some();
        self.done.extend(taken.map(|(slot, value)| Done::Taken(at, slot, value)));
        is_there
    }

    fn replace(&mut self, at: usize, values: Vec<Value>) {
        let before = std::mem::replace(&mut self.attributes[at].1, Held::new(values));
        self.done.push(Done::Replaced(at, before));
    }

    fn commit(&mut self) {
        for done in std::mem::take(&mut self.done) {
            if let Done::Taken(at, ..) = done {
                self.attributes[at].1.settle();
            }
        }
    }

    fn take_back(&mut self, schema: &Schema) {
        while let Some(done) = self.done.pop() {
            match done {
                Done::Pushed(at) => {
                    let equality = self.equality(schema, at);
                    self.attributes[at].1.pop(equality);
                }
                Done::Taken(at, slot, value) => {
                    let equality = self.equality(schema, at);
                    self.attributes[at].1.put_back(equality, slot, value);
                }
                Done::Replaced(at, before) => self.attributes[at].1 = before,
            }
        }
    }

    /// Gives an entry the values of its RDN, where it has them not.
    fn give(&mut self, schema: &Schema, rdn: Option<&Rdn>) {
        for (attribute, value) in texts(rdn) {
            let at = self.place(schema, attribute);
            self.push(schema, at, Cow::Owned(value.to_vec()));
        }
    }

    /// An attribute that has one value, and another one than the RDN gives it.
    fn conflict(&mut self, schema: &Schema, rdn: Option<&Rdn>) -> Option<Vec<u8>> {
        let mut single = texts(rdn).filter(|(attribute, _)| {
            schema.attribute(attribute).is_some_and(|known| known.single_value)
        });
        let (attribute, _) = single.find(|(attribute, value)| {
            let at = self.place(schema, attribute);
            let equality = self.equality(schema, at);
            let held = &mut self.attributes[at].1;
            !held.is_empty() && held.find(equality, value).is_none()
        })?;
        Some(attribute.to_vec())
    }

    /// Performs the modifications of one record on the entry that is called `rdn`, and forgives them what a
    /// permissive modify is forgiven; a refusal comes with the number of the modification that it is about.
    pub(super) fn modify(
        &mut self,
        law: Law<'_>,
        rdn: Option<&Rdn>,
        (modifications, permissive): (&[Modification<'_>], Option<Permissive>),
        origin: &dyn Fn() -> Origin,
    ) -> Result<(), (Option<usize>, Refusal)> {
        let (schema, server) = (law.schema, law.server);
        let mut described = modifications.iter().map(|one| &one.description);
        let of_class = described.any(|description| is_object_class(description));
        let before = of_class.then(|| law.structural(self));
        self.give(schema, rdn);
        let mut all = modifications.iter().enumerate();
        let performed = all
            .try_for_each(|(n, one)| {
                let performed = self
                    .refuse_single(schema, server, one, origin)
                    .and_then(|()| self.modification(schema, (one, permissive), origin));
                performed.map_err(|refusal| (Some(n), refusal))
            })
            .and_then(|()| {
                let verdict = self.refuse_unlawful(law, before, rdn, origin);
                verdict.map_err(|refusal| (None, refusal))
            });
        match performed {
            Ok(()) => self.commit(),
            Err(_) => self.take_back(schema),
        }
        performed
    }

    /// Refuses what no entry may be, in the order of OpenLDAP: what an export holds that the schema does
    /// not allow says that the server has another one, or that it holds a part.
    fn refuse_unlawful(
        &mut self,
        law: Law<'_>,
        before: Option<Structural<'_>>,
        rdn: Option<&Rdn>,
        origin: &dyn Fn() -> Origin,
    ) -> Result<(), Refusal> {
        let refused = |breach| Refusal::Unlawful { breach, origin: Some(origin()) };
        if self.is_lawful {
            law.classes(self, before).map_err(refused)?;
        }
        self.refuse_nameless(law.schema, rdn, origin)?;
        if self.is_lawful {
            law.attributes(self).map_err(refused)?;
        }
        Ok(())
    }

    /// Refuses an entry that has lost a value of its RDN.
    fn refuse_nameless(
        &mut self,
        schema: &Schema,
        rdn: Option<&Rdn>,
        origin: &dyn Fn() -> Origin,
    ) -> Result<(), Refusal> {
        for (attribute, value) in texts(rdn) {
            let at = self.place(schema, attribute);
            let equality = self.equality(schema, at);
            if self.attributes[at].1.find(equality, value).is_none() {
                let attribute = attribute.to_vec();
                return Err(Refusal::NamingViolation { attribute, origin: origin() });
            }
        }
        Ok(())
    }

    /// Refuses to add or delete some values of an attribute that is known to have no equality rule
    /// (RFC 4512 section 2.5.1), where the server does.
    fn refuse_single(
        &mut self,
        schema: &Schema,
        server: Server,
        one: &Modification<'_>,
        origin: &dyn Fn() -> Origin,
    ) -> Result<(), Refusal> {
        let known = schema.attribute(type_of(&one.description));
        let is_single = match one.op {
            ModOp::Add if adds_nothing(one) => false,
            ModOp::Add => {
                let at = self.find(schema, &one.description);
                at.is_some_and(|at| !self.attributes[at].1.is_empty())
            }
            ModOp::Delete => !one.values.is_empty(),
            ModOp::Replace | ModOp::Increment => false,
        };
        let is_without = known.is_some_and(|known| known.equality.is_none());
        match is_single && is_without && !server.deletes_without_equality() {
            true => {
                let attribute = one.description.to_vec();
                Err(Refusal::NoEquality { attribute, origin: origin() })
            }
            false => Ok(()),
        }
    }

    fn modification(
        &mut self,
        schema: &Schema,
        (one, permissive): (&Modification<'_>, Option<Permissive>),
        origin: &dyn Fn() -> Origin,
    ) -> Result<(), Refusal> {
        let attribute = || one.description.to_vec();
        let not_a_number = || Refusal::NotANumber { attribute: attribute(), origin: origin() };
        let at = self.place(schema, &one.description);
        match one.op {
            ModOp::Add | ModOp::Replace => {
                if one.op == ModOp::Replace {
                    self.replace(at, Vec::new());
                }
                for value in &one.values {
                    if !self.push(schema, at, Cow::Owned(value.to_vec())) && permissive.is_none() {
                        let origin = Some(origin());
                        return Err(Refusal::ValueExists { attribute: attribute(), origin });
                    }
                }
                Ok(())
            }
            ModOp::Delete if permissive.is_some() && self.attributes[at].1.is_empty() => Ok(()),
            ModOp::Increment
                if permissive == Some(Permissive::ByLastValue)
                    && self.attributes[at].1.is_empty() =>
            {
                let sums = incremented(schema, std::iter::once(&b"0"[..]), one);
                self.replace(at, sums.ok_or_else(not_a_number)?);
                Ok(())
            }
            ModOp::Delete | ModOp::Increment if self.attributes[at].1.is_empty() => {
                Err(Refusal::NoSuchAttribute { attribute: attribute(), origin: origin() })
            }
            ModOp::Delete if one.values.is_empty() => {
                self.replace(at, Vec::new());
                Ok(())
            }
            ModOp::Delete => {
                let equality = self.equality(schema, at);
                let held = &mut self.attributes[at].1;
                let mut is_missing = |value: &Cow<'_, [u8]>| held.find(equality, value).is_none();
                let is_refused = match permissive {
                    None => one.values.iter().any(&mut is_missing),
                    Some(Permissive::ByLastValue) => one.values.last().is_some_and(is_missing),
                    Some(Permissive::Throughout) => false,
                };
                if is_refused {
                    return Err(Refusal::NoSuchValue { attribute: attribute(), origin: origin() });
                }
                // OpenLDAP takes a value that is named twice for one.
                let mut named = HashSet::new();
                for value in &one.values {
                    if named.insert(equality.normal(value)) {
                        self.take(schema, at, value);
                    }
                }
                Ok(())
            }
            ModOp::Increment => {
                let held = self.attributes[at].1.values().map(|value| &**value);
                let sums = incremented(schema, held, one);
                self.replace(at, sums.ok_or_else(not_a_number)?);
                Ok(())
            }
        }
    }

    /// What a rename does to the attributes of an entry.
    pub(super) fn rename(
        &mut self,
        law: Law<'_>,
        from: Option<&Rdn>,
        to: &Rdn,
        deletes_old: bool,
        origin: &dyn Fn() -> Origin,
    ) -> Result<(), Refusal> {
        let schema = law.schema;
        for (attribute, value) in texts(from.filter(|_| deletes_old)) {
            let at = self.place(schema, attribute);
            // An export may hold it twice.
            while self.take(schema, at, value) {}
        }
        self.give(schema, Some(to));
        let performed = self.refuse_unlawful(law, None, Some(to), origin);
        match performed {
            Ok(()) => self.commit(),
            Err(_) => self.take_back(schema),
        }
        performed
    }
}

/// Refuses several values of an attribute that has one, whatever the entry holds.
fn refuse_several(schema: &Schema, description: &[u8], count: usize) -> Result<(), Refusal> {
    let known = schema.attribute(type_of(description)).filter(|_| count > 1);
    match known.is_some_and(|known| known.single_value) {
        true => {
            let breach = Breach::SeveralValues { attribute: description.to_vec() };
            Err(Refusal::Unlawful { breach, origin: None })
        }
        false => Ok(()),
    }
}

/// Whether a modification adds no value.
pub(super) fn adds_nothing(one: &Modification<'_>) -> bool {
    one.op == ModOp::Add && one.values.is_empty()
}

/// Refuses modifications that are wrong whatever the entry holds.
pub(super) fn refuse_request(
    law: Law<'_>,
    modifications: &[Modification<'_>],
) -> Result<(), (Option<usize>, Refusal)> {
    let schema = law.schema;
    let all = || modifications.iter().enumerate();
    let nothing = all().find(|(_, one)| law.server.minds_empty_adds() && adds_nothing(one));
    if let Some((n, one)) = nothing {
        return Err((Some(n), Refusal::NoValues { attribute: one.description.to_vec() }));
    }
    all().try_for_each(|(n, one)| {
        let attribute = || one.description.to_vec();
        let values = one.values.iter().map(|value| &**value);
        let is_number =
            one.op != ModOp::Increment || !cannot_be_incremented(schema, &one.description);
        let misfit = match is_number {
            true => {
                let misfit = law.values(&one.description, values, INVALID_VALUE).err();
                let is_given = !one.values.is_empty();
                let old = || law.current(&one.description).err().filter(|_| is_given);
                misfit.or_else(old)
            }
            false => Some(Refusal::NotIncremental { attribute: attribute() }),
        };
        let refusal = misfit.or_else(|| match one.op {
            ModOp::Delete | ModOp::Increment => None,
            ModOp::Add | ModOp::Replace => {
                let several = refuse_several(schema, &one.description, one.values.len()).err();
                let twice = || Refusal::ValueExists { attribute: attribute(), origin: None };
                several.or_else(|| gives_twice(schema, one).then(twice))
            }
        });
        refusal.map_or(Ok(()), |refusal| Err((Some(n), refusal)))
    })
}

/// Whether the values of an attribute are known to be no numbers (RFC 4525 section 2).
fn cannot_be_incremented(schema: &Schema, description: &[u8]) -> bool {
    let known = schema.attribute(type_of(description));
    known.is_some_and(|known| !matches!(known.syntax, Syntax::Integer | Syntax::Other))
}

/// Whether a modification gives an attribute two equal values.
fn gives_twice(schema: &Schema, one: &Modification<'_>) -> bool {
    let equality = Equality::of(schema, &one.description);
    let mut normal: Vec<Cow<'_, [u8]>> =
        one.values.iter().map(|value| equality.normal(value)).collect();
    normal.sort_unstable();
    normal.windows(2).any(|two| two[0] == two[1])
}

/// The values of an RDN that are text.
fn texts(rdn: Option<&Rdn>) -> impl Iterator<Item = (&[u8], &[u8])> {
    rdn.into_iter().flat_map(|rdn| rdn.avas.iter()).filter_map(|ava| match &ava.value {
        AvaValue::Text(value) => Some((ava.attribute.as_slice(), value.as_slice())),
        AvaValue::Ber(_) => None,
    })
}

/// An attribute under all its names: its type, and its options in their order.
fn key(schema: &Schema, description: &[u8]) -> Vec<u8> {
    let mut key = match schema.attribute(type_of(description)) {
        Some(known) => known.id.to_be_bytes().to_vec(),
        None => [b";", &*type_of(description).to_ascii_lowercase()].concat(),
    };
    for option in option_set(description) {
        key.push(b';');
        key.extend(option);
    }
    key
}

/// The sums of values and of what an increment gives.
fn incremented<'v>(
    schema: &Schema,
    values: impl Iterator<Item = &'v [u8]>,
    one: &Modification<'_>,
) -> Option<Vec<Value>> {
    let by = one.values.first()?;
    values.map(|value| sum(schema, value, by)).collect()
}

/// Two numbers together (RFC 4525 section 3), each in the only spelling that RFC 4517 section 3.3.16
/// has for it. Servers add up to 64 bits.
fn sum(schema: &Schema, value: &[u8], by: &[u8]) -> Option<Value> {
    let number = |text: &[u8]| {
        let is_number = conforms(&normalize(schema, MatchingRule::Integer, text));
        std::str::from_utf8(text).ok().filter(|_| is_number)?.parse::<i64>().ok()
    };
    let sum = number(value)?.checked_add(number(by)?)?;
    Some(Cow::Owned(sum.to_string().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::law::Coverage;

    fn attribute(description: &str, values: &[&str]) -> Attribute<'static> {
        let values = values.iter().map(|value| Cow::Owned(value.as_bytes().to_vec())).collect();
        Attribute { description: Cow::Owned(description.as_bytes().to_vec()), values }
    }

    fn change(op: ModOp, description: &str, values: &[&str]) -> Modification<'static> {
        let Attribute { description, values } = attribute(description, values);
        Modification { op, description, values }
    }

    fn law() -> Law<'static> {
        let (schema, coverage) = (Schema::builtin(), Coverage::BuiltIn);
        Law { schema, coverage, server: Server::Generic }
    }

    #[test]
    fn a_record_is_performed_as_a_whole_or_not_at_all() {
        let origin = || Origin { name: "x".into(), line: 1 };
        let many: Vec<String> = (0..100).map(|n| format!("member {n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let all = vec![attribute("sn", &["a"]), attribute("l", &many), attribute("n", &["5"])];
        let law = law();
        let mut state = State::of_export(law, all);
        let before = state.entry(Dn::default()).into_owned();
        let bad = [
            change(ModOp::Delete, "l", &["member 7", "MEMBER 99"]),
            change(ModOp::Add, "l", &["x", "member 7"]),
            change(ModOp::Replace, "sn", &["b"]),
            change(ModOp::Increment, "n", &["-7"]),
            change(ModOp::Add, "description", &["new"]),
            change(ModOp::Delete, "title", &[]),
        ];
        assert!(state.modify(law, None, (&bad, None), &origin).is_err());
        assert_eq!(state.entry(Dn::default()), before);
        assert!(state.modify(law, None, (&bad[..5], None), &origin).is_ok());
        let after = state.entry(Dn::default());
        let values = |name: &str| -> Vec<Vec<u8>> {
            let one = after.attributes.iter().find(|one| *one.description == *name.as_bytes());
            one.map(|one| one.values.iter().map(|v| v.to_vec()).collect()).unwrap_or_default()
        };
        assert_eq!((values("sn"), values("n")), (vec![b"b".to_vec()], vec![b"-2".to_vec()]));
        assert_eq!((values("l").len(), values("description").len()), (100, 1));
        assert_eq!(values("l")[98..], [b"x".to_vec(), b"member 7".to_vec()]);
    }

    #[test]
    fn numbers_have_one_spelling() {
        let sum = |value: &str, by: &str| sum(Schema::builtin(), value.as_bytes(), by.as_bytes());
        assert_eq!(sum("5", "-7").as_deref(), Some(&b"-2"[..]));
        for (value, by) in
            [("05", "1"), ("5", "+1"), ("5", ""), ("-0", "1"), (&"9".repeat(39), "1")]
        {
            assert_eq!(sum(value, by), None, "{value} {by}");
        }
    }

    #[test]
    fn many_attributes_are_found_as_few_are() {
        let (schema, law) = (Schema::builtin(), law());
        let mut all: Vec<Attribute<'static>> =
            (0..100).map(|n| attribute(&format!("x-{n}"), &["a"])).collect();
        all.push(attribute("commonName;LANG-de;lang-en", &["a"]));
        all.push(attribute("CN;lang-EN;lang-de", &["b"]));
        all.push(attribute("X-7", &["b"]));
        let mut state = State::of_export(law, all);
        assert_eq!(state.entry(Dn::default()).attributes.len(), 101);
        assert_eq!(state.find(schema, b"cn;lang-de;lang-en"), Some(100));
        assert_eq!(state.find(schema, b"cn"), None);
    }
}
