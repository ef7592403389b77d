//! The documentation is true: what it types is run, and what it names exists.

mod checks;
mod console;
mod examples;
mod links;
mod mentions;
mod tables;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Set to anything: tables that can be made are made anew.
const UPDATE_VARIABLE: &str = "UPDATE_DOCS";

/// A Markdown file.
struct Page {
    /// Relative to the repository of Hob.
    path: String,
    text: String,
}

/// A fenced block.
struct Block<'a> {
    language: &'a str,
    /// With their numbers in the file, from 1.
    lines: Vec<(usize, &'a str)>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// Every Markdown file of the repository.
fn pages() -> Vec<Page> {
    let paths = files("").into_iter().filter(|path| path.ends_with(".md"));
    let pages: Vec<Page> = paths.map(|path| Page { text: read(&path), path }).collect();
    assert!(pages.iter().any(|page| page.path == "docs/commands.md"), "pages are not found");
    pages
}

/// Every file below a folder of the repository, relative to the repository and in order.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if !entry.file_type().unwrap().is_dir() {
            found.push(path);
        } else if name != "target" && name != ".git" {
            found.extend(files(&path));
        }
    }
    found.sort();
    found
}

impl Page {
    fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut open: Option<Block<'_>> = None;
        for (at, line) in self.text.lines().enumerate() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(language)) => open = Some(Block { language, lines: Vec::new() }),
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => block.lines.push((at + 1, line)),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a block is not closed", self.path);
        blocks
    }

    /// Lines outside of blocks, with their numbers.
    fn prose(&self) -> Vec<(usize, &str)> {
        let mut is_block = false;
        let lines = self.text.lines().enumerate().filter(|(_, line)| {
            let is_fence = line.starts_with("```");
            is_block ^= is_fence;
            !is_block && !is_fence
        });
        lines.map(|(at, line)| (at + 1, line)).collect()
    }
}
