//! Comparison of the loaders as whole programs: `hob config` and Docker Compose, file by file.

use std::path::{Path, PathBuf};

use super::{
    local::repeat,
    report::{Comparison, Target, Wanted},
    sides::Sides,
};
use crate::{differential, disk, place, say};

const HOB: &str = "hob config";
const COMPOSE: &str = "docker compose config";

/// (d) Every Compose file of a folder that both accept, one process for each.
pub(super) fn files(sides: &Sides, folder: &Path, runs: usize) -> Result<Comparison, String> {
    say::line("(d) looking for files that both accept");
    let all = differential::accepted_by_both(folder, &sides.hob, &sides.compose)?;
    if all.is_empty() {
        return Err(format!("there is no file in {} that both accept", folder.display()));
    }
    let list = sides.work.join("files");
    let lines = all.iter().map(|file| format!("{}\n", file.display()));
    disk::write(&list, &lines.collect::<String>())?;
    let hob = &differential::HOB_CONFIG;
    let compose = &differential::COMPOSE_CONFIG;
    let rows = vec![
        repeat(runs, HOB, || sides.each("loading with hob", &sides.hob, hob, &list))?,
        repeat(runs, COMPOSE, || {
            sides.each("loading with Docker Compose", &sides.compose, compose, &list)
        })?,
    ];
    let title = format!(
        "**(d) Loading Compose files**: {} files of homelabs, one process for each, one after the \
         other.\nThe figures are for all of them together.",
        all.len()
    );
    Ok(Comparison {
        key: 'd',
        title,
        is_deploy: false,
        others: None,
        targets: [
            Target::cpu(&rows, COMPOSE, HOB, Wanted::AtLeast(20.0)),
            Target::new(&rows, COMPOSE, HOB, Wanted::AtLeast(1.0)),
        ]
        .into_iter()
        .flatten()
        .collect(),
        rows,
        commands: vec![
            format!("hob: `hob {}`", hob.join(" ")),
            format!("docker compose: `docker-compose {}`", compose.join(" ")),
        ],
        skipped: Vec::new(),
    })
}

/// The corpus beside this repository, or the homelabs in it.
pub(super) fn material() -> PathBuf {
    let corpus = place::root().join("../shared/corpus");
    if corpus.is_dir() { corpus } else { place::root().join("homelabs") }
}
