use serde_json::json;

use crate::{
    context::Context,
    disk,
    error::CommandError,
    exit::Exit,
    style::{HINT, paint},
};

/// Start a homelab in an empty folder: `hob.yaml` and a first stack
///
/// Nothing that is there already is changed.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// What to call this machine
    #[arg(long, value_name = "NAME", default_value = "this")]
    host: String,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let is_name = !args.host.is_empty()
        && args.host.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && args.host.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !is_name {
        return Err(CommandError::config(format!("{:?} is no name for a host", args.host))
            .hint("use letters, digits, - and _"));
    }
    disk::check_folder(&context.directory)?;
    let files = hob_model::starter(&args.host);
    // All are looked at before the first is made.
    for path in files.keys() {
        if disk::exists(&context.path(path.as_ref())) {
            return Err(CommandError::refused(format!("{path} is there already"))
                .hint("go on with hob check, or begin in an empty folder"));
        }
    }
    for (path, text) in &files {
        disk::write_new(&context.path(path.as_ref()), text)?;
    }
    let names: Vec<&String> = files.keys().collect();
    if context.ui.json {
        context.ui.json(&json!({ "made": names }))?;
    } else {
        for name in names {
            context.ui.data(&format!("made {name}\n"))?;
        }
        let command = |text| paint(HINT, text);
        context.ui.talk(&format!(
            "Next: {} says whether all is well, {} what would happen, {} does it.\n",
            command("hob check"),
            command("hob plan"),
            command("hob apply")
        ));
    }
    Ok(Exit::Good)
}
