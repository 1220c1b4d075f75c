//! `cargo xtask demo`: the demo page inside the test portal, for a person or for a check.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use lexopt::prelude::*;

use crate::{
    build, test,
    tools::{self, cargo, command, root, run, target_dir},
};

const HELP: &str = "\
Builds everything, serves the demo in the test portal and prints where to look.

Usage: cargo xtask demo [--port N] [--app-port N]
       cargo xtask demo --check

  --port N       the portal's port [default: 8024; 0 picks one]
  --app-port N   the application's port [default: 8025; 0 picks one]
  --check        instead of serving, play the demo's story in headless Chromium
";

const STORY: &str = "tests/browser/demo.story.test.mjs";

/// Serves the demo, or checks it.
pub(crate) fn run_verb(args: &[String]) -> Result<()> {
    let (mut port, mut app_port, mut check) = (8024_u16, 8025_u16, false);
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("port") => port = parser.value()?.parse()?,
            Long("app-port") => app_port = parser.value()?.parse()?,
            Long("check") => check = true,
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    build::package()?;
    build_portal()?;
    let site = lay_out()?;
    if check {
        let story = root().join(STORY);
        ensure!(
            story.exists(),
            "there is no story to play: {STORY} is missing"
        );
        tools::chromium()?;
        return test::run_node_tests(&[story]);
    }
    let mut portal = command(portal_path());
    portal
        .arg("--port")
        .arg(port.to_string())
        .arg("--app-port")
        .arg(app_port.to_string());
    run(portal.arg("--root").arg(site))
}

/// Builds the test portal.
pub(crate) fn build_portal() -> Result<()> {
    run(cargo().args(["build", "--package=callgate-portal"]))
}

/// The test portal's program.
pub(crate) fn portal_path() -> PathBuf {
    let name = format!("callgate-portal{}", std::env::consts::EXE_SUFFIX);
    target_dir().join("debug").join(name)
}

/// Where [`lay_out`] puts the demo's page.
pub(crate) fn site_path() -> PathBuf {
    target_dir().join("demo")
}

/// Puts the demo's page together as an application's server would hold it: www/, and the package
/// in `callgate/`. Returns the folder.
pub(crate) fn lay_out() -> Result<PathBuf> {
    let site = site_path();
    if site.exists() {
        fs::remove_dir_all(&site)?;
    }
    copy(&root().join("www"), &site)?;
    copy(&root().join("pkg"), &site.join("callgate"))?;
    Ok(site)
}

/// Copies a folder and all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    let entries = fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    Ok(())
}
