//! What is counted: the start, a page of three recipes, and texts that somebody made to be slow.

use std::collections::BTreeMap;
use std::hint::black_box;

use anyhow::Context as _;
use serde_json::{Value, json};
use skuscribe_check::product::{Locale, Product};
use skuscribe_check::texts;
use skuscribe_eval::checks::Checks;

/// Texts that are slow to read where a check looks back, or at everything, for each of their parts.
const HOSTILE: &[(&str, &str)] = &[
    ("digits", "0123456789"),
    ("blanks", "          "),
    ("numbers", "1 1 1 1 1 "),
    ("one-word", "abcdefghij"),
    ("chinese", "五百毫升的不锈钢水壶。"),
    ("combining", "a\u{301}\u{301}\u{301}\u{301}"),
    ("braces", "{{{{{{{{{{"),
    ("brackets", "([<([<([<("),
    ("tags", "<b><b><b> "),
    ("backticks", "``````````"),
    ("sentences", "It is 3 cm. "),
];

/// One thing that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Loading what ships and checking one text.
    Start,
    /// A page of three recipes of a product with so many attributes.
    Page(usize),
    /// The same page once more, of the same facts: it was repaired.
    PageAgain(usize),
    /// A text of so many kilobytes.
    Hostile(&'static str, usize),
    /// A page of a product that has such a text as its description and as an attribute.
    HostileProduct(&'static str, usize),
}

impl Work {
    /// Everything, in the order in which it is counted; `long`: also the longest texts.
    pub(crate) fn all(long: bool) -> Vec<Self> {
        let sizes: &[usize] = if long { &[10, 100, 1_000] } else { &[10, 100] };
        let hostile =
            HOSTILE.iter().flat_map(|(kind, _)| sizes.iter().map(|size| Self::Hostile(kind, *size)));
        let of_product =
            HOSTILE.iter().flat_map(|(kind, _)| [10, 100].map(|size| Self::HostileProduct(kind, size)));
        let pages = [Self::Page(15), Self::Page(60), Self::PageAgain(15), Self::PageAgain(60)];
        std::iter::once(Self::Start).chain(pages).chain(hostile).chain(of_product).collect()
    }

    /// Its name in `benches/instructions.toml`.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Start => "start".to_owned(),
            Self::Page(attributes) => format!("page-{attributes}-attributes"),
            Self::PageAgain(attributes) => format!("page-{attributes}-attributes-again"),
            Self::Hostile(kind, kilobytes) => format!("{kind}-{kilobytes}-kB"),
            Self::HostileProduct(kind, kilobytes) => format!("product-{kind}-{kilobytes}-kB"),
        }
    }
}

/// Does the works of these names, each behind the one function that is counted.
pub(crate) fn run(names: &[String]) -> anyhow::Result<()> {
    let works: Vec<Work> = Work::all(true).into_iter().filter(|work| names.contains(&work.name())).collect();
    let (mug, mut loaded) = (mug()?, None);
    for work in works {
        if work == Work::Start {
            counted(&mut || {
                if let Ok(started) = Checks::built_in() {
                    black_box(text(&started, &mug, "A clay mug of 300 ml."));
                    loaded = Some(started);
                }
            });
            continue;
        }
        if loaded.is_none() {
            loaded = Some(Checks::built_in()?);
        }
        let checks = loaded.as_ref().context("nothing is loaded")?;
        match work {
            Work::Start => {}
            Work::Page(attributes) => {
                let (lamp, locale) = (lamp(attributes)?, "en-US".parse()?);
                let content = page();
                // What is made at first use is no cost of a page.
                black_box(checks.check_page(&lamp, &locale, &content)?);
                counted(&mut || drop(black_box(checks.check_page(&lamp, &locale, &content))));
            }
            Work::PageAgain(attributes) => {
                let (lamp, locale, content) = (lamp(attributes)?, "en-US".parse()?, page());
                let facts = checks.facts(&lamp, &content)?;
                let check = || checks.check_page_with(&facts, &lamp, &locale, &content);
                black_box(check()?);
                counted(&mut || drop(black_box(check())));
            }
            Work::Hostile(kind, kilobytes) => {
                let hostile = hostile(kind, kilobytes)?;
                // What is made at first use is no cost of a text.
                black_box(text(checks, &mug, &self::hostile(kind, 1)?));
                counted(&mut || {
                    black_box(text(checks, &mug, &hostile));
                });
            }
            Work::HostileProduct(kind, kilobytes) => {
                let (locale, content) = ("en-US".parse()?, page());
                let product = hostile_lamp(kind, kilobytes)?;
                black_box(checks.check_page(&hostile_lamp(kind, 1)?, &locale, &content)?);
                counted(&mut || drop(black_box(checks.check_page(&product, &locale, &content))));
            }
        }
    }
    Ok(())
}

/// A text of so many kilobytes.
fn hostile(kind: &str, kilobytes: usize) -> anyhow::Result<String> {
    let (_, part) = HOSTILE.iter().find(|(named, _)| *named == kind).context("no such text")?;
    Ok(part.repeat(kilobytes * 1_000 / part.len()))
}

/// The lamp with such a text as its description and as an attribute.
fn hostile_lamp(kind: &str, kilobytes: usize) -> anyhow::Result<Product> {
    let (mut product, text) = (lamp(15)?, hostile(kind, kilobytes)?);
    let attributes = product.attributes.iter().map(|(name, value)| (name.to_owned(), value.clone()));
    let note = ("note".to_owned(), skuscribe_check::product::Value::Text(text.clone()));
    product.attributes = attributes.chain([note]).collect();
    product.description = Some(text);
    Ok(product)
}

/// What valgrind counts: from here to [`ended`]; it knows both by their names.
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
    black_box(ended(black_box(0)));
}

/// Where counting ends.
#[inline(never)]
fn ended(nothing: u8) -> u8 {
    black_box(nothing)
}

/// What `skuscribe check` finds in a text.
fn text(checks: &Checks, mug: &Product, text: &str) -> usize {
    let locale: Option<Locale> = "en-US".parse().ok();
    texts::report(mug, text, Some("en"), locale.as_ref(), &checks.policy).findings.len()
}

fn mug() -> anyhow::Result<Product> {
    let attributes = json!({ "material": "clay", "volume": "300 ml", "width": "8 cm" });
    Ok(serde_json::from_value(json!({ "sku": "A", "title": "Mug", "attributes": attributes }))?)
}

/// A lamp: what its page speaks of, and attributes that it does not mention.
fn lamp(attributes: usize) -> anyhow::Result<Product> {
    let mut lamp = json!({
        "sku": "L", "title": "Nordlys Desk Lamp", "brand": "Nordlys", "category": ["Lighting", "Desk lamps"],
        "attributes": {
            "material": "aluminium and oak", "color": ["black", "white"], "height": "48 cm", "weight": "1.2 kg",
            "cable length": "180 cm", "dimmable": "yes", "light source": "LED, 9 W", "color temperature": "2700 K",
            "luminous flux": "806 lm", "energy class": "E"
        }
    });
    let all = lamp.pointer_mut("/attributes").and_then(Value::as_object_mut).context("no attributes")?;
    for number in all.len()..attributes {
        let value = match number % 5 {
            0 => json!(format!("{} mm", 10 + number)),
            1 => json!("no"),
            2 => json!([format!("pattern {number}"), "matt", "lacquered"]),
            3 => json!(format!("suited for rooms of {number} square metres and more, with a base of steel")),
            _ => json!(number),
        };
        all.insert(format!("technical detail {number}"), value);
    }
    Ok(serde_json::from_value(lamp)?)
}

/// A page about the lamp, by recipe.
fn page() -> BTreeMap<&'static str, Value> {
    let said = |text: &str, evidence: &str| json!({ "text": text, "evidence": [evidence] });
    let answered = |question: &str, answer: &str, evidence: &str| json!({ "question": question, "answer": answer, "evidence": [evidence] });
    let description = json!({
        "title": "Nordlys Desk Lamp",
        "body": [
            said("The Nordlys Desk Lamp is made of aluminium and oak.", "material"),
            said("It is 48 cm high and weighs 1.2 kg.", "height"),
            said("The LED of 9 W gives 806 lm at 2700 K.", "light source"),
            said("It is dimmable and comes in black and white.", "dimmable")
        ],
        "bullets": [
            said("Height: 48 cm", "height"), said("Weight: 1.2 kg", "weight"),
            said("Cable of 180 cm", "cable length"), said("Energy class E", "energy class")
        ]
    });
    let faq = json!({ "entries": [
        answered("How high is the lamp?", "It is 48 cm high.", "height"),
        answered("Is it dimmable?", "Yes, it is dimmable.", "dimmable"),
        answered("How long is the cable?", "The cable is 180 cm long.", "cable length")
    ] });
    let seo = json!({
        "meta_title": "Nordlys Desk Lamp",
        "meta_description": said("Nordlys Desk Lamp of aluminium and oak, 48 cm high, dimmable, with an LED of 9 W.", "material"),
        "keywords": ["desk lamp", "dimmable", "LED"]
    });
    BTreeMap::from([("description", description), ("faq", faq), ("seo", seo)])
}
