//! What the sandbox says about a fact, in the languages of the built-in recipes.

use std::fmt::Write as _;

/// Longest part of a value that a sentence repeats, in characters; and one of an ad.
pub(super) const VALUE_CHARS_MAX: usize = 90;
pub(super) const VALUE_CHARS_SHORT: usize = 24;

/// What a button says.
pub(super) fn call_to_action(language: &str) -> &'static str {
    match language {
        "de" => "Zu den Einzelheiten",
        "fr" => "Voir les détails",
        "es" => "Ver los detalles",
        "zh" => "查看详情",
        "ja" => "詳細を見る",
        _ => "See the details",
    }
}

/// A sentence that states one fact, with at most so much of its value.
pub(super) fn sentence(language: &str, name: &str, value: &str, turn: usize, most: usize) -> String {
    let (name, value) = (label(name), brief_to(value, most));
    if most < VALUE_CHARS_MAX {
        return format!("{name}: {value}.");
    }
    let mut text = String::with_capacity(96);
    let _infallible = match (language, turn % 2) {
        ("de", 0) => write!(text, "Bei diesem Produkt lautet die Angabe für {name}: {value}."),
        ("de", _) => write!(text, "Für {name} nennt das Datenblatt den Wert {value}."),
        ("fr", 0) => write!(text, "Pour ce produit, la caractéristique {name} est la suivante : {value}."),
        ("fr", _) => write!(text, "La fiche du produit indique pour {name} la valeur {value}."),
        ("es", 0) => write!(text, "En este producto, la característica {name} es la siguiente: {value}."),
        ("es", _) => write!(text, "La ficha del producto indica para {name} el valor {value}."),
        ("zh", 0) => write!(text, "根据商品资料，该产品的{name}为{value}，供您选购时参考。"),
        ("zh", _) => write!(text, "商品说明中所列的{name}是{value}，请以此为准。"),
        ("ja", 0) => write!(text, "商品データによると、この商品の{name}は{value}です。"),
        ("ja", _) => write!(text, "こちらの商品は、{name}について{value}と記載されています。"),
        (_, 0) => write!(text, "With this product, the {name} is {value}."),
        (_, _) => write!(text, "The data sheet says this about the {name}: {value}."),
    };
    text
}

/// A question that one fact answers.
pub(super) fn question(language: &str, name: &str) -> String {
    let name = label(name);
    match language {
        "de" => format!("Was sagt das Datenblatt zu {name}?"),
        "fr" => format!("Que dit la fiche du produit sur {name} ?"),
        "es" => format!("¿Qué dice la ficha del producto sobre {name}?"),
        "zh" => format!("该产品的{name}是什么？"),
        "ja" => format!("この商品の{name}は何ですか？"),
        _ => format!("What is the {name} of this product?"),
    }
}

/// A sentence with numbers that no fact holds, for tests of the checks.
pub(super) fn invention(language: &str) -> &'static str {
    match language {
        "de" => "Der Akku hält 4711 Stunden und wiegt nur 98765 kg.",
        "fr" => "La batterie tient 4711 heures et ne pèse que 98765 kg.",
        "es" => "La batería dura 4711 horas y pesa solo 98765 kg.",
        "zh" => "电池可使用4711小时，重量仅为98765公斤。",
        "ja" => "バッテリーは4711時間持続し、重さはわずか98765キログラムです。",
        _ => "The battery lasts 4711 hours and weighs only 98765 kg.",
    }
}

/// Another language, for tests of the checks.
pub(super) fn other_language(language: &str) -> &'static str {
    if language == "en" { "de" } else { "en" }
}

fn label(name: &str) -> String {
    name.replace('_', " ")
}

/// A value that fits a sentence.
pub(super) fn brief(value: &str) -> String {
    brief_to(value, VALUE_CHARS_MAX)
}

/// A value in at most so many characters, cut between words: a cut number would be another number.
pub(super) fn brief_to(value: &str, most: usize) -> String {
    let flat: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let flat = flat.trim().trim_end_matches(['.', '。']);
    if flat.chars().count() <= most {
        return flat.to_owned();
    }
    let mut end = 0;
    let mut previous = ' ';
    for (count, (index, character)) in flat.char_indices().enumerate() {
        if count > most {
            break;
        }
        let between = matches!(character, ' ' | '、' | '，' | ';') && !previous.is_ascii_digit();
        if between {
            end = index;
        }
        previous = character;
    }
    flat.get(..end).unwrap_or_default().trim_end_matches([',', ';', ' ', '(', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::brief;

    #[test]
    fn a_value_is_cut_between_words_and_never_inside_a_number() {
        let long = format!("{} 5000 mAh", "word ".repeat(17));
        assert!(!brief(&long).ends_with(char::is_numeric));
        assert!(brief(&long).chars().count() <= 90);
        assert_eq!(brief("Cotton."), "Cotton");
    }
}
