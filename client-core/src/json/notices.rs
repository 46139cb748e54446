//! What happened to a room, and who may do what in it.

use serde_json::{Value, json};

use crate::{
    engine::{
        io::{Permission, Policy},
        notices::{News, Notice},
    },
    platform::date,
};

/// A notice, as `history`, `listen` and `chat` print it. Fields that a kind does not have are null.
#[must_use]
pub fn notice_json(notice: &Notice) -> Value {
    let (title, policy) = match &notice.news {
        News::Renamed { title } => (Some(title), None),
        News::PolicyChanged { policy } => (None, Some(policy_json(policy))),
        _ => (None, None),
    };
    json!({
        "event": "notice",
        "room": notice.room.to_hex(),
        "n": notice.number,
        "day": day(notice.day),
        "kind": notice.news.kind(),
        "by": notice.by,
        "own": notice.own,
        "people": notice.news.people(),
        "title": title,
        "policy": policy,
    })
}

/// Who may do what: `everyone` or `admins`.
#[must_use]
pub fn policy_json(policy: &Policy) -> Value {
    json!({
        "add": name(policy.add),
        "remove": name(policy.remove),
        "rename": name(policy.rename),
        "post": name(policy.post),
    })
}

const fn name(permission: Permission) -> &'static str {
    match permission {
        Permission::Everyone => "everyone",
        Permission::Admins => "admins",
    }
}

/// A day since 1970 as a date; what no calendar holds becomes the last day of it.
#[must_use]
pub fn day(days: u32) -> String {
    date(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_beyond_the_calendar_is_shown_all_the_same() {
        assert_eq!(day(u32::MAX), "9999-12-31");
    }
}
