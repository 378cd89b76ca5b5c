//! Expressions and templates over a small record.

use super::*;

/// A record with odd names and odd values.
struct Record;

impl Names for Record {
    fn values(&self, name: &str) -> Option<Vec<Cow<'_, [u8]>>> {
        let values: &[&[u8]] = match name {
            "givenName" => &[b"Jane"],
            "sn" => &["Döe".as_bytes()],
            "cn" | "description" => &[],
            "title" => &[b""],
            "mail" => &[b"jane.doe@Example.com"],
            "uidNumber" => &[b"1042"],
            "userAccountControl" => &[b"514"],
            "groupType" => &[b"-2147483646"],
            "active" => &[b"f"],
            "x-y" => &[b"odd"],
            "jpegPhoto" => &[b"\xff\xd8\x00"],
            "manager" => &[b"uid=boss\\2C the+cn=x,ou=People,dc=x"],
            "telephoneNumber" => &[b"+1 2", b"+1 3"],
            "proxyAddresses" => &[b"smtp:a@x", b"SMTP:b@x"],
            "dept_id" => &[b"7"],
            "nasty" => &[b" #a,ou=x+cn=\"b\"\\;<>= \0 "],
            "sharp" => &[b"#0401"],
            _ => return None,
        };
        Some(values.iter().map(|value| Cow::Borrowed(*value)).collect())
    }

    fn lookup(&self, lookup: &str, key: &[u8]) -> Answer {
        Ok(match (lookup, key) {
            ("dept", b"7") => Some(vec![
                ("code".to_owned(), Some(b"IT".to_vec())),
                ("boss".to_owned(), None),
                ("above".to_owned(), Some(b"8".to_vec())),
            ]),
            ("dept", b"8") => Some(vec![("code".to_owned(), Some(b"HQ".to_vec()))]),
            ("word", key) => Some(vec![(String::new(), Some([b"w", key].concat()))]),
            _ => None,
        })
    }
}

fn evaluated(text: &str, multi: &Multi) -> Result<Vec<Vec<u8>>, ExpressionFault> {
    Expression::parse(text)?.evaluate(&Record, multi)
}

/// A single value as text, bytes as escapes; `-` where there is none.
fn shown(text: &str, multi: &Multi) -> String {
    match evaluated(text, multi) {
        Err(fault) => format!("fault: {fault}"),
        Ok(values) if values.is_empty() => "-".to_owned(),
        Ok(values) => {
            let texts: Vec<_> =
                values.iter().map(|v| crate::text::Escaped(v).to_string()).collect();
            texts.join("|")
        }
    }
}

#[track_caller]
fn assert_values(multi: &Multi, rows: &[(&str, &str)]) {
    let other = rows.iter().map(|(text, wanted)| (text, shown(text, multi), wanted));
    let other: Vec<_> = other.filter(|(_, found, wanted)| found != *wanted).collect();
    assert!(other.is_empty(), "{other:#?}");
}

#[track_caller]
fn assert_all(rows: &[(&str, &str)]) {
    assert_values(&Multi::Reject, rows);
}

#[test]
fn what_is_absent_stays_absent_until_it_is_caught() {
    assert_all(&[
        ("givenName ~ ' ' ~ sn", "Jane Döe"),
        ("cn ~ ' ' ~ sn", "-"),
        ("sn ~ (', ' ~ (cn | upper))", "-"),
        ("cn", "-"),
        ("none", "-"),
        ("title", ""),
        ("title ~ sn", "Döe"),
        ("(cn ~ ' ' ~ sn) or sn", "Döe"),
        ("(cn ~ ' ' ~ sn) | default(givenName)", "Jane"),
        ("cn | default('x') | upper", "X"),
        ("cn | d('x') ~ sn", "xDöe"),
        ("title or 'none'", "none"),
        ("title | default('x')", ""),
        ("title | default('x', true)", "x"),
        ("cn or title", ""),
        ("title or cn", "-"),
        ("cn and sn", "-"),
        ("givenName and sn", "Döe"),
        ("'a' if cn else 'b'", "b"),
        ("'a' if cn", "-"),
        ("('a' if cn) ~ 'b'", "-"),
        ("'a' if cn is defined else 'b'", "b"),
        ("cn is undefined", "true"),
        ("cn is not defined", "true"),
        ("cn == 'x'", "-"),
        ("cn != 'x'", "-"),
        ("1 < cn < 3", "-"),
        ("cn in ['x']", "-"),
        ("'a' in cn", "-"),
        ("not cn", "true"),
        ("-cn", "-"),
        ("cn + 1", "-"),
        ("1 + cn * 2", "-"),
        ("cn[0:2]", "-"),
        ("sn[cn:]", "-"),
        ("cn.x", "-"),
        ("cn['x']", "-"),
        ("{'m': 'Herr'}[cn]", "-"),
        ("givenName | replace('a', cn)", "-"),
        ("cn is startingwith('x')", "false"),
        ("lookup('dept', cn).code", "-"),
        ("[cn, sn] | join('-')", "Döe"),
        ("[cn]", "-"),
        ("[cn, sn, 1]", "Döe|1"),
    ]);
    for filter in filters::names().filter(|name| !matches!(*name, "default" | "d")) {
        let args = match filter {
            "lookup" => "('dept')",
            "regex_replace" | "replace" => "('a', 'b')",
            "bit" => "(2)",
            "map" => "('upper')",
            "select" | "reject" => "('defined')",
            _ => "",
        };
        let text = format!("cn | {filter}{args}");
        assert_eq!(shown(&text, &Multi::Reject), "-", "{text}");
    }
}

#[test]
fn several_values_are_what_multi_says() {
    let fault = "fault: expected one value of `telephoneNumber`, but found several";
    assert_all(&[("telephoneNumber", fault), ("cn or telephoneNumber", fault)]);
    assert_values(
        &Multi::First,
        &[("telephoneNumber", "+1 2"), ("telephoneNumber ~ 'x'", "+1 2x")],
    );
    assert_values(
        &Multi::Join("; ".to_owned()),
        &[("telephoneNumber", "+1 2; +1 3"), ("sn", "Döe")],
    );
    for multi in [Multi::All, Multi::Any] {
        assert_values(
            &multi,
            &[
                ("telephoneNumber", "+1 2|+1 3"),
                ("sn", "Döe"),
                ("cn", "-"),
                ("telephoneNumber | first", "+1 2"),
                ("telephoneNumber | last", "+1 3"),
                ("telephoneNumber | length", "2"),
                ("telephoneNumber | join(', ')", "+1 2, +1 3"),
                ("proxyAddresses | select('startingwith', 'SMTP:') | first", "SMTP:b@x"),
                (
                    "proxyAddresses | reject('startingwith', 'x') | map('upper')",
                    "SMTP:A@X|SMTP:B@X",
                ),
                ("'smtp:a@x' in proxyAddresses", "true"),
                ("telephoneNumber[1:]", "+1 3"),
                ("telephoneNumber | map('lookup', 'word')", "w+1 2|w+1 3"),
                ("telephoneNumber | map('regex_replace', '^[+]1 ', '0')", "02|03"),
                (
                    "telephoneNumber ~ 'x'",
                    "fault: expected one value for `~`, but found `[\"+1 2\", \"+1 3\"]`",
                ),
                ("[telephoneNumber]", "fault: expected a value, but found a list in a list"),
            ],
        );
    }
}

#[test]
fn values_are_text_and_read_as_what_they_stand_beside() {
    assert_all(&[
        ("uidNumber + 1", "1043"),
        ("uidNumber - 42", "1000"),
        ("'5' * '2'", "10"),
        ("6 / 2", "3"),
        ("7 / 2", "3.5"),
        ("-7 // 2", "-4"),
        ("-7 % 3", "2"),
        ("2 ** 10", "1024"),
        ("2 ** -1", "0.5"),
        ("-uidNumber", "-1042"),
        ("1.50 + 0", "1.5"),
        ("10 ** 30 / 7 > 1", "true"),
        ("uidNumber > 999", "true"),
        ("uidNumber == 1042.0", "true"),
        ("999 < uidNumber < 2000", "true"),
        ("'b' > 'a'", "true"),
        ("active == false", "true"),
        ("active | bool", "false"),
        ("'x' if active | bool else 'y'", "y"),
        ("'an' in givenName", "true"),
        ("'an' not in givenName", "false"),
        ("uidNumber in [1042]", "true"),
        ("uidNumber in ['x', '1042']", "true"),
        ("{'Jane': 'f', 'John': 'm'}[givenName]", "f"),
        ("{'John': 'm'}[givenName] or 'd'", "d"),
        ("givenName[0:1] ~ sn", "JDöe"),
        ("sn[1:]", "öe"),
        ("sn[-1:]", "e"),
        ("sn[:-5]", ""),
        ("attr('x-y') ~ attr('sn')", "oddDöe"),
        ("true", "true"),
        ("'a\\u00e9'", "aé"),
        ("1e3", "1000"),
        ("jpegPhoto", "\\xff\\xd8\\u{0}"),
        ("jpegPhoto ~ 'a'", "\\xff\\xd8\\u{0}a"),
        ("jpegPhoto == jpegPhoto", "true"),
        ("jpegPhoto[1:]", "\\xd8\\u{0}"),
        ("1 / 0", "fault: expected a value, but found no finite number"),
        ("sn + 1", "fault: expected a number for `+`, but found `Döe`"),
        ("sn > 1", "fault: expected a number for `>`, but found `Döe`"),
        ("sn == true", "fault: expected true or false for `==`, but found `Döe`"),
        ("jpegPhoto | ascii", "fault: expected text for `ascii`, but found `\\xff\\xd8\\u{0}`"),
        ("{'a': 1}", "fault: expected a value, but found a whole row"),
    ]);
}

#[test]
fn filters_of_our_own() {
    assert_all(&[
        ("manager | rdn", "boss, the"),
        ("'' | rdn", "-"),
        ("sn | rdn", "fault: expected a DN for `rdn`, but found `Döe`"),
        ("mail | local_part", "jane.doe"),
        ("mail | domain | lower", "example.com"),
        ("sn | domain", "fault: expected a mail address for `domain`, but found `Döe`"),
        ("userAccountControl | bit(2)", "true"),
        ("userAccountControl | bit(3)", "false"),
        ("userAccountControl | bit('512')", "true"),
        ("groupType | bit(2147483648)", "true"),
        ("groupType | bit(4)", "false"),
        ("sn | bit(4)", "fault: expected a whole number for `bit`, but found `Döe`"),
        ("sn | ascii", "Doee"),
        ("(givenName[0:1] ~ sn) | ascii | lower", "jdoee"),
        ("mail | regex_replace('@.*$', '@x')", "jane.doe@x"),
        ("mail | regex_replace('(\\w+)\\.(\\w+)@', '$2.${1}@')", "doe.jane@Example.com"),
        ("mail | regex_replace('', '-') | length", "41"),
        ("jpegPhoto | base64", "/9gA"),
        ("jpegPhoto | hex", "ffd800"),
        ("'2024-05-01 10:00:00' | generalized_time", "20240501100000Z"),
        ("'2024-05-01 10:00:00' | generalized_time('Europe/Berlin')", "20240501080000Z"),
        ("'2024-05-01 10:00:00.5+02' | generalized_time('Europe/Berlin')", "20240501080000.5Z"),
        ("sn | hex", "44c3b665"),
        ("1 | base64", "MQ=="),
        ("'42' | int + 1", "43"),
        ("'x' | int", "fault: expected a whole number for `int`, but found `x`"),
        ("sn | upper", "DÖE"),
        ("'  a ' | trim", "a"),
        ("'a-b-c' | split('-') | last", "c"),
        ("sn | replace('ö', 'oe')", "Doee"),
        ("sn | length", "3"),
        ("sn | first", "Döe"),
        ("2.567 | round(1)", "2.6"),
    ]);
}

#[test]
fn lookups_are_answered_whenever_they_are_asked() {
    assert_all(&[
        ("lookup('dept', dept_id).code", "IT"),
        ("lookup('dept', dept_id).CODE", "IT"),
        ("(dept_id | lookup('dept')).code ~ '!'", "IT!"),
        ("lookup('dept', dept_id).boss", "-"),
        ("lookup('dept', dept_id).boss or 'x'", "x"),
        ("lookup('dept', lookup('dept', dept_id).above).code", "HQ"),
        ("lookup('dept', '9').code", "-"),
        ("lookup('dept', '9').code or 'x'", "x"),
        ("lookup('word', 7)", "w7"),
        ("lookup('dept', dept_id)", "fault: expected a value, but found a whole row"),
        (
            "lookup('dept', dept_id).cod",
            "fault: expected a column of the lookup `dept`, but found `cod`",
        ),
    ]);
    let nested = Expression::parse("lookup('b', lookup('a', x).y).z or (q | lookup('a'))");
    let nested = nested.expect("an expression");
    assert_eq!(nested.lookups(), ["b", "a"]);
    assert_eq!(nested.names(), ["x", "q"]);
}

#[test]
fn names_are_known_before_any_data() {
    for (text, wanted) in [
        ("givenName ~ ' ' ~ sn ~ givenName", &["givenName", "sn"][..]),
        ("attr('x-y') or attr(\"employeeNumber;lang-de\")", &["x-y", "employeeNumber;lang-de"]),
        ("a if b else c | default(d)", &["b", "a", "c", "d"]),
        (
            "[a, {'k': b}, c[d:e], f.g, h[i], -j, not k, l is startingwith(m)]",
            &["a", "b", "c", "d", "e", "f", "h", "i", "j", "k", "l", "m"],
        ),
        ("'literal'", &[]),
    ] {
        let read = Expression::parse(text).expect("an expression");
        assert_eq!(read.names(), wanted, "{text}");
    }
    let fault = evaluated("sn or nowhere", &Multi::Reject).expect_err("an unknown name");
    assert_eq!(fault.kind, Kind::UnknownName { name: "nowhere".to_owned() });
}

#[test]
fn what_is_not_understood_is_refused_where_it_stands() {
    for (text, at, wanted) in [
        ("a ~", None, "expected an expression, but: unexpected end of input, expected expression"),
        ("a b", Some("b"), "expected an expression, but: unexpected input after expression"),
        ("x | uper", Some("uper"), "expected a filter, but found `uper`; is `upper` meant?"),
        ("x | negative", None, "expected a filter, but found `negative`"),
        ("x | tojson", None, "expected a filter, but found `tojson`; is `json` meant?"),
        ("x is even", None, "expected a test, but found `even`"),
        ("x is definde", None, "expected a test, but found `definde`; is `defined` meant?"),
        ("lokup('a', b)", None, "expected a function, but found `lokup`; is `lookup` meant?"),
        ("range(9)", None, "expected a function, but found `range`"),
        (
            "x | map('uper')",
            Some("'uper'"),
            "expected a filter, but found `uper`; is `upper` meant?",
        ),
        ("x.upper()", None, "expected a name, a text or a filter, but found a call of a method"),
        (
            "attr(x)",
            None,
            "expected a text in quotes as the first argument of `attr`, but found something else",
        ),
        (
            "attr('a\\u0062')",
            None,
            "expected a text in quotes as the first argument of `attr`, but found something else",
        ),
        (
            "lookup(x, y)",
            None,
            "expected a text in quotes as the first argument of `lookup`, but found something else",
        ),
        (
            "x | lookup",
            None,
            "expected a text in quotes as the first argument of `lookup`, but found something else",
        ),
        (
            "lookup('a')",
            None,
            "expected a name, a text or a filter, but found `lookup` without a name and a key",
        ),
        (
            "x | regex_replace(y, '')",
            None,
            "expected a text in quotes as the first argument of `regex_replace`, but found something else",
        ),
        (
            "x | regex_replace('(', '')",
            Some("'('"),
            "expected a regular expression, but: error: unclosed group",
        ),
        (
            "x | regex_replace('(\\w{99}){99}', '')",
            None,
            "expected a regular expression, but: Compiled regex exceeds size limit of 1048576 bytes.",
        ),
        ("x[::2]", None, "expected a name, a text or a filter, but found a third part of a slice"),
        (
            "x | join(*y)",
            None,
            "expected a name, a text or a filter, but found a `*` before an argument",
        ),
    ] {
        let fault = Expression::parse(text).expect_err(text);
        assert_eq!(fault.to_string(), wanted, "{text}");
        if let Some(part) = at {
            let found = fault.at.clone().and_then(|at| text.get(at)).unwrap_or_default();
            assert!(found.contains(part), "{text}: {found}");
        }
    }
    for text in ["{% if a %}b{% endif %}", "{% for a in b %}{% endfor %}", "{{ a", "{{ a | uper }}"]
    {
        assert!(Template::parse(text).is_err(), "{text}");
    }
}

#[test]
fn everything_has_a_bound() {
    let kind = |text: &str| evaluated(text, &Multi::Reject).map_err(|fault| fault.kind);
    let many = |n: usize| vec!["sn"; n].join(",");
    assert_eq!(kind(&format!("[{}]", many(2500))), Err(Kind::OutOfFuel { limit: FUEL }));
    assert_eq!(kind(&format!("[{}]", many(3000))), Err(Kind::TextTooLong { limit: MAX_TEXT }));
    let deep = vec!["sn"; 300].join(" or ");
    assert_eq!(kind(&deep), Err(Kind::TooDeep { limit: 200 }));
    assert_eq!(kind(&vec!["sn"; 1000].join("~")).map(|values| values[0].len()), Ok(4000));
    for deep in ["(".repeat(8000), "[".repeat(8000), "-".repeat(8000), "not ".repeat(2000)] {
        assert!(kind(&deep).is_err());
    }
    let too_large = Err(Kind::TooLarge { limit: MAX_RESULT });
    for (step, times) in [
        (" | replace('', 'aaaaaaaaaaaaaaaaaaaa')", 12),
        (" | regex_replace('.+', '$0$0$0$0$0$0$0$0$0')", 12),
    ] {
        assert_eq!(kind(&format!("sn{}", step.repeat(times))), too_large, "{step}");
    }
}

#[test]
fn a_value_in_a_dn_is_no_more_than_a_value() {
    for (template, wanted) in [
        ("uid={{ sn }},ou=People,dc=x", "uid=Döe,ou=People,dc=x"),
        ("cn={{ givenName }} {{ sn }}+uid={{ uidNumber }},dc=x", "cn=Jane Döe+uid=1042,dc=x"),
        (
            "cn={{ nasty }},dc=x",
            "cn=\\20#a\\2Cou\\3Dx\\2Bcn\\3D\\22b\\22\\5C\\3B\\3C\\3E\\3D \\00\\20,dc=x",
        ),
        ("cn={{ sharp }},dc=x", "cn=\\230401,dc=x"),
        ("cn={{ cn or sn }},ou={{ lookup('dept', dept_id).code }},dc=x", "cn=Döe,ou=IT,dc=x"),
        ("cn={{ jpegPhoto }},dc=x", "cn=\\FF\\D8\\00,dc=x"),
        (
            "cn=\"{{ nasty }}\",dc=x",
            "cn=\\20#a\\2Cou\\3Dx\\2Bcn\\3D\\22b\\22\\5C\\3B\\3C\\3E\\3D \\00\\20,dc=x",
        ),
    ] {
        let dn = Template::parse(template).expect("a template").render_dn(&Record);
        assert_eq!(dn.map(|dn| dn.to_string()).as_deref(), Ok(wanted), "{template}");
    }
    for (template, wanted) in [
        ("uid={{ cn }},dc=x", "expected a value of `cn` in a DN, but found none"),
        (
            "uid={{ title | upper }},dc=x",
            "expected a value of `title | upper` in a DN, but found none",
        ),
        (
            "uid={{ telephoneNumber }},dc=x",
            "expected one value of `telephoneNumber`, but found several",
        ),
        ("{{ sn }}", "expected a DN, but found `Döe`"),
        ("{{ manager }}", "expected a DN, but found `uid\\3Dboss"),
        ("", "expected a DN, but found ``"),
    ] {
        let dn = Template::parse(template).expect("a template").render_dn(&Record);
        let fault = dn.expect_err(template).to_string();
        assert!(fault.starts_with(wanted), "{template}: {fault}");
    }
    let template = Template::parse("{{ a }}{{ lookup('l', b) }}").expect("a template");
    assert_eq!(template.names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(template.parts().flat_map(Expression::lookups).collect::<Vec<_>>(), ["l"]);
}

#[test]
fn faults_can_be_told_without_values() {
    let fault = evaluated("sn | int", &Multi::Reject).expect_err("no number");
    assert!(fault.at.is_some());
    let masked = fault.masked().to_string();
    assert_eq!(masked, "expected a whole number for `int`, but found something else");
}

#[test]
fn workers_share_them() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Expression>();
    is_shared::<Template>();
}

#[test]
fn a_chain_is_what_the_engine_makes_of_it() {
    const PARTS: [&str; 11] = [
        "givenName",
        "sn",
        "cn",
        "title",
        "jpegPhoto",
        "telephoneNumber",
        "nobody",
        "' '",
        "''",
        "'a' ~ sn",
        "(mail ~ '-')",
    ];
    let multis = [Multi::Reject, Multi::First, Multi::Join(", ".into()), Multi::All, Multi::Any];
    let mut met = 0;
    for one in PARTS {
        for other in PARTS {
            for text in [one.to_owned(), format!("{one} ~ {other}"), format!("'x' ~ ({other})")] {
                let expression = Expression::parse(&text).expect("a sound expression");
                let alone =
                    Expression { chain: None, ..Expression::parse(&text).expect("the same") };
                let listed = [Several::Listed];
                for several in multis.iter().map(Several::By).chain(listed) {
                    met += usize::from(expression.chained(&Record, several).is_some());
                    let [found, wanted] = [&expression, &alone].map(|one| {
                        one.evaluated(&Record, several).map_err(|fault| fault.to_string())
                    });
                    assert_eq!(found, wanted, "{text}, {several:?}");
                }
            }
        }
    }
    assert!(met > 500, "{met}");
    for text in ["sn | upper", "sn ~ 1", "sn + sn", "sn if cn else mail"] {
        assert!(Expression::parse(text).expect("sound").chain.is_none(), "{text}");
    }
}
