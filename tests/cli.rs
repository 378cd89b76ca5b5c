//! The command line itself: help, pages, exit statuses, what goes to which stream.

use std::fmt::Write as _;

use crate::util::{Cmd, Dir, assert_same_text, run, shell};

const OLD: &str = "\
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=People,dc=example,dc=com
objectClass: organizationalUnit
ou: People

dn: uid=smith,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
uid: smith
cn: Sam Smith
sn: Smith
mail: smith@example.com
";

/// The groups of `diff --help` and their options, in order; with a value or without.
const HELP: &[(&str, &[(&str, bool)])] = &[
    ("Options", &[("help", false)]),
    (
        "Input",
        &[
            ("schema", true),
            ("strict", false),
            ("allow-file-urls", true),
            ("max-decompressed", true),
            ("expect-old", true),
            ("expect-new", true),
            ("old-format", true),
            ("new-format", true),
            ("allow-no-final-newline", false),
            ("keep-going", false),
            ("rejects", true),
        ],
    ),
    ("Comparing", &[("compare", true), ("identifier", true), ("rebase", true)]),
    (
        "Selecting",
        &[
            ("filter", true),
            ("exclude", true),
            ("base", true),
            ("scope", true),
            ("only-dn", true),
            ("exclude-dn", true),
            ("attributes", true),
            ("exclude-attributes", true),
            ("operational", false),
        ],
    ),
    (
        "Change",
        &[
            ("to", true),
            ("server", true),
            ("only", true),
            ("modify-style", true),
            ("assert", false),
            ("unique", true),
            ("max-record-size", true),
            ("keep-identifiers", false),
        ],
    ),
    (
        "Tables (CSV, TSV, SQL dumps, JSON)",
        &[
            ("table", true),
            ("columns", true),
            ("ddl", true),
            ("types", true),
            ("encoding", true),
            ("delimiter", true),
            ("quote", true),
            ("escape", true),
            ("null", true),
            ("dump-style", true),
            ("allow-unfinished", false),
        ],
    ),
    (
        "SQL script (of two tables)",
        &[
            ("key", true),
            ("dialect", true),
            ("sql-style", true),
            ("guard", true),
            ("commit-every", true),
            ("end", true),
        ],
    ),
    (
        "Mapping (of an export and a dump)",
        &[("mapping", true), ("mapping-only", true), ("explain", true)],
    ),
    (
        "Limits (beyond them: exit 3, and no change file)",
        &[
            ("max-delete", true),
            ("max-change", true),
            ("max-member-delete", true),
            ("max-attribute-loss", true),
            ("allow-empty", false),
        ],
    ),
    (
        "Output",
        &[
            ("output", true),
            ("undo", true),
            ("format", true),
            ("each", true),
            ("wrap", true),
            ("secret", true),
            ("sha256", false),
            ("summary", true),
            ("exit-zero", false),
        ],
    ),
    (
        "Running",
        &[
            ("threads", true),
            ("temp-dir", true),
            ("progress", true),
            ("quiet", false),
            ("verbose", false),
            ("color", true),
            ("memory", true),
        ],
    ),
];

fn sample() -> Dir {
    let dir = Dir::new();
    dir.write("old.ldif", OLD);
    dir.write("new.ldif", OLD.replace("mail: smith", "mail: sam"));
    dir.write("bad.ldif", format!("{OLD}\ndn: cn=x,dc=example,dc=com\nno colon\n"));
    dir.write("test.ldif", OLD.replace("dc=example,dc=com", "dc=test").replace("dc: ex", "dc: t"));
    dir
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("UTF-8")
}

/// Help as groups of options, each with its whole text on one line.
fn groups(help: &str) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for line in help.lines() {
        let indent = line.len() - line.trim_start().len();
        let line = line.trim();
        if indent == 0 && line.ends_with(':') {
            groups.push((line.trim_end_matches(':').to_owned(), Vec::new()));
        } else if let Some((_, options)) = groups.last_mut() {
            match options.last_mut() {
                _ if line.is_empty() || indent == 0 => {}
                Some(option) if !line.starts_with('-') => {
                    let _ = write!(option, " {line}");
                }
                _ => options.push(line.to_owned()),
            }
        }
    }
    groups.retain(|(name, _)| name != "Arguments");
    groups
}

/// A stream that goes on until the program is ended by `signal`, told by its name.
fn ended_by(signal: &str, ignored: &str) -> (String, Vec<String>) {
    let dir = Dir::new();
    dir.write("out.ldif", "as it was\n");
    // The stream ends when its holder does, which is first where the signal ends nothing. What the tests
    // themselves were started to ignore, as something in the background, is not ignored here.
    let start = if ignored == signal { "" } else { "env --default-signal " };
    let line = format!(
        "trap '' {ignored}; mkfifo in; sleep 60 > in & holder=$!
         {start}ldifsync transform in -o out.ldif & program=$!
         until ls .ldifsync-*.part >/dev/null 2>&1; do sleep 0.01; done
         kill -{signal} $program
         if [ {signal} = {ignored} ]; then kill $holder; fi
         wait $program; echo $?
         kill $holder 2>/dev/null; true"
    );
    let outcome = shell(&dir, &line).expect(0);
    let files = std::fs::read_dir(dir.path()).expect("a folder");
    let name = |file: std::io::Result<std::fs::DirEntry>| file.expect("a file").file_name();
    let names = files.map(|file| name(file).into_string().expect("text"));
    let mut names: Vec<String> = names.filter(|name| name != "in").collect();
    names.sort();
    let text = String::from_utf8(dir.read("out.ldif")).expect("text");
    assert_eq!(text.is_empty(), ignored == signal, "{text}");
    (String::from_utf8(outcome.stdout).expect("text").trim().to_owned(), names)
}

#[test]
fn a_program_that_is_ended_leaves_no_half_of_an_output() {
    for (signal, status) in [("INT", "130"), ("QUIT", "131"), ("TERM", "143"), ("HUP", "129")] {
        assert_eq!(ended_by(signal, "USR1"), (status.to_owned(), vec!["out.ldif".to_owned()]));
    }
    // What is ignored when the program starts (`nohup`) does not end it.
    assert_eq!(ended_by("HUP", "HUP"), ("0".to_owned(), vec!["out.ldif".to_owned()]));
}

#[test]
fn help_lists_every_option_by_group_and_ends_with_its_default() {
    let help = text(run(&Dir::new(), ["diff", "-h"]).expect(0).stdout);
    let groups = groups(&help);
    let shown = |options: &[String]| -> Vec<String> {
        let names = options.iter().filter_map(|o| o.split("--").nth(1));
        names.map(|o| o.split([' ', '\n']).next().unwrap_or_default().to_owned()).collect()
    };
    let found: Vec<_> = groups.iter().map(|(name, o)| (name.as_str(), shown(o))).collect();
    let expected: Vec<(&str, Vec<String>)> = HELP
        .iter()
        .map(|(name, o)| (*name, o.iter().map(|(one, _)| (*one).to_owned()).collect()))
        .collect();
    assert_eq!(found, expected);
    for ((_, lines), (_, options)) in groups.iter().zip(HELP) {
        for (line, (name, takes_value)) in lines.iter().zip(*options) {
            let default = line.ends_with(']') && line.contains("[default: ");
            assert_eq!(default, *takes_value, "{name}: {line}");
            assert_eq!(line.contains('<'), *takes_value, "{name}: {line}");
        }
    }
}

#[test]
fn every_value_of_every_command_has_a_default() {
    for command in ["apply", "check", "transform"] {
        let help = text(run(&Dir::new(), [command, "-h"]).expect(0).stdout);
        let groups = groups(&help);
        assert!(groups.len() > 2, "{help}");
        for line in groups.iter().flat_map(|(_, lines)| lines) {
            let default = line.ends_with(']') && line.contains("[default: ");
            assert_eq!(default, line.contains('<'), "{command}: {line}");
        }
    }
}

#[test]
fn every_choice_in_the_help_can_be_made() {
    let dir = sample();
    let help = text(run(&dir, ["diff", "-h"]).expect(0).stdout);
    let mut tried = 0;
    for (_, options) in groups(&help) {
        for option in options {
            let Some((name, rest)) = option.split_once(" <") else { continue };
            let name = &name[name.find("--").expect("a long name")..];
            let choices = rest.split_once('>').expect("a value").0;
            if !choices.contains('|') || choices.contains('N') {
                continue;
            }
            for choice in choices.split('|').filter(|choice| *choice != "database") {
                let args = ["diff", "old.ldif", "old.ldif", "--base", "dc=com", name, choice];
                let said = run(&dir, args).stderr;
                assert!(!said.contains("invalid value"), "{name} {choice}: {said}");
                tried += 1;
            }
        }
    }
    assert!(tried > 20, "{tried}");
    let said = run(&dir, ["diff", "old.ldif", "new.ldif", "--only", "all"]).expect(2).stderr;
    assert!(said.contains("[possible values: add, modify, delete, rename]"), "{said}");
}

#[test]
fn the_examples_in_the_help_run() {
    let schema = "dn: cn=schema\nattributeTypes: ( 1.1.1 NAME 'x-a' \
                  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )\n";
    for (command, count) in [("diff", 7), ("check", 4), ("apply", 3), ("transform", 6)] {
        let help = text(run(&Dir::new(), [command, "--help"]).expect(0).stdout);
        let examples: Vec<&str> =
            help.lines().filter_map(|l| l.strip_prefix("  ldifsync")).collect();
        assert!(examples.len() >= count, "{help}");
        for example in examples {
            let dir = crate::samples::copy_of_samples();
            dir.write("samples/company/schema.ldif", schema);
            let old = String::from_utf8(dir.read("samples/company/old.ldif")).expect("text");
            let test =
                old.replace("dc=example,dc=com", "dc=test").replace("dc: example", "dc: test");
            dir.write("samples/company/test.ldif", test);
            let of_tables = ["old.csv", "old.sql"].iter().any(|name| example.contains(name));
            let folder = if of_tables { "table" } else { "company" };
            let outcome = shell(&dir, &format!("cd samples/{folder} && ldifsync{example}"));
            assert!(matches!(outcome.status, 0 | 1), "{example}: {}", outcome.stderr);
        }
    }
}

#[test]
fn pages_are_printed() {
    let dir = Dir::new();
    for (shell, sign) in [
        ("bash", "complete -F _ldifsync"),
        ("zsh", "#compdef ldifsync"),
        ("fish", "complete -c ldifsync"),
    ] {
        let page = text(run(&dir, ["completions", shell]).expect(0).stdout);
        assert!(page.contains(sign) && page.contains("max-delete"), "{shell}: {page}");
    }
    let page = text(run(&dir, ["man"]).expect(0).stdout);
    for section in [
        ".TH ldifsync 1",
        ".SH NAME",
        ".SH \"LDIFSYNC DIFF\"",
        ".SS SELECTING",
        ".SH \"LDIFSYNC MAPPING CHECK\"",
    ] {
        assert!(page.contains(section), "{section}: {page}");
    }
    for (name, _) in HELP.iter().flat_map(|(_, options)| *options) {
        assert!(page.contains(&name.replace('-', "\\-")), "{name}");
    }
    let version = text(run(&dir, ["--version"]).expect(0).stdout);
    assert_eq!(version, format!("ldifsync {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_mistyped_option_is_answered_with_the_right_one() {
    let said = run(&sample(), ["diff", "old.ldif", "new.ldif", "--max-deletes", "5"]).expect(2);
    let expected = "\
ldifsync: error: unexpected argument '--max-deletes' found

  tip: a similar argument exists: '--max-delete'

Usage: ldifsync diff [OPTIONS] <OLD> <NEW>

For more information, try '--help'.
";
    assert_same_text("a mistyped option", expected, &said.stderr);
    for args in [&["diff", "old.ldif"][..], &["dif"], &[]] {
        let said = run(&sample(), args.iter().copied()).expect(2);
        assert!(said.stderr.contains("Usage: ldifsync"), "{args:?}: {}", said.stderr);
    }
    for (option, value) in [
        ("--wrap", "wide"),
        ("--threads", "0"),
        ("--threads", "1025"),
        ("--attributes", "1x"),
        ("--identifier", "x.y"),
        ("--max-delete", "5 %"),
        ("--max-attribute-loss", "5"),
        ("--max-record-size", "1MX"),
        ("--attributes", "c n"),
        ("--rejects", "file"),
        ("--scope", "one"),
    ] {
        run(&sample(), ["diff", "old.ldif", "new.ldif", option, value]).expect(2);
    }
}

#[test]
fn the_exit_status_tells() {
    for (args, status) in [
        (&["old.ldif", "old.ldif"][..], 0),
        (&["old.ldif", "new.ldif"], 1),
        (&["old.ldif", "new.ldif", "--exit-zero"], 0),
        (&["old.ldif", "none.ldif"], 2),
        (&["old.ldif", "none.ldif", "--exit-zero"], 2),
        (&["old.ldif", "new.ldif", "--base", "dc"], 2),
        (&["old.ldif", "new.ldif", "--max-change", "0"], 3),
        (&["old.ldif", "new.ldif", "--max-change", "0", "--exit-zero"], 3),
        (&["old.ldif", "bad.ldif", "--keep-going"], 5),
        (&["old.ldif", "bad.ldif", "--keep-going", "--exit-zero"], 5),
        (&["old.ldif", "new.ldif", "--rebase", "dc=a", "=b"], 2),
    ] {
        run(&sample(), ["diff"].into_iter().chain(args.iter().copied())).expect(status);
    }
}

#[test]
fn what_is_left_out_is_no_change() {
    let dir = sample();
    let unit = "\ndn: ou=New,dc=example,dc=com\nobjectClass: organizationalUnit\nou: New\n\n";
    let below = EXTRA.replace("ou=People", "ou=New");
    dir.write("new.ldif", [OLD, unit, &below].concat());
    dir.write("not.txt", "ou=New,dc=example,dc=com\n");
    let args = ["diff", "old.ldif", "new.ldif", "--exclude-dn", "not.txt", "--summary", "s.json"];
    let outcome = run(&dir, args).expect(0);
    let warning = "ldifsync: warning: left out, with what they depend on: 1 add\n";
    assert!(outcome.stderr.starts_with(warning), "{}", outcome.stderr);
    assert!(text(dir.read("s.json")).contains("\"left_out\": {\n    \"total\": 1,"));
}

#[test]
fn lists_of_names_are_read_line_by_line() {
    let dir = sample();
    dir.write("dns", "# people\r\n\r\n  ou=People,dc=example,dc=com  \r\nuid=smith,,dc=com\n");
    let said = run(&dir, ["diff", "old.ldif", "new.ldif", "--exclude-dn", "dns"]).expect(2).stderr;
    assert!(said.contains("--> dns:4:11\n"), "{said}");
}

#[test]
fn the_closing_line_can_be_left_out() {
    let said = run(&sample(), ["diff", "old.ldif", "new.ldif"]).expect(1).stderr;
    let (counts, time) = said.split_once(" in ").expect("a time");
    assert_eq!(counts, "ldifsync: 3 + 3 entries read, 0 adds, 0 deletes, 1 modify, 0 renames");
    assert!(time.ends_with(" s (generic)\n"), "{time}");
    let quiet = run(&sample(), ["diff", "old.ldif", "new.ldif", "-q"]).expect(1);
    assert_eq!(quiet.stderr, "");
    let verbose = run(&sample(), ["diff", "old.ldif", "new.ldif", "-v"]).expect(1).stderr;
    assert!(verbose.contains("ldifsync: OLD old.ldif: ") && verbose.contains(" a second\n"));
}

#[test]
fn details_say_what_told_the_server() {
    let dir = Dir::new();
    for (server, mark) in [
        ("openldap", "entryCSN: 20261102081500.067419Z#000000#000#000000"),
        ("389ds", "nsUniqueId: 1a2b3c4d-11111111-22222222-33333333"),
        ("ad", "objectGUID:: AAECAwQFBgcICQoLDA0ODw=="),
    ] {
        let (name, _) = mark.split_once(':').expect("an attribute");
        let entry = format!("dn: cn=a,dc=x\nobjectClass: person\ncn: a\nsn: a\n{mark}\n\n");
        dir.write("people.ldif", entry);
        let said = |more: &[&str]| {
            let args = [&["diff", "people.ldif", "people.ldif", "-v"], more].concat();
            run(&dir, args).expect(0).stderr
        };
        let seen = format!("ldifsync: OLD is of {server}: it has `{name}`, on line 5\n");
        assert!(said(&[]).contains(&seen), "{}", said(&[]));
        assert!(!said(&["--server", server]).contains("OLD is of"));
    }
}

#[test]
fn warnings_are_said_whatever_is_left_out() {
    let dir = Dir::new();
    for (name, digit) in [("old.ldif", '1'), ("new.ldif", '2')] {
        let id = format!("{digit}1111111-1111-1111-1111-111111111111");
        dir.write(name, format!("dn: dc=x\nobjectClass: domain\ndc: x\nentryUUID: {id}\n"));
    }
    let args = ["diff", "old.ldif", "new.ldif", "-q", "-o", "x.ldif", "--summary", "s.json"];
    let said = run(&dir, args).expect(0).stderr;
    let warning = said.strip_prefix("ldifsync: warning: identifiers are ignored: ");
    let warning = warning.unwrap_or_else(|| panic!("{said}")).trim_end();
    assert!(text(dir.read("s.json")).contains(warning));
}

#[test]
fn secrets_are_not_in_messages() {
    let dir = sample();
    dir.write("bad.ldif", "dn: cn=x\nuserPassword:: c2Vjcm*V0\n\ndn: cn=y\npin:: MTIz*\n");
    let said = |more: &[&str]| {
        run(&dir, ["diff", "bad.ldif", "new.ldif"].into_iter().chain(more.iter().copied())).stderr
    };
    assert!(said(&[]).contains("2 | userPassword:: ********\n"), "{}", said(&[]));
    dir.write("bad.ldif", "dn: cn=y\npin:: MTIz*\n");
    assert!(said(&[]).contains("2 | pin:: MTIz*\n"), "{}", said(&[]));
    let masked = said(&["--secret", "PIN"]);
    assert!(masked.contains("2 | pin:: ********\n"), "{masked}");
}

#[test]
fn the_summary_is_for_programs() {
    let dir = sample();
    let args = ["diff", "old.ldif", "new.ldif", "-o", "changes.ldif", "--undo", "undo.ldif"];
    run(&dir, args.into_iter().chain(["--summary", "summary.json", "--exit-zero"])).expect(0);
    let size = |name| dir.read(name).len();
    let (old, new) = (size("old.ldif"), size("new.ldif"));
    let expected = format!(
        r#"{{
  "ldifsync": "{}",
  "command": "diff",
  "exit_status": 0,
  "old": {{
    "name": "old.ldif",
    "bytes": {old},
    "entries": 3
  }},
  "new": {{
    "name": "new.ldif",
    "bytes": {new},
    "entries": 3
  }},
  "server": "generic",
  "changes": {{
    "total": 1,
    "adds": 0,
    "deletes": 0,
    "modifies": 1,
    "renames": 0,
    "recreated": 0,
    "parked": 0,
    "replaced": 0
  }},
  "left_out": {{
    "total": 0,
    "adds": 0,
    "deletes": 0,
    "modifies": 0,
    "renames": 0,
    "recreated": 0,
    "parked": 0,
    "replaced": 0
  }},
  "rejected": 0,
  "files": [
    {{
      "holds": "change",
      "name": "changes.ldif"
    }},
    {{
      "holds": "undo",
      "name": "undo.ldif"
    }}
  ],
  "warnings": []
}}
"#,
        env!("CARGO_PKG_VERSION")
    );
    assert_same_text("summary.json", &expected, &text(dir.read("summary.json")));
    let args = ["diff", "old.ldif", "none.ldif", "--summary", "other.json"];
    run(&dir, args).expect(2);
    assert!(dir.read_if_there("other.json").is_none());
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let dir = Dir::new();
    dir.write("old.ldif", "dn: dc=x\nobjectClass: domain\ndc: x\n");
    let mut new = String::from("dn: dc=x\nobjectClass: domain\ndc: x\n");
    for n in 0..20_000 {
        let _ = write!(new, "\ndn: cn={n},dc=x\nobjectClass: person\ncn: {n}\nsn: {n}\n");
    }
    dir.write("new.ldif", new);
    let line = "ldifsync diff old.ldif new.ldif | head -n 1; exit ${PIPESTATUS[0]}";
    let outcome = shell(&dir, line).expect(1);
    assert_eq!(outcome.stderr, "");
    assert_eq!(outcome.stdout.iter().filter(|b| **b == b'\n').count(), 1);
    for page in ["man", "completions zsh", "diff --help"] {
        let line = format!("ldifsync {page} | true; exit ${{PIPESTATUS[0]}}");
        assert_eq!(shell(&dir, &line).expect(0).stderr, "", "{page}");
    }
}

#[test]
fn a_failure_leaves_what_was_there() {
    let dir = sample();
    dir.write("changes.ldif", "as it was\n");
    dir.write("summary.json", "as it was\n");
    let args = ["diff", "old.ldif", "none.ldif", "-o", "changes.ldif", "--summary", "summary.json"];
    let said = run(&dir, args).expect(2).stderr;
    for file in ["changes.ldif", "summary.json"] {
        assert_eq!(dir.read(file), b"as it was\n");
        assert!(said.contains(&format!("\nnote: the existing file {file} of 20")), "{said}");
    }
    let said = run(&dir, ["diff", "old.ldif", "new.ldif", "-o", "none/changes.ldif"]).expect(2);
    assert!(!said.stderr.contains("note:"));
    // The place of the summary is looked at before the work, so that no change is written either.
    let args = ["diff", "old.ldif", "new.ldif", "-o", "changes.ldif", "--summary", "none/x.json"];
    run(&dir, args).expect(2);
    assert_eq!(dir.read("changes.ldif"), b"as it was\n");
}

/// The summary was once written when the change had its name already.
#[test]
fn all_outputs_get_their_names_or_none_does() {
    let outputs = ["-o", "--undo", "--rejects", "--summary"];
    for full in outputs {
        let dir = sample();
        dir.write("new.ldif", "dn: cn=bad\ncn:: %%%\n\n".to_owned() + OLD);
        let mut args = vec!["diff", "old.ldif", "new.ldif", "--keep-going"];
        for option in outputs {
            args.extend([
                option,
                if option == full { "/dev/full" } else { option.trim_start_matches('-') },
            ]);
        }
        dir.write("undo", "as it was\n");
        let outcome = run(&dir, args).expect(2);
        assert!(outcome.stderr.contains("cannot write `/dev/full`"), "{full}: {}", outcome.stderr);
        assert_eq!(text(dir.read("undo")), "as it was\n", "{full}");
        for file in ["o", "rejects", "summary"] {
            assert!(dir.read_if_there(file).is_none(), "{full}: {file}");
        }
    }
}

#[test]
fn colour_is_for_terminals_and_whoever_asks() {
    let dir = sample();
    let said = |line: &str| shell(&dir, line).expect(2).stderr;
    let command = "ldifsync diff old.ldif new.ldif --filter x";
    assert!(!said(&format!("unset NO_COLOR; {command}")).contains('\x1b'));
    assert!(!said(&format!("{command} --color never")).contains('\x1b'));
    assert!(said(&format!("{command} --color always")).contains("\x1b[1;31merror:\x1b[0m"));
    let terminal = |set: &str| {
        let line = format!("{set} TERM=xterm script -qec '{command}' /dev/null");
        text(shell(&dir, &line).stdout)
    };
    if shell(&dir, "command -v script").status == 0 {
        assert!(terminal("unset NO_COLOR;").contains("\x1b[1;31merror:"));
        assert!(!terminal("export NO_COLOR=1;").contains('\x1b'));
    }
}

#[test]
fn progress_can_be_asked_for() {
    let always = ["diff", "old.ldif", "new.ldif", "-q", "--progress", "always"];
    let said = Cmd::new(&sample()).args(always).run().expect(1).stderr;
    assert!(said.lines().all(|line| line.starts_with("ldifsync: ")), "{said}");
    assert!(said.contains(" left\n"), "{said}");
}

/// What the heads tell to do is done, with `cat` in place of the server's tool.
#[test]
fn the_lines_of_a_head_work_for_compressed_files_too() {
    let tool = "ldapmodify -x -H ldap://HOST -D BINDDN -W";
    let to_run = |dir: &Dir, line: &str| {
        let line = line.replace(&format!("{tool} -f"), "cat").replace(tool, "cat");
        shell(dir, &line).expect(0).stdout
    };
    for (change, undo) in [("c.ldif", "u.ldif"), ("c.ldif.gz", "my undo.ldif.gz")] {
        let dir = sample();
        dir.write("new.ldif", OLD.replace("Sam", "S") + "\n" + EXTRA);
        run(&dir, ["diff", "old.ldif", "new.ldif", "-o", change, "--undo", undo, "-q"]).expect(1);
        let plain = |name: &str| shell(&dir, &format!("gzip -dcf '{name}'")).expect(0).stdout;
        let (forward, back) = (text(plain(change)), text(plain(undo)));
        let told = |head: &str, what: &str| -> String {
            let line = head.lines().find_map(|line| line.strip_prefix(what));
            line.unwrap_or_else(|| panic!("{what}: {head}")).to_owned()
        };
        assert_eq!(text(to_run(&dir, &told(&forward, "# apply: "))), forward);
        assert_eq!(text(to_run(&dir, &told(&back, "# all of it: "))), back);
        let stop = told(&back, "# after a stop: with N records applied, begin at the line ");
        let (_, line) = stop.split_once("`: ").expect("a command");
        let rest = text(to_run(&dir, &line.replace("undoes N", "undoes 1")));
        assert!(rest.starts_with("# undoes 1 of 2\n") && back.ends_with(&rest), "{rest}");
    }
}

const EXTRA: &str = "dn: uid=more,ou=People,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: more\ncn: m\nsn: m\n";
