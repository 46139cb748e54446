//! What happened to a room, and who may do what in it, as JSON and as lines for people.

use restante_client::engine::{
    io::{Permission, Policy},
    notices::{News, Notice},
};

use crate::{
    shown::clean_line,
    texts::{Language, Text, fill},
};

/// `-- alice added bob --`
pub(crate) fn notice_line(language: Language, notice: &Notice) -> String {
    let by = match notice.own {
        true => language.say(Text::You).to_owned(),
        false => clean_line(&notice.by),
    };
    let people: Vec<String> = notice
        .news
        .people()
        .iter()
        .map(|name| clean_line(name))
        .collect();
    let people = people.join(", ");
    let (text, what) = match &notice.news {
        News::Renamed { title } => (Text::NoticeRenamed, clean_line(title)),
        News::PolicyChanged { policy } => (
            Text::NoticePolicy,
            policy_lines(language, policy).join("; "),
        ),
        News::Added { .. } => (Text::NoticeAdded, people),
        News::Removed { .. } => (Text::NoticeRemoved, people),
        News::Left => (Text::NoticeLeft, String::new()),
        News::Promoted { .. } => (Text::NoticePromoted, people),
        News::Demoted { .. } => (Text::NoticeDemoted, people),
        News::PictureChanged => (Text::NoticePicture, String::new()),
        News::PictureRemoved => (Text::NoticeNoPicture, String::new()),
    };
    format!("-- {} --", fill(language.say(text), &[&by, &what]))
}

/// One line a permission.
pub(crate) fn policy_lines(language: Language, policy: &Policy) -> [String; 4] {
    [
        (Text::MayAdd, policy.add),
        (Text::MayRemove, policy.remove),
        (Text::MayRename, policy.rename),
        (Text::MayPost, policy.post),
    ]
    .map(|(text, permission)| {
        let who = match permission {
            Permission::Everyone => Text::Everyone,
            Permission::Admins => Text::AdminsOnly,
        };
        fill(language.say(text), &[language.say(who)])
    })
}

#[cfg(test)]
mod tests {
    use restante_client::{engine::io::RoomId, json::notice_json};
    use serde_json::{Value, json};

    use super::*;

    fn notice(news: News) -> Notice {
        Notice {
            room: RoomId([1; 32]),
            number: 5,
            index: 0,
            day: 20_779,
            by: "alice".into(),
            own: false,
            news,
        }
    }

    #[test]
    fn a_notice_has_the_fields_of_the_reference() {
        let people = vec!["bob".to_owned(), "carol".to_owned()];
        let json = notice_json(&notice(News::Added { people }));
        assert_eq!(json["event"], "notice");
        assert_eq!(json["kind"], "added");
        assert_eq!(json["day"], "2026-11-22");
        assert_eq!(json["by"], "alice");
        assert_eq!(json["people"], json!(["bob", "carol"]));
        assert_eq!(json["title"], Value::Null);
        let policy = Policy::default();
        let json = notice_json(&notice(News::PolicyChanged { policy }));
        assert_eq!(json["policy"]["post"], "everyone");
        assert_eq!(json["policy"]["add"], "admins");
    }

    #[test]
    fn a_name_given_by_others_drives_no_terminal() {
        let title = "a\u{1b}[2J\nb".to_owned();
        let line = notice_line(Language::English, &notice(News::Renamed { title }));
        assert_eq!(line, "-- alice named the room \"a [2J b\" --");
    }
}
