//! Icons, drawn: they are sharp at every scale and need no font.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, epaint::PathStroke, pos2};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Play,
    Pause,
    FrameBack,
    FrameForward,
    Loop,
    Volume,
    Muted,
    Fullscreen,
    Windowed,
    Open,
    Export,
    Menu,
    Close,
    Search,
    Target,
    Previous,
    Next,
    Down,
    Copy,
    Film,
    ThumbUp,
    ThumbDown,
    Undo,
    Redo,
    More,
    Tick,
    Box,
    Picture,
}

/// Paints `icon` into the middle of `rect`, `size` points high.
pub fn paint(painter: &Painter, rect: Rect, icon: Icon, size: f32, colour: Color32) {
    let pen = Pen {
        painter,
        square: Rect::from_center_size(rect.center(), egui::Vec2::splat(size)),
        stroke: Stroke::new((size / 10.0).clamp(1.4, 3.0), colour),
    };
    match icon {
        Icon::Play => pen.fill(&[(0.25, 0.12), (0.88, 0.5), (0.25, 0.88)]),
        Icon::Pause => {
            pen.block(0.22, 0.14, 0.42, 0.86);
            pen.block(0.58, 0.14, 0.78, 0.86);
        }
        Icon::FrameBack => {
            pen.block(0.14, 0.18, 0.26, 0.82);
            pen.fill(&[(0.82, 0.18), (0.34, 0.5), (0.82, 0.82)]);
        }
        Icon::FrameForward => {
            pen.block(0.74, 0.18, 0.86, 0.82);
            pen.fill(&[(0.18, 0.18), (0.66, 0.5), (0.18, 0.82)]);
        }
        Icon::Loop => {
            pen.arc(0.5, 0.5, 0.36, -150.0, 20.0);
            pen.arc(0.5, 0.5, 0.36, 30.0, 200.0);
            pen.fill(&[(0.98, 0.44), (0.72, 0.44), (0.85, 0.68)]);
            pen.fill(&[(0.02, 0.56), (0.28, 0.56), (0.15, 0.32)]);
        }
        Icon::Volume => {
            pen.speaker();
            pen.arc(0.5, 0.5, 0.2, -50.0, 50.0);
            pen.arc(0.5, 0.5, 0.38, -50.0, 50.0);
        }
        Icon::Muted => {
            pen.speaker();
            pen.line(&[(0.64, 0.36), (0.92, 0.64)]);
            pen.line(&[(0.92, 0.36), (0.64, 0.64)]);
        }
        Icon::Fullscreen => {
            for (x, y) in [(0.14, 0.14), (0.86, 0.14), (0.86, 0.86), (0.14, 0.86)] {
                let (dx, dy) = (0.24 * (0.5_f32 - x).signum(), 0.24 * (0.5_f32 - y).signum());
                pen.line(&[(x + dx, y), (x, y), (x, y + dy)]);
            }
        }
        Icon::Windowed => {
            for (x, y) in [(0.38, 0.38), (0.62, 0.38), (0.62, 0.62), (0.38, 0.62)] {
                let (dx, dy) = (0.24 * (x - 0.5_f32).signum(), 0.24 * (y - 0.5_f32).signum());
                pen.line(&[(x + dx, y), (x, y), (x, y + dy)]);
            }
        }
        Icon::Open => pen.line(&[
            (0.08, 0.82),
            (0.08, 0.2),
            (0.38, 0.2),
            (0.48, 0.32),
            (0.92, 0.32),
            (0.92, 0.82),
            (0.08, 0.82),
        ]),
        Icon::Export => {
            pen.line(&[(0.12, 0.6), (0.12, 0.88), (0.88, 0.88), (0.88, 0.6)]);
            pen.line(&[(0.5, 0.66), (0.5, 0.12)]);
            pen.line(&[(0.28, 0.34), (0.5, 0.12), (0.72, 0.34)]);
        }
        Icon::Menu => {
            for y in [0.24, 0.5, 0.76] {
                pen.line(&[(0.12, y), (0.88, y)]);
            }
        }
        Icon::Close => {
            pen.line(&[(0.22, 0.22), (0.78, 0.78)]);
            pen.line(&[(0.78, 0.22), (0.22, 0.78)]);
        }
        Icon::Search => {
            pen.arc(0.42, 0.42, 0.3, 0.0, 360.0);
            pen.line(&[(0.64, 0.64), (0.92, 0.92)]);
        }
        Icon::Target => {
            pen.arc(0.5, 0.5, 0.36, 0.0, 360.0);
            pen.arc(0.5, 0.5, 0.12, 0.0, 360.0);
        }
        Icon::Previous => pen.line(&[(0.62, 0.16), (0.3, 0.5), (0.62, 0.84)]),
        Icon::Next => pen.line(&[(0.38, 0.16), (0.7, 0.5), (0.38, 0.84)]),
        Icon::Down => pen.line(&[(0.2, 0.36), (0.5, 0.66), (0.8, 0.36)]),
        Icon::Copy => {
            pen.line(&[
                (0.34, 0.34),
                (0.9, 0.34),
                (0.9, 0.9),
                (0.34, 0.9),
                (0.34, 0.34),
            ]);
            pen.line(&[
                (0.66, 0.34),
                (0.66, 0.1),
                (0.1, 0.1),
                (0.1, 0.66),
                (0.34, 0.66),
            ]);
        }
        Icon::Film => {
            pen.line(&[
                (0.06, 0.16),
                (0.94, 0.16),
                (0.94, 0.84),
                (0.06, 0.84),
                (0.06, 0.16),
            ]);
            pen.fill(&[(0.4, 0.34), (0.68, 0.5), (0.4, 0.66)]);
        }
        Icon::ThumbUp => pen.thumb(|y| y),
        Icon::ThumbDown => pen.thumb(|y| 1.0 - y),
        Icon::Undo => pen.turn(|x| x),
        Icon::Redo => pen.turn(|x| 1.0 - x),
        Icon::Tick => pen.line(&[(0.14, 0.52), (0.4, 0.78), (0.88, 0.22)]),
        Icon::Box => pen.line(&[
            (0.14, 0.14),
            (0.86, 0.14),
            (0.86, 0.86),
            (0.14, 0.86),
            (0.14, 0.14),
        ]),
        // A frame with a hill and the sun.
        Icon::Picture => {
            pen.line(&[
                (0.06, 0.14),
                (0.94, 0.14),
                (0.94, 0.86),
                (0.06, 0.86),
                (0.06, 0.14),
            ]);
            pen.line(&[
                (0.1, 0.78),
                (0.38, 0.46),
                (0.56, 0.66),
                (0.7, 0.54),
                (0.9, 0.76),
            ]);
            pen.block(0.64, 0.28, 0.74, 0.38);
        }
        Icon::More => {
            for x in [0.18, 0.5, 0.82] {
                pen.block(x - 0.07, 0.43, x + 0.07, 0.57);
            }
        }
    }
}

/// Draws in a square of 0…1, y downwards.
struct Pen<'a> {
    painter: &'a Painter,
    square: Rect,
    stroke: Stroke,
}

impl Pen<'_> {
    fn at(&self, x: f32, y: f32) -> Pos2 {
        self.square.min + self.square.size() * egui::vec2(x, y)
    }

    fn points(&self, points: &[(f32, f32)]) -> Vec<Pos2> {
        points.iter().map(|&(x, y)| self.at(x, y)).collect()
    }

    /// Closed where it ends as it begins, so that the corner there is one.
    fn line(&self, points: &[(f32, f32)]) {
        let stroke = PathStroke::new(self.stroke.width, self.stroke.color);
        let mut points = self.points(points);
        let is_closed = points.len() > 2 && points.first() == points.last();
        self.painter.add(if is_closed {
            points.pop();
            Shape::closed_line(points, stroke)
        } else {
            Shape::line(points, stroke)
        });
    }

    fn fill(&self, points: &[(f32, f32)]) {
        let shape = Shape::convex_polygon(self.points(points), self.stroke.color, Stroke::NONE);
        self.painter.add(shape);
    }

    fn block(&self, left: f32, top: f32, right: f32, bottom: f32) {
        let rect = Rect::from_min_max(self.at(left, top), self.at(right, bottom));
        self.painter.rect_filled(rect, 1.0, self.stroke.color);
    }

    /// Clockwise from `start` to `end` degrees; 0 is to the right.
    fn arc(&self, x: f32, y: f32, radius: f32, start: f32, end: f32) {
        let n_steps = 24;
        let points: Vec<_> = (0..=n_steps)
            .map(|i| {
                let degrees = start + (end - start) * i as f32 / n_steps as f32;
                let (sin, cos) = degrees.to_radians().sin_cos();
                pos2(x + radius * cos, y + radius * sin)
            })
            .map(|point| (point.x, point.y))
            .collect();
        self.line(&points);
    }

    /// A fist with its thumb up, or down where `y` turns it over.
    fn thumb(&self, y: impl Fn(f32) -> f32) {
        let hand = [
            (0.34, 0.46),
            (0.5, 0.1),
            (0.64, 0.2),
            (0.6, 0.42),
            (0.92, 0.42),
            (0.84, 0.88),
            (0.34, 0.88),
            (0.34, 0.46),
        ];
        self.line(&hand.map(|(x, at)| (x, y(at))));
        self.line(&[(0.12, y(0.46)), (0.12, y(0.88))]);
    }

    /// An arrow that turns back, or on where `x` turns it over.
    fn turn(&self, x: impl Fn(f32) -> f32) {
        self.line(&[(0.34, 0.14), (0.12, 0.36), (0.34, 0.58)].map(|(at, y)| (x(at), y)));
        let mut path = vec![(0.12, 0.36), (0.6, 0.36)];
        path.extend((0..=8).map(|i| {
            let (sin, cos) = (std::f32::consts::PI * i as f32 / 8.0).sin_cos();
            (0.6 + 0.25 * sin, 0.61 - 0.25 * cos)
        }));
        path.push((0.34, 0.86));
        let path: Vec<_> = path.into_iter().map(|(at, y)| (x(at), y)).collect();
        self.line(&path);
    }

    fn speaker(&self) {
        self.block(0.06, 0.36, 0.2, 0.64);
        self.fill(&[(0.18, 0.36), (0.44, 0.14), (0.44, 0.86), (0.18, 0.64)]);
    }
}
