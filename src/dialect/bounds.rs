//! Which numbers and texts a column holds, by the name of its type. What is finer the database would round without a
//! word, and what is larger or longer it would refuse, and the whole script with it.

use crate::dialect::Dialect;
use crate::dialect::types::{arguments, first_word, most_units};
use crate::error::Unfit;
use crate::table::ColumnType;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Texts of so many characters, filled up with blanks or not.
    Text(ColumnType, usize),
}

impl Dialect {
    /// What a column holds whose type is called so; `None` where there are no bounds, or none that are known.
    pub fn bounds(self, type_name: &str) -> Option<Bounds> {
        // Arrays, and numbers that are rounded before the point.
        let is_special = self == Dialect::Postgres && type_name.contains('[');
        if self == Dialect::Sqlite || is_special || type_name.contains('-') {
            return None;
        }
        let word = first_word(type_name).to_ascii_lowercase();
        let of_text = || match self.column_type(type_name) {
            Some(kind @ (ColumnType::Text | ColumnType::Char)) => text(&word, type_name, kind),
            _ => None,
        };
        self.whole(&word, type_name).or_else(|| self.decimal(&word, type_name)).or_else(of_text)
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
    /// Refuses words that the column would not hold as they are. What is no number at all is not looked at.
    ///
    /// # Errors
    ///
    /// They are too fine, too large or too long.
    pub fn fit(self, words: &[u8]) -> Result<(), Unfit> {
        let Ok(text) = std::str::from_utf8(words) else { return Ok(()) };
        let (decimals, wanted) = match self {
            Bounds::Text(kind, most) => return length(&kind.canonical(words), most),
            Bounds::Whole(least, most) => (0, format!("a number from {least} to {most}")),
            Bounds::Decimal { decimals, is_unsigned: true, .. } if text.starts_with('-') => {
                (decimals, "a number that is not below zero".to_owned())
            }
            Bounds::Decimal { whole: 1, decimals, .. } => {
                (decimals, "a number with one digit before the point".to_owned())
            }
            Bounds::Decimal { whole, decimals, .. } => {
                (decimals, format!("a number with at most {whole} digits before the point"))
            }
        };
        let words = ColumnType::Decimal.canonical(words);
        let Some(number) = Number::read(&words) else { return Ok(()) };
        let found = || Some(text.as_bytes().to_vec());
        if number.decimals > decimals {
            Err(Unfit::Finer { decimals, found: found() })
        } else if !self.takes(&number) {
            Err(Unfit::Larger { wanted, found: found() })
        } else {
            Ok(())
        }
    }

    /// Whether the part of a number before its point is not too large.
    fn takes(self, number: &Number<'_>) -> bool {
        match self {
            Bounds::Whole(least, most) => {
                let found = number.whole.parse();
                !number.is_huge && found.is_ok_and(|whole| (least..=most).contains(&whole))
            }
            Bounds::Decimal { whole, is_unsigned, .. } => {
                let digits = number.whole.trim_start_matches(['-', '0']);
                let is_below = is_unsigned && number.whole.starts_with('-');
                !number.is_huge && digits.len() <= whole && !is_below
            }
            Bounds::Text(..) => true,
        }
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
            (Postgres, "integer[]", &["{99999999999}"], &[]),
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
            (Mariadb, "double", &["1e300"], &[]),
            (Mariadb, "char(1)", &["Y"], &["false"]),
            (Mssql, "[tinyint]", &["255"], &["-1"]),
            (Mssql, "[nvarchar](max)", &["abcd"], &[]),
            (Dialect::Db2, "CHARACTER LARGE OBJECT(1M)", &["abcd"], &[]),
            (Dialect::Db2, "NATIONAL CHARACTER VARYING(3)", &["abc"], &["abcd"]),
            (Mariadb, "enum('varied','5')", &["varied"], &[]),
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
}
