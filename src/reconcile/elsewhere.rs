//! Entries that a mapping is not about because of where they stand in the tree, and who is missed among those
//! that it is about: who was moved out of sight is left out, not gone, and may not be in need of an entry.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::error::Result;
use crate::ldif::scan::split;
use crate::mapping::{Action, Toward};
use crate::reconcile::chosen::Chosen;
use crate::reconcile::fields::Fields;
use crate::reconcile::keys::{KeyMarks, share_key};
use crate::reconcile::marks::Mark;
use crate::reconcile::pairs::Case;
use crate::reconcile::sift::certain;
use crate::reconcile::stage::Stage;
use crate::source::Extent;

/// Rows that no entry was found for, by a list of `match` and what they are found by there.
type Missed = HashMap<(usize, Mark), Vec<u32>>;

/// Such rows, and the entry that each is.
pub(super) type Elsewhere = BTreeMap<u32, Extent>;

/// A look at entries for such rows.
struct Search<'m> {
    missed: &'m Missed,
    /// Of what was come across so far, those that no entry was found for yet: one is enough.
    open: Missed,
    keys: KeyMarks,
}

impl<'m> Search<'m> {
    fn new(missed: &'m Missed) -> Search<'m> {
        Search { missed, open: Missed::new(), keys: KeyMarks::default() }
    }
}

impl Stage<'_, '_> {
    /// Finds what is missed in a table, or in the directory, among the entries that its mapping is not about.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn find_elsewhere(&mut self) -> Result<()> {
        for n in 0..self.plan.mappings.len() {
            let missed = if self.task.is_fresh { Missed::new() } else { self.missed(n) };
            let found = self.found_elsewhere(n, &missed)?;
            let (elsewhere, doubles) = match self.task.toward {
                Toward::Database => {
                    let bad = self.bad_elsewhere(n, &missed)?;
                    self.cases[n].leave_out(&found);
                    self.rows[n].bad.extend(bad);
                    (found, Elsewhere::new())
                }
                Toward::Directory => (Elsewhere::new(), self.doubles(n, found)?),
            };
            self.elsewhere.push(elsewhere);
            self.doubles.push(doubles);
        }
        Ok(())
    }

    /// The rows that no entry was found for, where entries stand elsewhere: those that would go, or would get an
    /// entry.
    fn missed(&self, n: usize) -> Missed {
        let known = &self.rows[n].known;
        let is_any =
            !self.entries.members[n].outside.is_empty() || !self.skipped.entries.is_empty();
        let rows: Vec<u32> = match self.task.toward {
            Toward::Database => self.cases[n].missed().collect(),
            Toward::Directory => self.created(n).collect(),
        };
        let mut missed = Missed::new();
        for row in rows.into_iter().filter(|_| is_any) {
            for list in 0..self.plan.mappings[n].lists.len() {
                for mark in known.marks(list, row) {
                    missed.entry((list, *mark)).or_default().push(row);
                }
            }
        }
        missed
    }

    /// The sources of a mapping that something new is made of.
    fn created(&self, n: usize) -> impl Iterator<Item = u32> {
        let created = move |case: &Case<'_>| self.action(n, case) == Action::Create;
        self.cases[n].iter().filter(created).filter_map(|case| case.source)
    }

    /// Of entries that stand elsewhere those that the filter of the mapping selects, and no other mapping is about:
    /// they may be whom an entry would be made for once more.
    fn doubles(&self, n: usize, found: Elsewhere) -> Result<Elsewhere> {
        let chosen = Chosen::new(&self.plan.mappings[n]);
        let choice = chosen.choice(self.task.schema);
        let mut doubles = Elsewhere::new();
        for (row, place) in found {
            let is_of_another = self.entries.members.iter().any(|one| one.at(place).is_some());
            if !is_of_another && choice.selector.matches(&self.task.directory.entry(place)?) {
                doubles.insert(row, place);
            }
        }
        Ok(doubles)
    }

    /// What is missed, and stands elsewhere in a record that cannot be read.
    fn bad_elsewhere(&self, n: usize, missed: &Missed) -> Result<Vec<u32>> {
        let (mapping, mut search) = (&self.plan.mappings[n], Search::new(missed));
        let mut bad = Vec::new();
        for reject in self.skipped.entries.iter().filter(|_| !missed.is_empty()) {
            if let Some(entry) = certain(self.task, mapping, reject) {
                let fields = Fields::of(&self.plan.fields, &entry);
                bad.extend(self.hits(n, &fields, &mut search)?);
            }
        }
        Ok(bad)
    }

    fn found_elsewhere(&self, n: usize, missed: &Missed) -> Result<Elsewhere> {
        let outside = &self.entries.members[n].outside;
        let mut found = Elsewhere::new();
        if missed.is_empty() {
            return Ok(found);
        }
        let parts = outside.iter().flat_map(|run| {
            let text = &self.task.directory.text[run.clone()];
            let parts = split(text, self.task.part).into_iter();
            parts.map(|part| run.start + part.start..run.start + part.end)
        });
        let parts: Vec<Range<usize>> = parts.collect();
        let seek = |part| self.sought(n, part, missed);
        for part in self.task.pool.map_ordered(parts, seek) {
            for (row, place) in part? {
                found.entry(row).or_insert(place);
            }
        }
        Ok(found)
    }

    /// What of a part of the export is missed.
    fn sought(&self, n: usize, part: Range<usize>, missed: &Missed) -> Result<Vec<(u32, Extent)>> {
        let directory = self.task.directory;
        let (mut found, mut search, mut reader) = (Vec::new(), Search::new(missed), self.reader());
        let mut cutter = directory.cut(part);
        while let Some(cut) = cutter.next_record(None) {
            // What cannot be read was skipped already, or has ended the run.
            let Ok(cut) = cut else { continue };
            if self.skipped.entry(cut.extent).is_some() {
                continue;
            }
            reader.with(directory, cut.extent, |fields| {
                for row in self.hits(n, fields, &mut search)? {
                    found.push((row, cut.extent));
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// The rows that an entry is, but for those that one was found for before.
    fn hits(&self, n: usize, fields: &Fields<'_>, search: &mut Search<'_>) -> Result<Vec<u32>> {
        let (mapping, view) = (&self.plan.mappings[n], self.view(fields));
        let rows = &self.task.tables[mapping.table].rows;
        let Search { missed, open, keys } = search;
        let mut hits = Vec::new();
        for list in 0..mapping.lists.len() {
            // One whose key is none for this mapping is nobody of it.
            let marks = keys.of_entry(self.marker, &self.plan, (mapping, list), view);
            for mark in marks.unwrap_or_default() {
                let which = (list, *mark);
                let Some(all) = missed.get(&which) else { continue };
                let open = open.entry(which).or_insert_with(|| all.clone());
                let mut others = Vec::new();
                for missed in std::mem::take(open) {
                    let row = rows.read(self.rows[n].place(missed))?;
                    let is_it = share_key((self.task, &self.plan), mapping, list, view, &row);
                    if is_it { &mut hits } else { &mut others }.push(missed);
                }
                *open = others;
            }
        }
        Ok(hits)
    }
}
