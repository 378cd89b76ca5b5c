//! Patterns of `regex_replace`, which are compiled when a mapping file is read.

use minijinja::Value;
use minijinja::machinery::Span;
use minijinja::machinery::ast::{CallArg, Expr};
use regex::Regex;

use super::filters::Pattern;
use super::read::{Result, fault, first_literal, literal};
use crate::error::ExpressionFaultKind as Kind;

/// How large a compiled pattern may be, in bytes.
const MAX_PATTERN: usize = 1 << 20;

/// The pattern that stands as first argument, compiled.
pub(super) fn pattern(args: &[CallArg<'static>], span: Span) -> Result<Expr<'static>> {
    let Some((pattern, at)) = first_literal(args) else {
        return fault(Kind::NotLiteral { of: "regex_replace" }, span);
    };
    let built = regex::RegexBuilder::new(&pattern).size_limit(MAX_PATTERN).build();
    let regex = match built {
        Ok(regex) => regex,
        Err(error) => {
            let message = error.to_string().lines().last().unwrap_or_default().to_owned();
            return fault(Kind::Pattern { message }, at);
        }
    };
    if let Some((replacement, at)) = args.get(1..).and_then(first_literal)
        && let Some(group) = missing_group(&regex, &replacement)
    {
        return fault(Kind::NoGroup { group }, at);
    }
    Ok(literal(Value::from_object(Pattern(regex)), at))
}

/// A group in a replacement, `$1` or `${name}`, that its pattern has not: nothing would stand there.
fn missing_group(pattern: &Regex, replacement: &str) -> Option<String> {
    let has = |group: &str| match group.parse::<usize>() {
        Ok(number) => number < pattern.captures_len(),
        Err(_) => pattern.capture_names().flatten().any(|name| name == group),
    };
    let mut rest = replacement;
    while let Some((_, behind)) = rest.split_once('$') {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let plain = behind.find(|c| !is_of_name(c)).unwrap_or(behind.len());
        let braced = behind.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let group = braced.map_or(&behind[..plain], |(group, _)| group);
        if !group.is_empty() && !has(group) {
            return Some(group.to_owned());
        }
        rest = behind.strip_prefix('$').unwrap_or(behind);
    }
    None
}
