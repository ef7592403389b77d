use std::{collections::BTreeMap, path::PathBuf};

use hob_compose::{Severity, dotenv};
use hob_model::Secret;
use hob_secrets::{
    sops::{Format, Name, Step, is_sops, plain},
    vault,
};
use serde_json::json;

use super::{
    files::{FileArgs, chosen},
    typed,
};
use crate::{
    context::Context, disk, error::CommandError, exit::Exit, secrets::variable_name, style::count,
    time,
};

/// Seal what stands in clear, or in an Ansible Vault: .env, YAML and JSON files
///
/// Values of the same name are replaced. The file that is read stays as it is: remove it then, and
/// change the values if it was ever pushed anywhere, since the history of the repository keeps it.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The file with the values
    #[arg(value_name = "FILE")]
    from: PathBuf,
    /// Only these of its values
    #[arg(value_name = "NAME")]
    only: Vec<String>,
    /// Read the password of an Ansible Vault from this file instead of asking
    #[arg(long, value_name = "FILE")]
    vault_password_file: Option<PathBuf>,
    #[command(flatten)]
    file: FileArgs,
}

/// Names with their values.
type Values = Vec<(Name, Secret<String>)>;

pub(super) async fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let from = args.from.display().to_string();
    let files = chosen(&args.file, context)?;
    let [file] = files.as_slice() else {
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        return Err(CommandError::config("there are several files of secrets")
            .hint(format!("say which with --file: {}", names.join(", "))));
    };
    let text = Secret::new(disk::read_text(&context.path(&args.from))?);
    if is_sops(&from, text.expose()) {
        return Err(CommandError::refused(format!("{from} is sealed already"))
            .hint("name it under secrets.files in hob.yaml"));
    }
    let values = read(&from, &text, args, context).await?;
    let values = chosen_values(values, args, &from)?;
    let is_own = context.path(&args.from) == file.path;
    let mut sops = match is_own {
        true => file.begin(context)?,
        false => file.open_or_begin(context)?,
    };
    let mut set = Vec::new();
    for (name, value) in &values {
        let name = match file.format {
            Format::Dotenv => Name(vec![Step::Key(variable_name(name))]),
            Format::Yaml | Format::Json => without_lists(name),
        };
        sops.set(&name, value, &time::now())
            .map_err(|why| CommandError::config(format!("setting {name}")).caused_by(why))?;
        set.push(name.to_string());
    }
    file.save(&sops)?;
    if context.ui.json {
        context.ui.json(&json!({ "file": file.name, "from": from, "set": set }))?;
        return Ok(Exit::Good);
    }
    context.ui.data(&format!("sealed {} in {}\n", count(set.len(), "value"), file.name))?;
    if !is_own && !text.expose().contains("$ANSIBLE_VAULT;") {
        context.ui.talk(&format!(
            "{from} still has them in clear: remove it. If it was ever committed, its history \
             has them too: change the values.\n"
        ));
    }
    Ok(Exit::Good)
}

async fn read(
    from: &str,
    text: &Secret<String>,
    args: &Args,
    context: &Context,
) -> Result<Values, CommandError> {
    let reading = |why: &dyn ToString| {
        CommandError::config(format!("reading {from}")).caused_by(why.to_string())
    };
    let has_vaults = vault::is_vault(text.expose()) || text.expose().contains("$ANSIBLE_VAULT;");
    let password = match has_vaults {
        true => Some(password(args, context).await?),
        false => None,
    };
    let mut opened = text.clone();
    if let Some(password) = password.as_ref().filter(|_| vault::is_vault(text.expose())) {
        let bytes = vault::open(from, text.expose(), password).map_err(|why| reading(&why))?;
        let inner = String::from_utf8(bytes.expose().clone());
        opened = Secret::new(inner.map_err(|_| reading(&"what is in it is not UTF-8 text"))?);
    }
    if Format::of(from) == Some(Format::Dotenv) {
        let (values, findings) = dotenv::parse(opened.expose(), from, &BTreeMap::new());
        if let Some(wrong) = findings.iter().find(|it| it.severity == Severity::Error) {
            return Err(reading(&wrong.message));
        }
        let name = |name: String| Name(vec![Step::Key(name)]);
        return Ok(values.into_iter().map(|(it, text)| (name(it), Secret::new(text))).collect());
    }
    // A vault has any name; what is in it is YAML.
    let format = Format::of(from).unwrap_or(Format::Yaml);
    let mut values = plain::read(from, opened.expose(), format).map_err(|why| reading(&why))?;
    for (name, value) in &mut values {
        if let (true, Some(password)) = (vault::is_vault(value.expose()), &password) {
            let what = format!("{from}: {name}");
            let bytes =
                vault::open(&what, value.expose(), password).map_err(|why| reading(&why))?;
            let text = String::from_utf8(bytes.expose().clone());
            *value = Secret::new(text.map_err(|_| reading(&"a value is not UTF-8 text"))?);
        }
    }
    Ok(values)
}

async fn password(args: &Args, context: &Context) -> Result<Secret<String>, CommandError> {
    match &args.vault_password_file {
        Some(path) => {
            let text = disk::read_text(&context.path(path))?;
            Ok(Secret::new(text.trim_end_matches(['\n', '\r']).to_owned()))
        }
        None => typed::value("Password of the vault: ", context).await,
    }
}

/// Those that are wanted, without empty ones.
fn chosen_values(values: Values, args: &Args, from: &str) -> Result<Values, CommandError> {
    let is_meant = |name: &Name| {
        args.only.is_empty()
            || args
                .only
                .iter()
                .any(|only| *only == name.to_string() || *only == variable_name(name))
    };
    let kept =
        values.into_iter().filter(|(name, text)| is_meant(name) && !text.expose().is_empty());
    let kept: Values = kept.collect();
    match kept.is_empty() {
        true => Err(CommandError::config(format!("there is nothing to seal in {from}"))
            .hint("a .env file has NAME=value in lines, a YAML file name: value")),
        false => Ok(kept),
    }
}

/// A new file has no lists that could take an item: their places become part of the name.
fn without_lists(name: &Name) -> Name {
    if name.0.iter().all(|step| matches!(step, Step::Key(_))) {
        return name.clone();
    }
    Name(vec![Step::Key(variable_name(name))])
}
