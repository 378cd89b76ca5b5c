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
