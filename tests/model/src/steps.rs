//! The steps of scripts: what a client asks of the relay for each.

use crate::{
    client::Client,
    names::{Name, Names, Secret},
    request::{Changes, Request, What},
    scenario::{Mischief, Step},
};

impl Client {
    /// Does a step: the request that it sends, if the step has not become moot.
    pub(crate) fn act(&mut self, step: Step) -> Option<Request> {
        let (what, whom) = match step {
            Step::Say => (What::Text, self.name),
            Step::Leave => (What::Leave, self.name),
            Step::Update => (What::Update, self.name),
            Step::Add(whom) | Step::Repair(whom) => (What::Add, whom),
            Step::Remove(whom) => (What::Remove, whom),
            Step::Promote(whom) => (What::Promote, whom),
            Step::Mischief(Mischief::AddSeat(whom)) => (What::Garbage, whom),
            Step::Rotate => {
                self.done += 1;
                return Some(self.rotate());
            }
            Step::Mischief(mischief) => {
                self.done += 1;
                return self.misbehave(mischief);
            }
        };
        if self.is_moot(step) {
            self.done += 1;
            return None;
        }
        let changes = self.changes(step);
        Some(self.compose(what, whom, changes))
    }

    fn is_moot(&self, step: Step) -> bool {
        match step {
            Step::Add(whom) => self.members.has(whom),
            Step::Remove(whom) | Step::Promote(whom) => !self.members.has(whom),
            _ => false,
        }
    }

    fn changes(&mut self, step: Step) -> Changes {
        let mut changes = Changes::default();
        match step {
            Step::Add(whom) | Step::Mischief(Mischief::AddSeat(whom)) => {
                changes.add.push(self.grant(whom));
            }
            Step::Repair(whom) => {
                let secret = self.grant(whom);
                changes.add.push(secret);
                changes.refresh.push(secret);
            }
            Step::Remove(whom) => {
                let unclaimed = self.unconfirmed.without(whom).without(self.name);
                changes.refresh = unclaimed.iter().map(|name| self.grant(name)).collect();
                let (stay, admins) = (self.members.without(whom), self.admins.without(whom));
                changes.list = self.admins.has(self.name).then_some((stay, admins));
            }
            Step::Promote(whom) => {
                changes.list = Some((self.members, self.admins.with(whom)));
            }
            _ => {}
        }
        changes
    }

    fn misbehave(&mut self, mischief: Mischief) -> Option<Request> {
        Some(match mischief {
            Mischief::AddSeat(_) => return None,
            Mischief::DropOthers => {
                let own = Names::of([self.name]);
                let list = Some((own, own));
                let changes = Changes {
                    list,
                    ..Changes::default()
                };
                self.garbage_from(self.name, self.secret, changes)
            }
            Mischief::Take => {
                let secret = self.granted?;
                Request::Rotate {
                    seat: secret.seat,
                    secret,
                    next: chosen(secret),
                }
            }
            Mischief::AckWithGrant => {
                let secret = self.granted?;
                Request::Ack {
                    seat: secret.seat,
                    secret,
                    cursor: self.cursor,
                }
            }
            Mischief::CommitFromTaken => {
                let secret = chosen(self.granted?);
                self.garbage_from(secret.seat, secret, Changes::default())
            }
        })
    }

    fn garbage_from(&mut self, seat: Name, secret: Secret, changes: Changes) -> Request {
        Request::Append {
            seat,
            secret,
            items: vec![self.item(What::Garbage, self.name, changes)],
        }
    }
}

/// The secret that an insider puts in the place of one that it gave.
const fn chosen(granted: Secret) -> Secret {
    Secret {
        is_granted: false,
        ..granted
    }
}
