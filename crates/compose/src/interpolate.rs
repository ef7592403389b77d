//! `${VARIABLES}` in the values of a tree, then the casts that make numbers and booleans of text.
//! Keys are never touched.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::limits::{MOST_TEXT, has_room};
use crate::path::Path;
use crate::template::{Problem, ProblemKind, substitute};
use crate::tree::{Data, Node};

/// Interpolates every value below `node`; how many bytes that added.
pub(crate) fn interpolate(
    node: &mut Node,
    environment: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) -> usize {
    let lookup = |name: &str| environment.get(name).map(String::as_str);
    let mut added = 0;
    walk(node, &Path::ROOT, &lookup, &mut added, findings);
    added
}

fn walk<'v>(
    node: &mut Node,
    path: &Path<'_>,
    lookup: &dyn Fn(&str) -> Option<&'v str>,
    added: &mut usize,
    findings: &mut Vec<Finding>,
) {
    match &mut node.data {
        Data::Mapping(mapping) => {
            for entry in &mut mapping.entries {
                walk(&mut entry.value, &path.key(&entry.key.name), lookup, added, findings);
            }
        }
        Data::Sequence(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk(item, &path.item(index), lookup, added, findings);
            }
        }
        // There is an error already: what follows stays as it is written.
        Data::String(_) if *added > MOST_TEXT => {}
        Data::String(text) => {
            let written = std::mem::take(text);
            let mut problems = Vec::new();
            let value = match written.contains('$') {
                true => substitute(&written, lookup, &mut problems),
                false => written.clone(),
            };
            let broken = problems.iter().any(|p| !matches!(p.kind, ProblemKind::Undefined { .. }));
            for problem in &problems {
                let is_error = !matches!(problem.kind, ProblemKind::Undefined { .. });
                if has_room(findings, is_error) {
                    findings.push(describe(problem, &written, node).on(path));
                }
            }
            *added += value.len().saturating_sub(written.len());
            if *added > MOST_TEXT {
                findings.push(too_much_text().about(node).on(path));
            }
            node.data = match path.matches(cast_of) {
                // The text is not what its author meant: one finding is enough.
                Some(cast) if !broken => cast_text(cast, value, node, path, findings),
                _ => Data::String(value),
            };
        }
        Data::Null | Data::Bool(_) | Data::Int(_) | Data::Float(_) => {}
    }
}

fn too_much_text() -> Finding {
    Finding::error("too-much-text", "variables make more of the text than anybody needs")
        .hint("give the variables shorter values, or use them less often")
}

fn describe(problem: &Problem, written: &str, node: &Node) -> Finding {
    let nth = written[..problem.at].matches(problem.text.as_str()).count();
    let place = node.span.place_of(&problem.text, nth);
    let finding = match &problem.kind {
        ProblemKind::Undefined { name } => Finding::warning(
            "undefined-variable",
            format!("the variable {name} is not set, so it is empty here"),
        )
        .hint(format!(
            "set {name} in the environment or in .env, give a default as in ${{{name}:-value}}, \
             or write $${name} if a dollar sign is meant"
        )),
        ProblemKind::Required { name, message } => {
            let message = match message.as_str() {
                "" => format!("the variable {name} is required and has no value"),
                message => format!("the variable {name} is required and has no value: {message}"),
            };
            Finding::error("required-variable", message)
                .hint(format!("set {name} in the environment or in .env"))
        }
        ProblemKind::TooLong => too_much_text(),
        ProblemKind::Invalid => {
            Finding::error("invalid-template", format!("{} cannot be read", problem.text)).hint(
                "write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${NAME:+value}; \
                     write $$ if a dollar sign is meant",
            )
        }
    };
    finding.at(place)
}

/// What text at a place is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cast {
    Int,
    Float,
    Bool,
}

fn cast_of(path: &[&str]) -> Option<Cast> {
    match path {
        ["services", _, rest @ ..] => service_cast(rest),
        ["networks", _, "external" | "internal" | "attachable" | "enable_ipv4" | "enable_ipv6"]
        | ["volumes" | "secrets" | "configs", _, "external"] => Some(Cast::Bool),
        _ => None,
    }
}

fn service_cast(path: &[&str]) -> Option<Cast> {
    use Cast::{Bool, Float, Int};
    Some(match path {
        [
            "cpu_count" | "cpu_period" | "cpu_quota" | "cpu_rt_period" | "cpu_rt_runtime"
            | "cpu_shares" | "oom_score_adj" | "pids_limit" | "scale",
        ]
        | ["healthcheck", "retries"]
        | ["ports", "[]", "target"]
        | ["ulimits", _]
        | ["ulimits", _, "soft" | "hard"]
        | ["deploy", "replicas"]
        | ["deploy", "update_config" | "rollback_config", "parallelism"]
        | ["deploy", "restart_policy", "max_attempts"]
        | ["deploy", "placement", "max_replicas_per_node"] => Int,
        ["cpus" | "cpu_percent"]
        | ["deploy", "update_config" | "rollback_config", "max_failure_ratio"] => Float,
        ["init" | "oom_kill_disable" | "privileged" | "read_only" | "stdin_open" | "tty"]
        | ["depends_on", _, "required" | "restart"]
        | ["healthcheck", "disable"]
        | ["volumes", "[]", "read_only"]
        | ["volumes", "[]", "volume", "nocopy"]
        | ["volumes", "[]", "bind", "create_host_path"]
        | ["attach"]
        | ["build", "no_cache" | "privileged" | "pull"]
        | ["env_file", "[]", "required"]
        | ["post_start" | "pre_start" | "pre_stop", "[]", "privileged"]
        | ["pre_start", "[]", "per_replica"] => Bool,
        _ => return None,
    })
}

fn cast_text(
    cast: Cast,
    text: String,
    node: &Node,
    path: &Path<'_>,
    findings: &mut Vec<Finding>,
) -> Data {
    let (data, wanted) = match cast {
        Cast::Int => (text.parse().ok().map(Data::Int), "a whole number"),
        Cast::Float => {
            (text.parse().ok().filter(|n: &f64| n.is_finite()).map(Data::Float), "a number")
        }
        Cast::Bool => (boolean(&text).map(Data::Bool), "true or false"),
    };
    let Some(data) = data else {
        let written =
            if text.is_empty() { "an empty text".to_string() } else { format!("{text:?}") };
        let finding = Finding::error("wrong-type", format!("{written} is not {wanted}"));
        findings.push(finding.about(node).on(path));
        return Data::String(text);
    };
    if cast == Cast::Bool && !matches!(text.to_lowercase().as_str(), "true" | "false") {
        let value = if data == Data::Bool(true) { "true" } else { "false" };
        findings.push(
            Finding::warning("old-boolean", format!("{text} is a boolean only in YAML 1.1"))
                .about(node)
                .on(path)
                .hint(format!("write {value}")),
        );
    }
    data
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "y" | "yes" | "on" => Some(true),
        "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::parse;

    /// `V` is `v`, `N` is `7`; the tree as JSON, then the findings.
    fn check(yaml: &str, expected: &str) {
        let environment = [("V", "v"), ("N", "7")].map(|(k, v)| (k.to_string(), v.to_string()));
        let (mut documents, mut findings) = parse(yaml, "f");
        interpolate(&mut documents[0], &environment.into(), &mut findings);
        let mut lines = vec![serde_json::to_string(&documents[0]).unwrap()];
        lines.extend(findings.iter().map(|f| Finding { hint: None, ..f.clone() }.line()));
        assert_eq!(lines.join("\n"), expected, "{yaml}");
    }

    #[test]
    fn values_are_replaced_and_keys_are_not() {
        check("{$V: [a$V, 1], x-y: {z: '${V}'}}", r#"{"$V":["av",1],"x-y":{"z":"v"}}"#);
    }

    #[test]
    fn an_unset_variable_is_found_at_its_column() {
        check(
            "a: x ${U} ${U}\n",
            "{\"a\":\"x  \"}\n\
             f:1:6: warning[undefined-variable] a: the variable U is not set, so it is empty here\n\
             f:1:11: warning[undefined-variable] a: the variable U is not set, so it is empty here",
        );
        check(
            "a: |\n  one\n   two $U\n",
            "{\"a\":\"one\\n two \\n\"}\n\
             f:3:8: warning[undefined-variable] a: the variable U is not set, so it is empty here",
        );
        check(
            "a: \"q\\t${U}\"",
            "{\"a\":\"q\\t\"}\n\
             f:1:8: warning[undefined-variable] a: the variable U is not set, so it is empty here",
        );
    }

    #[test]
    fn numbers_and_booleans_are_cast_where_they_belong() {
        check(
            "services: {a: {cpus: '$N', privileged: yes, scale: $N, user: $N, init: 'x'}}",
            "{\"services\":{\"a\":{\"cpus\":7.0,\"privileged\":true,\"scale\":7,\"user\":\"7\",\
             \"init\":\"x\"}}}\n\
             f:1:40: warning[old-boolean] services.a.privileged: yes is a boolean only in \
             YAML 1.1\n\
             f:1:72: error[wrong-type] services.a.init: \"x\" is not true or false",
        );
    }
}
