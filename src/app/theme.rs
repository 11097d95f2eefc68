//! The look: one dark and one light theme, from one table of colours and one of sizes.

use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, Style, TextStyle, Ui, Vec2};

use crate::app::settings::Theme;

/// Space between things that belong together, and the unit of all larger gaps.
pub const GAP: f32 = 8.0;

/// Inner margin of bars and panels.
pub const MARGIN: f32 = 12.0;

/// Height of buttons and fields.
pub const CONTROL_HEIGHT: f32 = 32.0;

pub const CORNER: u8 = 6;

/// The colours of a theme by what they are for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    pub is_dark: bool,
    /// Behind everything.
    pub background: Color32,
    /// Bars and panels.
    pub panel: Color32,
    /// What lies on a panel: cards, buttons.
    pub raised: Color32,
    pub raised_hover: Color32,
    /// Fields to type into.
    pub field: Color32,
    pub line: Color32,
    pub text: Color32,
    pub weak_text: Color32,
    /// What can be done next.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    pub warning: Color32,
    pub error: Color32,
    pub video_background: Color32,
    pub lane_background: Color32,
    pub playhead: Color32,
    pub shadow: Color32,
}

impl Palette {
    pub fn new(is_dark: bool) -> Self {
        let rgb = |hex: u32| Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8);
        if is_dark {
            Self {
                is_dark,
                background: rgb(0x0f1115),
                panel: rgb(0x16191f),
                raised: rgb(0x232831),
                raised_hover: rgb(0x2e3541),
                field: rgb(0x0f1217),
                line: rgb(0x2b313b),
                text: rgb(0xe4e8ee),
                weak_text: rgb(0x98a2b0),
                accent: rgb(0x56b4e9),
                on_accent: rgb(0x06121b),
                warning: rgb(0xf0b429),
                error: rgb(0xff7a66),
                video_background: rgb(0x050608),
                lane_background: rgb(0x0f1217),
                playhead: rgb(0xffffff),
                shadow: Color32::from_black_alpha(120),
            }
        } else {
            Self {
                is_dark,
                background: rgb(0xe9ecf0),
                panel: rgb(0xf7f8fa),
                raised: rgb(0xe6e9ee),
                raised_hover: rgb(0xd8dde4),
                field: rgb(0xffffff),
                line: rgb(0xd3d8df),
                text: rgb(0x1b2027),
                weak_text: rgb(0x57616e),
                accent: rgb(0x0072b2),
                on_accent: rgb(0xffffff),
                warning: rgb(0x835700),
                error: rgb(0xb3261e),
                video_background: rgb(0x14171c),
                lane_background: rgb(0xffffff),
                playhead: rgb(0x111418),
                shadow: Color32::from_black_alpha(40),
            }
        }
    }

    /// The palette that this part of the window is drawn in.
    pub fn of(ui: &Ui) -> Self {
        Self::new(ui.visuals().dark_mode)
    }
}

/// Gives egui both themes; [`apply`] chooses.
pub fn install(ctx: &egui::Context) {
    for theme in [egui::Theme::Dark, egui::Theme::Light] {
        let palette = Palette::new(theme == egui::Theme::Dark);
        ctx.style_mut_of(theme, |style| fill_in(style, &palette));
    }
}

/// Switches to what the settings say.
pub fn apply(ctx: &egui::Context, theme: Theme) {
    ctx.set_theme(match theme {
        Theme::Dark => egui::ThemePreference::Dark,
        Theme::Light => egui::ThemePreference::Light,
        Theme::System => egui::ThemePreference::System,
    });
}

fn fill_in(style: &mut Style, palette: &Palette) {
    let proportional = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, proportional(12.0)),
        (TextStyle::Body, proportional(14.0)),
        (TextStyle::Button, proportional(14.0)),
        (TextStyle::Heading, proportional(20.0)),
        (
            TextStyle::Monospace,
            FontId::new(13.0, FontFamily::Monospace),
        ),
    ]
    .into();
    style.animation_time = 0.12;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;

    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::splat(GAP);
    spacing.button_padding = Vec2::new(10.0, 6.0);
    spacing.interact_size = Vec2::new(CONTROL_HEIGHT, CONTROL_HEIGHT);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(14);
    spacing.slider_width = 84.0;
    spacing.slider_rail_height = 4.0;
    spacing.menu_spacing = 4.0;
    spacing.icon_width = 16.0;
    spacing.scroll = egui::style::ScrollStyle::thin();

    let visuals = &mut style.visuals;
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.window_shadow.color = palette.shadow;
    visuals.popup_shadow.color = palette.shadow;
    visuals.extreme_bg_color = palette.field;
    visuals.faint_bg_color = palette.raised;
    visuals.code_bg_color = palette.raised;
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.warning;
    visuals.error_fg_color = palette.error;
    visuals.weak_text_color = Some(palette.weak_text);
    visuals.selection.bg_fill = palette.accent.gamma_multiply(0.4);
    visuals.selection.stroke = Stroke::new(1.5, palette.accent);
    visuals.text_cursor.stroke = Stroke::new(2.0, palette.accent);
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = egui::style::HandleShape::Circle;
    visuals.interact_cursor = Some(egui::CursorIcon::PointingHand);

    let widgets = &mut visuals.widgets;
    let corner_radius = CornerRadius::same(CORNER);
    let fill = |visuals: &mut egui::style::WidgetVisuals, ground, line, text| {
        visuals.bg_fill = ground;
        visuals.weak_bg_fill = ground;
        visuals.bg_stroke = line;
        visuals.fg_stroke = Stroke::new(1.0, text);
        visuals.corner_radius = corner_radius;
        visuals.expansion = 0.0;
    };
    let thin = Stroke::new(1.0, palette.line);
    fill(
        &mut widgets.noninteractive,
        palette.panel,
        thin,
        palette.text,
    );
    fill(
        &mut widgets.inactive,
        palette.raised,
        Stroke::NONE,
        palette.text,
    );
    // Rings and boxes that are not chosen, on the ground of a menu.
    widgets.inactive.bg_fill = palette.line;
    fill(
        &mut widgets.hovered,
        palette.raised_hover,
        thin,
        palette.text,
    );
    fill(
        &mut widgets.active,
        palette.raised_hover,
        Stroke::new(1.0, palette.accent),
        palette.text,
    );
    fill(&mut widgets.open, palette.raised_hover, thin, palette.text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: Color32) -> f32 {
        let linear = egui::Rgba::from(colour);
        0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
    }

    #[test]
    fn text_can_be_read_on_everything_it_lies_on() {
        for is_dark in [true, false] {
            let palette = Palette::new(is_dark);
            for (text, ground) in [
                (palette.text, palette.panel),
                (palette.text, palette.raised),
                (palette.text, palette.raised_hover),
                (palette.text, palette.field),
                (palette.weak_text, palette.panel),
                (palette.weak_text, palette.raised),
                (palette.weak_text, palette.background),
                (palette.on_accent, palette.accent),
                (palette.error, palette.panel),
                (palette.warning, palette.panel),
                (palette.error, palette.raised),
                (palette.warning, palette.raised),
            ] {
                let (a, b) = (luminance(text) + 0.05, luminance(ground) + 0.05);
                let ratio = (a / b).max(b / a);
                assert!(ratio >= 4.5, "{text:?} on {ground:?}: {ratio:.2}");
            }
        }
    }
}
