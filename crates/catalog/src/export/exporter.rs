//! One export: a format with what the shop says of it, turning products into the records of its files.

use anyhow::{bail, ensure};
use skuscribe_check::product::Variant;

use super::column::{Column, Subject};
use super::content_kind::Content;
use super::format::{Format, FormatLayout, LocaleMode, RowKind};
use super::left_out::{LeftOut, LeftOutReason};
use super::options::ExportOptions;
use super::product::ExportProduct;
use super::texts::Texts;
use super::{acp, akeneo, amazon, commercetools, content, google, json, schema_org, shopify, table};

/// What stands around the records of a file.
#[derive(Clone, Debug, Default)]
pub struct Framing {
    /// Before the first record.
    pub head: Vec<u8>,
    /// Between two records.
    pub between: &'static [u8],
    /// Behind the last one.
    pub tail: &'static [u8],
}

/// One export.
#[derive(Debug)]
pub struct Exporter {
    format: &'static Format,
    options: ExportOptions,
    columns: Vec<Column>,
    /// Messages made, for their ids.
    messages: u32,
}

impl Exporter {
    /// An export in a format; columns whose recipes are not exported are left out of it.
    ///
    /// # Errors
    /// When the shop states what the format has no place for, or states too little.
    pub fn new(format: &'static Format, options: ExportOptions) -> anyhow::Result<Self> {
        let columns = columns(format, &options)?;
        Ok(Self { format, options, columns, messages: 0 })
    }

    /// Whether nothing can be written because values are missing that only the shop's feed has; says which.
    ///
    /// # Errors
    /// With the values and what to do.
    pub fn refuse_without_feed(&self, missing: &[LeftOut]) -> anyhow::Result<()> {
        let mut columns: Vec<&str> = missing.iter().map(|left_out| left_out.column.as_str()).collect();
        columns.sort_unstable();
        columns.dedup();
        let stated = self.columns.iter().filter(|column| matches!(column.is, Content::Attribute));
        let needed: Vec<&str> = stated
            .filter(|column| !column.optional)
            .map(|column| column.name.as_str())
            .filter(|name| columns.contains(name))
            .collect();
        if needed.is_empty() {
            return Ok(());
        }
        let remedy = if matches!(self.format.layout, FormatLayout::Table | FormatLayout::JsonLines) {
            "give the shop's own feed with --onto FEED: its texts are replaced, and everything else in it stays"
        } else {
            "state that as an attribute of each product"
        };
        bail!(
            "{} needs {} of every product, and no product's facts state that; {remedy}",
            self.format.name,
            needed.join(", ")
        )
    }

    /// The names of its columns or fields, in order.
    #[must_use]
    pub fn column_names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    /// What stands around the records of each file.
    #[must_use]
    pub fn framing(&self) -> Framing {
        match self.format.layout {
            FormatLayout::Table => {
                Framing { head: table::head(self.format, &self.columns), ..Framing::default() }
            }
            FormatLayout::GoogleRss => Framing {
                head: google::RSS_HEAD.as_bytes().to_vec(),
                between: b"",
                tail: google::RSS_TAIL.as_bytes(),
            },
            FormatLayout::Amazon => {
                Framing { head: amazon::head(&self.options), between: b",\n", tail: amazon::TAIL.as_bytes() }
            }
            _ => Framing::default(),
        }
    }

    /// The records of a product with its texts, one locale for formats of one; and what kept others out.
    pub fn records(&mut self, product: ExportProduct<'_>, texts: &[Texts]) -> (Vec<Vec<u8>>, Vec<LeftOut>) {
        let variants: Vec<Option<&Variant>> = match self.format.rows {
            RowKind::Variants if !product.stated.variants.is_empty() => {
                product.stated.variants.iter().map(Some).collect()
            }
            _ => vec![None],
        };
        let (mut records, mut left_out) = (Vec::new(), Vec::new());
        for variant in variants {
            let all = texts.iter().map(|texts| Subject { product, variant, texts });
            let (subjects, without): (Vec<Subject<'_>>, Vec<Subject<'_>>) =
                all.partition(|subject| self.has_text(subject));
            left_out.extend(without.iter().map(|subject| {
                let detail = "none of its published texts has a place in the target".to_owned();
                subject.left_out(LeftOutReason::Missing, "", detail)
            }));
            match self.format.locales {
                LocaleMode::One => {
                    for subject in &subjects {
                        match self.record(subject) {
                            Ok(record) => records.push(record),
                            Err(refused) => left_out.push(refused),
                        }
                    }
                }
                LocaleMode::All => {
                    let (record, refused) = self.record_of_all(&subjects);
                    records.extend(record);
                    left_out.extend(refused);
                }
            }
        }
        // Variants share their texts: what is wrong with one is said once.
        left_out.dedup();
        (records, left_out)
    }

    /// Whether a record has a text to carry: one without any says nothing.
    fn has_text(&self, subject: &Subject<'_>) -> bool {
        let raw = matches!(self.format.layout, FormatLayout::Content | FormatLayout::Parquet);
        raw || self.columns.iter().any(|column| column.has_text(subject, &self.options))
    }

    fn record(&self, subject: &Subject<'_>) -> Result<Vec<u8>, LeftOut> {
        let (columns, options) = (&self.columns, &self.options);
        match self.format.layout {
            FormatLayout::Table => table::record(self.format, columns, subject, options),
            FormatLayout::JsonLines => json::record(columns, subject, options),
            FormatLayout::ShopifyBulk => shopify::variables(columns, subject, options),
            FormatLayout::GoogleRss => google::item(columns, subject, options),
            FormatLayout::Acp => acp::product(columns, subject, options),
            FormatLayout::SchemaOrg => schema_org::document(columns, subject, options),
            FormatLayout::Content
            | FormatLayout::Parquet
            | FormatLayout::Akeneo
            | FormatLayout::Amazon
            | FormatLayout::Commercetools => Ok(content::document(subject)),
        }
    }

    fn record_of_all(&mut self, subjects: &[Subject<'_>]) -> (Option<Vec<u8>>, Vec<LeftOut>) {
        if self.format.layout == FormatLayout::Akeneo {
            return akeneo::patch(&self.columns, subjects, &self.options, self.format.max_record_chars);
        }
        let id = self.messages.saturating_add(1);
        let (message, left_out) = amazon::message(&self.columns, subjects, &self.options, id);
        if message.is_some() {
            self.messages = id;
        }
        (message, left_out)
    }

    /// The update actions that bring a product of commercetools to its published texts; nothing where it has them.
    ///
    /// # Errors
    /// When the product is none of its API's, or a text breaks a rule of the target.
    pub fn actions(
        &self,
        current: &serde_json::Value,
        product: ExportProduct<'_>,
        texts: &[Texts],
    ) -> Result<Option<Vec<u8>>, LeftOut> {
        let subjects: Vec<Subject<'_>> =
            texts.iter().map(|texts| Subject { product, variant: None, texts }).collect();
        commercetools::actions(&self.columns, current, &subjects, &self.options)
    }
}

/// The format's columns that have a source, with the shop's own names and additions.
fn columns(format: &Format, options: &ExportOptions) -> anyhow::Result<Vec<Column>> {
    let has_source = |column: &&Column| match (column.is, column.is.text_field()) {
        (_, Some(field)) => options.fields.has(field),
        (Content::Set, None) if column.optional => options.set.contains_key(&column.name),
        _ => true,
    };
    let mut columns: Vec<Column> = format.columns.iter().filter(has_source).cloned().collect();
    let takes_columns = matches!(
        format.layout,
        FormatLayout::Table | FormatLayout::JsonLines | FormatLayout::GoogleRss | FormatLayout::Akeneo
    );
    ensure!(takes_columns || options.columns.is_empty(), "--column: {} has no columns to name", format.name);
    for (content, name) in &options.columns {
        let content = Content::named(content).map_err(|error| anyhow::anyhow!("--column: {error}"))?;
        ensure!(!name.trim().is_empty(), "--column: a column has to have a name");
        // A field that the format has is named anew; any other one is added.
        match columns.iter_mut().find(|column| column.is == content) {
            Some(column) if format.layout == FormatLayout::Akeneo => column.name.clone_from(name),
            _ => columns.push(Column::added(name, content)),
        }
    }
    let shopify = format.name == "shopify" || format.layout == FormatLayout::ShopifyBulk;
    ensure!(shopify || options.metafields.is_empty(), "--metafield: {} has no metafields", format.name);
    if format.layout == FormatLayout::Table {
        let added = options.metafields.iter();
        columns.extend(added.map(|metafield| {
            let content = match metafield.content {
                Content::Questions => Content::QuestionsJson,
                content => content,
            };
            Column::added(&metafield.column(), content)
        }));
    }
    for name in options.set.keys() {
        let known = columns.iter().any(|column| column.is == Content::Set && column.name == *name);
        let names: Vec<&str> = format
            .columns
            .iter()
            .filter(|column| column.is == Content::Set)
            .map(|column| column.name.as_str())
            .collect();
        if !known && names.is_empty() {
            bail!("--set {name}: {} has no value that a shop states", format.name);
        }
        ensure!(known, "--set {name}: {} knows {}", format.name, names.join(", "));
    }
    let unset: Vec<String> = columns
        .iter()
        .filter(|column| column.is == Content::Set && !options.set.contains_key(&column.name))
        .map(|column| format!("--set {}=VALUE", column.name))
        .collect();
    if !unset.is_empty() {
        let facts = columns.iter().filter(|column| column.is == Content::Attribute && !column.optional);
        let facts: Vec<&str> = facts.map(|column| column.name.as_str()).collect();
        bail!(
            "{} needs what the shop alone knows: {}; and from each product's facts {}, or the shop's own feed with --onto FEED",
            format.name,
            unset.join(" "),
            facts.join(", ")
        );
    }
    let texts = columns.iter().any(|column| column.is.text_field().is_some());
    let raw = matches!(format.layout, FormatLayout::Content | FormatLayout::Parquet);
    ensure!(
        texts || raw,
        "{}: none of its fields comes from these recipes; name others with --recipes",
        format.name
    );
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use skuscribe_check::content::Document;
    use skuscribe_check::product::Product;

    use super::*;
    use crate::export::find;

    /// What a format makes of a product with these texts: its records, or the reason and the column.
    fn check(
        format: &str,
        content: &Value,
        set: &[(&str, &str)],
    ) -> Result<Vec<String>, (LeftOutReason, String)> {
        let mut options = ExportOptions::built_in().unwrap();
        options.set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let document: Document = serde_json::from_value(json!({
            "schema": "content.v1", "sku": "a-1", "locale": "en-US", "state": "published", "revision": 1,
            "updated_at": "2026-01-01T00:00:00Z", "content": content
        }))
        .unwrap();
        let texts = Texts::of(&document, &options.fields, &[]);
        let product: Product =
            serde_json::from_value(json!({ "sku": "a-1", "attributes": { "product_type": "shoes" } }))
                .unwrap();
        let mut exporter = Exporter::new(find(format).unwrap(), options).unwrap();
        let (records, left_out) =
            exporter.records(ExportProduct { stated: &product, public: &product }, &[texts]);
        match left_out.first() {
            Some(refused) => Err((refused.reason, refused.column.clone())),
            None => Ok(records.into_iter().map(|record| String::from_utf8(record).unwrap()).collect()),
        }
    }

    fn with_questions(pairs: &[(String, String)]) -> Value {
        let entries: Vec<Value> = pairs
            .iter()
            .map(|(question, answer)| json!({ "question": question, "answer": answer }))
            .collect();
        json!({ "description": { "title": "Mug", "body": "A mug." }, "faq": { "entries": entries } })
    }

    #[test]
    fn google_takes_thirty_questions_of_a_thousand_characters_and_ten_thousand_in_all() {
        let pair = |question: usize, answer: usize| ("q".repeat(question), "日".repeat(answer));
        for format in ["google", "google-xml"] {
            let made = |pairs: &[(String, String)]| check(format, &with_questions(pairs), &[]);
            assert!(made(&vec![pair(1, 1); 30]).is_ok() && made(&[pair(1000, 1000)]).is_ok());
            let column = "question_and_answer".to_owned();
            assert_eq!(made(&vec![pair(1, 1); 31]), Err((LeftOutReason::WrongCount, column.clone())));
            assert_eq!(made(&[pair(1, 1001)]), Err((LeftOutReason::TooLong, column.clone())));
            assert!(made(&vec![pair(500, 500); 10]).is_ok());
            assert_eq!(made(&vec![pair(501, 500); 10]), Err((LeftOutReason::TooLong, column)));
        }
    }

    #[test]
    fn what_breaks_a_rule_of_the_target_is_refused_with_its_column() {
        let described = |title: &str| {
            json!({ "description": { "title": title, "body": "A mug." },
            "seo": { "meta_title": "Mug", "meta_description": "A mug." } })
        };
        let amazon = [("seller_id", "S"), ("marketplace_id", "M")];
        for (format, title, set, reason, column) in [
            ("prestashop", "Mug #1", [].as_slice(), LeftOutReason::Invalid, "Name*"),
            ("amazon", "Mug", &amazon, LeftOutReason::Invalid, "product_type"),
            ("shopify", "@mug", &[], LeftOutReason::Formula, "Title"),
            ("magento", "", &[], LeftOutReason::Missing, "name"),
            ("woocommerce", "Mug <b>", &[], LeftOutReason::Invalid, "Name"),
        ] {
            assert_eq!(check(format, &described(title), set), Err((reason, column.to_owned())), "{format}");
        }
        let made = check("woocommerce", &described("+1 mug"), &[]).unwrap();
        assert!(made[0].starts_with("a-1,'+1 mug,"), "its importer takes the apostrophe away: {made:?}");
        let made = check("shopify", &described("-20 °C bag"), &[]).unwrap();
        assert!(made[0].starts_with("a-1,-20 °C bag,"), "{made:?}");
    }

    #[test]
    fn what_a_shop_states_where_the_format_has_no_place_for_it_is_refused() {
        let refused = |format: &str, change: &dyn Fn(&mut ExportOptions)| {
            let mut options = ExportOptions::built_in().unwrap();
            change(&mut options);
            Exporter::new(find(format).unwrap(), options).unwrap_err().to_string()
        };
        let set = |name: &'static str| {
            move |options: &mut ExportOptions| drop(options.set.insert(name.to_owned(), "x".to_owned()))
        };
        assert!(refused("shopify", &set("seller")).contains("--set seller"));
        assert!(refused("amazon", &set("seller")).contains("seller_id, marketplace_id"));
        let openai = refused("openai", &|_| {});
        assert!(openai.contains("--set seller_name=VALUE") && openai.contains("--onto FEED"), "{openai}");
        let column =
            |options: &mut ExportOptions| options.columns.push(("colour".to_owned(), "c".to_owned()));
        assert!(refused("shopify", &column).contains("\"colour\""));
        let metafield = |options: &mut ExportOptions| {
            options.metafields.push("title=custom.t".parse().unwrap());
        };
        assert!(refused("magento", &metafield).contains("metafields"));
    }
}
