//! Lines for `sqlcmd`: changes in batches, each change followed by what throws where it did not meet its one
//! row.
//!
//! A batch that is refused as a whole (a column is not there) ends neither the transaction nor, without `-b`,
//! the script. So each batch asks whether the transaction is still there, and the last one how much was done.

use crate::emit::sql::statement::Statement;
use crate::emit::sql::{Block, End, Script, TableScript};
use crate::table::TableName;

/// What a session must be like, whatever the server's and the user's own settings are: the first error takes
/// all back, texts are not cut, and dates are read in one way.
const SESSION: &str = "\
:on error exit
SET XACT_ABORT ON;
SET NOCOUNT ON;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET QUOTED_IDENTIFIER ON;
SET NUMERIC_ROUNDABORT OFF;
SET IMPLICIT_TRANSACTIONS OFF;
SET ROWCOUNT 0;
SET DATEFORMAT ymd;
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
IF @@TRANCOUNT <> 0 THROW 50000, N'ldifsync: a transaction is open already', 1;
IF UNICODE(N'€') <> 8364 THROW 50000, N'ldifsync: the client does not read UTF-8: run it with -f 65001', 1;
";

/// What one should know.
pub(super) const NOTES: &[&str] = &[
    "texts are compared by their code points with a dot behind them, so that blanks at the end count",
    "a column of type text, ntext, image or xml, which have no equality, must be named in --types where no dump \
     defines it; xml must be left out",
];

pub(super) fn opening(script: &Script<'_>) -> String {
    let identity = match script.tables {
        [table] => identity(table, "ON"),
        _ => String::new(),
    };
    format!(
        "{SESSION}CREATE TABLE #ldifsync (done bigint NOT NULL);\n\
         BEGIN TRANSACTION;\n\
         INSERT INTO #ldifsync VALUES (0);\n\
         {identity}GO\n"
    )
}

/// Lets rows come with numbers that the table would count itself. It goes on behind the greatest by itself. One
/// table at a time may be in this state.
fn identity(script: &TableScript<'_>, switch: &str) -> String {
    identity_insert((script.table, &script.columns.names), switch)
}

fn identity_insert((table, columns): (&TableName, &[String]), switch: &str) -> String {
    let dialect = crate::dialect::Dialect::Mssql;
    let name = dialect.table(table);
    let columns: Vec<String> = columns.iter().map(|column| dialect.literal(column)).collect();
    format!(
        "IF EXISTS (SELECT 1 FROM sys.identity_columns WHERE object_id = OBJECT_ID({}) AND name IN ({})) \
         SET IDENTITY_INSERT {name} {switch};\n",
        dialect.literal(&name),
        columns.join(", ")
    )
}

pub(super) fn block() -> Block {
    /// A batch is compiled as a whole.
    const BATCH: usize = 1 << 18;
    Block {
        opening: "DECLARE @ldifsync bigint = 0, @message nvarchar(2048);\n\
                  IF @@TRANCOUNT <> 1 THROW 50000, N'ldifsync: nothing stays', 1;\n"
            .to_owned(),
        between: "",
        closing: "UPDATE #ldifsync SET done = done + @ldifsync;\nGO\n".to_owned(),
        most: BATCH,
    }
}

/// The line of a statement; of several tables each that gets a row is in that state for it alone.
pub(super) fn line(script: &Script<'_>, table: usize, statement: &Statement) -> String {
    let Statement { sql, message } = statement;
    let is_insert = sql.starts_with("INSERT");
    let switch = |switch| match script.tables.len() {
        2.. if is_insert => identity(&script.tables[table], switch),
        _ => String::new(),
    };
    let line = changed(sql, message);
    [switch("ON"), line, switch("OFF")].concat()
}

fn changed(sql: &str, message: &str) -> String {
    format!(
        "{sql}; IF @@ROWCOUNT <> 1 BEGIN SET @message = {message}; THROW 50000, @message, 1; END; \
         SET @ldifsync = @ldifsync + 1;\n"
    )
}

pub(super) fn closing(script: &Script<'_>, total: u64) -> String {
    let done = match script.end {
        End::Commit | End::Every(_) => "COMMIT",
        End::Rollback => "ROLLBACK",
    };
    let identity = match script.tables {
        [table] => identity(table, "OFF"),
        _ => String::new(),
    };
    format!("{identity}{}GO\n", ended(script.end, total, done))
}

/// Ends the block behind change `n`, which is a transaction, and begins the next.
pub(super) fn pause(end: End, n: u64) -> String {
    format!("{}BEGIN TRANSACTION;\nGO\n", ended(end, n, "COMMIT"))
}

/// Ends the transaction so, where all that was to be done was.
fn ended(end: End, total: u64, done: &str) -> String {
    format!(
        "IF @@TRANCOUNT <> 1 OR ISNULL((SELECT done FROM #ldifsync), 0) <> {total} \
         THROW 50000, N'ldifsync: {}', 1;\n\
         {done} TRANSACTION;\n",
        end.missing()
    )
}

/// What comes before the rows of a table.
pub(super) fn load(table: &TableName, columns: &[String]) -> String {
    format!("{SESSION}BEGIN TRANSACTION;\n{}GO\n", identity_insert((table, columns), "ON"))
}
