//! What several mappings say of one record, said together: each of what those before it leave of it. Where one of them would
//! change again what another one has made, they contradict each other, and nothing is done to the record by either.
//!
//! Otherwise each run would take back what the one before it did.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::entry::Entry;
use crate::error::{FlowFault, Result};
use crate::mapping::Toward;
use crate::matching::dn_key;
use crate::reconcile::database::{self, FollowedBy};
use crate::reconcile::directory::{self, Made};
use crate::reconcile::edits::{Edits, edited};
use crate::reconcile::ends::AllEnds;
use crate::reconcile::fields::Fields;
use crate::reconcile::flow::Ready;
use crate::reconcile::made_row::{Deltas, Followed, owned_row, with};
use crate::reconcile::record::normal_value;
use crate::reconcile::refused::{Refusals, Who};
use crate::reconcile::sequence::Sequences;
use crate::reconcile::stage::{Pair, Stage};
use crate::source::Extent;

/// Two mappings that cannot be content with one another's values: each with its source and its flow.
type Contradiction<'r, 'm> = [(usize, u32, &'r Ready<'m>); 2];

/// What was said together, by the mapping and the source, with the target.
type Said<T> = BTreeMap<(usize, u32), (u32, T)>;

/// What mappings make of one entry that comes, by the table, the row and the key of the name.
type New = HashMap<(usize, Extent, Vec<u8>), Vec<(usize, u32, Edits)>>;

/// Who follows a record that is there: each mapping with the source and the target.
type Followers = Vec<(usize, u32, u32)>;

impl<'m> Stage<'_, 'm> {
    /// The flow of a mapping that writes this there.
    fn writing(&self, n: usize, is_it: impl Fn(&Ready<'m>) -> bool) -> Option<&Ready<'m>> {
        let mut flows = self.plan.mappings[n].flows.iter();
        flows.find(|flow| flow.goes(self.task.toward) && is_it(flow))
    }

    /// Whether two mappings write this of records of one table.
    fn is_shared(&self, table: usize, is_it: impl Fn(&Ready<'m>) -> bool) -> bool {
        let of_table =
            |n: &usize| self.plan.mappings[*n].table == table && self.writing(*n, &is_it).is_some();
        (0..self.plan.mappings.len()).filter(of_table).nth(1).is_some()
    }

    /// Those of the followed that follow one of these records, by the record.
    fn followers(
        &self,
        all: &[Vec<Pair>],
        is_one: impl Fn(usize, Extent) -> bool,
    ) -> BTreeMap<Extent, Followers> {
        let mut found: BTreeMap<Extent, Followers> = BTreeMap::new();
        for (n, pairs) in all.iter().enumerate() {
            let pairs = pairs.iter().filter_map(|&(source, target)| Some((source, target?)));
            for (source, target) in pairs {
                let place = self.targets(n).place(target);
                if is_one(n, place) {
                    found.entry(place).or_default().push((n, source, target));
                }
            }
        }
        found.retain(|_, followers| followers.len() > 1);
        found
    }

    /// A source whose mapping would change this again, and the last other one that writes it.
    fn contradiction(
        &self,
        followers: &Followers,
        (n, source): (usize, u32),
        is_it: impl Fn(&Ready<'m>) -> bool,
    ) -> Option<Contradiction<'_, 'm>> {
        let own = self.writing(n, &is_it)?;
        let mut others = followers.iter().rev().filter(|(m, ..)| *m != n);
        let other = others.find_map(|&(m, by, _)| Some((m, by, self.writing(m, &is_it)?)))?;
        Some([(n, source, own), other])
    }

    /// Refuses both sources of each contradiction.
    fn refuse_contradictions(&self, all: &[Contradiction<'_, 'm>], refused: &mut Refusals) {
        let mut known = HashSet::new();
        for [one, other] in all {
            for ((n, source, flow), (m, _, others)) in [(one, other), (other, one)] {
                if known.insert((*n, *source)) {
                    let mapping = self.plan.mappings[*m].mapping.name.clone();
                    let fault = FlowFault::Contradicted { mapping, line: others.flow.line };
                    let fault = flow.fault(fault, self.task.toward);
                    refused.refuse(self, (*n, Who::Source(*source)), fault);
                }
            }
        }
    }
}

impl<'f, 'm> database::Follower<'f, '_, 'm> {
    /// Says together what several mappings say of one row.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn say_together(
        &self,
        all: &[Vec<Pair>],
        beside: (&AllEnds<'_>, &Sequences),
        round: &mut database::Round,
    ) -> Result<()> {
        let (stage, mappings) = (self.stage, &self.stage.plan.mappings);
        let feeds = |column: usize| {
            move |flow: &Ready<'_>| flow.child.is_none() && flow.column == Some(column)
        };
        let is_shared = |n: usize, deltas: &Deltas| {
            deltas.iter().any(|(at, _)| stage.is_shared(mappings[n].table, feeds(*at)))
        };
        let mut touched = HashSet::new();
        for (n, followed) in round.followed.iter().enumerate() {
            for (_, target, followed) in followed {
                if let Some(target) = target.filter(|_| is_shared(n, &followed.deltas)) {
                    touched.insert((mappings[n].table, stage.rows[n].place(target)));
                }
            }
        }
        if touched.is_empty() {
            return Ok(());
        }
        let mut contradictions = Vec::new();
        let mut said: Said<Followed> = BTreeMap::new();
        for table in touched.iter().map(|(table, _)| *table).collect::<BTreeSet<usize>>() {
            let is_one =
                |n: usize, place| mappings[n].table == table && touched.contains(&(table, place));
            for (place, followers) in stage.followers(all, is_one) {
                let mut row = owned_row(&self.task.tables[table].rows.read(place)?);
                let mut reader = stage.reader();
                for &(n, source, target) in &followers {
                    let pair = (source, Some(target));
                    let one = self.follow_row(n, pair, Some(&row), beside, &mut reader)?;
                    if let Ok(followed) = one {
                        row = with(row, &followed.deltas);
                        said.insert((n, source), (target, followed));
                    }
                }
                for &(n, source, target) in &followers {
                    let pair = (source, Some(target));
                    let again = self.follow_row(n, pair, Some(&row), beside, &mut reader)?;
                    let columns = again.iter().flat_map(|again| &again.deltas).map(|(at, _)| *at);
                    contradictions.extend(columns.filter_map(|column| {
                        stage.contradiction(&followers, (n, source), feeds(column))
                    }));
                }
            }
        }
        stage.refuse_contradictions(&contradictions, &mut round.refused);
        replace_rows(&mut round.followed, said);
        Ok(())
    }
}

/// Puts what was said together in place of what each had said alone.
fn replace_rows(all: &mut [FollowedBy], mut said: Said<Followed>) {
    for (n, followed) in all.iter_mut().enumerate() {
        for (source, _, alone) in followed.iter_mut() {
            if let Some((_, together)) = said.remove(&(n, *source)) {
                *alone = together;
            }
        }
    }
    for ((n, source), (target, together)) in said {
        if !together.is_nothing() {
            all[n].push((source, Some(target), together));
        }
    }
    all.iter_mut().for_each(|followed| followed.sort_by_key(|(source, ..)| *source));
}

impl<'m> directory::Follower<'_, '_, 'm> {
    /// Says together what several mappings say of one entry, be it there or to come.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn say_together(
        &self,
        all: &[Vec<Pair>],
        (names, ends, sequences): (&directory::Names<'_>, &AllEnds<'_>, &Sequences),
        round: &mut directory::Round,
    ) -> Result<()> {
        let stage = self.stage;
        let is_shared = |n: usize, made: &Made| {
            let table = stage.plan.mappings[n].table;
            let names = made.edits.attributes.iter().map(|(name, _)| name);
            names.into_iter().any(|name| stage.is_shared(table, self.feeds(name)))
        };
        let mut touched = HashSet::new();
        for (n, followed) in round.followed.iter().enumerate() {
            let shared = followed.iter().filter(|made| !made.edits.goes && is_shared(n, made));
            let targets = shared.filter_map(|made| made.target);
            touched.extend(targets.map(|target| stage.targets(n).place(target)));
        }
        let mut contradictions = self.of_new(round);
        let mut said: Said<Edits> = Said::new();
        let followers = match touched.is_empty() {
            true => BTreeMap::new(),
            false => stage.followers(all, |_, place| touched.contains(&place)),
        };
        for (place, followers) in followers {
            let mut entry = self.task.directory.entry(place)?.into_owned();
            for &(n, source, target) in &followers {
                let which = (n, source, target);
                let Some(mut edits) = self.edits_of(which, &entry, (ends, sequences))? else {
                    continue;
                };
                edits.dn = names.called[n].anew.get(&source).cloned();
                entry = edited(self.task.schema, entry, &edits).into_owned();
                said.insert((n, source), (target, edits));
            }
            for &(n, source, target) in &followers {
                let again = self.edits_of((n, source, target), &entry, (ends, sequences))?;
                let names = again.iter().flat_map(|again| &again.attributes).map(|(name, _)| name);
                contradictions.extend(names.filter_map(|name| {
                    stage.contradiction(&followers, (n, source), self.feeds(name))
                }));
            }
        }
        stage.refuse_contradictions(&contradictions, &mut round.refused);
        replace_entries(&mut round.followed, said);
        Ok(())
    }

    /// Whether a flow writes this attribute.
    fn feeds(&self, name: &str) -> impl Fn(&Ready<'m>) -> bool {
        let schema = self.task.schema;
        move |flow| schema.same_values(flow.target(Toward::Directory).as_bytes(), name.as_bytes())
    }

    /// What a source makes of an entry that is so by now; `None` where it cannot be followed, or the entry goes.
    fn edits_of(
        &self,
        (n, source, target): (usize, u32, u32),
        entry: &Entry<'_>,
        (ends, sequences): (&AllEnds<'_>, &Sequences),
    ) -> Result<Option<Edits>> {
        let fields = Fields::of(&self.stage.plan.fields, entry);
        let which = (n, source, Some(target));
        let edits = self
            .with_fields(which, sequences, Some(&fields), |one| one.edits(ends, self.children))?;
        Ok(edits.ok().filter(|edits| !edits.goes))
    }

    /// Puts together the references that several mappings give to one entry that comes; answers where they give other
    /// values than each other.
    fn of_new(&self, round: &mut directory::Round) -> Vec<Contradiction<'_, 'm>> {
        let (stage, schema) = (self.stage, self.task.schema);
        let mut contradictions = Vec::new();
        let mut before = New::new();
        // Only mappings of one table make one entry.
        let tables: HashSet<usize> = stage.plan.mappings.iter().map(|one| one.table).collect();
        if tables.len() == stage.plan.mappings.len() {
            return contradictions;
        }
        for (n, followed) in round.followed.iter_mut().enumerate() {
            for made in followed.iter_mut().filter(|made| made.target.is_none()) {
                let place = stage.sources(n).place(made.source);
                let name = made.edits.dn.as_ref().map(|dn| dn_key(schema, dn)).unwrap_or_default();
                let known = before.entry((stage.plan.mappings[n].table, place, name)).or_default();
                for (m, source, edits) in known.iter() {
                    for (name, values) in &mut made.edits.attributes {
                        let is_it = |other: &&(String, Vec<Vec<u8>>)| {
                            schema.same_values(other.0.as_bytes(), name.as_bytes())
                        };
                        let Some((_, others)) = edits.attributes.iter().find(is_it) else {
                            continue;
                        };
                        let flows = [n, *m].map(|n| stage.writing(n, self.feeds(name)));
                        let [Some(own), Some(other)] = flows else { continue };
                        let normal = |value: &Vec<u8>| normal_value(schema, name.as_bytes(), value);
                        let held: BTreeSet<Vec<u8>> = values.iter().map(normal).collect();
                        if own.reference.is_some() && other.reference.is_some() {
                            let more = others.iter().filter(|value| !held.contains(&normal(value)));
                            values.extend(more.cloned().collect::<Vec<_>>());
                        } else if held != others.iter().map(normal).collect() {
                            contradictions.push([(n, made.source, own), (*m, *source, other)]);
                        }
                    }
                }
                known.push((n, made.source, made.edits.clone()));
            }
        }
        contradictions
    }
}

/// Puts what was said together in place of what each had said alone.
fn replace_entries(all: &mut [Vec<Made>], mut said: Said<Edits>) {
    for (n, followed) in all.iter_mut().enumerate() {
        for made in followed.iter_mut() {
            if let Some((_, together)) = said.remove(&(n, made.source)) {
                made.edits = together;
            }
        }
    }
    for ((n, source), (target, edits)) in said {
        if !edits.say_nothing() {
            all[n].push(Made { source, target: Some(target), edits });
        }
    }
    all.iter_mut().for_each(|followed| followed.sort_by_key(|made| made.source));
}
