//! The walk over all statements of a script.

use std::borrow::Cow;
use std::ops::Range;

use crate::dump::script::elsewhere::{Elsewhere, elsewhere};
use crate::dump::script::lexis::{Lexis, Open, begins_with, line};
use crate::dump::script::objects::{changed, changes, created, is_about_type, may_name};
use crate::dump::script::{FoundTable, Script, Section, settings};
use crate::dump::{
    Charset, CopyHead, CopyText, InsertHead, InsertRows, Literals, RowForm, Style, copy_head,
};
use crate::error::{DumpFault, ErrorKind, Fault};
use crate::table::TableName;
use crate::text::LineEnd;

/// How far apart the places are at which rows of INSERT statements may be cut into parts, in bytes.
const APART: usize = 64 << 10;

/// Statements that change rows which stand before them.
const UNDOING: [&str; 6] = ["UPDATE", "DELETE", "TRUNCATE", "MERGE", "DROP", "RENAME"];

/// Statements in which others may stand: behind a query's names, in a comment that MySQL runs, in a block.
const HIDING: [&str; 4] = ["WITH", "INSERT", "REPLACE", "DO"];

/// Takes back all rows that stand before it.
const ROLLBACK: &str = "ROLLBACK";

/// How many opening parentheses are looked at for that of the first row: one more stands before the columns.
const LISTS: usize = 2;

/// How many names of other tables are kept for a message.
const KNOWN: usize = 20;

/// Finds the tables of a script that may be meant; all where none are asked for. A script is of the
/// style that is said; else of the one that it shows; else of the usual one.
///
/// # Errors
///
/// It ends inside a statement; nobody says who wrote it; an INSERT or COPY that cannot be read.
pub fn survey(
    text: &[u8],
    (said, usual): (Option<Style>, Option<Style>),
    asked: &[TableName],
) -> Result<Script, Fault> {
    let known = settings::recognise(text);
    let known = known.filter(|(style, _)| said.is_none_or(|said| said == *style));
    let as_told = || said.or(usual).map(|style| (style, None));
    let no_style = || fault(DumpFault::NoStyle, 0, 0);
    let (style, dialect) = known.or_else(as_told).ok_or_else(no_style)?;
    let mut walk = Walk::new(text, style, asked);
    let mut at = 0;
    loop {
        at = walk.lexis.blank_end(text, at);
        if at == text.len() {
            break;
        }
        at = walk.statement(at)?;
    }
    let Walk { tables, definitions, known, time_zone, .. } = walk;
    let release = settings::release(text);
    Ok(Script { style, dialect, tables, definitions, known, time_zone, release })
}

/// The last line that a script lacks.
///
/// # Errors
///
/// The line, where it is not there.
pub fn refuse_unfinished(text: &[u8]) -> Result<(), Fault> {
    match settings::missing_end(text) {
        Some(wanted) => Err(fault(DumpFault::Unfinished { wanted }, text.len(), 0)),
        None => Ok(()),
    }
}

fn fault(fault: DumpFault, at: usize, len: usize) -> Fault {
    Fault::new(ErrorKind::Dump(fault), at, len)
}

impl From<Open> for Fault {
    fn from(Open(at): Open) -> Fault {
        fault(DumpFault::OpenStatement, at, 1)
    }
}

/// The words before the rows of the INSERT statement before, and whose rows they are.
struct LastHead {
    range: Range<usize>,
    /// The candidate; none where another table is meant.
    candidate: Option<usize>,
}

struct Walk<'t> {
    text: &'t [u8],
    asked: &'t [TableName],
    lexis: Lexis,
    database: Option<String>,
    tables: Vec<FoundTable>,
    known: Vec<String>,
    definitions: Vec<(Range<usize>, Charset)>,
    /// What follows is written in, as the script spells it; `pg_dumpall` says it of each database.
    character_set: Option<String>,
    /// The same, where it is read.
    charset: Charset,
    time_zone: Option<String>,
    last: Option<LastHead>,
}

impl<'t> Walk<'t> {
    fn new(text: &'t [u8], style: Style, asked: &'t [TableName]) -> Walk<'t> {
        Walk {
            text,
            asked,
            lexis: Lexis::new(Literals::from(style)),
            database: None,
            tables: Vec::new(),
            known: Vec::new(),
            definitions: Vec::new(),
            character_set: None,
            charset: Charset::default(),
            time_zone: None,
            last: None,
        }
    }

    /// Takes in the statement that begins at `at`, and returns where it ends.
    fn statement(&mut self, at: usize) -> Result<usize, Fault> {
        let rest = &self.text[at..];
        if let Some(end) = self.hear(at)? {
            return Ok(end);
        }
        match rest[0].to_ascii_uppercase() {
            b'I' | b'R' if begins_with(rest, "INSERT") || begins_with(rest, "REPLACE") => {
                self.insert(at)
            }
            b'C' if begins_with(rest, "COPY") => self.copy(at),
            _ => {
                let end = self.lexis.statement_end(self.text, at)?;
                self.other(at..end).map(|()| end)
            }
        }
    }

    /// Takes in a line that is said to the client and changes what follows.
    fn hear(&mut self, at: usize) -> Result<Option<usize>, Fault> {
        let line = line(&self.text[at..]);
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let (verb, said) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let style = self.lexis.literals().style;
        if let Some((verb, what)) = elsewhere(style, line) {
            return self.pass_elsewhere((verb, what), at..at + line.len()).map(Some);
        }
        match style {
            // It needs no end mark, and means what it says where it has one.
            Style::Mysql if verb.eq_ignore_ascii_case(b"USE") && !line.contains(&b';') => {
                self.database = Some(unquoted(&String::from_utf8_lossy(said)));
                self.definitions.push((at..at + line.len(), Charset::Utf8));
            }
            Style::Mysql if verb.eq_ignore_ascii_case(b"DELIMITER") => {
                self.lexis = self.lexis.with_delimiter(said);
            }
            Style::Postgres if matches!(verb, b"\\connect" | b"\\c") => {
                let said = line[verb.len()..].trim_ascii();
                self.database = Some(connected(&String::from_utf8_lossy(said)));
            }
            Style::Postgres if verb.starts_with(b"\\") => {}
            _ => return Ok(None),
        }
        self.last = None;
        Ok(Some(at + line.len()))
    }

    /// Passes over what reads another file, unless rows of the table that is asked for may be there.
    fn pass_elsewhere(
        &mut self,
        (verb, what): (&'static str, Elsewhere),
        range: Range<usize>,
    ) -> Result<usize, Fault> {
        let statement = &self.text[range.clone()];
        let is_meant = match what {
            Elsewhere::Statements => true,
            Elsewhere::Rows => self.asked.is_empty() || self.names_asked(statement),
        };
        if is_meant {
            return Err(fault(DumpFault::Elsewhere { verb }, range.start, verb.len()));
        }
        self.last = None;
        Ok(range.end)
    }

    fn insert(&mut self, at: usize) -> Result<usize, Fault> {
        let rest = &self.text[at..];
        let last = match self.last.take() {
            Some(last) if rest.starts_with(&self.text[last.range.clone()]) => last,
            _ => {
                let head = match self.insert_head(rest) {
                    Ok(head) => head,
                    Err(fault) => {
                        let end = self.lexis.statement_end(self.text, at)?;
                        let is_no_matter = self.is_no_matter(&self.text[at..end]);
                        return if is_no_matter { Ok(end) } else { Err(fault.moved(at)) };
                    }
                };
                let range = at..at + head.len;
                let candidate = self.candidate(&head.table);
                if let Some(n) = candidate {
                    self.begin_rows(n, range.clone(), head.columns);
                }
                LastHead { range, candidate }
            }
        };
        let end = self.lexis.statement_end(self.text, at)?;
        let sections = last.candidate.map(|n| &mut self.tables[n].sections);
        if let Some(section) = sections.and_then(|sections| sections.last_mut()) {
            section.range.end = end;
            if at - section.cuts.last().copied().unwrap_or(section.range.start) >= APART {
                section.cuts.push(at);
            }
        }
        self.last = Some(last);
        Ok(end)
    }

    /// What stands before the rows, whose names are in the character set of the script. It ends at a
    /// parenthesis, which is a part of no character.
    fn insert_head(&self, statement: &[u8]) -> Result<InsertHead, Fault> {
        let literals = self.lexis.literals();
        let read = literals.insert_head(statement);
        let is_ascii = |head: &InsertHead| statement[..head.len].is_ascii();
        if self.charset == Charset::Utf8 || read.as_ref().is_ok_and(is_ascii) {
            return read;
        }
        let mut decoded = memchr::memchr_iter(b'(', statement).take(LISTS).filter_map(|len| {
            let text = self.charset.decode(&statement[..=len])?;
            let head = literals.insert_head(&text).ok()?;
            (head.len + 1 == text.len()).then_some(InsertHead { len, ..head })
        });
        decoded.next().map_or(read, Ok)
    }

    /// The same of COPY, which stands on a line of its own.
    fn copy_head(&self, statement: &[u8]) -> Result<CopyHead, Fault> {
        let line = line(statement);
        match self.charset.decode(line) {
            Some(Cow::Owned(text)) => Ok(CopyHead { len: line.len(), ..copy_head(&text)? }),
            Some(Cow::Borrowed(_)) | None => copy_head(statement),
        }
    }

    /// What a statement without rows is written in. `mariadb-dump` goes over to UTF-8 for definitions.
    fn charset_of(&self, statement: &[u8]) -> Charset {
        let is_mysql = self.lexis.literals().style == Style::Mysql;
        if is_mysql && simdutf8::basic::from_utf8(statement).is_ok() {
            return Charset::Utf8;
        }
        self.charset
    }

    /// Whether an INSERT statement without rows is about another table than the one that is asked for, or
    /// about any and names no value.
    fn is_no_matter(&self, statement: &[u8]) -> bool {
        let decoded = self.charset.decode(statement).unwrap_or(Cow::Borrowed(statement));
        let Some((table, rest)) = self.lexis.literals().insert_into(&decoded) else { return false };
        let full = self.full(&table);
        match self.asked {
            [] => begins_with(rest.trim_ascii_start(), "DEFAULT"),
            asked => !asked.iter().any(|one| one.may_be(&full, str::eq_ignore_ascii_case)),
        }
    }

    fn begin_rows(&mut self, n: usize, head: Range<usize>, columns: Option<Vec<String>>) {
        let rows = InsertRows::new(self.lexis.clone(), self.text[head.clone()].to_vec());
        self.tables[n].sections.push(Section {
            columns,
            form: RowForm::Insert(Box::new(rows)),
            character_set: self.character_set.clone(),
            range: head.start..head.start,
            cuts: Vec::new(),
        });
    }

    fn copy(&mut self, at: usize) -> Result<usize, Fault> {
        let head = self.copy_head(&self.text[at..]).map_err(|fault| fault.moved(at))?;
        let start = at + head.len;
        let Some((len, behind)) = rows_before_end(&self.text[start..]) else {
            return Err(fault(DumpFault::OpenRows, self.text.len(), 0));
        };
        let end = LineEnd::of(&self.text[at..start]);
        if let Some(n) = self.candidate(&head.table) {
            self.tables[n].sections.push(Section {
                columns: (!head.columns.is_empty()).then_some(head.columns),
                form: RowForm::Copy(CopyText { delimiter: head.delimiter, null: head.null, end }),
                character_set: self.character_set.clone(),
                range: start..start + len,
                cuts: Vec::new(),
            });
        }
        self.last = None;
        Ok(start + behind)
    }

    /// Takes in a statement that holds no rows.
    fn other(&mut self, range: Range<usize>) -> Result<(), Fault> {
        self.last = None;
        let statement = &self.text[range.clone()];
        let charset = self.charset_of(statement);
        let decoded = charset.decode(statement).unwrap_or(Cow::Borrowed(statement));
        let statement = unwrapped(&decoded);
        let literals = self.lexis.literals();
        let is_set = begins_with(statement, "SET");
        let sets_path = is_set || begins_with(statement, "SELECT");
        if sets_path && settings::find(statement, "search_path").is_some() {
            self.definitions.push((range, charset));
        } else if is_set {
            self.set(statement);
        } else if begins_with(statement, "LOAD") {
            self.pass_elsewhere(("LOAD", Elsewhere::Rows), range)?;
        } else if begins_with(statement, "USE") {
            let name = String::from_utf8_lossy(&statement["USE".len()..]);
            self.database = Some(unquoted(name.trim_end_matches(';').trim()));
            self.definitions.push((range, charset));
        } else if begins_with(statement, "CREATE") || begins_with(statement, "ALTER") {
            let mentions =
                self.asked.is_empty() || is_about_type(statement) || self.names_asked(statement);
            let made = created(statement).and_then(|name| literals.table_at(name));
            if let Some(n) = made.and_then(|table| self.candidate(&table)) {
                self.tables[n].is_made = true;
                self.tables[n].is_partitioned |=
                    settings::find(statement, "PARTITION BY").is_some();
            }
            self.definitions.extend(mentions.then_some((range, charset)));
        } else {
            self.refuse_change(statement, range.start)?;
        }
        Ok(())
    }

    /// When two names are one to the database, as far as it is certain.
    fn is_one(&self) -> fn(&str, &str) -> bool {
        match self.lexis.literals().style {
            Style::Sqlite | Style::Mssql => str::eq_ignore_ascii_case,
            Style::Postgres | Style::Mysql | Style::Oracle => |one, other| one == other,
        }
    }

    /// Takes in what is set for what follows.
    fn set(&mut self, statement: &[u8]) {
        let literals = self.lexis.literals();
        let behind = literals.behind(statement);
        if behind != literals {
            self.lexis = self.lexis.with_literals(behind);
        }
        if let Some(name) = settings::character_set(literals.style, statement) {
            // One that is not read is told where a table is.
            self.charset = Charset::named(literals.style, name).unwrap_or_default();
            self.character_set = Some(name.to_owned());
        }
        if literals.style == Style::Mysql {
            let zone = settings::time_zone(statement).map(str::to_owned);
            self.time_zone = self.time_zone.take().or(zone);
        }
    }

    /// Refuses a statement that changes rows which stand before it.
    fn refuse_change(&self, statement: &[u8], at: usize) -> Result<(), Fault> {
        let begins = |verbs: &[&'static str]| {
            verbs.iter().copied().find(|verb| begins_with(statement, verb))
        };
        let plain = begins(&UNDOING).filter(|verb| self.had_rows(&statement[verb.len()..]));
        let hidden = || begins(&HIDING).filter(|_| self.is_hidden_change(statement));
        let of_all = || begins(&[ROLLBACK]).filter(|_| self.has_rows(|_| true));
        match plain.or_else(hidden).or_else(of_all) {
            Some(verb) => Err(fault(DumpFault::Undone { verb }, at, verb.len())),
            None => Ok(()),
        }
    }

    /// Whether a table with rows before them is among those that stand behind a verb.
    fn had_rows(&self, objects: &[u8]) -> bool {
        let (literals, is_one) = (self.lexis.literals(), self.is_one());
        let named = changed(objects).filter_map(|text| literals.table_at(text));
        let mut named = named.map(|name| self.full(&name));
        named.any(|name| self.has_rows(|one| one.may_be(&name, is_one)))
    }

    /// Whether a statement in which others stand may change the rows of a table that is meant.
    fn is_hidden_change(&self, statement: &[u8]) -> bool {
        let is_asked = || self.names_asked(statement);
        changes(statement) && (is_asked() || self.has_rows(|one| may_name(statement, one.last())))
    }

    /// Whether a statement may be about a table that is asked for.
    fn names_asked(&self, statement: &[u8]) -> bool {
        self.asked.iter().any(|asked| may_name(statement, asked.last()))
    }

    /// Whether a table of such a name has rows.
    fn has_rows(&self, is_it: impl Fn(&TableName) -> bool) -> bool {
        self.tables.iter().any(|one| !one.sections.is_empty() && is_it(&one.full))
    }

    /// A name with the database it is in, where the script says that.
    fn full(&self, table: &TableName) -> TableName {
        let database = self.database.iter().cloned();
        TableName { parts: database.chain(table.parts.iter().cloned()).collect() }
    }

    /// Whether this table may be meant, and which candidate it is then.
    fn candidate(&mut self, table: &TableName) -> Option<usize> {
        // Those that SQLite keeps for itself are nobody's unless they are asked for.
        let is_own = self.lexis.literals().style == Style::Sqlite
            && table.last().get(..7).is_some_and(|name| name.eq_ignore_ascii_case("sqlite_"));
        if is_own && self.asked.is_empty() {
            return None;
        }
        let full = self.full(table);
        let is_it = |asked: &TableName| asked.may_be(&full, str::eq_ignore_ascii_case);
        if !self.asked.is_empty() && !self.asked.iter().any(is_it) {
            let name = full.to_string();
            if self.known.len() < KNOWN && !self.known.contains(&name) {
                self.known.push(name);
            }
            return None;
        }
        let is_one = self.is_one();
        let is_same = |one: &FoundTable| {
            one.full.parts.len() == full.parts.len() && one.full.may_be(&full, is_one)
        };
        self.tables.iter().position(is_same).or_else(|| {
            let (table, sections) = (table.clone(), Vec::new());
            let (is_made, is_partitioned) = (false, false);
            self.tables.push(FoundTable { full, table, is_made, is_partitioned, sections });
            Some(self.tables.len() - 1)
        })
    }
}

/// The length of the rows of COPY, and where the line behind them ends.
fn rows_before_end(text: &[u8]) -> Option<(usize, usize)> {
    let is_end = |at: usize| {
        let rest = text[at..].strip_prefix(b"\\.")?;
        match rest {
            [b'\n', ..] => Some(at + 3),
            [b'\r', b'\n', ..] => Some(at + 4),
            [] => Some(at + 2),
            _ => None,
        }
    };
    if let Some(behind) = is_end(0) {
        return Some((0, behind));
    }
    let mut found = memchr::memmem::find_iter(text, b"\n\\.");
    found.find_map(|at| Some((at + 1, is_end(at + 1)?)))
}

/// A statement that stands in a comment which MySQL runs, without it.
fn unwrapped(statement: &[u8]) -> &[u8] {
    let version = statement.strip_prefix(b"/*!").or(statement.strip_prefix(b"/*M!"));
    version.map_or(statement, |rest| {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        rest[digits..].trim_ascii_start()
    })
}

/// The database of a `\connect`: a name, or the last of some words (`-reuse-previous=on "dbname='my db'"`).
fn connected(said: &str) -> String {
    match said.split_once("dbname=") {
        Some((_, name)) => unquoted(name.trim_end_matches('"')),
        None => unquoted(said),
    }
}

fn unquoted(name: &str) -> String {
    name.trim_matches(['`', '"', '[', ']', '\'']).to_owned()
}
