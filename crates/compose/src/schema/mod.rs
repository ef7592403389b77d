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

use shape::{Object, Shape, Status};

/// What becomes of an attribute of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The typed project carries it, or the loader has dealt with it.
    Carried,
    /// It is accepted with a note (`inert-attribute`), and has no effect for this reason.
    Noted(&'static str),
    /// It is an error (`unsupported-attribute`), for this reason.
    Refused(&'static str),
}

/// An attribute of the specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its path, with `*` for names and `[]` for the items of a list: `services.*.ports[].target`.
    pub path: String,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// Every attribute of the specification, in the order of the table, what is in one after it.
pub fn attributes() -> Vec<Attribute> {
    let mut attributes = Vec::new();
    below(&service::PROJECT, "", &mut attributes);
    attributes
}

fn below(object: &Object, path: &str, attributes: &mut Vec<Attribute>) {
    for field in object.fields {
        let path = match path {
            "" => field.name.to_string(),
            _ => format!("{path}.{}", field.name),
        };
        let verdict = match field.status {
            Status::Carried => Verdict::Carried,
            Status::Inert(why) => Verdict::Noted(why),
            Status::Refused(why) => Verdict::Refused(why),
        };
        attributes.push(Attribute { path: path.clone(), verdict });
        // What is in something that has no effect has none either.
        if verdict == Verdict::Carried {
            inside(&field.shape, &path, attributes);
        }
    }
}

fn inside(shape: &Shape, path: &str, attributes: &mut Vec<Attribute>) {
    match shape {
        Shape::Object(object) => below(object, path, attributes),
        Shape::List(item) | Shape::Set(item) => inside(item, &format!("{path}[]"), attributes),
        Shape::Map(item) | Shape::Named(item) => inside(item, &format!("{path}.*"), attributes),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| inside(shape, path, attributes)),
        Shape::Scalar(_) | Shape::Choice(_) | Shape::Anything => {}
    }
}

/// The attributes of a service that [`crate::project::Service`] carries, in alphabetical order.
/// Every other attribute of the specification is a finding, see [`attributes`].
pub fn carried() -> Vec<&'static str> {
    let fields = service::SERVICE.fields.iter();
    fields.filter(|field| field.status == Status::Carried).map(|field| field.name).collect()
}
