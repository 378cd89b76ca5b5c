//! Few people who pass many unique values around: at no moment do two have the same.
//!
//! The people are accounts or not, and named by any of what is unique, so that classes, names and values
//! come and go together. The model judges each record, and the values after it.

use std::collections::HashMap;

use crate::ldif;
use crate::model;
use crate::plan::Plan;
use crate::rng::Rng;
use crate::tree::{Tree, assert_same};
use crate::util::{Dir, cases, for_seeds};

const UNIQUE: [&str; 3] = ["uid", "uidNumber", "mail"];

const TOP_NAME: &str = "dc=example,dc=com";

const TOP: &str = "dn: dc=example,dc=com\nobjectClass: organization\nobjectClass: dcObject\n\
     dc: example\no: Example\n\ndn: ou=k,dc=example,dc=com\nobjectClass: organizationalUnit\nou: k\n\n";

/// Values that nobody has yet, in any order.
fn deck(rng: &mut Rng, of: &str, size: usize) -> Vec<String> {
    let mut values: Vec<String> = (1..=size).map(|n| format!("{of}{n}")).collect();
    rng.shuffle(&mut values);
    values
}

/// An export of some of four people, each with another draw of the same few values, some below others.
fn drawn(rng: &mut Rng) -> Vec<u8> {
    let (mut uids, mut numbers) = (deck(rng, "u", 7), deck(rng, "", 6));
    let mut mails = deck(rng, "m", 4);
    let mut text = TOP.to_owned();
    let mut places = vec![TOP_NAME.to_owned(), format!("ou=k,{TOP_NAME}")];
    let mut ids = vec![1, 2, 3, 4];
    rng.shuffle(&mut ids);
    for id in ids.into_iter().filter(|_| rng.chance(85)).collect::<Vec<_>>() {
        let mut has = vec![("cn", format!("c{id}"))];
        let mut classes = "objectClass: inetOrgPerson\n".to_owned();
        let mut take = |name, deck: &mut Vec<String>| has.extend(deck.pop().map(|v| (name, v)));
        if rng.chance(50) {
            classes += "objectClass: posixAccount\ngidNumber: 9\nhomeDirectory: /h\n";
            take("uid", &mut uids);
            take("uidNumber", &mut numbers);
            if rng.chance(25) && uids.len() > 3 {
                take("uid", &mut uids);
            }
        } else if rng.chance(50) {
            take("uid", &mut uids);
        }
        if rng.chance(50) {
            take("mail", &mut mails);
        }
        let value = |name: &str| has.iter().find(|(n, _)| *n == name).map(|(_, v)| v);
        let names: [&[&str]; 6] =
            [&["cn"], &["uid"], &["uidNumber"], &["mail"], &["uid", "uidNumber"], &["cn", "mail"]];
        let can = names.iter().filter(|all| all.iter().all(|name| value(name).is_some()));
        let rdn: Vec<String> = rng
            .pick(&can.collect::<Vec<_>>())
            .into_iter()
            .flat_map(|all| all.iter())
            .filter_map(|name| Some(format!("{name}={}", value(name)?)))
            .collect();
        let above = rng.pick(&places).cloned().unwrap_or_default();
        let dn = format!("{},{above}", rdn.join("+"));
        let lines: String = has.iter().map(|(name, v)| format!("{name}: {v}\n")).collect();
        text += &format!(
            "dn: {dn}\n{classes}sn: s\n{lines}\
             entryUUID: 00000000-0000-4000-8000-00000000000{id}\n\n"
        );
        places.push(dn);
    }
    text.into_bytes()
}

#[track_caller]
fn assert_unique(tree: &Tree, record: usize) {
    let mut owners = HashMap::new();
    for (key, entry) in &tree.entries {
        for value in
            UNIQUE.iter().flat_map(|name| entry.values(name).iter().map(move |v| (name, v)))
        {
            let other = owners.insert(value, key);
            assert!(other.is_none_or(|other| other == key), "two have {value:?} after {record}");
        }
    }
}

/// The tree after each record of a change, in which no value is two entries'.
#[track_caller]
fn applied(mut tree: Tree, parts: &[Vec<u8>]) -> Tree {
    let changes = parts.iter().flat_map(|part| ldif::read_changes(part));
    for (at, change) in changes.enumerate() {
        let verdict = model::apply_one(&mut tree, &change);
        assert_eq!(verdict, Ok(()), "record {}: {change:?}", at + 1);
        assert_unique(&tree, at + 1);
    }
    tree
}

#[test]
fn no_value_is_anothers_at_any_moment() {
    for_seeds("exchanges", cases() * 5, |_, rng| {
        let (old, new) = (drawn(rng), drawn(rng));
        let plan = Plan::of(&Dir::new(), &old, &new);
        let [old, new] = [&old, &new].map(|text| ldif::read_content(text));
        let there = applied(old.clone(), &plan.change);
        assert_same("the change", &new, &there);
        assert_same("the undo", &old, &applied(there, &plan.undo));
    });
}
