//! Damage along the tree of a JSON text.

use rand::RngExt as _;
use serde_json::{Value, json};

use super::{MAX_BYTES, Rng, bytes, index};

/// Replaced in the text by what a tree cannot hold.
const DEEP: &str = "@deep@";
const HUGE: &str = "@huge@";

/// Damages a text in one way, and says in which.
pub fn damage(text: &mut Vec<u8>, rng: &mut Rng) -> String {
    if text.len() > MAX_BYTES {
        return bytes::damage(text, rng);
    }
    let Ok(mut tree) = serde_json::from_slice::<Value>(text) else {
        return bytes::damage(text, rng);
    };
    if rng.random_bool(0.1) {
        return bytes::damage(text, rng);
    }
    let told = damage_tree(&mut tree, rng);
    *text = to_text(&tree, rng);
    told
}

/// As bytes, with the marks of [`damage_tree`] filled in.
pub fn to_text(tree: &Value, rng: &mut Rng) -> Vec<u8> {
    let mut text = tree.to_string();
    if text.contains(DEEP) {
        let n = [100, 127, 128, 2000, 100_000][rng.random_range(0..5)];
        let (open, close) = if rng.random() {
            ("[", "]")
        } else {
            ("{\"a\":", "}")
        };
        let deep = format!("{}1{}", open.repeat(n), close.repeat(n));
        text = text.replace(&format!("\"{DEEP}\""), &deep);
    }
    if text.contains(HUGE) {
        let numbers = [
            "1e400",
            "-1e400",
            "1e-400",
            "123456789012345678901234567890",
            "NaN",
            "-0",
        ];
        let number = numbers[rng.random_range(0..numbers.len())];
        text = text.replace(&format!("\"{HUGE}\""), number);
    }
    if rng.random_bool(0.05) {
        text.insert(0, '\u{feff}');
    }
    if rng.random_bool(0.05)
        && let Some(name) = tree.as_object().and_then(|fields| fields.keys().next())
    {
        // The same name a second time.
        text = text.replacen('{', &format!("{{{}:7,", json!(name)), 1);
    }
    text.into_bytes()
}

/// Damages a tree in one way, and says in which.
pub fn damage_tree(tree: &mut Value, rng: &mut Rng) -> String {
    let paths = paths(tree);
    let path = match index(rng, paths.len()) {
        Some(i) => paths[i].clone(),
        None => String::new(),
    };
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", ""));
    let name = name.replace("~1", "/").replace("~0", "~");
    match rng.random_range(0..8) {
        0 | 1 => {
            match tree.pointer_mut(parent) {
                Some(Value::Object(fields)) => drop(fields.remove(&name)),
                Some(Value::Array(items)) => {
                    if let Some(i) = name.parse().ok().filter(|i| *i < items.len()) {
                        items.remove(i);
                    }
                }
                _ => *tree = Value::Null,
            }
            format!("{path:?} is gone")
        }
        2 => {
            let copy = tree.pointer(&path).cloned().unwrap_or_default();
            match tree.pointer_mut(parent) {
                Some(Value::Object(fields)) => drop(fields.insert(name + "_", copy)),
                Some(Value::Array(items)) if items.len() < 10_000 => {
                    let n_copies = if copy.is_object() || copy.is_array() {
                        1
                    } else {
                        1 << rng.random_range(0..8)
                    };
                    items.extend(std::iter::repeat_n(copy, n_copies));
                }
                _ => {}
            }
            format!("{path:?} more than once")
        }
        3 => {
            let others = self::paths(tree);
            let other = index(rng, others.len()).map_or("", |i| &others[i]);
            let copy = tree.pointer(other).cloned().unwrap_or_default();
            put(tree, &path, copy);
            format!("{path:?} replaced by {other:?}")
        }
        4 => {
            put(tree, &path, json!(DEEP));
            format!("{path:?} deep")
        }
        _ => {
            let value = other_value(tree.pointer(&path), rng);
            let told: String = value.to_string().chars().take(60).collect();
            put(tree, &path, value);
            format!("{path:?} is {told}")
        }
    }
}

fn put(tree: &mut Value, path: &str, value: Value) {
    if let Some(place) = tree.pointer_mut(path) {
        *place = value;
    }
}

/// Of the same type but senseless, or of another type.
fn other_value(now: Option<&Value>, rng: &mut Rng) -> Value {
    if let Some(Value::Number(number)) = now
        && rng.random_bool(0.7)
    {
        let number = number.as_f64().unwrap_or(0.0);
        let numbers = [
            json!(0),
            json!(-1),
            json!(1),
            json!(number + 1.0),
            json!(-number),
            json!(number * 1e9),
            json!((number as i64).saturating_add(1)),
            json!((number as i64).saturating_sub(1)),
            json!(u32::MAX),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(1e308),
            json!(1e-308),
            json!(0.5),
            json!(number.to_string()),
            json!(HUGE),
            json!(100_000_000),
        ];
        return numbers[rng.random_range(0..numbers.len())].clone();
    }
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1),
        json!(7.5),
        json!(u64::MAX),
        json!(""),
        json!("x"),
        json!("x".repeat(70_000)),
        json!("\u{202e}\u{0}\u{1b}[31m\n"),
        json!("../../../etc/passwd"),
        json!([]),
        json!({}),
        json!([[]]),
        json!([null]),
        json!({"": {}}),
        json!(HUGE),
        json!("한국어 🎬 \u{301}"),
    ];
    values[rng.random_range(0..values.len())].clone()
}

/// JSON pointers of all values but the root; of long lists only the beginning and the end.
fn paths(tree: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), tree)];
    while let Some((path, value)) = open.pop() {
        let mut go = |name: &str, child| {
            let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
            found.push(path.clone());
            open.push((path, child));
        };
        match value {
            Value::Object(fields) => {
                let ends = |i: usize| i < 30 || i + 30 > fields.len();
                let some = fields.iter().enumerate().filter(|(i, _)| ends(*i));
                some.for_each(|(_, (name, child))| go(name, child));
            }
            Value::Array(items) => {
                let ends = |i: usize| i < 8 || i + 8 > items.len();
                let some = items.iter().enumerate().filter(|(i, _)| ends(*i));
                some.for_each(|(i, child)| go(&i.to_string(), child));
            }
            _ => {}
        }
    }
    found
}
