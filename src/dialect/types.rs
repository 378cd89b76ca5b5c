//! What the names of types mean in one database.

use crate::dialect::Dialect;
use crate::table::ColumnType;

/// Types of MySQL that are written as their bytes.
const OF_BYTES: [&str; 9] = [
    "geometry",
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geometrycollection",
    "vector",
];

impl Dialect {
    /// The type of a column by its name as a definition has it; `None` where it is not known, or its
    /// values are no more than their text.
    pub fn column_type(self, type_name: &str) -> Option<ColumnType> {
        let general = ColumnType::named(type_name);
        match self {
            Dialect::Postgres => postgres(&without_quotes(type_name)),
            Dialect::Mysql | Dialect::Mariadb => mysql(type_name).or(general),
            Dialect::Sqlite => sqlite(type_name, general),
            Dialect::Mssql => mssql(type_name).or(general),
            Dialect::Oracle => oracle(type_name).or(general),
            Dialect::Db2 => general,
        }
    }

    /// Whether the database makes all values of a type of this name itself: SQL Server's versions of rows.
    pub fn makes_values_of(self, type_name: &str) -> bool {
        let is_version = |word: &&str| first_word(type_name).eq_ignore_ascii_case(word);
        self == Dialect::Mssql && ["rowversion", "timestamp"].iter().any(is_version)
    }

    /// How many digits of a second's fraction a column keeps whose type is called so, or any column of times where the
    /// type is not known; `None` where nothing is cut off: texts stay as they are, also those of `SQLite`, and a
    /// DATETIME of SQL Server has steps of its own.
    pub fn digits_of_second(self, type_name: Option<&str>) -> Option<usize> {
        let most = match self {
            Dialect::Postgres | Dialect::Mysql | Dialect::Mariadb => 6,
            Dialect::Mssql => 7,
            Dialect::Oracle => 9,
            Dialect::Db2 => 12,
            Dialect::Sqlite => return None,
        };
        let Some(name) = type_name else { return Some(most) };
        let is_of_times = |kind: &ColumnType| {
            use ColumnType::{Date, Instant, Time, Timestamp};
            matches!(kind, Date | Time | Timestamp | Instant)
        };
        self.column_type(name).filter(is_of_times)?;
        let said = arguments(name).first().copied();
        let usual = match (self, first_word(name).to_ascii_lowercase().as_str()) {
            (Dialect::Mysql | Dialect::Mariadb, _) | (Dialect::Oracle, "date") => Some(0),
            (Dialect::Mssql, "datetime" | "smalldatetime") => return None,
            (Dialect::Oracle | Dialect::Db2, _) => Some(6),
            _ => Some(most),
        };
        said.or(usual)
    }
}

/// Types of PostgreSQL whose equality is none, or one of sizes, or takes no notice of case, or a month for thirty
/// days; also of arrays of them, and with a schema before them.
const OPAQUE: [&str; 13] = [
    "json",
    "jsonpath",
    "xml",
    "point",
    "line",
    "lseg",
    "box",
    "path",
    "polygon",
    "circle",
    "interval",
    "citext",
    "txid_snapshot",
];

/// What it shows of money has a sign of the currency in it, and commas.
fn postgres(type_name: &str) -> Option<ColumnType> {
    let general = ColumnType::named(type_name);
    let element = type_name.trim_end_matches("[]");
    let name = element.rsplit('.').next().unwrap_or(element);
    match name.to_ascii_lowercase().as_str() {
        "money" => None,
        // `interval day to second(3)`
        name if OPAQUE.contains(&first_word(name)) => Some(ColumnType::Opaque),
        _ => general,
    }
}

/// A name of PostgreSQL's without the quotes that it needs nowhere: `pg_dump --quote-all-identifiers` has `"json"`.
/// The type `"char"` is another one than `char`.
pub(super) fn without_quotes(type_name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    // What stands between quotes is every second part.
    let part = |(n, part): (usize, &str)| match n % 2 {
        1 if part == "char" || part.is_empty() || !part.chars().all(is_plain) => {
            format!("\"{part}\"")
        }
        _ => part.to_owned(),
    };
    type_name.split('"').enumerate().map(part).collect()
}

/// A TIMESTAMP is kept in UTC and shown in the time zone of whoever looks, which is UTC in a dump; bits
/// are bytes, and so are geometries and vectors.
fn mysql(type_name: &str) -> Option<ColumnType> {
    let end = type_name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(type_name.len());
    let (word, arguments) = type_name.split_at(end);
    if word.eq_ignore_ascii_case("timestamp") {
        Some(ColumnType::Instant)
    } else if word.eq_ignore_ascii_case("bit") && !matches!(arguments, "" | "(1)") {
        Some(ColumnType::Bits)
    } else if OF_BYTES.iter().any(|name| word.eq_ignore_ascii_case(name)) {
        Some(ColumnType::Bytes)
    } else {
        None
    }
}

/// The numbers in parentheses behind a type's name: `10` and `2` of `decimal(10,2)`, `20` of `VARCHAR2(20 CHAR)`.
pub(super) fn arguments(type_name: &str) -> Vec<usize> {
    let inside = type_name.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let parts = inside.into_iter().flat_map(|(inside, _)| inside.split(','));
    let number = |part: &str| part.split_whitespace().next()?.parse().ok();
    parts.map_while(number).collect()
}

/// How many characters or bytes a value of a type has at most, as its name says: one where that is all that fits
/// without a number.
pub(super) fn most_units(type_name: &str) -> Option<usize> {
    let name = type_name.to_ascii_lowercase();
    let is_one = matches!(first_word(&name), "char" | "character" | "nchar" | "binary");
    let is_one = is_one && !name.contains('(') && !name.contains("var") && !name.contains("large");
    arguments(&name).first().copied().or(is_one.then_some(1))
}

/// The first word of a type's name, without brackets.
pub(super) fn first_word(type_name: &str) -> &str {
    let name = type_name.trim_start().trim_start_matches('[');
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    &name[..end]
}

/// The digits of a UUID in lower case, whatever stands between and around them; `None` where that is none.
pub(super) fn uuid_digits(text: &str) -> Option<String> {
    let inside = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let digits = inside.replace('-', "").to_ascii_lowercase();
    (digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
}

/// A TIMESTAMP is no time there but a number that the server counts.
fn mssql(type_name: &str) -> Option<ColumnType> {
    first_word(type_name).eq_ignore_ascii_case("timestamp").then_some(ColumnType::Bytes)
}

/// A DATE has a time of day. FLOAT and its like are decimal numbers; binary ones say that they are.
fn oracle(type_name: &str) -> Option<ColumnType> {
    match first_word(type_name).to_ascii_lowercase().as_str() {
        "date" => Some(ColumnType::Timestamp),
        "float" | "real" | "double" => Some(ColumnType::Decimal),
        _ => None,
    }
}

/// What a name says of truth, time and bytes is believed; for all else it is the affinity that counts
/// (`datatype3.html` section 3.1). What is no whole number is a double, also where the type is
/// called DECIMAL, and nothing is filled up with blanks.
fn sqlite(type_name: &str, general: Option<ColumnType>) -> Option<ColumnType> {
    let name = type_name.trim().to_ascii_uppercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match general {
        Some(
            ColumnType::Boolean
            | ColumnType::Date
            | ColumnType::Time
            | ColumnType::Timestamp
            | ColumnType::Instant
            | ColumnType::Bytes,
        ) => general,
        _ if says(&["INT"]) => Some(ColumnType::Decimal),
        _ if says(&["CHAR", "CLOB", "TEXT"]) => Some(ColumnType::Text),
        _ if says(&["BLOB"]) => Some(ColumnType::Bytes),
        // ANY is one of a STRICT table, where a value stays what it is.
        _ if name.is_empty() || name == "ANY" => None,
        _ => Some(ColumnType::Float),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_the_database_says() {
        use ColumnType::{
            Bits, Boolean, Bytes, Char, Date, Decimal, Float, Instant, Opaque, Text, Timestamp,
        };
        for (name, postgres, mysql, sqlite) in [
            ("timestamp", Some(Timestamp), Some(Instant), Some(Timestamp)),
            ("TIMESTAMP(6)", Some(Timestamp), Some(Instant), Some(Timestamp)),
            ("timestamp with time zone", Some(Instant), Some(Instant), Some(Instant)),
            ("datetime", Some(Timestamp), Some(Timestamp), Some(Timestamp)),
            ("bit(1)", Some(Boolean), Some(Boolean), Some(Boolean)),
            ("bit(5)", None, Some(Bits), Some(Float)),
            ("bit varying(5)", None, Some(Bits), Some(Float)),
            ("tinyint(1)", Some(Boolean), Some(Boolean), Some(Boolean)),
            ("tinyint(4)", Some(Decimal), Some(Decimal), Some(Decimal)),
            ("char(3)", Some(Char), Some(Char), Some(Text)),
            ("decimal(10,2)", Some(Decimal), Some(Decimal), Some(Float)),
            ("numeric", Some(Decimal), Some(Decimal), Some(Float)),
            ("INTEGER", Some(Decimal), Some(Decimal), Some(Decimal)),
            ("FLOATING POINT", None, None, Some(Decimal)),
            ("NATIVE CHARACTER(70)", None, None, Some(Text)),
            ("BLOB SUB_TYPE TEXT", None, None, Some(Text)),
            ("STRING", Some(Text), Some(Text), Some(Float)),
            ("uuid", None, None, Some(Float)),
            ("blob", Some(Bytes), Some(Bytes), Some(Bytes)),
            ("date", Some(Date), Some(Date), Some(Date)),
            ("point", Some(Opaque), Some(Bytes), Some(Decimal)),
            ("GeometryCollection", None, Some(Bytes), Some(Float)),
            ("money", None, Some(Decimal), Some(Float)),
            ("json", Some(Opaque), None, Some(Float)),
            ("jsonpath", Some(Opaque), None, Some(Float)),
            ("public.citext", Some(Opaque), None, Some(Text)),
            ("xml[]", Some(Opaque), None, Some(Float)),
            ("interval day to second(3)", Some(Opaque), None, Some(Decimal)),
            ("ANY", None, None, None),
            ("", None, None, None),
        ] {
            let types =
                [Dialect::Postgres, Dialect::Mariadb, Dialect::Sqlite].map(|d| d.column_type(name));
            assert_eq!(types, [postgres, mysql, sqlite], "{name}");
        }
    }

    #[test]
    fn quotes_that_a_name_does_not_need_mean_nothing() {
        for (name, wanted) in [
            ("\"json\"", Some(ColumnType::Opaque)),
            ("\"public\".\"citext\"[]", Some(ColumnType::Opaque)),
            ("\"pg_catalog\".\"int4\"", Some(ColumnType::Decimal)),
            ("\"text\"", Some(ColumnType::Text)),
            ("\"text\"[]", None),
            ("\"hr\".\"text\"", None),
            ("\"char\"", None),
            ("\"JSON\"", None),
            ("\"a\"\"b\"", None),
        ] {
            assert_eq!(Dialect::Postgres.column_type(name), wanted, "{name}");
        }
    }

    #[test]
    fn times_are_kept_as_finely_as_their_type_says() {
        for (dialect, name, digits) in [
            (Dialect::Postgres, "timestamp without time zone", Some(6)),
            (Dialect::Postgres, "timestamp(3) with time zone", Some(3)),
            (Dialect::Mariadb, "datetime", Some(0)),
            (Dialect::Mysql, "TIMESTAMP( 6 )", Some(6)),
            (Dialect::Mssql, "[datetime2](0)", Some(0)),
            (Dialect::Mssql, "datetimeoffset", Some(7)),
            (Dialect::Mssql, "[datetime]", None),
            (Dialect::Oracle, "DATE", Some(0)),
            (Dialect::Oracle, "TIMESTAMP", Some(6)),
            (Dialect::Db2, "TIMESTAMP(12)", Some(12)),
            (Dialect::Sqlite, "datetime", None),
            (Dialect::Mariadb, "text", None),
            (Dialect::Postgres, "character varying(30)", None),
        ] {
            assert_eq!(dialect.digits_of_second(Some(name)), digits, "{name}");
        }
        assert_eq!(Dialect::Postgres.digits_of_second(None), Some(6));
    }

    #[test]
    fn some_names_mean_another_thing_elsewhere() {
        use ColumnType::{Boolean, Bytes, Char, Date, Decimal, Float, Instant, Text, Timestamp};
        for (name, mssql, oracle, db2) in [
            ("timestamp", Some(Bytes), Some(Timestamp), Some(Timestamp)),
            ("[timestamp]", Some(Bytes), Some(Timestamp), Some(Timestamp)),
            ("TIMESTAMP(6) WITH TIME ZONE", Some(Bytes), Some(Instant), Some(Instant)),
            ("date", Some(Date), Some(Timestamp), Some(Date)),
            ("datetime2(7)", Some(Timestamp), Some(Timestamp), Some(Timestamp)),
            ("[datetimeoffset](7)", Some(Instant), Some(Instant), Some(Instant)),
            ("FLOAT(126)", Some(Float), Some(Decimal), Some(Float)),
            ("double precision", Some(Float), Some(Decimal), Some(Float)),
            ("BINARY_DOUBLE", Some(Float), Some(Float), Some(Float)),
            ("NUMBER(10,2)", Some(Decimal), Some(Decimal), Some(Decimal)),
            ("bit", Some(Boolean), Some(Boolean), Some(Boolean)),
            ("NVARCHAR2(20)", Some(Text), Some(Text), Some(Text)),
            ("CHAR(3)", Some(Char), Some(Char), Some(Char)),
            ("CHAR(16) FOR BIT DATA", Some(Bytes), Some(Bytes), Some(Bytes)),
            ("uniqueidentifier", None, None, None),
        ] {
            let types =
                [Dialect::Mssql, Dialect::Oracle, Dialect::Db2].map(|d| d.column_type(name));
            assert_eq!(types, [mssql, oracle, db2], "{name}");
        }
    }
}
