//! The operators of expressions: what stands for them in programs, as filters that no one can name.
//!
//! The engine's own would take an absent operand for an error or for a word. Values are text, so
//! arithmetic and comparisons with numbers read them as numbers.

use std::borrow::Cow;
use std::cmp::Ordering;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

use super::MAX_RESULT;
use crate::error::{ExpressionFault, ExpressionFaultKind};

/// A fault as an error of the engine, from which it comes out again.
pub(super) fn error(kind: ExpressionFaultKind) -> Error {
    Error::new(ErrorKind::InvalidOperation, kind.to_string())
        .with_source(ExpressionFault::from(kind))
}

/// A value that is not what `of` takes.
pub(super) fn unfit(of: &'static str, wanted: &'static str, value: &Value) -> Error {
    let found = value.as_bytes().map_or_else(|| value.to_string().into_bytes(), <[u8]>::to_vec);
    error(ExpressionFaultKind::Value { of, wanted, found: Some(found) })
}

/// Refuses what would be larger than the limit.
pub(super) fn bounded(len: usize) -> Result<(), Error> {
    match len <= MAX_RESULT {
        true => Ok(()),
        false => Err(error(ExpressionFaultKind::TooLarge { limit: MAX_RESULT })),
    }
}

/// The bytes of a single value: of a number and a truth as they are written.
pub(super) fn bytes<'v>(of: &'static str, value: &'v Value) -> Result<Cow<'v, [u8]>, Error> {
    if let Some(bytes) = value.as_bytes() {
        return Ok(Cow::Borrowed(bytes));
    }
    match value.kind() {
        // The engine's own words are `True` and `False`.
        ValueKind::Bool => Ok(Cow::Borrowed(if value.is_true() { b"true" } else { b"false" })),
        ValueKind::Number => Ok(Cow::Owned(plain_number(value)?.into_bytes())),
        _ => Err(unfit(of, "one value", value)),
    }
}

/// The text of a single value.
pub(super) fn text<'v>(of: &'static str, value: &'v Value) -> Result<Cow<'v, str>, Error> {
    let not_text = || unfit(of, "text", value);
    match bytes(of, value)? {
        Cow::Borrowed(bytes) => {
            std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| not_text())
        }
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|_| not_text()),
    }
}

/// A number in figures alone.
pub(super) fn plain_number(value: &Value) -> Result<String, Error> {
    match i128::try_from(value.clone()) {
        Ok(whole) => Ok(whole.to_string()),
        Err(_) => match f64::try_from(value.clone()) {
            Ok(number) if number.is_finite() => Ok(number.to_string()),
            _ => Err(error(ExpressionFaultKind::NoValue { found: "no finite number" })),
        },
    }
}

/// `a ~ b`
pub(super) fn concat(args: &[Value]) -> Result<Value, Error> {
    let parts = args.iter().map(|part| bytes("~", part)).collect::<Result<Vec<_>, _>>()?;
    bounded(parts.iter().map(|part| part.len()).sum())?;
    Ok(super::scope::engine_value(&parts.concat()))
}

/// A number as it is computed with.
#[derive(Clone, Copy)]
enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    fn read(of: &'static str, value: &Value) -> Result<Number, Error> {
        let unfit = || unfit(of, "a number", value);
        if let Some(text) = value.as_str() {
            let text = text.trim();
            let whole = text.parse().map(Number::Whole).ok();
            let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
            let float = || text.parse().ok().filter(|_| is_plain).map(Number::Float);
            return whole.or_else(float).ok_or_else(unfit);
        }
        if value.kind() != ValueKind::Number {
            return Err(unfit());
        }
        let whole = i128::try_from(value.clone()).map(Number::Whole);
        whole.or_else(|_| f64::try_from(value.clone()).map(Number::Float)).map_err(|_| unfit())
    }

    #[expect(clippy::cast_precision_loss, reason = "a float is asked for")]
    fn float(self) -> f64 {
        match self {
            Number::Whole(number) => number as f64,
            Number::Float(number) => number,
        }
    }

    fn order(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }
}

/// An operator on numbers: what it is on whole ones, and on all others.
pub(super) struct Arithmetic {
    pub(super) name: &'static str,
    whole: fn(i128, i128) -> Option<i128>,
    float: fn(f64, f64) -> f64,
}

/// `/` divides wholly where that leaves nothing.
pub(super) const ARITHMETIC: [Arithmetic; 7] = [
    Arithmetic { name: "+", whole: i128::checked_add, float: |a, b| a + b },
    Arithmetic { name: "-", whole: i128::checked_sub, float: |a, b| a - b },
    Arithmetic { name: "*", whole: i128::checked_mul, float: |a, b| a * b },
    Arithmetic {
        name: "/",
        whole: |a, b| a.checked_div(b).filter(|q| q.checked_mul(b) == Some(a)),
        float: |a, b| a / b,
    },
    Arithmetic { name: "//", whole: i128::checked_div_euclid, float: f64::div_euclid },
    Arithmetic { name: "%", whole: i128::checked_rem_euclid, float: f64::rem_euclid },
    Arithmetic {
        name: "**",
        whole: |a, b| a.checked_pow(u32::try_from(b).ok()?),
        float: f64::powf,
    },
];

impl Arithmetic {
    /// What it makes of two numbers.
    pub(super) fn apply(&self, args: &[Value]) -> Result<Value, Error> {
        let [a, b] = args else { return Err(Error::from(ErrorKind::MissingArgument)) };
        let (a, b) = (Number::read(self.name, a)?, Number::read(self.name, b)?);
        if let (Number::Whole(a), Number::Whole(b)) = (a, b)
            && let Some(whole) = (self.whole)(a, b)
        {
            return Ok(Value::from(whole));
        }
        match (self.float)(a.float(), b.float()) {
            number if number.is_finite() => Ok(Value::from(number)),
            _ => Err(error(ExpressionFaultKind::NoValue { found: "no finite number" })),
        }
    }
}

/// `-a`
pub(super) fn negative(args: &[Value]) -> Result<Value, Error> {
    let [a] = args else { return Err(Error::from(ErrorKind::MissingArgument)) };
    let number = Number::read("-", a)?;
    Ok(match number {
        Number::Whole(whole) if whole != i128::MIN => Value::from(-whole),
        number => Value::from(-number.float()),
    })
}

/// `a < b`, and `a < b < c`: a value, then each time an operator and a value.
pub(super) fn compare(args: &[Value]) -> Result<Value, Error> {
    let [first, rest @ ..] = args else { return Err(Error::from(ErrorKind::MissingArgument)) };
    let mut left = first;
    let (pairs, _) = rest.as_chunks::<2>();
    for [operator, right] in pairs {
        if !holds(operator.as_str().unwrap_or_default(), left, right)? {
            return Ok(Value::from(false));
        }
        left = right;
    }
    Ok(Value::from(true))
}

fn holds(operator: &str, left: &Value, right: &Value) -> Result<bool, Error> {
    Ok(match operator {
        "==" => order("==", left, right)? == Some(Ordering::Equal),
        "!=" => order("!=", left, right)? != Some(Ordering::Equal),
        "<" => order("<", left, right)? == Some(Ordering::Less),
        "<=" => matches!(order("<=", left, right)?, Some(Ordering::Less | Ordering::Equal)),
        ">" => order(">", left, right)? == Some(Ordering::Greater),
        ">=" => matches!(order(">=", left, right)?, Some(Ordering::Greater | Ordering::Equal)),
        "in" => contains(right, left)?,
        _ => !contains(right, left)?,
    })
}

/// How two values stand: as numbers where one of them is a number, as truths where one is that.
fn order(of: &'static str, left: &Value, right: &Value) -> Result<Option<Ordering>, Error> {
    let either = |kind| left.kind() == kind || right.kind() == kind;
    if either(ValueKind::Number) {
        return Ok(Number::read(of, left)?.order(Number::read(of, right)?));
    }
    if either(ValueKind::Bool) {
        return Ok(Some(truth(of, left)?.cmp(&truth(of, right)?)));
    }
    match (left.as_bytes(), right.as_bytes()) {
        (Some(left), Some(right)) => Ok(Some(left.cmp(right))),
        _ => Ok((left == right).then_some(Ordering::Equal)),
    }
}

/// A truth, or a word for one.
pub(super) fn truth(of: &'static str, value: &Value) -> Result<bool, Error> {
    let canonical = |text| crate::table::ColumnType::Boolean.canonical(text).into_owned();
    match (value.kind(), value.as_bytes().map(canonical).as_deref()) {
        (ValueKind::Bool, _) => Ok(value.is_true()),
        (_, Some(b"t")) => Ok(true),
        (_, Some(b"f")) => Ok(false),
        _ => Err(unfit(of, "true or false", value)),
    }
}

/// `a in b`: one of a list, a part of a text.
fn contains(container: &Value, value: &Value) -> Result<bool, Error> {
    if let Some(whole) = container.as_bytes() {
        let part = bytes("in", value)?;
        return Ok(memchr::memmem::find(whole, &part).is_some());
    }
    for item in container.try_iter()? {
        // What cannot be held against it is another value.
        if matches!(order("in", &item, value), Ok(Some(Ordering::Equal))) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `a[1:3]`: characters of a text, values of a list, bytes of what is neither.
pub(super) fn slice(args: &[Value]) -> Result<Value, Error> {
    let [value, from, to] = args else { return Err(Error::from(ErrorKind::MissingArgument)) };
    if let Some(text) = value.as_str() {
        let (from, to) = range(from, to, text.chars().count())?;
        return Ok(Value::from(text.chars().take(to).skip(from).collect::<String>()));
    }
    if let Some(bytes) = value.as_bytes() {
        let (from, to) = range(from, to, bytes.len())?;
        return Ok(Value::from_bytes(bytes.get(from..to).unwrap_or_default().to_vec()));
    }
    let items: Vec<Value> = value.try_iter()?.collect();
    let (from, to) = range(from, to, items.len())?;
    Ok(items.get(from..to).unwrap_or_default().iter().cloned().collect())
}

/// The ends of a slice; negative ones count from the end.
fn range(from: &Value, to: &Value, len: usize) -> Result<(usize, usize), Error> {
    let end = |value: &Value, missing: usize| -> Result<usize, Error> {
        if value.is_none() {
            return Ok(missing);
        }
        let at = i64::try_from(value.clone())?;
        let whole = i64::try_from(len).unwrap_or(i64::MAX);
        let at = if at < 0 { whole.saturating_add(at) } else { at };
        Ok(usize::try_from(at.clamp(0, whole)).unwrap_or(0))
    };
    Ok((end(from, 0)?, end(to, len)?))
}
