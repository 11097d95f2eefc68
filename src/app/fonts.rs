//! The font of the window, and other fonts for letters that it lacks: those of the system, and for
//! Korean at last one of our own.
//!
//! egui asks when it meets a letter for the first time, and needs the font at once; the list of
//! fonts is made beforehand on a thread, because that takes a while where many are installed.

use std::sync::{Arc, OnceLock};

use egui::epaint::text::{FontInsert, FontPriority, InsertFontFamily};
use egui::{FallbackRequest, FontData, FontFamily, FontProvider};
use resvg::usvg::fontdb;
use skrifa::MetadataProvider as _;

use crate::domain::HANGUL_FONT;
use crate::worker::Background;

/// Finds fonts for letters: first among those that are installed, then in the program.
#[derive(Default)]
struct FallbackFonts {
    installed: OnceLock<fontdb::Database>,
}

/// Made for screens; its licence is in the same folder.
const INTER: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");

/// Writes in Inter, and in other fonts where that lacks a letter.
pub fn install(ctx: &egui::Context) {
    ctx.add_font(FontInsert::new(
        "Inter",
        FontData::from_static(INTER),
        vec![InsertFontFamily {
            family: FontFamily::Proportional,
            priority: FontPriority::Highest,
        }],
    ));
    let fonts = Arc::new(FallbackFonts::default());
    let early = Arc::clone(&fonts);
    let started = Background::<()>::start(
        "fonts",
        || {},
        move |_| {
            early.installed();
        },
    );
    if let Err(error) = started {
        // Then they are listed when they are needed.
        log::debug!("no thread for listing fonts: {error}");
    }
    ctx.add_font_provider(fonts);
}

impl FallbackFonts {
    fn installed(&self) -> &fontdb::Database {
        self.installed.get_or_init(|| {
            let mut database = fontdb::Database::new();
            database.load_system_fonts();
            database
        })
    }

    /// The installed font with this letter that looks most like the window's own.
    fn find_installed(&self, letter: char, family: &FontFamily) -> Option<FontInsert> {
        let database = self.installed();
        let mut faces: Vec<_> = database.faces().collect();
        faces.sort_by_key(|face| strangeness(face, family));
        faces.into_iter().find_map(|face| {
            database.with_face_data(face.id, |data, index| {
                let font = skrifa::FontRef::from_index(data, index).ok()?;
                font.charmap().map(letter)?;
                let mut font_data = FontData::from_owned(data.to_vec());
                font_data.index = index;
                let name = format!("{} {index}", face.post_script_name);
                Some(last_in(family, &name, font_data))
            })?
        })
    }
}

impl FontProvider for FallbackFonts {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let letter = request.cluster.chars().next()?;
        self.find_installed(letter, request.family).or_else(|| {
            let font = skrifa::FontRef::new(HANGUL_FONT).ok()?;
            font.charmap().map(letter)?;
            let font_data = FontData::from_static(HANGUL_FONT);
            Some(last_in(request.family, "Noto Sans KR", font_data))
        })
    }
}

/// Adds a font to a family, to be used only where all others lack a letter.
fn last_in(family: &FontFamily, name: &str, font_data: FontData) -> FontInsert {
    FontInsert::new(
        name,
        font_data,
        vec![InsertFontFamily {
            family: family.clone(),
            priority: FontPriority::Lowest,
        }],
    )
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

    /// As on a machine without any font.
    fn without_installed_fonts() -> FallbackFonts {
        FallbackFonts {
            installed: OnceLock::from(fontdb::Database::new()),
        }
    }

    fn insert_for(fonts: &FallbackFonts, letter: char) -> Option<FontInsert> {
        fonts.font_for(&FallbackRequest {
            cluster: &letter.to_string(),
            family: &FontFamily::Proportional,
        })
    }

    fn has_letter(insert: &FontInsert, letter: char) -> bool {
        let (data, index) = ((*insert.data.font).as_ref(), insert.data.index);
        let font = skrifa::FontRef::from_index(data, index).unwrap();
        font.charmap().map(letter).is_some()
    }

    #[test]
    fn a_font_that_is_found_has_the_letter() {
        let fonts = FallbackFonts::default();
        for letter in ['한', '語', 'ع', 'Ж', 'α'] {
            if let Some(insert) = insert_for(&fonts, letter) {
                assert!(has_letter(&insert, letter), "{letter} in {}", insert.name);
            }
        }
    }

    #[test]
    fn installed_fonts_come_before_the_bundled_one() {
        let mut database = fontdb::Database::new();
        database.load_font_data(HANGUL_FONT.to_vec());
        let fonts = FallbackFonts {
            installed: OnceLock::from(database),
        };
        let name = insert_for(&fonts, '한').unwrap().name;
        assert_eq!(name, "NotoSansCJKkr-Regular 0");
    }

    #[test]
    fn korean_is_readable_where_no_font_is_installed() {
        let fonts = without_installed_fonts();
        let syllables = ('가'..='힣')
            .chain('ㄱ'..='ㅣ')
            .chain("「」、。！？～".chars());
        for letter in syllables {
            let insert = insert_for(&fonts, letter);
            assert!(
                insert.is_some_and(|insert| has_letter(&insert, letter)),
                "{letter}"
            );
        }
        assert!(insert_for(&fonts, 'ع').is_none());
    }

    #[test]
    fn korean_words_are_laid_out_without_a_box_where_no_font_is_installed() {
        let ctx = egui::Context::default();
        ctx.add_font_provider(Arc::new(without_installed_fonts()));
        // A letter without a font is a panic instead of a box.
        ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Panic);
        let mut n_letters = 0;
        let _ = ctx.run_ui(egui::RawInput::default(), |ui| {
            for family in [FontFamily::Proportional, FontFamily::Monospace] {
                let font = egui::FontId::new(14.0, family);
                let words = "바다 위의 붉은 연".to_owned();
                let galley = ui
                    .painter()
                    .layout_no_wrap(words, font, egui::Color32::WHITE);
                n_letters += galley.rows[0].glyphs.len();
            }
        });
        assert_eq!(n_letters, 2 * 10);
    }
}
