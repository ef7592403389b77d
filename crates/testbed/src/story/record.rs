//! Comparing a story with its record, or recording it anew.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use super::{Story, StoryError, StoryWorld, files, normal, run};

/// Set to anything but nothing, records are written and not compared.
pub const UPDATE_VARIABLE: &str = "UPDATE_STORIES";

/// The stories of a folder, in order of their names.
pub fn stories_in(folder: &Path) -> Result<Vec<PathBuf>, StoryError> {
    files::with_extension(folder, "story")
}

/// Reads the story of this file.
pub fn read(path: &Path) -> Result<Story, StoryError> {
    Story::parse(&files::read(path)?)
}

/// Tells the story of this file in a world of another kind than the one it was recorded in, and
/// compares all but what may differ.
pub async fn compare(path: &Path, world: &mut dyn StoryWorld) -> Result<(), StoryError> {
    let record = normal(&run(&read(path)?, world).await?);
    let recorded = normal(&files::read(&path.with_extension("out"))?);
    if record == recorded {
        return Ok(());
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Err(StoryError::WorldsDiffer { name, difference: difference(&recorded, &record) })
}

/// Tells the story of this file in a world, and compares what comes of it with the record beside
/// it. With `update`, the record is written instead.
pub async fn check(
    path: &Path,
    world: &mut dyn StoryWorld,
    update: bool,
) -> Result<(), StoryError> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let record = run(&read(path)?, world).await?;
    let recorded_in = path.with_extension("out");
    let recorded = files::read_if_there(&recorded_in)?.unwrap_or_default();
    if record == recorded {
        return Ok(());
    }
    if update {
        let folder = path.parent().unwrap_or(Path::new(""));
        return files::write(folder, &format!("{name}.out"), &record);
    }
    Err(StoryError::NotAsRecorded { name, difference: difference(&recorded, &record) })
}

/// The lines between the first and the last that differ.
pub(super) fn difference(was: &str, now: &str) -> String {
    let was: Vec<&str> = was.lines().collect();
    let now: Vec<&str> = now.lines().collect();
    let same = was.iter().zip(&now).take_while(|(a, b)| a == b).count();
    let (was, now) = (&was[same..], &now[same..]);
    let tail = was.iter().rev().zip(now.iter().rev()).take_while(|(a, b)| a == b).count();
    let mut text = format!("from line {}:\n", same + 1);
    // why: writing to a string cannot fail.
    for line in &was[..was.len() - tail] {
        let _ = writeln!(text, "-{line}");
    }
    for line in &now[..now.len() - tail] {
        let _ = writeln!(text, "+{line}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_what_is_gone_and_what_is_new() {
        assert_eq!(difference("a\nb\nc\nd", "a\nx\ny\nd"), "from line 2:\n-b\n-c\n+x\n+y\n");
        assert_eq!(difference("", "a\n"), "from line 1:\n+a\n");
        assert_eq!(difference("a\na\n", "a\n"), "from line 2:\n-a\n");
    }
}
