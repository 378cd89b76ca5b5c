//! The spelling of filters (RFC 4515 section 3).
//!
//! One function a rule of `grammar/filter.abnf`, under its name and in its order. Wider than the
//! RFC in what tools accept, each under a number F-n of `grammar/deviations.md`; `(&)` and `(|)` are
//! RFC 4526's. Knows attributes and matching rules by their spelling only.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{opt, recognize, value, verify};
use nom::multi::many0_count;
use nom::sequence::preceded;
use nom::{IResult, Parser};

use super::{Assertion, Extensible, Filter, MAX_DEPTH, Scope, Substrings};
use crate::attribute::is_description_byte;
use crate::error::{ErrorKind, Expected, Fault, RuleFault};
use crate::schema::MatchingRule;

impl Filter {
    /// Reads a filter.
    pub fn parse(text: &[u8]) -> Result<Filter, Fault> {
        match filter_text(text) {
            Ok((b"", filter)) => Ok(filter),
            Ok((rest, _)) => Err(Fault::expected(Expected::EndOfFilter, text, rest)),
            Err(nom::Err::Error(wanted) | nom::Err::Failure(wanted)) => Err(wanted.fault(text)),
            Err(nom::Err::Incomplete(_)) => {
                Err(Fault::expected(Expected::ClosingOfFilter, text, b""))
            }
        }
    }
}

/// What a rule hands back when it cannot go on: where, and why.
#[derive(Debug)]
struct Wanted<'a> {
    rest: &'a [u8],
    why: Why,
}

#[derive(Debug)]
enum Why {
    Expected(Expected),
    TooDeep,
    Rule(RuleFault, usize),
}

impl Wanted<'_> {
    fn fault(&self, text: &[u8]) -> Fault {
        let at = text.len() - self.rest.len();
        match self.why {
            Why::Expected(expected) => Fault::expected(expected, text, self.rest),
            Why::TooDeep => Fault::new(ErrorKind::FilterTooDeep { limit: MAX_DEPTH }, at, 1),
            Why::Rule(fault, len) => {
                let rule = self.rest[..len].to_vec();
                Fault::new(ErrorKind::RuleOfFilter { rule, fault }, at, len)
            }
        }
    }
}

impl<'a> nom::error::ParseError<&'a [u8]> for Wanted<'a> {
    fn from_error_kind(rest: &'a [u8], _: nom::error::ErrorKind) -> Self {
        Wanted { rest, why: Why::Expected(Expected::FilterComponent) }
    }
    fn append(_: &'a [u8], _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

type Parsed<'a, T> = IResult<&'a [u8], T, Wanted<'a>>;

/// Commits to a rule: from here on only `expected` can follow.
fn fail<T>(rest: &[u8], expected: Expected) -> Parsed<'_, T> {
    Err(nom::Err::Failure(Wanted { rest, why: Why::Expected(expected) }))
}

/// `filter-text`: an item without its parentheses is F-1, what stands around it F-2.
fn filter_text(i: &[u8]) -> Parsed<'_, Filter> {
    let (i, _) = spaces(i)?;
    let (i, filter) = match i.first() {
        Some(b'(') => filter(i, 1)?,
        Some(b) if *b == b':' || is_description_byte(*b) => item(i)?,
        _ => return fail(i, Expected::Filter),
    };
    let (i, _) = spaces(i)?;
    Ok((i, filter))
}

/// `filter`
fn filter(i: &[u8], depth: usize) -> Parsed<'_, Filter> {
    if depth > MAX_DEPTH {
        return Err(nom::Err::Failure(Wanted { rest: i, why: Why::TooDeep }));
    }
    let Some(inner) = i.strip_prefix(b"(") else { return fail(i, Expected::Filter) };
    let (inner, _) = spaces(inner)?;
    let (rest, filter) = filtercomp(inner, depth)?;
    match rest.strip_prefix(b")") {
        Some(rest) => Ok((rest, filter)),
        None => fail(rest, Expected::ClosingOfFilter),
    }
}

/// `filtercomp`
fn filtercomp(i: &[u8], depth: usize) -> Parsed<'_, Filter> {
    match i.split_first() {
        Some((b'&', rest)) => and(rest, depth),
        Some((b'|', rest)) => or(rest, depth),
        Some((b'!', rest)) => not(rest, depth),
        _ => item(i),
    }
}

/// `and`, its `&` behind us.
fn and(i: &[u8], depth: usize) -> Parsed<'_, Filter> {
    filterlist(i, depth).map(|(i, list)| (i, Filter::And(list)))
}

/// `or`, its `|` behind us.
fn or(i: &[u8], depth: usize) -> Parsed<'_, Filter> {
    filterlist(i, depth).map(|(i, list)| (i, Filter::Or(list)))
}

/// `not`, its `!` behind us.
fn not(i: &[u8], depth: usize) -> Parsed<'_, Filter> {
    let (i, _) = spaces(i)?;
    let (i, inner) = filter(i, depth + 1)?;
    let (i, _) = spaces(i)?;
    Ok((i, Filter::not(inner)))
}

/// `filterlist`
fn filterlist(i: &[u8], depth: usize) -> Parsed<'_, Vec<Filter>> {
    let mut filters = Vec::new();
    let (mut i, _) = spaces(i)?;
    while i.first() == Some(&b'(') {
        let (rest, filter) = filter(i, depth + 1)?;
        filters.push(filter);
        (i, _) = spaces(rest)?;
    }
    Ok((i, filters))
}

/// `item`
fn item(i: &[u8]) -> Parsed<'_, Filter> {
    if i.first() == Some(&b':') {
        return extensible(i, None);
    }
    let (rest, attribute) = attributedescription(i)?;
    match rest.first() {
        Some(b':') => extensible(rest, Some(attribute)),
        _ => simple(rest, attribute),
    }
}

/// `simple`, its attribute behind us; with a `*` in its value it is a `substring`.
fn simple<'a>(i: &'a [u8], attribute: &[u8]) -> Parsed<'a, Filter> {
    let Ok((rest, operator)) = filtertype(i) else { return fail(i, Expected::FilterOperator) };
    let (i, value) = assertionvalue(rest)?;
    if operator == Operator::Equal && i.first() == Some(&b'*') {
        return substring(i, attribute, value);
    }
    let assertion = Assertion { attribute: attribute.to_vec(), value };
    let filter = match operator {
        Operator::Equal => Filter::Equality(assertion),
        Operator::Approximate => Filter::Approximate(assertion),
        Operator::GreaterOrEqual => Filter::GreaterOrEqual(assertion),
        Operator::LessOrEqual => Filter::LessOrEqual(assertion),
    };
    Ok((i, filter))
}

/// What stands between an attribute and a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Approximate,
    GreaterOrEqual,
    LessOrEqual,
}

/// `filtertype`
fn filtertype(i: &[u8]) -> Parsed<'_, Operator> {
    alt((
        value(Operator::Equal, tag("=")),
        value(Operator::Approximate, tag("~=")),
        value(Operator::GreaterOrEqual, tag(">=")),
        value(Operator::LessOrEqual, tag("<=")),
    ))
    .parse(i)
}

/// `extensible`, its attribute behind us.
fn extensible<'a>(i: &'a [u8], attribute: Option<&[u8]>) -> Parsed<'a, Filter> {
    let (i, dnattrs) = opt(dnattrs).parse(i)?;
    let (i, rule) = opt(matchingrule).parse(i)?;
    let Some(rest) = i.strip_prefix(b":=") else { return fail(i, Expected::RuleOfFilter) };
    if attribute.is_none() && rule.is_none() {
        return fail(i, Expected::RuleOfFilter);
    }
    let (i, value) = assertionvalue(rest)?;
    let scope = match dnattrs {
        Some(_) => Scope::AttributesAndName,
        None => Scope::Attributes,
    };
    let [attribute, rule] = [attribute, rule].map(|name| name.map(<[u8]>::to_vec));
    Ok((i, Filter::Extensible(Extensible { attribute, rule, scope, value })))
}

/// `present`: what a `substring` says that names nothing.
fn present(attribute: Vec<u8>) -> Filter {
    Filter::Present(attribute)
}

/// `substring`, its `initial` behind us. Pieces of nothing say nothing and are left out.
fn substring<'a>(mut i: &'a [u8], attribute: &[u8], initial: Vec<u8>) -> Parsed<'a, Filter> {
    let attribute = attribute.to_vec();
    let mut any = Vec::new();
    while let Some(rest) = i.strip_prefix(b"*") {
        let (rest, piece) = assertionvalue(rest)?;
        any.push(piece);
        i = rest;
    }
    let filled = |piece: Vec<u8>| Some(piece).filter(|piece| !piece.is_empty());
    let initial = filled(initial);
    let last = any.pop().and_then(filled);
    let any: Vec<Vec<u8>> = any.into_iter().filter_map(filled).collect();
    if initial.is_none() && any.is_empty() && last.is_none() {
        return Ok((i, present(attribute)));
    }
    Ok((i, Filter::Substrings(Substrings { attribute, initial, any, last })))
}

/// `attributedescription` (RFC 4512 section 2.5)
fn attributedescription(i: &[u8]) -> Parsed<'_, &[u8]> {
    let options = many0_count((tag(";"), take_while1(is_keychar)));
    recognize((attributetype, options)).parse(i)
}

/// `attributetype` (RFC 4512 section 1.4): `_` in a name is F-4, an OID of one number or with
/// leading zeros, as LDIF has it, F-5.
fn attributetype(i: &[u8]) -> Parsed<'_, &[u8]> {
    let number = |i| take_while1(|b: u8| b.is_ascii_digit())(i);
    match i.first() {
        Some(b) if b.is_ascii_alphabetic() => take_while1(is_keychar)(i),
        _ => recognize((number, many0_count((tag("."), number)))).parse(i),
    }
}

fn is_keychar(byte: u8) -> bool {
    is_description_byte(byte) && !matches!(byte, b';' | b'.')
}

/// `dnattrs`, in any case; `:dn` may also begin the name of a rule.
fn dnattrs(i: &[u8]) -> Parsed<'_, &[u8]> {
    preceded(tag(":"), verify(word, |word: &[u8]| word.eq_ignore_ascii_case(b"dn"))).parse(i)
}

/// `matchingrule`, which must be one that can be used (S-13).
fn matchingrule(i: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, rule) = preceded(tag(":"), word).parse(i)?;
    match unusable(rule) {
        None => Ok((rest, rule)),
        Some(fault) => {
            let why = Why::Rule(fault, rule.len());
            Err(nom::Err::Failure(Wanted { rest: &i[1..], why }))
        }
    }
}

/// Why a rule cannot be used, if so.
fn unusable(rule: &[u8]) -> Option<RuleFault> {
    use MatchingRule as R;
    match MatchingRule::from_name_or_oid(rule) {
        None => Some(RuleFault::Unknown),
        Some(R::InChain) => Some(RuleFault::InChain),
        Some(
            R::CaseIgnoreSubstrings
            | R::CaseExactSubstrings
            | R::CaseIgnoreIa5Substrings
            | R::CaseExactIa5Substrings
            | R::CaseIgnoreListSubstrings
            | R::NumericStringSubstrings
            | R::TelephoneNumberSubstrings
            | R::OctetStringSubstrings
            | R::Keyword
            | R::Word,
        ) => Some(RuleFault::NotForValues),
        Some(_) => None,
    }
}

/// The word after a `:`.
fn word(i: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|b: u8| is_description_byte(b) && b != b';')(i)
}

/// `assertionvalue`: bytes that are not UTF-8 are F-3.
fn assertionvalue(i: &[u8]) -> Parsed<'_, Vec<u8>> {
    let mut value = Vec::new();
    let mut rest = i;
    loop {
        let (after, normal) = take_while(|b| !matches!(b, 0 | b'(' | b')' | b'*' | b'\\'))(rest)?;
        value.extend_from_slice(normal);
        let Some(escaped) = after.strip_prefix(b"\\") else { return Ok((after, value)) };
        let digits = escaped.split_at_checked(2).and_then(|(digits, rest)| {
            let text = std::str::from_utf8(digits).ok()?;
            let digit = text.bytes().all(|b| b.is_ascii_hexdigit());
            Some((u8::from_str_radix(text, 16).ok().filter(|_| digit)?, rest))
        });
        let Some((byte, after)) = digits else { return fail(escaped, Expected::EscapeOfFilter) };
        value.push(byte);
        rest = after;
    }
}

/// Spaces and line ends between filters: F-2.
fn spaces(i: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|b: u8| b.is_ascii_whitespace())(i)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> String {
        Filter::parse(text.as_bytes()).map_or_else(|e| e.kind.to_string(), |f| f.to_string())
    }

    #[test]
    fn filters_are_printed_in_one_spelling() {
        for (text, expected) in [
            ("(cn=Babs Jensen)", "(cn=Babs Jensen)"),
            ("uid=a", "(uid=a)"),
            ("uid=a*", "(uid=a*)"),
            (" ( & (a=b) \n ( | (c=d)(e=f) ) ) ", "(&(a=b)(|(c=d)(e=f)))"),
            ("(!(cn=Tim Howes))", "(!(cn=Tim Howes))"),
            ("(o=univ*of*mich*)", "(o=univ*of*mich*)"),
            ("(o=*a*)", "(o=*a*)"),
            ("(o=**a)", "(o=*a)"),
            ("(o=*)", "(o=*)"),
            ("(o=**)", "(o=*)"),
            ("(seeAlso=)", "(seeAlso=)"),
            ("(cn:caseExactMatch:=Fred)", "(cn:caseExactMatch:=Fred)"),
            ("(cn:=Betty)", "(cn:=Betty)"),
            ("(sn:dn:2.5.13.5:=Barney)", "(sn:dn:2.5.13.5:=Barney)"),
            ("(o:DN:=Ace)", "(o:dn:=Ace)"),
            ("(:2.5.13.5:=Dino)", "(:2.5.13.5:=Dino)"),
            ("(:dn:2.5.13.5:=Dino)", "(:dn:2.5.13.5:=Dino)"),
            ("(a:1.2.840.113556.1.4.803:=2)", "(a:1.2.840.113556.1.4.803:=2)"),
            ("(o=Parens \\28R\\29)", "(o=Parens \\28R\\29)"),
            ("(cn=*\\2A*)", "(cn=*\\2a*)"),
            ("(bin=\\00\\00\\04)", "(bin=\\00\\00\\04)"),
            ("(sn=Lu\\c4\\8di\\c4\\87)", "(sn=Lučić)"),
            ("(cn;lang-de>=a)", "(cn;lang-de>=a)"),
            ("(a~=b)", "(a~=b)"),
            ("(a<=b=c)", "(a<=b=c)"),
            ("(&)", "(&)"),
            ("( | )", "(|)"),
        ] {
            assert_eq!(printed(text), expected, "{text}");
            assert_eq!(printed(expected), expected, "again: {expected}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused_with_its_reason() {
        for (text, expected) in [
            ("", "expected `(` to begin a filter, but found the end of the line"),
            (
                "(",
                "expected `&`, `|`, `!` or an attribute after `(`, but found the end of the line",
            ),
            ("((cn=a))", "expected `&`, `|`, `!` or an attribute after `(`, but found `(`"),
            ("(cn)", "expected `=`, `>=`, `<=`, `~=` or `:=` after the attribute, but found `)`"),
            ("(cn>a)", "expected `=`, `>=`, `<=`, `~=` or `:=` after the attribute, but found `>`"),
            ("(cn=a", "expected `)` at the end of a filter, but found the end of the line"),
            ("(cn=a(b))", "expected `)` at the end of a filter, but found `(`"),
            ("(cn>=a*)", "expected `)` at the end of a filter, but found `*`"),
            ("(cn=a))", "expected nothing after the filter, but found `)`"),
            ("(cn=a)(cn=b)", "expected nothing after the filter, but found `(`"),
            ("(!cn=a)", "expected `(` to begin a filter, but found `cn`"),
            ("(cn=\\2)", "expected two hex digits after `\\` in a filter, but found `2`"),
            ("(cn=\\+1)", "expected two hex digits after `\\` in a filter, but found `+`"),
            ("(:dn:=a)", "expected a matching rule and `:=`, but found `:`"),
            ("(cn:noMatch:=a)", "expected a known matching rule, but found `noMatch`"),
            (
                "(memberOf:1.2.840.113556.1.4.1941:=cn=g)",
                "expected a matching rule that needs one entry alone, but found \
                 `1.2.840.113556.1.4.1941`",
            ),
        ] {
            assert_eq!(printed(text), expected, "{text}");
        }
    }

    #[test]
    fn filters_stand_inside_each_other_up_to_a_limit() {
        let nested = |depth: usize| "(!".repeat(depth - 1) + "(a=b)" + &")".repeat(depth - 1);
        assert_eq!(printed(&nested(MAX_DEPTH)), nested(MAX_DEPTH));
        let expected = "expected at most 100 filters inside each other, but found more";
        assert_eq!(printed(&nested(MAX_DEPTH + 1)), expected);
        assert_eq!(printed(&"(!".repeat(1_000_000)), expected);
    }
}
