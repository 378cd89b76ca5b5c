//! The safety limits, and what else is refused or remarked on before anything is written.

use ldifsync::diff::{Format, Limit, Options};

use crate::library::{Ran, entry, person, ran, unit};

/// A unit and this many people, each with these lines.
fn people(count: usize, lines: impl Fn(usize) -> Vec<&'static str>) -> String {
    let person = |n: usize| person(&format!("p{n}"), &lines(n));
    unit("p") + &(0..count).map(person).collect::<String>()
}

fn plain(count: usize) -> String {
    people(count, |_| Vec::new())
}

fn deleted(from: usize, to: usize, limit: Option<Limit>) -> Ran {
    ran(plain(from), plain(to), |o| o.limits.delete = limit)
}

#[test]
fn deletes_are_limited() {
    let count = |n| Some(Limit::Count(n));
    let percent = |n| Some(Limit::Percent(n));
    let cases = [
        ("20 are few", 100, 80, None, Ok(20)),
        ("21 of 101 are too many", 100, 79, None, Err("at most 20 deletes, but found 21 of 101")),
        ("2 % of many", 1999, 1959, None, Ok(40)),
        ("more than 2 %", 1999, 1958, None, Err("at most 40 deletes, but found 41 of 2,000")),
        ("half of a few", 5, 2, None, Ok(3)),
        ("more than half", 5, 1, None, Err("at most 3 deletes, but found 4 of 6")),
        ("a number", 100, 79, count(21), Ok(21)),
        ("a smaller number", 5, 4, count(0), Err("at most 0 deletes, but found 1 of 6")),
        ("a share", 99, 49, percent(50.0), Ok(50)),
        (
            "more than a share",
            99,
            48,
            percent(50.0),
            Err("at most 50 deletes, but found 51 of 100"),
        ),
        ("all", 20, 0, percent(100.0), Ok(20)),
    ];
    for (name, from, to, limit, wanted) in cases {
        let ran = deleted(from, to, limit);
        match wanted {
            Ok(deletes) => assert_eq!(ran.report().counts.deletes, deletes, "{name}"),
            Err(text) => {
                let refusal = ran.refusal();
                assert!(refusal.contains(text), "{name}: {refusal}");
            }
        }
    }
}

#[test]
fn a_refusal_shows_what_would_go() {
    let ran = deleted(40, 10, None);
    let text = ran.refusal();
    assert_eq!(text.lines().count(), 12, "{text}");
    assert!(text.contains("\n  cn=p39,ou=p,o=x\n"), "{text}");
    assert!(text.ends_with("\n  … and 20 more"), "{text}");
    let error = ran.result.expect_err("refused");
    assert!(error.is_limit());
    let hint = error.hint().expect("a hint");
    assert!(hint.contains("`--max-delete 30` allows it once"), "{hint}");
}

#[test]
fn names_in_a_refusal_are_escaped() {
    let old = [unit("p"), person("a\u{1b}[2J", &[])].concat();
    let refusal = ran(old, unit("p"), |o| o.limits.delete = Some(Limit::Count(0))).refusal();
    assert!(refusal.contains("\\u{1b}[2J") || refusal.contains("\\1B[2J"), "{refusal}");
    assert!(!refusal.contains('\u{1b}'), "{refusal}");
}

#[test]
fn the_delete_half_of_a_recreation_counts() {
    let with = |name: &str| format!("entryUUID: 00000000-0000-0000-0000-00000000{name}");
    let old = [unit("p"), person("a", &[&with("0001")]), person("b", &[&with("0009")])].concat();
    let new = [
        unit("p"),
        person("a", &[&with("0002"), "title: b"]),
        person("b", &[&with("0009"), "title: c"]),
    ];
    let ran = ran(old, new.concat(), |o| o.limits.delete = Some(Limit::Count(0)));
    assert!(ran.refusal().contains("but found 1 of 3 entries"));
}

#[test]
fn only_what_is_selected_counts() {
    let other: String =
        (0..200).map(|n| entry(&format!("cn=o{n},o=x"), &["objectClass: person"])).collect();
    let base = || vec![ldifsync::dn::Dn::parse(b"ou=p,o=x").expect("a name")];
    let (old, new) = ([plain(29), other.clone()].concat(), [plain(9), other].concat());
    assert_eq!(ran(&old, &new, |_| {}).report().counts.deletes, 20);
    let refusal = ran(&old, &new, |o| o.scope.bases = base()).refusal();
    assert!(refusal.contains("at most 15 deletes, but found 20 of 30 entries"), "{refusal}");
}

#[test]
fn changes_are_limited_on_request() {
    let (old, new) = (people(9, |_| vec!["title: a"]), people(9, |_| vec!["title: b"]));
    assert_eq!(ran(&old, &new, |_| {}).report().counts.modifies, 9);
    let limited = |limit| ran(&old, &new, |o: &mut Options| o.limits.change = Some(limit));
    assert_eq!(limited(Limit::Count(9)).report().counts.modifies, 9);
    assert_eq!(limited(Limit::Percent(90.0)).report().counts.modifies, 9);
    let refusal = limited(Limit::Percent(80.0)).refusal();
    assert!(refusal.contains("at most 8 changes, but found 9 of 10 entries"), "{refusal}");
    assert!(refusal.contains("\n  cn=p0,ou=p,o=x\n"), "{refusal}");
}

fn group(name: &str, attribute: &str, members: std::ops::Range<usize>) -> String {
    let value = |n: usize| match attribute {
        "memberUid" => format!("memberUid: p{n}"),
        "nisNetgroupTriple" => format!("nisNetgroupTriple: (,p{n},)"),
        _ => format!("{attribute}: cn=p{n},ou=p,o=x"),
    };
    let lines: Vec<String> = members.map(value).collect();
    let mut all = vec!["objectClass: groupOfNames".to_owned(), format!("cn: {name}")];
    all.extend(lines);
    entry(&format!("cn={name},o=x"), &all.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn what_goes_from_a_group_is_limited() {
    for attribute in ["member", "memberUid", "nisNetgroupTriple"] {
        let run = |from: usize, to: usize, limit| {
            let side = |count| [plain(60), group("g", attribute, 0..count)].concat();
            ran(side(from), side(to), |o| o.limits.member_delete = limit)
        };
        assert_eq!(run(60, 30, None).report().counts.modifies, 1, "half");
        assert_eq!(run(21, 1, None).report().counts.modifies, 1, "20 are few");
        let refusal = run(60, 29, None).refusal();
        let wanted = format!(
            "at most 30 values to go from {attribute} of `cn=g,o=x`, but found 31 of 60\n  "
        );
        assert!(refusal.contains(&wanted), "{refusal}");
        assert_eq!(run(60, 29, Some(Limit::Count(31))).report().counts.modifies, 1);
        assert!(run(60, 50, Some(Limit::Percent(10.0))).refusal().contains("at most 6 values"));
    }
}

#[test]
fn members_that_only_get_another_name_stay() {
    let id = |n: usize| format!("entryUUID: 00000000-0000-0000-0000-{n:012}");
    let tree = |place: &str| {
        let unit = entry(
            &format!("ou={place},o=x"),
            &["objectClass: organizationalUnit", &format!("ou: {place}"), &id(999)],
        );
        let people: String = (0..40)
            .map(|n| person(&format!("p{n}"), &[&id(n)]).replace("ou=p", &format!("ou={place}")))
            .collect();
        [unit, people, group("g", "member", 0..40).replace("ou=p", &format!("ou={place}"))].concat()
    };
    assert_eq!(ran(tree("p"), tree("q"), |_| {}).report().counts.renames, 1);
}

#[test]
fn an_attribute_that_most_lose_is_noticed() {
    let with = |count: usize, lines: &'static [&'static str]| people(count, |_| lines.to_vec());
    let kept = |count: usize, keep: usize| {
        people(count, move |n| if n < keep { vec!["userPassword: x"] } else { Vec::new() })
    };
    let refusal = ran(with(20, &["userPassword: x"]), plain(20), |_| {}).refusal();
    let wanted = "at most 18 entries to lose userPassword, but found 20 of 20\n  cn=p0,ou=p,o=x\n";
    assert!(refusal.contains(wanted), "{refusal}");
    let cases = [
        ("19 hold it", with(19, &["userPassword: x"]), plain(19), None, true),
        ("9 of 10", kept(20, 20), kept(20, 2), None, true),
        ("more than 9 of 10", kept(20, 20), kept(20, 1), None, false),
        ("allowed", kept(20, 20), kept(20, 0), Some(100.0), true),
        ("another limit", kept(20, 20), kept(20, 9), Some(50.0), false),
        ("by another name", with(20, &["surname: x"]), with(20, &["sn: x"]), None, true),
    ];
    for (name, old, new, limit, allowed) in cases {
        let ran = ran(old, new, |o| o.limits.attribute_loss = limit);
        assert_eq!(ran.result.is_ok(), allowed, "{name}");
    }
}

#[test]
fn entries_that_go_lose_nothing() {
    let old = people(40, |_| vec!["userPassword: x"]);
    let new = people(22, |n| if n < 2 { vec![] } else { vec!["userPassword: x"] });
    assert_eq!(ran(old, new, |_| {}).report().counts.deletes, 18);
}

#[test]
fn limits_hold_for_what_can_be_applied() {
    for format in [Format::Unified, Format::Jsonl, Format::Summary] {
        let ran = ran(plain(40), plain(1), |o| o.format = format);
        assert_eq!(ran.report().counts.deletes, 39, "{format:?}");
    }
}

#[test]
fn a_missing_line_end_is_refused() {
    let (whole, cut) = (plain(2), plain(2).trim_end().to_owned());
    let refusal = ran(&cut, &whole, |_| {}).refusal();
    assert_eq!(refusal, "old.ldif:13:6: expected a line end after the last line");
    let refusal = ran(&whole, &cut, |_| {}).refusal();
    assert_eq!(refusal, "new.ldif:13:6: expected a line end after the last line");
    let allowed = ran(&whole, &cut, |o| o.allow_no_final_newline = true);
    assert_eq!(allowed.report().counts.total(), 0);
}

#[test]
fn another_number_of_entries_is_refused() {
    let run = |old, new| ran(plain(9), plain(8), |o| o.expect = (old, new));
    let count = |n| Some(Limit::Count(n));
    let percent = |n| Some(Limit::Percent(n));
    assert!(run(count(10), count(9)).result.is_ok());
    assert!(run(percent(100.0), percent(90.0)).result.is_ok());
    let refusal = run(count(11), None).refusal();
    assert!(refusal.starts_with("expected 11 entries in `"), "{refusal}");
    assert!(refusal.ends_with("(--expect-old), but found 10"), "{refusal}");
    let refusal = run(None, percent(95.0)).refusal();
    assert!(refusal.starts_with("expected at least 10 entries in `"), "{refusal}");
    assert!(refusal.ends_with("(--expect-new), but found 9"), "{refusal}");
}

#[test]
fn arguments_that_look_swapped_are_remarked_on() {
    let side = |title: &str, stamp: &str| {
        [unit("p"), person("a", &[&format!("title: {title}"), stamp])].concat()
    };
    for (early, late) in [
        ("modifyTimestamp: 20240101000000Z", "modifyTimestamp: 20240201000000Z"),
        ("entryCSN: 20240101000000.000000Z#0#0#0", "entryCSN: 20240201000000.000000Z#0#0#0"),
        ("whenChanged: 20240101000000.0Z", "whenChanged: 20240201000000.0Z"),
    ] {
        let swapped = ran(side("t", late), side("u", early), |_| {});
        assert!(swapped.warns("is of 2024-01-01 00:00:00"), "{:?}", swapped.report().warnings);
        assert!(swapped.warns("are the two swapped?"));
        assert!(ran(side("t", early), side("u", late), |_| {}).report().warnings.is_empty());
        assert!(ran(side("t", late), side("t", early), |_| {}).report().warnings.is_empty());
    }
}

#[test]
fn deletes_and_adds_that_look_like_renames_are_counted() {
    let old = [unit("p"), unit("q"), person("a", &["mail: m@x"]), person("b", &[])].concat();
    let moved = person("b", &[]).replace("ou=p", "ou=q");
    let new = [unit("p"), unit("q"), person("c", &["mail: M@X"]), moved, person("d", &[])];
    let ran = ran(old, new.concat(), |o| o.limits.delete = Some(Limit::Percent(100.0)));
    assert!(ran.warns("2 of 2 deletes and 3 adds look like renames"));
    assert!(ran.warns("`ldapsearch … '*' +`"));
}
