//! What keeps a template from being read, or a change from being written through it.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use crate::error::{ExpressionFault, ExpressionFaultKind};

/// What keeps a template from being read, or a change from being written through it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateFault {
    /// It cannot be read, or computed of a change.
    Expression(ExpressionFault),
    /// It is no text.
    NotUtf8,
    /// An expression stands in the folder of `--each`.
    Folder,
    /// Two changes give one file.
    NameTwice {
        /// The file.
        path: PathBuf,
    },
    /// Something else than a regular file has the name.
    NotAFile {
        /// The file.
        path: PathBuf,
    },
}

impl TemplateFault {
    /// What to do.
    pub fn hint(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            TemplateFault::Expression(fault) => match of_template(&fault.kind) {
                Some(hint) => hint,
                None => fault.hint(),
            },
            TemplateFault::NotUtf8 => "convert it: `iconv -f … -t UTF-8`",
            TemplateFault::Folder => {
                "the folder is a fixed one, and there already: `--each 'cards/{{ uid }}.vcf'`"
            }
            TemplateFault::NameTwice { .. } => {
                "name the files by what no two records share: `{{ uid }}`, `{{ entryUUID }}`"
            }
            TemplateFault::NotAFile { .. } => {
                "a link might lead out of the folder: remove it, or name another folder"
            }
        })
    }

    /// The message; `path` shows a path.
    pub(super) fn describe(
        &self,
        path: &dyn Fn(&std::path::Path) -> String,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        match self {
            TemplateFault::Expression(fault) => write!(f, "{fault}"),
            TemplateFault::NotUtf8 => f.write_str("expected UTF-8, but found other bytes"),
            TemplateFault::Folder => f.write_str(
                "expected expressions behind the last `/` of `--each` alone, but found one before it",
            ),
            TemplateFault::NameTwice { path: twice } => {
                write!(f, "expected a file for each change, but found two for `{}`", path(twice))
            }
            TemplateFault::NotAFile { path: held } => write!(
                f,
                "expected a regular file or nothing at `{}`, but found something else",
                path(held)
            ),
        }
    }
}

/// What to do in a template, where it is something else than in a flow.
fn of_template(kind: &ExpressionFaultKind) -> Option<&'static str> {
    Some(match kind {
        ExpressionFaultKind::TextTooLong { .. } | ExpressionFaultKind::TooDeep { .. } => {
            "make it shorter: what is the same for all changes need not be in it"
        }
        ExpressionFaultKind::Unsupported { .. } => {
            "`{{ … }}`, `{% if … %}` and `{% for one in all %}` are all there is; the filters are those of mapping files"
        }
        ExpressionFaultKind::UnknownName { .. } => {
            "name a column of the table, `old.` and one, `change.kind` or `change.table`"
        }
        ExpressionFaultKind::SeveralValues { .. } | ExpressionFaultKind::NoValue { .. } => {
            "`| first` takes one, `| join(', ')` makes one of them, `{% for one in all %}` has each"
        }
        ExpressionFaultKind::OutOfFuel { .. } | ExpressionFaultKind::TooLarge { .. } => {
            "make less of each change"
        }
        _ => return None,
    })
}
