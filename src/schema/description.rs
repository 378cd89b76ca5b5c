//! Definitions as text (RFC 4512 section 4.1): `( 2.5.4.3 NAME 'cn' SUP name )`.
//!
//! Syntax only, and one grammar for attribute types and object classes: an OID, then keywords with
//! their values. It is wider than the RFC's: servers change the order of keywords, quote OIDs,
//! and add keywords of their own. Knows nothing of which keyword means what.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::recognize;
use nom::multi::many0;
use nom::sequence::{delimited, preceded};

use crate::error::{Expected, Fault, Parsed, Stuck, fail, fault_of};

/// A definition: its OID, and its keywords with their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Description<'a> {
    /// As written: a numeric OID, or with a macro of OpenLDAP's (`core:1`).
    pub(super) oid: &'a [u8],
    fields: Vec<Field<'a>>,
}

/// A keyword and its values; none for a flag such as `SINGLE-VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field<'a> {
    keyword: &'a [u8],
    values: Vec<&'a [u8]>,
}

impl<'a> Description<'a> {
    /// Reads a definition.
    pub(super) fn parse(text: &'a [u8]) -> Result<Description<'a>, Fault> {
        match description(text) {
            Ok((b"", description)) => Ok(description),
            Ok((rest, _)) => Err(Fault::expected(Expected::EndOfDefinition, text, rest)),
            Err(error) => Err(fault_of(error, text, Expected::KeywordOfDefinition)),
        }
    }

    /// The values of a keyword; none where it is missing.
    pub(super) fn values(&self, keyword: &str) -> &[&'a [u8]] {
        self.field(keyword).map_or(&[], |field| &field.values)
    }

    /// The only value of a keyword.
    pub(super) fn value(&self, keyword: &str) -> Option<&'a [u8]> {
        self.values(keyword).first().copied()
    }

    /// Whether a keyword is there.
    pub(super) fn has(&self, keyword: &str) -> bool {
        self.field(keyword).is_some()
    }

    fn field(&self, keyword: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|f| f.keyword.eq_ignore_ascii_case(keyword.as_bytes()))
    }
}

/// Commits to a rule: if `result` is no match, only `expected` would have done.
fn or_fail<'a, T>(result: Parsed<'a, T>, i: &'a [u8], expected: Expected) -> Parsed<'a, T> {
    match result {
        Err(nom::Err::Error(_)) => fail(i, expected),
        other => other,
    }
}

/// `AttributeTypeDescription`, `ObjectClassDescription = LPAREN WSP numericoid *( SP field ) WSP
/// RPAREN`, blanks around it.
fn description(i: &[u8]) -> Parsed<'_, Description<'_>> {
    let (i, _) = wsp(i)?;
    let (i, _) = or_fail(tag("(")(i), i, Expected::OpeningParenthesis)?;
    let (i, _) = wsp(i)?;
    let (i, oid) = or_fail(qdescr(i).or_else(|_| oid(i)), i, Expected::OidOfDefinition)?;
    let (i, fields) = many0(preceded(wsp, field)).parse(i)?;
    let (i, _) = wsp(i)?;
    let (i, _) = or_fail(tag(")")(i), i, Expected::KeywordOfDefinition)?;
    let (i, _) = wsp(i)?;
    Ok((i, Description { oid, fields }))
}

/// A keyword and what it takes: `qdescrs`, `qdstring`, `oid`, `oids`, `noidlen` or nothing.
fn field(i: &[u8]) -> Parsed<'_, Field<'_>> {
    let (i, keyword) = keyword(i)?;
    if is_flag(keyword) {
        return Ok((i, Field { keyword, values: Vec::new() }));
    }
    let (i, _) = wsp(i)?;
    let (i, values) = or_fail(values(i), i, Expected::ValueOfKeyword)?;
    Ok((i, Field { keyword, values }))
}

/// The keywords that take no value (RFC 4512 sections 4.1.1, 4.1.2).
fn is_flag(keyword: &[u8]) -> bool {
    const FLAGS: [&str; 7] = [
        "OBSOLETE",
        "ABSTRACT",
        "STRUCTURAL",
        "AUXILIARY",
        "SINGLE-VALUE",
        "COLLECTIVE",
        "NO-USER-MODIFICATION",
    ];
    FLAGS.iter().any(|flag| keyword.eq_ignore_ascii_case(flag.as_bytes()))
}

/// `NAME`, `X-ORDERED`, …: `xstring = "X" HYPHEN 1*( ALPHA / HYPHEN / USCORE )` and the words.
fn keyword(i: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))(i)
}

/// `oids = oid / ( LPAREN WSP oidlist WSP RPAREN )`, and likewise `qdescrs` and `qdstrings`.
fn values(i: &[u8]) -> Parsed<'_, Vec<&[u8]>> {
    if let Ok((after, _)) = tag::<_, _, Stuck<'_>>("(")(i) {
        let (rest, values) = many0(preceded(separators, value)).parse(after)?;
        let (rest, _) = separators(rest)?;
        let (rest, _) = or_fail(tag(")")(rest), rest, Expected::ClosingParenthesis)?;
        return Ok((rest, values));
    }
    let (rest, value) = value(i)?;
    Ok((rest, vec![value]))
}

fn value(i: &[u8]) -> Parsed<'_, &[u8]> {
    alt((qdescr, oid)).parse(i)
}

/// `qdescr = SQUOTE descr SQUOTE`, `qdstring = SQUOTE dstring SQUOTE`; in the latter a quote is
/// written `\27`. The escapes stay as they are: only DESC has them, and nobody reads it.
fn qdescr(i: &[u8]) -> Parsed<'_, &[u8]> {
    delimited(tag("'"), take_while(|b| b != b'\''), tag("'")).parse(i)
}

/// `oid = descr / numericoid`, `noidlen = numericoid [ LCURLY len RCURLY ]`, and macros (`core:1`).
fn oid(i: &[u8]) -> Parsed<'_, &[u8]> {
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b';');
    let length = (tag("{"), take_while(|b: u8| b.is_ascii_digit()), tag("}"));
    let (rest, oid) = take_while1(name)(i)?;
    let (rest, _) = nom::combinator::opt(recognize(length)).parse(rest)?;
    Ok((rest, oid))
}

/// `WSP`, and the line ends of OpenLDAP's files.
fn wsp(i: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|b: u8| b.is_ascii_whitespace())(i)
}

/// `WSP DOLLAR WSP`; some servers leave the dollar out.
fn separators(i: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|b: u8| b.is_ascii_whitespace() || b == b'$')(i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_read_in_any_order_of_keywords() {
        let text = "( 1.2.3 DESC 'it is' NAME ( 'a' 'b' ) SINGLE-VALUE SYNTAX 1.5{12}
            X-ORDERED 'VALUES' SUP x )";
        let read = Description::parse(text.as_bytes()).unwrap();
        assert_eq!(read.oid, b"1.2.3");
        assert_eq!(read.values("NAME"), [b"a", b"b"]);
        assert_eq!(read.value("SYNTAX"), Some(b"1.5".as_slice()));
        assert_eq!(read.value("x-ordered"), Some(b"VALUES".as_slice()));
        assert!(read.has("SINGLE-VALUE") && !read.has("COLLECTIVE"));
    }

    #[test]
    fn what_is_no_definition_is_refused_with_its_reason() {
        for (text, expected) in [
            ("", "expected `(` to begin a definition, but found the end of the line"),
            ("1.2.3 NAME 'a'", "expected `(` to begin a definition, but found `1`"),
            ("( 'a )", "expected an OID after `(`, but found `'`"),
            ("( 1.2.3 NAME )", "expected a value after the keyword of a definition, but found `)`"),
            ("( 1.2.3 NAME ( 'a' 'b'", "expected `)` after a list, but found the end of the line"),
            (
                "( 1.2.3 NAME 'a'",
                "expected a keyword such as NAME or `)`, but found the end of the line",
            ),
            ("( 1.2.3 ) )", "expected nothing after the `)` of a definition, but found `)`"),
        ] {
            let fault = Description::parse(text.as_bytes()).unwrap_err();
            assert_eq!(fault.kind.to_string(), expected, "{text}");
        }
    }
}
