//! What the form of a text may not have, kind by kind, and what honest copy has that looks like it.

use serde_json::{Value, json};

use crate::config::TestConfig;
use crate::product::{Facts, Product};

fn found(product: &Value, language: &str, text: &str) -> Vec<String> {
    let product: Product = serde_json::from_value(product.clone()).unwrap();
    let facts = Facts::select(&product, |_| true);
    let policy = TestConfig::defaults().unwrap().check;
    let mut rules: Vec<String> =
        super::findings(&facts, text, language, &policy).into_iter().map(|finding| finding.rule).collect();
    rules.dedup();
    rules
}

fn mug() -> Value {
    json!({
        "sku": "A", "title": "Ceramic Mug N/A-2 {mini} 🔥", "brand": "Bora Bora",
        "attributes": { "material": "ceramic", "volume": "300 ml", "slogan": "50% more_fun", "colour": "N/A" }
    })
}

/// Every line of a table `language | text` has the kind of fault.
fn has(kind: &str, table: &str) {
    let rule = format!("form.{kind}");
    let missed: Vec<&str> = table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .filter(|line| {
            let (language, text) = line.split_once(" | ").unwrap();
            !found(&mug(), language, &text.replace("\\n", "\n")).contains(&rule)
        })
        .collect();
    assert!(missed.is_empty(), "{kind} missed:\n{}", missed.join("\n"));
}

/// No line of a table has any.
fn passes(table: &str) {
    let wrong: Vec<String> = table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .filter_map(|line| {
            let (language, text) = line.split_once(" | ").unwrap();
            let rules = found(&mug(), language, &text.replace("\\n", "\n"));
            (!rules.is_empty()).then(|| format!("{line}: {rules:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "wrongly found:\n{}", wrong.join("\n"));
}

#[test]
fn marks_of_markdown_are_found() {
    has(
        "markdown",
        "en | **Durable** ceramic mug.
        en | A __durable__ mug.
        en | A *durable* mug.
        en | A _durable_ mug.
        en | A ~~durable~~ mug.
        en | # Ceramic Mug
        en | The mug.\\n## Care\\nWash it.
        en | - Ceramic mug
        en | * Ceramic mug
        en | + Ceramic mug
        en | 1. Ceramic mug
        fr | 2) Tasse en céramique
        de | 1. Tasse aus Keramik\\n2. Fasst 300 ml
        en | - [x] Ceramic
        en | > Ceramic mug
        en | [Ceramic mug](http://x.example)
        en | ![Ceramic mug](mug.png)
        en | The [mug][1] is ceramic.
        en | ```Ceramic mug```
        en | The `mug` is ceramic.
        en | | material | ceramic |
        en | material | volume\\n---|---
        en | The mug.\\n---\\nIt holds 300 ml.
        en | The mug is ceramic [1].
        en | The mug is ceramic【3†source】.
        en | The mug is ceramic.[^1]
        en | The \\*mug\\* is ceramic.
        en | The caf\\u00e9 mug is ceramic.",
    );
}

#[test]
fn tags_entities_and_pieces_of_programs_are_found() {
    has(
        "html",
        "en | <p>Ceramic mug</p>
        en | A <b>ceramic</b> mug.
        en | Ceramic<br/>mug.
        en | <a href=\"x\">Ceramic</a>
        en | <!-- ceramic --> A mug.
        en | <my-element>Ceramic</my-element>
        en | Ceramic &amp; light.
        en | Ceramic &lt;b&gt; mug.
        en | Ceramic &amp;lt; mug.
        en | Cr&egrave;me mug.
        en | The mug&#39;s handle.
        en | The mug&#x27;s handle.
        en | Ceramic%20mug.
        en | {\"title\": \"Ceramic mug\"}",
    );
}

#[test]
fn placeholders_are_found_in_every_notation() {
    has(
        "placeholder",
        "en | {brand} makes this mug.
        en | {{product_name}} is a mug.
        en | {% if brand %}The mug.
        en | ${brand} makes this mug.
        en | [Product Name] in ceramic.
        en | Ideal for [Task 1], [Task 2], and [Task 3].
        en | <insert brand here> makes this mug.
        en | The mug by <Brand>.
        en | <<brand>> makes this mug.
        en | The mug (insert size) is ceramic.
        en | The mug (add weight here) is ceramic.
        en | The mug (to be confirmed) is ceramic.
        en | %PRODUCT% is a mug.
        en | The %s is a mug.
        en | $BRAND makes this mug.
        en | The price is $XX.XX.
        en | It holds XX ml.
        en | It holds xx ml.
        en | It weighs X kg.
        en | It weighs ___ kg.
        en | It weighs ..... kg.
        en | It weighs ??? kg.
        en | The mug is made of .
        en | The mug is ceramic, , and light.
        en | The mug () is ceramic.
        en | Brand: TBD.
        en | Material: null.
        en | Material: NaN.
        en | Material: N/A.
        en | Material: undefined.
        en | The material is None.
        en | The colour: not specified.
        en | Your Brand Name makes this mug.
        en | Brand Name mug of ceramic.
        en | Lorem ipsum dolor sit amet.
        en | Write your text here.
        en | The microwave_safe mug.
        en | BRAND_NAME makes it.
        de | Die Tasse (Größe einfügen) ist aus Keramik.
        de | Das Material ist null.
        de | Ihr Markenname steht für Tassen.
        de | Gewicht: k. A.
        de | Hier steht Blindtext.
        fr | La tasse (à compléter) est en céramique.
        fr | Nom de la marque vous présente la tasse.
        es | La taza (insertar talla) es de cerámica.
        es | Nombre de la marca presenta la taza.
        zh | 【品牌】的杯子。
        zh | 这款【材质】杯子。
        zh | 容量为（待定）。
        zh | 请填写颜色。
        zh | ××品牌的杯子。
        zh | 颜色为未知。
        ja | 【ブランド名】のカップです。
        ja | ○○のカップです。
        ja | ここに商品の説明を入力",
    );
}

#[test]
fn labels_of_an_answer_are_found() {
    has(
        "label",
        "en | Title: Ceramic Mug
        en | Meta description: Ceramic mug.
        en | The mug holds 300 ml. Keywords: mug, ceramic.
        en | Word count: 150.
        en | Product Description:\\nThe mug holds 300 ml.
        en | **Title:** Mug
        en | Option 1: The mug holds 300 ml.
        de | Meta-Beschreibung: Tasse aus Keramik.
        de | Produktbeschreibung: Tasse aus Keramik.
        fr | Méta-description : tasse en céramique.
        fr | Mots-clés : tasse, céramique.
        es | Descripción del producto: taza de cerámica.
        es | Palabras clave: taza, cerámica.
        zh | 产品描述：陶瓷杯子。
        zh | 关键词：杯子、陶瓷。
        ja | 商品説明：陶器のカップです。
        ja | キーワード：カップ",
    );
}

#[test]
fn unseen_and_strange_characters_are_found() {
    let odd = [
        '\u{0}',
        '\u{1}',
        '\u{7}',
        '\u{8}',
        '\t',
        '\u{b}',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{9f}',
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{1160}',
        '\u{17b4}',
        '\u{180e}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{2028}',
        '\u{2029}',
        '\u{202a}',
        '\u{202e}',
        '\u{2060}',
        '\u{2062}',
        '\u{2066}',
        '\u{2069}',
        '\u{206a}',
        '\u{2800}',
        '\u{3164}',
        '\u{378}',
        '\u{e000}',
        '\u{fe00}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff9}',
        '\u{fffc}',
        '\u{fffd}',
        '\u{fffe}',
        '\u{1d5ba}',
        '\u{1d173}',
        '\u{e0001}',
        '\u{e0041}',
        '\u{e0100}',
        '\u{f0000}',
        '\u{10ffff}',
        '\r',
    ];
    for c in odd {
        let rules = found(&mug(), "en", &format!("The mu{c}g is ceramic."));
        assert!(rules.contains(&"form.character".to_owned()), "{c:?}: {rules:?}");
    }
    has(
        "character",
        "en | The m\u{443}g is ceramic.\nen | Z\u{3bf}rbo mug.\nen | The cafÃ© mug.\nen | It’s z\u{300}\u{301}\u{302}\u{303}.",
    );
}

#[test]
fn joiners_and_selectors_pass_where_their_script_or_emoji_needs_them() {
    passes(
        "fa | این کتاب می\u{200c}خواهد باشد.
        hi | क्\u{200d}ष और श्री है।
        ja | 葛\u{e0100}飾区のカップです。
        th | ถ้วย\u{200b}นี้ดี
        he | הספל עשוי קרמיקה\u{200f}.
        en | The mug is ceramic.\\nIt holds 300 ml.\\r\\nIt is light."
            .replace("\\r", "\r")
            .as_str(),
    );
    let family = json!({ "sku": "F", "title": "Mug 👨\u{200d}👩\u{200d}👧 ❤\u{fe0f} 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} 1\u{fe0f}\u{20e3}" });
    let text = family["title"].as_str().unwrap();
    assert_eq!(found(&family, "en", text), [""; 0]);
    assert_eq!(found(&mug(), "en", text), ["form.emoji"]);
}

#[test]
fn emoji_are_found_where_the_facts_have_none() {
    has(
        "emoji",
        "en | ✨ Ceramic mug ✨
        en | Ceramic mug ☕
        en | Ceramic mug ✅
        en | Ceramic mug ❤
        en | Ceramic mug 🇩🇪
        en | Ceramic mug :fire:
        en | Ceramic mug ;)",
    );
    passes("en | Ceramic Mug 🔥\nen | Ceramic™ mug® ©\nen | 20 °C → 40 °C\nen | Size 5½ ± 1 × 2");
}

#[test]
fn words_and_sentences_said_twice_are_found() {
    has(
        "doubled",
        "en | The mug is ceramic own own own own own own own own own own.
        en | The the mug is ceramic.
        en | Dishwasher safe and light dishwasher safe and light.
        en | The mug is ceramic. The mug is ceramic.
        en | The mug is sooooooo light.
        de | Die Tasse ist aus Keramik Keramik Keramik Keramik Keramik.
        fr | La tasse est en en céramique.
        zh | 这款杯子采用陶瓷陶瓷陶瓷陶瓷陶瓷陶瓷。
        zh | 陶瓷杯陶瓷杯
        zh | 这款杯子采用陶瓷。这款杯子采用陶瓷。
        ja | カップはとてもとてもとてもとても軽い。",
    );
    passes(
        "en | The mug that that brand makes.
        en | The Bora Bora mug.
        en | Knock knock, who is there?
        en | It gets better and better and better.
        en | Step by step by step.
        en | Soft and light, soft and light.
        en | Yes. Yes.
        en | XXXXXL
        en | 10 10 10
        de | Er zeigt, dass das das Beste ist.
        de | Die, die die Tasse mögen.
        fr | Nous nous lavons les mains.
        zh | 常常研究研究，慢慢来。
        ja | いろいろな人がもっともっと楽しめます。
        ja | ふわふわわくわく",
    );
}

#[test]
fn sentences_that_break_off_are_found() {
    has(
        "broken",
        "en | The ceramic mug holds 300 ml and
        en | The ceramic mug holds 300 ml and...
        en | The ceramic mug holds 300 ml…
        en | The mug is made of the.
        en | The mug holds 300 ml,
        en | The mug holds 300 ml (or about
        en | , and it is ceramic.
        en | Here is the product description:
        en | The cera
        en | The mug comes with a
        de | Die Tasse aus Keramik fasst 300 ml und
        de | Die Tasse ist aus Keramik und.
        fr | La tasse en céramique contient 300 ml et
        es | La taza de cerámica tiene 300 ml y
        zh | 这款杯子采用陶瓷以及
        ja | このカップは",
    );
    passes(
        "en | Ceramic mug
        en | Made by hand
        en | What it is made of.
        en | \"The mug holds 300 ml.\"
        en | The mug holds 300 ml (10 oz)
        en | The mugs
        en | .NET ready
        en | A mug for all
        en | Vitamin A.
        de | Das Gerät schaltet sich ein.
        de | Die Tassen
        fr | Prenez-le.
        zh | 温和。口感饱和。
        zh | 手工制作的
        ja | 陶器製",
    );
}

#[test]
fn honest_copy_passes() {
    passes(
        "en | Follow the instructions on the label before use.
        en | Note: hand wash only.
        en | Ignore the noise with these headphones.
        en | The system prompts you for a size.
        en | 60% cotton and 40% polyester.
        en | It holds 300 ml & weighs < 250 g.
        en | R&D made; AT&T; one.
        en | Sizes XXL, XXS and XX-Large.
        en | 5* comfort, 4-star rating, A+ grade
        en | Ratio 3:1, 16:9 and 1.5 x 2 x 3 cm
        en | Use #mug and @home.
        en | Material: ceramic. Volume: 300 ml.
        en | Dimensions: A: 30 cm, B: 20 cm
        en | Output: 5 V / 2 A
        en | Language: English
        en | Body: ceramic, matt
        en | It's 50% more_fun.
        en | The N/A-2 is a mug.
        en | The {mini} mug.
        en | Mug | 300 ml | ceramic
        en | I/O port, and/or cover
        en | Non-stick – 18 °C to -20 °C
        en | - 18 °C in the freezer
        en | Null-modem cables
        en | US$ 5, 5 $ or €5
        de | Null Prozent Alkohol, null Gramm Zucker.
        de | 1. Wahl aus Porzellan
        de | 2. Generation
        de | Preis/Leistung: gut
        fr | Une tasse « légère » : 300 ml !
        fr | L’anse d’une tasse ; c’est tout.
        es | ¿Es de cerámica? ¡Sí!
        zh | 【容量】300毫升
        zh | 【限时】陶瓷杯
        zh | 《红楼梦》主题「马克杯」
        ja | 【容量】300ml
        ja | 「マグカップ」（陶器製）です。",
    );
}

#[test]
fn a_value_that_is_a_placeholder_as_a_whole_exempts_from_nothing() {
    assert_eq!(found(&mug(), "en", "The colour is N/A."), ["form.placeholder"]);
}

#[test]
fn a_long_text_of_anything_is_read_in_one_go_and_gives_a_few_findings() {
    let units = [
        "{", "<b>", "`", " ", "a", "1 ", "[", "(", "*", "_", "\\", "陶瓷", "e\u{301}", "a. ", "&amp;", "#\n",
        "|", "🔥", "\u{200b}", "\n", "- a\n", "\"", "$", "%20", "X ",
    ];
    for unit in units {
        let text = unit.repeat(50_000 / unit.len());
        assert!(found(&mug(), "en", &text).len() < 20, "{unit:?}");
    }
}
