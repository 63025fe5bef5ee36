//! Countries by their role: where a thing was made, designed, assembled.

use super::*;

#[test]
fn where_a_thing_was_designed_is_not_where_it_was_made() {
    let chair = json!({ "made in": "Portugal", "designed in": "Sweden" });
    passes(
        &chair,
        "en",
        &["Made in Portugal.", "Designed in Sweden and made in Portugal.", "It comes from Portugal."],
    );
    check(&chair, "en", "Made in Sweden.", &["contradicted Sweden"]);
    check(&chair, "en", "Designed in Portugal.", &["contradicted Portugal"]);
    check(&chair, "en", "Assembled in Portugal.", &["contradicted Portugal"]);
    passes(&chair, "de", &["Hergestellt in Portugal.", "Entworfen in Schweden."]);
    check(&chair, "de", "Hergestellt in Schweden.", &["contradicted Schweden"]);
    passes(&chair, "fr", &["Fabriqué au Portugal."]);
    check(&chair, "fr", "Fabriqué en Suède.", &["contradicted Suède"]);
    passes(&chair, "es", &["Fabricado en Portugal.", "Diseñado en Suecia."]);
    check(&chair, "es", "Fabricado en Suecia.", &["contradicted Suecia"]);
    passes(&chair, "zh", &["葡萄牙制造。", "瑞典设计。"]);
    check(&chair, "zh", "瑞典制造。", &["contradicted 瑞典"]);
    passes(&chair, "ja", &["ポルトガル製です。"]);
    check(&chair, "ja", "スウェーデン製です。", &["contradicted スウェーデン"]);
}

#[test]
fn a_value_says_what_happened_where_before_its_name_does() {
    let bike = json!({ "origin": "Assembled in Poland from Chinese parts" });
    passes(&bike, "en", &["Assembled in Poland."]);
    check(&bike, "en", "Made in Poland.", &["contradicted Poland"]);
    let toy = json!({ "made in": "Germany", "designed in": "China" });
    check(&toy, "en", "Made in China.", &["contradicted China"]);
}

#[test]
fn codes_of_countries_are_read_where_the_name_speaks_of_one() {
    let knife = json!({ "country of origin": "DE" });
    passes(&knife, "en", &["Made in Germany."]);
    passes(&knife, "de", &["Hergestellt in Deutschland."]);
    check(&knife, "en", "Made in France.", &["contradicted France"]);
    check(&knife, "de", "Hergestellt in Frankreich.", &["contradicted Frankreich"]);
    check(&json!({ "series": "DE" }), "en", "Made in Germany.", &["unsupported Germany"]);
}
