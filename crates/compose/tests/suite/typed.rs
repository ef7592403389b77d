//! What arrives in the typed project.

use std::collections::BTreeMap;
use std::time::Duration;

use hob_compose::project::{
    Condition, Dependency, FileContent, FileReference, HostEntry, Limits, MountKind, PortRange,
    Project, PullPolicy, RestartPolicy, Ulimit,
};
use hob_compose::{LoadOptions, MemoryFiles, Place, Severity, load};

const EVERYTHING: &str = include_str!("everything.yaml");

fn project(text: &str) -> Project {
    let files = MemoryFiles::new()
        .with("/srv/lab/compose.yaml", text)
        .with("/srv/lab/web.env", "FROM_FILE=file\nTZ=file\n");
    let options = LoadOptions {
        files: vec!["/srv/lab/compose.yaml".into()],
        working_dir: "/srv/lab".into(),
        environment: BTreeMap::from([("PASSED".to_string(), "on".to_string())]),
        ..LoadOptions::default()
    };
    let loaded = load(&options, &files);
    let remarks = loaded.findings.iter().filter(|f| f.severity != Severity::Note);
    let lines: Vec<String> = remarks.map(|finding| finding.line()).collect();
    assert_eq!(lines, [""; 0]);
    loaded.project.unwrap()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

#[test]
fn texts_lists_and_numbers_arrive() {
    let project = project(EVERYTHING);
    assert_eq!(project.name, "lab");
    assert_eq!(project.working_dir, "/srv/lab");
    let web = &project.services["web"];
    assert_eq!(web.image.as_deref(), Some("nginx:1.27"));
    assert_eq!(web.command.as_deref(), Some(&["serve".to_string(), "a b".to_string()][..]));
    assert_eq!(web.entrypoint.as_deref(), Some(&[][..]));
    assert_eq!(web.pull_policy, Some(PullPolicy::Every(Duration::from_secs(43_200))));
    assert_eq!(web.restart, Some(RestartPolicy::OnFailure { max_retries: Some(3) }));
    assert_eq!(web.stop_grace_period, Some(Duration::from_secs(90)));
    assert_eq!(web.shm_size, Some(64 << 20));
    let limits =
        Limits { memory: Some(512 << 20), cpus: Some(1.5), pids: Some(100), ..Limits::default() };
    assert_eq!(web.limits, limits);
    assert_eq!(project.services["db"].limits.memory, Some(1 << 30));
    assert_eq!(web.ulimits["nproc"], Ulimit { soft: 10, hard: 10 });
    assert_eq!(web.ulimits["nofile"], Ulimit { soft: 1, hard: 2 });
    assert_eq!(web.sysctls, map(&[("net.core.somaxconn", "1024")]));
    assert_eq!(web.labels, map(&[("a", "true"), ("b", "")]));
    assert_eq!(web.dns, ["1.1.1.1"]);
    let host = HostEntry { host: "db".into(), address: "10.0.0.2".into() };
    assert_eq!(web.extra_hosts, [host]);
    assert_eq!(
        (web.init, web.read_only, web.tty, web.privileged),
        (Some(false), true, true, false)
    );
    let logging = web.logging.as_ref().unwrap();
    assert_eq!(logging.options, map(&[("max-file", "3"), ("max-size", "10m")]));
    assert_eq!(web.devices[0].target, "/dev/dri");
    assert_eq!(web.devices[0].permissions, "rwm");
}

#[test]
fn environment_comes_from_files_and_from_outside() {
    let project = project(EVERYTHING);
    let environment = &project.services["web"].environment;
    let value = |name: &str| environment[name].as_deref();
    assert_eq!(value("FROM_FILE"), Some("file"));
    assert_eq!(value("TZ"), Some("Europe/Oslo"));
    assert_eq!(value("PASSED"), Some("on"));
    assert_eq!(value("NOT_SET"), None);
    assert_eq!(environment.len(), 4);
}

#[test]
fn ports_and_mounts_arrive() {
    let project = project(EVERYTHING);
    let web = &project.services["web"];
    let port = &web.ports[0];
    assert_eq!(port.host_ip.as_deref(), Some("127.0.0.1"));
    assert_eq!(port.published, Some(PortRange { first: 8080, last: 8080 }));
    assert_eq!((port.target, port.protocol.as_str()), (80, "tcp"));
    assert_eq!(web.ports[1].published, None);
    assert_eq!(web.ports[2].published, Some(PortRange { first: 9000, last: 9001 }));
    let [bind, named, tmpfs] = &web.volumes[..] else { panic!("{:?}", web.volumes) };
    assert_eq!(bind.kind, MountKind::Bind);
    assert_eq!(bind.source.as_deref(), Some("/srv/lab/html"));
    assert!(bind.read_only && bind.bind.create_host_path);
    assert_eq!(named.source.as_deref(), Some("data"));
    assert_eq!(project.volumes["data"].name, "lab_data");
    assert_eq!(tmpfs.kind, MountKind::Tmpfs);
    assert_eq!((tmpfs.tmpfs.size, tmpfs.tmpfs.mode), (Some(1 << 20), Some(0o1777)));
    assert_eq!(web.tmpfs, ["/run:size=1m"]);
}

#[test]
fn networks_and_dependencies_arrive() {
    let project = project(EVERYTHING);
    let web = &project.services["web"];
    assert_eq!(web.networks["front"].aliases, ["www"]);
    assert_eq!(web.networks["front"].ipv4_address.as_deref(), Some("172.28.0.5"));
    assert!(project.services["db"].networks.contains_key("default"));
    assert_eq!(project.networks["default"].name, "lab_default");
    let front = &project.networks["front"];
    assert_eq!(front.ipam.pools[0].subnet.as_deref(), Some("172.28.0.0/16"));
    assert!(front.internal && !front.external);
    assert!(project.networks["proxy"].external);
    assert_eq!(project.networks["proxy"].name, "proxy");
    let healthy = Dependency { condition: Condition::Healthy, restart: true, required: true };
    assert_eq!(web.depends_on["db"], healthy);
    let implied = Dependency { condition: Condition::Started, restart: true, required: true };
    assert_eq!(project.services["vpn-user"].depends_on["web"], implied);
    let check = project.services["db"].healthcheck.as_ref().unwrap();
    assert_eq!(check.test, ["CMD-SHELL", "pg_isready"]);
    assert_eq!(check.interval, Some(Duration::from_secs(10)));
    assert_eq!(check.retries, Some(5));
}

#[test]
fn configs_secrets_extensions_and_places_arrive() {
    let project = project(EVERYTHING);
    let web = &project.services["web"];
    let secret = FileReference {
        source: "key".into(),
        target: "/run/secrets/key".into(),
        uid: None,
        gid: None,
        mode: None,
    };
    assert_eq!(web.secrets, [secret]);
    assert_eq!(web.configs[0].target, "/etc/site.conf");
    assert_eq!(web.configs[0].mode, Some(0o440));
    assert_eq!(project.secrets["key"].content, FileContent::File("/srv/lab/key.txt".into()));
    assert_eq!(project.configs["site"].name, "lab_site");
    assert_eq!(web.extensions["x-hob"].get("route").unwrap().as_str(), Some("www.example.com"));
    assert_eq!(project.extensions.keys().collect::<Vec<_>>(), ["x-common"]);
    assert_eq!((web.place.line, web.place.column), (6, 3));
    assert_eq!(web.places["image"].line, 7);
    assert!(project.disabled_services.contains("debug"));
    assert!(!project.services.contains_key("debug"));
}

#[test]
fn the_way_of_a_value_is_known() {
    let files = MemoryFiles::new()
        .with("/p/a.yaml", "services:\n  web: {extends: {file: base.yaml, service: b}, user: u}\n")
        .with("/p/base.yaml", "x-i: &i nginx\nservices:\n  b: {image: *i, user: base}\n")
        .with("/p/b.yaml", "services: {web: {user: last}}\n");
    let options = LoadOptions {
        files: vec!["/p/a.yaml".into(), "/p/b.yaml".into()],
        working_dir: "/p".into(),
        ..LoadOptions::default()
    };
    let loaded = load(&options, &files);
    let at = |place: &Place| format!("{}:{}", place.file, place.line);
    let way = |path: &str| -> Vec<String> {
        let explained = loaded.explain(path, &options.environment, &files);
        let ways = explained.iter().flat_map(|it| std::iter::once(&it.way).chain(&it.replaced));
        ways.flat_map(|way| {
            let through = way.through.iter().map(|it| format!("{} {:?}", at(&it.place), it.how));
            std::iter::once(at(&way.written)).chain(through).collect::<Vec<_>>()
        })
        .collect()
    };
    let image = ["/p/base.yaml:1", "/p/base.yaml:3 Alias", "/p/a.yaml:2 Extends"];
    assert_eq!(way("services.web.image"), image);
    let user = ["/p/b.yaml:1", "/p/a.yaml:2", "/p/base.yaml:3", "/p/a.yaml:2 Extends"];
    assert_eq!(way("services.web.user"), user);
    assert!(way("services.web.nothing").is_empty());
}

#[test]
fn an_empty_text_is_none() {
    let names = [
        "platform",
        "network_mode",
        "hostname",
        "domainname",
        "user",
        "working_dir",
        "cgroup_parent",
        "cpuset",
        "runtime",
        "mac_address",
        "ipc",
        "pid",
        "uts",
        "userns_mode",
    ];
    let empty: String = names.iter().map(|name| format!("    {name}: ''\n")).collect();
    let with = project(&format!("services:\n  web:\n    image: web:1\n{empty}"));
    let without = project("services:\n  web:\n    image: web:1\n");
    // What follows says where things are written.
    let bare = |project: &Project| {
        let shown = format!("{:#?}", project.services["web"]);
        shown.split_once("    place: ").unwrap().0.to_string()
    };
    assert_eq!(bare(&with), bare(&without));
}
