//! Lines for the command line processor of Db2: changes in compound statements, each followed by what signals
//! an error where it did not meet its one row.
//!
//! The processor keeps a transaction open behind a script that was stopped, and the next command would commit
//! it. So a compound statement that fails takes back all that was done before it says why.

use crate::dialect::Dialect;
use crate::emit::sql::lines::{WIDTH, in_lines};
use crate::emit::sql::{Block, End, TableScript, Unwritable};
use crate::table::{Row, RowChange};

/// What a session must be like, whatever the user's own settings are.
const SESSION: &str = "\
--#SET TERMINATOR @
UPDATE COMMAND OPTIONS USING C OFF S ON Q ON@
BEGIN
IF HEX('€') <> 'E282AC' THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = 'ldifsync: this is not UTF-8, see \
DB2CODEPAGE'; END IF;
END@
";

/// What comes before the rows of a table: plain statements.
pub(super) const LOAD: &str = "UPDATE COMMAND OPTIONS USING C OFF S ON Q ON;\n";

/// What one should know.
pub(super) const NOTES: &[&str] = &[
    "database and client speak UTF-8; of a message Db2 keeps 70 bytes",
    "names without a capital letter are written in capitals",
    "a column whose type nobody said is compared by its own equality, which takes no notice of blanks at the \
     end, and large objects have none: name the types in --types",
    "bytes are BX'…', of Db2 11.1 and later; a column FOR BIT DATA does not take them",
    "an identity that is GENERATED ALWAYS takes no row with a number of its own, and none is moved behind one: \
     ALTER TABLE … RESTART WITH",
];

pub(super) fn opening() -> String {
    SESSION.to_owned()
}

pub(super) fn block() -> Block {
    /// A compound statement is compiled as a whole.
    const COMPILED: usize = 1 << 16;
    Block {
        opening: "BEGIN\n\
                  DECLARE ldifsync_rows INTEGER;\n\
                  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;\n"
            .to_owned(),
        between: "",
        closing: "END@\n".to_owned(),
        most: COMPILED,
    }
}

/// Change number `n`. What has no type, as NULL, stands in no SELECT: so the key of a row that comes is looked
/// for before.
pub(super) fn change(
    script: &TableScript<'_>,
    n: u64,
    change: &RowChange<'_>,
) -> Result<String, Unwritable> {
    let message = script.sentence(n, change);
    let stop = format!("THEN SIGNAL SQLSTATE '75001' SET MESSAGE_TEXT = {message}; END IF;");
    let line = match change {
        RowChange::Insert(row) => insert(script, row, &stop)?,
        RowChange::Delete(_) | RowChange::Update(..) => format!(
            "{}; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> 1 {stop}",
            script.statement(n, change)?.sql
        ),
    };
    Ok(in_lines(&line, WIDTH) + "\n")
}

fn insert(script: &TableScript<'_>, row: &Row<'_>, stop: &str) -> Result<String, Unwritable> {
    let table = Dialect::Db2.table(script.table);
    let all = 0..row.len();
    let names: Vec<String> = all.clone().map(|n| script.column(n)).collect();
    let values: Vec<String> = all.map(|n| script.value(n, &row[n])).collect::<Result<_, _>>()?;
    Ok(format!(
        "IF EXISTS (SELECT 1 FROM {table} WHERE {}) {stop} INSERT INTO {table} ({}) VALUES ({});",
        script.key(row)?,
        names.join(", "),
        values.join(", ")
    ))
}

/// Ends a block, which is a transaction; the next begins by itself.
pub(super) const PAUSE: &str = "COMMIT@\n";

pub(super) fn closing(end: End) -> &'static str {
    match end {
        End::Commit | End::Every(_) => "COMMIT@\n",
        End::Rollback => "ROLLBACK@\n",
    }
}
