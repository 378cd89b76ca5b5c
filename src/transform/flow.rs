//! Input after input through the workers: mapped where a file allows it, else as it flows.

use std::ffi::OsStr;
use std::io::Write;
use std::ops::Range;
use std::path::Path;

use crate::attribute::{CLASSES_STAY, is_object_class};
use crate::change::Record;
use crate::error::{Error, ErrorKind, Result};
use crate::input::{Flow, Input, InputOptions};
use crate::join::find_continued;
use crate::jsonl;
use crate::ldif::deviation::Deviation;
use crate::ldif::scan::split;
use crate::output::Output;
use crate::parallel::Pool;
use crate::schema::Schema;
use crate::scope::Selector;
use crate::server::Server;
use crate::source::{
    Form, Kind, ReadOptions, Reading, Source, ends_in_a_value, of_encoding, of_end, refuse_cut,
    refuse_deviating,
};
use crate::text::number_of;
use crate::transform::edit::{Edits, ServerOnly};
use crate::transform::reader::{Done, Worker};
use crate::transform::shape::Shape;
use crate::transform::sort::{Sink, part_within};
use crate::transform::{Format, InputFormat, Options, Report};

/// How much text a worker takes at a time at most, in bytes.
const PART: usize = 1 << 20;
/// How much text a stream may hold before a record ends, in bytes: more is no record.
const MOST: usize = u32::MAX as usize;

/// What stays the same for all inputs.
pub(super) struct Setting<'r> {
    pub(super) options: &'r Options,
    pub(super) schema: &'r Schema,
    pub(super) pool: &'r Pool,
    pub(super) edits: Edits<'r>,
    pub(super) selector: Selector<'r>,
    pub(super) shape: Shape<'r>,
}

/// What has come of the inputs so far.
pub(super) struct Course {
    pub(super) sink: Sink,
    pub(super) rejects: Option<Output>,
    pub(super) report: Report,
    /// Whether what comes before all records was written.
    begun: bool,
    /// What the records so far were.
    form: Option<Form>,
    /// How many inputs have no end after their last line.
    pub(super) unfinished: u64,
}

/// A part of a stream: whole records, and how many lines came before.
struct Block {
    text: Vec<u8>,
    lines_before: u64,
    is_last: bool,
}

/// Takes one input from its beginning to its end.
pub(super) fn input(
    setting: &Setting<'_>,
    course: &mut Course,
    path: &Path,
    files: &InputOptions<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<()> {
    if Input::is_plain(path) {
        let input = Input::open(path, files)?;
        let format = setting.format(path, input.bytes());
        if setting.is_strict(format) {
            refuse_deviating(&input)?;
        }
        whole(setting, course, &input, format, progress)?;
        return input.verify_unchanged();
    }
    let mut flow = Flow::open(path, files)?;
    let mut begun = Vec::new();
    let name = flow.name();
    let mut wanted = PART;
    let (format, kind) = loop {
        while begun.len() < wanted && flow.read(&mut begun)? {}
        let format = setting.format(path, &begun);
        let first = setting.first(&setting.source(&name, &begun, 0), format);
        // A record that reaches to the end of what was read may not be whole.
        match first {
            Some((end, kind)) if end < begun.len() => break (format, Some(kind)),
            _ if begun.len() < wanted => break (format, first.map(|(_, kind)| kind)),
            _ => wanted *= 2,
        }
    };
    // An export in which a later record continues an entry is read at random.
    if kind == Some(Kind::Add) && format == InputFormat::Ldif {
        let input = flow.settle(&begun)?;
        whole(setting, course, &input, format, progress)?;
        return input.verify_unchanged();
    }
    let source = setting.source(&name, &begun, 0);
    if let Some(deviation) = of_encoding(flow.encoding()).filter(|_| setting.is_strict(format)) {
        return Err(source.error(deviation.into(), 0, 0));
    }
    let worker = setting.worker(&source, format, course.form(kind));
    let mut blocks = Blocks::new(flow, begun, format, setting.part());
    flowing(setting, course, &worker, &mut blocks, progress)?;
    blocks.flow.verify_unchanged()
}

fn whole(
    setting: &Setting<'_>,
    course: &mut Course,
    input: &Input,
    format: InputFormat,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<()> {
    if format == InputFormat::Ldif {
        refuse_cut(input.name(), input.bytes())?;
        course.ends(input.bytes());
    }
    let mut source = setting.source(input.name(), input.bytes(), 0);
    let kind = setting.first(&source, format).map(|(_, kind)| kind);
    if kind == Some(Kind::Add) && format == InputFormat::Ldif {
        find_continued(setting.pool, &mut source);
    }
    let worker = setting.worker(&source, format, course.form(kind));
    let mut parts = split_by(format, source.text, setting.part()).into_iter();
    let mut reading = Reading::default();
    setting.pool.pipe(
        || parts.next(),
        |range: Range<usize>| {
            progress(range.len() as u64);
            worker.part(&source, range, format)
        },
        |done| course.take(setting, done?, &source, &mut reading),
    )?;
    ended(&reading, &source)
}

/// Refuses an input whose last text ends before its search does.
fn ended(reading: &Reading, source: &Source<'_>) -> Result<()> {
    match reading.end(source.text) {
        Some((kind, at)) => Err(source.error(kind, at, 0)),
        None => Ok(()),
    }
}

fn flowing(
    setting: &Setting<'_>,
    course: &mut Course,
    worker: &Worker<'_>,
    blocks: &mut Blocks<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<()> {
    let (name, format) = (blocks.flow.name(), blocks.format);
    let mut reading = Reading::default();
    setting.pool.pipe(
        || blocks.next().transpose(),
        |block: Result<Block>| {
            let block = block?;
            progress(block.text.len() as u64);
            let source = setting.source(&name, &block.text, block.lines_before);
            if block.is_last && format == InputFormat::Ldif {
                setting.end(&source)?;
            }
            let done = worker.part(&source, 0..block.text.len(), format)?;
            Ok((done, block))
        },
        |done: Result<(Done, Block)>| {
            let (done, block) = done?;
            if block.is_last && format == InputFormat::Ldif {
                course.ends(&block.text);
            }
            let source = setting.source(&name, &block.text, block.lines_before);
            course.take(setting, done, &source, &mut reading)?;
            if block.is_last { ended(&reading, &source) } else { Ok(()) }
        },
    )
}

impl Setting<'_> {
    /// What an input holds: as it is said, by its name, or by its first byte.
    fn format(&self, path: &Path, text: &[u8]) -> InputFormat {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let name = name.strip_suffix(".zst").or(name.strip_suffix(".gz")).unwrap_or(name);
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        let by_name = match extension.as_deref() {
            Some("ldif" | "ldf") => Some(InputFormat::Ldif),
            Some("jsonl" | "ndjson" | "json") => Some(InputFormat::Jsonl),
            _ => None,
        };
        let mut lines = text.split(|&b| b == b'\n').map(<[u8]>::trim_ascii_start);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#"));
        let by_content = match first.and_then(<[u8]>::first) {
            Some(b'{') => InputFormat::Jsonl,
            _ => InputFormat::Ldif,
        };
        self.options.input_format.or(by_name).unwrap_or(by_content)
    }

    /// How much text a worker takes at a time.
    fn part(&self) -> usize {
        match self.options.sort {
            true => part_within(self.options.memory, self.pool.threads()).min(PART),
            false => PART,
        }
    }

    fn is_strict(&self, format: InputFormat) -> bool {
        self.options.reading.strict && format == InputFormat::Ldif
    }

    /// Refuses the end of a stream that was cut, and under `--strict` one that is not that of its
    /// last record.
    fn end(&self, last: &Source<'_>) -> Result<()> {
        if ends_in_a_value(last.text) {
            return Err(last.error(ErrorKind::CutValue, last.text.len() as u64, 0));
        }
        match of_end(last.text).filter(|_| self.options.reading.strict) {
            Some((deviation, at)) => Err(last.error(deviation.into(), at as u64, 0)),
            None => Ok(()),
        }
    }

    fn source<'i>(&'i self, name: &'i str, text: &'i [u8], lines_before: u64) -> Source<'i> {
        let options = ReadOptions { rebase: None, ..self.options.reading.clone() };
        Source { lines_before, ..Source::of_text(name, text, self.schema, options) }
    }

    /// Where the first record of an input ends, and what it is.
    fn first(&self, source: &Source<'_>, format: InputFormat) -> Option<(usize, Kind)> {
        match format {
            InputFormat::Jsonl => {
                json_records(source.text).next().map(|(end, record)| (end, Kind::of(&record)))
            }
            InputFormat::Ldif => {
                source.first_labelled().map(|(extent, kind)| (extent.range().end, kind))
            }
        }
    }

    /// A worker for an input, of which the beginning is enough: a pipe and a file of the same
    /// records are read alike.
    fn worker(&self, first: &Source<'_>, format: InputFormat, form: Form) -> Worker<'_> {
        let head = &first.text[..first.text.len().min(PART)];
        let server = || match format {
            InputFormat::Ldif => self.source(first.name, head, 0).server(),
            InputFormat::Jsonl => server_of_json(head),
        };
        let server = self.options.server.unwrap_or_else(server);
        Worker {
            schema: self.schema,
            selector: &self.selector,
            edits: &self.edits,
            shape: &self.shape,
            server_only: ServerOnly::of(self.schema, server),
            form,
            sorts: self.options.sort,
            keep_going: self.options.keep_going,
        }
    }
}

/// The records of JSON lines, each with its end, as far as they can be read.
fn json_records(text: &[u8]) -> impl Iterator<Item = (usize, Record<'static>)> {
    let mut end = 0;
    text.split_inclusive(|&b| b == b'\n').filter_map(move |line| {
        end += line.len();
        jsonl::read(line.trim_ascii_end()).ok().map(|(_, record)| (end, record))
    })
}

/// The server that wrote an export, by the attributes of its first thousand entries.
fn server_of_json(text: &[u8]) -> Server {
    let entries = json_records(text).take(1000).filter_map(|(_, record)| match record {
        Record::Content(entry) => Some(entry),
        Record::Change(_) => None,
    });
    let mut servers = entries.filter_map(|entry| {
        let names = entry.attributes.iter().map(|a| a.description.as_ref());
        Server::of_attributes(&names.collect::<Vec<_>>())
    });
    servers.next().unwrap_or(Server::Generic)
}

impl Course {
    pub(super) fn new(sink: Sink, rejects: Option<Output>) -> Course {
        Course { sink, rejects, report: Report::default(), begun: false, form: None, unfinished: 0 }
    }

    /// What all records are: what the first of them was, in whichever input it stood.
    fn form(&mut self, first: Option<Kind>) -> Form {
        let first = first.map(Form::of);
        self.form = self.form.or(first);
        self.form.unwrap_or(Form::Content)
    }

    /// Notes how an input ends.
    fn ends(&mut self, text: &[u8]) {
        let is_unfinished = matches!(of_end(text), Some((Deviation::NoFinalNewline, _)));
        self.unfinished += u64::from(is_unfinished);
    }

    /// What should be known when all inputs have gone by.
    pub(super) fn warnings(&self, setting: &Setting<'_>) -> Vec<String> {
        let mut said = Vec::new();
        if self.unfinished > 0 {
            let inputs = number_of(self.unfinished, "input has", "inputs have");
            let shows = setting.options.format == Format::Ldif && self.report.written > 0;
            let output =
                if shows { " (the output has none either, so that `diff` sees it)" } else { "" };
            said.push(format!(
                "{inputs} no line end after the last line{output}: is all of it there?"
            ));
        }
        if self.report.emptied > 0 {
            let records = number_of(self.report.emptied, "record was", "records were");
            said.push(format!("{records} left out: none of the attributes was to stay"));
        }
        if self.report.written > 0 {
            let record =
                if self.report.rejected > 0 { "record that could be read" } else { "record" };
            said.extend(setting.edits.unmet(record));
            said.extend(setting.edits.unmet_suffix(record));
            said.extend(setting.edits.subtypes());
            said.extend(setting.edits.meetings().filter(|_| !setting.options.sort));
        }
        said.extend(setting.shape.unplaced());
        if setting.options.exclude_attributes.iter().any(|name| is_object_class(name)) {
            said.push(CLASSES_STAY.to_owned());
        }
        if setting.edits.hides() && self.rejects.is_some() && self.report.rejected > 0 {
            said.push(
                "the rejects are the records as they were, with what was to be hidden".to_owned(),
            );
        }
        said
    }

    /// Takes what came of the next part, unless the input says that it is not whole.
    fn take(
        &mut self,
        setting: &Setting<'_>,
        done: Done,
        source: &Source<'_>,
        reading: &mut Reading,
    ) -> Result<()> {
        let versioned = done.notes.versions.iter().any(|&(_, records)| records == 0);
        self.begin(setting, versioned)?;
        let noted = reading.of(&done.notes);
        self.sink.put(&done.text, done.keyed)?;
        if let Some(out) = &mut self.rejects {
            out.write_all(&done.rejects).map_err(|e| out.error(e))?;
        }
        let Report { read, written, rejected, emptied, .. } = done.report;
        self.report.read += read;
        self.report.written += written;
        self.report.rejected += rejected;
        self.report.emptied += emptied;
        if let Some((kind, at)) = noted.faults.into_iter().next() {
            return Err(source.error(kind, at, 0));
        }
        match noted.deviations.first().filter(|_| source.options.strict) {
            Some(&(deviation, at)) => Err(source.error(deviation.into(), at, 0)),
            None => Ok(()),
        }
    }

    /// Writes what comes before all records, once.
    pub(super) fn begin(&mut self, setting: &Setting<'_>, versioned: bool) -> Result<()> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        self.sink.head(&setting.shape.head(versioned || setting.options.version_line))
    }
}

/// The parts of a text, each of whole records.
fn split_by(format: InputFormat, text: &[u8], part: usize) -> Vec<Range<usize>> {
    match format {
        InputFormat::Ldif => split(text, part),
        InputFormat::Jsonl => {
            let mut parts = Vec::new();
            let mut start = 0;
            while start < text.len() {
                let at = (start + part).min(text.len());
                let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n + 1);
                parts.push(start..end);
                start = end;
            }
            parts
        }
    }
}

/// A stream in blocks of whole records.
struct Blocks<'p> {
    flow: Flow<'p>,
    rest: Vec<u8>,
    format: InputFormat,
    /// How much text a block holds at least, but for the last.
    part: usize,
    lines_before: u64,
    ended: bool,
}

impl<'p> Blocks<'p> {
    /// The stream of which `begun` was read.
    fn new(flow: Flow<'p>, begun: Vec<u8>, format: InputFormat, part: usize) -> Blocks<'p> {
        Blocks { flow, rest: begun, format, part, lines_before: 0, ended: false }
    }

    fn next(&mut self) -> Result<Option<Block>> {
        let mut seen = 0;
        while !self.ended {
            // Only where something follows is it known that it is not the last.
            if self.rest.len() >= self.part
                && let Some(end) = self.last_end(seen).filter(|&end| end < self.rest.len())
            {
                let rest = self.rest.split_off(end);
                return Ok(Some(self.block(rest)));
            }
            seen = self.rest.len().saturating_sub(3);
            match self.flow.read(&mut self.rest) {
                Ok(more) => {
                    self.ended = !more;
                    if self.rest.len() > MOST {
                        self.ended = true;
                        return Err(Error::new(ErrorKind::RecordTooLarge));
                    }
                }
                Err(error) => {
                    self.ended = true;
                    self.rest.clear();
                    return Err(error);
                }
            }
        }
        Ok((!self.rest.is_empty()).then(|| self.block(Vec::new())))
    }

    /// What is held as a block, with `rest` for the next.
    fn block(&mut self, rest: Vec<u8>) -> Block {
        let text = std::mem::replace(&mut self.rest, rest);
        let lines_before = self.lines_before;
        self.lines_before += memchr::memchr_iter(b'\n', &text).count() as u64;
        Block { text, lines_before, is_last: self.ended }
    }

    /// Where the last whole record in what is held ends; what stands before `seen` was looked at.
    fn last_end(&self, seen: usize) -> Option<usize> {
        let text = &self.rest[seen..];
        let ends = memchr::memrchr_iter(b'\n', text).map(|at| seen + at + 1);
        match self.format {
            InputFormat::Jsonl => ends.into_iter().next(),
            InputFormat::Ldif => ends.into_iter().find(|&end| {
                let before = &self.rest[..end - 1];
                let line = before.strip_suffix(b"\r").unwrap_or(before);
                line.last() == Some(&b'\n')
            }),
        }
    }
}
