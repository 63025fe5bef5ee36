//! A column or field of a target: what stands in it, and the rules that its value is held against before it is written.

use regex::Regex;
use serde::Deserialize;
use skuscribe_check::content::DigitalSourceType;
use skuscribe_check::product::Variant;

use super::clean::clean;
use super::content_kind::Content;
use super::left_out::{LeftOut, LeftOutReason};
use super::options::ExportOptions;
use super::product::ExportProduct;
use super::texts::{Question, TextField, Texts};

/// Longest part of a value that a message quotes, in characters.
const QUOTED_MAX: usize = 60;

/// A column or field.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Column {
    /// Its name in the target.
    pub(super) name: String,
    /// What stands in it.
    pub(super) is: Content,
    /// Attributes that it comes from, the first that is there.
    #[serde(default)]
    from: Vec<String>,
    /// An attribute that stands behind the value where that is a number alone, such as the currency.
    with: Option<String>,
    /// The value, where it is the same for every product.
    value: Option<String>,
    /// Whether a record may lack it.
    #[serde(default)]
    pub(super) optional: bool,
    /// Most characters (or bytes) of a text, or of each entry of a list.
    max: Option<usize>,
    #[serde(default)]
    unit: LengthUnit,
    /// Most entries of a list.
    max_items: Option<usize>,
    /// Most characters of all entries together.
    max_total: Option<usize>,
    /// Characters that the target refuses.
    #[serde(default)]
    forbid: String,
    /// What the whole value has to be.
    #[serde(default, deserialize_with = "pattern")]
    pattern: Option<Regex>,
    /// The values that the target knows.
    #[serde(default)]
    one_of: Vec<String>,
}

/// What a length is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LengthUnit {
    #[default]
    Characters,
    Bytes,
}

fn pattern<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Regex>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Regex::new(&text).map(Some).map_err(serde::de::Error::custom)
}

/// A value that passed the rules of its column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    List(Vec<String>),
    Questions(Vec<Question>),
    /// A text with who made it.
    Made(String, DigitalSourceType),
}

/// What a record is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) product: ExportProduct<'a>,
    pub(super) variant: Option<&'a Variant>,
    pub(super) texts: &'a Texts,
}

impl Subject<'_> {
    /// A refusal of this record.
    pub(super) fn left_out(&self, reason: LeftOutReason, column: &str, detail: String) -> LeftOut {
        LeftOut {
            sku: self.product.sku().to_owned(),
            locale: Some(self.texts.locale.clone()),
            reason,
            column: column.to_owned(),
            detail,
        }
    }
}

impl Column {
    /// One that a shop added.
    pub(super) fn added(name: &str, is: Content) -> Self {
        Self {
            name: name.to_owned(),
            is,
            from: Vec::new(),
            with: None,
            value: None,
            optional: false,
            max: None,
            unit: LengthUnit::Characters,
            max_items: None,
            max_total: None,
            forbid: String::new(),
            pattern: None,
            one_of: Vec::new(),
        }
    }

    /// Its value for a record, held against its rules; nothing where there is none and a record may lack it.
    pub(super) fn cell(
        &self,
        subject: &Subject<'_>,
        options: &ExportOptions,
    ) -> Result<Option<Cell>, LeftOut> {
        let Some(cell) = self.find(subject, options) else {
            if self.optional {
                return Ok(None);
            }
            return Err(subject.left_out(LeftOutReason::Missing, &self.name, self.remedy(options)));
        };
        self.check(&cell).map_err(|(reason, detail)| subject.left_out(reason, &self.name, detail))?;
        Ok(Some(cell))
    }

    /// The same under another name, for a record that may lack it.
    pub(super) fn renamed(&self, name: &str) -> Self {
        Self { name: name.to_owned(), optional: true, ..self.clone() }
    }

    /// Whether a record has a published text for it.
    pub(super) fn has_text(&self, subject: &Subject<'_>, options: &ExportOptions) -> bool {
        self.is.text_field().is_some() && self.find(subject, options).is_some()
    }

    fn find(&self, subject: &Subject<'_>, options: &ExportOptions) -> Option<Cell> {
        let Subject { product, variant, texts } = *subject;
        let made = |text: String, field| {
            Cell::Made(text, texts.source(field).unwrap_or(DigitalSourceType::TrainedAlgorithmicMedia))
        };
        let list = |field| Some(texts.list(field).to_vec()).filter(|list| !list.is_empty()).map(Cell::List);
        let single = |field| texts.single(field).map(|text| Cell::Text(text.to_owned()));
        let stated = |text: Option<&str>| text.map(clean).filter(|text| !text.is_empty()).map(Cell::Text);
        match self.is {
            Content::Sku => {
                let named = product.attribute(&self.from, variant).filter(|_| !self.from.is_empty());
                let own = || variant.map_or(product.sku(), |variant| variant.sku.as_str()).to_owned();
                Some(Cell::Text(named.unwrap_or_else(own)))
            }
            Content::Group => variant.map(|_| Cell::Text(product.sku().to_owned())),
            Content::Title => single(TextField::Title),
            Content::Html => texts.html().map(Cell::Text),
            Content::Plain | Content::AsFound => texts.plain(true).map(Cell::Text),
            Content::PlainBody => texts.plain(false).map(Cell::Text),
            Content::Bullets => list(TextField::Bullets),
            Content::SeoTitle => single(TextField::SeoTitle),
            Content::SeoDescription => single(TextField::SeoDescription),
            Content::Keywords => list(TextField::Keywords),
            Content::Questions | Content::GoogleQuestions => {
                let questions = texts.questions();
                (!questions.is_empty()).then(|| Cell::Questions(questions.to_vec()))
            }
            Content::QuestionsJson => {
                let pairs = texts.questions().iter();
                let pairs: Vec<serde_json::Value> = pairs
                    .map(|pair| serde_json::json!({ "question": pair.question, "answer": pair.answer }))
                    .collect();
                (!pairs.is_empty()).then(|| Cell::Text(serde_json::Value::Array(pairs).to_string()))
            }
            Content::GoogleTitle => {
                texts.single(TextField::Title).map(|text| made(text.to_owned(), TextField::Title))
            }
            Content::GoogleDescription => texts.plain(true).map(|text| made(text, TextField::Body)),
            Content::Brand => stated(product.stated.brand.as_deref()),
            // A product's own number is none of its variants'.
            Content::Gtin if variant.is_some() => product
                .attribute(&["gtin".to_owned(), "ean".to_owned(), "barcode".to_owned()], variant)
                .map(Cell::Text),
            Content::Gtin => stated(product.stated.gtin.as_deref()),
            Content::Category => {
                let path: Vec<String> = product.public.category.iter().map(|part| clean(part)).collect();
                stated(Some(&path.join(" > ")))
            }
            Content::Locale => Some(Cell::Text(texts.locale.to_string())),
            Content::DigitalSource => {
                texts.source(TextField::Body).map(|source| Cell::Text(source.iptc_uri().to_owned()))
            }
            Content::Attribute => {
                let value = product.attribute(&self.from, variant)?;
                let behind = self.with.as_ref().filter(|_| value.parse::<f64>().is_ok());
                let behind = behind.and_then(|name| product.attribute(std::slice::from_ref(name), variant));
                Some(Cell::Text(behind.map_or_else(|| value.clone(), |behind| format!("{value} {behind}"))))
            }
            Content::Set => options.set.get(&self.name).map(|value| Cell::Text(value.clone())),
            Content::Constant => self.value.clone().map(Cell::Text),
        }
    }

    fn check(&self, cell: &Cell) -> Result<(), (LeftOutReason, String)> {
        match cell {
            Cell::Text(text) | Cell::Made(text, _) => self.check_text(text),
            Cell::List(texts) => self.check_list(texts.len(), &mut texts.iter()),
            Cell::Questions(pairs) => {
                let mut all = pairs.iter().flat_map(|pair| [&pair.question, &pair.answer]);
                self.check_list(pairs.len(), &mut all)
            }
        }
    }

    fn check_list(
        &self,
        count: usize,
        texts: &mut dyn Iterator<Item = &String>,
    ) -> Result<(), (LeftOutReason, String)> {
        if let Some(max) = self.max_items.filter(|max| count > *max) {
            return Err((LeftOutReason::WrongCount, format!("{count} entries, the target takes {max}")));
        }
        let mut total = 0;
        for text in texts {
            self.check_text(text)?;
            total += text.chars().count();
        }
        match self.max_total {
            Some(max) if total > max => {
                Err((LeftOutReason::TooLong, format!("{total} characters in all, the target takes {max}")))
            }
            _ => Ok(()),
        }
    }

    fn check_text(&self, text: &str) -> Result<(), (LeftOutReason, String)> {
        let (length, unit) = match self.unit {
            LengthUnit::Characters => (text.chars().count(), "characters"),
            LengthUnit::Bytes => (text.len(), "bytes"),
        };
        if let Some(max) = self.max.filter(|max| length > *max) {
            return Err((LeftOutReason::TooLong, format!("{length} {unit}, the target takes {max}")));
        }
        if let Some(c) = text.chars().find(|c| self.forbid.contains(*c)) {
            return Err((
                LeftOutReason::Invalid,
                format!("{:?} holds {c:?}, which the target refuses", quoted(text)),
            ));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
            return Err((LeftOutReason::Invalid, format!("{:?} is not of the form {pattern}", quoted(text))));
        }
        if !self.one_of.is_empty() && !self.one_of.iter().any(|known| known == text) {
            let known = self.one_of.join(", ");
            return Err((LeftOutReason::Invalid, format!("{:?} is none of {known}", quoted(text))));
        }
        Ok(())
    }

    /// Where a value that is missing would come from.
    fn remedy(&self, options: &ExportOptions) -> String {
        match self.is {
            Content::Attribute => format!("the facts have no attribute {}", self.from.join(" or ")),
            Content::Set => format!("state it for all products with --set {}=VALUE", self.name),
            Content::Brand => "the product states no brand".to_owned(),
            Content::Gtin => "the product states no gtin".to_owned(),
            Content::Category => "the product states no category".to_owned(),
            other => match other.text_field() {
                Some(field) => {
                    format!("no published text of the recipe {}", options.fields.recipes_of(field))
                }
                None => "there is none".to_owned(),
            },
        }
    }
}

fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_MAX).collect()
}
