//! The measurements as three curves, one below the other.

use std::fmt::Write as _;

use crate::meter::{MEASURES, Reading};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 130.0;
const LEFT: f64 = 60.0;

pub fn svg(readings: &[Reading]) -> String {
    let height = HEIGHT * MEASURES.len() as f64 + 30.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        WIDTH + LEFT + 20.0
    );
    let end_secs = readings.last().map_or(1.0, |reading| reading.secs.max(1.0));
    for (nth, (name, value, _)) in MEASURES.into_iter().enumerate() {
        let top = HEIGHT * nth as f64 + 24.0;
        let most = readings.iter().map(value).fold(1.0, f64::max);
        let low = top + HEIGHT - 34.0;
        let at = |reading: &Reading| {
            let x = LEFT + reading.secs / end_secs * WIDTH;
            let y = low - value(reading) / most * (low - top);
            format!("{x:.1},{y:.1}")
        };
        let points: Vec<_> = readings.iter().map(at).collect();
        let _ = writeln!(
            svg,
            "<text x=\"{LEFT}\" y=\"{}\">{name}</text>\n<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{most:.0}</text>\n\
             <text x=\"{}\" y=\"{low}\" text-anchor=\"end\">0</text>\n\
             <path d=\"M{LEFT} {top}V{low}H{}\" fill=\"none\" stroke=\"#999\"/>\n\
             <polyline points=\"{}\" fill=\"none\" stroke=\"#1f77b4\"/>",
            top - 8.0,
            LEFT - 6.0,
            top + 6.0,
            LEFT - 6.0,
            LEFT + WIDTH,
            points.join(" ")
        );
    }
    let minutes = end_secs / 60.0;
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{minutes:.0} min</text>\n</svg>",
        LEFT + WIDTH,
        height - 10.0
    );
    svg
}
