//! The tables of the paper, with what was measured here beside the paper's own numbers.

use std::fmt::Write as _;

use crate::eval::Metrics;

/// A row of table 1: highlight detection at Very Good, mAP and HIT@1.
const TABLE_1: [(&str, [f64; 2]); 8] = [
    ("Moment-DETR", [36.52, 56.45]),
    ("QD-DETR", [39.13, 63.03]),
    ("UMT", [39.85, 64.19]),
    ("CLIP", [37.01, 63.03]),
    ("VCL, 7218 shots", [38.84, 65.74]),
    ("VCL, 3000 shots", [38.47, 65.35]),
    ("VCL, 1000 shots", [38.14, 64.12]),
    ("VCL, 500 shots", [37.79, 62.65]),
];

const N: Option<f64> = None;

/// A row of table 2: R1@0.5, R1@0.7, mAP@0.5, mAP@0.75, mAP, HL mAP, HIT@1.
const TABLE_2: [(&str, [Option<f64>; 7]); 6] = [
    ("CLIP", [N, N, N, N, N, Some(37.01), Some(63.03)]),
    (
        "Moment-DETR",
        [
            Some(53.94),
            Some(34.84),
            N,
            N,
            Some(32.20),
            Some(35.65),
            Some(55.55),
        ],
    ),
    (
        "Moment-DETR, pre-trained",
        [
            Some(59.68),
            Some(40.84),
            N,
            N,
            Some(36.30),
            Some(37.70),
            Some(60.32),
        ],
    ),
    (
        "QD-DETR",
        [
            Some(62.68),
            Some(46.66),
            Some(62.23),
            Some(41.82),
            Some(41.22),
            Some(39.13),
            Some(63.03),
        ],
    ),
    (
        "UMT",
        [
            Some(60.26),
            Some(44.26),
            N,
            N,
            Some(38.59),
            Some(39.85),
            Some(64.19),
        ],
    ),
    (
        "VCL, 7218 shots",
        [
            Some(43.33),
            Some(25.75),
            Some(39.23),
            Some(24.95),
            Some(21.13),
            Some(38.845),
            Some(65.74),
        ],
    ),
];

const COLUMNS_1: [&str; 2] = ["HL mAP", "HIT@1"];
const COLUMNS_2: [&str; 7] = [
    "R1@0.5", "R1@0.7", "mAP@0.5", "mAP@0.75", "mAP avg", "HL mAP", "HIT@1",
];

/// What was measured here, under the name of the method in the paper.
pub struct Measured<'a> {
    /// `CLIP`, `QD-DETR`, `VCL, 500 shots`, …
    pub method: &'a str,
    /// What the user calls it.
    pub name: &'a str,
    pub metrics: &'a Metrics,
}

/// Both tables; each row of the paper is followed by what was measured of the same method, and what
/// the paper does not have comes last.
pub fn tables(measured: &[Measured<'_>]) -> String {
    let mut out = "Table 1, highlights\n".to_owned();
    let rows = TABLE_1.map(|(method, values)| (method, values.map(Some)));
    table(&mut out, COLUMNS_1, &rows, measured, |metrics| {
        let [.., map, hit1] = values(metrics);
        [map, hit1]
    });
    out.push_str("\nTable 2, moments and highlights\n");
    table(&mut out, COLUMNS_2, &TABLE_2, measured, values);
    out
}

fn values(metrics: &Metrics) -> [Option<f64>; 7] {
    let moments = metrics.moments.as_ref().and_then(|moments| moments.full);
    let highlights = metrics
        .highlights
        .as_ref()
        .map(|highlights| highlights.very_good);
    [
        moments.map(|m| m.r1_at_50()),
        moments.map(|m| m.r1_at_70()),
        moments.map(|m| m.map_at_50()),
        moments.map(|m| m.map_at_75()),
        moments.map(|m| m.map_average),
        highlights.map(|h| h.map),
        highlights.map(|h| h.hit1),
    ]
}

fn table<const N: usize>(
    out: &mut String,
    columns: [&str; N],
    paper: &[(&str, [Option<f64>; N])],
    measured: &[Measured<'_>],
    values: impl Fn(&Metrics) -> [Option<f64>; N],
) {
    let names = paper.iter().map(|(name, _)| format!("{name}, the paper"));
    let own = measured.iter().map(label);
    let width = names
        .chain(own)
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let _ = write!(out, "{:width$}", "");
    for column in columns {
        let _ = write!(out, "  {column:>8}");
    }
    out.push('\n');
    let mut row = |name: String, values: [Option<f64>; N]| {
        let _ = write!(out, "{name:width$}");
        for value in values {
            let _ = match value {
                Some(value) => write!(out, "  {value:>8.2}"),
                None => write!(out, "  {:>8}", "-"),
            };
        }
        out.push('\n');
    };
    for (method, of_paper) in paper {
        row(format!("{method}, the paper"), *of_paper);
        for own in measured.iter().filter(|own| own.method == *method) {
            row(label(own), values(own.metrics));
        }
    }
    let is_new = |own: &&Measured<'_>| paper.iter().all(|(method, _)| *method != own.method);
    for own in measured.iter().filter(is_new) {
        row(label(own), values(own.metrics));
    }
}

fn label(own: &Measured<'_>) -> String {
    match own.name == own.method {
        true => format!("{}, here", own.method),
        false => format!("{} ({}), here", own.method, own.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_stands_below_the_same_method_of_the_paper() {
        let metrics = Metrics {
            moments: None,
            highlights: None,
        };
        let measured = |method, name| Measured {
            method,
            name,
            metrics: &metrics,
        };
        let out = tables(&[measured("QD-DETR", "own"), measured("VCL, 12 shots", "p")]);
        let lines: Vec<_> = out.lines().collect();
        let at = |start: &str| {
            lines
                .iter()
                .position(|line| line.starts_with(start))
                .unwrap()
        };
        assert_eq!(at("QD-DETR (own), here"), at("QD-DETR, the paper") + 1);
        assert!(out.contains("VCL, 12 shots (p), here"));
        assert_eq!(out.matches("VCL, 7218 shots, the paper").count(), 2);
        assert!(out.contains("     65.74"), "{out}");
    }
}
