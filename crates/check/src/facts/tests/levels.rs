//! Price and rating levels in words.

use super::*;

fn pub_of_five_stars() -> Value {
    json!({ "priceRange": "cheap", "customer rating": "5 out of 5" })
}

#[test]
fn a_level_must_be_the_one_that_is_stated() {
    passes(
        &pub_of_five_stars(),
        "en",
        &["A cheap place.", "It is not expensive.", "Highly rated.", "A high customer rating."],
    );
    check(&pub_of_five_stars(), "en", "An expensive place.", &["contradicted expensive"]);
    check(&pub_of_five_stars(), "en", "Moderately priced.", &["contradicted Moderately priced"]);
    check(&pub_of_five_stars(), "en", "A low customer rating.", &["contradicted low"]);
    check(&pub_of_five_stars(), "en", "Rated 1 out of 5.", &["contradicted 1 out of 5"]);
    for (language, cheap, dear) in [
        ("de", "Günstig.", "Teuer."),
        ("fr", "Bon marché.", "Cher."),
        ("es", "Barato.", "Caro."),
        ("zh", "便宜。", "昂贵。"),
        ("ja", "安い。", "高価です。"),
    ] {
        passes(&pub_of_five_stars(), language, &[cheap]);
        holds(&pub_of_five_stars(), language, &[dear]);
    }
}

#[test]
fn figures_are_levels_and_levels_are_figures() {
    let restaurant = json!({ "priceRange": "more than £30", "customer rating": "low" });
    passes(&restaurant, "en", &["High price range.", "A low customer rating.", "Rated 1 out of 5."]);
    holds(&restaurant, "en", &["Cheap.", "A high customer rating.", "Rated 5 out of 5."]);
}

#[test]
fn a_price_in_money_is_no_level_and_without_any_a_level_is_unsupported() {
    passes(&json!({ "price": "19.99 EUR" }), "en", &["Cheap.", "Expensive."]);
    let cup = json!({ "material": "clay" });
    check(&cup, "en", "Cheap.", &["unsupported Cheap"]);
    check(&cup, "en", "Expensive.", &["unsupported Expensive"]);
    check(&cup, "en", "Highly rated.", &["unsupported Highly rated"]);
}
