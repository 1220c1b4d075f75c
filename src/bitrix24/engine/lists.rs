//! Runs the [walks](super::list) over lists.
//!
//! Each request of a walk is a call with all that belongs to it: of the method `batch` where it asks
//! for several pages, else of the list's own. What a batch didn't bring, and a request of its own
//! may bring, is asked for alone: it waits for an administrator, for its method or for better times
//! as every call does.
//!
//! A page's body is kept here until the consumer asks for it. What isn't asked for is what keeps a
//! walk from running ahead.

use crate::bitrix24::engine::call::{Answer, Call, CallId, Owner, Running};
use crate::bitrix24::engine::connection::{Connection, Notice, Output};
use crate::bitrix24::engine::list::{Ask, Limits, PageId, Progress, Turn, Walk};
use crate::bitrix24::engine::queue::Queue;
use crate::bitrix24::engine::refusal;
use crate::bitrix24::rights::catalogue::{Details, Entry};
use crate::bitrix24::rights::method::{MethodName, Version};
use crate::bitrix24::rights::params::Params;
use crate::bitrix24::wire::batch::{self, Command};
use crate::bitrix24::wire::envelope::Payload;
use crate::error::{Error, Kind, Ran};
use crate::time::Instant;

/// A page of a list, for its consumer.
///
/// ```
/// use callgate::bitrix24::engine::Rows;
/// use callgate::bitrix24::engine::list::Progress;
/// let body = serde_json::json!({"result": [{"ID": "1"}]});
/// let rows = Rows { body, only_new: false, progress: Progress::default() };
/// assert_eq!(rows.body["result"][0]["ID"], "1");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Rows<B> {
    /// The body whose member `result` holds the rows.
    pub body: B,
    /// Only those of its rows whose ids were not handed out before.
    pub only_new: bool,
    /// How far the list has come, this page included.
    pub progress: Progress,
}

/// A call that has ended, and how.
type Ended<B> = (Box<Running>, Result<Answer<B>, Error>);

/// The lists that have not ended.
#[derive(Debug)]
pub(super) struct Lists<B> {
    running: Vec<List<B>>,
    /// Calls of theirs that have ended.
    pub(super) ended: Queue<Ended<B>>,
}

impl<B> Default for Lists<B> {
    fn default() -> Self {
        Self {
            running: Vec::new(),
            ended: Queue::default(),
        }
    }
}

impl<B> Lists<B> {
    pub(super) fn has(&self, id: CallId) -> bool {
        self.running.iter().any(|list| list.id == id)
    }

    pub(super) fn take(&mut self, id: CallId) -> Option<List<B>> {
        let place = self.running.iter().position(|list| list.id == id)?;
        Some(self.running.remove(place))
    }

    pub(super) fn take_first(&mut self) -> Option<List<B>> {
        (!self.running.is_empty()).then(|| self.running.remove(0))
    }
}

#[derive(Debug)]
pub(super) struct List<B> {
    id: CallId,
    /// As the caller made it.
    call: Call,
    version: Version,
    walk: Walk,
    held: Vec<(PageId, B)>,
    /// The consumer waits for a page.
    wanted: bool,
}

impl<B: Payload> List<B> {
    /// One page as a call by itself.
    fn call(&self, params: Params) -> Call {
        Call {
            params,
            version: Some(self.version),
            bulk: true,
            ..self.call.clone()
        }
    }

    /// Several pages as a batch, unless one of them doesn't fit into one.
    fn batch(&self, commands: &[Params]) -> Option<Call> {
        if commands.len() < 2 {
            return None;
        }
        let method = &self.call.method;
        let mut texts = Vec::with_capacity(commands.len());
        for (place, params) in commands.iter().enumerate() {
            let command = Command::write(self.version, method, params, &[], place).ok()?;
            texts.push((place, command.text));
        }
        let texts = texts.iter().map(|(place, text)| (*place, text.as_str()));
        let body = batch::body(self.version, texts, false);
        Some(Call {
            method: MethodName::known("batch"),
            idempotent: self.call.is_harmless(),
            ..self.call(Params::known(body))
        })
    }

    fn owns(&self, pages: Vec<(PageId, Params)>) -> Owner {
        Owner::Pages {
            list: self.id,
            method: self.call.method.clone(),
            pages,
        }
    }

    fn told(&mut self, page: PageId, outcome: Result<Answer<B>, Error>) {
        let read = outcome.and_then(|answer| {
            let facts = answer.body.page(answer.next, answer.total);
            facts.zip(Some(answer.body)).ok_or_else(no_list)
        });
        let facts = read.map(|(facts, body)| {
            self.held.push((page, body));
            facts
        });
        self.walk.told(page, facts);
        self.let_go();
    }

    /// Forgets the pages that nobody needs any more.
    fn let_go(&mut self) {
        while let Some(page) = self.walk.dropped() {
            self.body(page);
        }
    }

    fn body(&mut self, page: PageId) -> Option<B> {
        let place = self.held.iter().position(|(held, _)| *held == page)?;
        Some(self.held.swap_remove(place).1)
    }
}

fn no_list() -> Error {
    let message = "the answer is no list: call() gives it as it is";
    Error::new("CALLGATE_NO_LIST", Kind::Protocol, Ran::Yes, message)
}

impl<B: Payload> Connection<B> {
    /// Takes a list. Nothing is sent until its first page is wanted; it ends with exactly one
    /// [`Output::ListDone`].
    ///
    /// Of the call its method, parameters, version, timeout and what it does while it waits for an
    /// administrator hold for the requests of the walk, which are as many as `limits` allow.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{Call, Config, Connection, Output};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::bitrix24::wire::envelope::Reply;
    /// # use callgate::time::Instant;
    /// use callgate::bitrix24::engine::list::Limits;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// let now = Instant::from_millis(0);
    /// let users = Call::new("user.get", "{}").unwrap();
    /// let list = connection.submit_list(now, users, Limits::default());
    /// connection.want_rows(now, list);
    /// let Some(Output::Send(exchange, _)) = connection.poll(now) else { panic!() };
    /// connection.response(now, exchange, Reply::read(200, r#"{"result":[{"ID":"1"}]}"#));
    /// let Some(Output::Rows(_, rows)) = connection.poll(now) else { panic!() };
    /// assert_eq!(rows.body["result"][0]["ID"], "1");
    ///
    /// connection.want_rows(now, list);
    /// assert!(matches!(connection.poll(now), Some(Output::ListDone(_, Ok(_)))));
    /// ```
    pub fn submit_list(&mut self, now: Instant, call: Call, limits: Limits) -> CallId {
        let id = self.next_id();
        self.lapse(now);
        match self.begin_list(now, id, call, limits) {
            Ok(list) => self.lists.running.push(list),
            Err(error) => self.outputs.push_back(Output::ListDone(id, Err(error))),
        }
        self.ask_for_scopes(now, id);
        id
    }

    fn begin_list(
        &mut self,
        now: Instant,
        id: CallId,
        mut call: Call,
        limits: Limits,
    ) -> Result<List<B>, Error> {
        if self.closed {
            return Err(refusal::closed());
        }
        let version = self.look_up(&mut call.method, call.version);
        let question = self.question(now, &call.method, &call.params, Some(version));
        let details = question.entry.as_ref().and_then(Entry::details);
        let limits = Limits {
            batches: limits.batches && !details.as_ref().is_some_and(Details::is_unbatched),
            ..limits
        };
        let objection = self.examine(&question);
        let refusal = objection.and_then(|objection| self.heed(&call.method, objection));
        let walk = match refusal {
            Some(error) => Err(error),
            None => Walk::new(&call.method, version, &call.params, limits),
        };
        let walk = walk.map_err(|error| of(&call.method, error))?;
        Ok(List {
            id,
            call,
            version,
            walk,
            held: Vec::new(),
            wanted: false,
        })
    }

    /// Tells that the consumer of a list waits for its next page: [`Output::Rows`] brings it, or
    /// [`Output::ListDone`] says that there is none.
    ///
    /// ```
    /// # use callgate::bitrix24::engine::{CallId, Config, Connection};
    /// # use callgate::bitrix24::wire::address::Webhook;
    /// # use callgate::time::Instant;
    /// # let webhook = Webhook::parse("https://portal.example/rest/1/abcdef/").unwrap();
    /// # let mut connection: Connection<serde_json::Value> =
    /// #     Connection::with_webhook(Config::default(), &webhook);
    /// let now = Instant::from_millis(0);
    /// connection.want_rows(now, CallId(7));
    /// assert!(connection.poll(now).is_none(), "there is no such list");
    /// ```
    pub fn want_rows(&mut self, now: Instant, list: CallId) {
        if let Some(mut list) = self.lists.take(list) {
            list.wanted = true;
            self.go_on_with_list(now, list);
        }
    }

    /// Takes in which calls of lists have ended.
    pub(super) fn go_on_with_lists(&mut self, now: Instant) {
        while let Some((running, outcome)) = self.lists.ended.pop_front() {
            let Owner::Pages { list, pages, .. } = &running.owner else {
                continue;
            };
            let Some(mut list) = self.lists.take(*list) else {
                continue;
            };
            match (outcome, pages.as_slice()) {
                (Ok(answer), [(page, _)]) => list.told(*page, Ok(answer)),
                (Ok(answer), pages) => self.answered_pages(now, &mut list, pages, &running, answer),
                (Err(error), pages) => {
                    for (page, _) in pages {
                        list.told(*page, Err(error.clone()));
                    }
                }
            }
            self.go_on_with_list(now, list);
        }
    }

    /// A batch was answered: each page as if it had been asked for by itself.
    fn answered_pages(
        &mut self,
        now: Instant,
        list: &mut List<B>,
        pages: &[(PageId, Params)],
        request: &Running,
        answer: Answer<B>,
    ) {
        let status = answer.status;
        let places: Vec<usize> = (0..pages.len()).collect();
        let told = answer.body.into_commands(list.version, &places);
        for ((page, params), envelope) in pages.iter().zip(told) {
            let call = list.call(params.clone());
            let owner = list.owns(vec![(*page, params.clone())]);
            let running = Running {
                token: request.token.clone(),
                ..Running::new(call.clone(), list.version, owner.clone())
            };
            match self.command_answered(now, running, status, envelope) {
                Some(Ok(answer)) => list.told(*page, Ok(answer)),
                Some(Err(error)) if !error.retryable && error.kind != Kind::Waiting => {
                    list.told(*page, Err(error));
                }
                _ => {
                    self.accept(now, call, owner);
                }
            }
        }
    }

    /// Asks for what can be asked for, and hands the next page to a consumer who waits for it.
    fn go_on_with_list(&mut self, now: Instant, mut list: List<B>) {
        loop {
            while let Some(ask) = list.walk.ask() {
                self.ask_for_pages(now, &list, ask);
            }
            if !list.wanted {
                break;
            }
            match list.walk.next() {
                Ok(Turn::Wait) => break,
                Ok(Turn::End) => return self.end_list(list, Ok(())),
                Err(error) => return self.end_list(list, Err(error)),
                Ok(Turn::Page { page, only_new }) => {
                    if let Some(body) = list.body(page) {
                        list.wanted = false;
                        let progress = list.walk.progress();
                        let rows = Rows {
                            body,
                            only_new,
                            progress,
                        };
                        self.outputs.push_back(Output::Rows(list.id, rows));
                    }
                }
            }
        }
        list.let_go();
        self.lists.running.push(list);
    }

    fn ask_for_pages(&mut self, now: Instant, list: &List<B>, ask: Ask) {
        let batch = list.batch(&ask.commands);
        let mut pages = Vec::with_capacity(ask.commands.len());
        for (place, params) in (0..).zip(ask.commands) {
            let request = ask.request;
            pages.push((PageId { request, place }, params));
        }
        if let Some(batch) = batch {
            self.accept(now, batch, list.owns(pages));
            return;
        }
        for (page, params) in pages {
            let call = list.call(params.clone());
            self.accept(now, call, list.owns(vec![(page, params)]));
        }
    }

    /// Ends a list, and with it the calls that are still under way for it.
    fn end_list(&mut self, list: List<B>, outcome: Result<(), Error>) {
        let own = Some(list.id);
        for id in self.calls.which(|running| running.owner.list() == own) {
            self.end(id, "CALLGATE_ABORTED", "its list has ended");
        }
        let method = &list.call.method;
        if outcome.is_ok() && list.walk.may_lack_rows() {
            let message = [
                method.as_str(),
                ": rows were deleted while the list was walked, and it can only be walked by their \
                 number: some may be missing",
            ];
            self.outputs.push_back(Output::Notice(Notice::Warning {
                method: Some(method.clone()),
                message: message.concat(),
                decision: None,
            }));
        }
        let outcome = match outcome {
            Ok(()) => Ok(list.walk.progress()),
            Err(error) => Err(of(method, error)),
        };
        self.outputs.push_back(Output::ListDone(list.id, outcome));
    }

    /// Ends a list from this side.
    pub(super) fn abort_list(&mut self, list: List<B>, code: &str, message: &str) {
        let ran = match list.walk.progress().requests {
            0 => Ran::No,
            _ => Ran::Unknown,
        };
        self.end_list(list, Err(Error::new(code, Kind::Aborted, ran, message)));
    }
}

fn of(method: &MethodName, mut error: Error) -> Error {
    error.method = Some(method.as_str().to_owned());
    error
}
