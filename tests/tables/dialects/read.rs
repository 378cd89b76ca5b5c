//! Literals and statements taken apart, by what the manuals say and not by what the program does.

/// What stands between separators outside quotes and parentheses; brackets count as quotes for SQL Server alone.
pub fn parts(text: &str, separator: &str, brackets: bool) -> Vec<String> {
    let (mut parts, mut open, mut depth) = (vec![String::new()], None, 0);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if open.is_none() && depth == 0 && rest.starts_with(separator) {
            parts.push(String::new());
            rest = &rest[separator.len()..];
            continue;
        }
        depth = match (open, c) {
            (None, '(') => depth + 1,
            (None, ')') => depth - 1,
            _ => depth,
        };
        open = match (open, c) {
            (None, '\'' | '"') => Some(c),
            (None, '[') if brackets => Some(']'),
            (Some(end), c) if c == end => None,
            (open, _) => open,
        };
        parts.last_mut().expect("a part").push(c);
        rest = &rest[c.len_utf8()..];
    }
    parts
}

/// The text that a literal is; `None` where it is NULL.
pub fn text_of(dialect: &str, literal: &str) -> Option<String> {
    if literal == "NULL" {
        return None;
    }
    let join = if dialect == "mssql" { " + " } else { " || " };
    Some(parts(literal, join, false).iter().map(|piece| piece_of(piece)).collect())
}

fn piece_of(piece: &str) -> String {
    let inside = |opening: &str, closing: &str| {
        piece.strip_prefix(opening).and_then(|rest| rest.strip_suffix(closing))
    };
    let number = |digits: &str, radix| {
        let code = u32::from_str_radix(digits, radix).expect("a number");
        char::from_u32(code).expect("a character").to_string()
    };
    if let Some(digits) = inside("NCHAR(", ")").or(inside("CHR(", ")")) {
        return number(digits, 10);
    }
    if let Some(digits) = inside("TO_CHAR(UNISTR('\\", "'))").or(inside("VARCHAR(UX'", "')")) {
        return number(digits, 16);
    }
    for large in ["TO_CLOB(", "CLOB("] {
        if let Some(piece) = inside(large, ")") {
            return parts(piece, " || ", false).iter().map(|piece| piece_of(piece)).collect();
        }
    }
    if piece == "CAST(N'' AS nvarchar(max))" {
        return String::new();
    }
    let quoted = piece.strip_prefix('N').unwrap_or(piece);
    let text = quoted.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    let text = text.unwrap_or_else(|| panic!("a string, not {piece}"));
    assert!(!text.replace("''", "").contains('\''), "a quote that is open: {piece}");
    text.replace("''", "'")
}
