//! Opens the outputs of a diff and writes them, all or nothing.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::diff::options::{Format, Options};
use crate::diff::render::Rendition;
use crate::emit::{
    Emission, Files, Head, Jsonl, LdifShape, Rendering, Subject, Undone, Unified, second_name,
    summary,
};
use crate::error::{Error, ErrorKind, Result, ServerFault, UsageFault};
use crate::ldif::write::Writer;
use crate::output::{Output, Target, exists_since};
use crate::plan::Step;
use crate::server::Server;

/// What was written and has no names yet.
#[derive(Default)]
pub(super) struct Written {
    /// The outputs, to be given their names together.
    pub(super) outputs: Vec<Output>,
    /// Files, in the order in which they are to be applied; not standard output.
    pub(super) files: Vec<PathBuf>,
    /// What should be known about them.
    pub(super) warnings: Vec<String>,
}

/// Refuses assertions for a server that does not honour them, and identifiers for one that takes none.
pub(super) fn refuse_unheeded(options: &Options, server: Server) -> Result<()> {
    if options.keep_identifiers && server == Server::ActiveDirectory {
        return Err(Error::new(ErrorKind::Server(ServerFault::Identifiers)));
    }
    if options.assert && !server.honours_assertions() {
        return Err(Error::new(ErrorKind::AssertionsIgnored { server: server.name() }));
    }
    Ok(())
}

/// Writes the change in its shape, the way back, and what was rejected.
pub(super) fn write(
    options: &Options,
    emission: &Emission<'_, '_>,
    subject: &Subject,
    rejects: &[u8],
) -> Result<Written> {
    let mut writing = Writing::new(options, emission, subject)?;
    let change = match options.template.as_ref().filter(|_| options.format == Format::Template) {
        Some(rendering) => Change::Rendered(rendering, Rendition::new(rendering, &options.output)?),
        None => Change::Written(Output::create(&options.output)?),
    };
    let undo = match &options.undo {
        Some(path) => Some(Output::create(&Target::named(path))?),
        None => None,
    };
    if let Change::Written(change) = &change {
        writing.name_change(change);
    }
    writing.name_undo(undo.as_ref());
    let counts = match (change, options.format) {
        (Change::Rendered(rendering, rendition), _) => {
            writing.rendered(rendering, rendition)?;
            Records::default()
        }
        (Change::Written(change), Format::Ldif) => writing.change(change)?,
        (Change::Written(change), _) => {
            writing.shown(change)?;
            Records::default()
        }
    };
    if let Some(undo) = undo {
        let counts = match options.format {
            Format::Ldif => counts,
            _ => writing.count()?,
        };
        writing.undo(undo, counts)?;
    }
    if let Some(path) = &options.rejects {
        let target = Target::named(path);
        let mut output = Output::create(&target)?;
        put(&mut output, rejects, &failure(&target))?;
        writing.written.outputs.push(output);
    }
    Ok(writing.written)
}

/// Where the change goes.
enum Change<'r> {
    /// To one output.
    Written(Output),
    /// Where a template has it go.
    Rendered(&'r Rendering, Rendition),
}

/// How many records each part of a change has.
#[derive(Clone, Copy, Debug, Default)]
struct Records {
    /// References that go by their old names.
    before: u64,
    /// The rest of the first file.
    main: u64,
    /// The second file.
    after: u64,
}

impl Records {
    fn total(self) -> u64 {
        self.before + self.main + self.after
    }
}

/// A run of writing.
struct Writing<'w, 'e, 's> {
    options: &'w Options,
    emission: &'w Emission<'e, 's>,
    subject: &'w Subject,
    shape: LdifShape,
    /// The steps before the structure changes, those after them, and those after the pause.
    steps: (&'w [Step], &'w [Step], &'w [Step]),
    /// Whether the change and the undo pause.
    pauses: (bool, bool),
    files: Files,
    written: Written,
}

impl<'w, 'e, 's> Writing<'w, 'e, 's> {
    fn new(
        options: &'w Options,
        emission: &'w Emission<'e, 's>,
        subject: &'w Subject,
    ) -> Result<Self> {
        let steps = &emission.plan.steps;
        let (first, after) = steps.split_at(emission.plan.pause.unwrap_or(steps.len()));
        let (before, main) = first.split_at(emission.steps_before().min(first.len()));
        let pauses = (!after.is_empty(), options.undo.is_some() && emission.plan.undo_pauses);
        let shape = LdifShape { writer: Writer { wrap: options.wrap } };
        let steps = (before, main, after);
        let (files, written) = (Files::default(), Written::default());
        Ok(Writing { options, emission, subject, shape, steps, pauses, files, written })
    }

    /// Says which files the change will be.
    fn name_change(&mut self, change: &Output) {
        if let (Target::File(path), Format::Ldif) = (&self.options.output, self.options.format) {
            self.files.change = self.pair(path, change, self.pauses.0);
        }
    }

    /// Says which files the undo will be.
    fn name_undo(&mut self, undo: Option<&Output>) {
        if let (Target::File(path), Some(undo)) = (self.target_of_undo(), undo) {
            self.files.undo = self.pair(&path, undo, self.pauses.1);
        }
    }

    /// The names of a file and of its second, where it needs one and can have one.
    fn pair(
        &mut self,
        path: &Path,
        output: &Output,
        pauses: bool,
    ) -> (Option<PathBuf>, Option<PathBuf>) {
        if output.goes_straight() {
            return (None, None);
        }
        let second = second_name(path);
        if pauses {
            return (Some(path.to_owned()), Some(second));
        }
        if let Some(date) = exists_since(&second) {
            self.written.warnings.push(format!(
                "`{}` of {date} is left from an earlier run and does not belong to `{}`: there is \
                 no second file this time",
                second.display(),
                path.display()
            ));
        }
        (Some(path.to_owned()), None)
    }

    /// Keeps an output for the end.
    fn keep(&mut self, output: Output, path: Option<PathBuf>) {
        self.written.outputs.push(output);
        self.written.files.extend(path);
    }

    /// Writes what a template makes of each entry.
    fn rendered(&mut self, rendering: &Rendering, mut rendition: Rendition) -> Result<()> {
        self.emission.render(rendering, &mut |one| rendition.put(one))?;
        self.written.warnings.extend(self.emission.strangers(rendering));
        for output in rendition.outputs() {
            let path = (!output.goes_straight()).then(|| output.path().to_owned());
            self.keep(output, path);
        }
        Ok(())
    }

    /// Writes a shape that cannot be applied.
    fn shown(&mut self, mut output: Output) -> Result<()> {
        let straight = output.goes_straight();
        let failed = failure(&self.options.output);
        match self.options.format {
            Format::Jsonl => Jsonl.write(self.emission, &mut output, &failed)?,
            Format::Summary => put(&mut output, summary(self.subject).as_bytes(), &failed)?,
            Format::Unified | Format::Ldif | Format::Template => {
                let unified = Unified { paint: self.options.paint };
                unified.write(self.emission, self.subject, &mut output, &failed)?;
            }
        }
        let path = match &self.options.output {
            Target::File(path) if !straight => Some(path.clone()),
            _ => None,
        };
        self.keep(output, path);
        Ok(())
    }

    /// Writes the change in one file or two.
    fn change(&mut self, mut output: Output) -> Result<Records> {
        let failed = failure(&self.options.output);
        put(&mut output, &self.shape.head(&self.subject.change(&self.files)), &failed)?;
        let (before, main, after) = self.steps;
        let forward = |output: &mut Output, steps: &[Step]| {
            self.shape.forward(self.emission, steps, output, &failed)
        };
        let mut records = Records {
            before: forward(&mut output, before)?,
            main: forward(&mut output, main)?,
            after: 0,
        };
        if !self.pauses.0 {
            self.keep(output, self.files.change.0.clone());
            return Ok(records);
        }
        let head = self.subject.second_change(&self.files);
        let second = self.files.change.1.clone();
        let first = self.files.change.0.clone();
        let mut output = self.next(output, (first, second.clone()), &head)?;
        records.after = self.shape.forward(self.emission, after, &mut output, &failed)?;
        self.keep(output, second);
        self.warn_of_pause("change", &self.files.change.clone());
        Ok(records)
    }

    /// Counts the records of a change that is not written as such.
    fn count(&self) -> Result<Records> {
        let failed = failure(&self.options.output);
        let forward = |steps: &[Step]| {
            self.shape.forward(self.emission, steps, &mut std::io::sink(), &failed)
        };
        let (before, main, after) = self.steps;
        Ok(Records { before: forward(before)?, main: forward(main)?, after: forward(after)? })
    }

    /// Writes the undo in one file or two.
    fn undo(&mut self, mut output: Output, records: Records) -> Result<()> {
        let failed = failure(&self.target_of_undo());
        let total = records.total();
        let kept = self.emission.records_kept()?;
        let head = self.subject.undo(&self.files, Undone { total, early: records.before, kept });
        put(&mut output, &self.shape.head(&head), &failed)?;
        let (before, main, after) = self.steps;
        let back = |output: &mut Output, steps: &[Step], last: u64| {
            self.shape.back(self.emission, steps, (last, total), output, &failed)
        };
        back(&mut output, after, total)?;
        back(&mut output, main, records.before + records.main)?;
        let mut path = self.files.undo.0.clone();
        if self.pauses.1 {
            let head = self.subject.second_undo(&self.files);
            let second = self.files.undo.1.clone();
            output = self.next(output, (path, second.clone()), &head)?;
            path = second;
            self.warn_of_pause("undo", &self.files.undo.clone());
        }
        let failed = failure(&self.target_of_undo());
        self.shape.back(self.emission, before, (records.before, total), &mut output, &failed)?;
        self.keep(output, path);
        Ok(())
    }

    fn target_of_undo(&self) -> Target {
        self.options.undo.as_deref().map_or(Target::Stdout, Target::named)
    }

    /// The second file, where there is one; else the first, with a comment that asks for a pause.
    fn next(
        &mut self,
        mut first: Output,
        (path, second): (Option<PathBuf>, Option<PathBuf>),
        head: &Head,
    ) -> Result<Output> {
        let Some(second) = second else {
            let note = self.shape.note(&self.subject.pause());
            first.write_all(&note).map_err(|e| first.error(e))?;
            return Ok(first);
        };
        self.keep(first, path);
        self.refuse_input(&second)?;
        let mut output = Output::create(&Target::File(second))?;
        output.write_all(&self.shape.head(head)).map_err(|e| output.error(e))?;
        Ok(output)
    }

    /// A second file may take the place of one from an earlier run, but not of an input.
    fn refuse_input(&self, path: &Path) -> Result<()> {
        let real = |path: &Path| path.canonicalize().ok();
        let inputs = [&self.options.old, &self.options.new];
        let is_input =
            real(path).is_some_and(|p| inputs.iter().any(|i| real(i).as_ref() == Some(&p)));
        if is_input {
            let fault = UsageFault::OutputIsInput { path: path.to_owned() };
            return Err(Error::new(ErrorKind::Usage(fault)));
        }
        Ok(())
    }

    fn warn_of_pause(&mut self, what: &str, files: &(Option<PathBuf>, Option<PathBuf>)) {
        let why = "it refers to names that other entries had before, and OpenLDAP's referential \
                   integrity works in the background";
        self.written.warnings.push(match files {
            (Some(first), Some(second)) => format!(
                "the {what} is two files, because {why}: apply `{}`, wait for some seconds, then \
                 apply `{}`",
                first.display(),
                second.display()
            ),
            _ => format!(
                "the {what} has a line `# pause here`, because {why}: apply what follows it some \
                 seconds later; written to a file it would be two files"
            ),
        });
    }
}

/// The error that stands behind a failed write to this target.
pub(super) fn failure(target: &Target) -> impl Fn(std::io::Error) -> Error + Sync + use<> {
    let path = target.path().to_owned();
    move |e| Error::io("write", &path, e)
}

/// Writes bytes; `failed` says what a refusal of the system means.
pub(super) fn put(
    output: &mut Output,
    bytes: &[u8],
    failed: &dyn Fn(std::io::Error) -> Error,
) -> Result<()> {
    output.write_all(bytes).map_err(failed)
}
