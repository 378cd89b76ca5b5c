//! How PostgreSQL writes arrays as text (PostgreSQL documentation, "Array Input and Output Syntax").

use serde_json::value::RawValue;

use crate::dump::json::{Text, not_json};
use crate::error::{ErrorKind, Fault, RowFault};
use crate::table::Elements;

/// How many dimensions an array of PostgreSQL may have.
const MAX_DIMENSIONS: usize = 6;

/// The array that a list of JSON stands for, with such a character between two elements.
pub(super) fn array_of(list: &str, delimiter: char, elements: Elements) -> Result<String, Fault> {
    match elements {
        Elements::Json => braced(list, delimiter, &|value| Ok(quoted(value, delimiter))),
        Elements::Plain => dimension(list, delimiter, 1),
    }
}

/// One that is so many dimensions deep, with those in it.
fn dimension(list: &str, delimiter: char, depth: usize) -> Result<String, Fault> {
    if depth > MAX_DIMENSIONS {
        let fault = RowFault::TooManyDimensions { limit: MAX_DIMENSIONS };
        return Err(Fault::new(ErrorKind::Row(fault), 0, 1));
    }
    braced(list, delimiter, &|value| match value.as_bytes() {
        [b'[', ..] => dimension(value, delimiter, depth + 1),
        [b'"', ..] => {
            let Text(text) =
                serde_json::from_str(value).map_err(|error| not_json(&error, value.as_bytes()))?;
            Ok(quoted(&text, delimiter))
        }
        [word @ (b't' | b'f'), ..] => Ok(char::from(*word).to_string()),
        _ => Ok(quoted(value, delimiter)),
    })
}

/// The elements of a list in braces, each but NULL as `element` has it.
fn braced(
    list: &str,
    delimiter: char,
    element: &dyn Fn(&str) -> Result<String, Fault>,
) -> Result<String, Fault> {
    let values: Vec<&RawValue> =
        serde_json::from_str(list).map_err(|error| not_json(&error, list.as_bytes()))?;
    let written = |value: &&RawValue| match value.get() {
        "null" => Ok("NULL".to_owned()),
        value => {
            let at = value.as_ptr() as usize - list.as_ptr() as usize;
            element(value).map_err(|fault| fault.moved(at))
        }
    };
    let written: Vec<String> = values.iter().map(written).collect::<Result<_, _>>()?;
    Ok(format!("{{{}}}", written.join(&delimiter.to_string())))
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
    use crate::table::Elements::{Json, Plain};

    #[test]
    fn lists_are_arrays() {
        for (list, elements, wanted) in [
            (r#"["z"]"#, Plain, "{z}"),
            ("[]", Plain, "{}"),
            (
                r#"["", "NULL", "null", null, "a b", "a,b", "é"]"#,
                Plain,
                r#"{"","NULL","null",NULL,"a b","a,b",é}"#,
            ),
            (r#"["\"", "\\", "{", "x\ny"]"#, Plain, "{\"\\\"\",\"\\\\\",\"{\",\"x\ny\"}"),
            ("[1, 2.50, true, false]", Plain, "{1,2.50,t,f}"),
            (r#"[["a", null], ["b", "c d"]]"#, Plain, r#"{{a,NULL},{b,"c d"}}"#),
            (
                r#"["a", {"b": [1]}, 5, true, null]"#,
                Json,
                r#"{"\"a\"","{\"b\": [1]}",5,true,NULL}"#,
            ),
        ] {
            assert_eq!(array_of(list, ',', elements).ok().as_deref(), Some(wanted), "{list}");
        }
        assert_eq!(
            array_of(r#"["(1,1),(0,0)"]"#, ';', Plain).ok().as_deref(),
            Some("{(1,1),(0,0)}")
        );
        assert!(array_of("[1", ',', Plain).is_err());
    }

    #[test]
    fn an_array_has_six_dimensions() {
        let nested = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let deepest = array_of(&nested(6), ',', Plain).ok();
        assert_eq!(deepest.as_deref(), Some("{{{{{{1}}}}}}"));
        for (depth, elements, wanted) in
            [(7, Plain, Some(6)), (200_000, Plain, Some(6)), (200_000, Json, None)]
        {
            let found = array_of(&nested(depth), ',', elements).err().map(|fault| fault.at);
            assert_eq!(found, wanted, "{depth}");
        }
        let behind = array_of(&format!("[1, {}]", nested(6)), ',', Plain);
        assert_eq!(behind.err().map(|fault| fault.at), Some(9));
    }
}
