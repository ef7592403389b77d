//! Everything outside that the command line touches, handed in by `main`, or by a test.

use std::{
    io::{self, BufRead, Write},
    path::PathBuf,
    sync::Arc,
};

use hob_engine::Stop;
use hob_host::Hosts;

use crate::environment::Environment;

/// What a run of `hob` has to do with.
pub struct World {
    /// Makes the way to hosts, real ones or imagined ones.
    pub hosts: HostsFactory,
    /// Data.
    pub stdout: Box<dyn Write + Send>,
    /// Talk.
    pub stderr: Box<dyn Write + Send>,
    /// Answers to questions.
    pub stdin: Box<dyn BufRead + Send>,
    /// Which of these are terminals.
    pub terminal: Terminal,
    /// The environment.
    pub environment: Environment,
    /// The directory that the command was called in; absolute.
    pub current_dir: PathBuf,
    /// Being told to stop, by Ctrl-C.
    pub stop: Stop,
}

/// Makes the way to hosts; the error says why there is none.
pub type HostsFactory = Box<dyn Fn(&HostsOptions) -> io::Result<Arc<dyn Hosts>> + Send + Sync>;

/// How hosts are to be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostsOptions {
    /// An SSH configuration instead of the user's own.
    pub ssh_config: Option<PathBuf>,
    /// The Docker socket of this machine, where the homelab does not name one.
    pub docker_socket: Option<PathBuf>,
    /// Docker's `config.json` of this machine.
    pub docker_config: Option<PathBuf>,
    /// Where the sockets of connections lie; the default is a private folder below `/tmp`.
    pub runtime_dir: Option<PathBuf>,
}

/// Which of the standard streams are terminals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Somebody can answer.
    pub stdin: bool,
    /// Data are read by people.
    pub stdout: bool,
    /// Talk is read as it comes.
    pub stderr: bool,
    /// Columns of the terminal, if it says.
    pub width: Option<u16>,
}
