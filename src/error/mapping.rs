//! What is wrong with a mapping file.

use std::borrow::Cow;
use std::fmt;

use crate::error::ExpressionFault;
use crate::error::kind::shown;
use crate::error::words::{columns, listed, meant};

/// What is wrong with a mapping file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingFault {
    /// It is not UTF-8.
    NotUtf8,
    /// It is no TOML.
    Toml {
        /// Why.
        reason: String,
    },
    /// It is of a version that is not read.
    Version {
        /// The version.
        found: String,
    },
    /// A key that nobody reads.
    UnknownKey {
        /// The key.
        key: String,
        /// What it is in.
        within: String,
        /// What may be in there.
        known: &'static [&'static str],
    },
    /// A key that must be there.
    MissingKey {
        /// The key.
        key: &'static str,
        /// What it belongs in.
        within: String,
    },
    /// A value of another kind: a number where a list is wanted.
    Kind {
        /// What is wanted.
        wanted: &'static str,
        /// The key.
        key: String,
        /// What it is.
        found: &'static str,
    },
    /// A word that is none of those that may stand there.
    Choice {
        /// What they are.
        wanted: &'static str,
        /// What stands there.
        found: String,
        /// Those that may.
        known: Vec<String>,
    },
    /// A text or a number that may not stand there.
    Value {
        /// What may.
        wanted: &'static str,
        /// The key.
        key: String,
        /// What stands there.
        found: String,
    },
    /// A list without items.
    EmptyList {
        /// The key.
        key: String,
    },
    /// Two keys of which one makes the other void.
    Both {
        /// The one.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A key without one that it needs.
    Without {
        /// The key.
        key: &'static str,
        /// What it needs.
        wanted: &'static str,
    },
    /// A flow that could go both ways, with a value that goes one.
    NoDirection {
        /// The key of the value.
        key: &'static str,
    },
    /// An expression or template that cannot be read.
    Expression(ExpressionFault),
    /// An action that a situation may not have.
    Action {
        /// The situation.
        situation: &'static str,
        /// The action.
        action: &'static str,
        /// Those it may have.
        may: Vec<&'static str>,
    },
    /// A column or an attribute that two flows write.
    FedTwice {
        /// Which of both it is.
        what: &'static str,
        /// Its name.
        name: String,
        /// The line of the first flow.
        first: u64,
    },
    /// A flow that writes the column of `managed_by`.
    OwnerFed {
        /// The column.
        column: String,
    },
    /// Something that writes the classes of entries.
    ClassesFed,
    /// A flow with a row for each value, in the table of the mapping itself.
    OwnTable {
        /// The table.
        table: String,
    },
    /// A column of a child table that stands for two things.
    ColumnTwice {
        /// The column.
        column: String,
        /// The keys of the flow that name it.
        of: [&'static str; 2],
    },
    /// A foreign key that has another number of columns than the key it refers to.
    ForeignKey {
        /// How many the key has.
        wanted: usize,
        /// How many it has.
        found: usize,
    },
    /// A list of `match` with all columns of an earlier one.
    MatchAgain {
        /// The columns of the earlier one.
        earlier: Vec<String>,
    },
    /// A column that stands twice in a list of `match`.
    MatchTwice {
        /// The column.
        column: String,
    },
    /// A base at or below another one.
    BaseAgain {
        /// The other one.
        above: String,
    },
    /// Two structural classes of which neither is a kind of the other.
    TwoStructural {
        /// The one.
        one: String,
        /// The other.
        other: String,
    },
    /// A class that is like one the schema knows.
    UnknownClass {
        /// The class.
        class: String,
        /// The one that was most likely meant.
        meant: String,
    },
    /// An attribute that new entries may not be without, and that nothing gives them.
    DemandNotFed {
        /// The attribute.
        attribute: String,
        /// The class that demands it.
        class: String,
    },
    /// A file of a lookup that is not there.
    NoFile {
        /// Its name.
        path: String,
    },
    /// A lookup of rows where a value is wanted.
    NoColumn {
        /// The lookup.
        lookup: String,
    },
    /// The given value of a conversion, where none is given.
    NoValue,
    /// A column of what is looked up, where a lookup has values alone.
    NoColumns {
        /// The lookup.
        lookup: String,
    },
    /// A text of the file that is longer than its flow lets values be.
    TooLong {
        /// The key.
        key: &'static str,
        /// How many characters there may be.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// A column or an attribute that gets a value and loses it at once.
    SetAndCleared {
        /// Its name.
        name: String,
    },
    /// What an inactive entry must have, and would lose.
    ClearsNeeded {
        /// The attribute.
        name: String,
    },
    /// What an inactive record would not be found again without.
    Unfindable {
        /// The column or the attribute.
        name: String,
    },
    /// What a new record would be found by again is not written.
    MatchNotFed {
        /// The column of `match`.
        column: String,
        /// Where: `rows` or `entries`.
        there: &'static str,
    },
    /// A column of the key that a new row would not have.
    KeyNotFed {
        /// The column.
        column: String,
    },
    /// A type whose values the attribute does not hold.
    TypesDiffer {
        /// The attribute.
        attribute: String,
        /// What its syntax is called.
        syntax: &'static str,
        /// The type.
        kind: &'static str,
    },
    /// A constant that is no value of its flow's type.
    ConstantOfType {
        /// What was wanted, and what was found.
        why: String,
    },
    /// A default that is no value of its flow's type.
    DefaultOfType {
        /// What was wanted, and what was found.
        why: String,
    },
    /// An attribute that is like one the schema knows.
    UnknownAttribute {
        /// The attribute.
        attribute: String,
        /// The one that was most likely meant.
        meant: String,
    },
    /// A flow of the first value that goes both ways.
    FirstBothWays,
    /// An attribute of one value, where several are meant.
    SingleValue {
        /// The attribute.
        attribute: String,
    },
    /// A policy for a side that no flow writes.
    Unreachable {
        /// The side.
        side: &'static str,
    },
    /// An action for a situation that never arises.
    NeverArises {
        /// The situation.
        situation: &'static str,
        /// Why not.
        why: &'static str,
    },
    /// A new record that what selects records leaves out.
    LeavesOut {
        /// What selects them.
        by: &'static str,
        /// What a record is called there.
        record: &'static str,
    },
    /// A record that is inactive, and that what selects records takes all the same.
    Takes {
        /// What selects them.
        by: &'static str,
        /// What a record is called there.
        record: &'static str,
    },
}

impl MappingFault {
    /// What to do.
    pub(super) fn hint(&self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match self {
            MappingFault::UnknownKey { key, known, .. } => {
                return Some(meant(key, known.iter().copied()));
            }
            MappingFault::Choice { found, known, .. } => {
                return Some(meant(found, known.iter().map(String::as_str)));
            }
            MappingFault::UnknownAttribute { meant, .. } => {
                let meant = shown(meant.as_bytes());
                return Some(Cow::Owned(format!(
                    "perhaps `{meant}` is meant; an attribute of the server's own schema is right as it is"
                )));
            }
            MappingFault::Action { may, .. } => {
                return Some(Cow::Owned(format!("it may have {}", listed(may.iter().copied()))));
            }
            MappingFault::NotUtf8 => "TOML is UTF-8: convert the file",
            MappingFault::Toml { .. } => {
                "a mapping file is TOML: `key = \"value\"`, lists in `[ ]`, tables in `{ }` or under \
                 `[a.name]`"
            }
            MappingFault::Version { .. } => "this release reads version 1",
            MappingFault::MissingKey { key: "ldifsync", .. } => "the first line is `ldifsync = 1`",
            MappingFault::Both { .. } => "leave one of them out",
            MappingFault::NoDirection { .. } => {
                "say which side it writes: `direction = \"to_database\"` or `\"to_directory\"`"
            }
            MappingFault::FedTwice { .. } => {
                "let one flow write it, or give the two different directions"
            }
            MappingFault::OwnerFed { .. } => {
                "new rows get the value that `managed_by` says: leave the flow out"
            }
            MappingFault::ClassesFed => {
                "another structural class is another entry: the one that is there would go; leave it out"
            }
            MappingFault::MatchNotFed { .. } => {
                "a new record would never be found again: let the flow write it, or put what is \
                 written first"
            }
            MappingFault::OwnTable { .. } => {
                "a row of it is no value of another: leave `table` and `foreign_key` out"
            }
            MappingFault::ColumnTwice { .. } => {
                "of a row that is one value, `column` holds the value, `foreign_key` the key of the row it \
                 is of, and the column of `managed_by` who made it"
            }
            MappingFault::ForeignKey { .. } => {
                "each column of the key has one in `foreign_key`, in the same order"
            }
            MappingFault::MatchAgain { .. } => {
                "what it finds, the earlier one has found: leave it out, or put it first"
            }
            MappingFault::NoValue => {
                "`value` is what `to_database` and `to_directory` convert: name the attribute or the column"
            }
            MappingFault::UnknownClass { meant, .. } => {
                let meant = shown(meant.as_bytes());
                return Some(Cow::Owned(format!(
                    "perhaps `{meant}` is meant; a class of the server's own schema is right as it is"
                )));
            }
            MappingFault::MatchTwice { .. } => "leave it out the second time",
            MappingFault::BaseAgain { .. } => "what is below it is below that: leave it out",
            MappingFault::TwoStructural { .. } => {
                "an entry is of one structural class and those above it: leave one of the two out"
            }
            MappingFault::DemandNotFed { .. } => "let a flow write it: servers refuse it without",
            MappingFault::NoFile { .. } => {
                "a relative name is below the folder of the mapping file: put the file there, or name another"
            }
            MappingFault::NoColumn { .. } => {
                "what it finds is a row: name a column behind a dot, as in `lookup('unit', id).name`"
            }
            MappingFault::NoColumns { .. } => "it finds the value: leave the dot and the name out",
            MappingFault::TooLong { .. } => {
                "no record could be followed: shorten it, let `max_length` be more, or have it cut by \
                 `too_long = \"truncate\"`"
            }
            MappingFault::SetAndCleared { .. } => "leave it out of one of them",
            MappingFault::ClearsNeeded { .. } => {
                "its classes demand it, or its name is made of it: leave it out, or let `set` give it another value"
            }
            MappingFault::Unfindable { .. } => {
                "the next run would not find it: let `inactivate` write something else"
            }
            MappingFault::KeyNotFed { .. } => {
                "feed it, name it in `generated` where the database makes it, or let no rows come"
            }
            MappingFault::TypesDiffer { .. } => {
                "the type says what the values of the attribute are; without one they are text, and \
                 those of a `reference` are names (`dn`)"
            }
            MappingFault::ConstantOfType { .. } => {
                "a constant is written as it stands: let it be a value as the side has it that it flows to"
            }
            MappingFault::FirstBothWays => {
                "which value is the first, a server does not keep: with `multi = \"any\"` both sides agree"
            }
            MappingFault::DefaultOfType { .. } => {
                "a default is a value of the attribute, which a column gets in its own words"
            }
            MappingFault::SingleValue { .. } => {
                "it says what becomes of a group without members: leave it out"
            }
            MappingFault::Unreachable { .. } => "leave the policy out, or let a flow go there",
            MappingFault::NeverArises { why, .. } => why,
            MappingFault::LeavesOut { by: "entries.base", .. } => {
                "it would be gone in the next run: let `dn` end in one of the bases"
            }
            MappingFault::LeavesOut { .. } => {
                "it would be gone in the next run: let a flow write what is selected by"
            }
            MappingFault::Takes { .. } => {
                "it would be inactivated again and again: let `inactivate` write what is selected by"
            }
            MappingFault::MissingKey { .. }
            | MappingFault::Kind { .. }
            | MappingFault::Value { .. }
            | MappingFault::EmptyList { .. }
            | MappingFault::Without { .. } => return None,
            MappingFault::Expression(fault) => fault.hint(),
        }))
    }

    /// The message.
    pub(super) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| shown(text.as_bytes());
        match self {
            MappingFault::NotUtf8 => f.write_str("expected UTF-8, but found other bytes"),
            MappingFault::Toml { reason } => write!(f, "expected TOML, but: {}", shown(reason)),
            MappingFault::Version { found } => {
                write!(f, "expected `ldifsync = 1`, but found version {}", shown(found))
            }
            MappingFault::UnknownKey { key, within, .. } => {
                write!(f, "expected a key of {}, but found `{}`", shown(within), shown(key))
            }
            MappingFault::MissingKey { key, within } => {
                write!(f, "expected `{key}` in {}, but did not find it", shown(within))
            }
            MappingFault::Kind { wanted, key, found } => {
                write!(f, "expected {wanted} for `{}`, but found {found}", shown(key))
            }
            MappingFault::Choice { wanted, found, .. } => {
                write!(f, "expected {wanted}, but found `{}`", shown(found))
            }
            MappingFault::Value { wanted, key, found } => {
                write!(f, "expected {wanted} for `{}`, but found `{}`", shown(key), shown(found))
            }
            MappingFault::EmptyList { key } => {
                write!(f, "expected something in `{}`, but found an empty list", shown(key))
            }
            MappingFault::Both { one, other } => {
                write!(f, "expected `{one}` or `{other}`, but found both")
            }
            MappingFault::Without { key, wanted } => {
                write!(f, "expected {wanted} beside `{key}`, but did not find it")
            }
            MappingFault::NoDirection { key } => {
                write!(
                    f,
                    "expected a `direction` beside `{key}`, but found a flow that goes both ways"
                )
            }
            MappingFault::Expression(fault) => write!(f, "{fault}"),
            MappingFault::Action { situation, action, .. } => {
                write!(f, "expected an action that {situation} may have, but found `{action}`")
            }
            MappingFault::FedTwice { what, name, first } => write!(
                f,
                "expected one flow that writes the {what} `{}`, but found another on line {first}",
                shown(name)
            ),
            MappingFault::ClassesFed => f.write_str(
                "expected that `object_class` alone says which classes entries get, but found `objectClass`",
            ),
            MappingFault::OwnerFed { column } => write!(
                f,
                "expected no flow that writes `{}`, the column of `managed_by`, but found one",
                shown(column)
            ),
            MappingFault::OwnTable { table } => write!(
                f,
                "expected another table than that of the mapping, but found `{}`",
                shown(table)
            ),
            MappingFault::ColumnTwice { column, of: [one, other] } => write!(
                f,
                "expected one column for `{one}` and another for `{other}`, but found `{}` for both",
                shown(column)
            ),
            MappingFault::ForeignKey { wanted, found } => write!(
                f,
                "expected {} in `foreign_key`, as many as `key` has, but found {found}",
                columns(*wanted)
            ),
            MappingFault::MatchAgain { earlier } => write!(
                f,
                "expected a list that finds more than those before it, but found one with all of {}",
                shown(&listed(earlier.iter().map(String::as_str)))
            ),
            MappingFault::MatchTwice { column } => write!(
                f,
                "expected each column once in a list of `match`, but found `{}` twice",
                shown(column)
            ),
            MappingFault::BaseAgain { above } => write!(
                f,
                "expected a base that is below no other, but found one at or below {}",
                shown(above)
            ),
            MappingFault::TwoStructural { one, other } => write!(
                f,
                "expected one chain of structural classes, but found `{}` and `{}`",
                shown(one),
                shown(other)
            ),
            MappingFault::UnknownClass { class, .. } => write!(
                f,
                "expected a class that the built-in schema knows, but found `{}`",
                shown(class)
            ),
            MappingFault::DemandNotFed { attribute, class } => write!(
                f,
                "expected a flow that writes `{}`, which `{}` demands of new entries, but found none",
                shown(attribute),
                shown(class)
            ),
            MappingFault::NoFile { path } => {
                write!(f, "expected a file for a lookup, but found none called `{}`", shown(path))
            }
            MappingFault::NoColumn { lookup } => write!(
                f,
                "expected a column of what the lookup `{}` finds, but found the lookup alone",
                shown(lookup)
            ),
            MappingFault::NoValue => f.write_str(
                "expected the name of an attribute or a column, but found `value`, and none is called so",
            ),
            MappingFault::NoColumns { lookup } => write!(
                f,
                "expected a lookup with columns before a dot, but found `{}`, which has values alone",
                shown(lookup)
            ),
            MappingFault::TooLong { key, most, found } => write!(
                f,
                "expected at most {most} characters for `{key}`, as `max_length` says, but found {found}"
            ),
            MappingFault::SetAndCleared { name } => write!(
                f,
                "expected `{}` in `set` or in `clear`, but found it in both",
                shown(name)
            ),
            MappingFault::ClearsNeeded { name } => write!(
                f,
                "expected that an inactive entry keeps what it must have, but found `{}`",
                shown(name)
            ),
            MappingFault::Unfindable { name } => write!(
                f,
                "expected that an inactive record keeps what it is found by, but found `{}`",
                shown(name)
            ),
            MappingFault::MatchNotFed { column, there } => write!(
                f,
                "expected a flow that writes `{}`, by which new {there} are found again, but found none",
                shown(column)
            ),
            MappingFault::KeyNotFed { column } => write!(
                f,
                "expected a flow that writes `{}`, a column of the key, but found none",
                shown(column)
            ),
            MappingFault::TypesDiffer { attribute, syntax, kind } => write!(
                f,
                "expected a type for `{}` that fits its syntax {syntax}, but found `{kind}`",
                shown(attribute)
            ),
            MappingFault::ConstantOfType { why } | MappingFault::DefaultOfType { why } => {
                write!(f, "{why}")
            }
            MappingFault::UnknownAttribute { attribute, .. } => write!(
                f,
                "expected an attribute that the built-in schema knows, but found `{}`",
                shown(attribute)
            ),
            MappingFault::FirstBothWays => f.write_str(
                "expected a `direction` beside `multi = \"first\"`, but found a flow that goes both ways",
            ),
            MappingFault::SingleValue { attribute } => write!(
                f,
                "expected an attribute of several values beside `if_empty`, but found `{}`",
                shown(attribute)
            ),
            MappingFault::Unreachable { side } => {
                write!(f, "expected a flow that writes to the {side}, but found none")
            }
            MappingFault::NeverArises { situation, .. } => {
                write!(f, "expected a situation that can arise, but found {situation}")
            }
            MappingFault::LeavesOut { by, record } => {
                write!(f, "expected that `{by}` takes a new {record}, but it leaves it out")
            }
            MappingFault::Takes { by, record } => {
                write!(f, "expected that `{by}` leaves out an inactive {record}, but it takes it")
            }
        }
    }
}
