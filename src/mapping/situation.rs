//! What a record is found in, by PingIDM's words and their exact meaning.
//!
//! A source record is one of the side that is obeyed, a target one of the side that is changed. Without a
//! state of earlier runs the first columns of `match` stand for a link.

use crate::mapping::model::{Action, Policy};

/// What a record is found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Situation {
    /// A source with one target, by the first columns of `match`.
    Confirmed,
    /// A source with one target, by later columns.
    Found,
    /// A source whose target, by later columns, is another one's by the first.
    FoundAlreadyLinked,
    /// A source without a target.
    Absent,
    /// A source with several targets, or a target with several sources.
    Ambiguous,
    /// A source that its filter leaves out, with a target.
    Unqualified,
    /// A source that its filter leaves out, without a target.
    SourceIgnored,
    /// A target that its filter leaves out, without a source.
    TargetIgnored,
    /// A target without a source, of which the first columns of `match` are empty.
    Unassigned,
    /// A target without a source, of which the first columns of `match` are filled.
    SourceMissing,
}

impl Situation {
    /// All of them.
    pub const ALL: [Situation; 10] = [
        Situation::Confirmed,
        Situation::Found,
        Situation::FoundAlreadyLinked,
        Situation::Absent,
        Situation::Ambiguous,
        Situation::Unqualified,
        Situation::SourceIgnored,
        Situation::TargetIgnored,
        Situation::Unassigned,
        Situation::SourceMissing,
    ];

    /// What they are called, in the same order.
    pub const NAMES: [&'static str; Situation::ALL.len()] = {
        let mut names = [""; Situation::ALL.len()];
        let mut n = 0;
        while n < names.len() {
            names[n] = Situation::ALL[n].name();
            n += 1;
        }
        names
    };

    /// What PingIDM calls it, and a mapping file.
    pub const fn name(self) -> &'static str {
        match self {
            Situation::Confirmed => "CONFIRMED",
            Situation::Found => "FOUND",
            Situation::FoundAlreadyLinked => "FOUND_ALREADY_LINKED",
            Situation::Absent => "ABSENT",
            Situation::Ambiguous => "AMBIGUOUS",
            Situation::Unqualified => "UNQUALIFIED",
            Situation::SourceIgnored => "SOURCE_IGNORED",
            Situation::TargetIgnored => "TARGET_IGNORED",
            Situation::Unassigned => "UNASSIGNED",
            Situation::SourceMissing => "SOURCE_MISSING",
        }
    }

    /// Whether it is that of a source whose one target is certain.
    pub const fn is_of_a_pair(self) -> bool {
        matches!(self, Situation::Confirmed | Situation::Found | Situation::Unqualified)
    }

    /// The actions a policy may name for it.
    pub fn may(self) -> &'static [Action] {
        use Action::{Create, Delete, Fail, Ignore, Inactivate, Report, Update};
        match self {
            Situation::Confirmed | Situation::Found => &[Update, Ignore, Report, Fail],
            Situation::Absent => &[Create, Ignore, Report, Fail],
            Situation::FoundAlreadyLinked | Situation::Ambiguous | Situation::SourceIgnored => {
                &[Ignore, Report, Fail]
            }
            Situation::Unqualified
            | Situation::TargetIgnored
            | Situation::Unassigned
            | Situation::SourceMissing => &[Delete, Inactivate, Ignore, Report, Fail],
        }
    }
}

impl Policy {
    /// What is done where the file does not say: records that are one are kept alike, `may_create` says
    /// whether new ones are made, and all else is told. What filters leave out on both sides, or without a
    /// partner, is not worth a word.
    pub fn usual(may_create: bool) -> Policy {
        let actions = Situation::ALL.map(|situation| match situation {
            Situation::Confirmed | Situation::Found => Action::Update,
            Situation::Absent if may_create => Action::Create,
            Situation::SourceIgnored | Situation::TargetIgnored => Action::Ignore,
            _ => Action::Report,
        });
        Policy { actions }
    }

    /// What is done in a situation.
    pub fn action(&self, situation: Situation) -> Action {
        self.actions[situation as usize]
    }

    /// Has this done in a situation.
    pub fn set(&mut self, situation: Situation, action: Action) {
        self.actions[situation as usize] = action;
    }
}

impl Action {
    /// All of them.
    pub const ALL: [Action; 7] = [
        Action::Create,
        Action::Update,
        Action::Delete,
        Action::Inactivate,
        Action::Ignore,
        Action::Report,
        Action::Fail,
    ];

    /// What a mapping file calls it.
    pub fn name(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Inactivate => "inactivate",
            Action::Ignore => "ignore",
            Action::Report => "report",
            Action::Fail => "fail",
        }
    }
}
