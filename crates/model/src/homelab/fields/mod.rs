//! Everything that `hob.yaml` may say, in one table: the reader knows no other keys, and the schema
//! for editors and the tables of the manual are made from it.

mod kind;
mod manual;
mod schema;
mod table;

pub use kind::Kind;
pub use manual::manual;
pub use schema::schema;
pub use table::{
    ALL, ALLOW, GPU, GROUP, HOMELAB, HOST, LAYER, NETWORK, POLICY, SECRETS, STACK, STORAGE,
};
pub(crate) use table::{ARCHITECTURES, GPU_VENDORS, HOST_KINDS, SEVERITIES};

/// A mapping of `hob.yaml` whose keys are fixed.
#[derive(Debug)]
pub struct Fields {
    /// Where it stands, such as `hosts.*.storage[]`; empty for the whole file.
    pub path: &'static str,
    /// What it is about, as a heading of the manual.
    pub title: &'static str,
    /// Its keys, in the order in which they are explained.
    pub fields: &'static [Field],
}

/// One key.
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Whether it has to be there.
    pub presence: Presence,
    /// What counts if it is not there, in words; empty where nothing does.
    pub default: &'static str,
    /// The version of Hob that first knew it.
    pub since: &'static str,
    /// What it means, in one or two sentences without a final full stop.
    pub meaning: &'static str,
    /// A value, as YAML in one line.
    pub example: &'static str,
}

/// Whether a key has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It may be left out.
    Free,
    /// It has to be there.
    Needed,
    /// It has to be there, unless another key has a certain value.
    NeededUnless(&'static str, &'static str),
}

impl Fields {
    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.fields.iter().map(|field| field.key)
    }

    /// Whether one of the keys has to be there.
    fn has_required(&self) -> bool {
        self.fields.iter().any(|field| field.presence != Presence::Free)
    }
}
