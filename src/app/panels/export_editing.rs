//! What is done to moments before they are written: padding, least length, joining, order, names.

use egui::{DragValue, RichText, TextEdit, Ui};

use crate::app::action::{Actions, File};
use crate::app::session::Session;
use crate::app::theme::Palette;
use crate::domain::{MomentOrder, Shaping};

/// Nobody pads by more than a minute; more is typed.
const MOST_SECS: f64 = 60.0;

const ORDERS: [(Option<MomentOrder>, &str, &str); 3] = [
    (
        None,
        "usual",
        "By time in edit lists, the best first elsewhere",
    ),
    (Some(MomentOrder::Time), "by time", "As in the video"),
    (Some(MomentOrder::Score), "best first", "By score"),
];

pub fn ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let palette = Palette::of(ui);
    let small = |text: &str| RichText::new(text).small().color(palette.weak_text);
    let choice = session.export_choice();
    let mut shaping = choice.shaping;
    egui::Grid::new("editing").num_columns(2).show(ui, |ui| {
        ui.label(small("Seconds before and after"));
        ui.horizontal(|ui| {
            seconds(ui, "Seconds before", &mut shaping.before_secs);
            seconds(ui, "Seconds after", &mut shaping.after_secs);
        });
        ui.end_row();
        ui.label(small("At least so long"));
        seconds(ui, "Least length", &mut shaping.least_secs);
        ui.end_row();
        let mut joins = shaping.join_gap_secs.is_some();
        let title = small("Join near ones, gap up to");
        if ui.checkbox(&mut joins, title).changed() {
            shaping.join_gap_secs = joins.then_some(2.0);
        }
        if let Some(gap_secs) = &mut shaping.join_gap_secs {
            seconds(ui, "Gap that is joined", gap_secs);
        }
        ui.end_row();
        ui.label(small("Order"));
        ui.horizontal(|ui| {
            for (order, title, about) in ORDERS {
                let label = ui.selectable_label(choice.order == order, title);
                if label.on_hover_text(about).clicked() {
                    actions.push(File::ExportOrder(order));
                }
            }
        });
        ui.end_row();
        ui.label(small("Names of video files"));
        let mut names = choice.names.clone();
        let field = TextEdit::singleline(&mut names)
            .hint_text("{video}-{n}-{start}-{end}")
            .desired_width(170.0);
        let field = ui.add(field).accessible_name("Names of video files");
        let about = "Also {query}, {rank} and {score}";
        if field.on_hover_text(about).changed() {
            actions.push(File::ExportNames(names));
        }
        ui.end_row();
    });
    let mut is_exact = choice.is_exact;
    let exact = ui.checkbox(
        &mut is_exact,
        small("Video files begin and end on the very frame"),
    );
    let about = "The edges are encoded anew in the codec of the video, the rest is copied";
    if exact.on_hover_text(about).changed() {
        actions.push(File::ExportExactly(is_exact));
    }
    if let Some(problem) = choice.problem_of_names() {
        ui.label(RichText::new(problem).small().color(palette.error));
    }
    if shaping != choice.shaping {
        actions.push(File::ExportShaping(shaping));
    }
    if !shaping.is_nothing() && ui.small_button("As they were found").clicked() {
        actions.push(File::ExportShaping(Shaping::default()));
    }
}

fn seconds(ui: &mut Ui, name: &str, secs: &mut f64) {
    let value = DragValue::new(secs)
        .range(0.0..=MOST_SECS)
        .speed(0.05)
        .max_decimals(2)
        .suffix(" s");
    ui.add(value).accessible_name(name);
}
