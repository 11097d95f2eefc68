//! The labels: a coloured strip under the curve, and the clips about to be graded.

use egui::{Rect, Role, Sense, Stroke, Ui, WidgetInfo};

use crate::app::colours::grade_colour;
use crate::app::session::Selection;
use crate::app::timeline::strip::Strip;
use crate::domain::{Grade, Labels};

pub const HEIGHT: f32 = 8.0;

/// One field per labelled clip.
pub fn ui(ui: &Ui, strip: &Strip<'_>, query: &str, labels: Option<&Labels>) {
    let Strip {
        painter,
        rect,
        time,
        palette,
    } = strip.within(strip.rect);
    let id = ui.scope_id().with(("labels", query));
    let name = description(query, labels);
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    painter.rect_filled(rect, 0.0, palette.line.gamma_multiply(0.4));
    for (clip, grade) in labels.iter().flat_map(|labels| &labels.grades) {
        let x = time.x_of(clip.start_secs())..=time.x_of(clip.end_secs()).max(1.0);
        let width = x.end() - x.start();
        let field = Rect::from_x_y_ranges(x, rect.y_range());
        // A gap shows single clips, where there is room for one.
        let gap = if width > 5.0 { 0.75 } else { 0.0 };
        let colour = grade_colour(*grade, palette.is_dark);
        painter.rect_filled(field.shrink2(egui::vec2(gap, 1.0)), 1.0, colour);
    }
}

/// `Labels of a kite: 3 very good, 2 very bad`.
fn description(query: &str, labels: Option<&Labels>) -> String {
    let Some(labels) = labels else {
        return format!("Labels of {query}: none");
    };
    let counts: Vec<_> = Grade::ALL
        .iter()
        .rev()
        .filter_map(|grade| {
            let n = labels
                .grades
                .values()
                .filter(|given| *given == grade)
                .count();
            (n > 0).then(|| format!("{n} {}", grade.name().to_lowercase()))
        })
        .collect();
    format!("Labels of {query}: {}", counts.join(", "))
}

/// The selected clips, over all lanes.
pub fn paint_selection(strip: &Strip<'_>, selection: Selection) {
    let Strip {
        painter,
        rect,
        time,
        palette,
    } = strip.within(strip.rect);
    let span = selection.span();
    let x = time.x_of(span.start_secs)..=time.x_of(span.end_secs);
    let area = Rect::from_x_y_ranges(x, rect.y_range());
    painter.rect_filled(area, 0.0, palette.accent.gamma_multiply(0.16));
    let stroke = Stroke::new(1.5, palette.accent);
    painter.vline(area.left(), rect.y_range(), stroke);
    painter.vline(area.right(), rect.y_range(), stroke);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClipIndex;

    #[test]
    fn labels_are_read_out() {
        assert_eq!(description("a kite", None), "Labels of a kite: none");
        let mut labels = Labels::default();
        for (clip, grade) in [(0, Grade::VeryBad), (4, Grade::Good), (5, Grade::Good)] {
            labels.set(ClipIndex(clip), Some(grade));
        }
        assert_eq!(
            description("a kite", Some(&labels)),
            "Labels of a kite: 2 good, 1 very bad"
        );
    }
}
