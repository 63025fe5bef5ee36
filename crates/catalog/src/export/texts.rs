//! The published texts of a product in one locale, by what they are for: which recipe's content is the title, which the FAQ.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use skuscribe_check::content::{DigitalSourceType, Document};
use skuscribe_check::product::Locale;

use super::clean::clean;

const BUILT_IN: &str = include_str!("../../../../config/exports/fields.toml");

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextField {
    /// The product's name.
    Title,
    /// The description, in paragraphs.
    Body,
    /// Bullet points.
    Bullets,
    /// Texts that stand word for word.
    Verbatim,
    /// The title for search engines.
    SeoTitle,
    /// The description for search engines.
    SeoDescription,
    /// Words that shoppers search for.
    Keywords,
    /// Questions with answers.
    Questions,
}

/// Which stored text fills which field: `config/exports/fields.toml`, or a shop's own file.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct FieldMap(BTreeMap<TextField, Vec<Source>>);

/// `recipe:/json/pointer`.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Source {
    recipe: String,
    pointer: String,
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some((recipe, pointer)) if !recipe.is_empty() && pointer.starts_with('/') => {
                Ok(Self { recipe: recipe.to_owned(), pointer: pointer.to_owned() })
            }
            _ => Err(format!("{text:?} is no source of a text; write recipe:/json/pointer")),
        }
    }
}

impl FieldMap {
    /// The built-in mapping.
    ///
    /// # Errors
    /// Never: a test reads it.
    pub fn built_in() -> anyhow::Result<Self> {
        Self::parse(BUILT_IN).context("config/exports/fields.toml")
    }

    /// Reads a shop's mapping; fields that it does not name are those of the built-in one.
    ///
    /// # Errors
    /// With the line and what may stand there.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        let mut map = Self::built_in()?;
        map.0.extend(Self::parse(text)?.0);
        Ok(map)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(toml::from_str(text)?)
    }

    /// The same with the sources that these recipes make, alone.
    ///
    /// # Errors
    /// When nothing is left of it.
    pub fn of_recipes(mut self, recipes: &[String]) -> anyhow::Result<Self> {
        for sources in self.0.values_mut() {
            sources.retain(|source| recipes.contains(&source.recipe));
        }
        self.0.retain(|_, sources| !sources.is_empty());
        ensure!(
            !self.0.is_empty(),
            "no field of an export comes from the recipes {}; name others with --recipes, or map them with --fields",
            recipes.join(", ")
        );
        Ok(self)
    }

    /// Whether a field has a source.
    #[must_use]
    pub fn has(&self, field: TextField) -> bool {
        self.0.contains_key(&field)
    }

    /// The recipes of a field's sources, for messages.
    #[must_use]
    pub fn recipes_of(&self, field: TextField) -> String {
        let sources = self.0.get(&field).map(Vec::as_slice).unwrap_or_default();
        sources.iter().map(|source| source.recipe.as_str()).collect::<Vec<_>>().join(" or ")
    }
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What shoppers ask.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// The published texts of a product in one locale, cleaned.
#[derive(Clone, Debug)]
pub struct Texts {
    /// Language and region.
    pub locale: Locale,
    /// The document's revision.
    pub revision: u64,
    /// When that was made.
    pub updated_at: Timestamp,
    /// Title, SEO title and SEO description.
    single: BTreeMap<TextField, String>,
    /// Body, bullets, verbatim texts and keywords.
    lists: BTreeMap<TextField, Vec<String>>,
    /// Questions with answers.
    questions: Vec<Question>,
    /// Who made each field's text.
    sources: BTreeMap<TextField, DigitalSourceType>,
    /// The content as it is stored, by recipe, with who made it.
    content: BTreeMap<String, (Value, Option<DigitalSourceType>)>,
}

impl Texts {
    /// The texts of a published document; of these recipes, where any are named.
    #[must_use]
    pub fn of(document: &Document, fields: &FieldMap, recipes: &[String]) -> Self {
        let source_of = |recipe: &str| {
            document.recipes.get(recipe).map(skuscribe_check::content::RecipeState::source_type)
        };
        let content =
            document.content.iter().filter(|(recipe, _)| recipes.is_empty() || recipes.contains(recipe));
        let mut texts = Self {
            locale: document.locale.clone(),
            revision: document.revision,
            updated_at: document.updated_at,
            single: BTreeMap::new(),
            lists: BTreeMap::new(),
            questions: Vec::new(),
            sources: BTreeMap::new(),
            content: content
                .map(|(recipe, value)| (recipe.clone(), (value.clone(), source_of(recipe))))
                .collect(),
        };
        for (field, sources) in &fields.0 {
            let found = sources.iter().find_map(|source| {
                let value = document.content.get(&source.recipe)?.pointer(&source.pointer)?;
                texts.take(*field, value).then_some(source)
            });
            if let Some(made) = found.and_then(|source| source_of(&source.recipe)) {
                texts.sources.insert(*field, made);
            }
        }
        texts
    }

    /// Takes a field's value over, if there is text in it.
    fn take(&mut self, field: TextField, value: &Value) -> bool {
        match field {
            TextField::Title | TextField::SeoTitle | TextField::SeoDescription => {
                let text = text_of(value).map(|text| text.replace('\n', " "));
                let Some(text) = text else { return false };
                self.single.insert(field, text);
            }
            TextField::Body | TextField::Bullets | TextField::Verbatim | TextField::Keywords => {
                let texts: Vec<String> = match value {
                    Value::Array(items) => items.iter().filter_map(text_of).collect(),
                    one => text_of(one).into_iter().collect(),
                };
                if texts.is_empty() {
                    return false;
                }
                self.lists.insert(field, texts);
            }
            TextField::Questions => {
                let pairs = value.as_array().into_iter().flatten().filter_map(|pair| {
                    let [question, answer] =
                        ["question", "answer"].map(|name| pair.get(name).and_then(text_of));
                    Some(Question { question: question?, answer: answer? })
                });
                self.questions = pairs.collect();
                return !self.questions.is_empty();
            }
        }
        true
    }

    /// The text of a field of one text.
    #[must_use]
    pub fn single(&self, field: TextField) -> Option<&str> {
        self.single.get(&field).map(String::as_str)
    }

    /// The texts of a field of several.
    #[must_use]
    pub fn list(&self, field: TextField) -> &[String] {
        self.lists.get(&field).map(Vec::as_slice).unwrap_or_default()
    }

    /// Questions with answers.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Who made a field's text, where its document says so.
    #[must_use]
    pub fn source(&self, field: TextField) -> Option<DigitalSourceType> {
        self.sources.get(&field).copied()
    }

    /// The content as it is stored, by recipe, with who made it.
    pub fn content(&self) -> impl Iterator<Item = (&str, &Value, Option<DigitalSourceType>)> {
        self.content.iter().map(|(recipe, (value, source))| (recipe.as_str(), value, *source))
    }

    /// Body, bullet points and verbatim texts as HTML; nothing without a body.
    #[must_use]
    pub fn html(&self) -> Option<String> {
        let [body, bullets, verbatim] =
            [TextField::Body, TextField::Bullets, TextField::Verbatim].map(|field| self.list(field));
        (!body.is_empty()).then(|| super::clean::html(body, bullets, verbatim))
    }

    /// The same as lines of plain text; without the bullet points where the target has a place of its own for them.
    #[must_use]
    pub fn plain(&self, with_bullets: bool) -> Option<String> {
        let [body, bullets, verbatim] =
            [TextField::Body, TextField::Bullets, TextField::Verbatim].map(|field| self.list(field));
        let bullets = bullets.iter().filter(|_| with_bullets).map(|bullet| format!("- {bullet}"));
        let lines: Vec<String> =
            body.iter().cloned().chain(bullets).chain(verbatim.iter().cloned()).collect();
        (!body.is_empty()).then(|| lines.join("\n"))
    }
}

/// A stored text, cleaned; nothing where it is none, or empty.
fn text_of(value: &Value) -> Option<String> {
    let text = value.as_str().or_else(|| value.get("text").and_then(Value::as_str))?;
    Some(clean(text)).filter(|text| !text.is_empty())
}
