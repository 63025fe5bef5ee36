//! Good copy scores above poor copy, in every language.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::check::{CheckPolicy, Checked, Decision, check_one};
use crate::config::TestConfig;
use crate::content::{Finding, Quality, Severity};
use crate::facts::{FactSheet, read};
use crate::product::{Facts, Product};
use crate::recipe::{Recipe, Recipes};

/// What ships, loaded once for all tests.
static LOADED: LazyLock<(CheckPolicy, Recipes)> = LazyLock::new(|| {
    let TestConfig { check: settings, policies, recipes, review } = TestConfig::defaults().unwrap();
    let policy = CheckPolicy::load(&settings, &review, &recipes.show, &policies).unwrap();
    (policy, Recipes::load(&recipes).unwrap())
});

/// A bottle, as its publisher describes it.
fn bottle() -> Value {
    json!({
        "sku": "B1", "title": "Fjord Steel Bottle", "brand": "Acme", "category": ["Outdoor", "Bottles"], "attributes": {
            "material": "stainless steel", "capacity": "750 ml", "weight": "320 g", "color": "blue",
            "dishwasher_safe": true, "made_in": "Sweden", "warranty": "2 years", "height": "26 cm", "mpn": "AC-77"
        }
    })
}

fn description(title: &str, body: &[&str]) -> Value {
    let sentence = |text: &&str| json!({ "text": text, "evidence": [] });
    json!({ "title": title, "body": body.iter().map(sentence).collect::<Vec<_>>(), "bullets": [] })
}

/// A draft of a recipe, checked; `change` sets what the recipe asks for.
fn checked(
    product: &Value,
    locale: &str,
    recipe: &str,
    content: &Value,
    change: impl Fn(&mut Recipe),
) -> Checked {
    let (policy, recipes) = &*LOADED;
    let product: Product = serde_json::from_value(product.clone()).unwrap();
    let mut recipe = Recipe::clone(recipes.get(recipe).unwrap());
    change(&mut recipe);
    check_one(&product, locale, &recipe, content.clone(), &[], policy)
}

fn quality(locale: &str, title: &str, body: &[&str]) -> Quality {
    let checked = checked(&bottle(), locale, "description", &description(title, body), |_| ());
    checked.quality().get("description").unwrap().clone()
}

fn english(title: &str, body: &[&str]) -> Quality {
    quality("en-US", title, body)
}

fn part(quality: &Quality, name: &str) -> f64 {
    *quality.parts.get(name).unwrap_or_else(|| panic!("{name} of {quality}"))
}

const TITLE: &str = "Acme Fjord Steel Bottle";
const GOOD: [&str; 4] = [
    "The Fjord bottle by Acme is made of stainless steel and holds 750 ml.",
    "At 26 cm and 320 g it fits into a bag.",
    "Its blue finish comes from Sweden.",
    "Put it into the dishwasher when you are home; it has a warranty of 2 years.",
];
const PRAISE: [&str; 4] = [
    "This bottle is a great idea.",
    "You will love it every day.",
    "It is simply beautiful and very good.",
    "Enjoy it at home or on the go.",
];

#[test]
fn copy_that_says_much_scores_above_praise() {
    let (good, praise) = (english(TITLE, &GOOD), english(TITLE, &PRAISE));
    assert!(good.score > 0.9, "{good}");
    assert!(praise.score < 0.5, "{praise}");
    assert!(part(&praise, "coverage") < 0.1 && part(&praise, "density") < 0.1, "{praise}");
}

#[test]
fn a_sentence_less_uses_fewer_attributes_and_one_more_of_praise_thins_the_copy() {
    let good = english(TITLE, &GOOD);
    let shorter = english(TITLE, &GOOD[..3]);
    assert!(part(&shorter, "coverage") < part(&good, "coverage"), "{shorter} {good}");
    let fluffy = english(TITLE, &[&GOOD[..], &PRAISE[..1]].concat());
    assert!(fluffy.score < good.score && part(&fluffy, "density") < part(&good, "density"), "{fluffy}");
}

#[test]
fn repetition_lowers_the_score() {
    let good = english(TITLE, &GOOD);
    let twice = english(TITLE, &[&GOOD[..], &GOOD[1..2]].concat());
    assert!(twice.score < good.score && part(&twice, "variety") < part(&good, "variety"), "{twice} {good}");
    let alike =
        english(TITLE, &["It is blue.", "It is 26 cm high.", "It is made of steel.", "It is from Sweden."]);
    assert!(part(&alike, "variety") < 0.5, "{alike}");
}

#[test]
fn a_title_or_first_sentence_without_its_noun_lowers_the_score() {
    let good = english(TITLE, &GOOD);
    assert!(part(&good, "front") > 0.9, "{good}");
    let untitled = english("A wonderful companion", &GOOD);
    assert!(untitled.score < good.score && part(&untitled, "front") < 0.6, "{untitled}");
    let late = english(TITLE, &[GOOD[1], GOOD[0], GOOD[2], GOOD[3]]);
    assert!(part(&late, "front") < part(&good, "front"), "{late}");
}

#[test]
fn sentences_that_are_too_long_lower_the_rhythm() {
    let long = GOOD.concat().replace('.', ", and ")
        + "that is all there is to be said about it, which is quite a lot for one bottle.";
    let (good, long) = (english(TITLE, &GOOD), english(TITLE, &[&long]));
    assert!(part(&long, "rhythm") < part(&good, "rhythm"), "{long} {good}");
}

#[test]
fn what_is_below_its_recipe_s_threshold_is_held_with_what_to_do() {
    let content = description("A wonderful companion", &PRAISE);
    let checked =
        checked(&bottle(), "en-US", "description", &content, |recipe| recipe.quality_min = Some(0.7));
    let low: Vec<&Finding> = checked.faults().filter(|finding| finding.rule == "quality.low").collect();
    let message = &low.first().unwrap().message;
    for part in ["uses 0 attributes", "capacity", "rest on no attribute", "the title should name the product"]
    {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(checked.decision(), Decision::Hold);
}

#[test]
fn what_reaches_the_threshold_passes_and_without_one_nothing_is_held() {
    let rules = |body: &[&str], least: Option<f64>| -> Vec<(String, Severity)> {
        let content = description(TITLE, body);
        let checked =
            checked(&bottle(), "en-US", "description", &content, |recipe| recipe.quality_min = least);
        let of_quality = checked.findings().iter().filter(|finding| finding.rule.starts_with("quality."));
        of_quality.map(|finding| (finding.rule.clone(), finding.severity)).collect()
    };
    assert_eq!(rules(&GOOD, Some(0.7)), []);
    assert_eq!(rules(&GOOD, None), []);
    let praise = rules(&PRAISE, None);
    assert!(
        !praise.is_empty() && praise.iter().all(|(_, severity)| *severity == Severity::Note),
        "{praise:?}"
    );
    assert!(praise.iter().all(|(rule, _)| rule == "quality.says_nothing"), "{praise:?}");
}

#[test]
fn sentences_that_say_nothing_are_noted_only_where_they_are_most() {
    let noted = |body: &[&str]| -> usize {
        let checked = checked(&bottle(), "en-US", "description", &description(TITLE, body), |_| ());
        checked.findings().iter().filter(|finding| finding.rule == "quality.says_nothing").count()
    };
    assert_eq!(noted(&[GOOD[0], GOOD[1], PRAISE[1]]), 0);
    assert_eq!(noted(&[GOOD[0], PRAISE[1], PRAISE[3]]), 2);
}

#[test]
fn a_product_of_which_nothing_is_known_asks_for_nothing() {
    let bare = json!({ "sku": "B1", "title": "Fjord Steel Bottle" });
    let checked =
        checked(&bare, "en-US", "description", &description(TITLE, &["Meet the Fjord bottle."]), |_| ());
    let quality = checked.quality().get("description").unwrap();
    assert!(!quality.parts.contains_key("coverage") && !quality.parts.contains_key("density"), "{quality}");
    assert!(checked.findings().iter().all(|finding| !finding.rule.starts_with("quality.")));
}

#[test]
fn an_answer_may_be_yes_and_each_may_begin_so() {
    let content = json!({ "entries": [
        { "question": "Is it dishwasher-safe?", "answer": "Yes. It is dishwasher-safe.", "evidence": [] },
        { "question": "Is it made of steel?", "answer": "Yes. It is made of stainless steel.", "evidence": [] }
    ] });
    let checked = checked(&bottle(), "en-US", "faq", &content, |_| ());
    let quality = checked.quality().get("faq").unwrap();
    assert!((part(quality, "density") - 1.0).abs() < 0.001, "{quality}");
    assert!(part(quality, "variety") > 0.7 && !quality.parts.contains_key("front"), "{quality}");
}

#[test]
fn an_ad_is_named_where_one_of_its_headlines_names_the_product() {
    let ad = |headline: &str| {
        let content = json!({
            "headlines": ["Made in Sweden", headline, "Dishwasher safe"],
            "descriptions": [{ "text": "The Fjord bottle holds 750 ml.", "evidence": [] }]
        });
        let checked = checked(&bottle(), "en-US", "ad", &content, |_| ());
        part(checked.quality().get("ad").unwrap(), "front")
    };
    assert!(ad("Fjord Steel Bottle") > ad("Blue and light"));
}

#[test]
fn copy_of_facts_scores_above_praise_in_six_languages() {
    let cases: [(&str, &str, [&str; 3], [&str; 3]); 6] = [
        (
            "en-US",
            "Fjord Steel Bottle",
            [
                "The Fjord bottle holds 750 ml.",
                "It is made of stainless steel in Sweden.",
                "Its weight is 320 g.",
            ],
            ["It is a great bottle.", "You will love it.", "Simply beautiful."],
        ),
        (
            "de-DE",
            "Fjord Trinkflasche",
            [
                "Die Fjord Flasche fasst 750 ml.",
                "Sie ist aus Edelstahl und kommt aus Schweden.",
                "Ihr Gewicht beträgt 320 g.",
            ],
            ["Sie ist einfach toll.", "Sie werden sie lieben.", "Einfach schön."],
        ),
        (
            "fr-FR",
            "Bouteille Fjord",
            [
                "La bouteille Fjord contient 750 ml.",
                "Elle est en acier inoxydable et vient de Suède.",
                "Elle pèse 320 g.",
            ],
            ["Elle est superbe.", "Vous allez l'adorer.", "Tout simplement belle."],
        ),
        (
            "es-ES",
            "Botella Fjord",
            ["La botella Fjord contiene 750 ml.", "Es de acero inoxidable y viene de Suecia.", "Pesa 320 g."],
            ["Es una gran botella.", "Te encantará.", "Simplemente bonita."],
        ),
        (
            "zh-CN",
            "Fjord 水瓶",
            ["Fjord 水瓶容量为750毫升。", "采用不锈钢制成，产自瑞典。", "重量为320克。"],
            ["这是一个好主意。", "您一定会喜欢。", "非常漂亮。"],
        ),
        (
            "ja-JP",
            "Fjord ボトル",
            [
                "Fjordボトルの容量は750mlです。",
                "ステンレス製で、スウェーデンで作られています。",
                "重さは320gです。",
            ],
            ["とても素敵です。", "きっと気に入ります。", "本当に美しいです。"],
        ),
    ];
    for (locale, title, good, praise) in cases {
        let (good, praise) = (quality(locale, title, &good), quality(locale, title, &praise));
        assert!(good.score > praise.score + 0.2, "{locale}: {good} / {praise}");
    }
}

#[test]
fn odd_copy_has_a_quality_and_breaks_nothing() {
    let long = "word ".repeat(400);
    let odd =
        ["", " ", "。", "?!", "\u{301}\u{301}", "🎉", "水", "ー", "a.b.c.", "1 2 3", "(((", long.trim()];
    let product: Product = serde_json::from_value(bottle()).unwrap();
    let facts = Facts::select(&product, |_| true);
    let sheet = FactSheet::of(&facts);
    for locale in ["en-US", "de-DE", "fr-FR", "es-ES", "zh-CN", "ja-JP", "pl-PL"] {
        let language = locale.split('-').next().unwrap();
        for text in odd {
            let reading = read(sheet, text, Some(language));
            let quality = super::of_text((&facts, sheet), text, &reading, language, &LOADED.0.config);
            let score = quality.map_or(0.0, |quality| quality.score);
            assert!((0.0..=1.0).contains(&score), "{language} {text:?}: {score}");
        }
    }
    for title in ["", "。"] {
        let content = description(title, &odd[..11]);
        let checked =
            checked(&bottle(), "ja-JP", "description", &content, |recipe| recipe.quality_min = Some(1.0));
        assert!(checked.findings().iter().all(|finding| finding.rule != "check.broken"), "{title}");
    }
}
