//! Chores of this repository: `cargo xtask <chore>`.

mod adopt_corpus;
mod bench;
mod conformance;
mod demo;
mod differential;
mod disk;
mod fuzz;
mod hosts;
mod place;
mod say;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    AdoptCorpus(adopt_corpus::Arguments),
    /// What Hob costs beside Docker Compose, parallel with ssh, and Ansible.
    Bench(bench::Arguments),
    Conformance(conformance::Arguments),
    /// The main job on a fresh machine: a homelab of five hosts, deployed over SSH and verified.
    Demo(demo::Arguments),
    Differential(differential::Arguments),
    Fuzz(fuzz::Arguments),
    /// Real Docker hosts in containers, to try things on by hand.
    #[command(subcommand)]
    Hosts(hosts::Chore),
    #[command(hide = true)]
    Floor(bench::floor::Arguments),
    #[command(hide = true)]
    Measure(bench::measure::Arguments),
    /// Everything that has to hold: formatting, lints, every test, tidiness.
    Test(test::Arguments),
    /// Rules of this repository that no compiler knows.
    Tidy,
}

/// What a chore returns: a failure in words that say what to try.
type Outcome = Result<ExitCode, String>;

fn main() -> ExitCode {
    let Arguments { chore } = Arguments::parse();
    let outcome = match chore {
        Chore::AdoptCorpus(arguments) => adopt_corpus::run(&arguments),
        Chore::Bench(arguments) => bench::run(&arguments),
        Chore::Floor(arguments) => bench::floor::run(&arguments),
        Chore::Measure(arguments) => bench::measure::run(&arguments),
        Chore::Conformance(arguments) => conformance::run(&arguments),
        Chore::Differential(arguments) => differential::run(&arguments),
        Chore::Fuzz(arguments) => fuzz::run(&arguments),
        Chore::Demo(arguments) => demo::run(&arguments),
        Chore::Hosts(chore) => hosts::run(chore),
        Chore::Test(arguments) => test::run(&arguments),
        Chore::Tidy => test::run_tidy(),
    };
    outcome.unwrap_or_else(|why| {
        say::line(&format!("error: {why}"));
        ExitCode::FAILURE
    })
}
