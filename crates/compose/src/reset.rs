//! `!reset` and `!override`: what a file says against the files before it.

use crate::tree::{Data, Node, Tag};

/// Deletes from `base` what `over` resets or overrides.
pub(crate) fn clear(base: &mut Node, over: &Node) {
    let (Data::Mapping(below), Data::Mapping(above)) = (&mut base.data, &over.data) else {
        return;
    };
    for entry in &above.entries {
        match entry.value.tag {
            Some(Tag::Reset | Tag::Override) => {
                below.remove(&entry.key.name);
            }
            _ => {
                if let Some(base) = below.get_mut(&entry.key.name) {
                    clear(base, &entry.value);
                }
            }
        }
    }
}

/// Removes what is tagged `!reset`, and the tags.
pub(crate) fn strip(node: &mut Node) {
    match &mut node.data {
        Data::Mapping(mapping) => {
            mapping.entries.retain(|entry| entry.value.tag != Some(Tag::Reset));
            mapping.entries.iter_mut().for_each(|entry| strip(&mut entry.value));
        }
        Data::Sequence(items) => {
            items.retain(|item| item.tag != Some(Tag::Reset));
            items.iter_mut().for_each(strip);
        }
        _ => {}
    }
    if matches!(node.tag, Some(Tag::Reset | Tag::Override)) {
        node.tag = None;
    }
}
