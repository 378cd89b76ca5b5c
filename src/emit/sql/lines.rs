//! Statements in lines that a client reads whole.

/// How long a line may be: in `sqlplus` one has fewer than 2,500 bytes, of which a literal may take 1,800. Of
/// Db2's processor no limit is known.
pub(super) const WIDTH: usize = 2400;

/// A statement in lines of at most `width` bytes, where no name and no literal is longer: blanks that stand in
/// no quotes become line ends.
pub(super) fn in_lines(statement: &str, width: usize) -> String {
    let mut lines = String::with_capacity(statement.len());
    let mut length = 0;
    for word in words(statement) {
        if length > 0 && length + 1 + word.len() > width {
            lines.push('\n');
            length = 0;
        } else if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += word.len();
    }
    lines
}

/// What stands between blanks that are in no quotes.
fn words(statement: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    statement.split(move |c| {
        match (c, quote) {
            (' ', None) => return true,
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_outside_quotes() {
        let text = "SET \"a b\" = 'it''s a text' || CHR(10) WHERE \"c\"\"d e\" IS NULL";
        let wanted = "SET \"a b\" =\n'it''s a text'\n|| CHR(10)\nWHERE\n\"c\"\"d e\" IS\nNULL";
        assert_eq!(in_lines(text, 11), wanted);
        assert_eq!(in_lines(text, 100), text);
    }
}
