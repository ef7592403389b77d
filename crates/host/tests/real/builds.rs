//! Building on a real Engine: from a stand-in image, without any registry.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use futures_util::StreamExt;
use hob_host::{HostErrorKind, LogOptions, OpProgress, StepRun};
use hob_model::{
    Digest, ImageRef, Secret,
    spec::{
        BuildContext, BuildSpec, ContainerSpec, ContextEntry, ContextFiles, ContextKind,
        ContextSource,
    },
};
use hob_plan::{NewBuild, Op};

use crate::bench::{Bench, IMAGE, script, with};

fn file(content: &str) -> ContextEntry {
    let bytes = content.as_bytes();
    let kind = ContextKind::File {
        digest: Digest::of(bytes),
        bytes: bytes.len() as u64,
        executable: false,
        source: ContextSource::Here(Secret::new(Arc::from(bytes))),
    };
    ContextEntry { kind, is_for_builder: false }
}

fn build(bench: &Bench, dockerfile: &str, files: &[(&str, &str)]) -> BuildSpec {
    let own = [("Dockerfile", dockerfile)];
    let all = own.iter().chain(files);
    let entries = all.map(|(path, content)| ((*path).to_owned(), file(content)));
    BuildSpec {
        image: image(bench),
        tags: BTreeSet::new(),
        service: "web".into(),
        context: BuildContext::Files(Arc::new(ContextFiles(entries.collect()))),
        dockerfile: "Dockerfile".to_owned(),
        dockerfile_text: Arc::from(dockerfile),
        bases: Vec::new(),
        args: BTreeMap::new(),
        target: None,
        labels: BTreeMap::new(),
        cache_from: Vec::new(),
        network: None,
        shm_bytes: None,
        extra_hosts: Vec::new(),
        ulimits: BTreeMap::new(),
        platform: None,
        pull: false,
        no_cache: false,
        registry_first: false,
    }
}

fn image(bench: &Bench) -> ImageRef {
    ImageRef::new(format!("hob-host-test/{}:1", bench.homelab))
}

fn op(bench: &Bench, spec: BuildSpec) -> Op {
    Op::Build(NewBuild { project: bench.homelab.clone(), spec: Arc::new(spec) })
}

/// Takes away the images that a test built.
async fn remove(bench: &Bench, names: &[ImageRef]) {
    for name in names {
        let options = None::<bollard::query_parameters::RemoveImageOptions>;
        let _ = bench.docker.remove_image(name.as_str(), options, None).await;
    }
}

#[tokio::test]
async fn real_an_image_is_built_and_known_again() {
    with(|bench| async move {
        let dockerfile = format!(
            "FROM {IMAGE} AS base\nARG TOKEN\nCOPY page /page\n\
             RUN [\"/bin/sh\", \"-c\", \"ulimit -n > /limit; echo $TOKEN > /token\"]\n\
             FROM base AS other\nRUN [\"/bin/sh\", \"-c\", \"exit 1\"]\n"
        );
        let tag = ImageRef::new(format!("hob-host-test/{}:two", bench.homelab));
        let spec = BuildSpec {
            target: Some("base".to_owned()),
            args: [("TOKEN".to_owned(), Secret::new("s3cret".to_owned()))].into(),
            labels: [("mine".to_owned(), "yes".to_owned())].into(),
            tags: [tag.clone()].into(),
            ulimits: [("nofile".to_owned(), (77, 99))].into(),
            extra_hosts: vec!["other:10.1.2.3".to_owned()],
            shm_bytes: Some(8 << 20),
            ..build(&bench, &dockerfile, &[("page", "hello\n"), ("not/copied", "x")])
        };
        let digest = spec.digest();
        bench.twice(&op(&bench, spec.clone())).await;
        let seen = bench.observe().await;
        assert!(seen.is_built(&spec));
        assert_eq!(seen.image(&tag), seen.image(&image(&bench)));
        let built = bench.docker.inspect_image(image(&bench).as_str()).await.unwrap();
        let labels = built.config.unwrap().labels.unwrap();
        assert_eq!(labels["hob.build"], digest.as_str());
        assert_eq!(labels["com.docker.compose.service"], "web");
        assert_eq!(labels["mine"], "yes");
        let told = ContainerSpec { image: image(&bench), ..script("cat /page /limit /token") };
        bench.run("it", told).await;
        let options = LogOptions { tail: None, since: None, follow: true };
        let log = bench.host.logs(&bench.name("it"), &options).await.unwrap();
        let lines: Vec<String> = log.map(|line| line.unwrap().text).collect().await;
        assert_eq!(lines, ["hello", "77", "s3cret"]);
        remove(&bench, &[tag, image(&bench)]).await;
    })
    .await;
}

#[tokio::test]
async fn real_a_failing_build_says_where_and_leaves_the_image() {
    with(|bench| async move {
        let good = build(&bench, &format!("FROM {IMAGE}\nCOPY page /\n"), &[("page", "1")]);
        bench.perform(&op(&bench, good.clone())).await.unwrap();
        let before = bench.observe().await.image(&image(&bench)).cloned();
        let bad = |rest: &str| build(&bench, &format!("FROM {IMAGE}\n{rest}\n"), &[("page", "1")]);
        let run = BuildSpec {
            args: [("TOKEN".to_owned(), Secret::new("s3cret".to_owned()))].into(),
            ..bad("ARG TOKEN\nRUN [\"/bin/sh\", \"-c\", \"echo it is $TOKEN; exit 7\"]")
        };
        let failed = bench.perform(&op(&bench, run)).await.unwrap_err();
        let HostErrorKind::BuildFailed { why, last_lines, .. } = failed else {
            panic!("{failed}");
        };
        assert!(why.contains("returned a non-zero code: 7 (at `RUN "), "{why}");
        assert!(last_lines.iter().any(|line| line == "it is ***"), "{last_lines:?}");
        let copy = bench.perform(&op(&bench, bad("COPY missing /"))).await.unwrap_err();
        assert_eq!(
            copy.to_string(),
            format!(
                "image {} was not built: COPY failed: file not found in build context or excluded \
                 by .dockerignore: stat missing: file does not exist (at `COPY missing /`)",
                image(&bench)
            )
        );
        let none = bench.perform(&op(&bench, bad("COPIE a b"))).await.unwrap_err();
        assert!(none.to_string().contains("COPIE"), "{none}");
        assert_eq!(bench.observe().await.image(&image(&bench)), before.as_ref());
        remove(&bench, &[image(&bench)]).await;
    })
    .await;
}

#[tokio::test]
async fn real_a_large_context_is_sent_from_the_disk() {
    with(|bench| async move {
        let path = bench.root.with_file_name("large");
        let content = vec![b'x'; 40 << 20];
        std::fs::write(&path, &content).unwrap();
        let mut spec = build(&bench, &format!("FROM {IMAGE}\nCOPY large /\n"), &[]);
        let BuildContext::Files(files) = &spec.context else { unreachable!() };
        let mut files = ContextFiles::clone(files);
        let entry = |digest: Digest| ContextEntry {
            kind: ContextKind::File {
                digest,
                bytes: content.len() as u64,
                executable: false,
                source: ContextSource::OnDisk(path.display().to_string()),
            },
            is_for_builder: false,
        };
        files.0.insert("large".to_owned(), entry(Digest::of(b"another")));
        spec.context = BuildContext::Files(Arc::new(files.clone()));
        let changed = bench.perform(&op(&bench, spec.clone())).await.unwrap_err().to_string();
        assert_eq!(
            changed,
            "sending what to build from: large: it was changed since the plan was made; plan again"
        );
        files.0.insert("large".to_owned(), entry(Digest::of(&content)));
        spec.context = BuildContext::Files(Arc::new(files));
        let said = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&said);
        let tell = move |progress: OpProgress| listener.lock().unwrap().push(progress);
        let mut run = StepRun::new(&tell);
        bench.host.perform(&op(&bench, spec.clone()), &mut run).await.unwrap();
        assert!(bench.observe().await.is_built(&spec));
        let first = said.lock().unwrap().first().cloned();
        assert!(matches!(first, Some(OpProgress::Building { .. })), "{first:?}");
        remove(&bench, &[image(&bench)]).await;
    })
    .await;
}

/// A build that nobody waits for any more ends.
#[tokio::test]
async fn real_a_build_can_be_broken_off() {
    with(|bench| async move {
        let dockerfile = format!("FROM {IMAGE}\nRUN [\"/bin/sh\", \"-c\", \"sleep 600\"]\n");
        let spec = build(&bench, &dockerfile, &[]);
        let op = op(&bench, spec);
        let wait = std::time::Duration::from_secs(4);
        assert!(tokio::time::timeout(wait, bench.perform(&op)).await.is_err());
        let running = |docker: bollard::Docker| async move {
            let list = docker
                .list_containers(None::<bollard::query_parameters::ListContainersOptions>)
                .await
                .unwrap();
            list.iter().any(|it| it.command.as_deref().is_some_and(|it| it.contains("sleep 600")))
        };
        let mut tries = 0;
        while running(bench.docker.clone()).await {
            tries += 1;
            assert!(tries < 60, "the builder goes on");
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    })
    .await;
}
