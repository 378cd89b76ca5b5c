//! One entry and the row that it follows: what it is called, and what changes in it.

use std::borrow::Cow;
use std::cell::Cell;

use crate::attribute::{CLASSES, type_of};
use crate::dn::{AvaValue, Dn};
use crate::entry::{Attribute, Entry};
use crate::error::{FlowFault, Result};
use crate::mapping::convert::Zone;
use crate::mapping::expression::Names;
use crate::mapping::{IfMissing, Mapping, Multi, Toward};
use crate::matching::dn_key;
use crate::reconcile::Task;
use crate::reconcile::children::{ChildIndex, is_managed, key_in};
use crate::reconcile::ends::{AllEnds, Ends, Led};
use crate::reconcile::fields::{Field, FieldTable, Fields};
use crate::reconcile::flow::{Brought, Ready, Stop, stopped};
use crate::reconcile::lookup::Lookups;
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::record::{EntryView, Record, normal_value};
use crate::reconcile::stage::is_inactivated;
use crate::schema::Schema;
use crate::table::Row;

/// What a flow says of an entry, or why it cannot.
type Found<T> = std::result::Result<T, FlowFault>;

/// Values of an attribute.
type Values<'v> = Vec<Cow<'v, [u8]>>;

/// The classes of an entry.
const CLASS: Field = FieldTable::CLASS;

/// What becomes of an entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Edits {
    /// Attributes with the values that they are to have; none where they go.
    pub(super) attributes: Vec<(String, Vec<Vec<u8>>)>,
    /// What it is to be called.
    pub(super) dn: Option<Dn>,
    /// Classes that it is to have besides.
    pub(super) classes: Vec<String>,
    /// Whether it goes: nothing would be left in it.
    pub(super) goes: bool,
    /// Values that lead to no record, a sentence each.
    pub(super) unresolved: Vec<String>,
}

impl Edits {
    /// Whether nothing becomes of the entry.
    pub(super) fn is_nothing(&self) -> bool {
        self.attributes.is_empty() && self.dn.is_none() && self.classes.is_empty()
    }

    /// Whether nothing is to be done or told.
    pub(super) fn say_nothing(&self) -> bool {
        self.is_nothing() && !self.goes && self.unresolved.is_empty()
    }

    /// What another mapping says of the same entry comes on top.
    pub(super) fn append(&mut self, more: Edits) {
        self.attributes.extend(more.attributes);
        self.dn = more.dn.or(self.dn.take());
        self.classes.extend(more.classes);
        self.goes |= more.goes;
    }

    /// A new entry of this.
    pub(super) fn created(self, schema: &Schema) -> Entry<'static> {
        let mut entry = Entry::new(self.dn.clone().unwrap_or_default());
        for class in &self.classes {
            entry.push(Cow::Borrowed(CLASSES), Cow::Owned(class.clone().into_bytes()));
        }
        let edits = Edits { classes: Vec::new(), ..self };
        edited(schema, entry, &edits).into_owned()
    }
}

/// An entry with what changes in it. What its name is made of is among its values.
pub(super) fn edited<'e>(schema: &Schema, mut entry: Entry<'e>, edits: &'e Edits) -> Entry<'e> {
    for (name, values) in &edits.attributes {
        let is_it = |held: &[u8]| is_attribute(schema, held, name.as_bytes());
        let at = entry.attributes.iter().position(|one| is_it(&one.description));
        let held = at.map(|at| entry.attributes[at].description.clone());
        entry.attributes.retain(|one| !is_it(&one.description));
        if values.is_empty() {
            continue;
        }
        let values = values.iter().map(|value| Cow::Borrowed(value.as_slice())).collect();
        let description = held.unwrap_or(Cow::Borrowed(name.as_bytes()));
        let at = at.unwrap_or(entry.attributes.len());
        entry.attributes.insert(at, Attribute { description, values });
    }
    for class in &edits.classes {
        let is_it = |held: &[u8]| held.eq_ignore_ascii_case(class.as_bytes());
        if !entry.object_classes().any(is_it) {
            let classes = Cow::Borrowed(CLASSES);
            entry.push(classes, Cow::Owned(class.clone().into_bytes()));
        }
    }
    if let Some(dn) = &edits.dn {
        rename(schema, &mut entry, dn);
    }
    entry
}

/// Gives an entry another name, which takes the values of the old one with it (`deleteoldrdn: 1`).
fn rename(schema: &Schema, entry: &mut Entry<'_>, dn: &Dn) {
    let before = entry.dn.rdn().cloned().unwrap_or_default();
    let after = dn.rdn().cloned().unwrap_or_default();
    let normal = |name: &[u8], value: &[u8]| normal_value(schema, name, value);
    let text = |value: &AvaValue| match value {
        AvaValue::Text(text) => Some(text.clone()),
        _ => None,
    };
    let holds = |avas: &crate::dn::Rdn, name: &[u8], value: &[u8]| {
        avas.avas.iter().any(|ava| {
            is_attribute(schema, &ava.attribute, name)
                && text(&ava.value).is_some_and(|own| normal(name, &own) == normal(name, value))
        })
    };
    let is_new = entry.dn.rdns.is_empty();
    for ava in before.avas.iter().filter(|_| !is_new) {
        let Some(value) = text(&ava.value) else { continue };
        if holds(&after, &ava.attribute, &value) {
            continue;
        }
        for one in &mut entry.attributes {
            if is_attribute(schema, &one.description, &ava.attribute) {
                let wanted = normal(&ava.attribute, &value);
                one.values.retain(|held| normal(&ava.attribute, held) != wanted);
            }
        }
    }
    entry.attributes.retain(|one| !one.values.is_empty());
    entry.dn = dn.clone();
    name_values(schema, entry);
}

/// Adds the values that the name of an entry is made of.
fn name_values(schema: &Schema, entry: &mut Entry<'_>) {
    let rdn = entry.dn.rdn().cloned().unwrap_or_default();
    for ava in rdn.avas.iter() {
        let AvaValue::Text(value) = &ava.value else { continue };
        let wanted = normal_value(schema, &ava.attribute, value);
        let mut held = entry.attributes.iter_mut();
        let held = held.find(|one| is_attribute(schema, &one.description, &ava.attribute));
        match held {
            Some(one) => {
                let mut values = one.values.iter();
                if !values.any(|held| normal_value(schema, &ava.attribute, held) == wanted) {
                    one.values.push(Cow::Owned(value.clone()));
                }
            }
            None => {
                entry.push(Cow::Owned(ava.attribute.clone()), Cow::Owned(value.clone()));
            }
        }
    }
}

fn is_attribute(schema: &Schema, held: &[u8], wanted: &[u8]) -> bool {
    crate::attribute::same_options(held, wanted)
        && schema.same_attribute(type_of(held), type_of(wanted))
}

/// Has an attribute hold these values, where it does not.
pub(super) fn set(
    schema: &Schema,
    view: EntryView<'_>,
    name: &str,
    values: Vec<Vec<u8>>,
    edits: &mut Edits,
) {
    let normal = |value: &[u8]| normal_value(schema, name.as_bytes(), value);
    let sorted = |values: Vec<Vec<u8>>| {
        let mut values = values;
        values.sort_unstable();
        values
    };
    let held = view.of(name).iter().map(|value| normal(value)).collect();
    if sorted(held) != sorted(values.iter().map(|value| normal(value)).collect()) {
        edits.attributes.push((name.to_owned(), values));
    }
}

/// The classes that an entry is to get: all where it is new, else those without which it may not have what
/// it gets.
pub(super) fn classes_of(
    schema: &Schema,
    mapping: &Mapping,
    old: Option<&Fields<'_>>,
    edits: &Edits,
) -> Vec<String> {
    let Some(old) = old else { return mapping.object_class.clone() };
    let mut held: Vec<Vec<u8>> = Vec::new();
    let mut added = Vec::new();
    for (name, _) in edits.attributes.iter().filter(|(_, values)| !values.is_empty()) {
        if held.is_empty() {
            held.extend(old.of_field(CLASS).map(|class| class.to_vec()));
        }
        let Some(attribute) = schema.attribute(type_of(name.as_bytes())) else { continue };
        let allows = |held: &[Vec<u8>]| schema.allows(held.iter().map(Vec::as_slice), attribute);
        if allows(&held) {
            continue;
        }
        for class in &mapping.object_class {
            let one = [class.clone().into_bytes()];
            let has = |held: &[Vec<u8>]| held.iter().any(|h| h.eq_ignore_ascii_case(&one[0]));
            if !has(&held) && allows(&one) {
                held.extend(one);
                added.push(class.clone());
                break;
            }
        }
    }
    added
}

/// An entry and the row that it follows.
pub(super) struct OneEntry<'o, 'm> {
    pub(super) task: &'o Task<'m>,
    pub(super) zone: &'o Zone,
    pub(super) lookups: &'o Lookups,
    pub(super) fields: &'o FieldTable<'m>,
    pub(super) mapping: &'o ReadyMapping<'m>,
    pub(super) old: Option<&'o Fields<'o>>,
    pub(super) record: Record<'o>,
    pub(super) row: &'o Row<'o>,
    /// Whether it was inactive, and is so no more.
    pub(super) comes_back: bool,
    /// The number that a flow gives, by its line.
    pub(super) numbers: &'o (dyn Fn(u64) -> Option<Vec<u8>> + Sync),
    /// Whether it refers to what has no name yet.
    pub(super) is_early: Cell<bool>,
}

/// A row, and what flows from it, for the name of a new entry.
struct NamesOfNew<'n> {
    record: &'n Record<'n>,
    made: &'n [(&'n str, Values<'n>)],
}

impl Names for NamesOfNew<'_> {
    fn values(&self, name: &str) -> Option<Vec<Cow<'_, [u8]>>> {
        self.record.values(name).or_else(|| {
            let made = self.made.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
            made.map(|(_, values)| values.iter().map(|value| Cow::Borrowed(&**value)).collect())
        })
    }

    fn lookup(&self, lookup: &str, key: &[u8]) -> Option<Vec<(String, Option<Vec<u8>>)>> {
        self.record.lookup(lookup, key)
    }
}

impl OneEntry<'_, '_> {
    fn schema(&self) -> &Schema {
        self.task.schema
    }

    fn is_new(&self, flow: &Ready<'_>) -> bool {
        let name = flow.target(Toward::Directory);
        let inactivate = &self.mapping.mapping.inactivate;
        self.old.is_none()
            || (self.comes_back && is_inactivated(inactivate, Toward::Directory, name))
    }

    /// The values that a flow has of its own: no references, and none of other tables.
    fn own<'v>(&'v self, flow: &'v Ready<'_>) -> Found<Option<Values<'v>>> {
        let is_new = self.is_new(flow);
        let brought = flow
            .brought(&self.record, Toward::Directory, is_new, self.zone)
            .map_err(|fault| flow.fault(fault, Toward::Directory))?;
        Ok(match brought {
            Brought::Nothing => None,
            Brought::Next => {
                let number = (self.numbers)(flow.flow.line);
                number.map(|number| vec![Cow::Owned(number)])
            }
            Brought::Values(values) => Some(values),
        })
    }

    /// The flows that say what an entry has of its own.
    fn own_flows(&self) -> impl Iterator<Item = &Ready<'_>> {
        let flows = self.mapping.flows.iter().filter(|flow| flow.goes(Toward::Directory));
        flows.filter(|flow| flow.reference.is_none() && flow.child.is_none())
    }

    /// The first value that an attribute gets; as it is held, where that is the same.
    pub(super) fn fed(&self, name: &str) -> Option<Vec<u8>> {
        let is_it = |flow: &&Ready<'_>| {
            let own = flow.target(Toward::Directory).as_bytes();
            is_attribute(self.schema(), own, name.as_bytes())
        };
        let flow = self.own_flows().find(is_it)?;
        let values = match self.old {
            Some(old) => self.wanted(flow, old),
            None => self.own(flow),
        };
        values.ok().flatten()?.into_iter().next().map(Cow::into_owned)
    }

    /// What the entry is to be called, where that is not what it is called.
    pub(super) fn name(&self) -> Found<Option<Dn>> {
        match self.old {
            None => self.rendered().map(Some),
            Some(old) if self.mapping.mapping.moves || self.comes_back_elsewhere(old) => {
                let dn = self.rendered()?;
                let key = |dn: &Dn| dn_key(self.schema(), dn);
                Ok((key(&dn) != key(old.dn())).then_some(dn))
            }
            Some(old) if self.keeps_plain_name(old)? => Ok(None),
            Some(old) => self.renamed(old),
        }
    }

    /// Whether an entry stands where inactive ones were moved to, and is to come back.
    fn comes_back_elsewhere(&self, old: &Fields<'_>) -> bool {
        let inactivate = self.mapping.mapping.inactivate.to_directory.as_ref();
        let moved = inactivate.and_then(|inactivate| inactivate.move_to.as_ref());
        let key = |dn: &Dn| dn_key(self.schema(), dn);
        self.comes_back
            && self.mapping.mapping.dn.is_some()
            && moved
                .zip(old.dn().parent())
                .is_some_and(|(moved, parent)| key(moved) == key(&parent))
    }

    /// Whether the one value that a plain name begins with stays: as it is spelled there.
    fn keeps_plain_name(&self, old: &Fields<'_>) -> Found<bool> {
        let Some((field, value)) = old.plain_rdn() else { return Ok(false) };
        let Some(flow) = self.own_flows().find(|flow| flow.field.is_some() && flow.field == field)
        else {
            return Ok(true);
        };
        let only = flow.field.and_then(|field| old.only_of(field));
        if flow.is_seen_same(old, self.row) && only == Some(value) {
            return Ok(true);
        }
        let Some(values) = self.wanted(flow, old)? else { return Ok(true) };
        Ok(values.is_empty() || values.iter().any(|wanted| **wanted == *value))
    }

    fn rendered(&self) -> Found<Dn> {
        let Some(template) = &self.mapping.mapping.dn else { return Err(FlowFault::Unnamed) };
        let mut made = Vec::new();
        for flow in self.own_flows() {
            if let Some(values) = self.own(flow)? {
                made.push((flow.target(Toward::Directory), values));
            }
        }
        let names = NamesOfNew { record: &self.record, made: &made };
        Ok(template.render_dn(&names)?)
    }

    /// The name of an entry whose naming attribute gets another value.
    fn renamed(&self, old: &Fields<'_>) -> Found<Option<Dn>> {
        let Some(mut rdn) = old.dn().rdn().cloned() else { return Ok(None) };
        let mut is_changed = false;
        for ava in rdn.avas_mut() {
            let AvaValue::Text(value) = &mut ava.value else { continue };
            let is_it = |flow: &&Ready<'_>| {
                let name = flow.target(Toward::Directory).as_bytes();
                is_attribute(self.schema(), name, &ava.attribute)
            };
            let Some(flow) = self.own_flows().find(is_it) else { continue };
            let Some(values) = self.wanted(flow, old)? else { continue };
            let normal = |value: &[u8]| normal_value(self.schema(), &ava.attribute, value);
            let is_kept = values.iter().any(|wanted| normal(wanted) == normal(value));
            if let (false, Some(first)) = (is_kept, values.first()) {
                *value = first.to_vec();
                is_changed = true;
            }
        }
        let parent = old.dn().parent().unwrap_or_default();
        Ok(is_changed.then(|| parent.child(rdn)))
    }

    /// The values that an attribute is to have, where a flow of its own says it.
    fn wanted<'v>(&'v self, flow: &'v Ready<'_>, old: &'v Fields<'_>) -> Found<Option<Values<'v>>> {
        let Some(values) = self.own(flow)? else { return Ok(None) };
        Ok(self.merged(flow, self.held(Some(old), flow), values))
    }

    /// The values that an entry has in the attribute of a flow.
    fn held<'v>(&'v self, old: Option<&'v Fields<'_>>, flow: &Ready<'_>) -> Values<'v> {
        let (Some(fields), Some(field)) = (old, flow.field) else { return Vec::new() };
        fields.of_field(field).map(|value| Cow::Borrowed(&**value)).collect()
    }

    /// Values as they are held where they are the same, then those that come; `None` where nothing changes.
    fn merged<'v>(
        &self,
        flow: &Ready<'_>,
        held: Values<'v>,
        wanted: Values<'v>,
    ) -> Option<Values<'v>> {
        if held == wanted {
            return Some(held);
        }
        let normal = |value: &[u8]| flow.normal_attribute(self.schema(), value, self.zone);
        if wanted.is_empty() && flow.flow.if_missing == IfMissing::Keep {
            return Some(held);
        }
        let is_one = matches!(flow.flow.multi, Multi::Any | Multi::First);
        if let (true, [value], [_, rest @ ..]) = (is_one, wanted.as_slice(), held.as_slice()) {
            let compared = if flow.flow.multi == Multi::Any { &held[..] } else { &held[..1] };
            if compared.iter().any(|held| normal(held) == normal(value)) {
                return Some(held);
            }
            let rest = rest.iter().filter(|held| normal(held) != normal(value));
            return Some(std::iter::once(value.clone()).chain(rest.cloned()).collect());
        }
        let forms: Vec<Vec<u8>> = wanted.iter().map(|value| normal(value)).collect();
        let mut all: Values<'v> =
            held.into_iter().filter(|held| forms.contains(&normal(held))).collect();
        for (value, form) in wanted.into_iter().zip(&forms) {
            if !all.iter().any(|held| normal(held) == *form) {
                all.push(value);
            }
        }
        Some(all)
    }

    /// Everything that becomes of the entry, or what is wrong with the row.
    ///
    /// # Errors
    ///
    /// What a reference leads to cannot be read.
    pub(super) fn edits(
        &self,
        name: Option<&Dn>,
        ends: &AllEnds<'_>,
        children: &ChildIndex,
    ) -> Result<std::result::Result<Edits, FlowFault>> {
        let mut edits = Edits { dn: name.cloned(), ..Edits::default() };
        for flow in self.mapping.flows.iter().filter(|flow| flow.goes(Toward::Directory)) {
            if self.old.is_some_and(|old| flow.is_seen_same(old, self.row)) {
                continue;
            }
            let done = self.edit(flow, ends, children, &mut edits);
            let done = done.map_err(|stop| stop.of_flow(flow, Toward::Directory));
            if let Err(fault) = stopped(done)? {
                return Ok(Err(fault));
            }
        }
        self.take_back(&mut edits);
        edits.classes = classes_of(self.schema(), self.mapping.mapping, self.old, &edits);
        Ok(Ok(edits))
    }

    /// Takes away what made an entry inactive that is so no more, where no flow says what is to be there.
    fn take_back(&self, edits: &mut Edits) {
        let inactivate = self.mapping.mapping.inactivate.to_directory.as_ref();
        let Some((old, inactivate)) = self.old.zip(inactivate).filter(|_| self.comes_back) else {
            return;
        };
        let schema = self.schema();
        let view = EntryView { table: self.fields, fields: old, lookups: self.lookups };
        for (name, value) in &inactivate.set {
            if self.mapping.is_fed(Toward::Directory, |flow| {
                is_attribute(schema, flow.target(Toward::Directory).as_bytes(), name.as_bytes())
            }) {
                continue;
            }
            let normal = |value: &[u8]| normal_value(schema, name.as_bytes(), value);
            let is_kept = |held: &Cow<'_, [u8]>| normal(held) != normal(value.as_bytes());
            let kept = view.of(name).into_iter().filter(is_kept).map(Cow::into_owned).collect();
            set(schema, view, name, kept, edits);
        }
    }

    /// What a flow makes of the entry.
    fn edit(
        &self,
        flow: &Ready<'_>,
        ends: &AllEnds<'_>,
        children: &ChildIndex,
        edits: &mut Edits,
    ) -> std::result::Result<(), Stop> {
        let Some(values) = self.of_flow(flow, ends, children, edits)? else { return Ok(()) };
        let held = self.held(self.old, flow);
        if !values.is_empty() && values == held {
            return Ok(());
        }
        let values = self.merged(flow, held.clone(), values).unwrap_or_default();
        let mut values: Vec<Vec<u8>> = values.into_iter().map(Cow::into_owned).collect();
        if let Some(if_empty) = &flow.flow.if_empty {
            edits.goes |= if_empty.settled(&mut values)?;
        }
        let is_held = |(value, held): (&Vec<u8>, &Cow<'_, [u8]>)| **value == **held;
        if values.len() != held.len() || !values.iter().zip(&held).all(is_held) {
            edits.attributes.push((flow.target(Toward::Directory).to_owned(), values));
        }
        Ok(())
    }

    /// The values of a flow, whatever it is.
    fn of_flow<'v>(
        &'v self,
        flow: &'v Ready<'_>,
        ends: &'v AllEnds<'_>,
        children: &ChildIndex,
        edits: &mut Edits,
    ) -> std::result::Result<Option<Values<'v>>, Stop> {
        let values = match &flow.child {
            Some(_) => self.of_children(flow, children)?,
            None => match self.own(flow)? {
                Some(values) => values,
                None => return Ok(None),
            },
        };
        match &flow.reference {
            None => Ok(Some(values)),
            Some(reference) => match ends.of(reference) {
                Some(ends) => self.led(flow, ends, &values, edits),
                None => Ok(None),
            },
        }
    }

    /// The values that rows of another table hold for this row.
    fn of_children<'v>(
        &'v self,
        flow: &Ready<'_>,
        children: &ChildIndex,
    ) -> std::result::Result<Values<'v>, Stop> {
        let (Some(child), Some(column)) = (&flow.child, flow.column) else {
            return Ok(Vec::new());
        };
        let parents = &self.task.tables[self.mapping.table].rows;
        let rows = &self.task.tables[child.table].rows;
        let key = key_in(parents, &parents.columns.key, self.row);
        let found = key.map(|key| children.found(child, &key)).unwrap_or_default();
        let mut values: Values<'v> = Vec::new();
        for &extent in found {
            let row = rows.read(extent)?;
            let Some(value) = row[column].as_ref().filter(|_| is_managed(child, &row)) else {
                continue;
            };
            if flow.reference.is_some() {
                values.push(Cow::Owned(value.bytes.to_vec()));
                continue;
            }
            let written = flow.flow.kind.to_attribute(&value.bytes, flow.kind, self.zone);
            let written = written.map_err(FlowFault::from)?.map(Cow::into_owned);
            values.extend(written.filter(|value| !value.is_empty()).map(Cow::Owned));
        }
        match flow.flow.required && values.is_empty() {
            true => Err(FlowFault::Required.into()),
            false => Ok(values),
        }
    }

    /// What keys lead to, and what the entry holds that leads to no record of the mapping.
    fn led<'v>(
        &'v self,
        flow: &Ready<'_>,
        ends: &'v dyn Ends,
        values: &[Cow<'_, [u8]>],
        edits: &mut Edits,
    ) -> std::result::Result<Option<Values<'v>>, Stop> {
        let mut led = Vec::new();
        let mut is_open = false;
        for value in values {
            match ends.led(value)? {
                Led::To(name) => led.push(name.bytes),
                Led::Later => self.is_early.set(true),
                Led::Nowhere | Led::Away => {
                    is_open = true;
                    edits.unresolved.push(ends.unresolved(flow, Toward::Directory, value)?);
                }
            }
        }
        match (flow.child.is_some(), led.is_empty()) {
            // Nobody knows who is meant: what is there stays, under the name it will have.
            (false, true) if is_open => {
                let follow = |value: Cow<'v, [u8]>| match ends.moved(&value) {
                    Some(name) => Cow::Owned(name.to_vec()),
                    None => value,
                };
                let held = self.held(self.old, flow);
                let is_any_moved = held.iter().any(|value| ends.moved(value).is_some());
                return Ok(is_any_moved.then(|| held.into_iter().map(follow).collect()));
            }
            (false, false) => {}
            _ => {
                for value in self.held(self.old, flow) {
                    if !ends.is_ours(&value)? {
                        led.push(value);
                    }
                }
            }
        }
        Ok(Some(led))
    }
}
