//! `cargo xtask catalogue`: makes the catalogue's binary form of its readable one, and takes newer
//! facts in.

mod coverage;
mod details;
mod facts;
mod import;
mod pack;
mod results;
mod shapes;
#[cfg(test)]
mod tests;
mod text;
mod typescript;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use facts::{Event, Method, Methods, title};
use results::{Return, Returns};

const HELP: &str = "\
Keeps the method catalogue: the facts in catalogue/*.txt, and what the crate reads of them.

Usage: cargo xtask catalogue                        make what is generated, say what changed
       cargo xtask catalogue --check                fail if what is generated is stale
       cargo xtask catalogue import <folder> [--date YYYY-MM]
                                                    take the *.json of a folder of facts, say what
                                                    changed, make what is generated
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
        let (methods, events) = self.facts()?;
        println!("{} entries, facts of {}", methods.list.len(), methods.date);
        let first = pack::pack(&methods)?;
        let details = details::pack(&methods, &events, &first)?;
        let old = fs::read(self.folder.join("first.bin")).unwrap_or_default();
        let firsts = [old.as_slice(), &first];
        self.renew("first.bin", &first, entry_lines)?;
        self.renew("details.bin", &details, |file| {
            details::lines(file, &firsts)
        })?;
        let returns = self.returns()?;
        let shapes = shapes::write(&returns);
        self.renew("shapes.txt", shapes.as_bytes(), shapes::lines)?;
        let declarations = typescript::write(&methods, &returns);
        self.renew(typescript::FILE, declarations.as_bytes(), typescript::lines)?;
        print!("{}", coverage::table(&methods, &returns));
        Ok(())
    }

    /// The facts that the binary forms are made of.
    fn facts(&self) -> Result<(Methods, Vec<Event>)> {
        let methods = text::read_methods(&self.read("methods.txt")?).context("methods.txt")?;
        let events = text::read_events(&self.read("events.txt")?).context("events.txt")?;
        Ok((methods, events))
    }

    fn returns(&self) -> Result<Returns> {
        results::read_returns(&self.read("results.txt")?).context("results.txt")
    }

    /// Writes a generated file, and says how large it is and what changed.
    fn renew(&self, name: &str, new: &[u8], lines: impl Fn(&[u8]) -> Option<Lines>) -> Result<()> {
        let path = self.folder.join(name);
        let old = fs::read(&path).unwrap_or_default();
        let packed = brotli_size(new)?;
        let name = Path::new(name).file_name().unwrap_or_default().display();
        println!("{name}: {} bytes, {packed} with brotli", new.len());
        match (old == new, lines(&old), lines(new)) {
            (true, _, _) => println!("nothing changed"),
            (false, Some(old), Some(new)) => print!("{}", changes(&old, &new)),
            (false, _, _) => println!("there was no such file, or one of another form"),
        }
        fs::write(&path, new).with_context(|| path.display().to_string())
    }

    fn check(&self) -> Result<()> {
        let (methods, events) = self.facts()?;
        text::read_scopes(&self.read("scopes.txt")?).context("scopes.txt")?;
        let first = pack::pack(&methods)?;
        let details = details::pack(&methods, &events, &first)?;
        let declarations = typescript::write(&methods, &self.returns()?).into_bytes();
        for (name, new) in [
            ("first.bin", first),
            ("details.bin", details),
            ("shapes.txt", shapes::write(&self.returns()?).into_bytes()),
            (typescript::FILE, declarations),
        ] {
            if fs::read(self.folder.join(name)).unwrap_or_default() != new {
                bail!("catalogue/{name} is stale: run `cargo xtask catalogue`");
            }
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
        println!("methods:");
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
        let events = self.import_events(&read("events.json")?)?;
        let returns = self.import_returns(&read("responses.json")?, &new.date)?;
        // Facts that the binary forms have no place for leave the files as they are.
        details::pack(&new, &events, &pack::pack(&new)?)?;
        self.write("methods.txt", &text::write_methods(&new))?;
        self.write("events.txt", &text::write_events(&events))?;
        self.write("scopes.txt", &text::write_scopes(&scopes))?;
        self.write("results.txt", &results::write_returns(&returns))?;
        self.make()
    }

    fn import_events(&self, json: &str) -> Result<Vec<Event>> {
        let old = self.read("events.txt").ok();
        let old = old.map(|text| text::read_events(&text)).transpose();
        let old = old.context("events.txt")?.unwrap_or_default();
        let new = import::events(json).context("events.json")?;
        println!("events:");
        print!("{}", changes(&event_lines(&old), &event_lines(&new)));
        Ok(new)
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

/// What is said of each method or event, a line for each fact.
type Lines = BTreeMap<String, Vec<String>>;

fn method_lines(methods: &[Method]) -> Lines {
    let lines = methods.iter().map(|method| {
        let mut text = String::new();
        text::write_method(&mut text, method);
        (
            title(&method.name, method.version),
            text.lines().map(str::to_owned).collect(),
        )
    });
    lines.collect()
}

fn return_lines(returns: &[Return]) -> Lines {
    let lines = returns.iter().map(|one| {
        let mut text = String::new();
        results::write_return(&mut text, one);
        (
            title(&one.name, one.version),
            text.lines().map(str::to_owned).collect(),
        )
    });
    lines.collect()
}

fn event_lines(events: &[Event]) -> Lines {
    let lines = events.iter().map(|event| {
        let mut text = String::new();
        text::write_event(&mut text, event);
        (event.key(), text.lines().map(str::to_owned).collect())
    });
    lines.collect()
}

fn entry_lines(file: &[u8]) -> Option<Lines> {
    let lines = pack::unpack(file)?.into_iter().map(|entry| {
        let title = entry.title();
        (title, vec![entry.name, entry.class, entry.required])
    });
    Some(lines.collect())
}

/// Added, removed and changed ones, the changed ones with the lines that differ.
fn changes(old: &Lines, new: &Lines) -> String {
    let (mut out, mut counts) = (String::new(), [0; 3]);
    for (name, lines) in new {
        match old.get(name) {
            None => {
                counts[0] += 1;
                out.push_str(&format!("added    {name}\n"));
            }
            Some(before) if before != lines => {
                counts[2] += 1;
                out.push_str(&format!("changed  {name}\n"));
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
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        counts[1] += 1;
        out.push_str(&format!("removed  {name}\n"));
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
