//! Hosts that are declared and not managed yet.

use hob_model::{Homelab, Selection};
use serde_json::{Value, json};

use crate::style::{QUIET, paint};

/// A line for each selected one.
pub(crate) fn text(homelab: &Homelab, selection: &Selection) -> String {
    let selected = homelab.unmanaged().filter(|(name, _)| selection.has_host(name));
    let lines = selected.map(|(name, host)| {
        let kind = host.machine.kind;
        format!("{} {name}: a {kind} host, not managed yet\n", paint(QUIET, "-"))
    });
    lines.collect()
}

/// The same, as data.
pub(crate) fn data(homelab: &Homelab, selection: &Selection) -> Value {
    let selected = homelab.unmanaged().filter(|(name, _)| selection.has_host(name));
    selected
        .map(|(name, host)| json!({ "host": name, "kind": host.machine.kind.to_string() }))
        .collect()
}
