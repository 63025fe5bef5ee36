//! What units measure.

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
    /// Base: kelvin, of light; a temperature of things is degrees.
    ColourTemperature,
    /// Base: newton metre.
    Torque,
    /// Base: turn per minute.
    RotationalSpeed,
    /// Base: litre per minute.
    Flow,
    /// Base: ohm.
    Resistance,
    /// Base: lux.
    Illuminance,
    /// Base: denier, of yarn.
    YarnWeight,
    /// Base: one (a times-factor such as 3× zoom).
    Factor,
    /// Base: the whole scale (3 of 5 stars is 0.6).
    Rating,
}

impl Dimension {
    /// The dimension that language data calls so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "length" => Self::Length,
            "volume" => Self::Volume,
            "mass" => Self::Mass,
            "time" => Self::Time,
            "temperature" => Self::Temperature,
            "energy" => Self::Energy,
            "power" => Self::Power,
            "voltage" => Self::Voltage,
            "current" => Self::Current,
            "charge" => Self::Charge,
            "frequency" => Self::Frequency,
            "data" => Self::Data,
            "pixels" => Self::Pixels,
            "share" => Self::Share,
            "pressure" => Self::Pressure,
            "loudness" => Self::Loudness,
            "luminous_flux" => Self::LuminousFlux,
            "luminance" => Self::Luminance,
            "speed" => Self::Speed,
            "angle" => Self::Angle,
            "torque" => Self::Torque,
            _ => return None,
        })
    }
}
