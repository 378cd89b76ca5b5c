//! The examples of GUIDE make what it says.

use std::borrow::Cow;

use ldifsync::mapping::Multi;
use ldifsync::mapping::expression::{Answer, Expression, Names};

/// A record that has nothing, whatever is asked for.
struct Nothing;

impl Names for Nothing {
    fn values(&self, _: &str) -> Option<Vec<Cow<'_, [u8]>>> {
        Some(Vec::new())
    }

    fn lookup(&self, _: &str, _: &[u8]) -> Answer {
        Ok(None)
    }
}

/// An expression, and what it makes where that is said.
type Example = (String, Option<String>);

/// The examples in the table of filters: `` `'a' | upper` is `A` ``, or an expression alone.
fn examples() -> Vec<Example> {
    const BAR: &str = "\u{1}";
    let guide = include_str!("../../GUIDE.md");
    let section = guide.split("### Expressions\n").nth(1).expect("a section of expressions");
    let section = section.split("\n#").next().unwrap_or_default();
    let mut all = Vec::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let line = line.replace("\\|", BAR);
        let cell = line.split('|').nth(3).expect("three columns").replace(BAR, "|");
        for example in cell.split("; ") {
            let mut parts = example.split('`').skip(1).step_by(2).map(str::to_owned);
            let expression = parts.next().unwrap_or_else(|| panic!("an example: {line}"));
            all.push((expression, parts.next()));
        }
    }
    all
}

#[test]
fn each_example_of_an_expression_makes_what_the_guide_says() {
    let all = examples();
    let said = all.iter().filter(|(_, wanted)| wanted.is_some()).count();
    assert!(said >= 8 && all.len() >= 15, "{all:?}");
    for (text, wanted) in all {
        let expression = Expression::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let Some(wanted) = wanted else { continue };
        let made = expression.evaluate(&Nothing, &Multi::Reject);
        let made = made.unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(made, [wanted.into_bytes()], "{text}");
    }
}
