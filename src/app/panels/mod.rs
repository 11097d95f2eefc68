//! The parts of the window: each draws from the session and says what the user did.

pub mod about;
pub mod detector_menu;
pub mod empty;
mod export_editing;
pub mod export_menu;
pub mod go_to;
pub mod keys_list;
pub mod library;
pub mod main_menu;
mod model_card;
pub mod model_menu;
pub mod notices;
mod on_picture;
pub mod open_menu;
mod path_completion;
pub mod path_field;
pub mod query_bar;
pub mod recent;
pub mod results;
pub mod side;
mod span_card;
pub mod status_bar;
pub mod teach;
pub mod transport;
