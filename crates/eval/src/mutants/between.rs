//! True statements in the wrong place: another product's bullet, another product's value, another attribute's value.

use std::collections::HashSet;

use fastrand::Rng;
use skuscribe_check::product::Value;

use super::lists::Lists;
use super::mutant::Mutants;
use super::sheet::{self, Sheet, states_more};
use super::true_copy::{TrueCopy, sentence, shown};

/// Bullets of others that are put into one copy.
const BULLETS: usize = 3;

/// Swaps within one copy.
const SWAPS: usize = 6;

/// Other products that are tried for a value that is false here.
const TRIES: usize = 8;

/// Shortest value that is looked for in a text as it stands, in bytes.
const VALUE_BYTES_MIN: usize = 3;

/// Shortest last word of two attributes' names that makes them of one kind, in bytes.
const LAST_WORD_BYTES_MIN: usize = 4;

/// The products of a file, with what their facts hold.
pub(super) struct Others<'a> {
    pub(super) copies: &'a [TrueCopy],
    pub(super) sheets: &'a [Sheet],
    pub(super) common: &'a HashSet<String>,
    pub(super) lists: &'a Lists,
}

impl Others<'_> {
    /// True bullets of other products, put between the sentences of a copy.
    pub(super) fn foreign_bullets(&self, at: usize, random: &mut Rng, mutants: &mut Mutants) {
        let (Some(copy), Some(_)) = (self.copies.get(at), self.sheets.get(at)) else { return };
        for _ in 0..BULLETS {
            let Some((bullet, is_false)) = self.bullet_for(at, random) else { continue };
            let place = random.usize(1..=copy.sentences.len().max(1));
            mutants.put("foreign bullet", is_false, copy.with_before(place, bullet));
        }
    }

    /// A bullet of another product, and whether it is false of this one: it says something that the facts do not.
    pub(super) fn bullet_for(&self, at: usize, random: &mut Rng) -> Option<(&str, bool)> {
        let sheet = self.sheets.get(at)?;
        let mut drawn = None;
        for _ in 0..TRIES {
            let other = random.usize(..self.copies.len());
            let Some(copy) = self.copies.get(other).filter(|copy| other != at && !copy.bullets.is_empty())
            else {
                continue;
            };
            let bullet = copy.bullets.get(random.usize(..copy.bullets.len()))?;
            let is_false = !sheet.has_all(bullet, self.common)
                && (!copy.is_written || self.has_value_of(copy, bullet, sheet));
            if is_false {
                return Some((bullet, true));
            }
            drawn = Some((bullet.as_str(), false));
        }
        drawn
    }

    /// Whether a sentence repeats a value of its own product that a sheet does not have. People paraphrase: a word that the
    /// facts do not have may still be true.
    fn has_value_of(&self, copy: &TrueCopy, sentence: &str, sheet: &Sheet) -> bool {
        let lower = sentence.to_lowercase();
        copy.product.attributes.iter().any(|(_, value)| {
            let value = value.to_string().to_lowercase();
            let known = sheet.text.contains(&value)
                || self.lists.same_as(&value).any(|same| sheet.text.contains(same));
            value.len() >= VALUE_BYTES_MIN && lower.contains(&value) && !known
        })
    }

    /// In each sentence that states an attribute, another product's value of the same attribute.
    pub(super) fn transplants(&self, at: usize, random: &mut Rng, mutants: &mut Mutants) {
        const NAME: &str = "transplant";
        let Some(copy) = self.copies.get(at) else { return };
        for (place, true_sentence) in copy.sentences.iter().enumerate() {
            let stated: Vec<(&str, &Value)> = copy
                .product
                .attributes
                .iter()
                .filter(|(name, value)| match &true_sentence.states {
                    Some((stated, _)) => stated == name,
                    None => copy.is_written && !is_yes_or_no(value) && true_sentence.repeats(value),
                })
                .collect();
            for (name, own) in stated {
                let Some(new) = self.other_value(copy.is_written, name, own, random) else { continue };
                let Some(new_shown) = shown(new) else { continue };
                let text = match &true_sentence.states {
                    Some((_, turn)) => sentence(self.lists, name, new, *turn),
                    None => Some(true_sentence.text.replacen(&own.to_string(), &new_shown, 1)),
                };
                let Some(text) = text.filter(|text| *text != true_sentence.text) else { continue };
                let is_false = true_sentence.states.is_some()
                    || self.sheets.get(at).is_some_and(|sheet| states_more(&new_shown, &sheet.text));
                mutants.put(NAME, is_false, copy.with(place, &text));
            }
        }
    }

    /// Another product's value of an attribute, which states what the product's own does not.
    fn other_value(&self, is_written: bool, name: &str, own: &Value, random: &mut Rng) -> Option<&Value> {
        let own = shown(own)?;
        (0..TRIES).find_map(|_| {
            let other = self.copies.get(random.usize(..self.copies.len()))?;
            let (_, value) = other.product.attributes.iter().find(|(other, _)| *other == name)?;
            let new = shown(value)?;
            let is_same = self.lists.same_as(&own.to_lowercase()).any(|same| new.eq_ignore_ascii_case(same));
            (states_more(&new, &own) && !is_same && (!is_written || fits(&own, &new))).then_some(value)
        })
    }

    /// In sentences that state an attribute, the value of another attribute of the same kind.
    pub(super) fn swaps(&self, at: usize, random: &mut Rng, mutants: &mut Mutants) {
        let Some(copy) = self.copies.get(at) else { return };
        let attributes: Vec<(&str, &Value)> = copy.product.attributes.iter().collect();
        let mut swapped: Vec<String> = Vec::new();
        for (place, true_sentence) in copy.sentences.iter().enumerate() {
            let Some((name, turn)) = &true_sentence.states else { continue };
            let Some((_, own)) = attributes.iter().find(|(other, _)| other == name) else { continue };
            for (other, value) in &attributes {
                let (Some(shown_own), Some(shown_new)) = (shown(own), shown(value)) else { continue };
                if *other != name.as_str()
                    && are_alike(self.lists, (name, own), (other, value))
                    && states_more(&shown_new, &shown_own)
                    && let Some(text) = sentence(self.lists, name, value, *turn)
                {
                    swapped.push(copy.with(place, &text));
                }
            }
        }
        random.shuffle(&mut swapped);
        for text in swapped.into_iter().take(SWAPS) {
            mutants.put("swap of attributes", true, text);
        }
    }
}

/// Whether two attributes are of one kind: values of one shape with a number, words of one line, or names with the same
/// last word.
fn are_alike(lists: &Lists, left: (&str, &Value), right: (&str, &Value)) -> bool {
    let shape = sheet::shape(left.1);
    let line = |value: &Value| lists.line_of(&value.to_string()).map(<[String]>::to_vec);
    let last = |name: &str| name.rsplit([' ', '_', ':']).next().unwrap_or_default().to_lowercase();
    (shape.contains('#') && shape == sheet::shape(right.1))
        || line(left.1).is_some_and(|of_left| line(right.1) == Some(of_left))
        || (last(left.0).len() >= LAST_WORD_BYTES_MIN
            && last(left.0) == last(right.0)
            && !is_yes_or_no(left.1)
            && !is_yes_or_no(right.1))
}

/// Whether a value reads well where another one stood: both are of as many words, or both are numbers.
fn fits(own: &str, new: &str) -> bool {
    let has_digits = |value: &str| value.contains(|character: char| character.is_ascii_digit());
    has_digits(own) == has_digits(new)
        && (has_digits(own) || own.split(' ').count() == new.split(' ').count())
}

fn is_yes_or_no(value: &Value) -> bool {
    let shown = value.to_string();
    shown.eq_ignore_ascii_case("yes") || shown.eq_ignore_ascii_case("no")
}
