//! The core of 1E, of which `pkg/systems/one-e.js` makes the class `OneE`. Its documentation for
//! callers stands in `pkg/one-e.d.ts`.

use std::cell::RefCell;

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::exchange::{CallId, Exchange};
use crate::http::{Failure, Response};
use crate::js::options::{Options, wrong};
use crate::js::plain::Plain;
use crate::js::systems::{self, driven, json, now, or_throw};
use crate::one_e::{Answer, Call, Connection, Instruction, Kind, Notice, Page, Run, RunId, Server};
use crate::value::Value;

/// One client's dealings with one 1E server.
#[wasm_bindgen]
pub struct OneECore(RefCell<Connection>);

#[wasm_bindgen]
impl OneECore {
    /// For the server and the consumer that the options name.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue) -> Result<OneECore, JsValue> {
        or_throw(open(options)).map(|connection| Self(RefCell::new(connection)))
    }

    /// Issues an instruction, once.
    pub fn issue(&self, instruction: &str, options: &JsValue) -> Result<u32, JsValue> {
        self.begin(options, &[], |_| {
            Ok(Call::Issue(Instruction::parse(instruction)?))
        })
    }

    /// Reads a run.
    pub fn read(&self, run: &JsValue, options: &JsValue) -> Result<u32, JsValue> {
        self.begin(options, &[], |_| Ok(Call::Read(read_id("id", run)?)))
    }

    /// Reads a run, which the server showed so last, until it stays as it is.
    pub fn follow(&self, run: &JsValue, shown: &str, options: &JsValue) -> Result<u32, JsValue> {
        self.begin(options, &["timeout", "onChange"], |options| {
            options.function("onChange")?;
            let timeout = options.duration("timeout")?;
            let kind = read_id("run", run)?.kind();
            let shown = Value::from_json(shown).unwrap_or(Value::Null);
            let run = Run::read(kind, shown).ok_or_else(|| wrong("run", "it is none"))?;
            Ok(Call::Follow { run, timeout })
        })
    }

    /// Submits the one-time code of a run.
    #[wasm_bindgen(js_name = submitCode)]
    pub fn submit_code(
        &self,
        run: &JsValue,
        code: &JsValue,
        options: &JsValue,
    ) -> Result<u32, JsValue> {
        self.begin(options, &[], |_| {
            let code = code
                .as_string()
                .ok_or_else(|| wrong("code", "a text is wanted"))?;
            let (run, code) = (read_id("run", run)?, code.into());
            Ok(Call::SubmitCode { run, code })
        })
    }

    /// Cancels a run.
    pub fn withdraw(&self, run: &JsValue, options: &JsValue) -> Result<u32, JsValue> {
        self.begin(options, &["keepData"], |options| {
            Ok(Call::Cancel {
                run: read_id("run", run)?,
                keep_data: options.get("keepData").is_none() || options.flag("keepData")?,
            })
        })
    }

    /// Reads a page of a run's responses.
    pub fn responses(
        &self,
        run: &JsValue,
        from: Option<String>,
        filter: Option<String>,
        options: &JsValue,
    ) -> Result<u32, JsValue> {
        self.begin(options, &["pageSize", "filter"], |options| {
            Ok(Call::Responses {
                run: read_id("run", run)?,
                from,
                page_size: read_page_size(options)?,
                filter,
            })
        })
    }

    /// Reads what waits for the caller's decision.
    pub fn pending(&self, options: &JsValue) -> Result<u32, JsValue> {
        self.begin(options, &[], |_| Ok(Call::Pending))
    }

    /// Asks whether the caller may decide.
    pub fn check(&self, item: &JsValue, options: &JsValue) -> Result<u32, JsValue> {
        self.begin(options, &[], |_| Ok(Call::Check(read_id("item", item)?)))
    }

    /// Approves or rejects.
    pub fn decide(&self, item: &JsValue, options: &JsValue) -> Result<u32, JsValue> {
        self.begin(options, &["approve", "comment"], |options| {
            if options.get("approve").is_none() {
                return Err(wrong("approve", "true or false is wanted"));
            }
            Ok(Call::Decide {
                run: read_id("item", item)?,
                approve: options.flag("approve")?,
                comment: options.text("comment")?.unwrap_or_default(),
            })
        })
    }

    /// Uses another token from now on.
    #[wasm_bindgen(js_name = useToken)]
    pub fn use_token(&self, token: &JsValue) -> Result<(), JsValue> {
        let token = or_throw(systems::read_token(token))?;
        self.0.borrow_mut().set_token(token);
        Ok(())
    }
}

driven!(OneECore, shown, told);

impl OneECore {
    /// Takes a call, made of its options.
    fn begin(
        &self,
        options: &JsValue,
        known: &[&str],
        call: impl FnOnce(&Options<'_>) -> Result<Call, Error>,
    ) -> Result<u32, JsValue> {
        let call = or_throw(systems::read_options(options, known, call))?;
        Ok(self.0.borrow_mut().submit(now(), call).0)
    }
}

fn open(object: &JsValue) -> Result<Connection, Error> {
    let known = ["url", "consumer", "token", "version", "fetch", "timeout"];
    let options = Options::of("OneE", object, &known)?;
    let mut server = Server::parse(&options.required("url")?, &options.required("consumer")?)?;
    if let Some(version) = options.text("version")? {
        server = server.with_version(&version)?;
    }
    options.function("fetch")?;
    let token = systems::read_token(&options.required("token")?.into())?;
    let mut connection = Connection::new(server, token);
    if let Some(timeout) = options.duration("timeout")? {
        connection.set_timeout(timeout);
    }
    Ok(connection)
}

/// A run's id: its number, or an object with `id` and `kind`.
fn read_id(name: &str, run: &JsValue) -> Result<RunId, Error> {
    let of = Options::lenient(run);
    let kind = match of.text("kind")?.as_deref() {
        None | Some("instruction") => Kind::Instruction,
        Some("scheduled") => Kind::Scheduled,
        Some(_) => return Err(wrong("kind", "'instruction' or 'scheduled' is wanted")),
    };
    let number = run.as_f64().or_else(|| of.get("id")?.as_f64());
    let number = number.ok_or_else(|| wrong(name, "a run or the number of one is wanted"))?;
    let whole = (number.trunc() == number && number >= 0.0).then_some(number as u32);
    RunId::new(kind, whole.unwrap_or_default())
}

fn read_page_size(options: &Options<'_>) -> Result<u32, Error> {
    let Some(size) = options.get("pageSize") else {
        return Ok(500);
    };
    let is_whole = |size: &f64| (1.0..1e6).contains(size) && size.trunc() == *size;
    match size.as_f64().filter(is_whole) {
        Some(size) => Ok(size as u32),
        None => Err(wrong("pageSize", "a whole number of rows is wanted")),
    }
}

fn shown(answer: &Answer) -> JsValue {
    match answer {
        Answer::Run(run) => run_in_js(run),
        Answer::Pending(pending) => pending.runs.iter().map(run_in_js).collect::<Array>().into(),
        Answer::Decision(decision) => Plain::from(decision).to_js(),
        Answer::Page(Page { rows, next }) => {
            let rows = Value::List(rows.clone());
            Array::of2(&json(&rows), &next.as_deref().into()).into()
        }
    }
}

fn told(notice: &Notice) -> Array {
    match notice {
        Notice::Run(call, run) => Array::of3(&"told".into(), &call.0.into(), &run_in_js(run)),
        Notice::Warning(message) => systems::event(
            "warning",
            &Plain::Object(vec![("message", Plain::Text(message))]),
        ),
    }
}

fn run_in_js(run: &Run) -> JsValue {
    let kind = match run.id().kind() {
        Kind::Instruction => "instruction",
        Kind::Scheduled => "scheduled",
    };
    let decision = run.decision();
    let shown = run.details().to_json();
    let expiry = run.code_expires_at();
    Plain::Object(vec![
        ("id", Plain::Number(run.id().number().into())),
        ("kind", Plain::Text(kind)),
        ("status", Plain::Text(run.state().as_str())),
        ("name", run.name().into()),
        ("createdBy", run.created_by().into()),
        ("actionedBy", run.actioned_by().into()),
        ("actionReason", run.action_reason().into()),
        (
            "codeExpiresAt",
            expiry.map_or(Plain::Absent, |at| Plain::Number(at.as_millis() as f64)),
        ),
        ("decision", (&decision).into()),
        ("shown", Plain::Text(&shown)),
    ])
    .to_js()
}
