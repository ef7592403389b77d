use std::path::Path;

use hob_model::{
    HOMELAB_FILE, REPOSITORY_ROOT,
    adopt::{Adopted, Note, Sureness, adopt},
    homelab::SCHEMA_FILE,
};
use serde_json::json;

use super::schema;
use crate::{
    context::Context,
    disk::{self, DiskFiles},
    error::CommandError,
    exit::Exit,
    style::{HEADING, HINT, count, paint},
};

/// Make a folder a homelab: write hob.yaml for the Compose files in it, or a first stack
///
/// In a folder with Compose files, hosts and stacks are recognised by what is there, and hob.yaml
/// describes them; no file is moved. In an empty one, a homelab of this machine is begun. Nothing
/// that is there already is changed.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// What to call this machine, if the files name no host
    #[arg(long, value_name = "NAME", default_value = "this")]
    host: String,
    /// Print hob.yaml instead of writing it
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    if !is_name(&args.host) {
        return Err(CommandError::config(format!("{:?} is no name for a host", args.host))
            .hint("use letters, digits, - and _"));
    }
    disk::check_folder(&context.directory)?;
    if disk::exists(&context.path(HOMELAB_FILE.as_ref())) && !args.dry_run {
        return Err(CommandError::refused(format!("{HOMELAB_FILE} is there already"))
            .hint("go on with hob check, or see with --dry-run what would be written"));
    }
    let files = DiskFiles::repository(&context.directory)?;
    let name = homelab_name(&context.directory);
    let adopted = adopt(&files, REPOSITORY_ROOT, &name, &args.host)
        .map_err(|why| CommandError::config(format!("looking at the files: {why}")))?;
    match adopted {
        Some(adopted) if adopted.hosts.is_empty() => Err(nothing_readable(&adopted)),
        Some(adopted) => describe(args, context, &adopted),
        None => begin(args, context),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// The folder's name as the name of a homelab.
fn homelab_name(folder: &Path) -> String {
    let folder = std::path::absolute(folder).unwrap_or_default();
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let name: String = name.unwrap_or_default().chars().map(allowed).collect();
    match is_name(&name) {
        true => name,
        false => "home".to_owned(),
    }
}

/// There are Compose files, and none of them can be described.
fn nothing_readable(adopted: &Adopted) -> CommandError {
    let refused = CommandError::refused("no Compose file here can be read")
        .hint("mend them and run hob init again, or begin in an empty folder");
    let notes = adopted.notes.iter().map(|note| format!("{}: {}", note.path, note.text));
    notes.fold(refused, CommandError::caused_by)
}

/// Writes `hob.yaml` for what is there.
fn describe(args: &Args, context: &Context, adopted: &Adopted) -> Result<Exit, CommandError> {
    let text = adopted.text();
    let mut made = Vec::new();
    if !args.dry_run {
        disk::write_new(&context.path(HOMELAB_FILE.as_ref()), &text)?;
        made.push(HOMELAB_FILE);
        made.extend(add_schema(context)?);
    }
    if context.ui.json {
        let notes = adopted.notes.iter().map(
            |note| json!({ "sureness": word(note.sureness), "path": note.path, "text": note.text }),
        );
        let notes: Vec<_> = notes.collect();
        let found = json!({
            "hosts": adopted.hosts.len(),
            "stacks": stacks_on_hosts(adopted),
            "unassigned": adopted.unassigned.len(),
            "layers": adopted.layers.len(),
        });
        let data = json!({ "made": made, "found": found, "text": text, "notes": notes });
        context.ui.json(&data)?;
        return Ok(Exit::Good);
    }
    context.ui.talk(&summary(adopted));
    match args.dry_run {
        true => context.ui.data(&text)?,
        false => {
            for name in made {
                context.ui.data(&format!("made {name}\n"))?;
            }
            let check = paint(HINT, "hob check --offline");
            let read = paint(HINT, HOMELAB_FILE);
            context.ui.talk(&format!(
                "Next: read {read}, above all what was guessed; {check} says what is wrong.\n"
            ));
        }
    }
    Ok(Exit::Good)
}

/// How many stacks some host runs, each counted once per host.
fn stacks_on_hosts(adopted: &Adopted) -> usize {
    let of_hosts = adopted.hosts.values();
    of_hosts.map(|host| host.stacks.len() + usize::from(host.has_own_file)).sum()
}

/// What editors check `hob.yaml` with, unless it is there.
fn add_schema(context: &Context) -> Result<Option<&'static str>, CommandError> {
    let path = context.path(SCHEMA_FILE.as_ref());
    if disk::exists(&path) {
        return Ok(None);
    }
    schema::write(&path)?;
    Ok(Some(SCHEMA_FILE))
}

/// What was found, guessed and left out, a line each.
fn summary(adopted: &Adopted) -> String {
    let stacks = stacks_on_hosts(adopted);
    let mut text =
        format!("Found {} with {}.\n", count(adopted.hosts.len(), "host"), count(stacks, "stack"));
    if !adopted.unassigned.is_empty() {
        let left = count(adopted.unassigned.len(), "stack");
        text += &format!("{left} on no host: nothing says which one runs them.\n");
    }
    for sureness in [Sureness::Understood, Sureness::Guessed, Sureness::LeftOut] {
        let of_it = |note: &&Note| note.sureness == sureness;
        let mut lines = adopted.notes.iter().filter(of_it).peekable();
        if lines.peek().is_some() {
            text += &format!("{}\n", paint(HEADING, heading(sureness)));
        }
        for note in lines {
            text += &format!("  {}: {}\n", paint(HINT, &note.path), note.text);
        }
    }
    text
}

fn heading(sureness: Sureness) -> &'static str {
    match sureness {
        Sureness::Understood => "Understood",
        Sureness::Guessed => "Guessed",
        Sureness::LeftOut => "Left out",
    }
}

fn word(sureness: Sureness) -> &'static str {
    match sureness {
        Sureness::Understood => "understood",
        Sureness::Guessed => "guessed",
        Sureness::LeftOut => "left-out",
    }
}

/// Begins a homelab in an empty folder.
fn begin(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let files = hob_model::starter(&args.host);
    if args.dry_run {
        context.ui.data(files.get(HOMELAB_FILE).map_or("", String::as_str))?;
        return Ok(Exit::Good);
    }
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
    let mut names: Vec<&str> = files.keys().map(String::as_str).collect();
    names.extend(add_schema(context)?);
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
