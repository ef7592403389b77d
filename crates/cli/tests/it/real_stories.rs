//! The same stories on real hosts over SSH (tier 5): the record made in the imagined world has to
//! hold there too. `STORY=name,name` tells these alone.

use std::{
    env,
    path::{Path, PathBuf},
};

use hob_testbed::{
    lab::Progress,
    story::{self, RealStoryWorld, Story},
};

/// Stories in which nothing happens that only an imagined world can do.
const BOTH_WORLDS: &[&str] = &[
    "broken-image",
    "changed-attributes",
    "changed-file",
    "dependencies",
    "first-deploy",
    "foreign-container",
    "foreign-file",
    "missing-image",
    "one-shot",
    "removed-service",
    "shared-network",
    "stale-plan",
    "stopped-container",
    "taken-port",
    "unreachable-host",
];

fn stories() -> Vec<PathBuf> {
    let only = env::var("STORY").ok();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testbed/stories");
    let wanted = BOTH_WORLDS
        .iter()
        .filter(|name| only.as_ref().is_none_or(|only| only.split(',').any(|one| one == **name)));
    wanted.map(|name| folder.join(name).with_extension("story")).collect()
}

#[tokio::test]
async fn real_stories_come_out_as_recorded() {
    let paths = stories();
    assert!(!paths.is_empty(), "there is no such story for real hosts");
    let stories: Vec<Story> = paths.iter().map(|path| story::read(path).unwrap()).collect();
    let program = Path::new(env!("CARGO_BIN_EXE_hob"));
    let progress = Progress::silent();
    let mut world = RealStoryWorld::up("stories", &stories, program, &progress).await.unwrap();
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
