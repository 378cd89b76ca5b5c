//! Lines for `mysql` and `mariadb`. The client may be told to go on behind an error (`--force`), so
//! nothing relies on its stopping: every change asks whether all before it met their one row, and the last
//! line commits only where all did. What is wrong once stays wrong.

use crate::emit::sql::stage::{Half, Staged};
use crate::emit::sql::statement::Statement;
use crate::emit::sql::survey::{Operation, Phase};
use crate::emit::sql::{End, Script, TableScript};

/// What begins it.
pub(super) const TRANSACTION: &str = "START TRANSACTION;\n";

pub(super) fn opening(script: &Script<'_>) -> String {
    let zone = |zone: &str| format!("SET time_zone = {};\n", script.dialect.literal(zone));
    let session = session() + &script.time_zone.map(zone).unwrap_or_default();
    let asked = |(n, table)| asked(n + 1, table);
    let tables: String = script.tables.iter().enumerate().map(asked).collect();
    format!(
        "{session}\
         DROP TEMPORARY TABLE IF EXISTS ldifsync_stop;\n\
         CREATE TEMPORARY TABLE ldifsync_stop (message INT NOT NULL);\n\
         SET @ldifsync = 0;\n\
         {tables}"
    )
}

/// Asks whether what is done to table number `n` can be taken back.
fn asked(n: usize, script: &TableScript<'_>) -> String {
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
        "SET @ldifsync = IF(@ldifsync <> 0 OR EXISTS (SELECT 1 \
         FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON t.ENGINE = e.ENGINE \
         WHERE t.TABLE_SCHEMA = {database} AND t.TABLE_NAME = {table} AND e.TRANSACTIONS = 'YES'), \
         @ldifsync, -{n});\n\
         INSERT INTO ldifsync_stop SELECT {unsafe_table} FROM DUAL WHERE @ldifsync = -{n};\n"
    )
}

/// What a session must be like, whatever the server's and the user's own settings are.
pub(super) fn session() -> String {
    "SET NAMES utf8mb4;\n\
     SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ERROR_FOR_DIVISION_BY_ZERO', \
     sql_safe_updates = 0, foreign_key_checks = 1, unique_checks = 1, autocommit = 1;\n"
        .to_owned()
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
        End::Commit | End::Every(_) => "COMMIT",
        End::Rollback => "ROLLBACK",
    };
    format!(
        "{}INSERT INTO ldifsync_stop SELECT 'ldifsync: {}' FROM DUAL \
         WHERE NOT (@ldifsync <=> {total});\n",
        ended(total, done),
        end.missing()
    )
}

/// Ends a block, which is a transaction, and begins the next.
pub(super) fn pause(done: u64) -> String {
    ended(done, "COMMIT") + TRANSACTION
}

/// Ends the transaction: so, where all that was to be done was, else nothing of it stays.
fn ended(total: u64, done: &str) -> String {
    format!(
        "SET @ldifsync_end = IF(@ldifsync = {total}, '{done}', 'ROLLBACK');\n\
         PREPARE ldifsync_end FROM @ldifsync_end;\n\
         EXECUTE ldifsync_end;\n"
    )
}

/// Makes the table of changes. What will be has the types of the table's own columns, and may be NULL, as
/// what comes out of an outer join may; what was stays text, or bytes, as the dump has it.
pub(super) fn stage(staged: Staged<'_>) -> String {
    let Staged { script, stage, .. } = staged;
    let mut columns =
        "n BIGINT NOT NULL DEFAULT 0 PRIMARY KEY, set_no INT, shown LONGTEXT".to_owned();
    if stage.survey.is_masked() {
        columns += ", mask LONGTEXT";
    }
    let mut values = Vec::new();
    for &(half, n) in &stage.held {
        let name = half.name(n);
        match half {
            Half::New => values.push(format!("t.{} AS {name}", script.column(n))),
            Half::Old if stage.bytes[n] => columns += &format!(", {name} LONGBLOB"),
            Half::Old => columns += &format!(", {name} LONGTEXT"),
        }
    }
    let name = staged.name();
    format!(
        "DROP TEMPORARY TABLE IF EXISTS {name};\n\
         CREATE TEMPORARY TABLE {name} ({columns}) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin \
         AS SELECT {} FROM (SELECT 1) AS one LEFT JOIN {} AS t ON FALSE LIMIT 0;\n",
        values.join(", "),
        script.dialect.table(script.table)
    )
}

/// Does what the tables of changes say. `@ldifsync` is the number of the step that was done last, or that of
/// the first change that is wrong, negative; after that it is NULL.
pub(super) fn operations(script: &Script<'_>) -> String {
    let (mut text, mut done) = (String::new(), 0);
    for staged in script.staged() {
        text += &arrived(staged, done);
        done += 1;
    }
    for (staged, phase) in script.phases() {
        for wrong in staged.wrong(phase) {
            text += &check(staged, phase, &wrong, done);
            done += 1;
        }
        for operation in phase.operations() {
            text += &operate(staged, phase, operation, done);
            done += 1;
        }
        if script.end.is_behind(*phase.changes().end()) {
            text += &pause(done);
        }
    }
    text += &closing(script.end, done);
    for staged in script.staged() {
        text += &format!("DROP TEMPORARY TABLE {};\n", staged.name());
    }
    text
}

/// The step behind `done`: all changes of a table arrived.
fn arrived(staged: Staged<'_>, done: u64) -> String {
    let step = done + 1;
    format!(
        "SET @ldifsync = IF(@ldifsync = {done} AND (SELECT COUNT(*) FROM {}) = {}, {step}, NULL);\n\
         INSERT INTO ldifsync_stop SELECT 'ldifsync: not all changes arrived' FROM DUAL \
         WHERE NOT (@ldifsync <=> {step});\n",
        staged.name(),
        staged.stage.survey.total()
    )
}

/// The step behind `done`: no change is wrong in this way.
fn check(staged: Staged<'_>, phase: &Phase, wrong: &str, done: u64) -> String {
    format!(
        "SET @ldifsync = IF(@ldifsync = {done}, IFNULL(-({wrong}), {}), NULL);\n\
         INSERT INTO ldifsync_stop SELECT {} FROM {} AS c WHERE c.n = -@ldifsync;\n",
        done + 1,
        staged.sentence(phase),
        staged.name()
    )
}

/// The step behind `done`: an operation.
fn operate(staged: Staged<'_>, phase: &Phase, operation: Operation<'_>, done: u64) -> String {
    let step = done + 1;
    format!(
        "{};\n\
         SET @ldifsync = IF(@ldifsync = {done} AND ROW_COUNT() = {}, {step}, NULL);\n\
         INSERT INTO ldifsync_stop SELECT {} FROM DUAL WHERE NOT (@ldifsync <=> {step});\n",
        staged.operation(phase, operation, &format!(" AND @ldifsync = {done}")),
        operation.set().count,
        staged.missed(phase)
    )
}
