//! One entry and the row that it follows: what it is called, and what changes in it.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;

use crate::attribute::type_of;
use crate::dn::{AvaValue, Dn};
use crate::error::{FlowFault, Result};
use crate::mapping::convert::Zone;
use crate::mapping::expression::{Answer, Names};
use crate::mapping::{FlowValue, IfEmpty, IfMissing, Multi, On, Toward};
use crate::matching::dn_key;
use crate::reconcile::Task;
use crate::reconcile::children::{ChildIndex, key_in};
use crate::reconcile::edits::{Edits, classes_of, set};
use crate::reconcile::ends::{AllEnds, Ends, Led};
use crate::reconcile::fields::{FieldTable, Fields};
use crate::reconcile::flow::{Brought, Ready, Stop, stopped};
use crate::reconcile::held::{Values, as_held};
use crate::reconcile::lookup::Lookups;
use crate::reconcile::made_row::is_managed;
use crate::reconcile::names::{NewName, Wish};
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::record::{EntryView, Record, normal_value};
use crate::reconcile::stage::is_inactivated;
use crate::schema::Schema;
use crate::table::Row;

/// What a flow says of an entry, or why it cannot.
type Found<T> = std::result::Result<T, FlowFault>;

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
    /// Whether it is said of an entry that another mapping adds.
    pub(super) joins: bool,
    /// The number that a flow gives, by its line.
    pub(super) numbers: &'o (dyn Fn(u64) -> Option<Vec<u8>> + Sync),
    /// Whether it refers to what has no name yet.
    pub(super) is_early: Cell<bool>,
    /// Whether the class of what is looked at comes to the entry.
    pub(super) gets_class: Cell<bool>,
}

/// What the rows of a child table say of an attribute.
#[derive(Default)]
struct OfRows<'v> {
    /// The values of the rows that the mapping may touch.
    values: Values<'v>,
    /// Those of the rows that it may not: an entry that holds them keeps them, and one that does not gets none.
    others: Values<'v>,
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

    fn lookup(&self, lookup: &str, key: &[u8]) -> Answer {
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
            || self.gets_class.get()
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
                let number = number.map(|number| flow.counted(number)).transpose();
                let number = number.map_err(|fault| flow.fault(fault, Toward::Directory))?;
                number.map(|number| vec![Cow::Owned(number)])
            }
            Brought::Values(values) => Some(values),
        })
    }

    /// Whether a flow says anything of the entry.
    fn says(&self, flow: &Ready<'_>) -> Found<bool> {
        let said = flow.says(&self.record, self.is_new(flow));
        said.map_err(|fault| flow.fault(fault, Toward::Directory))
    }

    /// The flows that say what an entry has of its own.
    fn own_flows(&self) -> impl Iterator<Item = &Ready<'_>> {
        let flows = self.mapping.flows.iter().filter(|flow| flow.goes(Toward::Directory));
        flows.filter(|flow| flow.reference.is_none() && flow.child.is_none())
    }

    /// The values that an attribute gets; as they are held, where they are the same.
    pub(super) fn fed(&self, name: &str) -> Option<Vec<Vec<u8>>> {
        let is_it = |flow: &&Ready<'_>| {
            let own = flow.target(Toward::Directory).as_bytes();
            self.schema().same_values(own, name.as_bytes())
        };
        let flow = self.own_flows().find(is_it)?;
        let values = match self.old {
            Some(old) => self.wanted(flow, old),
            None => self.own(flow),
        };
        Some(values.ok().flatten()?.into_iter().map(Cow::into_owned).collect())
    }

    /// What the entry asks to be called.
    pub(super) fn name(&self) -> Found<Wish> {
        match self.old {
            // Another mapping may name it.
            None if self.joins || !self.mapping.names_entries() => Ok(Wish::Nothing),
            None => self.rendered().map(|dn| Wish::Other(NewName::Whole(dn))),
            Some(old) if self.mapping.mapping.moves || self.comes_back_elsewhere(old) => {
                let dn = self.rendered()?;
                let key = |dn: &Dn| dn_key(self.schema(), dn);
                match key(&dn) == key(old.dn()) {
                    true => Ok(Wish::Same),
                    false => Ok(Wish::Other(NewName::Whole(dn))),
                }
            }
            Some(old) if self.keeps_plain_name(old)? => Ok(Wish::Nothing),
            Some(old) => Ok(self.renamed(old)?.map_or(Wish::Nothing, Wish::Other)),
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
    fn renamed(&self, old: &Fields<'_>) -> Found<Option<NewName>> {
        let Some(mut rdn) = old.dn().rdn().cloned() else { return Ok(None) };
        let mut is_changed = false;
        for ava in rdn.avas_mut() {
            let AvaValue::Text(value) = &mut ava.value else { continue };
            let is_it = |flow: &&Ready<'_>| {
                let name = flow.target(Toward::Directory).as_bytes();
                self.schema().same_values(name, &ava.attribute)
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
        Ok(is_changed.then_some(NewName::InPlace(rdn)))
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
        if wanted.is_empty() && flow.flow.if_missing == IfMissing::Keep {
            return Some(held);
        }
        if self.would_be(flow, &held, &wanted) || wanted.is_empty() && self.are_none(flow, &held) {
            return Some(held);
        }
        let normal = |value: &[u8]| flow.normal_attribute(self.schema(), value, self.zone);
        let is_one = matches!(flow.flow.multi, Multi::Any | Multi::First);
        if let (true, [value], [_, rest @ ..]) = (is_one, wanted.as_slice(), held.as_slice()) {
            // Which value is the first, a server does not keep.
            let form = normal(value);
            if held.iter().any(|held| normal(held) == form) {
                return Some(held);
            }
            return Some(std::iter::once(value.clone()).chain(rest.iter().cloned()).collect());
        }
        Some(as_held(held, wanted, normal))
    }

    /// Whether a flow that goes both ways, and takes something away on its way to the database, makes of the
    /// values that are held what is wanted.
    fn would_be(&self, flow: &Ready<'_>, held: &[Cow<'_, [u8]>], wanted: &[Cow<'_, [u8]>]) -> bool {
        let [wanted] = wanted else { return false };
        if !flow.goes(Toward::Database) || held.is_empty() {
            return false;
        }
        let normal = |value: &[u8]| flow.normal_attribute(self.schema(), value, self.zone);
        let mut made = held.to_vec();
        if flow.bounded(&mut made).is_err() {
            return false;
        }
        if let (Multi::Join(between), 2..) = (&flow.flow.multi, made.len()) {
            // In which order the values stand, a server does not keep.
            let joined: Vec<u8> = made.join(between.as_bytes());
            let parts = split_at(wanted, between.as_bytes());
            let sorted = |all: &mut dyn Iterator<Item = &[u8]>| {
                let mut all: Vec<Vec<u8>> = all.map(normal).collect();
                all.sort_unstable();
                all
            };
            let same_parts =
                sorted(&mut parts.into_iter()) == sorted(&mut made.iter().map(|one| &**one));
            return same_parts || normal(&joined) == normal(wanted);
        }
        made.len() == 1 && made != held && normal(&made[0]) == normal(wanted)
    }

    /// Whether all values that are held say that there is none, as a time that is never.
    fn are_none(&self, flow: &Ready<'_>, held: &[Cow<'_, [u8]>]) -> bool {
        let is_none = |value: &Cow<'_, [u8]>| {
            matches!(flow.to_column(Cow::Borrowed(value), self.zone), Ok(None))
        };
        flow.is_plain() && held.iter().all(is_none)
    }

    /// Everything that becomes of the entry but for its name, or what is wrong with the row.
    ///
    /// # Errors
    ///
    /// What a reference leads to cannot be read.
    pub(super) fn edits(
        &self,
        ends: &AllEnds<'_>,
        children: &ChildIndex,
    ) -> Result<std::result::Result<Edits, FlowFault>> {
        let mut edits = Edits::default();
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
        let done = self.complete_classes(ends, children, &mut edits);
        Ok(stopped(done)?.map(|()| edits))
    }

    /// What flows say of new entries alone, where the class that it is of comes to an entry.
    fn complete_classes(
        &self,
        ends: &AllEnds<'_>,
        children: &ChildIndex,
        edits: &mut Edits,
    ) -> std::result::Result<(), Stop> {
        let Some(old) = self.old.filter(|_| !edits.classes.is_empty()) else { return Ok(()) };
        let schema = self.schema();
        let comes = |flow: &&Ready<'_>| {
            let name = type_of(flow.target(Toward::Directory).as_bytes());
            flow.goes(Toward::Directory)
                && flow.flow.on == On::Create
                && schema.attribute(name).is_some_and(|known| {
                    let held = old.of_field(FieldTable::CLASS).map(|class| &**class);
                    let coming = edits.classes.iter().map(String::as_bytes);
                    !schema.allows(held, known) && schema.allows(coming, known)
                })
        };
        let flows: Vec<&Ready<'_>> = self.mapping.flows.iter().filter(comes).collect();
        for flow in flows {
            self.gets_class.set(true);
            let done = self.edit(flow, ends, children, edits);
            self.gets_class.set(false);
            done.map_err(|stop| stop.of_flow(flow, Toward::Directory))?;
        }
        Ok(())
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
                schema.same_values(flow.target(Toward::Directory).as_bytes(), name.as_bytes())
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
            let stands_in = held.iter().find(|value| flow.is_stand_in(self.schema(), value));
            edits.goes |= if_empty.settled(&mut values, stands_in.map(|value| &**value))?;
        }
        if flow.reference.is_none() {
            flow.fit_attribute(self.schema(), &held, &values)?;
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
        let OfRows { values, others } = match &flow.child {
            Some(_) if !self.says(flow)? => return Ok(None),
            Some(_) => self.of_children(flow, children)?,
            None => match self.own(flow)? {
                Some(values) => OfRows { values, others: Vec::new() },
                None => return Ok(None),
            },
        };
        let key = values.first().map(|key| key.to_vec());
        let ends = flow.reference.as_ref().map(|reference| ends.of(reference));
        let (values, others) = match ends {
            None => (Some(values), others),
            Some(Some(ends)) => (self.led(flow, ends, &values, edits)?, names_of(ends, &others)?),
            Some(None) => (None, Vec::new()),
        };
        let kept = self.held_of_others(flow, &others, ends.flatten())?;
        if !kept.is_empty() || self.has_required(flow, values.as_deref()) {
            return Ok(values.map(|values| [values, kept].concat()));
        }
        Err(match key {
            Some(value) if flow.reference.is_some() => FlowFault::LeadsNowhere { value },
            _ => FlowFault::Required,
        }
        .into())
    }

    /// Whether an attribute that may not be without a value has one where these are what it gets, or what is there stays.
    /// What refers to a name that nobody knows yet is looked at again.
    fn has_required(&self, flow: &Ready<'_>, values: Option<&[Cow<'_, [u8]>]>) -> bool {
        let is_asked = flow.flow.required && (flow.child.is_some() || flow.reference.is_some());
        let is_there = match values {
            Some(values) => !values.is_empty(),
            None => !self.held(self.old, flow).is_empty(),
        };
        !is_asked || is_there || self.is_early.get()
    }

    /// What an entry holds because a row has it that is another's: to the other side that row holds it, too.
    fn held_of_others<'v>(
        &'v self,
        flow: &Ready<'_>,
        others: &[Cow<'_, [u8]>],
        ends: Option<&dyn Ends>,
    ) -> Result<Values<'v>> {
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let normal = |value: &[u8]| flow.normal_attribute(self.schema(), value, self.zone);
        let others: HashSet<Vec<u8>> = others.iter().map(|value| normal(value)).collect();
        let mut kept = Vec::new();
        for value in self.held(self.old, flow) {
            let value = match ends {
                Some(ends) => self.led_on(flow, ends, value)?,
                None => value,
            };
            kept.extend(others.contains(&normal(&value)).then_some(value));
        }
        Ok(kept)
    }

    /// The values that rows of another table hold for this row.
    fn of_children<'v>(
        &'v self,
        flow: &Ready<'_>,
        children: &ChildIndex,
    ) -> std::result::Result<OfRows<'v>, Stop> {
        let mut of_rows = OfRows::default();
        let (Some(child), Some(column)) = (&flow.child, flow.column) else { return Ok(of_rows) };
        let parents = &self.task.tables[self.mapping.table].rows;
        let rows = &self.task.tables[child.table].rows;
        let key = key_in(parents, &parents.columns.key, self.row);
        let found = key.map(|key| children.of(self.mapping.table, child, &key));
        let found = found.unwrap_or_default();
        let conversions = match &flow.flow.value {
            FlowValue::Converted(conversions) => Some(conversions),
            _ => None,
        };
        for &extent in found {
            let row = rows.read(extent)?;
            let Some(value) = row[column].as_ref() else { continue };
            let is_ours = is_managed(rows.columns, child.owner, &row);
            let all = if is_ours { &mut of_rows.values } else { &mut of_rows.others };
            if flow.reference.is_some() || conversions.is_some() {
                all.push(Cow::Owned(value.bytes.to_vec()));
                continue;
            }
            let written = match flow.flow.kind.to_attribute(&value.bytes, flow.kind, self.zone) {
                Err(_) if !is_ours => continue,
                written => written.map_err(FlowFault::from)?.map(Cow::into_owned),
            };
            all.extend(written.filter(|value| !value.is_empty()).map(Cow::Owned));
        }
        if let Some(conversions) = conversions {
            let convert = |values| {
                flow.converted_values(conversions, values, &self.record, Toward::Directory)
            };
            of_rows.values = convert(of_rows.values)?;
            let others = of_rows.others.into_iter().filter_map(|value| convert(vec![value]).ok());
            of_rows.others = others.flatten().collect();
        }
        Ok(of_rows)
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
                led => {
                    is_open = true;
                    let unresolved = ends.unresolved(flow, Toward::Directory, (value, &led))?;
                    edits.unresolved.push(unresolved);
                }
            }
        }
        match (flow.child.is_some(), led.is_empty()) {
            // Nobody knows who is meant: what is there stays, under the name it will have.
            (false, true) if is_open => {
                let held = self.held(self.old, flow);
                let kept = held.iter().map(|value| self.led_on(flow, ends, value.clone()));
                let kept = kept.collect::<Result<Values<'v>>>()?;
                return Ok((kept != held).then_some(kept));
            }
            (false, false) => {}
            _ => {
                let is_rejected = matches!(flow.flow.if_empty, Some(IfEmpty::Reject));
                let mut leavers = Vec::new();
                for value in self.held(self.old, flow) {
                    if flow.is_stand_in(self.schema(), &value) {
                        continue;
                    }
                    if !ends.is_ours(&value)? {
                        led.push(self.led_on(flow, ends, value)?);
                    } else if is_rejected && ends.is_leaving(&value)? {
                        leavers.push(self.led_on(flow, ends, value)?);
                    }
                }
                // To the next run they are none of the mapping's, and stay.
                if led.is_empty() {
                    led = leavers;
                }
            }
        }
        Ok(Some(led))
    }

    /// A reference that stays, by what its record will be called.
    fn led_on<'v>(
        &self,
        flow: &Ready<'_>,
        ends: &dyn Ends,
        value: Cow<'v, [u8]>,
    ) -> Result<Cow<'v, [u8]>> {
        let renamed = ends.renamed(flow.target(Toward::Directory), &value)?;
        Ok(renamed.map_or(value, Cow::Owned))
    }
}

/// What keys lead to, as far as it has a name.
fn names_of<'v>(ends: &'v dyn Ends, keys: &[Cow<'_, [u8]>]) -> Result<Values<'v>> {
    let mut names = Vec::new();
    for key in keys {
        if let Led::To(name) = ends.led(key)? {
            names.push(name.bytes);
        }
    }
    Ok(names)
}

/// The parts of a value between separators.
fn split_at<'v>(value: &'v [u8], between: &[u8]) -> Vec<&'v [u8]> {
    let mut parts = Vec::new();
    let mut start = 0;
    for at in memchr::memmem::find_iter(value, between) {
        parts.push(&value[start..at]);
        start = at + between.len();
    }
    parts.push(&value[start..]);
    parts
}
