use hob_secrets::sops::{Name, names, recipients};
use serde_json::json;

use super::files::{FileArgs, chosen};
use crate::{
    context::Context,
    error::CommandError,
    exit::Exit,
    secrets::variable_name,
    style::{HEADING, paint},
};

/// Show the names of secrets and who can open them; no key is needed
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let mut text = String::new();
    let mut data = Vec::new();
    for file in chosen(&args.file, context)? {
        if !file.is_there() {
            text += &format!("{}  not there yet\n", paint(HEADING, &file.name));
            data.push(json!({ "file": file.name, "is_there": false }));
            continue;
        }
        let sealed = file.text()?;
        let read = |why| CommandError::config(format!("reading {}", file.name)).caused_by(why);
        let names = names(&file.name, &sealed, file.format).map_err(read)?;
        let keys = recipients(&file.name, &sealed, file.format).map_err(read)?;
        text += &format!("{}\n", paint(HEADING, &file.name));
        for key in &keys {
            text += &format!("  for {key}\n");
        }
        text += &names.iter().map(line).collect::<String>();
        let all = names
            .iter()
            .map(|name| json!({ "name": name.to_string(), "variable": variable_name(name) }));
        data.push(json!({
            "file": file.name,
            "is_there": true,
            "recipients": keys,
            "secrets": all.collect::<Vec<_>>(),
        }));
    }
    match context.ui.json {
        true => context.ui.json(&json!({ "files": data }))?,
        false => context.ui.data(&text)?,
    }
    Ok(Exit::Good)
}

/// A name, and the variable that it is, if that reads otherwise.
fn line(name: &Name) -> String {
    let (name, variable) = (name.to_string(), variable_name(name));
    match name == variable {
        true => format!("  {name}\n"),
        false => format!("  {name}  ${{{variable}}}\n"),
    }
}
