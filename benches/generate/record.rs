//! What stands in the generated directory: people, groups, and how they change.
//!
//! Says nothing of how a record is spelled as LDIF.

use std::fmt::Write;

/// The members of one group, and how many users there are for each group.
const MEMBERS: u64 = 100;
const USERS_OF_A_GROUP: u64 = 10_000;

const SUFFIX: &str = "dc=example,dc=com";
const GIVEN: [&str; 16] = [
    "Ada", "Björn", "Carla", "Dmitri", "Elif", "Farid", "Grace", "Hiro", "Ines", "Jonas", "Katja",
    "Liam", "Mónica", "Nadia", "Oskar", "Priya",
];
const FAMILY: [&str; 16] = [
    "Abbott",
    "Bergström",
    "Costa",
    "Dvorak",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Hopper",
    "Ivanova",
    "Jansen",
    "Kowalski",
    "Lovelace",
    "Müller",
    "Nakamura",
    "Okafor",
    "Petrov",
];
const TOWNS: [&str; 8] =
    ["Amsterdam", "Bremen", "Coimbra", "Dresden", "Esbjerg", "Florence", "Gdansk", "Helsinki"];
const TITLES: [&str; 8] =
    ["Engineer", "Accountant", "Nurse", "Teacher", "Clerk", "Analyst", "Librarian", "Gardener"];

/// Which of the two exports.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// The first.
    Old,
    /// The second.
    New,
}

/// One record, before it is spelled.
#[derive(Default)]
pub(super) struct Record {
    /// Its name.
    pub(super) dn: String,
    /// Descriptions and values in the order in which `slapcat` writes them.
    pub(super) lines: Vec<(&'static str, String)>,
}

impl Record {
    fn put(&mut self, description: &'static str, value: impl Into<String>) {
        self.lines.push((description, value.into()));
    }

    fn classes(&mut self, classes: &[&str]) {
        classes.iter().for_each(|&class| self.put("objectClass", class));
    }

    /// Gives the record the operational attributes of another server.
    pub(super) fn touch(&mut self) {
        for (description, value) in &mut self.lines {
            match *description {
                "entryCSN" => *value = value.replace("#000#", "#002#").replace("2024", "2026"),
                "modifyTimestamp" => *value = value.replace("2024", "2026"),
                _ => {}
            }
        }
    }
}

/// All that is known of the directory.
pub(super) struct Directory {
    seed: u64,
    users: u64,
    added: u64,
    /// Of 2^32 users of OLD this many are deleted, and this many deleted or modified.
    deleted: u64,
    changed: u64,
    /// Whether users have managers, and names to be shown.
    pub(super) managers: bool,
}

impl Directory {
    /// This many users, of which this share changes.
    pub(super) fn new(seed: u64, users: u64, change: f64) -> Directory {
        let of = |share: f64, whole: u64| (share * whole as f64).round() as u64;
        let deleted = of(change / 5.0, 1 << 32);
        let changed = of(change, 1 << 32);
        Directory { seed, users, added: of(change / 5.0, users), deleted, changed, managers: false }
    }

    /// How many numbers of users there are.
    pub(super) fn users(&self, version: Version) -> u64 {
        match version {
            Version::Old => self.users,
            Version::New => self.users + self.added,
        }
    }

    /// How many groups there are.
    pub(super) fn groups(&self) -> u64 {
        self.users.div_ceil(USERS_OF_A_GROUP)
    }

    /// Whether user `i` is there.
    pub(super) fn has_user(&self, i: u64, version: Version) -> bool {
        version == Version::Old || i >= self.users || self.fate(i) >= self.deleted
    }

    /// Whether user `i` of both exports differs.
    fn is_modified(&self, i: u64) -> bool {
        i < self.users && (self.deleted..self.changed).contains(&self.fate(i))
    }

    fn fate(&self, i: u64) -> u64 {
        self.random(i, 0) >> 32
    }

    /// A number that depends on the seed, `i` and `use_` alone.
    fn random(&self, i: u64, use_: u64) -> u64 {
        mix(mix(self.seed ^ mix(use_)) ^ i)
    }

    /// The user at place `i` of `count` in a random order: a Feistel network over the next power of
    /// four, walked until it leads to one of the `count`.
    pub(super) fn shuffled(&self, i: u64, count: u64) -> u64 {
        let half_bits = (64 - count.leading_zeros()).div_ceil(2).max(1);
        let mask = (1 << half_bits) - 1;
        let mut place = i;
        loop {
            let (mut left, mut right) = (place >> half_bits, place & mask);
            for round in 0..4 {
                (left, right) = (right, left ^ (self.random(right, 100 + round) & mask));
            }
            place = left << half_bits | right;
            if place < count {
                return place;
            }
        }
    }

    /// One of the three records at the top.
    pub(super) fn container(&self, i: u64) -> Record {
        let mut record = Record::default();
        if i == 0 {
            record.dn = SUFFIX.into();
            record.classes(&["top", "dcObject", "organization"]);
            record.put("o", "Example");
            record.put("dc", "example");
            record.put("structuralObjectClass", "organization");
        } else {
            let name = if i == 1 { "People" } else { "Groups" };
            record.dn = format!("ou={name},{SUFFIX}");
            record.classes(&["top", "organizationalUnit"]);
            record.put("ou", name);
            record.put("structuralObjectClass", "organizationalUnit");
        }
        self.operational(&mut record, u64::MAX - i, false);
        record
    }

    /// User `i`: about 770 bytes in about 24 lines.
    pub(super) fn user(&self, i: u64, version: Version) -> Record {
        let modified = version == Version::New && self.is_modified(i);
        let pick =
            |list: &[&'static str], use_| list[(self.random(i, use_) % list.len() as u64) as usize];
        let (given, family) = (pick(&GIVEN, 1), pick(&FAMILY, 2));
        let mut record = Record { dn: user_dn(i), lines: Vec::with_capacity(26) };
        record.classes(&["top", "person", "organizationalPerson", "inetOrgPerson"]);
        record.put("uid", format!("user.{i}"));
        record.put("cn", format!("{given} {family}"));
        record.put("sn", family);
        record.put("givenName", given);
        record.put("mail", format!("user.{i}@example.com"));
        record.put("telephoneNumber", self.telephone(i, 3));
        record.put("mobile", self.telephone(i, 4));
        record.put("l", pick(&TOWNS, 5));
        record.put("title", pick(&TITLES, 6));
        record.put("description", self.description(i, given, family));
        record.put(
            "userPassword",
            format!("{{SSHA}}{:016x}{:016x}", self.random(i, 7), self.random(i, 8)),
        );
        if self.managers {
            record.put("displayName", format!("{given} {family}"));
            let manager = self.manager(i, version);
            manager.into_iter().for_each(|manager| record.put("manager", user_dn(manager)));
        }
        if modified {
            self.modify(&mut record, i);
        }
        record.put("structuralObjectClass", "inetOrgPerson");
        self.operational(&mut record, i, modified);
        record
    }

    /// Group `i`, whose deleted members are gone in NEW.
    pub(super) fn group(&self, i: u64, version: Version) -> Record {
        let mut record =
            Record { dn: format!("cn=group.{i},ou=Groups,{SUFFIX}"), lines: Vec::new() };
        record.classes(&["top", "groupOfNames"]);
        record.put("cn", format!("group.{i}"));
        record.put("member", format!("cn=admin,{SUFFIX}"));
        let first = i * USERS_OF_A_GROUP;
        let members = (first..self.users).step_by((USERS_OF_A_GROUP / MEMBERS) as usize);
        for member in members.take(MEMBERS as usize).filter(|&m| self.has_user(m, version)) {
            record.put("member", user_dn(member));
        }
        record.put("structuralObjectClass", "groupOfNames");
        self.operational(&mut record, 1 << 40 | i, false);
        record
    }

    /// One of the things that happen to people.
    fn modify(&self, record: &mut Record, i: u64) {
        let kind = self.random(i, 9) % 4;
        let wanted = ["telephoneNumber", "title", "l", "mobile"][kind as usize];
        match kind {
            3 => record.lines.retain(|(description, _)| *description != wanted),
            _ => {
                let line = record.lines.iter_mut().find(|(description, _)| *description == wanted);
                line.into_iter().for_each(|(_, value)| value.push_str(" 2"));
            }
        }
        if i.is_multiple_of(3) {
            record.put("mail", format!("{i}@mail.example.com"));
        }
    }

    /// Whom user `i` works for: anyone else, and one in twenty for nobody. Who is deleted is followed by the next.
    fn manager(&self, i: u64, version: Version) -> Option<u64> {
        if self.random(i, 30).is_multiple_of(20) {
            return None;
        }
        let first = self.random(i, 31) % self.users;
        let mut all = (first..self.users).chain(0..first);
        all.find(|&other| other != i && self.has_user(other, version))
    }

    fn telephone(&self, i: u64, use_: u64) -> String {
        format!("+49 421 {:07}", self.random(i, use_) % 10_000_000)
    }

    /// A text long enough to be folded, and sometimes not ASCII.
    fn description(&self, i: u64, given: &str, family: &str) -> String {
        let mut text = format!("This is the description of {given} {family}:");
        let words = 3 + self.random(i, 10) % 3;
        for word in 0..words {
            // Writing to a String does not fail.
            let _ = write!(text, " {}", TOWNS[(self.random(i, 11 + word) % 8) as usize]);
        }
        text
    }

    /// What the server adds: it has the time of the change where there was one.
    fn operational(&self, record: &mut Record, i: u64, modified: bool) {
        let (a, b) = (self.random(i, 20), self.random(i, 21));
        let (p, q, r) = (a >> 32, a >> 16 & 0xffff, a & 0xfff);
        let uuid =
            format!("{p:08x}-{q:04x}-4{r:03x}-8{:03x}-{:012x}", b >> 52, b & 0xffff_ffff_ffff);
        let created = date(2020 + b % 4, a);
        let changed = date(if modified { 2025 } else { 2024 }, b);
        let admin = format!("cn=admin,{SUFFIX}");
        record.put("entryUUID", uuid);
        record.put("creatorsName", &*admin);
        record.put("createTimestamp", format!("{created}Z"));
        record.put("entryCSN", format!("{changed}.{:06}Z#000000#000#000000", a % 1_000_000));
        record.put("modifiersName", admin);
        record.put("modifyTimestamp", format!("{changed}Z"));
    }
}

fn user_dn(i: u64) -> String {
    format!("uid=user.{i},ou=People,{SUFFIX}")
}

/// A time of that year, without its zone.
fn date(year: u64, random: u64) -> String {
    let (month, day) = (1 + random % 12, 1 + random / 16 % 28);
    let (hour, minute, second) = (random >> 20 & 15, (random >> 24) % 60, (random >> 32) % 60);
    format!("{year}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// splitmix64.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
