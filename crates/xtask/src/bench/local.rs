//! Comparisons on this machine's own Engine: nothing to do, and a first deploy.

use super::{
    engine, left_behind,
    measure::Cost,
    report::{Comparison, Row, Target, Wanted},
    sides::Sides,
    workload::Workload,
};
use crate::{disk, say};

const HOB: &str = "hob";
const COMPOSE: &str = "docker compose";
const FLOOR: &str = "Engine floor";

/// (a) Nothing to do, against Docker Compose stack by stack.
pub(super) fn idle(sides: &Sides, workload: Workload, runs: usize) -> Result<Comparison, String> {
    let homelab = local_homelab(sides, workload)?;
    let files = sides.write_compose(workload)?;
    engine::clean()?;
    say::line("(a) deploying with hob, to have nothing to do afterwards");
    fresh_root(sides)?;
    sides.hob(&homelab, None)?;
    let hob = unchanged(workload, || {
        repeat(runs, HOB, || {
            let (cost, did) = with_engine(|| sides.hob(&homelab, None))?;
            if did.steps > 0 {
                return Err(format!("hob found {} steps where there was nothing to do", did.steps));
            }
            Ok(cost)
        })
    })?;
    engine::clean()?;
    say::line("(a) deploying with Docker Compose");
    sides.compose(&files)?;
    let compose = unchanged(workload, || {
        repeat(runs, COMPOSE, || {
            with_engine(|| Ok((sides.compose(&files)?, ()))).map(|(cost, ())| cost)
        })
    })?;
    engine::clean()?;
    let rows = vec![hob, compose];
    let title = format!(
        "**(a) Nothing to do**, one local host, {} stacks of {} services, all running.",
        workload.stacks, workload.services
    );
    Ok(Comparison {
        key: 'a',
        title,
        is_deploy: false,
        others: Some("the Engine"),
        targets: Target::new(&rows, COMPOSE, HOB, Wanted::AtLeast(8.0)).into_iter().collect(),
        rows,
        commands: vec![
            "hob: `hob apply --yes --json`".to_owned(),
            "docker compose: `docker-compose --file FILE up --detach`, stack by stack".to_owned(),
        ],
        skipped: Vec::new(),
    })
}

/// (c) A first deploy, against Docker Compose stack by stack and against bare requests.
pub(super) fn first(sides: &Sides, workload: Workload, runs: usize) -> Result<Comparison, String> {
    let homelab = local_homelab(sides, workload)?;
    let files = sides.write_compose(workload)?;
    let names = [HOB, COMPOSE, FLOOR];
    let mut rows = names.map(|name| Row { name: name.to_owned(), runs: Vec::new() });
    engine::clean()?;
    for run in 1..=runs {
        for row in &mut rows {
            fresh_root(sides)?;
            let deploy = || {
                let cost = match row.name.as_str() {
                    HOB => sides.hob(&homelab, None)?.0,
                    COMPOSE => sides.compose(&files)?,
                    _ => sides.floor(workload)?,
                };
                Ok((cost, ()))
            };
            let (cost, ()) = with_engine(deploy)?;
            say::line(&format!("(c) {run} of {runs}, {}: {:.2?}", row.name, cost.started()));
            all_running(workload)?;
            engine::clean()?;
            row.runs.push(cost);
        }
    }
    let title = format!(
        "**(c) First deploy** of {} small services ({} stacks of {}) on one local host, timed to \
         the last container\nstarted; the settling in which verdicts are reached comes after it.",
        workload.containers(),
        workload.stacks,
        workload.services
    );
    let targets = [
        Target::new(&rows, HOB, COMPOSE, Wanted::AtMost(0.6)),
        Target::new(&rows, HOB, FLOOR, Wanted::AtMost(1.25)),
    ];
    Ok(Comparison {
        key: 'c',
        title,
        is_deploy: true,
        others: Some("the Engine"),
        targets: targets.into_iter().flatten().collect(),
        rows: rows.to_vec(),
        commands: vec![
            "hob: `hob apply --yes --json`, its folder on the host removed before".to_owned(),
            "docker compose: `docker-compose --file FILE up --detach`, stack by stack".to_owned(),
            "Engine floor: networks, then create and start of each container, eight at a time, \
             asked of the API"
                .to_owned(),
        ],
        skipped: Vec::new(),
    })
}

fn local_homelab(sides: &Sides, workload: Workload) -> Result<std::path::PathBuf, String> {
    let root = root(sides).display().to_string();
    sides.write_homelab(workload, &[("here", "local".to_owned(), Some(&root))])
}

/// Where Hob keeps its files on this machine.
fn root(sides: &Sides) -> std::path::PathBuf {
    sides.work.join("root")
}

/// As on a host where Hob has never been.
fn fresh_root(sides: &Sides) -> Result<(), String> {
    disk::remove_folder(&root(sides))?;
    disk::make_folder(&root(sides))
}

/// Measures the Engine's processor time as well.
fn with_engine<T>(run: impl FnOnce() -> Result<(Cost, T), String>) -> Result<(Cost, T), String> {
    let before = left_behind::engine_cpu();
    let (mut cost, more) = run()?;
    let after = left_behind::engine_cpu();
    cost.hosts_cpu = after.zip(before).map(|(after, before)| after.saturating_sub(before));
    Ok((cost, more))
}

/// One run that does not count, then those that do.
pub(super) fn repeat(
    runs: usize,
    name: &str,
    mut run: impl FnMut() -> Result<Cost, String>,
) -> Result<Row, String> {
    run()?;
    let mut row = Row { name: name.to_owned(), runs: Vec::new() };
    for _ in 0..runs {
        row.runs.push(run()?);
    }
    say::line(&format!("    {name}: {:.2?}", row.time()));
    Ok(row)
}

/// Makes sure that runs with nothing to do did nothing.
fn unchanged(
    workload: Workload,
    runs: impl FnOnce() -> Result<Row, String>,
) -> Result<Row, String> {
    let before = all_running(workload)?;
    let row = runs()?;
    if engine::running()? == before {
        return Ok(row);
    }
    Err(format!("{} changed containers where there was nothing to do", row.name))
}

fn all_running(workload: Workload) -> Result<Vec<String>, String> {
    let running = engine::running()?;
    if running.len() == workload.containers() {
        return Ok(running);
    }
    Err(format!("{} of {} containers run", running.len(), workload.containers()))
}
