//! The catalog as a full-text index in memory: which products of a category fit a question best.
//!
//! Built from the stored snapshots at the start, brought up to date from the change feed after. Words are cut as the checks
//! cut them, Chinese and Japanese by dictionary.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use futures_util::{StreamExt as _, stream};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{
    Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value as _,
};
use tantivy::tokenizer::{TextAnalyzer, WhitespaceTokenizer};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, Term};

use crate::feed::{head, segment_after};
use crate::store::snapshots::stored;
use crate::store::{ContentStore, Key, SetAside, keys};
use skuscribe_check::internal::InternalNames;
use skuscribe_check::labels::ShopLabels;
use skuscribe_check::product::{Locale, Product, Sku};
use skuscribe_check::texts::words;

/// Most products that are listed.
const LISTED_MAX: usize = 5_000_000;
/// Products that are read at the same time.
const READS: usize = 64;
/// Memory of the writer, in bytes.
const WRITER_BYTES: usize = 50_000_000;
/// What a word of the title counts beside one of the attributes.
const TITLE_BOOST: f32 = 2.0;
/// The name of the tokenizer: the text comes cut into words.
const CUT: &str = "cut";

/// The products of a store as a full-text index.
pub struct SearchIndex {
    store: Arc<dyn ContentStore>,
    internal: Arc<InternalNames>,
    labels: Arc<ShopLabels>,
    locales: Vec<Locale>,
    fields: SearchFields,
    reader: IndexReader,
    writer: tokio::sync::Mutex<IndexWriter>,
    /// The last segment of the change feed that is in it.
    cursor: Mutex<u64>,
}

#[derive(Clone, Copy)]
struct SearchFields {
    sku: Field,
    category: Field,
    title: Field,
    text: Field,
}

impl std::fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchIndex").field("products", &self.products()).finish_non_exhaustive()
    }
}

impl SearchIndex {
    /// Reads every stored product, without its internal attributes: as the catalog has it, and as it is spoken of in the locales
    /// that are answered in and those that it has texts for.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn build(
        store: Arc<dyn ContentStore>,
        internal: Arc<InternalNames>,
        labels: Arc<ShopLabels>,
        locales: &[Locale],
    ) -> anyhow::Result<Self> {
        let locales = locales.to_vec();
        let mut schema = Schema::builder();
        let cut = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer(CUT).set_index_option(IndexRecordOption::WithFreqs),
        );
        let fields = SearchFields {
            sku: schema.add_text_field("sku", STRING | STORED),
            category: schema.add_text_field("category", STRING),
            title: schema.add_text_field("title", cut.clone()),
            text: schema.add_text_field("text", cut),
        };
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register(CUT, TextAnalyzer::builder(WhitespaceTokenizer::default()).build());
        let writer = index.writer_with_num_threads(1, WRITER_BYTES)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        // What changes while the products are read is in a later segment.
        let cursor = Mutex::new(head(&*store, 0).await?);
        let built = Self {
            store,
            internal,
            labels,
            locales,
            fields,
            reader,
            writer: tokio::sync::Mutex::new(writer),
            cursor,
        };
        let aside = SetAside::default();
        let products = keys(&*built.store, "products/", LISTED_MAX, &aside).await?.into_iter();
        let skus = products.filter_map(|key| match key {
            Key::Product { sku } => Some(sku),
            _ => None,
        });
        built.read_products(skus.collect(), &aside).await?;
        aside.log();
        Ok(built)
    }

    /// How many products it holds.
    #[must_use]
    pub fn products(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Reads again what the change feed names since; returns how many products were read again.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn refresh(&self) -> anyhow::Result<usize> {
        let mut cursor = *self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = std::collections::BTreeSet::new();
        let aside = SetAside::default();
        while let Some(segment) = segment_after(&*self.store, cursor, &aside).await? {
            let skus = segment.events.into_iter().map(|event| event.sku);
            changed.extend(skus.filter(|sku| sku.guide().is_none()));
            cursor = segment.number;
        }
        let count = changed.len();
        if count > 0 {
            self.read_products(changed.into_iter().collect(), &aside).await?;
        }
        aside.log();
        *self.cursor.lock().unwrap_or_else(PoisonError::into_inner) = cursor;
        Ok(count)
    }

    async fn read_products(&self, skus: Vec<Sku>, aside: &SetAside) -> anyhow::Result<()> {
        let mut writer = self.writer.lock().await;
        let read = stream::iter(skus).map(|sku| {
            let store = Arc::clone(&self.store);
            async move { (stored(&*store, &sku).await, sku) }
        });
        let mut read = std::pin::pin!(read.buffer_unordered(READS));
        while let Some((snapshot, sku)) = read.next().await {
            writer.delete_term(Term::from_field_text(self.fields.sku, sku.as_str()));
            if let Some(snapshot) = aside.skip(snapshot)?.filter(|snapshot| !snapshot.deleted) {
                writer.add_document(self.document(&snapshot.product))?;
            }
        }
        writer.commit().context("the search index could not be written")?;
        self.reader.reload()?;
        Ok(())
    }

    fn document(&self, product: &Product) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(self.fields.sku, product.sku.as_str());
        let mut categories: BTreeSet<&[String]> = BTreeSet::new();
        let localized = product.localized.values().map(|localized| localized.category.as_slice());
        for category in std::iter::once(product.category.as_slice()).chain(localized) {
            if !categories.insert(category) {
                continue;
            }
            for part in category {
                document.add_text(self.fields.category, part.to_lowercase());
            }
            document.add_text(self.fields.category, path(category.iter().map(String::as_str)));
        }
        let (mut title, mut text) = (Vec::new(), Vec::new());
        self.gather(product, &mut title, &mut text);
        text.extend(words(product.brand.as_deref().unwrap_or_default()));
        let locales: BTreeSet<&Locale> = self.locales.iter().chain(product.localized.keys()).collect();
        for locale in locales {
            if let Cow::Owned(spoken) = self.labels.product(product, locale) {
                let (mut in_title, mut in_text) = (Vec::new(), Vec::new());
                self.gather(&spoken, &mut in_title, &mut in_text);
                // What every locale says alike counts once.
                let new = |known: &[String], word: &String| !known.contains(word);
                in_title.retain(|word| new(&title, word));
                in_text.retain(|word| new(&text, word));
                title.extend(in_title);
                text.extend(in_text);
            }
        }
        document.add_text(self.fields.title, title.join(" "));
        document.add_text(self.fields.text, text.join(" "));
        document
    }

    /// The words of what a product is called and says.
    fn gather(&self, product: &Product, title: &mut Vec<String>, text: &mut Vec<String>) {
        title.extend(words(product.title.as_deref().unwrap_or_default()));
        for (name, value) in self.internal.public(product).attributes.iter() {
            text.extend(words(&name.replace('_', " ")));
            text.extend(words(product.labels.get(name).map_or("", String::as_str)));
            text.extend(words(&value.to_string()));
        }
    }

    /// The products of a category, named by one of its parts or by its path (`Gear > Bags`), those that fit a question best
    /// first.
    #[must_use]
    pub fn find(&self, category: &str, question: &str, most: usize) -> Vec<Sku> {
        let parts = path(category.split('>').map(str::trim));
        let term = |field, text: &str| {
            Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
        };
        let mut clauses: Vec<(Occur, Box<dyn Query>)> =
            vec![(Occur::Must, Box::new(BoostQuery::new(term(self.fields.category, &parts), 0.0)))];
        for word in words(question) {
            clauses.push((
                Occur::Should,
                Box::new(BoostQuery::new(term(self.fields.title, &word), TITLE_BOOST)),
            ));
            clauses.push((Occur::Should, term(self.fields.text, &word)));
        }
        let searcher = self.reader.searcher();
        let found = searcher.search(&BooleanQuery::new(clauses), &TopDocs::with_limit(most).order_by_score());
        let found = found.unwrap_or_else(|error| {
            tracing::error!(%error, "the search index could not be read");
            Vec::new()
        });
        let sku = |address| {
            let document: TantivyDocument = searcher.doc(address).ok()?;
            document.get_first(self.fields.sku)?.as_str()?.parse().ok()
        };
        found.into_iter().filter_map(|(_, address)| sku(address)).collect()
    }
}

fn path<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    parts.map(str::to_lowercase).collect::<Vec<_>>().join(" > ")
}
