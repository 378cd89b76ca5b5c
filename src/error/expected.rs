//! What a grammar wanted at a place, and what stood there instead.

use std::fmt;

use crate::text::Escaped;

/// What a grammar wants, named as a person would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// RFC 4514 `attributeType`.
    AttributeTypeOfRdn,
    /// The `=` between type and value of an RDN.
    EqualsOfRdn,
    /// After a `\` in a DN: a special character or two hex digits.
    EscapeOfDn,
    /// RFC 4514 `hexstring`: pairs of hex digits after `#`.
    HexString,
    /// The `"` that ends a quoted value (RFC 2253 section 4).
    ClosingQuoteOfDn,
    /// A `,` or `+` after a value in a DN, or its end.
    SeparatorOfDn,
    /// The `dn:` line that begins a record.
    DnLine,
    /// A line of a record.
    AttributeLine,
    /// The end of a record before the next begins.
    EmptyLine,
    /// The colon after an attribute description.
    Colon,
    /// RFC 2849 `AttributeDescription`.
    AttributeDescription,
    /// All values of an attribute, not a range of them.
    WholeAttribute,
    /// A name itself.
    NameNotUrl,
    /// RFC 2849 `ldap-oid`.
    ControlOid,
    /// `true`, `false`, or a value.
    ControlCriticality,
    /// The line that says what a change record does.
    ChangeTypeLine,
    /// One of the change types.
    ChangeType,
    /// RFC 2849 `change-add`: `1*attrval-spec`.
    AttributesOfAdd,
    /// Nothing after a delete.
    EndOfDelete,
    /// RFC 2849 `mod-spec`, RFC 4525.
    ModOp,
    /// The attribute of a modification.
    ModAttribute,
    /// S-1: the values of a modification repeat its attribute.
    DashOrValue,
    /// RFC 2849 `change-moddn`.
    NewRdnLine,
    /// RFC 2849 `change-moddn`.
    DeleteOldRdnLine,
    /// Its value.
    DeleteOldRdn,
    /// Nothing after a rename.
    EndOfModDn,
    /// S-2: `newrdn` is one RDN.
    OneRdn,
    /// S-3: RFC 4525 section 3.
    OneIncrement,
    /// RFC 4648 section 4.
    Base64Digit,
    /// RFC 2849 `version-number`.
    VersionOne,
    /// The result code of a search.
    ResultCode,
    /// The `(` of a definition (RFC 4512 section 4.1).
    OpeningParenthesis,
    /// The `numericoid` of a definition.
    OidOfDefinition,
    /// A keyword of a definition, or its end.
    KeywordOfDefinition,
    /// What stands after a keyword of a definition.
    ValueOfKeyword,
    /// The `)` of a list in a definition.
    ClosingParenthesis,
    /// Nothing more.
    EndOfDefinition,
    /// RFC 4515 `filter`: its `(`.
    Filter,
    /// RFC 4515 `filtercomp`.
    FilterComponent,
    /// RFC 4515 `filtertype`, `:=` and what may stand before it.
    FilterOperator,
    /// The rule after a `:` in an extensible match.
    RuleOfFilter,
    /// After a `\` in a filter: two hex digits.
    EscapeOfFilter,
    /// The `)` of a filter.
    ClosingOfFilter,
    /// Nothing after a filter.
    EndOfFilter,
    /// `objectidentifier NAME OID`: the macros of OpenLDAP's schema files.
    MacroOfSchema,
    /// A macro defined before it is used.
    DefinedMacro,
    /// The statement that writes rows.
    InsertStatement,
    /// What stands before the name of the table.
    Into,
    /// The name of a table in a dump.
    TableOfDump,
    /// The name of a column in a dump.
    ColumnOfDump,
    /// What follows the name of a column in a list of them.
    EndOfColumns,
    /// The rows of a statement, as they are.
    Values,
    /// The `(` of a row.
    OpeningOfRow,
    /// A value of a row.
    ValueOfRow,
    /// What follows a value.
    SeparatorOfRow,
    /// Nothing after a row.
    EndOfRow,
    /// The digits of a literal of bytes.
    HexDigits,
    /// The digits of a literal of bits.
    BitDigits,
    /// What follows `\u` in a string.
    UnicodeEscape,
    /// The type of a cast.
    TypeOfCast,
    /// A call as dumps have it.
    CallOfDump,
    /// The statement that the rows of COPY follow.
    CopyStatement,
    /// Where the rows of COPY stand.
    FromStdin,
    /// An option of COPY that says how its rows are written.
    OptionOfCopy,
    /// The end of a COPY statement.
    EndOfCopy,
}

impl Expected {
    /// What to do, where we know.
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Expected::EscapeOfDn => {
                Some("RFC 4514 writes special characters as `\\,` or as two hex digits, `\\2C`")
            }
            Expected::EscapeOfFilter | Expected::ClosingOfFilter | Expected::EndOfFilter => Some(
                "in a value `(` is written `\\28`, `)` `\\29`, `*` `\\2a` and `\\` `\\5c` (RFC 4515)",
            ),
            Expected::Filter | Expected::FilterComponent | Expected::FilterOperator => {
                Some("a filter looks like `(uid=smith)` or `(&(objectClass=person)(!(mail=*)))`")
            }
            Expected::DefinedMacro => {
                Some("`objectidentifier NAME OID` defines it, in this file and above its use")
            }
            Expected::EqualsOfRdn | Expected::SeparatorOfDn => {
                Some("a comma, plus sign or equals sign inside a value is escaped: `\\2C`, `\\2B`")
            }
            Expected::DnLine => Some(
                "a record is `dn:` and the lines below it up to an empty line; is an empty line inside one?",
            ),
            Expected::AttributeLine => {
                Some("a line that continues the one before begins with a blank")
            }
            Expected::EmptyLine => {
                Some("a line of blanks only is no empty line: it continues the one above it")
            }
            Expected::Colon => Some("a line that continues the one before begins with a blank"),
            Expected::WholeAttribute => Some(
                "Active Directory hands out large attributes in parts: export with a tool that fetches them all (ldifde, `ldapsearch -E !pr` by ranges merged), for the values not listed would be deleted",
            ),
            Expected::ChangeTypeLine => Some("`control:` lines stand before `changetype:`"),
            Expected::DashOrValue => Some(
                "RFC 2849 ends each modification with a line holding only `-`; a line of blanks continues the one above it",
            ),
            Expected::Values => Some(
                "rows that a query makes, or that have no values, are in no dump: export the table with its data",
            ),
            Expected::SeparatorOfRow => Some(
                "is a quote inside a string not doubled, or are backslashes escapes in one dump and none in the other?",
            ),
            Expected::CallOfDump => Some(
                "such a call is read as dumps write it: `replace('a\\nb','\\n',char(10))`, `unistr('a\\u000ab')`, `CAST(X'00' AS TEXT)`, `CAST(N'a' AS nvarchar(9))`, `to_date('31.12.2024','DD.MM.YYYY')`",
            ),
            Expected::FromStdin => Some(
                "the rows stand below the statement, as `pg_dump` writes them; those in another file are not read",
            ),
            Expected::OptionOfCopy | Expected::EndOfCopy => Some(
                "rows are read as `pg_dump` writes them; CSV belongs in a file of its own: `\\copy … to 'table.csv' csv header`",
            ),
            _ => None,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Expected::AttributeTypeOfRdn => "an attribute type to begin an RDN",
            Expected::EqualsOfRdn => "`=` after the attribute type of an RDN",
            Expected::EscapeOfDn => "a special character or two hex digits after `\\` in a DN",
            Expected::HexString => "pairs of hex digits after `#` in a DN",
            Expected::ClosingQuoteOfDn => "a closing `\"` in a DN",
            Expected::SeparatorOfDn => "`,` or `+` after a value in a DN",
            Expected::DnLine => "a `dn:` line to begin the record",
            Expected::AttributeLine => "a line of an attribute, `name: value`",
            Expected::EmptyLine => "an empty line before the next record",
            Expected::Colon => "`:` after the attribute description",
            Expected::AttributeDescription => {
                "an attribute description: a name or an OID, and options after `;`"
            }
            Expected::WholeAttribute => "the whole attribute, not a range of its values",
            Expected::NameNotUrl => "a name after `:` or `::`",
            Expected::ControlOid => "the OID of a control",
            Expected::ControlCriticality => {
                "`true`, `false` or `:` and a value after the OID of a control"
            }
            Expected::ChangeTypeLine => "a `changetype:` line",
            Expected::ChangeType => {
                "`add`, `delete`, `modify`, `modrdn` or `moddn` as the change type"
            }
            Expected::AttributesOfAdd => "attributes of the entry to add",
            Expected::EndOfDelete => "nothing more in the record of a delete",
            Expected::ModOp => "`add:`, `delete:`, `replace:` or `increment:` and an attribute",
            Expected::ModAttribute => {
                "the attribute description of a modification, alone on its line"
            }
            Expected::DashOrValue => "`-` to end the modification, or a value of its attribute",
            Expected::NewRdnLine => "a `newrdn:` line",
            Expected::DeleteOldRdnLine => "a `deleteoldrdn:` line",
            Expected::DeleteOldRdn => "`0` or `1` after `deleteoldrdn:`",
            Expected::EndOfModDn => "`newsuperior:` or nothing more in the record of a rename",
            Expected::OneRdn => "one RDN as the new RDN",
            Expected::OneIncrement => "exactly one value to increment by",
            Expected::Base64Digit => "a base64 digit",
            Expected::VersionOne => "`1` as the version of LDIF",
            Expected::ResultCode => "an LDAP result code after `result:`",
            Expected::OpeningParenthesis => "`(` to begin a definition",
            Expected::OidOfDefinition => "an OID after `(`",
            Expected::KeywordOfDefinition => "a keyword such as NAME or `)`",
            Expected::ValueOfKeyword => "a value after the keyword of a definition",
            Expected::ClosingParenthesis => "`)` after a list",
            Expected::EndOfDefinition => "nothing after the `)` of a definition",
            Expected::Filter => "`(` to begin a filter",
            Expected::FilterComponent => "`&`, `|`, `!` or an attribute after `(`",
            Expected::FilterOperator => "`=`, `>=`, `<=`, `~=` or `:=` after the attribute",
            Expected::RuleOfFilter => "a matching rule and `:=`",
            Expected::EscapeOfFilter => "two hex digits after `\\` in a filter",
            Expected::ClosingOfFilter => "`)` at the end of a filter",
            Expected::EndOfFilter => "nothing after the filter",
            Expected::MacroOfSchema => "a name and an OID after `objectidentifier`",
            Expected::DefinedMacro => "a numeric OID or a macro that is defined",
            Expected::InsertStatement => "`INSERT INTO`",
            Expected::Into => "`INTO` and the name of a table",
            Expected::TableOfDump => "the name of a table",
            Expected::ColumnOfDump => "the name of a column",
            Expected::EndOfColumns => "`,` or `)` after the name of a column",
            Expected::Values => "`VALUES` and rows after the table and its columns",
            Expected::OpeningOfRow => "`(` to begin a row",
            Expected::ValueOfRow => "a value: a string, a number, NULL",
            Expected::SeparatorOfRow => "`,` or `)` after a value",
            Expected::EndOfRow => "nothing after the `)` of a row",
            Expected::HexDigits => "pairs of hex digits up to a quote",
            Expected::BitDigits => "`0` and `1` up to a quote",
            Expected::UnicodeEscape => "the number of a character after `\\` in a string",
            Expected::TypeOfCast => "the name of a type after `::`",
            Expected::CallOfDump => "this call as dumps have it",
            Expected::CopyStatement => "`COPY` and the name of a table",
            Expected::FromStdin => "`FROM stdin` after the table and its columns",
            Expected::OptionOfCopy => "no option but `FORMAT text`, `DELIMITER` and `NULL`",
            Expected::EndOfCopy => "`;` and the end of the line after `FROM stdin`",
        })
    }
}

/// What stood where something else was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// These bytes, the beginning of what stands there.
    Text(Vec<u8>),
    /// The end of the line or text.
    End,
}

impl Found {
    /// What stands at the start of `rest`: a word, or one byte, or the end.
    pub fn at(rest: &[u8]) -> Found {
        const LONGEST: usize = 40;
        let line = &rest[..rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Found::End;
        }
        let word = line.iter().take(LONGEST).take_while(|b| b.is_ascii_alphanumeric()).count();
        let character = line
            .utf8_chunks()
            .next()
            .map_or(1, |chunk| chunk.valid().chars().next().map_or(1, char::len_utf8));
        Found::Text(line[..word.max(character)].to_vec())
    }

    /// How many bytes of the text this is.
    pub fn len(&self) -> usize {
        match self {
            Found::Text(bytes) => bytes.len(),
            Found::End => 0,
        }
    }

    /// Whether nothing stood there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Text(bytes) => write!(f, "`{}`", Escaped(bytes)),
            Found::End => f.write_str("the end of the line"),
        }
    }
}
