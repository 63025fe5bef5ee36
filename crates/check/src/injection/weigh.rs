//! What a sentence is: its mood and its topic, weighed language by language.

use super::data::{
    ADDRESS, ADDRESSEES, ANSWERS, ASK, DUTY, FUNCTION, Flags, IDIOMS, INSERT, INSTRUCTIONS, JOINS, LANGUAGES,
    LEAD, LURE, ME, META, NAMED, OVERRIDE, PRODUCT, READER, SHARED, SOFT, STRONG, TEXTS, THING, VERBS, WH,
};
use super::tokens::{Token, tokens};
use super::vocabulary::Vocabulary;
use super::{Level, unspaced};

/// From here on a sentence is an instruction.
const TASK_MIN: i32 = 3;
/// Words among which an instruction is put out of force.
const OVERRIDE_REACH: usize = 8;

/// So many verbs of a sentence are weighed.
const VERBS_MAX: usize = 64;

/// What a sentence is weighed against: the product's words, and the text that it stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Topic<'a> {
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) own: u64,
}

/// What kind of instruction a folded sentence is. Without a topic nothing counts as foreign to the product.
pub(super) fn weigh(text: &str, topic: Option<Topic<'_>>) -> Option<Level> {
    if let Some(level) = unspaced::weigh(text, topic) {
        return Some(level);
    }
    let tokens = tokens(text);
    if tokens.is_empty() {
        return None;
    }
    let sentence = Sentence::new(text, &tokens, topic);
    (0..LANGUAGES)
        .filter(|language| sentence.is_in(*language))
        .filter_map(|language| sentence.level(language))
        .max()
}

struct Sentence<'a> {
    text: &'a str,
    tokens: &'a [Token],
    held_together: [usize; LANGUAGES],
    /// Words that carry something, and how many of them are the product's.
    content: usize,
    shared: usize,
    /// Words that every product has.
    general: usize,
    product: bool,
    name: bool,
    marked: bool,
    has_topic: bool,
    topic: Option<Topic<'a>>,
}

impl<'a> Sentence<'a> {
    fn new(text: &'a str, tokens: &'a [Token], topic: Option<Topic<'a>>) -> Self {
        let mut sentence = Self {
            text,
            tokens,
            held_together: [0; LANGUAGES],
            content: 0,
            shared: 0,
            general: 0,
            product: false,
            name: false,
            marked: has_address(text)
                || text.contains(['"', '“', '«', '„', '「', '*', '`', '\'']) && is_quoted(text),
            has_topic: topic.is_some(),
            topic,
        };
        for token in tokens {
            for (count, flags) in sentence.held_together.iter_mut().zip(token.alone) {
                *count += usize::from(flags & (FUNCTION | THING | READER | ME) != 0);
            }
            let word = text.get(token.range.clone()).unwrap_or_default();
            let is_product = token.is_listed(PRODUCT);
            sentence.product |= is_product;
            let hollow = FUNCTION
                | VERBS
                | READER
                | THING
                | ME
                | DUTY
                | META
                | ANSWERS
                | LEAD
                | ASK
                | WH
                | LURE
                | ADDRESSEES;
            if (!is_product && token.is_listed(hollow)) || word.chars().count() < 3 && word.is_ascii() {
                continue;
            }
            sentence.content += 1;
            let own = topic.is_some_and(|topic| topic.vocabulary.has(word, topic.own));
            let known = is_product || own;
            sentence.shared += usize::from(own);
            sentence.general += usize::from(is_product && !own);
            sentence.name |= token.capital && !token.first && !known && !token.is_listed(TEXTS | PRODUCT);
        }
        sentence
    }

    /// Whether the words that hold it together are this language's.
    fn is_in(&self, language: usize) -> bool {
        let most = self.held_together.iter().max().copied().unwrap_or(0);
        let own = self.held_together.get(language).copied().unwrap_or(0);
        let listed = |language: usize| self.count(language, Flags::MAX);
        // Without such words: by what the lists have of it, where that is more than a word by chance.
        let bids =
            self.tokens.len() <= 3 && self.tokens.first().is_some_and(|first| has(first, language, STRONG));
        let several = listed(language) > 1 || bids || self.text.contains(':');
        own == most && (most > 0 || language == 0 || (listed(language) > listed(0) && several))
    }

    fn any(&self, language: usize, flags: Flags) -> bool {
        self.count(language, flags) > 0
    }

    fn count(&self, language: usize, flags: Flags) -> usize {
        self.tokens.iter().filter(|token| has(token, language, flags)).count()
    }

    fn level(&self, language: usize) -> Option<Level> {
        if self.overrides(language) || self.speaks_of_answer(language) {
            return Some(Level::Order);
        }
        let score = self.bids(language).max(self.obliges(language)).max(self.lures(language));
        if score >= TASK_MIN {
            return Some(Level::Task);
        }
        let asked = self.asks(language);
        let bidden = asked && self.asks_for_verb(language) && (self.marked || self.any(language, TEXTS));
        if bidden { Some(Level::Task) } else { asked.then_some(Level::Question) }
    }

    /// How foreign it is to the product: nothing shared, or as much as half.
    fn foreign(&self) -> i32 {
        if !self.has_topic {
            0
        } else if self.shared == 0 && self.general * 2 < self.content.max(1) {
            1
        } else if (self.shared + self.general) * 2 >= self.content {
            -1
        } else {
            0
        }
    }

    /// An imperative: by its verb, and by what it is about.
    fn bids(&self, language: usize) -> i32 {
        let verbs = self.tokens.iter().enumerate().filter(|(_, token)| self.is_imperative(token, language));
        let verbs = verbs.take(VERBS_MAX);
        let mut best = 0;
        for (place, token) in verbs {
            let next = self.tokens.get(place + 1);
            let held = next.is_some_and(|next| {
                (has(next, language, FUNCTION | ME) && !has(next, language, JOINS))
                    || next.is_number(self.text)
            });
            let flags = token.flags.get(language).copied().unwrap_or(0);
            let verb = if flags & STRONG != 0 {
                3
            } else if flags & SOFT != 0 || (flags & NAMED != 0 && held) {
                2
            } else {
                i32::from(flags & (SHARED | OVERRIDE) != 0)
            };
            if verb == 0 {
                continue;
            }
            let told = flags & INSERT != 0 && matches!(token.behind, ':' | '"' | '“' | '«' | '„' | '\'');
            let for_me = next.is_some_and(|next| has(next, language, ME));
            let texts = small(self.count_texts(language, place).min(2));
            let name = i32::from(self.name && verb > 1 && language != 1);
            // "Describe your day", "Translate, listen and repeat", "and write it again".
            let near = self.tokens.get(place + 1..place + 3).unwrap_or_default();
            let bare = 2 * i32::from(token.behind == ',');
            let of_thing = i32::from(place > 0 && texts + name == 0 && self.any(language, THING));
            let to_shoppers = i32::from(self.any(language, READER))
                + i32::from(near.iter().any(|token| has(token, language, READER)))
                + i32::from(self.is_own(token)) * 2
                + bare
                + of_thing;
            let score = verb + texts + i32::from(told) + i32::from(for_me) + name + i32::from(self.marked);
            best = best.max(score - to_shoppers + self.foreign());
        }
        best
    }

    /// Whether the product itself has a word: a translator translates.
    fn is_own(&self, token: &Token) -> bool {
        let word = self.text.get(token.range.clone()).unwrap_or_default();
        self.topic.is_some_and(|topic| topic.vocabulary.has(word, topic.own))
    }

    /// Texts that are spoken of, the verb itself aside.
    fn count_texts(&self, language: usize, verb: usize) -> usize {
        let is_verb = |token: &Token| token.starts && has(token, language, VERBS);
        let others =
            self.tokens.iter().enumerate().filter(|(place, token)| *place != verb && !is_verb(token));
        others.filter(|(_, token)| has(token, language, TEXTS | INSTRUCTIONS)).count()
    }

    /// Whether a verb stands where an imperative does, and not in a set phrase.
    fn is_imperative(&self, token: &Token, language: usize) -> bool {
        // German instructs in the infinitive as well, which stands last.
        let last = language == 1 && self.tokens.last().is_some_and(|last| last.range == token.range);
        (token.starts || last || matches!(token.behind, ':'))
            && has(token, language, VERBS)
            && !has(token, language, IDIOMS)
    }

    /// "Ignore all of the above."
    fn overrides(&self, language: usize) -> bool {
        let verbs = self
            .tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| has(token, language, OVERRIDE) && !has(token, language, IDIOMS));
        let mut about = verbs.take(VERBS_MAX).filter(|(place, _)| {
            let reach = place.saturating_sub(OVERRIDE_REACH)..(place + OVERRIDE_REACH).min(self.tokens.len());
            let near = self.tokens.get(reach).unwrap_or_default();
            near.iter().any(|token| has(token, language, INSTRUCTIONS))
        });
        about.any(|(_, token)| {
            self.is_imperative(token, language)
                && (self.name || self.foreign() >= 0)
                && (self.name
                    || self.foreign() > 0
                    || !self.any(language, READER)
                    || self.any(language, TEXTS))
        })
    }

    /// "In your answer".
    fn speaks_of_answer(&self, language: usize) -> bool {
        self.tokens.windows(2).any(|pair| match pair {
            [first, second] => {
                has(first, language, READER) && has(second, language, ANSWERS) && !first.starts
            }
            _ => false,
        })
    }

    /// "The following line has to stand in every text."
    fn obliges(&self, language: usize) -> i32 {
        let meta = self.count(language, META);
        let texts =
            self.count(language, TEXTS | INSTRUCTIONS) - meta.min(self.count(language, TEXTS | INSTRUCTIONS));
        let duty = i32::from(self.any(language, DUTY));
        let addressed = self.any(language, ADDRESSEES)
            && self
                .tokens
                .iter()
                .take(2)
                .chain(self.tokens.iter().filter(|token| token.starts))
                .any(|token| has(token, language, ADDRESSEES | ADDRESS) && !self.is_own(token));
        let personal = i32::from(self.any(language, ME));
        let mut signs = duty + personal;
        if addressed {
            signs += 1 + i32::from(self.any(language, VERBS));
        }
        if signs == 0 || meta + texts == 0 {
            return 0;
        }
        let shared = self.shared + self.general;
        let about_product =
            (self.product && !self.name) || (self.has_topic && shared * 2 >= self.content && shared > 0);
        let named = i32::from(self.name && language != 1);
        small(meta.min(2)) + small(texts.min(1)) + signs + named - i32::from(about_product)
    }

    /// An offer of somebody else's.
    fn lures(&self, language: usize) -> i32 {
        let named = self.has_topic && (self.name || self.marked) && self.shared == 0;
        if named && self.count(language, LURE) >= 2 { TASK_MIN } else { 0 }
    }

    /// "How do you say", "how do I solve".
    fn asks_for_verb(&self, language: usize) -> bool {
        self.tokens.windows(2).any(|pair| match pair {
            [who, verb] => has(who, language, READER | ME | THING) && has(verb, language, STRONG | SOFT),
            _ => false,
        })
    }

    /// A question that is neither about the product nor put to shoppers.
    fn asks(&self, language: usize) -> bool {
        let marked = self.text.contains('?');
        let opener =
            self.tokens.iter().enumerate().find(|(_, token)| token.starts && has(token, language, WH | ASK));
        let Some((place, opener)) = opener else {
            // A statement with a question mark: "This review is positive?"
            let about_product = self.shared + self.general > 0 || self.any(language, READER | THING);
            return marked && self.has_topic && self.any(language, TEXTS) && !about_product;
        };
        if has(opener, language, IDIOMS)
            || self.tokens.first().is_some_and(|first| has(first, language, IDIOMS))
        {
            return false;
        }
        let next = self.tokens.get(place + 1);
        // A title in capitals is a name.
        let hollow = |token: &Token| token.is_listed(FUNCTION | WH | ASK);
        let small = self.tokens.iter().any(|token| !token.first && !token.capital && !hollow(token));
        let asked = has(opener, language, WH) && next.is_some_and(|next| has(next, language, ASK));
        let openly = asked && place == 0 && small;
        if !(marked || openly) {
            return false;
        }
        let texts = self.any(language, TEXTS);
        let shared = self.shared + self.general;
        if self.has_topic && (self.shared > 0 || self.general * 2 >= self.content && self.general > 0) {
            return texts && !self.any(language, READER) && shared * 2 < self.content;
        }
        let of_product = self.any(language, READER | THING);
        let verb = self.asks_for_verb(language);
        (self.content > 0 || texts) && (!of_product || texts || verb || (self.name && language != 1))
    }
}

/// A count of a few.
fn small(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn has(token: &Token, language: usize, flags: Flags) -> bool {
    token.flags.get(language).is_some_and(|known| known & flags != 0)
}

fn is_quoted(text: &str) -> bool {
    text.matches(['"', '“', '„', '«', '`']).count() >= 1 || text.contains(" '") || text.contains(": '")
}

/// Whether a text names an address.
fn has_address(text: &str) -> bool {
    text.contains("://") || text.contains("www.") || text.split_whitespace().any(is_address)
}

/// "shop.example", "name@host".
fn is_address(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let Some((front, last)) = word.rsplit_once('.') else { return false };
    front.len() > 2
        && front.chars().any(char::is_alphabetic)
        && !front.contains(|c: char| c.is_ascii_digit() && front.len() < 4)
        && (2..=6).contains(&last.len())
        && last.bytes().all(|b| b.is_ascii_lowercase())
}
