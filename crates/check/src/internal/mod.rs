//! Attributes that are for the shop and not for shoppers: never shown to a model, written about or answered from.

mod pattern;
mod stated;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use anyhow::{Context as _, ensure};
use foldhash::{HashMap, HashSet};
use serde::Deserialize;

use crate::config::facts::FactsConfig;
use crate::product::{Attributes, Digest, Facts, Product, Value};
use pattern::{Patterns, words};
pub(crate) use stated::InternalValues;

const BUILT_IN: &str = include_str!("../../../../config/internal.toml");

/// The names of `config/internal.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesFile {
    qualifiers: Vec<String>,
    public: Vec<String>,
    /// By language; every name counts in every language.
    internal: BTreeMap<String, Vec<String>>,
}

/// The names of `config/internal.toml`, to be compared with.
#[derive(Debug)]
struct ListedNames {
    /// Words at the end of a name that say how its value is stated.
    qualifiers: HashSet<String>,
    public: Patterns,
    internal: Patterns,
}

/// Read once in a process: settings are loaded several times.
static LISTED: OnceLock<Arc<ListedNames>> = OnceLock::new();

impl ListedNames {
    fn read() -> anyhow::Result<Arc<Self>> {
        if let Some(listed) = LISTED.get() {
            return Ok(Arc::clone(listed));
        }
        let file: NamesFile = toml::from_str(BUILT_IN).context("config/internal.toml")?;
        let listed = Self {
            qualifiers: file.qualifiers.into_iter().collect(),
            public: file.public.iter().collect(),
            internal: file.internal.values().flatten().collect(),
        };
        Ok(Arc::clone(LISTED.get_or_init(|| Arc::new(listed))))
    }
}

/// Which names of attributes are internal, by the settings.
#[derive(Debug)]
pub struct InternalNames {
    built_in: bool,
    listed: Arc<ListedNames>,
    /// The exceptions of the settings, and what holds contact data.
    public: Patterns,
    /// The names of the settings.
    internal: Patterns,
    digest: Digest,
    /// What was decided of names: products of a shop share them.
    decided: RwLock<HashMap<String, bool>>,
}

/// Most names whose decision is kept; beyond it all are dropped, and decided anew.
const DECIDED_MAX: usize = 10_000;

impl InternalNames {
    /// The names of the settings; what holds the shop's own contact data is for shoppers.
    ///
    /// # Errors
    /// When a name of the settings has no word.
    pub fn new(config: &FactsConfig, contact_attributes: &[String]) -> anyhow::Result<Self> {
        for (key, names) in [("internal", &config.internal), ("public", &config.public)] {
            for name in names {
                ensure!(
                    !words(name).trim().is_empty(),
                    "facts.{key} names {name:?}, which has no letter; write an attribute's name, or one with *"
                );
            }
        }
        let settings = serde_json::to_vec(&(config, contact_attributes)).unwrap_or_default();
        Ok(Self {
            built_in: config.built_in,
            listed: ListedNames::read()?,
            public: config.public.iter().chain(contact_attributes).collect(),
            internal: config.internal.iter().collect(),
            digest: Digest::of(&[BUILT_IN.as_bytes(), &settings]),
            decided: RwLock::default(),
        })
    }

    /// The names of `config/internal.toml` alone.
    ///
    /// # Errors
    /// Never in a build that passed its tests.
    pub fn built_in() -> anyhow::Result<Arc<Self>> {
        Self::new(&FactsConfig::default(), &[]).map(Arc::new)
    }

    /// Digest of everything that decides what is internal.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether an attribute of this name is internal, whatever a publisher says.
    #[must_use]
    pub fn is_internal(&self, name: &str) -> bool {
        let decided = self.decided.read().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        decided.unwrap_or_else(|| {
            let is_internal = self.decide(&words(name));
            let mut decided = self.decided.write().unwrap_or_else(PoisonError::into_inner);
            if decided.len() >= DECIDED_MAX {
                decided.clear();
            }
            decided.insert(name.to_owned(), is_internal);
            is_internal
        })
    }

    fn decide(&self, name: &str) -> bool {
        let bare = self.without_qualifiers(name);
        let fit = |patterns: &Patterns| patterns.fit(name) || (bare != name && patterns.fit(&bare));
        if fit(&self.public) {
            return false;
        }
        let listed = &*self.listed;
        fit(&self.internal) || (self.built_in && !fit(&listed.public) && fit(&listed.internal))
    }

    /// Whether an attribute of a product is internal: by its name, by what it is called in some locale, or because the publisher
    /// marks it.
    #[must_use]
    pub fn keeps_back(&self, product: &Product, name: &str) -> bool {
        let is_marked = || {
            let name = words(name);
            product.internal.iter().any(|marked| words(marked) == name)
        };
        let localized = product.localized.values().map(|localized| &localized.labels);
        let mut labels =
            std::iter::once(&product.labels).chain(localized).filter_map(|labels| labels.get(name));
        self.is_internal(name)
            || (!product.internal.is_empty() && is_marked())
            || labels.any(|label| self.is_internal_by_label(name, label))
    }

    /// Whether an attribute is internal for what shoppers call it; a name that the settings call public stays so.
    #[must_use]
    pub fn is_internal_by_label(&self, name: &str, label: &str) -> bool {
        self.is_internal(label) && !self.public.fit(&words(name))
    }

    /// Whether a fact of a product is an internal attribute, its own or a variant's.
    #[must_use]
    pub fn keeps_back_fact(&self, product: &Product, fact: &str) -> bool {
        let of_variant = fact.strip_prefix("variant ").and_then(|rest| rest.split_once(": "));
        self.keeps_back(product, fact) || of_variant.is_some_and(|(_, name)| self.keeps_back(product, name))
    }

    /// The facts of a product that are for shoppers and pass `keep` (by attribute name), in the publisher's order.
    pub fn facts(&self, product: &Product, keep: impl FnMut(&str) -> bool) -> Facts {
        Facts::of_attributes(product, |name| !self.keeps_back(product, name), keep)
    }

    /// The product as shoppers may know it: without its internal attributes.
    #[must_use]
    pub fn public<'a>(&self, product: &'a Product) -> Cow<'a, Product> {
        if self.kept_back(product).next().is_none() {
            return Cow::Borrowed(product);
        }
        let public = |attributes: &Attributes| -> Attributes {
            let kept = attributes.iter().filter(|(name, _)| !self.keeps_back(product, name));
            kept.map(|(name, value)| (name.to_owned(), value.clone())).collect()
        };
        let mut shown = product.clone();
        shown.attributes = public(&product.attributes);
        for localized in shown.localized.values_mut() {
            localized.attributes = public(&localized.attributes);
        }
        for variant in &mut shown.variants {
            variant.attributes = public(&variant.attributes);
        }
        Cow::Owned(shown)
    }

    /// The internal attributes of a product, its variants and its locales.
    pub fn kept_back<'a>(&self, product: &'a Product) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let variants = product.variants.iter().flat_map(|variant| variant.attributes.iter());
        let localized = product.localized.values().flat_map(|localized| localized.attributes.iter());
        let all = product.attributes.iter().chain(variants).chain(localized);
        all.filter(|(name, _)| self.keeps_back(product, name))
    }

    /// A name without the words at its end that say how its value is stated: ` cost price eur ` is ` cost price `.
    fn without_qualifiers<'a>(&self, name: &'a str) -> Cow<'a, str> {
        let mut kept: Vec<&str> = name.split_whitespace().collect();
        let all = kept.len();
        while kept.len() > 1
            && kept.last().is_some_and(|word| {
                self.listed.qualifiers.contains(*word) || word.chars().all(char::is_numeric)
            })
        {
            kept.pop();
        }
        if kept.len() == all { Cow::Borrowed(name) } else { Cow::Owned(format!(" {} ", kept.join(" "))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(config: &FactsConfig) -> InternalNames {
        InternalNames::new(config, &["support_url".to_owned()]).unwrap()
    }

    #[test]
    fn what_speaks_of_cost_margin_supplier_purchasing_stock_notes_ids_and_addresses_is_internal() {
        let names = names(&FactsConfig::default());
        for name in "cost|cost_price|Cost Price (EUR)|unitCost|landed_cost_usd|Cost per item|COGS|\
             purchase_price_net|wholesale price|margin|margin_pct|Gross Margin %|supplier|supplier_name|\
             main supplier id|vendor_sku|purchasing_group|stock|stock_qty|StockLevel|in_stock|qty_on_hand|\
             inventory_quantity|warehouse|warehouse_location|internal_note|Internal Notes|internalComment|\
             staff notes|id|erp_id|ERPId|ERP-Nummer|product_ids|uuid|url|product_url|imageURL|image URLs|\
             canonical_url|image|images|image_1|Image Src|image_link|thumbnail|Einkaufspreis|\
             Einkaufspreis netto|EK|EK netto|EK-Preis|Händlereinkaufspreis|Marge|Handelsmarge|Marge in %|\
             Lieferant|Lieferantennummer|Lieferanten-Nr.|Lagerbestand|Lagerort|Bestand|interne Notiz|\
             Interne Bemerkungen|Bild|Hauptbild|Bild-URL|prix d'achat|Prix d’achat HT|coût|coût de revient|\
             marge brute|fournisseur|Référence fournisseur|quantité en stock|entrepôt|note interne|\
             identifiant|lien|coste|precio de compra|margen|proveedor|código del proveedor|existencias|\
             almacén|nota interna|imagen|进价|进货价|成本|毛利率|供应商|供应商名称|库存|库存数量|仓库|内部备注|图片|商品图片|图片链接|進價|供應商|庫存|\
             仕入価格|仕入先|仕入れ値|原価|粗利|在庫|在庫数|倉庫|社内メモ|画像|画像URL|画像ＵＲＬ|商品ＩＤ"
            .split('|')
        {
            assert!(names.is_internal(name), "{name}");
        }
    }

    #[test]
    fn what_only_has_such_a_word_is_for_shoppers() {
        let names = names(&FactsConfig::default());
        for name in "stock pot|Cost Plus brand|image stabilizer|image_sensor|URL filter|stocking|stocking size|\
             margin of error|top margin|page margin|internal|internal storage|internal memory|\
             internal pockets|internal dimensions|running_costs|annual energy cost|Face ID|\
             Inner diameter (ID)|OD/ID|Supplier’s name or trade mark|Anschrift des Lieferanten|touch id|\
             ID card slot|grid|identity|valid|kid|chain link style|link strap|number of links|image quality|\
             photo resolution|video|warehouse club pack|warehouse style shelf|notes|tasting notes|top notes|\
             supply voltage|power supply|purchase|price|list_price|sale_price|gtin|mpn|model|item number|\
             article number|weight|color|material|profit-free|costume|costa|Kosten|Energiekosten|Lager|\
             Lagertyp|Lagerung|Lieferumfang|Lieferzeit|Einkaufstasche|Einkaufsnetz|Bildstabilisator|\
             Bildschirm|Bilddiagonale|interner Speicher|interne Antenne|Marke|Bestandteile|stockage|\
             Stockwerk|stockage interne|mémoire interne|imagerie|marge d'erreur|coûte|fournitures incluses|\
             lieu|costura|margen de error|imagen térmica|memoria interna|almacenamiento|库容|图像稳定|内部存储|采购地|\
             低成本版|画像安定化|内部ストレージ|コストパフォーマンス|商品番号|support_url"
            .split('|')
        {
            assert!(!names.is_internal(name), "{name}");
        }
    }

    #[test]
    fn a_shop_adds_names_and_exempts_others_and_a_publisher_s_mark_stands() {
        let own = FactsConfig {
            internal: vec!["buyer_*".to_owned(), "*-Code".to_owned()],
            public: vec!["Stock".to_owned(), "product_url".to_owned(), "trade code".to_owned()],
            ..FactsConfig::default()
        };
        let names = names(&own);
        for (name, internal) in [
            ("buyer", true),
            ("Buyer Name", true),
            ("tariff_code", true),
            ("trade_code", false),
            ("codes", false),
            ("stock", false),
            ("stock_qty", true),
            ("productUrl", false),
            ("image_url", true),
        ] {
            assert_eq!(names.is_internal(name), internal, "{name}");
        }
        let product: Product = serde_json::from_str(
            r#"{"sku":"A","attributes":{"Stock":"oak","note 1":"x"},"internal":["stock","note_1"]}"#,
        )
        .unwrap();
        let kept: Vec<&str> = names.kept_back(&product).map(|(name, _)| name).collect();
        assert_eq!(kept, ["Stock", "note 1"]);
        let none = FactsConfig { built_in: false, ..own };
        assert!(!super::InternalNames::new(&none, &[]).unwrap().is_internal("cost_price"));
    }

    #[test]
    fn what_is_called_by_a_word_for_cost_in_any_locale_is_internal_unless_the_settings_call_it_public() {
        let product: Product = serde_json::from_str(
            r#"{"sku":"A","attributes":{"f1":"4","f2":"5","f3":"oak","f4":"6"},"labels":{"f1":"Cost price","f3":"Wood","f4":"Margin"},
                "localized":{"de-DE":{"attributes":{"f2":"fünf"},"labels":{"f2":"Einkaufspreis"}}}}"#,
        )
        .unwrap();
        let config = FactsConfig { public: vec!["f4".to_owned()], ..FactsConfig::default() };
        for (product, locale) in [
            (product.in_locale(&"de-DE".parse().unwrap()), "de-DE"),
            (product.in_locale(&"fr-FR".parse().unwrap()), "fr-FR"),
        ] {
            let facts = names(&config).facts(&product, |_| true);
            let shown: Vec<&str> = facts.iter().map(|(name, _)| name).collect();
            assert_eq!(shown, ["f3", "f4"], "{locale}");
        }
        let public = names(&config).public(&product).into_owned();
        assert_eq!(
            (public.attributes.len(), public.localized.values().next().unwrap().attributes.len()),
            (2, 0)
        );
    }

    #[test]
    fn a_name_without_a_letter_is_refused() {
        let config = FactsConfig { internal: vec!["--".to_owned()], ..FactsConfig::default() };
        let error = InternalNames::new(&config, &[]).unwrap_err().to_string();
        assert!(error.contains("facts.internal") && error.contains("--"), "{error}");
    }

    #[test]
    fn shoppers_know_a_product_without_its_internal_attributes_and_those_of_its_variants() {
        let names = names(&FactsConfig::default());
        let product: Product = serde_json::from_str(
            r#"{"sku":"A","title":"Mug","attributes":{"cost_price":4,"material":"clay","dealer":"x"},"internal":["Dealer"],
                "variants":[{"sku":"A-1","attributes":{"stock_qty":3,"colour":"red"}}]}"#,
        )
        .unwrap();
        let facts = names.facts(&product, |_| true);
        let shown: Vec<&str> = facts.iter().map(|(name, _)| name).collect();
        assert_eq!(shown, ["title", "material", "variant A-1: colour"]);
        assert_eq!(names.public(&product).attributes.len(), 1);
        assert_eq!(names.facts(&names.public(&product), |_| true), facts);
        let bare: Product =
            serde_json::from_str(r#"{"sku":"A","title":"Mug","attributes":{"material":"clay"}}"#).unwrap();
        assert!(matches!(names.public(&bare), Cow::Borrowed(_)));
    }
}
