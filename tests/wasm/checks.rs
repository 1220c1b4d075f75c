//! What holds wherever the crate runs as wasm. Node and the browser run the same checks: their
//! engines are what the crate is held against.

use callgate::bitrix24::engine::{Call, Config, Connection, OnWaiting, Output, Token};
use callgate::bitrix24::rights::catalogue::Catalogue;
use callgate::bitrix24::rights::method::Version;
use callgate::bitrix24::wire::address::Origin;
use callgate::bitrix24::wire::envelope::{Availability, Envelope, Payload, Reply};
use callgate::bitrix24::wire::event::MethodConfirm;
use callgate::bitrix24::wire::form;
use callgate::bitrix24::wire::page::Page;
use callgate::http::{BodyFormat, Failure};
use callgate::json::{Event, Reader};
use callgate::secret::Secret;
use callgate::time::Instant;
use callgate::value::Value;
use js_sys::{Array, Date, Function, JSON, Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// The makers of values that the tests in JavaScript use too.
const VALUES: &str = include_str!("../support/values.mjs");

/// Runs a JavaScript expression that may use `random`, `values` and `seed`.
fn script(expression: &str, seed: u32) -> JsValue {
    let values = VALUES.replace("export ", "");
    let body = format!("{values}\nreturn ({expression})");
    let function = Function::new_with_args("seed", &body);
    function.call1(&JsValue::NULL, &seed.into()).unwrap()
}

fn stringify(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}

/// Seeds of the property checks; every run has new ones, and a failure names its own.
fn seeds() -> impl Iterator<Item = u32> {
    let first = Date::now() as u64 as u32;
    (0..150).map(move |step| first.wrapping_add(step))
}

/// The JavaScript value that a tree means.
fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(value) => JsValue::from_bool(*value),
        Value::Number(text) => JSON::parse(text).unwrap(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(to_js).collect::<Array>().into(),
        Value::Map(members) => {
            let object = Object::new();
            for (name, member) in members {
                Reflect::set(&object, &name.as_str().into(), &to_js(member)).unwrap();
            }
            object.into()
        }
    }
}

#[wasm_bindgen_test]
fn the_json_reader_reads_what_the_engine_writes() {
    for seed in seeds() {
        let made = script("values(random(seed)).map()", seed);
        let text = stringify(&made);
        let read =
            Value::from_json(&text).unwrap_or_else(|error| panic!("{seed}: {error}: {text}"));
        let mended = script(
            "JSON.stringify(values(random(seed)).map())
                .replace(/\\\\(ud[89a-f]..|.)/g, (all, it) => (it.length > 1 ? '\\ufffd' : all))",
            seed,
        );
        // Two names may be the same once half pairs are mended; the last one counts, as in the engine.
        let expected = JSON::parse(&mended.as_string().unwrap()).unwrap();
        assert_eq!(
            stringify(&to_js(&read)),
            stringify(&expected),
            "seed {seed}"
        );
    }
}

#[wasm_bindgen_test]
fn the_json_reader_refuses_what_the_engine_refuses() {
    for text in [
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "nul",
        "\"\\x\"",
        "\"\n\"",
        "\"",
        "[1 2]",
        "{} {}",
        "\u{feff}1",
        "'a'",
        "NaN",
        "[",
        "]",
        "tru",
        "\"\\u12\"",
        "1 1",
        "[1],",
        "{\"a\"}",
        "{\"a\":}",
        "\u{a0}1",
    ] {
        assert!(JSON::parse(text).is_err(), "the engine takes {text:?}");
        assert!(Value::from_json(text).is_err(), "{text:?}");
    }
}

#[wasm_bindgen_test]
fn numbers_keep_the_engines_own_text() {
    let numbers = script(
        "[1e21, -0, 0, 1e-7, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, -1.5e-9, 2 ** 53, 123456789012345680000]",
        0,
    );
    for number in Array::from(&numbers).iter() {
        let text = stringify(&number);
        let Ok(Event::Number(read)) = Reader::new(&text).next() else {
            panic!("{text} is no number");
        };
        assert_eq!(read, text);
        let object = Object::new();
        Reflect::set(&object, &"n".into(), &number).unwrap();
        let mut written = String::new();
        form::write(&stringify(&object), &mut written).unwrap();
        let encoded = String::from(js_sys::encode_uri_component(&text));
        assert_eq!(written, format!("n={encoded}"));
    }
}

#[wasm_bindgen_test]
fn the_form_writer_agrees_with_url_search_params() {
    let mut fitting = 0;
    for seed in seeds() {
        let made = script("values(random(seed)).plainMap()", seed);
        let mut written = String::new();
        // A name inside that PHP would take for none leaves only JSON.
        if form::write(&stringify(&made), &mut written).is_err() {
            continue;
        }
        fitting += 1;
        // What a server of the engine's own making would read, against the flattened value.
        let agree = Function::new_with_args(
            "form, value",
            "const flat = []
             const walk = (it, path) => typeof it !== 'object' ? flat.push([path, String(it)])
               : Object.entries(it).forEach(([key, item]) => walk(item, path ? `${path}[${key}]` : key))
             walk(JSON.parse(JSON.stringify(value)), '')
             const wanted = flat.map((pair) => pair.map((it) => it.toWellFormed()))
             const read = [...new URLSearchParams(form)]
             return JSON.stringify(read) === JSON.stringify(wanted) ? '' : JSON.stringify([read, wanted])",
        );
        let difference = agree
            .call2(&JsValue::NULL, &written.as_str().into(), &made)
            .unwrap();
        assert_eq!(difference.as_string().unwrap(), "", "seed {seed}");
    }
    assert!(fitting * 2 > seeds().count(), "{fitting} values fit a form");
}

#[wasm_bindgen_test]
fn escaping_agrees_with_encode_uri_component() {
    for block in 0..0x110_u32 {
        let text: String = (block * 256..(block + 1) * 256)
            .filter_map(char::from_u32)
            .collect();
        let mut escaped = String::new();
        form::escape(&text, &mut escaped);
        assert_eq!(escaped, String::from(js_sys::encode_uri_component(&text)));
    }
}

#[wasm_bindgen_test]
fn the_form_reader_reads_what_url_search_params_writes() {
    for seed in seeds() {
        let pairs = script(
            "[...Array(5).keys()].map((index) => [`name${index}`, values(random(seed + index)).text().toWellFormed()])",
            seed,
        );
        let text = Function::new_with_args("pairs", "return String(new URLSearchParams(pairs))")
            .call1(&JsValue::NULL, &pairs)
            .unwrap();
        let read = form::read(&text.as_string().unwrap());
        for pair in Array::from(&pairs).iter() {
            let pair = Array::from(&pair);
            let (name, value) = (pair.get(0).as_string().unwrap(), pair.get(1).as_string());
            let found = read.get(&name).and_then(Value::as_text);
            assert_eq!(found, value.as_deref(), "seed {seed}");
        }
    }
}

#[wasm_bindgen_test]
fn deep_texts_need_no_stack() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(Value::from_json(&nested(512)).is_ok());
    assert!(Value::from_json(&nested(100_000)).is_err());
    assert!(Call::new("profile", &nested(100_000)).is_err());
    let mut form = String::new();
    assert!(form::write(&nested(100_000), &mut form).is_err());
}

#[wasm_bindgen_test]
fn every_entry_of_the_catalogue_is_found_by_its_own_name() {
    let catalogue = Catalogue::bundled();
    assert!(catalogue.len() > 1_500);
    assert_eq!(catalogue.entries().count(), catalogue.len());
    for entry in catalogue.entries() {
        let mut name = String::new();
        entry.write_name(&mut name);
        for spelled in [name.clone(), name.to_ascii_uppercase()] {
            let found = catalogue.get(&spelled, Some(entry.version()));
            let found = found.unwrap_or_else(|| panic!("{spelled} is not found"));
            let mut same = String::new();
            found.write_name(&mut same);
            assert_eq!((same, found.version()), (name.clone(), entry.version()));
        }
    }
    for unknown in [
        "",
        ".",
        "vendor.thing",
        "crm.deal",
        "crm.deal.gett",
        "constructor",
    ] {
        assert!(catalogue.get(unknown, None).is_none(), "{unknown:?}");
    }
    assert!(catalogue.get("crm.deal.get", Some(Version::V3)).is_none());
    let confirmed = catalogue.get("voximplant.user.get", None).unwrap();
    assert!(confirmed.needs_confirmation());
}

/// A body as a test writes it: the result's text.
struct Body(&'static str);

impl Payload for Body {
    fn scopes(&self) -> Option<Vec<String>> {
        let list = self.0.strip_prefix('[')?.strip_suffix(']')?;
        Some(
            list.split(',')
                .map(|code| code.trim_matches('"').to_owned())
                .collect(),
        )
    }

    fn availability(&self) -> Option<Availability> {
        None
    }

    fn into_commands(self, _: Version, _: &[usize]) -> Vec<Envelope<Self>> {
        Vec::new()
    }

    fn page(&self, _: Option<u64>, _: Option<u64>) -> Option<Page> {
        None
    }
}

fn connection(change: impl FnOnce(&mut Config)) -> Connection<Body> {
    let mut config = Config::default();
    change(&mut config);
    let token = Token {
        access: Secret::new("TOKEN"),
        refresh: None,
        expires_at: None,
    };
    let origin = Origin::parse("portal.example").unwrap();
    Connection::with_token(config, origin, token, false)
}

fn result(text: &'static str) -> Reply<Body> {
    let envelope = Envelope::Result {
        body: Body(text),
        next: None,
        total: None,
        worked: None,
    };
    Reply {
        status: 200,
        envelope,
        retry_after: None,
    }
}

fn refusal(code: &str, status: u16) -> Reply<Body> {
    let envelope = Envelope::Error {
        code: code.to_owned(),
        description: String::new(),
    };
    Reply {
        status,
        envelope,
        retry_after: None,
    }
}

fn real_now() -> Instant {
    Instant::from_millis(Date::now() as u64)
}

#[wasm_bindgen_test]
fn a_connection_runs_on_the_engines_clock() {
    let now = real_now();
    let mut connection = connection(|config| config.format = BodyFormat::Form);
    let id = connection.submit(now, Call::new("crm.deal.get", r#"{"id":7}"#).unwrap());
    let Some(Output::Send(exchange, request)) = connection.poll(now) else {
        panic!("nothing is sent");
    };
    assert_eq!(request.body, "auth=TOKEN&id=7");
    let wake = connection.wake_at().unwrap();
    assert_eq!((wake - now).as_secs(), 60);
    connection.response(real_now(), exchange, result("{}"));
    let Some(Output::Done(ended, Ok(answer))) = connection.poll(real_now()) else {
        panic!("the call did not end");
    };
    assert_eq!((ended, answer.status, answer.body.0), (id, 200, "{}"));
    assert!(connection.poll(real_now()).is_none());
    assert!(connection.wake_at().is_none());
}

#[wasm_bindgen_test]
fn a_wait_is_woken_by_its_event_and_ended_by_the_portals_answer() {
    let now = real_now();
    let mut connection = connection(|config| config.application_token = Some(Secret::new("APP")));
    let mut call = Call::new("voximplant.user.get", r#"{"USER_ID":1}"#).unwrap();
    call.on_waiting = OnWaiting::Wait { timeout: None };
    connection.submit(now, call);
    let Some(Output::Send(exchange, _)) = connection.poll(now) else {
        panic!("nothing is sent");
    };
    connection.response(now, exchange, refusal("METHOD_CONFIRM_WAITING", 401));
    assert!(matches!(connection.poll(now), Some(Output::Notice(_))));
    assert!(connection.poll(now).is_none());
    let event = "event=ONAPPMETHODCONFIRM&data[TOKEN]=TOKEN&data[METHOD]=voximplant.user.get\
        &data[CONFIRMED]=1&auth[application_token]=APP";
    let event = MethodConfirm::read(&form::read(event)).unwrap();
    assert!(connection.event(now, &event));
    let Some(Output::Send(again, _)) = connection.poll(now) else {
        panic!("the event wakes nothing");
    };
    assert_eq!((again.call, again.attempt), (exchange.call, 2));
    connection.response(now, again, result("[]"));
    let done =
        std::iter::from_fn(|| connection.poll(now)).any(|it| matches!(it, Output::Done(_, Ok(_))));
    assert!(done);
}

#[wasm_bindgen_test]
fn a_failure_keeps_the_secret_to_itself() {
    let now = real_now();
    let mut connection = connection(|_| {});
    connection.submit(now, Call::new("crm.deal.add", "{}").unwrap());
    let Some(Output::Send(exchange, request)) = std::iter::from_fn(|| connection.poll(now))
        .find(|output| matches!(output, Output::Send(..)))
    else {
        panic!("nothing is sent");
    };
    let reason = format!("cannot send {}", request.body);
    connection.failure(now, exchange, Failure { sent: true, reason });
    let Some(Output::Done(_, Err(error))) = connection.poll(now) else {
        panic!("the call did not end");
    };
    assert!(!error.to_string().contains("TOKEN"), "{error}");
}
