use super::*;
use crate::domain::{TimeSpan, Verdict};
use crate::find::NeutralLevel;
use crate::find::way::tests::{CALIBRATION, head, prompt};
use crate::model::Prompt;

fn axis() -> UnitVector {
    UnitVector::normalised(vec![1.0, 0.0])
}

/// Rows whose cosine with the first axis is as given.
fn video(cosines: &[f32]) -> Embeddings {
    let rows = cosines.iter().flat_map(|x| [*x, (1.0 - x * x).sqrt()]);
    Embeddings::from_features(2, rows.collect()).unwrap()
}

fn answer(cosines: &[f32], prompt: Option<Prompt>, end_secs: f64) -> Answer {
    let way = prompt.map_or_else(Way::default, Way::from);
    Answer::of(&video(cosines), &axis(), &way, end_secs).unwrap()
}

fn assert_near(found: f32, expected: f32) {
    assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
}

#[test]
fn nothing_is_answered_of_nothing() {
    let none = Embeddings::empty(2);
    assert_eq!(Answer::of(&none, &axis(), &Way::default(), 0.0), None);
}

#[test]
fn an_answer_knows_its_best_clips_and_moments_at_any_threshold() {
    // Calibrated by 2 · cosine − 0.5: 0.1, 1.1, 0.74, −0.3, 0.5.
    let answer = answer(&[0.3, 0.8, 0.62, 0.1, 0.5], Some(prompt(None)), 9.5);
    assert_eq!(answer.highlight.clip, ClipIndex(1));
    assert_near(answer.highlight.score, 1.1);
    assert_eq!(answer.present, 1.0);
    assert!(answer.is_probable());
    let clips: Vec<_> = answer.highlights(5).iter().map(|h| h.clip.0).collect();
    assert_eq!(clips, [1, 4], "0, 2 and 3 are next to a better one");
    assert_eq!(answer.highlights(1).len(), 1);

    // The shape is (cosine − 0.1) / 0.7: 0.29, 1, 0.74, 0, 0.57.
    let moments = answer.moments(0.5);
    let spans: Vec<_> = moments.iter().map(|moment| moment.span).collect();
    assert_eq!(spans, [TimeSpan::new(2.0, 6.0), TimeSpan::new(8.0, 9.5)]);
    assert_near(moments[0].score, 1.1);
    assert_near(moments[1].score, 0.5);
    assert_eq!(answer.usual_threshold(), 0.725);
    let usual = answer.found(None);
    assert_eq!(usual.moments, answer.moments(0.725));
    assert_eq!(usual.moments, moments[..1]);
    assert_eq!(usual.verdict, Verdict::Moments);
    assert_eq!(answer.moments(0.0)[0].span, TimeSpan::new(0.0, 9.5));
    assert_eq!(answer.saliency_at(9.9), answer.saliency_at(8.0));
    assert_eq!(answer.saliency_at(10.0), None);
}

#[test]
fn the_threshold_lies_on_the_curve_or_among_the_probabilities() {
    let curve = [0.3, 0.8, 0.6, 0.1, 0.5];
    let untrained = answer(&curve, Some(prompt(None)), 10.0);
    // From −0.3 to 1.1.
    assert_near(untrained.level_of(0.5), 0.4);
    assert_near(untrained.threshold_at(0.4).unwrap(), 0.5);
    assert_eq!(untrained.threshold_at(9.0), Some(1.0));
    let trained = answer(&curve, Some(prompt(Some(head()))), 10.0);
    assert_eq!(trained.level_of(0.5), 0.5);
    assert_eq!(trained.threshold_at(0.25), Some(0.25));
    assert_eq!(trained.saliency, untrained.saliency);
    // Logits 4 · shape − 2 pass 0 where the shape passes 0.5.
    assert_eq!(trained.moments(0.5), untrained.moments(0.5));
    let flat = answer(&[0.5, 0.5], None, 4.0);
    assert_eq!(flat.threshold_at(0.5), None);
}

/// Against neutral texts that score 0.2 everywhere: 0.21 is as sure as can be.
fn plain_answer(cosines: &[f32]) -> Answer {
    let neutral = video(&[0.2, 0.2]);
    let way = Way::Plain(Some(NeutralLevel::of(
        &[axis(), axis()],
        &neutral,
        CALIBRATION,
    )));
    Answer::of(&video(cosines), &axis(), &way, 2.0 * cosines.len() as f64).unwrap()
}

#[test]
fn what_is_almost_everywhere_is_not_cut_to_pieces() {
    let n = 40;
    let whole = TimeSpan::new(0.0, 2.0 * n as f64);
    let span = |found: &Found| found.moments.iter().map(|m| m.span).collect::<Vec<_>>();
    // Flat up to what a codec does to it.
    let flat: Vec<_> = (0..n).map(|i| 0.25 + 0.0002 * (i % 3) as f32).collect();
    let found = plain_answer(&flat).found(None);
    assert_eq!(found.verdict, Verdict::AlmostEverywhere);
    assert_eq!(span(&found), [whole]);
    // High in four parts out of five.
    let parts: Vec<_> = (0..n)
        .map(|i| if i % 5 == 0 { 0.2 } else { 0.25 })
        .collect();
    let found = plain_answer(&parts).found(None);
    assert_eq!(found.verdict, Verdict::AlmostEverywhere);
    assert_eq!(span(&found), [whole]);
    assert_eq!(plain_answer(&parts).moments(0.9).len(), 8, "asked for");
    // Two long parts are told apart.
    let parts: Vec<_> = (0..n)
        .map(|i| if (20..25).contains(&i) { 0.2 } else { 0.25 })
        .collect();
    let found = plain_answer(&parts).found(None);
    assert_eq!(found.verdict, Verdict::AlmostEverywhere);
    assert_eq!(
        span(&found),
        [TimeSpan::new(0.0, 40.0), TimeSpan::new(50.0, 80.0)]
    );
}

#[test]
fn where_nothing_can_be_told_there_is_one_guess() {
    let mut weak = vec![0.2; 40];
    weak[7] = 0.203;
    let answer = plain_answer(&weak);
    assert!(!answer.is_probable());
    let found = answer.found(None);
    assert_eq!(found.verdict, Verdict::ProbablyNotHere);
    assert_eq!(found.moments.len(), 1);
    assert_eq!(found.moments[0].span, TimeSpan::new(14.0, 16.0));
    let asked = answer.found(Some(0.0));
    assert_eq!(asked.verdict, Verdict::ProbablyNotHere);
    assert_eq!(asked.moments[0].span, TimeSpan::new(0.0, 80.0));

    // As sure as not that it is there, but most of the video says the same, and not much.
    let mut dull = vec![0.2045; 40];
    for gap in [3, 9, 17, 24] {
        dull[gap..gap + 2].fill(0.18);
    }
    dull[30] = 0.2065;
    let answer = plain_answer(&dull);
    assert!(answer.is_probable());
    let found = answer.found(None);
    assert_eq!(found.verdict, Verdict::NothingStandsOut);
    assert_eq!(found.moments[0].span, TimeSpan::new(52.0, 80.0));
    assert_eq!(found.moments.len(), 1);
    assert_eq!(answer.found(Some(0.5)).verdict, Verdict::Moments);
}
