//! Open predicates: what a sentence asserts with words that neither the facts nor general phrasing have, whether or not a list
//! knows their class: "glows in the dark", "worn by astronauts", "the seams are taped".

use super::capitals::{is_known_name, is_name};
use super::lemma::lemma;
use super::lexicon::{Class, Hit, Languages, Role, lexicon};
use super::reader::Reader;
use super::tokens::{Clause, Tokens, Word};
use super::vocabulary::Vocabulary;
use crate::content::StatementKind;
use crate::product::unit::{is_cjk, named};

/// What a text's language and letters say of its words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    /// Whether the facts are in another language.
    pub(super) foreign: bool,
    /// Whether a capital inside a sentence makes a name.
    pub(super) names_capital: bool,
    /// Whether the text is written in capitals as a whole.
    pub(super) shouted: bool,
    /// Whether the language joins words to compounds: German.
    pub(super) compounds: bool,
    pub(super) languages: Languages,
}

impl Reader<'_> {
    /// What a clause asserts with words that nothing bears.
    pub(super) fn predicates(&mut self, clause: Clause<'_, '_>, hits: &[Hit], script: Script) {
        let known = &self.sheet.known;
        let mut run: Option<(usize, usize, StatementKind)> = None;
        let mut next_place = 0;
        let denies = clause.words.iter().any(|word| word.is(Role::Deny));
        let claims_part = claims_part(clause);
        let mut decided = vec![false; clause.words.len()];
        for hit in hits.iter().filter(|hit| self.decides(hit)) {
            decided.get_mut(hit.first..hit.after).unwrap_or_default().fill(true);
        }
        for ((place, word), decided) in clause.words.iter().enumerate().zip(decided) {
            let only_denied =
                !denies && known.only_denies(word.lemma) && is_claimed(word, place, hits, claims_part);
            let share = || {
                // "Pure" says how much of a material, which is decided with it.
                word.is(Role::Pure) && hits.iter().any(|hit| hit.first == place + 1 && is_material(hit))
            };
            if !only_denied && (decided || !says_something(word) || known.has(word.lemma) || share()) {
                continue;
            }
            if !only_denied && (self.affixed(word) || is_borne(&self.sheet.known, word, script)) {
                continue;
            }
            let name = self.is_new_name(clause, place, script);
            if script.foreign && !name {
                // Of another language only names can be looked up.
                self.flush(&mut run);
                self.not_checkable(word.start, word.end, StatementKind::Predicate);
                continue;
            }
            let kind = if name { StatementKind::Name } else { StatementKind::Predicate };
            match &mut run {
                // "Raja Indian Cuisine" is one name, "flame resistant" one property.
                Some((_, end, of)) if next_place == place && *of == kind => *end = word.end,
                _ => {
                    self.flush(&mut run);
                    run = Some((word.start, word.end, kind));
                }
            }
            next_place = place + 1;
        }
        self.flush(&mut run);
    }

    /// Whether a slot of its own decides about a concept, it states nothing, or the facts speak of that part.
    fn decides(&self, hit: &Hit) -> bool {
        hit.class != Class::Part || lexicon().is_side(hit.concept) || self.sheet.has_part(hit.concept)
    }

    /// Whether words are one word, which an affix makes deny what the facts speak of.
    pub(super) fn affixed_alone(&mut self, words: &[Word<'_>]) -> bool {
        matches!(words, [word] if self.affixed(word))
    }

    /// Whether an affix makes a word deny what the facts speak of: "unlined", "sleeveless" of what has sleeves, or none.
    fn affixed(&mut self, word: &Word<'_>) -> bool {
        let known = &self.sheet.known;
        let lower = word.text.to_lowercase();
        let spoken_of = |form: &String| {
            let affirming = known.affirming(lemma(form)).map(|attribute| (attribute, true));
            affirming.or_else(|| self.sheet.features.of_name(lemma(form)))
        };
        let Some((attribute, affirmed)) = lexicon().without_affix(&lower).find_map(|rest| {
            let stem = rest.strip_suffix("ed").unwrap_or(rest);
            let forms = [rest.to_owned(), format!("{rest}e"), format!("{rest}ed"), format!("{stem}ing")];
            forms.iter().find_map(spoken_of)
        }) else {
            return false;
        };
        let (start, end, kind) = (word.start, word.end, StatementKind::Feature);
        if word.denied == affirmed {
            self.supported(start, end, kind, !word.denied, attribute);
        } else if affirmed {
            self.denies_stated(start, end, kind, attribute, "states");
        } else {
            self.claims_denied(start, end, kind, attribute);
        }
        true
    }

    fn flush(&mut self, run: &mut Option<(usize, usize, StatementKind)>) {
        if let Some((start, end, kind)) = run.take() {
            self.not_stated(start, end, kind);
        }
    }

    /// Whether a word is a name that no fact holds: written as a technology's is, or with a capital inside a sentence.
    fn is_new_name(&self, clause: Clause<'_, '_>, place: usize, script: Script) -> bool {
        let Some(word) = clause.words.get(place) else { return false };
        if !script.shouted && is_name(word.text) && !is_known_name(&self.sheet.known, word) {
            return true;
        }
        let plain = word.text.chars().skip(1).all(|c| c.is_lowercase() || matches!(c, '\'' | '’'));
        let inside = || {
            let before = place.checked_sub(1).and_then(|place| clause.words.get(place));
            before.is_some_and(|before| {
                self.tokens
                    .between(before, word)
                    .chars()
                    .all(|c| matches!(c, ' ' | ',' | '\u{a0}' | '(' | '-' | '/'))
            })
        };
        script.names_capital && plain && word.is_capital() && inside() && !is_headline(clause)
    }
}

/// Whether a word that the facts only deny is claimed: a thing of general phrasing, a battery or a spoon, where the clause
/// says that it is there, anything else that says something wherever it stands.
fn is_claimed(word: &Word<'_>, place: usize, hits: &[Hit], claims_part: bool) -> bool {
    let thing = is_part(place, hits) || (word.is(Role::General) && word.is_longer_than(2));
    let verb = word.is(Role::State) || word.is(Role::Affirm);
    !verb && if thing { claims_part } else { says_something(word) }
}

/// Whether a word names a part.
fn is_part(place: usize, hits: &[Hit]) -> bool {
    hits.iter().any(|hit| hit.class == Class::Part && hit.first <= place && place < hit.after)
}

/// Whether a clause says that a thing has its parts: "batteries are included", and not "runs on two batteries".
fn claims_part(clause: Clause<'_, '_>) -> bool {
    clause.words.iter().any(|word| word.is(Role::State) || word.is(Role::Affirm))
}

fn is_material(hit: &Hit) -> bool {
    hit.class == Class::Kind(StatementKind::Material)
}

/// Whether a clause has capitals everywhere.
fn is_headline(clause: Clause<'_, '_>) -> bool {
    clause.words.iter().filter(|word| word.is_capital()).count() * 2 > clause.words.len()
}

/// Whether a word asserts something: no word of grammar or general phrasing, no number, no unit, no letter.
fn says_something(word: &Word<'_>) -> bool {
    let general = word.roles.asserts_nothing();
    let short = if word.text.starts_with(is_cjk) { !word.is_longer_than(1) } else { !word.is_longer_than(2) };
    let short = short && !is_grade(word);
    let number = || word.known.is_some_and(|known| known.number().is_some());
    !general && !short && !word.has_digit() && !number() && named(word.text).is_none()
}

/// Whether a word is a grade with a sign: "A+".
fn is_grade(word: &Word<'_>) -> bool {
    word.text.ends_with('+')
}

/// Whether facts or general phrasing have a word, its parts, or what it is a form of.
fn is_borne(known: &Vocabulary, word: &Word<'_>, script: Script) -> bool {
    let general = |part: &str| {
        let lemma = lemma(part);
        known.has(lemma)
            || lexicon().word(part, lemma).is_some_and(|word| {
                word.roles(script.languages).asserts_nothing()
                    || word.number().is_some()
                    || word.single().any(|(_, class)| class == Class::Dimension)
            })
    };
    let parts = || word.text.split(['-', '/', '.', '&', '\'', '’', '‑']).filter(|part| !part.is_empty());
    known.covers(word)
        || (word.text.starts_with(is_cjk) && is_made_of(word.text, &general))
        || (!is_grade(word) && known.begins(word.text))
        || (parts().nth(1).is_some() && parts().all(general))
        || elided(word.text).is_some_and(|rest| general(rest) || is_form(rest, general))
        || (script.compounds && is_compound(word.text, general))
        || is_form(word.text, general)
}

/// Whether a run of Chinese or Japanese, as a dictionary cut it, is made of pieces that are borne: "由木" of "由" and "木";
/// what is in hiragana alone is grammar.
fn is_made_of(text: &str, borne: &impl Fn(&str) -> bool) -> bool {
    const LONGEST: usize = 24;
    if text.chars().all(|c| matches!(c, '\u{3041}'..='\u{309f}' | 'ー')) {
        return true;
    }
    if text.len() > LONGEST {
        return false;
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    let mut reached = vec![0_usize];
    for end in ends {
        let fits = reached.iter().any(|start| {
            text.get(*start..end).is_some_and(|piece| {
                piece.chars().all(|c| matches!(c, '\u{3041}'..='\u{309f}')) || borne(piece)
            })
        });
        if fits {
            reached.push(end);
        }
    }
    reached.last() == Some(&text.len())
}

/// A word without the article that an apostrophe joins to it: "l'emballage", "qu'il".
fn elided(text: &str) -> Option<&str> {
    let (article, rest) = text.split_once(['\'', '’'])?;
    article.chars().nth(2).is_none().then_some(rest)
}

/// Whether a word is a regular form of one that is borne: "serving" of "serve", "weighs" of "weigh".
fn is_form(text: &str, borne: impl Fn(&str) -> bool) -> bool {
    const ENDINGS: &[(&str, &[&str])] = &[
        ("ing", &["", "e"]),
        ("ed", &["", "e"]),
        ("ies", &["y"]),
        ("ied", &["y"]),
        ("er", &["", "e"]),
        ("ly", &[""]),
        ("ness", &[""]),
        ("y", &["", "e"]),
    ];
    let lower = text.to_lowercase();
    ENDINGS.iter().any(|(ending, replaced)| {
        lower.strip_suffix(ending).filter(|stem| stem.chars().nth(2).is_some()).is_some_and(|stem| {
            let doubled = stem
                .chars()
                .next_back()
                .filter(|last| stem.strip_suffix(*last).is_some_and(|rest| rest.ends_with(*last)));
            replaced.iter().any(|new| borne(&format!("{stem}{new}")))
                || doubled.is_some_and(|last| stem.strip_suffix(last).is_some_and(&borne))
        })
    })
}

/// Whether a word is a compound of words that are borne: "Edelstahlflasche".
fn is_compound(text: &str, borne: impl Fn(&str) -> bool) -> bool {
    const SHORTEST: usize = 3;
    // Each of its letters may be where two words meet.
    const BYTES_MAX: usize = 80;
    if text.len() > BYTES_MAX {
        return false;
    }
    let lower = text.to_lowercase();
    lower.char_indices().skip(SHORTEST).any(|(at, _)| {
        let (head, tail) = lower.split_at(at);
        let joined = || head.strip_suffix('s').filter(|head| head.chars().nth(SHORTEST - 1).is_some());
        tail.chars().nth(SHORTEST - 1).is_some()
            && borne(tail)
            && (borne(head) || joined().is_some_and(&borne))
    })
}

/// How a text of a language is written.
pub(super) fn script(tokens: &Tokens<'_>, known: &Vocabulary, language: &str) -> Script {
    /// So many words an English text must have before it is taken for one in another language than the facts.
    const FOREIGN_WORDS_MIN: usize = 12;
    /// Languages that write names with a capital and other words without.
    const NAMES_CAPITAL: &[&str] = &["en", "fr", "es", "it", "nl", "pt", "pl"];
    let (mut telling, mut shared) = (0_usize, 0_usize);
    for shares in tokens.words.iter().filter_map(|word| known.shares(word)) {
        telling += 1;
        shared += usize::from(shares);
    }
    // Facts are in English more often than not, and a short English text may be all invented: English needs more words.
    let foreign = match language {
        "en" => telling >= FOREIGN_WORDS_MIN && shared * 25 < telling,
        // Of a short text a shared name says little, so the facts' own words are asked as well.
        _ => shared * 5 < telling || known.is_foreign_to(Languages::of(language)),
    };
    let shouted = super::capitals::shouts(tokens.text);
    Script {
        foreign,
        names_capital: !shouted && !foreign && NAMES_CAPITAL.contains(&language),
        shouted,
        compounds: language == "de",
        languages: Languages::of(language),
    }
}
