//! Selecting: by filters, bases and lists of names, by attributes, by kinds of change.

use std::collections::HashSet;

use ldifsync::diff::{Depth, Kind, Kinds, Limit, Options};
use ldifsync::dn::Dn;
use ldifsync::filter::Filter;

use crate::library::{Ran, entry, person, ran, unit};

fn filter(text: &str) -> Filter {
    Filter::parse(text.as_bytes()).expect("a filter")
}

fn dns(names: &[&str]) -> Vec<Dn> {
    names.iter().map(|name| Dn::parse(name.as_bytes()).expect("a name")).collect()
}

fn only(options: &mut Options, kinds: &[Kind]) {
    options.only = Kinds(Some(kinds.iter().copied().collect()));
    no_limits(options);
}

fn no_limits(options: &mut Options) {
    options.limits.delete = Some(Limit::Percent(100.0));
}

fn uuid(n: u32) -> String {
    format!("entryUUID: 00000000-0000-0000-0000-{n:012}")
}

fn names(set: &[&str]) -> HashSet<Vec<u8>> {
    set.iter().map(|name| name.as_bytes().to_vec()).collect()
}

/// Three units of people: one stays, one changes, one goes, one comes in each.
fn sides() -> (String, String) {
    let (mut old, mut new) = (String::new(), String::new());
    for unit in ["a", "b"] {
        let named = |name: &str, title: &str| {
            let dn = format!("cn={name}{unit},ou={unit},o=x");
            let naming = format!("cn: {name}{unit}");
            let title = format!("title: {title}");
            entry(&dn, &["objectClass: person", &naming, "sn: s", &title])
        };
        old += &[named("stay", "t"), named("mod", "old"), named("gone", "t")].concat();
        new += &[named("stay", "t"), named("mod", "new"), named("come", "t")].concat();
    }
    (old, new)
}

fn selected(set: impl FnOnce(&mut Options)) -> Ran {
    let (old, new) = sides();
    ran(old, new, |options| {
        no_limits(options);
        set(options);
    })
}

#[test]
fn what_differs_is_narrowed() {
    type Set = fn(&mut Options);
    let cases: &[(&str, Set, &[&str])] = &[
        (
            "all",
            |_| {},
            &[
                "delete cn=goneb",
                "delete cn=gonea",
                "add cn=comea",
                "add cn=comeb",
                "modify cn=moda",
                "modify cn=modb",
            ],
        ),
        (
            "a base",
            |o| o.scope.bases = dns(&["OU=A, o=x"]),
            &["delete cn=gonea", "add cn=comea", "modify cn=moda"],
        ),
        (
            "a base itself",
            |o| {
                o.scope.bases = dns(&["cn=moda,ou=a,o=x"]);
                o.scope.depth = Depth::Base;
            },
            &["modify cn=moda"],
        ),
        (
            "below two bases",
            |o| {
                o.scope.bases = dns(&["ou=a,o=x", "o=x"]);
                o.scope.depth = Depth::One;
            },
            &["delete cn=gonea", "add cn=comea", "modify cn=moda"],
        ),
        (
            "any of two filters",
            |o| o.scope.filters = vec![filter("(cn=gonea)"), filter("(cn=comeb)")],
            &["delete cn=gonea", "add cn=comeb"],
        ),
        (
            "a filter that only OLD's version matches",
            |o| o.scope.filters = vec![filter("(title=old)")],
            &["modify cn=moda", "modify cn=modb"],
        ),
        (
            "a filter that only NEW's version matches",
            |o| o.scope.filters = vec![filter("(title=new)")],
            &["modify cn=moda", "modify cn=modb"],
        ),
        (
            "none of the excluded",
            |o| o.scope.excludes = vec![filter("(cn=*a)"), filter("(cn=gone*)")],
            &["add cn=comeb", "modify cn=modb"],
        ),
        (
            "a list of names",
            |o| o.scope.only_dn = Some(dns(&["CN=comeA,ou=a,o=x", "cn=modb,ou=b,o=x"])),
            &["add cn=comea", "modify cn=modb"],
        ),
        (
            "all but a list of names",
            |o| o.scope.exclude_dn = dns(&["CN=comeA,ou=a,o=x", "cn=modb,ou=b,o=x"]),
            &["delete cn=goneb", "delete cn=gonea", "add cn=comeb", "modify cn=moda"],
        ),
        (
            "what is there, but does not differ",
            |o| o.scope.filters = vec![filter("(cn=staya)")],
            &[],
        ),
    ];
    for (name, set, wanted) in cases {
        assert_eq!(selected(set).done(), *wanted, "{name}");
    }
}

#[test]
fn leaving_the_scope_is_not_a_delete() {
    let old = [unit("p"), person("a", &["title: in"]), person("b", &["title: in"])].concat();
    let new = [unit("p"), person("a", &["title: out"]), person("b", &["title: in"])].concat();
    let ran = ran(old, new, |o| o.scope.filters = vec![filter("(title=in)")]);
    assert_eq!(ran.done(), ["modify cn=a"]);
    assert!(ran.change.contains("add: title\ntitle: out\n"), "{}", ran.change);
}

#[test]
fn a_scope_that_finds_nothing_is_refused() {
    let refused = selected(|o| o.scope.filters = vec![filter("(cn=nobody)")]).refusal();
    assert_eq!(refused, "expected entries that are selected, but found none in either file");
    let refused = selected(|o| o.scope.bases = dns(&["ou=c,o=x"])).refusal();
    assert_eq!(refused, "expected entries that are selected, but found none in either file");
}

#[test]
fn nothing_in_scope_in_new_is_refused() {
    let old = [unit("p"), person("a", &[]), unit("q")].concat();
    let new = unit("q");
    let set = |o: &mut Options| {
        o.scope.bases = dns(&["ou=p,o=x"]);
        no_limits(o);
    };
    let refused = ran(&old, &new, set).refusal();
    assert!(refused.starts_with("expected entries that are selected in `"), "{refused}");
    assert!(refused.ends_with("has 2"), "{refused}");
    let allowed = ran(&old, &new, |o| {
        set(o);
        o.allow_empty = true;
    });
    assert_eq!(allowed.done(), ["delete cn=a", "delete ou=p"]);
    for empty in ["", "version: 1\n", "# nothing\n"] {
        let refused = ran(&old, empty, no_limits).refusal();
        assert!(refused.starts_with("expected entries in `"), "{refused}");
        assert!(refused.ends_with("has 3"), "{refused}");
    }
    let come = ran("", &old, no_limits);
    assert_eq!(come.report().counts.adds, 3);
}

#[test]
fn what_depends_on_what_is_out_of_scope_stays_with_it() {
    let stays = unit("stay");
    let below = person("a", &[]);
    let new = [stays.as_str(), &unit("p"), &below].concat();
    let ran_add = ran(&stays, &new, |o| o.scope.filters = vec![filter("(sn=s)")]);
    assert_eq!(ran_add.done(), Vec::<String>::new());
    assert_eq!(ran_add.report().left_out.adds, 1);
    assert!(ran_add.warns("left out, with what they depend on: 1 add"));
    let gone = ran(&new, &stays, |o| {
        no_limits(o);
        o.scope.filters = vec![filter("(ou=*)")];
    });
    assert_eq!(gone.done(), Vec::<String>::new());
    assert_eq!(gone.report().left_out.deletes, 1);
}

#[test]
fn kinds_and_what_depends_on_them() {
    let (old, new) = sides();
    let run = |kinds: &[Kind]| ran(&old, &new, |options| only(options, kinds));
    assert_eq!(run(&[Kind::Add]).done(), ["add cn=comea", "add cn=comeb"]);
    assert_eq!(run(&[Kind::Modify]).done(), ["modify cn=moda", "modify cn=modb"]);
    let deleted = run(&[Kind::Delete]);
    assert_eq!(deleted.done(), ["delete cn=goneb", "delete cn=gonea"]);
    let left = deleted.report().left_out;
    assert_eq!((left.adds, left.modifies, left.deletes, left.renames), (2, 2, 0, 0));
    assert!(deleted.warns("2 adds, 2 modifies"), "{:?}", deleted.report().warnings);
}

#[test]
fn an_add_needs_its_name_and_its_parent() {
    let known = person("z", &[&uuid(9)]);
    let old = [unit("p"), person("a", &[&uuid(1)]), known.clone()].concat();
    let renamed = person("b", &[&uuid(1)]);
    let reused = person("a", &[&uuid(2)]);
    let new = [unit("p"), renamed, reused, known].concat();
    let run = |kinds: &[Kind]| ran(&old, &new, |o| only(o, kinds));
    assert_eq!(run(&[Kind::Add, Kind::Rename]).done(), ["modrdn cn=a", "add cn=a"]);
    let added = run(&[Kind::Add]);
    assert_eq!(added.done(), Vec::<String>::new());
    assert_eq!((added.report().left_out.adds, added.report().left_out.renames), (1, 1));
}

#[test]
fn a_unit_stays_while_something_stays_below_it() {
    let old = [unit("p"), unit("q"), person("a", &[&uuid(1)])].concat();
    let moved = person("a", &[&uuid(1)]).replace("ou=p", "ou=q");
    let new = [unit("q"), moved].concat();
    let run = |kinds: &[Kind]| ran(&old, &new, |o| only(o, kinds));
    assert_eq!(run(&[Kind::Rename, Kind::Delete]).done().len(), 2);
    let deleted = run(&[Kind::Delete]);
    assert_eq!(deleted.done(), Vec::<String>::new());
    assert_eq!((deleted.report().left_out.deletes, deleted.report().left_out.renames), (1, 1));
}

#[test]
fn a_reused_name_is_given_up_and_taken_together() {
    let old = [unit("p"), person("a", &[&uuid(1)]), person("z", &[&uuid(9), "title: t"])].concat();
    let a = person("a", &[&uuid(2), "title: t"]);
    let new = [unit("p"), a, person("z", &[&uuid(9), "title: u"])].concat();
    let run = |kinds: &[Kind]| ran(&old, &new, |o| only(o, kinds));
    assert_eq!(run(&[Kind::Add, Kind::Delete]).done(), ["delete cn=a", "add cn=a"]);
    assert_eq!(run(&[Kind::Delete]).done(), Vec::<String>::new());
    assert_eq!(run(&[Kind::Add]).done(), Vec::<String>::new());
}

#[test]
fn a_unique_value_is_given_free_first() {
    let old = [unit("p"), person("a", &["mail: m@x"]), person("b", &["mail: n@x"])].concat();
    let taken = person("c", &["mail: m@x"]);
    let new = [unit("p"), person("a", &["mail: o@x"]), person("b", &["mail: n@x"]), taken];
    let new = new.concat();
    let run = |kinds: &[Kind]| ran(&old, &new, |o| only(o, kinds));
    assert_eq!(run(&[Kind::Add, Kind::Modify]).done(), ["modify cn=a", "add cn=c", "modify cn=a"]);
    let added = run(&[Kind::Add]);
    assert_eq!(added.done(), Vec::<String>::new());
    assert_eq!((added.report().left_out.adds, added.report().left_out.modifies), (1, 1));
    assert_eq!(run(&[Kind::Modify]).done(), ["modify cn=a"]);
}

#[test]
fn references_to_what_does_not_come_do_not_come() {
    let group = |name: &str, members: &[&str]| {
        let lines: Vec<String> =
            members.iter().map(|member| format!("member: cn={member},ou=p,o=x")).collect();
        let naming = format!("cn: {name}");
        let mut all = vec!["objectClass: groupOfNames", naming.as_str()];
        all.extend(lines.iter().map(String::as_str));
        entry(&format!("cn={name},o=x"), &all)
    };
    let old = [unit("p"), person("a", &[]), person("b", &[]), group("g", &["a"])].concat();
    let stay = |members: &[&str]| {
        [unit("p"), person("a", &[]), person("b", &[]), person("c", &[]), group("g", members)]
            .concat()
    };
    let modify = |new: &str| ran(&old, new, |o| only(o, &[Kind::Modify]));
    let both = modify(&stay(&["a", "b", "c"]));
    assert!(both.change.contains("member: cn=b"), "{}", both.change);
    assert!(!both.change.contains("member: cn=c"), "{}", both.change);
    let told = |ran: &Ran| ran.report().warnings.join("\n");
    let one = "left out of what is written: 1 value that names an entry which is left out";
    assert!(told(&both).contains(one), "{}", told(&both));
    let alone = modify(&stay(&["c"]));
    assert_eq!(alone.done(), Vec::<String>::new(), "the group would be left empty");
    assert_eq!((alone.report().left_out.adds, alone.report().left_out.modifies), (1, 1));
    assert!(!told(&alone).contains("left out of what is written"), "{}", told(&alone));
    let new = [stay(&["a"]), group("h", &["c"])].concat();
    let grouped = ran(&old, &new, |o| o.scope.filters = vec![filter("(cn=h)")]);
    assert_eq!(grouped.done(), Vec::<String>::new(), "a group without its only member");
    assert_eq!(grouped.report().left_out.adds, 1);
    let new = [stay(&["a"]), group("h", &["a", "b", "c"])].concat();
    let grouped = ran(&old, &new, |o| o.scope.filters = vec![filter("(cn=h)")]);
    assert_eq!(grouped.done(), ["add cn=h"]);
    assert!(told(&grouped).contains(one), "{}", told(&grouped));
}

#[test]
fn a_rename_alone_leaves_attributes_as_they_are() {
    let group = |member: &str| {
        let member = format!("member: cn={member},ou=p,o=x");
        entry("cn=g,o=x", &["objectClass: groupOfNames", "cn: g", &member])
    };
    let old = [unit("p"), person("a", &[&uuid(1), "title: t"]), group("a")].concat();
    let new = [unit("p"), person("b", &[&uuid(1), "title: u"]), group("b")].concat();
    let ran = ran(&old, &new, |o| only(o, &[Kind::Rename]));
    assert_eq!(ran.done(), ["modrdn cn=a"]);
    assert_eq!(ran.report().left_out.modifies, 2);
    assert!(!ran.undo.contains("modify"), "{}", ran.undo);
    assert!(ran.report().warnings.join("\n").contains(KEPT), "{:?}", ran.report().warnings);
}

/// What is said of a reference by a name that goes, in an entry that nobody selected.
const KEPT: &str = "entries that are left as they are keep 1 value that names what goes";

#[test]
fn references_to_what_goes_are_told_where_they_stay() {
    let group = |name: &str, members: &[&str]| {
        let naming = format!("cn: {name}");
        let members = members.iter().map(|member| format!("member: cn={member},ou=p,o=x"));
        let lines: Vec<String> =
            ["objectClass: groupOfNames".into(), naming].into_iter().chain(members).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        entry(&format!("cn={name},o=x"), &lines)
    };
    let people = |names: &[&str]| {
        let all: Vec<String> = names.iter().map(|name| person(name, &[])).collect();
        unit("p") + &all.concat()
    };
    let select = |filter: &str| {
        let filter = filter.to_owned();
        move |o: &mut Options| o.scope.filters = vec![self::filter(&filter)]
    };
    let told = |old: &str, new: &str, chosen: &str| {
        let ran = ran(old, new, select(chosen));
        (ran.done(), ran.report().warnings.join("\n").contains(KEPT))
    };
    let old = people(&["a", "b", "c"]) + &group("g", &["a", "b"]) + &group("h", &["b"]);
    // The group loses a member that goes, is not selected, and keeps it.
    let new = people(&["b", "c"]) + &group("g", &["b"]) + &group("h", &["b"]);
    assert_eq!(told(&old, &new, "(|(cn=a)(cn=c))"), (vec!["delete cn=a".into()], true));
    assert!(!told(&old, &new, "(|(cn=a)(cn=c)(cn=g))").1);
    // One that stays is no business of anybody's, nor what NEW has as well.
    let new = people(&["b", "c"]) + &group("g", &["a"]) + &group("h", &["b"]);
    assert_eq!(told(&old, &new, "(|(cn=a)(cn=c))"), (vec!["delete cn=a".into()], false));
    // The group goes in NEW and stays in the directory.
    let new = people(&["a", "c"]) + &group("g", &["a"]);
    assert_eq!(
        told(&old, &new, "(|(cn=b)(cn=g))"),
        (vec!["modify cn=g".into(), "delete cn=b".into()], true)
    );
}

#[test]
fn a_modify_alone_goes_to_the_name_that_stays() {
    let old = [unit("p"), person("a", &[&uuid(1), "title: t"])].concat();
    let new = [unit("q"), person("b", &[&uuid(1), "title: u"]).replace("ou=p", "ou=q")].concat();
    let ran = ran(&old, &new, |o| only(o, &[Kind::Modify]));
    assert_eq!(ran.done(), ["modify cn=a"]);
    assert!(ran.change.contains("dn: cn=a,ou=p,o=x"), "{}", ran.change);
    assert!(!ran.change.contains("cn: b"), "{}", ran.change);
}

#[test]
fn attributes_limit_what_is_compared() {
    let class = "objectClass: extensibleObject";
    let old = [unit("p"), person("a", &["title: t", "description: d"])].concat();
    let new = [unit("p"), person("a", &["title: u", "description: e", class])].concat();
    let run = |set: fn(&mut Options)| ran(&old, &new, set).change;
    let change = run(|o| o.selection.only = Some(names(&["title"])));
    assert!(change.contains("title: u") && change.contains(class), "{change}");
    assert!(!change.contains("description"), "{change}");
    let change = run(|o| o.selection.except = names(&["title", "objectclass"]));
    assert!(!change.contains("title") && change.contains(class), "{change}");
    assert!(change.contains("description: e"), "{change}");
}

#[test]
fn what_an_entry_cannot_be_without_always_stays() {
    let old = [unit("p"), person("a", &[&uuid(1), "cn: x"])].concat();
    let new = [unit("p"), person("b", &[&uuid(1), "cn: a", "cn: x"]), person("n", &["cn: m"])];
    let ran = ran(old, new.concat(), |o| o.selection.except = names(&["cn", "objectClass"]));
    assert!(ran.warns("`objectClass` stays"));
    assert!(ran.change.contains("add: cn\ncn: a\n-\n"), "{}", ran.change);
    assert!(ran.change.contains("cn: n\ncn: m\n"), "{}", ran.change);
}

#[test]
fn an_attribute_that_nobody_has_is_named() {
    let text = [unit("p"), person("a", &["x-own;lang-de: 1"])].concat();
    let run = |attribute: &str| {
        let text = text.as_str();
        ran(text, text, |o| o.selection.only = Some(names(&[attribute])))
    };
    assert!(run("tilte").warns("no entry of either file has the attribute tilte"));
    assert!(run("x-own").report().warnings.is_empty());
    assert!(run("title").report().warnings.is_empty());
}

#[test]
fn a_schema_of_ones_own_decides() {
    let dir = crate::util::Dir::new();
    let definition = "attributetype ( 1.2.3.4.5 NAME 'partner' EQUALITY distinguishedNameMatch \
                      SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )\n";
    let schema = dir.write("own.schema", definition);
    let old = [unit("p"), person("a", &["partner: cn=b,ou=p,o=x"])].concat();
    let new = [unit("p"), person("a", &["partner: CN=B, ou=p,o=x"])].concat();
    assert_eq!(ran(&old, &new, |_| {}).report().counts.modifies, 1);
    let known = ran(&old, &new, |o| o.schema = vec![schema.clone()]);
    assert_eq!(known.report().counts.modifies, 0);
    let empty = dir.write("empty.schema", "# nothing\n");
    let refused = ran(&old, &new, |o| o.schema = vec![schema, empty]).refusal();
    assert!(refused.contains("expected definitions of attribute types"), "{refused}");
}

/// An added entry is written less what is excluded; where a server refuses it then, that is told.
#[test]
fn what_is_excluded_and_demanded_is_told() {
    let old = "dn: dc=x\nobjectClass: domain\ndc: x\n\n";
    let new = format!("{old}dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: s\ndescription: d\n\n");
    for (name, is_told) in [("sn", true), ("description", false)] {
        let ran = ran(old, &new, |o| {
            o.selection.except.insert(name.as_bytes().to_vec());
        });
        let told = "1 entry is added without an attribute that its classes demand, first `sn`";
        assert_eq!(ran.warns(told), is_told, "{name} {:?}", ran.report().warnings);
    }
}

/// A change of classes is written less what is excluded; where a server refuses it then, that is told, and
/// nothing else is.
#[test]
fn a_change_of_classes_that_an_exclusion_breaks_is_told() {
    let of = |name: &str, lines: &str| {
        format!(
            "dn: dc=x\nobjectClass: domain\ndc: x\n\ndn: cn={name},dc=x\n{lines}cn: {name}\nsn: s\n\n"
        )
    };
    let plain = "objectClass: person\n";
    let account = "objectClass: person\nobjectClass: posixAccount\nuid: a\nuidNumber: 1\n\
                   gidNumber: 1\nhomeDirectory: /\ngecos: g\n";
    let loses = "1 entry loses, or does not get, an attribute that its classes demand, first";
    let keeps = "1 entry keeps an attribute that is left out, but that none of its classes allows";
    for (old, new, name, told) in [
        (plain, account, "uidNumber", Some(loses)),
        (plain, account, "gecos", None),
        (account, plain, "gecos", Some(keeps)),
        (account, plain, "uidNumber", Some(keeps)),
        (account, account, "uidNumber", None),
        (plain, plain, "description", None),
    ] {
        let (old, new) = (of("a", old), of("a", &format!("{new}description: t\n")));
        let ran = ran(&old, &new, |o| {
            o.selection.except.insert(name.to_ascii_lowercase().into_bytes());
        });
        let said = &ran.report().warnings;
        let is_told = said.iter().any(|w| w.contains("a server refuses that (65)"));
        assert_eq!(is_told, told.is_some(), "{name} {said:?}");
        assert!(
            told.is_none_or(|told| said.iter().any(|w| w.starts_with(told))),
            "{name} {said:?}"
        );
    }
}

/// A name with options is that of all attributes with these options, and perhaps others (RFC 4512 section
/// 2.5.2), whether they are to take part or not.
#[test]
fn options_make_subtypes_of_what_is_selected() {
    let of = |value: &str| {
        let lines = ["", ";lang-de", ";x-foo;lang-de", ";lang-en"]
            .map(|options| format!("description{options}: {value}\n"));
        format!("dn: cn=a\nobjectClass: device\ncn: a\n{}\n", lines.concat())
    };
    let written = |set: &dyn Fn(&mut Options)| {
        let change = ran(of("1"), of("2"), set).change;
        let names = change.lines().filter_map(|line| line.strip_prefix("add: description"));
        names.map(str::to_string).collect::<Vec<_>>()
    };
    let named: HashSet<Vec<u8>> = [b"description;lang-de".to_vec()].into();
    assert_eq!(
        written(&|o| o.selection.only = Some(named.clone())),
        [";lang-de", ";x-foo;lang-de"]
    );
    assert_eq!(written(&|o| o.selection.except = named.clone()), ["", ";lang-en"]);
}
