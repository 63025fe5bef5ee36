//! Makes labelled sentences out of templates, lists of names and lists of words.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use fastrand::Rng;
use skuscribe_check::privacy::names::LISTS;

/// A text with the places of the names in it, in bytes.
pub(crate) struct Sentence {
    pub(crate) text: String,
    pub(crate) names: Vec<(usize, usize)>,
}

/// Templates and what fills their slots.
pub(crate) struct Corpus {
    templates: Vec<String>,
    slots: HashMap<String, Vec<String>>,
    /// Given names, surnames, common words, other words with a capital.
    pub(crate) lists: [Vec<String>; LISTS],
}

/// Whether a name or template is kept for testing: a tenth is, by its hash.
pub(crate) fn kept_back(entry: &str) -> bool {
    entry.bytes().fold(7_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619)) >> 8 & 0xff < 26
}

/// One part of the corpus: what is trained on, or what is kept back.
pub(crate) struct Part<'a> {
    corpus: &'a Corpus,
    templates: Vec<&'a str>,
    names: [Vec<&'a str>; 2],
}

impl Corpus {
    /// Reads the folder of lists and templates.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let list = |name: &str| anyhow::Ok(read(name)?.lines().map(str::to_owned).collect::<Vec<String>>());
        let templates = list("templates.txt")?;
        let templates = templates.into_iter().filter(|line| !line.starts_with('#') && !line.is_empty());
        Ok(Self {
            templates: templates.map(|line| line.replace("\\n", "\n")).collect(),
            slots: toml::from_str(&read("slots.toml")?)?,
            lists: [list("given.txt")?, list("surnames.txt")?, list("words.txt")?, list("capitals.txt")?],
        })
    }

    /// What is kept back (`true`), or the rest.
    pub(crate) fn part(&self, back: bool) -> Part<'_> {
        let [given, surnames, _, _] = &self.lists;
        Part {
            corpus: self,
            templates: self
                .templates
                .iter()
                .map(String::as_str)
                .filter(|line| kept_back(line) == back)
                .collect(),
            names: [given, surnames]
                .map(|list| list.iter().map(String::as_str).filter(|name| kept_back(name) == back).collect()),
        }
    }
}

impl Part<'_> {
    /// So many sentences of each template, twice as many of one without a name: some joined, some in small or capital letters alone.
    pub(crate) fn sentences(&self, each: usize, random: &mut Rng) -> Vec<Sentence> {
        let mut sentences: Vec<Sentence> = Vec::with_capacity(each * self.templates.len());
        for _ in 0..each {
            let twice = self.templates.iter().filter(|template| !has_names(template));
            for template in self.templates.iter().chain(twice) {
                let mut sentence = Sentence { text: String::new(), names: Vec::new() };
                self.fill(template, &mut sentence, random);
                while random.u8(..10) < 3 {
                    sentence.text.push_str(choose(&[" ", " ", "\n", "\n\n", "\n> "], random));
                    let next = random.choice(&self.templates).copied().unwrap_or_default();
                    self.fill(next, &mut sentence, random);
                }
                recase(&mut sentence, random);
                sentences.push(sentence);
            }
        }
        random.shuffle(&mut sentences);
        sentences
    }

    /// Writes a template's words, its slots filled.
    fn fill(&self, template: &str, into: &mut Sentence, random: &mut Rng) {
        let mut rest = template;
        while let Some(at) = rest.find(['[', '{']) {
            let (head, tail) = rest.split_at(at);
            into.text.push_str(head);
            let close =
                if tail.starts_with('[') { closing(tail) } else { tail.find('}').unwrap_or(tail.len() - 1) };
            let inside = tail.get(1..close).unwrap_or_default();
            if tail.starts_with('[') {
                let options: Vec<&str> = inside.split('|').collect();
                self.fill(choose(&options, random), into, random);
            } else {
                self.slot(inside, into, random);
            }
            rest = tail.get(close + 1..).unwrap_or_default();
        }
        into.text.push_str(rest);
    }

    fn slot(&self, slot: &str, into: &mut Sentence, random: &mut Rng) {
        let from = into.text.len();
        let given = |random: &mut Rng| self.name(0, random);
        let surname = |random: &mut Rng| self.name(1, random);
        let name = match slot {
            "GIVEN" => given(random),
            "SURNAME" => surname(random),
            "FULL" => full(&given(random), &surname(random), random),
            "PERSON" => match random.u8(..20) {
                0..6 => given(random),
                6..9 => surname(random),
                _ => full(&given(random), &surname(random), random),
            },
            _ => {
                let filled = self.other(slot, random);
                into.text.push_str(&filled);
                return;
            }
        };
        into.text.push_str(&name);
        into.names.push((from, into.text.len()));
    }

    fn name(&self, list: usize, random: &mut Rng) -> String {
        let of = |list: usize, random: &mut Rng| {
            let names = self.names.get(list).map_or(&[][..], Vec::as_slice);
            random.choice(names).copied().unwrap_or_default().to_owned()
        };
        let name = of(list, random);
        if random.u8(..25) == 0 { format!("{name}-{}", of(list, random)) } else { name }
    }

    /// What fills a slot that holds no name.
    fn other(&self, slot: &str, random: &mut Rng) -> String {
        let capital = |word: String| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        };
        match slot {
            "OPT" => choose(&["", " "], random).to_owned(),
            "INITIAL" => char::from(random.u8(b'A'..=b'Z')).to_string(),
            "NUMBER" => {
                let places = random.u32(1..6);
                random.u32(..10_u32.pow(places)).to_string()
            }
            "word" => self.word(random),
            "Word" => capital(self.word(random)),
            "WORDS" => {
                let words: Vec<String> = (0..random.usize(1..7)).map(|_| self.word(random)).collect();
                words.join(" ")
            }
            "TITLE" => {
                let words: Vec<String> =
                    (0..random.usize(2..5)).map(|_| capital(self.word(random))).collect();
                words.join(" ")
            }
            "newword" => invented(random).to_lowercase(),
            "CAMEL" => format!(
                "{}{}",
                invented(random),
                choose(&["Tech", "Dry", "Cool", "Fit", "Lite", "Pro", "Max", "Flex", "Grip", "Pad"], random)
            ),
            "Colour" => capital(self.listed_as("COLOUR", random)),
            "LOUD" => {
                let letters = random.usize(2..5);
                (0..letters).map(|_| char::from(random.u8(b'A'..=b'Z'))).collect()
            }
            "LOUDS" => {
                let words: Vec<String> =
                    (0..random.usize(1..4)).map(|_| self.word(random).to_uppercase()).collect();
                words.join(" ")
            }
            "OTHER" if random.u8(..3) > 0 => self.listed(3, random),
            "OTHER" | "Newword" => invented(random),
            "BRAND" => match random.u8(..10) {
                0..4 => invented(random),
                4..6 => self.name(1, random),
                6..8 => self.listed(3, random),
                8 => capital(self.word(random)),
                _ if random.bool() => invented(random).to_uppercase(),
                _ => format!("{}{}", capital(self.word(random)), invented(random)),
            },
            "NAMESAKE" => {
                let (given, surname) = (self.name(0, random), self.name(1, random));
                match random.u8(..10) {
                    0..6 => format!("{given} {surname}"),
                    6..8 => format!("{surname} & {}", self.name(1, random)),
                    _ => surname,
                }
            }
            "LINE" => self.name(usize::from(random.u8(..4) == 0), random),
            "NAMED" => match random.u8(..10) {
                0..4 => self.name(1, random),
                4 => format!("{} {}", self.name(0, random), self.name(1, random)),
                5..8 => invented(random),
                _ => capital(self.word(random)),
            },
            "PLACE" if random.u8(..4) == 0 => self.listed(3, random),
            "PLACE" if random.u8(..3) == 0 => invented(random),
            "ORG" => self.company(random),
            "Profession" | "Product" if random.u8(..8) > 0 => {
                capital(self.listed_as(&slot.to_uppercase(), random))
            }
            "Profession" | "Product" => {
                format!("{} {}", capital(self.word(random)), capital(self.word(random)))
            }
            _ => self.listed_as(slot, random),
        }
    }

    fn company(&self, random: &mut Rng) -> String {
        let name = match random.u8(..10) {
            0..3 => self.name(1, random),
            3..5 => invented(random),
            5 => format!("{}-{}", self.name(1, random), self.name(1, random)),
            6 => {
                let [one, two, three] = [0; 3].map(|_| self.name(1, random));
                return format!("{one}, {two} and {three} {}", self.listed_as("ORG_END", random));
            }
            7 => return format!("{}{}", invented(random), self.word(random)),
            _ => self.listed(3, random),
        };
        if random.u8(..4) == 0 { name } else { format!("{name} {}", self.listed_as("ORG_END", random)) }
    }

    /// A common word; the list begins with the commonest, which come most often.
    fn word(&self, random: &mut Rng) -> String {
        if random.u8(..12) == 0 {
            return invented(random).to_lowercase();
        }
        let words = self.corpus.lists.get(2).map_or(&[][..], Vec::as_slice);
        let commonest = words.len() >> random.u32(..7);
        words.get(random.usize(..commonest.max(1))).cloned().unwrap_or_default()
    }

    fn listed(&self, list: usize, random: &mut Rng) -> String {
        self.corpus.lists.get(list).and_then(|list| random.choice(list)).cloned().unwrap_or_default()
    }

    fn listed_as(&self, slot: &str, random: &mut Rng) -> String {
        self.corpus
            .slots
            .get(slot)
            .and_then(|slot| random.choice(slot))
            .cloned()
            .unwrap_or_else(|| format!("{{{slot}}}"))
    }
}

fn has_names(template: &str) -> bool {
    ["{PERSON}", "{FULL}", "{GIVEN}", "{SURNAME}"].iter().any(|slot| template.contains(slot))
}

/// A given name and a surname in one of the ways that people write them.
fn full(given: &str, surname: &str, random: &mut Rng) -> String {
    let initial = char::from(random.u8(b'A'..=b'Z'));
    match random.u8(..20) {
        0..13 => format!("{given} {surname}"),
        13 => format!("{given} {initial}. {surname}"),
        14 => format!("{given} {initial} {surname}"),
        15 => format!("{initial}. {surname}"),
        16 => format!("{given} {initial}."),
        17 => format!(
            "{given} {} {surname}",
            choose(
                &["van", "de", "von", "di", "da", "del", "van der", "de la", "Ó", "bin", "dos", "le"],
                random
            )
        ),
        18 => format!("{surname} {given}"),
        _ => format!("{} {}", given.to_uppercase(), surname.to_uppercase()),
    }
}

/// A word that does not exist, as brands and far places are named.
fn invented(random: &mut Rng) -> String {
    let mut word = String::new();
    for _ in 0..random.usize(2..4) {
        word.push_str(choose(
            &[
                "b", "br", "c", "ch", "d", "f", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p", "pl",
                "qu", "r", "s", "sh", "st", "t", "tr", "v", "w", "x", "z",
            ],
            random,
        ));
        word.push_str(choose(&["a", "e", "i", "o", "u", "ai", "ea", "io", "ou", "y", "ö", "é"], random));
    }
    word.push_str(choose(
        &["", "", "n", "x", "r", "s", "l", "burg", "ton", "ville", "tech", "ex", "ix", "ware", "stad", "ow"],
        random,
    ));
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Where the bracket closes that opens a text; slots inside may hold none.
fn closing(text: &str) -> usize {
    text.find(']').unwrap_or(text.len() - 1)
}

fn choose<'t>(options: &[&'t str], random: &mut Rng) -> &'t str {
    random.choice(options).copied().unwrap_or_default()
}

/// Some people write in small letters alone, some in capitals.
fn recase(sentence: &mut Sentence, random: &mut Rng) {
    let changed = match random.u8(..30) {
        0 | 1 => sentence.text.to_lowercase(),
        2 | 3 => sentence.text.to_uppercase(),
        _ => return,
    };
    // A letter whose other case is longer would move the names.
    if changed.len() == sentence.text.len() {
        sentence.text = changed;
    }
}
