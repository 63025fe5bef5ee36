//! schema.org: `Product`, `WebPage` and `FAQPage` as JSON-LD, one document a line, fit to stand in a `<script>` element.

use serde_json::{Map, Value, json};
use skuscribe_check::content::DigitalSourceType;

use super::clean::clean;
use super::column::{Cell, Column, Subject};
use super::content_kind::Content;
use super::left_out::LeftOut;
use super::options::ExportOptions;
use super::texts::TextField;

/// A product's document.
pub(super) fn document(
    columns: &[Column],
    subject: &Subject<'_>,
    options: &ExportOptions,
) -> Result<Vec<u8>, LeftOut> {
    let (stated, texts) = (subject.product.stated, subject.texts);
    let (sku, locale) = (stated.sku.as_str(), texts.locale.as_str());
    // Blank nodes: the page's address is the shop's.
    let mut product = Map::new();
    product.insert("@type".to_owned(), "Product".into());
    product.insert("@id".to_owned(), "_:product".into());
    product.insert("sku".to_owned(), sku.into());
    let mut questions = Vec::new();
    for column in columns {
        match (column.is, column.cell(subject, options)?) {
            (_, None) => {}
            (Content::Questions, Some(Cell::Questions(pairs))) => questions = pairs,
            (_, Some(cell)) => {
                product.insert(column.name.clone(), super::json::value(cell));
            }
        }
    }
    if let Some(brand) = stated.brand.as_deref().map(clean).filter(|brand| !brand.is_empty()) {
        product.insert("brand".to_owned(), json!({ "@type": "Brand", "name": brand }));
    }
    if let Some(gtin) = stated.gtin.as_deref().map(clean).filter(|gtin| !gtin.is_empty()) {
        product.insert("gtin".to_owned(), gtin.into());
    }
    if !subject.product.public.category.is_empty() {
        let path: Vec<String> = subject.product.public.category.iter().map(|part| clean(part)).collect();
        product.insert("category".to_owned(), path.join(" > ").into());
    }
    let page = |kind: &str, source: Option<DigitalSourceType>| {
        let mut page = Map::new();
        page.insert("@type".to_owned(), kind.into());
        page.insert("inLanguage".to_owned(), locale.into());
        if let Some(member) = source.and_then(DigitalSourceType::schema_org) {
            page.insert("digitalSourceType".to_owned(), member.into());
        }
        page
    };
    let mut web_page = page("WebPage", texts.source(TextField::Body));
    web_page.insert("mainEntity".to_owned(), json!({ "@id": "_:product" }));
    let mut graph = vec![Value::Object(product), Value::Object(web_page)];
    if !questions.is_empty() {
        let mut faq = page("FAQPage", texts.source(TextField::Questions));
        let entries = questions.iter().map(|pair| {
            let answer = json!({ "@type": "Answer", "text": pair.answer });
            json!({ "@type": "Question", "name": pair.question, "acceptedAnswer": answer })
        });
        faq.insert("mainEntity".to_owned(), entries.collect());
        faq.insert("about".to_owned(), json!({ "@id": "_:product" }));
        graph.push(Value::Object(faq));
    }
    let document = json!({ "@context": "https://schema.org", "@graph": graph });
    // `</script>` in a text would end the element; the escape is the same text in JSON.
    let mut line = document.to_string().replace('<', "\\u003c");
    line.push('\n');
    Ok(line.into_bytes())
}
