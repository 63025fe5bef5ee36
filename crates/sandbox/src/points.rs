//! What there is to say of a product: one point an attribute, most telling first, and its sentences.

use super::languages::{Kind, Language, SentencePattern, capitalised, fill, kinds, language};
use super::prompt::{Fact, Read};
use super::values::{aliases, brief, is_word_of, label, split, written};

/// Longest value of a sentence, in characters, and of a list that would be false if it were shortened.
const VALUE_CHARS_MAX: usize = 90;
const LIST_CHARS_MAX: usize = 400;
/// Longest title inside of a sentence.
const TITLE_CHARS_MAX: usize = 80;
/// Longest value that "is" something: longer ones are "given as" it.
const IS_CHARS_MAX: usize = 40;
/// With more Latin letters than this a value is foreign to Chinese and Japanese.
const LATIN_MAX: usize = 12;
/// With fewer points than this the product's name is one.
const FEW: usize = 3;

/// What one attribute, or several features together, say.
#[derive(Clone)]
pub(super) struct Point {
    /// The attributes that it comes from.
    pub(super) names: Vec<String>,
    /// What they are called.
    pub(super) label: String,
    /// The values, as the language writes them.
    pub(super) items: Vec<String>,
    kind: usize,
    /// The product of a category's guide that it is about.
    variant: Option<String>,
    denied: bool,
    language: &'static Language,
}

/// All points of a prompt.
pub(super) fn points(read: &Read, code: &str) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    let mut name = None;
    for fact in &read.facts {
        let Some(point) = point(fact, code) else { continue };
        if point.denied {
            continue;
        }
        if point.is("name") {
            name = Some(point);
            continue;
        }
        // Energy in kilojoules and in kilocalories, both 0, is said once.
        let said = |other: &Point| {
            other.label == point.label && other.items == point.items && other.variant == point.variant
        };
        if points.iter().any(said) {
            continue;
        }
        // All features that are there make one point.
        let alike =
            |other: &&mut Point| other.is("extras") && point.is("extras") && other.variant == point.variant;
        match points.iter_mut().find(alike) {
            Some(features) => {
                features.names.extend(point.names);
                features.items.extend(point.items);
            }
            None => points.push(point),
        }
    }
    if points.iter().any(Point::of_variant) {
        points.sort_by(|a, b| a.kind.cmp(&b.kind).then_with(|| a.label.cmp(&b.label)));
    } else {
        points.sort_by_key(|point| (point.is_foreign(), point.kind));
    }
    if points.len() < FEW && !read.title.is_empty() {
        points.extend(name.or_else(|| point(&Fact::new("title", vec![read.title.clone()]), code)));
    }
    points
}

/// What one fact says; nothing where its value is a placeholder.
pub(super) fn point(fact: &Fact, code: &str) -> Option<Point> {
    let (language, kinds) = (language(code), kinds());
    let about = fact.name.strip_prefix("variant ").and_then(|rest| rest.split_once(": "));
    let (variant, name) =
        about.map_or((None, fact.name.as_str()), |(part, name)| (Some(part.to_owned()), name));
    let aliases = aliases(name);
    let mut place = kinds.named(&aliases).unwrap_or_else(|| kinds.place("plain"));
    let kind = kinds.kind.get(place)?;
    let values = split(kind, &fact.items);
    let [first, ..] = values.as_slice() else { return None };
    let label_of = |kind: &Kind| {
        let pattern = language.pattern(kind);
        let many = pattern.label_many.as_ref().filter(|_| values.len() > 1);
        let known = many.unwrap_or(&pattern.label).clone();
        match &fact.label {
            _ if !known.is_empty() => known,
            // Only languages with plurals write a name small within a sentence; nouns of German stay large.
            Some(label) if language.plurals => uncapitalised(label),
            Some(label) => label.clone(),
            None => label(language, name, &aliases),
        }
    };
    let mut label = label_of(kind);
    let one = values.len() == 1;
    // "Yes, with stereo speakers" is a yes.
    let word = first.split([',', ';']).next().unwrap_or_default();
    let denied = one && is_word_of(&kinds.no, word);
    let affirmed = one && is_word_of(&kinds.yes, word);
    let mut items: Vec<String> = if affirmed {
        place = kinds.place("extras");
        let feature = std::mem::replace(&mut label, label_of(kinds.kind.get(place)?));
        let known = aliases.iter().find_map(|name| language.features.get(name));
        vec![known.cloned().unwrap_or(feature)]
    } else if kind.deepest {
        let deepest = values.last().and_then(|path| path.rsplit(['>', '/']).next());
        deepest.map(|name| name.trim().to_owned()).into_iter().collect()
    } else {
        values.iter().map(|value| written(language, kind, value)).collect()
    };
    if items.iter().any(String::is_empty) {
        return None;
    }
    if kind.first {
        items.truncate(1);
    }
    ordered(&mut items);
    // A list of ingredients begins with a capital, a sentence's list does not.
    if let [first, second, ..] = items.as_mut_slice()
        && kind.partial
        && second.starts_with(char::is_lowercase)
    {
        *first = uncapitalised(first);
    }
    // What a division left behind tells a shopper nothing.
    let decimals = first.rsplit_once('.').map_or("", |(_, decimals)| decimals);
    if one && (decimals.len() > 3 && decimals.bytes().all(|digit| digit.is_ascii_digit()) || first == "0") {
        place = kinds.place("last");
    }
    Some(Point { names: vec![fact.name.clone()], label, items, kind: place, variant, denied, language })
}

/// A text whose first word begins lower case, unless it has more capitals ("E260").
fn uncapitalised(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(letter) if !first.chars().skip(1).any(|c| c.is_uppercase() || c.is_ascii_digit()) => {
            letter.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

/// Sizes in their order, and what is denied behind the rest: a "no" would seem to go for all that follows.
fn ordered(items: &mut [String]) {
    let kinds = kinds();
    let size = |item: &String| kinds.sizes.iter().position(|size| *size == item.to_lowercase());
    if items.iter().all(|item| size(item).is_some()) {
        items.sort_by_key(size);
    }
    let bare = |item: &str| item.trim_start_matches(|c: char| !c.is_alphabetic()).to_lowercase();
    items.sort_by_key(|item| kinds.denials.iter().any(|denial| bare(item).starts_with(denial.as_str())));
}

impl Point {
    /// Whether it is of this kind.
    pub(super) fn is(&self, id: &str) -> bool {
        kinds().kind.get(self.kind).is_some_and(|kind| kind.id == id)
    }

    /// Whether its values are in letters that the language does not have.
    fn is_foreign(&self) -> bool {
        let latin = self.items.iter().flat_map(|item| item.chars()).filter(char::is_ascii_alphabetic).count();
        self.language.dense && latin > LATIN_MAX
    }

    /// Whether its values are words that shoppers search for.
    pub(super) fn is_searched_for(&self) -> bool {
        kinds().kind.get(self.kind).is_some_and(|kind| kind.list && kind.lower && !kind.partial)
            && !self.is("traces")
    }

    /// Whether it is about one of several products.
    pub(super) fn of_variant(&self) -> bool {
        self.variant.is_some()
    }

    /// A sentence about the product, whose title it does not say.
    pub(super) fn sentence(&self, title: &str) -> String {
        if self.variant.is_some() {
            return self.opening(title);
        }
        if self.denied {
            return fill(&self.language.absent, &[("label", &self.label)]);
        }
        if let Some(text) = self.features() {
            let stop = if self.language.dense { "。" } else { "." };
            return format!("{}{stop}", capitalised(&text));
        }
        let (pattern, plain) = (self.pattern(), &self.language.plain);
        let template = self.many(pattern.sentence_many.as_ref()).or(pattern.sentence.as_ref());
        let is = plain.is.as_ref().filter(|_| self.is_short());
        self.filled(template.or(is).or(plain.sentence.as_ref()), title)
    }

    /// A sentence that says the product's title.
    pub(super) fn opening(&self, title: &str) -> String {
        let (pattern, plain) = (self.pattern(), &self.language.plain);
        let template = self.many(pattern.opening_many.as_ref()).or(pattern.opening.as_ref());
        let is = plain.opening_is.as_ref().filter(|_| self.is_short());
        self.filled(template.or(is).or(plain.opening.as_ref()), title)
    }

    /// A bullet point.
    pub(super) fn bullet(&self, title: &str) -> String {
        let (pattern, plain) = (self.pattern(), &self.language.plain);
        let template =
            || self.many(pattern.bullet_many.as_ref()).or(pattern.bullet.as_ref()).or(plain.bullet.as_ref());
        let text = self.features().map_or_else(|| self.filled(template(), title), |text| capitalised(&text));
        match &self.variant {
            Some(variant) => {
                fill(plain.bullet.as_deref().unwrap_or_default(), &[("label", variant), ("value", &text)])
            }
            None => text,
        }
    }

    /// The question that it answers.
    pub(super) fn question(&self, title: &str) -> String {
        let (pattern, plain) = (self.pattern(), &self.language.plain);
        if self.variant.is_some() {
            return self.filled(plain.question_of.as_ref(), title);
        }
        let template = self.many(pattern.question_many.as_ref()).or(pattern.question.as_ref());
        let plural = plain.question_many.as_ref().filter(|_| self.is_plural());
        self.filled(template.or(plural).or(plain.question.as_ref()), title)
    }

    /// A wrong answer to that question.
    pub(super) fn wrong(&self) -> String {
        let wrong = self.pattern().wrong.as_ref().or(self.language.plain.wrong.as_ref());
        wrong.cloned().unwrap_or_default()
    }

    /// What somebody who learned of it knows.
    pub(super) fn objective(&self) -> String {
        fill(&self.language.objective, &[("label", &self.label)])
    }

    fn pattern(&self) -> &'static SentencePattern {
        kinds().kind.get(self.kind).map_or(&self.language.plain, |kind| self.language.pattern(kind))
    }

    fn many<'a>(&self, template: Option<&'a String>) -> Option<&'a String> {
        template.filter(|_| self.items.len() > 1)
    }

    fn filled(&self, template: Option<&String>, title: &str) -> String {
        let title = brief(self.variant.as_deref().unwrap_or(title), TITLE_CHARS_MAX);
        let features = self.features().unwrap_or_default();
        let fields = [
            ("label", self.label.as_str()),
            ("value", &self.value()),
            ("title", &title),
            ("features", &features),
        ];
        fill(template.map(String::as_str).unwrap_or_default(), &fields)
    }

    /// The values as one text.
    fn value(&self) -> String {
        let kind = kinds().kind.get(self.kind);
        if self.items.len() == 1 || !kind.is_some_and(|kind| kind.list) {
            let wide = if self.language.dense { 2 } else { 1 };
            return brief(&self.language.list(&self.items), VALUE_CHARS_MAX / wide);
        }
        let partial = kind.is_some_and(|kind| kind.partial);
        let wide = if self.language.dense { 2 } else { 1 };
        let most = if partial { VALUE_CHARS_MAX / wide } else { LIST_CHARS_MAX };
        let (mut length, mut kept) = (0, 0);
        for item in &self.items {
            length += item.chars().count() + 2;
            if length > most && kept > 0 {
                break;
            }
            kept += 1;
        }
        self.language.list(self.items.get(..kept).unwrap_or_default())
    }

    /// The sentence of features: what the product is like, and what it has.
    fn features(&self) -> Option<String> {
        if !kinds().kind.get(self.kind)?.split {
            return None;
        }
        let language = self.language;
        let is_adjective = |item: &&String| {
            let item = item.to_lowercase();
            language.adjective_endings.iter().any(|ending| item.ends_with(ending.as_str()))
        };
        let (adjectives, nouns): (Vec<&String>, Vec<&String>) = self.items.iter().partition(is_adjective);
        let list = |items: Vec<&String>| language.list(&items.into_iter().cloned().collect::<Vec<_>>());
        let template = match (adjectives.is_empty(), nouns.is_empty()) {
            (false, true) => &language.adjectives,
            (true, _) => &language.nouns,
            (false, false) => &language.both,
        };
        let (adjectives, nouns) = (list(adjectives), list(nouns));
        let value = if nouns.is_empty() { &adjectives } else { &nouns };
        Some(fill(template, &[("value", value), ("adjectives", &adjectives), ("nouns", &nouns)]))
    }

    /// Whether "the label is the value" reads well.
    fn is_short(&self) -> bool {
        let value = self.value();
        !self.is_plural() && value.chars().count() <= IS_CHARS_MAX && !value.contains([';', ':'])
    }

    fn is_plural(&self) -> bool {
        let head = self.label.split(" per ").next().unwrap_or_default().trim_end_matches(" (kcal)");
        self.language.plurals && head.ends_with('s') && !head.ends_with("ss")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: &str, name: &str, values: &[&str]) -> Point {
        point(&Fact::new(name, values.iter().map(|value| (*value).to_owned()).collect()), code).unwrap()
    }

    #[test]
    fn an_attribute_is_said_as_a_person_would() {
        for (code, name, values, expected) in [
            ("en", "material", &["Nylon", "Polyester"][..], "It is made of nylon and polyester."),
            (
                "en",
                "features_bags",
                &["Waterproof", "TSA Approved", "Lockable"],
                "Waterproof, TSA-approved and lockable.",
            ),
            ("en", "features_bags", &["Audio Pocket", "Waterproof"], "Waterproof, with audio pocket."),
            ("en", "Body: Weight", &["110 g (3.88 oz)"], "It weighs 110 g (3.88 oz)."),
            ("en", "Battery: Talk time", &["Up to 3 h"], "The battery talk time is up to 3 h."),
            ("en", "dishwasher_safe", &["yes"], "Dishwasher-safe."),
            (
                "de",
                "features_bags",
                &["Waterproof", "TSA Approved", "Lockable"],
                "Wasserdicht, TSA-geprüft und abschließbar.",
            ),
            ("de", "Body: Weight", &["1.5 kg"], "Das Gewicht beträgt 1,5 kg."),
            ("fr", "material", &["Nylon", "Polyester"], "Ce produit est en nylon et polyester."),
            ("es", "material", &["Nylon", "Polyester"], "Este producto es de nailon y poliéster."),
            ("zh", "material", &["Nylon", "Polyester"], "这款商品采用尼龙和聚酯材质。"),
            ("ja", "material", &["Nylon", "Polyester"], "素材はナイロンとポリエステルです。"),
        ] {
            assert_eq!(said(code, name, values).sentence("Bag"), expected);
        }
    }

    #[test]
    fn a_placeholder_says_nothing_and_a_no_is_left_out() {
        assert!(point(&Fact::new("radio", vec!["N/A".to_owned()]), "en").is_none());
        let facts = [("radio", "No; really"), ("Comms: NFC", "Yes")];
        let facts = facts.map(|(name, value)| Fact::new(name, vec![value.to_owned()])).to_vec();
        let read = Read { facts, language: "en".into(), title: "Phone".into() };
        let said: Vec<String> = points(&read, "en").iter().map(|point| point.sentence("Phone")).collect();
        assert_eq!(said, ["With NFC.", "This product is called Phone."]);
    }
}
