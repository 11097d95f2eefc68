//! Videos and results whose paths are no text, or are given as addresses.

use std::fs;
use std::path::Path;

use crate::json;
use crate::support::{Place, play};

#[test]
fn the_address_of_a_file_is_as_good_as_its_path() {
    let place = Place::new();
    let video = place.short_video("two words.mp4");
    let address = format!("file://{}", video.to_str().unwrap().replace(' ', "%20"));
    let search = |video: &str| place.vcl(["search", video, "x", "--format", "json"]);
    let by_address = search(&address);
    assert_eq!(
        by_address.stdout(),
        search(video.to_str().unwrap()).stdout()
    );
    let none = place.vcl(["search", "file:///no/such%20film.mp4", "x"]);
    assert!(
        none.error().contains("/no/such film.mp4"),
        "{}",
        none.stderr
    );
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_stop_no_command() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new();
    let film = place.path("film.mp4");
    // Key frames are needed for cuts.
    play(&format!(
        "videotestsrc num-buffers=80 ! video/x-raw,width=160,height=120,framerate=10/1 ! \
         x264enc speed-preset=ultrafast key-int-max=10 ! video/x-h264,profile=baseline ! h264parse ! \
         mp4mux ! filesink location=\"{}\"",
        film.display()
    ));
    for name in [&b"caf\xe9"[..], b"\xff %41", b"\xec\x97.x"] {
        let below = |name: &[u8]| place.path("").join(OsStr::from_bytes(name));
        let video = below(&[name, b".mp4"].concat());
        fs::copy(&film, &video).unwrap();
        let vcl = |words: &[&OsStr]| place.vcl(words);
        let words = |words: &[&'static str]| -> Vec<OsString> {
            words.iter().map(OsString::from).collect()
        };
        let run = |first: &'static str, rest: &[&'static str], output: Option<&Path>| {
            let mut all = words(&[first]);
            all.push(video.clone().into());
            all.extend(words(rest));
            if let Some(output) = output {
                all.push("-o".into());
                all.push(output.into());
            }
            let all: Vec<&OsStr> = all.iter().map(OsString::as_os_str).collect();
            vcl(&all)
        };
        let found = run("search", &["x", "--format", "json"], None);
        let address = json(found.stdout())["video"].as_str().unwrap().to_owned();
        assert!(address.starts_with("file:///"), "{address}");
        let again = place.vcl(["search", &address, "x", "--format", "json"]);
        assert_eq!(again.stdout(), found.stdout(), "it leads back to the file");

        let cuts = below(&[&b"out"[..], name].concat());
        let rest = ["x", "--format", "cuts", "--top", "1", "--json"];
        let report = json(run("export", &rest, Some(&cuts)).stdout());
        let n_files = fs::read_dir(&cuts).unwrap().count();
        assert_eq!(n_files, report["cuts"].as_array().unwrap().len());
        for format in ["csv", "json", "srt", "edl", "fcpxml", "otio"] {
            let file = below(&[&b"moments"[..], name].concat());
            run("export", &["x", "--format", format], Some(&file)).stdout();
            let text = fs::read_to_string(&file).unwrap();
            assert!(!text.is_empty(), "{format}");
            if format == "json" {
                assert_eq!(json(&text)["video"], address, "it leads back to the file");
            }
        }
        run("index", &[], None).stdout();
        let features = below(&[&b"features"[..], name, b".npz"].concat());
        let mut all = words(&["embed", "video"]);
        all.extend([video.clone().into(), "-o".into(), features.clone().into()]);
        let all: Vec<&OsStr> = all.iter().map(OsString::as_os_str).collect();
        vcl(&all).stdout();
        assert!(features.exists());
    }
}
