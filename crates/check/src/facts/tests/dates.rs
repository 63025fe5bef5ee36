//! Months, years, and what happened then.

use super::*;

#[test]
fn the_month_and_the_event_of_a_year_must_be_the_stated_ones() {
    let phone = json!({ "released": "2013-09-20", "announced": "2012-11" });
    passes(
        &phone,
        "en",
        &["Released in 2013.", "Announced in November 2012.", "Released in September 2013."],
    );
    check(&phone, "en", "Released in 2012.", &["contradicted Released in 2012"]);
    check(&phone, "en", "Announced in 2013.", &["contradicted Announced in 2013"]);
    check(&phone, "en", "Released in October 2013.", &["contradicted October"]);
    check(&phone, "en", "Released in 2014.", &["unsupported 2014"]);
    for (language, right, wrong) in [
        ("de", "Veröffentlicht im September 2013.", "Veröffentlicht im Oktober 2013."),
        ("fr", "Sorti en septembre 2013.", "Sorti en octobre 2013."),
        ("es", "Lanzado en septiembre de 2013.", "Lanzado en octubre de 2013."),
        ("zh", "2013年9月发布。", "2013年10月发布。"),
        ("ja", "2013年9月発売。", "2013年10月発売。"),
    ] {
        passes(&phone, language, &[right]);
        holds(&phone, language, &[wrong]);
    }
}

#[test]
fn dates_in_figures_are_read_in_either_order() {
    let german = json!({ "release date": "07.11.2023" });
    passes(&german, "de", &["Erschienen im November 2023."]);
    check(&german, "de", "Erschienen im Juli 2023.", &["contradicted Juli"]);
    let american = json!({ "release date": "11/27/2023" });
    passes(&american, "en", &["Released in November 2023."]);
    check(&american, "en", "Released in December 2023.", &["contradicted December"]);
    // Of 11/07/2023 nobody knows the month.
    holds(&json!({ "release date": "11/07/2023" }), "en", &["Released in March 2023."]);
}

#[test]
fn a_month_without_figures_is_a_word() {
    let honey = json!({ "best before": "March 2026" });
    passes(&honey, "en", &["Best before March 2026.", "You may like it."]);
    check(&honey, "en", "Best before April 2026.", &["contradicted April"]);
}
