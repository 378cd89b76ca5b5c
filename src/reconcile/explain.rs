//! Why a record is treated as it is: for those that somebody asks about.

use crate::dn::Dn;
use crate::mapping::{Action, Situation, Toward};
use crate::matching::dn_key;
use crate::reconcile::keys::words;
use crate::reconcile::pairs::Case;
use crate::reconcile::stage::{Role, Stage};
use crate::schema::Schema;
use crate::server::is_secret;
use crate::source::Extent;
use crate::text::{Escaped, Shortened};

/// Why a record is treated as it is.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What it was found in.
    pub situation: Situation,
    /// What is done.
    pub action: Action,
    /// The columns of `match` that found it.
    pub columns: Vec<String>,
    /// The record of the side that is obeyed: what it is called, and where it stands.
    pub source: Option<String>,
    /// Those of the side that is changed.
    pub targets: Vec<String>,
    /// What changes, in the order of the flows.
    pub effects: Vec<Effect>,
    /// The number of the source.
    pub(super) number: Option<u32>,
    /// The number of the target that goes or becomes inactive.
    pub(super) leaver: Option<u32>,
}

/// What a flow changes.
#[derive(Clone, Debug)]
pub struct Effect {
    /// The line of the mapping file on which the flow begins, where one does it.
    pub line: Option<u64>,
    /// The column or the attribute.
    pub name: String,
    /// What it held.
    pub old: Option<String>,
    /// What it is to hold.
    pub new: Option<String>,
}

impl Explanation {
    /// Says what changes; what held nothing and holds nothing then is no change.
    pub(super) fn tell(&mut self, effects: Vec<Effect>) {
        self.effects = effects;
        self.effects.retain(|effect| effect.old.is_some() || effect.new.is_some());
    }
}

impl Effect {
    /// A change of a column or an attribute; what is secret is not told.
    pub(super) fn new(
        line: Option<u64>,
        name: &str,
        (old, new): (Option<&[u8]>, Option<&[u8]>),
    ) -> Effect {
        const WIDTH: usize = 120;
        let is_secret = is_secret(Schema::builtin(), &[], name.as_bytes());
        let shown = |value: &[u8]| match is_secret {
            true => "…".to_owned(),
            false => Shortened(value, WIDTH).to_string(),
        };
        Effect { line, name: name.to_owned(), old: old.map(shown), new: new.map(shown) }
    }
}

impl Stage<'_, '_> {
    /// The targets of a mapping that somebody asks about, in their order.
    pub(super) fn asked_targets(&self, n: usize) -> Vec<u32> {
        let Some(asked) = self.task.explain.as_deref() else { return Vec::new() };
        let is_entry = self.is_entry(Role::Target);
        let targets = self.targets(n);
        let is_it = |target: &u32| self.is_asked(n, is_entry, targets.place(*target), asked);
        (0..targets.count()).filter(is_it).collect()
    }

    /// What is to be said of a case, where somebody asks about it, or about one of these targets.
    pub(super) fn explained(
        &self,
        n: usize,
        case: &Case<'_>,
        action: Action,
        asked_targets: &[u32],
    ) -> Option<Explanation> {
        let asked = self.task.explain.as_deref()?;
        let mapping = &self.plan.mappings[n];
        let source = self.place_of_source(n, case);
        let targets = case.targets.iter().map(|&target| self.targets(n).place(target));
        let to_database = self.task.toward == Toward::Database;
        let is_it = source.is_some_and(|place| self.is_asked(n, to_database, place, asked))
            || asked_targets.iter().any(|target| case.targets.binary_search(target).is_ok());
        is_it.then(|| Explanation {
            situation: case.situation,
            action,
            columns: match case.targets.is_empty() || case.source.is_none() {
                true => Vec::new(),
                false => mapping.mapping.matches[case.list].clone(),
            },
            source: source.map(|place| self.told(n, to_database, place)),
            targets: targets.map(|place| self.told(n, !to_database, place)).collect(),
            effects: Vec::new(),
            number: case.source,
            leaver: match action {
                Action::Delete | Action::Inactivate => case.targets.first().copied(),
                _ => None,
            },
        })
    }

    /// Whether a record is called so, or is found by it.
    fn is_asked(&self, n: usize, is_entry: bool, place: Extent, asked: &str) -> bool {
        self.keys(n, is_entry, place).iter().flatten().any(|key| words(key) == asked)
            || self.is_called(n, is_entry, place, asked)
    }

    /// Whether a record is called so: an entry by its name, a row by its key.
    fn is_called(&self, n: usize, is_entry: bool, place: Extent, asked: &str) -> bool {
        if is_entry {
            let asked = Dn::parse(asked.as_bytes()).map(|dn| dn_key(self.task.schema, &dn));
            return asked
                .is_ok_and(|asked| self.task.directory.key(place).is_ok_and(|k| k == asked));
        }
        let rows = &self.task.tables[self.plan.mappings[n].table].rows;
        let Ok(row) = rows.read(place) else { return false };
        let key = rows.columns.key.iter().filter_map(|&n| row[n].as_ref());
        let key: Vec<_> = key.map(|value| String::from_utf8_lossy(&value.bytes)).collect();
        key.join(",") == asked
    }

    /// What a record is called, and where it stands.
    fn told(&self, n: usize, is_entry: bool, place: Extent) -> String {
        if is_entry {
            let source = self.task.directory;
            let name = source.name_text(place).unwrap_or_default();
            let line = source.place(place.start, 0).position.line;
            return format!("{} (line {line} of {})", Escaped(&name), source.name);
        }
        let table = &self.task.tables[self.plan.mappings[n].table];
        let rows = &table.rows;
        let key = rows.read(place).map(|row| rows.columns.shown_key(&row)).unwrap_or_default();
        format!("{}, {key} (line {} of {})", table.name, rows.line(place), rows.name)
    }
}
