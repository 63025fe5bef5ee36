//! A row of a list: a document as the read model knows it.

use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use skuscribe_check::content::money::Nanos;
use skuscribe_check::content::{Severity, State};

/// A document as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DocumentRow {
    /// The product.
    pub sku: String,
    /// Language and region.
    pub locale: String,
    /// The product's title in this locale; empty where it has none.
    pub title: String,
    /// Its brand; empty where it has none.
    pub brand: String,
    /// Its category, `Kitchen > Mugs`; empty where it has none.
    pub category: String,
    /// What it is to the storefront.
    pub state: State,
    /// The document's revision.
    pub revision: i64,
    /// The product version worked in, where the publisher stated one.
    pub product_version: Option<i64>,
    /// The draft that waits, where one does.
    pub waiting: Option<WaitingDraft>,
    /// Rules that saw something in what is published.
    pub rules: Vec<String>,
    /// Recipes that there are texts of.
    pub recipes: Vec<String>,
    /// The worst quality of its texts, from 0 to 1.
    pub quality: Option<f64>,
    /// The model that answered last; empty where none did.
    pub model: String,
    /// The job that asked last; empty where none did.
    pub job: String,
    /// What its texts cost, in billionths of the currency.
    pub cost: Nanos,
    /// Tokens of its texts.
    pub tokens: i64,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// The first sentence, of the draft where one waits.
    pub sentence: String,
    #[serde(skip)]
    pub(super) id: i64,
    #[serde(skip)]
    pub(super) rank: i64,
}

/// A draft that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingDraft {
    /// The operation that wrote it, as decisions name it.
    pub draft: String,
    /// Since when.
    pub held_at: Timestamp,
    /// Its worst finding; `None` where it has none.
    pub severity: Option<Severity>,
    /// The rules that hold it.
    pub rules: Vec<String>,
}

/// The rules in a text such as `|facts|facts.contradicted|`, without the checks that they are of.
pub(super) fn rules_in(text: &str) -> Vec<String> {
    text.split('|').filter(|rule| rule.contains('.')).map(str::to_owned).collect()
}

fn time(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

impl FromRow<'_, SqliteRow> for DocumentRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let rank: i64 = row.try_get("rank")?;
        let waiting = match row.try_get::<Option<String>, _>("draft")? {
            None => None,
            Some(draft) => Some(WaitingDraft {
                draft,
                held_at: time(row.try_get("held_at")?),
                severity: match rank {
                    0 => Some(Severity::Block),
                    1 => Some(Severity::Hold),
                    2 => Some(Severity::Note),
                    _ => None,
                },
                rules: rules_in(row.try_get("held_rules")?),
            }),
        };
        let recipes: &str = row.try_get("recipes")?;
        Ok(Self {
            sku: row.try_get("sku")?,
            locale: row.try_get("locale")?,
            title: row.try_get("title")?,
            brand: row.try_get("brand")?,
            category: row.try_get("category")?,
            state: match row.try_get("state")? {
                "published" => State::Published,
                "deleted" => State::Deleted,
                _ => State::Held,
            },
            revision: row.try_get("revision")?,
            product_version: row.try_get("product_version")?,
            waiting,
            rules: rules_in(row.try_get("published_rules")?),
            recipes: recipes.split(',').filter(|recipe| !recipe.is_empty()).map(str::to_owned).collect(),
            quality: row.try_get("quality")?,
            model: row.try_get("model")?,
            job: row.try_get("job")?,
            cost: row.try_get("cost")?,
            tokens: row.try_get("tokens")?,
            updated_at: time(row.try_get("updated_at")?),
            sentence: row.try_get("sentence")?,
            id: row.try_get("id")?,
            rank,
        })
    }
}
