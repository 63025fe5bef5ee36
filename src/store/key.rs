//! Every object's path, content type and cache header.

use jiff::civil::Date;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use skuscribe_check::content::OperationId;
use skuscribe_check::product::{Digest, Locale, Sku};

/// What stays readable in a path segment: RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An object of the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The newest snapshot of a product's facts; a guide's lie in a folder of their own, where nothing that lists
    /// the products finds them.
    Product {
        /// The product.
        sku: Sku,
    },
    /// The document that the storefront reads; the only point of compare-and-swap of a (SKU, locale).
    Content {
        /// Language and region of the text.
        locale: Locale,
        /// The product.
        sku: Sku,
    },
    /// The immutable body of one published or held text.
    History {
        /// Language and region of the text.
        locale: Locale,
        /// The product.
        sku: Sku,
        /// The work that made it.
        operation: OperationId,
    },
    /// An index entry of the review queue; the document's pointer is the truth.
    Held {
        /// Language and region of the text.
        locale: Locale,
        /// The product.
        sku: Sku,
    },
    /// What a person made of a draft.
    Correction {
        /// Language and region of the text.
        locale: Locale,
        /// The product.
        sku: Sku,
        /// The work of the person.
        operation: OperationId,
    },
    /// What shoppers asked of a product and no fact answered.
    Questions {
        /// The product.
        sku: Sku,
    },
    /// What they asked of a category, likewise.
    CategoryQuestions {
        /// The digest of the category's path: a path may be too long for a key.
        category: Digest,
    },
    /// A job.
    Job {
        /// Its id.
        id: String,
    },
    /// The index of a locale, as Parquet.
    Index {
        /// The locale.
        locale: Locale,
    },
    /// How far the index reaches.
    IndexReach,
    /// A segment of the change feed.
    Changes {
        /// Its number, from 1 on.
        number: u64,
    },
    /// What one process spent on one day.
    Spend {
        /// The day (UTC).
        day: Date,
        /// The process, by a name that no other one has.
        process: String,
    },
    /// The secret that workers sign headers of messages with.
    HeaderKey,
    /// What all processes booked of one day's budget.
    Budget {
        /// The day (UTC).
        day: Date,
    },
    /// How a model server wants to be asked, as its refusals taught.
    Server {
        /// The digest of its address and the model's name.
        server: Digest,
    },
    /// Written and removed by the start-up probe.
    Probe {
        /// Keeps probes of several workers apart.
        nonce: String,
    },
}

impl Key {
    /// The path below the store's prefix.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Product { sku } => match sku.guide() {
                Some(name) => format!("guides/{}.json", segment(name)),
                None => format!("products/{}.json", segment(sku.as_str())),
            },
            Self::Content { locale, sku } => format!("content/{locale}/{}.json", segment(sku.as_str())),
            Self::History { locale, sku, operation } => {
                format!("history/{locale}/{}/{operation}.json", segment(sku.as_str()))
            }
            Self::Held { locale, sku } => format!("held/{locale}/{}.json", segment(sku.as_str())),
            Self::Correction { locale, sku, operation } => {
                format!("corrections/{locale}/{}/{operation}.json", segment(sku.as_str()))
            }
            Self::Questions { sku } => format!("questions/products/{}.json", segment(sku.as_str())),
            Self::CategoryQuestions { category } => format!("questions/categories/{category}.json"),
            Self::Index { locale } => format!("index/{locale}/products.parquet"),
            Self::IndexReach => "index/reach.json".to_owned(),
            Self::Job { id } => format!("jobs/{}.json", utf8_percent_encode(id, SEGMENT)),
            Self::Changes { number } => format!("changes/{number:012}.jsonl"),
            Self::Spend { day, process } => {
                format!("spend/{day}/{}.json", utf8_percent_encode(process, SEGMENT))
            }
            Self::HeaderKey => "internal/header-key.json".to_owned(),
            Self::Budget { day } => format!("spend/{day}.json"),
            Self::Server { server } => format!("servers/{server}.json"),
            Self::Probe { nonce } => format!("probe/{}.txt", utf8_percent_encode(nonce, SEGMENT)),
        }
    }

    /// The SKU of a product snapshot's path, as [`ContentStore::list`](super::ContentStore::list) gives it; `None` for
    /// a guide that an earlier version stored there.
    #[must_use]
    pub fn sku_of(path: &str) -> Option<Sku> {
        let name = path.strip_prefix("products/")?.strip_suffix(".json")?;
        percent_decode_str(name).decode_utf8().ok()?.parse().ok().filter(|sku: &Sku| sku.guide().is_none())
    }

    /// The SKU of the path of what shoppers asked of a product, likewise.
    #[must_use]
    pub fn questions_of(path: &str) -> Option<Sku> {
        let name = path.strip_prefix("questions/products/")?.strip_suffix(".json")?;
        percent_decode_str(name).decode_utf8().ok()?.parse().ok()
    }

    /// The key of what shoppers asked of a category, likewise.
    #[must_use]
    pub fn category_questions_of(path: &str) -> Option<Self> {
        let name = path.strip_prefix("questions/categories/")?.strip_suffix(".json")?;
        Some(Self::CategoryQuestions { category: name.to_owned().try_into().ok()? })
    }

    /// The key of a document's path, likewise.
    #[must_use]
    pub fn content_of(path: &str) -> Option<Self> {
        let (locale, sku) = located("content/", path)?;
        Some(Self::Content { locale, sku })
    }

    /// The id of a job's path, likewise.
    #[must_use]
    pub fn job_of(path: &str) -> Option<String> {
        let name = path.strip_prefix("jobs/")?.strip_suffix(".json")?;
        Some(percent_decode_str(name).decode_utf8().ok()?.into_owned())
    }

    /// The key of the path of an entry of the review queue, likewise.
    #[must_use]
    pub fn held_of(path: &str) -> Option<Self> {
        let (locale, sku) = located("held/", path)?;
        Some(Self::Held { locale, sku })
    }

    /// The `Content-Type` of the object.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Probe { .. } => "text/plain",
            Self::Changes { .. } => "application/x-ndjson",
            Self::Index { .. } => "application/vnd.apache.parquet",
            _ => "application/json",
        }
    }

    /// The `Cache-Control` of the object: history never changes, all else must be asked for.
    #[must_use]
    pub fn cache_control(&self) -> &'static str {
        match self {
            Self::History { .. } | Self::Correction { .. } | Self::Changes { .. } => {
                "private, max-age=31536000, immutable"
            }
            _ => "no-cache",
        }
    }
}

fn located(prefix: &str, path: &str) -> Option<(Locale, Sku)> {
    let (locale, name) = path.strip_prefix(prefix)?.split_once('/')?;
    let sku = percent_decode_str(name.strip_suffix(".json")?).decode_utf8().ok()?.parse().ok()?;
    Some((locale.parse().ok()?, sku))
}

/// A text as one path segment: percent-encoded, and never `.` or `..`.
fn segment(text: &str) -> String {
    if text.bytes().all(|byte| byte == b'.') {
        return text.replace('.', "%2E");
    }
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sku_leaves_its_folder() {
        for (sku, expected) in [
            ("..", "products/%2E%2E.json"),
            (".", "products/%2E.json"),
            ("../../etc/passwd", "products/..%2F..%2Fetc%2Fpasswd.json"),
            ("a b/ü", "products/a%20b%2F%C3%BC.json"),
            ("plain-1_2.3~4", "products/plain-1_2.3~4.json"),
        ] {
            let path = Key::Product { sku: sku.parse().unwrap() }.path();
            assert_eq!(path, expected);
            assert_eq!(Key::sku_of(&path).unwrap().as_str(), sku);
            let content = Key::Content { locale: "de-DE".parse().unwrap(), sku: sku.parse().unwrap() };
            assert_eq!(Key::content_of(&content.path()), Some(content));
        }
    }
    #[test]
    fn a_guide_s_facts_are_no_product_s() {
        let guide = |name: &str| Key::Product { sku: Sku::of_guide(name).unwrap() };
        assert_eq!(guide("Mugs").path(), "guides/Mugs.json");
        assert_eq!(guide("..").path(), "guides/%2E%2E.json");
        for path in ["guides/Mugs.json", "products/guide%3AMugs.json"] {
            assert_eq!(Key::sku_of(path), None, "{path}");
        }
    }
}
