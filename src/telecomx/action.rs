//! Guarded actions: what a caller gives, checked and made into a request.

use crate::error::Error;
use crate::http::Verb;
use crate::json::push_text;
use crate::telecomx::right::Right;
use crate::telecomx::table::{self, Form, Need, Others, Parameter, Row};
use crate::telecomx::wire::{Demand, escape};
use crate::text::{push_number, replace};
use crate::value::Value;

/// Something that is done to an extension, a call, a queue, a calendar or a phonebook.
///
/// | action | parameters | right |
/// |---|---|---|
/// | `pickup` | `device`, `target`: extension, number or call | `pickup` |
/// | `steal`, `spy` | `device`, `target`: call | `steal`, `spy` |
/// | `queuePickup` | `device` or `extension`, `target`: call | the queue's |
/// | `call` | `device`, `target`: extension or number | `controlSipDevices` |
/// | `hangup` | `target`: call | `controlSipDevices` |
/// | `transfer` | `source`: call; `destination`: call, or `target`: extension or number | `controlSipDevices` |
/// | `hold`, `unhold` | `device`, `target`?: call | `controlSipDevices` |
/// | `setPresence` | `employee`, and what begins with `presence` | `setPresence` |
/// | `redirect` | `extension`, `enable`, `number`? | `setPresence` |
/// | `joinQueue` | `queue`, `extension` or `number`, `priority`? 1 to 20, `permanent`? | `queueMember` |
/// | `leaveQueue` | `queue`, `member` | `queueMember` |
/// | `queueMembers` | `queue` | the queue's |
/// | `readCalendar` | `employee`?, `offset`?, `limit`?, `filter`? | `readCalendar` |
/// | `readCalendarEvent` | `event` | `readCalendar` |
/// | `addCalendarEvent` | `employee`?, the event's own | `writeCalendar` |
/// | `removeCalendarEvent` | `event`, `applyToMaster`? | `writeCalendar` |
/// | `readPhonebook` | `employee`?, `type`?, `customer`?, `offset`?, `limit`?, `filter`? | `readPhonebook` |
/// | `readContact` | `contact` | `readPhonebook` |
/// | `addContact` | `employee`?, the contact's own | `writePhonebook` |
/// | `employees` | `ids`?, `calls`?, `standalone`? | |
///
/// All that have a right take `extension` too: the one on which the right is looked up. Leave it out
/// for what is the user's own, for that needs no right.
///
/// ```
/// use callgate::telecomx::{Action, Right};
/// let json = r#"{"device": "1234567890abcdef12345678", "target": "5c5a9dea83a3bc74d5891c95"}"#;
/// let action = Action::parse("pickup", json).unwrap();
/// assert_eq!(action.right(), Some(Right::Pickup));
/// assert_eq!(action.extension(), Some("5c5a9dea83a3bc74d5891c95"));
/// assert!(!action.only_reads());
/// ```
#[derive(Clone)]
pub struct Action {
    row: &'static Row,
    extension: Option<String>,
    demand: Demand,
}

impl Action {
    /// Takes an action's name and its parameters as JSON.
    ///
    /// # Errors
    ///
    /// An error of kind `invalid` that names the parameter: one that is missing, unknown, given
    /// twice, or not such as the action takes.
    ///
    /// ```
    /// use callgate::telecomx::Action;
    /// let error = Action::parse("hangup", "{}").err().unwrap();
    /// assert_eq!(error.message, "target: it is missing");
    /// ```
    pub fn parse(name: &str, json: &str) -> Result<Self, Error> {
        let Some(row) = table::row(name) else {
            return Err(Error::invalid("action: there is none of this name"));
        };
        let given = match Value::from_json(json) {
            Ok(Value::Map(given)) => given,
            Ok(_) => return Err(Error::invalid("parameters: an object is wanted")),
            Err(malformed) => {
                let why = malformed.in_words();
                return Err(Error::invalid(["parameters: ", &why].concat()));
            }
        };
        Gathering::of(row).gather(given)
    }

    /// Its name.
    ///
    /// ```
    /// # use callgate::telecomx::Action;
    /// assert_eq!(Action::parse("employees", "{}").unwrap().name(), "employees");
    /// ```
    pub fn name(&self) -> &'static str {
        self.row.name
    }

    /// The right that it takes; `None` where the permission map has none for it.
    ///
    /// ```
    /// # use callgate::telecomx::Action;
    /// assert_eq!(Action::parse("employees", "{}").unwrap().right(), None);
    /// ```
    pub fn right(&self) -> Option<Right> {
        self.row.right
    }

    /// The extension on which the right is looked up, where one was named.
    ///
    /// ```
    /// # use callgate::telecomx::Action;
    /// assert_eq!(Action::parse("employees", "{}").unwrap().extension(), None);
    /// ```
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    /// Whether it may be sent again, and ahead of need. The verb doesn't tell: most of the GETs of
    /// this server change something.
    ///
    /// ```
    /// # use callgate::telecomx::Action;
    /// assert!(Action::parse("employees", "{}").unwrap().only_reads());
    /// ```
    pub fn only_reads(&self) -> bool {
        self.row.reads
    }

    pub(super) fn demand(&self) -> &Demand {
        &self.demand
    }
}

impl std::fmt::Debug for Action {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A request that takes shape, one parameter after the other.
struct Gathering {
    row: &'static Row,
    path: String,
    query: String,
    body: String,
    extension: Option<String>,
    seen: Vec<String>,
}

impl Gathering {
    fn of(row: &'static Row) -> Self {
        Self {
            row,
            path: row.path.to_owned(),
            query: String::new(),
            body: String::new(),
            extension: None,
            seen: Vec::new(),
        }
    }

    fn gather(mut self, given: Vec<(String, Value)>) -> Result<Action, Error> {
        for (name, value) in given {
            if value == Value::Null {
                continue;
            }
            if self.seen.contains(&name) {
                return Err(wrong(&name, "it is given twice"));
            }
            match self.row.takes.iter().find(|it| it.name == name) {
                Some(parameter) => self.take(parameter, &value)?,
                None => self.take_other(&name, &value)?,
            }
            self.seen.push(name);
        }
        for parameter in self.row.takes {
            if parameter.need == Need::Required && !self.has(parameter.name) {
                return Err(wrong(parameter.name, "it is missing"));
            }
        }
        self.one_of()?;
        self.others()?;
        Ok(self.finish())
    }

    fn has(&self, name: &str) -> bool {
        self.seen.iter().any(|seen| seen == name)
    }

    fn take(&mut self, parameter: &Parameter, value: &Value) -> Result<(), Error> {
        let name = parameter.name;
        if let Form::Ids = parameter.form {
            let Value::List(ids) = value else {
                return Err(wrong(name, "a list of ids is wanted"));
            };
            for id in ids {
                self.place(name, &written(name, Form::Id, id)?, id);
            }
            return Ok(());
        }
        let text = written(name, parameter.form, value)?;
        // A pickup may name the extension itself.
        let names = name == "extension"
            || matches!(parameter.form, Form::Ringing) && is_id(&text) && self.extension.is_none();
        if names {
            self.extension = Some(text.clone());
        }
        if parameter.need != Need::Checked {
            self.place(name, &text, value);
        }
        Ok(())
    }

    /// Puts a parameter where it goes: into the path, into the body of a POST, into the query.
    fn place(&mut self, name: &str, text: &str, value: &Value) {
        let hole = ["{", name, "}"].concat();
        if self.row.path.contains(&hole) {
            self.path = replace(&self.path, &hole, text);
        } else if self.row.verb == Verb::Post {
            match value {
                Value::Text(_) => self.push_member(name, &Value::Text(text.to_owned())),
                other => self.push_member(name, other),
            }
        } else {
            self.query
                .push(if self.query.is_empty() { '?' } else { '&' });
            self.query.push_str(name);
            self.query.push('=');
            escape(text, &mut self.query);
        }
    }

    fn take_other(&mut self, name: &str, value: &Value) -> Result<(), Error> {
        let taken = match self.row.others {
            Others::None => false,
            Others::Begin(beginning) => name.starts_with(beginning),
            Others::All => true,
        };
        if !taken {
            return Err(wrong(name, "the action has no such parameter"));
        }
        self.push_member(name, value);
        Ok(())
    }

    fn push_member(&mut self, name: &str, value: &Value) {
        self.body.push(if self.body.is_empty() { '{' } else { ',' });
        push_text(name, &mut self.body);
        self.body.push(':');
        self.body.push_str(&value.to_json());
    }

    fn one_of(&self) -> Result<(), Error> {
        let [one, other] = self.row.one_of else {
            return Ok(());
        };
        match (self.has(one), self.has(other)) {
            (true, true) => Err(wrong(other, &[one, " is given already"].concat())),
            (false, false) => {
                let why = ["it is missing, and so is ", other, ": one of the two"].concat();
                Err(wrong(one, &why))
            }
            _ => Ok(()),
        }
    }

    fn others(&self) -> Result<(), Error> {
        let own = |name: &String| self.row.takes.iter().any(|it| it.name == name);
        match self.row.others {
            Others::None => Ok(()),
            _ if self.seen.iter().any(|name| !own(name)) => Ok(()),
            Others::Begin(beginning) => Err(wrong(beginning, "it is missing")),
            Others::All => Err(wrong("parameters", "there is nothing to write")),
        }
    }

    fn finish(self) -> Action {
        let body = match self.row.verb {
            Verb::Post => Some([self.body.as_str(), "}"].concat()),
            _ => None,
        };
        Action {
            row: self.row,
            extension: self.extension,
            demand: Demand {
                verb: self.row.verb,
                room: self.row.path,
                path: [self.path, self.query].concat(),
                body,
                reads: self.row.reads,
            },
        }
    }
}

/// A parameter as text, if it is such as its form says.
fn written(name: &str, form: Form, value: &Value) -> Result<String, Error> {
    let text = match (form, value) {
        (Form::Flag, Value::Bool(flag)) => if *flag { "true" } else { "false" }.to_owned(),
        (Form::Count(least, most), Value::Number(digits)) => match digits.parse::<u32>() {
            Ok(count) if (least..=most).contains(&count) => digits.clone(),
            _ => return Err(wrong(name, &span(least, most))),
        },
        (Form::Flag, _) => return Err(wrong(name, "true or false is wanted")),
        (Form::Count(least, most), _) => return Err(wrong(name, &span(least, most))),
        (_, Value::Text(text)) => text.trim().to_owned(),
        _ => return Err(wrong(name, "a text is wanted")),
    };
    let (good, wanted) = match form {
        Form::Flag | Form::Count(..) => (true, ""),
        Form::Id | Form::Ids => (is_id(&text), "an id of 24 hexadecimal digits is wanted"),
        Form::Call => (
            is_call(&text),
            "the id of a call is wanted, such as pbx1.telecomx.dk:1.2",
        ),
        Form::Number => (is_number(&text), "a phone number is wanted"),
        Form::Callee => (
            is_id(&text) || is_number(&text),
            "an extension's id or a phone number is wanted",
        ),
        Form::Ringing => (
            is_id(&text) || is_number(&text) || is_call(&text),
            "an extension's id, a phone number or the id of a call is wanted",
        ),
        Form::Word(words) => (
            words.contains(&text.as_str()),
            "it isn't one of the documented words",
        ),
        Form::Text => (!text.is_empty(), "a text is wanted, and not an empty one"),
    };
    match good {
        true => Ok(text),
        false => Err(wrong(name, wanted)),
    }
}

fn span(least: u32, most: u32) -> String {
    let mut words = "a whole number is wanted, from ".to_owned();
    push_number(least.into(), &mut words);
    words.push_str(" to ");
    push_number(most.into(), &mut words);
    words
}

/// Whether it is 24 hexadecimal digits.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A host, a colon and something behind it; one page of the documentation shows an id in its place.
fn is_call(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic());
    is_id(text)
        || text
            .split_once(':')
            .is_some_and(|(host, call)| plain(host) && plain(call))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (1..=32).contains(&digits.len())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'*' || byte == b'#')
}

pub(super) fn wrong(name: &str, why: &str) -> Error {
    Error::invalid([name, ": ", why].concat())
}
