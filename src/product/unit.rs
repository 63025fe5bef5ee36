//! Units of measure as product data writes them, and their conversion within one dimension.
//!
//! Factors are exact where the SI or the international yard and pound agreement of 1959 defines them.

/// What a unit measures. Only quantities of one dimension are ever compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Base: metre.
    Length,
    /// Base: square metre.
    Area,
    /// Base: litre.
    Volume,
    /// Base: gram.
    Mass,
    /// Base: second.
    Time,
    /// Base: degree Celsius.
    Temperature,
    /// Base: joule.
    Energy,
    /// Base: watt.
    Power,
    /// Base: volt.
    Voltage,
    /// Base: ampere.
    Current,
    /// Base: ampere-hour.
    Charge,
    /// Base: hertz.
    Frequency,
    /// Base: byte.
    Data,
    /// Base: bit per second.
    DataRate,
    /// Base: pixel.
    Pixels,
    /// Base: per cent.
    Share,
    /// Base: bar.
    Pressure,
    /// Base: decibel.
    Loudness,
    /// Base: lumen.
    LuminousFlux,
    /// Base: candela per square metre.
    Luminance,
    /// Base: pixel per inch.
    PixelDensity,
    /// Base: kilometre per hour.
    Speed,
    /// Base: degree of arc.
    Angle,
    /// Base: gram per square metre.
    Grammage,
    /// Base: newton metre.
    Torque,
    /// Base: one (a times-factor such as 3× zoom).
    Factor,
}

/// A unit: its dimension, and `base = value * factor + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// What it measures.
    pub dimension: Dimension,
    factor: f64,
    offset: f64,
}

impl Unit {
    /// The value in the dimension's base unit.
    #[must_use]
    pub fn to_base(self, value: f64) -> f64 {
        value.mul_add(self.factor, self.offset)
    }

    /// The value of a base quantity in this unit.
    #[must_use]
    pub fn from_base(self, base: f64) -> f64 {
        (base - self.offset) / self.factor
    }
}

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

/// Spellings in any case, lower case here, in the languages of the built-in recipes.
const FOLDED: &[(&str, Dimension, f64)] = &[
    ("mm", Dimension::Length, 1e-3),
    ("millimeter", Dimension::Length, 1e-3),
    ("millimeters", Dimension::Length, 1e-3),
    ("millimetre", Dimension::Length, 1e-3),
    ("millimetres", Dimension::Length, 1e-3),
    ("millimètres", Dimension::Length, 1e-3),
    ("milímetros", Dimension::Length, 1e-3),
    ("毫米", Dimension::Length, 1e-3),
    ("ミリ", Dimension::Length, 1e-3),
    ("ミリメートル", Dimension::Length, 1e-3),
    ("cm", Dimension::Length, 1e-2),
    ("centimeter", Dimension::Length, 1e-2),
    ("centimeters", Dimension::Length, 1e-2),
    ("centimetre", Dimension::Length, 1e-2),
    ("centimetres", Dimension::Length, 1e-2),
    ("zentimeter", Dimension::Length, 1e-2),
    ("centimètres", Dimension::Length, 1e-2),
    ("centímetros", Dimension::Length, 1e-2),
    ("厘米", Dimension::Length, 1e-2),
    ("センチ", Dimension::Length, 1e-2),
    ("センチメートル", Dimension::Length, 1e-2),
    ("meter", Dimension::Length, 1.0),
    ("meters", Dimension::Length, 1.0),
    ("metre", Dimension::Length, 1.0),
    ("metres", Dimension::Length, 1.0),
    ("mètre", Dimension::Length, 1.0),
    ("mètres", Dimension::Length, 1.0),
    ("metro", Dimension::Length, 1.0),
    ("metros", Dimension::Length, 1.0),
    ("米", Dimension::Length, 1.0),
    ("メートル", Dimension::Length, 1.0),
    ("km", Dimension::Length, 1e3),
    ("kilometers", Dimension::Length, 1e3),
    ("kilometres", Dimension::Length, 1e3),
    ("公里", Dimension::Length, 1e3),
    ("µm", Dimension::Length, 1e-6),
    ("μm", Dimension::Length, 1e-6),
    ("um", Dimension::Length, 1e-6),
    ("nm", Dimension::Length, 1e-9),
    ("nanometer", Dimension::Length, 1e-9),
    ("nanometers", Dimension::Length, 1e-9),
    ("in", Dimension::Length, 0.0254),
    ("in.", Dimension::Length, 0.0254),
    ("inch", Dimension::Length, 0.0254),
    ("inches", Dimension::Length, 0.0254),
    ("\"", Dimension::Length, 0.0254),
    ("″", Dimension::Length, 0.0254),
    ("”", Dimension::Length, 0.0254),
    ("zoll", Dimension::Length, 0.0254),
    ("pouces", Dimension::Length, 0.0254),
    ("pouce", Dimension::Length, 0.0254),
    ("pulgadas", Dimension::Length, 0.0254),
    ("pulgada", Dimension::Length, 0.0254),
    ("英寸", Dimension::Length, 0.0254),
    ("インチ", Dimension::Length, 0.0254),
    ("型", Dimension::Length, 0.0254),
    ("ft", Dimension::Length, 0.3048),
    ("foot", Dimension::Length, 0.3048),
    ("feet", Dimension::Length, 0.3048),
    ("yd", Dimension::Length, 0.9144),
    ("yards", Dimension::Length, 0.9144),
    ("yard", Dimension::Length, 0.9144),
    ("mi", Dimension::Length, 1609.344),
    ("mile", Dimension::Length, 1609.344),
    ("miles", Dimension::Length, 1609.344),
    ("mm2", Dimension::Area, 1e-6),
    ("mm²", Dimension::Area, 1e-6),
    ("cm2", Dimension::Area, 1e-4),
    ("cm²", Dimension::Area, 1e-4),
    ("m2", Dimension::Area, 1.0),
    ("m²", Dimension::Area, 1.0),
    ("sqm", Dimension::Area, 1.0),
    ("平方厘米", Dimension::Area, 1e-4),
    ("平方米", Dimension::Area, 1.0),
    ("ml", Dimension::Volume, 1e-3),
    ("milliliter", Dimension::Volume, 1e-3),
    ("milliliters", Dimension::Volume, 1e-3),
    ("millilitres", Dimension::Volume, 1e-3),
    ("毫升", Dimension::Volume, 1e-3),
    ("ミリリットル", Dimension::Volume, 1e-3),
    ("cl", Dimension::Volume, 1e-2),
    ("dl", Dimension::Volume, 0.1),
    ("liter", Dimension::Volume, 1.0),
    ("liters", Dimension::Volume, 1.0),
    ("litre", Dimension::Volume, 1.0),
    ("litres", Dimension::Volume, 1.0),
    ("litro", Dimension::Volume, 1.0),
    ("litros", Dimension::Volume, 1.0),
    ("升", Dimension::Volume, 1.0),
    ("リットル", Dimension::Volume, 1.0),
    ("cc", Dimension::Volume, 1e-3),
    ("cm3", Dimension::Volume, 1e-3),
    ("cm³", Dimension::Volume, 1e-3),
    ("m3", Dimension::Volume, 1e3),
    ("m³", Dimension::Volume, 1e3),
    ("fl oz", Dimension::Volume, 0.029_573_529_562_5),
    ("fl. oz", Dimension::Volume, 0.029_573_529_562_5),
    ("fl. oz.", Dimension::Volume, 0.029_573_529_562_5),
    ("fluid ounces", Dimension::Volume, 0.029_573_529_562_5),
    ("gal", Dimension::Volume, 3.785_411_784),
    ("gallon", Dimension::Volume, 3.785_411_784),
    ("gallons", Dimension::Volume, 3.785_411_784),
    ("pint", Dimension::Volume, 0.473_176_473),
    ("pints", Dimension::Volume, 0.473_176_473),
    ("quart", Dimension::Volume, 0.946_352_946),
    ("quarts", Dimension::Volume, 0.946_352_946),
    ("kg", Dimension::Mass, 1e3),
    ("kilo", Dimension::Mass, 1e3),
    ("kilos", Dimension::Mass, 1e3),
    ("kilogram", Dimension::Mass, 1e3),
    ("kilograms", Dimension::Mass, 1e3),
    ("kilogramm", Dimension::Mass, 1e3),
    ("kilogrammes", Dimension::Mass, 1e3),
    ("kilogramos", Dimension::Mass, 1e3),
    ("公斤", Dimension::Mass, 1e3),
    ("千克", Dimension::Mass, 1e3),
    ("キログラム", Dimension::Mass, 1e3),
    ("キロ", Dimension::Mass, 1e3),
    ("gr", Dimension::Mass, 1.0),
    ("gram", Dimension::Mass, 1.0),
    ("grams", Dimension::Mass, 1.0),
    ("gramm", Dimension::Mass, 1.0),
    ("gramme", Dimension::Mass, 1.0),
    ("grammes", Dimension::Mass, 1.0),
    ("gramos", Dimension::Mass, 1.0),
    ("克", Dimension::Mass, 1.0),
    ("グラム", Dimension::Mass, 1.0),
    ("mg", Dimension::Mass, 1e-3),
    ("milligram", Dimension::Mass, 1e-3),
    ("milligrams", Dimension::Mass, 1e-3),
    ("毫克", Dimension::Mass, 1e-3),
    ("ミリグラム", Dimension::Mass, 1e-3),
    ("µg", Dimension::Mass, 1e-6),
    ("μg", Dimension::Mass, 1e-6),
    ("mcg", Dimension::Mass, 1e-6),
    ("micrograms", Dimension::Mass, 1e-6),
    ("oz", Dimension::Mass, 28.349_523_125),
    ("oz.", Dimension::Mass, 28.349_523_125),
    ("ounce", Dimension::Mass, 28.349_523_125),
    ("ounces", Dimension::Mass, 28.349_523_125),
    ("lb", Dimension::Mass, 453.592_37),
    ("lbs", Dimension::Mass, 453.592_37),
    ("lb.", Dimension::Mass, 453.592_37),
    ("pound", Dimension::Mass, 453.592_37),
    ("pounds", Dimension::Mass, 453.592_37),
    ("t", Dimension::Mass, 1e6),
    ("ms", Dimension::Time, 1e-3),
    ("sec", Dimension::Time, 1.0),
    ("second", Dimension::Time, 1.0),
    ("seconds", Dimension::Time, 1.0),
    ("sekunden", Dimension::Time, 1.0),
    ("secondes", Dimension::Time, 1.0),
    ("segundos", Dimension::Time, 1.0),
    ("秒", Dimension::Time, 1.0),
    ("min", Dimension::Time, 60.0),
    ("mins", Dimension::Time, 60.0),
    ("minute", Dimension::Time, 60.0),
    ("minutes", Dimension::Time, 60.0),
    ("minuten", Dimension::Time, 60.0),
    ("minutos", Dimension::Time, 60.0),
    ("分钟", Dimension::Time, 60.0),
    ("分", Dimension::Time, 60.0),
    ("hr", Dimension::Time, 3600.0),
    ("hrs", Dimension::Time, 3600.0),
    ("hour", Dimension::Time, 3600.0),
    ("hours", Dimension::Time, 3600.0),
    ("stunde", Dimension::Time, 3600.0),
    ("stunden", Dimension::Time, 3600.0),
    ("heure", Dimension::Time, 3600.0),
    ("heures", Dimension::Time, 3600.0),
    ("hora", Dimension::Time, 3600.0),
    ("horas", Dimension::Time, 3600.0),
    ("小时", Dimension::Time, 3600.0),
    ("時間", Dimension::Time, 3600.0),
    ("day", Dimension::Time, 86400.0),
    ("days", Dimension::Time, 86400.0),
    ("tage", Dimension::Time, 86400.0),
    ("tag", Dimension::Time, 86400.0),
    ("tagen", Dimension::Time, 86400.0),
    ("jours", Dimension::Time, 86400.0),
    ("jour", Dimension::Time, 86400.0),
    ("días", Dimension::Time, 86400.0),
    ("天", Dimension::Time, 86400.0),
    ("日間", Dimension::Time, 86400.0),
    ("week", Dimension::Time, 604_800.0),
    ("weeks", Dimension::Time, 604_800.0),
    // Months and years are kept apart from days: 12 months are a year, but no number of days is.
    ("month", Dimension::Time, 2_629_746.0),
    ("months", Dimension::Time, 2_629_746.0),
    ("monate", Dimension::Time, 2_629_746.0),
    ("monaten", Dimension::Time, 2_629_746.0),
    ("mois", Dimension::Time, 2_629_746.0),
    ("meses", Dimension::Time, 2_629_746.0),
    ("个月", Dimension::Time, 2_629_746.0),
    ("か月", Dimension::Time, 2_629_746.0),
    ("year", Dimension::Time, 31_556_952.0),
    ("years", Dimension::Time, 31_556_952.0),
    ("jahr", Dimension::Time, 31_556_952.0),
    ("jahre", Dimension::Time, 31_556_952.0),
    ("jahren", Dimension::Time, 31_556_952.0),
    ("ans", Dimension::Time, 31_556_952.0),
    ("an", Dimension::Time, 31_556_952.0),
    ("année", Dimension::Time, 31_556_952.0),
    ("années", Dimension::Time, 31_556_952.0),
    ("años", Dimension::Time, 31_556_952.0),
    ("año", Dimension::Time, 31_556_952.0),
    ("年間", Dimension::Time, 31_556_952.0),
    ("°c", Dimension::Temperature, 1.0),
    ("℃", Dimension::Temperature, 1.0),
    ("º c", Dimension::Temperature, 1.0),
    ("ºc", Dimension::Temperature, 1.0),
    ("° c", Dimension::Temperature, 1.0),
    ("degrees celsius", Dimension::Temperature, 1.0),
    ("grad celsius", Dimension::Temperature, 1.0),
    ("celsius", Dimension::Temperature, 1.0),
    ("摄氏度", Dimension::Temperature, 1.0),
    ("°f", Dimension::Temperature, 5.0 / 9.0),
    ("℉", Dimension::Temperature, 5.0 / 9.0),
    ("fahrenheit", Dimension::Temperature, 5.0 / 9.0),
    ("kcal", Dimension::Energy, 4184.0),
    ("kilocalories", Dimension::Energy, 4184.0),
    ("calories", Dimension::Energy, 4184.0),
    ("千卡", Dimension::Energy, 4184.0),
    ("大卡", Dimension::Energy, 4184.0),
    ("kj", Dimension::Energy, 1e3),
    ("千焦", Dimension::Energy, 1e3),
    ("wh", Dimension::Energy, 3600.0),
    ("kwh", Dimension::Energy, 3.6e6),
    ("kw", Dimension::Power, 1e3),
    ("watt", Dimension::Power, 1.0),
    ("watts", Dimension::Power, 1.0),
    ("vatios", Dimension::Power, 1.0),
    ("瓦", Dimension::Power, 1.0),
    ("ワット", Dimension::Power, 1.0),
    ("hp", Dimension::Power, 745.699_871_582_270_2),
    ("ps", Dimension::Power, 735.498_75),
    ("volt", Dimension::Voltage, 1.0),
    ("volts", Dimension::Voltage, 1.0),
    ("voltios", Dimension::Voltage, 1.0),
    ("伏", Dimension::Voltage, 1.0),
    ("mv", Dimension::Voltage, 1e-3),
    ("kv", Dimension::Voltage, 1e3),
    ("amp", Dimension::Current, 1.0),
    ("amps", Dimension::Current, 1.0),
    ("ampere", Dimension::Current, 1.0),
    ("ma", Dimension::Current, 1e-3),
    ("mah", Dimension::Charge, 1e-3),
    ("毫安时", Dimension::Charge, 1e-3),
    ("ah", Dimension::Charge, 1.0),
    ("hz", Dimension::Frequency, 1.0),
    ("hertz", Dimension::Frequency, 1.0),
    ("赫兹", Dimension::Frequency, 1.0),
    ("khz", Dimension::Frequency, 1e3),
    ("mhz", Dimension::Frequency, 1e6),
    ("ghz", Dimension::Frequency, 1e9),
    ("gigabytes", Dimension::Data, 1e9),
    ("gigabyte", Dimension::Data, 1e9),
    ("megabytes", Dimension::Data, 1e6),
    ("terabytes", Dimension::Data, 1e12),
    ("terabyte", Dimension::Data, 1e12),
    ("gb", Dimension::Data, 1e9),
    ("tb", Dimension::Data, 1e12),
    ("go", Dimension::Data, 1e9),
    ("mbps", Dimension::DataRate, 1e6),
    ("mbit/s", Dimension::DataRate, 1e6),
    ("gbps", Dimension::DataRate, 1e9),
    ("gbit/s", Dimension::DataRate, 1e9),
    ("kbps", Dimension::DataRate, 1e3),
    ("megapixel", Dimension::Pixels, 1e6),
    ("megapixels", Dimension::Pixels, 1e6),
    ("mégapixels", Dimension::Pixels, 1e6),
    ("megapíxeles", Dimension::Pixels, 1e6),
    ("万像素", Dimension::Pixels, 1e4),
    ("万画素", Dimension::Pixels, 1e4),
    ("px", Dimension::Pixels, 1.0),
    ("pixel", Dimension::Pixels, 1.0),
    ("pixels", Dimension::Pixels, 1.0),
    ("像素", Dimension::Pixels, 1.0),
    ("%", Dimension::Share, 1.0),
    ("％", Dimension::Share, 1.0),
    ("percent", Dimension::Share, 1.0),
    ("per cent", Dimension::Share, 1.0),
    ("prozent", Dimension::Share, 1.0),
    ("pour cent", Dimension::Share, 1.0),
    ("pourcent", Dimension::Share, 1.0),
    ("por ciento", Dimension::Share, 1.0),
    ("パーセント", Dimension::Share, 1.0),
    ("bar", Dimension::Pressure, 1.0),
    ("psi", Dimension::Pressure, 0.068_947_572_931_783),
    ("pa", Dimension::Pressure, 1e-5),
    ("hpa", Dimension::Pressure, 1e-3),
    ("kpa", Dimension::Pressure, 1e-2),
    ("mbar", Dimension::Pressure, 1e-3),
    ("db", Dimension::Loudness, 1.0),
    ("decibels", Dimension::Loudness, 1.0),
    ("分贝", Dimension::Loudness, 1.0),
    ("lm", Dimension::LuminousFlux, 1.0),
    ("lumen", Dimension::LuminousFlux, 1.0),
    ("lumens", Dimension::LuminousFlux, 1.0),
    ("流明", Dimension::LuminousFlux, 1.0),
    ("nits", Dimension::Luminance, 1.0),
    ("nit", Dimension::Luminance, 1.0),
    ("cd/m2", Dimension::Luminance, 1.0),
    ("cd/m²", Dimension::Luminance, 1.0),
    ("尼特", Dimension::Luminance, 1.0),
    ("ppi", Dimension::PixelDensity, 1.0),
    ("dpi", Dimension::PixelDensity, 1.0),
    ("km/h", Dimension::Speed, 1.0),
    ("kmh", Dimension::Speed, 1.0),
    ("mph", Dimension::Speed, 1.609_344),
    ("m/s", Dimension::Speed, 3.6),
    ("°", Dimension::Angle, 1.0),
    ("˚", Dimension::Angle, 1.0),
    ("º", Dimension::Angle, 1.0),
    ("degrees", Dimension::Angle, 1.0),
    ("degree", Dimension::Angle, 1.0),
    ("grad", Dimension::Angle, 1.0),
    ("degrés", Dimension::Angle, 1.0),
    ("grados", Dimension::Angle, 1.0),
    ("度", Dimension::Angle, 1.0),
    ("g/m2", Dimension::Grammage, 1.0),
    ("g/m²", Dimension::Grammage, 1.0),
    ("gsm", Dimension::Grammage, 1.0),
    ("nm torque", Dimension::Torque, 1.0),
    ("times", Dimension::Factor, 1.0),
    ("倍", Dimension::Factor, 1.0),
];

/// Longest spelling, in characters.
const LONGEST: usize = 16;

/// The longest unit that `text` starts with, and its length in bytes.
///
/// A unit of letters ends where the word ends: `m` is no prefix of `modern`. Chinese and Japanese have no
/// such border.
#[must_use]
pub fn at_start(text: &str) -> Option<(Unit, usize)> {
    let mut ends = [0usize; LONGEST];
    let mut count = 0;
    for (slot, (index, character)) in ends.iter_mut().zip(text.char_indices()) {
        *slot = index + character.len_utf8();
        count += 1;
    }
    for end in ends.iter().take(count).rev().copied() {
        let (Some(candidate), Some(rest)) = (text.get(..end), text.get(end..)) else { continue };
        if candidate.ends_with(char::is_whitespace) {
            continue;
        }
        let wordy = candidate.chars().next_back().is_some_and(|last| last.is_alphabetic() && !is_cjk(last));
        if wordy && rest.chars().next().is_some_and(|next| next.is_alphanumeric() && !is_cjk(next)) {
            continue;
        }
        if let Some(unit) = named(candidate) {
            return Some((unit, end));
        }
    }
    None
}

/// The unit with exactly this spelling.
#[must_use]
pub fn named(spelling: &str) -> Option<Unit> {
    use std::collections::HashMap;
    use std::sync::LazyLock;
    static EXACT_BY_NAME: LazyLock<HashMap<&str, (Dimension, f64)>> = LazyLock::new(|| {
        EXACT.iter().map(|(name, dimension, factor)| (*name, (*dimension, *factor))).collect()
    });
    static FOLDED_BY_NAME: LazyLock<HashMap<&str, (Dimension, f64)>> = LazyLock::new(|| {
        FOLDED.iter().map(|(name, dimension, factor)| (*name, (*dimension, *factor))).collect()
    });
    let spelling = spelling.trim();
    let found = EXACT_BY_NAME.get(spelling).copied().or_else(|| {
        if spelling.chars().any(char::is_uppercase) {
            FOLDED_BY_NAME.get(spelling.to_lowercase().as_str()).copied()
        } else {
            FOLDED_BY_NAME.get(spelling).copied()
        }
    });
    found.map(|(dimension, factor)| {
        let fahrenheit = dimension == Dimension::Temperature && (factor - 1.0).abs() > 0.1;
        Unit { dimension, factor, offset: if fahrenheit { -160.0 / 9.0 } else { 0.0 } }
    })
}

/// Whether a character is written without spaces between words.
#[must_use]
pub fn is_cjk(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(value: f64, from: &str, to: &str) -> f64 {
        named(to).unwrap().from_base(named(from).unwrap().to_base(value))
    }

    #[test]
    fn quantities_are_converted_within_their_dimension() {
        for (value, from, to, expected) in [
            (10.0, "in", "cm", 25.4),
            (1.0, "lb", "g", 453.592_37),
            (212.0, "°F", "°C", 100.0),
            (5000.0, "mAh", "Ah", 5.0),
            (1.0, "TB", "GB", 1000.0),
            (12.0, "months", "year", 1.0),
            (256.0, "kcal", "kJ", 1071.104),
        ] {
            let got = converted(value, from, to);
            assert!((got - expected).abs() < 1e-6, "{value} {from} = {got} {to}");
        }
    }

    #[test]
    fn a_unit_ends_where_its_word_ends() {
        assert!(at_start("modern").is_none());
        assert_eq!(at_start("mm wide").unwrap().1, 2);
        assert_eq!(at_start("inches").unwrap().1, 6);
        assert_eq!(at_start("克重").unwrap().1, 3);
        assert_eq!(at_start("\" display").unwrap().1, 1);
    }

    #[test]
    fn case_tells_bits_from_bytes_and_milli_from_mega() {
        assert!((converted(8.0, "Mb", "MB") - 1.0).abs() < 1e-9);
        assert!((converted(1.0, "MW", "W") - 1e6).abs() < 1e-3);
        assert!((converted(1.0, "mW", "W") - 1e-3).abs() < 1e-9);
    }
}
