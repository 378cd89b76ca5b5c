//! One record's logical text to a borrowed tree: RFC 2849's grammar with RFC 4525's `increment`.
//!
//! One function a rule of `grammar/ldif.abnf`, under its name and in its order, on complete text.
//! Knows nothing of files, folds, encodings or options; what a value may hold is looked at in
//! `decode`, and in `deviation` under a number.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_till, take_while, take_while_m_n, take_while1};
use nom::combinator::{not, opt, peek, recognize, value};
use nom::multi::many0_count;
use nom::sequence::{preceded, terminated};

use crate::attribute::{is_description_byte, is_key_byte, same, without_replica_state};
use crate::change::ModOp;
use crate::error::{Expected, Fault, Parsed, Stuck, fail, fault_of};
use crate::ldif::unfold::line_end;

/// What a control begins with.
const CONTROL: &[u8] = b"control";

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

impl<'a> RawAttrVal<'a> {
    /// Whether it is no attribute, but a control that a server wrote into an entry (D-23).
    pub fn is_entry_control(&self) -> bool {
        // No description of an attribute has a colon.
        self.description.get(CONTROL.len()) == Some(&b':')
    }

    /// The description under which an entry has the value; `None` where it has it not: it is a control, or
    /// was deleted and is kept for other replicas.
    pub fn held_under(&self) -> Option<&'a [u8]> {
        without_replica_state(self.description).filter(|_| !self.is_entry_control())
    }
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
    /// `change-add`, and the `-` that follows (deviation D-10).
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
    /// Its final `-`, with the blanks after it (deviation D-9 where it is not there).
    pub end: Option<&'a [u8]>,
}

/// Reads one record's logical text.
pub fn parse(text: &[u8]) -> Result<RawRecord<'_>, Fault> {
    let read = ldif_record(text).map_err(|e| fault_of(e, text, Expected::AttributeLine));
    read.map(|(_, record)| record)
}

/// Reads the name and some lines of a record that is known to be content: the first of them is no second
/// line of the record, so that `changetype` is an attribute there (S-7).
pub fn parse_lines(text: &[u8]) -> Result<RawRecord<'_>, Fault> {
    let lines = |i| {
        let (i, dn) = dn_spec(i)?;
        ldif_attrval_record(i).map(|(i, body)| (i, RawRecord { dn, body }))
    };
    let read = lines(text).map_err(|e| fault_of(e, text, Expected::AttributeLine));
    read.map(|(_, record)| record)
}

/// Whether a byte is one of the blanks that are let pass where the standard has none.
pub fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// A text without the blanks at its end.
pub fn without_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().rev().take_while(|b| is_blank(**b)).count();
    &text[..text.len() - blanks]
}

/// A parser whose failure at its first byte means `expected`.
#[inline]
fn or_expected<'a, T>(
    mut parser: impl Parser<&'a [u8], Output = T, Error = Stuck<'a>>,
    expected: Expected,
) -> impl FnMut(&'a [u8]) -> Parsed<'a, T> {
    #[inline]
    move |i| match parser.parse(i) {
        Err(nom::Err::Error(_)) => fail(i, expected),
        other => other,
    }
}

/// A keyword, in any case (RFC 5234 section 2.3), and its colon.
fn keyword<'a>(word: &'static [u8]) -> impl Fn(&'a [u8]) -> Parsed<'a, &'a [u8]> {
    move |i| terminated(tag_no_case(word), tag(&b":"[..])).parse(i)
}

/// `ldif-record`: a change record is one whose second line is `control:` or `changetype:` (S-7), but for
/// controls that a server writes into entries.
fn ldif_record(i: &[u8]) -> Parsed<'_, RawRecord<'_>> {
    let (i, dn) = dn_spec(i)?;
    let begins = |word, i| keyword(word)(i).is_ok();
    let after = many0_count(entry_control).parse(i).map_or(i, |(rest, _)| rest);
    let is_change = begins(CONTROL, after) || begins(b"changetype", after);
    let (i, body) = if is_change || after.is_empty() && !i.is_empty() {
        ldif_change_record(i)?
    } else {
        ldif_attrval_record(i)?
    };
    Ok((i, RawRecord { dn, body }))
}

/// `ldif-attrval-record`, its `dn-spec` behind us; without attributes it is deviation D-17.
fn ldif_attrval_record(mut i: &[u8]) -> Parsed<'_, RawBody<'_>> {
    let mut attributes = Vec::new();
    while let Ok((rest, one)) = entry_control(i) {
        attributes.push(one);
        i = rest;
    }
    let (i, more) = attrval_specs(i)?;
    match attributes.is_empty() {
        true => attributes = more,
        false => attributes.extend(more),
    }
    Ok((i, RawBody::Content(attributes)))
}

/// `entry-control`: by which IBM's `db2ldif` tells who made an entry and when, deviation D-23. Its
/// description is all that stands before the value, so that it is taken for no attribute.
fn entry_control(i: &[u8]) -> Parsed<'_, RawAttrVal<'_>> {
    let critical = (take_while1(|b| b == b' '), alt((tag_no_case("true"), tag_no_case("false"))));
    let oid = tag(&b"1.3.18.0.2.10.19"[..]);
    let described = (keyword(CONTROL), fill, oid, opt(critical));
    let (rest, description) = recognize(described).parse(i)?;
    let (rest, _) = peek(tag(&b"::"[..])).parse(rest)?;
    let (rest, value) = terminated(value_spec, sep).parse(rest)?;
    Ok((rest, RawAttrVal { description, value }))
}

/// `ldif-change-record`, its `dn-spec` behind us.
fn ldif_change_record(mut i: &[u8]) -> Parsed<'_, RawBody<'_>> {
    let mut controls = Vec::new();
    while keyword(CONTROL)(i).is_ok() {
        let (rest, one) = control(i)?;
        controls.push(one);
        i = rest;
    }
    let (i, change) = changerecord(i)?;
    Ok((i, RawBody::Change(controls, change)))
}

/// `dn-spec`
fn dn_spec(i: &[u8]) -> Parsed<'_, RawValue<'_>> {
    let (i, _) = or_expected(keyword(b"dn"), Expected::DnLine)(i)?;
    name_spec(i)
}

/// `name-spec`: a name after its keyword, plain or base64, never a URL.
fn name_spec(i: &[u8]) -> Parsed<'_, RawValue<'_>> {
    match typed_text(i)? {
        (_, RawValue::Url(_)) => fail(i, Expected::NameNotUrl),
        (rest, name) => sep(rest).map(|(rest, _)| (rest, name)),
    }
}

/// `control`
fn control(i: &[u8]) -> Parsed<'_, RawControl<'_>> {
    let (i, _) = keyword(CONTROL)(i)?;
    let (i, _) = fill(i)?;
    let (i, oid) = or_expected(ldap_oid, Expected::ControlOid)(i)?;
    let critical = alt((value(true, tag_no_case("true")), value(false, tag_no_case("false"))));
    let (i, criticality) = opt(preceded(take_while1(|b| b == b' '), critical)).parse(i)?;
    let (i, value) = match i.first() {
        Some(b':') => {
            let (rest, value) = terminated(value_spec, sep).parse(i)?;
            (rest, Some(value))
        }
        _ => (word_end(Expected::ControlCriticality)(i)?.0, None),
    };
    Ok((i, RawControl { oid, criticality: criticality.unwrap_or(false), value }))
}

/// `ldap-oid`: RFC 2849 prints one dot at most; RFC 4512 is meant.
fn ldap_oid(i: &[u8]) -> Parsed<'_, &[u8]> {
    let number = |i| take_while1(|b: u8| b.is_ascii_digit())(i);
    recognize((number, many0_count((tag(&b"."[..]), number)))).parse(i)
}

/// `attrval-spec`: `dn` is no attribute (S-6): a record that seems to have one has swallowed the
/// next.
fn attrval_spec(i: &[u8]) -> Parsed<'_, RawAttrVal<'_>> {
    let (rest, description) = or_expected(attribute_description, Expected::AttributeLine)(i)?;
    if description.eq_ignore_ascii_case(b"dn") {
        return fail(i, Expected::EmptyLine);
    }
    let (rest, value) = terminated(value_spec, sep).parse(rest)?;
    Ok((rest, RawAttrVal { description, value }))
}

/// `*attrval-spec` up to the end of the record.
fn attrval_specs(mut i: &[u8]) -> Parsed<'_, Vec<RawAttrVal<'_>>> {
    let mut specs = Vec::with_capacity(memchr::memchr_iter(b'\n', i).count() + 1);
    while !i.is_empty() {
        let (rest, spec) = attrval_spec(i)?;
        specs.push(spec);
        i = rest;
    }
    Ok((i, specs))
}

/// `value-spec`
fn value_spec(i: &[u8]) -> Parsed<'_, RawValue<'_>> {
    match i.split_first() {
        Some((b':', rest)) => typed_text(rest),
        _ => fail(i, Expected::Colon),
    }
}

/// What follows the first colon: its kind, and the rest of the line whatever it holds.
fn typed_text(i: &[u8]) -> Parsed<'_, RawValue<'_>> {
    let (wrap, i): (fn(_) -> _, _) = match i.first() {
        Some(b':') => (RawValue::Base64, &i[1..]),
        Some(b'<') => (RawValue::Url, &i[1..]),
        _ => (RawValue::Plain, i),
    };
    let (i, _) = fill(i)?;
    let end = line_end(i);
    let text = i[..end].strip_suffix(b"\n").unwrap_or(&i[..end]);
    Ok((&i[text.len()..], wrap(text)))
}

/// `AttributeDescription`: nothing that could be a part of one may follow it.
///
/// Most are a `keystring` and a colon, which are seen at once.
fn attribute_description(i: &[u8]) -> Parsed<'_, &[u8]> {
    let plain = i.iter().take_while(|b| is_attr_type_char(**b)).count();
    if i.first().is_some_and(u8::is_ascii_alphabetic) && i.get(plain) == Some(&b':') {
        return Ok((&i[plain..], &i[..plain]));
    }
    let (_, _) = peek(take_while_m_n(1, 1, is_description_byte)).parse(i)?;
    let whole = (attribute_type, opt((tag(&b";"[..]), options)));
    let end = peek(not(take_while_m_n(1, 1, is_description_byte)));
    or_expected(terminated(recognize(whole), end), Expected::AttributeDescription)(i)
}

/// `AttributeType`
fn attribute_type(i: &[u8]) -> Parsed<'_, &[u8]> {
    match i.first() {
        Some(b) if b.is_ascii_alphabetic() => take_while(is_attr_type_char)(i),
        _ => ldap_oid(i),
    }
}

/// `options`
fn options(i: &[u8]) -> Parsed<'_, &[u8]> {
    recognize((option, many0_count((tag(&b";"[..]), option)))).parse(i)
}

/// `option`: one of Active Directory's ranges is deviation D-22.
fn option(i: &[u8]) -> Parsed<'_, &[u8]> {
    let number = |i| take_while1(|b: u8| b.is_ascii_digit())(i);
    let upper = alt((number, tag(&b"*"[..])));
    let range = recognize((tag_no_case("range="), number, tag(&b"-"[..]), upper));
    alt((range, take_while1(is_attr_type_char))).parse(i)
}

/// A byte of a type or an option: `_` is deviation D-12.
fn is_attr_type_char(byte: u8) -> bool {
    is_key_byte(byte)
}

/// `changerecord`
fn changerecord(i: &[u8]) -> Parsed<'_, RawChange<'_>> {
    let (rest, _) = or_expected(keyword(b"changetype"), Expected::ChangeTypeLine)(i)?;
    let (word_at, _) = fill(rest)?;
    let (i, word) = word_line(word_at)?;
    match word.to_ascii_lowercase().as_slice() {
        b"add" => change_add(i),
        b"delete" => change_delete(i),
        b"modrdn" | b"moddn" => change_moddn(i),
        b"modify" => change_modify(i),
        _ => fail(word_at, Expected::ChangeType),
    }
}

/// `change-add`, its first line behind us.
fn change_add(mut i: &[u8]) -> Parsed<'_, RawChange<'_>> {
    if i.is_empty() || mod_end(i).is_ok() {
        return fail(i, Expected::AttributesOfAdd);
    }
    let mut specs = Vec::new();
    while !i.is_empty() {
        if let Ok((b"", dash)) = mod_end(i) {
            return Ok((b"", RawChange::Add(specs, Some(dash))));
        }
        let (rest, spec) = attrval_spec(i)?;
        specs.push(spec);
        i = rest;
    }
    Ok((i, RawChange::Add(specs, None)))
}

/// `change-delete`, its first line behind us.
fn change_delete(i: &[u8]) -> Parsed<'_, RawChange<'_>> {
    if i.is_empty() { Ok((i, RawChange::Delete)) } else { fail(i, Expected::EndOfDelete) }
}

/// `change-moddn`, its first line behind us.
fn change_moddn(i: &[u8]) -> Parsed<'_, RawChange<'_>> {
    let (i, _) = or_expected(keyword(b"newrdn"), Expected::NewRdnLine)(i)?;
    let (i, newrdn) = name_spec(i)?;
    let (i, _) = or_expected(keyword(b"deleteoldrdn"), Expected::DeleteOldRdnLine)(i)?;
    let (i, deleteoldrdn) = deleteoldrdn(i)?;
    let (i, newsuperior) = match keyword(b"newsuperior")(i) {
        Ok((rest, _)) => name_spec(rest).map(|(rest, name)| (rest, Some(name)))?,
        Err(_) => (i, None),
    };
    if !i.is_empty() {
        return fail(i, Expected::EndOfModDn);
    }
    Ok((i, RawChange::ModifyDn { newrdn, deleteoldrdn, newsuperior }))
}

/// `deleteoldrdn`: a word is deviation D-14.
fn deleteoldrdn(i: &[u8]) -> Parsed<'_, &[u8]> {
    let (word_at, _) = fill(i)?;
    let (i, word) = word_line(word_at)?;
    match word.to_ascii_lowercase().as_slice() {
        b"0" | b"1" | b"true" | b"false" => Ok((i, word)),
        _ => fail(word_at, Expected::DeleteOldRdn),
    }
}

/// `change-modify`, its first line behind us.
fn change_modify(mut i: &[u8]) -> Parsed<'_, RawChange<'_>> {
    let mut mods = Vec::new();
    while !i.is_empty() {
        let (rest, one) = mod_spec(i)?;
        mods.push(one);
        i = rest;
    }
    Ok((i, RawChange::Modify(mods)))
}

/// `mod-spec`: a `-` in its place is deviation D-10, a last one without its `-` D-9.
///
/// RFC 2849 does not say that the values repeat the attribute; they must (S-1), or a missing `-`
/// would swallow the modification after it.
fn mod_spec(i: &[u8]) -> Parsed<'_, RawMod<'_>> {
    if let Ok((rest, dash)) = mod_end(i) {
        let nothing = RawMod { op: None, description: i, values: Vec::new(), end: Some(dash) };
        return Ok((rest, nothing));
    }
    let (rest, op) = or_expected(mod_op, Expected::ModOp)(i)?;
    let (at, _) = fill(rest)?;
    let (rest, description) = or_expected(attribute_description, Expected::ModAttribute)(at)?;
    let (mut rest, _) = word_end(Expected::ModAttribute)(rest)?;
    let mut values = Vec::new();
    loop {
        if let Ok((after, dash)) = mod_end(rest) {
            return Ok((after, RawMod { op: Some(op), description, values, end: Some(dash) }));
        }
        if rest.is_empty() {
            return Ok((rest, RawMod { op: Some(op), description, values, end: None }));
        }
        let (after, spec) = attrval_spec(rest)?;
        if !same(spec.description, description) {
            return fail(rest, Expected::DashOrValue);
        }
        values.push(spec);
        rest = after;
    }
}

/// `mod-op`
fn mod_op(i: &[u8]) -> Parsed<'_, ModOp> {
    alt((
        value(ModOp::Add, keyword(b"add")),
        value(ModOp::Delete, keyword(b"delete")),
        value(ModOp::Replace, keyword(b"replace")),
        value(ModOp::Increment, keyword(b"increment")),
    ))
    .parse(i)
}

/// `mod-end`: the `-` and the blanks after it.
fn mod_end(i: &[u8]) -> Parsed<'_, &[u8]> {
    terminated(recognize((tag(&b"-"[..]), take_while(is_blank))), sep).parse(i)
}

/// A word alone on the rest of its line, and its `word-end`.
fn word_line(i: &[u8]) -> Parsed<'_, &[u8]> {
    let (i, line) = terminated(take_till(|b| b == b'\n'), sep).parse(i)?;
    Ok((i, without_blanks(line)))
}

/// `word-end`: blanks before the end of the line are deviation D-19.
fn word_end<'a>(expected: Expected) -> impl FnMut(&'a [u8]) -> Parsed<'a, &'a [u8]> {
    move |i| preceded(take_while(is_blank), or_expected(sep, expected)).parse(i)
}

/// `FILL`
fn fill(i: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|b| b == b' ')(i)
}

/// `SEP`, or the end of the record.
fn sep(i: &[u8]) -> Parsed<'_, &[u8]> {
    if i.is_empty() { Ok((i, i)) } else { tag(&b"\n"[..])(i) }
}
