use std::path::Path;

use hob_model::homelab::{MODELINE, SCHEMA_FILE, fields};

use crate::{
    context::Context,
    disk,
    error::CommandError,
    exit::Exit,
    repository::Repository,
    style::{HINT, paint},
};

/// Print the JSON Schema by which editors complete and check hob.yaml
///
/// With --write, it is put into .hob/schema.json of the repository, which the first line of a
/// hob.yaml made by hob init names. It fits this version of hob: write it again after an upgrade.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Put it into .hob/schema.json of the repository
    #[arg(long)]
    write: bool,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    if !args.write {
        context.ui.page(&text())?;
        return Ok(Exit::Good);
    }
    if !write(&Repository::folder(context)?.join(SCHEMA_FILE))? {
        context.ui.data(&format!("{SCHEMA_FILE} is as it should be\n"))?;
        return Ok(Exit::Good);
    }
    context.ui.data(&format!("made {SCHEMA_FILE}\n"))?;
    let line = paint(HINT, MODELINE);
    context.ui.talk(&format!("Editors read it if the first line of hob.yaml is: {line}\n"));
    Ok(Exit::Good)
}

/// Makes the file, or makes it anew; false if it is as it should be.
pub(crate) fn write(path: &Path) -> Result<bool, CommandError> {
    let text = text();
    if disk::read_text(path).is_ok_and(|there| there == text) {
        return Ok(false);
    }
    match disk::exists(path) {
        true => disk::write(path, &text)?,
        false => disk::write_new(path, &text)?,
    }
    Ok(true)
}

fn text() -> String {
    format!("{:#}\n", fields::schema())
}
