//! Entries that a mapping is not about because of where they stand in the tree, and what is missed on the side
//! that is changed: who was moved out of sight is left out, not gone.

use std::collections::HashMap;
use std::ops::Range;

use crate::error::Result;
use crate::ldif::scan::split;
use crate::mapping::Toward;
use crate::reconcile::fields::Fields;
use crate::reconcile::keys::{KeyMarks, share_key};
use crate::reconcile::marks::Mark;
use crate::reconcile::sift::certain;
use crate::reconcile::stage::Stage;
use crate::source::Extent;

/// What is missed, by a list of `match` and what it is found by there.
type Missed = HashMap<(usize, Mark), Vec<u32>>;

/// What is missed, and the entry that it is.
pub(super) type Elsewhere = HashMap<u32, Extent>;

impl Stage<'_, '_> {
    /// Finds what is missed in a table among the entries that its mapping is not about.
    ///
    /// # Errors
    ///
    /// A record cannot be read.
    pub(super) fn find_elsewhere(&mut self) -> Result<()> {
        for n in 0..self.plan.mappings.len() {
            let is_asked = self.task.toward == Toward::Database && !self.task.is_fresh;
            let missed = if is_asked { self.missed(n) } else { Missed::new() };
            let bad = self.bad_elsewhere(n, &missed)?;
            let found = self.found_elsewhere(n, &missed)?;
            self.cases[n].leave_out(&found);
            self.elsewhere.push(found);
            self.rows[n].bad.extend(bad);
        }
        Ok(())
    }

    /// What is missed, where entries stand elsewhere.
    fn missed(&self, n: usize) -> Missed {
        let known = &self.targets(n).known;
        let is_any = !self.sources(n).outside.is_empty() || !self.skipped.entries.is_empty();
        let mut missed = Missed::new();
        for target in self.cases[n].missed().filter(|_| is_any) {
            for list in 0..self.plan.mappings[n].lists.len() {
                for mark in known.marks(list, target) {
                    missed.entry((list, *mark)).or_default().push(target);
                }
            }
        }
        missed
    }

    /// What is missed, and stands elsewhere in a record that cannot be read.
    fn bad_elsewhere(&self, n: usize, missed: &Missed) -> Result<Vec<u32>> {
        let (mapping, mut keys) = (&self.plan.mappings[n], KeyMarks::default());
        let mut bad = Vec::new();
        for reject in self.skipped.entries.iter().filter(|_| !missed.is_empty()) {
            if let Some(entry) = certain(self.task, mapping, reject) {
                let fields = Fields::of(&self.plan.fields, &entry);
                bad.extend(self.hits(n, &fields, missed, &mut keys)?);
            }
        }
        Ok(bad)
    }

    fn found_elsewhere(&self, n: usize, missed: &Missed) -> Result<Elsewhere> {
        let outside = &self.sources(n).outside;
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
            for (target, place) in part? {
                found.entry(target).or_insert(place);
            }
        }
        Ok(found)
    }

    /// What of a part of the export is missed.
    fn sought(&self, n: usize, part: Range<usize>, missed: &Missed) -> Result<Vec<(u32, Extent)>> {
        let directory = self.task.directory;
        let (mut found, mut keys, mut reader) = (Vec::new(), KeyMarks::default(), self.reader());
        let mut cutter = directory.cut(part);
        while let Some(cut) = cutter.next_record(None) {
            // What cannot be read was skipped already, or has ended the run.
            let Ok(cut) = cut else { continue };
            if self.skipped.entry(cut.extent).is_some() {
                continue;
            }
            reader.with(directory, cut.extent, |fields| {
                for target in self.hits(n, fields, missed, &mut keys)? {
                    found.push((target, cut.extent));
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    fn hits(
        &self,
        n: usize,
        fields: &Fields<'_>,
        missed: &Missed,
        keys: &mut KeyMarks,
    ) -> Result<Vec<u32>> {
        let (mapping, view) = (&self.plan.mappings[n], self.view(fields));
        let rows = &self.task.tables[mapping.table].rows;
        let mut hits = Vec::new();
        for list in 0..mapping.lists.len() {
            // One whose key is none for this mapping is nobody of it.
            let marks = keys.of_entry(self.marker, &self.plan, (mapping, list), view);
            let marks = marks.unwrap_or_default();
            let targets = marks.iter().filter_map(|mark| missed.get(&(list, *mark))).flatten();
            for &target in targets {
                let row = rows.read(self.targets(n).place(target))?;
                let is_it = share_key((self.task, &self.plan), mapping, list, view, &row);
                hits.extend(is_it.then_some(target));
            }
        }
        Ok(hits)
    }
}
