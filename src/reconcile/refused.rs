//! Who is refused what it asks for: a source is rejected, and a target that was to go or to become inactive stays as it
//! is.

use crate::error::{Error, FlowFault};
use crate::reconcile::account::rejected;
use crate::reconcile::stage::Stage;

/// Who asks for a name or a value: what follows a source, or a target that goes or becomes inactive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Who {
    Source(u32),
    Leaver(u32),
}

/// A mapping, and who asks by it.
pub(super) type Asker = (usize, Who);

/// Who is refused, for each mapping, each with what is wrong.
#[derive(Debug)]
pub(super) struct Refusals {
    /// Sources that cannot be followed.
    pub(super) sources: Vec<Vec<(u32, Error)>>,
    /// Targets that cannot go or become inactive.
    pub(super) leavers: Vec<Vec<(u32, Error)>>,
}

impl Refusals {
    /// Nobody yet, of so many mappings.
    pub(super) fn new(mappings: usize) -> Refusals {
        let none = || std::iter::repeat_with(Vec::new).take(mappings).collect();
        Refusals { sources: none(), leavers: none() }
    }

    /// Whether nobody is.
    pub(super) fn is_nobody(&self) -> bool {
        self.sources.iter().chain(&self.leavers).all(Vec::is_empty)
    }

    /// Refuses one.
    pub(super) fn refuse(&mut self, stage: &Stage<'_, '_>, (n, who): Asker, fault: FlowFault) {
        let error = rejected(&stage.plan.mappings[n].mapping.name, fault);
        match who {
            Who::Source(source) => {
                let place = stage.sources(n).place(source);
                self.sources[n].push((source, stage.error_of_source(error, n, place)));
            }
            Who::Leaver(target) => {
                let place = stage.targets(n).place(target);
                self.leavers[n].push((target, stage.error_of_target(error, n, place)));
            }
        }
    }
}
