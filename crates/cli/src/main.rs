//! The `hob` command: the real world around [`hob_cli::run`].

fn main() {}
