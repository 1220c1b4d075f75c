//! `cargo xtask bench`: what the package weighs and what a call costs, beside the limits.

use anyhow::Result;

use crate::{
    build,
    tools::{self, cargo, command, root, run},
};

const HELP: &str = "\
Measures: the package's size, the core's native benchmarks, calls and batches in Node beside plain
code that does the same, long lists beside plain code and the vendor's SDK, the way to the first
answer in Chromium beside the same two, the way from an administrator's decision through a gate
to the page, and what a gate adds to a request. Ratios within one run count; times depend on the
machine.

Usage: cargo xtask bench
";

/// Builds the package and runs every benchmark.
pub(crate) fn run_verb(args: &[String]) -> Result<()> {
    if tools::help_asked(args, HELP)? {
        return Ok(());
    }
    build::package()?;
    build::sizes()?;
    run(cargo().args(["bench", "--package=callgate"]))?;
    run(command("node").arg("benches/node.mjs"))?;
    run(command("node").arg("benches/batch.mjs"))?;
    run(command("node").arg("benches/decode.mjs"))?;
    run(cargo().args(["build", "--release", "--package=callgate-portal"]))?;
    tools::chromium()?;
    for bench in [
        "benches/lists.mjs",
        "benches/browser.mjs",
        "benches/relay.mjs",
        "benches/edge.mjs",
    ] {
        run(command("node").arg(bench).env(
            "CALLGATE_PORTAL",
            root().join("target/release/callgate-portal"),
        ))?;
    }
    Ok(())
}
