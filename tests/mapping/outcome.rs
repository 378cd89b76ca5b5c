//! What a directory and a database are to hold after one has followed the other: the mapping of
//! `random.toml` by hand, from the words of the specification.
//!
//! Knows nothing of LDIF, of SQL and of how the program does it.

use std::collections::{BTreeMap, BTreeSet};

/// What a person of the directory is called in all spellings of it: the login in small letters; other
/// names as they are.
pub type Ref = String;

/// The entry of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// `entryUUID`; "new" where the server gave it.
    pub uuid: String,
    pub uid: String,
    pub given: Option<String>,
    pub sn: String,
    pub cn: String,
    pub phones: Vec<String>,
    pub manager: Option<Ref>,
    pub kind: Option<String>,
    pub description: Option<String>,
}

/// The entry of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub members: BTreeSet<Ref>,
    pub description: Option<String>,
}

/// A directory: persons by login, groups by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    pub people: BTreeMap<Ref, Entry>,
    pub groups: BTreeMap<String, Group>,
}

/// The row of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staff {
    pub guid: Option<String>,
    pub login: Option<String>,
    pub given: Option<String>,
    pub surname: Option<String>,
    pub full_name: Option<String>,
    pub phone: Option<String>,
    /// The key of a row.
    pub manager: Option<String>,
    pub active: bool,
    pub kind: Option<String>,
    pub note: Option<String>,
}

/// The row of a team, and the keys of its members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    pub members: BTreeSet<String>,
    pub note: Option<String>,
}

/// A database: persons by key, teams by name. The key of a row that came is "new" and its guid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Database {
    pub staff: BTreeMap<String, Staff>,
    pub teams: BTreeMap<String, Team>,
}

impl Entry {
    fn is_meant(&self) -> bool {
        !matches!(self.kind.as_deref(), Some("robot" | "left"))
    }

    fn known(&self) -> Known {
        Known { is_meant: self.is_meant(), keys: [Some(lower(&self.uuid)), Some(lower(&self.uid))] }
    }
}

impl Staff {
    fn is_meant(&self) -> bool {
        self.active && self.kind.as_deref() != Some("robot")
    }

    fn known(&self) -> Known {
        let key = |text: &Option<String>| filled(text).map(|text| lower(&text));
        Known { is_meant: self.is_meant(), keys: [key(&self.guid), key(&self.login)] }
    }
}

/// What a record is found by.
pub struct Known {
    pub is_meant: bool,
    pub keys: [Option<String>; 2],
}

/// What each source was found in, and which targets no source has.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Absent,
    Ambiguous,
    AlreadyLinked,
    Linked(usize),
    Unqualified(usize),
    Ignored,
}

pub fn situations(sources: &[Known], targets: &[Known]) -> (Vec<Found>, Vec<usize>) {
    let mut found: Vec<Option<Found>> = sources.iter().map(|_| None).collect();
    let mut taken = BTreeSet::new();
    // The first list stands for a link, whoever has it.
    for (is_meant, list) in [(true, 0), (false, 0), (true, 1), (false, 1)] {
        let mut hits: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (s, source) in sources.iter().enumerate() {
            let is_hit = |t: &usize| {
                let is_same = targets[*t].keys[list] == source.keys[list];
                is_same && source.keys[list].is_some() && (is_meant || !taken.contains(t))
            };
            if source.is_meant == is_meant && found[s].is_none() {
                hits.insert(s, (0..targets.len()).filter(is_hit).collect());
            }
        }
        hits.retain(|_, targets| !targets.is_empty());
        for (s, targets) in &hits {
            let is_linked = |t: &usize| taken.contains(t);
            if list == 1 && targets.iter().all(is_linked) {
                found[*s] = Some(Found::AlreadyLinked);
            }
        }
        hits.retain(|s, _| found[*s].is_none());
        for (s, targets) in &hits {
            let is_shared =
                hits.iter().any(|(other, more)| other != s && more.contains(&targets[0]));
            found[*s] = Some(match (targets.len() > 1 || is_shared, is_meant) {
                (true, _) => Found::Ambiguous,
                (false, true) => Found::Linked(targets[0]),
                (false, false) => Found::Unqualified(targets[0]),
            });
        }
        taken.extend(hits.into_values().flatten());
    }
    let rest = |(s, found): (usize, Option<Found>)| {
        found.unwrap_or(if sources[s].is_meant { Found::Absent } else { Found::Ignored })
    };
    let found = found.into_iter().enumerate().map(rest).collect();
    (found, (0..targets.len()).filter(|t| !taken.contains(t)).collect())
}

/// The targets of which nobody knows whose they are: they stay wherever they are referred to.
pub fn unsure(found: &[Found], alone: &[usize], targets: usize) -> BTreeSet<usize> {
    let is_certain = |t: &usize| {
        let is_it = |one: &Found| matches!(one, Found::Linked(o) | Found::Unqualified(o) if o == t);
        alone.contains(t) || found.iter().any(is_it)
    };
    (0..targets).filter(|t| !is_certain(t)).collect()
}

pub fn lower(text: &str) -> String {
    text.to_lowercase()
}

fn filled(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

/// Names are one in any case (caseIgnoreMatch).
fn is_same(a: Option<&String>, b: Option<&String>) -> bool {
    a.map(|text| lower(text)) == b.map(|text| lower(text))
}

/// What is held stays where what comes is the same.
fn take(held: &mut Option<String>, comes: Option<String>) {
    if !is_same(held.as_ref(), comes.as_ref()) {
        *held = comes;
    }
}

/// Blanks and hyphens do not count (telephoneNumberMatch).
fn digits(number: &str) -> String {
    number.replace([' ', '-'], "")
}

/// The database after it has followed the directory, and whether something was left undecided.
pub fn to_database(directory: &Directory, old: &Database) -> (Database, bool) {
    let mut new = old.clone();
    let people: Vec<&Entry> = directory.people.values().collect();
    let ids: Vec<&String> = old.staff.keys().collect();
    let sources: Vec<Known> = people.iter().map(|one| one.known()).collect();
    let targets: Vec<Known> = old.staff.values().map(Staff::known).collect();
    let (found, alone) = situations(&sources, &targets);
    let mut is_open = found.contains(&Found::Ambiguous);
    // What each entry that is meant is called there, and which rows are of the mapping.
    let mut called: BTreeMap<Ref, String> = BTreeMap::new();
    let mut ours: BTreeSet<String> = BTreeSet::new();
    ours.extend(old.staff.iter().filter(|(_, row)| row.is_meant()).map(|(id, _)| id.clone()));
    let mut followed: Vec<(&Entry, String)> = Vec::new();
    for (entry, found) in people.iter().zip(&found) {
        let is_rejected = entry.given.is_none();
        let id = match found {
            Found::Linked(t) => ids[*t].clone(),
            Found::Absent if !is_rejected => format!("new {}", entry.uuid),
            Found::Absent => {
                is_open = true;
                continue;
            }
            _ => continue,
        };
        called.insert(lower(&entry.uid), id.clone());
        is_open |= is_rejected;
        if !is_rejected {
            ours.insert(id.clone());
            followed.push((entry, id));
        }
    }
    for t in unsure(&found, &alone, targets.len()) {
        ours.remove(ids[t]);
    }
    for (entry, id) in followed {
        let usual = || Staff { active: true, note: Some("none".into()), ..Staff::default() };
        let row = new.staff.entry(id).or_insert_with(usual);
        row.active = true;
        take(&mut row.guid, Some(entry.uuid.clone()));
        take(&mut row.login, Some(entry.uid.clone()));
        take(&mut row.given, entry.given.clone());
        take(&mut row.surname, Some(entry.sn.clone()));
        row.full_name = entry.given.as_ref().map(|given| format!("{given} {}", entry.sn));
        let held = row.phone.as_deref().map(digits);
        if !entry.phones.iter().any(|phone| Some(digits(phone)) == held) {
            row.phone = entry.phones.first().cloned();
        }
        match &entry.manager {
            Some(manager) => row.manager = called.get(manager).cloned().or(row.manager.take()),
            None => row.manager = row.manager.take().filter(|id| !ours.contains(id)),
        }
    }
    // What both filters leave out is nobody's.
    let left_out = found.iter().filter_map(|found| match found {
        Found::Unqualified(t) => Some(*t).filter(|t| targets[*t].is_meant),
        _ => None,
    });
    // SOURCE_MISSING: what has a guid, and is meant.
    let missing =
        alone.into_iter().filter(|t| targets[*t].is_meant && targets[*t].keys[0].is_some());
    for t in left_out.chain(missing) {
        let row = new.staff.get_mut(ids[t]).expect("a row");
        row.active = false;
        row.phone = None;
    }
    new.teams.retain(|name, _| directory.groups.contains_key(name));
    for (name, group) in &directory.groups {
        let wanted = group.members.iter().filter_map(|member| called.get(member).cloned());
        let usual = || Team { note: Some("none".into()), ..Team::default() };
        let team = new.teams.entry(name.clone()).or_insert_with(usual);
        team.members.retain(|id| !ours.contains(id));
        team.members.extend(wanted);
    }
    (new, is_open)
}

/// The directory after it has followed the database, and whether something was left undecided.
pub fn to_directory(old: &Directory, database: &Database) -> (Directory, bool) {
    let rows: Vec<(&String, &Staff)> = database.staff.iter().collect();
    let names: Vec<&Ref> = old.people.keys().collect();
    let sources: Vec<Known> = rows.iter().map(|(_, row)| row.known()).collect();
    let targets: Vec<Known> = old.people.values().map(Entry::known).collect();
    let (found, alone) = situations(&sources, &targets);
    // A row without a login may be anybody: then nobody goes.
    let is_lost =
        (0..rows.len()).any(|s| found[s] == Found::Absent && filled(&rows[s].1.login).is_none());
    let gone: BTreeSet<&Ref> =
        alone.iter().filter(|t| targets[**t].is_meant && !is_lost).map(|t| names[*t]).collect();
    let unfit = |s: usize| {
        let row = rows[s].1;
        [&row.login, &row.given, &row.surname].into_iter().any(|text| filled(text).is_none())
    };
    let is_followed = |s: &usize| matches!(found[*s], Found::Linked(_) | Found::Absent);
    let mut rejected: BTreeSet<usize> =
        (0..rows.len()).filter(is_followed).filter(|s| unfit(*s)).collect();
    let before = |s: usize| match found[s] {
        Found::Linked(t) => Some(names[t]),
        _ => None,
    };
    // Names are free where who had them goes, or gets another.
    let named = loop {
        let all = (0..rows.len()).filter(is_followed).filter(|s| !rejected.contains(s));
        let all: BTreeMap<usize, Ref> =
            all.map(|s| (s, lower(rows[s].1.login.as_deref().unwrap_or_default()))).collect();
        let is_clash = |s: &usize| {
            let name = &all[s];
            let is_twice = all
                .iter()
                .any(|(other, own)| other != s && own == name && before(*other) != Some(name));
            let leaves = all.iter().any(|(other, own)| before(*other) == Some(name) && own != name);
            let is_held = old.people.contains_key(name) && !leaves && !gone.contains(name);
            before(*s) != Some(name) && (is_twice || is_held)
        };
        let clashes: Vec<usize> = all.keys().copied().filter(is_clash).collect();
        if clashes.is_empty() {
            break all;
        }
        rejected.extend(clashes);
    };
    let mut is_open = found.contains(&Found::Ambiguous) || !rejected.is_empty();
    let mut called: BTreeMap<&String, Ref> = BTreeMap::new();
    let mut ours: BTreeSet<Ref> = BTreeSet::new();
    ours.extend(old.people.iter().filter(|(_, one)| one.is_meant()).map(|(name, _)| name.clone()));
    for s in (0..rows.len()).filter(is_followed) {
        let name = named.get(&s).or(before(s));
        called.extend(name.map(|name| (rows[s].0, name.clone())));
        ours.extend(before(s).filter(|_| named.contains_key(&s)).cloned());
    }
    for t in unsure(&found, &alone, targets.len()) {
        ours.remove(names[t]);
    }
    let mut new = old.clone();
    // Who is not written refers to others by their new names.
    let renamed: BTreeMap<Ref, Ref> = named
        .iter()
        .filter_map(|(&s, name)| Some((before(s)?.clone(), name.clone())))
        .filter(|(before, name)| before != name)
        .collect();
    let follow = |name: &Ref| renamed.get(name).unwrap_or(name).clone();
    for entry in new.people.values_mut() {
        entry.manager = entry.manager.as_ref().map(follow);
    }
    for group in new.groups.values_mut() {
        group.members = group.members.iter().map(follow).collect();
    }
    new.people
        .retain(|name, _| !gone.contains(name) && !named.keys().any(|s| before(*s) == Some(name)));
    for (&s, name) in &named {
        let row = rows[s].1;
        let usual = || Entry { uuid: "new".into(), kind: Some("staff".into()), ..Entry::default() };
        let mut entry = before(s).map_or_else(usual, |name| old.people[name].clone());
        if !entry.is_meant() {
            entry.kind = Some("staff".into());
        }
        let text = |held: &str, comes: &Option<String>| {
            let mut held = Some(held.to_owned());
            take(&mut held, comes.clone());
            held.unwrap_or_default()
        };
        let whole = |text: &Option<String>| text.clone().unwrap_or_default();
        entry.uid = text(&entry.uid, &row.login);
        entry.sn = text(&entry.sn, &row.surname);
        entry.cn = text(&entry.cn, &Some(format!("{} {}", whole(&row.given), whole(&row.surname))));
        take(&mut entry.given, row.given.clone());
        match filled(&row.phone) {
            None => entry.phones.clear(),
            Some(phone) if entry.phones.iter().any(|held| digits(held) == digits(&phone)) => {}
            Some(phone) if entry.phones.is_empty() => entry.phones.push(phone),
            Some(phone) => entry.phones[0] = phone,
        }
        match &row.manager {
            Some(manager) => {
                // What leads nowhere is kept, by the new name of whom it names; a name that is given on stays.
                let is_given_on = |name: &Ref| named.values().any(|other| other == name);
                let kept = entry.manager.take();
                let kept = kept.map(|name| if is_given_on(&name) { name } else { follow(&name) });
                entry.manager = called.get(manager).cloned().or(kept);
            }
            None => entry.manager = entry.manager.take().filter(|name| !ours.contains(name)),
        }
        new.people.insert(name.clone(), entry);
    }
    for found in found.iter().filter(|_| !is_lost) {
        if let Found::Unqualified(t) = found
            && targets[*t].is_meant
        {
            let entry = new.people.get_mut(names[*t]).expect("an entry");
            entry.kind = Some("left".into());
            entry.phones.clear();
        }
    }
    // Who becomes inactive stays where nobody else would be left.
    let leaver = |found: &Found| match found {
        Found::Unqualified(t) if targets[*t].is_meant && !is_lost => Some(names[*t].clone()),
        _ => None,
    };
    let leavers: BTreeSet<Ref> = found.iter().filter_map(leaver).collect();
    new.groups.retain(|name, _| database.teams.contains_key(name));
    for (name, team) in &database.teams {
        let mut group = old.groups.get(name).cloned().unwrap_or_default();
        group.members.retain(|member| !ours.contains(member));
        group.members.extend(team.members.iter().filter_map(|id| called.get(id).cloned()));
        if group.members.is_empty() {
            let held = old.groups.get(name).map(|group| group.members.clone()).unwrap_or_default();
            group.members = held.intersection(&leavers).cloned().collect();
        }
        if group.members.is_empty() {
            is_open = true;
        } else {
            new.groups.insert(name.clone(), group);
        }
    }
    (new, is_open)
}
