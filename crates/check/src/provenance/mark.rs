//! The machine-readable mark of a page: JSON-LD and HTML that name each text's digital source type and its signed record.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::content::{DigitalSourceType, Document, TextDigest};
use crate::product::Locale;

/// The relation of a page to a record of its provenance (W3C, PROV-AQ).
const HAS_PROVENANCE: &str = "http://www.w3.org/ns/prov#has_provenance";

/// A page whose texts are marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedPage {
    /// Language and region.
    pub locale: Locale,
    /// Its texts.
    pub texts: Vec<MarkedText>,
    /// Where the registry's objects are served, without a slash at its end; empty where they are not.
    pub registry_url: String,
    /// Who holds editorial responsibility; empty where nobody is named.
    pub responsible: String,
}

/// A text of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedText {
    /// The recipe.
    pub recipe: String,
    /// Who made it.
    pub source: DigitalSourceType,
    /// Its digest, where there is a signed record of it.
    pub text_sha256: Option<TextDigest>,
    /// When it was written.
    pub created: Timestamp,
    /// The version of the program that had it written.
    pub version: String,
}

impl MarkedPage {
    /// The page of a document.
    #[must_use]
    pub fn of(document: &Document, registry_url: &str, responsible: &str) -> Self {
        let published = document.recipes.iter().filter(|(recipe, _)| document.content.contains_key(*recipe));
        let texts = published.map(|(recipe, state)| MarkedText {
            recipe: recipe.clone(),
            source: state.source_type(),
            text_sha256: state.provenance.text_sha256,
            created: state.provenance.generated_at,
            version: state.provenance.worker_version.clone(),
        });
        Self {
            locale: document.locale.clone(),
            texts: texts.collect(),
            registry_url: registry_url.trim_end_matches('/').to_owned(),
            responsible: responsible.to_owned(),
        }
    }

    /// The type of the page as a whole: what a model wrote, alone or with people, outweighs the rest.
    #[must_use]
    pub fn source(&self) -> Option<DigitalSourceType> {
        use DigitalSourceType as Source;
        let has = |source| self.texts.iter().any(|text| text.source == source);
        [
            Source::CompositeWithTrainedAlgorithmicMedia,
            Source::TrainedAlgorithmicMedia,
            Source::AlgorithmicMedia,
            Source::HumanEdits,
            Source::DigitalCreation,
        ]
        .into_iter()
        .find(|source| has(*source))
    }

    fn record_url(&self, text: TextDigest) -> Option<String> {
        (!self.registry_url.is_empty()).then(|| format!("{}/provenance/{text}.json", self.registry_url))
    }
}

/// The mark as JSON-LD. schema.org has `digitalSourceType` on a creative work, so it stands on the page and on its parts, and
/// not on the product. People are not named: the record does, for those who may read it.
#[must_use]
pub fn json_ld(page: &MarkedPage) -> Value {
    let mut whole = Map::new();
    whole.insert("@context".to_owned(), json!("https://schema.org"));
    whole.insert("@type".to_owned(), json!("WebPage"));
    whole.insert("inLanguage".to_owned(), json!(page.locale));
    mark(&mut whole, page.source());
    if !page.responsible.is_empty() {
        whole.insert("publisher".to_owned(), json!({ "@type": "Organization", "name": page.responsible }));
    }
    let parts: Vec<Value> = page.texts.iter().map(|text| part(page, text)).collect();
    whole.insert("hasPart".to_owned(), Value::Array(parts));
    Value::Object(whole)
}

fn mark(work: &mut Map<String, Value>, source: Option<DigitalSourceType>) {
    if let Some(member) = source.and_then(DigitalSourceType::schema_org) {
        work.insert("digitalSourceType".to_owned(), json!(member));
    }
}

fn part(page: &MarkedPage, text: &MarkedText) -> Value {
    let mut work = Map::new();
    work.insert("@type".to_owned(), json!("CreativeWork"));
    work.insert("name".to_owned(), json!(text.recipe));
    mark(&mut work, Some(text.source));
    work.insert("dateCreated".to_owned(), json!(text.created));
    if text.source.is_by_model() {
        let program =
            json!({ "@type": "SoftwareApplication", "name": "Skuscribe", "softwareVersion": text.version });
        work.insert("creator".to_owned(), program);
    }
    if let Some(digest) = text.text_sha256 {
        let identifier = json!({ "@type": "PropertyValue", "propertyID": "sha-256", "value": digest });
        work.insert("identifier".to_owned(), identifier);
        if let Some(url) = page.record_url(digest) {
            let record =
                json!({ "@type": "DigitalDocument", "url": url, "encodingFormat": "application/json" });
            work.insert("subjectOf".to_owned(), record);
        }
    }
    Value::Object(work)
}

/// The mark as HTML for a page's head: the JSON-LD, and a link to each signed record.
#[must_use]
pub fn html(page: &MarkedPage) -> String {
    // Within a script nothing may look like its end.
    let json =
        json_ld(page).to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    let mut out = format!("<script type=\"application/ld+json\">{json}</script>\n");
    for url in page.texts.iter().filter_map(|text| page.record_url(text.text_sha256?)) {
        let href = html_escape::encode_double_quoted_attribute(&url);
        out.push_str(&format!("<link rel=\"{HAS_PROVENANCE}\" type=\"application/json\" href=\"{href}\">\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::text_digest;

    fn page(sources: &[DigitalSourceType]) -> MarkedPage {
        let text = |source: &DigitalSourceType| MarkedText {
            recipe: "description".to_owned(),
            source: *source,
            text_sha256: Some(text_digest("a")),
            created: Timestamp::UNIX_EPOCH,
            version: "1".to_owned(),
        };
        MarkedPage {
            locale: "en-US".parse().unwrap(),
            texts: sources.iter().map(text).collect(),
            registry_url: "https://shop.example/r".to_owned(),
            responsible: "A & B </script><script>".to_owned(),
        }
    }

    #[test]
    fn the_mark_stands_on_the_page_and_on_each_text_and_never_on_a_product() {
        let marked = json_ld(&page(&[DigitalSourceType::TrainedAlgorithmicMedia]));
        let member = "https://schema.org/TrainedAlgorithmicMediaDigitalSource";
        assert_eq!((&marked["@type"], &marked["digitalSourceType"]), (&json!("WebPage"), &json!(member)));
        let part = &marked["hasPart"][0];
        assert_eq!(part["digitalSourceType"], member);
        let url = format!("https://shop.example/r/provenance/{}.json", text_digest("a"));
        assert_eq!(part["subjectOf"]["url"], url);
        assert!(!marked.to_string().contains("Product\""), "{marked}");
    }

    #[test]
    fn what_a_person_edited_outweighs_the_rest_and_what_people_wrote_alone_has_no_mark() {
        use DigitalSourceType as Source;
        let of = |sources: &[Source]| page(sources).source();
        let (model, edited) = (Source::TrainedAlgorithmicMedia, Source::CompositeWithTrainedAlgorithmicMedia);
        assert_eq!(of(&[model, edited, Source::AlgorithmicMedia]), Some(edited));
        assert_eq!(of(&[Source::AlgorithmicMedia, model]), Some(model));
        assert_eq!(of(&[]), None);
        let human = json_ld(&page(&[Source::HumanEdits]));
        assert!(human.get("digitalSourceType").is_none() && human["hasPart"][0].get("creator").is_none());
    }

    #[test]
    fn nothing_in_the_html_ends_its_script_early_and_no_character_is_invisible() {
        let html = html(&page(&[DigitalSourceType::TrainedAlgorithmicMedia]));
        assert_eq!(html.matches("</script>").count(), 1, "{html}");
        assert_eq!(html.matches("<link rel=\"http://www.w3.org/ns/prov#has_provenance\"").count(), 1);
        let json = html.split("json\">").nth(1).unwrap().split("</script>").next().unwrap();
        let read: Value = serde_json::from_str(json).unwrap();
        assert_eq!(read["publisher"]["name"], "A & B </script><script>");
        assert!(!html.chars().any(crate::injection::is_invisible));
    }
}
