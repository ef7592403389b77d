//! The variables that the values of a project name.

use std::collections::BTreeMap;

use crate::tree::{Data, Node};
use crate::uses::uses;

/// How a variable is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    /// Whether loading fails without it.
    pub required: bool,
    /// What stands for it if it is not set.
    pub default: String,
    /// What stands for it if it is set.
    pub alternate: String,
}

/// The variables that the values of a tree without interpolation name, by name. Of several uses of
/// one variable those that say more count.
pub fn variables(tree: &Node) -> BTreeMap<String, Variable> {
    let mut found = BTreeMap::new();
    collect(tree, &mut found);
    found
}

fn collect(node: &Node, found: &mut BTreeMap<String, Variable>) {
    match &node.data {
        Data::Mapping(mapping) => {
            mapping.entries.iter().for_each(|entry| collect(&entry.value, found));
        }
        Data::Sequence(items) => items.iter().for_each(|item| collect(item, found)),
        Data::String(text) if text.contains('$') => {
            for used in uses(text, &|_| true) {
                let variable = found.entry(used.name.to_owned()).or_default();
                match used.operator.trim_start_matches(':') {
                    "?" => variable.required = true,
                    "-" => variable.default = used.operand.to_string(),
                    "+" => variable.alternate = used.operand.to_string(),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::parse;

    #[test]
    fn every_use_is_found() {
        let yaml =
            "a: ${A:-${B:-x}}-$C ${D:?no} ${E?}\nb: [$$F, '${G:+alt}${H+b}', $A]\nc: {$K: 1}";
        let (documents, _) = parse(yaml, "f");
        let shown: Vec<String> = variables(&documents[0])
            .iter()
            .map(|(name, v)| format!("{name} {} {:?} {:?}", v.required, v.default, v.alternate))
            .collect();
        assert_eq!(
            shown,
            [
                "A false \"${B:-x}\" \"\"",
                "B false \"x\" \"\"",
                "C false \"\" \"\"",
                "D true \"\" \"\"",
                "E true \"\" \"\"",
                "G false \"\" \"alt\"",
                "H false \"\" \"b\"",
            ]
        );
    }
}
