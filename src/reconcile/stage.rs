//! Both sides read, and every record in its situation: what is the same whichever side is changed.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind, Result};
use crate::join::GrowingIndex;
use crate::mapping::{Action, Each, Toward};
use crate::reconcile::Task;
use crate::reconcile::account::{Account, Rejection};
use crate::reconcile::elsewhere::Elsewhere;
use crate::reconcile::entries::{Entries, entries};
use crate::reconcile::fields::{FieldReader, Fields};
use crate::reconcile::keys::{
    Key, each_key_of_entry, each_key_of_row, keys_of_entry, keys_of_row, share_key,
};
use crate::reconcile::lookup::Lookups;
use crate::reconcile::marks::{Mark, Marker};
use crate::reconcile::members::Members;
use crate::reconcile::pairs::{Case, Cases};
use crate::reconcile::ready::Plan;
use crate::reconcile::record::EntryView;
use crate::reconcile::refused::Refusals;
use crate::reconcile::rows::rows;
use crate::reconcile::sift::Skipped;
use crate::reconcile::withhold::{Lost, note_sequences};
use crate::source::Extent;
use crate::table::Row;
use crate::text::Escaped;

/// What a record is to a mapping: obeyed, or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Source,
    Target,
}

/// The key that a mark stands for.
type KeyOfMark = HashMap<Mark, Box<[u8]>>;

/// Both sides, and the cases of each mapping.
pub(super) struct Stage<'s, 'm> {
    pub(super) task: &'s Task<'m>,
    /// What cannot be read.
    pub(super) skipped: &'s Skipped,
    pub(super) plan: Plan<'m>,
    pub(super) lookups: Lookups,
    pub(super) entries: Entries,
    pub(super) rows: Vec<Members>,
    pub(super) cases: Vec<Cases>,
    /// For each mapping the targets whose sources stand elsewhere in the tree.
    pub(super) elsewhere: Vec<Elsewhere>,
    /// For each mapping the sources that entries are made of, though one with their key stands elsewhere.
    pub(super) doubles: Vec<Elsewhere>,
    /// For each mapping those that would go or become inactive by it, and the mapping whose they are, as far as
    /// somebody asked.
    pub(super) followed_elsewhere: OnceLock<Vec<HashMap<u32, usize>>>,
    /// For each mapping the cases by which targets go or become inactive, as far as somebody asked.
    leaving: OnceLock<Vec<HashMap<u32, usize>>>,
    /// For each mapping what is known of rejected sources.
    pub(super) lost: Vec<Lost>,
    /// What makes marks of keys.
    pub(super) marker: &'s Marker,
    /// Whether two records were taken for a pair whose keys are not the same.
    is_deceived: AtomicBool,
}

/// A record that is followed, and what follows it where there is something yet.
pub(super) type Pair = (u32, Option<u32>);

/// What `work` makes of both sides, and the entries by their names.
///
/// Who is who is told by hashes. Where one has deceived, everything is done again without.
///
/// # Errors
///
/// A record cannot be read; a name stands twice; what is named is not there; what `work` has to say.
pub(super) fn staged<'m, T>(
    task: &Task<'m>,
    (marker, skipped): (&Marker, &Skipped),
    work: impl Fn(&Stage<'_, 'm>) -> Result<T>,
) -> Result<(T, GrowingIndex)> {
    let stage = Stage::new(task, marker, skipped)?;
    if !stage.is_deceived() {
        let done = work(&stage);
        if !stage.is_deceived() {
            return done.map(|done| (done, stage.entries.names));
        }
    }
    drop(stage);
    let marker = &Marker::numbered();
    let stage = Stage::new(task, marker, skipped)?;
    Ok((work(&stage)?, stage.entries.names))
}

impl<'s, 'm> Stage<'s, 'm> {
    /// Reads both sides and finds out who is who.
    fn new(task: &'s Task<'m>, marker: &'s Marker, skipped: &'s Skipped) -> Result<Stage<'s, 'm>> {
        let plan = Plan::new(task)?;
        let lookups = Lookups::new(&task.file.lookups, task.tables)?;
        let mut entries = entries(task, &plan, &lookups, marker, skipped)?;
        let mut counts = entries.counts();
        let mut rows = rows(task, &plan, (marker, skipped), &mut counts)?;
        if !skipped.is_empty() {
            note_sequences(task, &plan, skipped, &mut entries, &mut rows);
        }
        let of_mapping = |n: usize| {
            let (sources, targets) = match task.toward {
                Toward::Database => (&entries.members[n], &rows[n]),
                Toward::Directory => (&rows[n], &entries.members[n]),
            };
            Cases::new(task.pool, &sources.known, &targets.known)
        };
        let cases = (0..plan.mappings.len()).map(of_mapping).collect();
        let is_deceived = AtomicBool::new(false);
        let leaving = OnceLock::new();
        let lost = task.mappings.iter().map(|_| Lost::default()).collect();
        let mut stage = Stage {
            task,
            skipped,
            plan,
            lookups,
            entries,
            rows,
            cases,
            elsewhere: Vec::new(),
            doubles: Vec::new(),
            followed_elsewhere: OnceLock::new(),
            lost,
            leaving,
            marker,
            is_deceived,
        };
        stage.find_elsewhere()?;
        for n in 0..stage.plan.mappings.len() {
            stage.verify_others(n)?;
        }
        let members = stage.entries.members.iter_mut().chain(&mut stage.rows);
        members.for_each(|members| members.known.forget_marks());
        Ok(stage)
    }

    fn is_deceived(&self) -> bool {
        self.is_deceived.load(Ordering::Relaxed)
    }

    /// Holds the keys of records against each other that are taken for one and are not followed; the keys
    /// of others are looked at where they are.
    fn verify_others(&self, n: usize) -> Result<()> {
        let (cases, mut reader) = (&self.cases[n], self.reader());
        let mut several: HashMap<u32, KeyOfMark> = HashMap::new();
        for case in cases.iter().filter(|case| !case.targets.is_empty()) {
            let Some(source) = case.source else { continue };
            if self.is_deceived() {
                return Ok(());
            }
            if self.action(n, &case) == Action::Update || self.is_bad(n, &case) {
                continue;
            }
            let is_first = cases.several_of(source).is_none_or(|one| !several.contains_key(&one));
            let mut alone = KeyOfMark::new();
            let keys = match cases.several_of(source) {
                Some(one) => several.entry(one).or_default(),
                None => &mut alone,
            };
            let marks = self.sources(n).known.marks(case.list, source);
            let mut verify = |of| self.verify_marks((n, case.list), of, (marks, keys), &mut reader);
            verify((Role::Source, source))?;
            // Those that are found by the same have the same targets.
            for target in case.targets.iter().filter(|_| is_first) {
                verify((Role::Target, *target))?;
            }
        }
        Ok(())
    }

    /// Sees to it that each mark of a source is of one key: that of every record which was found by it.
    fn verify_marks(
        &self,
        (n, list): (usize, usize),
        (role, record): (Role, u32),
        (marks, keys): (&[Mark], &mut KeyOfMark),
        reader: &mut FieldReader<'_, 'm>,
    ) -> Result<()> {
        let mapping = &self.plan.mappings[n];
        let mut each = |key: &[u8]| {
            let mark = self.marker.mark(key);
            if marks.contains(&mark) && **keys.entry(mark).or_insert_with(|| key.into()) != *key {
                self.is_deceived.store(true, Ordering::Relaxed);
            }
        };
        if self.is_entry(role) {
            let place = self.entries.members[n].place(record);
            return reader.with(self.task.directory, place, |fields| {
                // One whose keys cannot be told was found by none.
                let view = self.view(fields);
                let _ = each_key_of_entry(&self.plan, (mapping, list), view, &mut each);
                Ok(())
            });
        }
        let row = self.task.tables[mapping.table].rows.read(self.rows[n].place(record))?;
        each_key_of_row(self.task, (mapping, list), &row, &mut each);
        Ok(())
    }

    /// Holds the keys of an entry and a row against each other that are taken for one.
    pub(super) fn verify(&self, n: usize, list: usize, fields: &Fields<'_>, row: &Row<'_>) {
        let (mapping, view) = (&self.plan.mappings[n], self.view(fields));
        if !share_key((self.task, &self.plan), mapping, list, view, row) {
            self.is_deceived.store(true, Ordering::Relaxed);
        }
    }

    /// Reads entries as far as the mappings may ask for them.
    pub(super) fn reader(&self) -> FieldReader<'_, 'm> {
        FieldReader::new(&self.plan.fields)
    }

    /// An entry as expressions see it.
    pub(super) fn view<'v>(&'v self, fields: &'v Fields<'v>) -> EntryView<'v> {
        EntryView { table: &self.plan.fields, fields, lookups: &self.lookups }
    }

    /// The keys of a record, list by list; none of what cannot be read.
    pub(super) fn keys(&self, n: usize, is_entry: bool, place: Extent) -> Vec<Vec<Key>> {
        let mapping = &self.plan.mappings[n];
        let lists = 0..mapping.lists.len();
        if is_entry {
            let keys = |fields: &Fields<'_>| {
                let of = |list| keys_of_entry(&self.plan, mapping, list, self.view(fields));
                Ok(lists.map(|list| of(list).unwrap_or_default()).collect())
            };
            return self.reader().with(self.task.directory, place, keys).unwrap_or_default();
        }
        let Ok(row) = self.task.tables[mapping.table].rows.read(place) else { return Vec::new() };
        lists.map(|list| keys_of_row(self.task, mapping, list, &row)).collect()
    }

    /// Whether a source, or a target, is an entry.
    pub(super) fn is_entry(&self, role: Role) -> bool {
        match self.task.toward {
            Toward::Database => role == Role::Source,
            Toward::Directory => role == Role::Target,
        }
    }

    pub(super) fn sources(&self, mapping: usize) -> &Members {
        match self.task.toward {
            Toward::Database => &self.entries.members[mapping],
            Toward::Directory => &self.rows[mapping],
        }
    }

    pub(super) fn targets(&self, mapping: usize) -> &Members {
        match self.task.toward {
            Toward::Database => &self.rows[mapping],
            Toward::Directory => &self.entries.members[mapping],
        }
    }

    /// Takes sources that cannot be followed out of each mapping, each with the first of its faults, and keeps targets
    /// that cannot go or become inactive as they are; answers whether there are any that were not known.
    pub(super) fn set_aside(
        &self,
        refused: Refusals,
        (rejected, staying): (&mut [HashSet<u32>], &mut [HashSet<u32>]),
        accounts: &mut [Account],
    ) -> bool {
        let mut is_any_new = false;
        let refused = refused.sources.into_iter().zip(refused.leavers).zip(accounts);
        for (n, ((sources, leavers), account)) in refused.enumerate() {
            self.note_lost(n, &sources, account);
            let members = (self.sources(n), self.table_of(n, Role::Source));
            is_any_new |= set_aside(members, sources, &mut rejected[n], account);
            let members = (self.targets(n), self.table_of(n, Role::Target));
            is_any_new |= set_aside(members, leavers, &mut staying[n], account);
        }
        is_any_new
    }

    /// The table that the sources, or the targets, of a mapping are of, where they are rows.
    pub(super) fn table_of(&self, n: usize, role: Role) -> Option<usize> {
        (!self.is_entry(role)).then_some(self.plan.mappings[n].table)
    }

    /// What the record of a case is called in messages: the source, else the target.
    pub(super) fn shown(&self, n: usize, case: &Case<'_>) -> String {
        let (role, place) = match (case.source, case.targets.first()) {
            (Some(source), _) => (Role::Source, self.sources(n).place(source)),
            (None, Some(&target)) => (Role::Target, self.targets(n).place(target)),
            (None, None) => return String::new(),
        };
        match self.is_entry(role) {
            true => self.shown_entry(place),
            false => self.shown_row(n, place),
        }
    }

    /// What an entry is called in messages.
    pub(super) fn shown_entry(&self, place: Extent) -> String {
        let name = self.task.directory.name_text(place).unwrap_or_default();
        Escaped(&name).to_string()
    }

    /// What a row of a mapping is called in messages.
    pub(super) fn shown_row(&self, n: usize, place: Extent) -> String {
        let rows = &self.task.tables[self.plan.mappings[n].table].rows;
        rows.read(place).map(|row| rows.columns.shown_key(&row)).unwrap_or_default()
    }

    /// An error at a record of the side that is obeyed.
    pub(super) fn error_of_source(&self, kind: ErrorKind, mapping: usize, place: Extent) -> Error {
        self.error(Role::Source, kind, mapping, place)
    }

    /// An error at a record of the side that is changed.
    pub(super) fn error_of_target(&self, kind: ErrorKind, mapping: usize, place: Extent) -> Error {
        self.error(Role::Target, kind, mapping, place)
    }

    fn error(&self, role: Role, kind: ErrorKind, mapping: usize, place: Extent) -> Error {
        match self.is_entry(role) {
            true => self.task.directory.error_in(kind, place),
            false => {
                let table = self.plan.mappings[mapping].table;
                self.task.tables[table].rows.error_of(kind, place)
            }
        }
    }

    /// Those of each mapping that something is made of, as [`Stage::followed`] says.
    pub(super) fn all_followed(&self, rejected: &[HashSet<u32>]) -> Vec<Vec<Pair>> {
        (0..rejected.len()).map(|n| self.followed(n, rejected)).collect()
    }

    /// The sources of a mapping that something is made of: each with its target, where it has one.
    fn followed(&self, mapping: usize, rejected: &[HashSet<u32>]) -> Vec<Pair> {
        let of_case = |case: Case<'_>| {
            let source = case.source.filter(|source| !rejected[mapping].contains(source))?;
            match self.action(mapping, &case) {
                Action::Create => Some((source, None)),
                Action::Update => case.targets.first().map(|&target| (source, Some(target))),
                _ => self.is_joining(mapping, &case, Some(rejected)).then_some((source, None)),
            }
        };
        self.cases[mapping].iter().filter_map(of_case).collect()
    }

    /// The target of each source of a mapping that has one for certain, whatever is done to them.
    pub(super) fn partners(&self, mapping: usize) -> Partners {
        let is_pair = |case: &Case<'_>| case.situation.is_of_a_pair();
        let mut partners = vec![Partners::NOBODY; self.sources(mapping).count() as usize];
        for case in self.cases[mapping].iter().filter(is_pair) {
            if let (Some(source), Some(&target)) = (case.source, case.targets.first()) {
                partners[source as usize] = target;
            }
        }
        Partners(partners)
    }

    /// The targets of a mapping that go or become inactive, each with what is done.
    fn leaving(&self, mapping: usize) -> Vec<(u32, Action)> {
        let mut all = Vec::new();
        for case in self.cases[mapping].iter() {
            if let Some(action) = self.loss(mapping, &case) {
                all.extend(case.targets.iter().map(|&target| (target, action)));
            }
        }
        all
    }

    /// The same, but for those that cannot.
    pub(super) fn leaving_but(
        &self,
        mapping: usize,
        staying: &HashSet<u32>,
    ) -> impl Iterator<Item = (u32, Action)> {
        let all = self.leaving(mapping).into_iter();
        all.filter(move |(target, _)| !staying.contains(target))
    }

    /// By what the targets of a case go or become inactive, where they do; mostly the policy says no.
    fn loss(&self, mapping: usize, case: &Case<'_>) -> Option<Action> {
        let is_loss = |action: &Action| matches!(action, Action::Delete | Action::Inactivate);
        let policy = Some(self.policy(mapping, case.situation)).filter(is_loss);
        policy.map(|_| self.action(mapping, case)).filter(is_loss)
    }

    /// Where the source of a case stands, though it be none of the mapping.
    pub(super) fn place_of_source(&self, mapping: usize, case: &Case<'_>) -> Option<Extent> {
        let place = |source: u32| self.sources(mapping).place(source);
        let elsewhere = || self.elsewhere.get(mapping)?.get(case.targets.first()?).copied();
        case.source.map(place).or_else(elsewhere)
    }

    /// The case by which a target of a mapping goes or becomes inactive.
    pub(super) fn case_of_leaving(&self, mapping: usize, target: u32) -> Option<Case<'_>> {
        let all = self.leaving.get_or_init(|| {
            let of_mapping = |n: usize| {
                let cases = self.cases[n].iter().enumerate();
                let cases = cases.filter(|(_, case)| self.loss(n, case).is_some());
                cases.flat_map(|(at, case)| case.targets.iter().map(move |&t| (t, at))).collect()
            };
            (0..self.cases.len()).map(of_mapping).collect()
        });
        self.cases[mapping].at(*all[mapping].get(&target)?)
    }

    /// Whether a target is left out by the filter of its own side: it was made inactive, and its source is
    /// back.
    pub(super) fn comes_back(&self, mapping: usize, target: u32) -> bool {
        !self.targets(mapping).known.is_meant(target)
    }
}

/// What inactivation sets or clears, so that coming back undoes it.
pub(super) fn is_inactivated<T>(
    each: &Each<Option<crate::mapping::Inactivate>>,
    toward: Toward,
    name: &T,
) -> bool
where
    T: AsRef<str> + ?Sized,
{
    each.of(toward).as_ref().is_some_and(|inactivate| {
        let is_it = |other: &String| other.eq_ignore_ascii_case(name.as_ref());
        inactivate.set.iter().any(|(other, _)| is_it(other)) || inactivate.clear.iter().any(is_it)
    })
}

/// Tells the first fault of each record that nothing is done to; whether there are any that were not known.
fn set_aside(
    (members, table): (&Members, Option<usize>),
    faults: Vec<(u32, Error)>,
    known: &mut HashSet<u32>,
    account: &mut Account,
) -> bool {
    let before = known.len();
    for (n, error) in faults {
        if known.insert(n) {
            let source = members.place(n);
            account.rejections.push(Rejection { source, table, error });
        }
    }
    known.len() > before
}

/// The target of each source, where it has one for certain.
pub(super) struct Partners(Vec<u32>);

impl Partners {
    const NOBODY: u32 = u32::MAX;

    /// Says what the target of a source is.
    pub(super) fn set(&mut self, source: u32, target: Option<u32>) {
        self.0[source as usize] = target.unwrap_or(Partners::NOBODY);
    }

    /// The target of a source.
    pub(super) fn of(&self, source: u32) -> Option<u32> {
        self.0.get(source as usize).copied().filter(|&target| target != Partners::NOBODY)
    }
}
