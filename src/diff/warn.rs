//! What an administrator should know of two exports before the change is applied, a sentence each.

use std::collections::{HashMap, HashSet};

use crate::attribute::{CLASSES_STAY, begins_a_change, is_object_class, type_of};
use crate::compare::identity::Identity;
use crate::compare::rename::{Lineage, Matched};
use crate::compare::{Comparison, Selection};
use crate::diff::{Format, Options};
use crate::error::{Error, ErrorKind, Result, UsageFault};
use crate::ldif::scan::split;
use crate::matching::rdn_key;
use crate::parallel::Pool;
use crate::plan::narrow::Narrowing;
use crate::plan::release::{UniqueValue, unique_values};
use crate::plan::sound::Unsound;
use crate::plan::{ByHand, Counts, Notes};
use crate::reconcile::Dangling;
use crate::schema::Schema;
use crate::server::{Server, UNIQUE};
use crate::source::{Extent, Source, TypeSet};
use crate::text::{Count, Escaped, line_at, number_of};

/// Two exports of which something is to be said.
pub(super) struct Sight<'w, 's> {
    pub(super) pool: &'w Pool,
    pub(super) old: &'w Source<'w>,
    pub(super) new: &'w Source<'w>,
    pub(super) comparison: &'w Comparison<'s>,
    pub(super) identity: &'w Identity,
    /// Identifiers that were named, rather than the usual ones.
    pub(super) asked: &'w [Vec<u8>],
    pub(super) unique: &'w [Vec<u8>],
    /// Whether it is no mistake that nothing is found.
    pub(super) allow_empty: bool,
}

/// What is as good as unique where people are numbered.
const NUMBER: &[u8] = b"employeeNumber";

/// A time as `YYYYMMDDhhmmss`.
type Stamp = [u8; 14];

/// By what an entry is recognised.
struct Looks {
    identified: bool,
    rdn: Vec<u8>,
    values: Vec<UniqueValue>,
}

impl Sight<'_, '_> {
    /// All that is to be said.
    pub(super) fn sentences(
        &self,
        matched: &Matched,
        narrowing: &Narrowing,
        selection: &Selection,
    ) -> Result<Vec<String>> {
        let mut said = Vec::new();
        said.extend(other_lineage(matched.lineage));
        said.extend(self.swapped(matched)?);
        said.extend(self.lookalikes(matched, narrowing)?);
        said.extend(self.unknown_attributes(selection));
        let leaves_classes = selection.except.iter().any(|name| is_object_class(name));
        said.extend(leaves_classes.then(|| CLASSES_STAY.to_owned()));
        said.extend(self.unmet_identifiers()?);
        said.extend(self.joined(matched));
        said.extend([self.old, self.new].into_iter().filter_map(|side| self.without_end(side)));
        said.extend(self.other_suffix(matched)?);
        Ok(said)
    }

    /// Servers' exporters write an empty line behind each entry, the last one too: where it is missing,
    /// the file may have been cut in that entry, between two lines.
    fn without_end(&self, side: &Source<'_>) -> Option<String> {
        let text = side.text;
        let first = memchr::memmem::find(text, b"\n\n").map_or(text, |end| &text[..end]);
        let last = line_at(text, text.len().saturating_sub(1));
        let goes_on = !last.is_empty() && last[0] != b'#' && text.ends_with(b"\n");
        (goes_on && self.identity.in_text(first) && first.len() < text.len()).then(|| {
            let name = Escaped(side.name.as_bytes());
            format!(
                "{name} has no empty line behind its last entry, which exporters write: it may have been cut there"
            )
        })
    }

    /// The first entry of an export is mostly the suffix of a database, and keeps its name.
    fn other_suffix(&self, matched: &Matched) -> Result<Option<String>> {
        let first = |source: &Source<'_>| source.first_sound().map(|(extent, _)| extent);
        let (Some(old), Some(new)) = (first(self.old), first(self.new)) else { return Ok(None) };
        if !matched.moved.iter().any(|pair| (pair.old, pair.new) == (old, new))
            || self.old.key(old)? == self.new.key(new)?
        {
            return Ok(None);
        }
        let [old, new] = [self.old.dn(old)?, self.new.dn(new)?].map(|dn| dn.to_string());
        let [from, to] = [&old, &new].map(|name| Escaped(name.as_bytes()));
        Ok(Some(format!(
            "{from}, the first entry, is called {to} in NEW: no server renames the suffix of a \
             database; --rebase with {to} and {from} reads NEW as if it were below that of OLD"
        )))
    }

    /// The newest record of NEW that differs should not be older than OLD's.
    fn swapped(&self, matched: &Matched) -> Result<Option<String>> {
        let pairs = || matched.changed.iter().chain(&matched.moved);
        let olds: Vec<Extent> =
            pairs().map(|p| p.old).chain(matched.old_only.iter().copied()).collect();
        let news: Vec<Extent> =
            pairs().map(|p| p.new).chain(matched.new_only.iter().copied()).collect();
        let (Some(old), Some(new)) = (self.newest(self.old, &olds)?, self.newest(self.new, &news)?)
        else {
            return Ok(None);
        };
        let (names, times) = ((self.old.name, self.new.name), (shown(old), shown(new)));
        Ok((new < old).then(|| {
            format!(
                "of what differs, the newest in {} is of {}, in {} of {}: are the two swapped?",
                Escaped(names.1.as_bytes()),
                times.1,
                Escaped(names.0.as_bytes()),
                times.0
            )
        }))
    }

    fn newest(&self, source: &Source<'_>, extents: &[Extent]) -> Result<Option<Stamp>> {
        let timed = [&b"entryCSN"[..], b"modifyTimestamp", b"whenChanged"];
        let timed = TypeSet::of(source.schema, timed);
        let stamps = self.pool.try_each(extents, |&extent| -> Result<Option<Stamp>> {
            let mut newest = None;
            source.values(extent, &timed, &mut |value| newest = newest.take().max(stamp(value)))?;
            Ok(newest)
        })?;
        Ok(stamps.into_iter().flatten().max())
    }

    /// Entries that go and come, but may be the same: without identifiers nobody knows.
    fn lookalikes(&self, matched: &Matched, narrowing: &Narrowing) -> Result<Option<String>> {
        let rest = |all: &[Extent], outside: &HashSet<Extent>| -> Vec<Extent> {
            all.iter().filter(|extent| !outside.contains(extent)).copied().collect()
        };
        let going = rest(&matched.old_only, &narrowing.old);
        let coming = rest(&matched.new_only, &narrowing.new);
        let other = matches!(matched.lineage, Lineage::Other { .. });
        let identified = matched.unidentified == Some(0);
        if other || identified || going.is_empty() || coming.is_empty() {
            return Ok(None);
        }
        let unique = self.unique.iter().map(Vec::as_slice).chain([NUMBER]);
        let unique = unique.chain(UNIQUE.iter().map(|name| name.as_bytes()));
        let types = TypeSet::of(self.comparison.schema, unique.chain(self.identity.names()));
        let old = self.pool.try_each(&going, |&extent| self.looks(self.old, extent, &types))?;
        let new = self.pool.try_each(&coming, |&extent| self.looks(self.new, extent, &types))?;
        let alike = alike(&old, &new);
        Ok((alike > 0).then(|| {
            format!(
                "{} of {} deletes and {} adds look like renames (one RDN, uid or mail), but carry \
                 no identifier: export with `ldapsearch … '*' +` or `slapcat`, or name one with \
                 `--identifier`",
                Count(alike),
                Count(old.len() as u64),
                Count(new.len() as u64)
            )
        }))
    }

    fn looks(&self, source: &Source<'_>, extent: Extent, types: &TypeSet<'_>) -> Result<Looks> {
        let is_unique = |description: &[u8]| {
            let name = type_of(description).to_ascii_lowercase();
            name.eq_ignore_ascii_case(NUMBER)
                || UNIQUE.iter().any(|unique| unique.as_bytes() == name)
                || self.unique.contains(&name)
        };
        source.part_of_entry(extent, types, |entry| {
            let values = unique_values(self.comparison, self.comparison.fields(&entry), &is_unique);
            Ok(Looks {
                identified: !self.identity.of(&entry).is_empty(),
                rdn: entry.dn.rdn().map(|rdn| rdn_key(source.schema, rdn)).unwrap_or_default(),
                values: values.into_iter().map(|(value, _, _)| value).collect(),
            })
        })
    }

    /// Names to select attributes by that nobody knows and neither file has.
    fn unknown_attributes(&self, selection: &Selection) -> Vec<String> {
        let schema: &Schema = self.comparison.schema;
        let named = selection.only.iter().flatten().chain(&selection.except);
        let mut names: Vec<&[u8]> = named.map(|name| type_of(name)).collect();
        names.retain(|name| schema.attribute(name).is_none());
        names.sort_unstable();
        names.dedup();
        names.retain(|name| !self.stands(self.old, name) && !self.stands(self.new, name));
        let sentence =
            |name: &&[u8]| format!("no entry of either file has the attribute {}", Escaped(name));
        names.iter().map(sentence).collect()
    }

    /// Records whose last line is the first of a file that was joined to theirs: `version` is an attribute
    /// there, by the letter.
    fn joined(&self, matched: &Matched) -> Option<String> {
        let pairs = || matched.changed.iter().chain(&matched.moved);
        let ends = |source: &Source<'_>, extent: Extent| {
            let record = source.bytes(extent).trim_ascii_end();
            record.ends_with(b"\nversion: 1")
        };
        let olds = pairs().map(|pair| pair.old).chain(matched.old_only.iter().copied());
        let news = pairs().map(|pair| pair.new).chain(matched.new_only.iter().copied());
        let mut all =
            olds.map(|extent| (self.old, extent)).chain(news.map(|extent| (self.new, extent)));
        all.find(|(source, extent)| ends(source, *extent)).map(|(source, extent)| {
            let place = source.place(extent.start, 0);
            format!(
                "the record in line {} of {} ends in `version: 1`, which is read as an attribute: were \
                 files joined without an empty line between them?",
                place.position.line,
                Escaped(source.name.as_bytes())
            )
        })
    }

    /// Groups that a server's `memberOf` loses, where either file shows that there is one.
    pub(super) fn carried(&self, notes: &Notes) -> Option<String> {
        let stands = |source| self.stands(source, b"memberOf");
        (notes.carried > 0 && (stands(self.old) || stands(self.new))).then(|| {
            format!(
                "{} another name because an entry above is renamed, and `memberOf` does not follow: \
                 389 makes it anew with `dsconf INSTANCE plugin memberof fixup SUFFIX`; with \
                 OpenLDAP take the members out before the change and put them in after it",
                number_of(notes.carried, "group gets", "groups get")
            )
        })
    }

    /// Identifiers that were named and that neither file has, under any of their names. Where that is true of
    /// all of them, nobody would be found again.
    fn unmet_identifiers(&self) -> Result<Vec<String>> {
        let stands = |name: &Vec<u8>| self.stands(self.old, name) || self.stands(self.new, name);
        let asked = self.asked.iter().zip(&self.identity.kinds);
        let unmet: Vec<_> = asked.filter(|(_, names)| !names.iter().any(stands)).collect();
        if let (Some((name, _)), false) = (unmet.first(), self.allow_empty)
            && unmet.len() == self.asked.len()
            && !(self.old.text.is_empty() && self.new.text.is_empty())
        {
            let name = String::from_utf8_lossy(name).into_owned();
            return Err(Error::new(ErrorKind::Usage(UsageFault::UnmetIdentifier { name })));
        }
        let sentence = |(name, _): (&Vec<u8>, _)| {
            format!("no entry of either file has the identifier {}", Escaped(name))
        };
        Ok(unmet.into_iter().map(sentence).collect())
    }

    fn stands(&self, source: &Source<'_>, name: &[u8]) -> bool {
        // Every record has a name, which is no attribute.
        let is_word = name.eq_ignore_ascii_case(b"dn") || begins_a_change(name);
        let begins = |line: &[u8]| {
            !is_word
                && line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
                && matches!(line.get(name.len()), Some(b':' | b';'))
        };
        let found = self.pool.map_ordered(split(source.text, 2 << 20), |range| {
            source.text[range].split(|&b| b == b'\n').any(begins)
        });
        found.into_iter().any(|found| found)
    }
}

fn other_lineage(lineage: Lineage) -> Option<String> {
    let Lineage::Other { agree, disagree } = lineage else { return None };
    Some(format!(
        "identifiers are ignored: {} of {} entries of one name have another, so these are exports \
         of two servers",
        Count(disagree),
        Count(agree + disagree)
    ))
}

/// Two exports without entries do not differ.
pub(super) fn nothing(old_records: u64, new_records: u64) -> Option<String> {
    (old_records + new_records == 0)
        .then(|| "neither file holds an entry: are they what was to be compared?".to_owned())
}

/// What only the server may write is asked for in a shape that is applied.
pub(super) fn operational(options: &Options) -> Option<String> {
    let asked = options.selection.operational && options.format != Format::Unified;
    asked.then(|| {
        "what only the server may write is not written; `--format unified` shows how it differs"
            .to_owned()
    })
}

/// What the undo cannot take back, because the server does not give it up.
pub(super) fn for_good(options: &Options, notes: &Notes) -> Option<String> {
    (options.undo.is_some() && notes.for_good > 0).then(|| {
        format!(
            "slapd gives up no module (80) and no entry of its schema (53) while it runs: the undo takes \
             all else back, and stops at {} of `cn=config`",
            number_of(notes.for_good, "entry", "entries")
        )
    })
}

/// Identifiers are written for a server that is not known to keep them.
pub(super) fn identifiers(options: &Options, server: Server) -> Option<String> {
    let said = match server {
        Server::Ds389 => {
            "389 Directory Server gives what is added identifiers and times of its own"
        }
        Server::Generic => {
            "servers other than OpenLDAP give what is added identifiers of their own, or refuse others"
        }
        Server::OpenLdap | Server::ActiveDirectory => return None,
    };
    options.keep_identifiers.then(|| format!("{said}: leave `--keep-identifiers` out"))
}

/// What is not done as NEW has it, and what the server may take for something else.
pub(super) fn notes(notes: &Notes) -> Vec<String> {
    let Notes {
        disabled,
        protected,
        by_hand,
        elsewhere,
        lost_groups,
        references,
        stale,
        twins,
        unsound,
        carried: _,
        built_in,
        crossing,
        for_good: _,
        halves,
    } = notes;
    let entries = |count: u64| number_of(count, "entry", "entries");
    let mut said = Vec::new();
    if !disabled.is_empty() {
        let accounts = number_of(disabled.len() as u64, "new account is", "new accounts are");
        said.push(format!(
            "{accounts} written as disabled, because Active Directory enables none without a \
             password and no export holds one: set it, then enable; the head of the change has names"
        ));
    }
    if *protected > 0 {
        said.push(format!(
            "what NEW lacks and Active Directory does not give up (userAccountControl and the like) \
             stays in {}",
            entries(*protected)
        ));
    }
    said.extend(left_by_hand(by_hand));
    if *halves > 0 {
        said.push(format!(
            "{} an entry on one side, and on the other what replication keeps in the place of one (its class \
             is glue, or its name that of a conflict), so nothing is written of it: let replication come to \
             its end there, and export again",
            number_of(*halves, "name is that of", "names are those of")
        ));
    }
    if *built_in > 0 {
        said.push(
            "`cn=schema,cn=config` is left as it is: slapd and its modules have that schema built in"
                .to_owned(),
        );
    }
    if *elsewhere > 0 {
        said.push(format!(
            "the server puts {} into `member` of the group whose number their primaryGroupID was, which \
             OLD does not hold or nobody selected",
            number_of(*elsewhere, "account", "accounts")
        ));
    }
    if *lost_groups > 0 {
        said.push(format!(
            "the primary group of {} goes, and would come back with another number: the undo leaves \
             their primaryGroupID as NEW has it",
            number_of(*lost_groups, "account", "accounts")
        ));
    }
    if *references > 0 {
        let (those, one) = (number_of(*references, "value", "values"), *references == 1);
        said.push(format!(
            "left out of what is written: {those} that {} an entry which is left out",
            if one { "names" } else { "name" }
        ));
    }
    if *stale > 0 {
        let (those, one) = (number_of(*stale, "value", "values"), *stale == 1);
        said.push(format!(
            "entries that are left as they are keep {those} that {} what goes or gets another name; \
             only referential integrity of the server mends that",
            if one { "names" } else { "name" }
        ));
    }
    if *crossing > 0 {
        said.push(format!(
            "{} another suffix, and no server renames from one to another (71): deleted and added, with \
             other identifiers",
            number_of(*crossing, "entry gets", "entries get")
        ));
    }
    if *twins > 0 {
        said.push(format!(
            "NEW has {} with two that differ in case alone or as little: a server refuses them or \
             keeps one",
            number_of(*twins, "list of values", "lists of values")
        ));
    }
    said.extend(unsound.iter().map(|(unsound, count, name)| {
        let (code, one, many) = match unsound {
            Unsound::Added => (
                65,
                "entry is added without an attribute that its classes demand",
                "entries are added without an attribute that their classes demand",
            ),
            Unsound::Lacks => (
                65,
                "entry loses, or does not get, an attribute that its classes demand",
                "entries lose, or do not get, an attribute that their classes demand",
            ),
            Unsound::Keeps => (
                65,
                "entry keeps an attribute that is left out, but that none of its classes allows any more",
                "entries keep an attribute that is left out, but that none of their classes allows any more",
            ),
            Unsound::Malformed => (
                21,
                "entry gets a value that is none of its attribute's syntax",
                "entries get a value that is none of its attribute's syntax",
            ),
            Unsound::Several => (
                19,
                "entry gets several values of an attribute that has one",
                "entries get several values of an attribute that has one",
            ),
        };
        let (those, name) = (number_of(*count, one, many), Escaped(name.as_bytes()));
        format!("{those}, first `{name}`: a server refuses that ({code})")
    }));
    said
}

/// Primary groups that are left to a person, and why.
fn left_by_hand(by_hand: &ByHand) -> impl Iterator<Item = String> {
    let ByHand { newcomers, nowhere, unselected } = *by_hand;
    let set = "set it by hand";
    let all = [
        (newcomers, "a new account is a member of none yet", set),
        (nowhere, "OLD holds none of that number", set),
        (
            unselected,
            "that is not written, because its `member` is not compared or nobody selected it",
            "make the account a member and set it by hand",
        ),
    ];
    let some = all.into_iter().filter(|(count, ..)| *count > 0);
    some.map(|(count, why, way)| {
        format!(
            "the primaryGroupID of {} is not written: Active Directory takes only a group that the \
             account is a member of already, and {why}; {way}: the server then takes the account out \
             of that group's `member` and puts it into that of the group it had",
            number_of(count, "entry", "entries")
        )
    })
}

/// Which entries go on referring, through a mapping, to what gets another name or goes.
pub(super) fn dangling(old: &Source<'_>, dangling: &Dangling) -> Vec<String> {
    let Dangling { renamed, deleted, doubtful } = dangling;
    let follow = "`follow_renames = true` in `[directory]` has them follow";
    let take = "take those out, before or after the change";
    let look = "look whether they mean the one or the other";
    let said = [
        (renamed, "names that are given up, in attributes that no flow changes", follow),
        (deleted, "entries that go, in attributes that no flow changes", take),
        (
            doubtful,
            "names that one entry gives up and another may take, where a flow leaves them",
            look,
        ),
    ];
    let some = said.into_iter().filter(|(places, ..)| !places.is_empty());
    some.map(|(places, what, way)| {
        let (verb, stays) = match places.len() {
            1 => ("refers", "stays as it is"),
            _ => ("refer", "stay as they are"),
        };
        format!(
            "{} {verb} to {what}, and {stays}: {}: {way}, where the server does not see to it",
            number_of(places.len() as u64, "entry", "entries"),
            first_names(old, places)
        )
    })
    .collect()
}

/// The names of the first of some entries.
fn first_names(source: &Source<'_>, places: &[Extent]) -> String {
    const SHOWN: usize = 3;
    let name = |place: &Extent| Escaped(&source.name_text(*place).unwrap_or_default()).to_string();
    let first: Vec<String> = places.iter().take(SHOWN).map(name).collect();
    let more = if places.len() > SHOWN { ", …" } else { "" };
    first.join("; ") + more
}

/// What was asked for, but left out with what it depends on.
pub(super) fn left_out(counts: Counts, narrowing: &Narrowing) -> Vec<String> {
    let mut said = Vec::new();
    if counts.total() > 0 {
        said.push(format!("left out, with what they depend on: {}", in_words(counts)));
    }
    let withheld = [
        (narrowing.keeps_all, counts.deletes, "deletes"),
        (narrowing.adds_none, counts.adds, "adds"),
    ];
    for (_, count, what) in withheld.into_iter().filter(|(is, count, _)| *is && *count > 0) {
        said.push(format!(
            "all {} {what} are withheld: the name or the identifier of a rejected record cannot be read",
            Count(count)
        ));
    }
    said
}

/// The counts that are not zero.
fn in_words(counts: Counts) -> String {
    let Counts { adds, deletes, modifies, renames, .. } = counts;
    let kinds = [
        (adds, "add", "adds"),
        (deletes, "delete", "deletes"),
        (modifies, "modify", "modifies"),
        (renames, "rename", "renames"),
    ];
    let some = kinds.into_iter().filter(|(count, _, _)| *count > 0);
    let words = some.map(|(count, one, many)| number_of(count, one, many));
    words.collect::<Vec<_>>().join(", ")
}

/// How many of the second look like one of the first, each taken once.
fn alike(old: &[Looks], new: &[Looks]) -> u64 {
    let mut by_rdn: HashMap<&[u8], Vec<usize>> = HashMap::new();
    let mut by_value: HashMap<&UniqueValue, Vec<usize>> = HashMap::new();
    for (n, looks) in old.iter().enumerate().rev() {
        by_rdn.entry(&looks.rdn).or_default().push(n);
        looks.values.iter().for_each(|value| by_value.entry(value).or_default().push(n));
    }
    let mut taken = vec![false; old.len()];
    let mut count = 0;
    for looks in new {
        let mut pick = |candidates: Option<&mut Vec<usize>>| -> bool {
            let Some(candidates) = candidates else { return false };
            while let Some(n) = candidates.pop() {
                let known = looks.identified && old[n].identified;
                if !known && !taken[n] {
                    taken[n] = true;
                    return true;
                }
            }
            false
        };
        let found = looks.values.iter().any(|value| pick(by_value.get_mut(value)));
        count += u64::from(found || pick(by_rdn.get_mut(looks.rdn.as_slice())));
    }
    count
}

fn stamp(value: &[u8]) -> Option<Stamp> {
    let stamp: Stamp = value.get(..14)?.try_into().ok()?;
    stamp.iter().all(u8::is_ascii_digit).then_some(stamp)
}

fn shown(stamp: Stamp) -> String {
    let text: String = stamp.iter().map(|&b| char::from(b)).collect();
    let (date, time) = text.split_at(8);
    let parts = (&date[..4], &date[4..6], &date[6..], &time[..2], &time[2..4], &time[4..]);
    format!("{}-{}-{} {}:{}:{}", parts.0, parts.1, parts.2, parts.3, parts.4, parts.5)
}
