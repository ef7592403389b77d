//! Values of sealed files, handed in as data: who sees them, before what they go, and where they
//! come into the open.

use std::{collections::BTreeMap, sync::Arc};

use hob_model::{
    HostName, Opener, Opening, REPOSITORY_ROOT, SealedFile, SealedValue, Secret,
    desired::{Desired, DesiredService},
    resolve_with,
};

use crate::support::{lines, repository};

/// Opens what begins with `sealed:`, unless it is for somebody else.
struct Key;

impl Opener for Key {
    fn open(&self, file: &str, content: &[u8], value: Option<&str>) -> Opening {
        let text = String::from_utf8_lossy(content).trim_end().to_owned();
        match text.strip_prefix("sealed:") {
            Some("damaged") => {
                Opening::Refused { why: format!("{file} is damaged"), hint: "mend it".to_owned() }
            }
            Some("others") => {
                Opening::NoKey { why: format!("{file} does not open"), hint: "ask".to_owned() }
            }
            Some(inner) => {
                let inner = inner.replace("VALUE", value.unwrap_or("whole"));
                Opening::Opened(Secret::new(Arc::from(inner.as_bytes())))
            }
            None => Opening::NotSealed,
        }
    }
}

/// Resolves a repository with a file of values for all hosts, and one for `nas` alone.
fn resolved(
    text: &str,
    values: &[(&str, Option<&str>)],
    of_nas: &[(&str, &str)],
) -> (Desired, String) {
    let files = repository(text);
    let (homelab, findings) = hob_model::load(&files, REPOSITORY_ROOT);
    assert_eq!(lines(&findings), "");
    let mut homelab = homelab.unwrap();
    let sealed = |text: Option<&str>| SealedValue {
        value: text.map(Secret::from),
        is_secret: true,
        place: hob_model::Place { file: "secrets.yaml".to_owned(), line: 1, column: 1, len: 1 },
    };
    let all = values.iter().map(|(name, text)| ((*name).to_owned(), sealed(*text)));
    let own = of_nas.iter().map(|(name, text)| ((*name).to_owned(), sealed(Some(text))));
    let file = |host: Option<&str>, values: BTreeMap<String, SealedValue>| SealedFile {
        path: "secrets.yaml".to_owned(),
        host: host.map(HostName::from),
        values,
    };
    homelab.sealed = vec![file(None, all.collect()), file(Some("nas"), own.collect())];
    let (desired, mut findings) = resolve_with(&homelab, &files, REPOSITORY_ROOT, &Key);
    findings.retain(|finding| finding.code.contains("secret") || finding.code.contains("variable"));
    (desired, lines(&findings))
}

fn service<'a>(desired: &'a Desired, host: &str, name: &str) -> &'a DesiredService {
    &desired.hosts[host].stacks["web"].services[name]
}

const HOSTS: &str = "\
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://nas, stacks: [web], vars: { A: of-host, B: of-host } }
  pi: { connect: ssh://pi, stacks: [web] }
stacks: { web: { vars: { A: of-stack } } }
";

#[test]
fn sealed_values_go_before_all_others_and_a_hosts_own_before_those() {
    let text = format!(
        "{HOSTS}--- stacks/web/compose.yaml\nservices:\n  app:\n    image: nginx:1\n    \
         environment: {{ A: '${{A}}', B: '${{B:-none}}' }}\n"
    );
    let (desired, _) = resolved(&text, &[("A", Some("sealed"))], &[("B", "of-nas")]);
    let env = |host: &str| {
        let env = &service(&desired, host, "app").spec.env;
        env.iter().map(|(name, value)| format!("{name}={}", value.expose())).collect::<Vec<_>>()
    };
    assert_eq!(env("nas"), ["A=sealed", "B=of-nas"]);
    assert_eq!(env("pi"), ["A=sealed", "B=none"], "what is the nas's own is not pi's");
}

#[test]
fn where_a_sealed_value_shows_is_said_once_for_each_service() {
    let text = "\
--- hob.yaml
homelab: home
hosts: { nas: { connect: ssh://nas, stacks: [web] } }
--- stacks/web/compose.yaml
services:
  app:
    image: nginx:1
    environment: { ONE: '${A}', TWO: 'x${B}', THREE: plain }
    labels: { users: '${A}' }
  named:
    image: 'nginx:${B}'
  quiet:
    image: nginx:1
    environment: { A_FILE: /run/secrets/a }
    secrets: [a]
secrets: { a: { environment: A } }
volumes: { share: { driver_opts: { o: 'password=${A}' } } }
";
    let (_, findings) = resolved(text, &[("A", Some("first")), ("B", Some("1.27"))], &[]);
    insta::assert_snapshot!(findings, @"
    stacks/web/compose.yaml:4:25: note[visible-secret] services.app.environment.ONE
      A, B can be read on the host with docker inspect, as environment
      stacks/web/compose.yaml:4:38: and here
      hint: hand it over as a file if the image can read one: secrets: { x: { environment: A } }
    stacks/web/compose.yaml:5:22: warning[visible-secret] services.app.labels.users
      A can be read on the host with docker inspect
      hint: hand it over as a file under secrets, if what reads it can read one
    stacks/web/compose.yaml:7:12: error[exposed-secret] services.named.image
      B is kept sealed, and what it is used for here is shown in plans
      hint: keep the value in clear under vars or in an .env file if it is no secret
    stacks/web/compose.yaml:13:39: warning[visible-secret] volumes.share.driver_opts.o
      A can be read on the host with docker inspect
      hint: hand it over as a file under secrets, if what reads it can read one
    ");
}

#[test]
fn a_value_that_was_not_opened_counts_as_set() {
    let text = "\
--- hob.yaml
homelab: home
hosts: { nas: { connect: ssh://nas, stacks: [web] } }
--- stacks/web/compose.yaml
services:
  app:
    image: nginx:1
    command: ['${A:?}', '${OTHER}']
";
    let (_, findings) = resolved(text, &[("A", None)], &[]);
    assert!(!findings.contains("variable A"), "{findings}");
    assert!(findings.contains("undefined-variable"), "{findings}");
}

const FILES: &str = "\
--- hob.yaml
homelab: home
hosts: { nas: { connect: ssh://nas, stacks: [web] } }
--- stacks/web/compose.yaml
services:
  app:
    image: nginx:1
    user: '1000:100'
    secrets: [whole, part, { source: from_env, mode: 0440 }]
  root:
    image: nginx:1
    secrets: [whole]
  plain:
    image: nginx:1
    secrets: [plain]
secrets:
  whole: { file: ./whole.age }
  part: { file: ./part.yaml, x-hob: { secret: a.b } }
  from_env: { environment: A }
  plain: { file: ./plain.txt }
--- stacks/web/whole.age
sealed:VALUE
--- stacks/web/part.yaml
sealed:of VALUE
--- stacks/web/plain.txt
plain
";

#[test]
fn sealed_files_are_put_into_the_container_and_never_onto_the_host() {
    let (desired, findings) = resolved(FILES, &[("A", Some("first"))], &[]);
    assert_eq!(findings, "");
    let show = |name: &str| {
        let files = service(&desired, "nas", name).spec.files.iter();
        let one = |(target, file): (&String, &hob_model::spec::InnerFile)| {
            let content = String::from_utf8_lossy(file.content.expose()).into_owned();
            format!("{target} {}:{} {:o} {content}", file.uid, file.gid, file.mode)
        };
        files.map(one).collect::<Vec<_>>()
    };
    assert_eq!(
        show("app"),
        [
            "/run/secrets/from_env 0:0 440 first",
            "/run/secrets/part 1000:100 400 of a.b",
            "/run/secrets/whole 1000:100 400 whole",
        ]
    );
    assert_eq!(show("root"), ["/run/secrets/whole 0:0 444 whole"]);
    let stack = &desired.hosts["nas"].stacks["web"];
    let sent: Vec<String> = stack.files.keys().map(ToString::to_string).collect();
    assert_eq!(sent, ["plain.txt"]);
}

#[test]
fn sealed_files_that_do_not_open_are_findings() {
    let text =
        FILES.replace("sealed:VALUE", "sealed:others").replace("sealed:of VALUE", "sealed:damaged");
    let (_, findings) = resolved(&text, &[("A", Some("first"))], &[]);
    insta::assert_snapshot!(findings, @"
    stacks/web/compose.yaml:13:3: error[unopened-secrets] secrets.whole
      stacks/web/whole.age does not open
      hint: ask
    stacks/web/compose.yaml:14:3: error[bad-secrets] secrets.part
      stacks/web/part.yaml is damaged
      hint: mend it
    ");
}

#[test]
fn what_is_still_sealed_is_not_deployed() {
    let text = "\
--- hob.yaml
homelab: home
hosts: { nas: { connect: ssh://nas, stacks: [web] } }
--- stacks/web/compose.yaml
services:
  app:
    image: nginx:1
    env_file: app.env
--- stacks/web/app.env
TOKEN=ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]
TZ=Europe/Oslo
";
    insta::assert_snapshot!(crate::support::findings_of(text), @"
    stacks/web/compose.yaml:4:5: error[still-sealed] services.app.environment
      TOKEN would be the sealed text and not what is in it
      hint: name the sealed file under secrets.files in hob.yaml, and write TOKEN: ${TOKEN} under environment
    ");
}
