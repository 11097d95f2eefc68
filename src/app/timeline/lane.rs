//! One lane right of its name: curve, moments, threshold and labels, over each other.

use egui::{Align2, Rangef, Rect, Response, TextStyle, Ui, vec2};

use crate::app::action::Actions;
use crate::app::colours::lane_colour;
use crate::app::session::Lane;
use crate::app::timeline::change::Changes;
use crate::app::timeline::curve::{self, SaliencyScale};
use crate::app::timeline::snap::Snap;
use crate::app::timeline::strip::Strip;
use crate::app::timeline::{ends, labels, moments, threshold, words};
use crate::domain::{ClipIndex, Labels, Verdict};

/// Of the mark at the best clip.
const PIN_HEIGHT: f32 = 14.0;

/// A lane and what is to be seen of it.
#[derive(Clone, Copy)]
pub struct LaneView<'a> {
    pub lane: &'a Lane,
    pub is_selected: bool,
    /// What it says while it has no answer.
    pub waiting: &'a str,
    pub labels: Option<&'a Labels>,
    pub shows_labels: bool,
    /// Whether the answer by the plain words is drawn beside that of a prompt.
    pub compares: bool,
    pub snap: Snap<'a>,
}

/// Everything of a lane right of its name. The response is the control of its threshold.
pub fn ui(
    ui: &mut Ui,
    strip: &Strip<'_>,
    view: LaneView<'_>,
    changes: &mut Changes,
    actions: &mut Actions,
) -> Option<Response> {
    let Strip {
        painter,
        rect: body,
        palette,
        ..
    } = strip;
    let lane = view.lane;
    painter.rect_filled(*body, 4.0, palette.lane_background);
    let Some(answer) = &lane.answer else {
        let text = lane.error.as_deref().unwrap_or(view.waiting);
        let colour = if lane.error.is_some() {
            palette.error
        } else {
            palette.weak_text
        };
        let font = TextStyle::Small.resolve(ui.style());
        painter.text(body.center(), Align2::CENTER_CENTER, text, font, colour);
        return None;
    };
    let is_doubtful = lane.is_probably_present() == Some(false);
    let full = lane_colour(lane.colour, palette.is_dark);
    let colour = if is_doubtful {
        full.gamma_multiply(0.45)
    } else {
        full
    };
    let now_secs = ui.input(|input| input.time);
    let values = changes.values(lane, answer.result.saliency.values(), now_secs);
    let mut plot = *body;
    if view.shows_labels {
        let below = plot.with_min_y(plot.bottom() - labels::HEIGHT);
        plot.set_bottom(below.top() - 1.0);
        labels::ui(ui, &strip.at(below), lane.query.title(), view.labels);
    }
    if !lane.said.is_empty() {
        let below = plot.with_min_y(plot.bottom() - words::HEIGHT);
        plot.set_bottom(below.top() - 1.0);
        words::ui(ui, &strip.at(below), lane);
    }
    let saliency = SaliencyScale::new(answer.result.saliency_range(), plot.shrink2(vec2(0.0, 3.0)));

    let plot = strip.at(plot);
    let is_guess = lane.verdict.is_some_and(Verdict::is_guess);
    moments::paint_bands(&plot, lane, full, is_guess);
    let plain = lane.plain.as_ref().filter(|_| lane.prompt.is_some());
    if let Some(plain) = plain.filter(|_| view.compares) {
        curve::paint_ghost(&plot, plain.values(), &saliency, palette.weak_text);
    }
    if let Some(probabilities) = answer.result.detection.probabilities() {
        let ink = full.gamma_multiply(0.7);
        curve::paint_ghost(&plot, probabilities.values(), &saliency, ink);
    }
    curve::paint(&plot, &values, &saliency, colour);
    if answer.n_clips_done < values.len() {
        veil(strip, answer.n_clips_done);
    }
    let line = threshold::ui(ui, plot.rect, lane, &saliency, actions);
    let is_warm = line
        .as_ref()
        .is_some_and(|line| line.hovered() || line.dragged() || line.has_focus());
    if view.is_selected && !is_doubtful {
        ends::ui(ui, &plot, lane, view.snap, full, actions);
    }
    if view.is_selected || is_warm {
        threshold::paint(ui, &plot, lane, &saliency, is_warm);
    }
    let pin = body.with_max_y(body.top() + PIN_HEIGHT);
    let best = answer.result.highlight.clip;
    moments::paint_highlight(&strip.at(pin), best, colour);
    line
}

/// Clips that are only known roughly are shown behind a veil.
fn veil(strip: &Strip<'_>, n_clips_done: usize) {
    let Strip {
        painter,
        rect,
        time,
        palette,
    } = strip;
    let from = time.x_of(ClipIndex(n_clips_done).start_secs());
    let x = Rangef::new(from.max(rect.left()), rect.right());
    if x.span() > 0.0 {
        let area = Rect::from_x_y_ranges(x, rect.y_range());
        painter.rect_filled(area, 0.0, palette.lane_background.gamma_multiply(0.55));
    }
}
