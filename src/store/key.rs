//! Every object's path, content type and cache header.

use jiff::civil::Date;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use skuscribe_check::content::{DecisionId, OperationId, TextDigest};
use skuscribe_check::product::{Digest, Locale, Sku};

/// What stays readable in a path segment: RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Highest number of a segment of the change feed: twelve digits, so that a listing has segments in order.
pub const SEGMENT_NUMBER_MAX: u64 = 999_999_999_999;

/// An object of the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The newest snapshot of a product's facts; a guide's lie in a folder of their own, where nothing that lists
    /// the products finds them.
    Product {
        /// The product.
        sku: Sku,
    },
    /// What was read out of a product's prose; no update of the product replaces it.
    Derived {
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
    /// The slim document of what is published, for storefronts.
    Public {
        /// Language and region of the text.
        locale: Locale,
        /// The product.
        sku: Sku,
    },
    /// The signed records of a published text.
    Provenance {
        /// The text.
        text: TextDigest,
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
    /// What a person decided.
    Decision {
        /// Language and region of the text.
        locale: Locale,
        /// The product.
        sku: Sku,
        /// The decision.
        id: DecisionId,
    },
    /// Who is on a (SKU, locale).
    Assignment {
        /// Language and region of the text.
        locale: Locale,
        /// The product.
        sku: Sku,
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
    /// What a worker says of itself.
    Worker {
        /// Its name: no other worker has it.
        process: String,
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
            Self::Derived { sku } => format!("derived/{}.json", segment(sku.as_str())),
            Self::Content { locale, sku } => format!("content/{locale}/{}.json", segment(sku.as_str())),
            Self::Public { locale, sku } => format!("public/{locale}/{}.json", segment(sku.as_str())),
            Self::Provenance { text } => format!("provenance/{text}.json"),
            Self::History { locale, sku, operation } => {
                format!("history/{locale}/{}/{operation}.json", segment(sku.as_str()))
            }
            Self::Held { locale, sku } => format!("held/{locale}/{}.json", segment(sku.as_str())),
            Self::Correction { locale, sku, operation } => {
                format!("corrections/{locale}/{}/{operation}.json", segment(sku.as_str()))
            }
            Self::Decision { locale, sku, id } => {
                format!("decisions/{locale}/{}/{id}.json", segment(sku.as_str()))
            }
            Self::Assignment { locale, sku } => {
                format!("assignments/{locale}/{}.json", segment(sku.as_str()))
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
            Self::Worker { process } => format!("workers/{}.json", utf8_percent_encode(process, SEGMENT)),
            Self::Probe { nonce } => format!("probe/{}.txt", utf8_percent_encode(nonce, SEGMENT)),
        }
    }

    /// The key of a path that [`ContentStore::list`](super::ContentStore::list) gives; `None` where it is no path of ours
    /// (an object that somebody else put there), or of a kind that nobody lists. Only the path that [`Key::path`] builds
    /// is a key's: another spelling of it is another object.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let (folder, name) = path.split_once('/')?;
        let key = match folder {
            "products" => Self::Product { sku: decoded(name)?.parse().ok()? },
            "derived" => Self::Derived { sku: decoded(name)?.parse().ok()? },
            "content" | "held" => {
                let (locale, name) = name.split_once('/')?;
                let (locale, sku) = (locale.parse().ok()?, decoded(name)?.parse().ok()?);
                if folder == "held" { Self::Held { locale, sku } } else { Self::Content { locale, sku } }
            }
            "history" | "decisions" => {
                let (locale, rest) = name.split_once('/')?;
                let (sku, name) = rest.split_once('/')?;
                let (locale, sku) = (locale.parse().ok()?, decoded_segment(sku)?.parse().ok()?);
                let name = decoded(name)?;
                if folder == "history" {
                    Self::History { locale, sku, operation: name.try_into().ok()? }
                } else {
                    Self::Decision { locale, sku, id: name.try_into().ok()? }
                }
            }
            "questions" => match name.split_once('/')? {
                ("products", name) => Self::Questions { sku: decoded(name)?.parse().ok()? },
                (_, name) => Self::CategoryQuestions { category: decoded(name)?.try_into().ok()? },
            },
            "jobs" => Self::Job { id: decoded(name)? },
            "workers" => Self::Worker { process: decoded(name)? },
            "changes" => {
                let number = name.strip_suffix(".jsonl")?.parse().ok()?;
                (number <= SEGMENT_NUMBER_MAX).then_some(Self::Changes { number })?
            }
            "spend" => {
                let (day, process) = name.split_once('/')?;
                Self::Spend { day: day.parse().ok()?, process: decoded(process)? }
            }
            _ => return None,
        };
        (key.path() == path).then_some(key)
    }

    /// What to do about an object that is not what its key promises.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Product { .. } => {
                "restore an earlier version of the object, or move it away and publish the product again"
            }
            Self::Derived { .. } => {
                "restore an earlier version of the object, or move it away: it is made anew, without what people decided"
            }
            Self::Content { .. } => {
                "restore an earlier version of the object; moved away, it is written anew at the next update, from revision 1 on"
            }
            Self::History { .. } => {
                "restore an earlier version of the object; moved away, a redelivery has its text written again"
            }
            Self::Changes { .. } => {
                "restore an earlier version of the object, and let readers of the feed read all documents once"
            }
            Self::Public { .. } => "`skuscribe public` writes it anew",
            Self::Worker { .. } => "move it away; its worker writes it anew",
            Self::Index { .. } | Self::IndexReach => "`skuscribe index` makes it anew",
            _ => "restore an earlier version of the object, or move it away",
        }
    }

    /// Most bytes of the object that are read: far above what is ever written, far below what hurts.
    pub(super) fn bytes_max(&self) -> usize {
        match self {
            Self::Index { .. } => 2 << 30,
            Self::Changes { .. } => 64 << 20,
            _ => 16 << 20,
        }
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
            Self::History { .. } | Self::Correction { .. } | Self::Decision { .. } | Self::Changes { .. } => {
                "private, max-age=31536000, immutable"
            }
            _ => "no-cache",
        }
    }
}

/// What a file name `….json` spells.
fn decoded(name: &str) -> Option<String> {
    decoded_segment(name.strip_suffix(".json")?)
}

fn decoded_segment(segment: &str) -> Option<String> {
    Some(percent_decode_str(segment).decode_utf8().ok()?.into_owned())
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

    fn product(sku: &str) -> Key {
        Key::Product { sku: sku.parse().unwrap() }
    }

    /// The examples that readers of the store build their keys by.
    #[test]
    fn the_documented_keys_are_those_that_are_written() {
        let page = include_str!("../../docs/setup/s3.md");
        let table = page.split("| SKU | Key |").nth(1).unwrap();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .map(|line| line.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
            .collect();
        assert!(rows.len() >= 6);
        for row in rows {
            let key = Key::Content { locale: "de-DE".parse().unwrap(), sku: row[1].parse().unwrap() };
            assert_eq!(key.path(), row[2]);
            assert_eq!(Key::of_path(row[2]), Some(key));
        }
    }

    #[test]
    fn no_sku_leaves_its_folder() {
        for (sku, expected) in [
            ("..", "products/%2E%2E.json"),
            (".", "products/%2E.json"),
            ("../../etc/passwd", "products/..%2F..%2Fetc%2Fpasswd.json"),
        ] {
            assert_eq!(product(sku).path(), expected);
            assert_eq!(Key::of_path(expected), Some(product(sku)));
        }
    }

    #[test]
    fn every_listed_kind_is_found_by_its_path() {
        let (locale, sku): (Locale, Sku) = ("de-DE".parse().unwrap(), "a b/\u{fc}".parse().unwrap());
        for key in [
            Key::Held { locale: locale.clone(), sku: sku.clone() },
            Key::History { locale: locale.clone(), sku: sku.clone(), operation: Digest::of(&[b"x"]) },
            Key::Decision {
                locale,
                sku: sku.clone(),
                id: DecisionId::new(jiff::Timestamp::UNIX_EPOCH, &[b"x"]),
            },
            Key::Derived { sku: sku.clone() },
            Key::Questions { sku },
            Key::CategoryQuestions { category: Digest::of(&[b"x"]) },
            Key::Job { id: "20260101-000000-abcdef".to_owned() },
            Key::Changes { number: 7 },
            Key::Worker { process: "1-f00".to_owned() },
            Key::Spend { day: jiff::civil::date(2026, 3, 1), process: "1-f00".to_owned() },
        ] {
            assert_eq!(Key::of_path(&key.path()), Some(key));
        }
    }

    #[test]
    fn another_spelling_of_a_path_is_no_key() {
        for path in [
            "products/",
            "products/A1",
            "products/A1.txt",
            "products/a b.json",
            "products/%41%31.json",
            "products/%ZZ.json",
            "products/%FF.json",
            "products/%c3%bc.json",
            "products/x/A1.json",
            "changes/7.jsonl",
            "changes/1000000000000.jsonl",
            "changes/18446744073709551615.jsonl",
            "content/A1.json",
            "content/no locale/A1.json",
            "changes/1.jsonl",
            "changes/x.jsonl",
            "notes.txt",
        ] {
            assert_eq!(Key::of_path(path), None, "{path}");
        }
    }

    #[test]
    fn a_guide_s_facts_are_no_product_s() {
        let guide = |name: &str| Key::Product { sku: Sku::of_guide(name).unwrap() };
        assert_eq!(guide("Mugs").path(), "guides/Mugs.json");
        assert_eq!(guide("..").path(), "guides/%2E%2E.json");
        for path in ["guides/Mugs.json", "products/guide%3AMugs.json"] {
            assert_eq!(Key::of_path(path), None, "{path}");
        }
    }
}
