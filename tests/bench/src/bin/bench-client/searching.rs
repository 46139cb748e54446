//! Search: how long a person waits for the hits in a full store.

use restante_bench::{samples::Samples, stopwatch::Stopwatch};

use crate::{
    sending,
    texts::{Language, Texts},
};

/// Hits asked for, as many as a screen shows.
const HITS: u32 = 50;

/// Messages sent before any of them is answered: what is searched came in somehow.
const WINDOW: u32 = 64;

/// What is searched for.
pub(crate) const QUERIES: [(&str, Language, usize); 4] = [
    ("English, 2 characters", Language::English, 2),
    ("English, 4 characters", Language::English, 4),
    ("Chinese, 2 characters", Language::Chinese, 2),
    ("Chinese, 4 characters", Language::Chinese, 4),
];

/// Fills the store of a client with this many messages, half English and half Chinese, and searches
/// it for parts of them, each kind of [`QUERIES`] so many times.
pub(crate) fn measure(messages: u32, searches: u32) -> Vec<(&'static str, Samples)> {
    let mut texts = Texts::new();
    let mut sent = Vec::new();
    let (mut sender, room, _) = sending::member_alone(2);
    for number in 0..messages {
        let language = match number % 2 {
            0 => Language::English,
            _ => Language::Chinese,
        };
        let text = texts.message(language);
        sending::say(&mut sender, &room, text.clone());
        sent.push((language, text));
        if (number + 1) % WINDOW == 0 {
            sender.settle();
        }
    }
    sender.settle();
    let (engine, _) = sender.into_parts();
    let searched = QUERIES.map(|(name, language, length)| {
        let mut samples = Samples::default();
        while samples.len() < searches as usize {
            let (found, text) = sent
                .get(texts.below(sent.len() as u64) as usize)
                .expect("a message");
            if *found != language {
                continue;
            }
            let Some(wanted) = texts.part(text, length) else {
                continue;
            };
            let mut watch = Stopwatch::default();
            let hits = watch
                .time(|| engine.search(&wanted, None, HITS))
                .expect("an answer");
            assert!(!hits.is_empty(), "what a message holds is found");
            samples.push(watch.elapsed);
        }
        (name, samples)
    });
    searched.into()
}
