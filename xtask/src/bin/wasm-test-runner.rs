//! Runs one wasm test binary in Node or in a headless browser; `.cargo/config.toml` names it
//! as the runner of `wasm32-unknown-unknown`, so that no tool needs to be installed.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
