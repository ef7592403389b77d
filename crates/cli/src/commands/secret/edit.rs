use std::process::Stdio;

use hob_model::Secret;
use serde_json::json;

use super::files::{FileArgs, SecretFile, chosen};
use crate::{
    context::Context,
    disk::{self, PrivateFolder},
    error::CommandError,
    exit::Exit,
    time,
};

/// Edit the secrets of a file in VISUAL or EDITOR
///
/// The editor gets a file that only you can read, in memory where the system has such a place. It
/// is removed afterwards, also when you press Ctrl-C. Only what was edited is sealed again;
/// comments that are added are not kept.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    file: FileArgs,
}

/// What is called if the environment names no editor.
const EDITOR_DEFAULT: &str = "vi";

pub(super) async fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let files = chosen(&args.file, context)?;
    let [file] = files.as_slice() else {
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        return Err(CommandError::config("there are several files of secrets")
            .hint(format!("say which with --file: {}", names.join(", "))));
    };
    let mut sops = file.open_or_begin(context)?;
    let before = sops
        .laid_open()
        .map_err(|why| CommandError::config(format!("opening {}", file.name)).caused_by(why))?;
    // What nobody has written yet looks like JSON in YAML.
    let before = if before.expose().trim() == "{}" && !sops_is_json(file) {
        Secret::new(String::new())
    } else {
        before
    };
    let folder = PrivateFolder::make(context.hosts_options.runtime_dir.as_deref())?;
    let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let path = folder.path().join(name.unwrap_or_default());
    disk::write_private(&path, before.expose())?;
    let (set, removed) = loop {
        call_editor(&path, context).await?;
        let edited = Secret::new(disk::read_text(&path)?);
        if edited == before {
            break (0, 0);
        }
        match sops.take_over(edited.expose(), &time::now()) {
            Ok(counts) => break counts,
            Err(why) => {
                let says = format!("what was edited cannot be kept: {why}\n");
                context.ui.talk(&says);
                let can_ask = context.ui.terminal.stdin && context.ui.terminal.stderr;
                let again =
                    can_ask && context.unless_stopped(context.ui.confirm("Edit it again?")).await?;
                if !again {
                    return Err(CommandError::refused(format!("{} was not changed", file.name)));
                }
                sops = file.open_or_begin(context)?;
            }
        }
    };
    if set + removed > 0 || !file.is_there() {
        file.save(&sops)?;
    }
    match context.ui.json {
        true => context.ui.json(&json!({ "file": file.name, "set": set, "removed": removed }))?,
        false if set + removed == 0 => context.ui.data("nothing was changed\n")?,
        false => {
            context.ui.data(&format!("{}: {set} set, {removed} removed\n", file.name))?;
        }
    }
    Ok(Exit::Good)
}

fn sops_is_json(file: &SecretFile) -> bool {
    file.format == hob_secrets::sops::Format::Json
}

/// The editor as words, such as `code --wait`, with the file behind them.
async fn call_editor(path: &std::path::Path, context: &Context) -> Result<(), CommandError> {
    let said = context.editor.as_deref().unwrap_or(EDITOR_DEFAULT);
    let mut words = said.split_whitespace();
    let program = words.next().unwrap_or(EDITOR_DEFAULT);
    let mut command = tokio::process::Command::new(program);
    command
        .args(words)
        .arg(path)
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let failed = |why: &dyn ToString| {
        CommandError::remote(format!("calling the editor {program}"))
            .caused_by(why.to_string())
            .hint("name another one in EDITOR; nothing was changed")
    };
    let mut running = command.spawn().map_err(|why| failed(&why))?;
    let ended = context.unless_stopped(running.wait()).await?.map_err(|why| failed(&why))?;
    match ended.success() {
        true => Ok(()),
        false => Err(failed(&format!("it ended with {ended}"))),
    }
}
