//! The core of TelecomX, of which `pkg/systems/telecomx.js` makes the class `TelecomX`. Its
//! documentation for callers stands in `pkg/telecomx.d.ts`.

use std::cell::RefCell;

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::exchange::{CallId, Exchange};
use crate::http::{Failure, Response};
use crate::js::options::{Options, read_mode, wrong};
use crate::js::plain::Plain;
use crate::js::systems::{self, driven, json, now, or_throw};
use crate::json::push_text;
use crate::telecomx::{
    Action, Answer, Call, Connection, Context, Expiry, Level, Login, Notice, Permissions, Server,
    Session,
};
use crate::value::Value;

/// What a client with a token and one that logs in have in common.
const COMMON: [&str; 4] = ["url", "fetch", "timeout", "preflight"];

/// What a login takes.
const LOGIN: [&str; 5] = [
    "username",
    "password",
    "smsKey",
    "authenticatorToken",
    "persist",
];

/// One user's dealings with the server.
#[wasm_bindgen]
pub struct TelecomXCore(RefCell<Connection>);

#[wasm_bindgen]
impl TelecomXCore {
    /// For a user who has a token.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue) -> Result<TelecomXCore, JsValue> {
        or_throw(with_token(options)).map(|connection| Self(RefCell::new(connection)))
    }

    /// For a user who is about to log in.
    #[wasm_bindgen(js_name = loggedOut)]
    pub fn logged_out(options: &JsValue) -> Result<TelecomXCore, JsValue> {
        or_throw(without_token(options)).map(|connection| Self(RefCell::new(connection)))
    }

    /// Logs in.
    pub fn login(&self, options: &JsValue) -> Result<u32, JsValue> {
        let options = Options::lenient(options);
        self.submit(read_login(&options).map(Call::Login))
    }

    /// Asks whether the token is good, and whose it is.
    pub fn validate(&self, options: &JsValue) -> Result<u32, JsValue> {
        self.begin(options, &["ip", "extend", "tokenInUrl"], |options| {
            Ok(Call::Validate {
                ip: options.text("ip")?,
                extend: options.flag("extend")?,
                token_in_url: options.flag("tokenInUrl")?,
            })
        })
    }

    /// Ends all tokens of the user.
    pub fn logout(&self, options: &JsValue) -> Result<u32, JsValue> {
        self.begin(options, &[], |_| Ok(Call::Logout))
    }

    /// Reads the permission map, or the rights on one extension.
    pub fn permissions(&self, options: &JsValue) -> Result<u32, JsValue> {
        self.begin(options, &["extension"], |options| {
            let extension = options.text("extension")?;
            Ok(extension.map_or(Call::Permissions, Call::PermissionsOn))
        })
    }

    /// Does something, if it may be done.
    pub fn act(&self, name: &str, parameters: &str, options: &JsValue) -> Result<u32, JsValue> {
        self.begin(options, &["preflight"], |options| {
            let mode = options.get("preflight");
            let mode = mode.map(|mode| read_mode("preflight", &mode)).transpose()?;
            Ok(Call::Act(Action::parse(name, parameters)?, mode))
        })
    }

    /// May the user do this with the extension, by what is known?
    pub fn check(
        &self,
        extension: &JsValue,
        action: &JsValue,
        context: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let read = || {
            let text = |name, value: &JsValue| {
                value
                    .as_string()
                    .ok_or_else(|| wrong(name, "a text is wanted"))
            };
            let (extension, action) = (text("extension", extension)?, text("action", action)?);
            Ok((extension, action, read_context(context)?))
        };
        let (extension, action, context) = or_throw(read())?;
        let decision = self.0.borrow().check(&extension, &action, &context);
        Ok(Plain::from(&decision).to_js())
    }

    /// Uses another token from now on.
    #[wasm_bindgen(js_name = useToken)]
    pub fn use_token(&self, token: &JsValue) -> Result<(), JsValue> {
        let token = or_throw(systems::read_token(token))?;
        or_throw(self.0.borrow_mut().set_token(token))
    }

    /// The token in use.
    #[wasm_bindgen(getter)]
    pub fn token(&self) -> Option<String> {
        let connection = self.0.borrow();
        connection.token().map(|token| token.expose().to_owned())
    }

    /// Whose token it is, where that is known.
    #[wasm_bindgen(getter)]
    pub fn session(&self) -> JsValue {
        let connection = self.0.borrow();
        connection
            .session()
            .map_or(JsValue::UNDEFINED, session_in_js)
    }
}

driven!(TelecomXCore, shown, told);

impl TelecomXCore {
    /// Takes a call, made of its options.
    fn begin(
        &self,
        options: &JsValue,
        known: &[&str],
        call: impl FnOnce(&Options<'_>) -> Result<Call, Error>,
    ) -> Result<u32, JsValue> {
        self.submit(systems::read_options(options, known, call))
    }

    fn submit(&self, call: Result<Call, Error>) -> Result<u32, JsValue> {
        Ok(self.0.borrow_mut().submit(now(), or_throw(call)?).0)
    }
}

fn with_token(object: &JsValue) -> Result<Connection, Error> {
    let known = [&["token"], COMMON.as_slice()].concat();
    let options = Options::of("TelecomX", object, &known)?;
    let mut connection = open(&options)?;
    connection.set_token(options.required("token")?.into())?;
    Ok(connection)
}

fn without_token(object: &JsValue) -> Result<Connection, Error> {
    let known = [LOGIN.as_slice(), COMMON.as_slice(), &["signal"]].concat();
    let options = Options::of("TelecomX.login", object, &known)?;
    options.check_signal()?;
    read_login(&options)?;
    open(&options)
}

fn open(options: &Options<'_>) -> Result<Connection, Error> {
    let server = match options.text("url")? {
        Some(url) => Server::parse(&url)?,
        None => Server::default(),
    };
    options.function("fetch")?;
    let mut connection = Connection::new(server);
    if let Some(timeout) = options.duration("timeout")? {
        connection.set_timeout(timeout);
    }
    if let Some(mode) = options.get("preflight") {
        connection.set_mode(read_mode("preflight", &mode)?);
    }
    Ok(connection)
}

fn read_login(options: &Options<'_>) -> Result<Login, Error> {
    Ok(Login {
        sms_key: options.secret("smsKey")?,
        authenticator_token: options.secret("authenticatorToken")?,
        persist: options.flag("persist")?,
        ..Login::new(
            &options.required("username")?,
            options.required("password")?.into(),
        )
    })
}

fn read_context(object: &JsValue) -> Result<Context, Error> {
    let context = Options::new(object, &["presence", "inPhonebook", "level"])?;
    let in_phonebook = context.get("inPhonebook").is_some();
    Ok(Context {
        presence: context.text("presence")?,
        in_phonebook: match in_phonebook {
            true => Some(context.flag("inPhonebook")?),
            false => None,
        },
        level: context.text("level")?.map(|name| Level::parse(&name)),
    })
}

fn shown(answer: &Answer) -> JsValue {
    match answer {
        Answer::Session(session) => session_in_js(session),
        Answer::Permissions(permissions) => map_as_json(permissions).into(),
        Answer::Result(value) => json(value),
    }
}

fn told(notice: &Notice) -> Array {
    match notice {
        Notice::Permissions => systems::event("permissions", &Plain::Object(Vec::new())),
        Notice::TokenEnded => systems::event("tokenEnded", &Plain::Object(Vec::new())),
        Notice::Warning {
            method,
            message,
            decision,
        } => {
            let members = vec![
                ("message", Plain::Text(message)),
                ("method", Plain::Text(method)),
                ("decision", (&**decision).into()),
            ];
            systems::event("warning", &Plain::Object(members))
        }
    }
}

fn session_in_js(session: &Session) -> JsValue {
    let details = session.details.as_ref();
    let level = details.and_then(|details| details.get("accessLevel"));
    let shown = details.map(Value::to_json);
    Plain::Object(vec![
        ("employee", session.employee.as_deref().into()),
        ("customer", session.customer.as_deref().into()),
        ("accessLevel", level.and_then(Value::as_text).into()),
        (
            "expiresAt",
            match session.expiry {
                Expiry::Unknown => Plain::Absent,
                Expiry::Never => Plain::Null,
                Expiry::At(at) => Plain::Number(at.as_millis() as f64),
            },
        ),
        ("shown", shown.as_deref().into()),
    ])
    .to_js()
}

fn map_as_json(permissions: &Permissions) -> String {
    let mut text = String::from("{");
    for extension in permissions.extensions() {
        if let Some(rights) = permissions.rights(extension) {
            if text.len() > 1 {
                text.push(',');
            }
            push_text(extension, &mut text);
            text.push(':');
            text.push_str(&rights.to_json());
        }
    }
    text.push('}');
    text
}
