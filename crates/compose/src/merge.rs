//! One tree over another.

use crate::canonical::dependency;
use crate::finding::Finding;
use crate::path::Path;
use crate::tree::{Data, Entry, Key, Mapping, Node, Span};

/// How values at a path are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Mappings recursively, lists one after the other, scalars replaced.
    Plain,
    /// The later one counts alone, even if it is null.
    Replace,
    /// Both become lists, `k=v` if they were mappings, and follow each other.
    Lists,
    /// As lists, but what is there already is not repeated.
    Hosts,
    /// A text is the `context` of a mapping.
    Build,
    /// A list is a mapping of conditions.
    Dependencies,
    /// A list is a mapping of nothing.
    Keys,
    /// The whole is replaced if the drivers differ.
    Logging,
    /// Merged by subnet.
    Pools,
}

fn rule(path: &[&str]) -> Rule {
    match path {
        ["services", _, rest @ ..] => service_rule(rest),
        ["networks", _, "ipam", "config"] => Rule::Pools,
        ["models", _, "runtime_flags"] => Rule::Replace,
        ["networks" | "volumes", _, "labels"] => Rule::Lists,
        _ => Rule::Plain,
    }
}

fn service_rule(path: &[&str]) -> Rule {
    match path {
        ["command" | "entrypoint"] | ["healthcheck", "test"] | ["ulimits", _] => Rule::Replace,
        [
            "environment" | "labels" | "annotations" | "sysctls" | "dns" | "dns_opt" | "dns_search"
            | "env_file" | "label_file" | "tmpfs",
        ]
        | ["build", "args" | "labels" | "additional_contexts"]
        | ["deploy", "labels"]
        | ["volumes", _, "volume", "labels"] => Rule::Lists,
        ["extra_hosts"] | ["build", "extra_hosts"] => Rule::Hosts,
        ["build"] => Rule::Build,
        ["depends_on"] => Rule::Dependencies,
        ["networks" | "models"] => Rule::Keys,
        ["logging"] => Rule::Logging,
        _ => Rule::Plain,
    }
}

/// `over` merged over `base`. Where their kinds do not fit, `over` counts and there is a finding.
pub(crate) fn merge(base: Node, over: Node, path: &Path<'_>, findings: &mut Vec<Finding>) -> Node {
    let rule = path.matches(rule);
    if rule == Rule::Replace {
        return replaced(base, over);
    }
    if over.is_null() {
        return base;
    }
    if base.is_null() {
        return over;
    }
    match rule {
        Rule::Lists => join(to_list(base), to_list(over)),
        Rule::Hosts => {
            let mut all = to_list(base);
            let more = to_list(over);
            let new = more.items().iter().filter(|item| !all.items().contains(item));
            let new = new.cloned().collect();
            push_all(&mut all, new);
            all
        }
        Rule::Build => plain(context_to_mapping(base), context_to_mapping(over), path, findings),
        Rule::Dependencies => {
            let value = |span: &Span| dependency("service_started", span);
            plain(list_to_mapping(base, value), list_to_mapping(over, value), path, findings)
        }
        Rule::Keys => plain(
            list_to_mapping(base, Node::null),
            list_to_mapping(over, Node::null),
            path,
            findings,
        ),
        Rule::Logging => match (driver(&base), driver(&over)) {
            (Some(one), Some(other)) if one != other => replaced(base, over),
            _ => plain(base, over, path, findings),
        },
        Rule::Pools => pools(base, over, path, findings),
        Rule::Plain | Rule::Replace => plain(base, over, path, findings),
    }
}

fn plain(mut base: Node, mut over: Node, path: &Path<'_>, findings: &mut Vec<Finding>) -> Node {
    // What both become did not come the way of one of them.
    base.hand_down();
    over.hand_down();
    match (base.data, over.data) {
        (Data::Mapping(below), Data::Mapping(above)) => {
            let mapping = mappings(below, above, path, findings);
            Node { data: Data::Mapping(mapping), ..partial(base.span, base.tag, base.origin) }
        }
        (Data::Sequence(below), Data::Sequence(above)) => {
            let all = below.into_iter().chain(above).collect();
            Node { data: Data::Sequence(all), ..partial(base.span, base.tag, base.origin) }
        }
        (below @ (Data::Mapping(_) | Data::Sequence(_)), above) => {
            let base = Node { data: below, ..partial(base.span, base.tag, base.origin) };
            let over = Node { data: above, ..partial(over.span, over.tag, over.origin) };
            let (was, is) = (base.kind_name(), over.kind_name());
            findings.push(
                Finding::error("cannot-merge", format!("{is} cannot be merged over {was}"))
                    .at(over.place())
                    .on(path)
                    .related(base.place(), format!("here it is {was}")),
            );
            over
        }
        (below, above) => replaced(
            Node { data: below, ..partial(base.span, base.tag, base.origin) },
            Node { data: above, ..partial(over.span, over.tag, over.origin) },
        ),
    }
}

/// A node without data, to be completed with `..`.
fn partial(
    span: Span,
    tag: Option<crate::tree::Tag>,
    origin: Option<std::sync::Arc<crate::tree::Origin>>,
) -> Node {
    Node { data: Data::Null, span, tag, origin }
}

fn replaced(base: Node, mut over: Node) -> Node {
    over.replaces(&base);
    over
}

fn mappings(
    mut base: Mapping,
    over: Mapping,
    path: &Path<'_>,
    findings: &mut Vec<Finding>,
) -> Mapping {
    let over = over.entries.into_iter().map(|Entry { key, value }| (key, value));
    base.insert_all(over, |below, value, key| merge(below, value, &path.key(&key.name), findings));
    base
}

fn join(mut base: Node, over: Node) -> Node {
    let Data::Sequence(items) = over.data else { return base };
    push_all(&mut base, items);
    base
}

fn push_all(list: &mut Node, more: Vec<Node>) {
    if let Data::Sequence(items) = &mut list.data {
        items.extend(more);
    }
}

/// A mapping becomes a list of `k=v` sorted by key, a scalar a list of one.
pub(crate) fn to_list(mut node: Node) -> Node {
    node.hand_down();
    let span = node.span.clone();
    let items = match node.data {
        Data::Sequence(items) => items,
        Data::Null => Vec::new(),
        Data::Mapping(mapping) => {
            let mut entries = mapping.entries;
            entries.sort_by(|a, b| a.key.name.cmp(&b.key.name));
            entries.into_iter().flat_map(pairs).collect()
        }
        data => vec![Node { data, span: span.clone(), tag: node.tag, origin: node.origin.clone() }],
    };
    Node { data: Data::Sequence(items), span, tag: None, origin: node.origin }
}

fn pairs(Entry { key, value }: Entry) -> Vec<Node> {
    let pair = |value: &Node| {
        let text = match value.scalar_text() {
            Some(text) => format!("{}={text}", key.name),
            None => key.name.clone(),
        };
        // The place is that of the key; the text of both tells which variables are in the value.
        let mut item = Node::string(text, &key.span.to(&value.span));
        item.origin.clone_from(&value.origin);
        item.tag.clone_from(&value.tag);
        item
    };
    match &value.data {
        Data::Sequence(values) => values.iter().map(pair).collect(),
        // Not a pair: it is kept as it is, for the check of types to refuse.
        Data::Mapping(_) => vec![value],
        _ => vec![pair(&value)],
    }
}

fn context_to_mapping(node: Node) -> Node {
    let Data::String(context) = node.data else { return node };
    let mut mapping = Mapping::default();
    mapping.set("context", Node::string(context, &node.span));
    Node { data: Data::Mapping(mapping), span: node.span, tag: None, origin: node.origin }
}

fn list_to_mapping(node: Node, value: impl Fn(&Span) -> Node) -> Node {
    let Data::Sequence(items) = &node.data else { return node };
    let mut mapping = Mapping::default();
    let keys = items.iter().filter_map(|item| {
        let key = Key { name: item.scalar_text()?, span: item.span.clone() };
        Some((key, value(&item.span)))
    });
    mapping.insert_all(keys, |_, value, _| value);
    Node { data: Data::Mapping(mapping), ..node }
}

fn driver(logging: &Node) -> Option<&str> {
    logging.get("driver").and_then(Node::as_str)
}

fn pools(base: Node, over: Node, path: &Path<'_>, findings: &mut Vec<Finding>) -> Node {
    let (Data::Sequence(below), Data::Sequence(above)) = (&base.data, &over.data) else {
        return plain(base, over, path, findings);
    };
    let subnet = |node: &Node| node.get("subnet").and_then(Node::scalar_text);
    let mut pools = below.clone();
    for pool in above {
        match pools.iter_mut().find(|known| subnet(known) == subnet(pool)) {
            Some(known) => {
                let below = std::mem::replace(known, Node::null(&pool.span));
                *known = plain(below, pool.clone(), path, findings);
            }
            None => pools.push(pool.clone()),
        }
    }
    Node { data: Data::Sequence(pools), ..base }
}
