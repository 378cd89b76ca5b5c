//! What stands at the top of a change and of its undo: what it is for and what to do with it.
//!
//! Nothing here depends on the time of day, on threads or on a folder: the same inputs under the
//! same names make the same head.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::emit::summary::in_words;
use crate::emit::{Head, digest};
use crate::error::Result;
use crate::input::Input;
use crate::plan::Counts;
use crate::server::Server;
use crate::text::{Count, number_of};

/// The tool that applies LDIF.
const MODIFY: &str = "ldapmodify -x -H ldap://HOST -D BINDDN -W";

/// The same where identifiers come along.
const RELAXED: &str = "ldapmodify -x -H ldap://HOST -D ROOTDN -W -e relax";

/// What is to be known of assertions.
const ASSERTED: [&str; 3] = [
    "records carry assertions of what they expect: where an entry is another one meanwhile, it is",
    "refused with 122. slapmodify does not look at them, and where slapo-unique runs it refuses all",
    "changes of unique attributes that carry one (\"unique_search failed\"): do without them there",
];

/// One side of a change.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Its name as it was given.
    pub name: String,
    /// Its size in bytes, on disk where it is a file.
    pub size: u64,
    /// How many entries it holds, or rows.
    pub entries: u64,
    /// Whether it holds rows.
    pub are_rows: bool,
    /// The SHA-256 of its bytes, where it is asked for.
    pub sha256: Option<String>,
}

impl Side {
    /// An input that was not counted yet.
    pub fn of(input: &Input) -> Side {
        let size = input.size().unwrap_or(input.bytes().len() as u64);
        let name = input.name().to_owned();
        Side { name, size, entries: 0, are_rows: false, sha256: None }
    }

    /// An input that was not counted yet, with its SHA-256.
    pub fn with_digest(input: &Input) -> Result<Side> {
        Ok(Side { sha256: Some(digest::of_input(input)?), ..Side::of(input) })
    }

    /// How much it holds: `3 entries`.
    pub fn held(&self) -> String {
        let (one, many) = if self.are_rows { ("row", "rows") } else { ("entry", "entries") };
        number_of(self.entries, one, many)
    }
}

/// What a change is about.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What is to be changed.
    pub old: Side,
    /// What is obeyed.
    pub new: Side,
    /// How much is done.
    pub counts: Counts,
    /// The server's profile.
    pub server: Server,
    /// Whether records carry assertions.
    pub assert: bool,
    /// Whether what is added brings its identifier.
    pub relaxed: bool,
    /// Accounts that come disabled, because no export holds a password.
    pub disabled: Named,
    /// Accounts whose primary group goes, each with the number it has.
    pub lost_groups: Named,
}

/// How many records an undo is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Undone {
    /// All records of the change.
    pub total: u64,
    /// The first of them, which the second file undoes.
    pub early: u64,
    /// Those that nothing takes back.
    pub kept: u64,
}

/// Entries of which some are named.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// How many.
    pub count: u64,
    /// The names of the first.
    pub first: Vec<String>,
}

/// The names of the files that belong together; `None` for a stream that has no name, or a file
/// that is not written.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The change, and its second file.
    pub change: (Option<PathBuf>, Option<PathBuf>),
    /// The undo, and its second file.
    pub undo: (Option<PathBuf>, Option<PathBuf>),
}

/// The name of the second of two files: `change.2.ldif.zst` beside `change.ldif.zst`.
pub fn second_name(path: &Path) -> PathBuf {
    let is_compression =
        |e: &std::ffi::OsStr| e.eq_ignore_ascii_case("zst") || e.eq_ignore_ascii_case("gz");
    let (stem, compression) = match path.extension() {
        Some(extension) if is_compression(extension) => (path.with_extension(""), Some(extension)),
        _ => (path.to_owned(), None),
    };
    let mut name = OsString::from(stem.file_stem().unwrap_or_default());
    name.push(".2");
    for extension in stem.extension().into_iter().chain(compression) {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

impl Named {
    /// A heading of some lines, and the names below it; nothing where there are none.
    fn under(&self, heading: &[String]) -> Vec<String> {
        if self.count == 0 {
            return Vec::new();
        }
        let mut lines = heading.to_vec();
        lines.extend(self.first.iter().map(|name| format!("  {name}")));
        match self.count - self.first.len() as u64 {
            0 => {}
            more => lines.push(format!("  and {} more", Count(more))),
        }
        lines
    }
}

impl Subject {
    /// The head of a change.
    pub fn change(&self, files: &Files) -> Head {
        let mut lines = self.purpose();
        lines.push(format!("{}, for the server profile {}", self.amount(), self.server.name()));
        if self.assert {
            lines.extend(ASSERTED.map(str::to_owned));
        }
        lines.push(format!("apply: {}", self.apply(self.modify(), files.change.0.as_deref())));
        if let Some(second) = &files.change.1 {
            lines.push(format!(
                "this is the first of two files: {} comes second, once the server has come to rest",
                quoted(second)
            ));
        }
        if let Some(undo) = &files.undo.0 {
            lines.push(format!("undo: {}", quoted(undo)));
        }
        lines.extend(self.passwords());
        Head { lines }
    }

    /// The head of the second file of a change.
    pub fn second_change(&self, files: &Files) -> Head {
        let first = files.change.0.as_deref().map(quoted).unwrap_or_default();
        let mut lines = self.purpose();
        lines.push(format!("this is the second of two files, after {first}: references to names"));
        lines.push("that other entries had before".to_owned());
        lines.extend(settle());
        lines.push(format!("apply: {}", self.apply(MODIFY, files.change.1.as_deref())));
        Head { lines }
    }

    /// The head of an undo.
    pub fn undo(&self, files: &Files, undone: Undone) -> Head {
        let Undone { total, early, kept } = undone;
        let mut lines =
            vec![format!("undoes the change that makes {} as {}", self.old.name, self.new.name)];
        let records = number_of(total, "record", "records");
        let but = match kept {
            0 => String::new(),
            n => format!(", {} of which nothing takes back", Count(n)),
        };
        let of = match &files.change {
            (Some(first), Some(second)) => {
                format!("{records} of {}, and counted on, of {}", quoted(first), quoted(second))
            }
            (Some(change), None) => format!("{records} of {}", quoted(change)),
            (None, _) => records,
        };
        lines.push(of + &but);
        lines.extend(self.returning());
        lines.extend(self.without_groups());
        let name = files.undo.0.as_deref();
        let then = files.undo.1.as_deref().map(|second| format!(", then {}", quoted(second)));
        lines.push(format!("all of it: {}{}", self.apply(MODIFY, name), then.unwrap_or_default()));
        if total > 0 {
            lines.push(format!(
                "after a stop: with N records applied, begin at the line `# undoes N of {total}`: {}",
                from_line(name, total)
            ));
            lines.push(
                "(ldapmodify prints a line for each record it begins: the last one was refused)"
                    .to_owned(),
            );
        }
        if let Some(second) = &files.undo.1 {
            lines.push(format!(
                "this is the first of two files: {} comes second, once the server has come to rest; \
                 records up to {} are undone there",
                quoted(second),
                Count(early)
            ));
        }
        Head { lines }
    }

    /// The head of the second file of an undo.
    pub fn second_undo(&self, files: &Files) -> Head {
        let first = files.undo.0.as_deref().map(quoted).unwrap_or_default();
        let mut lines = vec![format!(
            "this is the second of two files, after {first}: references by the old names"
        )];
        lines.extend(settle());
        lines.push(format!("apply: {}", self.apply(MODIFY, files.undo.1.as_deref())));
        Head { lines }
    }

    /// The comment in a stream where two files would be apart.
    pub fn pause(&self) -> Head {
        let mut lines = vec![
            "pause here: what follows refers to names that other entries had before".to_owned(),
        ];
        lines.extend(settle());
        Head { lines }
    }

    fn purpose(&self) -> Vec<String> {
        let shown = |side: &Side| {
            let size = number_of(side.size, "byte", "bytes");
            format!("{} ({size}, {})", side.name, side.held())
        };
        let mut lines =
            vec![format!("changes {} so that it is as {}", shown(&self.old), shown(&self.new))];
        for side in [&self.old, &self.new] {
            lines.extend(
                side.sha256.iter().map(|digest| format!("SHA-256 of {}: {digest}", side.name)),
            );
        }
        lines
    }

    /// Who needs a password before the account can be enabled.
    fn passwords(&self) -> Vec<String> {
        let heading = match self.disabled.count {
            1 => "1 new account is disabled, and needs a password before it can be enabled \
                  (no export holds one):"
                .to_owned(),
            n => format!(
                "{} new accounts are disabled, and need passwords before they can be enabled (no \
                 export holds any):",
                Count(n)
            ),
        };
        self.disabled.under(&[heading])
    }

    /// Who does not get its primary group back.
    fn without_groups(&self) -> Vec<String> {
        let heading = match self.lost_groups.count {
            1 => "1 account keeps the primaryGroupID of NEW: the group it had goes, and comes back with \
                  another number"
                .to_owned(),
            n => format!(
                "{} accounts keep the primaryGroupID of NEW: the groups they had go, and come back with \
                 other numbers",
                Count(n)
            ),
        };
        let way = "set it by hand to the number that the group has by then; after a stop before the group \
                   goes, to the one it has in OLD:";
        self.lost_groups.under(&[heading, way.to_owned()])
    }

    fn amount(&self) -> String {
        match self.counts.total() {
            0 => "nothing to change".to_owned(),
            _ => in_words(&self.counts),
        }
    }

    /// What the undo cannot bring back as it was.
    fn returning(&self) -> Option<String> {
        let lost = match self.server {
            Server::ActiveDirectory => {
                "another objectGUID and SID, without password, accounts disabled"
            }
            _ => "other identifiers and times",
        };
        match self.counts.deletes {
            0 => None,
            1 => Some(format!("1 deleted entry comes back as a new one: {lost}")),
            n => Some(format!("{} deleted entries come back as new ones: {lost}", Count(n))),
        }
    }

    /// What applies the change: adds with identifiers ask OpenLDAP to relax its rules.
    fn modify(&self) -> &'static str {
        match self.relaxed && self.counts.adds > 0 {
            true => RELAXED,
            false => MODIFY,
        }
    }

    /// How a file is applied.
    fn apply(&self, modify: &str, file: Option<&Path>) -> String {
        let unpacked = file.and_then(unpack);
        let by_modify = match (file, &unpacked) {
            (None, _) => format!("{modify} -f FILE"),
            (Some(file), None) => format!("{modify} -f {}", quoted(file)),
            (Some(_), Some(unpack)) => format!("{unpack} | {modify}"),
        };
        match (self.server, unpacked) {
            (Server::ActiveDirectory, None) => {
                let file = file.map_or_else(|| "FILE".to_owned(), quoted);
                format!("{by_modify}, or on Windows: ldifde -i -f {file}")
            }
            _ => by_modify,
        }
    }
}

/// How to apply an undo from a record on.
fn from_line(file: Option<&Path>, total: u64) -> String {
    let sed = format!("sed -n '/^# undoes N of {total}$/,$p'");
    match (file, file.and_then(unpack)) {
        (_, Some(unpack)) => format!("{unpack} | {sed} | {MODIFY}"),
        (Some(file), None) => format!("{sed} {} | {MODIFY}", quoted(file)),
        (None, None) => format!("{sed} FILE | {MODIFY}"),
    }
}

/// The command that unpacks a file, where it is compressed.
pub(super) fn unpack(file: &Path) -> Option<String> {
    let extension = file.extension()?;
    let program = if extension.eq_ignore_ascii_case("zst") {
        "zstd -dc"
    } else if extension.eq_ignore_ascii_case("gz") {
        "gzip -dc"
    } else {
        return None;
    };
    Some(format!("{program} {}", quoted(file)))
}

/// What a pause is for.
fn settle() -> [String; 2] {
    [
        "OpenLDAP's referential integrity (slapo-refint) follows renames in the background and would".to_owned(),
        "take these references for the old ones: apply them when it has come to rest, seconds later".to_owned(),
    ]
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "/._-+:,@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_file_stands_beside_the_first() {
        for (first, second) in [
            ("change.ldif", "change.2.ldif"),
            ("a/change.ldif.zst", "a/change.2.ldif.zst"),
            ("my.change.ldif.GZ", "my.change.2.ldif.GZ"),
            ("change", "change.2"),
            ("change.zst", "change.2.zst"),
            ("./.change", "./.change.2"),
        ] {
            assert_eq!(second_name(Path::new(first)), PathBuf::from(second));
        }
    }

    #[test]
    fn a_shell_takes_quoted_names() {
        for (name, shown) in
            [("a/b.ldif", "a/b.ldif"), ("my file", "'my file'"), ("it's", "'it'\\''s'"), ("", "''")]
        {
            assert_eq!(quoted(Path::new(name)), shown);
        }
    }
}
