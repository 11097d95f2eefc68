//! Cards in rows, of which only those on screen are drawn: there may be ten thousand.

use std::hash::Hash;

use egui::{Rect, ScrollArea, Ui, pos2, vec2};

use crate::app::theme::GAP;

/// How large a card is.
#[derive(Clone, Copy, Debug)]
pub struct CardSize {
    pub least_width: f32,
    /// Below a picture of 16:9.
    pub words_height: f32,
}

/// `card` draws the card of a number into its place. `shown_first` is scrolled to.
pub fn grid(
    ui: &mut Ui,
    salt: impl Hash + std::fmt::Debug,
    n: usize,
    size: CardSize,
    shown_first: Option<usize>,
    mut card: impl FnMut(&mut Ui, usize, Rect),
) {
    let list = ScrollArea::vertical()
        .id_salt(salt)
        .auto_shrink(false)
        // However low the window is, nothing reaches out of the panel.
        .min_scrolled_height(0.0);
    list.show_viewport(ui, |ui, viewport| {
        let width = ui.available_width();
        let n_columns = ((width + GAP) / (size.least_width + GAP)).floor().max(1.0);
        let card_width = (width - (n_columns - 1.0) * GAP) / n_columns;
        let card_height = card_width * 9.0 / 16.0 + size.words_height;
        let row_height = card_height + GAP;
        let n_columns = n_columns as usize;
        let n_rows = n.div_ceil(n_columns);
        ui.set_height(n_rows as f32 * row_height);
        let origin = ui.max_rect().min;
        let place = |at: usize| {
            let (row, column) = (at / n_columns, at % n_columns);
            let left = origin.x + column as f32 * (card_width + GAP);
            let top = origin.y + row as f32 * row_height;
            Rect::from_min_size(pos2(left, top), vec2(card_width, card_height))
        };
        if let Some(at) = shown_first {
            ui.scroll_to_rect(place(at), None);
        }
        // One more on each side, so that the keyboard can go there.
        let first = ((viewport.top() / row_height).floor().max(1.0) as usize - 1) * n_columns;
        let end = ((viewport.bottom() / row_height).ceil().max(0.0) as usize + 1) * n_columns;
        for at in first..end.min(n) {
            card(ui, at, place(at));
        }
    });
}
