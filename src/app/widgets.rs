//! Small controls that several panels share. Each has a name for screen readers.

use egui::text::{CCursor, CCursorRange};
use egui::{Align2, Color32, Response, Role, Sense, Stroke, TextStyle, Ui, Vec2, WidgetInfo};

use crate::app::icons::{self, Icon};
use crate::app::theme::{CONTROL_HEIGHT, CORNER, Palette};

/// How a button looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Only an icon or text until the pointer is over it.
    #[default]
    Plain,
    Raised,
    /// What most people want to do next.
    Primary,
    /// On, for buttons that stay pressed.
    On,
}

/// A button with an icon, words, or both.
#[derive(Clone, Copy, Debug)]
pub struct IconButton<'a> {
    icon: Option<Icon>,
    text: Option<&'a str>,
    name: &'a str,
    hint: Option<&'a str>,
    note: Option<&'a str>,
    look: Look,
    size: f32,
    is_enabled: bool,
}

impl<'a> IconButton<'a> {
    /// Only an icon; `name` is what screen readers say and the tooltip shows.
    pub fn new(icon: Icon, name: &'a str) -> Self {
        Self {
            icon: Some(icon),
            text: None,
            name,
            hint: None,
            note: None,
            look: Look::Plain,
            size: CONTROL_HEIGHT,
            is_enabled: true,
        }
    }

    /// An icon and the words that are also its name.
    pub fn with_text(icon: Icon, text: &'a str) -> Self {
        Self {
            text: Some(text),
            look: Look::Raised,
            ..Self::new(icon, text)
        }
    }

    /// Only words, which are also its name.
    pub fn words(text: &'a str) -> Self {
        Self {
            icon: None,
            ..Self::with_text(Icon::Film, text)
        }
    }

    /// Shown in the tooltip after the name, such as the key.
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// A second line of the tooltip.
    pub fn note(mut self, note: &'a str) -> Self {
        self.note = Some(note);
        self
    }

    pub fn look(mut self, look: Look) -> Self {
        self.look = look;
        self
    }

    /// Height in points.
    pub fn size(mut self, size: f32) -> Self {
        self.size = size;
        self
    }

    pub fn enabled(mut self, is_enabled: bool) -> Self {
        self.is_enabled = is_enabled;
        self
    }

    pub fn show(self, ui: &mut Ui) -> Response {
        ui.add_enabled_ui(self.is_enabled, |ui| self.show_enabled(ui))
            .inner
    }

    fn show_enabled(self, ui: &mut Ui) -> Response {
        let palette = Palette::of(ui);
        let font = TextStyle::Button.resolve(ui.style());
        let galley = self.text.map(|text| {
            ui.painter()
                .layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER)
        });
        let icon_size = (0.5 * self.size).min(16.0);
        let mut width = self.size;
        if let Some(galley) = &galley {
            width = 12.0 + galley.size().x + 12.0;
            if self.icon.is_some() {
                width += icon_size + 8.0;
            }
        }
        let (rect, response) = ui.allocate_exact_size(Vec2::new(width, self.size), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), self.name));

        let is_warm = response.hovered() || response.has_focus();
        let is_down = response.is_pointer_button_down_on();
        let (ground, ink) = match self.look {
            Look::Plain if is_warm => (palette.raised_hover, palette.text),
            Look::Plain => (Color32::TRANSPARENT, palette.text),
            Look::Raised if is_warm => (palette.raised_hover, palette.text),
            Look::Raised => (palette.raised, palette.text),
            Look::Primary if is_warm => (palette.accent.gamma_multiply(0.85), palette.on_accent),
            Look::Primary => (palette.accent, palette.on_accent),
            Look::On => (palette.accent.gamma_multiply(0.25), palette.accent),
        };
        let ground = if is_down {
            ground.gamma_multiply(0.8)
        } else {
            ground
        };
        let painter = ui.painter();
        painter.rect_filled(rect, CORNER, ground);
        focus_ring(ui, &response);
        match (self.icon, galley) {
            (Some(icon), None) => icons::paint(painter, rect, icon, icon_size, ink),
            (icon, Some(galley)) => {
                let mut text_left = rect.left() + 12.0;
                if let Some(icon) = icon {
                    let mut icon_rect = rect;
                    icon_rect.set_left(text_left);
                    icon_rect.set_width(icon_size);
                    icons::paint(painter, icon_rect, icon, icon_size, ink);
                    text_left += icon_size + 8.0;
                }
                let place = Align2::LEFT_CENTER
                    .anchor_size(egui::pos2(text_left, rect.center().y), galley.size());
                painter.galley(place.min, galley, ink);
            }
            (None, None) => {}
        }
        // Words that are on the button need no tooltip.
        let first_line = match (self.text, self.hint) {
            (Some(_), hint) => hint.map(str::to_owned),
            (None, Some(hint)) => Some(format!("{} ({hint})", self.name)),
            (None, None) => Some(self.name.to_owned()),
        };
        let note = self.note.map(str::to_owned);
        let lines: Vec<_> = first_line.into_iter().chain(note).collect();
        if lines.is_empty() {
            return response;
        }
        response.on_hover_text(lines.join("\n"))
    }
}

/// A menu below a button. Opened by a key, its first item has the keyboard; a click into it leaves it
/// open, so that its switches can be tried, and its items close it themselves.
pub fn menu(response: &Response, id: egui::Id, contents: impl FnOnce(&mut Ui)) {
    let ctx = response.ctx.clone();
    let popup = egui::Popup::menu(response)
        .id(id)
        .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
    let is_opened_by_key = response.clicked() && response.has_focus();
    if is_opened_by_key {
        ctx.data_mut(|data| data.insert_temp(id.with("by key"), ()));
    }
    let Some(shown) = popup.show(contents) else {
        return;
    };
    // In its first pass a menu is only measured, and nothing in it can have the keyboard.
    let by_key = id.with("by key");
    if ctx.data(|data| data.get_temp::<()>(by_key)).is_some() {
        let first = ctx.viewport(|viewport| {
            let widgets = viewport
                .this_pass
                .widgets
                .get_layer(shown.response.layer_id);
            let mut items = widgets.filter(|item| item.enabled && item.sense.is_focusable());
            items.next().map(|item| item.id)
        });
        if let Some(first) = first {
            ctx.data_mut(|data| data.remove::<()>(by_key));
            ctx.memory_mut(|memory| memory.request_focus(first));
        }
    }
}

/// Opens a menu as by a key, or closes it.
pub fn toggle_menu(ctx: &egui::Context, id: egui::Id) {
    egui::Popup::toggle_id(ctx, id);
    if egui::Popup::is_id_open(ctx, id) {
        ctx.data_mut(|data| data.insert_temp(id.with("by key"), ()));
    }
}

/// A raised ground across the panel, for what is said about the query as a whole.
pub fn card(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let palette = Palette::of(ui);
    egui::Frame::new()
        .fill(palette.raised)
        .corner_radius(CORNER)
        .inner_margin(10)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 4.0;
            contents(ui);
        });
}

/// Selects the text of a field, so that typing replaces it.
pub fn select_all(ctx: &egui::Context, field: egui::Id, text: &str) {
    select(ctx, field, 0..text.chars().count());
}

/// Selects characters of a field.
pub fn select(ctx: &egui::Context, field: egui::Id, characters: std::ops::Range<usize>) {
    let mut state = egui::text_edit::TextEditState::load(ctx, field).unwrap_or_default();
    let range = CCursorRange::two(CCursor::new(characters.start), CCursor::new(characters.end));
    state.cursor.set_char_range(Some(range));
    state.store(ctx, field);
}

/// Shows which control has the keyboard.
pub fn focus_ring(ui: &Ui, response: &Response) {
    let palette = Palette::of(ui);
    if response.has_focus() {
        ui.painter().rect_stroke(
            response.rect,
            CORNER,
            Stroke::new(1.5, palette.accent),
            egui::StrokeKind::Inside,
        );
    }
}

/// Text cut with an ellipsis where it would be wider than `width`.
pub fn elided(
    ui: &Ui,
    text: &str,
    style: &TextStyle,
    colour: Color32,
    width: f32,
) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(
        text.to_owned(),
        style.resolve(ui.style()),
        colour,
    );
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(8.0));
    ui.painter().layout_job(job)
}
