//! Colors of the brand: contrast (WCAG 2.2, 1.4.3), and the nearest color with enough of it.

use std::fmt;
use std::str::FromStr;

/// An opaque sRGB color.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Color([u8; 3]);

/// Neither `#rrggbb` nor `#rgb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidColor;

impl Color {
    pub const BLACK: Self = Self([0, 0, 0]);
    pub const WHITE: Self = Self([255, 255, 255]);
    /// The background of pages with the least contrast to text, in light and in dark mode (`--sunken` of `style.css`).
    pub const LIGHT_BACKGROUND: Self = Self([0xf1, 0xf1, 0xef]);
    pub const DARK_BACKGROUND: Self = Self([0x24, 0x26, 0x2b]);
    /// The contrast that text needs.
    pub const MIN_CONTRAST: f64 = 4.5;

    /// Returns the contrast ratio of two colors, from 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// Returns the color of text on this color: white if it can be read, and black otherwise.
    #[must_use]
    pub fn text(self) -> Self {
        if self.contrast(Self::WHITE) >= Self::MIN_CONTRAST { Self::WHITE } else { Self::BLACK }
    }

    /// Returns the nearest color of the same hue that can be read on a background; the color itself if it can be read.
    /// Nearest in lightness: the color space is OKLCH.
    #[must_use]
    pub fn readable_on(self, background: Self) -> Self {
        if self.contrast(background) >= Self::MIN_CONTRAST {
            return self;
        }
        let [lightness, chroma, hue] = self.to_oklch();
        // On a dark background, lighter colors have more contrast.
        let end = if background.luminance() < 0.18 { 1.0 } else { 0.0 };
        let at = |part: f64| Self::from_oklch([lightness + (end - lightness) * part, chroma, hue]);
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..24 {
            let middle = f64::midpoint(low, high);
            if at(middle).contrast(background) >= Self::MIN_CONTRAST { high = middle } else { low = middle }
        }
        at(high)
    }

    /// Returns the color mixed with another one. `part` is the part of this color, from 0 to 1.
    #[must_use]
    pub fn mixed_with(self, other: Self, part: f64) -> Self {
        let mut mixed = [0; 3];
        for ((target, one), two) in mixed.iter_mut().zip(self.0).zip(other.0) {
            *target = to_byte((f64::from(one) * part + f64::from(two) * (1.0 - part)) / 255.0);
        }
        Self(mixed)
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(to_linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Returns lightness, chroma and hue (<https://www.w3.org/TR/css-color-4/#ok-lab>).
    fn to_oklch(self) -> [f64; 3] {
        let [red, green, blue] = self.0.map(to_linear);
        let long = (0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue).cbrt();
        let medium = (0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue).cbrt();
        let short = (0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue).cbrt();
        let lightness = 0.210_454_255_3 * long + 0.793_617_785 * medium - 0.004_072_046_8 * short;
        let a = 1.977_998_495_1 * long - 2.428_592_205 * medium + 0.450_593_709_9 * short;
        let b = 0.025_904_037_1 * long + 0.782_771_766_2 * medium - 0.808_675_766 * short;
        [lightness, a.hypot(b), b.atan2(a)]
    }

    /// Returns the color with this lightness and hue, and with the largest chroma up to the given one that sRGB has.
    fn from_oklch([lightness, chroma, hue]: [f64; 3]) -> Self {
        let (mut low, mut high) = (0.0, 1.0);
        let linear = |part: f64| oklab_to_linear([lightness, chroma * part * hue.cos(), chroma * part * hue.sin()]);
        let is_in_gamut = |rgb: [f64; 3]| rgb.iter().all(|channel| (-0.000_1..=1.000_1).contains(channel));
        if is_in_gamut(linear(1.0)) {
            low = 1.0;
        }
        for _ in 0..24 {
            let middle = f64::midpoint(low, high);
            if is_in_gamut(linear(middle)) { low = middle } else { high = middle }
        }
        Self(linear(low).map(|channel| to_byte(from_linear(channel))))
    }
}

fn oklab_to_linear([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let long = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let medium = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let short = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    [
        4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701 * short,
    ]
}

fn to_linear(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn from_linear(value: f64) -> f64 {
    if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
fn to_byte(value: f64) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

impl FromStr for Color {
    type Err = InvalidColor;

    fn from_str(text: &str) -> Result<Self, InvalidColor> {
        let digits = text.strip_prefix('#').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let digits = digits.ok_or(InvalidColor)?;
        let digits = match digits.len() {
            3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
            6 => digits.to_owned(),
            _ => return Err(InvalidColor),
        };
        let number = u32::from_str_radix(&digits, 16).map_err(|_| InvalidColor)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl fmt::Debug for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn color(text: &str) -> Color {
        text.parse().unwrap()
    }

    #[test]
    fn computes_the_contrast_of_wcag() {
        for (one, two, expected) in [
            ("#000", "#fff", 21.0),
            ("#ffffff", "#FFFFFF", 1.0),
            ("#767676", "#ffffff", 4.54),
            ("#777777", "#ffffff", 4.48),
            ("#ff0000", "#ffffff", 4.00),
            ("#1d4ed8", "#ffffff", 6.70),
        ] {
            let found = color(one).contrast(color(two));
            assert!((found - expected).abs() < 0.01, "{one} on {two}: {found}");
        }
        for invalid in ["", "#", "red", "#12", "#1234", "#12345g", "123456", "#12345678", "#+12345", "#\u{e9}0"] {
            assert_eq!(invalid.parse::<Color>(), Err(InvalidColor), "{invalid}");
        }
    }

    #[test]
    fn proposes_the_nearest_readable_color() {
        for (accent, light, dark) in
            [("#1d4ed8", "#1d4ed8", "#5387ff"), ("#f59e0b", "#9b6100", "#f59e0b"), ("#000000", "#000000", "#8c8c8c")]
        {
            assert_eq!(color(accent).readable_on(Color::LIGHT_BACKGROUND).to_string(), light);
            assert_eq!(color(accent).readable_on(Color::DARK_BACKGROUND).to_string(), dark);
        }
    }

    proptest! {
        #[test]
        fn proposed_color_can_always_be_read(rgb in any::<[u8; 3]>()) {
            for background in [Color::LIGHT_BACKGROUND, Color::DARK_BACKGROUND, Color::WHITE, Color::BLACK] {
                let proposed = Color(rgb).readable_on(background);
                prop_assert!(proposed.contrast(background) >= Color::MIN_CONTRAST, "{proposed} on {background}");
                prop_assert!(proposed.text().contrast(proposed) >= Color::MIN_CONTRAST, "text on {proposed}");
                prop_assert_eq!(proposed.to_string().parse::<Color>().unwrap(), proposed);
            }
        }

        #[test]
        fn proposed_color_keeps_the_hue(rgb in any::<[u8; 3]>()) {
            let color = Color(rgb);
            for background in [Color::LIGHT_BACKGROUND, Color::DARK_BACKGROUND] {
                let proposed = color.readable_on(background);
                let ([_, chroma, hue], [_, own_chroma, own_hue]) = (proposed.to_oklch(), color.to_oklch());
                // The hue of greys is arbitrary, and so is that of dark colors after rounding.
                if chroma > 0.06 && own_chroma > 0.06 {
                    let distance = (hue - own_hue).abs();
                    let distance = distance.min(std::f64::consts::TAU - distance);
                    prop_assert!(distance < 0.15, "{color} and {proposed} differ by {distance}");
                }
            }
        }
    }
}
