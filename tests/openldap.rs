//! The proof: a real `slapd` holds OLD, `ldapmodify` applies the change, `slapcat` shows NEW; the
//! undo leads back, from the end and from the middle.

use std::collections::BTreeSet;

use crate::ldif::{self, Change, Kind, Modification, Operation};
use crate::model;
use crate::plan::{Plan, assert_identities_kept, assert_same_exports};
use crate::rng::Rng;
use crate::rules;
use crate::slapd::{Overlay, Server, available};
use crate::tree::{Entry, Key, Name, Tree, assert_same};
use crate::trees::Case;
use crate::util::{Dir, cases, for_seeds};

#[test]
fn plain_slapd_is_led_there_and_back() {
    prove("plain slapd", Overlay::None);
}

#[test]
fn slapd_with_refint_is_led_there_and_back() {
    prove("slapd with refint", Overlay::Refint);
}

#[test]
fn slapd_with_unique_mails_is_led_there_and_back() {
    prove("slapd with unique", Overlay::Unique);
}

#[test]
fn slapd_with_refint_and_memberof_is_led_there_and_back() {
    prove("slapd with refint and memberof", Overlay::References);
}

fn prove(name: &str, overlay: Overlay) {
    if available(name) {
        for_seeds(name, cases() / 3, |_, rng| prove_one(overlay, rng));
    }
}

fn prove_one(overlay: Overlay, rng: &mut Rng) {
    let case = Case::draw(rng);
    let (old, new) = (case.old.tree(), case.new.tree());
    let dir = Dir::new();
    dir.write("edits.txt", case.edits.join("\n"));
    let server = holding(overlay, &old);
    // OLD is what an administrator has: a real export.
    let plan = Plan::of(&dir, &server.dump(), &ldif::write(&new));

    apply(&server, "the change", &plan.change);
    let there = held(&server);
    assert_same("after the change", &new, &there);
    assert_identities_kept(&old, &new, &new, &there);
    assert_groups_known(overlay, &plan, &there);

    apply(&server, "the undo", &plan.undo);
    let back = held(&server);
    assert_same("after the undo", &old, &back);
    assert_identities_kept(&old, &new, &old, &back);
    assert_groups_known(overlay, &plan, &back);

    stop_and_undo(overlay, &old, &plan, rng);
}

/// Stops the change at a random record and undoes what was done.
fn stop_and_undo(overlay: Overlay, old: &Tree, plan: &Plan, rng: &mut Rng) {
    let count = rng.below(plan.records() + 1);
    let server = holding(overlay, old);
    apply(&server, "the first records", &plan.first(count));
    server.settle();
    apply(&server, "the end of the undo", &plan.undo_from(count));
    let what = format!("after {count} of {} records and their undo", plan.records());
    let found = held(&server);
    assert_same(&what, old, &found);
    assert_groups_known(overlay, plan, &found);
}

/// A server that holds this, and what its overlay would have written.
fn holding(overlay: Overlay, tree: &Tree) -> Server {
    if overlay != Overlay::References {
        return Server::holding(overlay, &ldif::write(tree));
    }
    let mut tree = tree.clone();
    for (member, group) in memberships(&tree) {
        let name = tree.entries[&group].name.print();
        let entry = tree.entries.get_mut(&member).expect("a member that is there");
        entry.attributes.entry("memberOf".to_owned()).or_default().push(name);
    }
    Server::holding(overlay, &ldif::write(&tree))
}

/// Who is in which group, by `member`, of all that are there.
fn memberships(tree: &Tree) -> BTreeSet<(Key, Key)> {
    ends(tree, "member").into_iter().map(|(group, member)| (member, group)).collect()
}

/// Each entry with each that an attribute of it names.
fn ends(tree: &Tree, attribute: &str) -> BTreeSet<(Key, Key)> {
    let pairs = tree.entries.iter().flat_map(|(key, entry)| {
        let names = entry.values(attribute).iter().filter_map(|value| Name::parse(value));
        names.map(move |name| (key.clone(), name.key()))
    });
    pairs.filter(|(_, named)| tree.entries.contains_key(named)).collect()
}

/// Fails unless `memberOf` is the other end of `member`, or the change was said to leave it behind.
#[track_caller]
fn assert_groups_known(overlay: Overlay, plan: &Plan, tree: &Tree) {
    if overlay == Overlay::References && !plan.said.contains("`memberOf` does not follow") {
        let (wanted, found) = (memberships(tree), ends(tree, "memberOf"));
        let shown = |pairs: BTreeSet<(Key, Key)>| -> Vec<String> {
            let text = |key: Key| key.join(&b","[..]).escape_ascii().to_string();
            pairs.into_iter().map(|(a, b)| format!("{} is in {}", text(a), text(b))).collect()
        };
        let missing = shown(wanted.difference(&found).cloned().collect());
        let extra = shown(found.difference(&wanted).cloned().collect());
        assert!(missing.is_empty() && extra.is_empty(), "memberOf: - {missing:#?} + {extra:#?}");
    }
}

/// Applies the files of a change; between two of them the server gets the time it needs.
#[track_caller]
fn apply(server: &Server, what: &str, parts: &[Vec<u8>]) {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            server.settle();
        }
        server.apply(part).unwrap_or_else(|said| panic!("{what}, file {}: {said}", i + 1));
    }
}

fn held(server: &Server) -> Tree {
    ldif::read_content(&server.settled_dump())
}

/// An identifier of this number, and the end of its record.
fn id(n: usize) -> String {
    format!("entryUUID: 00000000-0000-4000-8000-{n:012}\n\n")
}

/// A record below the suffix, with an identifier of this number.
fn record(dn: &str, n: usize, lines: &str) -> String {
    format!("dn: {dn}dc=example,dc=com\n{lines}\n{}", id(n))
}

/// Three people in two units, who refer to each other; these are their names and those of the units.
fn circle(people: [&str; 3], units: [&str; 2]) -> String {
    let names: Vec<String> =
        (0..3).map(|n| format!("cn={},ou={},dc=example,dc=com", people[n], units[n % 2])).collect();
    let mut text = "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\n\
                    dc: example\no: Example\n"
        .to_owned()
        + &id(0);
    for (n, unit) in units.iter().enumerate() {
        text += &format!("dn: ou={unit},dc=example,dc=com\nobjectClass: organizationalUnit\n");
        text += &format!("ou: {unit}\n{}", id(n + 1));
    }
    for n in 0..3 {
        let (name, other) = (&names[n], &names[(n + 1) % 3]);
        text += &format!("dn: {name}\nobjectClass: inetOrgPerson\ncn: {}\nsn: s\n", people[n]);
        text += &format!("manager: {other}\nseeAlso: {name}\n{}", id(n + 3));
    }
    for (n, members) in [&names[..1], &names[..2], &names[1..]].into_iter().enumerate() {
        text += &format!("dn: cn=g{n},dc=example,dc=com\nobjectClass: groupOfNames\ncn: g{n}\n");
        members.iter().for_each(|name| text += &format!("member: {name}\n"));
        text += &id(n + 6);
    }
    // Most names keep their entries, or nobody would believe the identifiers.
    for n in 9..20 {
        text += &format!("dn: ou=more{n},dc=example,dc=com\nobjectClass: organizationalUnit\n");
        text += &format!("ou: more{n}\n{}", id(n));
    }
    text
}

/// `slapo-refint` works in the background, and whether it does harm is a matter of chance: so names
/// that others refer to are given on again and again, there and back.
#[test]
fn names_are_given_on_again_and_again_under_refint() {
    if !available("names given on under refint") {
        return;
    }
    let old = circle(["a", "b", "c"], ["x", "y"]);
    for (people, units) in [
        (["b", "a", "c"], ["x", "y"]),
        (["c", "a", "b"], ["x", "y"]),
        (["a", "b", "c"], ["y", "x"]),
        (["b", "a", "c"], ["y", "x"]),
    ] {
        let new = circle(people, units);
        let server = Server::holding(Overlay::Refint, old.as_bytes());
        let plan = Plan::of(&Dir::new(), &server.dump(), new.as_bytes());
        let [was, will] = [&old, &new].map(|text| ldif::read_content(text.as_bytes()));
        for run in 1..=cases() / 6 {
            for (what, parts, wanted) in
                [("there", &plan.change, &will), ("back", &plan.undo, &was)]
            {
                let what = format!("run {run} {what}, {people:?} {units:?}");
                apply(&server, &what, parts);
                let found = held(&server);
                assert_same(&what, wanted, &found);
                assert_identities_kept(&was, &will, wanted, &found);
            }
        }
    }
}

/// References that NEW keeps by the name of who gets another one, or goes, were put back in the same file,
/// where the overlay found them when it looked.
#[test]
fn references_to_names_that_go_are_put_back_after_a_pause() {
    let person = |name: &str, n| {
        let cn = "objectClass: person\nsn: s";
        format!("dn: cn={name},dc=example,dc=com\n{cn}\ncn: {name}\n{}", id(n))
    };
    let group = |members: &[&str]| {
        let line = |one: &&str| format!("member: cn={one},dc=example,dc=com\n");
        let members: String = members.iter().map(line).collect();
        let cn = "objectClass: groupOfNames\ncn: g";
        format!("dn: cn=g,dc=example,dc=com\n{cn}\n{members}{}", id(9))
    };
    let top = format!(
        "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\ndc: example\no: E\n{}",
        id(0)
    );
    let people = |last: &[(&str, usize)]| -> String {
        [("b", 2), ("c", 3)].iter().chain(last).map(|(name, n)| person(name, *n)).collect()
    };
    let old = [&*top, &people(&[("k", 1)]), &group(&["k", "b"])].concat();
    for rest in [&[("l", 1)][..], &[]] {
        let new = [&*top, &people(rest), &group(&["k", "c"])].concat();
        let plan = Plan::of(&Dir::new(), old.as_bytes(), new.as_bytes());
        assert_eq!((plan.change.len(), plan.undo.len()), (2, 1), "{}", plan.said);
        assert!(
            plan.said.contains("refers to names that other entries had before"),
            "{}",
            plan.said
        );
        if available("names that are kept under refint") {
            let server = Server::holding(Overlay::Refint, old.as_bytes());
            apply(&server, "the change", &plan.change);
            assert_same("the change", &ldif::read_content(new.as_bytes()), &held(&server));
            apply(&server, "the undo", &plan.undo);
            assert_same("the undo", &ldif::read_content(old.as_bytes()), &held(&server));
        }
        // Where nobody else changes, nothing is written of the group.
        let kept = [&*top, &people(rest), &group(&["k", "b"])].concat();
        let plan = Plan::of(&Dir::new(), old.as_bytes(), kept.as_bytes());
        assert_eq!(plan.change.len(), 1, "{}", plan.said);
    }
}

/// References that only NEW has to a name that goes, and on the way back those that only OLD has to one that
/// comes, were written in the same file as the rename or the delete.
#[test]
fn new_references_to_names_that_go_come_after_a_pause() {
    let top = record("", 0, "objectClass: organization\nobjectClass: dcObject\ndc: example\no: E");
    let person = |name: &str, n, more: &str| {
        let lines = format!("objectClass: person\nsn: s\ncn: {name}{more}");
        record(&format!("cn={name},"), n, &lines)
    };
    let refers = "\nseeAlso: cn=k,dc=example,dc=com";
    let group = "objectClass: groupOfNames\ncn: g\nmember: cn=k,dc=example,dc=com";
    let group = record("cn=g,", 9, group);
    let old = [&*top, &person("k", 1, ""), &person("b", 2, "")].concat();
    let goes = |more: &str| [&*top, &person("b", 2, more)].concat();
    for new in
        [goes(refers), goes(refers) + &person("l", 1, ""), goes("") + &person("l", 1, "") + &group]
    {
        for (from, to, files) in [(&old, &new, (2, 1)), (&new, &old, (1, 2))] {
            let plan = Plan::of(&Dir::new(), from.as_bytes(), to.as_bytes());
            assert_eq!((plan.change.len(), plan.undo.len()), files, "{}", plan.said);
            if available("new references to names that go under refint") {
                let server = Server::holding(Overlay::Refint, from.as_bytes());
                apply(&server, "the change", &plan.change);
                assert_same("the change", &ldif::read_content(to.as_bytes()), &held(&server));
                apply(&server, "the undo", &plan.undo);
                assert_same("the undo", &ldif::read_content(from.as_bytes()), &held(&server));
            }
        }
    }
}

/// slapo-refint takes the end of a reference to be as long as the name that gets another spelling, and `slapadd`
/// leaves references as they are written: `cn=k, ou=…` became `cn=k,,OU=…`.
#[test]
fn a_reference_that_spells_a_name_otherwise_is_not_cut() {
    let whole = |unit: &str, others: &str| {
        let top = "objectClass: organization\nobjectClass: dcObject\ndc: example\no: E";
        [
            record("", 0, top),
            record(
                &format!("ou={unit},"),
                1,
                &format!("objectClass: organizationalUnit\nou: {}", unit.replace('\\', "")),
            ),
            record(&format!("cn=k,ou={unit},"), 2, "objectClass: person\nsn: s\ncn: k"),
            others.to_owned(),
        ]
        .concat()
    };
    let group = |n: usize, unit: &str, more: &str| {
        let member = format!("member: cn=k, ou={unit},dc=example,dc=com");
        let other = format!("seeAlso: cn=k,ou={unit},dc=example,dc=com");
        let lines = format!("objectClass: groupOfNames\ncn: g{n}\n{member}\n{other}{more}");
        record(&format!("cn=g{n},"), n, &lines)
    };
    for (from, to) in [("a\\, b", "A\\, B"), ("a b", "a  b"), ("a  b", "a b")] {
        let old = [group(3, from, ""), group(4, from, ""), group(5, from, "")].concat();
        let new = [group(3, from, ""), group(4, to, "\ndescription: d"), group(6, to, "")].concat();
        let (old, new) = (whole(from, &old), whole(to, &new));
        let plan = Plan::of(&Dir::new(), old.as_bytes(), new.as_bytes());
        assert_eq!((plan.change.len(), plan.undo.len()), (2, 2), "{}", plan.said);
        if available("references below another spelling under refint") {
            let server = Server::holding(Overlay::Refint, old.as_bytes());
            apply(&server, "the change", &plan.change);
            assert_same("the change", &ldif::read_content(new.as_bytes()), &held(&server));
            apply(&server, "the undo", &plan.undo);
            assert_same("the undo", &ldif::read_content(old.as_bytes()), &held(&server));
        }
    }
}

/// Overlays and schema were added before the modules and the schema that they need, which slapd refuses (21).
#[test]
fn a_configuration_gets_first_what_the_rest_of_it_needs() {
    if !available("a configuration") {
        return;
    }
    let server = Server::holding(Overlay::None, b"");
    let old = String::from_utf8(server.configuration()).expect("LDIF is text");
    let module = "olcModuleLoad: {0}back_mdb.la\n";
    if !old.contains(module) {
        return;
    }
    let database = "dn: olcDatabase={1}mdb,cn=config\n";
    let attribute = "olcAttributeTypes: {0}( 1.3.6.1.4.1.99999.1 NAME 'badge' EQUALITY caseIgnoreMatch \
                     SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )";
    let new = [
        "dn: olcOverlay={0}refint,olcDatabase={1}mdb,cn=config\nobjectClass: olcOverlayConfig\n\
         objectClass: olcRefintConfig\nolcOverlay: {0}refint\nolcRefintAttribute: member\n\
         olcRefintAttribute: badge\n\n",
        &old.replace(module, &format!("{module}olcModuleLoad: {{1}}refint.la\n"))
            .replace(database, &format!("{database}olcDbIndex: badge eq\n")),
        &format!(
            "dn: cn={{4}}badge,cn=schema,cn=config\nobjectClass: olcSchemaConfig\n\
                  cn: {{4}}badge\n{attribute}\n\n"
        ),
    ]
    .concat();
    // The modules bring a schema of their own.
    let schema = |more: &str| {
        let own = "objectClass: olcSchemaConfig\ncn: schema\nolcObjectIdentifier: OLcfg 1.2";
        format!("dn: cn=schema,cn=config\n{own}\n{more}\n")
    };
    let grown = "olcAttributeTypes: ( OLcfgOvAt:11.1 NAME 'olcRefintAttribute' SYNTAX 1.2 )\n";
    let (before, after) = (old + &schema(""), new.clone() + &schema(grown));
    let plan = Plan::of(&Dir::new(), before.as_bytes(), after.as_bytes());
    assert!(plan.said.contains("`cn=schema,cn=config` is left as it is"), "{}", plan.said);
    assert!(
        plan.said.contains("the undo takes all else back, and stops at 2 entries"),
        "{}",
        plan.said
    );
    apply(&server, "the change", &plan.change);
    let there = ldif::read_content(&server.configuration());
    assert_same("the change", &ldif::read_content(new.as_bytes()), &there);
}

/// What `slapcat` and `ldapsearch` write is the same state, and known for what it is, people alone too.
#[test]
fn every_export_is_read_as_it_is() {
    if !available("exports of slapd") {
        return;
    }
    for_seeds("exports of slapd", 2, |_, rng| {
        let server = holding(Overlay::References, &Case::draw(rng).old.tree());
        assert_same_exports("openldap", &server.dump(), &server.search(&["*", "+"]));
        let people = server.search(&["(objectClass=person)", "*", "+"]);
        assert_same_exports("openldap", &people, &people);
    });
}

/// The harness has to be right before it can prove anything: the crudest change there is, all
/// entries out and all others in, leads to NEW on the server and in the model alike.
#[test]
fn tearing_down_and_rebuilding_leads_there_too() {
    if !available("rebuilding") {
        return;
    }
    for_seeds("rebuilding", cases() / 6, |_, rng| {
        let case = Case::draw(rng);
        let (old, new) = (case.old.tree(), case.new.tree());
        let change = ldif::write_changes(&rebuild(&old, &new));
        let plan = Plan { change: vec![change.clone()], undo: Vec::new(), said: String::new() };
        let count = rng.below(plan.records() + 1);
        let server = Server::holding(Overlay::Unique, &ldif::write(&old));
        apply(&server, "the first records", &plan.first(count));
        let rest = ldif::blocks(&change).split_off(count);
        let from = rest.first().map_or(change.len(), |block| block.text.start);
        apply(&server, "the other records", &[change[from..].to_vec()]);
        assert_same("rebuilt", &new, &held(&server));
        let model = model::apply(&old, &change).expect("the model takes it");
        assert_same("rebuilt in the model", &new, &model);
    });
}

/// Deletes all but the top, children first, and adds all but the top, parents first.
fn rebuild(old: &Tree, new: &Tree) -> Vec<Change> {
    let deletes = old.entries.values().skip(1).rev();
    let deletes = deletes.map(|e| Change { dn: e.name.print(), kind: Kind::Delete });
    let mut changes: Vec<_> = deletes.collect();
    for (i, entry) in new.without_server_attributes().entries.values().enumerate() {
        let attributes = entry.attributes.iter();
        let kind = match i {
            0 => Kind::Modify(replace_all(&old.entries[&entry.name.key()], entry)),
            _ => Kind::Add(
                attributes.flat_map(|(n, vs)| vs.iter().map(|v| (n.clone(), v.clone()))).collect(),
            ),
        };
        changes.push(Change { dn: entry.name.print(), kind });
    }
    changes
}

/// Replaces every attribute of either but the classes and the name.
fn replace_all(old: &Entry, new: &Entry) -> Vec<Modification> {
    let names: BTreeSet<_> = old.attributes.keys().chain(new.attributes.keys()).collect();
    let free = names.into_iter().filter(|n| *n != "dc" && !rules::is_server(n));
    let replace = |attribute: &String| Modification {
        operation: Operation::Replace,
        attribute: attribute.clone(),
        values: new.values(attribute).to_vec(),
    };
    free.map(replace).collect()
}

/// A unit with a group in it, and a person who is in that group; by these names.
fn group_in_unit(unit: &str, group: Option<&str>) -> String {
    let mut text = "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\n\
                    dc: example\no: Example\n"
        .to_owned()
        + &id(0);
    text += &format!("dn: ou={unit},dc=example,dc=com\nobjectClass: organizationalUnit\n");
    text += &format!("ou: {unit}\n{}", id(1));
    text += "dn: cn=p,dc=example,dc=com\nobjectClass: person\ncn: p\nsn: p\n";
    text += &id(2);
    if let Some(group) = group {
        let name = group.split([',', '=']).nth(1).expect("a name");
        text += &format!("dn: {group},dc=example,dc=com\nobjectClass: groupOfNames\ncn: {name}\n");
        text += &format!("member: cn=p,dc=example,dc=com\n{}", id(3));
    }
    text
}

/// The overlay looks for the name that a group had before the unit above it got another one.
#[test]
fn a_group_that_is_renamed_below_a_renamed_unit_keeps_its_members_or_is_told_of() {
    if !available("slapd with groups below a renamed unit") {
        return;
    }
    for (group, is_left_behind) in
        [(Some("cn=g,ou=b"), true), (Some("cn=h,ou=b"), true), (Some("cn=h"), false), (None, false)]
    {
        let tree = |text: String| ldif::read_content(text.as_bytes());
        let old = tree(group_in_unit("a", Some("cn=g,ou=a")));
        let new = tree(group_in_unit("b", group));
        let dir = Dir::new();
        let server = holding(Overlay::References, &old);
        let plan = Plan::of(&dir, &server.dump(), &ldif::write(&new));
        for (what, parts) in [("the change", &plan.change), ("the undo", &plan.undo)] {
            apply(&server, what, parts);
            assert_groups_known(Overlay::References, &plan, &held(&server));
        }
        let said = plan.said.contains("`memberOf` does not follow");
        assert_eq!(said, is_left_behind, "{group:?}: {}", plan.said);
    }
}
