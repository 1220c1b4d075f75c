//! The second tier, held as a whole against the readable facts that it was made of. The facts are read
//! here by a reader of the tests' own, so that the generator proves nothing about itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::iter::Peekable;
use std::slice::Iter;

use callgate::bitrix24::rights::catalogue::{Kind, Parameters, Presence};
use callgate::bitrix24::rights::method::Version;

use crate::details::{CATALOGUE, KINDS, all};

const METHODS: &str = include_str!("../../catalogue/methods.txt");
const EVENTS: &str = include_str!("../../catalogue/events.txt");

/// A line of the readable facts: how deep it stands, and its clauses of groups of words.
struct Line {
    depth: usize,
    clauses: Vec<Vec<Vec<String>>>,
}

fn lines(text: &str) -> Vec<Line> {
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines = lines.map(|line| {
        let start = line.trim_start_matches(' ');
        Line {
            depth: (line.len() - start.len()) / 2,
            clauses: clauses(start),
        }
    });
    lines.collect()
}

fn clauses(line: &str) -> Vec<Vec<Vec<String>>> {
    let mut clauses = vec![vec![Vec::new()]];
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let groups = clauses.last_mut().unwrap();
        match letter {
            ',' => clauses.push(vec![Vec::new()]),
            ';' => groups.push(Vec::new()),
            ' ' => {}
            _ => {
                let mut word = String::from(letter);
                let quoted = letter == '"';
                while let Some(next) = letters.next_if(|next| quoted || !" ,;".contains(*next)) {
                    word.push(next);
                    if quoted && next == '\\' {
                        word.extend(letters.next());
                    } else if quoted && next == '"' {
                        break;
                    }
                }
                let word = if quoted {
                    serde_json::from_str(&word).unwrap()
                } else {
                    word
                };
                groups.last_mut().unwrap().push(word);
            }
        }
    }
    clauses
}

/// What is said of one thing: the words behind each fact's own.
type Facts = HashMap<String, Vec<Vec<String>>>;

fn fact(clause: &[Vec<String>]) -> (String, Vec<Vec<String>>) {
    let mut groups = clause.to_vec();
    let word = groups.first_mut().unwrap().remove(0);
    if groups.iter().all(Vec::is_empty) {
        groups.clear();
    }
    (word, groups)
}

/// The facts of a method or an event, from the lines below its name.
fn facts<'a>(lines: impl Iterator<Item = &'a Line>) -> Facts {
    let mut facts = Facts::new();
    for line in lines {
        let (word, groups) = fact(line.clauses.first().unwrap());
        if word != "is" {
            facts.insert(word, groups);
            continue;
        }
        let marks = groups
            .into_iter()
            .chain(line.clauses.iter().skip(1).flatten().cloned());
        facts.extend(marks.flatten().map(|mark| (mark, Vec::new())));
    }
    facts
}

fn is_parameter(line: &Line) -> bool {
    let word = line
        .clauses
        .first()
        .unwrap()
        .first()
        .unwrap()
        .first()
        .unwrap();
    word == "!" || word == "-"
}

fn words(facts: &Facts, word: &str) -> Option<Vec<String>> {
    facts.get(word).map(|groups| groups.concat())
}

fn owned<'a>(pieces: impl Iterator<Item = &'a str>) -> Vec<String> {
    pieces.map(str::to_owned).collect()
}

fn deprecation(facts: &Facts) -> Option<Vec<String>> {
    let deprecated = facts.contains_key("deprecated") || facts.contains_key("outdated-folder");
    deprecated.then(|| words(facts, "instead").unwrap_or_default())
}

fn groups(facts: &Facts, word: &str) -> Vec<Vec<String>> {
    facts.get(word).cloned().unwrap_or_default()
}

/// Holds parameters, and those nested in them, against the lines that tell of them.
fn compare(
    mut said: Parameters<'_>,
    lines: &mut Peekable<Iter<'_, Line>>,
    depth: usize,
    doubted: bool,
) {
    while let Some(line) = lines.next_if(|line| line.depth == depth) {
        let one = said.next().unwrap();
        let mut head = line.clauses.first().unwrap().concat().into_iter();
        let required = head.next().unwrap() == "!";
        assert_eq!(one.name(), head.next().unwrap());
        let facts: Facts = line
            .clauses
            .iter()
            .skip(1)
            .map(|clause| fact(clause))
            .collect();
        let has = |word: &str| facts.contains_key(word);
        let doubts = [
            "conditional",
            "required-under-condition",
            "left-out-in-example",
            "also",
            "pattern",
        ];
        let presence = match required {
            true if doubted || doubts.iter().any(|doubt| has(doubt)) => Presence::Doubtful,
            true => Presence::Required,
            false => Presence::Optional,
        };
        assert_eq!(one.presence(), presence);
        let types: Vec<String> = head.filter(|name| name != "null").collect();
        let kinds: Vec<_> = types.iter().map(|name| kind(name)).collect();
        for of in KINDS {
            let any = kinds.is_empty() || kinds.contains(&None);
            assert_eq!(
                one.accepts(of),
                any || kinds.contains(&Some(of)),
                "{types:?}"
            );
        }
        assert_eq!(one.values().map(owned), words(&facts, "values"));
        assert_eq!(one.item_values().map(owned), words(&facts, "item-values"));
        assert_eq!(owned(one.also()), words(&facts, "also").unwrap_or_default());
        let default = words(&facts, "default").map(|words| words.concat());
        assert_eq!(one.default(), default.as_deref());
        assert_eq!(one.is_pattern(), has("pattern"));
        assert_eq!(one.is_deprecated(), has("deprecated"));
        assert_eq!(all(one.one_of()), groups(&facts, "one-of"));
        compare(one.nested(), lines, depth + 1, doubted);
    }
    assert!(said.next().is_none());
}

fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "string" | "text" | "char" => Kind::Text,
        "integer" => Kind::Integer,
        "double" => Kind::Number,
        "boolean" => Kind::Flag,
        "date" => Kind::Date,
        "datetime" => Kind::DateTime,
        "object" => Kind::Object,
        "array" => Kind::List,
        "file" => Kind::File,
        list if list.ends_with("[]") => Kind::List,
        _ => return None,
    })
}

#[test]
fn every_fact_of_the_second_tier_is_in_the_file() {
    let lines = lines(METHODS);
    let blocks: Vec<_> = lines.chunk_by(|_, next| next.depth > 0).skip(1).collect();
    assert_eq!(blocks.len(), CATALOGUE.len());
    for block in blocks {
        let (head, rest) = block.split_first().unwrap();
        let [name, version] = <[String; 2]>::try_from(head.clauses.concat().concat()).unwrap();
        let version = if version == "v2" {
            Version::V2
        } else {
            Version::V3
        };
        let said = CATALOGUE
            .get(&name, Some(version))
            .unwrap()
            .details()
            .unwrap();
        let end = rest.iter().position(is_parameter).unwrap_or(rest.len());
        let (rest, parameters) = rest.split_at(end);
        let facts = facts(rest.iter());
        let has = |word: &str| facts.contains_key(word);

        let page = words(&facts, "page").unwrap().concat();
        let page = page.strip_suffix(".md").unwrap();
        let page = format!("https://apidocs.bitrix24.com/{page}.html");
        assert_eq!(said.page(), Some(page), "{name}");
        assert_eq!(said.deprecation().map(owned), deprecation(&facts), "{name}");
        let codes = words(&facts, "errors").unwrap_or_default();
        let codes = codes.iter().map(|code| code.split('@').next().unwrap());
        assert_eq!(owned(said.errors()), owned(codes), "{name}");
        let paging = words(&facts, "paging").map(|words| words.concat());
        assert_eq!(said.paging(), paging.as_deref(), "{name}");
        let auth = words(&facts, "auth").unwrap_or_default();
        assert_eq!(
            said.wants_application(),
            auth == ["app"] && !has("weak-auth"),
            "{name}"
        );
        assert_eq!(said.is_unbatched(), has("unbatched"), "{name}");
        assert_eq!(said.is_parameterless(), has("parameterless"), "{name}");
        assert_eq!(said.takes_list_parameters(), has("generic-list"), "{name}");
        assert_eq!(all(said.one_of()), groups(&facts, "one-of"), "{name}");
        let sets = groups(&facts, "sets");
        let sets = if sets.iter().any(Vec::is_empty) {
            Vec::new()
        } else {
            sets
        };
        assert_eq!(all(said.sets()), sets, "{name}");

        let doubted = has("examples-only") || has("unfinished");
        let mut lines = parameters.iter().peekable();
        compare(said.parameters(), &mut lines, 1, doubted);
        assert!(lines.next().is_none(), "{name}");
    }
}

#[test]
fn every_event_that_can_be_bound_is_in_the_file() {
    let lines = lines(EVENTS);
    let mut events = CATALOGUE.events();
    for block in lines.chunk_by(|_, next| next.depth > 0) {
        let (head, rest) = block.split_first().unwrap();
        let name = head.clauses.concat().concat().concat();
        let facts = facts(rest.iter());
        if facts.contains_key("in-page") {
            assert!(CATALOGUE.event(&name).is_none(), "{name}");
            continue;
        }
        let event = events.next().unwrap();
        assert_eq!(event.name(), name);
        let needed = event.needed().map(|groups| groups.map(owned).collect());
        assert_eq!(needed, facts.get("scope").cloned(), "{name}");
        assert_eq!(
            event.deprecation().map(owned),
            deprecation(&facts),
            "{name}"
        );
        assert_eq!(
            owned(event.also()),
            words(&facts, "spelled").unwrap_or_default(),
            "{name}"
        );
    }
    assert!(events.next().is_none());
}
