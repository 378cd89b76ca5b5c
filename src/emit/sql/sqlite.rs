//! Lines for `sqlite3`. A constraint that fails ends one statement and no more, so the last line counts
//! the changes and takes all of them back where one is missing.

use crate::emit::sql::stage::{Half, Staged};
use crate::emit::sql::statement::Statement;
use crate::emit::sql::survey::{Operation, Phase};
use crate::emit::sql::{End, Script, TableScript};

/// Begins a transaction. Its foreign keys are asked for at its end.
const TRANSACTION: &str = "BEGIN IMMEDIATE;\nPRAGMA defer_foreign_keys = ON;\n";

/// Names every column of every table once, qualified: a name in double quotes that is no column would be
/// taken for a text.
pub(super) fn opening(script: &Script<'_>) -> String {
    let columns = |one: &TableScript<'_>| {
        let alias = |name: &String| format!("ldifsync_old.{}", one.dialect.identifier(name));
        let columns: Vec<String> = one.columns.names.iter().map(alias).collect();
        let (columns, table) = (columns.join(", "), one.dialect.table(one.table));
        format!("SELECT {columns} FROM {table} AS ldifsync_old LIMIT 0;\n")
    };
    let staged = if script.staged().next().is_some() {
        "CREATE TEMP TABLE ldifsync_wrong (n INT);\n"
    } else {
        ""
    };
    format!(
        ".bail on\n\
         .timeout 10000\n\
         PRAGMA foreign_keys = ON;\n\
         DROP TABLE IF EXISTS temp.ldifsync_done;\n\
         CREATE TEMP TABLE ldifsync_done (changes INT CONSTRAINT \"ldifsync: the change named above was not made\" \
         CHECK (changes = 1));\n\
         {TRANSACTION}\
         {}{staged}",
        script.tables.iter().map(columns).collect::<String>()
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
        End::Commit | End::Every(_) => "",
        End::Rollback => {
            "SELECT 'ldifsync: a foreign key refers to no row' FROM pragma_foreign_key_check LIMIT 1;\n\
             INSERT INTO temp.ldifsync_done SELECT 0 FROM pragma_foreign_key_check LIMIT 1;\n"
        }
    };
    let done = match end {
        End::Commit | End::Every(_) => "COMMIT",
        End::Rollback => "ROLLBACK",
    };
    format!(
        "{keys}INSERT OR ROLLBACK INTO temp.ldifsync_done SELECT count(*) = {total} FROM temp.ldifsync_done;\n\
         DROP TABLE temp.ldifsync_done;\n\
         {done};\n"
    )
}

/// Ends a block, which is a transaction, and begins the next. What was done before is counted too, so that
/// behind a block that failed none stays.
pub(super) fn pause(done: u64) -> String {
    format!(
        "INSERT OR ROLLBACK INTO temp.ldifsync_done \
         SELECT 0 FROM (SELECT count(*) AS done FROM temp.ldifsync_done) WHERE done <> {done};\n\
         COMMIT;\n{TRANSACTION}"
    )
}

/// Makes the table of changes. Its columns have the affinities of the table's own.
pub(super) fn stage(staged: Staged<'_>) -> String {
    let Staged { script, stage, .. } = staged;
    let mask = if stage.survey.is_masked() { ", '' AS mask" } else { "" };
    let value =
        |&(half, n): &(Half, usize)| format!(", t.{} AS {}", script.column(n), half.name(n));
    let values: String = stage.held.iter().map(value).collect();
    format!(
        "CREATE TEMP TABLE {} AS \
         SELECT 0 AS n, 0 AS set_no, '' AS shown{mask}{values} FROM {} AS t LIMIT 0;\n",
        staged.alone(),
        script.dialect.table(script.table)
    )
}

/// Does what the tables of changes say. Each step leaves a row behind that says whether it was done; one
/// that is refused leaves none, for the rest of its line is not read.
pub(super) fn operations(script: &Script<'_>) -> String {
    let (mut text, mut steps) = (String::new(), 0);
    for staged in script.staged() {
        text += &arrived(staged);
        steps += 1;
    }
    for (staged, phase) in script.phases() {
        for wrong in staged.wrong(phase) {
            text += &check(staged, phase, &wrong);
            steps += 1;
        }
        for operation in phase.operations() {
            text += &operate(staged, phase, operation);
            steps += 1;
        }
        if script.end.is_behind(*phase.changes().end()) {
            text += &pause(steps);
        }
    }
    text += "DROP TABLE temp.ldifsync_wrong;\n";
    for staged in script.staged() {
        text += &format!("DROP TABLE {};\n", staged.name());
    }
    text + &closing(script.end, steps)
}

/// A step: all changes of a table arrived.
fn arrived(staged: Staged<'_>) -> String {
    format!(
        "CREATE UNIQUE INDEX temp.{alone}_n ON {alone} (n);\n\
         SELECT 'ldifsync: not all changes arrived' WHERE (SELECT COUNT(*) FROM {changes}) <> {total};\n\
         INSERT INTO temp.ldifsync_done SELECT COUNT(*) = {total} FROM {changes};\n",
        alone = staged.alone(),
        changes = staged.name(),
        total = staged.stage.survey.total()
    )
}

/// A step: no change is wrong in this way.
fn check(staged: Staged<'_>, phase: &Phase, wrong: &str) -> String {
    format!(
        "DELETE FROM temp.ldifsync_wrong;\n\
         INSERT INTO temp.ldifsync_wrong SELECT IFNULL(({wrong}), 0);\n\
         SELECT {} FROM {} AS c WHERE c.n = (SELECT n FROM temp.ldifsync_wrong);\n\
         INSERT INTO temp.ldifsync_done SELECT n = 0 FROM temp.ldifsync_wrong;\n",
        staged.sentence(phase),
        staged.name()
    )
}

/// A step: an operation.
fn operate(staged: Staged<'_>, phase: &Phase, operation: Operation<'_>) -> String {
    format!(
        "{}; SELECT {} WHERE changes() <> {count}; \
         INSERT INTO temp.ldifsync_done VALUES (changes() = {count});\n",
        staged.operation(phase, operation, ""),
        staged.missed(phase),
        count = operation.set().count
    )
}
