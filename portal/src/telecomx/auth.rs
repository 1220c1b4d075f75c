//! Logins, tokens and their ends.

use serde_json::{Map, Value, json};

use super::{Refusal, TelecomX, TelecomXUser, Told, text};
use crate::http::{Request, UnixMs};

/// A token that is out.
#[derive(Debug)]
pub(super) struct Login {
    token: String,
    username: String,
    /// `None` for one that lives until a logout.
    until: Option<UnixMs>,
}

impl TelecomX {
    pub(super) fn login(&mut self, now: UnixMs, given: &Value) -> Told {
        let field = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
        let wrong = || Refusal::set(&self.settings.wrong_login, "Wrong user name or password");
        let user = self
            .users
            .iter()
            .find(|user| user.username == field("username"));
        let user = user.cloned().ok_or_else(wrong)?;
        if field("password") != "password" || user.level == "NO_LOGIN" {
            return Err(wrong());
        }
        if user.sms && field("smsKey").is_empty() {
            let code: String = self.ids.secret().chars().take(6).collect();
            self.sms.push((user.username, code));
            return Err(self.lacks_factor());
        }
        let sent = self.sms.iter().rev().find(|(to, _)| *to == user.username);
        if user.sms && sent.is_none_or(|(_, code)| code != field("smsKey")) {
            return Err(wrong());
        }
        if let Some(code) = &user.authenticator {
            match field("authenticatorToken") {
                "" => return Err(self.lacks_factor()),
                given if given != code => return Err(wrong()),
                _ => {}
            }
        }
        self.sms.retain(|(to, _)| *to != user.username);
        let persist = given.get("persist") == Some(&Value::Bool(true));
        let token = self.ids.token();
        let minutes = self.settings.minutes;
        self.logins.push(Login {
            token: token.clone(),
            username: user.username.clone(),
            until: (!persist).then(|| now + minutes * 60_000),
        });
        let mut told = who(&user);
        told.insert("token".to_owned(), json!(token));
        let minutes = if persist { json!(-1) } else { json!(minutes) };
        told.insert("expiresInMinutes".to_owned(), minutes);
        Ok(Value::Object(told))
    }

    fn lacks_factor(&self) -> Refusal {
        Refusal::set(&self.settings.second_factor, "A code is required")
    }

    /// The user whose token a request carries.
    pub(super) fn who(&mut self, now: UnixMs, request: &Request) -> Result<TelecomXUser, Refusal> {
        let token = match request.header("authorization") {
            Some(header) => header.strip_prefix("Bearer "),
            None => None,
        };
        let Some(token) = token else {
            let text = "Format is Authorization: Bearer [token]";
            return Err(Refusal::new(401, "format_error", text));
        };
        self.user_of(now, token)
    }

    fn user_of(&mut self, now: UnixMs, token: &str) -> Result<TelecomXUser, Refusal> {
        let life = self.settings.minutes * 60_000;
        let sliding = self.settings.sliding;
        let login = self.logins.iter_mut().find(|login| login.token == token);
        let Some(login) = login else {
            return Err(Refusal::new(401, "invalid_token", "Please log in"));
        };
        if login.until.is_some_and(|until| until <= now) {
            return Err(Refusal::new(401, "expired", "The token has expired"));
        }
        if let (true, Some(until)) = (sliding, &mut login.until) {
            *until = now + life;
        }
        let name = login.username.clone();
        let user = self.users.iter().find(|user| user.username == name);
        user.cloned()
            .ok_or_else(|| Refusal::new(401, "invalid_token", "Please log in"))
    }

    pub(super) fn validate(
        &mut self,
        now: UnixMs,
        request: &Request,
        query: &Map<String, Value>,
    ) -> Told {
        let found = match text(query, "token") {
            "" if self.settings.validates_header => self.who(now, request),
            "" => Err(Refusal::Bare(403)),
            token => self.user_of(now, token),
        };
        // Everybody logs in from the loopback host here.
        let found = match text(query, "ip") {
            "" | "127.0.0.1" => found,
            _ => Err(Refusal::Bare(403)),
        };
        let simple = text(query, "simple") == "true";
        match found {
            Ok(_) if simple => Ok(Value::Null),
            Err(_) if simple => Err(Refusal::Bare(403)),
            Err(_) => Ok(json!({"success": false})),
            Ok(user) => {
                let mut told = who(&user);
                told.insert("success".to_owned(), json!(true));
                if text(query, "extend") == "true" {
                    told.insert("name".to_owned(), json!(user.username));
                    told.insert("language".to_owned(), json!("en"));
                    told.insert("customerFeatures".to_owned(), json!(["PBX"]));
                }
                Ok(Value::Object(told))
            }
        }
    }

    pub(super) fn logout(&mut self, user: &TelecomXUser) -> Value {
        self.logins.retain(|login| login.username != user.username);
        self.did("logout", &user.username);
        json!({"success": true})
    }
}

fn who(user: &TelecomXUser) -> Map<String, Value> {
    let members = [
        ("employee", user.employee.clone()),
        ("customer", TelecomXUser::id(&["customer"])),
        ("accessLevel", user.level.clone()),
    ];
    let texts = members.map(|(name, text)| (name.to_owned(), Value::from(text)));
    texts.into_iter().collect()
}
