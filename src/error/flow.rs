//! What keeps a record from being followed through a mapping.

use std::fmt;

use crate::error::{ExpressionFault, Unfit};
use crate::text::{Count, Shortened, number_of};

/// What keeps a record from being followed.
#[derive(Clone, Debug, PartialEq)]
pub enum FlowFault {
    /// A flow of the mapping file cannot be followed.
    At {
        /// The line of the mapping file it begins on.
        line: u64,
        /// What it writes.
        target: String,
        /// Why.
        fault: Box<FlowFault>,
    },
    /// No value, or an empty one, where one is wanted.
    Required,
    /// No value for a column that may not be NULL.
    NotNull,
    /// Several values, where one is wanted.
    Several {
        /// How many.
        count: usize,
    },
    /// A value that is too long.
    TooLong {
        /// How many characters there may be.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// A number above the last that is counted.
    NoNumberLeft {
        /// The last one.
        highest: i64,
    },
    /// A value that the other side cannot have.
    Unfit(Unfit),
    /// Something that cannot be computed.
    Expression(ExpressionFault),
    /// Two conversions that do not undo each other.
    NotUndone {
        /// What was converted, what came of it, and what the other conversion makes of that; where it may be
        /// shown.
        found: Option<Box<[Vec<u8>; 3]>>,
    },
    /// A reference that must lead to a record, and does not.
    LeadsNowhere {
        /// Its value.
        value: Vec<u8>,
    },
    /// A reference that may lead to a record that cannot be read.
    LeadsToUnread {
        /// Its value.
        value: Vec<u8>,
    },
    /// A key that nothing feeds.
    NoKey {
        /// The column.
        column: String,
    },
    /// A key that the database makes, of a row that nothing else tells from others.
    NotFoundAgain {
        /// The column.
        column: String,
    },
    /// A key that the database makes, of a row that is found by the same as another new one.
    FoundTwice {
        /// The key, as it is shown.
        key: String,
    },
    /// A key that another row has.
    KeyHeld {
        /// The key, as it is shown.
        key: String,
    },
    /// A value that another row has or gets, of a column in which no two rows may have one.
    ValueHeld {
        /// The columns, each with its value as it is shown.
        held: Vec<(String, String)>,
    },
    /// The same of a row that is to become inactive.
    InactiveHeld {
        /// The columns, each with its value as it is shown.
        held: Vec<(String, String)>,
    },
    /// A value that another mapping of the same record says otherwise.
    Contradicted {
        /// That mapping.
        mapping: String,
        /// The line of the mapping file on which its flow begins.
        line: u64,
    },
    /// A new entry that nobody names.
    Unnamed,
    /// A name that another entry has.
    NameHeld {
        /// The name.
        dn: String,
    },
    /// A name that two records give.
    NameTwice {
        /// The name.
        dn: String,
    },
    /// An entry that is to become inactive, of whose name there is one already where it is moved to.
    MoveHeld {
        /// The name.
        dn: String,
    },
    /// An entry that is to go, though others stay below it.
    EntriesBelow {
        /// How many.
        count: u64,
    },
    /// A row that is to go, though rows of a child table are of it that the mapping may not touch.
    RowsOfOthers {
        /// How many.
        count: u64,
        /// Their table.
        table: String,
        /// The column that says whose they are.
        column: String,
    },
    /// A name below an entry that is not there.
    NoParent {
        /// The name.
        dn: String,
    },
    /// A group that would have no member.
    Empty,
    /// A column that the table has not.
    NoColumn {
        /// Its name.
        name: String,
    },
    /// A column of which the database makes all values.
    Generated {
        /// Its name.
        name: String,
    },
    /// A number that the database has given, and that becomes no other.
    Numbered,
    /// A table that the database side has not.
    NoTable {
        /// Its name.
        table: String,
    },
    /// A mapping that is referred to, and takes no part.
    NoMapping {
        /// Its name.
        name: String,
    },
    /// A column of `match` that no flow feeds.
    NoFlow {
        /// The column.
        column: String,
    },
    /// A reference to rows whose key has several columns.
    KeyOfSeveral {
        /// Their table.
        table: String,
    },
    /// A value that is to be set where a row becomes inactive, and that its column does not hold.
    SetUnfit {
        /// The column.
        column: String,
        /// What is wrong with it.
        unfit: Unfit,
    },
    /// A situation in which the policy ends the run.
    PolicyFails {
        /// The situation.
        situation: &'static str,
    },
}

impl FlowFault {
    /// The same, of a flow.
    #[must_use]
    pub fn of(self, line: u64, target: &str) -> FlowFault {
        if matches!(self, FlowFault::At { .. }) {
            return self;
        }
        FlowFault::At { line, target: target.to_owned(), fault: Box::new(self) }
    }

    /// The same without values, where they are secrets.
    #[must_use]
    pub fn masked(self) -> FlowFault {
        match self {
            FlowFault::Unfit(unfit) => FlowFault::Unfit(unfit.masked()),
            FlowFault::Expression(fault) => FlowFault::Expression(fault.masked()),
            FlowFault::NotUndone { .. } => FlowFault::NotUndone { found: None },
            other => other,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            FlowFault::At { fault, .. } => return fault.hint(),
            FlowFault::Required => "give it a value, or take `required` out of the flow".to_owned(),
            FlowFault::NotNull => {
                "give it a `default`, or let `if_missing = \"keep\"` leave what is there".to_owned()
            }
            FlowFault::Several { .. } => {
                "say with `multi` which counts: \"first\", \"join\", \"any\"".to_owned()
            }
            FlowFault::NotUndone { .. } => {
                "let one undo the other, write the value as they do, or have \
                                            a flow of its own for each direction"
                    .to_owned()
            }
            FlowFault::TooLong { .. } => {
                "shorten it, or let `too_long = \"truncate\"` do so".to_owned()
            }
            FlowFault::NoNumberLeft { .. } => {
                "give whatever has the highest number a lower one, or have another flow feed it"
                    .to_owned()
            }
            FlowFault::NameHeld { .. } | FlowFault::NameTwice { .. } => {
                "let `dn` make names that differ, or `match` find the entry".to_owned()
            }
            FlowFault::MoveHeld { .. } => {
                "rename or delete the entry that has the name, or let `move` say another place"
                    .to_owned()
            }
            FlowFault::EntriesBelow { .. } => {
                "delete what is below it first, or move it elsewhere".to_owned()
            }
            FlowFault::RowsOfOthers { .. } => {
                "delete those rows first, or let the policy make it inactive instead".to_owned()
            }
            FlowFault::FoundTwice { .. } => {
                "correct the values, or let `match` tell the two apart".to_owned()
            }
            FlowFault::KeyHeld { .. } => "let `match` find the row that has it".to_owned(),
            FlowFault::ValueHeld { .. } => {
                "let the other row give it up first, or let `match` find that row".to_owned()
            }
            FlowFault::Contradicted { .. } => {
                "let one of the two write it, or keep their records apart by `filter`".to_owned()
            }
            FlowFault::InactiveHeld { .. } => {
                "let `clear` empty the column instead of `set` filling it".to_owned()
            }
            FlowFault::NoParent { .. } => "make the entry above it first".to_owned(),
            FlowFault::Empty => {
                "say with `if_empty` what is to become of it: \"delete\", or a DN".to_owned()
            }
            FlowFault::NoMapping { name } => {
                format!("take it into the run: `--mapping-only …,{name}`")
            }
            FlowFault::NoTable { .. } => "give a dump that holds it".to_owned(),
            FlowFault::Generated { .. } => {
                "map the columns that it is made of, or compute its value in an `expression`"
                    .to_owned()
            }
            FlowFault::Numbered => {
                "let the flow go `to_directory`, or take `on = \"create\"`".to_owned()
            }
            FlowFault::KeyOfSeveral { .. } => "name a `column` in the reference".to_owned(),
            FlowFault::NotFoundAgain { .. } => {
                "list columns in `match` that find the row, and that its flows fill".to_owned()
            }
            FlowFault::Unfit(unfit) => unfit.hint().to_owned(),
            FlowFault::SetUnfit { .. } => {
                "let `inactivate.to_database` set what the column holds".to_owned()
            }
            FlowFault::Expression(fault) => fault.hint().to_owned(),
            FlowFault::LeadsNowhere { .. }
            | FlowFault::LeadsToUnread { .. }
            | FlowFault::NoKey { .. }
            | FlowFault::Unnamed
            | FlowFault::NoColumn { .. }
            | FlowFault::NoFlow { .. }
            | FlowFault::PolicyFails { .. } => return None,
        })
    }
}

impl From<Unfit> for FlowFault {
    fn from(unfit: Unfit) -> FlowFault {
        FlowFault::Unfit(unfit)
    }
}

impl From<ExpressionFault> for FlowFault {
    fn from(fault: ExpressionFault) -> FlowFault {
        FlowFault::Expression(fault)
    }
}

/// Columns with values that another row has.
struct Held<'h>(&'h [(String, String)]);

impl fmt::Display for Held<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [(column, value)] = self.0 {
            return write!(f, "the value {value} in {column}, which is unique");
        }
        let (columns, values): (Vec<&str>, Vec<&str>) =
            self.0.iter().map(|(column, value)| (&**column, &**value)).unzip();
        let (columns, values) = (columns.join(", "), values.join(", "));
        write!(f, "the values {values} in {columns}, which are unique together")
    }
}

impl fmt::Display for FlowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WIDTH: usize = 80;
        match self {
            FlowFault::At { line, target, fault } => {
                write!(f, "{fault} for `{target}` (line {line} of the mapping file)")
            }
            FlowFault::Required => f.write_str("expected a value, but found none"),
            FlowFault::NotNull => {
                f.write_str("expected a value, since the column may not be NULL, but found none")
            }
            FlowFault::Several { count } => write!(f, "expected one value, but found {count}"),
            FlowFault::TooLong { most, found } => {
                write!(f, "expected at most {most} characters, but found {found}")
            }
            FlowFault::NoNumberLeft { highest } => {
                write!(f, "expected a number below {highest} to count on from, but found none")
            }
            FlowFault::Unfit(unfit) => write!(f, "{unfit}"),
            FlowFault::Expression(fault) => write!(f, "{fault}"),
            FlowFault::NotUndone { found } => {
                f.write_str("expected conversions that undo each other")?;
                let Some([value, made, back]) = found.as_deref() else { return Ok(()) };
                let [value, made, back] = [value, made, back].map(|one| Shortened(one, WIDTH));
                write!(f, ", but `{value}` becomes `{made}`, and that `{back}`")
            }
            FlowFault::LeadsNowhere { value } => {
                write!(f, "`{}` leads to no record", Shortened(value, WIDTH))
            }
            FlowFault::LeadsToUnread { value } => write!(
                f,
                "`{}` leads to no record, but perhaps to one that cannot be read",
                Shortened(value, WIDTH)
            ),
            FlowFault::NoKey { column } => {
                write!(f, "a new row has no value in the key column `{column}`")
            }
            FlowFault::NotFoundAgain { column } => write!(
                f,
                "the database makes `{column}` of a new row, and nothing finds that row again"
            ),
            FlowFault::FoundTwice { key } => {
                write!(f, "another new row is found by the same, {key}")
            }
            FlowFault::KeyHeld { key } => write!(f, "another row has the key {key}"),
            FlowFault::ValueHeld { held } => {
                write!(f, "another row has or gets {}", Held(held))
            }
            FlowFault::InactiveHeld { held } => {
                write!(f, "it cannot become inactive, since another row has or gets {}", Held(held))
            }
            FlowFault::Contradicted { mapping, line } => write!(
                f,
                "expected what the mapping `{mapping}` says (line {line}), but found another value"
            ),
            FlowFault::Unnamed => f.write_str("nobody names the new entry"),
            FlowFault::NameHeld { dn } => write!(f, "another entry has the name {dn}"),
            FlowFault::NameTwice { dn } => write!(f, "two records give the name {dn}"),
            FlowFault::MoveHeld { dn } => {
                write!(
                    f,
                    "it cannot become inactive, since another entry has or gets the name {dn}"
                )
            }
            FlowFault::EntriesBelow { count } => {
                let stay = if *count == 1 { "entry stays" } else { "entries stay" };
                write!(f, "it cannot go, since {} {stay} right below it", Count(*count))
            }
            FlowFault::RowsOfOthers { count, table, column } => write!(
                f,
                "it cannot go, since {} of `{table}` {} of it that {} another's by `{column}`",
                number_of(*count, "row", "rows"),
                if *count == 1 { "is" } else { "are" },
                if *count == 1 { "is" } else { "are" },
            ),
            FlowFault::NoParent { dn } => write!(f, "there is no entry above {dn}"),
            FlowFault::Empty => f.write_str("no value would be left"),
            FlowFault::NoColumn { name } => write!(f, "there is no column `{name}`"),
            FlowFault::Generated { name } => {
                write!(
                    f,
                    "the database makes all values of the column `{name}`, and no dump has them"
                )
            }
            FlowFault::Numbered => f.write_str(
                "expected the number that the database has given (GENERATED ALWAYS AS IDENTITY), but found another",
            ),
            FlowFault::NoTable { table } => write!(f, "there is no table `{table}`"),
            FlowFault::NoMapping { name } => {
                write!(f, "a flow refers to the mapping `{name}`, which takes no part")
            }
            FlowFault::NoFlow { column } => {
                write!(f, "no flow feeds the column `{column}` of `match`")
            }
            FlowFault::KeyOfSeveral { table } => {
                write!(f, "a flow refers to rows of `{table}`, whose key has several columns")
            }
            FlowFault::SetUnfit { column, unfit } => {
                write!(f, "{unfit} for `{column}`, which is set where a row becomes inactive")
            }
            FlowFault::PolicyFails { situation } => {
                write!(f, "a record is {situation}, in which the policy ends the run")
            }
        }
    }
}
