//! Freedom from ingredients: what something has it is not free from.

use super::*;

fn cake() -> Value {
    json!({ "ingredients": "wheat flour, milk, sugar" })
}

#[test]
fn an_ingredient_refutes_the_freedom_from_it() {
    for (language, texts) in [
        (
            "en",
            &["Gluten-free.", "Lactose-free.", "Dairy-free.", "Vegan.", "Sugar-free.", "Free from milk."][..],
        ),
        ("de", &["Glutenfrei.", "Laktosefrei.", "Vegan.", "Frei von Milch.", "Ohne Zucker."]),
        ("fr", &["Sans gluten.", "Sans lactose.", "Végan."]),
        ("es", &["Sin gluten.", "Sin lactosa.", "Vegano."]),
        ("zh", &["无麸质。", "无糖。", "不含乳糖。"]),
        ("ja", &["グルテンフリーです。", "乳糖を含みません。", "ヴィーガン。"]),
    ] {
        holds(&cake(), language, texts);
    }
    check(&cake(), "en", "Contains no milk.", &["contradicted milk"]);
    passes(&cake(), "en", &["Contains milk."]);
    check(&json!({ "material": "wool" }), "en", "Suitable for vegans.", &["contradicted vegans"]);
}

#[test]
fn a_freedom_that_nobody_states_is_unsupported() {
    check(&cake(), "en", "Nut-free.", &["unsupported Nut-free"]);
    check(
        &json!({ "ingredients": "oats, almonds", "vegan": "yes" }),
        "en",
        "Gluten-free.",
        &["unsupported Gluten-free"],
    );
}

#[test]
fn one_freedom_implies_another() {
    let bar = json!({ "ingredients": "oats, almonds", "vegan": "yes" });
    passes(&bar, "en", &["Vegan.", "Vegetarian.", "Dairy-free.", "Lactose-free."]);
    check(&bar, "en", "Nut-free.", &["contradicted Nut-free"]);
}
