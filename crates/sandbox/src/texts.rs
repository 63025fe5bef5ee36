//! Which points a text is about, and which of their wordings stands where.

use std::collections::HashSet;

use super::compose::{Composer, Place};
use super::languages::capitalised;
use super::points::Point;
use super::values::brief;

/// Longest title, and one that stands where there is little room.
const TITLE_CHARS_MAX: usize = 140;
const TITLE_CHARS_SHORT: usize = 60;
/// Widest headline, keyword and short description, where a Chinese or Japanese character counts twice.
const HEADLINE_WIDTH_MAX: usize = 30;
const KEYWORD_WIDTH_MAX: usize = 40;
const SHORT_WIDTH_MAX: usize = 90;
/// Widest text of several sentences where there is little room.
const LINE_WIDTH_MAX: usize = 165;
const POST_WIDTH_MAX: usize = 270;

impl Composer<'_> {
    /// What stands at a place.
    pub(super) fn said(&mut self, place: Place<'_>, cited: &[usize]) -> String {
        let key = place.key;
        if key == "heading" || key.contains("title") && !self.section.is_empty() {
            let labels = self.section.iter().filter_map(|point| self.points.get(*point));
            let mut labels: Vec<String> = labels.map(|point| point.label.clone()).collect();
            labels.dedup();
            return capitalised(&self.language.list(&labels));
        }
        if key.contains("title") || key == "subject" {
            let short = key.contains("meta") || key == "subject";
            return self.title(if short { TITLE_CHARS_SHORT } else { TITLE_CHARS_MAX });
        }
        if key.contains("keyword") || key.contains("hashtag") || key.contains("headline") {
            return self.word(place);
        }
        if key == "call_to_action" {
            return self.language.call_to_action.clone();
        }
        let cited = if cited.is_empty() { self.take().into_iter().collect() } else { cited.to_vec() };
        let Some(point) = cited.first().and_then(|first| self.points.get(*first)) else {
            return self.title(TITLE_CHARS_MAX);
        };
        let title = self.read.title.as_str();
        if key.contains("question") {
            point.question(title)
        } else if key == "wrong" {
            point.wrong()
        } else if key.contains("objective") {
            point.objective()
        } else if key.contains("answer") {
            point.sentence(title)
        } else if key == "bullets" {
            point.bullet(title)
        } else if key == "descriptions" || key == "preheader" {
            let short = self.short(point, place);
            short.unwrap_or_else(|| narrowed(&self.title(TITLE_CHARS_MAX), SHORT_WIDTH_MAX))
        } else {
            self.sentences(place, &cited)
        }
    }

    /// The sentences on points, the first with the title where a text begins.
    fn sentences(&self, place: Place<'_>, cited: &[usize]) -> String {
        let title = self.read.title.as_str();
        // What is said a second time is said in other words.
        let again = self.next > self.points.len();
        // Where the title is in other letters than the text, once is enough.
        let begins = sentences_of(place.key) > 1 && !self.language.dense
            || place.index == 0
                && self.section.is_empty()
                && matches!(place.key, "body" | "introduction" | "x");
        let said = cited.iter().filter_map(|point| self.points.get(*point)).enumerate();
        let said = said.map(|(index, point)| {
            if index == 0 && (begins != again) && !title.is_empty() {
                point.opening(title)
            } else {
                point.sentence(title)
            }
        });
        let mut said: Vec<String> = said.collect();
        let closing = &self.language.closing;
        if place.key == "meta_description" && !closing.is_empty() {
            said.push(closing.clone());
            if width(&join(&said)) > LINE_WIDTH_MAX {
                said.pop();
            }
        }
        join(&said)
    }

    /// A sentence on a point that fits where there is little room.
    fn short(&self, point: &Point, place: Place<'_>) -> Option<String> {
        let title = self.read.title.as_str();
        let mut wordings = vec![point.sentence(title)];
        // Where there are fewer points than texts, a point is said twice.
        if place.index >= self.points.len() {
            wordings.insert(0, point.opening(title));
        }
        if place.key == "preheader" {
            wordings.push(point.bullet(title));
        }
        wordings.into_iter().find(|text| width(text) <= SHORT_WIDTH_MAX)
    }

    /// The product's name.
    fn title(&self, most: usize) -> String {
        let title = brief(&self.read.title, most);
        if title.is_empty() { "Product".to_owned() } else { title }
    }

    /// A headline, a keyword or a hashtag: the title, or values of the product.
    fn word(&self, place: Place<'_>) -> String {
        let (words, most) = self.words(place.key);
        // A long first word leaves nothing between words.
        let title = || Some(narrowed(&self.title(TITLE_CHARS_MAX), most)).filter(|title| !title.is_empty());
        let word = words.into_iter().nth(place.index).or_else(title);
        word.unwrap_or_else(|| self.language.call_to_action.clone())
    }

    /// All that may stand there, each once, and how wide it may be.
    pub(super) fn words(&self, key: &str) -> (Vec<String>, usize) {
        let title = self.title(TITLE_CHARS_MAX);
        let said = self.points.iter().filter(|point| !point.is("name") && !point.of_variant());
        let is_headline = key.contains("headline");
        let most = if is_headline { HEADLINE_WIDTH_MAX } else { KEYWORD_WIDTH_MAX };
        let mut words = vec![narrowed(&title, most)];
        if is_headline {
            words.extend(said.map(|point| point.bullet(&self.read.title)));
            words.push(self.language.call_to_action.clone());
        } else {
            words.extend(said.filter(|point| point.is_searched_for()).flat_map(|point| point.items.clone()));
        }
        if key.contains("hashtag") {
            words.extend(title.split(' ').map(str::to_owned));
            words.retain(|word| word.chars().nth(1).is_some() && word.chars().all(char::is_alphabetic));
        }
        let mut known = HashSet::new();
        words.retain(|word| !word.is_empty() && width(word) <= most && known.insert(word.to_lowercase()));
        (words, most)
    }

    /// The points that a text at this place is about.
    pub(super) fn cite(&mut self, place: Place<'_>) -> Vec<usize> {
        let mut cited: Vec<usize> = Vec::new();
        for _ in 0..sentences_of(place.key) {
            let Some(point) = self.take() else { break };
            if !cited.contains(&point) {
                cited.push(point);
            }
        }
        // What is too long for an ad is left to other texts.
        for _ in 0..self.points.len() {
            let point = cited.first().and_then(|point| self.points.get(*point));
            if place.key != "descriptions" || point.is_none_or(|point| self.short(point, place).is_some()) {
                break;
            }
            cited = self.take().into_iter().collect();
        }
        let most = if place.key == "meta_description" { LINE_WIDTH_MAX } else { POST_WIDTH_MAX };
        while cited.len() > 1 && width(&self.sentences(place, &cited)) > most {
            cited.pop();
        }
        if sentences_of(place.key) > 1 && width(&self.sentences(place, &cited)) > most {
            // The next point may be a shorter one.
            let fits = (0..self.points.len()).find(|point| width(&self.sentences(place, &[*point])) <= most);
            cited = fits.map_or(cited, |point| vec![point]);
        }
        cited
    }

    /// The points of a section: those of one attribute of several products, or two of one product.
    pub(super) fn section(&mut self) -> Vec<usize> {
        let Some(first) = self.take() else { return Vec::new() };
        let label =
            |index: usize| self.points.get(index).map(|point| (point.of_variant(), point.label.clone()));
        let mut section = vec![first];
        let of = label(first);
        if of.as_ref().is_some_and(|(variant, _)| *variant) {
            section.extend((first + 1..self.points.len()).take_while(|next| label(*next) == of).take(3));
            // The next section is about another attribute.
            let rest = (first..self.points.len()).find(|next| label(*next) != of);
            self.next += rest.map_or(0, |rest| rest - first - 1);
        } else if self.points.len() > 2 {
            for _ in 0..if self.language.dense { 2 } else { 1 } {
                let next = self.take().filter(|next| !section.contains(next));
                section.extend(next);
            }
        }
        section
    }

    /// The next point: of the section in the making, or else of all, round and round.
    fn take(&mut self) -> Option<usize> {
        if !self.section.is_empty() {
            let place = self.next_in_section;
            self.next_in_section += 1;
            return self.section.get(place % self.section.len()).copied();
        }
        let count = self.points.len();
        let point = (count > 0).then(|| self.next % count);
        self.next += 1;
        point
    }
}

/// How many sentences the text of a field has.
fn sentences_of(key: &str) -> usize {
    match key {
        "meta_description" | "x" | "pinterest" => 2,
        "instagram" | "linkedin" => 3,
        _ => 1,
    }
}

/// Sentences one after the other: Chinese and Japanese ones without a space.
fn join(sentences: &[String]) -> String {
    let mut text = String::new();
    for sentence in sentences {
        if !text.is_empty() && !text.ends_with('。') {
            text.push(' ');
        }
        text.push_str(sentence);
    }
    text
}

/// How wide a text is, where a Chinese or Japanese character counts twice.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c >= '\u{2e80}' { 2 } else { 1 }).sum()
}

/// A text of at most this width, cut between words.
fn narrowed(text: &str, most: usize) -> String {
    let wide = text.chars().any(|c| c >= '\u{2e80}');
    brief(text, if wide { most / 2 } else { most })
}
