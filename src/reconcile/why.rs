//! Why each record changes, for programs: put together from who is who and from what came of each record.
//!
//! While changes are collected only numbers are noted ([`Origins`]); all else is read again at the end, of
//! what did change.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::entry::Entry;
use crate::error::Result;
use crate::jsonl::{Called, Flowed, Held, Spot, Why};
use crate::mapping::{Action, NAME, Toward};
use crate::reconcile::fields::Fields;
use crate::reconcile::flow::Ready;
use crate::reconcile::stage::Stage;
use crate::source::Extent;
use crate::table::{Columns, Row};

/// What has a record change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The number of the mapping.
    pub(super) mapping: usize,
    /// The record that is followed, where there is one.
    pub(super) source: Option<u32>,
    /// The record that changes, or that it is of.
    pub(super) target: Option<u32>,
    /// The flow whose values it is one of, where it is a row of a child table.
    pub(super) flow: Option<usize>,
    /// Whether it becomes inactive: then no flow says what it holds.
    pub(super) is_inactivated: bool,
}

impl Origin {
    /// That a record of a mapping follows another.
    pub(super) fn following(mapping: usize, source: u32, target: Option<u32>) -> Origin {
        Origin { mapping, source: Some(source), target, flow: None, is_inactivated: false }
    }
}

/// What had each record change: those that were there by their places, those that come by their numbers.
#[derive(Debug, Default)]
pub(super) struct Origins {
    /// Whether anybody asks.
    is_asked: bool,
    old: BTreeMap<Extent, Vec<Origin>>,
    new: BTreeMap<usize, Vec<Origin>>,
}

/// Why each record changes: those that were there by their places, those that come by their numbers.
#[derive(Debug, Default)]
pub struct Whys {
    /// Records that were there.
    pub old: HashMap<Extent, Vec<Why>>,
    /// Records that come.
    pub new: HashMap<usize, Vec<Why>>,
}

/// The same by places alone: of what comes, those in what was made.
#[derive(Debug, Default)]
pub struct Reasons {
    old: HashMap<Extent, Vec<Why>>,
    new: HashMap<Extent, Vec<Why>>,
}

impl Reasons {
    /// `place` says where what comes stands.
    pub fn new(whys: Whys, place: impl Fn(usize) -> Extent) -> Reasons {
        let new = whys.new.into_iter().map(|(number, why)| (place(number), why));
        Reasons { old: whys.old, new: new.collect() }
    }

    /// Why the record of these places changes.
    pub fn of(&self, old: Option<Extent>, new: Option<Extent>) -> &[Why] {
        let found = old.and_then(|place| self.old.get(&place));
        let found = found.or_else(|| self.new.get(&new.filter(|_| old.is_none())?));
        found.map_or(&[], Vec::as_slice)
    }
}

impl Origins {
    /// Nothing is noted yet, and nothing will be where nobody asks.
    pub(super) fn new(is_asked: bool) -> Origins {
        Origins { is_asked, ..Origins::default() }
    }

    /// Notes what has a record change that is there.
    pub(super) fn add_old(&mut self, place: Extent, origin: Origin) {
        if !self.is_asked {
            return;
        }
        let all = self.old.entry(place).or_default();
        if !all.contains(&origin) {
            all.push(origin);
        }
    }

    /// Notes that a record that is there refers to another, and changes for the same reasons.
    pub(super) fn add_led(&mut self, place: Extent, led_by: Extent) {
        for origin in self.old.get(&led_by).cloned().unwrap_or_default() {
            self.add_old(place, origin);
        }
    }

    /// Notes what has a record come.
    pub(super) fn add_new(&mut self, number: usize, origin: Origin) {
        if self.is_asked {
            self.new.entry(number).or_default().push(origin);
        }
    }
}

/// A row before and after.
type Pair<'p> = (Option<&'p Row<'p>>, Option<&'p Row<'p>>);

impl Stage<'_, '_> {
    /// Why the rows of a table change.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub(super) fn whys_of_rows<'r>(
        &self,
        origins: &Origins,
        table: usize,
        after: impl Fn(Extent) -> Option<Option<&'r Row<'static>>>,
        created: &[Row<'static>],
    ) -> Result<Whys> {
        let rows = &self.task.tables[table].rows;
        let mut whys = Whys::default();
        for (&place, origins) in &origins.old {
            let Some(after) = after(place) else { continue };
            let before = rows.read(place)?;
            let why = |origin: &Origin| {
                let flows = self.flowed_rows(rows.columns, *origin, (Some(&before), after));
                self.why(*origin, flows)
            };
            whys.old.insert(place, origins.iter().map(why).collect::<Result<_>>()?);
        }
        for (&number, origins) in &origins.new {
            let why = |origin: &Origin| {
                let flows = self.flowed_rows(rows.columns, *origin, (None, created.get(number)));
                self.why(*origin, flows)
            };
            whys.new.insert(number, origins.iter().map(why).collect::<Result<_>>()?);
        }
        Ok(whys)
    }

    /// Tells why an entry changes that was there: how it was and how it is to be, where it stays.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn tell_old(
        &self,
        origins: &Origins,
        place: Extent,
        change: Option<(&Entry<'_>, &Entry<'_>)>,
        whys: &mut Whys,
    ) -> Result<()> {
        let Some(origins) = origins.old.get(&place) else { return Ok(()) };
        let why = |origin: &Origin| {
            let flows = change.map(|(old, new)| self.flowed_entry(*origin, Some(old), new));
            self.why(*origin, flows.unwrap_or_default())
        };
        whys.old.insert(place, origins.iter().map(why).collect::<Result<_>>()?);
        Ok(())
    }

    /// Tells why an entry comes.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn tell_new(
        &self,
        origins: &Origins,
        number: usize,
        entry: &Entry<'_>,
        whys: &mut Whys,
    ) -> Result<()> {
        let Some(origins) = origins.new.get(&number) else { return Ok(()) };
        let why = |origin: &Origin| self.why(*origin, self.flowed_entry(*origin, None, entry));
        whys.new.insert(number, origins.iter().map(why).collect::<Result<_>>()?);
        Ok(())
    }

    /// What has a target of a mapping go or become inactive.
    pub(super) fn origin_of_leaving(&self, mapping: usize, target: u32, action: Action) -> Origin {
        let case = match self.task.tells {
            true => self.case_of_leaving(mapping, target),
            false => None,
        };
        let source = case.and_then(|case| case.source);
        let is_inactivated = action == Action::Inactivate;
        Origin { mapping, source, target: Some(target), flow: None, is_inactivated }
    }

    fn why(&self, origin: Origin, flows: Vec<Flowed>) -> Result<Why> {
        let Origin { mapping: n, source, target, .. } = origin;
        let of_source = |source: u32| self.cases[n].at(source as usize);
        let of_target = |target: u32| self.case_of_leaving(n, target);
        let case = source.and_then(of_source).or_else(|| target.and_then(of_target));
        let mapping = &self.plan.mappings[n].mapping;
        let is_pair = source.is_some() && target.is_some();
        let matched = case.filter(|_| is_pair).map(|case| mapping.matches[case.list].clone());
        let to_database = self.task.toward == Toward::Database;
        let source = match source {
            Some(source) => Some(self.sources(n).place(source)),
            None => case.and_then(|case| self.place_of_source(n, &case)),
        };
        let target = target.map(|target| self.targets(n).place(target));
        Ok(Why {
            mapping: mapping.name.clone(),
            situation: case.map_or("", |case| case.situation.name()),
            action: case.map_or("", |case| self.told_action(n, &case).0.name()),
            matched: matched.unwrap_or_default(),
            source: source.map(|place| self.spot(n, to_database, place)).transpose()?,
            target: target.map(|place| self.spot(n, !to_database, place)).transpose()?,
            flows,
        })
    }

    /// Where a record stands, and what it is called.
    fn spot(&self, n: usize, is_entry: bool, place: Extent) -> Result<Spot> {
        if is_entry {
            let source = self.task.directory;
            let line = source.place(place.start, 0).position.line;
            let dn = source.name_text(place)?;
            return Ok(Spot { file: source.name.to_owned(), line, called: Called::Entry { dn } });
        }
        let table = &self.task.tables[self.plan.mappings[n].table];
        let rows = &table.rows;
        let row = rows.read(place)?;
        let cell = |&n: &usize| {
            (rows.columns.names[n].clone(), row[n].as_ref().map(|value| value.bytes.to_vec()))
        };
        let key = rows.columns.key.iter().map(cell).collect();
        let called = Called::Row { table: table.name.to_string(), key };
        Ok(Spot { file: rows.name.to_owned(), line: rows.line(place), called })
    }

    /// What flowed into a row: the columns that differ, each with its flow. A row of a child table is one
    /// value of its flow.
    fn flowed_rows(
        &self,
        columns: &Columns,
        origin: Origin,
        (before, after): Pair<'_>,
    ) -> Vec<Flowed> {
        let mapping = &self.plan.mappings[origin.mapping];
        let held = |row: Option<&Row<'_>>, n: usize| {
            let value = row.and_then(|row| row[n].as_ref()).filter(|value| !value.is_unsaid());
            match value.map(|value| (value.is_query(), value.bytes.to_vec())) {
                Some((true, query)) => Held::Query(query),
                Some((false, bytes)) => Held::Cell(Some(bytes)),
                None => Held::Cell(None),
            }
        };
        let flow = |n: usize| match origin.flow {
            _ if origin.is_inactivated => None,
            Some(number) => mapping.flows.get(number).filter(|flow| flow.column == Some(n)),
            None => mapping.flows.iter().find(|flow| {
                flow.child.is_none() && flow.column == Some(n) && flow.goes(Toward::Database)
            }),
        };
        let differs = |n: usize| match (before, after) {
            (Some(before), Some(after)) => !columns.agree(n, before, after),
            // What goes goes whole: of a child row its value is told.
            (_, None) => origin.flow.is_some() && flow(n).is_some(),
            (None, Some(after)) => after[n].as_ref().is_some_and(|value| !value.is_unsaid()),
        };
        let one = |n: usize| Flowed {
            attribute: flow(n).and_then(|flow| flow.flow.attribute.clone()),
            column: Some(columns.names[n].clone()),
            line: flow(n).map(|flow| flow.flow.line),
            old: held(before, n),
            new: held(after, n),
        };
        (0..columns.names.len()).filter(|n| differs(*n)).map(one).collect()
    }

    /// What flowed into an entry: the attributes of flows that differ, and its name.
    fn flowed_entry(
        &self,
        origin: Origin,
        before: Option<&Entry<'_>>,
        after: &Entry<'_>,
    ) -> Vec<Flowed> {
        let fields = |entry| Fields::of(&self.plan.fields, entry);
        let (before, after) = (before.map(fields), fields(after));
        let values = |fields: &Fields<'_>, name: &str| {
            let values = self.view(fields).of(name).into_iter();
            values.map(Cow::into_owned).collect::<Vec<_>>()
        };
        let flowed = |name: &str, flow: Option<&Ready<'_>>| {
            let old = before.as_ref().map(|before| values(before, name)).unwrap_or_default();
            let new = values(&after, name);
            (old != new).then(|| Flowed {
                attribute: Some(name.to_owned()),
                column: flow.and_then(|flow| flow.flow.column.clone()),
                line: flow.map(|flow| flow.flow.line),
                old: Held::Values(old),
                new: Held::Values(new),
            })
        };
        let mapping = &self.plan.mappings[origin.mapping];
        let feeds = |flow: &&Ready<'_>| flow.goes(Toward::Directory) && !origin.is_inactivated;
        let mut all: Vec<Flowed> = mapping
            .flows
            .iter()
            .filter(feeds)
            .filter_map(|flow| flowed(flow.target(Toward::Directory), Some(flow)))
            .collect();
        let inactivate = mapping.mapping.inactivate.to_directory.iter();
        let names = inactivate.flat_map(|one| {
            one.set
                .iter()
                .map(|(name, _)| name.as_str())
                .chain(one.clear.iter().map(String::as_str))
        });
        for name in names.chain([NAME]) {
            let is_told = all.iter().any(|one| {
                one.attribute.as_ref().is_some_and(|told| told.eq_ignore_ascii_case(name))
            });
            all.extend((!is_told).then(|| flowed(name, None)).flatten());
        }
        all
    }
}
