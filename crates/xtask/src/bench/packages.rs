//! Debian packages: the peers, from the machine's own package sources.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use super::program::{is_there, run, run_in};
use crate::{disk, say};

/// The release that has Docker Compose v2.
const COMPOSE_SUITE: &str = "sid";
const DEBIAN_KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Sees to it that a program of a package is there. As root it is installed.
pub(super) fn ensure(program: &str, package: &str) -> Result<(), String> {
    if is_there(program, "--version") {
        return Ok(());
    }
    let hint = format!("sudo apt-get install {package}");
    if run("asking who this is", "id", ["-u"])?.trim() != "0" {
        return Err(format!("{program} is not installed; try: {hint}"));
    }
    say::line(&format!("installing {package} ..."));
    let quiet = [("DEBIAN_FRONTEND", OsStr::new("noninteractive"))];
    let apt = |arguments: &[&str]| {
        let doing = format!("installing {package}");
        run_in(Path::new("/"), &doing, "apt-get", arguments, &quiet).map(drop)
    };
    apt(&["-q", "update"])?;
    apt(&["-q", "install", "--yes", "--no-install-recommends", "--", package])
}

/// Docker Compose v2, unpacked below `folder` and not installed: the system's packages stay.
pub(super) fn compose(folder: &Path) -> Result<PathBuf, String> {
    let program = folder.join("compose/usr/libexec/docker/cli-plugins/docker-compose");
    if !program.is_file() {
        say::line("fetching Docker Compose ...");
        let apt = private_apt(folder)?;
        unpack(folder, &apt, "docker-compose", &folder.join("compose"))?;
    }
    Ok(program)
}

/// A static busybox, unpacked below `folder`.
pub(super) fn busybox(folder: &Path) -> Result<PathBuf, String> {
    let root = folder.join("busybox");
    if !root.is_dir() {
        say::line("fetching busybox ...");
        let apt = private_apt(folder)?;
        unpack(folder, &apt, "busybox-static", &root)?;
    }
    let places = ["bin/busybox", "usr/bin/busybox"].map(|place| root.join(place));
    let found = places.into_iter().find(|place| place.is_file());
    found.ok_or_else(|| format!("busybox-static has no busybox; remove {}", root.display()))
}

/// The packages that a host lacks for another one, as files; `status` is its list of packages.
pub(super) fn missing(package: &str, status: &str, folder: &Path) -> Result<Vec<PathBuf>, String> {
    disk::remove_folder(folder)?;
    let (list, archives) = (folder.join("status"), folder.join("archives"));
    disk::write(&list, status)?;
    disk::make_folder(&archives.join("partial"))?;
    let option = |name: &str, path: &Path| format!("--option={name}={}", path.display());
    let arguments = [
        option("Dir::State::status", &list),
        option("Dir::Cache::archives", &archives),
        "--option=APT::Sandbox::User=root".to_owned(),
        "--option=Debug::NoLocking=true".to_owned(),
        "--quiet".to_owned(),
        "--yes".to_owned(),
        "--download-only".to_owned(),
        "--no-install-recommends".to_owned(),
        "install".to_owned(),
        package.to_owned(),
    ];
    run(&format!("fetching {package} for the hosts"), "apt-get", arguments)?;
    disk::files(&archives, ".deb")
}

/// A configuration of apt that knows the suite with Docker Compose and touches nothing else.
fn private_apt(folder: &Path) -> Result<PathBuf, String> {
    if !Path::new(DEBIAN_KEYS).is_file() {
        return Err("Docker Compose comes from Debian, whose keys are not here".to_owned());
    }
    let listed = run(
        "reading the package sources",
        "apt-get",
        ["indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
    )?;
    let (mirror, own) =
        mirror(&listed).ok_or("apt knows no archive of Debian; try: apt-get update")?;
    let list = folder.join("sources.list");
    let line = format!("deb [signed-by={DEBIAN_KEYS}] {mirror} {COMPOSE_SUITE} main\n");
    let more = format!("deb [signed-by={DEBIAN_KEYS}] {mirror} {own} main\n");
    disk::write(&list, &(line + &more))?;
    for inner in ["lists/partial", "cache/archives/partial"] {
        disk::make_folder(&folder.join(inner))?;
    }
    let config = folder.join("apt.conf");
    let quoted = |path: PathBuf| format!("{:?}", path.display().to_string());
    let text = format!(
        "Dir::Etc::sourcelist {};\nDir::Etc::sourceparts \"-\";\nDir::State::lists {};\n\
         Dir::Cache {};\nAPT::Sandbox::User \"root\";\n",
        quoted(list),
        quoted(folder.join("lists")),
        quoted(folder.join("cache")),
    );
    disk::write(&config, &text)?;
    let variables = [("APT_CONFIG", config.as_os_str())];
    run_in(folder, "reading package lists", "apt-get", ["-q", "update"], &variables)?;
    Ok(config)
}

fn unpack(folder: &Path, apt: &Path, package: &str, to: &Path) -> Result<(), String> {
    let doing = format!("fetching {package}");
    let variables = [("APT_CONFIG", apt.as_os_str())];
    run_in(folder, &doing, "apt-get", ["-q", "download", package], &variables)?;
    let start = format!("{package}_");
    let is_ours = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&start))
    };
    let found = disk::files(folder, ".deb")?.into_iter().rfind(is_ours);
    let found = found.ok_or_else(|| format!("{doing}: apt-get left no file"))?;
    let part = to.with_extension("part");
    disk::remove_folder(&part)?;
    run(&doing, "dpkg", [OsStr::new("--extract"), found.as_os_str(), part.as_os_str()])?;
    disk::rename(&part, to)
}

/// The first archive with the component `main`, not that for security updates, and its release.
fn mirror(listed: &str) -> Option<(&str, &str)> {
    listed.lines().find_map(|line| {
        let mut words = line.split(' ');
        let (uri, release, component) = (words.next()?, words.next()?, words.next()?);
        (component == "main" && !release.contains('-')).then_some((uri, release))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_the_machines_own() {
        let listed = "http://m.test/security/ bookworm-security main\n\
            http://m.test/debian/ bookworm contrib\nhttp://m.test/debian/ bookworm main\n";
        assert_eq!(mirror(listed), Some(("http://m.test/debian/", "bookworm")));
        assert_eq!(mirror(""), None);
    }
}
