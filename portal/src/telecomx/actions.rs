//! What is done to calls and extensions. All of it is GETs, and all of it has effects.

use serde_json::{Map, Value, json};

use super::{APP, Refusal, TelecomX, TelecomXUser, Told, invalid, is_id, text};

impl TelecomX {
    pub(super) fn action(
        &mut self,
        user: &TelecomXUser,
        action: &str,
        query: &Map<String, Value>,
    ) -> Told {
        self.has_level(user, APP)?;
        let target = text(query, "target");
        match action {
            "pickup" | "steal" | "spy" => {
                self.device(user, query)?;
                let extension = match is_id(target) && action == "pickup" {
                    true => target.to_owned(),
                    false => self.extension_of(target)?,
                };
                self.may(user, &extension, action)
                    .map_err(|_| self.foreign())?;
            }
            "queuepickup" => {
                if text(query, "extension").is_empty() {
                    self.device(user, query)?;
                }
                self.extension_of(target)?;
                let own = &user.extensions;
                let mut members = self.queues.iter().flat_map(|queue| &queue.members);
                if !members.any(|(_, member)| own.contains(member)) {
                    let text = "User does not have access to the queue";
                    return Err(Refusal::new(403, "queue", text));
                }
            }
            "call" => {
                let extension = self.device(user, query)?;
                if target.is_empty() {
                    return Err(invalid("target"));
                }
                let id = self.call(&extension);
                self.did(action, target);
                return Ok(json!({"success": true, "_id": id}));
            }
            "hold" | "unhold" => {
                self.device(user, query)?;
                if !target.is_empty() && self.extension_of(target).is_err() {
                    return Err(Refusal::new(404, "target", "Target not found"));
                }
            }
            "hangup" => {
                let extension = self.extension_of(target)?;
                self.may(user, &extension, "controlSipDevices")
                    .map_err(|_| self.foreign())?;
                self.end_call(target);
            }
            "transfer" => {
                let extension = self
                    .extension_of(text(query, "source"))
                    .map_err(|_| invalid("source"))?;
                self.may(user, &extension, "controlSipDevices")?;
                if target.is_empty() && self.extension_of(text(query, "destination")).is_err() {
                    return Err(invalid("destination"));
                }
            }
            _ => return Err(Refusal::no_endpoint()),
        }
        self.did(action, target);
        Ok(json!({"success": true}))
    }

    /// The extension of the device that a user may use.
    fn device(&self, user: &TelecomXUser, query: &Map<String, Value>) -> Result<String, Refusal> {
        let device = text(query, "device");
        let mut extensions = self.users.iter().flat_map(|other| &other.extensions);
        let found = extensions.find(|it| TelecomXUser::device(it) == device);
        let extension = found.ok_or_else(|| invalid("device"))?;
        self.may(user, extension, "controlSipDevices")?;
        Ok(extension.clone())
    }

    /// The extension that a call is at.
    fn extension_of(&self, call: &str) -> Result<String, Refusal> {
        let found = self.calls.iter().find(|(id, _)| id == call);
        found
            .map(|(_, extension)| extension.clone())
            .ok_or_else(|| Refusal::set(&self.settings.no_call, "There is no such call"))
    }

    fn foreign(&self) -> Refusal {
        Refusal::set(&self.settings.foreign_call, "Insufficient access level")
    }

    pub(super) fn set_presence(&mut self, user: &TelecomXUser, id: &str, body: &Value) -> Told {
        if !MANAGERS.contains(&user.level.as_str()) {
            self.may_about(user, id, "setPresence")?;
        }
        let Some(target) = self.users.iter_mut().find(|other| other.employee == id) else {
            return Err(Refusal::new(404, "id", "Employee not found"));
        };
        let Some(presence) = body.get("presence").and_then(Value::as_str) else {
            return Err(invalid("presence"));
        };
        target.presence = presence.to_owned();
        self.did("setPresence", presence);
        Ok(json!({"_id": id, "presence": presence}))
    }

    pub(super) fn redirect(
        &mut self,
        user: &TelecomXUser,
        extension: &str,
        query: &Map<String, Value>,
    ) -> Told {
        if self.owner(extension).is_none() {
            return Err(Refusal::new(404, "not_found", "Extension not found"));
        }
        if !MANAGERS.contains(&user.level.as_str()) {
            self.may(user, extension, "setPresence")?;
        }
        let (enable, number) = (text(query, "enable") == "true", text(query, "number"));
        if enable && number.contains(' ') {
            return Err(invalid("number"));
        }
        self.did("redirect", number);
        Ok(json!({"state": enable, "number": number}))
    }
}

const MANAGERS: &[&str] = &["MANAGER", "OWNER", "RESELLER", "RESELLER_ADMIN", "ADMIN"];
