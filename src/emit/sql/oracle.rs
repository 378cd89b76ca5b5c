//! Lines for `sqlplus`: changes in PL/SQL blocks, each followed by what raises an error where it did not meet
//! its one row.
//!
//! `sqlplus` ends at the first error where it is told so; another client that goes on counts in a variable what
//! was done, and commits only where that is all.

use crate::emit::sql::lines::{WIDTH, in_lines};
use crate::emit::sql::statement::Statement;
use crate::emit::sql::{Block, End};

/// What stands before the first comment, in which an `&` would be a variable.
pub(super) const BEFORE: &str = "SET DEFINE OFF\n";

/// What a session must be like, whatever the user's own settings are. The line before them is swallowed by a
/// comment that ends in a hyphen.
const SESSION: &str = "\
--
WHENEVER OSERROR EXIT FAILURE ROLLBACK
WHENEVER SQLERROR EXIT FAILURE ROLLBACK
SET SQLBLANKLINES ON
SET SQLTERMINATOR ON
SET CMDSEP OFF
SET ESCAPE OFF
SET AUTOCOMMIT OFF
SET EXITCOMMIT OFF
SET FEEDBACK OFF
ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF' \
NLS_TIMESTAMP_TZ_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF TZH:TZM' NLS_NUMERIC_CHARACTERS = '.,' NLS_COMP = BINARY \
NLS_SORT = BINARY;
SET TRANSACTION NAME 'ldifsync';
BEGIN
IF LENGTH('€') <> 1 THEN RAISE_APPLICATION_ERROR(-20001, 'ldifsync: the client does not read UTF-8: run it with \
NLS_LANG=.AL32UTF8'); END IF;
END;
/
";

/// What one should know.
pub(super) const NOTES: &[&str] = &[
    "the empty text is NULL; names without a capital letter are written in capitals",
    "a column with a collation of its own is compared by it, and one whose type nobody said by its equality: \
     name large objects in --types (clob, blob)",
    "an identity that is GENERATED ALWAYS takes no row with a number of its own, and none is moved behind one: \
     ALTER TABLE would commit",
];

pub(super) fn opening() -> String {
    format!("{SESSION}VARIABLE ldifsync NUMBER\nBEGIN :ldifsync := 0; END;\n/\n")
}

pub(super) fn block() -> Block {
    /// A block is compiled as a whole.
    const COMPILED: usize = 1 << 16;
    Block {
        opening: "DECLARE\nldifsync_done NUMBER := 0;\nBEGIN\n".to_owned(),
        between: "",
        closing: ":ldifsync := :ldifsync + ldifsync_done;\nEND;\n/\n".to_owned(),
        most: COMPILED,
    }
}

pub(super) fn line(statement: &Statement) -> String {
    let Statement { sql, message } = statement;
    let line = format!(
        "{sql}; IF SQL%ROWCOUNT <> 1 THEN RAISE_APPLICATION_ERROR(-20001, {message}); END IF; \
         ldifsync_done := ldifsync_done + 1;"
    );
    in_lines(&line, WIDTH) + "\n"
}

/// What is deferred is asked for before the end, which may be a rehearsal's.
pub(super) fn closing(end: End, total: u64) -> String {
    let done = match end {
        End::Commit | End::Every(_) => "COMMIT",
        End::Rollback => "ROLLBACK",
    };
    let ended = ended(total, done, end);
    format!("SET CONSTRAINTS ALL IMMEDIATE;\n{ended}EXIT SUCCESS ROLLBACK\n")
}

/// Ends the block behind change `n`, which is a transaction; the next begins by itself.
pub(super) fn pause(end: End, n: u64) -> String {
    ended(n, "COMMIT", end)
}

/// Ends a transaction so, where all that was to be done was.
fn ended(total: u64, done: &str, end: End) -> String {
    format!(
        "BEGIN\n\
         IF NVL(:ldifsync, 0) <> {total} THEN ROLLBACK; \
         RAISE_APPLICATION_ERROR(-20001, 'ldifsync: {}'); END IF;\n\
         {done};\n\
         END;\n\
         /\n",
        end.missing()
    )
}

/// What comes before the rows of a table.
pub(super) fn load() -> String {
    format!("{BEFORE}{SESSION}")
}
