//! Change records one after the other, as a server would perform them (RFC 4511 sections 4.6 to
//! 4.9).
//!
//! What the export has is asked for through [`Knowledge`]. Where an answer is not there yet, the
//! change is taken to be one that is performed, so that one pass over the changes finds all that is
//! to be asked; the changes are gone through again when it is known.

use std::collections::HashMap;

use crate::apply::controls::{assertions, permissive, refuse_unknown};
use crate::apply::knowledge::{Exported, Knowledge};
use crate::apply::law::{Law, Leaf};
use crate::apply::rejects::Rejects;
use crate::apply::state::{State, adds_nothing, refuse_request};
use crate::apply::tree::{Below, NodeId, Tree};
use crate::attribute::type_of;
use crate::change::{Change, ChangeRecord, Control, ModifyDn};
use crate::dn::{Dn, Rdn};
use crate::entry::Attribute;
use crate::error::{Error, ErrorKind, Origin, Refusal, Result};
use crate::filter::Filter;
use crate::matching::{DnKeys, dn_key};
use crate::schema::AttributeType;
use crate::source::{Extent, Source};

/// What has become of an entry of the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is not there any more.
    Gone,
    /// It is this node.
    Node(NodeId),
}

/// An entry that changes touched.
#[derive(Debug)]
pub(super) struct Touched {
    pub(super) state: State,
    /// Its name as it was written, where it has not been renamed since.
    pub(super) name: Option<Vec<u8>>,
    /// Where it was added; nothing for an entry of the export.
    made: Option<Origin>,
}

/// A change that was not performed.
pub(super) struct Failed {
    pub(super) error: Error,
    /// The number of the modification that a server would not perform, where it is one alone.
    pub(super) modification: Option<usize>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed { error, modification: None }
    }
}

impl From<(Option<usize>, Refusal)> for Failed {
    fn from((modification, refusal): (Option<usize>, Refusal)) -> Failed {
        Failed { error: Error::new(ErrorKind::Refused(refusal)), modification }
    }
}

/// How much was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Performed {
    /// Entries added.
    pub adds: u64,
    /// Entries deleted.
    pub deletes: u64,
    /// Entries modified, each record for itself.
    pub modifies: u64,
    /// Entries renamed or moved.
    pub renames: u64,
}

/// A directory to which changes are applied.
pub(super) struct Simulation<'a> {
    export: &'a Source<'a>,
    law: Law<'a>,
    knowledge: &'a mut Knowledge,
    pub(super) tree: Tree<'a>,
    pub(super) touched: HashMap<NodeId, Touched>,
    /// What became of entries of the export, by the key of their name there.
    pub(super) fates: HashMap<Vec<u8>, Fate>,
    /// What the export calls the entries that are gone.
    pub(super) gone: Vec<Dn>,
    pub(super) performed: Performed,
    /// How many modifications of what was performed add nothing.
    pub(super) without_values: u64,
}

/// What stands at a name.
enum Presence {
    /// An entry of the export, or one that may be there.
    Exported(Option<Extent>),
    /// A record of the export that was rejected, which begins there.
    Rejected(usize),
    /// An entry that was added.
    Added(NodeId),
    /// Nothing.
    Absent,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(
        export: &'a Source<'a>,
        law: Law<'a>,
        knowledge: &'a mut Knowledge,
    ) -> Simulation<'a> {
        Simulation {
            export,
            law,
            knowledge,
            tree: Tree::new(export.schema),
            touched: HashMap::new(),
            fates: HashMap::new(),
            gone: Vec::new(),
            performed: Performed::default(),
            without_values: 0,
        }
    }

    /// Whether every answer was there.
    pub(super) fn is_sure(&self) -> bool {
        self.knowledge.is_complete()
    }

    /// The record that the export has of a name, where that is known.
    pub(super) fn extent_of(&self, dn: &Dn) -> Option<Extent> {
        self.knowledge.known(&dn_key(self.export.schema, dn))
    }

    /// Performs a record that stands at `origin`, called `name` there.
    pub(super) fn perform(
        &mut self,
        record: ChangeRecord<'_>,
        name: &[u8],
        origin: &dyn Fn() -> Origin,
    ) -> Result<(), Failed> {
        refuse_unknown(&record, self.law.server)?;
        let dn = record.dn;
        self.law.all_textual(&dn).map_err(|refusal| (None, refusal))?;
        // The root DSE is no entry of a tree (RFC 4512 5.1): it can neither come nor go nor move.
        if dn.rdns.is_empty() && !matches!(record.change, Change::Modify(_)) {
            return Err((None, self.no_such_object(&dn)).into());
        }
        match record.change {
            Change::Add(attributes) => {
                let attributes = attributes.into_iter().map(Attribute::into_owned).collect();
                self.add(&dn, attributes, &record.controls, name, origin)?;
            }
            Change::Delete => {
                let id = self.existing(&dn, &record.controls)?;
                self.delete(id)?;
            }
            Change::Modify(all) => {
                refuse_request(self.law, &all)?;
                let id = self.existing(&dn, &record.controls)?;
                let Some(origin) = self.content(id)? else { return Ok(()) };
                let Some(touched) = self.touched.get_mut(&id) else { return Ok(()) };
                let (rdn, origin) = (self.tree.rdn(id), || origin.clone());
                let permissive = permissive(&record.controls, self.law.server);
                let modified = touched.state.modify(self.law, rdn, (&all, permissive), &origin);
                modified?;
                self.performed.modifies += 1;
                self.without_values += all.iter().filter(|one| adds_nothing(one)).count() as u64;
            }
            Change::ModifyDn(change) => {
                self.law.rdn(&change.new_rdn).map_err(|refusal| (None, refusal))?;
                if let Some(superior) = &change.new_superior {
                    self.law.all_textual(superior).map_err(|refusal| (None, refusal))?;
                }
                self.refuse_in_its_line(&dn, &change)?;
                let id = self.existing(&dn, &record.controls)?;
                self.rename(id, &dn, &change)?;
            }
        }
        Ok(())
    }

    /// The node of an entry that must be there, as the controls want it.
    fn existing(&mut self, dn: &Dn, controls: &[Control<'_>]) -> Result<NodeId> {
        let id = match self.presence(dn) {
            Presence::Absent => {
                let referred = self.referral_above(dn)?.map(|dn| Refusal::Referred { dn });
                let refusal = referred.unwrap_or_else(|| self.no_such_object(dn));
                return Err(Error::new(ErrorKind::Refused(refusal)));
            }
            Presence::Rejected(start) => return Err(self.among_rejected(dn, start)),
            Presence::Added(id) => id,
            Presence::Exported(_) => self.tree.touch(dn),
        };
        self.controls(controls, id)?;
        Ok(id)
    }

    /// What a record of the export that was rejected stands in the way of.
    fn among_rejected(&self, dn: &Dn, start: usize) -> Error {
        let refusal = Refusal::AmongRejected { dn: dn.to_string(), origin: self.place(start) };
        Error::new(ErrorKind::Refused(refusal))
    }

    /// A place in the export.
    fn place(&self, start: usize) -> Origin {
        let line = self.export.place(start as u64, 0).position.line;
        Origin { name: self.export.name.to_owned(), line }
    }

    fn no_such_object(&self, dn: &Dn) -> Refusal {
        let missing =
            || Refusal::NoSuchObject { dn: dn.to_string(), export: self.export.name.to_owned() };
        self.law.name(dn).err().unwrap_or_else(missing)
    }

    /// What stands at a name now.
    fn presence(&mut self, dn: &Dn) -> Presence {
        let spot = self.tree.spot(dn);
        if spot.below.is_empty() && self.tree.is_new(spot.node) {
            return Presence::Added(spot.node);
        }
        let Some(origin) = self.tree.origin_of(&spot) else { return Presence::Absent };
        let key = dn_key(self.export.schema, &origin);
        match self.knowledge.entry(&key, &origin) {
            Some(Exported::Nothing) => Presence::Absent,
            Some(Exported::Rejected(start)) => Presence::Rejected(start),
            Some(Exported::Entry(extent)) => Presence::Exported(Some(extent)),
            None => Presence::Exported(None),
        }
    }

    /// Where the entry of a node comes from.
    fn origin(&mut self, id: NodeId) -> Option<Origin> {
        if let Some(made) = self.touched.get(&id).and_then(|one| one.made.clone()) {
            return Some(made);
        }
        let origin = self.tree.origin(id)?;
        let key = dn_key(self.export.schema, &origin);
        match self.knowledge.entry(&key, &origin)? {
            Exported::Entry(extent) => Some(self.place(extent.range().start)),
            Exported::Rejected(_) | Exported::Nothing => None,
        }
    }

    /// Takes the attributes of a node into memory; where it comes from, if that is known.
    fn content(&mut self, id: NodeId) -> Result<Option<Origin>> {
        let origin = self.origin(id);
        if self.touched.contains_key(&id) {
            return Ok(origin);
        }
        let (Some(dn), Some(_)) = (self.tree.origin(id), &origin) else { return Ok(None) };
        let key = dn_key(self.export.schema, &dn);
        let Some(Exported::Entry(extent)) = self.knowledge.entry(&key, &dn) else {
            return Ok(None);
        };
        let attributes = self.export.entry(extent)?.into_owned().attributes;
        let state = State::of_export(self.law, attributes);
        let name = (!self.tree.is_displaced(id)).then(|| self.export.name_text(extent));
        let name = name.transpose()?;
        self.touched.insert(id, Touched { state, name, made: None });
        self.fates.insert(key, Fate::Node(id));
        Ok(origin)
    }

    /// Honours the assertions among the controls of a record.
    fn controls(&mut self, controls: &[Control<'_>], id: NodeId) -> Result<()> {
        assertions(controls).try_for_each(|filter| self.assert(&filter, id))
    }

    fn assert(&mut self, filter: &Filter, id: NodeId) -> Result<()> {
        let Some(origin) = self.content(id)? else { return Ok(()) };
        let dn = self.tree.dn(id);
        let holds = |one: &Touched| self.law.asserts(filter, &one.state.entry(dn));
        let Some(touched) = self.touched.get(&id).filter(|one| !holds(one)) else { return Ok(()) };
        let refusal = match self.hidden(filter, &touched.state) {
            Some(attribute) => Refusal::AssertionUnknown { attribute, origin },
            None => Refusal::AssertionFailed { origin },
        };
        Err(Error::new(ErrorKind::Refused(refusal)))
    }

    /// An attribute that a server makes, that a filter looks at, and that the export does not show of an entry.
    fn hidden(&self, filter: &Filter, state: &State) -> Option<Vec<u8>> {
        let schema = self.export.schema;
        let made = schema.attributes().iter().filter(|one| one.is_operational());
        let asked = made.filter_map(|one| Some((one, one.names.first()?.as_bytes())));
        let mut asked = asked.filter(|(_, name)| filter.looks_at(schema, name));
        let is_there = |made: &AttributeType| {
            let mut held = state.counts().filter_map(|(one, _)| schema.attribute(type_of(one)));
            held.any(|held| schema.is_subtype(held, made))
        };
        asked.find(|(made, _)| !is_there(made)).map(|(_, name)| name.to_vec())
    }

    fn add(
        &mut self,
        dn: &Dn,
        attributes: Vec<Attribute<'static>>,
        controls: &[Control<'_>],
        name: &[u8],
        origin: &dyn Fn() -> Origin,
    ) -> Result<()> {
        let refused = |refusal| Error::new(ErrorKind::Refused(refusal));
        dn.rdn().map_or(Ok(()), |rdn| self.law.rdn(rdn)).map_err(refused)?;
        let state = State::of_add(self.law, attributes, dn.rdn()).map_err(refused)?;
        dn.rdn().map_or(Ok(()), |rdn| self.refuse_nameless(rdn))?;
        // It is the new entry that must be as it is asserted.
        let holds = |filter: Filter| self.law.asserts(&filter, &state.entry(dn.clone()));
        if !assertions(controls).all(holds) {
            return Err(refused(Refusal::AssertionFailed { origin: origin() }));
        }
        match self.presence(dn) {
            Presence::Absent | Presence::Exported(None) => {}
            Presence::Rejected(start) => return Err(self.among_rejected(dn, start)),
            Presence::Exported(Some(_)) | Presence::Added(_) => {
                return self.refuse_existing(dn);
            }
        }
        let parent = self.parent(dn, "referral, 10")?;
        let Some(rdn) = dn.rdn() else { return Ok(()) };
        let id = self.tree.add(parent, rdn);
        let name = Some(name.to_vec());
        self.touched.insert(id, Touched { state, name, made: Some(origin()) });
        self.performed.adds += 1;
        Ok(())
    }

    fn refuse_existing(&mut self, dn: &Dn) -> Result<()> {
        let id = self.tree.touch(dn);
        let Some(origin) = self.origin(id) else { return Ok(()) };
        let refusal = Refusal::EntryAlreadyExists { dn: dn.to_string(), origin };
        Err(Error::new(ErrorKind::Refused(refusal)))
    }

    /// Refuses a new name that entries of the export are below, though it shows none of that name: what is renamed
    /// has its own below it.
    fn refuse_above_others(&mut self, new: &Dn) -> Result<()> {
        let spot = self.tree.spot(new);
        let below = match (spot.below.is_empty(), self.tree.origin_of(&spot)) {
            (true, _) => self.below(spot.node),
            (false, Some(origin)) => self.knowledge.below(&dn_key(self.export.schema, &origin)),
            (false, None) => None,
        };
        let below = below.map_or(0, |below| below.entries);
        if below == 0 {
            return Ok(());
        }
        let (dn, export) = (new.to_string(), self.export.name.to_owned());
        let refusal = Refusal::NameAboveOthers { dn, below, export };
        Err(Error::new(ErrorKind::Refused(refusal)))
    }

    /// The node above a name, which must be there or may be; `result` is what a server answers where it is a
    /// referral.
    fn parent(&mut self, dn: &Dn, result: &'static str) -> Result<NodeId> {
        let parent = dn.parent().unwrap_or_default();
        if parent.rdns.is_empty() {
            return Ok(self.tree.touch(&parent));
        }
        let is_taken_for_there = match self.presence(&parent) {
            Presence::Added(_) => return self.bearing(&parent, None, result),
            Presence::Exported(extent) => return self.bearing(&parent, extent, result),
            Presence::Rejected(start) => return Err(self.among_rejected(&parent, start)),
            Presence::Absent => self.is_out_of_sight(&parent),
        };
        if !is_taken_for_there {
            let export = self.export.name.to_owned();
            let missing = || Refusal::NoSuchParent { dn: parent.to_string(), export };
            let refusal = self.law.name(&parent).err().unwrap_or_else(missing);
            return Err(Error::new(ErrorKind::Refused(refusal)));
        }
        Ok(self.tree.touch(&parent))
    }

    /// The referral object that is the nearest entry above a name, if that is one.
    fn referral_above(&mut self, dn: &Dn) -> Result<Option<String>> {
        let mut above = dn.parent();
        while let Some(dn) = above.filter(|dn| !dn.rdns.is_empty()) {
            let extent = match self.presence(&dn) {
                Presence::Exported(extent) => extent,
                Presence::Added(_) => None,
                Presence::Rejected(_) => return Ok(None),
                Presence::Absent => {
                    above = dn.parent();
                    continue;
                }
            };
            let id = self.tree.touch(&dn);
            let is_referral = self.leaf(id, extent)? == Some(Leaf::Referral);
            return Ok(is_referral.then(|| dn.to_string()));
        }
        Ok(None)
    }

    /// Whether nothing comes below an entry that is there.
    fn leaf(&self, id: NodeId, extent: Option<Extent>) -> Result<Option<Leaf>> {
        Ok(match (self.touched.get(&id), extent) {
            (Some(touched), _) => self.law.leaf(touched.state.classes()),
            (None, Some(extent)) => self.law.leaf(self.export.entry(extent)?.object_classes()),
            (None, None) => None,
        })
    }

    /// The node of an entry that is there, unless nothing comes below it.
    fn bearing(&mut self, dn: &Dn, extent: Option<Extent>, result: &'static str) -> Result<NodeId> {
        let id = self.tree.touch(dn);
        let leaf = self.leaf(id, extent)?;
        let dn = dn.to_string();
        let refusal = match leaf {
            None => return Ok(id),
            Some(Leaf::Alias) => Refusal::BelowAlias { dn },
            Some(Leaf::Referral) => Refusal::BelowReferral { dn, result },
        };
        Err(Error::new(ErrorKind::Refused(refusal)))
    }

    fn refuse_nameless(&self, rdn: &Rdn) -> Result<()> {
        self.law.naming(rdn).map_err(|refusal| Error::new(ErrorKind::Refused(refusal)))
    }

    /// Whether the export would not show an entry of this name if there were one. What is nearest
    /// above decides, the name itself first: below an entry that the export has it would; where it
    /// has others below a name but not that name, and above all it has, it would not. What the
    /// changes have taken away, and what was below it, is not there in any case.
    fn is_out_of_sight(&mut self, dn: &Dn) -> bool {
        let mut nearest = None;
        let mut above = Some(dn.clone());
        while let Some(dn) = above.filter(|dn| !dn.rdns.is_empty()) {
            let is_hidden = match self.presence(&dn) {
                Presence::Exported(None) => Some(true),
                Presence::Exported(_) | Presence::Added(_) | Presence::Rejected(_) => Some(false),
                Presence::Absent => match self.tree.origin_of(&self.tree.spot(&dn)) {
                    None => Some(false),
                    Some(origin) => {
                        let below = self.knowledge.below(&dn_key(self.export.schema, &origin));
                        below.is_none_or(|below| below.entries > 0).then_some(true)
                    }
                },
            };
            // All of them are asked about at once.
            nearest = nearest.or(is_hidden);
            above = dn.parent();
        }
        nearest.unwrap_or(true)
    }

    /// What is below a node, if that is known.
    fn below(&mut self, id: NodeId) -> Option<Below> {
        let exported = match self.tree.origin_below(id) {
            None => Below::default(),
            Some(dn) => self.knowledge.below(&dn_key(self.export.schema, &dn))?,
        };
        Some(self.tree.below(id, exported))
    }

    /// What the export calls this, where an entry above it has another name now.
    pub(super) fn name_now(&self, dn: &Dn) -> Option<Dn> {
        let (id, depth) = self.displaced_above(dn)?;
        let above = self.tree.dn(id);
        Some(Dn { rdns: dn.rdns[..depth].iter().chain(&above.rdns).cloned().collect() })
    }

    /// The nearest entry above a name of the export that is elsewhere now, and how far above.
    pub(super) fn displaced_above(&self, dn: &Dn) -> Option<(NodeId, usize)> {
        let keys = DnKeys::new(self.export.schema, dn);
        keys.iter().enumerate().skip(1).find_map(|(depth, key)| match self.fates.get(key)? {
            Fate::Node(id) if self.tree.is_displaced(*id) => Some((*id, depth)),
            _ => None,
        })
    }

    /// The records of the export that were rejected.
    pub(super) fn rejects(&self) -> &Rejects {
        self.knowledge.rejects()
    }

    fn delete(&mut self, id: NodeId) -> Result<()> {
        let Below { entries: below, rejected } = self.below(id).unwrap_or_default();
        if below > 0
            && let Some(origin) = self.origin(id)
        {
            let refusal = Refusal::NotAllowedOnNonLeaf { below, rejected, origin };
            return Err(Error::new(ErrorKind::Refused(refusal)));
        }
        if let Some(dn) = self.tree.origin(id) {
            if let Some(start) = self.rejects().nameless() {
                let refusal = Refusal::NamelessRejected { origin: self.place(start) };
                return Err(Error::new(ErrorKind::Refused(refusal)));
            }
            self.fates.insert(dn_key(self.export.schema, &dn), Fate::Gone);
            self.gone.push(dn);
        }
        self.touched.remove(&id);
        self.tree.delete(id);
        self.performed.deletes += 1;
        Ok(())
    }

    /// Refuses a move below the entry itself, and to the name of one above it.
    fn refuse_in_its_line(&self, dn: &Dn, change: &ModifyDn) -> Result<()> {
        let Some(superior) = &change.new_superior else { return Ok(()) };
        let schema = self.export.schema;
        let (own, new) =
            (dn_key(schema, dn), dn_key(schema, &superior.child(change.new_rdn.clone())));
        let refused = |refusal| Err(Error::new(ErrorKind::Refused(refusal)));
        if DnKeys::new(schema, superior).iter().any(|above| *above == *own) {
            return refused(Refusal::BelowItself);
        }
        if DnKeys::new(schema, dn).iter().skip(1).any(|above| *above == *new) {
            return refused(Refusal::AboveItself);
        }
        Ok(())
    }

    fn rename(&mut self, id: NodeId, dn: &Dn, change: &ModifyDn) -> Result<()> {
        let schema = self.export.schema;
        let superior = match &change.new_superior {
            Some(superior) => superior.clone(),
            None => dn.parent().unwrap_or_default(),
        };
        // The root is no entry that anything could be below, but what is below it is: a suffix.
        let is_root = change.new_superior.as_ref().is_some_and(|superior| superior.rdns.is_empty());
        if is_root && dn.rdns.len() > 1 {
            return Err(Error::new(ErrorKind::Refused(Refusal::BelowTheRoot)));
        }
        let new = superior.child(change.new_rdn.clone());
        let (old_key, new_key) = (dn_key(schema, dn), dn_key(schema, &new));
        let superior_key = dn_key(schema, &superior);
        // Where it stays in its place, what is above it does not matter.
        let stays = dn.parent().is_some_and(|above| dn_key(schema, &above) == superior_key);
        let parent =
            if stays { self.tree.touch(&superior) } else { self.parent(&new, "other, 80")? };
        if old_key != new_key {
            match self.presence(&new) {
                Presence::Absent | Presence::Exported(None) => {
                    self.refuse_above_others(&new)?;
                }
                Presence::Rejected(start) => return Err(self.among_rejected(&new, start)),
                Presence::Exported(Some(_)) | Presence::Added(_) => {
                    return self.refuse_existing(&new);
                }
            }
        }
        self.refuse_nameless(&change.new_rdn)?;
        let origin = self.content(id)?;
        if let (Some(Touched { state, name, .. }), Some(origin)) =
            (self.touched.get_mut(&id), origin)
        {
            let origin = || origin.clone();
            let (from, deletes_old) = (dn.rdn(), change.delete_old_rdn);
            let renamed = state.rename(self.law, from, &change.new_rdn, deletes_old, &origin);
            renamed.map_err(|refusal| Error::new(ErrorKind::Refused(refusal)))?;
            *name = None;
        }
        let below = self.below(id).unwrap_or_default();
        if self.tree.is_new(id)
            && let Some(origin) = self.tree.origin_below(id)
        {
            self.fates.insert(dn_key(schema, &origin), Fate::Node(id));
        }
        self.tree.rename(id, parent, &change.new_rdn, below);
        self.performed.renames += 1;
        Ok(())
    }
}
