//! Final Cut Pro XML 1.9. Times are rational seconds on frame boundaries, as the format demands.

use std::fmt::Write as _;

use super::{ExportDocument, ExportQuery, FrameRate, cut, xml_escaped};

/// One event with one project per query that has moments, in the order of the video.
pub fn fcpxml(document: &ExportDocument) -> String {
    let rate = document.frame_rate;
    let name = xml_escaped(&cut::file_name(&document.video));
    let projects: String = document
        .queries
        .iter()
        .map(|query| project(document, query, &name))
        .collect();
    let audio = match document.n_audio_channels {
        0 => String::new(),
        n => format!(r#" hasAudio="1" audioSources="1" audioChannels="{n}""#),
    };
    let (width, height) = document.stored_size;
    let aspect = match document.pixel_aspect {
        (h, v) if h == v => String::new(),
        (h, v) => format!(r#" paspH="{h}" paspV="{v}""#),
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.9">
  <resources>
    <format id="r1" frameDuration="{den}/{num}s" width="{width}" height="{height}"{aspect}/>
    <asset id="r2" name="{name}" start="{start}" duration="{duration}" hasVideo="1" format="r1"{audio}>
      <media-rep kind="original-media" src="{url}"/>
    </asset>
  </resources>
  <library>
    <event name="{name}">
{projects}    </event>
  </library>
</fcpxml>
"#,
        den = rate.den(),
        num = rate.num(),
        start = time(rate, document.numbering.first()),
        duration = time(
            rate,
            document.n_frames_before() + rate.n_frames(document.duration_secs)
        ),
        url = xml_escaped(&cut::file_url(&document.video)),
    )
}

fn project(document: &ExportDocument, query: &ExportQuery, video: &str) -> String {
    let rate = document.frame_rate;
    let cuts = cut::in_order(document, query);
    if cuts.is_empty() {
        return String::new();
    }
    let words = xml_escaped(query.query.title());
    let tc_format = if document.numbering.is_drop_frame() {
        "DF"
    } else {
        "NDF"
    };
    let mut events = String::new();
    let mut n_frames = 0;
    for cut in cuts {
        // Writing to a String cannot fail.
        let _ = write!(
            events,
            r#"            <asset-clip ref="r2" offset="{offset}" name="{video}" start="{start}" duration="{duration}" tcFormat="{tc_format}">
              <note>{words}, score {score:.4}</note>
            </asset-clip>
"#,
            offset = time(rate, n_frames),
            start = time(rate, document.file_frame(cut.first_frame)),
            duration = time(rate, cut.n_frames()),
            score = cut.score,
        );
        n_frames += cut.n_frames();
    }
    format!(
        r#"      <project name="{words}">
        <sequence format="r1" duration="{duration}" tcStart="0s" tcFormat="{tc_format}">
          <spine>
{events}          </spine>
        </sequence>
      </project>
"#,
        duration = time(rate, n_frames),
    )
}

/// `1001/30000s` for one frame of 29.97, `4s` where it is a whole number.
fn time(rate: FrameRate, frames: u64) -> String {
    let (n, d) = (frames * u64::from(rate.den()), u64::from(rate.num()));
    if n.is_multiple_of(d) {
        format!("{}s", n / d)
    } else {
        format!("{n}/{d}s")
    }
}
