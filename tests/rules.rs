//! What the tests know of the schema: the few attributes and classes that random trees use.
//!
//! Written down anew here, not taken from the library, so that one mistake cannot hide another.

/// When a server takes two values of an attribute for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Letter case and runs of blanks do not matter.
    Fold,
    /// Blanks and hyphens do not matter.
    Phone,
    /// Octets.
    Exact,
    /// Names.
    Name,
    /// No equality rule: values cannot be added or deleted one by one.
    None,
}

/// An attribute type.
pub struct Type {
    /// The name an export uses.
    pub name: &'static str,
    /// Other names and the OID.
    pub aliases: &'static [&'static str],
    /// Its equality.
    pub rule: Rule,
    /// Whether an entry has at most one value of it.
    pub single: bool,
}

const fn many(name: &'static str, aliases: &'static [&'static str], rule: Rule) -> Type {
    Type { name, aliases, rule, single: false }
}

const fn one(name: &'static str, aliases: &'static [&'static str], rule: Rule) -> Type {
    Type { name, aliases, rule, single: true }
}

/// All attribute types the trees use.
pub const TYPES: &[Type] = &[
    many("objectClass", &["2.5.4.0"], Rule::Fold),
    many("dc", &["domainComponent", "0.9.2342.19200300.100.1.25"], Rule::Fold),
    many("o", &["organizationName", "2.5.4.10"], Rule::Fold),
    many("ou", &["organizationalUnitName", "2.5.4.11"], Rule::Fold),
    many("cn", &["commonName", "2.5.4.3"], Rule::Fold),
    many("sn", &["surname", "2.5.4.4"], Rule::Fold),
    many("givenName", &["gn", "2.5.4.42"], Rule::Fold),
    one("displayName", &["2.16.840.1.113730.3.1.241"], Rule::Fold),
    many("uid", &["userid", "0.9.2342.19200300.100.1.1"], Rule::Fold),
    many("mail", &["rfc822Mailbox", "0.9.2342.19200300.100.1.3"], Rule::Fold),
    many("description", &["2.5.4.13"], Rule::Fold),
    many("host", &["0.9.2342.19200300.100.1.9"], Rule::Fold),
    many("telephoneNumber", &["2.5.4.20"], Rule::Phone),
    many("userPassword", &["2.5.4.35"], Rule::Exact),
    many("jpegPhoto", &["0.9.2342.19200300.100.1.60"], Rule::None),
    one("uidNumber", &["1.3.6.1.1.1.1.0"], Rule::Exact),
    one("gidNumber", &["1.3.6.1.1.1.1.1"], Rule::Exact),
    one("homeDirectory", &["1.3.6.1.1.1.1.3"], Rule::Exact),
    one("loginShell", &["1.3.6.1.1.1.1.4"], Rule::Exact),
    many("seeAlso", &["2.5.4.34"], Rule::Name),
    many("manager", &["0.9.2342.19200300.100.1.10"], Rule::Name),
    many("owner", &["2.5.4.32"], Rule::Name),
    many("member", &["2.5.4.31"], Rule::Name),
    many("uniqueMember", &["2.5.4.50"], Rule::Name),
];

/// Attributes that only the server writes.
pub const SERVER: &[&str] = &[
    "entryUUID",
    "objectGUID",
    "entryCSN",
    "creatorsName",
    "createTimestamp",
    "modifiersName",
    "modifyTimestamp",
    "structuralObjectClass",
    "memberOf",
    "nsUniqueId",
    "nsParentUniqueId",
    "dsEntryDN",
    "entrydn",
    "entryid",
    "parentid",
    "numSubordinates",
    "hasSubordinates",
    "passwordGraceUserTime",
];

/// An object class: what it needs, what else it allows.
pub struct Class {
    /// Its name.
    pub name: &'static str,
    /// The class it extends, for structural classes other than those below `top`.
    pub above: Option<&'static str>,
    /// Whether it adds to a structural class.
    pub auxiliary: bool,
    /// Attributes an entry must have.
    pub must: &'static [&'static str],
    /// Attributes an entry may have.
    pub may: &'static [&'static str],
}

const fn structural(
    name: &'static str,
    must: &'static [&'static str],
    may: &'static [&'static str],
) -> Class {
    Class { name, above: None, auxiliary: false, must, may }
}

/// All object classes the trees use.
pub const CLASSES: &[Class] = &[
    structural("organization", &["o"], &["seeAlso", "description", "telephoneNumber"]),
    Class { name: "dcObject", above: None, auxiliary: true, must: &["dc"], may: &[] },
    structural("organizationalUnit", &["ou"], &["seeAlso", "description", "telephoneNumber"]),
    structural(
        "person",
        &["sn", "cn"],
        &["userPassword", "telephoneNumber", "seeAlso", "description"],
    ),
    Class {
        name: "organizationalPerson",
        above: Some("person"),
        auxiliary: false,
        must: &[],
        may: &["ou"],
    },
    Class {
        name: "inetOrgPerson",
        above: Some("organizationalPerson"),
        auxiliary: false,
        must: &[],
        may: &["o", "givenName", "displayName", "uid", "mail", "jpegPhoto", "manager"],
    },
    structural("account", &["uid"], &["description", "seeAlso", "ou", "o", "host"]),
    Class {
        name: "posixAccount",
        above: None,
        auxiliary: true,
        must: &["cn", "uid", "uidNumber", "gidNumber", "homeDirectory"],
        may: &["userPassword", "loginShell", "description"],
    },
    structural("groupOfNames", &["cn", "member"], &["seeAlso", "owner", "ou", "o", "description"]),
    structural(
        "groupOfUniqueNames",
        &["cn", "uniqueMember"],
        &["seeAlso", "owner", "ou", "o", "description"],
    ),
];

/// All of it in the form of OpenLDAP's `.schema` files.
pub fn as_schema() -> String {
    let attribute = |one: &Type| {
        let names: String = std::iter::once(&one.name)
            .chain(
                one.aliases.iter().filter(|name| !name.starts_with(|c: char| c.is_ascii_digit())),
            )
            .map(|name| format!("'{name}' "))
            .collect();
        let oid = one.aliases.last().expect("an OID");
        let (rule, syntax) = match one.rule {
            Rule::Fold => ("caseIgnoreMatch", 15),
            Rule::Phone => ("telephoneNumberMatch", 50),
            Rule::Exact if one.name.ends_with("Number") => ("integerMatch", 27),
            Rule::Exact => ("octetStringMatch", 40),
            Rule::Name => ("distinguishedNameMatch", 12),
            Rule::None => ("", 28),
        };
        let equality = if rule.is_empty() { String::new() } else { format!("EQUALITY {rule} ") };
        let single = if one.single { "SINGLE-VALUE " } else { "" };
        format!(
            "attributetype ( {oid} NAME ( {names}) {equality}\
             SYNTAX 1.3.6.1.4.1.1466.115.121.1.{syntax} {single})\n"
        )
    };
    let list = |word: &str, names: &[&str]| match names {
        [] => String::new(),
        names => format!("{word} ( {} ) ", names.join(" $ ")),
    };
    let class = |(n, one): (usize, &Class)| {
        let kind = if one.auxiliary { "AUXILIARY" } else { "STRUCTURAL" };
        let (must, may) = (list("MUST", one.must), list("MAY", one.may));
        format!(
            "objectclass ( 1.1.{n} NAME '{}' SUP {} {kind} {must}{may})\n",
            one.name,
            one.above.unwrap_or("top")
        )
    };
    TYPES.iter().map(attribute).chain(CLASSES.iter().enumerate().map(class)).collect()
}

/// The type of a description without options, by any of its names.
fn find(name: &str) -> Option<&'static Type> {
    let same = |other: &&str| other.eq_ignore_ascii_case(name);
    TYPES.iter().find(|t| same(&t.name) || t.aliases.iter().any(same))
}

/// The type of a description.
pub fn type_of(description: &str) -> Option<&'static Type> {
    find(description.split(';').next().unwrap_or_default())
}

/// A description in one spelling: the usual name, options in lower case and in order.
pub fn canonical(description: &str) -> String {
    let mut parts = description.split(';');
    let name = parts.next().unwrap_or_default();
    let server = SERVER.iter().find(|s| s.eq_ignore_ascii_case(name));
    let usual = find(name).map(|t| t.name).or(server.copied()).unwrap_or(name);
    let mut options: Vec<_> = parts.map(str::to_ascii_lowercase).collect();
    options.sort();
    std::iter::once(usual.to_owned()).chain(options).collect::<Vec<_>>().join(";")
}

/// The rule of a description; attributes nobody knows are octets.
pub fn rule(description: &str) -> Rule {
    type_of(description).map_or(Rule::Exact, |t| t.rule)
}

/// Whether only the server writes it.
pub fn is_server(description: &str) -> bool {
    SERVER.contains(&description)
}

/// The class of this name.
pub fn class(name: &[u8]) -> Option<&'static Class> {
    CLASSES.iter().find(|c| c.name.as_bytes().eq_ignore_ascii_case(name))
}

/// A text without its case and with single blanks.
pub fn fold(value: &[u8]) -> Vec<u8> {
    let lower = match std::str::from_utf8(value) {
        Ok(text) => text.to_lowercase(),
        Err(_) => return value.to_vec(),
    };
    let words: Vec<_> = lower.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").into_bytes()
}

/// What is the same for all values a server takes for the same. Names are left to `tree`.
pub fn folded(rule: Rule, value: &[u8]) -> Vec<u8> {
    match rule {
        Rule::Fold => fold(value),
        Rule::Phone => value.iter().copied().filter(|b| !b" -".contains(b)).collect(),
        Rule::Exact | Rule::Name | Rule::None => value.to_vec(),
    }
}
