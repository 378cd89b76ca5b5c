//! What a person reads on standard error: errors with their place, warnings, the closing line.
//!
//! Plain text but for colour, which is asked for or goes to a terminal. Every byte of an input is
//! escaped before it is shown. A closed standard error is no reason to stop.

use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write as _};
use std::path::Path;
use std::time::Duration;

use indicatif::BinaryBytes;
use ldifsync::check::{Finding, Severity};
use ldifsync::diff::Report;
use ldifsync::emit::in_words;
use ldifsync::error::{EntryFault, Error, ErrorKind, Place, Result};
use ldifsync::output::exists_since;
use ldifsync::text::{Count, Escaped, number_of};
use unicode_width::UnicodeWidthStr;

use super::args::When;
use super::exit::Exit;
use super::mask::{MASK, Secrets};

/// How much of a name is shown, in bytes.
const LONGEST_NAME: usize = 500;

/// What colours mean.
#[derive(Clone, Copy)]
enum Role {
    Error,
    Warning,
    Hint,
    Frame,
}

/// Standard error, in colour or not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal<'a> {
    color: bool,
    /// What is never shown.
    secrets: Secrets<'a>,
}

/// Whether to use colour: as asked for; `auto` is a terminal that can show it, without `NO_COLOR`.
pub(super) fn in_color(when: When, terminal: bool) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = || std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && !refused && !dumb(),
    }
}

impl<'a> Terminal<'a> {
    /// Standard error, in colour where it is asked for.
    pub(super) fn new(when: When, secrets: &'a [Vec<u8>]) -> Terminal<'a> {
        Terminal { color: in_color(when, io::stderr().is_terminal()), secrets: Secrets(secrets) }
    }

    /// The same words in colour or not, for another stream than standard error.
    pub(super) fn in_color(self, color: bool) -> Terminal<'a> {
        Terminal { color, ..self }
    }

    /// Prints lines as they are.
    pub(super) fn print(self, text: &str) {
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// The exit status of a run: its own, or that of an error, which is printed. A reader who has
    /// read enough of what there was to read is none, and ends the run with `closed`.
    pub(super) fn settle<'p>(
        self,
        done: Result<Exit>,
        closed: Exit,
        outputs: impl Iterator<Item = &'p Path>,
    ) -> Exit {
        match done {
            Ok(exit) => exit,
            Err(error) if error.is_broken_pipe() => closed,
            Err(error) => {
                self.error(&error, outputs);
                Exit::of(&error)
            }
        }
    }

    /// Prints an error: message, place, line, record, hint; and the outputs that were left alone.
    pub(super) fn error<'p>(self, error: &Error, outputs: impl Iterator<Item = &'p Path>) {
        let mut text = self.shown(error);
        let mut seen = Vec::new();
        for path in outputs {
            let file = path.canonicalize().ok();
            if seen.contains(&file) {
                continue;
            }
            seen.push(file);
            if let Some(date) = exists_since(path) {
                let name = Escaped(path.as_os_str().as_encoded_bytes());
                let note = self.paint(Role::Frame, "note:");
                let _ =
                    writeln!(text, "{note} the existing file {name} of {date} was left as it was");
            }
        }
        self.print(&text);
    }

    /// Prints why a record is not followed: it is no reason to stop.
    pub(super) fn rejection(self, error: &Error) {
        let word = self.paint(Role::Warning, "warning:");
        self.print(&format!("ldifsync: {word} {}", self.told(error, "")));
    }

    /// Prints a warning.
    pub(super) fn warning(self, message: &str) {
        let word = self.paint(Role::Warning, "warning:");
        self.print(&format!("ldifsync: {word} {}\n", Escaped(message.as_bytes())));
    }

    fn shown(self, error: &Error) -> String {
        let word = self.paint(Role::Error, "error:");
        format!("ldifsync: {word} {}", self.told(error, ""))
    }

    /// A finding: what it is, where it stands, what to do.
    pub(super) fn finding(self, finding: &Finding) -> String {
        let (role, word) = match finding.severity {
            Severity::Fault => (Role::Error, "error:"),
            Severity::Warning => (Role::Warning, "warning:"),
        };
        let shows = match finding.error.kind() {
            ErrorKind::Entry(EntryFault::NoParent { .. }) => "--complete",
            _ => "-v",
        };
        let more = match finding.more {
            0 => String::new(),
            more => format!(" (and {} more of this kind; `{shows}` shows each)", Count(more)),
        };
        format!("{} {}", self.paint(role, word), self.told(&finding.error, &more))
    }

    /// A message with `more` behind it, its place and its hint.
    fn told(self, error: &Error, more: &str) -> String {
        let excerpt = error.place().map(|place| Excerpt::of(place, self.secrets.open_part(place)));
        let is_hidden = excerpt.as_ref().is_some_and(|excerpt| excerpt.is_hidden);
        let mut text = format!("{}{more}\n", self.secrets.in_message(error, is_hidden));
        if let Some((place, excerpt)) = error.place().zip(excerpt) {
            self.excerpt(&mut text, place, excerpt);
        }
        if let Some(hint) = error.hint() {
            let _ = writeln!(text, "{} {hint}", self.paint(Role::Hint, "hint:"));
        }
        text
    }

    /// The line with a caret under the fault, and the record it is in.
    fn excerpt(self, text: &mut String, place: &Place, excerpt: Excerpt) {
        let number = place.position.line.to_string();
        let margin = " ".repeat(number.len());
        let name = Escaped(place.name.as_bytes());
        let (line, column) = (place.position.line, place.position.column);
        let frame = |mark| self.paint(Role::Frame, mark);
        let _ = writeln!(text, "{margin}{} {name}:{line}:{column}", frame("-->"));
        // Of what was not kept there is nothing to show.
        if place.attributes.is_none() && place.line.is_empty() {
            return;
        }
        let _ = writeln!(text, "{margin} {}", frame("|"));
        let Excerpt { shown, before, carets, .. } = excerpt;
        let _ =
            writeln!(text, "{}", format!("{} {} {shown}", frame(&number), frame("|")).trim_end());
        let carets = "^".repeat(carets);
        let (blank, carets) = (" ".repeat(before), self.paint(Role::Error, &carets));
        let _ = writeln!(text, "{margin} {} {blank}{carets}", frame("|"));
        if let Some(dn) = place.dn.as_ref().filter(|dn| !dn.is_empty()) {
            let name = self.secrets.in_name(dn);
            let (name, more) = match name.len() > LONGEST_NAME {
                true => (&name[..LONGEST_NAME], "…"),
                false => (&name[..], ""),
            };
            let _ = writeln!(text, "{margin} {} in: {}{more}", frame("="), Escaped(name));
        }
    }

    fn paint<'t>(self, role: Role, text: &'t str) -> Painted<'t> {
        Painted { role: self.color.then_some(role), text }
    }
}

/// A line as it is shown.
struct Excerpt {
    shown: String,
    /// Columns before the fault.
    before: usize,
    /// Columns of the fault: at least one, at the end of the line too.
    carets: usize,
    /// Whether the fault is in what is not shown.
    is_hidden: bool,
}

impl Excerpt {
    /// The line of a place, of which so much is shown; all where nothing is said.
    fn of(place: &Place, open: Option<usize>) -> Excerpt {
        let open = open.unwrap_or(place.line.len());
        let (head, hidden) = place.line.split_at(open);
        let mask = if hidden.is_empty() { "" } else { MASK };
        let shown = format!("{}{mask}", Escaped(head));
        let start = place.caret.start.min(place.line.len());
        let end = place.caret.end.min(place.line.len());
        if start >= open && !hidden.is_empty() {
            let (before, carets) = (width(head), mask.len());
            return Excerpt { shown, before, carets, is_hidden: true };
        }
        let end = end.min(open).max(start);
        Excerpt {
            shown,
            before: width(&place.line[..start]),
            carets: width(&place.line[start..end]).max(1),
            is_hidden: false,
        }
    }
}

/// How many columns of a terminal bytes take when they are shown.
fn width(bytes: &[u8]) -> usize {
    Escaped(bytes).to_string().width()
}

struct Painted<'t> {
    role: Option<Role>,
    text: &'t str,
}

impl fmt::Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = match self.role {
            None => return f.write_str(self.text),
            Some(Role::Error) => "1;31",
            Some(Role::Warning) => "1;33",
            Some(Role::Hint) => "1;36",
            Some(Role::Frame) => "1;34",
        };
        write!(f, "\x1b[{code}m{}\x1b[0m", self.text)
    }
}

/// What `-v` tells of the inputs of any command: each with its role and its size, how much of them was
/// worked on, and how fast.
pub(super) fn sizes<'p>(
    inputs: impl IntoIterator<Item = (&'static str, &'p Path)>,
    bytes: u64,
    took: Duration,
) -> String {
    let mut lines = String::new();
    for (role, path) in inputs {
        let size = path.metadata().ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
        let size = size.map_or_else(|| "a stream".to_owned(), |n| BinaryBytes(n).to_string());
        let name = Escaped(path.as_os_str().as_encoded_bytes());
        let _ = writeln!(lines, "ldifsync: {role}{name}: {size}");
    }
    let rate = BinaryBytes((bytes as f64 / took.as_secs_f64().max(1e-9)) as u64);
    let _ = writeln!(lines, "ldifsync: {} of text, {rate} a second", BinaryBytes(bytes));
    lines
}

/// The closing line.
pub(super) fn closing(report: &Report, took: Duration) -> String {
    let read =
        format!("{} + {} entries read", Count(report.old_entries), Count(report.new_entries));
    let mut parts = vec![read, in_words(&report.counts)];
    if report.rejected > 0 {
        parts.push(format!("{} rejected", number_of(report.rejected, "record", "records")));
    }
    if report.left_out.total() > 0 {
        parts.push(format!("{} left out", Count(report.left_out.total())));
    }
    let (parts, time) = (parts.join(", "), took.as_secs_f64());
    format!("ldifsync: {parts} in {time:.1} s ({})\n", report.server.name())
}

#[cfg(test)]
mod tests {
    use ldifsync::error::{ErrorKind, Expected, Found};

    use super::*;

    const PLAIN: Terminal<'_> = Terminal { color: false, secrets: Secrets(&[]) };

    fn at(text: &[u8], offset: usize, len: usize) -> String {
        let kind = ErrorKind::Syntax { expected: Expected::Colon, found: Found::End };
        let place = Place::new("x.ldif", text, offset, len).in_record(Some(b"cn=\x1b"));
        PLAIN.shown(&Error::at(kind, place))
    }

    #[test]
    fn carets_stand_under_what_is_shown() {
        let head = "ldifsync: error: expected `:` after the attribute description, but found the \
                    end of the line\n";
        let tail = "hint: a line that continues the one before begins with a blank\n";
        let expect = |found: String, lines: &str| {
            assert_eq!(found, format!("{head}{lines}{tail}"));
        };
        let dn = "= in: cn=\\u{1b}\n";
        expect(at(b"abc", 1, 1), &format!(" --> x.ldif:1:2\n  |\n1 | abc\n  |  ^\n  {dn}"));
        expect(at(b"abc", 3, 0), &format!(" --> x.ldif:1:4\n  |\n1 | abc\n  |    ^\n  {dn}"));
        expect(at(b"", 0, 0), &format!(" --> x.ldif:1:1\n  |\n1 |\n  | ^\n  {dn}"));
        expect(
            at("\u{1b}名é\u{fe0f}\u{ff}".as_bytes(), 1, 3),
            &format!(" --> x.ldif:1:2\n  |\n1 | \\u{{1b}}名é\u{fe0f}ÿ\n  |       ^^\n  {dn}"),
        );
        let far = [b"\n".repeat(11), b"\xff\x00z".to_vec()].concat();
        expect(
            at(&far, 12, 2),
            &format!("  --> x.ldif:12:2\n   |\n12 | \\xff\\u{{0}}z\n   |     ^^^^^^\n   {dn}"),
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        for (text, offset, len, shown) in [
            (
                "userPassword:: YW*j",
                17,
                1,
                "userPassword:: ********\n  |                ^^^^^^^^\n",
            ),
            ("userPassword YW*j", 12, 1, "userPassword ********\n  |             ^\n"),
            ("userPassword;x: YWj", 3, 99, "userPassword;x: ********\n  |    ^^^^^^^^^^^^^\n"),
            ("userPassword:", 13, 0, "userPassword:\n  |              ^\n"),
        ] {
            let found = at(text.as_bytes(), offset, len);
            assert!(found.contains(&format!("1 | {shown}")), "{text}: {found}");
        }
        let found = at(b"userPassword:: YW\n Jj*ZA", 21, 1);
        assert!(found.contains("2 |  ********\n  |  ^^^^^^^^\n"), "{found}");
        let found = at(b"userPassword:: YW\nJjZA\n", 22, 0);
        assert!(found.contains("2 | ********\n  | ^^^^^^^^\n"), "{found}");
    }

    #[test]
    fn colour_is_the_only_difference() {
        let kind = ErrorKind::NothingDefined;
        let error = Error::at(kind, Place::new("x", b"abc", 0, 1));
        let painted = Terminal { color: true, ..PLAIN }.shown(&error);
        let mut plain = painted.clone();
        for code in ["\x1b[1;31m", "\x1b[1;34m", "\x1b[1;36m", "\x1b[0m"] {
            assert!(painted.contains(code));
            plain = plain.replace(code, "");
        }
        assert_eq!(plain, PLAIN.shown(&error));
    }
}
