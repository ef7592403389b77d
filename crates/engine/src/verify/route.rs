//! Services that are to be reached by a name. Nobody is asked: the names in a homelab's files lead
//! to whatever gateway it has, and Hob has none of its own yet that could be held to them.

use crate::{
    check::{Answer, Check, Kind},
    standing::Declared,
};

/// Names that a message shows.
const NAMED_MAX: usize = 3;

pub(super) fn judge(declared: &Declared<'_>) -> Option<Check> {
    let labels = declared.service.spec.labels.iter();
    let mut names: Vec<String> = labels
        .filter(|(key, _)| key.starts_with("traefik.http.routers.") && key.ends_with(".rule"))
        .flat_map(|(_, rule)| names_of(rule.expose()))
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return None;
    }
    let more = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let says =
        format!("{}{more}: not asked, because Hob has no gateway of its own yet", names.join(", "));
    Some(declared.check(Kind::Route, "route", Answer::Skipped, says))
}

/// The names in rules such as ``Host(`a.example`, `b.example`) && PathPrefix(`/x`)``.
fn names_of(rule: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in rule.split("Host(").skip(1) {
        let inside = part.split(')').next().unwrap_or_default();
        let quoted = inside.split(',').map(|name| name.trim().trim_matches(['`', '"', '\'']));
        names.extend(quoted.filter(|name| !name.is_empty()).map(str::to_owned));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::names_of;

    #[test]
    fn names_stand_in_rules() {
        assert_eq!(names_of("Host(`a.example`) && PathPrefix(`/x`)"), ["a.example"]);
        assert_eq!(names_of("Host(`a.example`, `b.example`)"), ["a.example", "b.example"]);
        assert_eq!(names_of("Host(`a.example`) || Host(`b.example`)"), ["a.example", "b.example"]);
        assert!(names_of("PathPrefix(`/x`)").is_empty());
    }
}
