//! The spellings of units, with their factors.
//!
//! Factors are exact where the SI or the international yard and pound agreement of 1959 defines them.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::dimension::Dimension;

/// Spellings whose case counts, tried first: `MB` is no `mb`, `mAh` no `MAh`.
const EXACT: &[(&str, Dimension, f64)] = &[
    ("m", Dimension::Length, 1.0),
    ("Mb", Dimension::Data, 125_000.0),
    ("Gb", Dimension::Data, 1.25e8),
    ("MB", Dimension::Data, 1e6),
    ("GB", Dimension::Data, 1e9),
    ("TB", Dimension::Data, 1e12),
    ("KB", Dimension::Data, 1e3),
    ("kB", Dimension::Data, 1e3),
    ("MP", Dimension::Pixels, 1e6),
    ("Mpx", Dimension::Pixels, 1e6),
    ("mW", Dimension::Power, 1e-3),
    ("MW", Dimension::Power, 1e6),
    ("mJ", Dimension::Energy, 1e-3),
    ("MJ", Dimension::Energy, 1e6),
    ("Cal", Dimension::Energy, 4184.0),
    ("A", Dimension::Current, 1.0),
    ("V", Dimension::Voltage, 1.0),
    ("W", Dimension::Power, 1.0),
    ("J", Dimension::Energy, 1.0),
    ("C", Dimension::Temperature, 1.0),
    ("K", Dimension::ColourTemperature, 1.0),
    ("Nm", Dimension::Torque, 1.0),
    ("DEN", Dimension::YarnWeight, 1.0),
    ("Ω", Dimension::Resistance, 1.0),
    ("g", Dimension::Mass, 1.0),
    ("s", Dimension::Time, 1.0),
    ("h", Dimension::Time, 3600.0),
    ("l", Dimension::Volume, 1.0),
    ("L", Dimension::Volume, 1.0),
    ("B", Dimension::Data, 1.0),
    ("x", Dimension::Factor, 1.0),
    ("X", Dimension::Factor, 1.0),
    ("×", Dimension::Factor, 1.0),
];

/// Spellings in any case, here in lower case, in the languages of the built-in recipes; `|` stands between them.
///
/// Months and years have their mean length: 12 months are a year, but no number of days is.
const FOLDED: &[(Dimension, f64, &str)] = &[
    (
        Dimension::Length,
        1e-3,
        "mm|millimeter|millimeters|millimetern|millimetre|millimetres|millimètre|millimètres|milímetro|milímetros|毫米|公釐|公厘|ミリ|ミリメートル",
    ),
    (
        Dimension::Length,
        1e-2,
        "cm|centimeter|centimeters|centimetre|centimetres|zentimeter|zentimetern|centimètre|centimètres|centímetro|centímetros|厘米|公分|センチ|センチメートル",
    ),
    (Dimension::Length, 1.0, "meter|meters|metern|metre|metres|mètre|mètres|metro|metros|米|公尺|メートル"),
    (
        Dimension::Length,
        1e3,
        "km|kilometer|kilometers|kilometern|kilometre|kilometres|kilomètre|kilomètres|kilómetro|kilómetros|公里|千米|キロメートル",
    ),
    (Dimension::Length, 1e-6, "µm|μm|um"),
    (Dimension::Length, 1e-9, "nm|nanometer|nanometers"),
    (
        Dimension::Length,
        0.0254,
        "in|in.|inch|inches|\"|″|”|''|zoll|pouces|pouce|pulgadas|pulgada|英寸|吋|インチ|型",
    ),
    (Dimension::Length, 0.3048, "ft|ft.|foot|feet|fuß|pied|pieds|pie|pies|英尺|フィート|′"),
    (Dimension::Length, 0.9144, "yd|yards|yard"),
    (Dimension::Length, 1609.344, "mi|mile|miles"),
    (Dimension::Area, 1e-6, "mm2|mm²"),
    (Dimension::Area, 1e-4, "cm2|cm²|平方厘米"),
    (Dimension::Area, 1.0, "m2|m²|sqm|平方米"),
    (
        Dimension::Volume,
        1e-3,
        "ml|milliliter|milliliters|millilitern|millilitre|millilitres|mililitro|mililitros|毫升|公撮|ミリリットル|cc|cm3|cm³",
    ),
    (
        Dimension::Volume,
        1e-2,
        "cl|centiliter|centiliters|centilitre|centilitres|zentiliter|centilitro|centilitros",
    ),
    (
        Dimension::Volume,
        0.1,
        "dl|deciliter|deciliters|decilitre|decilitres|deziliter|décilitre|décilitres|decilitro|decilitros",
    ),
    (Dimension::Volume, 1.0, "liter|liters|litern|litre|litres|litro|litros|ltr|升|公升|リットル"),
    (Dimension::Volume, 1e3, "m3|m³"),
    (
        Dimension::Volume,
        0.029_573_529_562_5,
        "fl oz|fl oz.|fl. oz|fl. oz.|fl.oz.|floz|fluid ounce|fluid ounces|液盎司",
    ),
    (Dimension::Volume, 3.785_411_784, "gal|gallon|gallons"),
    (Dimension::Volume, 0.473_176_473, "pint|pints"),
    (Dimension::Volume, 0.236_588_236_5, "cup|cups"),
    (Dimension::Volume, 0.014_786_764_781_25, "tbsp|tablespoon|tablespoons"),
    (Dimension::Volume, 0.004_928_921_593_75, "tsp|teaspoon|teaspoons"),
    (Dimension::Volume, 0.946_352_946, "quart|quarts"),
    (
        Dimension::Mass,
        1e3,
        "kg|kgs|kilo|kilos|kilogram|kilograms|kilogramm|kilogramme|kilogrammes|kilogramo|kilogramos|公斤|千克|キログラム|キロ",
    ),
    (Dimension::Mass, 1.0, "gr|gram|grams|gramm|gramme|grammes|gramo|gramos|克|公克|グラム"),
    (
        Dimension::Mass,
        1e-3,
        "mg|milligram|milligrams|milligramm|milligramme|milligrammes|miligramo|miligramos|毫克|ミリグラム",
    ),
    (Dimension::Mass, 1e-6, "µg|μg|mcg|microgram|micrograms|mikrogramm|microgrammes|microgramos|微克"),
    (Dimension::Mass, 28.349_523_125, "oz|oz.|ounce|ounces|unze|unzen|once|onces|onza|onzas|盎司|オンス"),
    (Dimension::Mass, 453.592_37, "lb|lbs|lb.|lbs.|pound|pounds|磅|ポンド"),
    (Dimension::Mass, 1e6, "t|tonne|tonnes|tonnen"),
    (Dimension::Time, 1e-3, "ms"),
    (Dimension::Time, 1.0, "sec|secs|second|seconds|sekunde|sekunden|seconde|secondes|segundo|segundos|秒"),
    (
        Dimension::Time,
        60.0,
        "min|min.|mins|minute|minutes|minuten|minuto|minutos|minütig|minütige|minütigen|分钟|分鐘|分間|分",
    ),
    (
        Dimension::Time,
        3600.0,
        "hr|hrs|hour|hours|std|std.|stunde|stunden|stündig|stündige|stündigen|stündiger|heure|heures|hora|horas|小时|小時|時間",
    ),
    (
        Dimension::Time,
        86400.0,
        "day|days|tage|tag|tagen|tägig|tägige|tägigen|tägiger|jours|jour|día|días|天|日間",
    ),
    (Dimension::Time, 604_800.0, "week|weeks|woche|wochen|semaine|semaines|semana|semanas|周|星期|週間"),
    (
        Dimension::Time,
        2_629_746.0,
        "month|months|monat|monate|monaten|monatig|monatige|monatigen|monatiger|mois|mes|meses|个月|個月|か月|ヶ月|カ月",
    ),
    (
        Dimension::Time,
        31_556_952.0,
        "year|years|yr|yrs|jahr|jahre|jahren|jährig|jährige|jährigen|jähriger|jähriges|ans|an|année|années|años|año|年間|年",
    ),
    (
        Dimension::Temperature,
        1.0,
        "°c|℃|º c|ºc|˚c|° c|deg c|degrees celsius|degree celsius|grad celsius|degrés celsius|grados celsius|celsius|摄氏度|攝氏度",
    ),
    (
        Dimension::Temperature,
        5.0 / 9.0,
        "°f|℉|º f|ºf|˚f|° f|deg f|degrees fahrenheit|grad fahrenheit|fahrenheit|华氏度|華氏度",
    ),
    (
        Dimension::Energy,
        4184.0,
        "kcal|kilocalories|kilokalorien|calories|kalorien|calorías|千卡|大卡|キロカロリー",
    ),
    (Dimension::Energy, 1e3, "kj|kilojoule|kilojoules|千焦"),
    (Dimension::Energy, 3600.0, "wh"),
    (Dimension::Energy, 3.6e6, "kwh"),
    (Dimension::Power, 1e3, "kw|kilowatt|kilowatts|千瓦"),
    (Dimension::Power, 1.0, "watt|watts|vatio|vatios|瓦|ワット"),
    (Dimension::Power, 745.699_871_582_270_2, "hp"),
    (Dimension::Power, 735.498_75, "ps"),
    (Dimension::Voltage, 1.0, "volt|volts|voltio|voltios|伏|伏特|ボルト"),
    (Dimension::Voltage, 1e-3, "mv"),
    (Dimension::Voltage, 1e3, "kv"),
    (Dimension::Current, 1.0, "amp|amps|ampere|amperes|ampère|ampères|amperios|安培|アンペア"),
    (Dimension::Current, 1e-3, "ma|毫安"),
    (Dimension::Charge, 1e-3, "mah|毫安时|毫安時|ミリアンペア時"),
    (Dimension::Charge, 1.0, "ah"),
    (Dimension::Frequency, 1.0, "hz|hertz|赫兹"),
    (Dimension::Frequency, 1e3, "khz"),
    (Dimension::Frequency, 1e6, "mhz"),
    (Dimension::Frequency, 1e9, "ghz"),
    (Dimension::Data, 1e9, "gigabytes|gigabyte|gigaoctets|gigaoctet|gb|go"),
    (Dimension::Data, 1e6, "megabyte|megabytes|mb"),
    (Dimension::Data, 1e12, "terabytes|terabyte|tb"),
    (Dimension::DataRate, 1e6, "mbps|mbit/s|megabits per second"),
    (Dimension::DataRate, 1e9, "gbps|gbit/s"),
    (Dimension::DataRate, 1e3, "kbps"),
    (Dimension::Pixels, 1e6, "megapixel|megapixels|mégapixels|megapíxeles"),
    (Dimension::Pixels, 1e4, "万像素|万画素"),
    (Dimension::Pixels, 1.0, "px|pixel|pixels|píxeles|像素|ピクセル"),
    (Dimension::Share, 1.0, "%|％|percent|per cent|prozent|pour cent|pourcent|por ciento|パーセント"),
    (Dimension::Pressure, 1.0, "bar|bars|巴"),
    (Dimension::Pressure, 1.013_25, "atm|atmospheres|atmosphären|atmosphères|atmósferas|气压|気圧"),
    (Dimension::Pressure, 0.068_947_572_931_783, "psi"),
    (Dimension::Pressure, 1e-5, "pa"),
    (Dimension::Pressure, 1e-3, "hpa|mbar"),
    (Dimension::Pressure, 1e-2, "kpa"),
    (
        Dimension::Loudness,
        1.0,
        "db|db(a)|dba|decibel|decibels|dezibel|décibels|decibelios|分贝|分貝|デシベル",
    ),
    (Dimension::LuminousFlux, 1.0, "lm|lumen|lumens|流明"),
    (Dimension::Luminance, 1.0, "nits|nit|cd/m2|cd/m²|尼特"),
    (Dimension::PixelDensity, 1.0, "ppi|dpi|pixels per inch|dots per inch|pixel pro Zoll"),
    (Dimension::Speed, 1.0, "km/h|kmh|kph"),
    (Dimension::Speed, 1.609_344, "mph"),
    (Dimension::Speed, 3.6, "m/s"),
    (Dimension::Angle, 1.0, "°|˚|º|degrees|degree|grad|degrés|grados|度"),
    (Dimension::Grammage, 1.0, "g/m2|g/m²|gsm"),
    (Dimension::ColourTemperature, 1.0, "kelvin|kelvins|开尔文"),
    (Dimension::Torque, 1.0, "newton metres|newton meters|newtonmeter|牛米|n·m|n m"),
    (
        Dimension::RotationalSpeed,
        1.0,
        "rpm|u/min|r/min|tr/min|1/min|min-1|min⁻¹|rev/min|revolutions per minute|umdrehungen pro minute|rev/min|转/分|回転/分",
    ),
    (Dimension::Flow, 1.0, "l/min"),
    (Dimension::Flow, 1.0 / 60.0, "l/h"),
    (Dimension::Flow, 1000.0 / 60.0, "m3/h|m³/h"),
    (Dimension::Flow, 28.316_846_592, "cfm"),
    (Dimension::Resistance, 1.0, "ohm|ohms|欧姆"),
    (Dimension::Illuminance, 1.0, "lux|lx"),
    (Dimension::YarnWeight, 1.0, "denier"),
    (Dimension::Factor, 1.0, "times|倍"),
    (Dimension::Rating, 0.2, "star|stars|stern|sterne|sternen|étoile|étoiles|estrella|estrellas|星|つ星"),
];

/// How long the longest spelling with a first character is, in characters.
pub(super) fn longest(first: char) -> usize {
    static LONGEST: LazyLock<HashMap<char, usize>> = LazyLock::new(|| {
        let folded = FOLDED.iter().flat_map(|(_, _, names)| names.split('|'));
        let mut longest: HashMap<char, usize> = HashMap::default();
        for name in EXACT.iter().map(|(name, ..)| *name).chain(folded) {
            if let Some(first) = name.chars().next() {
                let length = longest.entry(first).or_default();
                *length = name.chars().count().max(*length);
            }
        }
        longest
    });
    let of = |first: char| LONGEST.get(&first).copied().unwrap_or(0);
    let lower = first.to_lowercase().next().filter(|lower| *lower != first);
    of(first).max(lower.map_or(0, of))
}

/// The dimension and factor of a spelling.
pub(super) fn lookup(spelling: &str) -> Option<(Dimension, f64)> {
    static EXACT_BY_NAME: LazyLock<HashMap<&str, (Dimension, f64)>> = LazyLock::new(|| {
        EXACT.iter().map(|(name, dimension, factor)| (*name, (*dimension, *factor))).collect()
    });
    static FOLDED_BY_NAME: LazyLock<HashMap<&str, (Dimension, f64)>> = LazyLock::new(|| {
        let spellings = |(dimension, factor, names): &(Dimension, f64, &'static str)| {
            let meaning = (*dimension, *factor);
            names.split('|').map(move |name| (name, meaning))
        };
        FOLDED.iter().flat_map(spellings).collect()
    });
    EXACT_BY_NAME.get(spelling).copied().or_else(|| {
        if spelling.chars().any(char::is_uppercase) {
            FOLDED_BY_NAME.get(spelling.to_lowercase().as_str()).copied()
        } else {
            FOLDED_BY_NAME.get(spelling).copied()
        }
    })
}
