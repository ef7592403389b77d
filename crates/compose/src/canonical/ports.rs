//! Published ports: `[[ip:][published]:]target[/protocol]`.

use std::net::IpAddr;

use crate::finding::Finding;
use crate::limits::MOST_PORTS;
use crate::path::Path;
use crate::tree::{Data, Entry, Mapping, Node};

/// One port of the short form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShortPort {
    host_ip: Option<String>,
    /// A port or a range; `Some("")` if the place for it was left empty.
    published: Option<String>,
    target: u16,
    protocol: String,
}

/// Lowest and highest port of `80` or `80-90`.
pub(crate) fn published_range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| -> Option<u16> {
        text.chars().all(|c| c.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    let (first, last) = (port(first)?, port(last)?);
    (first <= last).then_some((first, last))
}

/// The ports of a short form; ranges of equal length on both sides are expanded.
fn parse_short(text: &str) -> Result<Vec<ShortPort>, String> {
    let (ports, protocol) = match text.rsplit_once('/') {
        Some((ports, protocol)) => (ports, protocol.to_ascii_lowercase()),
        None => (text, "tcp".to_string()),
    };
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(format!("{protocol:?} is not a protocol"));
    }
    let (rest, target) = match ports.rsplit_once(':') {
        Some((rest, target)) => (Some(rest), target),
        None => (None, ports),
    };
    let (ip, published) = match rest.map(|rest| rest.rsplit_once(':').unwrap_or(("", rest))) {
        Some((ip, published)) => (ip, Some(published)),
        None => ("", None),
    };
    if target.is_empty() {
        return Err("the port of the container is missing".to_string());
    }
    let Some((first, last)) = published_range(target) else {
        return Err(format!("{target:?} is not a port or range of ports"));
    };
    let bare_ip = ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')).unwrap_or(ip);
    if !bare_ip.is_empty() && bare_ip.parse::<IpAddr>().is_err() {
        return Err(format!("{ip:?} is not an IP address"));
    }
    let host_ip = (!bare_ip.is_empty()).then(|| bare_ip.to_string());
    let port = |target: u16, published: Option<String>| ShortPort {
        host_ip: host_ip.clone(),
        published,
        target,
        protocol: protocol.clone(),
    };
    let outside = match published {
        None | Some("") => {
            let published = published.map(String::from);
            return Ok((first..=last).map(|target| port(target, published.clone())).collect());
        }
        Some(published) => published,
    };
    let Some((from, to)) = published_range(outside) else {
        return Err(format!("{outside:?} is not a port or range of ports"));
    };
    if first == last {
        return Ok(vec![port(first, Some(outside.to_string()))]);
    }
    if to - from != last - first {
        return Err(format!("{outside} and {target} are ranges of different length"));
    }
    Ok((from..=to).zip(first..=last).map(|(p, t)| port(t, Some(p.to_string()))).collect())
}

/// Empties the lists of ports that stand for more of them than there are.
pub(super) fn bound(root: &mut Node, findings: &mut Vec<Finding>) {
    let mut room = MOST_PORTS;
    let Some(services) = root.get_mut("services").and_then(Node::as_mapping_mut) else { return };
    for Entry { key, value } in &mut services.entries {
        let Some(ports) = value.get_mut("ports") else { continue };
        let Data::Sequence(items) = &mut ports.data else { continue };
        let fits = items.iter().all(|item| {
            let size = item.as_str().map_or(1, size);
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        });
        if !fits {
            items.clear();
            findings.push(
                Finding::error("too-many-ports", "the project has more ports than there are")
                    .about(ports)
                    .on(Path::ROOT.key("services").key(&key.name).key("ports"))
                    .hint("publish those that are needed"),
            );
        }
    }
}

/// How many ports a short form stands for.
fn size(text: &str) -> usize {
    let ports = text.split('/').next().unwrap_or(text);
    let target = ports.rsplit(':').next().unwrap_or(ports);
    published_range(target).map_or(1, |(first, last)| usize::from(last - first) + 1)
}

/// Brings every port into the long form. If one of them cannot be read, all stay as they are.
pub(super) fn ports(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Data::Sequence(items) = &mut value.data else { return };
    let mut result = Some(Vec::new());
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        if item.as_mapping().is_some() {
            result.iter_mut().for_each(|result| result.push(item.clone()));
            continue;
        }
        let text = item.scalar_text().unwrap_or_default();
        match parse_short(&text) {
            Ok(ports) => {
                let is_empty = |port: &ShortPort| port.published.as_deref() == Some("");
                if ports.iter().any(is_empty) && !text.contains("::") {
                    findings.push(empty_published(item, &path));
                }
                if let Some(result) = &mut result {
                    result.extend(ports.into_iter().map(|port| short_to_long(port, item)));
                }
            }
            Err(why) => {
                findings.push(
                    Finding::error("invalid-port", format!("{text:?} is not a port: {why}"))
                        .about(item)
                        .on(path)
                        .hint("write [[ip:]published:]target[/protocol], such as \"8080:80\""),
                );
                result = None;
            }
        }
    }
    if let Some(result) = result {
        *items = result;
    }
}

/// The published port is text, because it may be a range.
pub(super) fn published_text(value: &mut Node) {
    let Data::Sequence(items) = &mut value.data else { return };
    for item in items {
        if let Some(published) = item.get_mut("published") {
            super::text(published);
        }
    }
}

fn empty_published(item: &Node, path: &Path<'_>) -> Finding {
    Finding::warning(
        "empty-port",
        "the port of the host is empty, so the container gets a random one",
    )
    .about(item)
    .on(path)
    .hint("set the variable that should stand before the colon, or leave the colon out")
}

fn short_to_long(port: ShortPort, written: &Node) -> Node {
    let span = &written.span;
    let mut mapping = Mapping::default();
    mapping.set("mode", Node::string("ingress", span));
    if let Some(ip) = port.host_ip {
        mapping.set("host_ip", Node::string(ip, span));
    }
    mapping.set("target", Node::new(Data::Int(port.target.into()), span.clone()));
    if let Some(published) = port.published.filter(|p| !p.is_empty()) {
        mapping.set("published", Node::string(published, span));
    }
    mapping.set("protocol", Node::string(port.protocol, span));
    Node { origin: written.origin.clone(), ..Node::new(Data::Mapping(mapping), span.clone()) }
}

/// What makes a port unique: address, published port, target and protocol. Short forms that stand
/// for several ports have a key of their own.
pub(crate) fn port_key(item: &Node) -> Option<String> {
    let key = |ip: Option<&str>, published: &str, target: &str, protocol: Option<&str>| {
        let (ip, protocol) = (ip.unwrap_or("0.0.0.0"), protocol.unwrap_or("tcp"));
        format!("{ip}:{published}:{target}/{protocol}")
    };
    if item.as_mapping().is_some() {
        let field = |name| item.get(name).and_then(Node::scalar_text);
        return Some(key(
            field("host_ip").as_deref(),
            &field("published").unwrap_or_default(),
            &field("target").unwrap_or_default(),
            field("protocol").as_deref(),
        ));
    }
    let text = item.scalar_text()?;
    if size(&text) > 1 {
        return Some(text);
    }
    match parse_short(&text).as_deref() {
        Ok([port]) => Some(key(
            port.host_ip.as_deref(),
            port.published.as_deref().unwrap_or_default(),
            &port.target.to_string(),
            Some(&port.protocol),
        )),
        _ => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let result = match parse_short(text) {
            Ok(ports) => ports
                .iter()
                .map(|p| {
                    let ip = p.host_ip.as_deref().unwrap_or("-");
                    let published = p.published.as_deref().unwrap_or("-");
                    format!("{ip} {published} {}/{}", p.target, p.protocol)
                })
                .collect::<Vec<_>>()
                .join(", "),
            Err(why) => why,
        };
        assert_eq!(result, expected, "{text}");
    }

    #[test]
    fn every_short_form_is_read() {
        check("80", "- - 80/tcp");
        check("8080:80", "- 8080 80/tcp");
        check("127.0.0.1:8080:80/udp", "127.0.0.1 8080 80/udp");
        check("127.0.0.1::81", "127.0.0.1  81/tcp");
        check("[::1]:80:80", "::1 80 80/tcp");
        check(":80", "-  80/tcp");
        check("80-81:90-91", "- 80 90/tcp, - 81 91/tcp");
        check("9000-9001:80", "- 9000-9001 80/tcp");
        check("3000-3001", "- - 3000/tcp, - - 3001/tcp");
        check("53:53/UDP", "- 53 53/udp");
    }

    #[test]
    fn what_is_no_port_says_why() {
        check("80:", "the port of the container is missing");
        check("", "the port of the container is missing");
        check("a:80", "\"a\" is not a port or range of ports");
        check("80:99999", "\"99999\" is not a port or range of ports");
        check("1.2.3:80:80", "\"1.2.3\" is not an IP address");
        check("80-82:90-91", "80-82 and 90-91 are ranges of different length");
        check("82-80:80", "\"82-80\" is not a port or range of ports");
        check("80/icmp", "\"icmp\" is not a protocol");
    }
}
