//! `cargo xtask catalogue`: makes the catalogue's binary form of its readable one, and takes newer
//! facts in.

mod facts;
mod import;
mod pack;
mod results;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use facts::{Method, Methods};
use pack::Entry;
use results::{Return, Returns};

const HELP: &str = "\
Keeps the method catalogue: the facts in catalogue/*.txt, and what the crate reads of them.

Usage: cargo xtask catalogue                        make catalogue/first.bin, say what changed
       cargo xtask catalogue --check                fail if catalogue/first.bin is stale
       cargo xtask catalogue import <folder> [--date YYYY-MM]
                                                    take methods.json and scopes.json from a folder
                                                    of facts, say what changed, make the binary form
";

/// Runs the verb.
///
/// # Errors
///
/// When a fact file can't be read or written, says something that the form doesn't have, or
/// (`--check`) is newer than the binary form.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue");
    let home = Home { folder: home };
    match args.as_slice() {
        [] => home.make(),
        ["--check"] => home.check(),
        ["import", folder] => home.import(Path::new(folder), None),
        ["import", folder, "--date", date] => home.import(Path::new(folder), Some(date)),
        ["--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("not understood: {}\n\n{HELP}", args.join(" ")),
    }
}

/// The folder of the catalogue's files.
struct Home {
    folder: PathBuf,
}

impl Home {
    fn make(&self) -> Result<()> {
        let methods = text::read_methods(&self.read("methods.txt")?).context("methods.txt")?;
        let new = pack::pack(&methods)?;
        let path = self.folder.join("first.bin");
        let old = fs::read(&path).unwrap_or_default();
        println!("{} entries, facts of {}", methods.list.len(), methods.date);
        println!(
            "first.bin: {} bytes, {} with brotli",
            new.len(),
            brotli_size(&new)?
        );
        match (old == new, pack::unpack(&old)) {
            (true, _) => println!("nothing changed"),
            (false, None) => println!("there was no such file, or one of another form"),
            (false, Some(old)) => {
                let new: Vec<Entry> = methods.list.iter().map(Entry::of).collect();
                print!("{}", changes(&entry_lines(&old), &entry_lines(&new)));
            }
        }
        fs::write(&path, new).with_context(|| path.display().to_string())
    }

    fn check(&self) -> Result<()> {
        let methods = text::read_methods(&self.read("methods.txt")?).context("methods.txt")?;
        text::read_scopes(&self.read("scopes.txt")?).context("scopes.txt")?;
        if fs::read(self.folder.join("first.bin"))? != pack::pack(&methods)? {
            bail!("catalogue/first.bin is stale: run `cargo xtask catalogue`");
        }
        Ok(())
    }

    fn import(&self, from: &Path, date: Option<&str>) -> Result<()> {
        let read = |name: &str| {
            let path = from.join(name);
            fs::read_to_string(&path).with_context(|| path.display().to_string())
        };
        let old = self
            .read("methods.txt")
            .ok()
            .map(|text| text::read_methods(&text));
        let old = old.transpose().context("methods.txt")?.unwrap_or_default();
        let date = match date {
            Some(date) => date.to_owned(),
            None => {
                println!("no --date: the facts stay dated {}", old.date);
                old.date.clone()
            }
        };
        let list = import::methods(&read("methods.json")?).context("methods.json")?;
        let new = Methods { date, list };
        print!(
            "{}",
            changes(&method_lines(&old.list), &method_lines(&new.list))
        );

        let scopes = self
            .read("scopes.txt")
            .ok()
            .map(|text| text::read_scopes(&text));
        let scopes = scopes
            .transpose()
            .context("scopes.txt")?
            .unwrap_or_default();
        let scopes = import::scopes(&read("scopes.json")?, &scopes).context("scopes.json")?;
        let returns = self.import_returns(&read("responses.json")?, &new.date)?;
        // Facts that the binary form has no place for leave the files as they are.
        pack::pack(&new)?;
        self.write("methods.txt", &text::write_methods(&new))?;
        self.write("scopes.txt", &text::write_scopes(&scopes))?;
        self.write("results.txt", &results::write_returns(&returns))?;
        self.make()
    }

    fn import_returns(&self, json: &str, date: &str) -> Result<Returns> {
        let old = self.read("results.txt").ok();
        let old = old.map(|text| results::read_returns(&text)).transpose();
        let old = old.context("results.txt")?.unwrap_or_default();
        let list = results::import(json).context("responses.json")?;
        println!("results:");
        print!(
            "{}",
            changes(&return_lines(&old.list), &return_lines(&list))
        );
        let date = date.to_owned();
        Ok(Returns { date, list })
    }

    fn read(&self, name: &str) -> Result<String> {
        let path = self.folder.join(name);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| path.display().to_string())
    }
}

/// What is said of each method, a line for each fact.
type Lines = BTreeMap<(String, u8), Vec<String>>;

fn method_lines(methods: &[Method]) -> Lines {
    let lines = methods.iter().map(|method| {
        let mut text = String::new();
        text::write_method(&mut text, method);
        (method.key(), text.lines().map(str::to_owned).collect())
    });
    lines.collect()
}

fn return_lines(returns: &[Return]) -> Lines {
    let lines = returns.iter().map(|one| {
        let mut text = String::new();
        results::write_return(&mut text, one);
        (one.key(), text.lines().map(str::to_owned).collect())
    });
    lines.collect()
}

fn entry_lines(entries: &[Entry]) -> Lines {
    let lines = entries.iter().map(|entry| {
        let lines = [&entry.name, &entry.class, &entry.required].map(String::clone);
        (
            (entry.name.to_ascii_lowercase(), entry.version),
            lines.into(),
        )
    });
    lines.collect()
}

/// Added, removed and changed methods, the changed ones with the lines that differ.
fn changes(old: &Lines, new: &Lines) -> String {
    let (mut out, mut counts) = (String::new(), [0; 3]);
    for (key @ (name, version), lines) in new {
        match old.get(key) {
            None => {
                counts[0] += 1;
                out.push_str(&format!("added    {name} v{version}\n"));
            }
            Some(before) if before != lines => {
                counts[2] += 1;
                out.push_str(&format!("changed  {name} v{version}\n"));
                for line in before.iter().filter(|line| !lines.contains(line)) {
                    out.push_str(&format!("  - {line}\n"));
                }
                for line in lines.iter().filter(|line| !before.contains(line)) {
                    out.push_str(&format!("  + {line}\n"));
                }
            }
            Some(_) => {}
        }
    }
    for (name, version) in old.keys().filter(|key| !new.contains_key(*key)) {
        counts[1] += 1;
        out.push_str(&format!("removed  {name} v{version}\n"));
    }
    let [added, removed, changed] = counts;
    out.push_str(&format!(
        "{added} added, {removed} removed, {changed} changed\n"
    ));
    out
}

/// The size after brotli at its strongest, as a server would send it.
fn brotli_size(bytes: &[u8]) -> Result<usize> {
    let mut packed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &params)?;
    Ok(packed.len())
}
