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
    println!("containers  what            steps    edges  elapsed ms   CPU ms  peak MiB");
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
    let (mut times, mut cpu_times) = (Vec::new(), Vec::new());
    let mut made = Plan::default();
    for _ in 0..ROUNDS {
        let (start, cpu_before) = (Instant::now(), cpu_milliseconds());
        made = plan(desired, observed, &policy);
        times.push(start.elapsed().as_secs_f64() * 1000.0);
        cpu_times.push(cpu_milliseconds() - cpu_before);
    }
    times.sort_by(f64::total_cmp);
    cpu_times.sort_by(f64::total_cmp);
    let (time, cpu) = (times[ROUNDS / 2], cpu_times[ROUNDS / 2]);
    let (steps, edges) =
        (made.steps.len(), made.steps.iter().map(|it| it.after.len()).sum::<usize>());
    let peak = peak_mebibytes();
    println!(
        "{containers:>10}  {what:13}  {steps:>6}  {edges:>7}  {time:>10.1}  {cpu:>7.1}  {peak:>8}"
    );
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

/// How long this thread has had a processor so far, as Linux counts it; 0 elsewhere. On a busy
/// machine this says more than the clock.
fn cpu_milliseconds() -> f64 {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = counted.split(' ').next().and_then(|count| count.parse::<f64>().ok());
    nanoseconds.unwrap_or_default() / 1e6
}

/// The most memory that this program has had so far, as Linux counts it; 0 elsewhere.
fn peak_mebibytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kibibytes.unwrap_or_default() / 1024
}
