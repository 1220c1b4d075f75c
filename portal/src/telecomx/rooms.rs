//! Queues, calendars, phonebooks and the list of employees.

use serde_json::{Map, Value, json};

use super::{APP, Refusal, TelecomX, TelecomXUser, Told, invalid, is_id, text};

impl TelecomX {
    pub(super) fn members(
        &mut self,
        user: &TelecomXUser,
        verb: &str,
        id: &str,
        rest: &[&str],
        query: &Map<String, Value>,
        body: &Value,
    ) -> Told {
        if !is_id(id) {
            return Err(Refusal::new(
                400,
                "bad_request",
                "Id not found in request URI",
            ));
        }
        let place = self.queues.iter().position(|queue| queue.id == id);
        let missing = || Refusal::new(404, "id", "Queue not found");
        let queue = place.and_then(|place| self.queues.get(place));
        let queue = queue.ok_or_else(missing)?.clone();
        let extension_of = |given: &str| match is_id(given) {
            true => self.may(user, given, "queueMember"),
            false => Ok(()),
        };
        let mut members = queue.members.clone();
        let (what, about, told) = match (verb, rest) {
            ("GET", []) => {
                self.has_level(user, APP)?;
                let shown = members.iter().map(|(id, who)| member(id, who));
                return Ok(shown.collect());
            }
            ("POST", []) | ("GET", ["join"]) => {
                let given = |name| body.get(name).and_then(Value::as_str);
                let who = given("extension").or(given("number")).unwrap_or_default();
                let who = [who, text(query, "extension"), text(query, "number")].concat();
                if who.is_empty() {
                    return Err(invalid("extension"));
                }
                extension_of(&who)?;
                let id = TelecomXUser::id(&["member", id, &who]);
                members.push((id.clone(), who.clone()));
                ("join", who.clone(), member(&id, &who))
            }
            ("DELETE", [id]) => {
                let found = members.iter().position(|(member, _)| member == id);
                let no_member = || Refusal::new(404, "member", "Member not found");
                let (_, who) = members.remove(found.ok_or_else(no_member)?);
                extension_of(&who)?;
                if !queue.dynamic {
                    let text = "Cannot remove from a queue which is not dynamic";
                    return Err(Refusal::new(403, "dynamic", text));
                }
                if queue.lock_last_member && members.is_empty() {
                    let text = "Cannot remove last member from queue";
                    return Err(Refusal::new(403, "lockLastMember", text));
                }
                ("leave", who, json!({"success": true}))
            }
            _ => return Err(Refusal::no_endpoint()),
        };
        self.queue(super::TelecomXQueue { members, ..queue });
        self.did(what, &about);
        Ok(told)
    }

    pub(super) fn calendar(
        &mut self,
        user: &TelecomXUser,
        verb: &str,
        rest: &[&str],
        query: &Map<String, Value>,
        body: Value,
    ) -> Told {
        self.has_level(user, &["PERSONAL", "VIEWER", "MANAGER", "OWNER"])?;
        let about = about(user, query, &body);
        match (verb, rest) {
            ("GET", []) => {
                self.may_about(user, &about, "readCalendar")?;
                let own = self.events.iter().filter(|it| it["employee"] == *about);
                Ok(json!({"events": own.collect::<Vec<_>>()}))
            }
            // Without the right it shows less, and doesn't refuse.
            ("GET", [id]) => Ok(json!({"_id": id, "showAs": "busy"})),
            ("POST", []) => {
                self.may_about(user, &about, "writeCalendar")?;
                self.did("addCalendarEvent", &about);
                self.events.push(body.clone());
                Ok(body)
            }
            ("DELETE", [id]) => {
                self.did("removeCalendarEvent", id);
                Ok(json!({"success": true}))
            }
            _ => Err(Refusal::no_endpoint()),
        }
    }

    pub(super) fn phonebook(
        &mut self,
        user: &TelecomXUser,
        verb: &str,
        rest: &[&str],
        query: &Map<String, Value>,
        body: Value,
    ) -> Told {
        let about = about(user, query, &body);
        match (verb, rest) {
            ("GET", []) => {
                self.has_level(user, APP)?;
                self.may_about(user, &about, "readPhonebook")?;
                let owner = self.users.iter().find(|other| other.employee == about);
                let numbers = owner.map_or(&[][..], |owner| &owner.phonebook);
                let contact = |number| json!({"phoneNumbers": [{"number": number}]});
                let contacts: Vec<Value> = numbers.iter().map(contact).collect();
                Ok(json!({"offset": 0, "limit": 50, "total": contacts.len(), "contacts": contacts}))
            }
            ("GET", [id]) => Ok(json!({"_id": id})),
            ("POST", []) => {
                if body.get("personal") == Some(&json!(true)) {
                    self.may_about(user, &about, "writePhonebook")?;
                }
                self.did("addContact", &about);
                self.contacts.push(body.clone());
                Ok(body)
            }
            _ => Err(Refusal::no_endpoint()),
        }
    }

    /// The employees; `ids` may stand several times. Calls are left out where the right is missing.
    pub(super) fn employees(&self, user: &TelecomXUser, query: &str) -> Told {
        self.has_level(user, APP)?;
        let ids: Vec<&str> = query
            .split('&')
            .filter_map(|pair| pair.strip_prefix("ids="))
            .collect();
        let calls = query.split('&').any(|pair| pair == "calls=true");
        let wanted = |it: &&TelecomXUser| ids.is_empty() || ids.contains(&it.employee.as_str());
        let shown = self.users.iter().filter(wanted).map(|it| {
            let own = |(_, at): &&(String, String)| it.extensions.contains(at);
            let seen = |(_, at): &&(String, String)| self.may(user, at, "viewOtherParty").is_ok();
            let list: Vec<&String> = match calls {
                true => self
                    .calls
                    .iter()
                    .filter(own)
                    .filter(seen)
                    .map(|(id, _)| id)
                    .collect(),
                false => Vec::new(),
            };
            let extension = |id: &String| json!({"_id": id});
            json!({
                "_id": it.employee, "type": "EMPLOYEE", "name": it.username,
                "presence": it.presence, "viewOtherPartyOverride": it.hides,
                "extensions": it.extensions.iter().map(extension).collect::<Vec<_>>(),
                "calls": list,
            })
        });
        Ok(shown.collect())
    }
}

/// The employee whom a request is about: the user himself, unless it says otherwise.
fn about(user: &TelecomXUser, query: &Map<String, Value>, body: &Value) -> String {
    let given = body.get("employee").and_then(Value::as_str);
    match (given, text(query, "employee")) {
        (Some(employee), _) => employee.to_owned(),
        (None, "") => user.employee.clone(),
        (None, employee) => employee.to_owned(),
    }
}

fn member(id: &str, who: &str) -> Value {
    let (extension, number) = match is_id(who) {
        true => (json!(who), Value::Null),
        false => (Value::Null, json!(who)),
    };
    json!({"_id": id, "extension": extension, "number": number, "priority": 1,
        "calls": 0, "seconds": 0, "lastCallEnded": null, "permanent": false})
}
