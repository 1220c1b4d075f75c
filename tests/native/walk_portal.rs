//! Walks over the test portal's lists: commands in batches as its server reads them, wrapped results,
//! both REST versions.

use std::collections::HashMap;

use callgate::bitrix24::engine::list::{Ask, Limits, Page, PageId, Turn, Walk, id, rows};
use callgate::bitrix24::rights::method::{MethodName, Version};
use callgate::bitrix24::rights::params::Params;
use callgate::error::{Error, Kind, Ran};
use callgate_portal::{Portal, Request};
use serde_json::{Value, json};

const NOW: u64 = 1_478_790_852_000;

/// A walk's surroundings: it answers in the order of the requests.
struct Shop {
    portal: Portal,
    /// Where the webhook's methods are.
    path: String,
}

struct Walked {
    ids: Vec<u64>,
    requests: u32,
    total: Option<u64>,
}

impl Shop {
    fn with(entity: &str, count: u64) -> Self {
        let mut portal = Portal::new();
        portal.generate(entity, count).unwrap();
        let url = portal.webhook(&["crm", "task", "tasks", "user", "main"], 1);
        let path = url[url.find("/rest/").unwrap()..].to_owned();
        Self { portal, path }
    }

    fn post(&mut self, method: &str, version: Version, body: &Value) -> Value {
        let path = match version {
            Version::V2 => self.path.clone(),
            Version::V3 => self.path.replace("/rest/", "/rest/api/"),
        };
        let request = Request::json([&path, method].concat(), body);
        serde_json::from_str(&self.portal.handle(NOW, &request).body).unwrap()
    }

    fn answer(
        &mut self,
        method: &str,
        version: Version,
        ask: &Ask,
    ) -> Vec<Result<(Value, Page), Error>> {
        if let [only] = ask.commands.as_slice() {
            let body = self.post(method, version, &parsed(only));
            return vec![read(
                &body,
                &body["result"],
                body.get("error"),
                &body["next"],
                &body["total"],
            )];
        }
        let commands: Value = (0..)
            .zip(&ask.commands)
            .map(|(place, params)| {
                let mut query = String::new();
                write_query(&parsed(params), "", &mut query);
                (
                    format!("c{place}"),
                    json!([method, "?", &query].map(|it| it.to_owned()).concat()),
                )
            })
            .collect::<serde_json::Map<_, _>>()
            .into();
        let body = self.post("batch", version, &json!({"halt": 0, "cmd": commands}));
        let maps = &body["result"];
        (0..ask.commands.len())
            .map(|place| {
                let of = |map: &str| &maps[map][format!("c{place}")];
                let error = maps["result_error"].get(format!("c{place}"));
                read(
                    &body,
                    of("result"),
                    error,
                    of("result_next"),
                    of("result_total"),
                )
            })
            .collect()
    }

    fn walk(
        &mut self,
        method: &str,
        version: Version,
        params: &str,
        limits: Limits,
    ) -> Result<Walked, Error> {
        let name = MethodName::parse(method).unwrap();
        let params = Params::parse(params).unwrap();
        let mut walk = Walk::new(&name, version, &params, limits)?;
        let mut held: HashMap<PageId, Value> = HashMap::new();
        let mut ids: Vec<u64> = Vec::new();
        loop {
            while let Some(ask) = walk.ask() {
                let answers = self.answer(method, version, &ask);
                for (place, answer) in (0..).zip(answers) {
                    let page = PageId {
                        request: ask.request,
                        place,
                    };
                    let facts = answer.map(|(result, facts)| {
                        held.insert(page, result);
                        facts
                    });
                    walk.told(page, facts);
                }
            }
            match walk.next()? {
                Turn::Wait => panic!("everything was told"),
                Turn::End => break,
                Turn::Page { page, only_new } => {
                    for row in rows(&held.remove(&page).unwrap()).unwrap() {
                        let id = id(row).unwrap();
                        if !only_new || !ids.contains(&id) {
                            ids.push(id);
                        }
                    }
                }
            }
        }
        let progress = walk.progress();
        assert_eq!(progress.rows, ids.len() as u64);
        Ok(Walked {
            ids,
            requests: progress.requests,
            total: progress.total,
        })
    }
}

fn parsed(params: &Params) -> Value {
    serde_json::from_str(params.as_json()).unwrap()
}

fn read(
    body: &Value,
    result: &Value,
    error: Option<&Value>,
    next: &Value,
    total: &Value,
) -> Result<(Value, Page), Error> {
    if let Some(error) = error.or(body.get("error")) {
        let code = error["error"]
            .as_str()
            .or(error["code"].as_str())
            .or(error.as_str());
        let code = code.unwrap_or_default();
        let words = [error, body].map(Value::to_string).concat();
        return Err(Error::new(code, Kind::Portal, Ran::No, words));
    }
    let page = Page::read(result, next.as_u64(), total.as_u64()).unwrap();
    Ok((result.clone(), page))
}

/// As PHP's `http_build_query` does it.
fn write_query(value: &Value, name: &str, out: &mut String) {
    let nested = |key: &str| match name.is_empty() {
        true => key.to_owned(),
        false => format!("{name}[{key}]"),
    };
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| write_query(value, &nested(key), out)),
        Value::Array(list) => (0..).zip(list).for_each(|(place, value): (usize, _)| {
            write_query(value, &nested(&place.to_string()), out)
        }),
        scalar => {
            let text = scalar
                .as_str()
                .map_or_else(|| scalar.to_string(), str::to_owned);
            let escaped = |text: &str| {
                text.bytes()
                    .map(|byte| match byte {
                        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'[' | b']' | b'_' => {
                            char::from(byte).to_string()
                        }
                        _ => format!("%{byte:02X}"),
                    })
                    .collect::<String>()
            };
            out.push_str(&format!("{}={}&", escaped(name), escaped(&text)));
        }
    }
}

#[test]
fn ten_thousand_deals_in_order_in_5_requests() {
    let mut shop = Shop::with("deal", 10_000);
    let walked = shop
        .walk("crm.deal.list", Version::V2, "{}", Limits::default())
        .unwrap();
    assert!(walked.ids.into_iter().eq(1..=10_000));
    assert_eq!(walked.requests, 5);
    assert_eq!(walked.total, Some(10_000));
}

#[test]
fn every_kind_of_list_is_walked_whole() {
    use Version::{V2, V3};
    for (entity, method, version, params) in [
        ("deal", "crm.deal.list", V2, "{}"),
        ("contact", "CRM.Contact.List", V2, r#"{"select":["NAME"]}"#),
        ("deal", "crm.item.list", V2, r#"{"entityTypeId":2}"#),
        ("task", "tasks.task.list", V2, "{}"),
        ("user", "user.get", V2, "{}"),
        ("task", "tasks.task.list", V3, "{}"),
        (
            "task",
            "tasks.task.list",
            V3,
            r#"{"pagination":{"limit":70}}"#,
        ),
        (
            "task",
            "tasks.task.list",
            V3,
            r#"{"order":{"title":"ASC"},"pagination":{"limit":70}}"#,
        ),
    ] {
        for count in [0, 1, 50, 51, 600] {
            for limits in [
                Limits::default(),
                Limits {
                    batches: false,
                    requests: 1,
                    rows: 100,
                },
            ] {
                let what = format!("{method} {version:?} {params} {count} {limits:?}");
                let mut shop = Shop::with(entity, count);
                let mut ids = match shop.walk(method, version, params, limits) {
                    Ok(walked) => walked.ids,
                    Err(error) => panic!("{what}: {error}"),
                };
                if params.contains("title") {
                    ids.sort_unstable();
                }
                assert!(ids.iter().copied().eq(1..=count), "{what}: {}", ids.len());
            }
        }
    }
}

#[test]
fn the_cursor_of_version_3_is_followed() {
    let mut shop = Shop::with("deal", 1);
    let params = r#"{"select":["id"]}"#;
    let walked = shop
        .walk("main.eventlog.tail", Version::V3, params, Limits::default())
        .unwrap();
    assert!(walked.ids.into_iter().eq(1..=500));
}

#[test]
fn the_callers_filter_and_order_are_kept() {
    let mut shop = Shop::with("deal", 3_000);
    let mut of = |params: &str| {
        let walked = shop.walk("crm.deal.list", Version::V2, params, Limits::default());
        walked.unwrap().ids
    };
    assert!(
        of(r#"{"filter":{">ID":70,"<ID":2000}}"#)
            .into_iter()
            .eq(71..2_000)
    );
    assert!(
        of(r#"{"order":{"ID":"DESC"},"filter":{"<=ID":2000}}"#)
            .into_iter()
            .eq((1..=2_000).rev())
    );
    let mut titles = of(r#"{"order":{"TITLE":"DESC"}}"#);
    assert!(!titles.is_sorted());
    titles.sort_unstable();
    assert!(titles.into_iter().eq(1..=3_000));
}

#[test]
fn what_the_portal_refuses_is_the_walks_error() {
    let mut shop = Shop::with("deal", 100);
    let params = r#"{"filter":{"NO_SUCH_FIELD":1}}"#;
    let error = shop
        .walk("crm.deal.list", Version::V2, params, Limits::default())
        .err()
        .unwrap();
    assert!(error.message.contains("NO_SUCH_FIELD"), "{error}");
}
