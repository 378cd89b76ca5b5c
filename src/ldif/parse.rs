//! One record's logical text to a borrowed tree: RFC 2849's grammar with RFC 4525's `increment`.
//!
//! One function a rule, in the order of the RFC, on complete text. Knows nothing of
//! files, folds, encodings or options; the rules that a grammar cannot say are in `decode`.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_till, take_while, take_while1};
use nom::combinator::{opt, recognize, value};
use nom::multi::many0_count;
use nom::sequence::{preceded, terminated};

use crate::attribute::{is_description_byte, same};
use crate::change::ModOp;
use crate::error::{Expected, Fault, Parsed, Stuck, fail, fault_of};

/// A record as it is written.
#[derive(Debug, PartialEq, Eq)]
pub struct RawRecord<'a> {
    /// The name, not yet read as a DN.
    pub dn: RawValue<'a>,
    /// What follows it.
    pub body: RawBody<'a>,
}

/// What follows the name.
#[derive(Debug, PartialEq, Eq)]
pub enum RawBody<'a> {
    /// `ldif-attrval-record`
    Content(Vec<RawAttrVal<'a>>),
    /// `ldif-change-record`
    Change(Vec<RawControl<'a>>, RawChange<'a>),
}

/// `attrval-spec`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawAttrVal<'a> {
    /// The attribute description as written.
    pub description: &'a [u8],
    /// The value as written.
    pub value: RawValue<'a>,
}

/// `value-spec`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawValue<'a> {
    /// After `:`, as it is.
    Plain(&'a [u8]),
    /// After `::`, base64.
    Base64(&'a [u8]),
    /// After `:<`, a URL.
    Url(&'a [u8]),
}

impl<'a> RawValue<'a> {
    /// The text after the colons.
    pub fn text(self) -> &'a [u8] {
        match self {
            RawValue::Plain(text) | RawValue::Base64(text) | RawValue::Url(text) => text,
        }
    }
}

/// `control`
#[derive(Debug, PartialEq, Eq)]
pub struct RawControl<'a> {
    /// The OID.
    pub oid: &'a [u8],
    /// `true` or `false`, false where neither is given.
    pub criticality: bool,
    /// The value, where there is one.
    pub value: Option<RawValue<'a>>,
}

/// `changerecord`
#[derive(Debug, PartialEq, Eq)]
pub enum RawChange<'a> {
    /// `change-add`, and whether a `-` follows (deviation D-10).
    Add(Vec<RawAttrVal<'a>>, Option<&'a [u8]>),
    /// `change-delete`
    Delete,
    /// `change-modify`
    Modify(Vec<RawMod<'a>>),
    /// `change-moddn`
    ModifyDn {
        /// `newrdn`
        newrdn: RawValue<'a>,
        /// `deleteoldrdn`, as written: `0`, `1`, or a word (deviation D-14).
        deleteoldrdn: &'a [u8],
        /// `newsuperior`
        newsuperior: Option<RawValue<'a>>,
    },
}

/// `mod-spec`
#[derive(Debug, PartialEq, Eq)]
pub struct RawMod<'a> {
    /// `add`, `delete`, `replace` or `increment`; none for a `-` that ends nothing (D-10).
    pub op: Option<ModOp>,
    /// The attribute it names.
    pub description: &'a [u8],
    /// Its values.
    pub values: Vec<RawAttrVal<'a>>,
    /// Whether its final `-` is there (deviation D-9 where it is not).
    pub ended: bool,
}

/// Reads one record's logical text.
pub fn parse(text: &[u8]) -> Result<RawRecord<'_>, Fault> {
    let read = ldif_record(text).map_err(|e| fault_of(e, text, Expected::AttributeLine));
    read.map(|(_, record)| record)
}

/// A parser whose failure at its first byte means `expected`.
fn or_expected<'a, T>(
    mut parser: impl Parser<&'a [u8], Output = T, Error = Stuck<'a>>,
    expected: Expected,
) -> impl FnMut(&'a [u8]) -> Parsed<'a, T> {
    move |i| match parser.parse(i) {
        Err(nom::Err::Error(_)) => fail(i, expected),
        other => other,
    }
}

/// `ldif-attrval-record / ldif-change-record`: a change record is one whose second line is
/// `control:` or `changetype:`.
fn ldif_record(i: &[u8]) -> Parsed<'_, RawRecord<'_>> {
    let (i, dn) = dn_spec(i)?;
    let (i, body) = if keyword(b"control")(i).is_ok() || keyword(b"changetype")(i).is_ok() {
        ldif_change_record(i)?
    } else {
        ldif_attrval_record(i)?
    };
    Ok((i, RawRecord { dn, body }))
}

/// `ldif-attrval-record = dn-spec SEP 1*attrval-spec`; without attributes it is deviation D-17.
fn ldif_attrval_record(i: &[u8]) -> Parsed<'_, RawBody<'_>> {
    let (i, attributes) = attrval_specs(i)?;
    Ok((i, RawBody::Content(attributes)))
}

/// `ldif-change-record = dn-spec SEP *control changerecord`
fn ldif_change_record(mut i: &[u8]) -> Parsed<'_, RawBody<'_>> {
    let mut controls = Vec::new();
    while let Ok((rest, _)) = keyword(b"control")(i) {
        let (rest, one) = control(rest)?;
        controls.push(one);
        i = rest;
    }
    let (i, change) = changerecord(i)?;
    Ok((i, RawBody::Change(controls, change)))
}

/// `dn-spec = "dn:" (FILL distinguishedName / ":" FILL base64-distinguishedName)`
fn dn_spec(i: &[u8]) -> Parsed<'_, RawValue<'_>> {
    let (rest, _) = or_expected(keyword(b"dn"), Expected::DnLine)(i)?;
    name_value(rest)
}

/// A DN or RDN after its keyword's colon: plain or base64, never a URL.
fn name_value(i: &[u8]) -> Parsed<'_, RawValue<'_>> {
    match value_spec(i)? {
        (_, RawValue::Url(_)) => fail(i, Expected::NameNotUrl),
        parsed => Ok(parsed),
    }
}

/// `control = "control:" FILL ldap-oid 0*1(1*SPACE ("true" / "false")) 0*1(value-spec) SEP`
fn control(i: &[u8]) -> Parsed<'_, RawControl<'_>> {
    let (i, _) = fill(i)?;
    let (i, oid) = or_expected(ldap_oid, Expected::ControlOid)(i)?;
    let critical = alt((value(true, tag_no_case("true")), value(false, tag_no_case("false"))));
    let (i, criticality) = opt(preceded(take_while1(|b| b == b' '), critical)).parse(i)?;
    let (i, _) = fill(i)?;
    let (i, value) = match i.first() {
        Some(b':') => {
            let (rest, value) = value_spec(&i[1..])?;
            (rest, Some(value))
        }
        _ => (or_expected(sep, Expected::ControlCriticality)(i)?.0, None),
    };
    Ok((i, RawControl { oid, criticality: criticality.unwrap_or(false), value }))
}

/// `ldap-oid = 1*DIGIT *( "." 1*DIGIT )`: RFC 2849 prints one dot at most; RFC 4512 is meant.
fn ldap_oid(i: &[u8]) -> Parsed<'_, &[u8]> {
    let number = |i| take_while1(|b: u8| b.is_ascii_digit())(i);
    let dot = nom::bytes::complete::tag(&b"."[..]);
    recognize((number, many0_count((dot, number)))).parse(i)
}

/// `attrval-spec = AttributeDescription value-spec SEP`
///
/// `dn` is no attribute: a record that seems to have one has swallowed the next.
fn attrval_spec(i: &[u8]) -> Parsed<'_, RawAttrVal<'_>> {
    let (rest, description) = or_expected(attribute_description, Expected::AttributeLine)(i)?;
    if description.eq_ignore_ascii_case(b"dn") {
        return fail(i, Expected::EmptyLine);
    }
    let Some((b':', rest)) = rest.split_first() else {
        return fail(rest, Expected::Colon);
    };
    let (rest, value) = value_spec(rest)?;
    Ok((rest, RawAttrVal { description, value }))
}

/// `*attrval-spec` up to the end of the record.
fn attrval_specs(mut i: &[u8]) -> Parsed<'_, Vec<RawAttrVal<'_>>> {
    let mut specs = Vec::new();
    while !i.is_empty() {
        let (rest, spec) = attrval_spec(i)?;
        specs.push(spec);
        i = rest;
    }
    Ok((i, specs))
}

/// `value-spec = ":" ( FILL 0*1(SAFE-STRING) / ":" FILL (BASE64-STRING) / "<" FILL url )` and its
/// SEP; the first colon is behind us.
///
/// Which bytes are safe is looked at in `deviation`: what is not is accepted under a number.
fn value_spec(i: &[u8]) -> Parsed<'_, RawValue<'_>> {
    let (wrap, i): (fn(_) -> _, _) = match i.first() {
        Some(b':') => (RawValue::Base64, &i[1..]),
        Some(b'<') => (RawValue::Url, &i[1..]),
        _ => (RawValue::Plain, i),
    };
    let (i, _) = fill(i)?;
    let (i, text) = terminated(take_till(|b| b == b'\n'), sep).parse(i)?;
    Ok((i, wrap(text)))
}

/// `AttributeDescription = AttributeType [";" options]`
///
/// A type is a name or an OID; an option is not empty. `_` is deviation D-12.
fn attribute_description(i: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, description) = take_while1(is_description_byte)(i)?;
    if !is_well_formed(description) {
        return fail(i, Expected::AttributeDescription);
    }
    if rest.first() == Some(&b'=') && description.to_ascii_lowercase().ends_with(b";range") {
        return fail(i, Expected::WholeAttribute);
    }
    Ok((rest, description))
}

/// Whether the parts of a description are each well-formed.
fn is_well_formed(description: &[u8]) -> bool {
    let mut parts = description.split(|&b| b == b';');
    let kind = parts.next().unwrap_or_default();
    let type_is_fine = match kind.first() {
        Some(b) if b.is_ascii_alphabetic() => memchr::memchr(b'.', kind).is_none(),
        Some(b) if b.is_ascii_digit() => ldap_oid(kind).is_ok_and(|(rest, _)| rest.is_empty()),
        _ => false,
    };
    type_is_fine && parts.all(|option| !option.is_empty() && memchr::memchr(b'.', option).is_none())
}

/// `changerecord = "changetype:" FILL (change-add / change-delete / change-modify / change-moddn)`
fn changerecord(i: &[u8]) -> Parsed<'_, RawChange<'_>> {
    let (rest, _) = or_expected(keyword(b"changetype"), Expected::ChangeTypeLine)(i)?;
    let (word_at, _) = fill(rest)?;
    let (i, word) = word_line(word_at)?;
    match word.to_ascii_lowercase().as_slice() {
        b"add" => change_add(i),
        b"delete" => change_delete(i),
        b"modify" => change_modify(i),
        b"modrdn" | b"moddn" => change_moddn(i),
        _ => fail(word_at, Expected::ChangeType),
    }
}

/// `change-add = "add" SEP 1*attrval-spec`
fn change_add(mut i: &[u8]) -> Parsed<'_, RawChange<'_>> {
    if i.is_empty() {
        return fail(i, Expected::AttributesOfAdd);
    }
    let mut specs = Vec::new();
    while !i.is_empty() {
        if let Ok((b"", _)) = dash(i) {
            return Ok((b"", RawChange::Add(specs, Some(i))));
        }
        let (rest, spec) = attrval_spec(i)?;
        specs.push(spec);
        i = rest;
    }
    Ok((i, RawChange::Add(specs, None)))
}

/// `change-delete = "delete" SEP`
fn change_delete(i: &[u8]) -> Parsed<'_, RawChange<'_>> {
    if i.is_empty() { Ok((i, RawChange::Delete)) } else { fail(i, Expected::EndOfDelete) }
}

/// `change-modify = "modify" SEP *mod-spec`
fn change_modify(mut i: &[u8]) -> Parsed<'_, RawChange<'_>> {
    let mut mods = Vec::new();
    while !i.is_empty() {
        let (rest, one) = mod_spec(i)?;
        mods.push(one);
        i = rest;
    }
    Ok((i, RawChange::Modify(mods)))
}

/// `mod-spec = ("add:" / "delete:" / "replace:" / "increment:") FILL AttributeDescription SEP
/// *attrval-spec "-" SEP`
///
/// RFC 2849 does not say that the values repeat the attribute; they must (S-1), or a missing `-`
/// would swallow the modification after it.
fn mod_spec(i: &[u8]) -> Parsed<'_, RawMod<'_>> {
    if let Ok((rest, _)) = dash(i) {
        return Ok((rest, RawMod { op: None, description: i, values: Vec::new(), ended: true }));
    }
    let (rest, op) = or_expected(mod_op, Expected::ModOp)(i)?;
    let (at, _) = fill(rest)?;
    let (rest, description) = or_expected(attribute_description, Expected::ModAttribute)(at)?;
    let (rest, _) = take_while(|b| b == b' ')(rest)?;
    let (mut rest, _) = or_expected(sep, Expected::ModAttribute)(rest)?;
    let mut values = Vec::new();
    loop {
        if let Ok((after, _)) = dash(rest) {
            return Ok((after, RawMod { op: Some(op), description, values, ended: true }));
        }
        if rest.is_empty() {
            return Ok((rest, RawMod { op: Some(op), description, values, ended: false }));
        }
        let (after, spec) = attrval_spec(rest)?;
        if !same(spec.description, description) {
            return fail(rest, Expected::DashOrValue);
        }
        values.push(spec);
        rest = after;
    }
}

/// The keyword of a `mod-spec` and its colon.
fn mod_op(i: &[u8]) -> Parsed<'_, ModOp> {
    alt((
        value(ModOp::Add, keyword(b"add")),
        value(ModOp::Delete, keyword(b"delete")),
        value(ModOp::Replace, keyword(b"replace")),
        value(ModOp::Increment, keyword(b"increment")),
    ))
    .parse(i)
}

/// `change-moddn = ("modrdn" / "moddn") SEP "newrdn:" … SEP "deleteoldrdn:" … SEP 0*1("newsuperior:" … SEP)`
fn change_moddn(i: &[u8]) -> Parsed<'_, RawChange<'_>> {
    let (i, _) = or_expected(keyword(b"newrdn"), Expected::NewRdnLine)(i)?;
    let (i, newrdn) = name_value(i)?;
    let (i, _) = or_expected(keyword(b"deleteoldrdn"), Expected::DeleteOldRdnLine)(i)?;
    let (word_at, _) = fill(i)?;
    let (i, deleteoldrdn) = word_line(word_at)?;
    if !matches!(deleteoldrdn.to_ascii_lowercase().as_slice(), b"0" | b"1" | b"true" | b"false") {
        return fail(word_at, Expected::DeleteOldRdn);
    }
    let (i, newsuperior) = match keyword(b"newsuperior")(i) {
        Ok((rest, _)) => {
            let (rest, name) = name_value(rest)?;
            (rest, Some(name))
        }
        Err(_) => (i, None),
    };
    if !i.is_empty() {
        return fail(i, Expected::EndOfModDn);
    }
    Ok((i, RawChange::ModifyDn { newrdn, deleteoldrdn, newsuperior }))
}

/// A word alone on the rest of its line, blanks after it left out (deviation D-19).
fn word_line(i: &[u8]) -> Parsed<'_, &[u8]> {
    let (i, word) = terminated(take_till(|b| b == b'\n'), sep).parse(i)?;
    Ok((i, word.trim_ascii_end()))
}

/// A line that holds only `-`.
fn dash(i: &[u8]) -> Parsed<'_, &[u8]> {
    let blank = take_while(|b| b == b' ');
    terminated(nom::bytes::complete::tag(&b"-"[..]), (blank, sep)).parse(i)
}

/// A keyword, in any case (RFC 5234 section 2.3), and its colon.
fn keyword<'a>(word: &'static [u8]) -> impl Fn(&'a [u8]) -> Parsed<'a, &'a [u8]> {
    move |i| terminated(tag_no_case(word), nom::bytes::complete::tag(&b":"[..])).parse(i)
}

/// `FILL = *SPACE`
fn fill(i: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|b| b == b' ')(i)
}

/// `SEP`, or the end of the record.
fn sep(i: &[u8]) -> Parsed<'_, &[u8]> {
    if i.is_empty() { Ok((i, i)) } else { nom::bytes::complete::tag(&b"\n"[..])(i) }
}
