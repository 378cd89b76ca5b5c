//! The steps of a diff, each a method: pair, narrow, plan, verify, write.

use crate::join::RandomState;

use crate::attribute::CLASSES;
use crate::compare::Comparison;
use crate::compare::identity::Identity;
use crate::compare::rename::{Matched, find_renames};
use crate::diff::judge::Judge;
use crate::diff::limits::Guard;
use crate::diff::options::{Limits, Options};
use crate::diff::protect::{Protection, rejects_text};
use crate::diff::select::Selecting;
use crate::diff::warn::Sight;
use crate::diff::{Report, memory_of_index, refuse, warn, write};
use crate::dn::Dn;
use crate::emit::{Emission, Named, Side, Subject};
use crate::error::Result;
use crate::input::Input;
use crate::join::{Join, Joined, Pair, Verdict};
use crate::output::{Output, commit_all};
use crate::parallel::Pool;
use crate::plan::journey::Way;
use crate::plan::narrow::Narrowing;
use crate::plan::{Plan, Scout, Task, plan};
use crate::reconcile::Reasons;
use crate::scope::Selector;
use crate::server::Server;
use crate::source::{Mark, Source, TypeSet};

/// Hears what was done before any output has its name, and may hand over another output, which
/// gets its name together with them.
pub type Beside<'b> = &'b mut dyn FnMut(&Report) -> Result<Option<Output>>;

/// Two sides that are open, and how they are compared.
pub(super) struct Run<'r, 's> {
    pub(super) options: &'r Options,
    pub(super) pool: &'r Pool,
    pub(super) inputs: [&'r Input; 2],
    pub(super) old: &'r Source<'r>,
    pub(super) new: &'r Source<'r>,
    pub(super) server: Server,
    /// What told it, unless it was said.
    pub(super) mark: Option<Mark>,
    pub(super) comparison: &'r Comparison<'s>,
    pub(super) identity: &'r Identity,
    /// Why entries change, where a mapping says it.
    pub(super) reasons: Option<&'r Reasons>,
    /// What was rejected, where more is than records of the two sides.
    pub(super) rejects: Option<Vec<u8>>,
    pub(super) limits: Limits,
}

impl<'s> Run<'_, 's> {
    /// Pairs the records by name and by identifier, and refuses exports that cannot be whole.
    pub(super) fn pair(&self, progress: &(dyn Fn(u64) + Sync)) -> Result<(Joined, Matched)> {
        let Run { options, pool, inputs, old, new, identity, .. } = *self;
        let judge = self.judge();
        let judge = |left, right| judge.verdict(left, right);
        let join = Join {
            pool,
            part: options.part,
            memory: memory_of_index(options.memory),
            state: RandomState::default(),
            keep_going: options.keep_going,
            judge: &judge,
            progress,
        };
        let mut joined = join.run(old, new)?;
        let counts = (joined.old_records, joined.new_records);
        let names = (inputs[0].name(), inputs[1].name());
        refuse::unexpected_counts(options.expect, names, counts)?;
        if joined.new_records > 0 {
            refuse::nothing_rebased(pool, new)?;
        }
        let matched = find_renames(pool, identity, old, new, &mut joined)?;
        Ok((joined, matched))
    }

    fn judge(&self) -> Judge<'_, 's> {
        let Run { options, old, new, comparison, identity, .. } = *self;
        let scout = Scout::new(comparison, self.server, options.style, &options.unique);
        let kept = TypeSet::of(comparison.schema, identity.names().chain(Scout::LOOKS_AT));
        Judge { old, new, comparison, identity, scout, kept }
    }

    /// Finds out what a plan must look at in pairs that were found through a mapping.
    pub(super) fn look_at(&self, pairs: &mut [Pair]) -> Result<()> {
        const CHUNK: usize = 256;
        let judge = &self.judge();
        let looked_at = self.pool.map_ordered(pairs.chunks_mut(CHUNK), |chunk| {
            chunk.iter_mut().try_for_each(|pair| {
                let Verdict { content, looks, .. } = judge.verdict(pair.old, pair.new)?;
                pair.looks = if content { looks } else { pair.looks };
                Ok(())
            })
        });
        looked_at.into_iter().collect()
    }

    /// Finds out what is not to be changed: what nobody asked for, and what was rejected.
    pub(super) fn narrow(&self, joined: &Joined, matched: &Matched) -> Result<Narrowing> {
        let Run { options, pool, old, new, identity, .. } = *self;
        let mut narrowing = Narrowing { kinds: options.only.clone(), ..Narrowing::default() };
        let selector = self.selector();
        self.selecting(joined, &selector).narrow(matched, &mut narrowing, options.allow_empty)?;
        Protection { pool, identity, old, new, joined }.apply(matched, &mut narrowing)?;
        Ok(narrowing)
    }

    fn selector(&self) -> Selector<'_> {
        Selector::new(self.comparison.schema, &self.options.scope)
    }

    fn selecting<'a>(&'a self, joined: &'a Joined, selector: &'a Selector<'a>) -> Selecting<'a> {
        Selecting { pool: self.pool, old: self.old, new: self.new, joined, selector }
    }

    /// Puts what differs in order; answers with what is to be said of it.
    pub(super) fn plan(
        &self,
        joined: &Joined,
        matched: Matched,
        narrowing: &Narrowing,
    ) -> Result<(Plan<'s>, Vec<String>)> {
        let Run { options, pool, old, new, comparison, identity, .. } = *self;
        let unique = options.unique.as_slice();
        let asked = options.identifiers.as_slice();
        let allow_empty = options.allow_empty;
        let sight = Sight { pool, old, new, comparison, identity, asked, unique, allow_empty };
        let mut warnings = sight.sentences(&matched, narrowing, &options.selection)?;
        let selector = &self.selector();
        let plan = plan(&self.task(joined, narrowing, selector), matched)?;
        warnings.extend(warn::nothing(joined.old_records, joined.new_records));
        warnings.extend(warn::operational(options));
        warnings.extend(warn::identifiers(options, self.server));
        warnings.extend(warn::for_good(options, &plan.notes));
        warnings.extend(warn::notes(&plan.notes));
        warnings.extend(sight.carried(&plan.notes));
        warnings.extend(warn::left_out(plan.left_out, narrowing));
        Ok((plan, warnings))
    }

    /// Puts in order what was found to differ through a mapping.
    pub(super) fn plan_followed(
        &self,
        joined: &Joined,
        matched: Matched,
        narrowing: &Narrowing,
    ) -> Result<(Plan<'s>, Vec<String>)> {
        let selector = &self.selector();
        let plan = plan(&self.task(joined, narrowing, selector), matched)?;
        let mut warnings = warn::notes(&plan.notes);
        warnings.extend(warn::left_out(plan.left_out, narrowing));
        Ok((plan, warnings))
    }

    fn task<'a>(
        &'a self,
        joined: &'a Joined,
        narrowing: &'a Narrowing,
        selector: &'a Selector<'a>,
    ) -> Task<'a, 's> {
        let Run { options, pool, old, new, server, comparison, .. } = *self;
        let (style, unique) = (options.style, options.unique.as_slice());
        let (olds, rejects) = (&joined.olds, joined.rejects.as_slice());
        // A mapping says it, or the command line leaves something out.
        let tells_unsound = self.reasons.is_some() || !options.selection.except.is_empty();
        Task {
            pool,
            old,
            new,
            olds,
            rejects,
            comparison,
            server,
            style,
            unique,
            narrowing,
            selector,
            tells_unsound,
            means_gone: self.reasons.is_none(),
        }
    }

    /// Refuses a plan that does too much, and inputs that changed meanwhile.
    pub(super) fn verify(&self, joined: &Joined, plan: &Plan<'s>) -> Result<()> {
        if self.options.format.is_applied() {
            let selector = self.selector();
            let selecting = &self.selecting(joined, &selector);
            let Run { comparison, server, .. } = *self;
            let limits = &self.limits;
            Guard { limits, selecting, comparison, server, plan }.verify()?;
        }
        self.inputs.into_iter().try_for_each(Input::verify_unchanged)
    }

    /// Writes all outputs, and gives them their names together. The inputs are read again meanwhile,
    /// so they are asked once more whether they are what they were.
    pub(super) fn write(
        &self,
        joined: &Joined,
        plan: &Plan<'s>,
        sides: [Side; 2],
        mut warnings: Vec<String>,
        beside: Beside<'_>,
    ) -> Result<Report> {
        let subject = self.subject(joined, plan, sides);
        let rejects = || rejects_text(self.old, self.new, &joined.rejects);
        let rejects = self.rejects.clone().unwrap_or_else(rejects);
        let written = write::write(self.options, &self.emission(plan), &subject, &rejects)?;
        warnings.extend(written.warnings);
        let report = Report {
            counts: plan.counts,
            left_out: plan.left_out,
            rejected: joined.rejects.len() as u64,
            old_entries: joined.old_records,
            new_entries: joined.new_records,
            server: self.server,
            mark: self.mark.clone(),
            warnings,
            files: written.files,
        };
        let mut outputs = written.outputs;
        outputs.extend(beside(&report)?);
        self.inputs.into_iter().try_for_each(Input::verify_unchanged)?;
        commit_all(outputs)?;
        Ok(report)
    }

    fn subject(&self, joined: &Joined, plan: &Plan<'s>, [old, new]: [Side; 2]) -> Subject {
        Subject {
            old: Side { entries: joined.old_records, ..old },
            new: Side { entries: joined.new_records, ..new },
            counts: plan.counts,
            server: self.server,
            assert: self.options.assert,
            relaxed: self.options.keep_identifiers,
            disabled: disabled(plan),
            lost_groups: lost_groups(plan),
        }
    }

    fn emission<'e>(&'e self, plan: &'e Plan<'s>) -> Emission<'e, 's> {
        let Run { options, comparison, server, .. } = *self;
        Emission {
            pool: self.pool,
            plan,
            old: self.old,
            new: self.new,
            way: Way {
                comparison,
                names: &plan.names,
                server,
                style: options.style,
                primaries: &plan.primaries,
            },
            max_record_size: options.max_record_size,
            keep_identifiers: options.keep_identifiers,
            assert: options.assert,
            secrets: &options.secrets,
            reasons: self.reasons,
            classes: TypeSet::of(comparison.schema, [CLASSES]),
        }
    }
}

/// How many entries are named in a head.
const SHOWN: usize = 20;

/// The accounts that do not get their primary group back, the first of them by name and with its number.
fn lost_groups(plan: &Plan<'_>) -> Named {
    let all = &plan.primaries.lost;
    let shown = |(dn, number): &(Dn, u32)| format!("{dn}: {number}");
    Named { count: all.len() as u64, first: all.iter().take(SHOWN).map(shown).collect() }
}

/// The accounts that come disabled, the first of them by name.
fn disabled(plan: &Plan<'_>) -> Named {
    let all = &plan.notes.disabled;
    let name = |&n: &u32| plan.moves[plan.journeys[n as usize].arrival].from.to_string();
    Named { count: all.len() as u64, first: all.iter().take(SHOWN).map(name).collect() }
}
