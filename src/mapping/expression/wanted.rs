//! Which lookups answer where a value is wanted: a row is none.

use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, UnaryOpKind};

use super::filters;
use super::read::looked_up;

/// What is made of the answer of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It is taken for a value.
    Value,
    /// A column is read of it, or it is asked whether it is there.
    Other,
}

/// The lookups whose answer an expression takes for a value, each once.
pub(super) fn lookups_of_values(expr: &Expr<'static>) -> Vec<String> {
    let mut all = Vec::new();
    walk(expr, Use::Value, &mut all);
    all
}

fn walk(expr: &Expr<'static>, of: Use, all: &mut Vec<String>) {
    if let Some(lookup) = looked_up(expr).filter(|one| of == Use::Value && !all.contains(one)) {
        all.push(lookup);
    }
    match expr {
        Expr::UnaryOp(unary) => walk(
            &unary.expr,
            if matches!(unary.op, UnaryOpKind::Neg) { Use::Value } else { Use::Other },
            all,
        ),
        Expr::BinOp(binary) => {
            let is_choice = matches!(binary.op, BinOpKind::ScAnd | BinOpKind::ScOr);
            let of = if is_choice { of } else { Use::Value };
            [&binary.left, &binary.right].into_iter().for_each(|side| walk(side, of, all));
        }
        Expr::Compare(compare) => {
            walk(&compare.expr, Use::Value, all);
            compare.ops.iter().for_each(|op| walk(&op.expr, Use::Value, all));
        }
        Expr::IfExpr(choice) => {
            walk(&choice.test_expr, Use::Other, all);
            walk(&choice.true_expr, of, all);
            choice.false_expr.iter().for_each(|expr| walk(expr, of, all));
        }
        Expr::Filter(filter) => {
            let is_default = filters::DEFAULTS.contains(&filter.name);
            // These are for lists, whose elements may be rows.
            let is_of_lists = filters::OF_LISTS.contains(&filter.name);
            let input = match (is_default, is_of_lists) {
                (true, _) => of,
                (false, true) => Use::Other,
                (false, false) => Use::Value,
            };
            filter.expr.iter().for_each(|expr| walk(expr, input, all));
            walk_arguments(&filter.args, if is_default { of } else { Use::Value }, all);
        }
        Expr::Test(test) => walk(&test.expr, Use::Other, all),
        Expr::GetAttr(get) => walk(&get.expr, Use::Other, all),
        Expr::GetItem(get) => {
            walk(&get.expr, Use::Other, all);
            walk(&get.subscript_expr, Use::Value, all);
        }
        Expr::Call(call) => walk_arguments(&call.args, Use::Value, all),
        Expr::List(list) => list.items.iter().for_each(|item| walk(item, of, all)),
        Expr::Var(_) | Expr::Const(_) | Expr::Slice(_) | Expr::Map(_) => {}
    }
}

fn walk_arguments(args: &[CallArg<'static>], of: Use, all: &mut Vec<String>) {
    for arg in args {
        if let CallArg::Pos(expr) | CallArg::Kwarg(_, expr) = arg {
            walk(expr, of, all);
        }
    }
}
