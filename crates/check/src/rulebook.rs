//! What decides beside settings, packs and names of internal attributes: data that is compiled in, and the rules in code.

use std::sync::LazyLock;

use crate::product::Digest;

/// Raise it when rules in code decide otherwise: stored texts are then checked again.
const RULES_VERSION: u32 = 1;

/// Words and phrases by language.
pub(crate) const LEXICON_FILES: [(&str, &str); 6] = [
    ("en", include_str!("../../../config/lexicon/en.toml")),
    ("de", include_str!("../../../config/lexicon/de.toml")),
    ("fr", include_str!("../../../config/lexicon/fr.toml")),
    ("es", include_str!("../../../config/lexicon/es.toml")),
    ("zh", include_str!("../../../config/lexicon/zh.toml")),
    ("ja", include_str!("../../../config/lexicon/ja.toml")),
];
/// How concepts relate.
pub(crate) const RELATIONS: &str = include_str!("../../../config/lexicon/relations.toml");
/// How quantities are written.
pub(crate) const QUANTITIES: &str = include_str!("../../../config/lexicon/quantities.toml");
/// What copy must not look like.
pub(crate) const FORM: &str = include_str!("../../../config/form.toml");
/// What tells languages apart.
pub(crate) const LANGUAGES: &str = include_str!("../../../config/languages.toml");
/// Simplified and traditional characters.
pub(crate) const HAN: &str = include_str!("../../../config/han.toml");
/// What instructions are made of.
pub(crate) const INJECTION: &str = include_str!("../../../config/injection.toml");
/// What shoppers ask about.
pub(crate) const QUESTIONS: &str = include_str!("../../../config/questions.toml");
/// How long sentences of good copy are.
pub(crate) const QUALITY: &str = include_str!("../../../config/quality.toml");
/// What addresses are made of.
pub(crate) const ADDRESSES: &str = include_str!("../../../config/privacy/addresses.toml");
/// The tagger of names.
pub(crate) static NAMES: &[u8] = include_bytes!("../../../config/privacy/names.bin");

/// A digest of all of it, taken once in a process.
pub(crate) fn digest() -> Digest {
    static DIGEST: LazyLock<Digest> = LazyLock::new(|| {
        let version = RULES_VERSION.to_le_bytes();
        let texts = [RELATIONS, QUANTITIES, FORM, LANGUAGES, HAN, INJECTION, QUESTIONS, QUALITY, ADDRESSES];
        let lexicon = LEXICON_FILES.iter().map(|(_, text)| text.as_bytes());
        let parts: Vec<&[u8]> = [version.as_slice(), NAMES]
            .into_iter()
            .chain(texts.iter().map(|text| text.as_bytes()))
            .chain(lexicon)
            .collect();
        Digest::of(&parts)
    });
    *DIGEST
}
