//! Features: by the names of attributes and by the lexicon, counted, and implied by others.

use super::*;

#[test]
fn the_name_of_an_attribute_is_a_feature() {
    let phone = json!({ "Bluetooth": "5.2", "USB": "Type-C", "NFC": "No" });
    passes(&phone, "en", &["It has Bluetooth.", "Bluetooth 5.2 and USB Type-C."]);
    check(&phone, "en", "Bluetooth 5.3.", &["unsupported 5.3"]);
    check(&phone, "en", "It has no Bluetooth.", &["contradicted Bluetooth"]);
    check(&phone, "en", "It supports Wi-Fi.", &["unsupported Wi-Fi"]);
    check(&phone, "de", "Mit Bluetooth und NFC.", &["contradicted NFC"]);
    check(&phone, "fr", "Avec Bluetooth et NFC.", &["contradicted NFC"]);
    check(&phone, "es", "Con Bluetooth y NFC.", &["contradicted NFC"]);
    check(&phone, "zh", "支持蓝牙和NFC。", &["contradicted NFC"]);
    check(&phone, "ja", "BluetoothとNFCに対応。", &["contradicted NFC"]);
}

#[test]
fn names_of_attributes_are_read_as_words_in_every_language() {
    let bowl = json!({ "dishwasher_safe": true, "microwaveSafe": false });
    passes(&bowl, "en", &["It is dishwasher-safe.", "It is dishwasher safe, but not microwave-safe."]);
    check(&bowl, "en", "It is microwave safe.", &["contradicted microwave safe"]);
    passes(&bowl, "de", &["Spülmaschinenfest."]);
    check(&bowl, "de", "Mikrowellengeeignet.", &["contradicted Mikrowellengeeignet"]);
    passes(&bowl, "fr", &["Compatible lave-vaisselle."]);
    passes(&bowl, "es", &["Apto para lavavajillas."]);
    passes(&bowl, "zh", &["可用洗碗机清洗。"]);
    passes(&bowl, "ja", &["食洗機対応。"]);
}

#[test]
fn how_many_there_are_must_be_stated() {
    let phone = json!({ "camera": "dual-camera", "SIM": "Dual SIM" });
    passes(&phone, "en", &["A dual camera.", "Two SIM cards."]);
    check(&phone, "en", "A triple camera.", &["unsupported triple"]);
    check(&phone, "en", "A quad-camera.", &["contradicted quad-camera"]);
}

#[test]
fn a_feature_implies_what_is_less_and_nothing_that_is_more() {
    passes(&json!({ "features": "waterproof" }), "en", &["Water resistant.", "Splash-proof."]);
    check(&json!({ "features": "water resistant" }), "en", "Waterproof.", &["unsupported Waterproof"]);
    holds(&json!({ "features": "splash-proof" }), "en", &["Water resistant.", "Waterproof."]);
    let watch = json!({ "ip rating": "IP68" });
    passes(&watch, "en", &["It is water resistant.", "It is dustproof.", "IP 68."]);
    check(&watch, "en", "It is waterproof.", &["unsupported waterproof"]);
    check(&watch, "en", "IP67.", &["unsupported IP67"]);
    passes(&json!({ "lining": "cotton" }), "en", &["It is lined."]);
    passes(&json!({ "charging power": "30 W" }), "en", &["Fast charging."]);
    check(&json!({ "charging power": "5 W" }), "en", "Fast charging.", &["unsupported Fast charging"]);
}
