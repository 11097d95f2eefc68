//! One lane right of its name: heat strip, curve, moments, threshold and labels, over each other.

use egui::{Align2, Rangef, Rect, Response, TextStyle, Ui, vec2};

use crate::app::action::Actions;
use crate::app::colours::lane_colour;
use crate::app::session::Lane;
use crate::app::theme::Palette;
use crate::app::timeline::change::Changes;
use crate::app::timeline::curve::{self, SaliencyScale};
use crate::app::timeline::time_view::TimeScale;
use crate::app::timeline::{heat_strip, labels, moments, threshold};
use crate::domain::{ClipIndex, Labels};

const HEAT_HEIGHT: f32 = 12.0;

/// What a lane shows of teaching.
#[derive(Clone, Copy)]
pub struct Teaching<'a> {
    pub labels: Option<&'a Labels>,
    pub shows_labels: bool,
    /// Whether the answer by the plain words is drawn beside that of a prompt.
    pub compares: bool,
}

/// Everything of a lane right of its name. The answer is the control of its threshold.
#[expect(clippy::too_many_arguments, reason = "a lane is made of all these")]
pub fn ui(
    ui: &mut Ui,
    body: Rect,
    lane: &Lane,
    is_selected: bool,
    waiting: &str,
    teaching: Teaching<'_>,
    changes: &mut Changes,
    scale: &TimeScale,
    palette: &Palette,
    actions: &mut Actions,
) -> Option<Response> {
    let painter = ui.painter_at(body);
    painter.rect_filled(body, 4.0, palette.lane_background);
    let Some(answer) = &lane.answer else {
        let text = lane.error.as_deref().unwrap_or(waiting);
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
    let heat = body.with_max_y(body.top() + HEAT_HEIGHT);
    let mut plot = body.with_min_y(heat.bottom() + 3.0);
    if teaching.shows_labels {
        let strip = plot.with_min_y(plot.bottom() - labels::HEIGHT);
        plot.set_bottom(strip.top() - 1.0);
        let query = lane.query.title();
        labels::ui(ui, &painter, strip, query, teaching.labels, scale, palette);
    }
    let saliency = SaliencyScale::new(answer.result.saliency_range(), plot.shrink2(vec2(0.0, 3.0)));

    heat_strip::paint(
        &painter,
        heat,
        &values,
        scale,
        if is_doubtful { 0.55 } else { 1.0 },
    );
    moments::paint_bands(&painter, plot, &lane.moments, scale, full, is_doubtful);
    let plain = lane.plain.as_ref().filter(|_| lane.prompt.is_some());
    if let Some(plain) = plain.filter(|_| teaching.compares) {
        let ink = palette.weak_text;
        curve::paint_ghost(&painter, plot, plain.values(), scale, &saliency, ink);
    }
    if let Some(probabilities) = answer.result.detection.probabilities() {
        let ink = full.gamma_multiply(0.7);
        curve::paint_ghost(
            &painter,
            plot,
            probabilities.values(),
            scale,
            &saliency,
            ink,
        );
    }
    curve::paint(&painter, plot, &values, scale, &saliency, colour);
    if answer.n_clips_done < values.len() {
        veil(&painter, body, answer.n_clips_done, scale, palette);
    }
    let line = threshold::ui(ui, plot, lane, &saliency, actions);
    let is_warm = line
        .as_ref()
        .is_some_and(|line| line.hovered() || line.dragged() || line.has_focus());
    if is_selected || is_warm {
        threshold::paint(ui, &painter, plot, lane, &saliency, is_warm, palette);
    }
    let pin = Rect::from_x_y_ranges(body.x_range(), heat.top()..=heat.bottom() + 4.0);
    let best = answer.result.highlight.clip;
    moments::paint_highlight(&painter, pin, best, scale, colour, palette.lane_background);
    line
}

/// Clips that are only known roughly are shown behind a veil.
fn veil(
    painter: &egui::Painter,
    body: Rect,
    n_clips_done: usize,
    scale: &TimeScale,
    palette: &Palette,
) {
    let from = scale.x_of(ClipIndex(n_clips_done).start_secs());
    let x = Rangef::new(from.max(body.left()), body.right());
    if x.span() > 0.0 {
        let rect = Rect::from_x_y_ranges(x, body.y_range());
        painter.rect_filled(rect, 0.0, palette.lane_background.gamma_multiply(0.55));
    }
}
