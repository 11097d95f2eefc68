//! The few elements of SVG that a plot is made of.

use std::fmt::Write as _;

use super::INK;
use crate::export::xml_escaped;

const PAPER: &str = "#ffffff";
const MAX_TITLE_CHARS: usize = 90;

/// Elements one after the other; numbers are rounded to tenths.
pub(super) struct Svg(String);

impl Svg {
    pub fn new(width: f64, height: f64) -> Self {
        let mut svg = Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"Ubuntu, 'Noto Sans', 'Noto Sans CJK KR', sans-serif\" \
             font-weight=\"300\">\n"
        ));
        svg.rect(0.0, 0.0, width, height, PAPER, 1.0);
        svg
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.0, "{element}"); // writing to a String cannot fail
    }

    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &str, opacity: f64) {
        self.push(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             fill=\"{fill}\" fill-opacity=\"{opacity:.2}\"/>"
        ));
    }

    pub fn line(&mut self, x0: f64, y0: f64, x1: f64, y1: f64, stroke: &str, width: f64) {
        self.push(format_args!(
            "<path d=\"M{x0:.1} {y0:.1}L{x1:.1} {y1:.1}\" stroke=\"{stroke}\" \
             stroke-width=\"{width}\"/>"
        ));
    }

    pub fn dashed_line(&mut self, x: f64, y0: f64, y1: f64, stroke: &str) {
        self.push(format_args!(
            "<path d=\"M{x:.1} {y0:.1}V{y1:.1}\" stroke=\"{stroke}\" stroke-width=\"1.5\" \
             stroke-dasharray=\"3 4\"/>"
        ));
    }

    pub fn polyline(&mut self, points: &str, stroke: &str) {
        self.push(format_args!(
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{stroke}\" \
             stroke-width=\"2.2\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>"
        ));
    }

    pub fn dot(&mut self, x: f64, y: f64, fill: &str) {
        self.push(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"{fill}\" stroke=\"{PAPER}\" \
             stroke-width=\"2\"/>"
        ));
    }

    pub fn text(&mut self, x: f64, y: f64, size: u32, fill: &str, anchor: &str, text: &str) {
        let text = escaped(text);
        self.push(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" fill=\"{fill}\" \
             text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// A text that stays readable on a curve.
    pub fn label(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        let text = escaped(text);
        self.push(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"15\" fill=\"{INK}\" \
             text-anchor=\"{anchor}\" stroke=\"{PAPER}\" stroke-width=\"4\" \
             stroke-linejoin=\"round\" paint-order=\"stroke\">{text}</text>"
        ));
    }

    pub fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

/// Text for XML, cut to what fits into a line and without control characters.
fn escaped(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_TITLE_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.retain(|c| !c.is_control());
    xml_escaped(&shown)
}
