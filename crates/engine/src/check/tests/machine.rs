//! The Engine, the folder, GPUs, storage, and what `hob.yaml` says of a machine.

use super::*;

const OLD: &str = "
homelab: home
hosts: { nas: { connect: local, stacks: [web] } }
--- stacks/web/compose.yaml
services:
  app:
    image: nginx:1.27
    mac_address: 02:42:ac:11:00:02
    healthcheck: { test: [CMD, 'true'], start_interval: 1s }
";

#[test]
fn an_old_engine_lacks_what_stacks_say() {
    let old = Facts { engine_version: "24.0.5".into(), engine_api: (1, 43), ..facts() };
    let lacks = |attribute: &str| {
        format!(
            "nas web/attributes: Fail, app says {attribute}, which Docker 24.0.5 ignores: it came \
             with 25.0 (upgrade Docker on the host to 25.0, or take it out)"
        )
    };
    let text = check_all(OLD, &old, &HostState::default());
    assert!(text.contains(&lacks("healthcheck.start_interval")), "{text}");
    assert!(text.contains(&lacks("mac_address")), "{text}");
    assert!(!check_all(OLD, &facts(), &HostState::default()).contains("attributes"));
}

#[test]
fn a_folder_that_others_can_look_into_is_a_warning() {
    let open = Facts { is_root_open: true, ..facts() };
    assert_eq!(
        check(&open, &state()),
        "nas root folder: Warn, /opt/hob is open to other users of the host (on the host: chmod \
         0750 /opt/hob)"
    );
}

#[test]
fn the_engines_own_disk_counts_and_a_full_one_fails() {
    let with = |free_bytes| {
        let mut facts = Facts { engine_root: "/var/lib/docker".into(), ..facts() };
        let disk = Disk { free_bytes, total_bytes: 100 * GIB };
        facts.disks.insert("/var/lib/docker".into(), Ok(disk));
        check(&facts, &state())
    };
    assert_eq!(with(3 * GIB), "");
    let room = "(remove what is not needed there, such as old images: docker image prune)";
    assert_eq!(
        with(GIB),
        format!("nas space /var/lib/docker: Warn, 1 GiB of 100 GiB free, less than 2 GiB {room}")
    );
    assert_eq!(
        with(0),
        format!("nas space /var/lib/docker: Fail, full: 0 B of 100 GiB free {room}")
    );
}

const DECLARED: &str = "
homelab: home
hosts:
  nas:
    connect: local
    stacks: []
    arch: amd64
    memory: 8GiB
    gpu: [{ vendor: nvidia, vram: 12GiB }]
";

#[test]
fn a_machine_is_what_hob_yaml_says() {
    let gpu = |memory_bytes| Gpus { found: vec![gpu(memory_bytes)], ..Gpus::default() };
    let good = Facts {
        arch: "amd64".into(),
        memory_bytes: 8 * GIB - GIB / 4,
        gpus: gpu(12 * GIB),
        ..facts()
    };
    let check = |facts: &Facts| news(&check_all(DECLARED, facts, &HostState::default()));
    assert_eq!(check(&good), "");
    let correct = "(correct the host in hob.yaml)";
    assert_eq!(
        check(&Facts { arch: "arm64".into(), memory_bytes: 4 * GIB, gpus: gpu(8 * GIB), ..good }),
        format!(
            "nas machine: Warn, hob.yaml says amd64, it is arm64 {correct}\n\
             nas machine: Warn, hob.yaml says 8 GiB of memory, it has 4 GiB {correct}\n\
             nas machine: Warn, hob.yaml says a GPU with 12 GiB, the largest has 8 GiB {correct}"
        )
    );
}

fn gpu(memory_bytes: u64) -> Gpu {
    Gpu {
        vendor: GpuVendor::Nvidia,
        name: "RTX 3060".into(),
        driver: "535.183".into(),
        memory_bytes: Some(memory_bytes),
    }
}

const BRAIN: &str = "
homelab: home
hosts: { nas: { connect: local, stacks: [ai] } }
--- stacks/ai/compose.yaml
services:
  brain:
    image: 'ollama:1'
    deploy:
      resources:
        reservations: { devices: [{ driver: nvidia, count: 2, capabilities: [gpu] }] }
";

#[test]
fn gpus_that_are_reserved_are_there_with_driver_and_tools() {
    let check = |has_nvidia_tools, gpus| {
        let facts = Facts { has_nvidia_tools, gpus, ..facts() };
        let text = check_all(BRAIN, &facts, &HostState::default());
        text.lines().find(|line| line.contains("gpu: ")).unwrap_or_default().to_owned()
    };
    let found = |found: Vec<Gpu>| Gpus { found, ..Gpus::default() };
    let both = || vec![gpu(12 * GIB), gpu(12 * GIB)];
    assert_eq!(
        check(true, found(both())),
        "nas gpu: Pass, RTX 3060, 12 GiB, driver 535.183; RTX 3060, 12 GiB, driver 535.183 for 1 \
         service"
    );
    let says = |text: String, expected: &str| assert!(text.contains(expected), "{text}");
    says(check(false, found(both())), "Fail, brain asks for an NVIDIA GPU, and the host's tools");
    says(check(true, found(vec![gpu(GIB)])), "Fail, brain asks for 2 NVIDIA GPUs, the host has 1");
    let broken =
        Gpus { trouble: Some("driver/library version mismatch".into()), ..Gpus::default() };
    says(
        check(true, broken),
        "Fail, brain asks for an NVIDIA GPU, and nvidia-smi says: driver/lib",
    );
    let bare = Gpus { has_nvidia_card: true, ..Gpus::default() };
    says(
        check(true, bare),
        "Fail, brain asks for an NVIDIA GPU, the card is there, and its driver",
    );
    says(check(true, Gpus::default()), "Warn, brain asks for an NVIDIA GPU, and no nvidia-smi");
}

const FILMS: &str = "
homelab: home
hosts:
  nas:
    connect: local
    stacks: [media]
    storage: [{ path: /tank }]
--- stacks/media/compose.yaml
services:
  player: { image: 'jellyfin:10', volumes: ['/mnt/nas/films:/films', '/tank/music:/music'] }
";

#[test]
fn storage_that_is_not_there_is_told_once_for_all_that_lies_on_it() {
    let paths = ["/tank", "/tank/music"].map(|path| (path.to_owned(), Presence::MissingAbove));
    let facts = Facts { paths: paths.into(), ..facts() };
    assert_eq!(
        news(&check_all(FILMS, &facts, &HostState::default())),
        "nas space /tank: Fail, it is not there, and a path that a service mounts lies on it (on \
         the host, as root: mount /tank; or make the folder)"
    );
}

#[test]
fn what_should_be_mounted_is_mounted() {
    let disk = Disk { free_bytes: 20 * GIB, total_bytes: 100 * GIB };
    let with = |paths: [Presence; 2], mounts: &[&str], to_mount: &[&str]| {
        let own = |all: &[&str]| all.iter().map(|at| (*at).to_owned()).collect();
        let paths = ["/mnt/nas/films", "/tank/music"].into_iter().zip(paths);
        let facts = Facts {
            paths: paths.map(|(path, presence)| (path.to_owned(), presence)).collect(),
            mounts: own(mounts),
            to_mount: own(to_mount),
            disks: BTreeMap::from([("/tank".into(), Ok(disk)), ("/opt/hob".into(), Ok(disk))]),
            ..facts()
        };
        news(&check_all(FILMS, &facts, &HostState::default()))
    };
    use Presence::{Empty, Folder, Hanging};
    let all = ["/", "/mnt/nas", "/tank"];
    assert_eq!(with([Folder, Folder], &all, &["/mnt/nas"]), "");
    // A new share is empty, and mounted.
    assert_eq!(with([Empty, Empty], &all, &["/mnt/nas"]), "");
    assert_eq!(
        with([Empty, Empty], &["/"], &[]),
        "nas media/mount /mnt/nas/films: Warn, player mounts it, and it is an empty folder of the \
         system's own disk: nothing is mounted at /mnt/nas (on the host, as root: mount /mnt/nas; \
         if it is meant to be empty, put a file there)\n\
         nas media/mount /tank/music: Warn, player mounts it, and it is an empty folder of the \
         system's own disk: nothing is mounted at /tank (on the host, as root: mount /tank; if it \
         is meant to be empty, put a file there)"
    );
    assert_eq!(
        with([Folder, Folder], &["/", "/tank"], &["/mnt/nas"]),
        "nas media/mount /mnt/nas/films: Warn, player mounts it, and /mnt/nas is in /etc/fstab, \
         and not mounted: it would write to the disk below (on the host, as root: mount /mnt/nas)"
    );
    assert_eq!(
        with([Hanging, Folder], &all, &[]),
        "nas media/mount /mnt/nas/films: Fail, player mounts it, and the server that it lies on \
         does not answer (is that server up? Until it is, whoever looks there waits)"
    );
    assert_eq!(
        with([Folder, Folder], &["/", "/mnt/nas"], &["/tank"]).lines().next(),
        Some(
            "nas space /tank: Fail, /tank is in /etc/fstab, and not mounted (on the host, as root: \
             mount /tank)"
        )
    );
}
