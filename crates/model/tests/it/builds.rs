//! Images that are built: what is sent, what decides about building again, and what is refused.

use hob_model::spec::{BuildContext, BuildSpec, ContextKind};

use crate::support::{findings_of, resolved};

/// A repository with one stack in one file, and more files.
fn stack(compose: &str, files: &str) -> String {
    format!(
        "homelab: h\nhosts: {{ nas: {{ connect: local, stacks: [web] }} }}\n\
         --- stacks/web/compose.yaml\n{compose}\n{files}"
    )
}

fn builds(text: &str) -> Vec<(String, BuildSpec)> {
    let (desired, findings) = resolved(text);
    assert!(findings.is_empty(), "{findings:?}");
    let stack = &desired.hosts["nas"].stacks["web"];
    let services = stack.services.iter();
    services
        .filter_map(|(name, service)| {
            Some((name.to_string(), service.spec.build.as_deref()?.clone()))
        })
        .collect()
}

/// The image, its Dockerfile and the files that are sent, of the first build.
fn sent(text: &str) -> String {
    let (_, build) = builds(text).remove(0);
    let BuildContext::Files(files) = &build.context else { panic!("it is remote") };
    let mut shown = format!("{} from {}\n", build.image, build.dockerfile);
    for (path, entry) in &files.0 {
        let ContextKind::File { executable, .. } = &entry.kind else { panic!("{path}") };
        let mode = if *executable { " +x" } else { "" };
        let end = if entry.is_for_builder { " (for the builder)" } else { "" };
        shown += &format!("  {path}{mode}{end}\n");
    }
    shown
}

#[test]
fn what_is_sent_is_what_the_patterns_leave() {
    let text = stack(
        "services: { app: { build: ./app } }",
        "--- stacks/web/app/Dockerfile\nFROM a\n--- stacks/web/app/run.sh +x\n\
         --- stacks/web/app/.dockerignore\n*.md\n!README.md\n.dockerignore\n\
         --- stacks/web/app/README.md\n--- stacks/web/app/other.md\n\
         --- stacks/web/app/src/a.c\n--- stacks/web/app/.git/HEAD\n",
    );
    insta::assert_snapshot!(sent(&text), @r"
    web-app from Dockerfile
      .dockerignore (for the builder)
      Dockerfile
      README.md
      run.sh +x
      src/a.c
    ");
}

#[test]
fn a_dockerfile_brings_its_own_patterns() {
    let text = stack(
        "services: { app: { image: me/app, build: { context: ., dockerfile: build/prod } } }",
        "--- stacks/web/build/prod\nFROM a\n--- stacks/web/build/prod.dockerignore\n*\n!src\n\
         --- stacks/web/.dockerignore\nsrc\n--- stacks/web/src/a.c\n--- stacks/web/b\n",
    );
    insta::assert_snapshot!(sent(&text), @r"
    me/app from build/prod
      .dockerignore (for the builder)
      build/prod (for the builder)
      src/a.c
    ");
}

#[test]
fn an_inline_dockerfile_is_sent_beside_the_context() {
    let text = stack(
        "services: { app: { build: { context: app, dockerfile_inline: \"FROM a\\n\" } } }",
        "--- stacks/web/app/x\n",
    );
    insta::assert_snapshot!(sent(&text), @r"
    web-app from .hob.Dockerfile
      .dockerignore (for the builder)
      .hob.Dockerfile (for the builder)
      x
    ");
    let outside = stack(
        "services: { app: { build: { context: app, dockerfile: ../Dockerfile } } }",
        "--- stacks/web/app/x\n--- stacks/web/Dockerfile\nFROM a\n",
    );
    assert_eq!(sent(&outside).lines().next(), Some("web-app from .hob.Dockerfile"));
}

#[test]
fn one_image_is_built_once() {
    let text = stack(
        "services:\n  a: { image: app, build: app }\n  b: { image: \"app:latest\", build: app }\n  \
         c: { image: docker.io/library/app }\n  d: { image: other }",
        "--- stacks/web/app/Dockerfile\nFROM a\n",
    );
    let builds = builds(&text);
    let told: Vec<&str> = builds.iter().map(|(service, _)| service.as_str()).collect();
    assert_eq!(told, ["a", "b", "c"]);
    assert!(builds.iter().all(|(_, build)| *build == builds[0].1));
}

#[test]
fn what_decides_about_building_again() {
    let digest = |attributes: &str, files: &str| {
        let compose = format!("services: {{ app: {{ build: {{ context: app{attributes} }} }} }}");
        let files = format!("--- stacks/web/app/Dockerfile\nFROM a\n{files}");
        builds(&stack(&compose, &files))[0].1.digest()
    };
    let plain = digest("", "--- stacks/web/app/x\n1\n");
    let same = |attributes, files| assert_eq!(digest(attributes, files), plain, "{attributes}");
    let other = |attributes, files| assert_ne!(digest(attributes, files), plain, "{attributes}");
    let file = "--- stacks/web/app/x\n1\n";
    same(", pull: true, no_cache: true, cache_from: [a]", file);
    same("", "--- stacks/web/app/x\n1\n--- stacks/web/app/.git/x\n");
    for attributes in [
        ", args: { A: b }",
        ", target: x",
        ", labels: { a: b }",
        ", network: host",
        ", shm_size: 1m",
        ", extra_hosts: { a: 1.2.3.4 }",
        ", ulimits: { nofile: 5 }",
        ", tags: [other]",
        ", dockerfile_inline: FROM b",
    ] {
        other(attributes, file);
    }
    other("", "--- stacks/web/app/x\n2\n");
    other("", "--- stacks/web/app/x +x\n1\n");
    other("", "--- stacks/web/app/y\n1\n");
    other("", "--- stacks/web/app/x\n1\n--- stacks/web/app/.dockerignore\nx\n");
}

#[test]
fn what_cannot_be_built_is_refused() {
    let compose = "services:
  a: { build: { context: ./a, ssh: [default], secrets: [s], privileged: true, cache_to: [x] } }
  b: { build: { context: ./missing } }
  c: { build: { context: ./a, dockerfile: other, platforms: [linux/amd64, linux/arm64] } }
  d: { build: { context: /srv/app } }
  e: { build: { context: \"git@example.com:a.git\" } }
  f: { build: \"https://example.com/a.git#v1\" }
  g: { build: ./b }
  h: { build: ./c }
secrets: { s: { file: ./s } }";
    let files = "--- stacks/web/a/Dockerfile
FROM a
RUN --mount=type=cache,target=/x make
--- stacks/web/b/Dockerfile
FROM a
--- stacks/web/b/.dockerignore
ok
[
--- stacks/web/c/Dockerfile
# syntax=me/frontend
FROM --platform=$BUILDPLATFORM a
RUN <<EOF
EOF
--- stacks/web/s
x
";
    insta::assert_snapshot!(findings_of(&stack(compose, files)));
}

#[test]
fn two_ways_to_build_one_image_are_refused() {
    let text = stack(
        "services:\n  a: { image: app, build: a }\n  b: { image: app, build: b }",
        "--- stacks/web/a/Dockerfile\nFROM a\n--- stacks/web/b/Dockerfile\nFROM b\n",
    );
    insta::assert_snapshot!(findings_of(&text));
}

/// Two stacks of a host, and what each of their services is built from.
fn two_stacks(one: &str, two: &str, dockerfile: &str) -> String {
    format!(
        "homelab: h\nhosts: {{ nas: {{ connect: local, stacks: [one, two] }} }}\n\
         --- stacks/one/compose.yaml\nservices: {{ a: {one} }}\n--- stacks/one/Dockerfile\n\
         FROM x\n--- stacks/two/compose.yaml\nservices: {{ b: {two} }}\n\
         --- stacks/two/Dockerfile\n{dockerfile}\n"
    )
}

#[test]
fn another_stack_may_use_what_is_built() {
    let one = "{ image: app, build: . }";
    let built = |two: &str, dockerfile: &str| {
        let (desired, findings) = resolved(&two_stacks(one, two, dockerfile));
        assert!(findings.is_empty(), "{findings:?}");
        let stacks = &desired.hosts["nas"].stacks;
        let a = stacks["one"].services["a"].spec.build.clone().unwrap();
        (a, stacks["two"].services["b"].spec.build.clone().unwrap())
    };
    let (a, b) = built("{ image: \"docker.io/library/app:latest\" }", "");
    assert_eq!(a, b);
    let (a, b) = built("{ image: other, build: . }", "FROM app");
    assert_eq!(b.bases, [a]);
    let found = findings_of(&two_stacks(one, one, "FROM y"));
    let differs = "error[builds-differ]\n  stack two builds app in another way";
    assert!(found.contains(differs), "{found}");
    let circle = two_stacks(
        "{ image: app, build: { context: ., dockerfile_inline: FROM top } }",
        "{ image: top, build: . }",
        "FROM app",
    );
    assert!(findings_of(&circle).contains("error[builds-in-a-circle]"));
}

#[test]
fn an_image_may_copy_from_another_of_the_stack() {
    let compose = "services:\n  a: { image: top, build: a }\n  z: { image: base, build: z }";
    let files = |content: &str| {
        format!(
            "--- stacks/web/a/Dockerfile\nFROM x\nCOPY --from=base /file /\n\
             --- stacks/web/z/Dockerfile\nFROM x\n--- stacks/web/z/file\n{content}\n"
        )
    };
    let before = builds(&stack(compose, &files("1")));
    assert_eq!(before[0].1.bases[0].image.as_str(), "base");
    let after = builds(&stack(compose, &files("2")));
    assert_ne!(before[0].1.digest(), after[0].1.digest());
}

#[test]
fn an_image_may_start_from_another_of_the_stack() {
    let compose = "services:\n  a: { image: top, build: a }\n  z: { image: base, build: z }";
    let files = |content: &str| {
        format!(
            "--- stacks/web/a/Dockerfile\nFROM base:latest\n--- stacks/web/z/Dockerfile\nFROM x\n\
             --- stacks/web/z/file\n{content}\n"
        )
    };
    let before = builds(&stack(compose, &files("1")));
    assert_eq!(before[0].1.bases[0].image.as_str(), "base");
    let after = builds(&stack(compose, &files("2")));
    assert_ne!(before[0].1.digest(), after[0].1.digest());
    let circle = "--- stacks/web/a/Dockerfile\nFROM base\n--- stacks/web/z/Dockerfile\nFROM top\n";
    let found = findings_of(&stack(compose, circle));
    assert!(found.contains("error[builds-in-a-circle]"), "{found}");
    let itself = "--- stacks/web/a/Dockerfile\nFROM top\n--- stacks/web/z/Dockerfile\nFROM x\n";
    assert_eq!(builds(&stack(compose, itself))[0].1.bases, []);
}
