//! `cargo xtask demo`: the demo page inside the test portal, for a person or for a check.

use std::path::PathBuf;

use anyhow::{Result, ensure};
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
  --check        instead of serving, play the demo's stories in headless Chromium
";

const STORIES: [&str; 4] = [
    "tests/browser/demo.story.test.mjs",
    "tests/browser/demo.deals.test.mjs",
    "tests/browser/demo.bx24.test.mjs",
    "tests/browser/demo.systems.test.mjs",
];

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
    if check {
        let stories = STORIES.map(|story| root().join(story));
        for story in &stories {
            ensure!(
                story.exists(),
                "there is no story to play: {} is missing",
                story.display()
            );
        }
        tools::chromium()?;
        return test::run_node_tests(&stories);
    }
    println!("\nOpen the portal's address in a browser; Ctrl-C ends it.");
    let mut portal = command(portal_path());
    portal.arg("--port").arg(port.to_string());
    portal.arg("--app-port").arg(app_port.to_string());
    run(portal.arg("--root").arg(root()))
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
