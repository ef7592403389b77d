//! The known attributes, what they may look like, and which of them the typed project carries.

mod check;
mod deploy;
mod parts;
mod sections;
mod service;
mod shape;
mod suggest;

pub(crate) use check::{check, check_include};
pub(crate) use suggest::closest;

use shape::Status;

/// The attributes of a service that [`crate::project::Service`] carries, in alphabetical order.
/// Every other attribute of the specification is a finding with the code `unsupported-attribute`.
pub fn carried() -> Vec<&'static str> {
    let fields = service::SERVICE.fields.iter();
    fields.filter(|field| field.status == Status::Carried).map(|field| field.name).collect()
}
