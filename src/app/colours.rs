//! Colours that carry meaning, chosen so that colour-blind people can tell them apart.

use egui::Color32;

use crate::domain::Grade;

/// Colours of queries on dark ground: Okabe and Ito's set, its black replaced by near-white.
const LANES_ON_DARK: [Color32; 7] = [
    Color32::from_rgb(0x56, 0xb4, 0xe9),
    Color32::from_rgb(0xe6, 0x9f, 0x00),
    Color32::from_rgb(0x00, 0xb3, 0x85),
    Color32::from_rgb(0xcc, 0x79, 0xa7),
    Color32::from_rgb(0xf0, 0xe4, 0x42),
    Color32::from_rgb(0xe8, 0x6a, 0x17),
    Color32::from_rgb(0xe8, 0xea, 0xed),
];

/// The same set on light ground, its yellow replaced by black.
const LANES_ON_LIGHT: [Color32; 7] = [
    Color32::from_rgb(0x00, 0x72, 0xb2),
    Color32::from_rgb(0xc8, 0x78, 0x00),
    Color32::from_rgb(0x00, 0x85, 0x62),
    Color32::from_rgb(0xb0, 0x4f, 0x88),
    Color32::from_rgb(0x2b, 0x2f, 0x36),
    Color32::from_rgb(0xa8, 0x38, 0x00),
    Color32::from_rgb(0x2a, 0x8f, 0xcb),
];

/// The colour of the query with this index.
pub fn lane_colour(index: usize, is_dark: bool) -> Color32 {
    let colours = if is_dark {
        &LANES_ON_DARK
    } else {
        &LANES_ON_LIGHT
    };
    colours[index % colours.len()]
}

/// Grades from worst to best on dark ground: from vermilion to blue, told apart by everybody.
const GRADES_ON_DARK: [Color32; 5] = [
    Color32::from_rgb(0xe0, 0x62, 0x10),
    Color32::from_rgb(0xe8, 0xa8, 0x70),
    Color32::from_rgb(0x9a, 0xa3, 0xae),
    Color32::from_rgb(0x86, 0xc4, 0xee),
    Color32::from_rgb(0x3a, 0x9d, 0xe6),
];

/// The same on light ground.
const GRADES_ON_LIGHT: [Color32; 5] = [
    Color32::from_rgb(0xa8, 0x38, 0x00),
    Color32::from_rgb(0xc8, 0x76, 0x3a),
    Color32::from_rgb(0x7d, 0x85, 0x90),
    Color32::from_rgb(0x4a, 0x93, 0xc8),
    Color32::from_rgb(0x00, 0x55, 0x90),
];

/// The colour of a grade.
pub fn grade_colour(grade: Grade, is_dark: bool) -> Color32 {
    let colours = if is_dark {
        &GRADES_ON_DARK
    } else {
        &GRADES_ON_LIGHT
    };
    colours[usize::from(grade.value())]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of WCAG.
    fn luminance(colour: Color32) -> f64 {
        let [r, g, b] = [colour.r(), colour.g(), colour.b()].map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        (a / b).max(b / a)
    }

    #[test]
    fn queries_stand_out_from_the_ground() {
        for is_dark in [true, false] {
            let ground = crate::app::theme::Palette::new(is_dark).lane_background;
            for index in 0..LANES_ON_DARK.len() {
                let ratio = contrast(lane_colour(index, is_dark), ground);
                assert!(ratio >= 3.0, "{index} on dark {is_dark}: {ratio:.2}");
            }
            for grade in Grade::ALL {
                let ratio = contrast(grade_colour(grade, is_dark), ground);
                assert!(ratio >= 3.0, "{grade:?} on dark {is_dark}: {ratio:.2}");
            }
        }
    }

    /// How a person without red (protan) or green (deutan) cones sees a colour, after Viénot 1999.
    fn dichromat(colour: Color32, is_protan: bool) -> [f64; 3] {
        let linear = |channel: u8| (f64::from(channel) / 255.0).powf(2.2);
        let [r, g, b] = [linear(colour.r()), linear(colour.g()), linear(colour.b())];
        if is_protan {
            [
                0.11238 * r + 0.88762 * g,
                0.11238 * r + 0.88762 * g,
                0.00401 * r - 0.00401 * g + b,
            ]
        } else {
            [
                0.29275 * r + 0.70725 * g,
                0.29275 * r + 0.70725 * g,
                -0.02234 * r + 0.02234 * g + b,
            ]
        }
        .map(|value| value.max(0.0).powf(1.0 / 2.2))
    }

    #[test]
    fn colour_blind_people_tell_queries_apart() {
        for is_dark in [true, false] {
            for is_protan in [true, false] {
                for a in 0..7 {
                    for b in 0..a {
                        let [first, second] =
                            [a, b].map(|i| dichromat(lane_colour(i, is_dark), is_protan));
                        let distance: f64 = first
                            .iter()
                            .zip(second)
                            .map(|(x, y)| (x - y).powi(2))
                            .sum::<f64>()
                            .sqrt();
                        assert!(
                            distance > 0.08,
                            "{a} and {b} on dark {is_dark}, protan {is_protan}: {distance:.3}"
                        );
                    }
                }
            }
        }
    }
}
