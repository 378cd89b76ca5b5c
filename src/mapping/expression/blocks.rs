//! Documents from text: what stands between `{{ … }}` as it is, and the blocks `if` and `for`.
//!
//! What is written goes through a filter of our own ([`WRITTEN`]), so that no value ends a line or forges
//! one; what is gone through in a `for` goes through another ([`EACH`]), for which one value is a list too.

use std::sync::Arc;

use minijinja::Value;
use minijinja::machinery::ast::{EmitExpr, Expr, ForLoop, IfCond, Spanned, Stmt};
use minijinja::machinery::{CodeGenerator, Span, WhitespaceConfig, parse};
use minijinja::syntax::SyntaxConfig;

use super::read::{MAX_DEPTH, Reader, Reads, Result, applied, fault, literal, prefixes, syntax};
use super::{Document, MAX_DOCUMENT};
use crate::error::ExpressionFaultKind as Kind;

/// What the record before a change is called.
pub(super) const OLD: &str = "old";

/// What the change itself is called.
pub(super) const CHANGE: &str = "change";

/// What may be read of a change itself.
pub(super) const OF_CHANGE: [&str; 2] = ["kind", "table"];

/// The filter that what is written goes through.
pub(super) const WRITTEN: &str = "{{";

/// The filter that the text between goes through.
pub(super) const TEXT: &str = "}}";

/// The filter that what a `for` goes through goes through.
pub(super) const EACH: &str = "for";

/// What `for` calls the place it is at.
const LOOP: &str = "loop";

/// Reads a document.
pub(super) fn document(text: &str) -> Result<Document> {
    let text = kept(text)?;
    // A line with nothing but a block on it is no line of what is written.
    let whitespace =
        WhitespaceConfig { keep_trailing_newline: true, trim_blocks: true, lstrip_blocks: true };
    let read = parse(text, "", SyntaxConfig, whitespace).map_err(|e| syntax(&e))?;
    let mut reader = Reader::new(text, Reads::Change);
    let mut generator = CodeGenerator::new("", text);
    if let Stmt::Template(template) = read {
        for statement in reader.statements(&template.children)? {
            generator.compile_stmt(&statement);
        }
    }
    Ok(Document { program: generator.finish().0, names: Arc::from(reader.names) })
}

/// The text for as long as the program runs, as that of an expression is kept.
fn kept(text: &str) -> Result<&'static str> {
    if text.len() > MAX_DOCUMENT {
        return Err(Kind::TextTooLong { limit: MAX_DOCUMENT }.into());
    }
    let parts = text.split("{{").flat_map(|part| part.split("{%")).skip(1);
    if parts.map(|part| prefixes(&part[..end_of_code(part)])).max().unwrap_or(0) > MAX_DEPTH {
        return Err(Kind::TooDeep { limit: MAX_DEPTH }.into());
    }
    Ok(Box::leak(Box::from(text)))
}

/// Where the braces of a part close.
fn end_of_code(part: &str) -> usize {
    let ends = ["}}", "%}"].into_iter().filter_map(|end| part.find(end));
    ends.min().unwrap_or(part.len())
}

impl Reader {
    fn statements(&mut self, all: &[Stmt<'static>]) -> Result<Vec<Stmt<'static>>> {
        all.iter().map(|one| self.statement(one)).collect()
    }

    fn statement(&mut self, statement: &Stmt<'static>) -> Result<Stmt<'static>> {
        match statement {
            Stmt::EmitRaw(raw) => {
                Ok(emit(TEXT, literal(Value::from(raw.raw), raw.span()), raw.span()))
            }
            Stmt::EmitExpr(part) => Ok(emit(WRITTEN, self.expr(&part.expr)?, part.expr.span())),
            Stmt::IfCond(choice) => self.deeper(choice.span(), |reader| {
                let one = IfCond {
                    expr: reader.expr(&choice.expr)?,
                    true_body: reader.statements(&choice.true_body)?,
                    false_body: reader.statements(&choice.false_body)?,
                };
                Ok(Stmt::IfCond(Spanned::new(one, choice.span())))
            }),
            Stmt::ForLoop(each) => self.deeper(each.span(), |reader| {
                let one = reader.each(each, each.span())?;
                Ok(Stmt::ForLoop(Spanned::new(one, each.span())))
            }),
            _ => Err(Kind::Unsupported { found: "a block that is neither `if` nor `for`" }.into()),
        }
    }

    fn each(&mut self, each: &ForLoop<'static>, span: Span) -> Result<ForLoop<'static>> {
        let Expr::Var(target) = &each.target else {
            return fault(Kind::Unsupported { found: "a `for` with several names" }, span);
        };
        if each.recursive {
            return fault(Kind::Unsupported { found: "a `for` in itself" }, span);
        }
        let iter = applied(EACH, self.expr(&each.iter)?, Vec::new(), span);
        let else_body = self.statements(&each.else_body)?;
        let known = self.locals.len();
        self.locals.extend([target.id, LOOP]);
        let target = self.expr(&each.target)?;
        let filter_expr = each.filter_expr.as_ref().map(|expr| self.expr(expr)).transpose()?;
        let body = self.statements(&each.body)?;
        self.locals.truncate(known);
        Ok(ForLoop { target, iter, filter_expr, recursive: false, body, else_body })
    }
}

/// A value that is written, through a filter.
fn emit(filter: &'static str, expr: Expr<'static>, span: Span) -> Stmt<'static> {
    let expr = applied(filter, expr, Vec::new(), span);
    Stmt::EmitExpr(Spanned::new(EmitExpr { expr }, span))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::HashMap;

    use crate::mapping::expression::{Answer, Document, Names, Template};

    /// Names with their values.
    struct Record(HashMap<&'static str, Vec<&'static str>>);

    impl Names for Record {
        fn values(&self, name: &str) -> Option<Vec<Cow<'_, [u8]>>> {
            let values = self.0.get(name).map_or(&[][..], Vec::as_slice);
            Some(values.iter().map(|value| Cow::Borrowed(value.as_bytes())).collect())
        }

        fn lookup(&self, _: &str, _: &[u8]) -> Answer {
            Ok(None)
        }
    }

    fn record() -> Record {
        Record(HashMap::from([
            ("cn", vec!["Ada, \"A\""]),
            ("mail", vec!["a@x", "b@x"]),
            ("note", vec!["one\ntwo"]),
            ("old.cn", vec!["Eva"]),
            ("change.kind", vec!["modify"]),
            ("old.x-y", vec!["odd"]),
        ]))
    }

    fn rendered(text: &str) -> String {
        match Document::parse(text).and_then(|document| document.render(&record())) {
            Ok(text) => text,
            Err(fault) => format!("! {fault}"),
        }
    }

    #[test]
    fn a_document_is_what_its_blocks_say() {
        for (text, wanted) in [
            ("", ""),
            ("a: {{ cn }}\n", "a: Ada, \"A\"\n"),
            ("{{ change.kind }} {{ old.cn }} {{ attr('old.x-y') }}", "modify Eva odd"),
            // What is absent is not written, and takes along what hangs on it.
            ("[{{ fax }}][{{ 'FAX:' ~ fax }}][{{ fax or '-' }}]", "[][][-]"),
            // A line with a block alone is none.
            ("{% for one in mail %}\nm {{ one }}\n{% endfor %}\nend\n", "m a@x\nm b@x\nend\n"),
            ("{% for one in cn %}{{ one }};{% endfor %}", "Ada, \"A\";"),
            ("{% for one in fax %}x{% else %}none{% endfor %}", "none"),
            (
                "{% for m in mail %}{{ loop.index }}{{ m }}{{ ',' if not loop.last }}{% endfor %}",
                "1a@x,2b@x",
            ),
            ("{% if fax %}a{% elif mail %}b{% else %}c{% endif %}", "b"),
            ("{% for m in mail if m is startingwith('b') %}{{ m }}{% endfor %}", "b@x"),
            ("{{ mail | first }} {{ mail | join('+') }}", "a@x a@x+b@x"),
            ("-- {{ cn | lower }} ------", "-- ada, \"a\" ------"),
            // Lines of others.
            ("{{ [cn, fax, note] | csv }}", "\"Ada, \"\"A\"\"\",,\"one\ntwo\""),
            (
                "{{ cn | json }} {{ note | json }} {{ mail | json }}",
                "\"Ada, \\\"A\\\"\" \"one\\ntwo\" [\"a@x\",\"b@x\"]",
            ),
            (
                "{{ cn | vcard }}|{{ note | vcard }}|{{ mail | vcard }}",
                "Ada\\, \"A\"|one\\ntwo|a@x,b@x",
            ),
            ("{{ note | replace('\\n', ' ') }}", "one two"),
        ] {
            assert_eq!(rendered(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_value_forges_no_line_and_nothing_is_guessed() {
        for (text, wanted) in [
            ("x\n{{ note }}", "expected a value without control characters, but found U+000A"),
            ("{{ cn ~ '\\t' }}", "expected a value without control characters, but found U+0009"),
            (
                "{{ (note | csv) ~ ';' }}",
                "expected a value without control characters, but found U+000A",
            ),
            ("{{ mail }}", "expected a value, but found several"),
            (
                "{% set a = 1 %}",
                "expected a name, a text or a filter, but found a block that is neither `if` nor `for`",
            ),
            ("{{ change.kin }}", "expected a name of a change, but found `kin`; is `kind` meant?"),
            (
                "{{ lookup('a', cn) }}",
                "expected a name, a text or a filter, but found a lookup where a change is read",
            ),
            (
                "{% for a, b in mail %}{% endfor %}",
                "expected a name, a text or a filter, but found a `for` with several names",
            ),
            ("{% if cn %}", "expected an expression, but: "),
        ] {
            let found = rendered(text);
            assert!(found.starts_with(&format!("! {wanted}")), "{text}: {found}");
        }
    }

    #[test]
    fn what_is_made_is_bounded() {
        let nested = "{% for a in mail %}".repeat(30) + "x" + &"{% endfor %}".repeat(30);
        assert_eq!(
            rendered(&nested),
            "! expected an expression of at most 1000000 steps, but it takes more"
        );
        let long =
            format!("{{% for a in mail %}}{}{{% endfor %}}", "{% for a in mail %}".repeat(12));
        let long =
            long.replace("{% endfor %}", &("x".repeat(100_000) + &"{% endfor %}".repeat(13)));
        assert_eq!(
            rendered(&long),
            "! expected a value of at most 16777216 bytes, but it becomes longer"
        );
        let deep = "{% if cn %}".repeat(300) + &"{% endif %}".repeat(300);
        assert!(rendered(&deep).starts_with("! "));
    }

    #[test]
    fn a_file_name_is_one_part_of_a_path() {
        let name = |text: &str, value: &'static str| {
            let names = Record(HashMap::from([("a", vec![value])]));
            let name = Template::parse_of_change(text).and_then(|t| t.render_file_name(&names));
            name.map(|name| String::from_utf8_lossy(&name).into_owned()).map_err(|e| e.to_string())
        };
        assert_eq!(name("{{ a }}.vcf", "x y"), Ok("x y.vcf".to_owned()));
        assert_eq!(name("{{ a | replace('/', '-') }}", "a/b"), Ok("a-b".to_owned()));
        for (text, value) in [
            ("{{ a }}", ".."),
            ("{{ a }}", "."),
            (".{{ a }}", "."),
            ("{{ a }}", "/etc/passwd"),
            ("{{ a }}", "../x"),
            ("{{ a }}", "a\0b"),
            ("{{ a }}", "a\nb"),
            ("", "x"),
        ] {
            let found = name(text, value);
            let refused = "expected a value for the name of a file, but found ";
            assert!(
                found.as_ref().is_err_and(|e| e.starts_with(refused)),
                "{text} {value:?} {found:?}"
            );
        }
        let none = "expected a value of `a` in the name of a file, but found none";
        assert_eq!(name("{{ a }}.vcf", ""), Err(none.to_owned()));
    }
}
