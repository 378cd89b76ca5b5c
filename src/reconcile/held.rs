//! Values that are there and values that are wanted, made one list.

use std::borrow::Cow;
use std::collections::HashSet;

/// Values of an attribute.
pub(super) type Values<'v> = Vec<Cow<'v, [u8]>>;

/// Values as they are held where they are the same, then those that come, each once.
pub(super) fn as_held<'v>(
    held: Values<'v>,
    wanted: Values<'v>,
    normal: impl Fn(&[u8]) -> Vec<u8>,
) -> Values<'v> {
    // Of each value the form is made once: an attribute may have many thousands.
    let forms: Vec<Vec<u8>> = wanted.iter().map(|value| normal(value)).collect();
    let wished: HashSet<&[u8]> = forms.iter().map(Vec::as_slice).collect();
    let mut seen = HashSet::new();
    let mut all = held;
    all.retain(|held| {
        let form = wished.get(normal(held).as_slice());
        seen.extend(form);
        form.is_some()
    });
    for (value, form) in wanted.into_iter().zip(&forms) {
        if seen.insert(form.as_slice()) {
            all.push(value);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What [`as_held`] answers, said one value at a time.
    fn one_by_one(held: &[String], wanted: &[String]) -> Vec<String> {
        let same = |one: &String, other: &String| one.eq_ignore_ascii_case(other);
        let is_wanted = |one: &&String| wanted.iter().any(|other| same(one, other));
        let mut all: Vec<String> = held.iter().filter(is_wanted).cloned().collect();
        for value in wanted {
            if !all.iter().any(|other| same(value, other)) {
                all.push(value.clone());
            }
        }
        all
    }

    #[test]
    fn what_is_held_stays_as_it_is_spelled_and_the_rest_comes_behind_it() {
        let mut state = 7_u32;
        let mut any = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        for _ in 0..500 {
            let mut some = || -> Vec<String> {
                let value = |n: u32, is_large: bool| match is_large {
                    true => format!("V{n}"),
                    false => format!("v{n}"),
                };
                (0..any(20)).map(|_| value(any(15), any(2) == 0)).collect()
            };
            let (held, wanted) = (some(), some());
            let values = |all: &[String]| -> Values<'static> {
                all.iter().map(|value| Cow::Owned(value.clone().into_bytes())).collect()
            };
            let found = as_held(values(&held), values(&wanted), <[u8]>::to_ascii_lowercase);
            assert_eq!(found, values(&one_by_one(&held, &wanted)), "{held:?} {wanted:?}");
        }
    }
}
