//! What a run ends with.

use std::process::ExitCode;

use ldifsync::error::Error;

/// The exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; `diff`: nothing to change.
    Done = 0,
    /// `diff`: there are changes, and they were written.
    Changes = 1,
    /// It could not be done; no output was written.
    Failed = 2,
    /// A safety limit refused it; no change file was written.
    Refused = 3,
    /// Done, but records were rejected.
    Incomplete = 5,
}

impl Exit {
    /// The status of a run that ended with this error.
    pub(crate) fn of(error: &Error) -> Exit {
        if error.kind().is_limit() { Exit::Refused } else { Exit::Failed }
    }

    /// The stronger of two: the order is 2, 3, 4, 5, 1, 0.
    #[must_use]
    pub(crate) fn and(self, other: Exit) -> Exit {
        if other.weakness() < self.weakness() { other } else { self }
    }

    /// The same, but for `--exit-zero`: changes are no news.
    #[must_use]
    pub(crate) fn without_changes(self) -> Exit {
        if self == Exit::Changes { Exit::Done } else { self }
    }

    /// The number the system gets.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    fn weakness(self) -> u8 {
        match self {
            Exit::Failed => 0,
            Exit::Refused => 1,
            Exit::Incomplete => 3,
            Exit::Changes => 4,
            Exit::Done => 5,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_wins() {
        use Exit::{Changes, Done, Failed, Incomplete, Refused};
        let order = [Failed, Refused, Incomplete, Changes, Done];
        for (i, strong) in order.into_iter().enumerate() {
            for weak in &order[i..] {
                assert_eq!([strong.and(*weak), weak.and(strong)], [strong, strong]);
            }
        }
        assert_eq!(order.map(Exit::code), [2, 3, 5, 1, 0]);
        assert_eq!(order.map(|e| e.without_changes().code()), [2, 3, 5, 0, 0]);
    }
}
