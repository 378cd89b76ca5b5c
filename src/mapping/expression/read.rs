//! Expressions from text: the engine's parser, then what is allowed, what is read, and a tree in which our
//! own operators stand.
//!
//! The recursion is as deep as the tree, and has a limit.

use std::ops::Range;
use std::sync::Arc;

use minijinja::machinery::ast::{
    BinOpKind, Call, CallArg, CompareOpKind, Const, Expr, Filter, GetAttr, GetItem, IfExpr, List,
    Map, Slice, Spanned, Stmt, Test, UnaryOp, UnaryOpKind, Var,
};
use minijinja::machinery::{CodeGenerator, Span, WhitespaceConfig, parse, parse_expr};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Error, Value};

use super::filters;
use super::pattern::pattern;
use super::{Expression, Link, MAX_TEXT, blocks, wanted};
use crate::error::{ExpressionFault, ExpressionFaultKind as Kind};

/// How deeply parts of an expression may stand inside each other; a chain of operators counts too.
pub(super) const MAX_DEPTH: usize = 200;

/// The functions there are.
const FUNCTIONS: [&str; 2] = ["attr", "lookup"];

/// A piece of a template.
#[derive(Debug)]
pub(super) enum Piece {
    /// Text as it stands.
    Raw(&'static str),
    /// `{{ … }}`, and how that is written.
    Part(Expression, String),
}

/// What names stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    /// Values of a record.
    Record,
    /// Values of a record that changes, `old.` and the name those before, and what is said of the change.
    Change,
}

pub(super) type Result<T, E = ExpressionFault> = std::result::Result<T, E>;

/// Reads an expression.
pub(super) fn expression(text: &str) -> Result<Expression> {
    let text = kept(text)?;
    compiled(text, Reads::Record, &parse_expr(text).map_err(|e| syntax(&e))?)
}

/// Reads a template: text, and expressions in `{{ … }}`.
pub(super) fn template(text: &str, reads: Reads) -> Result<Vec<Piece>> {
    let text = kept(text)?;
    let whitespace =
        WhitespaceConfig { keep_trailing_newline: true, ..WhitespaceConfig::default() };
    let read = parse(text, "", SyntaxConfig, whitespace).map_err(|e| syntax(&e))?;
    let Stmt::Template(template) = read else { return Ok(Vec::new()) };
    template.children.iter().map(|child| piece(text, reads, child)).collect()
}

fn piece(text: &'static str, reads: Reads, statement: &Stmt<'static>) -> Result<Piece> {
    match statement {
        Stmt::EmitRaw(raw) => Ok(Piece::Raw(raw.raw)),
        Stmt::EmitExpr(emit) => {
            let written = in_braces(text, bytes_of(emit.expr.span()));
            Ok(Piece::Part(compiled(text, reads, &emit.expr)?, written.to_owned()))
        }
        _ => Err(Kind::Unsupported { found: "a statement, `{% … %}`" }.into()),
    }
}

/// What stands in the braces around a place: the engine's places are of an operator or a filter alone.
fn in_braces(text: &str, place: Range<usize>) -> &str {
    let start =
        text.get(..place.start).and_then(|before| before.rfind("{{")).map_or(0, |at| at + 2);
    let len = text.get(place.end..).and_then(|behind| behind.find("}}"));
    let end = len.map_or(text.len(), |len| place.end + len);
    text.get(start..end).unwrap_or_default().trim_matches(['-', '+', ' '])
}

/// The text for as long as the program runs: programs of the engine borrow theirs, and a mapping file
/// has few and is read once.
fn kept(text: &str) -> Result<&'static str> {
    if text.len() > MAX_TEXT {
        return Err(Kind::TextTooLong { limit: MAX_TEXT }.into());
    }
    if prefixes(text) > MAX_DEPTH {
        return Err(Kind::TooDeep { limit: MAX_DEPTH }.into());
    }
    Ok(Box::leak(Box::from(text)))
}

/// How many `-` and `not` stand one behind the other at most: of these alone the parser knows no bound.
pub(super) fn prefixes(text: &str) -> usize {
    let (mut most, mut run, mut rest) = (0, 0, text.trim_start());
    while let Some(c) = rest.chars().next() {
        let prefix = ["-", "not"].iter().find_map(|prefix| rest.strip_prefix(prefix));
        run = if prefix.is_some() { run + 1 } else { 0 };
        most = most.max(run);
        rest = prefix.unwrap_or(&rest[c.len_utf8()..]).trim_start();
    }
    most
}

fn compiled(text: &'static str, reads: Reads, read: &Expr<'static>) -> Result<Expression> {
    let mut reader = Reader::new(text, reads);
    let tree = reader.expr(read)?;
    let mut generator = CodeGenerator::new("", text);
    generator.compile_expr(&tree);
    let program = generator.finish().0;
    let mut links = Vec::new();
    let chain = chained(read, &reader.names, &mut links).map(|()| links);
    let (names, lookups) = (Arc::from(reader.names), reader.lookups.into_boxed_slice());
    let lookups_of_rows = reader.lookups_of_rows.into_boxed_slice();
    Ok(Expression { text, program, names, lookups, lookups_of_rows, chain })
}

/// Adds the texts and names that stand behind each other; `None` where it is anything else.
fn chained(expr: &Expr<'static>, names: &[String], links: &mut Vec<Link>) -> Option<()> {
    match expr {
        Expr::Var(name) => {
            links.push(Link::Name(names.iter().position(|known| known == name.id)?));
        }
        Expr::Const(literal) => links.push(Link::Text(literal.value.as_str()?.to_owned())),
        Expr::BinOp(binary) if matches!(binary.op, BinOpKind::Concat) => {
            chained(&binary.left, names, links)?;
            chained(&binary.right, names, links)?;
        }
        _ => return None,
    }
    Some(())
}

pub(super) fn syntax(error: &Error) -> ExpressionFault {
    let message = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    ExpressionFault { kind: Kind::Syntax { message }, at: error.range() }
}

fn bytes_of(span: Span) -> Range<usize> {
    let offset = |offset: u32| usize::try_from(offset).unwrap_or(0);
    offset(span.start_offset)..offset(span.end_offset)
}

pub(super) fn fault<T>(kind: Kind, span: Span) -> Result<T> {
    Err(ExpressionFault { kind, at: Some(bytes_of(span)) })
}

/// What is known of an expression while its tree is gone through.
pub(super) struct Reader {
    text: &'static str,
    reads: Reads,
    /// What it reads of a record.
    pub(super) names: Vec<String>,
    /// Names that the text itself gives values, of the blocks around what is read.
    pub(super) locals: Vec<&'static str>,
    lookups: Vec<String>,
    /// Those of whose rows a column is read.
    lookups_of_rows: Vec<String>,
    depth: usize,
}

impl Reader {
    /// Nothing is known yet.
    pub(super) fn new(text: &'static str, reads: Reads) -> Reader {
        let (names, locals) = (Vec::new(), Vec::new());
        let (lookups, lookups_of_rows) = (Vec::new(), Vec::new());
        Reader { text, reads, names, locals, lookups, lookups_of_rows, depth: 0 }
    }

    pub(super) fn expr(&mut self, expr: &Expr<'static>) -> Result<Expr<'static>> {
        self.deeper(expr.span(), |reader| reader.known(expr))
    }

    /// Goes one part deeper, as far as the limit allows.
    pub(super) fn deeper<T>(
        &mut self,
        span: Span,
        read: impl FnOnce(&mut Reader) -> Result<T>,
    ) -> Result<T> {
        if self.depth == MAX_DEPTH {
            return fault(Kind::TooDeep { limit: MAX_DEPTH }, span);
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn known(&mut self, expr: &Expr<'static>) -> Result<Expr<'static>> {
        let span = expr.span();
        Ok(match expr {
            Expr::Var(var) => self.name(var.id, span),
            Expr::Const(constant) if constant.value.is_none() => literal(Value::UNDEFINED, span),
            Expr::Const(constant) => literal(constant.value.clone(), span),
            Expr::Slice(slice) => self.slice(slice, span)?,
            Expr::UnaryOp(unary) => self.unary(unary, span)?,
            Expr::BinOp(binary) => {
                return self.binary(binary.op, &binary.left, &binary.right, span);
            }
            Expr::Compare(compare) => {
                let pairs = compare.ops.iter().map(|op| (comparison(op.op), &op.expr));
                return self.compare(&compare.expr, pairs, span);
            }
            Expr::IfExpr(choice) => Expr::IfExpr(Spanned::new(self.choice(choice)?, span)),
            Expr::Filter(filter) => return self.filter(filter, span),
            Expr::Test(test) => Expr::Test(Spanned::new(self.test(test, span)?, span)),
            Expr::GetAttr(get) if self.is_of_change(&get.expr) => {
                return self.of_change(&get.expr, get.name, span);
            }
            Expr::GetAttr(get) => {
                let lookup = looked_up(&get.expr);
                let is_new = |one: &String| !self.lookups_of_rows.contains(one);
                if let Some(lookup) = lookup.filter(is_new) {
                    self.lookups_of_rows.push(lookup);
                }
                let inner = self.expr(&get.expr)?;
                Expr::GetAttr(Spanned::new(GetAttr { expr: inner, name: get.name }, span))
            }
            Expr::GetItem(get) => {
                let (expr, subscript_expr) =
                    (self.expr(&get.expr)?, self.expr(&get.subscript_expr)?);
                Expr::GetItem(Spanned::new(GetItem { expr, subscript_expr }, span))
            }
            Expr::Call(call) => return self.call(call, span),
            Expr::List(list) => {
                Expr::List(Spanned::new(List { items: self.all(&list.items)? }, span))
            }
            Expr::Map(map) => {
                let (keys, values) = (self.all(&map.keys)?, self.all(&map.values)?);
                Expr::Map(Spanned::new(Map { keys, values }, span))
            }
        })
    }

    fn all(&mut self, exprs: &[Expr<'static>]) -> Result<Vec<Expr<'static>>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    /// Whether what stands before a dot is a change, or the record before it.
    fn is_of_change(&self, expr: &Expr<'static>) -> bool {
        let is_it = |id: &str| matches!(id, blocks::OLD | blocks::CHANGE);
        self.reads == Reads::Change && matches!(expr, Expr::Var(var) if is_it(var.id))
    }

    fn of_change(
        &mut self,
        of: &Expr<'static>,
        name: &'static str,
        span: Span,
    ) -> Result<Expr<'static>> {
        let Expr::Var(of) = of else { return Ok(self.name(name, span)) };
        if of.id == blocks::CHANGE && !blocks::OF_CHANGE.contains(&name) {
            return unknown("name of a change", name, blocks::OF_CHANGE.into_iter(), span);
        }
        // A template has few of them and is read once.
        Ok(self.name(Box::leak(format!("{}.{name}", of.id).into_boxed_str()), span))
    }

    fn name(&mut self, name: &'static str, span: Span) -> Expr<'static> {
        if !self.locals.contains(&name) && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
        Expr::Var(Spanned::new(Var { id: name }, span))
    }

    fn slice(&mut self, slice: &Slice<'static>, span: Span) -> Result<Expr<'static>> {
        if slice.step.is_some() {
            return fault(Kind::Unsupported { found: "a third part of a slice" }, span);
        }
        let value = self.expr(&slice.expr)?;
        let mut end = |end: &Option<Expr<'static>>| match end {
            Some(end) => self.expr(end),
            None => Ok(literal(Value::from(()), span)),
        };
        let ends = vec![end(&slice.start)?, end(&slice.stop)?];
        Ok(applied("slice", value, ends, span))
    }

    fn unary(&mut self, unary: &UnaryOp<'static>, span: Span) -> Result<Expr<'static>> {
        let expr = self.expr(&unary.expr)?;
        Ok(match unary.op {
            UnaryOpKind::Neg => applied("negative", expr, Vec::new(), span),
            UnaryOpKind::Not => {
                Expr::UnaryOp(Spanned::new(UnaryOp { op: UnaryOpKind::Not, expr }, span))
            }
        })
    }

    fn binary(
        &mut self,
        op: BinOpKind,
        left: &Expr<'static>,
        right: &Expr<'static>,
        span: Span,
    ) -> Result<Expr<'static>> {
        let name = match op {
            BinOpKind::ScAnd | BinOpKind::ScOr => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                let binary = minijinja::machinery::ast::BinOp { op, left, right };
                return Ok(Expr::BinOp(Spanned::new(binary, span)));
            }
            BinOpKind::Eq => return self.compare(left, [("==", right)].into_iter(), span),
            BinOpKind::Ne => return self.compare(left, [("!=", right)].into_iter(), span),
            BinOpKind::Lt => return self.compare(left, [("<", right)].into_iter(), span),
            BinOpKind::Lte => return self.compare(left, [("<=", right)].into_iter(), span),
            BinOpKind::Gt => return self.compare(left, [(">", right)].into_iter(), span),
            BinOpKind::Gte => return self.compare(left, [(">=", right)].into_iter(), span),
            BinOpKind::In => return self.compare(left, [("in", right)].into_iter(), span),
            BinOpKind::Concat => return self.concat(left, right, span),
            BinOpKind::Add => "+",
            BinOpKind::Sub => "-",
            BinOpKind::Mul => "*",
            BinOpKind::Div => "/",
            BinOpKind::FloorDiv => "//",
            BinOpKind::Rem => "%",
            BinOpKind::Pow => "**",
        };
        let left = self.expr(left)?;
        Ok(applied(name, left, vec![self.expr(right)?], span))
    }

    /// `a ~ b ~ c` in one.
    fn concat(
        &mut self,
        left: &Expr<'static>,
        right: &Expr<'static>,
        span: Span,
    ) -> Result<Expr<'static>> {
        let (mut first, mut rest) = (left, vec![right]);
        while let Expr::BinOp(binary) = first
            && matches!(binary.op, BinOpKind::Concat)
        {
            rest.push(&binary.right);
            first = &binary.left;
        }
        let first = self.expr(first)?;
        let rest = rest.into_iter().rev().map(|operand| self.expr(operand));
        Ok(applied("~", first, rest.collect::<Result<_>>()?, span))
    }

    fn compare<'e>(
        &mut self,
        first: &Expr<'static>,
        rest: impl Iterator<Item = (&'static str, &'e Expr<'static>)>,
        span: Span,
    ) -> Result<Expr<'static>> {
        let first = self.expr(first)?;
        let mut args = Vec::new();
        for (operator, operand) in rest {
            args.extend([literal(Value::from(operator), span), self.expr(operand)?]);
        }
        Ok(applied("compare", first, args, span))
    }

    fn choice(&mut self, choice: &IfExpr<'static>) -> Result<IfExpr<'static>> {
        Ok(IfExpr {
            test_expr: self.expr(&choice.test_expr)?,
            true_expr: self.expr(&choice.true_expr)?,
            false_expr: choice.false_expr.as_ref().map(|expr| self.expr(expr)).transpose()?,
        })
    }

    fn filter(&mut self, filter: &Filter<'static>, span: Span) -> Result<Expr<'static>> {
        let Some(value) = &filter.expr else {
            return fault(Kind::Unsupported { found: "a filter of nothing" }, span);
        };
        let Some(name) = filters::names().find(|name| *name == filter.name) else {
            return unknown("filter", filter.name, filters::names(), span);
        };
        let value = self.expr(value)?;
        let mut args = self.arguments(&filter.args, span)?;
        match name {
            "map" => {
                known_first(&filter.args, "filter", filters::names(), span)?;
                let mapped = first_literal(&filter.args).map(|(name, _)| name).unwrap_or_default();
                self.special(&mapped, filter.args.get(1..), args.get_mut(1..), span)?;
            }
            "select" | "reject" => {
                known_first(&filter.args, "test", filters::TESTS.into_iter(), span)?;
            }
            _ => self.special(name, Some(&filter.args), Some(&mut args), span)?,
        }
        Ok(Expr::Filter(Spanned::new(Filter { name, expr: Some(value), args }, span)))
    }

    /// What filters of ours want of their arguments, by themselves or for each value of a list.
    fn special(
        &mut self,
        name: &str,
        written: Option<&[CallArg<'static>]>,
        args: Option<&mut [CallArg<'static>]>,
        span: Span,
    ) -> Result<()> {
        let (Some(written), Some(args)) = (written, args) else { return Ok(()) };
        match name {
            "lookup" => self.looks_up(written, span)?,
            "regex_replace" => set_first(args, pattern(written, span)?),
            _ => {}
        }
        Ok(())
    }

    fn test(&mut self, test: &Test<'static>, span: Span) -> Result<Test<'static>> {
        let tests = || filters::TESTS.into_iter();
        let Some(name) = tests().find(|name| *name == test.name) else {
            return unknown("test", test.name, tests(), span);
        };
        let expr = self.expr(&test.expr)?;
        Ok(Test { name, expr, args: self.arguments(&test.args, span)? })
    }

    fn call(&mut self, call: &Call<'static>, span: Span) -> Result<Expr<'static>> {
        let Expr::Var(function) = &call.expr else {
            return fault(Kind::Unsupported { found: "a call of a method" }, span);
        };
        match function.id {
            "attr" => match first_literal(&call.args) {
                Some((name, at)) if call.args.len() == 1 => self.attribute(&name, at),
                _ => fault(Kind::NotLiteral { of: "attr" }, span),
            },
            "lookup" => {
                self.looks_up(&call.args, span)?;
                let [name, CallArg::Pos(key)] = call.args.as_slice() else {
                    return fault(
                        Kind::Unsupported { found: "`lookup` without a name and a key" },
                        span,
                    );
                };
                let CallArg::Pos(name) = name else {
                    return fault(Kind::NotLiteral { of: "lookup" }, span);
                };
                let (name, key) = (self.expr(name)?, self.expr(key)?);
                Ok(applied("lookup", key, vec![name], span))
            }
            other => unknown("function", other, FUNCTIONS.into_iter(), span),
        }
    }

    /// `attr('x-y')`: the name between its quotes in the text.
    fn attribute(&mut self, name: &str, span: Span) -> Result<Expr<'static>> {
        let written = self.text.get(bytes_of(span)).unwrap_or_default();
        let inner = written.get(1..written.len().saturating_sub(1)).filter(|inner| *inner == name);
        match inner {
            Some(inner) => Ok(self.name(inner, span)),
            None => fault(Kind::NotLiteral { of: "attr" }, span),
        }
    }

    fn looks_up(&mut self, args: &[CallArg<'static>], span: Span) -> Result<()> {
        if self.reads == Reads::Change {
            return fault(Kind::Unsupported { found: "a lookup where a change is read" }, span);
        }
        let Some((name, _)) = first_literal(args) else {
            return fault(Kind::NotLiteral { of: "lookup" }, span);
        };
        if !self.lookups.contains(&name) {
            self.lookups.push(name);
        }
        Ok(())
    }

    fn arguments(
        &mut self,
        args: &[CallArg<'static>],
        span: Span,
    ) -> Result<Vec<CallArg<'static>>> {
        let read = |arg: &CallArg<'static>| match arg {
            CallArg::Pos(expr) => self.expr(expr).map(CallArg::Pos),
            CallArg::Kwarg(name, expr) => Ok(CallArg::Kwarg(name, self.expr(expr)?)),
            CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                fault(Kind::Unsupported { found: "a `*` before an argument" }, span)
            }
        };
        args.iter().map(read).collect()
    }
}

/// The lookup whose answer an expression is: `lookup('unit', id)` or `id | lookup('unit')`.
pub(super) fn looked_up(expr: &Expr<'static>) -> Option<String> {
    let args = match expr {
        Expr::Call(call) if matches!(&call.expr, Expr::Var(of) if of.id == "lookup") => &call.args,
        Expr::Filter(filter) if filter.name == "lookup" => &filter.args,
        _ => return None,
    };
    first_literal(args).map(|(name, _)| name)
}

/// The lookups whose answer an expression takes for a value, where it is no part of a template.
pub(super) fn lookups_of_values(text: &'static str) -> Vec<String> {
    parse_expr(text).map(|expr| wanted::lookups_of_values(&expr)).unwrap_or_default()
}

pub(super) fn literal(value: Value, span: Span) -> Expr<'static> {
    Expr::Const(Spanned::new(Const { value }, span))
}

/// A filter of ours, applied to a value.
pub(super) fn applied(
    name: &'static str,
    value: Expr<'static>,
    args: Vec<Expr<'static>>,
    span: Span,
) -> Expr<'static> {
    let args = args.into_iter().map(CallArg::Pos).collect();
    Expr::Filter(Spanned::new(Filter { name, expr: Some(value), args }, span))
}

fn comparison(op: CompareOpKind) -> &'static str {
    match op {
        CompareOpKind::Eq => "==",
        CompareOpKind::Ne => "!=",
        CompareOpKind::Lt => "<",
        CompareOpKind::Lte => "<=",
        CompareOpKind::Gt => ">",
        CompareOpKind::Gte => ">=",
        CompareOpKind::In => "in",
        CompareOpKind::NotIn => "not in",
    }
}

/// The first argument, where it is a text in quotes.
pub(super) fn first_literal(args: &[CallArg<'static>]) -> Option<(String, Span)> {
    match args.first()? {
        CallArg::Pos(Expr::Const(first)) => Some((first.value.as_str()?.to_owned(), first.span())),
        _ => None,
    }
}

fn set_first(args: &mut [CallArg<'static>], expr: Expr<'static>) {
    if let Some(first) = args.first_mut() {
        *first = CallArg::Pos(expr);
    }
}

/// Whether the first argument, where it is a text in quotes, names one of these.
fn known_first(
    args: &[CallArg<'static>],
    noun: &'static str,
    known: impl Iterator<Item = &'static str>,
    span: Span,
) -> Result<()> {
    match first_literal(args) {
        Some((name, at)) => {
            let known: Vec<_> = known.collect();
            match known.contains(&name.as_str()) {
                true => Ok(()),
                false => unknown(noun, &name, known.into_iter(), at),
            }
        }
        None if args.is_empty() => Ok(()),
        None => fault(Kind::NotLiteral { of: noun }, span),
    }
}

fn unknown<T>(
    noun: &'static str,
    name: &str,
    known: impl Iterator<Item = &'static str>,
    span: Span,
) -> Result<T> {
    let near = known.map(|one| (distance(name, one), one)).min().filter(|(far, _)| *far <= 2);
    let near = near.map(|(_, one)| one);
    fault(Kind::Unknown { noun, name: name.to_owned(), near }, span)
}

/// How many letters must come, go or change to make one name the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let changed = before + usize::from(!x.eq_ignore_ascii_case(&y));
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
