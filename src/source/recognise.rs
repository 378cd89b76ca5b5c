//! Which server wrote an export, and what tells it.

use crate::input::Input;
use crate::schema::Schema;
use crate::server::Server;
use crate::source::{ReadOptions, Source};

/// What tells the server that wrote an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// An attribute that only this server writes.
    pub attribute: String,
    /// The line it is on.
    pub line: u64,
}

/// The server that somebody said, or the one that wrote an export and what told it.
pub fn server_of(
    said: Option<Server>,
    export: &Input,
    reading: &ReadOptions,
) -> (Server, Option<Mark>) {
    match said {
        Some(server) => (server, None),
        None => Source::new(export, Schema::builtin(), reading.clone()).recognised(),
    }
}

impl Source<'_> {
    /// The server that wrote an export, by the attributes of its first thousand entries.
    pub fn server(&self) -> Server {
        self.recognised().0
    }

    /// The same, and the first attribute that says so, with the line that it is on.
    pub fn recognised(&self) -> (Server, Option<Mark>) {
        let mut cutter = self.cut(0..self.text.len());
        for _ in 0..1000 {
            let Some(Ok(cut)) = cutter.next_record(None) else { break };
            let Ok(entry) = self.entry(cut.extent) else { continue };
            let names: Vec<&[u8]> =
                entry.attributes.iter().map(|a| a.description.as_ref()).collect();
            if let Some((server, name)) = Server::marked(&names) {
                let place = self.place_of_attribute(cut.extent, name);
                let attribute = String::from_utf8_lossy(name).into_owned();
                return (server, Some(Mark { attribute, line: place.position.line }));
            }
        }
        (Server::Generic, None)
    }
}
