//! Materials: of which part, for real, and how much of it.

use super::*;

#[test]
fn a_lining_is_not_the_bag() {
    let bag = json!({ "material": "leather", "lining": "cotton" });
    passes(
        &bag,
        "en",
        &["A leather bag with a cotton lining.", "The lining is made of cotton.", "Lined with cotton."],
    );
    check(&bag, "en", "A leather bag with a leather lining.", &["contradicted leather"]);
    check(&bag, "en", "The lining is made of leather.", &["contradicted leather"]);
    check(&bag, "en", "The bag is made of cotton.", &["contradicted cotton"]);
    passes(&bag, "de", &["Eine Tasche aus Leder mit Futter aus Baumwolle."]);
    check(&bag, "de", "Das Futter ist aus Leder.", &["contradicted Leder"]);
    passes(&bag, "fr", &["Un sac en cuir avec une doublure en coton."]);
    check(&bag, "fr", "Un sac en cuir avec une doublure en cuir.", &["contradicted cuir"]);
    passes(&bag, "es", &["Un bolso de cuero con forro de algodón."]);
    check(&bag, "es", "Un bolso de cuero con forro de cuero.", &["contradicted cuero"]);
    passes(&bag, "zh", &["皮革包，棉质内衬。"]);
    check(&bag, "zh", "内衬为皮革。", &["contradicted 皮革"]);
    passes(&bag, "ja", &["本革のバッグで、裏地は綿です。"]);
    check(&bag, "ja", "裏地は本革です。", &["contradicted 本革"]);
}

#[test]
fn a_strap_is_not_the_case_of_a_watch() {
    let watch = json!({ "case material": "stainless steel", "strap material": "silicone" });
    passes(&watch, "en", &["A watch with a silicone strap and a stainless steel case."]);
    check(&watch, "en", "A watch with a stainless steel strap.", &["contradicted stainless steel"]);
    check(&watch, "en", "The strap is made of leather.", &["contradicted leather"]);
    passes(&watch, "de", &["Das Armband ist aus Silikon, das Gehäuse aus Edelstahl."]);
    check(&watch, "de", "Das Armband ist aus Edelstahl.", &["contradicted Edelstahl"]);
    passes(&watch, "fr", &["Le bracelet est en silicone."]);
    check(&watch, "fr", "Le bracelet est en acier inoxydable.", &["contradicted acier inoxydable"]);
    passes(&watch, "es", &["La correa es de silicona."]);
    check(&watch, "es", "La correa es de acero inoxidable.", &["contradicted acero inoxidable"]);
    passes(&watch, "zh", &["表带为硅胶，表壳为不锈钢。"]);
    check(&watch, "zh", "表带为不锈钢。", &["contradicted 不锈钢"]);
    passes(&watch, "ja", &["バンドはシリコンで、ケースはステンレスです。"]);
    check(&watch, "ja", "バンドはステンレスです。", &["contradicted ステンレス"]);
}

#[test]
fn an_upper_is_not_the_sole() {
    let shoe = json!({ "upper": "suede", "sole": "rubber" });
    passes(&shoe, "en", &["Suede uppers on a rubber sole.", "A suede shoe."]);
    check(&shoe, "en", "Rubber uppers on a suede sole.", &["contradicted Rubber", "contradicted suede"]);
    passes(&shoe, "de", &["Obermaterial aus Wildleder, Sohle aus Gummi."]);
    check(&shoe, "de", "Sohle aus Wildleder.", &["contradicted Wildleder"]);
    passes(&shoe, "fr", &["Dessus en daim, semelle en caoutchouc."]);
}

#[test]
fn a_part_stands_for_the_thing_where_nothing_is_said_of_the_whole() {
    let phone = json!({ "frame": "aluminium" });
    passes(&phone, "en", &["An aluminium phone."]);
    check(&phone, "en", "A titanium phone.", &["contradicted titanium"]);
}

#[test]
fn what_only_looks_like_leather_is_none() {
    let jacket = json!({ "material": "faux leather" });
    passes(&jacket, "en", &["A faux leather jacket.", "A jacket of leatherette."]);
    passes(&jacket, "de", &["Eine Jacke aus Kunstleder."]);
    passes(&jacket, "fr", &["Une veste en similicuir."]);
    passes(&jacket, "es", &["Una chaqueta de polipiel."]);
    passes(&jacket, "zh", &["人造革夹克。"]);
    passes(&jacket, "ja", &["合成皮革のジャケットです。"]);
    check(&jacket, "en", "A genuine leather jacket.", &["contradicted leather"]);
    check(&jacket, "de", "Eine Jacke aus Leder.", &["contradicted Leder"]);
    check(&jacket, "fr", "Une veste en cuir.", &["contradicted cuir"]);
    check(&jacket, "es", "Una chaqueta de cuero.", &["contradicted cuero"]);
    check(&jacket, "zh", "皮革夹克。", &["contradicted 皮革"]);
    check(&jacket, "ja", "本革のジャケットです。", &["contradicted 本革"]);
    check(&json!({ "material": "leather" }), "en", "A faux leather jacket.", &["contradicted faux leather"]);
}

#[test]
fn plating_and_veneer_are_not_the_real_thing() {
    let ring = json!({ "material": "brass, gold plated" });
    passes(&ring, "en", &["A gold plated brass ring.", "A ring of brass."]);
    check(&ring, "en", "A gold ring.", &["contradicted gold"]);
    check(&ring, "de", "Ein Ring aus Gold.", &["contradicted Gold"]);
    let table = json!({ "material": "MDF with oak veneer" });
    passes(&table, "en", &["A table with an oak veneer.", "Made of MDF."]);
    check(&table, "en", "An oak table.", &["contradicted oak"]);
    check(&table, "en", "A solid oak table.", &["contradicted oak"]);
    let crate_of_plastic = json!({ "material": "plastic", "look": "wood look" });
    passes(&crate_of_plastic, "en", &["A plastic box with a wood look."]);
    check(&crate_of_plastic, "en", "A wooden box.", &["contradicted wooden"]);
}

#[test]
fn a_blend_is_not_pure_and_what_is_pure_is_no_blend() {
    let coat = json!({ "material": "wool blend" });
    passes(&coat, "en", &["A wool blend coat."]);
    passes(&coat, "de", &["Ein Mantel aus Wollmischung."]);
    check(&coat, "en", "A pure wool coat.", &["contradicted wool"]);
    check(&coat, "en", "A coat of 100 % wool.", &["unsupported 100 %", "contradicted wool"]);
    check(&coat, "de", "Ein Mantel aus reiner Wolle.", &["contradicted Wolle"]);
    check(&coat, "fr", "Un manteau en pure laine.", &["contradicted laine"]);
    check(&coat, "es", "Un abrigo de pura lana.", &["contradicted lana"]);
    let mixed = json!({ "material": "60 % cotton, 40 % polyester" });
    passes(&mixed, "en", &["A shirt of cotton and polyester.", "60 % cotton."]);
    check(&mixed, "en", "A shirt of pure cotton.", &["contradicted cotton"]);
    check(&mixed, "en", "40 % cotton.", &["contradicted 40 %"]);
    let pure = json!({ "material": "100 % cotton" });
    passes(&pure, "en", &["A shirt of pure cotton.", "A shirt of 100 % cotton."]);
    passes(&pure, "de", &["Ein Hemd aus reiner Baumwolle."]);
    passes(&pure, "fr", &["Une chemise en pur coton."]);
    passes(&pure, "es", &["Una camisa de puro algodón."]);
    check(&pure, "en", "A cotton blend.", &["contradicted cotton"]);
    check(&pure, "en", "A polyester shirt.", &["contradicted polyester"]);
}

#[test]
fn a_narrower_material_supports_a_broader_one_and_not_the_other_way_round() {
    passes(&json!({ "material": "stainless steel" }), "en", &["A metal bottle.", "A steel bottle."]);
    check(
        &json!({ "material": "metal" }),
        "en",
        "A stainless steel bottle.",
        &["contradicted stainless steel"],
    );
}

#[test]
fn a_colour_in_a_name_is_no_colour() {
    let drink = json!({ "title": "Red Bull", "brand": "Red Bull", "color": "blue" });
    passes(&drink, "en", &["Red Bull comes in a blue can."]);
    check(&drink, "en", "Red Bull in red.", &["contradicted red"]);
    check(&drink, "en", "The Red Bull bottle is red.", &["contradicted red"]);
    let vase = json!({ "title": "Aqua Star Vase", "color": "green" });
    passes(&vase, "en", &["The Aqua Star Vase is green."]);
    check(&vase, "en", "The Aqua Star is aqua.", &["contradicted aqua"]);
    check(&vase, "en", "The Aqua Star is blue.", &["contradicted blue"]);
    let pram = json!({ "title": "Silver Cross Pram", "color": "navy" });
    passes(&pram, "en", &["The Silver Cross pram comes in navy."]);
    // Where no attribute speaks of a colour, what the product is called does.
    passes(&json!({ "title": "Black Diamond Lamp" }), "en", &["A black lamp."]);
}
