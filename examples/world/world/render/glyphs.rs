//! Capital letters as strokes, for text slides: no font file is needed.

use tiny_skia::PathBuilder;

use super::canvas::{Canvas, Rgb};

/// Strokes on a grid 4 wide and 6 high, y downwards: `M`ove, `L`ine, `Q`uadratic curve.
fn strokes(letter: char) -> &'static str {
    match letter {
        'A' => "M0 6 L2 0 L4 6 M0.8 3.9 L3.2 3.9",
        'B' => {
            "M0 0 L0 6 L2 6 Q4 6 4 4.4 Q4 2.9 2 2.9 L0 2.9 M0 0 L1.8 0 Q3.6 0 3.6 1.5 Q3.6 2.9 1.8 2.9"
        }
        'C' => "M4 1.2 Q3.4 0 2 0 Q0 0 0 3 Q0 6 2 6 Q3.4 6 4 4.8",
        'D' => "M0 0 L0 6 L1.6 6 Q4 6 4 3 Q4 0 1.6 0 L0 0",
        'E' => "M3.6 0 L0 0 L0 6 L3.6 6 M0 2.9 L3 2.9",
        'F' => "M3.6 0 L0 0 L0 6 M0 2.9 L3 2.9",
        'G' => "M4 1.2 Q3.4 0 2 0 Q0 0 0 3 Q0 6 2 6 Q4 6 4 3.3 L2.4 3.3",
        'H' => "M0 0 L0 6 M4 0 L4 6 M0 2.9 L4 2.9",
        'I' => "M0 0 L0 6",
        'J' => "M3.4 0 L3.4 4.2 Q3.4 6 1.8 6 Q0.2 6 0.2 4.4",
        'K' => "M0 0 L0 6 M3.8 0 L0 3.4 M1.3 2.4 L4 6",
        'L' => "M0 0 L0 6 L3.6 6",
        'M' => "M0 6 L0 0 L2 4 L4 0 L4 6",
        'N' => "M0 6 L0 0 L4 6 L4 0",
        'O' => "M2 0 Q0 0 0 3 Q0 6 2 6 Q4 6 4 3 Q4 0 2 0",
        'P' => "M0 6 L0 0 L2 0 Q4 0 4 1.7 Q4 3.4 2 3.4 L0 3.4",
        'Q' => "M2 0 Q0 0 0 3 Q0 6 2 6 Q4 6 4 3 Q4 0 2 0 M2.6 4.6 L4 6.3",
        'R' => "M0 6 L0 0 L2 0 Q4 0 4 1.6 Q4 3.2 2 3.2 L0 3.2 M2 3.2 L4 6",
        'S' => {
            "M3.8 1.1 Q3.3 0 2 0 Q0.2 0 0.2 1.5 Q0.2 2.7 2 3 Q3.9 3.3 3.9 4.5 Q3.9 6 2 6 Q0.6 6 0 4.9"
        }
        'T' => "M0 0 L4 0 M2 0 L2 6",
        'U' => "M0 0 L0 3.8 Q0 6 2 6 Q4 6 4 3.8 L4 0",
        'V' => "M0 0 L2 6 L4 0",
        'W' => "M0 0 L1 6 L2 1.6 L3 6 L4 0",
        'X' => "M0 0 L4 6 M4 0 L0 6",
        'Y' => "M0 0 L2 3 L4 0 M2 3 L2 6",
        'Z' => "M0 0 L4 0 L0 6 L4 6",
        _ => "",
    }
}

/// Width of a letter with the space after it, in grid units.
fn advance(letter: char) -> f32 {
    match letter {
        'I' => 1.8,
        ' ' => 3.4,
        _ => 5.8,
    }
}

/// Width of a line of text whose capitals are `size` high.
pub fn text_width(text: &str, size: f32) -> f32 {
    text.chars().map(advance).sum::<f32>() * size / 6.0
}

/// Writes a line of capitals, its upper left corner at `(left, top)`.
pub fn draw(canvas: &mut Canvas, text: &str, left: f32, top: f32, size: f32, ink: Rgb, bold: f32) {
    let unit = size / 6.0;
    let mut path = PathBuilder::new();
    let mut pen = left;
    for letter in text.chars() {
        let mut numbers = Vec::new();
        let mut command = 'M';
        for token in strokes(letter).split(' ') {
            let digits = token.trim_start_matches(char::is_alphabetic);
            if digits.len() < token.len() {
                command = token.chars().next().unwrap_or('M');
                numbers.clear();
            }
            if let Ok(number) = digits.parse::<f32>() {
                numbers.push(number * unit);
            }
            match (command, numbers.as_slice()) {
                ('M', &[x, y]) => path.move_to(pen + x, top + y),
                ('L', &[x, y]) => path.line_to(pen + x, top + y),
                ('Q', &[x1, y1, x, y]) => path.quad_to(pen + x1, top + y1, pen + x, top + y),
                _ => {}
            }
        }
        pen += advance(letter) * unit;
    }
    if let Some(path) = path.finish() {
        canvas.stroke(&path, ink, 1.0, size * bold);
    }
}
