//! Denials: by word, prefix, suffix and predicate, in texts and in values, and how far they reach.

use super::*;

/// A thing that is waterproof and has a radio, but no NFC.
fn radio() -> Value {
    json!({ "waterproof": "yes", "NFC": "No", "radio": "yes", "lining": "cotton" })
}

#[test]
fn a_feature_that_there_is_must_not_be_denied() {
    let texts = [
        "It is not waterproof.",
        "It isn't waterproof.",
        "It is non-waterproof.",
        "It is anything but waterproof.",
    ];
    for text in texts {
        check(&radio(), "en", text, &["contradicted waterproof"]);
    }
    check(&radio(), "en", "Without radio.", &["contradicted radio"]);
    check(&radio(), "en", "The radio is missing.", &["contradicted radio"]);
    check(&radio(), "de", "Sie ist nicht wasserdicht.", &["contradicted wasserdicht"]);
    check(&radio(), "de", "Ohne Radio.", &["contradicted Radio"]);
    check(&radio(), "de", "Ein Radio ist nicht vorhanden.", &["contradicted Radio"]);
    check(&radio(), "fr", "Il n'est pas étanche.", &["contradicted étanche"]);
    check(&radio(), "fr", "Il ne dispose pas de radio.", &["contradicted radio"]);
    check(&radio(), "fr", "Sans radio.", &["contradicted radio"]);
    check(&radio(), "es", "No es impermeable.", &["contradicted impermeable"]);
    check(&radio(), "es", "Sin radio.", &["contradicted radio"]);
    check(&radio(), "zh", "不防水。", &["contradicted 防水"]);
    check(&radio(), "zh", "没有收音机。", &["contradicted 收音机"]);
    check(&radio(), "ja", "防水ではありません。", &["contradicted 防水"]);
    check(&radio(), "ja", "ラジオなし。", &["contradicted ラジオ"]);
}

#[test]
fn a_feature_that_there_is_not_may_be_denied_in_any_words() {
    passes(
        &radio(),
        "en",
        &[
            "It has no NFC.",
            "NFC is absent.",
            "It lacks NFC.",
            "It comes without NFC.",
            "NFC is not supported.",
            "NFC (absent).",
        ],
    );
    passes(&radio(), "de", &["NFC ist nicht vorhanden.", "Ohne NFC."]);
    passes(&radio(), "fr", &["Pas de NFC.", "Sans NFC."]);
    passes(&radio(), "es", &["Sin NFC.", "No tiene NFC."]);
    passes(&radio(), "zh", &["不支持NFC。", "无NFC功能。"]);
    passes(&radio(), "ja", &["NFCには対応していません。", "NFCなし。"]);
    for (language, text) in [
        ("en", "It has NFC."),
        ("de", "NFC ist vorhanden."),
        ("de", "Mit NFC."),
        ("fr", "Avec NFC."),
        ("es", "Con NFC."),
        ("zh", "支持NFC。"),
        ("ja", "NFCに対応しています。"),
    ] {
        check(&radio(), language, text, &["contradicted NFC"]);
    }
}

#[test]
fn a_denial_ends_where_its_object_ends() {
    passes(
        &radio(),
        "en",
        &["It comes with a radio and without NFC.", "It comes without NFC but with a radio."],
    );
    passes(&radio(), "en", &["Not only waterproof: it has a radio."]);
    passes(&radio(), "de", &["Nicht nur wasserdicht, sondern auch mit Radio."]);
    check(&radio(), "en", "It has no radio, waterproof.", &["contradicted radio"]);
    check(&radio(), "en", "It has no NFC, Bluetooth or radio.", &["contradicted radio"]);
    check(&radio(), "de", "Kein Radio, aber wasserdicht.", &["contradicted Radio"]);
}

#[test]
fn affixes_deny() {
    check(&radio(), "en", "It is unlined.", &["contradicted unlined"]);
    check(&json!({ "sleeves": "long" }), "en", "A sleeveless shirt.", &["contradicted sleeveless"]);
    check(&json!({ "sleeves": "long" }), "en", "A shirt without sleeves.", &["contradicted sleeves"]);
    holds(&json!({ "sleeves": "long" }), "de", &["Ärmellos."]);
    let vest = json!({ "lining": "none", "sleeves": "none" });
    passes(&vest, "en", &["A sleeveless, unlined vest."]);
    check(&vest, "en", "It has a lining.", &["contradicted lining"]);
}

#[test]
fn a_value_that_denies_proves_the_opposite() {
    let watch = json!({ "water resistance": "splash-proof only, not waterproof" });
    passes(&watch, "en", &["It is splash-proof.", "It is not waterproof."]);
    check(&watch, "en", "It is waterproof.", &["contradicted waterproof"]);
    check(&watch, "de", "Sie ist wasserdicht.", &["contradicted wasserdicht"]);
    let lamp = json!({ "battery": "not included" });
    passes(&lamp, "en", &["A battery is not included.", "It comes without a battery."]);
    check(&lamp, "en", "The battery is included.", &["contradicted battery"]);
    check(&lamp, "en", "It comes with a battery.", &["contradicted battery"]);
    let shirt = json!({ "pattern": "striped" });
    check(&shirt, "en", "The pattern is not striped.", &["contradicted striped"]);
    check(&json!({ "pattern": "not striped" }), "en", "A striped shirt.", &["contradicted striped"]);
}

#[test]
fn what_a_value_names_only_to_deny_it_supports_nothing() {
    let seat = json!({ "safety": "never use with front airbag" });
    passes(&seat, "en", &["Never use it with a front airbag."]);
    holds(&seat, "en", &["Can be used with a front airbag.", "Safe with a front airbag."]);
    let cream = json!({ "testing": "not tested on animals" });
    passes(&cream, "en", &["Not tested on animals.", "It was never tested on animals."]);
    holds(&cream, "en", &["Tested on animals."]);
    let torch = json!({ "power": "2 AA, batteries not included" });
    passes(
        &torch,
        "en",
        &["Batteries are not included.", "Batteries sold separately.", "It runs on 2 AA batteries."],
    );
    holds(&torch, "en", &["Batteries are included.", "Comes with batteries."]);
    let blouse = json!({ "care": "Do not bleach. Iron at low heat." });
    passes(&blouse, "en", &["Do not bleach it.", "Avoid bleach.", "Iron at low heat."]);
    holds(&blouse, "en", &["Safe to bleach."]);
    passes(&json!({ "box": "cable, charger not included" }), "en", &["A cable is included."]);
}

#[test]
fn a_value_that_begins_with_a_denied_thing_does_not_deny_its_attribute() {
    let bar = json!({ "labels": "No gluten, vegan" });
    passes(&bar, "en", &["Vegan.", "It has labels.", "It contains no gluten."]);
    check(&bar, "en", "It contains gluten.", &["contradicted gluten"]);
    check(&bar, "en", "It is not vegan.", &["contradicted vegan"]);
    let phone = json!({ "headphone jack": "No; 2.5 mm audio jack" });
    passes(&phone, "en", &["It has a 2.5 mm audio jack."]);
    check(&phone, "en", "It has a headphone jack.", &["contradicted headphone jack"]);
    let laptop = json!({ "touchscreen": "Nein (optional)", "GPS": "No - by phone" });
    check(&laptop, "en", "With a touchscreen and GPS.", &["contradicted touchscreen", "contradicted GPS"]);
}

#[test]
fn a_name_that_denies_denies_its_values() {
    let drink = json!({ "free from": "sugar", "flavour": "orange" });
    passes(&drink, "en", &["It is free from sugar.", "Contains no sugar.", "Sugar-free."]);
    passes(&drink, "de", &["Zuckerfrei."]);
    check(&drink, "en", "It contains sugar.", &["contradicted sugar"]);
    check(&drink, "de", "Enthält Zucker.", &["contradicted Zucker"]);
    let bread = json!({ "Frei von": "Gluten, Milch" });
    passes(&bread, "de", &["Frei von Gluten.", "Glutenfrei."]);
    check(&bread, "de", "Mit Milch.", &["contradicted Milch"]);
    // What is free from milk need not be vegan.
    check(&bread, "de", "Vegan.", &["unsupported Vegan"]);
    check(&json!({ "sans": "gluten" }), "fr", "Contient du gluten.", &["contradicted gluten"]);
    let pan = json!({ "not suitable for": "induction hobs" });
    passes(&pan, "en", &["Not suitable for induction hobs."]);
    holds(&pan, "en", &["Suitable for induction hobs."]);
    // A number is no denial.
    passes(&json!({ "model no": "AB12 cotton" }), "en", &["A cotton shirt."]);
}

#[test]
fn grades_keep_their_signs() {
    let fridge = json!({ "energy class": "A+" });
    passes(&fridge, "en", &["Energy class A+."]);
    check(&fridge, "en", "Energy class A+++.", &["unsupported A+++"]);
    let better = json!({ "energy class": "A+++" });
    passes(&better, "en", &["Energy class A+++."]);
    check(&better, "en", "Energy class A+.", &["unsupported A+"]);
}
