//! The drawn world keeps its promises: captions are true, held-out pairs stay out, seeds decide.

#[path = "../examples/world/world/mod.rs"]
mod world;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

use world::camera::degrade;
use world::caption::{Claim, Detail, FigureClaim, Number, Relation, ScenerySet, sample_caption};
use world::labels::{LABEL_GROUPS, N_LABELS, pair_index};
use world::render::{render, render_at};
use world::scene::{
    Arrangement, Backdrop, Brightness, Colour, Content, Figure, Fill, Pairs, Place, Scene, Scenery,
    Shape, Size, Special, Split, Surface, is_held_out_pair,
};
use world::storyboard::{CLIP_SECS, Storyboard};

fn figure(colour: Colour, shape: Shape) -> Figure {
    Figure {
        colour,
        shape,
        size: Size::Medium,
        fill: Fill::Plain,
    }
}

fn on_white(content: Content) -> Scene {
    Scene {
        content,
        backdrop: Backdrop::Wall {
            colour: Colour::White,
            surface: Surface::Plain,
        },
        brightness: Brightness::Normal,
    }
}

fn single(colour: Colour, shape: Shape, place: Place) -> Scene {
    on_white(Content::Group {
        figure: figure(colour, shape),
        count: 1,
        place,
    })
}

fn saying(colour: Option<Colour>, shape: Option<Shape>) -> FigureClaim {
    FigureClaim {
        colour,
        shape,
        ..FigureClaim::default()
    }
}

fn claim(colour: Option<Colour>, shape: Option<Shape>) -> Claim {
    Claim {
        figure: Some(saying(colour, shape)),
        ..Claim::default()
    }
}

#[test]
fn a_fifth_of_the_pairs_is_held_out_and_none_of_them_is_trained() {
    let held_out = |colour: Colour| {
        Shape::ALL
            .iter()
            .filter(|&&shape| is_held_out_pair(colour, shape))
            .count()
    };
    assert!(Colour::ALL.iter().all(|&colour| held_out(colour) == 2));
    for &shape in Shape::ALL {
        let n = Colour::ALL
            .iter()
            .filter(|&&colour| is_held_out_pair(colour, shape))
            .count();
        assert!((2..=3).contains(&n), "{shape:?} lacks {n} colours");
    }

    let mut rng = Pcg64::seed_from_u64(1);
    let mut drawn = [false; 120];
    for _ in 0..5_000 {
        for (figure, _) in Scene::sample(&mut rng, Split::Train).figures() {
            assert!(!is_held_out_pair(figure.colour, figure.shape), "{figure:?}");
            drawn[pair_index(figure.colour, figure.shape)] = true;
        }
    }
    assert_eq!(drawn.iter().filter(|&&drawn| drawn).count(), 96);
}

#[test]
fn held_out_samples_contain_the_pairs_asked_for() {
    let mut rng = Pcg64::seed_from_u64(2);
    for _ in 0..1_000 {
        let unseen = Scene::sample(&mut rng, Split::HeldOut(Pairs::Unseen)).figures();
        assert!(!unseen.is_empty());
        assert!(
            unseen
                .iter()
                .all(|(f, _)| is_held_out_pair(f.colour, f.shape))
        );
        let seen = Scene::sample(&mut rng, Split::HeldOut(Pairs::Seen)).figures();
        assert!(
            !seen
                .iter()
                .any(|(f, _)| is_held_out_pair(f.colour, f.shape))
        );
    }
}

#[test]
fn captions_are_true_of_their_own_scene() {
    let mut rng = Pcg64::seed_from_u64(3);
    for i in 0..20_000 {
        let scene = Scene::sample(&mut rng, Split::HeldOut(Pairs::Any));
        let detail = if i % 2 == 0 {
            Detail::Brief
        } else {
            Detail::Full
        };
        let caption = sample_caption(&scene, &mut rng, detail);
        assert!(caption.claim.holds_in(&scene), "{caption:?} of {scene:?}");
        assert_eq!(caption.text.trim(), caption.text);
        assert!(
            !caption.text.is_empty() && !caption.text.contains("  "),
            "{caption:?}"
        );
        assert_ne!(caption.claim, Claim::default(), "{caption:?} says nothing");
    }
}

#[test]
fn full_captions_tell_most_scenes_apart() {
    let mut rng = Pcg64::seed_from_u64(4);
    let scenes: Vec<Scene> = (0..300)
        .map(|_| Scene::sample(&mut rng, Split::Train))
        .filter(|scene| !scene.figures().is_empty())
        .collect();
    let mut confused = 0;
    for (i, scene) in scenes.iter().enumerate() {
        let claim = sample_caption(scene, &mut rng, Detail::Full).claim;
        confused += scenes
            .iter()
            .enumerate()
            .filter(|&(j, other)| i != j && claim.holds_in(other))
            .count();
    }
    let share = confused as f64 / (scenes.len() * (scenes.len() - 1)) as f64;
    assert!(
        share < 0.02,
        "a full caption holds in {share} of other scenes"
    );
}

#[test]
fn claims_on_single_figures() {
    let scene = single(Colour::Red, Shape::Circle, Place::Left);
    assert!(claim(None, Some(Shape::Circle)).holds_in(&scene));
    assert!(claim(Some(Colour::Red), None).holds_in(&scene));
    assert!(claim(Some(Colour::Red), Some(Shape::Circle)).holds_in(&scene));
    assert!(!claim(Some(Colour::Blue), Some(Shape::Circle)).holds_in(&scene));
    assert!(!claim(Some(Colour::Red), Some(Shape::Square)).holds_in(&scene));
    let at = |place| Claim {
        place: Some(place),
        ..claim(None, Some(Shape::Circle))
    };
    assert!(at(Place::Left).holds_in(&scene));
    assert!(!at(Place::Right).holds_in(&scene));
    let white = Claim {
        background: Some(Colour::White),
        ..Claim::default()
    };
    assert!(white.holds_in(&scene));
    assert!(!claim(Some(Colour::White), None).holds_in(&scene));
}

#[test]
fn a_number_is_exact_and_an_article_is_not() {
    let two = on_white(Content::Group {
        figure: figure(Colour::Green, Shape::Star),
        count: 2,
        place: Place::Centre,
    });
    let stars = |number| Claim {
        number: Some(number),
        ..claim(Some(Colour::Green), Some(Shape::Star))
    };
    assert!(claim(Some(Colour::Green), Some(Shape::Star)).holds_in(&two));
    assert!(stars(Number::Exactly(2)).holds_in(&two));
    assert!(stars(Number::AtLeast(2)).holds_in(&two));
    assert!(!stars(Number::Exactly(1)).holds_in(&two));
    assert!(!stars(Number::Exactly(3)).holds_in(&two));
}

#[test]
fn relations_have_a_direction() {
    let circle = saying(Some(Colour::Red), Some(Shape::Circle));
    let square = saying(Some(Colour::Blue), Some(Shape::Square));
    let related = |a, relation, b| Claim {
        figure: Some(a),
        other: Some((relation, b)),
        ..Claim::default()
    };
    let pair = |arrangement| {
        on_white(Content::Pair {
            first: figure(Colour::Red, Shape::Circle),
            second: figure(Colour::Blue, Shape::Square),
            arrangement,
        })
    };
    let beside = pair(Arrangement::SideBySide);
    let above = pair(Arrangement::Stacked);
    assert!(related(circle, Relation::LeftOf, square).holds_in(&beside));
    assert!(!related(square, Relation::LeftOf, circle).holds_in(&beside));
    assert!(related(square, Relation::RightOf, circle).holds_in(&beside));
    assert!(related(square, Relation::NextTo, circle).holds_in(&beside));
    assert!(!related(circle, Relation::Above, square).holds_in(&beside));
    assert!(related(circle, Relation::Above, square).holds_in(&above));
    assert!(related(square, Relation::Below, circle).holds_in(&above));
    assert!(!related(square, Relation::Above, circle).holds_in(&above));
    assert!(related(square, Relation::Together, circle).holds_in(&above));
    assert!(!related(circle, Relation::Together, circle).holds_in(&above));
}

#[test]
fn scenery_and_specials_are_told_apart() {
    let scenery = |scenery| Scene {
        content: Content::Empty,
        backdrop: Backdrop::Scenery(scenery),
        brightness: Brightness::Normal,
    };
    let says = |sceneries: &[Scenery]| Claim {
        sceneries: Some(ScenerySet::of(sceneries)),
        ..Claim::default()
    };
    assert!(says(&[Scenery::Sea]).holds_in(&scenery(Scenery::Sea)));
    assert!(!says(&[Scenery::Sea]).holds_in(&scenery(Scenery::Desert)));
    assert!(says(&[Scenery::Sea, Scenery::Rain]).holds_in(&scenery(Scenery::Rain)));
    let black = on_white(Content::Special(Special::BlackScreen));
    let noise = Claim {
        special: Some(Special::StaticNoise),
        ..Claim::default()
    };
    assert!(!noise.holds_in(&black));
    assert!(!says(&[Scenery::StarryNight]).holds_in(&black));
    // "a star" may well be meant for a starry night, "a red star" not.
    let night = scenery(Scenery::StarryNight);
    assert!(claim(None, Some(Shape::Star)).holds_in(&night));
    assert!(!claim(Some(Colour::Red), Some(Shape::Star)).holds_in(&night));
}

#[test]
fn labels_agree_with_the_scene() {
    let mut rng = Pcg64::seed_from_u64(5);
    for _ in 0..2_000 {
        let scene = Scene::sample(&mut rng, Split::HeldOut(Pairs::Any));
        let labels = scene.labels();
        assert_eq!(
            (labels.values.len(), labels.mask.len()),
            (N_LABELS, N_LABELS)
        );
        for group in LABEL_GROUPS {
            let range = group.start..group.start + group.len;
            let n_known = labels.mask[range.clone()]
                .iter()
                .filter(|&&m| m == 1.0)
                .count();
            let n_true = labels.values[range].iter().filter(|&&v| v == 1.0).count();
            if group.exclusive {
                assert_eq!(
                    n_true,
                    usize::from(n_known > 0),
                    "{} of {scene:?}",
                    group.name
                );
            }
        }
        for (index, &colour) in Colour::ALL.iter().enumerate() {
            let present = scene.figures().iter().any(|(f, _)| f.colour == colour);
            assert_eq!(
                labels.values[LABEL_GROUPS[0].start + index],
                f32::from(present)
            );
        }
    }
}

#[test]
fn the_same_seed_draws_the_same_picture() {
    let draw = |seed: u64| {
        let mut rng = Pcg64::seed_from_u64(seed);
        let scene = Scene::sample(&mut rng, Split::Train);
        let picture = degrade(render(&scene, 48, 48, &mut rng), &mut rng);
        let caption = sample_caption(&scene, &mut rng, Detail::Full);
        (picture, caption, rng.random::<u64>())
    };
    for seed in 0..60 {
        assert_eq!(draw(seed), draw(seed));
    }
    assert_ne!(draw(1).0, draw(2).0);
}

#[test]
fn the_colour_asked_for_is_painted() {
    for &colour in Colour::ALL {
        let background = if colour == Colour::White {
            Colour::Black
        } else {
            Colour::White
        };
        let mut scene = single(colour, Shape::Square, Place::Centre);
        scene.backdrop = Backdrop::Wall {
            colour: background,
            surface: Surface::Plain,
        };
        let picture = render_at(&scene, 64, 64, 0.0, 7);
        let [r, g, b] = picture.get_pixel(32, 32).0.map(i32::from);
        let spread = r.max(g).max(b) - r.min(g).min(b);
        let fits = match colour {
            Colour::Red => r > 140 && g < 80 && b < 90,
            Colour::Orange => r > 200 && (90..190).contains(&g) && b < 90,
            Colour::Yellow => r > 200 && g > 180 && b < 130,
            Colour::Green => g > r + 30 && g > b + 20,
            Colour::Cyan => g > 150 && b > 170 && r < 150,
            Colour::Blue => b > 130 && b > r + 60 && b > g + 30,
            Colour::Purple => b > g + 60 && r > g + 30,
            Colour::Pink => r > 220 && (90..215).contains(&g) && b > g,
            Colour::Brown => r > b + 25 && r < 150 && g < r,
            Colour::Black => r.max(g).max(b) < 50,
            Colour::White => r.min(g).min(b) > 190,
            Colour::Gray => spread < 25 && (80..175).contains(&r),
        };
        assert!(fits, "{colour:?} is painted as {:?}", (r, g, b));
    }
}

#[test]
fn places_are_where_they_say() {
    for (place, [du, dv]) in [
        (Place::Left, [-1, 0]),
        (Place::Right, [1, 0]),
        (Place::Top, [0, -1]),
        (Place::Bottom, [0, 1]),
    ] {
        for seed in 0..20 {
            // Also in a wide picture, where the encoder sees only the middle.
            let picture = render_at(
                &single(Colour::Black, Shape::Circle, place),
                112,
                64,
                1.0,
                seed,
            );
            let (mut n, mut x_sum, mut y_sum) = (0, 0, 0);
            for (x, y, pixel) in picture.enumerate_pixels() {
                if pixel.0[0] < 90 {
                    assert!((24..88).contains(&x), "outside the central square at {x}");
                    (n, x_sum, y_sum) = (n + 1, x_sum + x as i32 - 56, y_sum + y as i32 - 32);
                }
            }
            assert!(n > 50);
            let (x, y) = (x_sum / n, y_sum / n);
            if du == 0 {
                assert!(x.abs() < 8 && y * dv > 8, "{place:?} is drawn at {x}, {y}");
            } else {
                assert!(y.abs() < 8 && x * du > 8, "{place:?} is drawn at {x}, {y}");
            }
        }
    }
}

#[test]
fn shots_move_but_smoothly() {
    for &scenery in Scenery::ALL {
        let scene = Scene {
            content: Content::Empty,
            backdrop: Backdrop::Scenery(scenery),
            brightness: Brightness::Normal,
        };
        let at = |time_secs| render_at(&scene, 64, 64, time_secs, 3);
        let difference = |a: &[u8], b: &[u8]| {
            let sum: u64 = a
                .iter()
                .zip(b)
                .map(|(&x, &y)| u64::from(x.abs_diff(y)))
                .sum();
            sum as f64 / a.len() as f64
        };
        let (now, soon, later) = (at(1.0), at(1.04), at(4.0));
        assert_ne!(now, later, "{scenery:?} stands still");
        assert!(difference(&now, &soon) < 25.0, "{scenery:?} jumps");
    }
}

#[test]
fn storyboards_answer_their_queries() {
    let mut rng = Pcg64::seed_from_u64(6);
    let storyboard = Storyboard::sample(&mut rng, Split::HeldOut(Pairs::Any), 8);
    assert_eq!(storyboard.takes.len(), 8);
    assert_eq!(storyboard.duration_secs() % CLIP_SECS, 0.0);
    for (query, take) in storyboard.queries(&mut rng).iter().zip(&storyboard.takes) {
        let covered = |time: f64| query.spans.iter().any(|s| (s[0]..s[1]).contains(&time));
        assert!(covered(take.start_secs) && covered(take.end_secs - 0.01));
        for other in &storyboard.takes {
            assert_eq!(
                covered(other.start_secs),
                query.caption.claim.holds_in(&other.scene)
            );
        }
        let line = storyboard.annotation(0, "video", query);
        assert_eq!(line.relevant_clip_ids.len(), line.saliency_scores.len());
        let secs: f64 = query.spans.iter().map(|s| s[1] - s[0]).sum();
        assert_eq!(line.relevant_clip_ids.len() as f64 * CLIP_SECS, secs);
    }
    let last = storyboard.takes[7];
    let frame = storyboard.frame_at(last.start_secs + 1.0, 64, 36);
    assert_eq!(frame, render_at(&last.scene, 64, 36, 1.0, last.look));
}
