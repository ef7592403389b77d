//! One value: shown, set, taken out.

use hob_model::Secret;
use serde_json::json;

use super::{
    files::{FileArgs, parse_name, to_set, with_value},
    typed,
};
use crate::{context::Context, error::CommandError, exit::Exit, time};

/// Print a secret
#[derive(clap::Args, Debug)]
pub(super) struct GetArgs {
    /// Its name, such as DB_PASSWORD or db.password
    name: String,
    #[command(flatten)]
    file: FileArgs,
}

/// Set a secret, new or not
///
/// The value is asked for without showing it, or is what stands on standard input, without the
/// line end behind it. It is never an argument: those can be seen by everybody on the machine.
#[derive(clap::Args, Debug)]
pub(super) struct SetArgs {
    /// Its name, such as DB_PASSWORD or db.password
    name: String,
    #[command(flatten)]
    file: FileArgs,
}

/// Take a secret out
#[derive(clap::Args, Debug)]
pub(super) struct RemoveArgs {
    /// Its name, such as DB_PASSWORD or db.password
    name: String,
    #[command(flatten)]
    file: FileArgs,
}

pub(super) fn get(args: &GetArgs, context: &Context) -> Result<Exit, CommandError> {
    let name = parse_name(&args.name)?;
    let file = with_value(&name, &args.file, context)?;
    let sops = file.open(context)?;
    // An empty value (null) has a name and nothing else.
    let text = sops.get(&name).map_or("", |value| value.text.expose().as_str());
    match context.ui.json {
        true => context.ui.json(&json!({
            "file": file.name, "name": name.to_string(), "value": text
        }))?,
        false => context.ui.data(&format!("{text}\n"))?,
    }
    Ok(Exit::Good)
}

pub(super) async fn set(args: &SetArgs, context: &Context) -> Result<Exit, CommandError> {
    let name = parse_name(&args.name)?;
    let file = to_set(&name, &args.file, context)?;
    let mut sops = file.open_or_begin(context)?;
    let value: Secret<String> = typed::value(&format!("Value of {name}: "), context).await?;
    if value.expose().is_empty() {
        return Err(CommandError::refused("an empty value was given; nothing was changed")
            .hint(format!("hob secret remove {name} takes it out")));
    }
    let was_there = sops.get(&name).is_some();
    sops.set(&name, &value, &time::now())
        .map_err(|why| CommandError::config(format!("setting {name}")).caused_by(why))?;
    let is_sealed = sops.get(&name).is_some_and(|value| value.is_sealed);
    file.save(&sops)?;
    if !is_sealed {
        context.ui.talk(&format!(
            "warning: {} keeps {name} in clear, by its own rule (see .sops.yaml)\n",
            file.name
        ));
    }
    match context.ui.json {
        true => context.ui.json(&json!({
            "file": file.name, "set": [name.to_string()], "is_new": !was_there
        }))?,
        false => {
            let what = if was_there { "changed" } else { "added" };
            context.ui.data(&format!("{what} {name} in {}\n", file.name))?;
        }
    }
    Ok(Exit::Good)
}

pub(super) fn remove(args: &RemoveArgs, context: &Context) -> Result<Exit, CommandError> {
    let name = parse_name(&args.name)?;
    let file = with_value(&name, &args.file, context)?;
    let mut sops = file.open(context)?;
    sops.remove(&name, &time::now())
        .map_err(|why| CommandError::config(format!("removing {name}")).caused_by(why))?;
    file.save(&sops)?;
    match context.ui.json {
        true => context.ui.json(&json!({ "file": file.name, "removed": [name.to_string()] }))?,
        false => context.ui.data(&format!("removed {name} from {}\n", file.name))?,
    }
    Ok(Exit::Good)
}
