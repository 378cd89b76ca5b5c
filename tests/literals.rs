//! The literals of dumps: what each means, word for word what is said of those that cannot be read, and
//! rows of nasty bytes, written here as each database writes them, read back. Where a database is
//! installed it is asked, too.

use std::borrow::Cow;
use std::path::Path;

use ldifsync::dump::{Literals, Style, copy_head, copy_row};
use ldifsync::error::{Error, Fault};
use ldifsync::table::{Cell, Said};

use crate::errors::bytes;
use crate::rng::Rng;
use crate::tables::database::{Database, Engine};
use crate::util::{assert_same_text, cases, for_seeds};

const PG: Literals = Literals { style: Style::Postgres, backslashes: false, ansi: true };
/// `standard_conforming_strings = off`.
const PG_OFF: Literals = Literals { backslashes: true, ..PG };
const MY: Literals = Literals { style: Style::Mysql, backslashes: true, ansi: false };
/// `NO_BACKSLASH_ESCAPES`.
const MY_PLAIN: Literals = Literals { backslashes: false, ..MY };
/// `ANSI_QUOTES`.
const MY_ANSI: Literals = Literals { ansi: true, ..MY };
const LITE: Literals = Literals { style: Style::Sqlite, ..PG };
const MS: Literals = Literals { style: Style::Mssql, ..PG };
const ORA: Literals = Literals { style: Style::Oracle, ..PG };

/// One way of each database.
const ALL: &[Literals] = &[PG, MY, LITE, MS, ORA];

/// What a literal is, in each of some ways to write them: `-` for NULL, else what the dump says of it,
/// and its bytes.
type Meaning = (&'static [Literals], &'static str, &'static str);

const MEANINGS: &[Meaning] = &[
    // Everywhere.
    (ALL, "NULL", "-"),
    (ALL, "null", "-"),
    (&[PG, MY, LITE], "true", "bare true"),
    (&[PG, MY, LITE], "FALSE", "bare FALSE"),
    (ALL, "0", "bare 0"),
    (ALL, "-17", "bare -17"),
    (ALL, "+1.50", "bare +1.50"),
    (ALL, "-.5", "bare -.5"),
    (ALL, "1.", "bare 1."),
    (ALL, "1037.0099999999999909", "bare 1037.0099999999999909"),
    (ALL, "1e10", "bare 1e10"),
    (ALL, "-9.0E+307", "bare -9.0E+307"),
    (ALL, "1e999", "bare 1e999"),
    (&[PG, MY, LITE, MS], "''", "text "),
    (ALL, "'it''s'", "text it's"),
    (ALL, "''''", "text '"),
    (ALL, "'NULL'", "text NULL"),
    (ALL, "'(,);--/*x*/\"'", "text (,);--/*x*/\""),
    (ALL, "'a\r\nb\tc'", "text a\r\nb\tc"),
    (ALL, "'$$x$$ 100% _x_'", "text $$x$$ 100% _x_"),
    // A backslash is a byte, or begins an escape.
    (&[PG, MY_PLAIN, LITE, MS, ORA], r"'C:\new\'", r"text C:\new\"),
    (&[PG, MY_PLAIN, LITE, MS, ORA], r"'\N'", r"text \N"),
    (&[PG_OFF, MY], r"'C:\\new\\'", r"text C:\new\"),
    (&[PG_OFF, MY], r"'\'\\\n\r\t\b\q'", "text '\\\n\r\t\u{8}q"),
    (&[PG_OFF, MY], "'a\\\nb'", "text a\nb"),
    // PostgreSQL.
    (&[PG, PG_OFF], r"E'\'\\\n\r\t\b\f\v\q'''", "text '\\\n\r\t\u{8}\u{c}vq'"),
    (&[PG, PG_OFF], r"e'\101\1018\8\60'", "text AA880"),
    (&[PG, PG_OFF], r"E'\x41\x414\x4z\xz'", "text AA4\u{4}zxz"),
    (&[PG, PG_OFF], r"E'\u00e9\U0001F600\uD83D\uDE00'", "text é😀😀"),
    (&[PG], r"'\x00ff'", r"text \x00ff"),
    (&[PG_OFF], r"'\\x00ff'", r"text \x00ff"),
    (&[PG], r"'\x00ff'::bytea", r"text \x00ff"),
    (&[PG], "'a'::character varying(20)", "text a"),
    (&[PG], "1.5::numeric(10, 2)", "bare 1.5"),
    (&[PG], "NULL::text[]", "-"),
    (&[PG], "'{a,b}'::hr.\"Odd (\"\" type\"[3][]", "text {a,b}"),
    (&[PG], "'10:00'::time(3) with time zone::text", "text 10:00"),
    (&[PG], "B'0101'", "text 0101"),
    (&[PG], "x'1F'", "text 00011111"),
    (&[PG], "X''", "text "),
    // MySQL.
    (&[MY], r"'\0\Z\\0\''", "text \0\u{1a}\\0'"),
    (&[MY], r"'100\% a\_b'", r"text 100\% a\_b"),
    (&[MY, MY_PLAIN], "\"it's \"\"it\"\"\"", "text it's \"it\""),
    (&[MY], r#""a\"b\n""#, "text a\"b\n"),
    (&[MY, MY_ANSI], r#"'{\"k\": 1}'"#, "text {\"k\": 1}"),
    (&[MY], "0x00FF", "bytes 00ff"),
    (&[MY], "0xabc", "bytes 0abc"),
    (&[MY], "x'00ff'", "bytes 00ff"),
    (&[MY], "X''", "bytes "),
    (&[MY], "b'101'", "bytes 05"),
    (&[MY], "b'100000001'", "bytes 0101"),
    (&[MY], "b''", "bytes "),
    (&[MY], r"_binary '\0a\\'", "bytes 00615c"),
    (&[MY], "_binary'a'", "bytes 61"),
    (&[MY], "_BINARY 0x00FF", "bytes 00ff"),
    (&[MY], "_utf8mb4'é'", "text é"),
    (&[MY], "_utf8mb4 X'5C0A'", "text \\\n"),
    (&[MY], "_utf8\n\"a\"", "text a"),
    (&[MY], r"N'a\'b'", "text a'b"),
    // SQLite.
    (&[LITE], "X'00fF'", "bytes 00ff"),
    (&[LITE], "Inf", "bare 1e999"),
    (&[LITE], "-Inf", "bare -1e999"),
    (&[LITE], r"replace('a\nb\n','\n',char(10))", "text a\nb\n"),
    (&[LITE], r"replace(replace('a\r\nb','\r',char(13)),'\n',char(10))", "text a\r\nb"),
    (&[LITE], r"replace('\n\012','\012',char(10))", "text \\n\n"),
    (&[LITE], "REPLACE ( 'a''''b' , '''''' , CHAR ( 0233 ) )", "text aéb"),
    (&[LITE], r"replace('x','\n',char(10))", "text x"),
    (&[LITE], r"unistr('a\u000ab\\ \2028 \+01F600 \U0001F600''')", "text a\nb\\ \u{2028} 😀 😀'"),
    (&[LITE], "CAST(X'610a' AS TEXT)", "text a\n"),
    // SQL Server.
    (&[MS], "N'O''Brien'", "text O'Brien"),
    (&[MS], "N'é\n\\ \\'", "text é\n\\ \\"),
    (&[MS], "0x00fF", "bytes 00ff"),
    (&[MS], "0x", "bytes "),
    (
        &[MS],
        "CAST(N'2024-02-02T08:01:00.0000000' AS DateTime2)",
        "text 2024-02-02T08:01:00.0000000",
    ),
    (&[MS], "CAST(1037.01 AS Decimal(10, 2))", "bare 1037.01"),
    (&[MS], "cast ( -1 as smallint )", "bare -1"),
    (&[MS], "CAST(N'a)' AS NVarChar(max))", "text a)"),
    (&[MS], "CAST(NULL AS xml)", "-"),
    (&[MS], "CAST(0x0A AS VarBinary(max))", "bytes 0a"),
    (&[MS], "CONVERT(varbinary ( 8 ), 0x0A)", "bytes 0a"),
    (&[MS], "CONVERT(date,'2024-02-29')", "text 2024-02-29"),
    // Oracle.
    (&[ORA], "''", "-"),
    (&[ORA], "n'é''\n'", "text é'\n"),
    (&[ORA], "'a' || CHR(10)||'b'", "text a\nb"),
    (&[ORA], "'' || ''", "-"),
    (&[ORA], "'' || 'a'", "text a"),
    (&[ORA], "TO_CLOB('a')\n|| TO_CLOB('b' || chr(038)) || 'c'", "text ab&c"),
    (&[ORA], "to_clob('')", "-"),
    (&[ORA], "HEXTORAW('00fF')", "bytes 00ff"),
    (&[ORA], "HEXTORAW('')", "-"),
    (&[ORA], "EMPTY_BLOB()", "bytes "),
    (&[ORA], "empty_clob( )", "text "),
    (&[ORA], "to_date('02-FEB-15','DD-MON-RR')", "text 2015-02-02"),
    (&[ORA], "to_date('31-dec-49','DD-MON-RR')", "text 2049-12-31"),
    (&[ORA], "to_date('01-JAN-50','DD-MON-RR')", "text 1950-01-01"),
    (&[ORA], "to_date('29.02.2000','DD.MM.YYYY')", "text 2000-02-29"),
    (&[ORA], "to_date('2024-02-29 00:00:00','YYYY-MM-DD HH24:MI:SS')", "text 2024-02-29 00:00:00"),
    (&[ORA], "TO_DATE('2024-02-29T23','rrrr-mm-dd\"T\"hh24')", "text 2024-02-29 23:00:00"),
    (
        &[ORA],
        "to_timestamp('02-FEB-24 12.01.00.000000 AM','DD-MON-RR HH.MI.SSXFF AM')",
        "text 2024-02-02 00:01:00.000000",
    ),
    (
        &[ORA],
        "to_timestamp('02-FEB-24 12.01.00.5 pm','DD-MON-RR HH12.MI.SSXFF PM')",
        "text 2024-02-02 12:01:00.5",
    ),
    (
        &[ORA],
        "to_timestamp_tz('02-FEB-24 11.01.00 PM +05:30','DD-MON-RR HH.MI.SS AM TZR')",
        "text 2024-02-02 23:01:00+05:30",
    ),
    (
        &[ORA],
        "to_timestamp_tz('2024-02-02 08:01 -03:00','YYYY-MM-DD HH24:MI TZH:TZM')",
        "text 2024-02-02 08:01:00-03:00",
    ),
];

fn shown(cell: &Cell<'_>) -> String {
    let Some(value) = cell else { return "-".to_owned() };
    let text = || String::from_utf8_lossy(&value.bytes);
    match value.said {
        Said::Nothing => format!("plain {}", text()),
        Said::Text => format!("text {}", text()),
        Said::Bare => format!("bare {}", text()),
        Said::Bytes => value.bytes.iter().fold("bytes ".to_owned(), |t, b| format!("{t}{b:02x}")),
    }
}

#[test]
fn literals_mean_what_their_database_says() {
    for (ways, literal, meaning) in MEANINGS {
        for way in *ways {
            for text in [format!("({literal})"), format!("( 1 ,\n{literal}\t, 'x)' )")] {
                let row =
                    way.row(text.as_bytes()).unwrap_or_else(|f| panic!("{way:?} {text}: {f:?}"));
                let cell = &row[row.len() / 2];
                assert_eq!(shown(cell), *meaning, "{way:?} {text}");
                assert_eq!(way.row_end(text.as_bytes()).ok(), Some(text.len()), "{way:?} {text}");
            }
        }
    }
}

/// What stands before the rows: the table, the columns, and what stands behind.
const HEADS: &[(Literals, &str, &str)] = &[
    (PG, "INSERT INTO public.employees VALUES (", "public|employees *"),
    (
        PG,
        "insert into \"Odd \"\"Name\"\"\".\"a.b\"\n(id, \"select\") values\t(",
        "Odd \"Name\"|a.b id|select",
    ),
    (PG, "INSERT INTO t (id) OVERRIDING SYSTEM VALUE VALUES\n\t(", "t id"),
    (MY, "INSERT INTO `odd ``name` VALUES\n(", "odd `name *"),
    (MY, "INSERT  IGNORE INTO `a`.`b`(`id`,`é`)VALUES(", "a|b id|é"),
    (MY, "REPLACE LOW_PRIORITY INTO t VALUES (", "t *"),
    (MY_ANSI, "INSERT INTO \"t\" (`a`,\"b\"\"c\") VALUES (", "t a|b\"c"),
    (LITE, "INSERT INTO employees VALUES(", "employees *"),
    (LITE, "INSERT OR REPLACE INTO \"a b\" VALUES(", "a b *"),
    (LITE, "REPLACE INTO `t`(a) VALUES(", "t a"),
    (MS, "INSERT [dbo].[Odd ]]Name] ([id], [a.b]) VALUES (", "dbo|Odd ]Name id|a.b"),
    (MS, "INSERT INTO dbo.t (\"a\") VALUES (", "dbo|t a"),
    (ORA, "Insert into HR.EMPLOYEES (ID,\"Odd Name\",S#) values (", "HR|EMPLOYEES ID|Odd Name|S#"),
];

#[test]
fn heads_name_their_table() {
    for (way, text, meaning) in HEADS {
        let whole = format!("{text}1), (2);");
        let head = way.insert_head(whole.as_bytes()).unwrap_or_else(|f| panic!("{text}: {f:?}"));
        let columns = head.columns.as_ref().map_or("*".to_owned(), |names| names.join("|"));
        assert_eq!(format!("{} {columns}", head.table.parts.join("|")), *meaning, "{text}");
        assert_eq!(head.len + 1, text.len(), "{text}");
    }
}

/// What stands before the rows of COPY: table, columns, delimiter, NULL.
const COPIES: &[(&str, &str)] = &[
    (
        "COPY public.\"Odd Name\" (\"Weird \"\"Col\"\"\", \"select\", arr) FROM stdin;\n",
        r"public|Odd Name Weird \x22Col\x22|select|arr \t \N",
    ),
    ("COPY public.empty  FROM stdin;\n", r"public|empty  \t \N"),
    ("copy t (a) from STDIN with (format TEXT, delimiter '|', null '') ; \r\n", "t a | "),
    ("COPY t(a)FROM stdin (NULL 'NULL',DELIMITER E'\\t');\n", r"t a \t NULL"),
];

#[test]
fn copies_name_their_table() {
    for (text, meaning) in COPIES {
        let whole = format!("{text}1\t2\n\\.\n");
        let head = copy_head(whole.as_bytes()).unwrap_or_else(|f| panic!("{text}: {f:?}"));
        let (table, columns) = (head.table.parts.join("|"), head.columns.join("|"));
        let columns = columns.replace('"', r"\x22");
        let (delimiter, null) =
            (head.delimiter.escape_ascii(), String::from_utf8_lossy(&head.null));
        assert_eq!(format!("{table} {columns} {delimiter} {null}"), *meaning, "{text}");
        assert_eq!(head.len, text.len(), "{text}");
    }
}

/// Rows of COPY with their delimiter and NULL, and what is in them.
const LINES: &[(u8, &str, &str, &str)] = &[
    (b'\t', r"\N", "1\t\\N\t\ta b", "plain 1;-;plain ;plain a b"),
    (b'\t', r"\N", "", "plain "),
    (b'\t', r"\N", "\t", "plain ;plain "),
    (b'\t', r"\N", r"\\N", r"plain \N"),
    (b'\t', r"\N", r"x\N", "plain xN"),
    (b'\t', r"\N", r"\b\f\n\r\t\v\\\q", "plain \u{8}\u{c}\n\r\t\u{b}\\q"),
    (b'\t', r"\N", r"\101\60x\8\1018\x41\x4z\xz", "plain A0x8A8A\u{4}zxz"),
    (b'\t', r"\N", r"\\x00ff", r"plain \x00ff"),
    (b'\t', r"\N", "a\\\tb\tc", "plain a\tb;plain c"),
    (b'\t', r"\N", r"\\.", r"plain \."),
    (b'|', "", r"a||\||b\|", "plain a;-;plain |;plain b|"),
    (b'|', "NULL", r"NULL|\NULL|\N", "-;plain NULL;plain N"),
];

#[test]
fn lines_of_copy_are_rows() {
    for (delimiter, null, line, meaning) in LINES {
        let row = copy_row(*delimiter, null.as_bytes(), line.as_bytes());
        let row = row.unwrap_or_else(|f| panic!("{line}: {f:?}"));
        let cells: Vec<String> = row.iter().map(shown).collect();
        assert_eq!(cells.join(";"), *meaning, "{line}");
    }
}

/// Whatever is not escaped is not copied.
#[test]
fn plain_values_are_borrowed() {
    let is_borrowed = |cells: Vec<Cell<'_>>| -> Vec<bool> {
        let borrowed = |v: ldifsync::table::Value<'_>| matches!(v.bytes, Cow::Borrowed(_));
        cells.into_iter().flatten().map(borrowed).collect()
    };
    assert_eq!(
        is_borrowed(MY.row(b"('a',1,true,'','b''c')").expect("a row")),
        [true, true, true, true, false]
    );
    assert_eq!(is_borrowed(PG.row(b"('a\\',E'b',1::int)").expect("a row")), [true; 3]);
    assert_eq!(
        is_borrowed(copy_row(b'\t', b"\\N", b"a\t\t\\N\tb\\n").expect("a row")),
        [true, true, false]
    );
}

/// A row of `tests/literals.txt`: a kind of fault, who finds it in what, and what is said.
///
/// ```text
/// == RowFault::Default
/// row postgres = (1, DEFAULT)
/// at 4, 7 long: expected a value, but found `DEFAULT`
/// hint: …
/// ```
struct Refused {
    kind: String,
    reader: String,
    text: String,
    said: String,
}

impl Refused {
    fn read(row: &str) -> Refused {
        let mut lines = row.splitn(3, '\n');
        let mut line = || lines.next().expect("a kind, a text, what is said").to_owned();
        let (kind, of, said) = (line(), line(), line().trim_end().to_owned());
        let (reader, text) = of.split_once(" = ").expect("`reader = text`");
        Refused { kind, reader: reader.to_owned(), text: text.to_owned(), said }
    }

    /// What the parser says now.
    fn found(&self) -> String {
        let text = bytes(&self.text);
        let fault = match self.reader.split_once(' ') {
            Some(("row", way)) => literals(way).row(&text).err(),
            Some(("row-end", way)) => literals(way).row_end(&text).err(),
            Some(("nested", way)) => {
                let depth = self.text.parse().expect("how deep");
                literals(way).row(nested(depth).as_bytes()).err()
            }
            Some(("head", way)) => literals(way).insert_head(&text).err(),
            None if self.reader == "copy" => copy_head(&text).err(),
            None if self.reader == "line" => copy_row(b'\t', br"\N", &text).err(),
            _ => panic!("nothing is called `{}`", self.reader),
        };
        let Fault { kind, at, len } = fault.unwrap_or_else(|| panic!("{} is read", self.text));
        let named = self.kind.split("::").nth(1).expect("Enum::Variant");
        assert!(format!("{kind:?}").contains(named), "{}: {kind:?}", self.kind);
        let error = Error::new(kind);
        let hint = error.hint().map_or_else(String::new, |hint| format!("\nhint: {hint}"));
        format!("at {at}, {len} long: {error}{hint}")
    }
}

fn literals(name: &str) -> Literals {
    match name {
        "postgres" => PG,
        "mysql" => MY,
        "sqlite" => LITE,
        "mssql" => MS,
        "oracle" => ORA,
        _ => panic!("no database is called `{name}`"),
    }
}

fn refused() -> Vec<Refused> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/literals.txt");
    let text = std::fs::read_to_string(path).expect("tests/literals.txt");
    text.split("== ").skip(1).map(Refused::read).collect()
}

/// The kinds of faults that have a row in `tests/literals.txt`.
pub fn refused_kinds() -> Vec<String> {
    refused().into_iter().map(|row| row.kind).collect()
}

/// With `LDIFSYNC_TEST_BLESS=1` what is said is written anew, to be read in the diff.
#[test]
fn what_cannot_be_read_is_refused_with_its_reason() {
    let rows = refused();
    if std::env::var_os("LDIFSYNC_TEST_BLESS").is_some() {
        let text = rows.iter().fold(String::new(), |text, row| {
            format!("{text}== {}\n{} = {}\n{}\n\n", row.kind, row.reader, row.text, row.found())
        });
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/literals.txt");
        std::fs::write(path, text).expect("tests/literals.txt");
        return;
    }
    for row in rows {
        assert_same_text(&format!("{} {}", row.kind, row.text), &row.said, &row.found());
    }
}

/// A row of calls inside each other.
fn nested(depth: usize) -> String {
    let (opening, closing) = ("replace(".repeat(depth), r",'\n',char(10))".repeat(depth));
    format!(r"({opening}'a\nb'{closing})")
}

/// Neither the skim nor the parser goes deeper for it.
#[test]
fn calls_stand_inside_each_other_up_to_a_limit() {
    let text = nested(1000);
    assert_eq!(shown(&LITE.row(text.as_bytes()).expect("a row")[0]), "text a\nb");
    let text = nested(1_000_000);
    assert_eq!(LITE.row_end(text.as_bytes()).ok(), Some(text.len()));
    assert!(LITE.row(text.as_bytes()).is_err());
}

/// A value as a database has it: what its dump says of it, and its bytes; `None` is NULL.
type Held = Option<(Said, Vec<u8>)>;

/// Pieces of values at which other tools fail.
const NASTY: &[&[u8]] = &[
    b"'",
    b"''",
    b"\"",
    b"\\",
    b"\\\\",
    b"\n",
    b"\r\n",
    b"\t",
    b"\0",
    b"\x1a",
    b"\x08",
    b"%",
    b"_",
    b"\\n",
    b"\\N",
    b"\\.",
    b"\\012",
    b"\\x41",
    b"\\u0041",
    b"NULL",
    b"),(",
    b";",
    b"--",
    b"/*",
    b"E'",
    b"$$",
    b"::",
    b"a",
    b"0",
    b"7",
    b" ",
    b"\xc3\xa9",
    b"\xf0\x9f\x98\x80",
    b"\xff",
    b"\x80",
];

fn nasty(rng: &mut Rng) -> Vec<u8> {
    let pieces = rng.below(7);
    (0..pieces).flat_map(|_| rng.pick(NASTY).expect("a piece").to_vec()).collect()
}

fn draw(rng: &mut Rng) -> Held {
    let numbers = ["0", "-1", "1.50", "-.5", "1e10", "true", "1037.0099999999999909"];
    match rng.below(8) {
        0 => None,
        1 => Some((Said::Bare, numbers[rng.below(numbers.len())].as_bytes().to_vec())),
        2 => Some((Said::Bytes, nasty(rng))),
        _ => Some((Said::Text, nasty(rng))),
    }
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

/// A string in quotes, each byte by one of the ways to write it.
fn spelled(text: &[u8], quote: u8, mut byte: impl FnMut(u8) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut literal = vec![quote];
    for one in text {
        match byte(*one) {
            Some(escape) => literal.extend(escape),
            None if *one == quote => literal.extend([quote, quote]),
            None => literal.push(*one),
        }
    }
    literal.push(quote);
    literal
}

/// A byte behind a backslash as PostgreSQL reads it there.
fn postgres_escape(byte: u8, rng: &mut Rng) -> Option<Vec<u8>> {
    let named = |text: &str| Some(text.as_bytes().to_vec());
    let coded = [format!("\\{byte:03o}"), format!("\\x{byte:02X}")];
    match byte {
        _ if rng.chance(10) => named(&coded[rng.below(2)]),
        b'\\' => named("\\\\"),
        b'\n' if rng.chance(50) => named("\\n"),
        b'\r' if rng.chance(50) => named("\\r"),
        b'\'' if rng.chance(50) => named("\\'"),
        _ => None,
    }
}

/// The same for MySQL.
fn mysql_escape(byte: u8, rng: &mut Rng) -> Option<Vec<u8>> {
    let named = |text: &str| Some(text.as_bytes().to_vec());
    match byte {
        b'\\' => named("\\\\"),
        0 => named("\\0"),
        0x1a => named("\\Z"),
        b'\n' if rng.chance(70) => named("\\n"),
        b'\r' if rng.chance(70) => named("\\r"),
        b'\t' if rng.chance(30) => named("\\t"),
        8 if rng.chance(50) => named("\\b"),
        b'\'' | b'"' if rng.chance(50) => Some(vec![b'\\', byte]),
        _ => None,
    }
}

/// As `.dump` writes a text with line ends.
fn sqlite_text(text: &[u8], rng: &mut Rng) -> Vec<u8> {
    let plain = |text: &[u8]| spelled(text, b'\'', |_| None);
    let as_str = std::str::from_utf8(text);
    match (rng.below(4), as_str) {
        (0, Ok(text)) => {
            let escape = |c: char| match c {
                '\\' => "\\\\".to_owned(),
                '\'' => "''".to_owned(),
                c if c.is_control() => format!("\\u{:04x}", c as u32),
                c if !c.is_ascii() => format!("\\+{:06X}", c as u32),
                c => c.to_string(),
            };
            format!("unistr('{}')", text.chars().map(escape).collect::<String>()).into_bytes()
        }
        (1, _) => [b"CAST(X'", &hex(text)[..], b"' AS TEXT)"].concat(),
        (2, Ok(text)) => {
            let mut text = text.to_owned();
            let mut calls = String::new();
            for c in ['\n', '\r'] {
                let mut marker = format!("\\{:03o}", c as u32);
                while text.contains(&marker) {
                    marker = format!("({marker})");
                }
                text = text.replace(c, &marker);
                calls.insert_str(0, &format!(",'{marker}',char({}))", c as u32));
            }
            let text = String::from_utf8(plain(text.as_bytes())).expect("it was text");
            format!("replace(replace({text}{calls}").into_bytes()
        }
        _ => plain(text),
    }
}

/// As scripts of SQL Server do, which cannot write every text.
fn mssql(said: Said, bytes: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|there| there == part);
    if said == Said::Bytes {
        return Some([b"0x", &hex(bytes)[..]].concat());
    }
    if has(b"\\\n") || has(b"\\\r\n") {
        return None;
    }
    let string = [b"N", &spelled(bytes, b'\'', |_| None)[..]].concat();
    Some(match rng.below(3) {
        0 => [b"CAST(", &string[..], b" AS NVarChar(max))"].concat(),
        n => string[n - 1..].to_vec(),
    })
}

/// As exports of Oracle do: whole, or in pieces. The empty text is NULL there.
fn oracle(said: Said, bytes: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    let hexadecimal = [b"HEXTORAW('", &hex(bytes)[..], b"')"].concat();
    match (said, bytes) {
        (Said::Bytes, []) => return Some(b"EMPTY_BLOB()".to_vec()),
        (Said::Bytes, _) => return Some(hexadecimal),
        (_, []) => return None,
        _ if rng.chance(50) => return Some(spelled(bytes, b'\'', |_| None)),
        _ => {}
    }
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    for piece in bytes.chunks(rng.between(1, 3)) {
        let string = spelled(piece, b'\'', |_| None);
        pieces.push(match piece {
            [byte] if byte.is_ascii() && rng.chance(50) => format!("chr({byte})").into_bytes(),
            _ if rng.chance(20) => [b"to_clob(", &string[..], b")"].concat(),
            _ => string,
        });
    }
    Some(pieces.join(&b" || "[..]))
}

/// A value as its database writes it in one of its ways, if it can.
fn literal(way: Literals, held: &Held, rng: &mut Rng) -> Option<Vec<u8>> {
    let Some((said, bytes)) = held else { return Some(b"NULL".to_vec()) };
    match way.style {
        Style::Mssql | Style::Oracle if *said == Said::Bare => {
            return (bytes != b"true").then(|| bytes.clone());
        }
        Style::Mssql => return mssql(*said, bytes, rng),
        Style::Oracle => return oracle(*said, bytes, rng),
        _ => {}
    }
    let quoted = |rng: &mut Rng| spelled(bytes, b'\'', |byte| plain_escape(way, byte, rng));
    Some(match (said, way.style) {
        (Said::Bare, _) => bytes.clone(),
        (Said::Bytes, Style::Postgres) | (Said::Nothing, _) => return None,
        (Said::Bytes, _) if way.style == Style::Sqlite || rng.chance(30) => {
            [b"X'", &hex(bytes)[..], b"'"].concat()
        }
        (Said::Bytes, _) if rng.chance(50) && !bytes.is_empty() => {
            [b"0x", &hex(bytes)[..]].concat()
        }
        (Said::Bytes, _) => [b"_binary ", &quoted(rng)[..]].concat(),
        (Said::Text, Style::Sqlite) => sqlite_text(bytes, rng),
        (Said::Text, Style::Postgres) if rng.chance(40) => {
            let string = spelled(bytes, b'\'', |byte| postgres_escape(byte, rng));
            [b"E", &string[..], [&b""[..], b"::text"][rng.below(2)]].concat()
        }
        (Said::Text, Style::Mysql) if !way.ansi && rng.chance(30) => {
            spelled(bytes, b'"', |byte| plain_escape(way, byte, rng))
        }
        (Said::Text, Style::Mysql) if rng.chance(20) => [b"_utf8mb4 ", &quoted(rng)[..]].concat(),
        (Said::Text, _) => quoted(rng),
    })
}

/// A byte behind a backslash, where that is an escape.
fn plain_escape(way: Literals, byte: u8, rng: &mut Rng) -> Option<Vec<u8>> {
    match way.style {
        Style::Postgres if way.backslashes => postgres_escape(byte, rng),
        Style::Mysql if way.backslashes => mysql_escape(byte, rng),
        _ => None,
    }
}

fn held(cell: &Cell<'_>) -> Held {
    cell.as_ref().map(|value| (value.said, value.bytes.to_vec()))
}

/// The rows of a statement, one after the other, as whoever cuts a dump would go through them.
fn rows_of(way: Literals, statement: &[u8]) -> Vec<Vec<Held>> {
    let mut at = way.insert_head(statement).expect("a head").len;
    let mut rows = Vec::new();
    loop {
        let end = at + way.row_end(&statement[at..]).expect("a row");
        let row = way.row(&statement[at..end]).expect("values");
        rows.push(row.iter().map(held).collect());
        match statement[end..].iter().position(|byte| !b", \n\t".contains(byte)) {
            Some(gap) if statement[end + gap] == b'(' => at = end + gap,
            _ => return rows,
        }
    }
}

/// Whatever the values are, what is written is what is read.
#[test]
fn rows_of_nasty_values_are_read_back() {
    for way in [PG, PG_OFF, MY, MY_PLAIN, MY_ANSI, LITE, MS, ORA] {
        for_seeds(&format!("{way:?}"), cases() * 20, |_, rng| {
            let mut statement = b"INSERT INTO t VALUES ".to_vec();
            let mut rows: Vec<Vec<Held>> = Vec::new();
            for n in 0..rng.between(1, 4) {
                let drawn: Vec<Held> = (0..rng.between(1, 5)).map(|_| draw(rng)).collect();
                let kept =
                    drawn.into_iter().filter_map(|cell| Some((literal(way, &cell, rng)?, cell)));
                let (mut written, mut row): (Vec<_>, Vec<_>) = kept.unzip();
                written.push(b"1".to_vec());
                row.push(Some((Said::Bare, b"1".to_vec())));
                let gap = [&b","[..], b", ", b" ,\n"][rng.below(3)];
                statement.extend(if n > 0 { &b",\n\t("[..] } else { b"(" });
                statement.extend(written.join(gap));
                statement.push(b')');
                rows.push(row);
            }
            statement.extend(b" ON CONFLICT DO NOTHING;\n");
            assert_eq!(rows_of(way, &statement), rows, "\"{}\"", statement.escape_ascii());
        });
    }
}

/// What a database has to be told before it reads literals in a way.
fn setting(way: Literals) -> &'static str {
    match way {
        _ if way == PG_OFF => {
            "SET escape_string_warning = off; SET standard_conforming_strings = off;\n"
        }
        _ if way == MY_PLAIN => "SET sql_mode = 'NO_BACKSLASH_ESCAPES';\n",
        _ if way == MY_ANSI => "SET sql_mode = 'ANSI_QUOTES';\n",
        _ => "",
    }
}

/// What a database says that literals are, in hexadecimal digits.
fn said_by(database: &Database, way: Literals, literals: &[String]) -> Vec<String> {
    let digits = |literal: &String| match database.engine {
        Engine::Postgres => {
            format!("SELECT encode(convert_to(({literal})::text, 'UTF8'), 'hex');\n")
        }
        Engine::Mariadb | Engine::Sqlite => format!("SELECT lower(hex({literal}));\n"),
    };
    let script = literals.iter().map(digits).collect::<String>();
    let said = database.script(&[setting(way), &script].concat());
    assert!(said.ok && said.err.is_empty(), "{}\n{script}", said.err);
    said.out.lines().map(str::to_owned).collect()
}

/// Strings and bytes of the table above, and random ones, are what the database says that they are.
fn prove(engine: Engine, ways: &[Literals]) {
    let Some(database) = Database::start(engine) else { return };
    for way in ways {
        let rng = &mut Rng::new(1);
        let of_table = MEANINGS.iter().filter(|(ways, _, _)| ways.contains(way));
        let mut literals: Vec<String> =
            of_table.map(|(_, literal, _)| (*literal).to_owned()).collect();
        for _ in 0..cases() * 10 {
            let text = Some((Said::Text, nasty(rng)));
            let written = literal(*way, &text, rng).and_then(|text| String::from_utf8(text).ok());
            literals.extend(written);
        }
        literals.retain(|literal| is_asked(*way, literal));
        let said = said_by(&database, *way, &literals);
        assert_eq!(said.len(), literals.len(), "{way:?}");
        for (literal, said) in literals.iter().zip(said) {
            let text = format!("({literal})");
            let row = way.row(text.as_bytes()).expect("a row");
            let read = row[0].as_ref().map(|value| hex(&value.bytes)).unwrap_or_default();
            assert_eq!(String::from_utf8_lossy(&read), said, "{way:?} {literal}");
        }
    }
}

/// Whether a database can be asked about a literal, by its client: it is text or bytes, the client does
/// not change it on its way, and this release knows it.
fn is_asked(way: Literals, literal: &str) -> bool {
    let text = format!("({literal})");
    let row = way.row(text.as_bytes()).expect("a row");
    let Some(value) = &row[0] else { return false };
    let is_held = std::str::from_utf8(&value.bytes).is_ok() && !value.bytes.contains(&0);
    let is_text = match way.style {
        Style::Postgres => value.said == Said::Text && is_held && !literal.contains("::"),
        _ => value.said == Said::Bytes || (value.said == Said::Text && is_held),
    };
    is_text && !literal.contains(['\r', '\0']) && !literal.contains("unistr")
}

#[test]
fn postgres_reads_literals_as_we_do() {
    prove(Engine::Postgres, &[PG, PG_OFF]);
}

#[test]
fn mariadb_reads_literals_as_we_do() {
    prove(Engine::Mariadb, &[MY, MY_PLAIN, MY_ANSI]);
}

#[test]
fn sqlite_reads_literals_as_we_do() {
    prove(Engine::Sqlite, &[LITE]);
}

/// A field of COPY, each byte by one of the ways to write it.
fn field(text: &[u8], delimiter: u8, rng: &mut Rng) -> Vec<u8> {
    let byte = |byte: &u8| match (*byte, rng.below(10)) {
        (byte, 0) => format!("\\{byte:03o}").into_bytes(),
        (byte, 1) => format!("\\x{byte:02x}").into_bytes(),
        (b'\n', _) => b"\\n".to_vec(),
        (b'\r', _) => b"\\r".to_vec(),
        (b'\\', _) => b"\\\\".to_vec(),
        (8, 2..6) => b"\\b".to_vec(),
        (b'\t', 2..6) => b"\\t".to_vec(),
        (byte, _) if byte == delimiter => vec![b'\\', byte],
        (byte, _) => vec![byte],
    };
    text.iter().flat_map(byte).collect()
}

#[test]
fn rows_of_copy_are_read_back() {
    for (delimiter, null) in [(b'\t', &b"\\N"[..]), (b'|', b""), (b',', b"NULL")] {
        for_seeds(&format!("copy, {}", delimiter.escape_ascii()), cases() * 20, |_, rng| {
            let (mut line, mut row) = (Vec::new(), Vec::new());
            for n in 0..rng.between(1, 5) {
                let value = (!rng.chance(20)).then(|| nasty(rng));
                let written = match &value {
                    None => null.to_vec(),
                    Some(value) => field(value, delimiter, rng),
                };
                // What a dump writes as it writes NULL is NULL when it is read.
                let is_null = value.is_none() || written == null;
                line.extend((n > 0).then_some(delimiter));
                line.extend(written);
                row.push(value.filter(|_| !is_null).map(|value| (Said::Nothing, value)));
            }
            let cells = copy_row(delimiter, null, &line).expect("a row");
            let found: Vec<Held> = cells.iter().map(held).collect();
            assert_eq!(found, row, "\"{}\"", line.escape_ascii());
        });
    }
}

#[test]
fn postgres_reads_rows_of_copy_as_we_do() {
    let Some(database) = Database::start(Engine::Postgres) else { return };
    let rng = &mut Rng::new(1);
    let mut lines: Vec<String> = LINES
        .iter()
        .filter(|(delimiter, _, line, _)| {
            *delimiter == b'\t' && !line.replace("\\\t", "").contains('\t')
        })
        .map(|(_, _, line, _)| (*line).to_owned())
        .collect();
    for _ in 0..cases() * 10 {
        let value = nasty(rng);
        let is_held = std::str::from_utf8(&value).is_ok() && !value.contains(&0);
        let written = is_held.then(|| String::from_utf8(field(&value, b'\t', rng)).ok());
        lines.extend(written.flatten());
    }
    let copied = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let script = format!(
        "CREATE TABLE t (n serial, v text);\nCOPY t (v) FROM stdin;\n{copied}\\.\n\
         SELECT coalesce(encode(convert_to(v, 'UTF8'), 'hex'), '-') FROM t ORDER BY n;\n"
    );
    let said = database.script(&script);
    assert!(said.ok && said.err.is_empty(), "{}\n{script}", said.err);
    assert_eq!(said.out.lines().count(), lines.len());
    for (line, said) in lines.iter().zip(said.out.lines()) {
        let row = copy_row(b'\t', b"\\N", line.as_bytes()).expect("a row");
        let read = row[0].as_ref().map_or(b"-".to_vec(), |value| hex(&value.bytes));
        assert_eq!(String::from_utf8_lossy(&read), said, "{line}");
    }
}
