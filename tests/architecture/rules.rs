//! The rules, and what breaks each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::house::House;
use super::{MAY_USE, MAY_USE_IN_VIDEO, RESTRICTED_CRATES};

fn starts_with(path: &[String], start: &[&str]) -> bool {
    path.iter().zip(start).all(|(a, b)| a == b) && path.len() >= start.len()
}

/// What each rule finds wrong, one sentence each.
pub type Rule = fn(&House) -> BTreeSet<String>;

pub const RULES: [Rule; 5] = [
    rooms_without_a_rule,
    rooms_that_may_not_be_named,
    crates_that_may_not_be_named,
    rooms_of_video_that_may_not_be_named,
    encoders_named_from_outside,
];

pub fn rooms_without_a_rule(house: &House) -> BTreeSet<String> {
    let rooms = house.modules().filter_map(|module| module.first());
    let unruled = rooms.filter(|room| MAY_USE.iter().all(|(ruled, _)| room != ruled));
    unruled
        .map(|room| format!("`{room}` has no row in MAY_USE"))
        .collect()
}

pub fn rooms_that_may_not_be_named(house: &House) -> BTreeSet<String> {
    let allowed = |room: &str| MAY_USE.iter().find(|(name, _)| *name == room);
    let wrong = house
        .uses()
        .filter(|(user, path)| match (user.first(), path.first()) {
            (Some(user), Some(used)) if user != used && allowed(used).is_some() => {
                !allowed(user).is_some_and(|(_, rooms)| rooms.contains(&used.as_str()))
            }
            _ => false, // the root declares the rooms
        });
    wrong
        .map(|(user, path)| format!("{} names `{}`", house.file(user), path[0]))
        .collect()
}

pub fn crates_that_may_not_be_named(house: &House) -> BTreeSet<String> {
    let is_forbidden = |room: &str, name: &str| {
        RESTRICTED_CRATES.iter().any(|(pattern, owners)| {
            let matches = match pattern.strip_suffix('*') {
                Some(prefix) => name == prefix || name.starts_with(&format!("{prefix}_")),
                None => name == *pattern,
            };
            matches && !owners.contains(&room)
        })
    };
    let wrong = house
        .foreign()
        .filter(|(user, name)| is_forbidden(user.first().map_or("", String::as_str), name));
    wrong
        .map(|(user, name)| format!("{} names `{name}`", house.file(user)))
        .collect()
}

pub fn rooms_of_video_that_may_not_be_named(house: &House) -> BTreeSet<String> {
    let room = |module: &[String]| match module {
        [video, room, ..] if video == "video" => {
            MAY_USE_IN_VIDEO.iter().find(|(name, _)| name == room)
        }
        _ => None,
    };
    let wrong = house.dependencies().filter_map(|(user, definer)| {
        let ((from, allowed), (to, _)) = (room(user)?, room(&definer)?);
        let is_wrong = from != to && !allowed.contains(to);
        is_wrong.then(|| format!("{} uses {}", house.file(user), house.file(&definer)))
    });
    wrong.collect()
}

/// A kind of encoder has a folder, and what is outside knows the encoder only.
pub fn encoders_named_from_outside(house: &House) -> BTreeSet<String> {
    const ENCODER: [&str; 2] = ["model", "encoder"];
    let is_folder = |path: &[String]| {
        let mut modules = house.modules();
        modules.any(|module| module.len() > 3 && module.starts_with(path))
    };
    let wrong = house.uses().filter(|(user, path)| {
        let is_inside = starts_with(path, &ENCODER) && path.get(..3).is_some_and(is_folder);
        is_inside && !starts_with(user, &ENCODER)
    });
    wrong
        .map(|(user, path)| format!("{} names {}", house.file(user), path.join("::")))
        .collect()
}

/// Groups of files each of which needs the others. A file may use what its parents define: without
/// that no module could be divided.
pub fn circles(house: &House) -> BTreeSet<Vec<&str>> {
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (user, definer) in house.dependencies() {
        if !user.starts_with(&definer) {
            let used = arrows.entry(house.file(user)).or_default();
            used.insert(house.file(&definer));
        }
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> = arrows
        .keys()
        .map(|file| (*file, reached(&arrows, file)))
        .collect();
    let mut circles = BTreeSet::new();
    for (file, others) in &reached {
        let is_back = |other: &&&str| reached.get(**other).is_some_and(|back| back.contains(file));
        let circle: Vec<_> = others.iter().filter(is_back).copied().collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles
}

/// Where the arrows lead from a file, directly or not.
fn reached<'a>(arrows: &BTreeMap<&'a str, BTreeSet<&'a str>>, file: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![file]);
    while let Some(file) = open.pop() {
        let next = arrows.get(file).into_iter().flatten().copied();
        open.extend(next.filter(|file| reached.insert(*file)));
    }
    reached
}
