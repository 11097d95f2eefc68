//! The chapters of a cut: read from a list of contents, moved, and written.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::video::file::chapters::Chapter;
use crate::video::file::mp4::{self, boxes};

/// Those that Matroska's demuxer names.
pub(super) fn of_toc(toc: &gst::TocRef) -> Vec<Chapter> {
    let mut chapters = Vec::new();
    // Of several editions one is shown.
    let editions = toc.entries();
    let first = editions
        .first()
        .filter(|entry| entry.entry_type() == gst::TocEntryType::Edition);
    let inside = first.map(|edition| edition.sub_entries());
    let entries = inside.unwrap_or(editions);
    for entry in entries {
        let Some((start_ns, end_ns)) = entry.start_stop_times() else {
            continue;
        };
        let title = entry.tags().and_then(|tags| {
            let title = tags.get::<gst::tags::Title>()?;
            Some(title.get().to_owned())
        });
        chapters.push(Chapter {
            start_ns,
            end_ns: end_ns.max(start_ns),
            title: title.unwrap_or_default(),
        });
    }
    chapters
}

/// Those of a part of the film, on the clock of the cut. A chapter without an end goes on to the next.
pub(super) fn within(chapters: &[Chapter], (start_ns, end_ns): (i64, i64)) -> Vec<Chapter> {
    let nexts = chapters.iter().skip(1).map(|next| next.start_ns);
    let nexts = nexts.chain([i64::MAX]);
    let moved = chapters.iter().zip(nexts).filter_map(|(chapter, next_ns)| {
        let has_end = chapter.end_ns > chapter.start_ns;
        let chapter_end_ns = if has_end { chapter.end_ns } else { next_ns };
        let (from_ns, to_ns) = (chapter.start_ns.max(start_ns), chapter_end_ns.min(end_ns));
        (from_ns < to_ns).then(|| Chapter {
            start_ns: from_ns - start_ns,
            end_ns: to_ns - start_ns,
            title: chapter.title.clone(),
        })
    });
    moved.collect()
}

/// As Matroska's muxer takes them.
pub(super) fn set_toc(muxer: &gst::Element, chapters: &[Chapter]) {
    let Some(setter) = muxer.dynamic_cast_ref::<gst::TocSetter>() else {
        return;
    };
    let mut toc = gst::Toc::new(gst::TocScope::Global);
    let mut edition = gst::TocEntry::new(gst::TocEntryType::Edition, "1");
    for (nth, chapter) in (1..).zip(chapters) {
        let mut entry = gst::TocEntry::new(gst::TocEntryType::Chapter, &format!("{nth}"));
        let mut tags = gst::TagList::new();
        if let Some(tags) = tags.get_mut() {
            tags.add::<gst::tags::Title>(&chapter.title.as_str(), gst::TagMergeMode::Append);
        }
        if let Some(entry) = entry.get_mut() {
            entry.set_start_stop_times(chapter.start_ns, chapter.end_ns);
            entry.set_tags(tags);
        }
        if let Some(edition) = edition.get_mut() {
            edition.append_sub_entry(entry);
        }
    }
    let ends = chapters.iter().map(|chapter| chapter.end_ns);
    if let Some(edition) = edition.get_mut() {
        edition.set_start_stop_times(0, ends.max().unwrap_or(0));
    }
    if let Some(toc) = toc.get_mut() {
        toc.append_entry(edition);
    }
    setter.set_toc(Some(&toc));
}

/// Writes Nero's list `chpl` into an MP4 or QuickTime file, which GStreamer cannot: at the end of the
/// movie's header, with which its files end. At most 255 fit.
///
/// # Errors
/// Those of the file, and `InvalidData` if the header lies elsewhere.
pub(super) fn add_list(file: &mut File, chapters: &[Chapter]) -> io::Result<()> {
    if chapters.is_empty() {
        return Ok(());
    }
    let movie = mp4::movie(file)?;
    if file.seek(SeekFrom::End(0))? != movie.end {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut list = vec![1, 0, 0, 0, 0, 0, 0, 0];
    let chapters = &chapters[..chapters.len().min(255)];
    list.push(chapters.len() as u8);
    for chapter in chapters {
        let title = beginning(&chapter.title, 255);
        list.extend((chapter.start_ns as u64 / 100).to_be_bytes());
        list.push(title.len() as u8);
        list.extend(title.as_bytes());
    }
    let mut added = boxed(*b"chpl", &list);
    let last = boxes(file, movie.start, movie.end)?.pop();
    let user_data = last.filter(|last| last.kind == *b"udta");
    if user_data.is_none() {
        added = boxed(*b"udta", &added);
    }
    file.seek(SeekFrom::End(0))?;
    file.write_all(&added)?;
    for grown in user_data.into_iter().chain([movie]) {
        // Both begin with a length of four bytes, and are far smaller than four gigabytes.
        let length = grown.end - grown.start + 8 + added.len() as u64;
        let length = u32::try_from(length).map_err(|_| io::ErrorKind::InvalidData)?;
        file.seek(SeekFrom::Start(grown.start - 8))?;
        file.write_all(&length.to_be_bytes())?;
    }
    Ok(())
}

fn boxed(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
    let length = 8 + body.len() as u32;
    [&length.to_be_bytes()[..], &kind, body].concat()
}

/// As many whole characters as fit.
fn beginning(text: &str, n_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(n_bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(start_ns: i64, end_ns: i64, title: &str) -> Chapter {
        Chapter {
            start_ns,
            end_ns,
            title: title.to_owned(),
        }
    }

    #[test]
    fn chapters_are_moved_to_the_clock_of_the_cut() {
        let film = [
            chapter(0, 40, "one"),
            chapter(40, 40, "two"),
            chapter(90, 96, "three"),
        ];
        assert_eq!(
            within(&film, (30, 60)),
            [chapter(0, 10, "one"), chapter(10, 30, "two")]
        );
        assert_eq!(within(&film, (92, 200)), [chapter(0, 4, "three")]);
        assert!(within(&film, (96, 200)).is_empty());
    }

    #[test]
    fn a_list_is_added_where_there_are_user_data_and_where_there_are_none() {
        for inside in [&b""[..], b"\0\0\0\x10udta\0\0\0\x08name"] {
            let mut file = tempfile::tempfile().unwrap();
            let movie = boxed(*b"moov", &[&boxed(*b"mvhd", &[0; 4]), inside].concat());
            file.write_all(&boxed(*b"mdat", b"pictures")).unwrap();
            file.write_all(&movie).unwrap();
            let title = "é".repeat(200);
            add_list(
                &mut file,
                &[chapter(0, 5, "one"), chapter(500, 900, &title)],
            )
            .unwrap();
            let movie = mp4::movie(&mut file).unwrap();
            let length = file.seek(SeekFrom::End(0)).unwrap();
            assert_eq!(movie.end, length);
            let data = mp4::child(&mut file, &movie, b"udta").unwrap().unwrap();
            assert_eq!(data.end, length);
            let list = mp4::child(&mut file, &data, b"chpl").unwrap().unwrap();
            assert_eq!(list.end - list.start, 9 + (9 + 3) + (9 + 254));
            assert_eq!(mp4::u64_at(&mut file, &list, 9 + 9 + 3).unwrap(), 5);
        }
        let mut other = tempfile::tempfile().unwrap();
        other.write_all(&boxed(*b"moov", b"")).unwrap();
        other.write_all(&boxed(*b"mdat", b"pictures")).unwrap();
        assert!(add_list(&mut other, &[chapter(0, 5, "one")]).is_err());
    }
}
