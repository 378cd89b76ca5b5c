//! What names and values look like: plain ones, and every kind that has broken a tool.

use crate::rng::Rng;

/// Common names, plain and nasty. No two are the same to a server.
const NAMES: &[&str] = &[
    "Anna Berg",
    "Bob",
    "Carla Diaz",
    "Dmitri",
    "Eve",
    "Smith, John",
    "a+b",
    "quo\"te",
    "\"quoted\"",
    "back\\slash",
    "ends with \\",
    "less<more>",
    "semi;colon",
    "eq=ual",
    "#hash",
    "mid#hash",
    " leads",
    "trails ",
    "  both  ",
    "two  blanks",
    "Jürgen Müller",
    "Łukasz Żółw",
    "日本語 の名前",
    "😀 smile",
    "𝔘nicode 𐍈",
    "line\nfeed",
    "tab\there",
    "carriage\rreturn",
    "it's 100% (fine) * / ? & | !",
    "\\2C",
    "cn=inner,dc=example",
    ",",
    "+",
    "-",
    ":colon",
    "<less",
    "\u{7f}del",
    "école",
    "0",
    "very long name that does not fit on a line of seventy-six columns, not even without its comma",
];

/// Names of units.
const UNITS: &[&str] = &[
    "People",
    "Groups",
    "Sales",
    "Research, Development",
    "R+D",
    "Köln",
    "東京",
    "A",
    "B",
    "C/D",
    "#1 team",
    " padded ",
    "Sub=unit",
    "\"HQ\"",
    "Old\\New",
];

/// Descriptions, telephone numbers and other free text.
const TEXTS: &[&str] = &[
    "plain text",
    "Plain other text",
    " begins with a blank",
    "ends with a blank ",
    ":begins with a colon",
    "<begins with less",
    "#begins with a hash",
    "two\nlines",
    "two\r\nlines",
    "\n",
    " ",
    "blanks    inside",
    "tab\tinside",
    "äöü ß ñ",
    "😀😀😀",
    "a: b:: c:< d",
    "-",
    "dn: cn=x",
    "changetype: delete",
    "exactly the width of a line exactly the width of a line exactly the width",
    "a text that is long enough to be folded more than once when it is written to a file, and \
     that holds nothing else of interest, but goes on for three lines or so until it ends here",
];

/// A common name.
pub(super) fn name(rng: &mut Rng) -> Vec<u8> {
    let name = rng.pick(NAMES).expect("names");
    match rng.below(3) {
        0 => format!("{name} {}", rng.below(1000)).into_bytes(),
        _ => name.as_bytes().to_vec(),
    }
}

/// A unit's name.
pub(super) fn unit(rng: &mut Rng) -> Vec<u8> {
    let name = rng.pick(UNITS).expect("units");
    match rng.below(3) {
        0 => format!("{name}{}", rng.below(100)).into_bytes(),
        _ => name.as_bytes().to_vec(),
    }
}

/// Free text.
pub(super) fn text(rng: &mut Rng) -> Vec<u8> {
    let text = rng.pick(TEXTS).expect("texts");
    match rng.below(3) {
        0 => format!("{text}{}", rng.below(1000)).into_bytes(),
        _ => text.as_bytes().to_vec(),
    }
}

/// A value of an attribute with random content; `number` makes what must be unique so.
pub fn of(attribute: &str, number: usize, rng: &mut Rng) -> Vec<u8> {
    match attribute {
        "cn" | "sn" | "givenName" | "displayName" => name(rng),
        "mail" => mail(number, rng).into_bytes(),
        "uid" => format!("u{number}").into_bytes(),
        "uidNumber" => (10_000 + number).to_string().into_bytes(),
        "gidNumber" => rng.between(100, 104).to_string().into_bytes(),
        "homeDirectory" => format!("/home/U{number}").into_bytes(),
        "loginShell" => ["/bin/sh", "/bin/SH", "/bin/bash"][rng.below(3)].into(),
        "telephoneNumber" => format!("+49 30 {}-{}", rng.below(90) + 10, rng.below(900)).into(),
        "userPassword" | "jpegPhoto" => octets(rng),
        _ => text(rng),
    }
}

fn mail(number: usize, rng: &mut Rng) -> String {
    match rng.below(4) {
        0 => format!("\"a, b\" {number}@Example.com"),
        1 => format!("U.{number}+tag@example.com"),
        _ => format!("u{number}@example.com"),
    }
}

/// Octets: text in Latin-1, NULs, anything.
fn octets(rng: &mut Rng) -> Vec<u8> {
    match rng.below(4) {
        0 => [b"M\xfcller ", rng.bytes(2).as_slice()].concat(),
        1 => [b"{SSHA}plain", rng.below(1000).to_string().as_bytes()].concat(),
        2 => [b"\0\r\n ", rng.bytes(3).as_slice(), b"\0"].concat(),
        _ => {
            let length = rng.between(4, 300);
            rng.bytes(length)
        }
    }
}

/// The same letters in other case; the same bytes where there are none.
pub(super) fn recased(value: &[u8], rng: &mut Rng) -> Vec<u8> {
    let flip = |b: &u8| match rng.below(2) {
        0 => b.to_ascii_uppercase(),
        _ => b.to_ascii_lowercase(),
    };
    value.iter().map(flip).collect()
}
