//! The selection on packets that are only numbers.

use super::*;

const FRAME_NS: i64 = 40_000_000;

/// `I` key, `P` reference, `b` droppable; `order` gives the display index of each packet.
fn packets(kinds: &str, order: &[i64]) -> Vec<PacketInfo> {
    kinds
        .chars()
        .zip(order)
        .map(|(kind, &index)| {
            let time_ns = index * FRAME_NS;
            let end_ns = Some(time_ns + FRAME_NS);
            PacketInfo {
                id: index as u64,
                time_ns,
                shown: Some(Shown {
                    start_ns: time_ns,
                    end_ns,
                }),
                kind: PacketKind {
                    key: kind == 'I',
                    droppable: kind == 'b',
                },
            }
        })
        .collect()
}

fn run(infos: &[PacketInfo], max_reorder: usize) -> Result<Vec<Step<u64>>, Refused> {
    let mut selector = Selector::new(infos[0].time_ns, max_reorder, ClipIndex(0));
    let mut steps = Vec::new();
    for info in infos {
        selector.push(*info, info.id, &mut steps)?;
    }
    selector.finish(&mut steps)?;
    Ok(steps)
}

fn wanted(steps: &[Step<u64>]) -> Vec<(usize, u64)> {
    steps
        .iter()
        .filter_map(|step| match step {
            Step::Want { clip, id, .. } => Some((clip.0, *id)),
            _ => None,
        })
        .collect()
}

fn fed(steps: &[Step<u64>]) -> Vec<u64> {
    steps
        .iter()
        .filter_map(|step| match step {
            Step::Feed(packet) => Some(*packet),
            _ => None,
        })
        .collect()
}

/// 25 frames per second, groups of `group` frames `I b P b P …` with one B-frame between.
fn video(n_frames: i64, group: i64) -> Vec<PacketInfo> {
    let mut kinds = String::new();
    let mut order = Vec::new();
    for start in (0..n_frames).step_by(group as usize) {
        let end = (start + group).min(n_frames);
        kinds.push('I');
        order.push(start);
        let mut at = start + 1;
        while at < end {
            if at + 1 < end {
                kinds.push_str("Pb");
                order.extend([at + 1, at]);
                at += 2;
            } else {
                kinds.push('P');
                order.push(at);
                at += 1;
            }
        }
    }
    packets(&kinds, &order)
}

#[test]
fn every_clip_gets_the_last_frame_at_or_before_its_centre() {
    for (n_frames, group) in [(250, 25), (250, 250), (250, 7), (251, 1), (226, 60)] {
        let steps = run(&video(n_frames, group), 2).unwrap();
        let n_clips = crate::domain::n_clips(n_frames as f64 / 25.0);
        let expected: Vec<_> = (0..n_clips)
            .map(|clip| (clip, clip as u64 * 50 + 25))
            .collect();
        assert_eq!(
            wanted(&steps),
            expected,
            "{n_frames} frames, groups of {group}"
        );
    }
}

#[test]
fn groups_without_a_wanted_frame_and_droppable_pictures_are_left_out() {
    let steps = run(&video(100, 10), 2).unwrap();
    // Frame 25 is a droppable one of group 20..30, frame 75 of group 70..80.
    assert_eq!(fed(&steps), [20, 22, 24, 26, 25, 70, 72, 74, 76, 75]);
    assert_eq!(
        steps.iter().filter(|step| **step == Step::Restart).count(),
        2
    );
}

#[test]
fn one_long_group_is_decoded_once() {
    let steps = run(&video(100, 100), 2).unwrap();
    assert_eq!(
        steps.iter().filter(|step| **step == Step::Restart).count(),
        1
    );
    let fed = fed(&steps);
    let mut unique = fed.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), fed.len());
    assert!(fed.len() < 45, "{} of 100 packets fed", fed.len());
}

#[test]
fn a_still_picture_stands_for_all_clips_it_is_shown_in() {
    let steps = run(&packets("IPPPP", &[0, 10, 200, 201, 202]), 1).unwrap();
    assert_eq!(wanted(&steps), [(0, 10), (1, 10), (2, 10), (3, 10)]);
}

#[test]
fn a_short_video_gets_the_frame_in_its_middle() {
    let steps = run(&video(10, 4), 2).unwrap();
    assert_eq!(wanted(&steps), [(0, 5)]);
    assert_eq!(fed(&steps), [4, 6, 5]);
    assert_eq!(wanted(&run(&video(1, 1), 2).unwrap()), [(0, 0)]);
}

#[test]
fn an_edit_list_is_decoded_but_not_shown() {
    let mut infos = video(100, 100);
    for info in &mut infos[..20] {
        info.shown = None;
    }
    let zero_ns = infos[20].time_ns.min(infos[21].time_ns);
    let mut selector = Selector::new(zero_ns, 2, ClipIndex(0));
    let mut steps = Vec::new();
    for info in &infos {
        selector.push(*info, info.id, &mut steps).unwrap();
    }
    selector.finish(&mut steps).unwrap();
    let zero = zero_ns / FRAME_NS;
    assert_eq!(wanted(&steps)[0].1 as i64, zero + 25);
    assert_eq!(fed(&steps)[0], 0);
}

#[test]
fn a_later_clip_can_be_the_first() {
    let infos = video(250, 50);
    let mut selector = Selector::new(0, 2, ClipIndex(3));
    let mut steps = Vec::new();
    for info in &infos {
        selector.push(*info, info.id, &mut steps).unwrap();
    }
    selector.finish(&mut steps).unwrap();
    assert_eq!(wanted(&steps), [(3, 175), (4, 225)]);
    assert_eq!(fed(&steps)[0], 150);
}

#[test]
fn a_long_group_before_the_first_clip_does_not_pile_up() {
    let infos = video(5000, 5000);
    let mut selector = Selector::new(0, 2, ClipIndex(90));
    let mut steps = Vec::new();
    for info in &infos {
        selector.push(*info, info.id, &mut steps).unwrap();
        assert!(selector.queue.len() <= MAX_QUEUED, "at {}", info.id);
    }
    selector.finish(&mut steps).unwrap();
    let expected: Vec<_> = (90..100)
        .map(|clip| (clip, clip as u64 * 50 + 25))
        .collect();
    assert_eq!(wanted(&steps), expected);
    // The whole way to the last wanted frame, each packet once, without droppable pictures.
    let mut fed = fed(&steps);
    assert!(fed.len() < 2600, "{} of 5000 packets fed", fed.len());
    fed.sort_unstable();
    fed.dedup();
    assert!(fed.len() > 2480);
    assert_eq!(fed[..3], [0, 2, 4]);
    let n_restarts = steps.iter().filter(|step| **step == Step::Restart);
    assert_eq!(n_restarts.count(), 1);
}

#[test]
fn a_key_frame_after_a_long_group_makes_it_unnecessary() {
    // Groups of 16 seconds: 400 packets, of which the first begin to be decoded.
    let mut selector = Selector::new(0, 2, ClipIndex(10));
    let mut steps = Vec::new();
    for info in &video(800, 400) {
        selector.push(*info, info.id, &mut steps).unwrap();
    }
    selector.finish(&mut steps).unwrap();
    let found = wanted(&steps);
    assert_eq!((found[0], found.len()), ((10, 525), 6));
    let fed = fed(&steps);
    assert!(!fed.contains(&398), "fed in vain: {fed:?}");
}

#[test]
fn packets_that_break_an_assumption_are_refused() {
    assert_eq!(run(&packets("IPP", &[0, 1, 1]), 2), Err(Refused::SameTime));
    let jump = packets("IPPP", &[0, 1, 500, 3]);
    assert_eq!(run(&jump, 2), Err(Refused::BackInTime));
    // The frame of clip 1 was decoded ahead of the frame of clip 0.
    let sparse = packets("IPbPbPb", &[0, 75, 25, 175, 125, 275, 225]);
    assert_eq!(run(&sparse, 2), Err(Refused::TooSparse));
}

/// As `run`, where key frames do. `I` at 25 frames per second, in the order of their times.
fn run_with_keys(infos: &[PacketInfo]) -> Vec<Step<u64>> {
    let mut selector = Selector::new(infos[0].time_ns, 0, ClipIndex(0)).with_keys(true);
    let mut steps = Vec::new();
    for info in infos {
        selector.push(*info, info.id, &mut steps).unwrap();
    }
    selector.finish(&mut steps).unwrap();
    steps
}

/// So many frames with key frames at these.
fn film(n_frames: i64, keys: &[i64]) -> Vec<PacketInfo> {
    let kinds: String = (0..n_frames)
        .map(|i| if keys.contains(&i) { 'I' } else { 'P' })
        .collect();
    packets(&kinds, &(0..n_frames).collect::<Vec<_>>())
}

#[test]
fn the_key_frame_nearest_to_the_centre_stands_for_its_clip_and_nothing_else_is_decoded() {
    // Clip 0 has two, clip 1 one at its very beginning, clip 2 one after its centre.
    let steps = run_with_keys(&film(150, &[0, 30, 50, 140]));
    assert_eq!(wanted(&steps), [(0, 30), (1, 50), (2, 140)]);
    assert_eq!(fed(&steps), [30, 50, 140]);
    let n_restarts = steps.iter().filter(|step| **step == Step::Restart).count();
    assert_eq!(n_restarts, 3, "each is decoded alone");
}

#[test]
fn a_clip_without_a_key_frame_gets_its_exact_frame() {
    let steps = run_with_keys(&film(150, &[0, 110]));
    assert_eq!(wanted(&steps), [(0, 0), (1, 75), (2, 110)]);
    let fed = fed(&steps);
    assert_eq!(fed[..3], [0, 1, 2]);
    assert_eq!(
        fed[75..],
        [75, 110],
        "nothing between the centre and the next key frame"
    );
}

#[test]
fn key_frames_in_the_wrong_clip_and_clips_without_an_end_do_not_confuse_it() {
    // A frame that rounding put a hair before its clip, and a last clip that ends after its centre.
    let mut infos = film(130, &[0, 50, 125]);
    infos[50].time_ns -= 400_000;
    infos[50].shown.as_mut().unwrap().start_ns -= 400_000;
    assert_eq!(wanted(&run_with_keys(&infos)), [(0, 0), (1, 50), (2, 125)]);
    // More packets than may wait, of a camera for slow motion: a key frame is taken early.
    let fast = |kinds: &str| {
        let mut infos = packets(kinds, &(0..kinds.len() as i64).collect::<Vec<_>>());
        for info in &mut infos {
            info.time_ns /= 20;
            info.shown.as_mut().unwrap().start_ns /= 20;
            info.shown.as_mut().unwrap().end_ns = None;
        }
        infos
    };
    let kinds: String = (0..3000)
        .map(|i| if i % 500 == 0 { 'I' } else { 'P' })
        .collect();
    let ids = wanted(&run_with_keys(&fast(&kinds)));
    assert_eq!(ids, [(0, 500), (1, 1000), (2, 2000)]);
}
