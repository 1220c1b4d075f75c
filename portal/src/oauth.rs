//! The OAuth server's token endpoint: a refresh, and its two shapes of error.

use serde_json::{Map, Value, json};

use crate::{
    auth::{App, REFRESH_LIFE, Refresh, TOKEN_LIFE, Token},
    confirmation::States,
    failure::Failure,
    faults::{On, Stage, TOKEN_ENDPOINT},
    front,
    http::{Reply, Request, UnixMs},
    ids::digest,
    php, request,
    world::World,
};

impl World {
    /// An app; it comes into being when it is first spoken of.
    pub(crate) fn app(&mut self, name: &str) -> &mut App {
        let application_token = digest(&["application token", &self.config.member_id, name]);
        self.access
            .apps
            .entry(name.to_owned())
            .or_insert_with(|| App {
                scopes: None,
                application_token,
                secret: None,
            })
    }

    /// A new access token with its refresh token, as the answer of the token endpoint shows it.
    pub(crate) fn issue(&mut self, now: UnixMs, token: NewToken) -> Map<String, Value> {
        let NewToken {
            app,
            user,
            scopes,
            expires_in,
            access_token,
        } = token;
        let access_token = access_token.unwrap_or_else(|| self.ids.token());
        let refresh_token = self.ids.token();
        let expires = (now / 1000).saturating_add(expires_in);
        let scope = scopes.join(",");
        let application_token = self.app(&app).application_token.clone();
        self.access.refreshes.insert(
            refresh_token.clone(),
            Refresh {
                app: app.clone(),
                user,
                scopes: scopes.clone(),
                until: now.saturating_add(REFRESH_LIFE),
            },
        );
        self.access.tokens.insert(
            access_token.clone(),
            Token {
                app,
                user,
                scopes,
                expires,
                states: States::default(),
            },
        );
        let answer = json!({
            "access_token": access_token,
            "refresh_token": refresh_token,
            "expires": expires,
            "expires_in": expires_in,
            "scope": scope,
            "domain": oauth_host(&self.config.server_endpoint),
            "server_endpoint": self.config.server_endpoint,
            "status": "L",
            "client_endpoint": self.config.client_endpoint(),
            "member_id": self.config.member_id,
            "user_id": user,
            "application_token": application_token,
        });
        match answer {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

/// What a token is made of.
pub(crate) struct NewToken {
    pub(crate) app: String,
    pub(crate) user: u64,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_in: u64,
    /// The token itself, where somebody wants a certain one.
    pub(crate) access_token: Option<String>,
}

fn oauth_host(server_endpoint: &str) -> &str {
    server_endpoint
        .split("://")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default()
}

/// Answers a request of the token endpoint: parameters from the query or, POSTed, from a form.
pub(crate) fn answer(world: &mut World, now: UnixMs, request: &Request) -> Reply {
    let parameters = request::parameters(request, request::body(request));
    let parameter = |name: &str| {
        parameters
            .get(name)
            .and_then(php::text)
            .unwrap_or_default()
            .into_owned()
    };
    let json = |status: u16, body: &Value| {
        Reply::new(status, "application/json; charset=utf-8", body.to_string())
    };
    if let Some(struck) = world.faults.take(Stage::Front, On::Any, TOKEN_ENDPOINT) {
        return front::reply(world, request, &struck, "");
    }
    match refresh(world, now, parameter) {
        Ok(answer) => json(200, &Value::Object(answer)),
        Err(failure) => {
            let mut body = failure.body();
            if let (true, Some(body)) = (failure.text.is_empty(), body.as_object_mut()) {
                body.shift_remove("error_description");
            }
            json(failure.status, &body)
        }
    }
}

fn refresh(
    world: &mut World,
    now: UnixMs,
    parameter: impl Fn(&str) -> String,
) -> Result<Map<String, Value>, Failure> {
    world.faults.fail(Stage::Refresh, On::Any, TOKEN_ENDPOINT)?;
    let invalid_request = |text: &str| Failure::new(400, "invalid_request", text);
    match parameter("grant_type").as_str() {
        "refresh_token" => {}
        "" => return Err(invalid_request("No \"grant_type\" parameter found")),
        // Nobody is sent through the authorization page here, so there is no code to exchange.
        "authorization_code" => {
            return Err(Failure::new(
                400,
                "invalid_grant",
                "Invalid authorization code",
            ));
        }
        other => return Err(invalid_request(&format!("Invalid grant_type \"{other}\""))),
    }
    let given = parameter("refresh_token");
    if given.is_empty() {
        return Err(invalid_request("No \"refresh_token\" parameter found"));
    }
    let known = world
        .access
        .refreshes
        .get(&given)
        .filter(|refresh| now < refresh.until)
        .cloned();
    let Some(known) = known else {
        return Err(Failure::new(400, "invalid_grant", "Invalid refresh token"));
    };
    let client_id = parameter("client_id");
    if client_id != known.app && world.access.apps.contains_key(&client_id) {
        return Err(Failure::new(200, "wrong_client", ""));
    }
    let app = world.app(&known.app);
    let secret = app.secret.clone();
    if secret.is_some_and(|secret| secret != parameter("client_secret")) {
        return Err(Failure::new(400, "invalid_client", "Invalid client"));
    }
    let scopes = app.scopes.clone().unwrap_or(known.scopes);
    world.access.refreshes.shift_remove(&given);
    let mut answer = world.issue(
        now,
        NewToken {
            app: known.app,
            user: known.user,
            scopes,
            expires_in: TOKEN_LIFE,
            access_token: None,
        },
    );
    answer.shift_remove("application_token");
    if world.faults.asks("refresh-app-scope", TOKEN_ENDPOINT) {
        answer.insert("scope".to_owned(), json!("app"));
    }
    Ok(answer)
}
