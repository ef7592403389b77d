//! The `hob` command as a function: arguments and a [`World`] in, an exit code out. `main` hands in
//! the real world; stories hand in an imagined one.

mod cli;
mod commands;
mod context;
mod disk;
mod duration;
mod environment;
mod error;
mod exit;
mod fold;
mod progress;
mod redact;
mod render;
mod repository;
mod secrets;
mod select;
mod style;
mod time;
mod ui;
mod world;

use std::{
    ffi::OsString,
    sync::{Arc, Mutex},
};

use clap::{CommandFactory, Parser};

use cli::{Cli, Global};
use context::Context;
use secrets::KeyPlaces;
use ui::{Color, Ui};

pub use environment::Environment;
pub use exit::Exit;
pub use world::{HostsFactory, HostsOptions, Terminal, World};

/// Runs the command line. `args` begin with the program's name.
pub async fn run(args: impl IntoIterator<Item = OsString>, world: World) -> Exit {
    match Cli::try_parse_from(args) {
        Ok(Cli { global, command }) => {
            let context = context(global, world);
            match command.run(&context).await {
                Ok(exit) => exit,
                Err(error) => report(&error, &context.ui),
            }
        }
        Err(usage) => explain(&usage, world),
    }
}

/// The command line with its help, for whoever writes about it.
pub fn command() -> clap::Command {
    Cli::command()
}

fn context(global: Global, world: World) -> Context {
    let World { hosts, stdout, stderr, stdin, terminal, environment, current_dir, stop } = world;
    let may_color = !environment.no_color && !environment.is_dumb_terminal;
    let colors = match global.color {
        Color::Always => (true, true),
        Color::Never => (false, false),
        Color::Auto => (may_color && terminal.stdout, may_color && terminal.stderr),
    };
    let ui = Ui {
        stdout: Mutex::new(stdout),
        stderr: Mutex::new(stderr),
        stdin: Arc::new(Mutex::new(stdin)),
        terminal,
        colors,
        json: global.json,
        redactor: Mutex::default(),
        bars: terminal.stderr && !environment.is_dumb_terminal && !global.no_progress,
    };
    let ssh_config = global.ssh_config.or(environment.ssh_config);
    let hosts_options = HostsOptions {
        ssh_config: ssh_config.map(|path| current_dir.join(path)),
        docker_socket: environment.docker_socket,
        docker_config: environment.docker_config.map(|folder| folder.join("config.json")),
        runtime_dir: environment.runtime_dir,
    };
    let current_dir_of_keys = current_dir.clone();
    let directory = match global.directory {
        Some(directory) => current_dir.join(directory),
        None => current_dir,
    };
    let keys = KeyPlaces {
        identity: global.identity.map(|path| current_dir_of_keys.join(path)),
        hob_file: environment.age_key_file,
        sops_file: environment.sops_age_key_file,
        sops_key: environment.sops_age_key,
        config_folder: environment.config_folder,
    };
    let (variables, editor) = (environment.variables, environment.editor);
    Context { ui, directory, variables, editor, keys, stop, hosts_factory: hosts, hosts_options }
}

/// Says what went wrong: as data if data are wanted as JSON, else as talk.
fn report(error: &error::CommandError, ui: &Ui) -> Exit {
    if !ui.json || ui.json(&error.json()).is_err() {
        ui.talk(&error.text(ui.width()));
    }
    error.exit()
}

/// Help that was asked for is data; a command line that cannot be read is an error. Its exit code
/// is not the usual 2, which means changes here.
fn explain(usage: &clap::Error, world: World) -> Exit {
    let no_color = world.environment.no_color || world.environment.is_dumb_terminal;
    let is_help = !usage.use_stderr();
    let (mut stream, is_terminal) = if is_help {
        (world.stdout, world.terminal.stdout)
    } else {
        (world.stderr, world.terminal.stderr)
    };
    let rendered = usage.render();
    let text =
        if is_terminal && !no_color { rendered.ansi().to_string() } else { rendered.to_string() };
    // Whoever closed the stream does not want to read it.
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    if is_help { Exit::Good } else { Exit::Error }
}
