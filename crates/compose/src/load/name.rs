//! The name of a project.

use super::LoadOptions;
use crate::files;
use crate::finding::Finding;
use crate::template::substitute;
use crate::tree::Node;

/// The name: from the options, the environment, the last `name:` of the files, or the directory.
/// A name that was asked for has to be right; one that is found is made right.
pub(super) fn project_name(
    options: &LoadOptions,
    documents: &[(String, Vec<Node>)],
    findings: &mut Vec<Finding>,
) -> String {
    let environment = &options.environment;
    let asked = options.project_name.as_ref().or_else(|| environment.get("COMPOSE_PROJECT_NAME"));
    if let Some(name) = asked.filter(|name| !name.is_empty()) {
        if *name != normalise_name(name) {
            findings.push(
                Finding::error("invalid-project-name", format!("{name:?} is not a project name"))
                    .hint(
                        "a project name is made of lower-case letters, digits, _ and -, and \
                         starts with a letter or digit",
                    ),
            );
        }
        return name.clone();
    }
    let lookup = |name: &str| environment.get(name).map(String::as_str);
    let mut written = documents
        .iter()
        .flat_map(|(_, documents)| documents)
        .filter_map(|document| document.get("name"))
        .filter_map(|name| Some((name, name.as_str().filter(|text| !text.is_empty())?)));
    if let Some((node, text)) = written.next_back() {
        let text = match options.interpolate {
            // Problems are found again, with their place, when the file is interpolated.
            true => substitute(text, &lookup, &mut Vec::new()),
            false => text.to_string(),
        };
        let name = normalise_name(&text);
        if name.is_empty() {
            findings.push(
                Finding::error("invalid-project-name", format!("{text:?} leaves no project name"))
                    .about(node)
                    .on("name")
                    .hint("use letters and digits, or take name: out"),
            );
        }
        return name;
    }
    let name = normalise_name(files::base_name(&options.working_dir));
    if name.is_empty() {
        findings.push(
            Finding::error("invalid-project-name", "the project has no name")
                .hint("write name: at the top of the first file"),
        );
    }
    name
}

/// Lower case, only letters, digits, `_` and `-`, starting with a letter or digit.
fn normalise_name(name: &str) -> String {
    let kept: String = name
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
        .collect();
    kept.trim_start_matches(['_', '-']).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        for (name, expected) in [("Foo.Bar", "foobar"), ("_-a-_b", "a-_b"), ("Ä1", "1"), ("..", "")]
        {
            assert_eq!(normalise_name(name), expected, "{name}");
        }
    }
}
