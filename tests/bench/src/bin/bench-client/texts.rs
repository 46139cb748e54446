//! Messages to search in: English and Chinese, with words as unevenly frequent as words are.

use restante_client::engine::search::fold;

/// One of two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// With spaces between words.
    English,
    /// Without.
    Chinese,
}

/// Decides which words come, the same in every run.
pub(crate) struct Texts(u64);

/// Words by falling frequency.
const ENGLISH: &str = "\
    the to and you I it is in of that for on we have be are not with this was do at will but \
    can if just what about when there know time tomorrow good think see going come back home \
    work today thanks really later meeting dinner train photo weekend question garden \
    hospital umbrella birthday kitchen Wednesday language mountain";

/// The same for Chinese.
const CHINESE: &str = "\
    的 我 你 是 了 不 在 他 有 我们 这个 什么 没有 知道 现在 可以 时候 今天 \
    明天 一起 回家 吃饭 工作 觉得 已经 谢谢 问题 喜欢 照片 周末 会议 生日 火车 \
    医院 厨房 雨伞 花园 语言 星期三 高山";

/// Words of a message.
const WORDS: u64 = 12;

/// One word in so many is none of the list: a name, a place, a number.
const RARE: u64 = 12;

/// First and number of the characters of which rare Chinese words are made.
const HAN: (u32, u64) = (0x4e00, 0x4000);

impl Texts {
    /// From the beginning.
    pub(crate) const fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// A message.
    pub(crate) fn message(&mut self, language: Language) -> String {
        let words = (0..WORDS / 2 + self.below(WORDS)).map(|_| self.word(language));
        let words: Vec<String> = words.collect();
        match language {
            Language::English => words.join(" "),
            Language::Chinese => words.concat(),
        }
    }

    /// So many neighbouring characters of a text, in lower case; without a space at either end.
    /// None if the text is too short.
    pub(crate) fn part(&mut self, text: &str, length: usize) -> Option<String> {
        let characters: Vec<char> = fold(text).chars().collect();
        let parts: Vec<&[char]> = characters
            .windows(length)
            .filter(|part| part.first() != Some(&' ') && part.last() != Some(&' '))
            .collect();
        let part = parts.get(self.below(parts.len().max(1) as u64) as usize)?;
        Some(part.iter().collect())
    }

    /// A number below another one.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // Xorshift: any unevenness is far below that of words.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn word(&mut self, language: Language) -> String {
        if self.below(RARE) == 0 {
            return self.rare(language);
        }
        let words = match language {
            Language::English => ENGLISH,
            Language::Chinese => CHINESE,
        };
        let words: Vec<&str> = words.split(' ').collect();
        // The product of two even numbers falls off as word frequencies about do.
        let count = words.len() as u64;
        let at = self.below(count) * self.below(count) / count;
        words
            .get(at as usize)
            .copied()
            .unwrap_or_default()
            .to_owned()
    }

    fn rare(&mut self, language: Language) -> String {
        let character = |number: u64| match language {
            Language::English => char::from(b'a' + (number % 26) as u8),
            Language::Chinese => char::from_u32(HAN.0 + (number % HAN.1) as u32).unwrap_or('人'),
        };
        let length = match language {
            Language::English => 4 + self.below(5),
            Language::Chinese => 2,
        };
        (0..length)
            .map(|_| character(self.below(u64::MAX)))
            .collect()
    }
}
