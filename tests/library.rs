//! One call of the library's `diff`, on texts.

use ldifsync::diff::{Options, Report, diff};
use ldifsync::error::Error;
use ldifsync::output::Target;

use crate::util::Dir;

/// What a call left.
pub struct Ran {
    /// What it says, or why it refused.
    pub result: Result<Report, Error>,
    /// The records of the change, without its head; empty where nothing was written.
    pub change: String,
    /// The undo, likewise.
    pub undo: String,
    /// The rejects file.
    pub rejects: String,
}

/// Compares two texts under options of their own.
pub fn ran(old: impl AsRef<[u8]>, new: impl AsRef<[u8]>, set: impl FnOnce(&mut Options)) -> Ran {
    let dir = Dir::new();
    let (old, new) = (dir.write("old.ldif", old), dir.write("new.ldif", new));
    let mut options = Options::new(old, new);
    options.output = Target::File(dir.file("change.ldif"));
    options.undo = Some(dir.file("undo.ldif"));
    options.rejects = Some(dir.file("rejects.ldif"));
    set(&mut options);
    let result = diff(&options, &|_| {});
    let folder = format!("{}/", dir.path().display());
    let text = |name: &str| {
        let bytes = dir.read_if_there(name).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace(&folder, "")
    };
    let records = |text: String| text.split_once("\n\n").map_or(String::new(), |t| t.1.to_owned());
    let (change, undo) = (records(text("change.ldif")), records(text("undo.ldif")));
    Ran { result, change, undo, rejects: text("rejects.ldif") }
}

impl Ran {
    /// The report of a call that must have worked.
    #[track_caller]
    pub fn report(&self) -> &Report {
        match &self.result {
            Ok(report) => report,
            Err(error) => panic!("refused: {error}"),
        }
    }

    /// The message of a call that must have been refused; then no file was written.
    #[track_caller]
    pub fn refusal(&self) -> String {
        let Err(error) = &self.result else { panic!("written:\n{}", self.change) };
        assert_eq!((self.change.as_str(), self.rejects.as_str()), ("", ""), "{error}");
        let text = error.to_string();
        match text.find("ldif:") {
            Some(at) => text[text[..at].rfind('/').map_or(0, |n| n + 1)..].to_owned(),
            None => text,
        }
    }

    /// What is done to whom, in order: `add cn=a`, `modify cn=b`, …
    #[track_caller]
    pub fn done(&self) -> Vec<String> {
        self.report();
        let mut done = Vec::new();
        let mut name = "";
        for line in self.change.lines() {
            if let Some(dn) = line.strip_prefix("dn: ") {
                name = dn.split(',').next().unwrap_or_default();
            }
            if let Some(kind) = line.strip_prefix("changetype: ") {
                done.push(format!("{kind} {name}"));
            }
        }
        done
    }

    /// Whether a warning holds this text.
    #[track_caller]
    pub fn warns(&self, text: &str) -> bool {
        self.report().warnings.iter().any(|warning| warning.contains(text))
    }
}

/// A record: a name and lines.
pub fn entry(dn: &str, lines: &[&str]) -> String {
    format!("dn: {dn}\n{}\n\n", lines.join("\n"))
}

/// A person below `ou=p,o=x`.
pub fn person(name: &str, lines: &[&str]) -> String {
    let naming = format!("cn: {name}");
    let all = [&["objectClass: person", naming.as_str(), "sn: s"], lines].concat();
    entry(&format!("cn={name},ou=p,o=x"), &all)
}

/// A unit below `o=x`.
pub fn unit(name: &str) -> String {
    let naming = format!("ou: {name}");
    entry(&format!("ou={name},o=x"), &["objectClass: organizationalUnit", &naming])
}
