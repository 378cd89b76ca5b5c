//! Which values a column holds, by the name of its type. What is finer the database would round without a
//! word, and what is larger or longer it would refuse, and the whole script with it.

use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr;

use crate::dialect::types::{arguments, first_word, most_units, uuid_digits};
use crate::dialect::{Characters, Dialect, Labels, stored};
use crate::error::Unfit;
use crate::table::ColumnType;

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bounds {
    /// Whole numbers from the first to the last.
    Whole(i128, i128),
    /// Numbers with so many digits before the point and behind it.
    Decimal {
        /// Before the point.
        whole: usize,
        /// Behind it.
        decimals: usize,
        /// Whether there is no number below zero.
        is_unsigned: bool,
    },
    /// Binary floating-point numbers of four bytes; of so many digits, where the database shows no more.
    Single(Option<usize>),
    /// Those of eight.
    Double,
    /// Texts of so many characters, filled up with blanks or not.
    Text(ColumnType, usize),
    /// Texts that the type says.
    Labels(Labels),
    /// UUIDs.
    Uuid,
    /// Addresses of hosts and networks.
    Address,
    /// Networks: no bit is set behind their length.
    Network,
    /// Addresses of devices, of so many bytes.
    Device(usize),
    /// Instants from the first second to this one, in UTC.
    Instant(&'static str),
    /// Numbers that are not below zero.
    Unsigned,
    /// Years of MySQL and MariaDB, of which two digits are some.
    Year,
    /// JSON; spelled by the database, or as it was written.
    Json(JsonSpelling),
    /// Lists of what elements hold, and of which type these are, where that is known.
    Array(Option<ColumnType>, Option<Box<Bounds>>),
    /// Texts of characters that the column has.
    Characters(Characters),
    /// What each of these holds.
    All(Vec<Bounds>),
}

/// Who spells the JSON of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonSpelling {
    /// The database, as `jsonb` of PostgreSQL.
    Own,
    /// Whoever has written it.
    Kept,
}

/// The first second of a TIMESTAMP of MySQL and MariaDB, in UTC.
const FIRST: &str = "1970-01-01 00:00:01";

/// The last one, which 31 bits hold.
const LAST: &str = "2038-01-19 03:14:07";

/// That of MariaDB since `LONGER`, which 32 bits hold.
const LAST_OF_LONGER: &str = "2106-02-07 06:28:15";
const LONGER: Release = Release { major: 11, minor: 5 };

/// The release of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: u32,
}

impl Dialect {
    /// What a column holds whose type is called so; `None` where there are no bounds, or none that are known.
    pub fn bounds(self, type_name: &str) -> Option<Bounds> {
        // Of numbers that are rounded before the point nothing is said.
        if self == Dialect::Sqlite || type_name.contains('-') {
            return None;
        }
        if let (Dialect::Postgres, Some((element, _))) = (self, type_name.split_once('[')) {
            let kind = self.column_type(element);
            let is_told = !matches!(kind, Some(ColumnType::Opaque));
            let bounds = self.bounds(element).map(Box::new);
            return is_told.then_some(Bounds::Array(kind, bounds));
        }
        let word = first_word(type_name).to_ascii_lowercase();
        let of_text = || match self.column_type(type_name) {
            Some(kind @ (ColumnType::Text | ColumnType::Char)) => text(&word, type_name, kind),
            _ => None,
        };
        self.whole(&word, type_name)
            .or_else(|| self.floating(&word, type_name))
            .or_else(|| self.decimal(&word, type_name))
            .or_else(of_text)
            .or_else(|| self.labels(type_name).map(Bounds::Labels))
            .or_else(|| self.of_other_kinds(&word))
    }

    /// The same of a server of this release; where nobody says it, of any.
    pub fn bounds_in(self, release: Option<Release>, type_name: &str) -> Option<Bounds> {
        let is_longer = self == Dialect::Mariadb && release.is_some_and(|it| it >= LONGER);
        match self.bounds(type_name)? {
            Bounds::Instant(_) if is_longer => Some(Bounds::Instant(LAST_OF_LONGER)),
            bounds => Some(bounds),
        }
    }

    fn floating(self, word: &str, type_name: &str) -> Option<Bounds> {
        let sizes = arguments(type_name);
        let is_single = sizes.len() == 2 || sizes.first().is_none_or(|&bits| bits <= 24);
        let bounds = match (self, word) {
            (Dialect::Postgres, "real" | "float4") => Some(Bounds::Single(None)),
            (Dialect::Postgres, "double" | "float8") => Some(Bounds::Double),
            // FLT_DIG
            (Dialect::Mysql | Dialect::Mariadb, "float") if is_single => {
                Some(Bounds::Single(Some(6)))
            }
            (Dialect::Mysql | Dialect::Mariadb, "float" | "double" | "real") => {
                Some(Bounds::Double)
            }
            _ => None,
        };
        let mut all: Vec<Bounds> = self.decimal(word, type_name).into_iter().collect();
        all.extend(self.is_unsigned(type_name).then_some(Bounds::Unsigned));
        let bounds = bounds?;
        Some(match all.is_empty() {
            true => bounds,
            false => Bounds::All([vec![bounds], all].concat()),
        })
    }

    fn of_other_kinds(self, word: &str) -> Option<Bounds> {
        match (self, word) {
            (Dialect::Postgres | Dialect::Mariadb, "uuid") => Some(Bounds::Uuid),
            (Dialect::Postgres, "inet") => Some(Bounds::Address),
            (Dialect::Postgres, "cidr") => Some(Bounds::Network),
            (Dialect::Postgres, "macaddr") => Some(Bounds::Device(6)),
            (Dialect::Postgres, "macaddr8") => Some(Bounds::Device(8)),
            (Dialect::Postgres, "json") => Some(Bounds::Json(JsonSpelling::Kept)),
            (Dialect::Postgres, "jsonb") => Some(Bounds::Json(JsonSpelling::Own)),
            (Dialect::Mysql | Dialect::Mariadb, "year") => Some(Bounds::Year),
            (Dialect::Mysql | Dialect::Mariadb, "timestamp") => Some(Bounds::Instant(LAST)),
            _ => None,
        }
    }

    fn whole(self, word: &str, type_name: &str) -> Option<Bounds> {
        let bits = match (self, word) {
            (Dialect::Oracle, _) => return None,
            (Dialect::Mssql, "tinyint") => return Some(Bounds::Whole(0, 255)),
            (Dialect::Mysql | Dialect::Mariadb, "bit") => {
                let bits = arguments(type_name).first().copied().unwrap_or(1).min(64);
                return Some(Bounds::Whole(0, (1 << bits) - 1));
            }
            (Dialect::Mysql | Dialect::Mariadb, "tinyint") => 8,
            (Dialect::Mysql | Dialect::Mariadb, "mediumint") => 24,
            (_, "smallint" | "int2" | "smallserial" | "serial2") => 16,
            (_, "int" | "integer" | "int4" | "serial4") => 32,
            (Dialect::Postgres, "serial") => 32,
            (_, "bigint" | "int8" | "bigserial" | "serial8") => 64,
            _ => return None,
        };
        Some(match self.is_unsigned(type_name) {
            true => Bounds::Whole(0, (1 << bits) - 1),
            false => Bounds::Whole(-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        })
    }

    fn decimal(self, word: &str, type_name: &str) -> Option<Bounds> {
        let is_decimal = match self {
            Dialect::Oracle => ["number", "numeric", "decimal", "dec"].contains(&word),
            Dialect::Mysql | Dialect::Mariadb if ["double", "float", "real"].contains(&word) => {
                arguments(type_name).len() == 2
            }
            _ => ["numeric", "decimal", "dec", "fixed"].contains(&word),
        };
        let usual = match self {
            Dialect::Mysql | Dialect::Mariadb => Some(10),
            Dialect::Mssql => Some(18),
            Dialect::Db2 => Some(5),
            Dialect::Postgres | Dialect::Oracle | Dialect::Sqlite => None,
        };
        let sizes = arguments(type_name);
        let digits = sizes.first().copied().or(usual).filter(|_| is_decimal)?;
        let decimals = sizes.get(1).copied().unwrap_or_default();
        let is_unsigned = self.is_unsigned(type_name);
        Some(Bounds::Decimal { whole: digits.saturating_sub(decimals), decimals, is_unsigned })
    }

    fn is_unsigned(self, type_name: &str) -> bool {
        let name = type_name.to_ascii_lowercase();
        self.is_mysql() && (name.contains("unsigned") || name.contains("zerofill"))
    }
}

/// Where the number is one of bytes, no more characters have room in them.
fn text(word: &str, type_name: &str, kind: ColumnType) -> Option<Bounds> {
    let is_large = type_name.to_ascii_lowercase().contains("large");
    let is_of_characters = word.contains("char") || word == "national";
    let most = most_units(type_name).filter(|_| is_of_characters && !is_large)?;
    Some(Bounds::Text(kind, most))
}

impl Bounds {
    /// What a column holds that has these characters alone.
    pub fn with(bounds: Option<Bounds>, characters: Option<Characters>) -> Option<Bounds> {
        match (bounds, characters.map(Bounds::Characters)) {
            (Some(bounds), Some(characters)) => Some(Bounds::All(vec![bounds, characters])),
            (bounds, characters) => bounds.or(characters),
        }
    }

    /// Refuses words that the column would not hold as they are. What is no number at all is not looked at.
    ///
    /// # Errors
    ///
    /// They are too fine, too large or too long, or none of its words.
    pub fn fit(&self, words: &[u8]) -> Result<(), Unfit> {
        let Ok(text) = std::str::from_utf8(words) else { return Ok(()) };
        match self {
            Bounds::Text(kind, most) => length(&kind.canonical(words), *most),
            Bounds::Whole(..) | Bounds::Decimal { .. } => self.fit_number(text),
            Bounds::Single(digits) => single(text, *digits),
            Bounds::Double => double(text),
            Bounds::Labels(labels) => {
                one_of(labels.spelled(text).is_some(), "a label of its type", text)
            }
            Bounds::Uuid => one_of(uuid_digits(text).is_some(), "a UUID", text),
            Bounds::Address => one_of(is_address(text), "an address of a host or a network", text),
            Bounds::Device(bytes) => {
                one_of(stored::device(text, *bytes).is_some(), "an address of a device", text)
            }
            Bounds::Network => one_of(is_network(text), "a network, without bits of a host", text),
            Bounds::Instant(last) => instant(text, last),
            Bounds::Unsigned => {
                let is_below = number::<f64>(text).is_some_and(|number| number < 0.0);
                let wanted = "a number that is not below zero".to_owned();
                if is_below { Err(Unfit::Larger { wanted, found: found(text) }) } else { Ok(()) }
            }
            Bounds::Year => match number::<i128>(&String::from_utf8_lossy(&year(words))) {
                Some(0 | 1901..=2155) | None => Ok(()),
                Some(_) => {
                    let wanted = "a year from 1901 to 2155".to_owned();
                    Err(Unfit::Larger { wanted, found: found(text) })
                }
            },
            Bounds::Json(_) => one_of(stored::is_json(text), "JSON", text),
            Bounds::Array(..) => {
                let is_list = text.trim_ascii().starts_with(['{', '[']);
                one_of(is_list, "an array, as {a,b}", text)
            }
            Bounds::Characters(characters) => characters.fit(text),
            Bounds::All(all) => all.iter().try_for_each(|one| one.fit(words)),
        }
    }

    /// Words as the database has them once they are written: it reads no whole number from `1e3` or `7.0`, and shows what
    /// it does not keep as text in a spelling of its own.
    pub fn words<'w>(&self, words: &'w [u8]) -> Cow<'w, [u8]> {
        match self {
            Bounds::Whole(..) => return ColumnType::Decimal.canonical(words),
            Bounds::Year => return year(words),
            _ => {}
        }
        let stored = std::str::from_utf8(words).ok().and_then(|text| self.stored(text));
        stored.map_or(Cow::Borrowed(words), |stored| Cow::Owned(stored.into_bytes()))
    }

    /// A text as the database shows it, where that is known to be another.
    fn stored(&self, text: &str) -> Option<String> {
        match self {
            Bounds::Labels(labels) => labels.spelled(text),
            Bounds::Uuid => stored::uuid(text),
            Bounds::Address => stored::address(text),
            Bounds::Network => stored::network(text),
            Bounds::Device(bytes) => stored::device(text, *bytes),
            Bounds::Json(JsonSpelling::Own) => stored::json(text),
            Bounds::All(all) => all.iter().find_map(|one| one.stored(text)),
            Bounds::Array(kind, bounds) => stored::array(text, &|element| {
                let words = bounds.as_ref().map(|bounds| bounds.words(element.as_bytes()));
                let words = words.and_then(|words| String::from_utf8(words.into_owned()).ok());
                let words = words.unwrap_or_else(|| element.to_owned());
                let of_kind = |kind| stored::element(kind, bounds.as_deref(), &words);
                Some(kind.and_then(of_kind).unwrap_or(words))
            }),
            _ => None,
        }
    }

    fn fit_number(&self, text: &str) -> Result<(), Unfit> {
        let (decimals, wanted) = match *self {
            Bounds::Decimal { decimals, is_unsigned: true, .. } if text.starts_with('-') => {
                (decimals, "a number that is not below zero".to_owned())
            }
            Bounds::Decimal { whole: 1, decimals, .. } => {
                (decimals, "a number with one digit before the point".to_owned())
            }
            Bounds::Decimal { whole, decimals, .. } => {
                (decimals, format!("a number with at most {whole} digits before the point"))
            }
            Bounds::Whole(least, most) => (0, format!("a number from {least} to {most}")),
            _ => return Ok(()),
        };
        let words = ColumnType::Decimal.canonical(text.as_bytes());
        let Some(number) = Number::read(&words) else { return Ok(()) };
        if number.decimals > decimals {
            Err(Unfit::Finer { decimals, found: found(text) })
        } else if !self.takes(&number) {
            Err(Unfit::Larger { wanted, found: found(text) })
        } else {
            Ok(())
        }
    }

    /// Whether the part of a number before its point is not too large.
    fn takes(&self, number: &Number<'_>) -> bool {
        match *self {
            Bounds::Whole(least, most) => {
                let found = number.whole.parse();
                !number.is_huge && found.is_ok_and(|whole| (least..=most).contains(&whole))
            }
            Bounds::Decimal { whole, is_unsigned, .. } => {
                let digits = number.whole.trim_start_matches(['-', '0']);
                let is_below = is_unsigned && number.whole.starts_with('-');
                !number.is_huge && digits.len() <= whole && !is_below
            }
            _ => true,
        }
    }
}

/// A year as it is shown: the database takes `24` for 2024, and `70` for 1970.
fn year(words: &[u8]) -> Cow<'_, [u8]> {
    let century = match words {
        [b'0'..=b'6', b'0'..=b'9'] => b"20",
        [b'7'..=b'9', b'0'..=b'9'] => b"19",
        _ => return ColumnType::Decimal.canonical(words),
    };
    Cow::Owned([century, words].concat())
}

fn found(text: &str) -> Option<Vec<u8>> {
    Some(text.as_bytes().to_vec())
}

fn one_of(is_one: bool, wanted: &'static str, text: &str) -> Result<(), Unfit> {
    if is_one { Ok(()) } else { Err(Unfit::NotOfColumn { wanted, found: found(text) }) }
}

/// A number as it is written; `None` where it is none, or one that is none of digits.
fn number<N: FromStr>(text: &str) -> Option<N> {
    let is_of_digits = text.bytes().any(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_of_digits)
}

fn double(text: &str) -> Result<(), Unfit> {
    let Some(value) = number::<f64>(text) else { return Ok(()) };
    in_range(value.is_infinite() || value == 0.0 && !is_zero(text), "eight", text)
}

fn single(text: &str, digits: Option<usize>) -> Result<(), Unfit> {
    let Some((value, exact)) = number::<f32>(text).zip(number::<f64>(text)) else {
        return Ok(());
    };
    in_range(value.is_infinite() || value == 0.0 && !is_zero(text), "four", text)?;
    let (is_kept, wanted) = match digits {
        Some(most) => {
            let scientific = format!("{exact:e}");
            let mantissa = scientific.split('e').next().unwrap_or_default();
            let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
            (digits <= most, "a number of at most 6 digits")
        }
        // It is shown in the fewest digits that lead to it.
        None => (value.to_string().parse() == Ok(exact), "a number that four bytes hold as it is"),
    };
    if is_kept { Ok(()) } else { Err(Unfit::Rounded { wanted, found: found(text) }) }
}

fn in_range(is_beyond: bool, bytes: &str, text: &str) -> Result<(), Unfit> {
    let wanted = || format!("a number that {bytes} bytes hold");
    if is_beyond { Err(Unfit::Larger { wanted: wanted(), found: found(text) }) } else { Ok(()) }
}

/// Whether no digit of a number is another than zero, but for those of its exponent.
fn is_zero(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    !mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

/// An address with the length of a network behind it, or without.
fn is_address(text: &str) -> bool {
    let (address, length) = text.split_once('/').unwrap_or((text, "0"));
    let most = |address: IpAddr| if address.is_ipv4() { 32 } else { 128 };
    let address = address.parse().map(most);
    address.is_ok_and(|most| length.parse().is_ok_and(|length: u8| length <= most))
}

/// A network, or one that is written short, which is not looked at.
fn is_network(text: &str) -> bool {
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    let Ok(address) = address.parse::<IpAddr>() else { return true };
    let (bits, most) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let length = if length.is_empty() { Ok(most) } else { length.parse::<u32>() };
    length.is_ok_and(|length| length <= most && bits.checked_shl(length).unwrap_or(0) == 0)
}

/// One that no calendar has here is not looked at, nor is MySQL's zero.
fn instant(text: &str, last: &str) -> Result<(), Unfit> {
    let words = ColumnType::Instant.canonical(text.as_bytes());
    let second = std::str::from_utf8(&words).ok().and_then(|words| words.get(..19));
    let is_shown = |second: &&str| {
        second.as_bytes()[10] == b' ' && second.bytes().filter(u8::is_ascii_digit).count() == 14
    };
    match second.filter(is_shown) {
        Some(second) if !second.starts_with("0000") && !(FIRST..=last).contains(&second) => {
            let wanted = format!("a time from {FIRST} to {last} in UTC");
            Err(Unfit::Larger { wanted, found: found(text) })
        }
        _ => Ok(()),
    }
}

/// A number in its shortest words, which have an exponent where it is very large or very small.
struct Number<'n> {
    /// What stands before the point, with its sign.
    whole: &'n str,
    /// How many digits stand behind it.
    decimals: usize,
    /// Whether it goes on with zeros before the point.
    is_huge: bool,
}

impl<'n> Number<'n> {
    fn read(words: &'n [u8]) -> Option<Number<'n>> {
        let text = std::str::from_utf8(words).ok()?;
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, ""));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_small = exponent.starts_with('-');
        let is_number = !digits.is_empty() && are_digits(digits) && are_digits(fraction);
        is_number.then_some(Number {
            whole,
            decimals: if is_small { usize::MAX } else { fraction.len() },
            is_huge: !exponent.is_empty() && !is_small,
        })
    }
}

fn length(text: &[u8], most: usize) -> Result<(), Unfit> {
    let found = String::from_utf8_lossy(text).chars().count();
    if found > most { Err(Unfit::Longer { most, found }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hold_what_their_type_says() {
        use Dialect::{Mariadb, Mssql, Oracle, Postgres, Sqlite};
        for (dialect, kind, fitting, unfit) in [
            (
                Postgres,
                "numeric(10,2)",
                &["7.5", "7.500", "-99999999.99", "NaN", "x"][..],
                &["7.505", "1e8", "1e-9"][..],
            ),
            (Postgres, "numeric", &["7.505", "1e900"], &[]),
            (Postgres, "integer[]", &["{99999999999}", "[0:0]={1}"], &["1,2"]),
            (Postgres, "jsonb", &["{}", "1"], &["{", ""]),
            (
                Postgres,
                "smallint",
                &["-32768", "32767", "7.0"],
                &["32768", "-32769", "0.5", "1e99"],
            ),
            (Postgres, "character varying(3)", &["äöü", ""], &["abcd", "abc "]),
            (Postgres, "character varying", &["abcd"], &[]),
            (Postgres, "character(3)", &["abc  "], &["abcd"]),
            (Postgres, "bigint", &["9223372036854775807"], &["9223372036854775808"]),
            (Mariadb, "decimal(5,1)", &["1234.5"], &["0.25", "12345"]),
            (Mariadb, "decimal(5,1) unsigned", &["0"], &["-1"]),
            (Mariadb, "int(10) unsigned", &["4294967295"], &["-1", "4294967296"]),
            (Mariadb, "tinyint(1)", &["true", "127"], &["128"]),
            (Mariadb, "bit(4)", &["15"], &["16"]),
            (Mariadb, "bit(64)", &["18446744073709551615"], &["18446744073709551616"]),
            (Mariadb, "double", &["1e300"], &["1e400"]),
            (Mariadb, "char(1)", &["Y"], &["false"]),
            (Mssql, "[tinyint]", &["255"], &["-1"]),
            (Mssql, "[nvarchar](max)", &["abcd"], &[]),
            (Dialect::Db2, "CHARACTER LARGE OBJECT(1M)", &["abcd"], &[]),
            (Dialect::Db2, "NATIONAL CHARACTER VARYING(3)", &["abc"], &["abcd"]),
            (Mariadb, "enum('varied','5')", &["varied", "Varied", "5"], &["other", "1", ""]),
            (Mariadb, "set('a','b')", &["b,a", ""], &["a,c"]),
            (Mariadb, "float", &["0.1", "1234560000", "x"], &["16777217", "1e39", "1e-60"]),
            (Mariadb, "float(10,2)", &["1234.5", "0.25"], &["1234567.89", "0.125", "-1e9"]),
            (Mariadb, "float(10,2) unsigned", &["0"], &["-1"]),
            (Mariadb, "double unsigned", &["1e300", "0"], &["-1", "-1e-9"]),
            (Mariadb, "double(10,2)", &["12345678.25"], &["123456789", "0.125"]),
            (Mariadb, "float(30)", &["16777217"], &["1e400"]),
            (
                Mariadb,
                "timestamp(3)",
                &["2038-01-19 03:14:07+00", "0000-00-00 00:00:00"],
                &["2038-01-19 03:14:08+00", "1970-01-01 01:00:00+01", "9999-12-31 23:59:59"],
            ),
            (Dialect::Mysql, "timestamp", &["2038-01-19 03:14:07"], &["2038-01-19 03:14:08"]),
            (Mariadb, "uuid", &["A0EEBC999C0B4EF8BB6D6BB9BD380A11"], &["nope"]),
            (
                Postgres,
                "real",
                &["0.1", "16777216", "123456.79", "NaN", "Infinity", "0.0e9"],
                &["16777217", "123456.789", "1e39", "1e-60"],
            ),
            (
                Postgres,
                "double precision",
                &["0.1", "12345678901234567890"],
                &["1e400", "-1e400", "1e-400"],
            ),
            (Postgres, "uuid", &["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"], &["a0eebc99"]),
            (
                Postgres,
                "inet",
                &["10.0.0.1", "10.0.0.1/8", "::1/128"],
                &["10.0.0", "10.0.0.1/33", "x"],
            ),
            (
                Postgres,
                "cidr",
                &["10.0.0.0/8", "10.0.0.1", "10/8", "0.0.0.0/0", "::/0", "2001:db8::/32"],
                &["10.0.0.1/8", "10.0.0.0/33", "2001:db8::1/32"],
            ),
            (
                Postgres,
                "macaddr",
                &["08-00-2B-01-02-03", "08002b:010203"],
                &["08:00:2b:01:02", "x"],
            ),
            (Oracle, "NUMBER(5)", &["99999"], &["0.5"]),
            (Oracle, "NUMBER(5,-2)", &["1"], &[]),
            (Oracle, "VARCHAR2(3 CHAR)", &["abc"], &["abcd"]),
            (Sqlite, "varchar(3)", &["abcd"], &[]),
        ] {
            let fit = |words: &&str| {
                let bounds = dialect.bounds(kind);
                bounds.is_none_or(|bounds| bounds.fit(words.as_bytes()).is_ok())
            };
            let refused: Vec<_> = fitting.iter().filter(|words| !fit(words)).collect();
            assert!(refused.is_empty(), "{kind} {refused:?}");
            let held: Vec<_> = unfit.iter().filter(|words| fit(words)).collect();
            assert!(held.is_empty(), "{kind} {held:?}");
        }
    }

    #[test]
    fn the_end_of_time_is_that_of_the_release() {
        let release = |major, minor| Some(Release { major, minor });
        for (dialect, release, wanted) in [
            (Dialect::Mariadb, release(11, 5), LAST_OF_LONGER),
            (Dialect::Mariadb, release(12, 0), LAST_OF_LONGER),
            (Dialect::Mariadb, release(11, 4), LAST),
            (Dialect::Mariadb, release(10, 11), LAST),
            (Dialect::Mariadb, None, LAST),
            (Dialect::Mysql, release(12, 0), LAST),
        ] {
            let bounds = dialect.bounds_in(release, "timestamp(3)");
            assert_eq!(bounds, Some(Bounds::Instant(wanted)), "{dialect:?} {release:?}");
        }
        let number = Dialect::Mariadb.bounds_in(release(12, 0), "tinyint");
        assert_eq!(number, Some(Bounds::Whole(-128, 127)));
    }
}
