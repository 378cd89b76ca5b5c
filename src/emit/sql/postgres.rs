//! Lines for `psql`: changes in `DO` blocks, each followed by an assertion of its row count.

use crate::emit::sql::statement::Statement;
use crate::emit::sql::{End, Script};

/// What begins a block. A name may hold a dollar sign, which no literal does: the tag is one that stands
/// in no name.
pub(super) fn block_opening(script: &Script<'_>) -> String {
    let tag = tag(script);
    format!("DO ${tag}$\n#variable_conflict use_column\nDECLARE ldifsync_rows bigint;\nBEGIN\n")
}

pub(super) fn block_closing(script: &Script<'_>) -> String {
    format!("END\n${}$;\n", tag(script))
}

fn tag(script: &Script<'_>) -> String {
    let mut tag = "ldifsync".to_owned();
    let names = script.table.parts.iter().chain(&script.columns.names);
    while names.clone().any(|name| name.contains(&format!("${tag}$"))) {
        tag.push('_');
    }
    tag
}

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

pub(super) fn line(statement: &Statement) -> String {
    let Statement { sql, message } = statement;
    format!(
        "{sql}; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; ASSERT ldifsync_rows = 1, {message};\n"
    )
}

/// What is deferred is asked for before the end, which may be a rehearsal's.
pub(super) fn closing(end: End) -> String {
    match end {
        End::Commit => "SET CONSTRAINTS ALL IMMEDIATE;\nCOMMIT;\n".to_owned(),
        End::Rollback => "SET CONSTRAINTS ALL IMMEDIATE;\nROLLBACK;\n".to_owned(),
    }
}
