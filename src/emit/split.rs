//! Long value lists continue in further records.
//!
//! Every record must be one that a server takes by itself: no mandatory attribute is without a
//! value in between, no two equal values meet, and classes come with what they demand.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::attribute::{is_object_class, type_of};
use crate::change::{ModOp, Modification};
use crate::compare::{Comparison, Field};
use crate::dn::Rdn;

/// One record's modifications and what undoes them.
pub(super) type Chunk<'e> = (Vec<Modification<'e>>, Vec<Modification<'e>>);

/// Cuts modifications into records of about `limit` bytes each. An attribute that is replaced
/// stays whole. Within an attribute values go and come by turns, so it is never empty in between.
pub(super) fn split<'e>(
    comparison: &Comparison<'_>,
    forward: Vec<Modification<'e>>,
    back: Vec<Modification<'e>>,
    limit: usize,
) -> Vec<Chunk<'e>> {
    if forward.is_empty() {
        return Vec::new();
    }
    if forward.iter().map(size).sum::<usize>() <= limit {
        return vec![(forward, back)];
    }
    let parts = parts(comparison, forward, &back);
    let mut records = Records { limit, all: Vec::new(), places: HashMap::new(), room: 0 };
    if parts.iter().any(Part::is_class) {
        records.around_classes(parts);
    } else {
        parts.into_iter().for_each(|part| records.put_part(part));
    }
    records.all.into_iter().map(chunk).collect()
}

fn size(one: &Modification<'_>) -> usize {
    let values = one.values.iter().map(|value| value_size(&one.description, value));
    (one.description.len() + 6) * 2 + values.sum::<usize>()
}

fn value_size(description: &[u8], value: &[u8]) -> usize {
    description.len() + 6 + value.len() / 3 * 4
}

/// What happens to one attribute.
struct Part<'e> {
    description: Cow<'e, [u8]>,
    body: Body<'e>,
}

enum Body<'e> {
    /// It is replaced, and what undoes that.
    Whole(Modification<'e>, Option<Modification<'e>>),
    /// Values go and come.
    Turns(Vec<Turn<'e>>),
}

/// A value that goes and one that comes, in one record: the server may hold them equal.
#[derive(Default)]
struct Turn<'e> {
    goes: Option<Cow<'e, [u8]>>,
    comes: Option<Cow<'e, [u8]>>,
}

impl<'e> Part<'e> {
    fn is_class(&self) -> bool {
        is_object_class(&self.description)
    }

    fn turns(description: Cow<'e, [u8]>, turns: Vec<Turn<'e>>) -> Part<'e> {
        Part { description, body: Body::Turns(turns) }
    }

    fn size(&self) -> usize {
        match &self.body {
            Body::Whole(one, _) => size(one),
            Body::Turns(turns) => turns.iter().map(|turn| turn.size(&self.description)).sum(),
        }
    }
}

impl Turn<'_> {
    fn size(&self, description: &[u8]) -> usize {
        self.goes.iter().chain(&self.comes).map(|value| value_size(description, value)).sum()
    }
}

/// The modifications by attribute.
fn parts<'e>(
    comparison: &Comparison<'_>,
    forward: Vec<Modification<'e>>,
    back: &[Modification<'e>],
) -> Vec<Part<'e>> {
    let mut parts = Vec::new();
    let undos: HashMap<Vec<u8>, &Modification<'e>> =
        back.iter().rev().map(|b| (comparison.attribute_key(&b.description), b)).collect();
    let mut rest = forward.into_iter().peekable();
    while let Some(one) = rest.next() {
        let description = one.description.clone();
        if one.op == ModOp::Replace || one.values.is_empty() {
            let undo = undos.get(&comparison.attribute_key(&one.description));
            let undo = undo.copied().cloned();
            parts.push(Part { description, body: Body::Whole(one, undo) });
            continue;
        }
        let pair = rest.next_if(|next| {
            one.op == ModOp::Delete && next.op == ModOp::Add && next.description == description
        });
        let more = pair.map(|pair| pair.values).unwrap_or_default();
        let (deletes, adds) = match one.op {
            ModOp::Delete => (one.values, more),
            _ => (Vec::new(), one.values),
        };
        let turns = by_turns(comparison, &description, deletes, adds);
        parts.push(Part::turns(description, turns));
    }
    parts
}

/// First those values that only get another spelling, then the others as they stand.
fn by_turns<'e>(
    comparison: &Comparison<'_>,
    description: &[u8],
    deletes: Vec<Cow<'e, [u8]>>,
    adds: Vec<Cow<'e, [u8]>>,
) -> Vec<Turn<'e>> {
    let attribute = comparison.schema.attribute(type_of(description));
    let key = |value: &[u8]| comparison.by_rule(attribute, value).into_owned();
    let at: HashMap<Vec<u8>, usize> =
        deletes.iter().enumerate().map(|(n, value)| (key(value), n)).collect();
    let mut deletes: Vec<Option<Cow<'e, [u8]>>> = deletes.into_iter().map(Some).collect();
    let mut turns = Vec::new();
    let mut others = Vec::new();
    for value in adds {
        match at.get(&key(&value)).and_then(|&n| deletes[n].take()) {
            Some(twin) => turns.push(Turn { goes: Some(twin), comes: Some(value) }),
            None => others.push(value),
        }
    }
    let (mut deletes, mut adds) = (deletes.into_iter().flatten(), others.into_iter());
    loop {
        match (deletes.next(), adds.next()) {
            (None, None) => return turns,
            (goes, comes) => turns.push(Turn { goes, comes }),
        }
    }
}

/// Records that are being filled.
struct Records<'e> {
    limit: usize,
    all: Vec<Vec<Part<'e>>>,
    /// Where the last part of each attribute stands in the last record.
    places: HashMap<Cow<'e, [u8]>, usize>,
    room: usize,
}

impl<'e> Records<'e> {
    fn put_part(&mut self, part: Part<'e>) {
        match part.body {
            Body::Whole(..) => self.put(part),
            Body::Turns(turns) => {
                for turn in turns {
                    self.put(Part::turns(part.description.clone(), vec![turn]));
                }
            }
        }
    }

    /// Puts something into the last record, or begins one where it has no room.
    fn put(&mut self, part: Part<'e>) {
        if self.room < part.size() {
            self.begin();
        }
        self.add(part);
    }

    fn begin(&mut self) {
        self.all.push(Vec::new());
        self.places.clear();
        self.room = self.limit;
    }

    fn add(&mut self, part: Part<'e>) {
        if self.all.is_empty() {
            self.begin();
        }
        self.room = self.room.saturating_sub(part.size());
        let Some(record) = self.all.last_mut() else { return };
        let before = self.places.get(&part.description).map(|&at| &mut record[at].body);
        match (before, part.body) {
            (Some(Body::Turns(turns)), Body::Turns(more)) => turns.extend(more),
            (_, body) => {
                self.places.insert(part.description.clone(), record.len());
                record.push(Part { description: part.description, body });
            }
        }
    }

    /// Where classes change, one record holds them with all that is replaced, the last value of
    /// what goes and the first of what comes: between its classes and its attributes an entry is
    /// right at any moment, and on the way back too.
    fn around_classes(&mut self, parts: Vec<Part<'e>>) {
        let (mut core, mut late) = (Vec::new(), Vec::new());
        for part in parts {
            if part.is_class() {
                core.push(part);
                continue;
            }
            let Body::Turns(mut turns) = part.body else {
                core.push(part);
                continue;
            };
            let only_goes = turns.iter().all(|turn| turn.comes.is_none());
            let one = if only_goes { turns.len() - 1 } else { 0 };
            let mut rest = turns.split_off(one);
            let after = rest.split_off(1);
            core.push(Part::turns(part.description.clone(), rest));
            self.put_part(Part::turns(part.description.clone(), turns));
            late.push(Part::turns(part.description, after));
        }
        self.begin();
        core.into_iter().for_each(|part| self.add(part));
        late.into_iter().for_each(|part| self.put_part(part));
    }
}

/// A record's modifications: of each attribute what goes before what comes.
fn chunk(record: Vec<Part<'_>>) -> Chunk<'_> {
    let (mut forward, mut back) = (Vec::new(), Vec::new());
    for Part { description, body } in record {
        match body {
            Body::Whole(one, undo) => {
                forward.push(one);
                back.extend(undo);
            }
            Body::Turns(turns) => {
                let (goes, comes): (Vec<_>, Vec<_>) =
                    turns.into_iter().map(|turn| (turn.goes, turn.comes)).unzip();
                let goes: Vec<_> = goes.into_iter().flatten().collect();
                let comes: Vec<_> = comes.into_iter().flatten().collect();
                push(&mut forward, ModOp::Delete, description.clone(), goes.clone());
                push(&mut forward, ModOp::Add, description.clone(), comes.clone());
                push(&mut back, ModOp::Delete, description.clone(), comes);
                push(&mut back, ModOp::Add, description, goes);
            }
        }
    }
    (forward, back)
}

fn push<'e>(
    list: &mut Vec<Modification<'e>>,
    op: ModOp,
    description: Cow<'e, [u8]>,
    values: Vec<Cow<'e, [u8]>>,
) {
    if !values.is_empty() {
        list.push(Modification { op, description, values });
    }
}

/// The values of an entry that fit into one add, and whether any are left for later. Its classes
/// and its name are there from the start, and of every attribute a value.
pub(super) fn split_add<'e, 's>(
    comparison: &Comparison<'s>,
    fields: &[Field<'e, 's>],
    rdn: Option<&Rdn>,
    limit: usize,
) -> (Vec<Field<'e, 's>>, bool) {
    let size_of = |field: &Field<'_, '_>| -> usize {
        field.values.iter().map(|value| value_size(field.description, value)).sum()
    };
    let mut now = fields.to_vec();
    if fields.iter().map(size_of).sum::<usize>() <= limit {
        return (now, false);
    }
    let named = |f: &Field<'_, '_>, d: &[u8]| comparison.same_attribute(f.description, d);
    let is_whole = |f: &Field<'_, '_>| {
        named(f, b"objectClass")
            || rdn.is_some_and(|rdn| rdn.avas.iter().any(|ava| named(f, &ava.attribute)))
            || !f.attribute.is_some_and(|a| a.equality.is_some() && !a.ordered)
    };
    let fixed: usize = now.iter().filter(|f| is_whole(f)).map(size_of).sum();
    let mut room = limit.saturating_sub(fixed);
    let mut later = false;
    for field in now.iter_mut().filter(|f| !is_whole(f)) {
        let mut kept = 0;
        let description = field.description;
        field.values.retain(|value| {
            let size = value_size(description, value);
            let fits = kept == 0 || size <= room;
            room = if fits { room.saturating_sub(size) } else { 0 };
            kept += usize::from(fits);
            later |= !fits;
            fits
        });
    }
    (now, later)
}
