//! What a message does not show: values of secrets, on a line, in names and in words.
//!
//! Goes by the text, which need be neither a name nor a line that can be read. Knows nothing of
//! terminals.

use std::ops::Range;

use ldifsync::attribute::is_description_byte;
use ldifsync::error::{Error, ErrorKind, Found, Place};
use ldifsync::schema::Schema;
use ldifsync::server::is_secret;
use ldifsync::text::Shortened;

/// What stands in place of a secret.
pub(super) const MASK: &str = "********";

/// The attributes whose values are not shown: those that are secrets anyway, and these, in lower case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Secrets<'a>(pub(super) &'a [Vec<u8>]);

impl Secrets<'_> {
    fn has(self, description: &[u8]) -> bool {
        is_secret(Schema::builtin(), self.0, description)
    }

    /// A name with what may be shown of it: one without `=` may be a value that lost its attribute.
    pub(super) fn in_name(self, text: &[u8]) -> Vec<u8> {
        match self.0.is_empty() || text.contains(&b'=') {
            true => masked(text, self.hidden_in_name(text)),
            false => MASK.into(),
        }
    }

    /// A message with what may be shown of it; `is_hidden` where what it is about is not shown.
    pub(super) fn in_message(self, error: &Error, is_hidden: bool) -> String {
        let text = match error.kind() {
            ErrorKind::Syntax { expected, found: Found::Text(_) } if is_hidden => {
                format!("expected {expected}, but found `{MASK}`")
            }
            kind @ (ErrorKind::FileUrl { url }
            | ErrorKind::UrlScheme { url }
            | ErrorKind::FileUrlOutside { url, .. })
                if is_hidden =>
            {
                kind.to_string().replace(&Shortened(url.as_bytes(), 80).to_string(), MASK)
            }
            kind => kind.to_string(),
        };
        let values = avas(text.as_bytes(), b"`").filter(|(name, _)| self.has(name));
        let shown = masked(text.as_bytes(), values.map(|(_, value)| value));
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// How many bytes of a line may be shown; `None` for all of it.
    pub(super) fn open_part(self, place: &Place) -> Option<usize> {
        let Some(names) = &place.attributes else { return Some(before_value(place, b"")) };
        if let Some(name) = names.iter().find(|name| self.has(name)) {
            return Some(before_value(place, name));
        }
        if let [name] = &names[..]
            && let Some(value) = place.line.strip_prefix(&name[..])
            && !value.starts_with(b"::")
            && (value.contains(&b'=') || self.0.is_empty() || !holds_names(name))
        {
            let start = before_value(place, name);
            let value = &place.line[start..];
            let hidden = match holds_names(name) {
                true => self.hidden_in_name(value).into_iter().next(),
                false => self.first_in(value),
            };
            return hidden.map(|hidden| start + hidden.start);
        }
        // In base64, or where a line goes on or lost its beginning, nobody sees what stands there.
        let may_hold_names = names.iter().any(|name| holds_names(name));
        let is_shown = self.0.is_empty() || !may_hold_names || self.is_open_name(place);
        let own = if let [name] = &names[..] { name } else { &b""[..] };
        (!is_shown).then(|| before_value(place, own))
    }

    /// Whether a line is that of a name that holds no secret.
    fn is_open_name(self, place: &Place) -> bool {
        let is_name =
            matches!(place.attributes.as_deref(), Some([name]) if is_keyword(b"dn", name));
        let is_open = |dn: &Vec<u8>| dn.contains(&b'=') && self.hidden_in_name(dn).is_empty();
        is_name && place.dn.as_ref().is_some_and(is_open)
    }

    /// Where the value of the first secret in a text stands.
    fn first_in(self, text: &[u8]) -> Option<Range<usize>> {
        let mut all = avas(text, b"");
        all.find(|(name, _)| self.has(name)).map(|(_, value)| value)
    }

    /// What of a name is not shown. Where something is to be hidden, that is also what does not follow an attribute
    /// and an `=`: it may be a value that lost them.
    fn hidden_in_name(self, text: &[u8]) -> Vec<Range<usize>> {
        let mut hidden = Vec::new();
        let mut end = 0;
        for (name, value) in avas(text, b"") {
            let before = text[end..value.start - 1].trim_ascii_end();
            let before = before[..before.len() - name.len()].trim_ascii_end();
            let start = std::mem::replace(&mut end, value.end);
            if self.0.is_empty() {
                hidden.extend(Some(value).filter(|_| self.has(name)));
                continue;
            }
            let is_astray = before.iter().any(|b| !is_separator(*b) && *b != b' ');
            let is_apart = before.last().is_none_or(|b| is_separator(*b)) && !name.is_empty();
            if !is_apart {
                hidden.push(start..value.end);
                continue;
            }
            if is_astray {
                hidden.push(start..start + before.len() - 1);
            }
            if self.has(name) {
                hidden.push(value);
            } else if let Some(at) = astray_in(&text[value.clone()]) {
                hidden.push(value.start + at..value.end);
            }
        }
        hidden
    }
}

/// A text without what is hidden.
fn masked(text: &[u8], hidden: impl IntoIterator<Item = Range<usize>>) -> Vec<u8> {
    let mut shown = Vec::with_capacity(text.len());
    let mut at = 0;
    for range in hidden {
        shown.extend_from_slice(&text[at..range.start]);
        shown.extend_from_slice(MASK.as_bytes());
        at = range.end;
    }
    shown.extend_from_slice(&text[at..]);
    shown
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b',' | b';' | b'+')
}

/// Where in a value something stands that may be one of its own: behind a separator, or in quotes that do not end.
fn astray_in(value: &[u8]) -> Option<usize> {
    let (mut is_escaped, mut is_quoted) = (false, false);
    let last = value.iter().rposition(|b| !is_separator(*b) && *b != b' ');
    let mut astray = None;
    for (at, byte) in value.iter().enumerate() {
        is_quoted ^= !is_escaped && *byte == b'"';
        let separates = !is_escaped && !is_quoted && is_separator(*byte);
        is_escaped = !is_escaped && *byte == b'\\';
        if separates && astray.is_none() && last.is_some_and(|last| at < last) {
            astray = Some(at + 1);
        }
    }
    if is_quoted { Some(0) } else { astray }
}

/// Each attribute in a text with an `=` behind it, and where its value stands: up to one of `ends`, or a
/// separator with the next attribute behind it, that is neither escaped nor in quotes.
fn avas<'t>(text: &'t [u8], ends: &[u8]) -> impl Iterator<Item = (&'t [u8], Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let equals = at + text[at..].iter().position(|&b| b == b'=')?;
        let before = text[at..equals].trim_ascii_end();
        let name = before.iter().rev().take_while(|b| is_description_byte(**b)).count();
        let start = equals + 1;
        let (mut end, mut is_quoted) = (start, false);
        while let Some(byte) = text.get(end) {
            match byte {
                b'\\' => end += 1,
                b'"' => is_quoted = !is_quoted,
                byte if !is_quoted && ends.contains(byte) => break,
                b',' | b';' | b'+' if !is_quoted && begins_ava(&text[end + 1..]) => break,
                _ => {}
            }
            end += 1;
        }
        at = end.min(text.len());
        Some((&before[before.len() - name..], start..at))
    })
}

/// Whether a text begins with an attribute and an `=`.
fn begins_ava(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let name = text.iter().take_while(|b| is_description_byte(**b)).count();
    name > 0 && text[name..].trim_ascii_start().starts_with(b"=")
}

/// Whether values of an attribute, or what stands behind a keyword, are names, as far as is known.
fn holds_names(name: &[u8]) -> bool {
    let keywords: [&[u8]; 3] = [b"dn", b"newrdn", b"newsuperior"];
    keywords.iter().any(|keyword| is_keyword(keyword, name))
        || Schema::builtin().attribute(name).is_none_or(|attribute| attribute.syntax.is_dn())
}

fn is_keyword(keyword: &[u8], name: &[u8]) -> bool {
    keyword.eq_ignore_ascii_case(name)
}

/// How many bytes of a line stand before the value of the attribute `name`.
fn before_value(place: &Place, name: &[u8]) -> usize {
    let Some(rest) = place.line.strip_prefix(name) else {
        return place.line.iter().take_while(|b| **b == b' ').count();
    };
    name.len() + rest.iter().take_while(|b| matches!(b, b':' | b'<' | b' ')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_without_secrets() {
        let hidden = [b"uid".to_vec()];
        for (name, shown) in [
            ("uid=jane,dc=x", "uid=********,dc=x"),
            ("cn=a+UID = j\\,ane;ou=uid,dc=x", "cn=a+UID =********;ou=uid,dc=x"),
            ("0.9.2342.19200300.100.1.1=\"j,a\",dc=x", "0.9.2342.19200300.100.1.1=********,dc=x"),
            ("uid=jane\\", "uid=********"),
            ("cn=a,,uid=j=b", "cn=a,,uid=********"),
            ("uid=doe, jane,,dc=x", "uid=********,dc=x"),
            ("jane", "********"),
            ("userPassword=a,cn=b", "userPassword=********,cn=b"),
            ("cn=a", "cn=a"),
            ("uid  jane,dc=x", "********,dc=x"),
            ("cn,\"jane\",dc=x", "********,dc=x"),
            ("cn=a,uid  jane,dc=x", "cn=a,********,dc=x"),
            ("cn=a,\"uid=jane", "cn=********"),
            ("uid\\=jane,dc=x", "********,dc=x"),
            ("uid  jane=a,dc=x", "********,dc=x"),
            ("cn=a\\,b,dc=x,", "cn=a\\,b,dc=x,"),
        ] {
            let found = Secrets(&hidden).in_name(name.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), shown, "{name}");
        }
    }
}
