//! The button that has the model learn, and how learning goes.

use egui::{Painter, ProgressBar, Rect, RichText, Sense, Shape, Stroke, Ui, pos2, vec2};

use crate::app::action::{Actions, Teach};
use crate::app::icons::Icon;
use crate::app::session::{LabelCounts, Lane, Session, TeachRun};
use crate::app::theme::{CORNER, Palette};
use crate::app::widgets::{IconButton, Look};
use crate::domain::{count, verb};
use crate::learn::{ENOUGH_LABELS, Phase, Progress};

const PLOT_HEIGHT: f32 = 64.0;

pub fn ui(ui: &mut Ui, session: &Session, lane: &Lane, actions: &mut Actions) {
    let palette = Palette::of(ui);
    match session.teaching() {
        Some(run) if run.query == lane.id => running(ui, run, actions),
        other => {
            let labels = session.label_counts();
            // Labels of the same words on other videos count as well; the worker knows of them.
            let look = match labels.n() {
                ENOUGH_LABELS.. => Look::Primary,
                _ => Look::Raised,
            };
            let is_shown = session.video().is_some() || session.shown_wall().is_some();
            let can_start = other.is_none() && is_shown;
            ui.horizontal(|ui| {
                let button = IconButton::with_text(Icon::Target, "Retrain").look(look);
                if button.enabled(can_start).show(ui).clicked() {
                    actions.push(Teach::Start);
                }
                if labels.n() > 0 {
                    let text = RichText::new(counts(labels)).small();
                    ui.add(egui::Label::new(text.color(palette.weak_text)).wrap());
                }
            });
            if other.is_some() {
                let text = "Another query is being taught.";
                ui.label(RichText::new(text).small().color(palette.weak_text));
            }
        }
    }
}

/// `23 clips labelled: 8 fit, 15 do not`, and what is missing.
fn counts(labels: LabelCounts) -> String {
    let LabelCounts { n_good, n_bad, .. } = labels;
    let n = labels.n();
    let on = match labels.n_videos {
        1 => String::new(),
        n_videos => format!(" on {n_videos} videos"),
    };
    let missing = if n_good == 0 {
        ". Label some where it happens."
    } else if n_bad == 0 {
        ". Label some where it does not happen."
    } else if n < ENOUGH_LABELS {
        ". A few more, and it can be checked whether what was learned is better."
    } else {
        ""
    };
    format!(
        "{} labelled{on}: {n_good} {}, {n_bad} {} not{missing}",
        count(n, "clip"),
        verb(n_good, "fits", "fit"),
        verb(n_bad, "does", "do"),
    )
}

fn running(ui: &mut Ui, run: &TeachRun, actions: &mut Actions) {
    ui.horizontal(|ui| {
        let stop = IconButton::with_text(Icon::Close, "Stop and keep the best");
        if stop.enabled(!run.is_stopping).show(ui).clicked() {
            actions.push(Teach::Stop);
        }
    });
}

/// How the training of this query goes.
pub fn progress_ui(ui: &mut Ui, session: &Session, lane: &Lane) {
    let Some(run) = session.teaching().filter(|run| run.query == lane.id) else {
        return;
    };
    let palette = Palette::of(ui);
    let small = |text: String| RichText::new(text).small().color(palette.text);
    let Some(progress) = &run.progress else {
        ui.label(small("Reading the labels…".to_owned()));
        return;
    };
    let part = progress.step as f32 / progress.n_steps.max(1) as f32;
    ui.add(
        ProgressBar::new(part)
            .desired_height(6.0)
            .fill(palette.accent),
    );
    ui.label(small(progress_text(progress)));
    loss_plot(ui, &run.losses);
    if let (Some(before), Some(now)) = (progress.before, progress.now) {
        let text = format!(
            "On labels not learned from: mAP {:.1}, by the plain words {:.1}",
            now.mean_ap, before.mean_ap
        );
        ui.label(RichText::new(text).small().color(palette.weak_text));
    }
}

/// `Learning · step 23 of 100 · 18.2 per second · 4 s left`.
fn progress_text(progress: &Progress) -> String {
    let phase = match progress.phase {
        Phase::Baseline => "Asking by the plain words",
        Phase::Context => "Learning",
        Phase::Features => "Calibrating",
        Phase::Head => "Learning moments",
        Phase::Done => "Done",
    };
    let mut text = phase.to_owned();
    if progress.n_steps > 0 {
        text.push_str(&format!(
            " · step {} of {}",
            progress.step, progress.n_steps
        ));
        text.push_str(&format!(" · {:.1} per second", progress.steps_per_sec));
    }
    if let Some(secs) = progress.secs_left {
        text.push_str(&format!(" · {:.0} s left", secs.ceil()));
    }
    text
}

/// The loss of each step, from the first on, down to zero.
fn loss_plot(ui: &mut Ui, losses: &[f32]) {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), PLOT_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let latest = losses.last().copied();
    let name = latest.map_or("Loss".to_owned(), |loss| format!("Loss {loss:.4}"));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &name));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, CORNER, palette.lane_background);
    curve(ui, &painter, rect.shrink(6.0), losses);
    let font = egui::TextStyle::Small.resolve(ui.style());
    // The loss falls to the right: this corner stays free.
    let corner = rect.left_bottom() + vec2(8.0, -6.0);
    painter.text(
        corner,
        egui::Align2::LEFT_BOTTOM,
        name,
        font,
        palette.weak_text,
    );
}

fn curve(ui: &Ui, painter: &Painter, rect: Rect, losses: &[f32]) {
    let palette = Palette::of(ui);
    let most = losses.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let last = losses.len().saturating_sub(1).max(1) as f32;
    let points: Vec<_> = losses
        .iter()
        .enumerate()
        .map(|(i, loss)| {
            pos2(
                rect.left() + i as f32 / last * rect.width(),
                rect.bottom() - loss / most * rect.height(),
            )
        })
        .collect();
    painter.add(Shape::line(points, Stroke::new(1.5, palette.accent)));
}
