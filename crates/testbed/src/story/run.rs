//! Telling a story: line by line, in a world, with a record of what was said.

use std::{fmt::Write as _, path::Path};

use super::{
    Command, Fate, Line, Ran, Story, StoryError, StoryWorld,
    act::{Act, Show},
    files,
};

/// Kills tried on one call of `hob`, which no story comes near.
const KILLS_MAX: u64 = 500;

/// Tells the story and returns its record.
pub async fn run(story: &Story, world: &mut dyn StoryWorld) -> Result<String, StoryError> {
    let folder = files::temporary_folder()?;
    for (path, content) in &story.files {
        files::write(folder.path(), path, content)?;
    }
    let mut teller = Teller { world, repository: folder.path(), record: String::new() };
    for line in &story.script {
        teller.tell(line).await.map_err(|why| match why {
            StoryError::World(why) => StoryError::Script { line: line.number, why },
            other => other,
        })?;
    }
    Ok(teller.record)
}

struct Teller<'a> {
    world: &'a mut dyn StoryWorld,
    repository: &'a Path,
    record: String,
}

impl Teller<'_> {
    async fn tell(&mut self, line: &Line) -> Result<(), StoryError> {
        let mark = if line.command == Command::Prose { "" } else { "> " };
        self.note(&format!("{mark}{}", line.text));
        match &line.command {
            Command::Prose => {}
            Command::Hob(arguments) => {
                let ran = self.world.hob(arguments, self.repository, &Fate::default()).await?;
                self.note_ran(&ran);
            }
            Command::Fated { fate, arguments } => {
                let ran = self.world.hob(arguments, self.repository, fate).await?;
                self.note_ran(&ran);
            }
            Command::KilledAnywhere(arguments) => {
                let times = self.kill_anywhere(arguments).await?;
                self.note(&format!("killed {times} times, and healed every time"));
            }
            Command::Write { path, content } => files::write(self.repository, path, content)?,
            Command::Edit { path, old, new } => self.edit(path, old, new)?,
            Command::Delete(path) => files::remove(self.repository, path)?,
            Command::Act(act) => {
                let shown = self.world.act(act).await?;
                self.note_indented("  ", &shown);
            }
        }
        Ok(())
    }

    fn edit(&self, path: &str, old: &str, new: &str) -> Result<(), StoryError> {
        let text = files::read(&self.repository.join(path))?;
        if !text.contains(old) {
            return Err(StoryError::World(format!("{old:?} does not stand in {path}")));
        }
        files::write(self.repository, path, &text.replace(old, new))
    }

    /// Kills the call after every number of operations, and returns how many there were.
    async fn kill_anywhere(&mut self, arguments: &[String]) -> Result<u64, StoryError> {
        self.world.remember()?;
        let whole = self.world.hob(arguments, self.repository, &Fate::default()).await?;
        let expected = self.world.act(&Act::Show(Show::Everything)).await?;
        for after in 0..KILLS_MAX {
            self.world.go_back()?;
            let fate = Fate { killed_after: Some(after), ..Fate::default() };
            let killed = self.world.hob(arguments, self.repository, &fate).await?;
            if killed.code.is_some() {
                return Ok(after);
            }
            let left = self.world.act(&Act::Show(Show::Everything)).await?;
            let healing = self.world.hob(arguments, self.repository, &Fate::default()).await?;
            let found = self.world.act(&Act::Show(Show::Everything)).await?;
            let plan =
                self.world.hob(&["plan".to_owned()], self.repository, &Fate::default()).await?;
            let healed = found == expected && plan.code == Some(0);
            if !healed || healing.code != whole.code {
                return Err(StoryError::World(format!(
                    "killed after {after} operations it does not heal\n\
                     it left:\n{left}\nhealing said ({:?}):\n{}{}\nnow there is:\n{found}\n\
                     there should be:\n{expected}\nand the plan says ({:?}):\n{}{}",
                    healing.code,
                    healing.stdout,
                    healing.stderr,
                    plan.code,
                    plan.stdout,
                    plan.stderr,
                )));
            }
        }
        Err(StoryError::World(format!("more than {KILLS_MAX} operations")))
    }

    fn note(&mut self, text: &str) {
        // why: writing to a string cannot fail.
        let _ = writeln!(self.record, "{text}");
    }

    fn note_ran(&mut self, ran: &Ran) {
        let repository = self.repository.display().to_string();
        let plain = |text: &str| text.replace(&repository, "REPOSITORY");
        self.note_indented("  ", &plain(&ran.stdout));
        self.note_indented("! ", &plain(&ran.stderr));
        match ran.code {
            Some(code) => self.note(&format!("exit {code}")),
            None => self.note("killed"),
        }
    }

    fn note_indented(&mut self, mark: &str, text: &str) {
        for line in text.lines() {
            self.note(format!("{mark}{line}").trim_end());
        }
    }
}
