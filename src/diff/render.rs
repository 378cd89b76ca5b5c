//! Where what a template makes goes: to the one output, or to a file for each change.
//!
//! Files get their names together with all other outputs, so that none is there where one cannot be.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::emit::{Rendered, Rendering};
use crate::error::{Error, ErrorKind, Result, TemplateFault};
use crate::output::{Output, Target};

/// The outputs of a template.
pub(super) enum Rendition {
    /// One for all changes.
    One(Box<Output>),
    /// One for each.
    Each(Files),
}

/// Files that have no names yet.
#[derive(Default)]
pub(super) struct Files {
    outputs: Vec<Output>,
    names: HashSet<PathBuf>,
}

impl Rendition {
    /// Prepares the output, where there is one for all.
    pub(super) fn new(rendering: &Rendering, target: &Target) -> Result<Rendition> {
        match rendering.is_parted() {
            true => Ok(Rendition::Each(Files::default())),
            false => Ok(Rendition::One(Box::new(Output::create(target)?))),
        }
    }

    /// Takes what was made of a change.
    pub(super) fn put(&mut self, Rendered { file, text }: Rendered) -> Result<()> {
        match (self, file) {
            (Rendition::Each(files), Some(path)) => files.put(path, &text),
            (Rendition::One(output), _) => write(output, &text),
            (Rendition::Each(_), None) => Ok(()),
        }
    }

    /// What is to get its name.
    pub(super) fn outputs(self) -> Vec<Output> {
        match self {
            Rendition::One(output) => vec![*output],
            Rendition::Each(files) => files.outputs,
        }
    }
}

impl Files {
    fn put(&mut self, path: PathBuf, text: &str) -> Result<()> {
        refuse_special(&path)?;
        if !self.names.insert(path.clone()) {
            return Err(Error::new(ErrorKind::Template(TemplateFault::NameTwice { path })));
        }
        let mut output = Output::create(&Target::File(path))?;
        write(&mut output, text)?;
        output.close()?;
        self.outputs.push(output);
        Ok(())
    }
}

/// Refuses links, which may lead out of the folder, and what is no file: a value chose the name.
fn refuse_special(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(held) if !held.is_file() => {
            let fault = TemplateFault::NotAFile { path: path.to_owned() };
            Err(Error::new(ErrorKind::Template(fault)))
        }
        _ => Ok(()),
    }
}

fn write(output: &mut Output, text: &str) -> Result<()> {
    output.write_all(text.as_bytes()).map_err(|e| output.error(e))
}
