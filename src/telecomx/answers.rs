//! What answers mean to the connection: whose token it has, and what is known of his rights.

use crate::error::Error;
use crate::secret::Secret;
use crate::telecomx::call::Answer;
use crate::telecomx::connection::{Connection, Notice, Output};
use crate::telecomx::machine::{Brought, Running};
use crate::telecomx::permissions::Permissions;
use crate::telecomx::refusal;
use crate::telecomx::session::{self, Expiry, Login, Session};
use crate::value::Value;

impl Connection {
    pub(super) fn logged_in(
        &mut self,
        running: &Running,
        login: &Login,
        brought: Brought,
    ) -> Result<Answer, Error> {
        let body = brought.map_err(|error| refusal::login_refused(error, login.has_code()))?;
        let (token, session) = session::logged_in(body, running.sent_at)?;
        self.use_token(Some(token), Some(session.clone()));
        Ok(Answer::Session(session))
    }

    pub(super) fn validated(
        &mut self,
        running: &Running,
        brought: Brought,
        (ip, in_url): (bool, bool),
    ) -> Result<Answer, Error> {
        let body = brought?;
        if body.get("success") != Some(&Value::Bool(true)) {
            return Err(refusal::token_invalid(ip, in_url));
        }
        let known = self.session.as_ref().map(|session| session.expiry);
        let session = session::read(body, known.unwrap_or(Expiry::Unknown));
        if running.generation == self.generation {
            self.session = Some(session.clone());
        }
        Ok(Answer::Session(session))
    }

    /// Takes in the map, and gives it. Having no extensions is an empty map.
    pub(super) fn learn(
        &mut self,
        running: &Running,
        brought: Brought,
    ) -> Result<Permissions, Error> {
        let map = match brought {
            Ok(body) => Permissions::read(body)?,
            Err(error) if refusal::has_no_extensions(&error) => Permissions::default(),
            Err(error) => return Err(error),
        };
        if running.generation == self.generation && self.knowledge.learn(running.asked, map.clone())
        {
            self.outputs.push_back(Output::Notice(Notice::Permissions));
        }
        Ok(map)
    }

    pub(super) fn learn_on(
        &mut self,
        running: &Running,
        extension: &str,
        brought: Brought,
    ) -> Result<Answer, Error> {
        let shown = brought?;
        if running.generation != self.generation {
            let mut of_another = Permissions::default();
            of_another.merge(extension, shown)?;
            return Ok(Answer::Permissions(of_another));
        }
        if self
            .knowledge
            .learn_single(running.asked, extension, shown)?
        {
            self.outputs.push_back(Output::Notice(Notice::Permissions));
        }
        Ok(Answer::Permissions(self.knowledge.map().clone()))
    }

    pub(super) fn use_token(&mut self, token: Option<Secret>, session: Option<Session>) {
        self.token = token;
        self.session = session;
        self.generation = self.generation.wrapping_add(1);
        self.token_ended = false;
        self.knowledge.forget();
    }
}
