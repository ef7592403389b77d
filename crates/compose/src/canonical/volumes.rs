//! Mounts: `[source:]target[:options]`.

use crate::files;
use crate::finding::Finding;
use crate::path::Path;
use crate::tree::{Data, Mapping, Node, Span};

/// A mount of the short form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ShortVolume {
    pub(crate) source: Option<String>,
    pub(crate) target: String,
    read_only: bool,
    nocopy: bool,
    selinux: Option<char>,
    propagation: Option<String>,
    unknown: Vec<String>,
}

impl ShortVolume {
    fn is_bind(&self) -> bool {
        self.source.as_deref().is_some_and(is_host_path)
    }
}

/// Whether a source is a path of the host rather than the name of a volume.
fn is_host_path(source: &str) -> bool {
    let mut chars = source.chars();
    match (chars.next(), chars.next()) {
        (Some('.' | '/' | '~'), _) | (Some('\\'), Some('\\')) => true,
        (Some(letter), Some(':')) => letter.is_alphabetic(),
        _ => false,
    }
}

/// Reads a short form.
pub(crate) fn parse_volume(text: &str) -> Result<ShortVolume, String> {
    if text.is_empty() {
        return Err("it is empty".to_string());
    }
    let mut volume = ShortVolume::default();
    let sections = sections(text);
    if sections.iter().any(|section| section.is_empty()) && text.len() > 2 {
        return Err("there is nothing between two colons, or before or after one".to_string());
    }
    match sections.as_slice() {
        [target] => volume.target = (*target).to_string(),
        [source, target, options @ ..] => {
            volume.source = Some((*source).to_string());
            volume.target = (*target).to_string();
            match options {
                [] => {}
                [options] => options.split(',').for_each(|option| add_option(&mut volume, option)),
                _ => return Err("it has too many colons".to_string()),
            }
        }
        [] => {}
    }
    volume.target = clean(&volume.target);
    Ok(volume)
}

/// The sections between colons; the colon behind a single letter belongs to a Windows drive, and
/// those in `${...}` to a variable.
fn sections(text: &str) -> Vec<&str> {
    if text.chars().count() <= 2 {
        return vec![text];
    }
    let mut sections = Vec::new();
    let mut start = 0;
    let mut braces = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' if braces > 0 || text[..at].ends_with('$') => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            _ => {}
        }
        let section = &text[start..at];
        let mut before = section.chars();
        let is_drive = before.next().is_some_and(char::is_alphabetic) && before.as_str().is_empty();
        if c == ':' && !is_drive && braces == 0 {
            sections.push(section);
            start = at + 1;
        }
    }
    sections.push(&text[start..]);
    sections
}

fn add_option(volume: &mut ShortVolume, option: &str) {
    match option {
        "ro" => volume.read_only = true,
        "rw" => volume.read_only = false,
        "nocopy" => volume.nocopy = true,
        "z" | "Z" => volume.selinux = option.chars().next(),
        "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave" => {
            volume.propagation = Some(option.to_string());
        }
        unknown => volume.unknown.push(unknown.to_string()),
    }
}

/// A path in a container as Docker Compose prints it.
pub(crate) fn clean(target: &str) -> String {
    if target.is_empty() { String::new() } else { files::normalise(target) }
}

/// Brings every mount into the long form.
pub(super) fn volumes(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Data::Sequence(items) = &mut value.data else { return };
    for (index, item) in items.iter_mut().enumerate() {
        let path = path.item(index);
        if item.as_mapping().is_some() {
            long_form(item, &path, findings);
            continue;
        }
        let Some(text) = item.scalar_text() else { continue };
        match parse_volume(&text) {
            Ok(volume) => {
                remarks(&volume, item, &path, findings);
                item.data = short_to_long(volume, &item.span);
            }
            Err(why) => findings.push(
                Finding::error("invalid-volume", format!("{text:?} is not a mount: {why}"))
                    .about(item)
                    .on(path)
                    .hint("write source:target[:ro]; is a variable in it empty?"),
            ),
        }
    }
}

fn remarks(volume: &ShortVolume, item: &Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    for option in &volume.unknown {
        let message = format!("the option {option:?} means nothing and is ignored");
        let hint = "known are ro, rw, nocopy, z, Z and the propagation modes";
        findings.push(
            Finding::warning("unknown-volume-option", message).about(item).on(path).hint(hint),
        );
    }
    let looks_like_drive = volume.source.is_none() && volume.target.chars().nth(1) == Some(':');
    if looks_like_drive {
        findings.push(
            Finding::warning(
                "single-letter-volume",
                format!("{:?} is read as a path on a Windows drive", volume.target),
            )
            .about(item)
            .on(path)
            .hint("give the volume a name of two letters or more"),
        );
    }
}

fn long_form(item: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Some(tmpfs) = item.get_mut("tmpfs") else { return };
    if let Some(size) = tmpfs.get_mut("size") {
        super::byte_size(size, &path.key("tmpfs").key("size"), findings);
    }
}

fn short_to_long(volume: ShortVolume, span: &Span) -> Data {
    let boolean = |value: bool| Node::new(Data::Bool(value), span.clone());
    let mut mapping = Mapping::default();
    let is_bind = volume.is_bind();
    mapping.set("type", Node::string(if is_bind { "bind" } else { "volume" }, span));
    if let Some(source) = volume.source {
        mapping.set("source", Node::string(source, span));
    }
    mapping.set("target", Node::string(volume.target, span));
    if volume.read_only {
        mapping.set("read_only", boolean(true));
    }
    let mut bind = Mapping::default();
    if let Some(selinux) = volume.selinux {
        bind.set("selinux", Node::string(selinux, span));
    }
    if let Some(propagation) = volume.propagation {
        bind.set("propagation", Node::string(propagation, span));
    }
    if is_bind {
        bind.set("create_host_path", boolean(true));
    }
    if is_bind || !bind.entries.is_empty() {
        mapping.set("bind", Node::new(Data::Mapping(bind), span.clone()));
    }
    if !is_bind || volume.nocopy {
        let mut options = Mapping::default();
        if volume.nocopy {
            options.set("nocopy", boolean(true));
        }
        mapping.set("volume", Node::new(Data::Mapping(options), span.clone()));
    }
    Data::Mapping(mapping)
}

/// The target of a mount in either form: what makes it unique.
pub(crate) fn mount_target(item: &Node) -> Option<String> {
    match item.as_mapping() {
        Some(mapping) => mapping.get("target")?.scalar_text(),
        None => {
            let text = item.scalar_text()?;
            Some(parse_volume(&text).map_or(text, |volume| volume.target))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let result = match parse_volume(text) {
            Ok(volume) => serde_json::to_string(&Node::new(
                short_to_long(volume, &Span::none()),
                Span::none(),
            ))
            .unwrap()
            .replace('"', ""),
            Err(why) => why,
        };
        assert_eq!(result, expected, "{text}");
    }

    #[test]
    fn every_short_form_is_read() {
        check("/data", "{type:volume,target:/data,volume:{}}");
        check("data:/data", "{type:volume,source:data,target:/data,volume:{}}");
        check(
            "./a:/b:ro",
            "{type:bind,source:./a,target:/b,read_only:true,bind:{create_host_path:true}}",
        );
        check(
            "~/a:/r/../rr/:Z,rslave,rw",
            "{type:bind,source:~/a,target:/rr,\
             bind:{selinux:Z,propagation:rslave,create_host_path:true}}",
        );
        check("d:/x:nocopy", "{type:bind,source:d:/x,target:nocopy,bind:{create_host_path:true}}");
        check("data:/x:nocopy", "{type:volume,source:data,target:/x,volume:{nocopy:true}}");
        check("${A:-b}:/x", "{type:volume,source:${A:-b},target:/x,volume:{}}");
        check("v:/x", "{type:volume,target:v:/x,volume:{}}");
        check("C:\\a:/x", "{type:bind,source:C:\\\\a,target:/x,bind:{create_host_path:true}}");
    }

    #[test]
    fn what_is_no_mount_says_why() {
        let nothing = "there is nothing between two colons, or before or after one";
        check(":/data", nothing);
        check("data::ro", nothing);
        check("data:/x:", nothing);
        check("aa:/b:ro:x", "it has too many colons");
        check("", "it is empty");
    }
}
