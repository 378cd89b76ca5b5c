//! `--max-record-size`: long lists in several records, each of which a server takes by itself.

use ldifsync::diff::{Limit, Options, diff};
use ldifsync::output::Target;

use crate::ldif::{self, blocks};
use crate::plan::Plan;
use crate::slapd::{Overlay, Server, available};
use crate::tree::assert_same;
use crate::util::Dir;

const TOP: &str = "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\ndc: example\n\
     o: Example\nentryCSN: 20260101000000.000000Z#000000#000#000000\n\n";

/// The change and its undo, with records of at most this size.
fn plan(old: &str, new: &str, size: usize) -> Plan {
    let dir = Dir::new();
    let mut options = Options::new(dir.write("old.ldif", old), dir.write("new.ldif", new));
    options.output = Target::File(dir.file("change.ldif"));
    options.undo = Some(dir.file("undo.ldif"));
    options.max_record_size = size;
    options.limits.member_delete = Some(Limit::Percent(100.0));
    diff(&options, &|_| {}).unwrap_or_else(|e| panic!("{e}"));
    let (change, undo) = (vec![dir.read("change.ldif")], vec![dir.read("undo.ldif")]);
    Plan { change, undo, said: String::new() }
}

fn group(range: std::ops::Range<u32>) -> String {
    let member = |n: u32| format!("member: cn=person {n},dc=example,dc=com\n");
    let members: String = range.map(member).collect();
    format!("dn: cn=g,dc=example,dc=com\nobjectClass: groupOfNames\ncn: g\n{members}\n")
}

/// Applies a change and its undo on a server, as a whole and stopped after `count` records.
fn prove(old: &str, new: &str, plan: &Plan, counts: &[usize]) {
    let server = Server::holding(Overlay::None, old.as_bytes());
    let (old, new) = (ldif::read_content(old.as_bytes()), ldif::read_content(new.as_bytes()));
    let held = || ldif::read_content(&server.dump());
    let apply = |what: &str, parts: Vec<Vec<u8>>| {
        for part in parts {
            server.apply(&part).unwrap_or_else(|said| panic!("{what}: {said}"));
        }
    };
    for &count in counts {
        apply("the first records", plan.first(count));
        apply("their undo", plan.undo_from(count));
        assert_same(&format!("after {count} records and their undo"), &old, &held());
    }
    apply("the change", plan.change.clone());
    assert_same("after the change", &new, &held());
    apply("the undo", plan.undo.clone());
    assert_same("after the undo", &old, &held());
}

#[test]
fn a_group_whose_members_are_all_replaced_is_never_empty() {
    let (old, new) = ([TOP, &group(0..3000)].concat(), [TOP, &group(3000..6000)].concat());
    let plan = plan(&old, &new, 4096);
    let records = plan.records();
    assert!((50..200).contains(&records), "{records} records");
    for part in [&plan.change[0], &plan.undo[0]] {
        assert!(blocks(part).iter().all(|block| block.text.len() < 8192));
    }
    if available("3,000 members") {
        prove(&old, &new, &plan, &[1, records / 2, records]);
    }
}

#[test]
fn the_only_value_of_a_mandatory_attribute_is_changed_in_one_record() {
    let person = |sn: &str| {
        format!("{TOP}dn: cn=p,dc=example,dc=com\nobjectClass: person\ncn: p\nsn: {sn}\n\n")
    };
    let (old, new) = (person(&"a".repeat(90)), person(&"b".repeat(90)));
    let plan = plan(&old, &new, 100);
    assert_eq!(plan.records(), 1);
    if available("one mandatory value") {
        prove(&old, &new, &plan, &[]);
    }
}

#[test]
fn values_that_the_server_holds_equal_meet_in_one_record() {
    let person = |spelled: &dyn Fn(u32) -> String| {
        let values: String = (0..60).map(|n| format!("description: {}\n", spelled(n))).collect();
        format!("{TOP}dn: cn=p,dc=example,dc=com\nobjectClass: person\ncn: p\nsn: s\n{values}\n")
    };
    let old = person(&|n| format!("Value {n}"));
    // In another order, so that twins stand far apart, and some without a twin.
    let new =
        person(&|n| if n % 7 == 0 { format!("other {n}") } else { format!("VALUE {}", 59 - n) });
    let plan = plan(&old, &new, 120);
    assert!(plan.records() > 10);
    if available("twins") {
        prove(&old, &new, &plan, &[1, plan.records() / 2]);
    }
}

#[test]
fn classes_come_and_go_with_what_they_demand() {
    let person = |more: &str, numbers: std::ops::Range<u32>| {
        let values: String = numbers.map(|n| format!("description: number {n}\n")).collect();
        format!(
            "{TOP}dn: cn=p,dc=example,dc=com\nobjectClass: person\ncn: p\nsn: s\n{values}{more}\n"
        )
    };
    let posix =
        "objectClass: posixAccount\nuid: p\nuidNumber: 1\ngidNumber: 1\nhomeDirectory: /p\n";
    let uids: String = (0..30).map(|n| format!("uid: also{n}\n")).collect();
    let (plain, rich) = (person("", 0..30), person(&[posix, &uids].concat(), 30..60));
    for (old, new) in [(&plain, &rich), (&rich, &plain)] {
        let plan = plan(old, new, 150);
        let records = plan.records();
        assert!(records > 5, "{records}");
        if available("classes") {
            let every: Vec<usize> = (1..=records).collect();
            prove(old, new, &plan, &every);
        }
    }
}

#[test]
fn a_large_entry_comes_and_goes_in_several_records() {
    let (old, new) = (TOP.to_owned(), [TOP, &group(0..500)].concat());
    for (old, new) in [(&old, &new), (&new, &old)] {
        let plan = plan(old, new, 1024);
        assert!(blocks(&plan.change[0]).len() + blocks(&plan.undo[0]).len() > 10);
        if available("a large entry") {
            prove(old, new, &plan, &[plan.records()]);
        }
    }
}

#[test]
fn what_has_no_equality_rule_stays_whole() {
    let person = |from: u32| {
        let fax: String =
            (from..from + 50).map(|n| format!("facsimileTelephoneNumber: +49 {n}\n")).collect();
        format!(
            "{TOP}dn: cn=p,dc=example,dc=com\nobjectClass: inetOrgPerson\ncn: p\nsn: s\n{fax}\n"
        )
    };
    let (old, new) = (person(0), person(50));
    let plan = plan(&old, &new, 100);
    assert_eq!(plan.records(), 1);
    let text = String::from_utf8_lossy(&plan.change[0]).into_owned();
    assert!(text.contains("replace: facsimileTelephoneNumber\n"), "{text}");
}
