//! The hash by which Docker Compose tells whether a container still is what its service says: the
//! value of the label `com.docker.compose.config-hash`, and what `docker compose config --hash`
//! prints.
//!
//! It is the SHA-256 of the service as JSON, as Go prints it: attributes in the order of Docker
//! Compose's own type, not by their names; the author's keys by their bytes; no spaces; `<`, `>`
//! and `&` escaped. Attributes that say nothing are left out, but `command` and `entrypoint` are
//! always there (`null` if the image decides), and so are `resources` and `placement` in a
//! `deploy` and `required` in a dependency. `x-*` attributes are never in it. Sizes are texts of
//! digits, durations those of Go (`1m30s`).
//!
//! What does not change a container is taken out before: `build`, `pull_policy`, `scale` and
//! `deploy.replicas`, and depending on the version more, see [`Dialect`]. On a container, what an
//! `env_file` says is in, and its name is not; `docker compose config --hash` reads no env files
//! and has their names in: load with [`crate::LoadOptions::resolve_env`] off for that one. Not in
//! it are the content of configs, secrets and binds, the digest of the image, and the definitions
//! of networks and volumes.
//!
//! Read from Docker Compose itself: `ServiceHash` in its `pkg/compose/hash.go`, and the type
//! `ServiceConfig` of compose-go.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::render::service_json;
use crate::tree::{Data, Node};

/// The versions of Docker Compose that hash differently. A container is up to date if its label
/// is the hash in any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Up to about 2.28: what a service depends on and its profiles count.
    Early,
    /// 2.29 up to 2.40: neither counts (profiles from 2.31 on).
    V2,
    /// From 5.0 on: `create_host_path` of a bind is said only if it is false.
    V5,
}

impl Dialect {
    /// All of them, the newest first.
    pub const ALL: [Self; 3] = [Self::V5, Self::V2, Self::Early];
}

/// The hash of a service of a loaded project, 64 hexadecimal digits; `None` if the tree of
/// [`crate::Loaded`] has no such service. The tree has to be a complete one: interpolated,
/// normalised, with its paths and env files resolved.
///
/// Namespaces shared with another service (`network_mode: service:db`) are hashed as they are
/// written, as `docker compose config` does; on a container Docker Compose hashes the other
/// container's id instead.
pub fn config_hash(tree: &Node, service: &str, dialect: Dialect) -> Option<String> {
    let service = tree.get("services")?.get(service)?;
    let digest = Sha256::digest(hashed(service.clone(), dialect).as_bytes());
    let mut text = String::with_capacity(2 * digest.len());
    for byte in digest {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}

/// The text that is hashed.
fn hashed(mut service: Node, dialect: Dialect) -> String {
    if let Some(mapping) = service.as_mapping_mut() {
        for name in ["build", "pull_policy", "scale"] {
            mapping.remove(name);
        }
        if dialect != Dialect::Early {
            mapping.remove("depends_on");
            mapping.remove("profiles");
        }
        if let Some(deploy) = mapping.get_mut("deploy").and_then(Node::as_mapping_mut) {
            deploy.remove("replicas");
        }
    }
    match dialect {
        Dialect::V5 => host_paths(&mut service),
        Dialect::V2 | Dialect::Early => env_files(&mut service),
    }
    service_json(&service)
}

fn host_paths(service: &mut Node) {
    let Some(volumes) = service.get_mut("volumes") else { return };
    let Data::Sequence(items) = &mut volumes.data else { return };
    let binds = items.iter_mut().filter_map(|item| item.get_mut("bind")?.as_mapping_mut());
    for bind in binds {
        if bind.get("create_host_path").and_then(Node::as_bool) == Some(true) {
            bind.remove("create_host_path");
        }
    }
}

/// Names of env files that were not read: only the path counts if the file is required.
fn env_files(service: &mut Node) {
    let Some(files) = service.get_mut("env_file") else { return };
    let Data::Sequence(items) = &mut files.data else { return };
    for item in items {
        let required = item.get("required").and_then(Node::as_bool).unwrap_or(true);
        if let Some(mapping) = item.as_mapping_mut() {
            mapping.remove("format");
        }
        if required && let Some(path) = item.get("path").cloned() {
            *item = path;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LoadOptions, MemoryFiles, load};

    const PROJECT: &str = r#"
name: t
services:
  web:
    image: nginx:1.27
    command: ["sh","-c","echo <a>&b"]
    environment: { B: "2", A: "1" }
    ports: ["8080:80"]
    volumes: ["./x:/x:ro","data:/data"]
    mem_limit: 1g
    stop_grace_period: 90s
    depends_on: { db: { condition: service_healthy } }
    x-foo: 1
    labels: { a: b }
  db: { image: postgres:16 }
  one:
    image: alpine:3
    ulimits: { nofile: 1024 }
    extra_hosts: ["b:10.0.0.2","a=10.0.0.1"]
    healthcheck: { test: ["CMD","true"], interval: 90s }
    deploy: { replicas: 2, resources: { limits: { memory: 512m, cpus: "0.5" } } }
    pull_policy: always
volumes: { data: {} }
"#;

    fn check(service: &str, dialect: Dialect, expected: &str) {
        let files = MemoryFiles::new().with("/srv/demo/compose.yaml", PROJECT);
        let options = LoadOptions {
            files: vec!["/srv/demo/compose.yaml".into()],
            working_dir: "/srv/demo".into(),
            ..LoadOptions::default()
        };
        let tree = load(&options, &files).tree.unwrap();
        let text = hashed(tree.get("services").unwrap().get(service).unwrap().clone(), dialect);
        assert_eq!(config_hash(&tree, service, dialect).as_deref(), Some(expected), "{text}");
    }

    /// Seen with Docker Compose 2.26.1 and 2.40.3; the last one computed with its library.
    #[test]
    fn hashes_are_those_of_docker_compose() {
        use Dialect::{Early, V2, V5};
        let db = "3cd93f93ba0fa523c43085de0fed0b15ed3e7baa0cce135c330e74375b2c9a2a";
        let one = "97138c8f813b0c2cbedb12441dd96b78d58f88721be590ce69723e33c41fc1e5";
        for dialect in Dialect::ALL {
            check("db", dialect, db);
            check("one", dialect, one);
        }
        let web = "dc24f2595e2a0a794c8f1ca0021b9635b8d6f4f191082414879da2c71d50d957";
        check("web", Early, web);
        check("web", V2, "76833b9599151527f34329316e3d664f757dc4d4d3e700d77f89e0e543120eae");
        check("web", V5, "20065f082d2c0ff8689798e399b02963e486af471c2c5ca3ce099395fba1daea");
    }

    /// Seen with `docker compose config --hash` 2.40.3.
    #[test]
    fn env_files_that_are_not_read_count_by_their_names() {
        let files = MemoryFiles::new().with("/srv/e.env", "X=1").with(
            "/srv/compose.yaml",
            "services: {a: {image: x, env_file: [e.env, {path: o.env, required: false}]}}",
        );
        let options = LoadOptions {
            files: vec!["/srv/compose.yaml".into()],
            working_dir: "/srv".into(),
            resolve_env: false,
            ..LoadOptions::default()
        };
        let tree = load(&options, &files).tree.unwrap();
        let service = tree.at_path("services.a").unwrap().clone();
        assert_eq!(
            hashed(service, Dialect::V2),
            concat!(
                r#"{"command":null,"entrypoint":null,"env_file":["/srv/e.env","#,
                r#"{"path":"/srv/o.env","required":false}],"image":"x","networks":{"default":null}}"#,
            )
        );
    }

    #[test]
    fn a_service_that_is_not_there_has_no_hash() {
        let tree = Node::mapping(Vec::new(), &crate::tree::Span::none());
        assert_eq!(config_hash(&tree, "web", Dialect::V2), None);
    }
}
