//! `policy`: what is allowed, how much findings matter, and which are meant.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{Finding, Place, Severity, tree::Node};

use super::{
    Placed, fields,
    glob::Glob,
    reader::{Reader, child, did_you_mean},
};

/// What is allowed in the homelab, and what is said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Addresses and interfaces of a host on which ports may be published; `None` if nothing is
    /// said about it.
    pub publish: Option<Vec<Placed<String>>>,
    /// How much findings matter, by their codes.
    pub rules: BTreeMap<String, Placed<Level>>,
    /// Findings that are meant.
    pub allow: Vec<Allow>,
}

/// How much a finding is to matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It is shown, with this severity.
    Shown(Severity),
    /// It is not shown.
    Off,
}

/// Findings that are meant. Everything that is given has to fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// The code of the finding.
    pub rule: Placed<String>,
    /// In which files.
    pub path: Option<Glob>,
    /// On which host.
    pub host: Option<Placed<String>>,
    /// In which stack.
    pub stack: Option<Placed<String>>,
    /// In which service.
    pub service: Option<Placed<String>>,
    /// Why.
    pub reason: String,
    /// Where it is written.
    pub place: Place,
}

/// What a finding is about, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The host.
    pub host: Option<&'a str>,
    /// The stack.
    pub stack: Option<&'a str>,
    /// The service.
    pub service: Option<&'a str>,
    /// The file, relative to the repository.
    pub file: Option<&'a str>,
}

/// What becomes of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is shown, with this severity.
    Shown(Severity),
    /// Its rule is off.
    Off,
    /// It is meant: the position of what says so among [`Policy::allow`].
    Allowed(usize),
}

impl Policy {
    /// What becomes of a finding of a rule.
    pub fn judge(&self, rule: &str, default: Severity, subject: &Subject<'_>) -> Judgement {
        if let Some(at) = self.allow.iter().position(|allow| allow.fits(rule, subject)) {
            return Judgement::Allowed(at);
        }
        match self.rules.get(rule).map(|level| level.value) {
            Some(Level::Off) => Judgement::Off,
            Some(Level::Shown(severity)) => Judgement::Shown(severity),
            None => Judgement::Shown(default),
        }
    }

    /// What `allow` says about nothing, given the positions of what was used.
    pub fn unused(&self, used: &BTreeSet<usize>) -> Vec<Finding> {
        let of_no_use = self.allow.iter().enumerate().filter(|(at, _)| !used.contains(at));
        of_no_use
            .map(|(at, allow)| {
                let message = format!("there is no finding {} like this", allow.rule.value);
                Finding::note("allow-not-used", message)
                    .at(allow.place.clone())
                    .on(format!("policy.allow[{at}]"))
                    .hint("remove it, or correct what it is about")
            })
            .collect()
    }
}

impl Allow {
    /// Whether a finding of a rule about something is meant.
    pub fn fits(&self, rule: &str, subject: &Subject<'_>) -> bool {
        let same = |wanted: &Option<Placed<String>>, is: Option<&str>| {
            wanted.as_ref().is_none_or(|wanted| is == Some(wanted.value.as_str()))
        };
        let in_file = |glob: &Glob| subject.file.is_some_and(|file| glob.covers(file));
        self.rule.value == rule
            && self.path.as_ref().is_none_or(in_file)
            && same(&self.host, subject.host)
            && same(&self.stack, subject.stack)
            && same(&self.service, subject.service)
    }
}

pub(super) fn policy(reader: &mut Reader<'_>, node: &Node) -> Policy {
    let mut policy = Policy::default();
    for part in reader.fields(node, "policy", &fields::POLICY) {
        let path = child("policy", &part.key.name);
        match part.key.name.as_str() {
            "publish" => policy.publish = Some(publish(reader, &part.value, &path)),
            "rules" => policy.rules = rules(reader, &part.value, &path),
            "allow" => policy.allow = allow(reader, &part.value, &path),
            _ => {}
        }
    }
    policy
}

fn publish(reader: &mut Reader<'_>, node: &Node, path: &str) -> Vec<Placed<String>> {
    let mut kept = Vec::new();
    for (index, at) in reader.texts(node, path).into_iter().enumerate() {
        if is_address(&at.value) || is_interface(&at.value) {
            kept.push(at);
            continue;
        }
        let message = format!("{:?} is neither an address nor a network interface", at.value);
        reader.findings.push(
            Finding::error("bad-address", message)
                .at(at.place)
                .on(format!("{path}[{index}]"))
                .hint("write it like 127.0.0.1, 192.168.1.0/24 or tailscale0"),
        );
    }
    kept
}

fn is_address(text: &str) -> bool {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let bits = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    prefix.is_none_or(|prefix| prefix.parse::<u32>().is_ok_and(|prefix| prefix <= bits))
}

/// Linux allows 15 characters; a dotted number is a mistyped address.
fn is_interface(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    text.len() <= 15
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(allowed)
}

fn rules(reader: &mut Reader<'_>, node: &Node, path: &str) -> BTreeMap<String, Placed<Level>> {
    let mut rules = BTreeMap::new();
    for entry in reader.mapping(node, path) {
        let (name, path) = (&entry.key.name, child(path, &entry.key.name));
        check_rule(reader, name, entry.key.span.place(), &path);
        // `off` is false to those who read YAML as it was until 1.2.
        let word = match entry.value.as_bool() {
            Some(false) => Some(Placed { value: "off".to_owned(), place: entry.value.place() }),
            _ => reader.choice(&entry.value, &path, fields::SEVERITIES),
        };
        let Some(Placed { value, place }) = word else { continue };
        rules.insert(name.clone(), Placed { value: level(&value), place });
    }
    rules
}

fn level(word: &str) -> Level {
    match word {
        "error" => Level::Shown(Severity::Error),
        "warning" => Level::Shown(Severity::Warning),
        "note" => Level::Shown(Severity::Note),
        _ => Level::Off,
    }
}

/// Says so if there is no such code.
fn check_rule(reader: &mut Reader<'_>, name: &str, place: Place, path: &str) {
    let known = known_rules();
    if known.is_empty() || known.contains(&name) {
        return;
    }
    let hint = match did_you_mean(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => "use the code of a finding, as it stands in square brackets".to_owned(),
    };
    reader.findings.push(
        Finding::error("unknown-rule", format!("no finding is called {name}"))
            .at(place)
            .on(path)
            .hint(hint),
    );
}

/// The codes whose severity can be chosen; none if that is not known.
pub(crate) fn known_rules() -> Vec<&'static str> {
    crate::lint::known()
}

fn allow(reader: &mut Reader<'_>, node: &Node, path: &str) -> Vec<Allow> {
    let mut list = Vec::new();
    for (index, item) in reader.list(node, path).iter().enumerate() {
        list.extend(one_allow(reader, item, &format!("{path}[{index}]")));
    }
    list
}

fn one_allow(reader: &mut Reader<'_>, item: &Node, path: &str) -> Option<Allow> {
    let (mut rule, mut glob, mut reason) = (None, None, None);
    let (mut host, mut stack, mut service) = (None, None, None);
    for part in reader.fields(item, path, &fields::ALLOW) {
        let (node, path) = (&part.value, child(path, &part.key.name));
        match part.key.name.as_str() {
            "rule" => rule = reader.text(node, &path),
            "path" => glob = read_glob(reader, node, &path),
            "host" => host = reader.text(node, &path),
            "stack" => stack = reader.text(node, &path),
            "service" => service = reader.text(node, &path),
            "reason" => reason = reader.text(node, &path),
            _ => {}
        }
    }
    let place = Place { len: 1, ..item.place() };
    if item.as_mapping().is_some() && item.get("reason").is_none() {
        let hint = "say why it is meant: whoever reads it next will ask";
        reader.missing(place.clone(), path, "reason", hint);
    }
    if item.as_mapping().is_some() && item.get("rule").is_none() {
        let hint = "name the code of the finding, as it stands in square brackets";
        reader.missing(place.clone(), path, "rule", hint);
    }
    let rule = rule?;
    check_rule(reader, &rule.value, rule.place.clone(), &child(path, "rule"));
    let is_for_all = ["path", "host", "stack", "service"].iter().all(|key| item.get(key).is_none());
    if is_for_all {
        let off = format!("write policy: {{ rules: {{ {}: off }} }}", rule.value);
        reader.findings.push(
            Finding::error("missing-key", "what it is about is not said")
                .at(place)
                .on(path)
                .hint(format!("add path, host, stack or service; if it is everything, {off}")),
        );
        return None;
    }
    // What is said wrongly must not allow more than was meant.
    let has_read = |key: &str, is_read: bool| item.get(key).is_none() || is_read;
    let is_read = has_read("path", glob.is_some())
        && has_read("host", host.is_some())
        && has_read("stack", stack.is_some())
        && has_read("service", service.is_some());
    let reason = reason?.value;
    is_read.then_some(Allow { rule, path: glob, host, stack, service, reason, place: item.place() })
}

fn read_glob(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<Glob> {
    let text = reader.text(node, path)?;
    let glob = Glob::parse(&text.value);
    if glob.is_none() {
        reader.findings.push(
            Finding::error("bad-path", format!("{:?} is not in the repository", text.value))
                .at(text.place)
                .on(path)
                .hint("write a path relative to the repository, with * or ** in it"),
        );
    }
    glob
}
