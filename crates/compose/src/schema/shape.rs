//! How the table of known attributes is written down.

/// What an attribute may look like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Any of these scalars.
    Scalar(Scalars),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A list of that.
    List(&'static Shape),
    /// A list of that in which nothing stands twice.
    Set(&'static Shape),
    /// A mapping with free keys.
    Map(&'static Shape),
    /// A mapping with free keys of letters, digits, `.`, `_` and `-`.
    Named(&'static Shape),
    /// A mapping with these keys.
    Object(&'static Object),
    /// Any of these; the first one of the right kind counts.
    Either(&'static [Shape]),
    /// Anything at all.
    Anything,
}

/// A set of scalar kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scalars(u8);

impl Scalars {
    pub(crate) const fn has(self, other: Scalars) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn without(self, other: Scalars) -> Scalars {
        Scalars(self.0 & !other.0)
    }

    const fn and(self, other: Scalars) -> Scalars {
        Scalars(self.0 | other.0)
    }
}

pub(crate) const IS_TEXT: Scalars = Scalars(1);
pub(crate) const IS_BOOL: Scalars = Scalars(2);
pub(crate) const IS_INT: Scalars = Scalars(4);
pub(crate) const IS_NUMBER: Scalars = Scalars(8 | 4);
pub(crate) const IS_NULL: Scalars = Scalars(16);
/// A whole number that is not negative.
pub(crate) const IS_COUNT: Scalars = Scalars(32);

/// A mapping with fixed keys; `x-*` is always allowed beside them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    pub(crate) fields: &'static [Field],
    pub(crate) required: &'static [&'static str],
}

/// A known attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) status: Status,
}

/// What becomes of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// The typed project carries it, or the loader has dealt with it.
    Carried,
    /// It is accepted and has no effect on a single host, for this reason.
    Inert(&'static str),
    /// It is part of the specification and is refused, for this reason.
    Refused(&'static str),
}

pub(crate) const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, status: Status::Carried }
}

pub(crate) const fn inert(name: &'static str, shape: Shape, why: &'static str) -> Field {
    Field { name, shape, status: Status::Inert(why) }
}

pub(crate) const fn refused(name: &'static str, shape: Shape, why: &'static str) -> Field {
    Field { name, shape, status: Status::Refused(why) }
}

/// Why what only Swarm understands has no effect, or is refused.
pub(crate) const SWARM: &str = "only Swarm has it";
/// Why what only Windows understands has no effect, or is refused.
pub(crate) const WINDOWS: &str = "only Windows containers have it";

pub(crate) const TEXT: Shape = Shape::Scalar(IS_TEXT);
pub(crate) const INT: Shape = Shape::Scalar(IS_INT);
pub(crate) const NUMBER: Shape = Shape::Scalar(IS_NUMBER);
pub(crate) const BOOL: Shape = Shape::Scalar(IS_BOOL);
pub(crate) const BOOL_OR_TEXT: Shape = Shape::Scalar(IS_BOOL.and(IS_TEXT));
pub(crate) const INT_OR_TEXT: Shape = Shape::Scalar(IS_INT.and(IS_TEXT));
pub(crate) const COUNT_OR_TEXT: Shape = Shape::Scalar(IS_COUNT.and(IS_TEXT));
pub(crate) const NUMBER_OR_TEXT: Shape = Shape::Scalar(IS_NUMBER.and(IS_TEXT));
pub(crate) const TEXT_OR_NULL: Shape = Shape::Scalar(IS_TEXT.and(IS_NULL));
pub(crate) const NULL: Shape = Shape::Scalar(IS_NULL);
pub(crate) const SCALAR: Shape = Shape::Scalar(IS_TEXT.and(IS_NUMBER).and(IS_BOOL).and(IS_NULL));
const PLAIN: Shape = Shape::Scalar(IS_TEXT.and(IS_NUMBER).and(IS_BOOL));

pub(crate) const TEXTS: Shape = Shape::List(&TEXT);
pub(crate) const TEXT_SET: Shape = Shape::Set(&TEXT);
pub(crate) const TEXT_OR_TEXTS: Shape = Shape::Either(&[TEXT, TEXT_SET]);
pub(crate) const LIST_OR_MAP: Shape = Shape::Either(&[Shape::Map(&SCALAR), TEXT_SET]);
pub(crate) const OPTIONS: Shape = Shape::Map(&NUMBER_OR_TEXT);
pub(crate) const COMMAND: Shape = Shape::Either(&[NULL, TEXT, TEXTS]);
pub(crate) const PLAIN_OR_LIST: Shape = Shape::Either(&[PLAIN, Shape::List(&PLAIN)]);
