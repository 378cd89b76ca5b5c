//! The types that SQL's names mean, as far as they mean the same in all databases.
//!
//! What a name means in one of them only, `dialect` knows.

use super::ColumnType;

impl ColumnType {
    /// The type by its name as a definition has it: `character varying(32)`, `NUMBER(10)`. `None` where
    /// it is not known, or its values are no more than their text.
    pub fn named(type_name: &str) -> Option<ColumnType> {
        let Name { words, arguments } = Name::read(type_name);
        match (words.as_str(), arguments.as_str()) {
            // Written so by MySQL for BOOLEAN alone; what else it may hold is itself.
            ("tinyint", "1") | ("bit", "" | "1") => Some(ColumnType::Boolean),
            (words, _) => character(words)
                .or_else(|| number(words))
                .or_else(|| time(words))
                .or_else(|| bytes(words)),
        }
    }
}

fn character(words: &str) -> Option<ColumnType> {
    Some(match words {
        "char" | "character" | "bpchar" | "nchar" | "national char" | "national character"
        | "graphic" => ColumnType::Char,
        "varchar"
        | "char varying"
        | "character varying"
        | "nvarchar"
        | "national char varying"
        | "national character varying"
        | "varchar2"
        | "nvarchar2"
        | "vargraphic"
        | "text"
        | "tinytext"
        | "mediumtext"
        | "longtext"
        | "ntext"
        | "clob"
        | "nclob"
        | "dbclob"
        | "character large object"
        | "char large object"
        | "national character large object"
        | "long"
        | "long varchar"
        | "string"
        | "enum"
        | "set"
        | "name"
        | "sysname" => ColumnType::Text,
        _ => return None,
    })
}

fn number(words: &str) -> Option<ColumnType> {
    Some(match words {
        "int" | "integer" | "smallint" | "bigint" | "tinyint" | "mediumint" | "int2" | "int4"
        | "int8" | "serial" | "smallserial" | "bigserial" | "serial2" | "serial4" | "serial8"
        | "year" | "numeric" | "decimal" | "dec" | "fixed" | "number" | "decfloat" | "money"
        | "smallmoney" => ColumnType::Decimal,
        "real" | "float" | "double" | "double precision" | "float4" | "float8" | "binary_float"
        | "binary_double" => ColumnType::Float,
        "bool" | "boolean" => ColumnType::Boolean,
        _ => return None,
    })
}

fn time(words: &str) -> Option<ColumnType> {
    Some(match words {
        "date" => ColumnType::Date,
        "time" | "time without time zone" => ColumnType::Time,
        "timestamp"
        | "timestamp without time zone"
        | "datetime"
        | "datetime2"
        | "smalldatetime" => ColumnType::Timestamp,
        "timestamptz"
        | "timestamp with time zone"
        | "timestamp with local time zone"
        | "datetimeoffset" => ColumnType::Instant,
        _ => return None,
    })
}

fn bytes(words: &str) -> Option<ColumnType> {
    let is_bytes = matches!(
        words,
        "bytea"
            | "binary"
            | "varbinary"
            | "binary varying"
            | "blob"
            | "tinyblob"
            | "mediumblob"
            | "longblob"
            | "binary large object"
            | "raw"
            | "long raw"
            | "long varbinary"
            | "image"
            | "rowversion"
    );
    (is_bytes || words.ends_with(" for bit data")).then_some(ColumnType::Bytes)
}

/// A name of a type in its parts.
struct Name {
    /// Small letters with one blank between two words, and nothing that is said of signs, character
    /// sets and schemas of the system.
    words: String,
    /// What stands in parentheses.
    arguments: String,
}

impl Name {
    fn read(text: &str) -> Name {
        let mut text = text.to_ascii_lowercase();
        let mut arguments = String::new();
        if let Some((open, close)) = text.find('(').zip(text.rfind(')')).filter(|(a, b)| a < b) {
            arguments = text[open + 1..close].trim().to_owned();
            text.replace_range(open..=close, " ");
        }
        for said in [" character set ", " charset ", " collate "] {
            text.truncate(text.find(said).unwrap_or(text.len()));
        }
        let is_said = |word: &&str| !matches!(*word, "unsigned" | "signed" | "zerofill");
        let words: Vec<&str> = text.split_whitespace().filter(is_said).map(bare).collect();
        Name { words: words.join(" "), arguments }
    }
}

/// A word without the brackets of SQL Server and the schema that PostgreSQL and SQL Server keep their
/// types in.
fn bare(word: &str) -> &str {
    let word = word.strip_prefix("pg_catalog.").unwrap_or(word);
    word.strip_prefix('[').and_then(|word| word.strip_suffix(']')).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_types() {
        let rows: &[(Option<ColumnType>, &[&str])] = &[
            (Some(ColumnType::Char), &["char(3)", "CHARACTER", "bpchar", "nchar (5)"]),
            (
                Some(ColumnType::Text),
                &[
                    "character varying(32)",
                    "varchar",
                    "VARCHAR2(10 CHAR)",
                    "NVARCHAR(MAX)",
                    "text",
                    "[nvarchar](50)",
                    "enum('a)','b')",
                    "set('a')",
                    "longtext",
                    "CLOB",
                    "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                    "LONG VARCHAR",
                ],
            ),
            (
                Some(ColumnType::Decimal),
                &[
                    "integer",
                    "int(11)",
                    "int(10) unsigned zerofill",
                    "tinyint(4)",
                    "tinyint",
                    "numeric(10,2)",
                    "numeric",
                    "decimal(10, 2)",
                    "NUMBER(10)",
                    "NUMBER",
                    "DECFLOAT",
                    "year(4)",
                    "bigserial",
                    "pg_catalog.int4",
                    "[int]",
                    "BIGINT UNSIGNED",
                ],
            ),
            (
                Some(ColumnType::Float),
                &["double precision", "DOUBLE  PRECISION", "float(7,4)", "real", "double unsigned"],
            ),
            (
                Some(ColumnType::Boolean),
                &["boolean", "bool", "tinyint(1)", "bit", "bit(1)", "[bit]"],
            ),
            (Some(ColumnType::Date), &["date", "DATE"]),
            (Some(ColumnType::Time), &["time", "time(6)", "time(3) without time zone"]),
            (
                Some(ColumnType::Timestamp),
                &[
                    "timestamp",
                    "timestamp(6) without time zone",
                    "datetime(6)",
                    "datetime2(7)",
                    "TIMESTAMP (6)",
                    "[datetime2](7)",
                ],
            ),
            (
                Some(ColumnType::Instant),
                &[
                    "timestamp with time zone",
                    "timestamptz(3)",
                    "TIMESTAMP (6) WITH TIME ZONE",
                    "TIMESTAMP(6) WITH LOCAL TIME ZONE",
                    "datetimeoffset",
                ],
            ),
            (
                Some(ColumnType::Bytes),
                &[
                    "bytea",
                    "longblob",
                    "varbinary(16)",
                    "BLOB(1M)",
                    "RAW(2000)",
                    "LONG RAW",
                    "CHAR(3) FOR BIT DATA",
                    "varbinary(max)",
                ],
            ),
            (
                None,
                &[
                    "",
                    "bit(5)",
                    "bit varying(5)",
                    "integer[]",
                    "text[3]",
                    "json",
                    "uuid",
                    "interval",
                    "\"char\"",
                    "hr.text",
                    "geometry(Point,4326)",
                    "tsvector",
                    ")(",
                    "(",
                    "money[]",
                ],
            ),
        ];
        for (wanted, names) in rows {
            for name in *names {
                assert_eq!(ColumnType::named(name), *wanted, "{name}");
            }
        }
    }
}
