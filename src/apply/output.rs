//! The directory as it is after the changes, in the order of the export: parents before their
//! children where the export has them so.
//!
//! What no change touches goes through byte for byte, and so does what stands between entries, in its
//! place; comments right above an entry go where it goes. What moved below an entry that comes later is
//! written in a further round, after that entry: the walk over the export notes what that is.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::ops::Range;

use crate::join::RandomState;

use crate::apply::between::{Between, above};
use crate::apply::operation::{Fate, Simulation};
use crate::apply::rejects::Reject;
use crate::apply::tree::{Kind, NodeId};
use crate::change::{Change, ChangeRecord, Record};
use crate::dn::{AvaValue, Dn, MAX_DEPTH, plain_parent};
use crate::entry::Entry;
use crate::error::{Error, ErrorKind, Result};
use crate::join::hash_name;
use crate::ldif::scan::split;
use crate::ldif::unfold::empty_line;
use crate::ldif::write::{Writer, rejected_as_comment};
use crate::matching::dn_matches;
use crate::output::Output;
use crate::parallel::Pool;
use crate::source::{Cut, Extent, Kind as RecordKind, Layout, Source};
use crate::text::Escaped;

/// How much text a worker takes at a time, in bytes.
const PART: usize = 1 << 20;

/// How many records are written together in a further round.
const TOGETHER: usize = 1024;

/// When an entry is written: in which round over the export, and where in it.
type Turn = (u32, u64);

/// Writes the directory.
pub(super) struct Writing<'w> {
    pub(super) export: &'w Source<'w>,
    pub(super) done: &'w Simulation<'w>,
    pub(super) writer: Writer,
    pub(super) between: Between,
    progress: &'w (dyn Fn(u64) + Sync),
    turns: HashMap<NodeId, Turn>,
    state: RandomState,
    /// The hashes of the names in the export of what was touched.
    hashes: HashSet<u32>,
    /// Whether what is below a touched entry has another name now.
    moves: bool,
}

/// What is written for a record of the export.
enum Outcome {
    AsItIs,
    Nothing,
    Entry(NodeId),
    /// It is below a node, that many RDNs deep.
    Below(NodeId, usize),
}

/// A record that is written in a further round.
struct Late {
    round: u32,
    /// Where what stands before it begins.
    from: usize,
    extent: Extent,
    outcome: Outcome,
}

impl<'w> Writing<'w> {
    pub(super) fn new(
        export: &'w Source<'w>,
        done: &'w Simulation<'w>,
        writer: Writer,
        between: Between,
        progress: &'w (dyn Fn(u64) + Sync),
    ) -> Result<Writing<'w>> {
        let state = RandomState::default();
        let mut turns = HashMap::new();
        for id in done.tree.parents_first()? {
            turns.insert(id, turn(done, id, &turns));
        }
        let mut hashes = HashSet::new();
        let mut moves = false;
        for id in done.tree.ids() {
            if let Some(origin) = done.tree.origin(id) {
                let text = origin.to_string();
                hashes.extend(hash_name(&state, export.schema, text.as_bytes()).ok());
            }
            moves |= done.tree.is_displaced(id);
        }
        for dn in &done.gone {
            hashes.extend(hash_name(&state, export.schema, dn.to_string().as_bytes()).ok());
        }
        Ok(Writing { export, done, writer, between, progress, turns, state, hashes, moves })
    }

    /// Writes all of it, and what is left out because it cannot be read to `rejects`; how many entries
    /// are written.
    pub(super) fn write(
        &self,
        pool: &Pool,
        out: &mut Output,
        rejects: &mut Option<Output>,
    ) -> Result<u64> {
        let last = self.turns.values().map(|turn| turn.0).max().unwrap_or(0);
        let (mut count, mut late) = (0, Vec::new());
        let mut parts = split(self.export.text, PART).into_iter();
        pool.pipe(
            || parts.next(),
            |range| {
                (self.progress)(range.len() as u64);
                self.part(range)
            },
            |part: Result<Part>| {
                let Part { text, entries, rejected, late: more } = part?;
                count += entries;
                late.extend(more);
                if let Some(rejects) = rejects {
                    rejects.write_all(&rejected).map_err(|e| rejects.error(e))?;
                }
                out.write_all(&text).map_err(|e| out.error(e))
            },
        )?;
        // In the order of the export within a round.
        late.sort_by_key(|one| one.round);
        let mut rounds = late.chunk_by(|one, other| one.round == other.round).peekable();
        let mut new = self.added();
        for round in 0..=last {
            if let Some(due) = rounds.next_if(|late| late[0].round == round) {
                let mut chunks = due.chunks(TOGETHER);
                pool.pipe(
                    || chunks.next(),
                    |chunk| {
                        let mut text = Vec::new();
                        chunk.iter().try_for_each(|late| self.late(late, &mut text)).map(|()| text)
                    },
                    |text: Result<Vec<u8>>| out.write_all(&text?).map_err(|e| out.error(e)),
                )?;
                count += due.len() as u64;
            }
            let new = new.remove(&round).unwrap_or_default();
            let mut text = Vec::new();
            new.iter().try_for_each(|(_, id)| self.touched(&mut text, *id))?;
            count += new.len() as u64;
            out.write_all(&text).map_err(|e| out.error(e))?;
        }
        Ok(count)
    }

    /// The entries that come at the end of each round, parents first.
    fn added(&self) -> HashMap<u32, Vec<(usize, NodeId)>> {
        let tree = &self.done.tree;
        let mut rounds: HashMap<u32, Vec<(usize, NodeId)>> = HashMap::new();
        for id in tree.ids().filter(|id| tree.is_new(*id)) {
            rounds.entry(self.turns[&id].0).or_default().push((tree.dn(id).rdns.len(), id));
        }
        rounds.values_mut().for_each(|new| new.sort_unstable());
        rounds
    }

    /// Writes a record that waited for a further round.
    fn late(&self, late: &Late, text: &mut Vec<u8>) -> Result<()> {
        let gap = self.between.gap(self.export.text, late.from..late.extent.range().start);
        text.extend_from_slice(&gap.above);
        self.put(&late.outcome, late.extent, text)
    }

    fn part(&self, range: Range<usize>) -> Result<Part> {
        let text = Vec::with_capacity(range.len() + range.len() / 8);
        let mut part = Part { text, ..Part::default() };
        let mut near = Near::default();
        let mut cutter = self.export.cut(range.clone());
        let all = self.export.text;
        let mut at = range.start;
        loop {
            let from = cutter.position();
            let Some(cut) = cutter.next_record(None) else { break };
            let reject = match &cut {
                Ok(cut) => self.done.rejects().at(cut.extent.range().start),
                Err(_) => self.done.rejects().after(from),
            };
            let Range { start, end } = match (&cut, reject) {
                (_, Some(reject)) => reject.text.clone(),
                (Ok(cut), None) => cut.extent.range(),
                (Err(_), None) => from..cutter.position(),
            };
            let gap = self.between.gap(all, at..start);
            part.text.extend_from_slice(&gap.free);
            match reject {
                Some(reject) => self.rejected(reject, above(all, at..start), &mut part.rejected),
                None => self.record(cut?, (at, &gap.above), &mut near, &mut part)?,
            }
            at = end + empty_line(&all[end..]);
        }
        self.between.rest(all, at..range.end, &mut part.text);
        Ok(part)
    }

    /// Writes a record that was rejected with the comments above it, which begin at `above`, and what
    /// it is called now, all of it a comment.
    fn rejected(&self, reject: &Reject, above: usize, out: &mut Vec<u8>) {
        if let Some(now) = reject.dn().and_then(|dn| self.done.name_now(&dn)) {
            let now = now.to_string();
            let _ = writeln!(
                out,
                "# an entry above this one was renamed, and it is now: {}",
                Escaped(now.as_bytes())
            );
        }
        rejected_as_comment(out, &reject.error, &self.export.text[above..reject.text.end]);
    }

    /// Writes what has become of a record with the comments above it, which stand behind byte `from`, or notes
    /// that it is written later.
    fn record<'i>(
        &self,
        cut: Cut<'i>,
        (from, above): (usize, &[u8]),
        near: &mut Near<'i>,
        part: &mut Part,
    ) -> Result<()>
    where
        'w: 'i,
    {
        let extent = cut.extent;
        let continues = self.export.layout == Layout::Adds
            && self.export.known(extent, cut.plain_dn)?.kind == RecordKind::Continuation;
        let outcome = self.outcome(cut, near)?;
        let round = match outcome {
            Outcome::AsItIs => {
                part.text.extend_from_slice(above);
                self.between.record(self.export.text, extent.range(), &mut part.text);
                part.entries += u64::from(!continues);
                return Ok(());
            }
            Outcome::Nothing => return Ok(()),
            Outcome::Entry(id) | Outcome::Below(id, _) => self.turns[&id].0,
        };
        // The records that continue an entry were read with it.
        if continues {
            return Ok(());
        }
        if round > 0 {
            part.late.push(Late { round, from, extent, outcome });
            return Ok(());
        }
        part.text.extend_from_slice(above);
        part.entries += 1;
        self.put(&outcome, extent, &mut part.text)
    }

    /// Writes an entry that changes touched, or one below such.
    fn put(&self, outcome: &Outcome, extent: Extent, text: &mut Vec<u8>) -> Result<()> {
        match *outcome {
            Outcome::AsItIs | Outcome::Nothing => Ok(()),
            Outcome::Entry(id) => self.touched(text, id),
            Outcome::Below(id, depth) => {
                let entry = self.export.entry(extent)?;
                let above = self.done.tree.dn(id);
                let rdns = entry.dn.rdns[..depth].iter().chain(&above.rdns).cloned().collect();
                let dn = Dn { rdns };
                if dn.rdns.len() > MAX_DEPTH {
                    let kind = ErrorKind::NameTooDeep { limit: MAX_DEPTH };
                    return Err(self.export.error_in(kind, extent));
                }
                let name = dn.to_string();
                let mut entry = Entry { dn, ..entry };
                self.follow_name(name.as_bytes(), &mut entry);
                self.entry(text, name.as_bytes(), entry)
            }
        }
    }

    /// An entry that changes touched, under the name it has now, in the spelling it was given where
    /// nothing above it was renamed since.
    fn touched(&self, text: &mut Vec<u8>, id: NodeId) -> Result<()> {
        let Some(touched) = self.done.touched.get(&id) else { return Ok(()) };
        let dn = self.done.tree.dn(id);
        let stays = |name: &&[u8]| {
            Dn::parse(name).is_ok_and(|old| dn_matches(self.export.schema, &old, &dn))
        };
        match touched.name.as_deref().filter(stays) {
            Some(name) => self.entry(text, name, touched.state.entry(dn)),
            None => {
                let (name, mut entry) = (dn.to_string(), touched.state.entry(dn));
                self.follow_name(name.as_bytes(), &mut entry);
                self.entry(text, name.as_bytes(), entry)
            }
        }
    }

    fn entry(&self, text: &mut Vec<u8>, name: &[u8], entry: Entry<'_>) -> Result<()> {
        let record = match self.export.layout {
            Layout::Content => Record::Content(entry),
            Layout::Adds => Record::Change(ChangeRecord {
                dn: entry.dn,
                controls: Vec::new(),
                change: Change::Add(entry.attributes),
            }),
        };
        let start = text.len();
        let written = self.writer.record(text, name, &record);
        self.between.line_end.give(text, start);
        written.map_err(|fault| Error::new(ErrorKind::Shape(fault)))
    }

    /// Has the attributes of a renamed entry follow in which a server tells its own name: `entryDN` (RFC 5020),
    /// and Active Directory's `distinguishedName` and `name`.
    fn follow_name(&self, name: &[u8], entry: &mut Entry<'_>) {
        let rdn = entry.dn.rdn().and_then(|rdn| rdn.avas.first());
        let rdn = rdn.and_then(|ava| match &ava.value {
            AvaValue::Text(value) => Some(value.clone()),
            AvaValue::Ber(_) => None,
        });
        let has = |description: &[u8]| {
            entry.attributes.iter().any(|one| one.description.eq_ignore_ascii_case(description))
        };
        let is_of_active_directory = has(b"objectGUID");
        for one in &mut entry.attributes {
            let is = |own: &str| one.description.eq_ignore_ascii_case(own.as_bytes());
            let own = match () {
                () if is("entryDN") => Some(name.to_vec()),
                () if !is_of_active_directory => None,
                () if is("distinguishedName") => Some(name.to_vec()),
                () if is("name") => rdn.clone(),
                () => None,
            };
            if let Some(own) = own {
                one.values = vec![Cow::Owned(own)];
            }
        }
    }

    fn outcome<'i>(&self, cut: Cut<'i>, near: &mut Near<'i>) -> Result<Outcome>
    where
        'w: 'i,
    {
        if self.hashes.is_empty() {
            return Ok(Outcome::AsItIs);
        }
        let known = self.export.known(cut.extent, cut.plain_dn)?;
        let hash = hash_name(&self.state, self.export.schema, &known.dn)
            .map_err(|fault| self.export.bad_name(cut.extent, fault))?;
        if self.hashes.contains(&hash) {
            match self.done.fates.get(&self.export.key(cut.extent)?) {
                Some(Fate::Gone) => return Ok(Outcome::Nothing),
                Some(&Fate::Node(id)) => return Ok(Outcome::Entry(id)),
                None => {}
            }
        }
        if !self.moves {
            return Ok(Outcome::AsItIs);
        }
        let parent = cut.plain_dn.and_then(plain_parent);
        if parent.is_none() || parent != near.parent {
            near.parent = parent;
            near.above = self.done.displaced_above(&self.export.dn(cut.extent)?);
        }
        Ok(near.above.map_or(Outcome::AsItIs, |(id, depth)| Outcome::Below(id, depth)))
    }
}

/// What comes of a part of the export.
#[derive(Default)]
struct Part {
    text: Vec<u8>,
    entries: u64,
    rejected: Vec<u8>,
    late: Vec<Late>,
}

/// What is above the records of one parent.
#[derive(Default)]
struct Near<'i> {
    parent: Option<&'i [u8]>,
    above: Option<(NodeId, usize)>,
}

/// When a node is written, after the one above it, of which that is known.
fn turn(done: &Simulation<'_>, id: NodeId, turns: &HashMap<NodeId, Turn>) -> Turn {
    let above = done.tree.parent(id).and_then(|parent| turns.get(&parent));
    let Some(&(round, after)) = above else { return (0, 0) };
    let own = done.tree.origin(id).and_then(|origin| done.extent_of(&origin));
    let own = own.map(|extent| extent.start);
    match done.tree.kind(id) {
        Kind::New(_) => (round, u64::MAX),
        Kind::Moved(_) if own.is_some_and(|own| after < own) => (round, own.unwrap_or(0)),
        Kind::Moved(_) => (round + 1, own.unwrap_or(0)),
        Kind::Untouched | Kind::Hole => (round, own.unwrap_or(after)),
    }
}
