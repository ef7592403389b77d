//! What a value of `hob.yaml` can be.

use super::Fields;

/// What the value of a key is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text that is not empty.
    Text,
    /// The name of a host, group or stack: it becomes folders, labels and parts of names.
    Name,
    /// A Compose project name.
    Project,
    /// A domain.
    Domain,
    /// How a host is reached.
    Connect,
    /// An absolute path of a host.
    AbsolutePath,
    /// A path relative to the repository, in which `{host}`, `{stack}` and `*` may stand.
    Pattern,
    /// A path relative to the repository, in which `*` and `**` may stand.
    Glob,
    /// A stack, or `host/stack`.
    Need,
    /// An address, a network or an interface.
    Address,
    /// A text, a number, true or false.
    Scalar,
    /// True or false.
    Boolean,
    /// An amount of bytes.
    Size,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The code of a finding that `policy` can speak of.
    Rule,
    /// Severities by such codes. `false`, which YAML 1.1 makes of `off`, stands for it.
    Severities(&'static [&'static str]),
    /// A list.
    List(&'static Kind),
    /// One, or a list of them.
    OneOrList(&'static Kind),
    /// A mapping with names of the owner's choice.
    Names(&'static Kind),
    /// Variables, by name.
    Variables,
    /// A mapping with keys of any form.
    Map(&'static Kind),
    /// A mapping with fixed keys.
    Fields(&'static Fields),
    /// A short form, or a mapping with fixed keys.
    Either(&'static Kind, &'static Fields),
}

impl Kind {
    /// In words, as the manual has it.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Name => "name".into(),
            Self::Project => "project name".into(),
            Self::Domain => "domain".into(),
            Self::Connect => "address".into(),
            Self::AbsolutePath => "absolute path".into(),
            Self::Pattern | Self::Glob => "path pattern".into(),
            Self::Need => "stack, or `host/stack`".into(),
            Self::Address => "address or interface".into(),
            Self::Scalar => "text, number or truth value".into(),
            Self::Boolean => "truth value".into(),
            Self::Size => "amount of bytes".into(),
            Self::Choice(words) => quoted(words),
            Self::Rule => "code of a finding".into(),
            Self::Severities(words) => format!("by the code of a finding: {}", quoted(words)),
            Self::List(item) => format!("list of: {}", item.words()),
            Self::OneOrList(item) => format!("{}, or a list", item.words()),
            Self::Names(value) => format!("by name: {}", value.words()),
            Self::Variables => "variables by name".into(),
            Self::Map(value) => format!("mapping to: {}", value.words()),
            Self::Fields(fields) => fields.link(),
            Self::Either(short, fields) => format!("{}, or {}", short.words(), fields.link()),
        }
    }
}

fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
