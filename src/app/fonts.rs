//! The font of the window, and fonts of the system for letters that it lacks: Hangul, Han, Arabic,
//! and so on.
//!
//! egui asks when it meets a letter for the first time, and needs the font at once; the list of
//! fonts is made beforehand on a thread, because that takes a while where many are installed.

use std::sync::{Arc, OnceLock};

use egui::epaint::text::{FontInsert, FontPriority, InsertFontFamily};
use egui::{FallbackRequest, FontData, FontFamily, FontProvider};
use resvg::usvg::fontdb;
use skrifa::MetadataProvider as _;

use crate::worker::Background;

/// Finds fonts among those that are installed.
#[derive(Default)]
struct SystemFonts {
    database: OnceLock<fontdb::Database>,
}

/// Made for screens; its licence is in the same folder.
const INTER: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");

/// Writes in Inter, and in the fonts of the system where that has no letter.
pub fn install(ctx: &egui::Context) {
    ctx.add_font(FontInsert::new(
        "Inter",
        FontData::from_static(INTER),
        vec![InsertFontFamily {
            family: FontFamily::Proportional,
            priority: FontPriority::Highest,
        }],
    ));
    let fonts = Arc::new(SystemFonts::default());
    let early = Arc::clone(&fonts);
    let started = Background::<()>::start(
        "fonts",
        || {},
        move |_| {
            early.database();
        },
    );
    if let Err(error) = started {
        // Then they are listed when they are needed.
        log::debug!("no thread for listing fonts: {error}");
    }
    ctx.add_font_provider(fonts);
}

impl SystemFonts {
    fn database(&self) -> &fontdb::Database {
        self.database.get_or_init(|| {
            let mut database = fontdb::Database::new();
            database.load_system_fonts();
            database
        })
    }
}

impl FontProvider for SystemFonts {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let letter = request.cluster.chars().next()?;
        let database = self.database();
        let mut faces: Vec<_> = database.faces().collect();
        faces.sort_by_key(|face| strangeness(face, request.family));
        faces.into_iter().find_map(|face| {
            database.with_face_data(face.id, |data, index| {
                let font = skrifa::FontRef::from_index(data, index).ok()?;
                font.charmap().map(letter)?;
                let mut font_data = FontData::from_owned(data.to_vec());
                font_data.index = index;
                Some(FontInsert::new(
                    &format!("{} {index}", face.post_script_name),
                    font_data,
                    vec![InsertFontFamily {
                        family: request.family.clone(),
                        priority: FontPriority::Lowest,
                    }],
                ))
            })?
        })
    }
}

/// How far a face is from the plain upright sans-serif of the window; less is better.
fn strangeness(face: &fontdb::FaceInfo, family: &FontFamily) -> u32 {
    let name = face.families.first().map_or("", |(name, _)| name.as_str());
    let wants_monospaced = *family == FontFamily::Monospace;
    let mut strangeness = u32::from(face.weight.0.abs_diff(400));
    if face.style != fontdb::Style::Normal {
        strangeness += 2000;
    }
    if face.stretch != fontdb::Stretch::Normal {
        strangeness += 1500;
    }
    if face.monospaced != wants_monospaced {
        strangeness += 800;
    }
    if !(name.contains("Sans") || name.contains("Gothic")) {
        strangeness += 1000;
    }
    strangeness
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_an_installed_font_has_are_found() {
        let fonts = SystemFonts::default();
        // Whatever this machine has: each face's own first letter beyond Latin must be found.
        let mut n_checked = 0;
        for letter in ['한', '語', 'ع', 'Ж', 'α'] {
            let request = FallbackRequest {
                cluster: &letter.to_string(),
                family: &FontFamily::Proportional,
            };
            let Some(insert) = fonts.font_for(&request) else {
                continue;
            };
            let font = skrifa::FontRef::from_index((*insert.data.font).as_ref(), insert.data.index)
                .unwrap();
            assert!(
                font.charmap().map(letter).is_some(),
                "{letter} in {}",
                insert.name
            );
            n_checked += 1;
        }
        assert!(
            n_checked > 0,
            "no font with any of these letters is installed"
        );
    }
}
