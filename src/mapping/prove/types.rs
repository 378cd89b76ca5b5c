//! Types: what a flow says that values are, and what the schema says of its attribute.
//!
//! An attribute that the built-in schema does not know fits every type, and so does text every attribute.

use super::Proof;
use crate::attribute::type_of;
use crate::error::MappingFault;
use crate::mapping::convert::{Written, Zone};
use crate::mapping::{Flow, FlowType, FlowValue, IfMissing, Multi, TooLong, Toward};
use crate::schema::{AttributeType, Syntax};

impl Proof<'_> {
    /// Proves that types fit, and that groups are attributes of several values.
    pub(super) fn types(&self) {
        for (n, flow) in self.mapping.flows.iter().enumerate() {
            self.type_fits(n, flow);
            self.constant_fits(n, flow);
            self.default_fits(n, flow);
            self.length_fits(n, flow);
            self.may_be_empty(n, flow);
            self.says_one_thing(n, flow);
        }
    }

    /// Where a value is missing one thing is done, and so it is where there are several.
    fn says_one_thing(&self, n: usize, flow: &Flow) {
        let both = |one, other, key| {
            self.refuse_flow(n, key, MappingFault::Both { one, other });
        };
        if flow.if_missing == IfMissing::Keep && flow.default.is_some() {
            both("default", "if_missing = \"keep\"", "if_missing");
        } else if flow.if_missing == IfMissing::Keep && flow.required {
            both("required", "if_missing = \"keep\"", "if_missing");
        }
        if flow.split.is_some() && matches!(flow.multi, Multi::First | Multi::Join(_) | Multi::Any)
        {
            both("split", "multi", "multi");
        }
        if flow.split.is_some() && flow.kind == FlowType::Boolean {
            both("split", "type = \"boolean\"", "type");
        }
    }

    /// The definition of a flow's attribute.
    fn definition(&self, flow: &Flow) -> Option<&'static AttributeType> {
        let name = flow.attribute.as_deref()?;
        self.schema.attribute(type_of(name.as_bytes()))
    }

    /// Values that are copied are what the attribute holds; those of a reference are names.
    fn type_fits(&self, n: usize, flow: &Flow) {
        let Some(known) = self.definition(flow) else { return };
        let holds_names = flow.reference.as_ref().is_some_and(|to| to.attribute.is_none());
        let (key, kind) = match holds_names {
            true => ("reference", FlowType::Dn),
            false => ("type", flow.kind),
        };
        let Some(syntax) = misfit(kind, known.syntax) else { return };
        if matches!(flow.value, FlowValue::Copy) {
            let attribute = flow.attribute.clone().unwrap_or_default();
            let kind = kind.name();
            self.refuse_flow(n, key, MappingFault::TypesDiffer { attribute, syntax, kind });
        }
    }

    /// A constant stands as it is to be written: it is a value of its type, in the words of that side.
    fn constant_fits(&self, n: usize, flow: &Flow) {
        let FlowValue::Constant(constant) = &flow.value else { return };
        let (words, zone) = (constant.as_bytes(), Zone::default());
        let of_column = || flow.kind.to_attribute(words, None, &zone).err();
        let of_attribute = || flow.kind.to_column(words, None, &zone).err();
        let unfit = match flow.direction.goes(Toward::Database) {
            true => of_column(),
            false => of_attribute(),
        };
        if let Some(unfit) = unfit {
            self.refuse_flow(
                n,
                "constant",
                MappingFault::ConstantOfType { why: unfit.to_string() },
            );
        }
    }

    /// A default that stands for a value that would be copied is one of the attribute.
    fn default_fits(&self, n: usize, flow: &Flow) {
        if let Some(Err(unfit)) = words_of_default(flow) {
            let why = unfit.to_string();
            self.refuse_flow(n, "default", MappingFault::DefaultOfType { why });
        }
    }

    /// What the file itself says is not too long for it, a default as the column has it.
    fn length_fits(&self, n: usize, flow: &Flow) {
        let Some((most, TooLong::Reject)) = flow.max_length else { return };
        let constant = match &flow.value {
            FlowValue::Constant(constant) => Some(constant),
            _ => None,
        };
        let default = match words_of_default(flow) {
            Some(Ok(Some(words))) => Some(String::from_utf8_lossy(&words).into_owned()),
            _ => flow.default.clone(),
        };
        for (key, text) in [("constant", constant), ("default", default.as_ref())] {
            let found = text.map_or(0, |text| text.chars().count());
            if found > most {
                self.refuse_flow(n, key, MappingFault::TooLong { key, most, found });
            }
        }
    }

    /// What may not become empty has several values.
    fn may_be_empty(&self, n: usize, flow: &Flow) {
        if flow.if_empty.is_none() {
            return;
        }
        let single = self.definition(flow).filter(|known| known.single_value);
        if let (Some(_), Some(attribute)) = (single, flow.attribute.clone()) {
            self.refuse_flow(n, "if_empty", MappingFault::SingleValue { attribute });
        } else if flow.child.is_none() && flow.split.is_none() {
            let fault = MappingFault::Without { key: "if_empty", wanted: "`table` or `split`" };
            self.refuse_flow(n, "if_empty", fault);
        }
    }
}

/// A default as a column would have it, where it stands for a value that would be copied.
fn words_of_default(flow: &Flow) -> Option<Written<'_>> {
    let is_copied = matches!(flow.value, FlowValue::Copy) && flow.reference.is_none();
    let default = flow.default.as_deref().filter(|_| is_copied)?;
    Some(flow.kind.to_column(default.as_bytes(), None, &Zone::default()))
}

/// What the syntax of an attribute is called (RFC 4517 section 3.3), where no value of this type can
/// be one of it.
fn misfit(kind: FlowType, syntax: Syntax) -> Option<&'static str> {
    use FlowType::{Binary, Boolean, Date, Dn, FileTime, Guid, GuidAd, Integer, Text, Timestamp};
    let (name, fitting): (_, &[FlowType]) = match syntax {
        Syntax::DistinguishedName => ("DN", &[Dn]),
        Syntax::NameAndOptionalUid => ("Name And Optional UID", &[Dn]),
        Syntax::DnWithData => ("DN-Binary", &[Dn]),
        Syntax::Integer => ("INTEGER", &[Integer, FileTime]),
        Syntax::Boolean => ("Boolean", &[Boolean]),
        Syntax::GeneralizedTime => ("Generalized Time", &[Timestamp, Date]),
        Syntax::TelephoneNumber => ("Telephone Number", &[Integer]),
        Syntax::Uuid => ("UUID", &[Guid]),
        Syntax::NumericString => ("Numeric String", &[Integer, FileTime]),
        Syntax::CountryString => ("Country String", &[]),
        Syntax::Media => ("JPEG, Fax or Audio", &[Binary]),
        Syntax::OctetString => ("Octet String", &[Binary, Guid, GuidAd, Integer, Dn]),
        Syntax::DirectoryString => ("Directory String", STRINGS),
        Syntax::PrintableString => ("Printable String", STRINGS),
        Syntax::Ia5String => ("IA5 String", STRINGS),
        _ => return None,
    };
    (kind != Text && !fitting.contains(&kind)).then_some(name)
}

/// The types that can be written as characters.
const STRINGS: &[FlowType] = &[
    FlowType::Integer,
    FlowType::Boolean,
    FlowType::Timestamp,
    FlowType::Date,
    FlowType::Binary,
    FlowType::Guid,
    FlowType::FileTime,
    FlowType::Dn,
];
