//! Lines for `psql`: changes in `DO` blocks, each followed by an assertion of its row count.

use crate::emit::sql::statement::Statement;
use crate::emit::sql::{BLOCK, End};

/// No literal holds a dollar sign, so none closes the tag.
const OPEN: &str =
    "DO $ldifsync$\n#variable_conflict use_column\nDECLARE ldifsync_rows bigint;\nBEGIN\n";
const CLOSE: &str = "END\n$ldifsync$;\n";

/// Whatever the user's own settings are, the first error ends it, and the transaction with it.
pub(super) fn opening() -> String {
    "\\set QUIET on\n\
     \\set ON_ERROR_STOP on\n\
     \\set ON_ERROR_ROLLBACK off\n\
     \\set AUTOCOMMIT on\n\
     SET client_encoding = 'UTF8';\n\
     SET standard_conforming_strings = on;\n\
     SET plpgsql.check_asserts = on;\n\
     BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\n"
        .to_owned()
}

pub(super) fn line(statement: &Statement, (n, total): (u64, u64)) -> String {
    let Statement { sql, message } = statement;
    let open = if n % BLOCK == 1 { OPEN } else { "" };
    let close = if n % BLOCK == 0 || n == total { CLOSE } else { "" };
    format!(
        "{open}{sql}; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; ASSERT ldifsync_rows = 1, {message};\n{close}"
    )
}

pub(super) fn closing(end: End) -> String {
    match end {
        End::Commit => "COMMIT;\n".to_owned(),
        End::Rollback => "ROLLBACK;\n".to_owned(),
    }
}
