//! What to try when something goes wrong on a host.

use hob_host::HostErrorKind;

/// What to try, if there is something to try.
pub fn hint(kind: &HostErrorKind) -> Option<String> {
    kind.hint()
}
