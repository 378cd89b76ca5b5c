//! Two records of one entry, read together.
//!
//! Most pairs that differ do so in a few lines, and what looks at the difference needs no others.

use crate::entry::Entry;
use crate::error::Result;
use crate::ldif::step::Steps;
use crate::ldif::unfold::logical_end;
use crate::source::partly::{TypeSet, description_of, is_broken, lines_of, logical_lines};
use crate::source::{Extent, Layout, Source};

/// Reads two records of one entry and hands both on.
///
/// # Errors
///
/// One of them cannot be read; what `then` has to say.
pub fn read_pair<T>(
    (old, left): (&Source<'_>, Extent),
    (new, right): (&Source<'_>, Extent),
    then: impl FnOnce(&Entry<'_>, &Entry<'_>) -> Result<T>,
) -> Result<T> {
    let (old_text, new_text) = (old.logical(left), new.logical(right));
    then(&old.entry_in(left, &old_text)?, &new.entry_in(right, &new_text)?)
}

/// The same, but for attributes that are the same on both sides, and those that are not `wanted`: they may
/// be left out, unless they are to be `kept`. An attribute that is there has all its values.
///
/// A fault in what is left out is not found: both records were vouched for by the scan, or were read
/// in full before.
///
/// # Errors
///
/// As [`read_pair`].
pub fn read_differing<T>(
    (old, left): (&Source<'_>, Extent),
    (new, right): (&Source<'_>, Extent),
    kept: &TypeSet<'_>,
    wanted: impl Fn(&[u8]) -> bool,
    then: impl FnOnce(&Entry<'_>, &Entry<'_>) -> Result<T>,
) -> Result<T> {
    let texts = [old.plain_lines(left), new.plain_lines(right)];
    let [Some(before), Some(after)] = texts else {
        return read_pair((old, left), (new, right), then);
    };
    let Some(all) = with_differing(kept.clone(), wanted, before, after) else {
        return read_pair((old, left), (new, right), then);
    };
    let [before, after] = [before, after].map(|record| lines_of(record, &all));
    let entry = old.entry_of_lines(left, &before)?;
    let other = new.entry_called(entry.dn.clone(), right, &after)?;
    then(&entry, &other)
}

impl<'i> Source<'i> {
    /// The bytes of a record that is an entry by itself and each of whose lines is a value of it.
    pub(super) fn plain_lines(&self, extent: Extent) -> Option<&'i [u8]> {
        let record = self.bytes(extent);
        let is_whole = self.layout == Layout::Content
            && self.options.rebase.is_none()
            && !self.continuations.contains_key(&extent.start);
        (is_whole && memchr::memchr(b'\r', record).is_none()).then_some(record)
    }
}

/// A set with the `wanted` attribute types of the lines in which two records differ as well; nothing where
/// their names do, or where a description is folded.
fn with_differing<'r>(
    mut all: TypeSet<'r>,
    wanted: impl Fn(&[u8]) -> bool,
    old: &'r [u8],
    new: &'r [u8],
) -> Option<TypeSet<'r>> {
    if old[..logical_end(old)] != new[..logical_end(new)] {
        return None;
    }
    let mut is_told = true;
    let mut insert = |line: &'r [u8]| {
        let name = description_of(line);
        is_told &= !is_broken(line, name);
        if wanted(name) {
            all.insert(name);
        }
        name
    };
    let mut steps = Steps::new(old, new);
    // Until a line of one attribute stands where the other record has another's.
    steps.by_ref().all(|[before, after]| {
        insert(before) == insert(after) || before.is_empty() || after.is_empty()
    });
    for rest in steps.rest() {
        logical_lines(rest, |line, _| {
            insert(line);
        });
    }
    is_told.then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::type_of;
    use crate::schema::Schema;
    use crate::source::ReadOptions;

    /// The attributes of one type in the order of the record, each with its values.
    fn of_type(schema: &Schema, entry: &Entry<'_>, name: &[u8]) -> Vec<(Vec<u8>, Vec<Vec<u8>>)> {
        let same = |d: &[u8]| schema.same_attribute(type_of(d), name);
        let all = entry.attributes.iter().filter(|a| same(&a.description));
        all.map(|a| (a.description.to_vec(), a.values.iter().map(|v| v.to_vec()).collect()))
            .collect()
    }

    #[test]
    fn what_differs_is_there_with_all_its_values() {
        const LINES: [&str; 16] = [
            "objectClass: person\n",
            "cn: a\n",
            "cn;lang-de: b\n",
            "commonName: c\n",
            "2.5.4.3: d\n",
            "CN: e\n",
            "sn: f\n",
            "s\n n: g\n",
            "description: some\n  more\n",
            "descri\n ption: other\n",
            "# sn: no value\n",
            "# sn: no\n sn: value\n",
            "jpegPhoto:: AAEC\n AwQF\n",
            "x-mine: h\n",
            "X-Mine: i\n",
            "l: j\n",
        ];
        let schema = Schema::builtin();
        let mut state = 7_u64;
        let mut below = |count: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % count
        };
        let mut narrower = 0;
        for _ in 0..3000 {
            let mut lines: Vec<&str> = (0..below(12)).map(|_| LINES[below(LINES.len())]).collect();
            let old = format!("dn: cn=a\n{}", lines.concat());
            for _ in 0..below(4) {
                let at = below(lines.len() + 1);
                match below(4) {
                    0 if at < lines.len() => drop(lines.remove(at)),
                    1 => lines.rotate_left(at),
                    _ => lines.insert(at, LINES[below(LINES.len())]),
                }
            }
            let new = format!("dn: cn=a\n{}", lines.concat());
            let source = |text| Source::of_text("x", text, schema, ReadOptions::default());
            let (left, right) = (source(old.as_bytes()), source(new.as_bytes()));
            let whole = |source: &Source<'_>| Extent::new(0, source.text.len()).expect("short");
            let sides = ((&left, whole(&left)), (&right, whole(&right)));
            let kept = TypeSet::of(schema, [b"l".as_slice()]);
            read_pair(sides.0, sides.1, |old, new| {
                let full = [old, new];
                read_differing(
                    sides.0,
                    sides.1,
                    &kept,
                    |d| type_of(d) != b"x-mine",
                    |old, new| {
                        let part = [old, new];
                        for name in
                            ["objectClass", "cn", "sn", "description", "jpegPhoto", "x-mine", "l"]
                        {
                            let full = full.map(|entry| of_type(schema, entry, name.as_bytes()));
                            let part = part.map(|entry| of_type(schema, entry, name.as_bytes()));
                            let is_wanted = full[0] != full[1] && name != "x-mine" || name == "l";
                            assert!(part == full || (!is_wanted && part[0] == part[1]), "{name}");
                        }
                        let count = |pair: [&Entry<'_>; 2]| pair[0].attributes.len();
                        narrower += usize::from(count(part) < count(full));
                        Ok(())
                    },
                )
            })
            .unwrap_or_else(|error| panic!("{error:?}\n{old}\n{new}"));
        }
        assert!(narrower > 1000, "{narrower}");
    }
}
