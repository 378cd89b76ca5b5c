//! The literals of dumps: what each means, word for word what is said of those that cannot be read, and
//! rows of nasty bytes, written here as each database writes them, read back. Where a database is
//! installed it is asked, too.

mod asked;
mod back;
mod refused;
mod spelled;

use std::borrow::Cow;

use ldifsync::dump::{Literals, Outfile, Style, copy_head, copy_row};
use ldifsync::table::{Cell, Said, Value};
use ldifsync::text::LineEnd;

pub use refused::refused_kinds;

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
        Said::Made | Said::Asked => unreachable!("no dump says so"),
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

/// Rows of an OUTFILE, and what is in them.
const OUTFILES: &[(Option<u8>, &str, &str)] = &[
    (None, "1\t\\N\t\ta \"b\"", "plain 1;-;plain ;plain a \"b\""),
    (None, "a\\\nb\\\tc\\\\", "plain a\nb\tc\\"),
    (None, r"\0\b\n\r\t\Z\q\x41\101", "plain \0\u{8}\n\r\t\u{1a}qx41101"),
    (Some(b'"'), "\"a\tb\"\t1\t\\N\t\"\\\\N\"", "plain a\tb;plain 1;-;plain \\N"),
    (Some(b'"'), "\"it's \\\"a\\\" \"\"b\"\"\"\t\"\"", "plain it's \"a\" \"b\";plain "),
    (Some(b'"'), "\"a\\\r\nb\"", "plain a\r\nb"),
];

#[test]
fn lines_of_outfiles_are_rows() {
    for (quote, line, meaning) in OUTFILES {
        for end in [LineEnd::Lf, LineEnd::CrLf] {
            let file = Outfile { quote: *quote, end, ..Outfile::default() };
            let row = file.row(line.as_bytes()).unwrap_or_else(|f| panic!("{line}: {f:?}"));
            let cells: Vec<String> = row.iter().map(shown).collect();
            assert_eq!(cells.join(";"), *meaning, "{line}");
            let end = if end == LineEnd::Lf { "\n" } else { "\r\n" };
            let text = format!("{line}{end}\\N{end}");
            let len = file.row_end(text.as_bytes()).expect("a row");
            assert_eq!(len, line.len() + end.len(), "{line}");
        }
    }
}

/// Whatever is not escaped is not copied.
#[test]
fn plain_values_are_borrowed() {
    let is_borrowed = |cells: Vec<Cell<'_>>| -> Vec<bool> {
        let borrowed = |v: Value<'_>| matches!(v.bytes, Cow::Borrowed(_));
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
