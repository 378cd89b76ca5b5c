//! The borrowed tree to a record: base64, names, and the rules a grammar cannot say.
//!
//! Faults point into the logical text that was parsed. Bytes of values go through unchanged.

use std::borrow::Cow;

use crate::change::{Change, ChangeRecord, Control, ModOp, Modification, ModifyDn, Record};
use crate::dn::Dn;
use crate::entry::{Attribute, Attributes, Entry};
use crate::error::{ErrorKind, Expected, Fault};
use crate::ldif::file_url::FileUrls;
use crate::ldif::parse::{
    RawAttrVal, RawBody, RawChange, RawControl, RawMod, RawRecord, RawValue, without_blanks,
};

/// Room for so many attributes is below a kilobyte, which allocators keep at hand.
const AT_HAND: usize = 21;

/// Turns trees over one logical text into records.
pub struct Decoder<'a, 'o> {
    text: &'a [u8],
    file_urls: &'o FileUrls,
    /// Whether there is any CR in the text.
    has_return: bool,
}

impl<'a, 'o> Decoder<'a, 'o> {
    /// For a logical text; `file_urls` says what `:<` may read.
    pub fn new(text: &'a [u8], file_urls: &'o FileUrls) -> Decoder<'a, 'o> {
        Decoder { text, file_urls, has_return: memchr::memchr(b'\r', text).is_some() }
    }

    /// A whole record.
    pub fn record(&self, raw: &RawRecord<'a>) -> Result<Record<'a>, Fault> {
        self.record_called(self.dn(raw.dn)?, raw)
    }

    /// A whole record whose name was read already.
    pub fn record_called(&self, dn: Dn, raw: &RawRecord<'a>) -> Result<Record<'a>, Fault> {
        Ok(match &raw.body {
            RawBody::Content(attributes) => {
                Record::Content(Entry { dn, attributes: self.attributes(attributes)? })
            }
            RawBody::Change(controls, change) => Record::Change(ChangeRecord {
                dn,
                controls: controls.iter().map(|c| self.control(c)).collect::<Result<_, _>>()?,
                change: self.change(change)?,
            }),
        })
    }

    /// The DN of a record, decoded but not parsed; S-5: it is UTF-8.
    pub fn dn_text(&self, raw: RawValue<'a>) -> Result<Cow<'a, [u8]>, Fault> {
        let text = self.value(raw)?;
        match simdutf8::compat::from_utf8(&text) {
            Ok(_) => Ok(text),
            Err(_) => Err(self.fault(ErrorKind::NameNotUtf8, raw.text())),
        }
    }

    /// S-4: a name is one by `grammar/dn.abnf`.
    pub fn dn(&self, raw: RawValue<'a>) -> Result<Dn, Fault> {
        let text = self.dn_text(raw)?;
        Dn::parse(&text).map_err(|fault| self.in_value(fault, raw))
    }

    /// A fault inside a decoded value: exact in a plain one, its beginning in a base64 one.
    fn in_value(&self, fault: Fault, raw: RawValue<'a>) -> Fault {
        let start = self.offset(raw.text());
        match raw {
            RawValue::Plain(_) => Fault::new(fault.kind, start + fault.at, fault.len),
            RawValue::Base64(text) | RawValue::Url(text) => {
                Fault::new(fault.kind, start, text.len())
            }
        }
    }

    fn attributes(&self, raw: &[RawAttrVal<'a>]) -> Result<Vec<Attribute<'a>>, Fault> {
        let mut attributes = Attributes::with_capacity(raw.len().min(AT_HAND));
        for same in raw.chunk_by(|a, b| a.description == b.description) {
            let mut values = Vec::with_capacity(same.len());
            for one in same {
                values.push(self.value(one.value)?);
            }
            if let Some(description) = same[0].held_under() {
                attributes.extend(Cow::Borrowed(description), values);
            }
        }
        Ok(attributes.into_vec())
    }

    /// S-19: the value of a control is padded where it is base64: of a truncated one nobody sees that
    /// it is.
    pub fn control(&self, raw: &RawControl<'a>) -> Result<Control<'a>, Fault> {
        if let Some(RawValue::Base64(text)) = raw.value {
            let digits = text.trim_ascii_end().len();
            if !digits.is_multiple_of(4) {
                return Err(self.fault(ErrorKind::Base64Length { digits }, text));
            }
        }
        let value = raw.value.map(|value| self.value(value)).transpose()?;
        Ok(Control { oid: Cow::Borrowed(raw.oid), criticality: raw.criticality, value })
    }

    fn change(&self, raw: &RawChange<'a>) -> Result<Change<'a>, Fault> {
        Ok(match raw {
            RawChange::Add(attributes, _) => Change::Add(self.attributes(attributes)?),
            RawChange::Delete => Change::Delete,
            RawChange::Modify(mods) => {
                let with_op = |one: &RawMod<'a>| one.op.map(|op| self.modification(op, one));
                Change::Modify(mods.iter().filter_map(with_op).collect::<Result<_, _>>()?)
            }
            RawChange::ModifyDn { newrdn, deleteoldrdn, newsuperior } => {
                Change::ModifyDn(ModifyDn {
                    new_rdn: self.rdn(*newrdn)?,
                    delete_old_rdn: deleteoldrdn.eq_ignore_ascii_case(b"true")
                        || *deleteoldrdn == b"1",
                    new_superior: newsuperior.map(|name| self.dn(name)).transpose()?,
                })
            }
        })
    }

    /// S-2: `newrdn` is one RDN.
    pub fn rdn(&self, raw: RawValue<'a>) -> Result<crate::dn::Rdn, Fault> {
        let mut rdns = self.dn(raw)?.rdns;
        match (rdns.pop(), rdns.is_empty()) {
            (Some(rdn), true) => Ok(rdn),
            _ => Err(self.expected(Expected::OneRdn, raw.text())),
        }
    }

    /// S-3: an increment has exactly one value (RFC 4525 section 3).
    pub fn modification(&self, op: ModOp, raw: &RawMod<'a>) -> Result<Modification<'a>, Fault> {
        if op == ModOp::Increment && raw.values.len() != 1 {
            return Err(self.expected(Expected::OneIncrement, raw.description));
        }
        let values =
            raw.values.iter().map(|one| self.value(one.value)).collect::<Result<_, _>>()?;
        Ok(Modification { op, description: Cow::Borrowed(raw.description), values })
    }

    /// A value's bytes: no CR in it as it stands (S-8), base64 (S-9), or what a URL names (S-10).
    pub fn value(&self, raw: RawValue<'a>) -> Result<Cow<'a, [u8]>, Fault> {
        match raw {
            RawValue::Plain(text) => self.without_return(text).map(Cow::Borrowed),
            RawValue::Base64(text) => self.base64(text).map(Cow::Owned),
            RawValue::Url(url) => match self.file_urls.read(self.without_return(url)?) {
                Ok(bytes) => Ok(Cow::Owned(bytes)),
                Err(kind) => Err(self.fault(kind, url)),
            },
        }
    }

    fn without_return(&self, text: &'a [u8]) -> Result<&'a [u8], Fault> {
        if !self.has_return {
            return Ok(text);
        }
        match memchr::memchr(b'\r', text) {
            None => Ok(text),
            Some(at) => Err(self.fault(ErrorKind::LoneCarriageReturn, &text[at..=at])),
        }
    }

    fn base64(&self, text: &'a [u8]) -> Result<Vec<u8>, Fault> {
        base64(text).ok_or_else(|| {
            let digits = without_blanks(text);
            let is_digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
            match digits.iter().position(|b| !is_digit(b)) {
                Some(at) => self.expected(Expected::Base64Digit, &digits[at..]),
                None => self.fault(ErrorKind::Base64Length { digits: digits.len() }, digits),
            }
        })
    }

    fn expected(&self, expected: Expected, at: &[u8]) -> Fault {
        Fault::expected(expected, self.text, &self.text[self.offset(at)..])
    }

    fn fault(&self, kind: ErrorKind, at: &[u8]) -> Fault {
        Fault::new(kind, self.offset(at), at.len())
    }

    /// Where a part of the text begins in it.
    fn offset(&self, part: &[u8]) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len())
    }
}

/// The bytes of base64: RFC 4648 section 4, padding optional (D-7), blanks after it left out (D-8).
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let digits = without_blanks(text);
    let padded = digits.len().is_multiple_of(4) || digits.ends_with(b"=");
    let codec = if padded { base64_simd::STANDARD } else { base64_simd::STANDARD_NO_PAD };
    codec.decode_to_vec(digits).ok()
}
