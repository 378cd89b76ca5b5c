//! Lines for `mysql` and `mariadb`. The client may be told to go on behind an error (`--force`), so
//! nothing relies on its stopping: every change asks whether all before it met their one row, and the last
//! line commits only where all did. What is wrong once stays wrong.

use crate::emit::sql::statement::Statement;
use crate::emit::sql::{End, Script};

pub(super) fn opening(script: &Script<'_>) -> String {
    let literal = |text: &str| script.dialect.literal(text);
    let (database, table) = match script.table.parts.as_slice() {
        [.., database, table] => (literal(database), literal(table)),
        [table] => ("DATABASE()".to_owned(), literal(table)),
        [] => ("DATABASE()".to_owned(), literal("")),
    };
    let unsafe_table = literal(&format!(
        "ldifsync: {} is not there, or of an engine that cannot roll back",
        script.table.parts.join(".")
    ));
    format!(
        "SET NAMES utf8mb4;\n\
         SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ERROR_FOR_DIVISION_BY_ZERO', \
         sql_safe_updates = 0, foreign_key_checks = 1, unique_checks = 1, autocommit = 1;\n\
         DROP TEMPORARY TABLE IF EXISTS ldifsync_stop;\n\
         CREATE TEMPORARY TABLE ldifsync_stop (message INT NOT NULL);\n\
         SET @ldifsync = IF(EXISTS (SELECT 1 \
         FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON t.ENGINE = e.ENGINE \
         WHERE t.TABLE_SCHEMA = {database} AND t.TABLE_NAME = {table} AND e.TRANSACTIONS = 'YES'), 0, -1);\n\
         INSERT INTO ldifsync_stop SELECT {unsafe_table} FROM DUAL WHERE @ldifsync <> 0;\n\
         START TRANSACTION;\n"
    )
}

pub(super) fn line(statement: &Statement, n: u64) -> String {
    let Statement { sql, message } = statement;
    format!(
        "{sql} AND @ldifsync = {before}; \
         SET @ldifsync = IF(@ldifsync = {before} AND ROW_COUNT() = 1, {n}, -1); \
         INSERT INTO ldifsync_stop SELECT {message} FROM DUAL WHERE @ldifsync <> {n};\n",
        before = n - 1
    )
}

pub(super) fn closing(end: End, total: u64) -> String {
    let done = match end {
        End::Commit => "COMMIT",
        End::Rollback => "ROLLBACK",
    };
    format!(
        "SET @ldifsync_end = IF(@ldifsync = {total}, '{done}', 'ROLLBACK');\n\
         PREPARE ldifsync_end FROM @ldifsync_end;\n\
         EXECUTE ldifsync_end;\n\
         INSERT INTO ldifsync_stop SELECT 'ldifsync: not all was done, nothing stays' FROM DUAL \
         WHERE @ldifsync <> {total};\n"
    )
}
