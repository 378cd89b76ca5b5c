//! Lines for `sqlite3`. A constraint that fails ends one statement and no more, so the last line counts
//! the changes and takes all of them back where one is missing.

use crate::emit::sql::statement::Statement;
use crate::emit::sql::{End, Script};

/// Names every column once, qualified: a name in double quotes that is no column would be taken for a
/// text.
pub(super) fn opening(script: &Script<'_>) -> String {
    let table = script.dialect.table(script.table);
    let alias = |name: &String| format!("ldifsync_old.{}", script.dialect.identifier(name));
    let columns: Vec<String> = script.columns.names.iter().map(alias).collect();
    format!(
        ".bail on\n\
         .timeout 10000\n\
         PRAGMA foreign_keys = ON;\n\
         BEGIN IMMEDIATE;\n\
         PRAGMA defer_foreign_keys = ON;\n\
         CREATE TEMP TABLE ldifsync_done (changes INT CONSTRAINT \"ldifsync: the change named above was not made\" \
         CHECK (changes = 1));\n\
         SELECT {} FROM {table} AS ldifsync_old LIMIT 0;\n",
        columns.join(", ")
    )
}

pub(super) fn line(statement: &Statement) -> String {
    let Statement { sql, message } = statement;
    format!(
        "{sql}; SELECT {message} WHERE changes() <> 1; INSERT INTO temp.ldifsync_done VALUES (changes());\n"
    )
}

/// A rehearsal asks for the foreign keys that a commit would.
pub(super) fn closing(end: End, total: u64) -> String {
    let keys = match end {
        End::Commit => "",
        End::Rollback => {
            "SELECT 'ldifsync: a foreign key refers to no row' FROM pragma_foreign_key_check LIMIT 1;\n\
             INSERT INTO temp.ldifsync_done SELECT 0 FROM pragma_foreign_key_check LIMIT 1;\n"
        }
    };
    let done = match end {
        End::Commit => "COMMIT",
        End::Rollback => "ROLLBACK",
    };
    format!(
        "{keys}INSERT OR ROLLBACK INTO temp.ldifsync_done SELECT count(*) = {total} FROM temp.ldifsync_done;\n\
         DROP TABLE temp.ldifsync_done;\n\
         {done};\n"
    )
}
