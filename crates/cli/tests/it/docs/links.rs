//! Links lead somewhere.

use std::collections::BTreeSet;

use super::{Page, pages, read, root};

#[test]
fn links_lead_to_what_is_there() {
    let mut faults = Vec::new();
    let mut links = 0;
    for page in pages() {
        for (line, text) in page.prose() {
            for target in targets(text) {
                links += 1;
                if let Some(why) = fault(&page, target) {
                    faults.push(format!("{}:{line}: {target}: {why}", page.path));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(links > 20, "only {links} links were found");
}

/// Targets of the links of a line that stay in the repository.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let ends = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    ends.map(|(target, _)| target)
        .filter(|target| !target.starts_with("https://") && !target.starts_with("mailto:"))
}

fn fault(page: &Page, target: &str) -> Option<&'static str> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() {
        page.path.clone()
    } else {
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        match below(folder, path) {
            Some(path) => path,
            None => return Some("it leads out of the repository"),
        }
    };
    if !root().join(&path).exists() {
        return Some("there is no such file");
    }
    if anchor.is_empty() {
        return None;
    }
    let is_there = path.ends_with(".md") && anchors(&read(&path)).contains(anchor);
    (!is_there).then_some("there is no such heading")
}

fn below(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The anchors of headings, as forges make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let page = Page { path: String::new(), text: text.to_owned() };
    let mut anchors = BTreeSet::new();
    for (_, line) in page.prose() {
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().to_lowercase().replace(' ', "-");
        let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let anchor: String = kept.chars().filter(is_kept).collect();
        let again = (1..).map(|number| format!("{anchor}-{number}"));
        let free = std::iter::once(anchor.clone()).chain(again);
        anchors.extend(free.filter(|name| !anchors.contains(name)).take(1).collect::<Vec<_>>());
    }
    anchors
}

#[test]
fn headings_have_anchors() {
    let text = "# Stacks and services: x-hob\n## `a` & b\n## Order\n## Order\n```\n# no\n```\n";
    let expected = ["a--b", "order", "order-1", "stacks-and-services-x-hob"];
    assert_eq!(anchors(text), expected.map(str::to_owned).into());
    assert_eq!(below("docs", "../README.md").as_deref(), Some("README.md"));
    assert_eq!(below("docs", "../../x"), None);
}

#[test]
fn what_leads_nowhere_is_found() {
    let page = Page { path: "docs/hosts.md".to_owned(), text: String::new() };
    let check = |target: &str, is_there: bool| {
        assert_eq!(fault(&page, target).is_none(), is_there, "{target}");
    };
    check("commands.md", true);
    check("commands.md#plan", true);
    check("#ssh", true);
    check("../README.md#install", true);
    check("nowhere.md", false);
    check("commands.md#nowhere", false);
    check("../../README.md", false);
}
