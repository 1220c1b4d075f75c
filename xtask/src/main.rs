//! `cargo xtask <verb>`: everything that is done to this repository, each wish one command.

mod build;
mod tools;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
Callgate's commands. Each does its whole job from a fresh clone.

Usage: cargo xtask <verb> [--help]

  build       compile to WebAssembly and lay out the npm package in pkg/
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((verb, rest)) = args.split_first() else {
        bail!("which verb?\n\n{HELP}");
    };
    if ["--help", "-h", "help"].contains(&verb.as_str()) {
        print!("{HELP}");
        return Ok(());
    }
    match verb.as_str() {
        "build" => build::run(rest),
        _ => bail!("no such verb: {verb}\n\n{HELP}"),
    }
}
