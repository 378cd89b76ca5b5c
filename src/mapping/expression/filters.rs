//! The filters and tests there are: those of the engine that make sense here, and our own.
//!
//! All pass on what is absent, but for `default` and `is defined`.

use std::sync::LazyLock;

use minijinja::value::Object;
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value, filters, tests};

use super::operators::{self, bounded, bytes, text, unfit};
use super::{DOCUMENT_FUEL, FUEL, latin, lines, scope};
use crate::dn::{AvaValue, Dn};
use crate::mapping::FlowType;
use crate::mapping::convert::Zone;

/// The environment that all programs run in.
pub(super) static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

/// The environment that documents run in.
pub(super) static DOCUMENTS: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = environment();
    environment.set_fuel(Some(DOCUMENT_FUEL));
    lines::add(&mut environment);
    environment
});

/// A filter: the value, then its arguments. None of them is absent.
type Body = fn(&State<'_, '_>, &[Value]) -> Result<Value, Error>;

/// Filters with code of their own.
const OWN: [(&str, Body); 25] = [
    ("ascii", |_, args| Ok(Value::from(latin::ascii(&text("ascii", value(args)?)?)))),
    ("base64", |_, args| {
        let encoded = base64_simd::STANDARD.encode_to_string(&*bytes("base64", value(args)?)?);
        Ok(Value::from(encoded))
    }),
    ("bit", |_, args| bit(args)),
    ("bool", |_, args| operators::truth("bool", value(args)?).map(Value::from)),
    ("csv", |_, args| lines::csv(value(args)?)),
    ("domain", |_, args| Ok(Value::from(address("domain", value(args)?)?.1))),
    ("generalized_time", |_, args| generalized_time(args)),
    ("hex", |_, args| Ok(Value::from(hex(&bytes("hex", value(args)?)?)))),
    ("join", |_, args| join(args)),
    ("json", |_, args| lines::json(value(args)?)),
    ("local_part", |_, args| Ok(Value::from(address("local_part", value(args)?)?.0))),
    ("lookup", |state, args| {
        let name = text("lookup", argument(args, 1)?)?;
        Ok(scope::lookup(state, &name, &bytes("lookup", value(args)?)?))
    }),
    ("rdn", |_, args| rdn(value(args)?)),
    ("regex_replace", |_, args| regex_replace(args)),
    ("replace", |_, args| replace(args)),
    ("string", |_, args| Ok(scope::engine_value(&bytes("string", value(args)?)?))),
    ("vcard", |_, args| lines::vcard(value(args)?)),
    ("~", |_, args| operators::concat(args)),
    ("negative", |_, args| operators::negative(args)),
    ("compare", |_, args| operators::compare(args)),
    ("slice", |_, args| operators::slice(args)),
    ("int", |_, args| int(value(args)?)),
    ("first", |_, args| Ok(end(value(args)?, |mut all| all.next()))),
    ("last", |_, args| Ok(end(value(args)?, Iterator::last))),
    ("length", |_, args| length(value(args)?)),
];

/// Of [`OWN`], what stands for operators and has no name in expressions.
const HIDDEN: [&str; 4] = ["~", "negative", "compare", "slice"];

/// Filters of the engine.
const OF_THE_ENGINE: [&str; 13] = [
    "upper",
    "lower",
    "title",
    "capitalize",
    "trim",
    "split",
    "reverse",
    "sort",
    "unique",
    "map",
    "select",
    "reject",
    "round",
];

/// Filters of lists.
pub(super) const OF_LISTS: [&str; 10] =
    ["first", "last", "length", "reverse", "sort", "unique", "map", "select", "reject", "join"];

/// Filters that take what is absent.
pub(super) const DEFAULTS: [&str; 2] = ["default", "d"];

/// The tests there are.
pub(super) const TESTS: [&str; 6] =
    ["defined", "undefined", "startingwith", "endingwith", "lower", "upper"];

/// The names of the filters there are.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let own = OWN.iter().map(|(name, _)| *name).filter(|name| !HIDDEN.contains(name));
    own.chain(OF_THE_ENGINE).chain(DEFAULTS)
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    // What is absent stays so, whatever is asked of it.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    for (name, body) in OWN {
        add(&mut environment, name, body);
    }
    for operator in &operators::ARITHMETIC {
        add(&mut environment, operator.name, |_: &State<'_, '_>, args: &[Value]| {
            operator.apply(args)
        });
    }
    for (name, filter) in OF_THE_ENGINE.into_iter().zip(of_the_engine()) {
        add(&mut environment, name, move |state: &State<'_, '_>, args: &[Value]| {
            filter.call(state, args)
        });
    }
    for name in DEFAULTS {
        environment.add_filter(name, filters::default);
    }
    add_tests(&mut environment);
    environment
}

/// Those of [`OF_THE_ENGINE`], in that order.
fn of_the_engine() -> [Value; OF_THE_ENGINE.len()] {
    [
        Value::from_function(filters::upper),
        Value::from_function(filters::lower),
        Value::from_function(filters::title),
        Value::from_function(filters::capitalize),
        Value::from_function(filters::trim),
        Value::from_function(filters::split),
        Value::from_function(filters::reverse),
        Value::from_function(filters::sort),
        Value::from_function(filters::unique),
        Value::from_function(filters::map),
        Value::from_function(filters::select),
        Value::from_function(filters::reject),
        Value::from_function(filters::round),
    ]
}

/// A filter whose result is absent where one of its arguments is.
fn add(
    environment: &mut Environment<'static>,
    name: &'static str,
    body: impl Fn(&State<'_, '_>, &[Value]) -> Result<Value, Error> + Send + Sync + 'static,
) {
    let guarded =
        move |state: &State<'_, '_>, args: &[Value]| match args.iter().any(Value::is_undefined) {
            true => Ok(Value::UNDEFINED),
            false => body(state, args),
        };
    environment.add_filter(name, guarded);
}

/// What is absent is nothing but undefined.
fn add_tests(environment: &mut Environment<'static>) {
    environment.add_test("defined", tests::is_defined);
    environment.add_test("undefined", tests::is_undefined);
    environment.add_test("startingwith", |args: &[Value]| {
        affix("startingwith", args, <[u8]>::starts_with)
    });
    environment
        .add_test("endingwith", |args: &[Value]| affix("endingwith", args, <[u8]>::ends_with));
    environment.add_test("lower", |args: &[Value]| is_case("lower", args, char::is_uppercase));
    environment.add_test("upper", |args: &[Value]| is_case("upper", args, char::is_lowercase));
}

fn affix(name: &'static str, args: &[Value], has: fn(&[u8], &[u8]) -> bool) -> Result<bool, Error> {
    if args.iter().any(Value::is_undefined) {
        return Ok(false);
    }
    Ok(has(&bytes(name, value(args)?)?, &bytes(name, argument(args, 1)?)?))
}

/// Whether a text has no character of the other case.
fn is_case(name: &'static str, args: &[Value], is_other: fn(char) -> bool) -> Result<bool, Error> {
    let value = value(args)?;
    Ok(!value.is_undefined() && !text(name, value)?.contains(is_other))
}

fn value(args: &[Value]) -> Result<&Value, Error> {
    argument(args, 0)
}

fn argument(args: &[Value], at: usize) -> Result<&Value, Error> {
    args.get(at).ok_or_else(|| Error::from(ErrorKind::MissingArgument))
}

/// `userAccountControl | bit(2)`: whether all bits of the mask are set.
fn bit(args: &[Value]) -> Result<Value, Error> {
    let number = |value: &Value| -> Result<i64, Error> {
        let text = text("bit", value)?;
        text.trim().parse().map_err(|_| unfit("bit", "a whole number", value))
    };
    let (bits, mask) = (number(value(args)?)?, number(argument(args, 1)?)?);
    Ok(Value::from(bits & mask == mask))
}

/// The part before the last `@` and the part behind it.
fn address(name: &'static str, value: &Value) -> Result<(String, String), Error> {
    let text = text(name, value)?;
    let parts = text.trim().rsplit_once('@').map(|(local, domain)| (local.into(), domain.into()));
    parts.ok_or_else(|| unfit(name, "a mail address", value))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from(b"0123456789abcdef"[usize::from(n)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The value of the first RDN of a name; of several in it the first.
fn rdn(value: &Value) -> Result<Value, Error> {
    let dn = Dn::parse(&bytes("rdn", value)?).map_err(|_| unfit("rdn", "a DN", value))?;
    match dn.rdn().and_then(|rdn| rdn.avas.first()).map(|ava| &ava.value) {
        None => Ok(Value::UNDEFINED),
        Some(AvaValue::Text(text)) => Ok(scope::engine_value(text)),
        Some(AvaValue::Ber(_)) => Err(unfit("rdn", "a DN whose first value is text", value)),
    }
}

/// The words of a database for an instant as a generalized time, local ones of the zone that is given.
fn generalized_time(args: &[Value]) -> Result<Value, Error> {
    const OF: &str = "generalized_time";
    let zone = match args.get(1) {
        Some(name) => {
            let zone = Zone::named(&text(OF, name)?);
            zone.ok_or_else(|| unfit(OF, "the name of a time zone", name))?
        }
        None => Zone::default(),
    };
    let value = value(args)?;
    let words = bytes(OF, value)?;
    let written = FlowType::Timestamp.to_attribute(&words, None, &zone);
    match written.map(|time| time.map(|time| scope::engine_value(&time))) {
        Ok(time) => Ok(time.unwrap_or(Value::UNDEFINED)),
        Err(_) => Err(unfit(OF, "a date and a time that clocks show", value)),
    }
}

fn int(value: &Value) -> Result<Value, Error> {
    let text = text("int", value)?;
    let whole = text.trim().parse::<i128>();
    whole.map(Value::from).map_err(|_| unfit("int", "a whole number", value))
}

/// A single value is its own beginning and end.
fn end(value: &Value, of: fn(minijinja::value::ValueIter) -> Option<Value>) -> Value {
    match value.as_bytes() {
        Some(_) => value.clone(),
        None => value.try_iter().ok().and_then(of).unwrap_or(Value::UNDEFINED),
    }
}

/// Characters of a text, values of a list, bytes of what is neither.
fn length(value: &Value) -> Result<Value, Error> {
    let len = value.len().or_else(|| value.as_bytes().map(<[u8]>::len));
    len.map(Value::from).ok_or_else(|| unfit("length", "a text or a list", value))
}

/// Values with a text between them; those that are absent are left out.
fn join(args: &[Value]) -> Result<Value, Error> {
    let between =
        args.get(1).map(|between| bytes("join", between)).transpose()?.unwrap_or_default();
    let value = value(args)?;
    if value.as_bytes().is_some() {
        return Ok(value.clone());
    }
    let mut joined = Vec::new();
    for (n, item) in value.try_iter()?.filter(|item| !item.is_undefined()).enumerate() {
        if n > 0 {
            joined.extend_from_slice(&between);
        }
        joined.extend_from_slice(&bytes("join", &item)?);
        bounded(joined.len())?;
    }
    Ok(scope::engine_value(&joined))
}

fn replace(args: &[Value]) -> Result<Value, Error> {
    let text_of = |at| text("replace", argument(args, at)?);
    let (text, from, to) = (text_of(0)?, text_of(1)?, text_of(2)?);
    let grown = text.matches(&*from).count().saturating_mul(to.len());
    bounded(grown.saturating_add(text.len()))?;
    Ok(Value::from(text.replace(&*from, &to)))
}

/// A regular expression that was compiled when the mapping file was read.
#[derive(Debug)]
pub(super) struct Pattern(pub(super) regex::Regex);

impl Object for Pattern {}

/// `regex_replace(pattern, replacement)`, with `$1` or `${name}` for groups.
fn regex_replace(args: &[Value]) -> Result<Value, Error> {
    let text = text("regex_replace", value(args)?)?;
    let pattern = argument(args, 1)?;
    let Some(Pattern(pattern)) = pattern.downcast_object_ref::<Pattern>() else {
        return Err(unfit("regex_replace", "a pattern in quotes", pattern));
    };
    let replacement = operators::text("regex_replace", argument(args, 2)?)?;
    let (mut replaced, mut end) = (String::new(), 0);
    for found in pattern.captures_iter(&text) {
        let Some(whole) = found.get(0) else { continue };
        replaced.push_str(&text[end..whole.start()]);
        found.expand(&replacement, &mut replaced);
        end = whole.end();
        bounded(replaced.len())?;
    }
    replaced.push_str(&text[end..]);
    Ok(Value::from(replaced))
}
