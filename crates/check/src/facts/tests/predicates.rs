//! Open predicates: what a sentence asserts with words that nothing bears, and general phrasing, which passes.

use super::*;

fn tee() -> Value {
    json!({ "material": "cotton", "type": "T-shirt", "color": "navy" })
}

#[test]
fn what_nobody_states_is_held_whether_or_not_a_list_knows_it() {
    check(&tee(), "en", "Flame resistant.", &["unsupported Flame resistant"]);
    check(&tee(), "en", "It glows in the dark.", &["unsupported glows in the dark"]);
    check(&tee(), "en", "A V-neck.", &["unsupported V-neck"]);
    check(&tee(), "en", "The seams are taped.", &["unsupported seams are taped"]);
    check(&tee(), "en", "Worn by astronauts.", &["unsupported astronauts"]);
    check(&tee(), "en", "It repels mosquitoes.", &["unsupported repels mosquitoes"]);
    check(&tee(), "en", "Approved by doctors.", &["unsupported Approved", "unsupported doctors"]);
    check(&tee(), "en", "A T-shirt by Nike.", &["unsupported Nike"]);
}

#[test]
fn general_phrasing_passes_in_every_language() {
    passes(
        &tee(),
        "en",
        &[
            "A wonderful choice for every day.",
            "You will love it every day.",
            "A simple cotton T-shirt that goes with everything.",
            "It can be used every day.",
        ],
    );
    let hemd = json!({ "Material": "Baumwolle", "Farbe": "Blau", "Art": "Hemd" });
    passes(&hemd, "de", &["Ein schlichtes Hemd aus Baumwolle, das zu allem passt."]);
    let chemise = json!({ "matière": "coton", "couleur": "bleu", "type": "chemise" });
    passes(&chemise, "fr", &["Une chemise simple en coton qui va avec tout."]);
    let camisa = json!({ "material": "algodón", "color": "azul", "tipo": "camisa" });
    passes(&camisa, "es", &["Una camisa sencilla de algodón que combina con todo."]);
    let chenshan = json!({ "材质": "棉", "颜色": "蓝色", "类型": "衬衫" });
    passes(&chenshan, "zh", &["简约的棉衬衫，百搭实用。"]);
    let shatsu = json!({ "素材": "綿", "色": "青", "種類": "シャツ" });
    passes(&shatsu, "ja", &["シンプルな綿のシャツで、毎日使えます。"]);
}

#[test]
fn what_nobody_states_is_held_in_other_languages_as_well() {
    let hemd = json!({ "Material": "Baumwolle", "Farbe": "Blau", "Art": "Hemd" });
    check(&hemd, "de", "Das Hemd leuchtet im Dunkeln.", &["unsupported leuchtet im Dunkeln"]);
    check(&hemd, "de", "Das Hemd vertreibt Mücken.", &["unsupported vertreibt Mücken"]);
    holds(&hemd, "de", &["Schwer entflammbar.", "Die Nähte sind versiegelt."]);
    let chemise = json!({ "matière": "coton", "couleur": "bleu", "type": "chemise" });
    holds(&chemise, "fr", &["La chemise brille dans le noir.", "Les coutures sont étanches."]);
    let camisa = json!({ "material": "algodón", "color": "azul", "tipo": "camisa" });
    check(&camisa, "es", "La camisa brilla en la oscuridad.", &["unsupported brilla en la oscuridad"]);
    let chenshan = json!({ "材质": "棉", "颜色": "蓝色", "类型": "衬衫" });
    holds(&chenshan, "zh", &["衬衫在黑暗中发光。", "可驱蚊。"]);
    let shatsu = json!({ "素材": "綿", "色": "青", "種類": "シャツ" });
    holds(&shatsu, "ja", &["綿のシャツで、暗闇で光ります。"]);
    // A bullet that shares no word with the facts.
    holds(&hemd, "de", &["Vertreibt Mücken."]);
    holds(&chemise, "fr", &["Elle repousse les moustiques."]);
    holds(&camisa, "es", &["Repele los mosquitos."]);
    holds(&shatsu, "ja", &["蚊を寄せ付けません。"]);
}

#[test]
fn german_compounds_are_borne_by_their_parts() {
    let hemd = json!({ "Material": "Baumwolle", "Farbe": "Blau", "Art": "Hemd" });
    passes(&hemd, "de", &["Ein Baumwollhemd in Blau."]);
    check(&hemd, "de", "Ein Hemd mit Raketenantrieb in Blau aus Baumwolle.", &["unsupported Raketenantrieb"]);
}
