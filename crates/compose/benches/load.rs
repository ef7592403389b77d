//! What loading costs: `cargo bench -p hob-compose`. The material is the suite's own, so that the
//! figures can be had without anything else. Bytes a second, and what is allocated for one load.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark is no library and may panic")]

#[path = "../tests/suite/hostile.rs"]
mod hostile;

use std::collections::BTreeMap;

use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher};
use hob_compose::{LoadOptions, Loaded, MemoryFiles, dotenv, load, render, tree};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// Every attribute that there is, in one file.
const EVERYTHING: &str = include_str!("../tests/suite/everything.yaml");

fn main() {
    divan::main();
}

/// A project as people write them, with this many services.
fn ordinary(services: usize) -> String {
    let mut text = "x-common: &common\n  restart: unless-stopped\n  logging: {driver: local}\n\
                    networks:\n  proxy: {external: true}\nservices:\n"
        .to_string();
    for n in 0..services {
        text += &format!(
            "  app{n}:\n    <<: *common\n    image: registry.test/app{n}:${{TAG:-1.{n}}}\n    \
             environment:\n      - TZ=${{TZ}}\n      - DATABASE=postgres://db{n}/app\n    ports:\n      \
             - \"127.0.0.1:{}:8080\"\n    volumes:\n      - ./data/app{n}:/data\n      - /etc/localtime:\
             /etc/localtime:ro\n    labels:\n      traefik.enable: true\n      \
             traefik.http.routers.app{n}.rule: Host(`app{n}.home.test`)\n    networks: [proxy]\n    \
             healthcheck: {{test: curl -fsS localhost:8080, interval: 30s, retries: 3}}\n",
            10_000 + n
        );
    }
    text
}

fn options() -> LoadOptions {
    LoadOptions {
        files: vec!["/p/compose.yaml".into()],
        working_dir: "/p".into(),
        environment: BTreeMap::from([("TZ".to_string(), "Europe/Oslo".to_string())]),
        ..LoadOptions::default()
    }
}

fn loaded(text: &str) -> Loaded {
    let files = MemoryFiles::new()
        .with("/p/compose.yaml", text)
        .with("/p/web.env", "FROM_FILE=file\nTZ=file\n");
    load(&options(), &files)
}

/// The whole way from text to a typed project.
#[divan::bench(args = [1, 10, 100, 1_000])]
fn services(bencher: Bencher<'_, '_>, count: usize) {
    let text = ordinary(count);
    assert!(!loaded(&text).has_errors());
    bencher.counter(BytesCount::of_str(&text)).bench(|| loaded(&text));
}

/// The same with every attribute.
#[divan::bench]
fn every_attribute(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::of_str(EVERYTHING)).bench(|| loaded(EVERYTHING));
}

/// The first stage alone: YAML to a tree that knows its places.
#[divan::bench]
fn yaml_alone(bencher: Bencher<'_, '_>) {
    let text = ordinary(100);
    bencher.counter(BytesCount::of_str(&text)).bench(|| tree::parse(&text, "compose.yaml"));
}

/// The last stage alone: printing.
#[divan::bench]
fn printing_alone(bencher: Bencher<'_, '_>) {
    let tree = loaded(&ordinary(100)).tree.unwrap();
    let printed = render::to_json(&tree);
    bencher.counter(BytesCount::of_str(&printed)).bench(|| render::to_json(&tree));
}

#[divan::bench]
fn env_file(bencher: Bencher<'_, '_>) {
    let line = "NAME_%=\"a value with ${TZ:-a default}\" # and a comment\n";
    let text: String = (0..1_000).map(|n| line.replace('%', &n.to_string())).collect();
    let counter = BytesCount::of_str(&text);
    bencher.counter(counter).bench(|| dotenv::parse(&text, ".env", &BTreeMap::new()));
}

/// Projects that ask for too much: each has to end within 50 ms.
#[divan::bench(args = hostile::all(), sample_count = 5, sample_size = 1)]
fn hostile_projects(project: &hostile::Hostile) -> Loaded {
    project.load()
}
