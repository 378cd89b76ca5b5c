//! Every console block of the pages for users, run: a page that does not tell what happens fails.
//!
//! A block is one run of `bash` in a fresh copy of `samples/`. A line `$ command` is typed, a
//! line `> more` continues one that ends in `\`, and everything else is what appears, on either
//! stream. `[..]` stands for any part of a line, a line `...` for any lines. In the README
//! `cargo run --release --` stands for the program.

use std::path::Path;

use snapbox::IntoData;

use crate::samples::copy_of_samples;
use crate::slapd::available_tool;
use crate::util::shell;

/// The pages, and the folder in which their blocks begin.
const PAGES: &[(&str, &str)] = &[("README.md", "."), ("GUIDE.md", "samples/company")];

/// What parts the output of one command from that of the next.
const MARK: &str = "-- end of a command --";

/// A command and what appears.
#[derive(Debug, Default)]
struct Step {
    command: String,
    output: String,
}

/// The console blocks of a page, with the line each begins at.
fn blocks(page: &str) -> Vec<(usize, Vec<Step>)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line == "```console" {
            let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            blocks.push((number + 1, steps(inside)));
        }
    }
    blocks
}

fn steps<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for line in lines {
        if let Some(more) = line.strip_prefix("> ").filter(|_| goes_on) {
            let step = steps.last_mut().expect("a line goes on");
            step.command = format!("{}\n{more}", step.command);
            goes_on = more.ends_with('\\');
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), output: String::new() });
            goes_on = command.ends_with('\\');
        } else {
            let step = steps.last_mut().expect("a block begins with a command");
            step.output += line;
            step.output.push('\n');
        }
    }
    steps
}

/// A block as a script: each command as it stands, and the next one finds its exit status.
fn script(folder: &str, steps: &[Step]) -> String {
    let mut script = format!("exec 2>&1\ncd {folder}\n");
    for Step { command, .. } in steps {
        let command = command.replace("cargo run --release --", "ldifsync");
        script += &format!("{command}\nstatus=$?; echo '{MARK}'; (exit $status)\n");
    }
    script
}

fn run_page(page: &str, folder: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = std::fs::read_to_string(path).expect("a page");
    let blocks = blocks(&text);
    assert!(!blocks.is_empty(), "{page} has console blocks");
    for (line, steps) in blocks {
        if steps.iter().any(|step| step.command.contains("zstd ")) && !available_tool("zstd") {
            continue;
        }
        let dir = copy_of_samples();
        let outcome = shell(&dir, &script(folder, &steps));
        let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
        let mark = format!("{MARK}\n");
        for (step, found) in steps.iter().zip(said.split(&mark)) {
            let what = format!("{page}:{line}: $ {}", step.command);
            let found = found.to_owned().into_data();
            let wanted = step.output.clone().into_data();
            let assert = snapbox::Assert::new().normalize_paths(false);
            if let Err(differs) = assert.try_eq(Some(&what), found, wanted) {
                panic!("{differs}");
            }
        }
        let ran = said.matches(&mark).count();
        assert_eq!(ran, steps.len(), "{page}:{line}: the block ended early\n{said}");
    }
}

#[test]
fn the_pages_show_what_happens() {
    for (page, folder) in PAGES {
        run_page(page, folder);
    }
}

/// A link in a page leads somewhere.
#[test]
fn links_between_pages_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = ["README.md", "GUIDE.md", "DESIGN.md", "CHANGELOG.md", "samples/README.md"];
    for page in pages.iter().chain(&["grammar/deviations.md"]) {
        let text = std::fs::read_to_string(root.join(page)).expect("a page");
        for (_, rest) in text.match_indices("](").map(|(at, _)| text.split_at(at + 2)) {
            let target = rest.split(')').next().unwrap_or_default();
            let (file, part) = target.split_once('#').unwrap_or((target, ""));
            if file.contains("://") {
                continue;
            }
            let path = match file {
                "" => root.join(page),
                _ => root.join(page).parent().expect("a folder").join(file),
            };
            assert!(path.exists(), "{page} links to {target}");
            if !part.is_empty() {
                let text = std::fs::read_to_string(&path).expect("a page");
                let found = text.lines().any(|line| anchor(line).as_deref() == Some(part));
                assert!(found, "{page} links to {target}");
            }
        }
    }
}

/// The anchor of a heading.
fn anchor(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim();
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    Some(kept.collect::<String>().to_lowercase().replace(' ', "-"))
}
