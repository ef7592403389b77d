//! The Compose Specification as a pure function: files in, project and findings out.
//!
//! The crate does no I/O and reads no environment: [`Files`] and [`LoadOptions`] bring all of it,
//! so the same arguments always give the same result. Work happens on a [`tree`] in which every
//! value knows its file, line and column and through what it came; typed structs ([`project`])
//! come last. All faults of the input are collected as [`Finding`]s, not only the first one.
//!
//! ```
//! use hob_compose::{LoadOptions, MemoryFiles, load};
//!
//! let files = MemoryFiles::new()
//!     .with("/srv/lab/compose.yaml", "services: {web: {image: \"nginx:${TAG}\", prots: [80]}}");
//! let options = LoadOptions {
//!     files: vec!["/srv/lab/compose.yaml".into()],
//!     working_dir: "/srv/lab".into(),
//!     environment: [("TAG".to_string(), "1.27".to_string())].into(),
//!     ..LoadOptions::default()
//! };
//! let loaded = load(&options, &files);
//!
//! assert_eq!(
//!     loaded.findings[0].line(),
//!     "/srv/lab/compose.yaml:1:41: error[unknown-attribute] services.web.prots: \
//!      Compose does not know the attribute prots (did you mean ports?)"
//! );
//! let project = loaded.project.expect("it loads as far as it can");
//! assert_eq!(project.name, "lab");
//! assert_eq!(project.services["web"].image.as_deref(), Some("nginx:1.27"));
//! ```
//!
//! The way of a project through the crate, one module per stage:
//!
//! | stage | module | what it does |
//! | --- | --- | --- |
//! | parse | [`tree`] | YAML with places: anchors, merge keys, duplicate keys, scalars |
//! | interpolate | `interpolate`, `template` | `${VARIABLES}` in values, casts |
//! | compose | `load` | documents, `include`, `!reset`, `extends`, file over file |
//! | merge | `merge`, `unique` | the tables of what replaces, appends and is unique |
//! | check | [`schema`] | known attributes and their kinds |
//! | canonical | `canonical`, `defaults` | short forms become long ones |
//! | complete | `paths`, `normalise`, `profiles`, `env_file` | what is implied or lies in files |
//! | agree | `consistency` | references, exclusions, cycles |
//! | bind | [`project`] | typed structs |
//!
//! [`codes`] lists every kind of finding, [`render`] prints a project as
//! `docker compose config --format json` does.

#![cfg_attr(test, allow(clippy::panic, clippy::unwrap_used, reason = "tests may panic"))]

mod bind;
mod canonical;
pub mod codes;
pub mod config_hash;
mod consistency;
mod defaults;
pub mod dotenv;
mod env_file;
mod explain;
pub mod files;
pub mod finding;
mod interpolate;
pub mod limits;
mod load;
mod merge;
mod normalise;
#[cfg(any(test, feature = "oracles"))]
#[doc(hidden)]
pub mod oracles;
mod path;
mod paths;
mod profiles;
pub mod project;
pub mod render;
mod reset;
pub mod schema;
mod template;
mod templated;
pub mod tree;
mod unique;
mod units;
mod unread;
mod uses;
pub mod variables;
mod ways;
mod words;

pub use explain::{Explained, Set, Station, Used, Way};
pub use files::{FileError, Files, Kind, MemoryFiles};
pub use finding::{Finding, Place, Related, Severity};
pub use load::{LoadOptions, Loaded, Part, load, merged};
