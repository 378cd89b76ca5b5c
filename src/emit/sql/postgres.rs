//! Lines for `psql`: changes in `DO` blocks, each followed by an assertion of its row count; or by `COPY`.

use crate::emit::sql::stage::{Half, Staged};
use crate::emit::sql::statement::Statement;
use crate::emit::sql::survey::{Operation, Phase, Verb};
use crate::emit::sql::{End, Script, TableScript};

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
    let names = script.tables.iter();
    let names = names.flat_map(|one| one.table.parts.iter().chain(&one.columns.names));
    while names.clone().any(|name| name.contains(&format!("${tag}$"))) {
        tag.push('_');
    }
    tag
}

/// Whatever the user's own settings are, the first error ends it, and the transaction with it.
pub(super) fn opening() -> String {
    let session = "\\set QUIET on\n\
     \\set ON_ERROR_STOP on\n\
     \\set ON_ERROR_ROLLBACK off\n\
     \\set AUTOCOMMIT on\n\
     SET client_encoding = 'UTF8';\n\
     SET standard_conforming_strings = on;\n\
     SET array_nulls = on;\n\
     SET plpgsql.check_asserts = on;\n";
    format!("{session}{TRANSACTION}")
}

/// Begins the transaction. What may be asked for at its end is.
const TRANSACTION: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\nSET CONSTRAINTS ALL DEFERRED;\n";

/// Ends the block behind change `n`, which is a transaction, and begins the next: a client that goes on behind
/// an error does nothing in it.
pub(super) fn pause(n: u64) -> String {
    format!(
        "SET ldifsync.done = '{n}';\n\
         COMMIT;\n\
         {TRANSACTION}\
         DO $$BEGIN ASSERT current_setting('ldifsync.done') = '{n}', \
         'ldifsync: what comes before was not done'; END$$;\n"
    )
}

/// What the database refuses it shows as the statement that did it: the number of the change stands in it.
pub(super) fn line(statement: &Statement, n: u64) -> String {
    let Statement { sql, message } = statement;
    format!(
        "{sql} /* change {n} */; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; ASSERT ldifsync_rows = 1, {message};\n"
    )
}

/// Makes the table of changes and begins to fill it. Its columns have the types of the table's own without
/// their limits, which `COALESCE` takes off: what a dump says to more places than a column has would be
/// rounded on its way in, and then be what the column holds.
pub(super) fn stage(staged: Staged<'_>) -> String {
    let Staged { script, stage, .. } = staged;
    let mask = if stage.survey.is_masked() { ", ''::text AS mask" } else { "" };
    let value = |&(half, n): &(Half, usize)| {
        let null = if stage.bytes[n] { "NULL::bytea" } else { "NULL" };
        format!(", COALESCE(t.{}, {null}) AS {}", script.column(n), half.name(n))
    };
    let values: String = stage.held.iter().map(value).collect();
    let stays = match script.end {
        End::Commit | End::Rollback => "DROP",
        End::Every(_) => "PRESERVE ROWS",
    };
    format!(
        "CREATE TEMP TABLE {} ON COMMIT {stays} AS \
         SELECT 0::bigint AS n, 0 AS set_no, ''::text AS shown{mask}{values} \
         FROM {} AS t WITH NO DATA;\n\
         COPY {} FROM STDIN;\n",
        staged.alone(),
        script.dialect.table(script.table),
        staged.name()
    )
}

/// Does what the rows say.
pub(super) fn operations(script: &Script<'_>) -> String {
    let tag = tag(script);
    let mut text: String = script.staged().map(|staged| arrived(staged, &tag)).collect();
    let mut planned = None;
    for (staged, phase) in script.phases() {
        if planned != Some(staged.number) {
            text += &format!("DO ${tag}$\nBEGIN\n{}END\n${tag}$;\n", plans(staged.script));
            planned = Some(staged.number);
        }
        text += &format!("DO ${tag}$\n{}${tag}$;\n", operation_block(staged, phase));
        let last = *phase.changes().end();
        if script.end.is_behind(last) {
            text += &pause(last);
            planned = None;
        }
    }
    text
}

/// Asks whether all changes of a table arrived.
fn arrived(staged: Staged<'_>, tag: &str) -> String {
    let changes = staged.name();
    let key = staged.script.columns.key.iter().map(|&n| format!(", {}", Half::New.name(n)));
    format!(
        "ANALYZE {changes} (n, set_no{});\n\
         DO ${tag}$\n\
         BEGIN\n\
         IF (SELECT COUNT(*) FROM {changes}) <> {} THEN \
         RAISE EXCEPTION USING MESSAGE = 'ldifsync: not all changes arrived'; END IF;\n\
         END\n\
         ${tag}$;\n",
        key.collect::<String>(),
        staged.stage.survey.total()
    )
}

/// Settings for what is done to a table next. Rows are found by the index of the key, where there is one, as
/// single statements find them: it is left to its guess, PostgreSQL reads the whole table, which takes
/// twice as long for a hundred thousand changes of a million rows. And no plan is compiled: that takes longer
/// than it saves.
fn plans(script: &TableScript<'_>) -> String {
    let key = script.columns.key.iter();
    let key: Vec<String> = key.map(|&n| script.dialect.literal(&script.columns.names[n])).collect();
    format!(
        "PERFORM set_config(name, 'off', true) FROM pg_settings WHERE name = 'jit';\n\
         PERFORM set_config(name, CASE WHEN EXISTS (SELECT 1 FROM pg_index AS i \
         WHERE i.indrelid = {}::regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL \
         AND i.indnkeyatts = {count} AND {count} = (SELECT COUNT(*) FROM pg_attribute AS a \
         WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) AND a.attname IN ({}))) \
         THEN 'off' ELSE 'on' END, true) FROM pg_settings \
         WHERE name IN ('enable_hashjoin', 'enable_mergejoin');\n",
        script.dialect.literal(&script.dialect.table(script.table)),
        key.join(", "),
        count = key.len()
    )
}

/// Does a phase; where that fails, all of it is taken back before the first change that is wrong is looked
/// for; where none is, they are made one by one until the database refuses one. So each row is looked up once where
/// nothing is wrong.
fn operation_block(staged: Staged<'_>, phase: &Phase) -> String {
    let operations = phase.operations().map(|operation| operate(staged, phase, operation));
    let wrong: Vec<String> = staged.wrong(phase).iter().map(|query| format!("({query})")).collect();
    let alone: String = phase.operations().map(|one| make_alone(staged, phase, one)).collect();
    format!(
        "#variable_conflict use_column\n\
         DECLARE ldifsync_rows bigint; ldifsync_wrong text; ldifsync_detail text; ldifsync_n bigint;\n\
         BEGIN\n\
         {}\
         EXCEPTION WHEN OTHERS THEN\n\
         SELECT {} INTO ldifsync_wrong FROM {} AS c WHERE c.n = COALESCE({});\n\
         IF ldifsync_wrong IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = ldifsync_wrong; END IF;\n\
         {alone}\
         RAISE;\n\
         END\n",
        operations.collect::<String>(),
        staged.sentence(phase),
        staged.name(),
        wrong.join(", ")
    )
}

/// Makes the changes of an operation one by one, and names the first that the database refuses.
fn make_alone(staged: Staged<'_>, phase: &Phase, operation: Operation<'_>) -> String {
    let (verb, _) = staged.script.said(phase.verb);
    let said = format!(": {verb} {}, ", staged.script.named_table());
    format!(
        "FOR ldifsync_n, ldifsync_wrong IN SELECT c.n, 'ldifsync: change ' || c.n || {} || c.shown || ': ' \
         FROM {} AS c WHERE c.n BETWEEN {} AND {} ORDER BY c.n LOOP\n\
         BEGIN\n\
         {};\n\
         EXCEPTION WHEN OTHERS THEN\n\
         GET STACKED DIAGNOSTICS ldifsync_detail = PG_EXCEPTION_DETAIL;\n\
         RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = ldifsync_wrong || SQLERRM, DETAIL = ldifsync_detail;\n\
         END;\n\
         END LOOP;\n",
        staged.script.dialect.literal(&said),
        staged.name(),
        phase.changes().start(),
        phase.changes().end(),
        staged.operation(phase, operation, " AND c.n = ldifsync_n"),
    )
}

fn operate(staged: Staged<'_>, phase: &Phase, operation: Operation<'_>) -> String {
    let twins = match phase.verb {
        Verb::Insert => format!(" OR EXISTS ({})", staged.twins(phase)),
        Verb::Delete | Verb::Update => String::new(),
    };
    format!(
        "{}; GET DIAGNOSTICS ldifsync_rows = ROW_COUNT; IF ldifsync_rows <> {}{twins} THEN \
         RAISE EXCEPTION USING MESSAGE = {}; END IF;\n",
        staged.operation(phase, operation, ""),
        operation.set().count,
        staged.missed(phase)
    )
}

/// What is deferred is asked for before the end, which may be a rehearsal's.
pub(super) fn closing(script: &Script<'_>) -> String {
    match script.end {
        End::Commit | End::Every(_) => {
            let tag = tag(script);
            let counters =
                script.tables.iter().flat_map(|one| one.counters.iter().map(move |n| (one, *n)));
            let counted: String = counters.map(|(one, n)| counted(one, n, &tag)).collect();
            format!("SET CONSTRAINTS ALL IMMEDIATE;\n{counted}COMMIT;\n")
        }
        End::Rollback => "SET CONSTRAINTS ALL IMMEDIATE;\nROLLBACK;\n".to_owned(),
    }
}

/// Moves the sequence of a column behind its greatest value, or its least where it counts down, never back and not
/// beyond its bounds; where it cannot be moved, that is told. One that has given no number yet stands before its
/// first.
fn counted(script: &TableScript<'_>, column: usize, tag: &str) -> String {
    let (table, name) = (script.dialect.table(script.table), &script.columns.names[column]);
    let literal = |text: &str| script.dialect.literal(text);
    let unmoved =
        |why: &str| literal(&format!("ldifsync: the sequence of {name} was not moved: {why}"));
    format!(
        "DO ${tag}$\n\
         #variable_conflict use_column\n\
         DECLARE ldifsync_of text := pg_get_serial_sequence({}, {}); ldifsync_n numeric; ldifsync_fits boolean;\n\
         BEGIN\n\
         IF ldifsync_of IS NOT NULL THEN \
         SELECT ldifsync_f.n, ldifsync_f.n BETWEEN ldifsync_s.seqmin AND ldifsync_s.seqmax INTO ldifsync_n, ldifsync_fits \
         FROM pg_sequence AS ldifsync_s, \
         LATERAL (SELECT CASE WHEN ldifsync_s.seqincrement < 0 THEN min({column}) ELSE max({column}) END AS n \
         FROM {table}) AS ldifsync_f WHERE ldifsync_s.seqrelid = ldifsync_of::regclass \
         AND (ldifsync_f.n - coalesce(pg_sequence_last_value(ldifsync_s.seqrelid), ldifsync_s.seqstart::numeric - ldifsync_s.seqincrement)) \
         * ldifsync_s.seqincrement > 0; \
         IF ldifsync_fits THEN PERFORM setval(ldifsync_of, ldifsync_n::bigint); \
         ELSIF NOT ldifsync_fits THEN RAISE WARNING USING MESSAGE = {}; END IF; END IF;\n\
         EXCEPTION WHEN insufficient_privilege THEN RAISE WARNING USING MESSAGE = {};\n\
         END\n${tag}$;\n",
        literal(&table),
        literal(name),
        unmoved("a number is out of its bounds"),
        unmoved("no right to"),
        column = script.column(column),
    )
}
