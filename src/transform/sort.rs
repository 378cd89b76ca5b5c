//! Records in the order of their names, parents first, in bounded memory.
//!
//! What does not fit is sorted by the memoryful, each lot into an unnamed temporary file, and the
//! lots are merged. Records of equal names stay in the order in which they came.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::dn::{AvaValue, Dn};
use crate::error::{Error, Result};
use crate::input::unnamed;
use crate::matching::normalize;
use crate::output::Output;
use crate::schema::Schema;
use crate::text::{Escaped, number_of};
use crate::transform::{Format, Options};

/// What a record costs beside its bytes: its place in a list that grows and is sorted, and two allocations.
const OVERHEAD: usize = 192;
/// What is needed beside records: for the schema, threads and buffers.
const BASE: usize = 4 << 20;
/// The least text that is worth a worker's while, in bytes.
const LEAST_PART: usize = 16 << 10;
/// How many lots are merged at a time: each has an open file and a buffer.
const MOST_LOTS: usize = 256;

/// A key by which a name comes after those above it: its RDNs from the root, each by type and by
/// its value as its attribute's rule has it.
pub(super) fn key(schema: &Schema, dn: &Dn) -> Vec<u8> {
    let mut key = Vec::with_capacity(64);
    for rdn in dn.rdns.iter().rev() {
        let mut parts: Vec<Vec<u8>> = rdn.avas.iter().map(|ava| part(schema, ava)).collect();
        parts.sort_unstable();
        for part in parts {
            // A NUL ends a part; one in it is two bytes, and comes later.
            for byte in part {
                key.push(byte);
                if byte == 0 {
                    key.push(0xff);
                }
            }
            key.extend_from_slice(&[0, 1]);
        }
        key.extend_from_slice(&[0, 0]);
    }
    key
}

fn part(schema: &Schema, ava: &crate::dn::Ava) -> Vec<u8> {
    let kind = schema.attribute(&ava.attribute);
    let name = kind.and_then(|kind| kind.names.first()).map(|name| name.as_bytes().to_vec());
    let mut part = name.unwrap_or_else(|| ava.attribute.clone()).to_ascii_lowercase();
    part.push(b'=');
    match (&ava.value, kind.and_then(|kind| kind.equality)) {
        (AvaValue::Text(value), Some(rule)) => part.extend(&*normalize(schema, rule, value)),
        (AvaValue::Text(value) | AvaValue::Ber(value), _) => part.extend(value),
    }
    part
}

/// How much text a worker takes at a time, so that what is on its way to the sort takes a quarter of the memory:
/// two parts a worker, each with what is made of it, in a buffer that grows.
pub(super) fn part_within(memory: usize, threads: usize) -> usize {
    (memory / (32 * threads)).max(LEAST_PART)
}

/// Where records go, through a sort or not.
pub(super) struct Sink {
    out: Output,
    sorter: Option<Sorter>,
    /// Whether the end of the last record of LDIF is held back: a line end, and an empty line.
    holds_end: bool,
    is_ldif: bool,
}

/// What a record of LDIF ends with.
const END: &[u8] = b"\n\n";

impl Sink {
    pub(super) fn new(out: Output, options: &Options) -> Sink {
        let sorter = options.sort.then(|| Sorter::new(options));
        Sink { out, sorter, holds_end: false, is_ldif: options.format == Format::Ldif }
    }

    /// What comes before all records.
    pub(super) fn head(&mut self, text: &[u8]) -> Result<()> {
        self.out.write_all(text).map_err(|e| self.out.error(e))
    }

    /// Takes records; `keyed` are their keys and places where they are sorted.
    pub(super) fn put(&mut self, text: &[u8], keyed: Vec<(Vec<u8>, Range<usize>)>) -> Result<()> {
        match &mut self.sorter {
            Some(sorter) => sorter.put(text, keyed),
            None => self.write(text),
        }
    }

    fn write(&mut self, text: &[u8]) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let held: &[u8] = if self.holds_end { END } else { b"" };
        let body = text.strip_suffix(END).filter(|_| self.is_ldif);
        self.holds_end = body.is_some();
        let mut all = || -> io::Result<()> {
            self.out.write_all(held)?;
            self.out.write_all(body.unwrap_or(text))
        };
        all().map_err(|e| self.out.error(e))
    }

    /// Writes what is still held. LDIF that is made of what may have been cut ends as that does, in
    /// the middle of a line, so that whoever reads it sees it too.
    pub(super) fn finish(mut self, is_whole: bool) -> Result<(Output, Twice)> {
        let mut twice = Twice::default();
        if let Some(sorter) = self.sorter.take() {
            twice = sorter.write(&mut |text| self.write(text))?;
        }
        if self.holds_end && is_whole {
            self.out.write_all(END).map_err(|e| self.out.error(e))?;
        }
        Ok((self.out, twice))
    }
}

/// Records of a name that the one before has, too.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Twice {
    pub(super) count: u64,
    /// The first of these names, as the rules of its attributes have it.
    pub(super) first: Vec<u8>,
    before: Option<Vec<u8>>,
}

impl Twice {
    /// A sentence on them, where there are any.
    pub(super) fn told(&self) -> Option<String> {
        let records = number_of(self.count, "record has", "records have");
        let first = Escaped(&self.first);
        let told = || format!("{records} the name of the one before: the first is `{first}`");
        (self.count > 0).then(told)
    }

    /// Takes the key of the next record.
    fn next(&mut self, key: Vec<u8>) {
        // A label is no name.
        if !key.is_empty() && self.before.as_ref() == Some(&key) {
            self.count += 1;
            if self.count == 1 {
                self.first = name_of(&key);
            }
        }
        self.before = Some(key);
    }
}

/// The name behind a key, to be shown.
fn name_of(key: &[u8]) -> Vec<u8> {
    let mut rdns: Vec<Vec<u8>> = vec![Vec::new()];
    let mut rest = key;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let rdn = rdns.last_mut();
        match (byte, after.first()) {
            (0, Some(&next)) => {
                rest = &after[1..];
                match next {
                    0 => rdns.push(Vec::new()),
                    1 => rdn.into_iter().for_each(|rdn| rdn.push(b'+')),
                    _ => rdn.into_iter().for_each(|rdn| rdn.push(0)),
                }
            }
            _ => rdn.into_iter().for_each(|rdn| rdn.push(byte)),
        }
    }
    rdns.pop();
    let rdns: Vec<&[u8]> = rdns.iter().rev().map(|rdn| &rdn[..rdn.len() - 1]).collect();
    rdns.join(&b","[..])
}

/// A record to be sorted.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    key: Vec<u8>,
    text: Vec<u8>,
}

/// Sorts in bounded memory.
pub(super) struct Sorter {
    /// How much may be held.
    most: usize,
    temp_dir: PathBuf,
    held: usize,
    items: Vec<Item>,
    lots: Vec<File>,
}

impl Sorter {
    fn new(options: &Options) -> Sorter {
        let temp_dir = options.files.temp_dir.clone();
        let most = (options.memory - options.memory / 4).saturating_sub(BASE);
        Sorter { most, temp_dir, held: 0, items: Vec::new(), lots: Vec::new() }
    }

    fn put(&mut self, text: &[u8], keyed: Vec<(Vec<u8>, Range<usize>)>) -> Result<()> {
        for (key, place) in keyed {
            let text = text[place].to_vec();
            self.held += key.len() + text.len() + OVERHEAD;
            self.items.push(Item { key, text });
            if self.held > self.most {
                self.spill().map_err(|e| Error::io("write in", &self.temp_dir, e))?;
            }
        }
        Ok(())
    }

    /// Sorts what is held into a lot of its own.
    fn spill(&mut self) -> io::Result<()> {
        self.items.sort_by(|a, b| a.key.cmp(&b.key));
        let items = std::mem::take(&mut self.items).into_iter();
        let lot = write_lot(&self.temp_dir, &mut items.map(Ok))?;
        self.lots.push(lot);
        self.held = 0;
        if self.lots.len() == MOST_LOTS {
            let lots = std::mem::take(&mut self.lots);
            let mut merged = Merge::new(lots)?;
            self.lots.push(write_lot(&self.temp_dir, &mut std::iter::from_fn(|| merged.next()))?);
        }
        Ok(())
    }

    /// Hands on all records in their order.
    fn write(mut self, out: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<Twice> {
        let mut twice = Twice::default();
        if self.lots.is_empty() {
            self.items.sort_by(|a, b| a.key.cmp(&b.key));
            for item in self.items {
                out(&item.text)?;
                twice.next(item.key);
            }
            return Ok(twice);
        }
        self.spill().map_err(|e| Error::io("write in", &self.temp_dir, e))?;
        let failed = |e| Error::io("read again in", &self.temp_dir, e);
        let mut merge = Merge::new(self.lots).map_err(failed)?;
        while let Some(item) = merge.next() {
            let item = item.map_err(failed)?;
            out(&item.text)?;
            twice.next(item.key);
        }
        Ok(twice)
    }
}

/// Writes sorted records into an unnamed file.
fn write_lot(
    temp_dir: &Path,
    items: &mut dyn Iterator<Item = io::Result<Item>>,
) -> io::Result<File> {
    let mut lot = BufWriter::new(unnamed(temp_dir)?);
    for item in items {
        let Item { key, text } = item?;
        for part in [&key, &text] {
            lot.write_all(&(part.len() as u64).to_le_bytes())?;
            lot.write_all(part)?;
        }
    }
    lot.into_inner().map_err(io::IntoInnerError::into_error)
}

/// The next record of a lot, with the number of the lot; the first comes out of a heap first.
struct Head(Item, usize);

impl Ord for Head {
    fn cmp(&self, other: &Head) -> Ordering {
        other.0.key.cmp(&self.0.key).then(other.1.cmp(&self.1))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Head) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Head) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}

/// Lots as one.
struct Merge {
    lots: Vec<BufReader<File>>,
    heads: BinaryHeap<Head>,
}

impl Merge {
    fn new(lots: Vec<File>) -> io::Result<Merge> {
        let mut merge = Merge { lots: Vec::new(), heads: BinaryHeap::new() };
        for (n, mut lot) in lots.into_iter().enumerate() {
            lot.rewind()?;
            merge.lots.push(BufReader::new(lot));
            merge.refill(n)?;
        }
        Ok(merge)
    }

    fn refill(&mut self, n: usize) -> io::Result<()> {
        if let Some(item) = read_item(&mut self.lots[n])? {
            self.heads.push(Head(item, n));
        }
        Ok(())
    }

    fn next(&mut self) -> Option<io::Result<Item>> {
        let Head(item, n) = self.heads.pop()?;
        Some(self.refill(n).map(|()| item))
    }
}

fn read_item(lot: &mut BufReader<File>) -> io::Result<Option<Item>> {
    if lot.fill_buf()?.is_empty() {
        return Ok(None);
    }
    Ok(Some(Item { key: read_part(lot)?, text: read_part(lot)? }))
}

fn read_part(lot: &mut BufReader<File>) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    lot.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let mut part = Vec::new();
    match lot.take(length).read_to_end(&mut part)? as u64 == length {
        true => Ok(part),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(most: usize, names: &[&str]) -> (Vec<String>, u64, String) {
        let options = Options { sort: true, ..Options::new(Vec::new()) };
        let mut sorter = Sorter { most, ..Sorter::new(&options) };
        for (n, name) in names.iter().enumerate() {
            let text = format!("{name}#{n}");
            let dn = Dn::parse(name.as_bytes()).expect("a DN");
            let key = key(Schema::builtin(), &dn);
            sorter.put(text.as_bytes(), vec![(key, 0..text.len())]).expect("room");
        }
        let mut out = Vec::new();
        let written = sorter.write(&mut |text| {
            out.push(String::from_utf8(text.to_vec()).expect("text"));
            Ok(())
        });
        let twice = written.expect("room");
        (out, twice.count, String::from_utf8(twice.first).expect("text"))
    }

    #[test]
    fn parents_come_first_and_equal_names_in_their_order() {
        let names =
            ["cn=b,dc=x", "CN=a,dc=x", "uid=z,cn=a,dc=x", "dc=x", "cn=ab,dc=x", "cn=A,DC=x"];
        let expected = [
            "dc=x#3",
            "CN=a,dc=x#1",
            "cn=A,DC=x#5",
            "uid=z,cn=a,dc=x#2",
            "cn=ab,dc=x#4",
            "cn=b,dc=x#0",
        ];
        for most in [1 << 20, 0, 500] {
            let (out, twice, first) = sorted(most, &names);
            assert_eq!(out, expected);
            assert_eq!((twice, first.as_str()), (1, "cn=a,dc=x"));
        }
        let (_, twice, first) = sorted(0, &["uid=1+cn=A,o=x", "CN=a+UID=1,o=X"]);
        assert_eq!((twice, first.as_str()), (1, "cn=a+uid=1,o=x"));
    }

    #[test]
    fn many_lots_are_merged_on_the_way() {
        let names: Vec<String> = (0..1000).rev().map(|n| format!("cn={n:04},dc=x")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (out, twice, _) = sorted(0, &names);
        assert_eq!(twice, 0);
        assert_eq!((out.len(), out[0].as_str()), (1000, "cn=0000,dc=x#999"));
        assert!(out.is_sorted());
    }
}
