//! Tables of values that are equal under a rule, and of those that are not.

use std::cmp::Ordering;

use super::*;

fn rule(name: &str) -> MatchingRule {
    MatchingRule::from_name_or_oid(name.as_bytes()).expect(name)
}

#[test]
fn values_that_match() {
    for (name, a, b) in [
        ("caseIgnoreMatch", " John  SMITH ", "john smith"),
        ("caseIgnoreMatch", "MÜLLER", "müller"),
        ("caseIgnoreMatch", "cafe\u{301}", "CAFÉ"),
        ("caseIgnoreMatch", "a\u{a0}b\tc", "a b c"),
        ("caseIgnoreMatch", "a\u{ad}\u{200d}\u{feff}b\u{0}", "ab"),
        ("caseIgnoreMatch", "ﬁ\u{2122}", "FItm"),
        ("caseIgnoreMatch", " ", "   "),
        ("caseExactMatch", " a  b ", "a b"),
        ("caseExactMatch", "cafe\u{301}", "café"),
        ("caseIgnoreIA5Match", "A@X.org", "a@x.ORG"),
        ("numericStringMatch", "1 2 3", "123"),
        ("telephoneNumberMatch", "+1 408 555-1212", "+14085551212"),
        ("telephoneNumberMatch", "1\u{2011}2\u{ff0d}3", "123"),
        ("caseIgnoreListMatch", "1 Main St.$NEW  York", "1 main st.$new york"),
        ("caseIgnoreListMatch", "a\\5Cb", "A\\5cB"),
        ("booleanMatch", "TRUE", "true"),
        ("generalizedTimeMatch", "20240229101112Z", "20240229101112.0Z"),
        ("generalizedTimeMatch", "20240229101112Z", "20240229111112+0100"),
        ("generalizedTimeMatch", "20240229101112Z", "20240229101112,000Z"),
        ("generalizedTimeMatch", "20240301001500Z", "202402291715-0700"),
        ("generalizedTimeMatch", "2024022910.5Z", "202402291030Z"),
        ("generalizedTimeMatch", "202402291030.25Z", "20240229103015Z"),
        ("generalizedTimeMatch", "20231231235960Z", "20240101000000Z"),
        ("distinguishedNameMatch", "CN=a , OU=B", "commonName=A,ou=b"),
        ("uniqueMemberMatch", "cn=A,dc=x#'0101'B", "CN=a,dc=X#'0101'B"),
        ("uniqueMemberMatch", "cn=A#1,dc=x", "CN=a#1,dc=X"),
        ("objectIdentifierMatch", "person", "2.5.6.6"),
        ("objectIdentifierMatch", "inetOrgPerson", "INETORGPERSON"),
        ("objectIdentifierMatch", "surname", "sn"),
        ("objectIdentifierMatch", "noSuch", "NOSUCH"),
        (
            "uuidMatch",
            "597AE2F6-16A6-1027-98F4-D28B5365DC14",
            "597ae2f6-16a6-1027-98f4-d28b5365dc14",
        ),
    ] {
        assert!(equal(Schema::builtin(), rule(name), a.as_bytes(), b.as_bytes()), "{name} {a} {b}");
    }
}

#[test]
fn values_that_do_not_match() {
    for (name, a, b) in [
        ("caseIgnoreMatch", "ab", "a b"),
        ("caseIgnoreMatch", "", " "),
        ("caseIgnoreMatch", "I", "ı"),
        ("caseIgnoreMatch", "Straße", "STRASSE"),
        ("caseIgnoreMatch", "οδός", "οδόσ"),
        ("caseIgnoreMatch", "a\u{e000}", "A\u{e000}"),
        ("caseExactMatch", "a", "A"),
        ("caseExactIA5Match", "/home/a", "/home/A"),
        ("numericStringMatch", "12", "123"),
        ("caseIgnoreListMatch", "a$b", "a\\24b"),
        ("caseIgnoreListMatch", "a$bc", "ab$c"),
        ("integerMatch", "7", "07"),
        ("integerMatch", "0", "-0"),
        ("integerMatch", "1", "-1"),
        ("booleanMatch", "TRUE", "FALSE"),
        ("generalizedTimeMatch", "20240229101112Z", "20240229101112"),
        ("generalizedTimeMatch", "20240229101112Z", "20240229101112.1Z"),
        ("generalizedTimeMatch", "0Z", "00Z"),
        ("generalizedTimeMatch", "20230229000000Z", "20230301000000Z"),
        ("distinguishedNameMatch", "cn=a,dc=x", "cn=a,dc=x,dc=y"),
        ("distinguishedNameMatch", "no name", "NO NAME"),
        ("uniqueMemberMatch", "cn=A,dc=x#'0101'B", "CN=a,dc=X"),
        ("bitStringMatch", "'01'B", "'010'B"),
        ("octetStringMatch", "a", "A"),
        ("objectIdentifierFirstComponentMatch", "( 1.2 NAME 'a' )", "( 1.2 NAME 'b' )"),
    ] {
        let (a, b) = (a.as_bytes(), b.as_bytes());
        assert!(!equal(Schema::builtin(), rule(name), a, b), "{name} {a:?} {b:?}");
    }
}

#[test]
fn names_with_data_are_names() {
    let same = |a: &str, b: &str| {
        equal(Schema::builtin(), MatchingRule::DnWithData, a.as_bytes(), b.as_bytes())
    };
    assert!(same("B:4:AbCd:CN=A,DC=x", "B:4:aBcD:cn=a, dc=x"));
    assert!(!same("B:4:AbCd:CN=A,DC=x", "B:4:AbCe:CN=A,DC=x"));
    assert!(!same("S:1:a:CN=A", "S:1:A:CN=A"));
    assert!(!same("B:9:AbCd:CN=A", "B:9:AbCd:cn=a"));
}

#[test]
fn names_match_by_the_rules_of_their_attributes() {
    for (a, b, expected) in [
        ("CN=Anna Bell,DC=site,DC=org", "cn=anna bell,dc=SITE,dc=org", true),
        ("cn=q,dc=x", " cn = q , dc = x", true),
        ("cn=\"Bell, Anna\",dc=x", "cn=Bell\\, Anna,dc=x", true),
        ("cn=a\\2Cb", "cn=a\\2cb", true),
        ("ou=A+cn=b,dc=x", "ou=A\\+cn=b,dc=x", false),
        ("ou=A+ou=B,dc=x", "ou=B+ou=A,dc=x", true),
        ("cn=Anna    Bell", "cn=Anna Bell", true),
        ("cn=b\\20", "cn=b\\ ", true),
        ("cn=ÄRGER", "cn=ärger", true),
        ("cn=e\u{301}", "cn=\u{e9}", true),
        ("cn=x\u{ad}y", "cn=xy", true),
        ("cn=I", "cn=ı", false),
        ("commonName=q", "cn=q", true),
        ("surname=q", "sn=q", true),
        ("userid=q", "uid=q", true),
        ("domainComponent=q", "dc=q", true),
        ("countryName=q", "c=q", true),
        ("localityName=q", "l=q", true),
        ("stateOrProvinceName=q", "st=q", true),
        ("streetAddress=q", "street=q", true),
        ("organizationName=q", "o=q", true),
        ("organizationalUnitName=q", "2.5.4.11=Q", true),
        ("1.3.6.1.4.1.1466.0=#04024869,o=A,c=GB", "1.3.6.1.4.1.1466.0=#04024869,o=a,C=gb", true),
        ("1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0=\\04\\02Hi", false),
        ("2.5.4.3=#04024869,dc=x", "cn=#04024869,dc=x", true),
        ("2.5.4.3=#0C024869,dc=x", "CN=hi,dc=x", true),
        ("2.5.4.3=#02024869,dc=x", "cn=Hi,dc=x", false),
        ("", "", true),
        ("cn=,dc=x", "cn=b,dc=x", false),
        ("cn=b,dc=x", "cn=b,dc=x,dc=y", false),
        ("homeDirectory=/A,dc=x", "homeDirectory=/a,dc=x", false),
        ("automountKey=Foo,dc=x", "automountKey=foo,dc=x", false),
        ("telephoneNumber=\\+1 22-3", "telephoneNumber=\\+1223", true),
        ("cn=b#c", "cn=b\\23c", true),
        ("cn=b\\\\", "cn=b\\5C", true),
        ("cn=\\<b\\>", "cn=\\3Cb\\3E", true),
        ("cn=b\\00c", "cn=bc", true),
        ("cn=b+uid=c", "cn=b,uid=c", false),
        ("uid=c+cn=b", "cn=b+uid=c", true),
        ("OU=PEOpLE,Dc=exaMPLE", "ou=People,dc=example", true),
        ("cn=b\\0dc", "CN=b\\0Dc", true),
        ("mail=Q@x.org", "mail=q@X.ORG", true),
        ("my-own=Q", "MY-OWN=q", true),
        ("uidNumber=7", "uidNumber=07", false),
        ("member=cn\\3DA\\2Cdc\\3Dx", "member=CN\\3Da\\2C DC\\3Dx", true),
    ] {
        let [a_dn, b_dn] = [a, b].map(|text| Dn::parse(text.as_bytes()).expect(text));
        let schema = Schema::builtin();
        assert_eq!(dn_matches(schema, &a_dn, &b_dn), expected, "{a} {b}");
        assert_eq!(dn_key(schema, &a_dn) == dn_key(schema, &b_dn), expected, "{a} {b}");
    }
}

#[test]
fn names_nested_without_end_are_octets() {
    let deep = "member=".repeat(10_000) + "x";
    let dn = Dn::parse(deep.as_bytes()).unwrap();
    assert!(dn_matches(Schema::builtin(), &dn, &dn.clone()));
    let other = Dn::parse((deep + "y").as_bytes()).unwrap();
    assert!(!dn_matches(Schema::builtin(), &dn, &other));
}

#[test]
fn values_have_an_order() {
    use Ordering::{Equal, Greater, Less};
    for (name, a, b, expected) in [
        ("integerMatch", "9", "10", Some(Less)),
        ("integerMatch", "-9", "-10", Some(Greater)),
        ("integerMatch", "-1", "0", Some(Less)),
        ("integerOrderingMatch", "99999999999999999999999", "100000000000000000000000", Some(Less)),
        ("integerMatch", "x", "1", None),
        ("generalizedTimeOrderingMatch", "20240101000000Z", "20231231235959.9Z", Some(Greater)),
        ("generalizedTimeOrderingMatch", "00000101000000+0100", "00000101000000Z", Some(Less)),
        ("caseIgnoreOrderingMatch", "B", "a", Some(Greater)),
        ("caseExactOrderingMatch", "B", "a", Some(Less)),
        ("numericStringOrderingMatch", "1 2", "12", Some(Equal)),
        ("octetStringOrderingMatch", "a", "ab", Some(Less)),
        ("distinguishedNameMatch", "cn=a", "cn=b", None),
    ] {
        assert_eq!(order(rule(name), a.as_bytes(), b.as_bytes()), expected, "{name} {a} {b}");
    }
}

#[test]
fn substrings_are_found_in_order_and_apart() {
    type Case<'a> =
        (&'a str, &'a str, Option<&'a str>, &'a [&'a str], Option<&'a str>, Option<bool>);
    let cases: &[Case<'_>] = &[
        ("caseIgnoreMatch", "John  Smith", Some("john"), &[], None, Some(true)),
        ("caseIgnoreMatch", "John  Smith", Some("john "), &[], Some("th"), Some(true)),
        ("caseIgnoreMatch", "John  Smith", None, &["n s"], None, Some(true)),
        ("caseIgnoreMatch", "John  Smith", None, &["ns"], None, Some(false)),
        ("caseIgnoreMatch", "John  Smith", None, &[" ", "smi"], None, Some(true)),
        ("caseIgnoreMatch", "abc", Some("ab"), &[], Some("bc"), Some(false)),
        ("caseIgnoreMatch", "abab", None, &["ab", "ab"], None, Some(true)),
        ("caseIgnoreMatch", "aba", None, &["ab", "ab"], None, Some(false)),
        ("caseExactMatch", "Foo", Some("f"), &[], None, Some(false)),
        ("telephoneNumberMatch", "+1 408-555", None, &["1408"], Some("5 5"), Some(true)),
        ("caseIgnoreListMatch", "1 Main$York", None, &["mainyork"], None, Some(false)),
        ("caseIgnoreListMatch", "1 Main$York", None, &["main"], Some("york"), Some(true)),
        ("octetStringMatch", "aB", Some("a"), &[], Some("b"), Some(false)),
        ("distinguishedNameMatch", "cn=a", Some("cn"), &[], None, None),
    ];
    for &(name, value, initial, any, last, expected) in cases {
        let [initial, last] = [initial, last].map(|piece| piece.map(str::as_bytes));
        let found = substrings(rule(name), value.as_bytes(), initial, any, last);
        assert_eq!(found, expected, "{name} {value} {initial:?} {any:?} {last:?}");
    }
}

#[test]
fn approximate_is_text_in_any_case() {
    assert!(approximate(b"/Home/A", b"/home/a"));
    assert!(!approximate(b"jon", b"john"));
}

#[test]
fn keys_of_names_above_are_ends_of_the_key() {
    let schema = Schema::builtin();
    let dn = Dn::parse(b"cn=A+sn=b,ou=\xc3\x84,dc=x").unwrap();
    let keys = DnKeys::new(schema, &dn);
    let keys: Vec<&[u8]> = keys.iter().collect();
    let expected: Vec<Vec<u8>> =
        (0..3).map(|depth| dn_key(schema, &Dn { rdns: dn.rdns[depth..].to_vec() })).collect();
    assert_eq!(keys, expected);
}
