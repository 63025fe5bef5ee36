//! Whole texts about a bottle whose facts are in English.

use super::*;

fn bottle() -> Value {
    json!({
        "title": "Fjord Bottle", "brand": "Acme", "material": "stainless steel", "capacity": "750 ml",
        "weight": "320 g", "color": ["Blue", "Black"], "dishwasher_safe": true, "bpa_free": "yes",
        "insulated": "double-walled", "made_in": "Sweden", "warranty": "2 years", "microwave_safe": false
    })
}

#[test]
fn true_copy_passes_in_every_language() {
    check(
        &bottle(),
        "en",
        "The Fjord Bottle by Acme is made of stainless steel in Sweden. It holds 0.75 l, weighs 320 g and comes in blue and black, with a two-year warranty.",
        &[],
    );
    check(
        &bottle(),
        "de",
        "Die Fjord Bottle von Acme ist aus Edelstahl und fasst 750 ml. Sie hat eine doppelte Wand, wiegt 320 g und kommt aus Schweden; in Blau oder Schwarz, mit zwei Jahren Garantie. Sie ist spülmaschinenfest, aber nicht für die Mikrowelle geeignet.",
        &[],
    );
    check(
        &bottle(),
        "fr",
        "La Fjord Bottle d'Acme est en acier inox et contient 75 cl. Elle pèse 320 g, existe en bleu et en noir, et vient de Suède, avec une garantie de deux ans.",
        &[],
    );
    check(
        &bottle(),
        "es",
        "La botella Fjord de Acme es de acero inoxidable y tiene una capacidad de 750 ml. Pesa 320 g, viene en azul y negro y está hecha en Suecia, con garantía de dos años.",
        &[],
    );
    check(
        &bottle(),
        "zh",
        "Acme Fjord 水瓶采用不锈钢制成，容量为750毫升，重320克，有蓝色和黑色可选，产自瑞典，保修两年。",
        &[],
    );
    check(
        &bottle(),
        "ja",
        "AcmeのFjordボトルはステンレス製で、容量は750ml、重さは320gです。ブルーとブラックがあり、スウェーデン製です。電子レンジには対応していません。",
        &[],
    );
}

#[test]
fn false_copy_is_found_in_every_language() {
    check(
        &bottle(),
        "en",
        "A titanium bottle from Norway that holds 1 l.",
        &["contradicted titanium", "contradicted Norway", "contradicted 1 l"],
    );
    check(
        &bottle(),
        "de",
        "Aus Titan, fasst 1 Liter, mikrowellengeeignet und die beste.",
        &[
            "contradicted Titan",
            "contradicted 1 Liter",
            "contradicted mikrowellengeeignet",
            "unsupported beste",
        ],
    );
    check(
        &bottle(),
        "fr",
        "En titane, fabriquée en Norvège, elle pèse 400 g.",
        &["contradicted titane", "contradicted Norvège", "contradicted 400 g"],
    );
    check(
        &bottle(),
        "es",
        "Hecha de titanio, pesa 400 g y es vegana.",
        &["contradicted titanio", "contradicted 400 g", "unsupported vegana"],
    );
    check(
        &bottle(),
        "zh",
        "采用钛制成，容量为500毫升，产自挪威。",
        &["contradicted 钛", "contradicted 500毫升", "contradicted 挪威"],
    );
    check(
        &bottle(),
        "ja",
        "チタン製で、容量は500mlです。世界一の軽さです。",
        &["contradicted チタン", "contradicted 500ml", "unsupported 世界一"],
    );
}
