//! Hob's folder, worked on by the real scripts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    sync::Arc,
};

use futures_util::TryStreamExt;
use hob_host::{Ask, LogOptions};
use hob_model::{
    Digest, Secret, StackPath,
    desired::StackFile,
    spec::{BindSource, ContainerSpec, Mount},
};
use hob_plan::{
    Op,
    observed::{FileSeen, StackFolder},
};

use crate::bench::{Bench, script, with};

fn file(content: &str, mode: u32) -> StackFile {
    StackFile {
        digest: Digest::of(content.as_bytes()),
        mode,
        content: Secret::new(Arc::from(content.as_bytes())),
    }
}

fn write(files: &[(&str, StackFile)]) -> Op {
    let files = files.iter().map(|(path, file)| (StackPath::from(*path), file.clone())).collect();
    Op::WriteFiles { stack: "web".into(), files }
}

fn own(paths: &[&str]) -> Op {
    Op::OwnFiles { homelab: "test".into(), stack: "web".into(), paths: set(paths) }
}

fn remove(paths: &[&str]) -> Op {
    Op::RemoveFiles { stack: "web".into(), paths: set(paths) }
}

fn set(paths: &[&str]) -> BTreeSet<StackPath> {
    paths.iter().map(|path| StackPath::from(*path)).collect()
}

async fn seen(bench: &Bench, asked: &[&str]) -> StackFolder {
    let ask = Ask { files: BTreeMap::from([("web".into(), set(asked))]) };
    bench.host.observe(&ask).await.unwrap().stacks.get("web").cloned().unwrap_or_default()
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn real_files_arrive_with_content_and_mode() {
    with(|bench| async move {
        assert_eq!(seen(&bench, &["a"]).await, StackFolder::default());
        let names = ["a.conf", "sub/deep er/run.sh", "it's \"$(odd)\" & -x"];
        let files = [
            (names[0], file("one\n", 0o644)),
            (names[1], file("#!/bin/sh\n", 0o755)),
            (names[2], file("", 0o600)),
        ];
        bench.twice(&own(&names)).await;
        bench.twice(&write(&files)).await;
        let folder = bench.root.join("web");
        assert_eq!(fs::read_to_string(folder.join(names[0])).unwrap(), "one\n");
        assert_eq!(mode(&bench.root), 0o750);
        assert_eq!(mode(&folder), 0o755);
        assert_eq!(mode(folder.join("sub")), 0o755);
        assert_eq!(mode(bench.root.join(".hob")), 0o700);
        let expected = files.iter().map(|(path, file)| {
            let (digest, mode) = (file.digest.clone(), file.mode);
            (StackPath::from(*path), FileSeen::File { digest, mode })
        });
        let found = seen(&bench, &["absent"]).await;
        assert_eq!(found.owned, set(&names));
        assert_eq!(found.files, expected.collect());

        bench.twice(&write(&[(names[0], file("two", 0o600))])).await;
        assert_eq!(fs::read_to_string(folder.join(names[0])).unwrap(), "two");
        assert_eq!(mode(folder.join(names[0])), 0o600);
        let left = fs::read_dir(bench.root.join(".hob")).unwrap().map(|entry| entry.unwrap());
        let mut left: Vec<_> = left.map(|entry| entry.file_name()).collect();
        left.sort();
        assert_eq!(left, ["homelab", "key", "stacks"], "no stage is left");
    })
    .await;
}

#[tokio::test]
async fn real_removing_leaves_what_is_not_hobs() {
    with(|bench| async move {
        let names = ["a", "sub/b", "sub/deep/c"];
        let files = names.map(|name| (name, file(name, 0o644)));
        bench.perform(&own(&names)).await.unwrap();
        bench.perform(&write(&files)).await.unwrap();
        let folder = bench.root.join("web");
        fs::write(folder.join("sub/theirs"), "x").unwrap();
        bench.twice(&remove(&["sub/b", "sub/deep/c"])).await;
        assert!(!folder.join("sub/deep").exists() && folder.join("sub/theirs").exists());
        assert_eq!(seen(&bench, &[]).await.owned, set(&["a"]));
        fs::remove_file(folder.join("sub/theirs")).unwrap();
        fs::remove_dir(folder.join("sub")).unwrap();
        bench.twice(&remove(&["a"])).await;
        assert!(!folder.exists());
        assert_eq!(seen(&bench, &[]).await, StackFolder::default());
    })
    .await;
}

#[tokio::test]
async fn real_links_are_never_followed() {
    with(|bench| async move {
        let outside = bench.root.parent().unwrap().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("secret"), "theirs").unwrap();
        bench.perform(&own(&["conf/secret", "link", "dir"])).await.unwrap();
        let folder = bench.root.join("web");
        fs::create_dir_all(folder.join("dir")).unwrap();
        symlink(&outside, folder.join("conf")).unwrap();
        symlink(outside.join("secret"), folder.join("link")).unwrap();

        let found = seen(&bench, &["conf/secret", "link/below", "dir/absent"]).await;
        let strange = ["conf/secret", "dir", "link", "link/below"];
        let strange = strange.map(|path| (StackPath::from(path), FileSeen::NotAFile));
        assert_eq!(found.files, strange.into());

        for path in ["conf/secret", "link", "dir"] {
            let refused = bench.perform(&write(&[(path, file("mine", 0o644))])).await;
            let why = refused.unwrap_err().to_string();
            assert!(why.contains("symbolic link") || why.contains("is not a file"), "{why}");
            bench.twice(&remove(&[path])).await;
        }
        assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "theirs");
        assert!(folder.join("link").is_symlink() && folder.join("dir").is_dir());

        fs::remove_dir_all(&folder).unwrap();
        symlink(&outside, &folder).unwrap();
        let refused = bench.perform(&write(&[("a", file("mine", 0o644))])).await.unwrap_err();
        assert!(refused.to_string().ends_with("hob/web is a symbolic link"), "{refused}");
        assert!(!outside.join("a").exists());
    })
    .await;
}

#[tokio::test]
async fn real_hostile_names_are_refused() {
    with(|bench| async move {
        for path in ["../x", "/etc/x", "a/../../x", "a\nb", ""] {
            for op in [own(&[path]), write(&[(path, file("x", 0o644))]), remove(&[path])] {
                let why = bench.perform(&op).await.unwrap_err().to_string();
                assert!(why.contains("no file name that Hob can carry"), "{why}");
            }
        }
        let files = BTreeMap::from([("a".into(), file("x", 0o644))]);
        for stack in ["..", ".hob", "a/b", "-rf"] {
            let op = Op::WriteFiles { stack: stack.into(), files: files.clone() };
            let why = bench.perform(&op).await.unwrap_err().to_string();
            assert!(why.contains("is no name for a stack"), "{why}");
        }
        assert!(!bench.root.exists(), "nothing was made");
    })
    .await;
}

#[tokio::test]
async fn real_a_folder_that_cannot_be_made_is_named() {
    with(|bench| async move {
        fs::write(&bench.root, "in the way").unwrap();
        let why = bench.perform(&own(&["a"])).await.unwrap_err().to_string();
        assert!(why.starts_with(&format!("{} cannot be written: ", bench.root.display())), "{why}");
    })
    .await;
}

/// A container that mounts the folder of its stack whole and runs as nobody in particular reads what
/// is in it; other users of the host do not even get as far as there.
#[tokio::test]
async fn real_a_stacks_folder_is_open_to_every_user_of_a_container() {
    with(|bench| async move {
        fs::create_dir(&bench.root).unwrap();
        fs::set_permissions(&bench.root, fs::Permissions::from_mode(0o755)).unwrap();
        let paths = set(&["a", "sub/b"]);
        let homelab = bench.homelab.clone();
        bench.perform(&Op::OwnFiles { homelab, stack: "web".into(), paths }).await.unwrap();
        let files = [("a", file("one", 0o644)), ("sub/b", file("two", 0o644))];
        bench.perform(&write(&files)).await.unwrap();
        assert_eq!(mode(&bench.root), 0o750, "an empty folder is closed when it is first used");

        let stack = Mount::bind(BindSource::Stack(String::new()));
        let spec = ContainerSpec {
            user: Some("65534:65534".to_owned()),
            mounts: BTreeMap::from([("/x".to_owned(), stack)]),
            ..script("cd /x && for at in * sub/*; do echo $at; done && cat a sub/b && echo")
        };
        bench.run("it", spec).await;
        let options = LogOptions { tail: None, since: None, follow: true };
        let lines = bench.host.logs(&bench.name("it"), &options).await.unwrap();
        let lines: Vec<String> = lines.map_ok(|line| line.text).try_collect().await.unwrap();
        assert_eq!(lines, ["a", "sub", "sub/b", "onetwo"]);
    })
    .await;
}

#[tokio::test]
async fn real_a_folder_with_other_things_in_it_keeps_its_mode() {
    with(|bench| async move {
        fs::create_dir(&bench.root).unwrap();
        fs::set_permissions(&bench.root, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(bench.root.join("theirs"), "").unwrap();
        bench.perform(&own(&["a"])).await.unwrap();
        assert_eq!(mode(&bench.root), 0o755);
    })
    .await;
}
