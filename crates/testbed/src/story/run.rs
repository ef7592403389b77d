//! Telling a story: line by line, in a world, with a record of what was said.

use std::{fmt::Write as _, path::Path};

use super::{
    Command, Fate, Line, Ran, Story, StoryError, StoryWorld,
    act::{Act, Show},
    files,
    record::difference,
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
            Command::Hushed { once, arguments } => {
                let ran = match once {
                    Some(once) => self.world.hob_once(arguments, self.repository, once).await?,
                    None => self.world.hob(arguments, self.repository, &Fate::default()).await?,
                };
                self.note_end(&ran);
            }
            Command::KilledAnywhere(arguments) => {
                let verdict = self.kill_anywhere(arguments).await?;
                self.note(verdict.trim_end());
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

    /// Kills the call after every number of operations. Each time the same call again has to leave
    /// what one that was never killed leaves: the same world, the same exit code, and the same plan
    /// for what is next. Where it does not, the record says so.
    async fn kill_anywhere(&mut self, arguments: &[String]) -> Result<String, StoryError> {
        self.world.remember()?;
        let whole = self.outcome(arguments).await?;
        let mut faults = String::new();
        for after in 0..KILLS_MAX {
            self.world.go_back()?;
            let fate = Fate { killed_after: Some(after), ..Fate::default() };
            let killed = self.world.hob(arguments, self.repository, &fate).await?;
            if killed.code.is_some() {
                let verdict = if faults.is_empty() { "healed every time" } else { "NOT healed:" };
                return Ok(format!("killed {after} times, and {verdict}\n{faults}"));
            }
            let healed = self.outcome(arguments).await?;
            if healed != whole {
                let difference = difference(&whole, &healed);
                // why: writing to a string cannot fail.
                let _ = write!(faults, "after {after} operations, {difference}");
            }
        }
        Err(StoryError::World(format!("more than {KILLS_MAX} operations")))
    }

    /// What a call leaves: its exit code, the world, and the plan for what is next.
    async fn outcome(&mut self, arguments: &[String]) -> Result<String, StoryError> {
        let ran = self.world.hob(arguments, self.repository, &Fate::default()).await?;
        let world = self.world.act(&Act::Show(Show::Everything)).await?;
        let plan = self.plan().await?;
        Ok(format!(
            "exit {:?}\n{world}plan {:?}\n{}{}",
            ran.code, plan.code, plan.stdout, plan.stderr
        ))
    }

    async fn plan(&mut self) -> Result<Ran, StoryError> {
        self.world.hob(&["plan".to_owned()], self.repository, &Fate::default()).await
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
        self.note_end(ran);
    }

    fn note_end(&mut self, ran: &Ran) {
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
