//! How PostgreSQL writes arrays as text (PostgreSQL documentation, "Array Input and Output Syntax").

use serde_json::value::RawValue;

use crate::dump::json::Text;

/// The array that a list of JSON stands for, with such a character between two elements, which may be JSON
/// themselves.
pub(super) fn array_of(list: &str, delimiter: char, is_json: bool) -> serde_json::Result<String> {
    let elements: Vec<&RawValue> = serde_json::from_str(list)?;
    let element = |value: &&RawValue| {
        let text = value.get();
        Ok(match text.as_bytes() {
            [b'n', ..] => "NULL".to_owned(),
            [b'[', ..] if !is_json => array_of(text, delimiter, is_json)?,
            [b'"', ..] if !is_json => {
                let Text(text) = serde_json::from_str(text)?;
                quoted(&text, delimiter)
            }
            [word @ (b't' | b'f'), ..] if !is_json => char::from(*word).to_string(),
            _ => quoted(text, delimiter),
        })
    };
    let elements: Vec<String> = elements.iter().map(element).collect::<serde_json::Result<_>>()?;
    Ok(format!("{{{}}}", elements.join(&delimiter.to_string())))
}

/// An element in quotes where it needs them.
fn quoted(text: &str, delimiter: char) -> String {
    const BLANKS: [char; 6] = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];
    let has_meaning =
        |c| matches!(c, '{' | '}' | '"' | '\\') || c == delimiter || BLANKS.contains(&c);
    if !text.is_empty() && !text.eq_ignore_ascii_case("NULL") && !text.contains(has_meaning) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_arrays() {
        for (list, is_json, wanted) in [
            (r#"["z"]"#, false, "{z}"),
            ("[]", false, "{}"),
            (
                r#"["", "NULL", "null", null, "a b", "a,b", "é"]"#,
                false,
                r#"{"","NULL","null",NULL,"a b","a,b",é}"#,
            ),
            (r#"["\"", "\\", "{", "x\ny"]"#, false, "{\"\\\"\",\"\\\\\",\"{\",\"x\ny\"}"),
            ("[1, 2.50, true, false]", false, "{1,2.50,t,f}"),
            (r#"[["a", null], ["b", "c d"]]"#, false, r#"{{a,NULL},{b,"c d"}}"#),
            (
                r#"["a", {"b": [1]}, 5, true, null]"#,
                true,
                r#"{"\"a\"","{\"b\": [1]}",5,true,NULL}"#,
            ),
        ] {
            assert_eq!(array_of(list, ',', is_json).ok().as_deref(), Some(wanted), "{list}");
        }
        assert_eq!(
            array_of(r#"["(1,1),(0,0)"]"#, ';', false).ok().as_deref(),
            Some("{(1,1),(0,0)}")
        );
        assert!(array_of("[1", ',', false).is_err());
    }
}
