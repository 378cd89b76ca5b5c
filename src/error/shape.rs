//! What cannot be said of a record in the shape that was asked for.

use std::fmt;

use crate::error::kind::shown;

/// Why a record does not go into the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShapeFault {
    /// A filter looks at the attributes of entries, and this is another change than an add.
    FilterOnChange,
    /// The order of changes is part of what they say.
    SortOnChange,
    /// A change that is no add has no row.
    ChangeAsRow,
    /// More values than a cell holds.
    SeveralValues {
        /// The column.
        column: Vec<u8>,
    },
    /// A value that holds what stands between values.
    SeparatorInValue {
        /// The column.
        column: Vec<u8>,
    },
    /// A part of the values of an attribute (D-22) for a cell that holds all.
    PartOfValues {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// A redacted attribute is part of a name.
    RedactedName {
        /// The attribute.
        attribute: Vec<u8>,
        /// The keyword or the attribute behind which the name stands.
        held_by: Vec<u8>,
    },
    /// A name that is to be edited or sorted is no DN.
    NoDn,
    /// An entry would get the name of the root.
    BecomesRoot,
    /// A value in which names stand, and it is none.
    NoReference {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// A control with a value, in which anything may stand.
    ControlValue {
        /// The control.
        oid: Vec<u8>,
    },
    /// An increment of an attribute whose values are hidden.
    HiddenAmount {
        /// The attribute.
        attribute: Vec<u8>,
    },
    /// An entry of which nothing is left but attributes that LDIF takes for the words of a change.
    ReadsAsChange {
        /// The first of them.
        attribute: Vec<u8>,
    },
    /// A new name of an attribute that stands in the same RDN already.
    TypeTwice {
        /// The attribute.
        attribute: Vec<u8>,
    },
}

impl ShapeFault {
    /// What to do.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            ShapeFault::FilterOnChange => "select changes by name: `--base`, `--only-dn`",
            ShapeFault::SortOnChange => "leave changes in their order: go without `--sort`",
            ShapeFault::ChangeAsRow => "`--format jsonl` writes changes of every kind",
            ShapeFault::SeveralValues { .. } => "`--separator S` joins the values of a cell",
            ShapeFault::SeparatorInValue { .. } => "choose another text with `--separator`",
            ShapeFault::PartOfValues { .. } => {
                "export again with all values: AD hands out large attributes in parts"
            }
            ShapeFault::RedactedName { .. } => {
                "a name must stay one: `--pseudonymise` puts another value in its place everywhere"
            }
            ShapeFault::NoDn => "correct the name, or leave the record out with `--keep-going`",
            ShapeFault::BecomesRoot => {
                "leave it out with `--exclude-dn` or `--keep-going`; what is below it goes on"
            }
            ShapeFault::NoReference { .. } => {
                "what is to be hidden may stand in it: correct the value, or leave the attribute \
                 out with `--exclude-attributes`"
            }
            ShapeFault::ControlValue { .. } => {
                "values and names may stand in it that are not edited: take the control out of the \
                 record, or leave the record out with `--keep-going`"
            }
            ShapeFault::HiddenAmount { .. } => {
                "leave the attribute out with `--exclude-attributes`, or the record with \
                 `--keep-going`"
            }
            ShapeFault::ReadsAsChange { .. } => {
                "keep another attribute beside it, or leave the record out with `--keep-going`"
            }
            ShapeFault::TypeTwice { .. } => {
                "give the attribute a name that does not stand beside it in names"
            }
        }
    }

    /// The attribute or the keyword it is about, under the name that it has in the record.
    pub fn attribute(&self) -> Option<&[u8]> {
        match self {
            ShapeFault::SeveralValues { column: name }
            | ShapeFault::SeparatorInValue { column: name }
            | ShapeFault::PartOfValues { attribute: name }
            | ShapeFault::RedactedName { held_by: name, .. }
            | ShapeFault::NoReference { attribute: name }
            | ShapeFault::ReadsAsChange { attribute: name }
            | ShapeFault::HiddenAmount { attribute: name } => Some(name),
            ShapeFault::FilterOnChange
            | ShapeFault::SortOnChange
            | ShapeFault::ChangeAsRow
            | ShapeFault::ControlValue { .. }
            | ShapeFault::TypeTwice { .. }
            | ShapeFault::BecomesRoot
            | ShapeFault::NoDn => None,
        }
    }

    /// The message.
    pub(super) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ShapeFault::FilterOnChange => {
                f.write_str("expected an entry for the filter to look at, but found a change")
            }
            ShapeFault::SortOnChange => {
                f.write_str("expected an entry to sort, but found a change")
            }
            ShapeFault::ChangeAsRow => {
                f.write_str("expected an entry for a row, but found a change")
            }
            ShapeFault::SeveralValues { column } => {
                write!(
                    f,
                    "expected one value for the column `{}`, but found several",
                    shown(column)
                )
            }
            ShapeFault::SeparatorInValue { column } => write!(
                f,
                "expected values of `{}` without the separator, but found one with it",
                shown(column)
            ),
            ShapeFault::PartOfValues { attribute } => write!(
                f,
                "expected all values of an attribute for a cell, but found `{}`",
                shown(attribute)
            ),
            ShapeFault::RedactedName { attribute, .. } => write!(
                f,
                "expected no name to hold the redacted attribute `{}`, but found one",
                shown(attribute)
            ),
            ShapeFault::NoDn => f.write_str("expected a DN, but found a name without `=`"),
            ShapeFault::BecomesRoot => {
                f.write_str("expected an entry below the suffix of `--rebase`, but found the suffix, which would \
                             become the root, and that is no entry")
            }
            ShapeFault::NoReference { attribute } => write!(
                f,
                "expected names in the values of `{}`, but found a value that is none",
                shown(attribute)
            ),
            ShapeFault::ControlValue { oid } => {
                write!(f, "expected no control with a value, but found `{}`", shown(oid))
            }
            ShapeFault::HiddenAmount { attribute } => write!(
                f,
                "expected no increment of the hidden attribute `{}`, but found one",
                shown(attribute)
            ),
            ShapeFault::ReadsAsChange { attribute } => write!(
                f,
                "expected an attribute to stand first, but found `{}` alone, which LDIF takes for \
                 the beginning of a change",
                shown(attribute)
            ),
            ShapeFault::TypeTwice { attribute } => write!(
                f,
                "expected each attribute once in an RDN, but found `{}` twice with its new name",
                shown(attribute)
            ),
        }
    }
}
