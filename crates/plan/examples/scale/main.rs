//! How long planning takes, and how much memory, for 100, 1,000 and 25,000 containers: a first
//! deploy, nothing to do, and one changed container.
//!
//! ```sh
//! cargo run --release -p hob-plan --example scale
//! ```

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a measurement looks at the clock and at its memory, and prints"
)]

mod homelab;

use std::{sync::Arc, time::Instant};

use hob_model::{Secret, desired::Desired};
use hob_plan::{Plan, Policy, observed::Observed, plan, simulate};

/// Each figure is the median of so many.
const ROUNDS: usize = 5;

fn main() {
    println!("containers  what           steps    edges   milliseconds  peak MiB");
    for containers in [100, 1_000, 25_000] {
        let mut desired = homelab::desired(containers);
        let mut observed = homelab::empty(&desired);
        let first = measure(containers, "first deploy", &desired, &observed);
        first.steps.iter().for_each(|step| simulate(&mut observed, step));
        measure(containers, "nothing to do", &desired, &observed);
        change_one(&mut desired);
        measure(containers, "one change", &desired, &observed);
    }
}

fn measure(containers: usize, what: &str, desired: &Desired, observed: &Observed) -> Plan {
    let policy = Policy::default();
    let mut times = Vec::new();
    let mut made = Plan::default();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        made = plan(desired, observed, &policy);
        times.push(start.elapsed());
    }
    times.sort();
    let median = times[ROUNDS / 2].as_secs_f64() * 1000.0;
    let (steps, edges) =
        (made.steps.len(), made.steps.iter().map(|it| it.after.len()).sum::<usize>());
    let peak = peak_mebibytes();
    println!("{containers:>10}  {what:13}  {steps:>6}  {edges:>7}  {median:>12.1}  {peak:>8}");
    made
}

fn change_one(desired: &mut Desired) {
    let services = desired
        .hosts
        .values_mut()
        .flat_map(|host| host.stacks.values_mut())
        .flat_map(|stack| stack.services.values_mut());
    if let Some(service) = services.take(1).next() {
        Arc::make_mut(&mut service.spec).env.insert("CHANGED".into(), Secret::from("yes"));
    }
}

/// The most memory that this program has had so far, as Linux counts it; 0 elsewhere.
fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() / 1024
}
