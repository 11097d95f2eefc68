//! What came of teaching: better or not, by how much, and the choice.

use egui::{Color32, Grid, RichText, Ui};

use crate::app::action::{Actions, Teach};
use crate::app::session::Lane;
use crate::app::theme::Palette;
use crate::app::widgets::card;
use crate::domain::{count, verb};
use crate::learn::{ENOUGH_LABELS, Verdict};
use crate::model::prompt::HeldOutScores;
use crate::worker::Lesson;

pub fn ui(ui: &mut Ui, lane: &Lane, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let Some(lesson) = &lane.lesson else { return };
    ui.add_space(6.0);
    card(ui, |ui| match lesson {
        Ok(lesson) => learned(ui, lane, lesson, actions),
        Err(message) => {
            title(ui, "Nothing learned", palette.warning);
            ui.label(RichText::new(message).small().color(palette.text));
        }
    });
}

type Score = fn(&HeldOutScores) -> Option<f64>;

/// What the table compares, in percent.
const ROWS: [(&str, Score); 4] = [
    ("Best clip right", |scores| Some(scores.hit1)),
    ("Clips in order", |scores| Some(scores.mean_ap)),
    ("Of the clips shown, right", |scores| {
        scores.shown?.precision()
    }),
    ("Of the right clips, shown", |scores| scores.shown?.recall()),
];

fn title(ui: &mut Ui, text: &str, colour: Color32) {
    ui.label(RichText::new(text).color(colour));
}

fn learned(ui: &mut Ui, lane: &Lane, lesson: &Lesson, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let (text, colour) = match lesson.verdict {
        Verdict::Better => ("Learned", palette.accent),
        Verdict::NotBetter | Verdict::Unchecked => ("Kept aside", palette.warning),
    };
    title(ui, text, colour);
    let is_used = lane.prompt.as_ref() == Some(&lesson.prompt);
    ui.label(
        RichText::new(explanation(lesson, is_used))
            .small()
            .color(palette.text),
    );
    if let (Some(before), Some(after)) = (lesson.before, lesson.after) {
        ui.spacing_mut().interact_size.y = 16.0;
        Grid::new("scores")
            .num_columns(3)
            .spacing([14.0, 2.0])
            .show(ui, |ui| {
                let cell = |ui: &mut Ui, text: String, colour| {
                    ui.label(RichText::new(text).small().color(colour));
                };
                cell(ui, String::new(), palette.weak_text);
                cell(ui, "words".to_owned(), palette.weak_text);
                cell(ui, "taught".to_owned(), palette.weak_text);
                ui.end_row();
                for (name, of) in ROWS {
                    let (was, is) = (of(&before), of(&after));
                    if was.is_none() && is.is_none() {
                        continue;
                    }
                    cell(ui, name.to_owned(), palette.weak_text);
                    for value in [was, is] {
                        let text = value.map_or_else(|| "–".to_owned(), |x| format!("{x:.1}"));
                        cell(ui, text, palette.text);
                    }
                    ui.end_row();
                }
            });
    }
    let (text, prompt) = if is_used {
        ("Back to the plain words", None)
    } else {
        ("Use it anyway", Some(lesson.prompt.clone()))
    };
    let button = egui::Button::new(text).fill(palette.raised_hover);
    if ui.add(button).clicked() {
        actions.push(Teach::UsePrompt(lane.id, prompt));
    }
}

/// Whether no number of the table falls and one rises.
fn looks_better(lesson: &Lesson) -> bool {
    let (Some(before), Some(after)) = (lesson.before, lesson.after) else {
        return false;
    };
    let pairs = [(before.hit1, after.hit1), (before.mean_ap, after.mean_ap)];
    pairs.iter().all(|(was, is)| is >= was) && pairs.iter().any(|(was, is)| is > was)
}

fn explanation(lesson: &Lesson, is_used: bool) -> String {
    let search = if is_used {
        "It answers because you asked for it"
    } else {
        "The search stays as it was"
    };
    let videos = count(lesson.n_videos, "video");
    let from = format!("From {} on {videos}", count(lesson.n_labels, "label"));
    match lesson.verdict {
        Verdict::Better => format!("{from}: better on labels that it did not learn from."),
        // The table below it says so, and a few labels can look good by chance.
        Verdict::NotBetter if looks_better(lesson) => {
            let missing = ENOUGH_LABELS.saturating_sub(lesson.n_labels).max(2);
            format!(
                "{from}: looks better, but {} {} too few to be sure. {search}; label {} more.",
                count(lesson.n_labels, "label"),
                verb(lesson.n_labels, "is", "are"),
                count(missing, "clip"),
            )
        }
        Verdict::NotBetter => format!(
            "{from}: no better on labels that it did not learn from. {search}; label a few more \
             clips."
        ),
        Verdict::Unchecked => format!(
            "{from}: too few to check whether it is better. {search}; label a few more clips, some \
             where it happens and some where it does not."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HeldOutScores;

    #[test]
    fn the_words_agree_with_the_table() {
        let scores = |hit1, mean_ap| HeldOutScores {
            hit1,
            mean_ap,
            shown: None,
        };
        let mut lesson = Lesson {
            prompt: "a kite".to_owned(),
            verdict: Verdict::NotBetter,
            before: Some(scores(50.0, 75.0)),
            after: Some(scores(100.0, 100.0)),
            n_labels: 7,
            n_videos: 1,
        };
        let text = explanation(&lesson, false);
        assert!(
            text.contains("looks better, but 7 labels are too few"),
            "{text}"
        );
        assert!(text.contains("label 3 clips more"), "{text}");
        lesson.after = Some(scores(0.0, 100.0));
        let text = explanation(&lesson, false);
        assert!(text.contains("no better"), "{text}");
    }
}
