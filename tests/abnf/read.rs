//! ABNF from its text.

use std::collections::BTreeSet;

use super::{Bytes, Grammar, Node, Way};

/// A line of a rule with those that continue it.
struct Definition {
    name: String,
    /// `=/`
    adds: bool,
    body: String,
    marks: Vec<String>,
    is_part: bool,
}

impl Grammar {
    /// Reads a grammar, every alternative switched on.
    pub fn read(text: &str) -> Grammar {
        let definitions = definitions(text);
        let mut names: Vec<String> = Vec::new();
        for one in definitions.iter().filter(|one| !one.adds) {
            assert!(!names.contains(&one.name), "{} has two `=`", one.name);
            names.push(one.name.clone());
        }
        let of_parts = definitions.iter().filter(|one| one.is_part);
        let parts: BTreeSet<String> = of_parts.map(|one| one.name.clone()).collect();
        let mut ways = vec![Vec::new(); names.len()];
        for one in definitions {
            let rule = names.iter().position(|name| *name == one.name).expect("`=` before `=/`");
            assert_eq!(one.adds, !one.marks.is_empty(), "{}: `=/` has a number", one.name);
            assert_eq!(one.adds, !ways[rule].is_empty(), "{}: `=` before `=/`", one.name);
            let node = Reader { rest: &one.body, names: &names }.whole();
            ways[rule].push(Way { marks: one.marks, node });
        }
        let on = BTreeSet::new();
        Grammar { names, parts, ways, on, rules: Vec::new(), firsts: Vec::new() }.with(|_| true)
    }
}

fn definitions(text: &str) -> Vec<Definition> {
    let mut found: Vec<Definition> = Vec::new();
    let mut is_part = false;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("; ") {
            is_part =
                heading.ends_with("no functions") || (is_part && !heading.starts_with("Functions"));
            continue;
        }
        let (code, comment) = without_comment(line);
        if code.starts_with(' ') {
            let last = found.last_mut().expect("a line to continue");
            last.body.push_str(code);
            last.marks.extend(marks(comment));
        } else if let Some((name, body)) = code.split_once('=') {
            let (adds, body) = body.strip_prefix('/').map_or((false, body), |body| (true, body));
            let (name, body) = (name.trim().to_owned(), body.to_owned());
            found.push(Definition { name, adds, body, marks: marks(comment), is_part });
        }
    }
    found
}

/// A line and the comment at its end; a `;` in quotes begins none.
fn without_comment(line: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        quoted ^= c == '"';
        if c == ';' && !quoted {
            return (&line[..at], &line[at + 1..]);
        }
    }
    (line, "")
}

/// The numbers in brackets in a comment: `[D-1]`.
fn marks(comment: &str) -> Vec<String> {
    let parts = comment.split('[').skip(1).filter_map(|part| part.split_once(']'));
    parts.map(|(mark, _)| mark.to_owned()).collect()
}

struct Reader<'a> {
    rest: &'a str,
    names: &'a [String],
}

impl<'a> Reader<'a> {
    fn whole(mut self) -> Node {
        let node = self.alternation();
        assert!(self.rest.trim().is_empty(), "not read: {}", self.rest);
        node
    }

    fn alternation(&mut self) -> Node {
        let mut nodes = vec![self.concatenation()];
        while self.takes("/") {
            nodes.push(self.concatenation());
        }
        Node::One(nodes)
    }

    fn concatenation(&mut self) -> Node {
        let mut nodes = Vec::new();
        while !matches!(self.peek(), None | Some('/' | ')' | ']')) {
            nodes.push(self.repetition());
        }
        assert!(!nodes.is_empty(), "something should stand before: {}", self.rest);
        Node::All(nodes)
    }

    fn repetition(&mut self) -> Node {
        let low = self.digits();
        let high = if self.takes_at_once("*") { self.digits().or(Some(usize::MAX)) } else { low };
        match (low, high) {
            (None, None) => self.element(),
            (low, high) => {
                let (low, high) = (low.unwrap_or(0), high.unwrap_or(usize::MAX));
                Node::Many(low, high, Box::new(self.element()))
            }
        }
    }

    fn element(&mut self) -> Node {
        if self.takes("(") {
            return self.closed(")");
        }
        if self.takes("[") {
            return Node::Many(0, 1, Box::new(self.closed("]")));
        }
        if self.takes("%s\"") {
            let text = self.until("\"");
            let byte = |b: u8| Bytes::node([b]);
            return Node::All(text.bytes().map(byte).collect());
        }
        if self.takes("\"") {
            return Node::Text(self.until("\"").as_bytes().to_vec());
        }
        if self.takes("<") {
            self.until(">");
            return Node::Prose;
        }
        if self.takes("%x") { self.number() } else { self.rule() }
    }

    fn closed(&mut self, end: &str) -> Node {
        let node = self.alternation();
        assert!(self.takes(end), "`{end}` should stand before: {}", self.rest);
        node
    }

    /// `%x30-39`, `%x0D.0A` or `%x20`.
    fn number(&mut self) -> Node {
        let first = self.hex();
        if self.takes_at_once("-") {
            return Bytes::node(first..=self.hex());
        }
        let mut bytes = vec![Bytes::node([first])];
        while self.takes_at_once(".") {
            bytes.push(Bytes::node([self.hex()]));
        }
        Node::All(bytes)
    }

    fn hex(&mut self) -> u8 {
        let text = self.while_is(|c| c.is_ascii_hexdigit());
        u8::from_str_radix(text, 16).expect("two hex digits")
    }

    fn rule(&mut self) -> Node {
        let name = self.while_is(|c| c.is_ascii_alphanumeric() || c == '-');
        let rule = self.names.iter().position(|known| known == name);
        Node::Rule(rule.unwrap_or_else(|| panic!("no rule `{name}` before: {}", self.rest)))
    }

    fn digits(&mut self) -> Option<usize> {
        self.skip();
        self.while_is(|c| c.is_ascii_digit()).parse().ok()
    }

    fn while_is(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn until(&mut self, end: &str) -> &'a str {
        let (text, rest) = self.rest.split_once(end).expect("the closing mark");
        self.rest = rest;
        text
    }

    fn peek(&mut self) -> Option<char> {
        self.skip();
        self.rest.chars().next()
    }

    fn takes(&mut self, word: &str) -> bool {
        self.skip();
        self.takes_at_once(word)
    }

    fn takes_at_once(&mut self, word: &str) -> bool {
        let rest = self.rest.strip_prefix(word);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }
}
