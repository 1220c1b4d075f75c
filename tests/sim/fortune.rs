//! What happens in the world without the clients' doing: the administrator, the portal's faults, the
//! weather, another application, machines that fall asleep, a portal that moves.

use callgate_portal::{Fault, Request, TokenRequest};

use crate::client::Cause;
use crate::network::Weather;
use crate::world::{Event, News, World};

/// How the administrator feels today.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mood {
    /// Of a hundred notifications so many are never answered.
    forgets: u64,
    /// Of a hundred answers so many are a no.
    denies: u64,
    /// The longest time until an answer, in seconds.
    slow: u64,
}

impl Default for Mood {
    fn default() -> Self {
        Self {
            forgets: 10,
            denies: 20,
            slow: 120,
        }
    }
}

impl World {
    /// Something changes.
    pub(crate) fn fortune(&mut self) {
        if self.calm {
            return;
        }
        let length = self.ends - crate::world::START;
        let pause = self.dice.roll(length / 12);
        self.later(pause, Event::Fortune);
        match self.dice.roll(13) {
            0..3 => self.weather_changes(),
            3..6 => self.something_breaks(),
            6 => {
                self.mood = Mood {
                    forgets: self.dice.pick(&[0, 10, 100]),
                    denies: self.dice.pick(&[0, 20, 100]),
                    slow: self.dice.pick(&[1, 60, 3_000]),
                };
                self.note(format_args!("the administrator: {:?}", self.mood));
            }
            7 => self.someone_sleeps(),
            8 => {
                let knocks = self.dice.pick(&[5, 60, 150]);
                self.later(0, Event::Stranger(u32::try_from(knocks).unwrap()));
            }
            9 => self.a_token_ends(),
            10 | 11 => self.edits_tables(),
            _ if self.dice.chance(30) => self.moves(),
            _ => {}
        }
    }

    fn weather_changes(&mut self) {
        self.weather = match self.dice.roll(5) {
            0 | 1 => Weather::default(),
            _ => Weather {
                latency: self.dice.pick(&[0, 40, 300, 300, 5_000, 70_000]),
                trouble: self.dice.pick(&[0, 3, 10, 40]),
                echoes: self.dice.chance(30),
                statuses: self.dice.chance(30),
            },
        };
        self.note(format_args!("the network: {:?}", self.weather));
    }

    fn something_breaks(&mut self) {
        let kind = self.dice.pick(&self.faults);
        let methods = crate::client::METHODS;
        let method = methods[self.dice.place(methods.len())].name;
        let method = self.dice.chance(40).then(|| method.to_owned());
        let method = match self.dice.chance(5) {
            true => Some("oauth.token".to_owned()),
            false => method,
        };
        let times = self.dice.pick(&[1, 1, 1, 2, 5]);
        self.note(format_args!(
            "the portal: {kind} of {method:?}, {times} times"
        ));
        let fault = Fault {
            method,
            times: Some(times),
            after: self.dice.roll(3),
            ..Fault::new(kind)
        };
        self.portal.fault(fault).unwrap();
    }

    fn someone_sleeps(&mut self) {
        let place = self.dice.place(self.clients.len());
        let length = self.dice.pick(&[1_000, 90_000, 3_700_000]);
        let until = self.now + length;
        self.clients[place].asleep_until = Some(until);
        let name = self.clients[place].name;
        self.note(format_args!("{name} falls asleep for {} s", length / 1000));
        self.later(length, Event::Awakes(place));
    }

    /// A token is revoked: the portal forgets that it is good, and what was confirmed for it.
    fn a_token_ends(&mut self) {
        let place = self.dice.place(self.clients.len());
        let client = &self.clients[place];
        let Some(token) = client.tokens.last() else {
            return;
        };
        let (app, access) = (client.app.clone(), token.access.clone());
        let scopes = token.scopes.clone();
        self.note(format_args!("{}'s token is revoked", client.name));
        self.portal.token(
            self.now,
            TokenRequest {
                scopes: Some(scopes),
                expires_in: 0,
                app,
                access_token: Some(access),
                ..TokenRequest::default()
            },
        );
    }

    fn moves(&mut self) {
        if self.moved_to.is_none() {
            self.moved_to = Some("moved.bitrix24.com".to_owned());
            self.note(format_args!("the portal moves"));
        }
    }

    /// Another application calls from the same address.
    pub(crate) fn stranger(&mut self, left: u32) {
        self.portal.handle(self.now, &Request::get("/rest/methods"));
        if left > 0 && !self.calm {
            let pause = self.dice.pick(&[0, 100, 700]);
            self.later(pause, Event::Stranger(left - 1));
        }
    }

    /// The portal has asked the administrator, who will come round to it.
    pub(crate) fn asks_administrator(&mut self, token: &str, method: &str) {
        if !self.dice.chance(self.mood.forgets) {
            let delay = self.dice.roll(self.mood.slow * 1000);
            let (token, method) = (token.to_owned(), method.to_owned());
            self.later(delay, Event::Decides { token, method });
        }
    }

    pub(crate) fn decides(&mut self, token: &str, method: &str) {
        let granted = !self.dice.chance(self.mood.denies);
        let Ok(posts) = self.portal.decide(self.now, token, method, granted) else {
            return;
        };
        self.note(format_args!(
            "the administrator decides on {method}: {granted}"
        ));
        for post in posts {
            let place: usize = post.url.rsplit('/').next().unwrap().parse().unwrap();
            // Lost on the way, late, or twice.
            let times = self.dice.pick(&[1, 1, 1, 0, 2]);
            for _ in 0..times {
                let delay = self.dice.pick(&[0, 200, 4_000, 200_000]);
                let delay = self.dice.roll(delay + 1);
                self.later(delay, Event::Comes(place, News::Post(post.body.clone())));
            }
        }
    }

    /// Somebody makes an event up: it may say anything, and know the application token or not.
    pub(crate) fn forges_event(&mut self, place: usize) {
        let client = &self.clients[place];
        let Some(token) = client.tokens.last() else {
            return;
        };
        let application_token = match self.dice.chance(70) {
            true => client.application_token.as_str(),
            false => "somebody-elses",
        };
        let granted = self.dice.roll(2);
        let body = format!(
            "event=ONAPPMETHODCONFIRM&data[TOKEN]={}&data[METHOD]=voximplant.user.get\
             &data[CONFIRMED]={granted}&auth[application_token]={application_token}\
             &auth[member_id]={}",
            token.access, client.member_id
        );
        self.later(0, Event::Comes(place, News::Post(body)));
    }

    /// Everything that is due at a client has happened, so what happens next has another cause.
    pub(crate) fn is_up_to_date(&mut self, place: usize) {
        self.pump(place, Cause::Own);
    }
}
