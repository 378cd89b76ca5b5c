//! Changes as a person reads them in a ticket: a block an entry, grouped by kind.
//!
//! Nothing here can be applied. Secrets are masked, long and binary values are named by their
//! digest, and nothing reaches a terminal unescaped.

use std::collections::HashSet;
use std::io::Write;

use crate::compare::{Comparison, Field, FieldDelta};
use crate::dn::Dn;
use crate::emit::summary::in_words;
use crate::emit::{Emission, Side, Subject, digest, put};
use crate::error::{Error, Result};
use crate::matching::Reference;
use crate::plan::journey::States;
use crate::plan::{Journey, Part, Step};
use crate::server::is_secret;
use crate::text::{Count, Escaped, number_of};

/// How many bytes of a value are shown.
const LONGEST: usize = 200;

/// What stands in place of a secret.
pub(super) const MASK: &str = "********";

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paint {
    /// Plain text.
    #[default]
    Plain,
    /// Colours of a terminal (ECMA-48).
    Coloured,
}

impl Paint {
    /// The lines above all changes: both sides with what they hold, and the counts.
    pub(super) fn header(self, sides: [&Side; 2], counts: &str) -> String {
        let mut text = String::new();
        for (sign, side) in ["---", "+++"].into_iter().zip(sides) {
            let line = format!("{sign} {} ({})", Escaped(side.name.as_bytes()), side.held());
            text += &self.line("1", &line);
        }
        text + &format!("# {counts}\n")
    }

    /// A line, in a colour where that is wanted.
    pub(super) fn line(self, colour: &str, line: &str) -> String {
        match self {
            Paint::Plain => format!("{line}\n"),
            Paint::Coloured => format!("\x1b[{colour}m{line}\x1b[m\n"),
        }
    }
}

/// Writes unified text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unified {
    /// Whether it is coloured.
    pub paint: Paint,
}

/// A kind of block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Added,
    Deleted,
    Renamed,
    Modified,
    /// In what only the server may write, and in nothing else: no change.
    Reported,
}

impl Group {
    const ALL: [Group; 5] =
        [Group::Added, Group::Deleted, Group::Renamed, Group::Modified, Group::Reported];

    fn title(self) -> &'static str {
        match self {
            Group::Added => "added",
            Group::Deleted => "deleted",
            Group::Renamed => "renamed",
            Group::Modified => "modified",
            Group::Reported => "not changed: only what the server itself writes differs",
        }
    }
}

/// How many entries are written and not shown, for nothing of their own changes.
#[derive(Clone, Copy, Debug, Default)]
struct Unseen {
    /// Their references follow names.
    followers: u64,
    /// They have a member for a while.
    hosts: u64,
}

impl Unseen {
    /// Notes an entry whose first step is of this part, unless there is something to show.
    fn note(&mut self, part: Part, block: &str) {
        let count = if part == Part::Join { &mut self.hosts } else { &mut self.followers };
        *count += u64::from(block.is_empty());
    }

    /// What is to be said of them, where others of their group are shown or none is.
    fn told(self, is_any_shown: bool) -> String {
        let all = [
            (self.followers, "because references follow names"),
            (self.hosts, "so that accounts can change their primary groups"),
        ];
        let some = all.into_iter().filter(|(count, _)| *count > 0);
        some.map(|(count, why)| {
            let entries = number_of(count, "entry is", "entries are");
            let more = if is_any_shown { " more" } else { "" };
            format!("\n# {entries}{more} written only {why}\n")
        })
        .collect()
    }
}

impl Unified {
    /// Writes the changes of a plan.
    pub fn write(
        self,
        emission: &Emission<'_, '_>,
        subject: &Subject,
        out: &mut dyn Write,
        failed: &dyn Fn(std::io::Error) -> Error,
    ) -> Result<()> {
        put(out, self.header(subject).as_bytes(), failed)?;
        for group in Group::ALL {
            let mut begun = false;
            let mut unseen = Unseen::default();
            let mut steps = steps(emission, group).into_iter();
            let work = |step: Step| Ok((step.part, self.block(emission, group, step)?));
            emission.write_steps(&mut steps, work, &mut |(part, block): (Part, String)| {
                unseen.note(part, &block);
                if !block.is_empty() && !begun {
                    begun = true;
                    put(out, format!("\n# {}\n", group.title()).as_bytes(), failed)?;
                }
                put(out, block.as_bytes(), failed)
            })?;
            if group != Group::Reported {
                put(out, unseen.told(begun).as_bytes(), failed)?;
            }
        }
        Ok(())
    }

    fn header(self, subject: &Subject) -> String {
        let sides = [&subject.old, &subject.new];
        self.paint.header(sides, &in_words(&subject.counts))
    }

    /// The lines about one entry; none where nothing but references to renamed entries changes.
    fn block(self, emission: &Emission<'_, '_>, group: Group, step: Step) -> Result<String> {
        let journey = &emission.plan.journeys[step.journey as usize];
        let lines = Lines { unified: self, emission };
        match group {
            Group::Added => lines.presence(journey, '+'),
            Group::Deleted => lines.presence(journey, '-'),
            Group::Renamed | Group::Modified | Group::Reported => lines.difference(journey, group),
        }
    }
}

/// The steps that stand for the entries of a group, one an entry, in the order of the inputs.
fn steps(emission: &Emission<'_, '_>, group: Group) -> Vec<Step> {
    let journey = |step: &Step| &emission.plan.journeys[step.journey as usize];
    let both = |step: &Step| journey(step).old.is_some() && journey(step).new.is_some();
    let all = || emission.plan.steps.iter().copied();
    let renamed: HashSet<u32> =
        all().filter(|s| s.part == Part::Rename && both(s)).map(|s| s.journey).collect();
    if group == Group::Reported {
        return reported(emission);
    }
    let belongs = |step: &Step| match group {
        Group::Added => step.part == Part::Add,
        Group::Deleted => step.part == Part::Delete,
        Group::Renamed => step.part == Part::Rename && both(step),
        Group::Modified => step.part.is_modify() && both(step) && !renamed.contains(&step.journey),
        Group::Reported => false,
    };
    let mut seen = HashSet::new();
    let mut steps: Vec<Step> =
        all().filter(|step| belongs(step) && seen.insert(step.journey)).collect();
    steps.sort_by_key(|step| {
        let journey = journey(step);
        let own = if group == Group::Deleted { journey.old } else { journey.new };
        (journey.same, own)
    });
    steps
}

/// Steps that stand for entries of which none is about: where it is shown what only the server may
/// write, there are some that differ in nothing else.
fn reported(emission: &Emission<'_, '_>) -> Vec<Step> {
    if !emission.way.comparison.selection.operational {
        return Vec::new();
    }
    let changed: HashSet<u32> = emission.plan.steps.iter().map(|step| step.journey).collect();
    let all = (0u32..).zip(&emission.plan.journeys);
    let is_both = |journey: &Journey| journey.old.is_some() && journey.new.is_some();
    let mut others: Vec<(u32, &Journey)> =
        all.filter(|(n, journey)| is_both(journey) && !changed.contains(n)).collect();
    others.sort_by_key(|(_, journey)| journey.new);
    others.iter().map(|(n, _)| Step { part: Part::Main, journey: *n, number: 0 }).collect()
}

/// Makes the lines about entries.
struct Lines<'l, 'e, 's> {
    unified: Unified,
    emission: &'l Emission<'e, 's>,
}

impl<'e, 's> Lines<'_, 'e, 's> {
    fn comparison(&self) -> &'e Comparison<'s> {
        self.emission.way.comparison
    }

    fn title(&self, dn: &Dn) -> String {
        let name = dn.to_string();
        self.unified.paint.line("36", &format!("@@ {} @@", Escaped(name.as_bytes())))
    }

    /// An entry that comes or goes, with all its values.
    fn presence(&self, journey: &Journey, sign: char) -> Result<String> {
        let (source, extent) = match (sign, journey.old, journey.new) {
            ('+', _, Some(new)) => (self.emission.new, new),
            (_, Some(old), _) => (self.emission.old, old),
            _ => return Ok(String::new()),
        };
        let mut entry = source.entry(extent)?;
        if sign == '+' {
            entry = self.emission.way.as_added(entry);
        }
        let mut text = self.title(&entry.dn);
        for field in self.comparison().fields_of_added(&entry) {
            self.values(&mut text, sign, field.description, &field.values);
        }
        Ok(text)
    }

    /// What changes in an entry that both exports have.
    fn difference(&self, journey: &Journey, group: Group) -> Result<String> {
        let mut text = String::new();
        if journey.same {
            return Ok(text);
        }
        let mut renamed_to = None;
        if let (Group::Renamed, Some(new)) = (group, journey.new) {
            renamed_to = Some(self.emission.new.dn(new)?.to_string());
        }
        self.emission.with_states(journey, &mut |old, states| {
            let deltas = self.deltas(journey, states);
            if deltas.is_empty() && renamed_to.is_none() {
                return;
            }
            text += &self.title(&old.dn);
            if let Some(name) = &renamed_to {
                let line = format!("> {}", Escaped(name.as_bytes()));
                text += &self.unified.paint.line("33", &line);
            }
            for delta in &deltas {
                self.values(&mut text, '-', delta.description, &delta.removed);
                self.values(&mut text, '+', delta.description, &delta.added);
            }
        })?;
        Ok(text)
    }

    /// What differs but for the name, and but for references that follow a rename.
    fn deltas<'f>(&self, journey: &'f Journey, states: &States<'f, 's>) -> Vec<FieldDelta<'f, 's>> {
        if journey.frozen {
            return Vec::new();
        }
        let start = states.opening.as_ref().map_or(&states.start, |opening| &opening.first).clone();
        let start = match (journey.hops.first(), journey.hops.last()) {
            (Some(from), Some(to)) => self.comparison().renamed(start, from, to),
            _ => start,
        };
        let end: Vec<Field<'f, 's>> = states.end.clone();
        let mut deltas = self.comparison().delta(&start, &end);
        for delta in deltas.iter_mut().filter(|d| d.attribute.is_some_and(|a| a.syntax.is_dn())) {
            self.leave_out_followers(delta);
        }
        deltas.retain(|delta| !delta.removed.is_empty() || !delta.added.is_empty());
        deltas
    }

    fn leave_out_followers(&self, delta: &mut FieldDelta<'_, '_>) {
        let attribute = delta.attribute;
        let key = |value: &[u8]| self.comparison().reference(attribute, value);
        let after = |value: &[u8]| {
            let one = Reference::parse(attribute, value)?;
            let after = self.emission.way.names.after(&one.dn);
            let after = key(&one.with(after).to_value());
            (after != key(value)).then_some(after)
        };
        let mut followers: HashSet<Vec<u8>> = HashSet::new();
        let added: HashSet<Vec<u8>> = delta.added.iter().map(|value| key(value)).collect();
        delta.removed.retain(|value| match after(value) {
            Some(name) if added.contains(&name) => !followers.insert(name),
            _ => true,
        });
        delta.added.retain(|value| !followers.contains(&key(value)));
    }

    fn values(&self, text: &mut String, sign: char, description: &[u8], values: &[&[u8]]) {
        let colour = if sign == '+' { "32" } else { "31" };
        let secret = is_secret(self.comparison().schema, self.emission.secrets, description);
        for value in values {
            let shown = if secret { MASK.to_owned() } else { shown(value) };
            let line = format!("{sign} {}: {shown}", Escaped(description));
            *text += &self.unified.paint.line(colour, line.trim_end());
        }
    }
}

/// A value, or what it is where it is too long or no text.
pub(super) fn shown(value: &[u8]) -> String {
    let is_control = |b: &u8| b.is_ascii_control() && !matches!(b, b'\t' | b'\n' | b'\r');
    let text = simdutf8::basic::from_utf8(value).is_ok() && !value.iter().any(is_control);
    if text && value.len() <= LONGEST {
        return Escaped(value).to_string();
    }
    let what = if text { "text" } else { "binary" };
    let unit = if value.len() == 1 { "byte" } else { "bytes" };
    let digest = &digest::of_value(value)[..16];
    format!("({} {unit} of {what}, SHA-256 {digest}…)", Count(value.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_so_that_people_can_read_them() {
        assert_eq!(shown(b"a\tb\xc3\xa9"), "a\\tb\u{e9}");
        assert_eq!(shown(b"\x1b[2J"), "(4 bytes of binary, SHA-256 05704e8a84c06017…)");
        assert!(shown(&[b'x'; 1001]).starts_with("(1,001 bytes of text, SHA-256 "));
        assert!(shown(b"\xff").starts_with("(1 byte of binary, SHA-256 "));
    }
}
