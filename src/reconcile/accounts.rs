//! The accounts of a stage: how many records are in which situation, and what there is to say of them.

use crate::error::{Error, FlowFault, Result};
use crate::mapping::{Action, Doubt, Toward};
use crate::reconcile::account::{Account, Rejection, rejected};
use crate::reconcile::keys::{Key, words};
use crate::reconcile::members::Members;
use crate::reconcile::pairs::Case;
use crate::reconcile::ready::ReadyMapping;
use crate::reconcile::stage::{Role, Stage};

impl Stage<'_, '_> {
    /// What came of each mapping so far: counts, decisions, and what cannot be told.
    ///
    /// # Errors
    ///
    /// A case in which the policy ends the run.
    pub(super) fn accounts(&self) -> Result<Vec<Account>> {
        (0..self.plan.mappings.len()).map(|n| self.account(n)).collect()
    }

    fn account(&self, n: usize) -> Result<Account> {
        let ReadyMapping { mapping, .. } = &self.plan.mappings[n];
        let (sources, targets) = (self.sources(n), self.targets(n));
        let mut account = Account {
            mapping: mapping.name.clone(),
            sources: sources.known.count_meant() as u64,
            targets: targets.known.count_meant() as u64,
            overlap: self.overlap(n),
            first_keys: [self.first_keys(n, Role::Source), self.first_keys(n, Role::Target)],
            min_overlap: mapping.min_overlap,
            max_delete: mapping.max_delete,
            doubles: self.shown_doubles(n),
            doubts: self.doubts(n),
            ..Account::default()
        };
        let asked = self.asked_targets(n);
        for case in self.cases[n].iter() {
            let (action, withheld) = self.told_action(n, &case);
            account.count(case.situation);
            account.explanations.extend(self.explained(n, &case, action, &asked));
            account.withhold(withheld);
            // Who was left out, and comes back.
            if let (Action::Update, [target]) = (action, case.targets) {
                account.targets += u64::from(!targets.known.is_meant(*target));
            }
            let is_meant = |target: &u32| targets.known.is_meant(*target);
            let follower = self.follower_of(n, &case).filter(|_| case.targets.iter().any(is_meant));
            if let Some(other) = follower {
                let other = &self.plan.mappings[other].mapping.name;
                let (count, first) = &mut account.followed_elsewhere;
                first.get_or_insert_with(|| (self.shown(n, &case), other.clone()));
                *count += 1;
            }
            match action {
                Action::Fail => return Err(self.failed(n, &case)),
                Action::Report => account.report(case.situation, || self.shown(n, &case)),
                _ => {}
            }
        }
        for (place, fault) in &sources.strangers {
            let error = self.error_of_source(rejected(&mapping.name, fault.clone()), n, *place);
            let table = self.table_of(n, Role::Source);
            account.rejections.push(Rejection { source: *place, table, error });
        }
        Ok(account)
    }

    /// The attributes of a mapping that its schema does not know: where nobody has one, nothing flows from it, and
    /// what is like one that is known is perhaps a slip.
    fn doubts(&self, n: usize) -> Vec<String> {
        let doubts = self.plan.mappings[n].mapping.doubts(self.task.schema);
        let is_asked =
            |doubt: &Doubt<'_>| self.task.toward == Toward::Database || doubt.meant.is_some();
        let doubts = doubts.into_iter().filter(is_asked);
        let doubts = doubts.filter(|doubt| !has_line_of(self.task.directory.text, doubt.attribute));
        let sentence = |Doubt { line, attribute, meant }: Doubt<'_>| {
            let meant = meant.map_or(String::new(), |name| format!(": perhaps `{name}` is meant"));
            format!("no entry has `{attribute}` (line {line}), and no schema knows it{meant}")
        };
        doubts.map(sentence).collect()
    }

    /// How many of the doubles of a mapping there are, and what the first row and its entry are called.
    fn shown_doubles(&self, n: usize) -> (u64, Option<(String, String)>) {
        let first = self.doubles[n].first_key_value();
        let shown = first.map(|(row, place)| {
            (self.shown_row(n, self.rows[n].place(*row)), self.shown_entry(*place))
        });
        (self.doubles[n].len() as u64, shown)
    }

    /// The first keys of a side, as a message shows them.
    fn first_keys(&self, n: usize, role: Role) -> Vec<String> {
        const SHOWN: usize = 3;
        let members = match role {
            Role::Source => self.sources(n),
            Role::Target => self.targets(n),
        };
        let with_key = (0..members.count()).filter(|one| members.known.has_key(0, *one));
        let keys = with_key.map(|one| self.keys(n, self.is_entry(role), members.place(one)));
        let first = |keys: Vec<Vec<Key>>| Some(words(keys.first()?.first()?));
        keys.filter_map(first).take(SHOWN).collect()
    }

    /// How many sources that are meant have a counterpart, and how many records the smaller side has.
    fn overlap(&self, n: usize) -> (u64, u64) {
        let meant = |members: &Members| members.known.count_meant();
        let (sources, targets) = (self.sources(n), self.targets(n));
        let smaller = meant(sources).min(meant(targets));
        let is_pair = |case: &Case<'_>| {
            let is_meant = |target: &u32| targets.known.is_meant(*target);
            let mut met = case.targets.iter();
            case.source.is_some_and(|source| match sources.known.is_meant(source) {
                true => met.next().is_some(),
                false => met.any(is_meant),
            })
        };
        (self.cases[n].iter().filter(is_pair).count() as u64, smaller as u64)
    }

    fn failed(&self, n: usize, case: &Case<'_>) -> Error {
        let situation = case.situation.name();
        let kind =
            rejected(&self.plan.mappings[n].mapping.name, FlowFault::PolicyFails { situation });
        match (case.source, case.targets.first()) {
            (Some(source), _) => self.error_of_source(kind, n, self.sources(n).place(source)),
            (None, Some(&target)) => self.error_of_target(kind, n, self.targets(n).place(target)),
            (None, None) => Error::new(kind),
        }
    }
}

/// Whether a line of an export begins with an attribute.
fn has_line_of(text: &[u8], attribute: &str) -> bool {
    let is_it = |line: &[u8]| {
        let (name, rest) = line.split_at_checked(attribute.len()).unwrap_or_default();
        name.eq_ignore_ascii_case(attribute.as_bytes()) && matches!(rest, [b':' | b';', ..])
    };
    let ends = memchr::memchr_iter(b'\n', text).map(|end| end + 1);
    std::iter::once(0).chain(ends).any(|start| is_it(&text[start..]))
}
