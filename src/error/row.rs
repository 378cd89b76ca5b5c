//! What is wrong with a row of a table, or with the table as a whole.

use std::fmt;

use crate::error::kind::shown;

/// What is wrong with a row, or with the columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// A row has another number of fields than there are columns (RFC 4180 section 2, rule 4).
    Ragged {
        /// How many columns there are.
        columns: usize,
        /// How many fields it has.
        fields: usize,
    },
    /// A row of a dump, or an object, has another number of values than there are columns.
    WrongCount {
        /// How many columns there are.
        columns: usize,
        /// How many values it has.
        values: usize,
    },
    /// What is no row as JSON.
    NotJson {
        /// What the reader says.
        message: String,
    },
    /// A quote that is never closed.
    OpenQuote,
    /// Text behind the quote that closes a field (RFC 4180 section 2, rule 5).
    BehindQuote,
    /// A quote in a field that does not begin with one (RFC 4180 section 2, rule 5).
    QuoteInside,
    /// A second row of a key.
    DuplicateKey {
        /// The line of the first.
        first: u64,
    },
    /// NULL in a column of the key.
    NullKey {
        /// The column.
        column: Vec<u8>,
    },
    /// Two columns of one name.
    DuplicateColumn {
        /// The name.
        column: Vec<u8>,
    },
    /// A column without a name.
    NamelessColumn,
    /// A column that was named, and is not there.
    UnknownColumn {
        /// The name.
        column: Vec<u8>,
        /// The names there are.
        known: Vec<Vec<u8>>,
    },
    /// A column that only one side has.
    OneSided {
        /// The name.
        column: Vec<u8>,
        /// The side that lacks it.
        lacking: &'static str,
        /// What stands in the name of the only column of a side, as between two fields.
        delimiter: Option<char>,
    },
    /// A table without a row that names its columns.
    NoHeader,
    /// A name of a column that an SQL script cannot hold as text.
    NameNotText {
        /// The name.
        column: Vec<u8>,
        /// What it holds.
        found: &'static str,
    },
    /// A value that an SQL script cannot hold as text.
    NotText {
        /// The column.
        column: Vec<u8>,
        /// What it holds.
        found: &'static str,
    },
    /// A value that the database makes, where there is no SQL to ask for it.
    MadeByDatabase {
        /// The column.
        column: String,
    },
    /// A value that is none of its column's type.
    NotOfType {
        /// The column.
        column: Vec<u8>,
        /// What its values are.
        wanted: &'static str,
        /// The value, where it may be shown.
        found: Option<Vec<u8>>,
    },
    /// A row of an INSERT statement that does not end.
    OpenRow,
    /// What stands behind the rows of an INSERT statement, and may make them others.
    BehindRows {
        /// The words it begins with.
        words: Vec<u8>,
    },
    /// `DEFAULT` in place of a value.
    Default,
    /// What the database would compute in place of a value.
    Computed {
        /// The word it begins with.
        word: Vec<u8>,
    },
    /// A string in a character set that is not UTF-8.
    CharacterSet {
        /// Its name.
        name: Vec<u8>,
    },
    /// Calls stand inside each other more deeply than the limit allows.
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// Lists stand inside each other more deeply than an array has dimensions.
    TooManyDimensions {
        /// How many it may have.
        limit: usize,
    },
    /// A call of `replace` that makes a value longer.
    ReplacementGrows,
    /// A backslash before a line end in a string of SQL Server.
    BrokenString,
    /// Bytes that are said to be something else.
    BytesOfType {
        /// The type.
        kind: Vec<u8>,
    },
    /// A format of dates that is not understood.
    DateFormat {
        /// The format.
        format: Vec<u8>,
    },
    /// A date that is not in its format, or no day.
    DateNotOfFormat {
        /// What stands there.
        value: Vec<u8>,
        /// The format.
        format: Vec<u8>,
    },
    /// A backslash with nothing after it in a row of COPY.
    LoneBackslash,
    /// The mark that ends the rows of COPY in a row.
    EndMark,
    /// The mark that a field is NULL in a longer field.
    NullInside,
}

impl RowFault {
    /// What to do.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            RowFault::Ragged { .. } => {
                "a value with a delimiter or a line end stands in quotes; `--delimiter`, `--quote` and `--escape` say how"
            }
            RowFault::WrongCount { .. } => {
                "the columns are those that the dump names or defines, of JSON those of the first object; `--columns` says them where a dump does not"
            }
            RowFault::NotJson { .. } => {
                "rows are objects: one after the other, a list of them, or one list in an object, `{\"result\":[…]}`"
            }
            RowFault::OpenQuote => "export again: the file ends inside a value",
            RowFault::BehindQuote => {
                "a quote inside a quoted value is doubled; `--escape '\\'` where a backslash stands before it"
            }
            RowFault::QuoteInside => {
                "a value with a quote stands in quotes; `--quote none` where quotes mean nothing"
            }
            RowFault::DuplicateKey { .. } => "name more columns: `--key id,valid_from`",
            RowFault::NullKey { .. } => {
                "a key has a value in every row: name other columns with `--key`"
            }
            RowFault::DuplicateColumn { .. } | RowFault::NamelessColumn => {
                "where the first row holds no names, give them: `--columns id,name,mail`"
            }
            RowFault::UnknownColumn { .. } => return None,
            RowFault::OneSided { delimiter: Some(';'), .. } => {
                "`--delimiter ';'` says what stands between two fields, on both sides"
            }
            RowFault::OneSided { delimiter: Some('|'), .. } => {
                "`--delimiter '|'` says what stands between two fields, on both sides"
            }
            RowFault::OneSided { delimiter: Some(_), .. } => {
                "`--delimiter tab` says what stands between two fields, on both sides"
            }
            RowFault::OneSided { .. } => {
                "what is not known is not compared: leave it out with `--exclude-attributes`"
            }
            RowFault::NoHeader => "export again, or name the columns: `--columns id,name,mail`",
            RowFault::NameNotText { .. } => "convert the file to UTF-8: `iconv -f … -t UTF-8`",
            RowFault::NotText { .. } => {
                "`--encoding` says how text is written, `--types COLUMN=blob` that there are bytes; or leave the column out: `--exclude-attributes`"
            }
            RowFault::MadeByDatabase { .. } => {
                "the key of a new row is known when the row is there: `--format sql` asks the database for it"
            }
            RowFault::NotOfType { .. } => {
                "the database would refuse it; `--types` says what a column holds where that is something else"
            }
            RowFault::OpenRow => "export again: the file ends inside a row",
            RowFault::BehindRows { .. } => {
                "what becomes of a row that is there already is not known here: run the script, and dump the table"
            }
            RowFault::Default => {
                "`pg_dump --column-inserts` leaves columns out that the database computes"
            }
            RowFault::Computed { .. } => {
                "what the database computes when the script runs is not known: export the values themselves"
            }
            RowFault::CharacterSet { .. } => {
                "export with `--default-character-set=utf8mb4`, bytes with `--hex-blob`"
            }
            RowFault::ReplacementGrows => {
                "`.dump` puts one character in place of two or more: `replace('a\\nb','\\n',char(10))`"
            }
            RowFault::BrokenString => {
                "SQL Server would take both out of the string: export the table as CSV"
            }
            RowFault::BytesOfType { .. } => {
                "Management Studio writes text where it scripts for a newer version of the server"
            }
            RowFault::DateFormat { .. } | RowFault::DateNotOfFormat { .. } => {
                "before the export: `alter session set nls_date_format='YYYY-MM-DD HH24:MI:SS' nls_timestamp_format='YYYY-MM-DD HH24:MI:SS.FF'`"
            }
            RowFault::LoneBackslash => {
                "a dump writes a backslash in a value as two: was the file edited, or cut?"
            }
            RowFault::NullInside => {
                "MySQL writes a backslash in a value as two: was the file edited?"
            }
            RowFault::EndMark => "COPY writes a backslash in a value as two: was the file edited?",
            RowFault::TooManyDimensions { .. } => {
                "no array of PostgreSQL has more dimensions: does the column hold JSON? `--ddl` defines it then"
            }
            RowFault::TooDeep { .. } => return None,
        })
    }

    /// The message.
    pub(super) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowFault::Ragged { columns, fields } => {
                write!(f, "expected {columns} fields, one for each column, but found {fields}")
            }
            RowFault::WrongCount { columns, values } => {
                write!(f, "expected {columns} values, one for each column, but found {values}")
            }
            RowFault::NotJson { message } => match message.strip_prefix("expected ") {
                Some(wanted) => write!(f, "expected {} in JSON", shown(wanted.as_bytes())),
                None => write!(f, "expected a row as JSON, but: {}", shown(message.as_bytes())),
            },
            RowFault::OpenQuote => f.write_str(
                "expected a quote that closes this field, but found the end of the file",
            ),
            RowFault::BehindQuote => f.write_str(
                "expected a delimiter or the end of the row behind a closing quote, but found text",
            ),
            RowFault::QuoteInside => {
                f.write_str("expected no quote inside a field without quotes, but found one")
            }
            RowFault::DuplicateKey { first } => {
                write!(f, "a second row of a key that stands on line {first} already")
            }
            RowFault::NullKey { column } => {
                write!(f, "expected a value in the key column `{}`, but found NULL", shown(column))
            }
            RowFault::DuplicateColumn { column } => {
                write!(f, "a second column of the name `{}`", shown(column))
            }
            RowFault::NamelessColumn => {
                f.write_str("expected the name of a column, but found nothing")
            }
            RowFault::UnknownColumn { column, known } => {
                write!(
                    f,
                    "expected a column of the table, but found `{}`; there are",
                    shown(column)
                )?;
                known.iter().take(20).try_for_each(|name| write!(f, " `{}`", shown(name)))?;
                f.write_str(if known.len() > 20 { " …" } else { "" })
            }
            RowFault::OneSided { column, lacking, .. } => {
                write!(
                    f,
                    "expected the same columns on both sides, but {lacking} has no `{}`",
                    shown(column)
                )
            }
            RowFault::NoHeader => {
                f.write_str("expected a row with the names of the columns, but found no row")
            }
            RowFault::NameNotText { column, found } => write!(
                f,
                "expected text as the name of a column, but found {found} in `{}`",
                shown(column)
            ),
            RowFault::NotText { column, found } => {
                write!(f, "expected text in `{}`, but found {found}", shown(column))
            }
            RowFault::MadeByDatabase { column } => write!(
                f,
                "expected a value of `{}`, but found one that only the database can make",
                shown(column.as_bytes())
            ),
            RowFault::NotOfType { column, wanted, found } => {
                write!(f, "expected {wanted} in `{}`, but found ", shown(column))?;
                match found {
                    Some(found) => write!(f, "`{}`", shown(found)),
                    None => f.write_str("something else"),
                }
            }
            RowFault::OpenRow => {
                f.write_str("expected a `)` that ends this row, but found the end of the file")
            }
            RowFault::BehindRows { words } => write!(
                f,
                "expected the end of the statement behind its rows, but found `{}`",
                shown(words)
            ),
            RowFault::Default => f.write_str("expected a value, but found `DEFAULT`"),
            RowFault::Computed { word } => {
                write!(f, "expected a value, but found `{}`", shown(word))
            }
            RowFault::CharacterSet { name } => {
                write!(f, "expected text in UTF-8, but found text in `{}`", shown(name))
            }
            RowFault::TooDeep { limit } => {
                write!(f, "expected at most {limit} calls inside each other, but found more")
            }
            RowFault::TooManyDimensions { limit } => write!(
                f,
                "expected at most {limit} lists inside each other in an array, but found more"
            ),
            RowFault::ReplacementGrows => f.write_str(
                "expected a character that is no longer than what it stands in for, but found a longer one",
            ),
            RowFault::BrokenString => {
                f.write_str("expected no line end after `\\` in a string, but found one")
            }
            RowFault::BytesOfType { kind } => {
                write!(f, "expected a `{}` as text, but found bytes", shown(kind))
            }
            RowFault::DateFormat { format } => write!(
                f,
                "expected a format of dates in figures and English months, but found `{}`",
                shown(format)
            ),
            RowFault::DateNotOfFormat { value, format } => write!(
                f,
                "expected a date in the format `{}`, but found `{}`",
                shown(format),
                shown(value)
            ),
            RowFault::LoneBackslash => {
                f.write_str("expected a byte after `\\`, but found the end of the line")
            }
            RowFault::NullInside => {
                f.write_str("expected `\\N` alone in a field, but found it in a longer one")
            }
            RowFault::EndMark => {
                f.write_str("expected a row, but found `\\.`, which ends all rows")
            }
        }
    }
}
