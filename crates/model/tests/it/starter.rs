//! The repository that `hob init` writes.

use hob_model::{HostName, REPOSITORY_ROOT, load, resolve, starter};

use hob_compose::MemoryFiles;

use crate::support::lines;

#[test]
fn the_starter_loads_without_findings() {
    let files = starter("mini").into_iter().fold(MemoryFiles::new(), |files, (path, text)| {
        files.with(&format!("{REPOSITORY_ROOT}/{path}"), text)
    });
    let (homelab, findings) = load(&files, REPOSITORY_ROOT);
    assert_eq!(lines(&findings), "");
    let (desired, findings) = resolve(&homelab.unwrap(), &files, REPOSITORY_ROOT);
    assert_eq!(lines(&findings), "");
    let host = &desired.hosts[&HostName::from("mini")];
    let services: usize = host.stacks.values().map(|stack| stack.services.len()).sum();
    assert_eq!(services, 1);
}
