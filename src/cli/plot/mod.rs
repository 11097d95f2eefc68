//! A picture of the curves: one row per query over a common time ruler.
//!
//! The picture is drawn as SVG; a PNG is the same picture rasterised at twice its size. It decides
//! nothing: moments and highlights come with the data.

mod svg;

use std::fmt::Write as _;
use std::path::Path;

use crate::domain::{
    CLIP_SECS, ClipIndex, Highlight, Moment, SaliencyCurve, Verdict, format_timestamp,
};
use crate::export::rasterise;

use svg::Svg;

const PNG_SCALE: f32 = 2.0;
const WIDTH: f64 = 1200.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = WIDTH - 32.0;
const HEADER_HEIGHT: f64 = 64.0;
const ROW_HEIGHT: f64 = 190.0;
const ROW_TITLE_HEIGHT: f64 = 40.0;
const RULER_HEIGHT: f64 = 48.0;

/// Okabe and Ito's colours without the pale yellow: distinct with any kind of colour vision.
const COLOURS: [&str; 6] = [
    "#0072B2", "#D55E00", "#009E73", "#AA4499", "#E69F00", "#56B4E9",
];
/// How much of its colour even the weakest moment keeps.
const FAINTEST: f64 = 0.15;

const INK: &str = "#1b1f24";
const FAINT_INK: &str = "#5b6470";
const GRID: &str = "#e3e6ea";
const CHANCE: &str = "#a3abb5";

/// What is drawn.
pub struct Plot<'a> {
    pub title: String,
    pub duration_secs: f64,
    pub rows: Vec<PlotRow<'a>>,
}

/// One query's curve with what was found on it.
pub struct PlotRow<'a> {
    pub query: &'a str,
    /// 0…1, how sure that the query occurs at all.
    pub present: f32,
    pub verdict: Verdict,
    pub saliency: &'a SaliencyCurve,
    pub highlight: Option<Highlight>,
    pub moments: &'a [Moment],
}

/// Why no picture was made.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    #[error("cannot plot to {0}: name a .png or .svg file")]
    UnknownExtension(String),
    #[error("the plot cannot be rasterised: {0}")]
    Raster(String),
}

impl Plot<'_> {
    /// The file's bytes, in the format that the extension of `path` names.
    pub fn encode_for(&self, path: &Path) -> Result<Vec<u8>, PlotError> {
        match PlotFormat::of(path)? {
            PlotFormat::Svg => Ok(self.svg().into_bytes()),
            PlotFormat::Png => {
                let pixels = rasterise(&self.svg(), PNG_SCALE).map_err(PlotError::Raster)?;
                let raster = |error: &dyn std::fmt::Display| PlotError::Raster(error.to_string());
                pixels.encode_png().map_err(|error| raster(&error))
            }
        }
    }

    pub fn svg(&self) -> String {
        let height = HEADER_HEIGHT + ROW_HEIGHT * self.rows.len() as f64 + RULER_HEIGHT;
        let mut svg = Svg::new(WIDTH, height);
        svg.text(LEFT, 38.0, 20, INK, "start", &self.title);
        let ruler_y = height - RULER_HEIGHT;
        self.ruler(&mut svg, ruler_y);
        for (i, row) in self.rows.iter().enumerate() {
            let top = HEADER_HEIGHT + ROW_HEIGHT * i as f64;
            self.row(&mut svg, row, COLOURS[i % COLOURS.len()], top);
        }
        svg.finish()
    }

    fn x(&self, time_secs: f64) -> f64 {
        let fraction = time_secs / self.duration_secs.max(CLIP_SECS);
        LEFT + (RIGHT - LEFT) * fraction.clamp(0.0, 1.0)
    }

    fn ruler(&self, svg: &mut Svg, y: f64) {
        let step = tick_step_secs(self.duration_secs);
        let mut time_secs = 0.0;
        while time_secs <= self.duration_secs {
            let x = self.x(time_secs);
            svg.line(x, HEADER_HEIGHT + ROW_TITLE_HEIGHT, x, y + 6.0, GRID, 1.0);
            let label = format_timestamp(time_secs);
            let label = label.trim_end_matches(".0");
            svg.text(x, y + 24.0, 13, FAINT_INK, "middle", label);
            time_secs += step;
        }
        svg.line(LEFT, y, RIGHT, y, FAINT_INK, 1.0);
    }

    fn row(&self, svg: &mut Svg, row: &PlotRow<'_>, colour: &str, top: f64) {
        let values = row.saliency.values();
        let low = values.iter().copied().fold(0.0, f32::min);
        let high = values.iter().copied().fold(1.0, f32::max);
        let (floor, ceiling) = (top + ROW_HEIGHT - 14.0, top + ROW_TITLE_HEIGHT);
        let y = |value: f32| {
            floor - (floor - ceiling) * f64::from((value - low) / (high - low)).clamp(0.0, 1.0)
        };

        svg.rect(LEFT, top + 11.0, 12.0, 12.0, colour, 1.0);
        svg.text(LEFT + 20.0, top + 23.0, 17, INK, "start", row.query);
        let verdict = format!("{}: {:.0} %", row.verdict.words(), 100.0 * row.present);
        svg.text(RIGHT, top + 23.0, 14, FAINT_INK, "end", &verdict);

        for level in [0.0, 0.5, 1.0] {
            svg.line(LEFT, y(level), RIGHT, y(level), GRID, 1.0);
            let label = format!("{:.0} %", 100.0 * level);
            svg.text(LEFT - 8.0, y(level) + 4.0, 12, FAINT_INK, "end", &label);
        }
        for moment in row.moments {
            let (x0, x1) = (self.x(moment.span.start_secs), self.x(moment.span.end_secs));
            // A guess is not painted, and a weak moment only faintly.
            let fill = if row.verdict.is_guess() {
                CHANCE
            } else {
                colour
            };
            let strength = f64::from(moment.score).clamp(FAINTEST, 1.0);
            svg.rect(x0, ceiling, x1 - x0, floor - ceiling, fill, 0.2 * strength);
            svg.rect(x0, floor, x1 - x0, 5.0, fill, strength);
        }

        let mut points = String::new();
        for (i, value) in values.iter().enumerate() {
            let x = self.x(ClipIndex(i).centre_secs().min(self.duration_secs));
            let _ = write!(points, "{x:.1},{:.1} ", y(*value));
        }
        svg.polyline(&points, colour);

        if let Some(highlight) = row.highlight {
            let time_secs = highlight.clip.centre_secs().min(self.duration_secs);
            let (x, peak_y) = (self.x(time_secs), y(highlight.score));
            svg.dashed_line(x, peak_y, floor, colour);
            svg.dot(x, peak_y, colour);
            let (anchor, label_x) = if x > RIGHT - 80.0 {
                ("end", x - 12.0)
            } else {
                ("start", x + 12.0)
            };
            let label = format_timestamp(time_secs);
            svg.label(label_x, (peak_y + 5.0).max(ceiling + 12.0), anchor, &label);
        }
    }
}

/// The picture formats that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotFormat {
    Png,
    Svg,
}

impl PlotFormat {
    /// By the extension, whatever its case.
    pub fn of(path: &Path) -> Result<Self, PlotError> {
        let extension = path.extension().map(|x| x.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("png") => Ok(Self::Png),
            Some("svg") => Ok(Self::Svg),
            _ => Err(PlotError::UnknownExtension(path.display().to_string())),
        }
    }
}

/// Seconds between two labels of the ruler: a round number that gives at most a dozen.
fn tick_step_secs(duration_secs: f64) -> f64 {
    const ROUND_SECS: [f64; 12] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0,
    ];
    let least = duration_secs / 12.0;
    let hours = (least / 3600.0).ceil().max(1.0);
    ROUND_SECS
        .into_iter()
        .find(|step| *step >= least)
        .unwrap_or(hours * 3600.0)
}

#[cfg(test)]
mod tests {
    use resvg::{tiny_skia, usvg};

    use super::*;
    use crate::find::moments_above;

    fn svg_of(queries: &[&str], curve: &SaliencyCurve, duration_secs: f64) -> String {
        plot_of(queries, curve, &moments_above(curve, 0.4), duration_secs).svg()
    }

    fn plot_of<'a>(
        queries: &[&'a str],
        curve: &'a SaliencyCurve,
        moments: &'a [Moment],
        duration_secs: f64,
    ) -> Plot<'a> {
        let row = |query| PlotRow {
            query,
            present: 0.9,
            verdict: Verdict::Moments,
            saliency: curve,
            highlight: curve.highlight(),
            moments,
        };
        Plot {
            title: "demo.mp4 & more".to_owned(),
            duration_secs,
            rows: queries.iter().copied().map(row).collect(),
        }
    }

    fn bump() -> SaliencyCurve {
        SaliencyCurve::new(vec![0.1, 0.2, 0.9, 0.8, 0.1, 0.0, 0.6, 0.1])
    }

    #[test]
    fn the_drawing_says_when_the_highlight_is() {
        let svg = svg_of(&["a <red> kite", "한국어"], &bump(), 16.0);
        assert!(svg.contains("a &lt;red&gt; kite") && svg.contains("demo.mp4 &amp; more"));
        assert_eq!(svg.matches(">0:05.0</text>").count(), 2);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert_eq!(
            svg.matches("height=\"5.0\"").count(),
            4,
            "two moments, two rows"
        );
        usvg::Tree::from_str(&svg, &usvg::Options::default()).unwrap();
    }

    #[test]
    fn the_raster_shows_the_moment_and_the_curve() {
        let curve = bump();
        let moments = moments_above(&curve, 0.5);
        let plot = plot_of(&["kite"], &curve, &moments, 16.0);
        let png = plot.encode_for(Path::new("a.PNG")).unwrap();
        let pixmap = tiny_skia::Pixmap::decode_png(&png).unwrap();
        assert_eq!((pixmap.width(), pixmap.height()), (2400, 604));
        let at = |time_secs: f64, y: f64| {
            let pixel = pixmap
                .pixel((2.0 * plot.x(time_secs)) as u32, (2.0 * y) as u32)
                .unwrap();
            [pixel.red(), pixel.green(), pixel.blue()]
        };
        let bar_y = HEADER_HEIGHT + ROW_HEIGHT - 12.0;
        let [red, _, blue] = at(5.9, bar_y);
        assert!(red < 0x40 && blue > 0x90, "inside the moment");
        assert_eq!(at(9.4, bar_y), [0xff; 3], "outside");
        let n_dark = pixmap
            .pixels()
            .iter()
            .filter(|p| p.red() < 80 && p.blue() < 80)
            .count();
        assert!(
            n_dark > 500,
            "the bundled font draws text: {n_dark} dark pixels"
        );
    }

    #[test]
    fn odd_curves_are_drawn_too() {
        for (values, duration_secs) in [(vec![], 0.0), (vec![0.3], 0.04), (vec![-2.0; 9000], 18e3)]
        {
            let svg = svg_of(&["x"], &SaliencyCurve::new(values), duration_secs);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            rasterise(&svg, PNG_SCALE).unwrap();
        }
        assert!(PlotFormat::of(Path::new("a.gif")).is_err());
        assert!(PlotFormat::of(Path::new("png")).is_err());
    }

    #[test]
    fn the_ruler_has_a_few_round_labels() {
        for (duration_secs, step_secs) in [(4.0, 1.0), (90.0, 10.0), (150.0, 15.0), (7200.0, 600.0)]
        {
            assert_eq!(
                tick_step_secs(duration_secs),
                step_secs,
                "{duration_secs} s"
            );
        }
        assert_eq!(tick_step_secs(1e6) % 3600.0, 0.0);
    }
}
