//! Secrets from the repository to the container, and nowhere else: the whole command line on an
//! imagined host, with values that must not show.

use std::{
    ffi::OsString,
    fs,
    io::{BufReader, Cursor},
    os::unix::fs::PermissionsExt,
    sync::Arc,
};

use hob_cli::{Environment, Terminal, World};
use hob_engine::stop_signal;
use hob_host::Hosts;
use hob_testbed::{
    fake::{FakeWorld, Product},
    story::Output,
};

use crate::hermetic::Place;

const HOME: &str = "\
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://nas.example, stacks: [web] }
secrets: { files: [secrets.sops.yaml] }
--- stacks/web/compose.yaml
services:
  db:
    image: postgres:16
    user: '70:70'
    secrets: [db_password, whole, part]
  app:
    image: nginx:1.27
    environment: { TOKEN: '${app_key}', LINES: '${PEM}' }
    labels: { users: 'ida:${app_key}' }
    command: [serve, '--key', '${app_key}']
    healthcheck: { test: [CMD, ask, '${app_key}'] }
  other:
    image: caddy:2
secrets:
  db_password: { environment: DB_PASSWORD }
  whole: { file: ./whole.age }
  part: { file: ./part.sops.json, x-hob: { secret: inner.value } }
";

/// What must not be seen anywhere.
const PLANTED: [&str; 6] = [
    "planted-password",
    "planted-token",
    "planted \"quotes\"",
    "planted-line",
    "planted-whole",
    "planted-part",
];

/// A homelab with one imagined host and secrets.
struct Home {
    place: Place,
    world: FakeWorld,
    environment: Environment,
}

impl Home {
    fn empty(files: &str) -> Self {
        let place = Place::with(files);
        let environment = Environment {
            no_color: true,
            config_folder: Some(place.repository().join("../home/.config")),
            runtime_dir: Some(place.repository().join("../run")),
            ..Environment::default()
        };
        Self { place, world: FakeWorld::new(), environment }
    }

    /// With a key and everything that is planted.
    async fn planted() -> Self {
        let home = Self::empty(HOME);
        home.good("secret init", "").await;
        for (name, value) in [
            ("DB_PASSWORD", "planted-password"),
            ("app.key", "planted-token"),
            ("QUOTED", "planted \"quotes\""),
            ("PEM", "-----BEGIN-----\nplanted-line\n-----END-----"),
        ] {
            home.good(&format!("secret set {name}"), value).await;
        }
        let part = "stacks/web/part.sops.json";
        home.good(&format!("secret set inner.value --file {part}"), "planted-part").await;
        home.place.write("stacks/web/whole.age", &home.sealed("planted-whole"));
        home
    }

    /// Sealed for the home's own key, as the age program does.
    fn sealed(&self, text: &str) -> String {
        let path = self.place.repository().join("../home/.config/hob/age.txt");
        let keys = hob_secrets::keys::Keyring::parse(&fs::read_to_string(path).unwrap()).unwrap();
        hob_secrets::keys::seal(text.as_bytes(), &keys.recipients()).unwrap()
    }

    /// Runs `hob` with a text on its standard input; gives what it said, and how it ended.
    async fn hob(&self, arguments: &str, input: &str) -> String {
        let (stdout, stderr) = (Output::default(), Output::default());
        let session: Arc<dyn Hosts> = Arc::new(self.world.session());
        let (_handle, stop) = stop_signal();
        let world = World {
            hosts: Box::new(move |_| Ok(Arc::clone(&session))),
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            stdin: Box::new(BufReader::new(Cursor::new(input.to_owned()))),
            terminal: Terminal::default(),
            environment: self.environment.clone(),
            current_dir: self.place.repository(),
            stop,
        };
        let arguments = format!("hob {arguments}");
        let exit = hob_cli::run(arguments.split(' ').map(OsString::from), world).await;
        let here = self.place.repository().display().to_string();
        let said = format!("{}{}= {}\n", stdout.text(), stderr.text(), exit.code());
        said.replace(here.trim_end_matches("/repository"), "@")
    }

    async fn good(&self, arguments: &str, input: &str) -> String {
        let said = self.hob(arguments, input).await;
        assert!(said.ends_with("= 0\n"), "hob {arguments}\n{said}");
        said
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.place.repository().join(path)).unwrap()
    }
}

/// Fails if a planted value, or a part of one that has a line of its own, is in a text.
fn check_clean(what: &str, text: &str) {
    for planted in PLANTED {
        let quoted = planted.replace('"', "\\\"");
        assert!(
            !text.contains(planted) && !text.contains(&quoted),
            "{what} shows {planted}:\n{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn no_output_of_a_full_run_shows_a_secret() {
    let home = Home::planted().await;
    let mut said = String::new();
    for arguments in [
        "check --offline",
        "check --json",
        "plan --detailed",
        "plan --json --out plan.json",
        "config web",
        "config web --format json",
        "config web --explain services.app.command[2]",
        "config web --variables",
        "config web --environment",
        "apply plan.json --yes",
        "verify --all",
        "verify --json",
        "status --json",
        "logs",
        "plan",
        "secret list",
        "secret list --json",
    ] {
        let text = home.hob(arguments, "").await;
        assert!(!text.contains("= 1\n"), "hob {arguments}\n{text}");
        check_clean(arguments, &text);
        said += &text;
    }
    assert!(said.contains("<secret>"), "the run was about secrets:\n{said}");
    check_clean("the plan", &home.read("plan.json"));
    check_clean("the host", &home.world.show_everything());
    check_clean("what is kept about the host", &format!("{:?}", home.world.snapshot()));
    let kept = format!("{:?}", home.world.snapshot());
    assert!(kept.contains("TOKEN") && kept.contains("/run/secrets/db_password"), "{kept}");
    let revealed = home.good("config web --reveal", "").await;
    assert!(revealed.contains("TOKEN: planted-token"), "{revealed}");
    assert!(home.good("apply --yes", "").await.contains("Plan: nothing to do."));
}

#[tokio::test(start_paused = true)]
async fn a_failing_apply_shows_no_secret() {
    let home = Home::planted().await;
    home.world.publish("nginx:1.27", Product::behaving(&[("STANDIN_EXIT", "1")]));
    for arguments in ["apply --yes", "apply --yes --json", "verify", "status", "logs"] {
        check_clean(arguments, &home.hob(arguments, "").await);
    }
    check_clean("the host", &home.world.show_everything());
    check_clean("what is kept about the host", &format!("{:?}", home.world.snapshot()));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_makes_a_compose_file_wrong_is_not_quoted() {
    let home = Home::planted().await;
    let compose = home.read("stacks/web/compose.yaml");
    let wrong =
        compose.replace("    image: caddy:2", "    image: caddy:2\n    ports: ['${app_key}:80']");
    home.place.write("stacks/web/compose.yaml", &wrong);
    let said = home.hob("plan", "").await;
    assert!(said.contains("error[") && said.ends_with("= 1\n"), "{said}");
    check_clean("plan", &said);
    let named = compose.replace("image: caddy:2", "image: 'caddy:${app_key}'");
    home.place.write("stacks/web/compose.yaml", &named);
    let said = home.hob("check --offline", "").await;
    assert!(said.contains("error[exposed-secret]: app_key is kept sealed"), "{said}");
    check_clean("check", &said);
}

#[tokio::test(start_paused = true)]
async fn without_a_key_the_rest_is_checked() {
    let mut home = Home::planted().await;
    home.environment.config_folder = None;
    let said = home.hob("check --offline", "").await;
    assert!(said.contains("= 0\n") && said.contains("warning[unopened-secrets]"), "{said}");
    assert!(!said.contains("undefined-variable"), "{said}");
    let said = home.hob("plan", "").await;
    assert!(said.contains("error[unopened-secrets]") && said.ends_with("= 1\n"), "{said}");
    assert!(home.hob("secret list", "").await.contains("  DB_PASSWORD\n"));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_there_matters_where_there_are_secrets() {
    let mut home = Home::planted().await;
    home.environment.age_key_file = Some("/nowhere/age.txt".into());
    assert_eq!(
        home.hob("check --offline", "").await,
        "error: reading /nowhere/age.txt\n  caused by: it is not there\n\
         hint: HOB_AGE_KEY_FILE names this file\n= 1\n"
    );
    let none = "homelab: home\nhosts: { nas: { connect: local } }\n";
    home.place.write("hob.yaml", none);
    home.place.write("stacks/web/compose.yaml", "services: { app: { image: 'nginx:1' } }\n");
    assert!(home.hob("check --offline", "").await.contains("= 0\n"));
}

#[tokio::test(start_paused = true)]
async fn a_key_file_is_the_owners_alone() {
    let home = Home::empty("--- hob.yaml\nhomelab: home\nhosts: { nas: { connect: local } }\n");
    let said = home.good("secret init", "").await;
    assert!(
        said.contains("made .sops.yaml\nmade secrets.sops.yaml\nnamed it in hob.yaml\n"),
        "{said}"
    );
    let mode = |path: &str| {
        let path = home.place.repository().join(path);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("../home/.config/hob/age.txt"), 0o600);
    assert_eq!(mode("../home/.config/hob"), 0o700);
    assert!(home.read("hob.yaml").ends_with("secrets: { files: [secrets.sops.yaml] }\n"));
    let again = home.good("secret init", "").await;
    assert!(!again.contains("made") && !again.contains("named"), "{again}");
}

#[tokio::test(start_paused = true)]
async fn secrets_are_set_shown_and_taken_out() {
    let home = Home::planted().await;
    assert_eq!(home.good("secret get app.key", "").await, "planted-token\n= 0\n");
    assert_eq!(
        home.good("secret set app.key", "another\n").await,
        "changed app.key in secrets.sops.yaml\n= 0\n"
    );
    assert_eq!(home.good("secret get app.key", "").await, "another\n= 0\n");
    assert_eq!(
        home.good("secret remove app.key", "").await,
        "removed app.key from secrets.sops.yaml\n= 0\n"
    );
    assert_eq!(
        home.hob("secret get app.key", "").await,
        "error: there is no secret app.key in secrets.sops.yaml\n\
         hint: hob secret list shows the names that there are\n= 1\n"
    );
    assert_eq!(
        home.hob("secret set EMPTY", "\n").await,
        "refused: an empty value was given; nothing was changed\n\
         hint: hob secret remove EMPTY takes it out\n= 1\n"
    );
}

#[tokio::test(start_paused = true)]
async fn who_can_open_a_file_is_changed() {
    let home = Home::planted().await;
    let (_, other) = hob_secrets::keys::Keyring::generate();
    let before = home.read("secrets.sops.yaml");
    let said = home.good(&format!("secret rotate --add-recipient {other}"), "").await;
    assert_eq!(said, "sealed secrets.sops.yaml again, for 2 recipients\n= 0\n");
    let after = home.read("secrets.sops.yaml");
    let sealed = |text: &str| {
        let lines = text.lines().filter(|line| line.contains("ENC["));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(sealed(&before).iter().all(|line| !sealed(&after).contains(line)), "all is new");
    assert_eq!(home.good("secret get DB_PASSWORD", "").await, "planted-password\n= 0\n");
    let said = home.good(&format!("secret rotate --remove-recipient {other}"), "").await;
    assert!(said.starts_with("sealed secrets.sops.yaml again, for 1 recipient\n"), "{said}");
    let list = home.good("secret list --json", "").await;
    let own = list.split('"').find(|word| word.starts_with("age1")).unwrap().to_owned();
    let said = home.hob(&format!("secret rotate --remove-recipient {own}"), "").await;
    assert!(said.starts_with("refused: none of your keys could open secrets.sops.yaml"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn what_is_in_clear_is_imported() {
    let home = Home::planted().await;
    home.place.write(".env", "# old\nSMTP_PASSWORD=\"two words\"\nDB_PASSWORD=other\nEMPTY=\n");
    let said = home.good("secret import .env", "").await;
    assert!(
        said.starts_with("sealed 2 values in secrets.sops.yaml\n.env still has them"),
        "{said}"
    );
    assert_eq!(home.good("secret get SMTP_PASSWORD", "").await, "two words\n= 0\n");
    assert_eq!(home.good("secret get DB_PASSWORD", "").await, "other\n= 0\n");
    home.place.write("plain.yaml", "a: { b: 1, c: [x, y] }\nd: z\n");
    assert!(
        home.good("secret import plain.yaml a.b a_c_1", "").await.starts_with("sealed 2 values")
    );
    let list = home.good("secret list", "").await;
    assert!(list.contains("  a.b  ${a_b}\n  a_c_1\n") && !list.contains("  d\n"), "{list}");
    let said = home.hob("secret import secrets.sops.yaml", "").await;
    assert!(said.starts_with("refused: secrets.sops.yaml is sealed already\n"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn an_editor_sees_the_values_and_leaves_nothing_behind() {
    let mut home = Home::planted().await;
    let script = home.place.repository().join("../edit.sh");
    let here = home.place.repository().display().to_string();
    let text = format!(
        "set -e\nstat -c %a \"$1\" > {here}/mode\ncp \"$1\" {here}/seen\n\
         sed -i s/planted-token/new-token/ \"$1\"\n"
    );
    fs::write(&script, text).unwrap();
    home.environment.editor = Some(format!("sh {}", script.display()));
    let said = home.good("secret edit", "").await;
    assert_eq!(said, "secrets.sops.yaml: 1 set, 0 removed\n= 0\n");
    assert_eq!(home.read("mode"), "600\n");
    assert!(home.read("seen").contains("key: planted-token\n"));
    assert_eq!(home.good("secret get app.key", "").await, "new-token\n= 0\n");
    let left = fs::read_dir(home.place.repository().join("../run")).unwrap().count();
    assert_eq!(left, 0, "the private folder is gone");
    home.environment.editor = Some("false".to_owned());
    let said = home.hob("secret edit", "").await;
    assert!(said.contains("error: calling the editor false\n"), "{said}");
    let left = fs::read_dir(home.place.repository().join("../run")).unwrap().count();
    assert_eq!(left, 0, "the private folder is gone");
}
