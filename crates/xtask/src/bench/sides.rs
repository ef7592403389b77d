//! The programs that are compared, and how each is called.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;

use super::{
    measure::{Cost, Meter, Program},
    workload::{Side, Workload, file},
};
use crate::disk;

/// Stack by stack, as people do by hand and in scripts.
const COMPOSE_ALL: &str = "\
compose=$1; shift
for file; do \"$compose\" --file \"$file\" up --detach || exit 1; done";

/// What a run of Hob did besides costing time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HobDid {
    pub(super) steps: usize,
    settling: Duration,
}

/// The programs on this machine.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) meter: Meter,
    pub(super) hob: PathBuf,
    pub(super) compose: PathBuf,
    /// A folder of our own for homelabs, Compose files and sockets.
    pub(super) work: PathBuf,
}

impl Sides {
    /// `hob apply` in the folder of a homelab: what it cost and did.
    pub(super) fn hob(
        &self,
        homelab: &Path,
        ssh_config: Option<&Path>,
    ) -> Result<(Cost, HobDid), String> {
        let mut arguments: Vec<OsString> = vec!["apply".into(), "--yes".into(), "--json".into()];
        if let Some(config) = ssh_config {
            arguments.extend(["--ssh-config".into(), config.into()]);
        }
        let (mut cost, said) = self.meter.measure(&Program {
            doing: "deploying with hob",
            program: self.hob.as_os_str(),
            arguments,
            each: None,
            variables: vec![("XDG_RUNTIME_DIR", self.work.clone().into_os_string())],
            folder: homelab,
            good: &[0],
        })?;
        let did = hob_did(&said)?;
        cost.settling = did.settling;
        Ok((cost, did))
    }

    /// Docker Compose for each of the files, one after the other.
    pub(super) fn compose(&self, files: &[PathBuf]) -> Result<Cost, String> {
        let mut arguments: Vec<OsString> = vec!["-c".into(), COMPOSE_ALL.into(), "sh".into()];
        arguments.push(self.compose.clone().into_os_string());
        arguments.extend(files.iter().map(|file| file.clone().into_os_string()));
        self.program("deploying with Docker Compose", OsStr::new("sh"), arguments, Vec::new())
    }

    /// The bare requests.
    pub(super) fn floor(&self, workload: Workload) -> Result<Cost, String> {
        let folder = self.work.join("floor");
        for stack in workload.names(Side::Floor) {
            disk::write(&folder.join(&stack).join(super::workload::FILE), &file(&stack))?;
        }
        let numbers = [workload.stacks, workload.services].map(|n| n.to_string().into());
        let mut arguments: Vec<OsString> = vec!["floor".into()];
        arguments.extend(numbers);
        arguments.push(folder.into());
        let own = self.meter.own.clone();
        self.program("asking the Engine directly", own.as_os_str(), arguments, Vec::new())
    }

    /// Anything else, in the folder of our own.
    pub(super) fn program(
        &self,
        doing: &str,
        program: &OsStr,
        arguments: Vec<OsString>,
        variables: Vec<(&'static str, OsString)>,
    ) -> Result<Cost, String> {
        let folder = &self.work;
        let each = None;
        let program = Program { doing, program, arguments, each, variables, folder, good: &[0] };
        self.meter.measure(&program).map(|(cost, _)| cost)
    }

    /// A program that is run for each of the files in a list.
    pub(super) fn each(
        &self,
        doing: &str,
        program: &Path,
        arguments: &[&str],
        list: &Path,
    ) -> Result<Cost, String> {
        let program = Program {
            doing,
            program: program.as_os_str(),
            arguments: arguments.iter().map(Into::into).collect(),
            each: Some(list),
            variables: Vec::new(),
            folder: &self.work,
            good: &[0],
        };
        self.meter.measure(&program).map(|(cost, _)| cost)
    }

    /// The homelab of a workload on these hosts.
    pub(super) fn write_homelab(
        &self,
        workload: Workload,
        hosts: &[(&str, String, Option<&str>)],
    ) -> Result<PathBuf, String> {
        let folder = self.work.join("homelab");
        let stacks = workload.names(Side::Hob);
        disk::write(&folder.join("hob.yaml"), &super::workload::homelab(hosts, &stacks))?;
        for stack in &stacks {
            write_stack(workload, stack, &folder.join("stacks").join(stack))?;
        }
        Ok(folder)
    }

    /// The Compose files of a workload.
    pub(super) fn write_compose(&self, workload: Workload) -> Result<Vec<PathBuf>, String> {
        let folder = self.work.join("peer");
        let stacks = workload.names(Side::Peer).into_iter();
        stacks
            .map(|stack| {
                write_stack(workload, &stack, &folder.join(&stack))?;
                Ok(folder.join(stack).join("compose.yaml"))
            })
            .collect()
    }
}

fn write_stack(workload: Workload, stack: &str, folder: &Path) -> Result<(), String> {
    for (name, text) in workload.files(stack) {
        disk::write(&folder.join(name), &text)?;
    }
    Ok(())
}

/// Reads the report of `hob apply --json`.
fn hob_did(said: &str) -> Result<HobDid, String> {
    let report: Value =
        serde_json::from_str(said).map_err(|why| format!("reading the report of hob: {why}"))?;
    let steps = report["steps"].as_array().ok_or("the report of hob has no steps")?.len();
    let took = report["took_ms"].as_u64().ok_or("the report of hob has no took_ms")?;
    let started = report["started_after_ms"].as_u64().unwrap_or(took);
    Ok(HobDid { steps, settling: Duration::from_millis(took.saturating_sub(started)) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    #[test]
    fn the_report_of_hob_tells_settling_from_starting() {
        let did = hob_did(r#"{"steps": [{}, {}], "started_after_ms": 900, "took_ms": 6100}"#);
        assert_eq!(did.unwrap(), HobDid { steps: 2, settling: Duration::from_millis(5200) });
        let idle = hob_did(r#"{"steps": [], "started_after_ms": null, "took_ms": 0}"#);
        assert_eq!(idle.unwrap(), HobDid { steps: 0, settling: Duration::ZERO });
        assert!(hob_did("{}").is_err());
    }
}
