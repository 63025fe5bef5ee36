//! Composing an answer that follows any JSON Schema, from the facts alone.

use serde_json::{Map, Value};

use super::behaviour::Draw;
use super::languages::{Language, capitalised, language, other_language};
use super::points::{Point, points};
use super::prompt::Read;
use super::values::brief;

/// Items of a list where the schema does not say otherwise.
const ITEMS: usize = 3;
/// How deep references are followed.
const DEPTH_MAX: usize = 32;
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

/// One answer in the making.
pub(super) struct Composer<'a> {
    root: &'a Value,
    read: &'a Read,
    language: &'static Language,
    points: Vec<Point>,
    next: usize,
    /// The points of the section in the making.
    section: Vec<usize>,
    next_in_section: usize,
    invent: bool,
}

/// Where a text stands.
#[derive(Clone, Copy, Default)]
struct Place<'k> {
    key: &'k str,
    /// Its place in the list that it stands in.
    index: usize,
    depth: usize,
}

impl<'a> Composer<'a> {
    pub(super) fn new(root: &'a Value, read: &'a Read, draw: Draw) -> Self {
        let code = if draw.language { other_language(&read.language) } else { read.language.as_str() };
        let (language, points) = (language(code), points(read, code));
        Self {
            root,
            read,
            language,
            points,
            next: 0,
            section: Vec::new(),
            next_in_section: 0,
            invent: draw.invent,
        }
    }

    /// The answer.
    pub(super) fn compose(&mut self) -> Value {
        self.value(self.root, Place::default(), &[])
    }

    fn value(&mut self, schema: &Value, place: Place<'_>, cited: &[usize]) -> Value {
        let Some(schema) = self.resolve(schema, place.depth) else { return Value::Null };
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|choices| choices.first())
        {
            return first.clone();
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) =
                schema.get(choice).and_then(Value::as_array).and_then(|choices| choices.first())
            {
                return self.value(first, Place { depth: place.depth + 1, ..place }, cited);
            }
        }
        match kind(schema) {
            "object" => self.object(schema, place, cited),
            "array" => self.array(schema, place, cited),
            "integer" | "number" => number(schema),
            "boolean" => Value::Bool(true),
            "null" => Value::Null,
            _ => Value::String(self.text(schema, place, cited)),
        }
    }

    fn object(&mut self, schema: &Value, place: Place<'_>, cited: &[usize]) -> Value {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return Value::Object(Map::new());
        };
        // Each recipe begins with what tells most.
        if place.depth == 1 {
            self.next = 0;
        }
        let cited = if properties.contains_key("evidence") { self.cite(place) } else { cited.to_vec() };
        let is_section = properties.contains_key("heading") || properties.contains_key("points");
        if is_section {
            self.section = self.section();
            self.next_in_section = 0;
        }
        let fields = properties.iter().map(|(name, field)| {
            let inner = Place { key: name, index: place.index, depth: place.depth + 1 };
            // The text of an object with evidence stands where the object stands.
            let inner = if name == "text" { Place { key: place.key, ..inner } } else { inner };
            (name.clone(), self.value(field, inner, &cited))
        });
        let object = Value::Object(fields.collect());
        if is_section {
            self.section.clear();
        }
        object
    }

    fn array(&mut self, schema: &Value, place: Place<'_>, cited: &[usize]) -> Value {
        if place.key == "evidence" {
            let points = cited.iter().filter_map(|point| self.points.get(*point));
            return points.flat_map(|point| point.names.clone()).collect();
        }
        let least = bound(schema, "minItems").unwrap_or(1);
        let most = bound(schema, "maxItems").unwrap_or(ITEMS.max(least));
        let all = self.points.len();
        let wanted = match place.key {
            // A sentence of Chinese or Japanese is too short to stand alone.
            "conclusion" if self.language.dense => 2.min(all).max(1),
            "wrong" | "conclusion" => 1,
            "introduction" => 2.min(all),
            "sections" | "modules" => 2.min(all),
            // As many as an ad needs.
            "headlines" => ITEMS,
            "keywords" | "hashtags" => ITEMS.min(self.words(place.key).0.len()).max(1),
            "descriptions" => ITEMS.min(all).max(2),
            _ if !self.section.is_empty() => self.section.len(),
            _ => ITEMS.min(all),
        };
        let count = wanted.clamp(least.min(most), most).min(64);
        let items = schema.get("items").unwrap_or(&Value::Null);
        let composed = (0..count)
            .map(|index| self.value(items, Place { index, depth: place.depth + 1, ..place }, cited));
        Value::Array(composed.collect())
    }

    fn text(&mut self, schema: &Value, place: Place<'_>, cited: &[usize]) -> String {
        let mut text = self.said(place, cited);
        let is_plain = !place.key.contains("title") && !place.key.contains("keyword") && place.key != "wrong";
        if self.invent && is_plain {
            text.clone_from(&self.language.invention);
            self.invent = false;
        }
        if let Some(least) = bound(schema, "minLength").filter(|least| *least <= 100_000) {
            while text.chars().count() < least {
                text.push('.');
            }
        }
        match bound(schema, "maxLength") {
            Some(most) if text.chars().count() > most => text.chars().take(most).collect(),
            _ => text,
        }
    }

    /// What stands at a place.
    fn said(&mut self, place: Place<'_>, cited: &[usize]) -> String {
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
    fn words(&self, key: &str) -> (Vec<String>, usize) {
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
        let mut known = std::collections::HashSet::new();
        words.retain(|word| !word.is_empty() && width(word) <= most && known.insert(word.to_lowercase()));
        (words, most)
    }

    /// The points that a text at this place is about.
    fn cite(&mut self, place: Place<'_>) -> Vec<usize> {
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
    fn section(&mut self) -> Vec<usize> {
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

    fn resolve(&self, schema: &'a Value, depth: usize) -> Option<&'a Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let target = self.root.pointer(reference.strip_prefix('#')?)?;
                self.resolve(target, depth + 1)
            }
            None => Some(schema),
        }
    }
}

/// A bound of a schema.
fn bound(schema: &Value, name: &str) -> Option<usize> {
    schema.get(name).and_then(Value::as_u64).and_then(|value| usize::try_from(value).ok())
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

fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "string",
    }
}

fn number(schema: &Value) -> Value {
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let integer = kind(schema) == "integer";
    let mut value =
        bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + 1.0)).unwrap_or(0.0);
    if let Some(most) = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|most| most - 1.0)) {
        value = value.min(most);
    }
    if let Some(step) = bound("multipleOf").filter(|step| *step > 0.0) {
        value = (value / step).ceil() * step;
    }
    if integer {
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and no schema of ours goes near")]
        return Value::from(value.ceil() as i64);
    }
    Value::from(value)
}

#[cfg(test)]
mod tests {
    use super::super::prompt::Fact;
    use super::*;
    use serde_json::json;

    fn read() -> Read {
        let facts = [("title", "Mug"), ("material", "stoneware"), ("volume", "300 ml")];
        Read {
            facts: facts.map(|(name, value)| Fact::new(name, vec![value.to_owned()])).to_vec(),
            language: "en".into(),
            title: "Mug".into(),
        }
    }

    #[test]
    fn any_schema_is_followed() {
        for schema in [
            json!({ "type": "object", "properties": { "a": { "type": "string", "maxLength": 5 }, "n": { "type": "integer", "minimum": 3 } }, "required": ["a", "n"], "additionalProperties": false }),
            json!({ "type": "array", "items": { "enum": ["x", "y"] }, "minItems": 5, "maxItems": 5 }),
            json!({ "$defs": { "node": { "type": "object", "properties": { "text": { "type": "string", "minLength": 300 } }, "required": ["text"] } }, "type": "object", "properties": { "n": { "$ref": "#/$defs/node" } }, "required": ["n"] }),
            json!({ "anyOf": [{ "type": "null" }, { "type": "string" }] }),
            json!({ "type": ["string", "null"] }),
            json!({ "type": "number", "minimum": 2.5, "multipleOf": 0.5 }),
            json!({ "const": 7 }),
        ] {
            let read = read();
            let value = Composer::new(&schema, &read, Draw::default()).compose();
            assert!(jsonschema::is_valid(&schema, &value), "{schema} {value}");
        }
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({ "$ref": "#" });
        assert_eq!(Composer::new(&schema, &read(), Draw::default()).compose(), Value::Null);
    }

    #[test]
    fn every_text_states_the_fact_that_it_cites() {
        let schema = json!({ "type": "object", "properties": { "text": { "type": "string" }, "evidence": { "type": "array", "items": { "type": "string" } } } });
        let read = read();
        let mut composer = Composer::new(&schema, &read, Draw::default());
        let value = composer.compose();
        assert_eq!(value.get("evidence"), Some(&json!(["material"])));
        assert!(value.get("text").unwrap().as_str().unwrap().contains("stoneware"));
    }
}
