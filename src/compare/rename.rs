//! Which entries of OLD live on in NEW under another name.
//!
//! Decided by stable identifiers, which count only between exports of one lineage; what carries
//! none below a renamed entry is paired by its new name. Knows nothing of order.

use std::collections::{HashMap, HashSet};

use crate::compare::identity::{Identifier, Identity};
use crate::compare::rejected::Rejected;
use crate::dn::{Dn, share_parents};
use crate::error::{Error, ErrorKind, Result};
use crate::join::{Joined, Pair};
use crate::matching::{DnKeys, dn_key};
use crate::parallel::Pool;
use crate::source::{Extent, Source, TypeSet};

/// How far the identifiers of two exports agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lineage {
    /// There was nothing to tell.
    #[default]
    Unknown,
    /// They count.
    Same,
    /// They do not: so many of the pairs of one name agree, so many do not.
    Other {
        /// Pairs that agree.
        agree: u64,
        /// Pairs that do not.
        disagree: u64,
    },
}

/// What is the same entry in both exports.
#[derive(Debug, Default)]
pub struct Matched {
    /// Pairs under one name that differ.
    pub changed: Vec<Pair>,
    /// Pairs under two names; below a renamed entry also pairs that kept their name.
    pub moved: Vec<Pair>,
    /// What goes.
    pub old_only: Vec<Extent>,
    /// What comes.
    pub new_only: Vec<Extent>,
    /// How many of those that may go or come carry no identifier, where they were counted.
    pub unidentified: Option<usize>,
    /// Pairs of which one record at least was rejected.
    pub lost: Vec<(Lost, Lost)>,
    /// Records of OLD that are no entry of NEW, or one without a name that can be read.
    pub lost_old: Vec<Lost>,
    /// The same of NEW.
    pub lost_new: Vec<Lost>,
    /// Whether a rejected record of NEW may be any entry of OLD: by its name it is none that is known
    /// to be the one, and it has no identifier that can be read.
    pub has_stranger: bool,
    /// The same of a rejected record of OLD, which may be any entry of NEW.
    pub has_old_stranger: bool,
    /// Whether a record of OLD has no name that can be read: it may have any.
    pub has_old_nameless: bool,
    /// Whether identifiers counted.
    pub lineage: Lineage,
}

/// A record that cannot be obeyed: it was rejected, or its counterpart was.
#[derive(Clone, Debug)]
pub struct Lost {
    /// Where it stands.
    pub extent: Extent,
    /// Its name.
    pub dn: Dn,
}

/// Finds renames among what a join left unpaired, and among pairs that only share a name.
pub fn find_renames(
    pool: &Pool,
    identity: &Identity,
    old: &Source<'_>,
    new: &Source<'_>,
    joined: &mut Joined,
) -> Result<Matched> {
    let lineage = lineage(pool, identity, (old, new), joined)?;
    let pairs = std::mem::take(&mut joined.changed);
    let mut matched = Matched { lineage, ..Matched::default() };
    let (mut old_only, mut new_only) =
        (std::mem::take(&mut joined.old_only), std::mem::take(&mut joined.new_only));
    let counts = !matches!(lineage, Lineage::Other { .. });
    let rejected = Rejected::new(identity, counts, [old, new], joined);
    let pairs = rejected.take_part(pairs, &mut old_only, &mut new_only);
    if !counts && rejected.is_none() {
        matched.changed = pairs.into_iter().filter(|pair| pair.content).collect();
        (matched.old_only, matched.new_only) = (old_only, new_only);
        return Ok(matched);
    }
    // Where only one of a pair carries an identifier, the other half may be under another name.
    let alone = !old_only.is_empty() || !new_only.is_empty();
    let strange = |pair: &Pair| counts && (pair.agrees == Some(false) || (pair.half && alone));
    let (strangers, same): (Vec<Pair>, Vec<Pair>) = pairs.into_iter().partition(strange);
    matched.changed = same;
    if !counts {
        matched.changed.retain(|pair| pair.content);
    }
    if rejected.is_none() && strangers.is_empty() && (old_only.is_empty() || new_only.is_empty()) {
        (matched.old_only, matched.new_only) = (old_only, new_only);
        return Ok(matched);
    }
    old_only.extend(strangers.iter().map(|pair| pair.old));
    new_only.extend(strangers.iter().map(|pair| pair.new));
    old_only.sort_unstable();
    new_only.sort_unstable();
    let mut olds = items(pool, identity, old, &old_only)?;
    let mut news = items(pool, identity, new, &new_only)?;
    if !counts {
        olds.iter_mut().chain(&mut news).for_each(|item| item.identifiers.clear());
    }
    let any_rejected = !rejected.is_none();
    olds.extend(rejected.olds);
    news.extend(rejected.news);
    let mut matching = Matching::new(olds, news);
    matching.by_identifier(old, new, identity)?;
    // To add an entry again that differs in nothing else gives it yet another identifier, and no nearer
    // one to NEW's.
    let is_as_well = |pair: &&Pair| pair.half || !(pair.content || identity.are_written);
    matching.by_name(strangers.iter().filter(is_as_well));
    matching.below_renamed(old);
    let reused = matching.reused_names();
    if !reused.is_empty() {
        let kept = Kept { pool, identity, old, new, joined };
        let (olds, news) = kept.below(&reused, &matching)?;
        matching.add_kept(olds, news, old);
    }
    if any_rejected {
        matching.rejected_by_name();
    }
    matching.finish(&mut matched);
    matched.has_stranger &= counts;
    matched.has_old_stranger &= counts;
    Ok(matched)
}

/// Whether identifiers count: at least half of the pairs of one name that carry one agree. An
/// identifier that NEW has under another name is no other server's: it counts as if it agreed.
///
/// Pairs that are byte for byte the same agree; how many of them carry one is counted only where
/// it can change the answer.
fn lineage(
    pool: &Pool,
    identity: &Identity,
    (old, new): (&Source<'_>, &Source<'_>),
    joined: &Joined,
) -> Result<Lineage> {
    let count = |agrees: bool| joined.changed.iter().filter(|p| p.agrees == Some(agrees)).count();
    let (disagree, mut agree) = (count(false) as u64, count(true) as u64 + joined.agreed);
    if agree >= disagree {
        return Ok(if agree > 0 { Lineage::Same } else { Lineage::Unknown });
    }
    let differing: HashSet<Extent> = joined.changed.iter().map(|p| p.old).collect();
    let carrying = joined.olds.each_chunk(pool, old, |extents| {
        let equal = extents.iter().filter(|extent| !differing.contains(extent));
        equal.filter(|extent| identity.in_text(old.bytes(**extent))).count() as u64
    });
    // Those that are not the same bytes were counted when they were met.
    let others = joined.old_only.len() as u64 + joined.agreed;
    agree += carrying.into_iter().sum::<u64>().saturating_sub(others);
    if agree >= disagree {
        return Ok(Lineage::Same);
    }
    let strange = joined.changed.iter().filter(|pair| pair.agrees == Some(false));
    let (olds, news): (Vec<Extent>, Vec<Extent>) = strange.map(|pair| (pair.old, pair.new)).unzip();
    let all_news = [news, joined.new_only.clone()].concat();
    let there: HashSet<Identifier> = items(pool, identity, new, &all_news)?
        .into_iter()
        .flat_map(|item| item.identifiers)
        .collect();
    let is_there = |item: &Item| item.identifiers.iter().any(|one| there.contains(one));
    let elsewhere = items(pool, identity, old, &olds)?.iter().filter(|item| is_there(item)).count();
    match agree + elsewhere as u64 >= disagree - elsewhere as u64 {
        true => Ok(Lineage::Same),
        false => Ok(Lineage::Other { agree, disagree }),
    }
}

/// An entry that may have been renamed.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) extent: Extent,
    pub(super) dn: Dn,
    pub(super) key: Vec<u8>,
    pub(super) identifiers: Vec<Identifier>,
    pub(super) partner: Option<usize>,
    /// Whether its record was rejected: the identifiers are those that can be read.
    pub(super) rejected: bool,
}

fn items(
    pool: &Pool,
    identity: &Identity,
    source: &Source<'_>,
    extents: &[Extent],
) -> Result<Vec<Item>> {
    let types = TypeSet::of(source.schema, identity.names());
    let chunks = pool.map_ordered(extents.chunks(256), |chunk| {
        let items = chunk.iter().map(|&extent| item(identity, &types, source, extent));
        let mut items = items.collect::<Result<Vec<Item>>>()?;
        share_parents(items.iter_mut().map(|item| &mut item.dn));
        Ok(items)
    });
    Ok(chunks.into_iter().collect::<Result<Vec<Vec<Item>>>>()?.into_iter().flatten().collect())
}

fn item(
    identity: &Identity,
    types: &TypeSet<'_>,
    source: &Source<'_>,
    extent: Extent,
) -> Result<Item> {
    source.part_of_entry(extent, types, |entry| {
        let mut identifiers = identity.of(&entry);
        identifiers.shrink_to_fit();
        let mut key = dn_key(source.schema, &entry.dn);
        key.shrink_to_fit();
        Ok(Item { extent, key, identifiers, partner: None, rejected: false, dn: entry.dn })
    })
}

/// The entries in question and who is whose partner.
pub(super) struct Matching {
    pub(super) olds: Vec<Item>,
    pub(super) news: Vec<Item>,
    /// Names of renamed entries, by the key of the old name: the number of the old item.
    renamed: HashMap<Vec<u8>, usize>,
}

impl Matching {
    fn new(olds: Vec<Item>, news: Vec<Item>) -> Matching {
        Matching { olds, news, renamed: HashMap::new() }
    }

    pub(super) fn pair(&mut self, old: usize, new: usize) {
        self.olds[old].partner = Some(new);
        self.news[new].partner = Some(old);
        let is_named = !self.olds[old].is_nameless() && !self.news[new].is_nameless();
        if is_named && self.olds[old].key != self.news[new].key {
            self.renamed.insert(self.olds[old].key.clone(), old);
        }
    }

    /// Pairs entries that carry the same identifier; one that stands twice is an error.
    fn by_identifier(
        &mut self,
        old: &Source<'_>,
        new: &Source<'_>,
        identity: &Identity,
    ) -> Result<()> {
        let by_id = unique_identifiers(old, &self.olds, identity)?;
        unique_identifiers(new, &self.news, identity)?;
        let found: Vec<(usize, usize)> = (0..self.news.len())
            .filter_map(|n| {
                let partner = self.news[n].identifiers.iter().find_map(|id| by_id.get(id));
                partner.map(|&o| (o, n))
            })
            .collect();
        for (o, n) in found {
            if self.olds[o].partner.is_none() && self.news[n].partner.is_none() {
                self.pair(o, n);
            }
        }
        Ok(())
    }

    /// Pairs entries of one name whose identifiers nobody else carries.
    fn by_name<'p>(&mut self, pairs: impl Iterator<Item = &'p Pair>) {
        let at = |items: &[Item]| -> HashMap<Extent, usize> {
            items.iter().enumerate().map(|(n, item)| (item.extent, n)).collect()
        };
        let (olds, news) = (at(&self.olds), at(&self.news));
        for pair in pairs {
            if let (Some(&o), Some(&n)) = (olds.get(&pair.old), news.get(&pair.new))
                && self.olds[o].partner.is_none()
                && self.news[n].partner.is_none()
            {
                self.pair(o, n);
            }
        }
    }

    /// Pairs what carries no identifier below a renamed entry by the name it has there; what was
    /// rejected too.
    fn below_renamed(&mut self, source: &Source<'_>) {
        let by_key: HashMap<Vec<u8>, usize> =
            self.news.iter().enumerate().map(|(n, item)| (item.key.clone(), n)).collect();
        let any_rejected = self.olds.iter().chain(&self.news).any(|item| item.rejected);
        let mut order: Vec<usize> = (0..self.olds.len()).collect();
        order.sort_by_key(|&o| self.olds[o].dn.rdns.len());
        for o in order {
            let item = &self.olds[o];
            if item.partner.is_some() || (!item.identifiers.is_empty() && !any_rejected) {
                continue;
            }
            let is_unknown = item.identifiers.is_empty();
            let Some(implied) = self.implied(&item.dn, source) else { continue };
            let Some(&n) = by_key.get(&implied) else { continue };
            if self.news[n].partner.is_none() && (is_unknown || self.may_be_rejected(o, n)) {
                self.pair(o, n);
            }
        }
    }

    /// The key of the name an entry has once the entries above it are renamed.
    fn implied(&self, dn: &Dn, source: &Source<'_>) -> Option<Vec<u8>> {
        for (depth, above) in DnKeys::new(source.schema, dn).iter().enumerate().skip(1) {
            if let Some(&o) = self.renamed.get(above) {
                let target = &self.news[self.olds[o].partner?].dn;
                let rdns = dn.rdns[..depth].iter().chain(&target.rdns).cloned().collect();
                return Some(dn_key(source.schema, &Dn { rdns }));
            }
        }
        None
    }

    /// Names that a renamed entry leaves and another entry of NEW takes.
    fn reused_names(&self) -> HashSet<Vec<u8>> {
        self.news
            .iter()
            .filter(|item| self.renamed.contains_key(&item.key))
            .map(|item| item.key.clone())
            .collect()
    }

    /// Takes in pairs of one name below renamed entries. Where both carry an identifier it agreed,
    /// and they stay a pair; else OLD's is looked for under its new name first.
    fn add_kept(&mut self, olds: Vec<Item>, news: Vec<Item>, source: &Source<'_>) {
        let first_old = self.olds.len();
        let first_new = self.news.len();
        self.olds.extend(olds);
        self.news.extend(news);
        let by_key: HashMap<Vec<u8>, usize> = self.news[first_new..]
            .iter()
            .enumerate()
            .map(|(n, item)| (item.key.clone(), first_new + n))
            .collect();
        let staying = |item: &Item| !item.identifiers.is_empty();
        for o in first_old..self.olds.len() {
            if let Some(&n) = by_key.get(&self.olds[o].key)
                && staying(&self.olds[o])
                && staying(&self.news[n])
            {
                self.pair(o, n);
            }
        }
        self.below_renamed(source);
        for o in first_old..self.olds.len() {
            if let (None, Some(&n)) = (self.olds[o].partner, by_key.get(&self.olds[o].key))
                && self.news[n].partner.is_none()
            {
                self.pair(o, n);
            }
        }
    }

    fn finish(self, matched: &mut Matched) {
        let sound = self.olds.iter().chain(&self.news).filter(|item| !item.rejected);
        matched.unidentified = Some(sound.filter(|item| item.identifiers.is_empty()).count());
        let mut out: HashSet<Extent> = HashSet::new();
        let lost = |item: &Item| Lost { extent: item.extent, dn: item.dn.clone() };
        // Of rejected records of one name one is enough.
        let (mut old_names, mut new_names) = (HashSet::new(), HashSet::new());
        let mut news: Vec<&Item> = self.news.iter().collect();
        news.sort_by_key(|new| new.partner.is_none());
        for new in news {
            match new.partner.map(|o| &self.olds[o]) {
                // The name that it has is all that is known to be taken.
                Some(old) if new.is_nameless() => {
                    matched.lost_old.extend(old_names.insert(&old.key).then(|| lost(old)));
                }
                Some(old) if old.is_nameless() => matched.lost_new.push(lost(new)),
                None if new.is_nameless() => {}
                Some(old) if old.rejected || new.rejected => {
                    let is_elsewhere = |one: &Item, other: &Item| {
                        one.is_stranger() && old.key != new.key && !other.identifiers.is_empty()
                    };
                    matched.has_stranger |= is_elsewhere(new, old);
                    matched.has_old_stranger |= is_elsewhere(old, new);
                    old_names.insert(&old.key);
                    new_names.insert(&new.key);
                    matched.lost.push((lost(old), lost(new)));
                }
                Some(old) => {
                    out.insert(old.extent);
                    matched.moved.push(Pair::renamed(old.extent, new.extent));
                }
                None if new.rejected => {
                    let is_first = new_names.insert(&new.key);
                    matched.has_stranger |= is_first && new.is_stranger();
                    matched.lost_new.extend(is_first.then(|| lost(new)));
                }
                None => matched.new_only.push(new.extent),
            }
        }
        matched.has_old_nameless = self.olds.iter().any(|old| old.rejected && old.is_nameless());
        for old in self.olds.iter().filter(|item| item.partner.is_none()) {
            match old.rejected {
                true if old.is_nameless() => {}
                true => {
                    let is_first = old_names.insert(&old.key);
                    matched.has_old_stranger |= is_first && old.is_stranger();
                    matched.lost_old.extend(is_first.then(|| lost(old)));
                }
                false => matched.old_only.push(old.extent),
            }
        }
        matched.changed.retain(|pair| !out.contains(&pair.old));
        matched.moved.sort_unstable_by_key(|pair| pair.new);
        matched.new_only.sort_unstable();
        matched.old_only.sort_unstable();
    }
}

/// The items by identifier; the same one on two of them that can be read is an error that names both.
fn unique_identifiers(
    source: &Source<'_>,
    items: &[Item],
    identity: &Identity,
) -> Result<HashMap<Identifier, usize>> {
    let mut by_id: HashMap<Identifier, usize> = HashMap::with_capacity(items.len());
    for (n, item) in items.iter().enumerate() {
        for id in &item.identifiers {
            if item.rejected {
                by_id.entry(id.clone()).or_insert(n);
            } else if let Some(first) = by_id.insert(id.clone(), n).filter(|&first| first != n) {
                return Err(twice(source, &items[first], item, id, identity));
            }
        }
    }
    Ok(by_id)
}

fn twice(
    source: &Source<'_>,
    first: &Item,
    second: &Item,
    id: &Identifier,
    identity: &Identity,
) -> Error {
    let kind = ErrorKind::DuplicateIdentifier {
        attribute: String::from_utf8_lossy(&identity.kinds[id.0][0]).into_owned(),
        value: id.1.clone(),
        first: source.place(first.extent.start, 0).position.line,
    };
    source.error_in(kind, second.extent)
}

/// Looks for pairs that a join made by name although an entry above them is renamed.
struct Kept<'k, 'i> {
    pool: &'k Pool,
    identity: &'k Identity,
    old: &'k Source<'i>,
    new: &'k Source<'i>,
    joined: &'k Joined,
}

impl Kept<'_, '_> {
    /// The records of both sides below the reused names that are not in question yet.
    fn below(&self, reused: &HashSet<Vec<u8>>, known: &Matching) -> Result<(Vec<Item>, Vec<Item>)> {
        let extents = |items: &[Item]| items.iter().map(|item| item.extent).collect();
        let in_question: HashSet<Extent> = extents(&known.olds);
        let known_news: HashSet<Extent> = extents(&known.news);
        let under = |extents: &[Extent]| self.under(self.old, extents, reused);
        let mut olds = self.joined.olds.each_chunk(self.pool, self.old, under).concat();
        olds.retain(|extent| !in_question.contains(extent));
        if olds.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let olds = items(self.pool, self.identity, self.old, &olds)?;
        let keys: HashSet<&[u8]> = olds.iter().map(|item| item.key.as_slice()).collect();
        let mut all = Vec::new();
        let mut cutter = self.new.cut(0..self.new.text.len());
        while let Some(cut) = cutter.next_record(None) {
            all.extend(cut.ok().map(|cut| cut.extent));
        }
        all.retain(|extent| !known_news.contains(extent));
        let under = |extents: &[Extent]| self.under(self.new, extents, reused);
        let there = self.pool.map_ordered(all.chunks(1024), under).concat();
        let mut news = items(self.pool, self.identity, self.new, &there)?;
        news.retain(|item| keys.contains(item.key.as_slice()));
        Ok((olds, news))
    }

    fn under(
        &self,
        source: &Source<'_>,
        extents: &[Extent],
        names: &HashSet<Vec<u8>>,
    ) -> Vec<Extent> {
        let below = |extent: &Extent| {
            let Ok(dn) = source.dn(*extent) else { return false };
            DnKeys::new(source.schema, &dn).iter().skip(1).any(|above| names.contains(above))
        };
        extents.iter().copied().filter(below).collect()
    }
}
