//! The same stories on real hosts over SSH (tier 5): the record made in the imagined world has to
//! hold there too. `STORY=name,name` tells these alone. Here are the stories in which nothing
//! happens that only an imagined world can do.

use std::{
    env,
    path::{Path, PathBuf},
};

use hob_testbed::{
    lab::Progress,
    story::{self, RealStoryWorld, Story},
};

#[tokio::test]
async fn real_stories_of_deploying() {
    tell("stories-1", &["first-deploy", "dependencies", "one-shot", "shared-network"]).await;
}

#[tokio::test]
async fn real_stories_of_changing() {
    let stories =
        ["changed-attributes", "changed-file", "removed-service", "secrets", "stale-plan"];
    tell("stories-2", &stories).await;
}

#[tokio::test]
async fn real_stories_of_building() {
    tell("stories-5", &["building", "built-base"]).await;
}

#[tokio::test]
async fn real_stories_of_trouble() {
    let stories = ["broken-image", "missing-image", "stopped-container", "unreachable-host"];
    tell("stories-3", &stories).await;
}

#[tokio::test]
async fn real_stories_of_neighbours() {
    tell("stories-4", &["foreign-container", "foreign-file", "taken-port"]).await;
}

#[tokio::test]
async fn real_stories_of_accidents() {
    tell("stories-5", &["killed-and-stopped", "changed-key", "no-forwarding"]).await;
}

/// Tells the stories one after the other on hosts of their own.
async fn tell(lab: &str, names: &[&str]) {
    let only = env::var("STORY").ok();
    let is_wanted =
        |name: &str| only.as_ref().is_none_or(|only| only.split(',').any(|o| o == name));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testbed/stories");
    let wanted = names.iter().filter(|name| is_wanted(name));
    let paths: Vec<PathBuf> =
        wanted.map(|name| folder.join(name).with_extension("story")).collect();
    if paths.is_empty() {
        return;
    }
    let stories: Vec<Story> = paths.iter().map(|path| story::read(path).unwrap()).collect();
    let program = Path::new(env!("CARGO_BIN_EXE_hob"));
    let progress = Progress::silent();
    let mut world = RealStoryWorld::up(lab, &stories, program, &progress).await.unwrap();
    let mut faults = Vec::new();
    for (path, story) in paths.iter().zip(&stories) {
        world.begin(story).await.unwrap();
        if let Err(why) = story::compare(path, &mut world).await {
            faults.push(why.to_string());
        }
    }
    // What is left after a failure is there to be looked at; the next run begins anew.
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    world.destroy().await.unwrap();
}
