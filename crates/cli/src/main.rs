//! The `hob` command: the real world around [`hob_cli::run`].
#![allow(clippy::disallowed_methods, reason = "this is where the ban on them leads to")]

use std::{
    env,
    io::{self, BufReader, IsTerminal},
    process::ExitCode,
    sync::Arc,
};

use hob_cli::{Environment, Exit, HostsOptions, Terminal, World};
use hob_engine::{Stop, StopHandle, stop_signal};
use hob_host::{Hosts, RealHosts, private_runtime_dir};
use terminal_size::{Width, terminal_size_of};
use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};

fn main() -> ExitCode {
    match run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            // The world is not there yet, so nothing nicer can be said.
            #[allow(clippy::print_stderr, reason = "nothing else can speak yet")]
            {
                eprintln!("error: starting Hob: {error}");
            }
            Exit::Error.into()
        }
    }
}

fn run() -> io::Result<Exit> {
    let environment = Environment::read(|name| env::var_os(name)).with_variables(env::vars_os());
    let runtime = Runtime::new()?;
    let exit = runtime.block_on(async {
        let (handle, stop) = stop_signal();
        let world = world(environment, stop)?;
        let signals = tokio::spawn(press_on_signals(handle)?);
        let exit = hob_cli::run(env::args_os(), world).await;
        signals.abort();
        Ok(exit)
    });
    // Nobody waits for a question that was not answered.
    runtime.shutdown_background();
    exit
}

fn world(environment: Environment, stop: Stop) -> io::Result<World> {
    Ok(World {
        hosts: Box::new(real_hosts),
        stdout: Box::new(io::stdout()),
        stderr: Box::new(io::stderr()),
        stdin: Box::new(BufReader::new(io::stdin())),
        terminal: Terminal {
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
            width: columns(),
        },
        environment,
        current_dir: env::current_dir()?,
        stop,
    })
}

/// Columns of the terminal that talk goes to, if it goes to one.
fn columns() -> Option<u16> {
    let (Width(columns), _) = terminal_size_of(io::stderr())?;
    (columns > 0).then_some(columns)
}

fn real_hosts(options: &HostsOptions) -> io::Result<Arc<dyn Hosts>> {
    let HostsOptions { ssh_config, docker_socket, docker_config, runtime_dir } = options.clone();
    Ok(Arc::new(RealHosts {
        ssh_config,
        runtime_dir: private_runtime_dir(runtime_dir.as_deref())?,
        docker_socket,
        docker_config,
    }))
}

/// Ctrl-C, and what service managers send, tell the run to stop; again, to stop at once.
fn press_on_signals(handle: StopHandle) -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            tokio::select! {
                Some(()) = interrupt.recv() => {}
                Some(()) = terminate.recv() => {}
                Some(()) = hang_up.recv() => {}
                else => return,
            }
            handle.press();
        }
    })
}
