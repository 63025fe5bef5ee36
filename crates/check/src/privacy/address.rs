//! Postal addresses, by the ways that the recipes' languages write them in. Nothing proves one: they are looked for in
//! prose alone.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::{PersonalData, PersonalDataKind};

const PATTERNS: &[&str] = &[
    // 221B Baker Street, 1600 Pennsylvania Ave NW, Apt. 4
    r"\b\d{1,5}[A-Za-z]?(?: \d{1,5})?,? (?:[\p{Lu}\d][\p{L}\d'’.-]*,? ){1,4}(?:Street|St|Avenue|Ave|Av|Road|Rd|Lane|Ln|Drive|Dr|Court|Ct|Boulevard|Blvd|Way|Place|Pl|Square|Sq|Terrace|Close|Crescent|Highway|Hwy|Parkway|Pkwy|Row|Quay)\b\.?(?:,? (?:NW|NE|SW|SE|N|S|E|W)\b)?(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl)\b\.? ?#?[\w-]+)?",
    r"\b(?:Apt|Apartment|Suite|Ste|Unit)\b\.? ?#?\d+[A-Za-z]?\b",
    r"(?i)\b(?:P\.? ?O\.? ?Box|Postfach|Apartado|Boîte postale|BP|PSC|Box) \d{1,6}(?:,? Box \d{1,6})?(?:\s+[AFD]PO A[APE] \d{5})?",
    r"\b[AFD]PO A[APE] \d{5}\b",
    // Hauptstraße 12a, Am Ring 3, Vesterbrogade 6
    r"\b(?:(?:Am|An der|Auf der|Im|In der|Zum|Zur|Unter den) )?[\p{Lu}][\p{L}-]*(?:straße|strasse|str\.|weg|gasse|platz|allee|ring|damm|ufer|gade|vej|veien|vägen|gatan|gata|laan|straat|plein|katu|tie|utca|ulice) ?\d{1,4} ?[a-z]?\b",
    // 10, rue de la Paix; Calle Mayor 5
    r"\b\d{1,5}(?: ?(?:bis|ter))?,? ?(?:\d{1,5} )?(?i:rue|avenue|av\.|boulevard|bd|place|chemin|allée|impasse|quai|cours|route)(?-i:) (?:(?:de la|de l'|de|du|des|d') ?)?[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+)?",
    r"\b(?:Calle|C/|Avenida|Avda\.?|Plaza|Paseo|Camino|Carrer|Rua|Via|Viale|Piazza|Corso|ul\.) (?:(?:de la|de los|de|del|da|do) )?\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+)?,? ?(?:n[º°.] ?)?\d{1,5}\b",
    // 北京市海淀区中关村大街1号, 〒100-0001 東京都千代田区千代田1-1
    r"(?:\p{Han}{2,8}(?:省|自治区))?\p{Han}{1,8}(?:市|区|县)\p{Han}{0,12}(?:路|街|道|巷|弄)\d{1,5}号(?:\p{Han}{0,6}\d{1,4}(?:室|楼|单元|号))?",
    r"〒\d{3}-?\d{4}(?: ?\p{Han}{2,4}[都道府県][^\s、。]{2,24}\d)?|\p{Han}{2,3}[都道府県]\p{Han}{1,6}[市区町村][\p{Han}\p{Hiragana}\p{Katakana}ー]{0,12}\d{1,4}(?:[-−丁目番号]\d{0,4}){0,4}",
];

#[expect(clippy::unwrap_used, reason = "constant patterns, compiled by the tests")]
static COMPILED: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERNS.iter().map(|pattern| Regex::new(pattern).unwrap()).collect());

#[expect(clippy::unwrap_used, reason = "constant patterns, compiled by the tests")]
static ANY: LazyLock<RegexSet> = LazyLock::new(|| RegexSet::new(PATTERNS).unwrap());

/// Postal addresses, the street with what belongs to it.
pub(super) fn find(text: &str, found: &mut Vec<PersonalData>) {
    for place in ANY.matches(text) {
        let Some(pattern) = COMPILED.get(place) else { continue };
        found.extend(pattern.find_iter(text).map(|part| PersonalData {
            kind: PersonalDataKind::Address,
            start: part.start(),
            end: part.end(),
        }));
    }
}
