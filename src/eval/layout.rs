//! The metrics in the layout of the official files and tables.

use std::fmt;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::table::{
    AT_50, AT_70, AT_75, GradeMetrics, HighlightMetrics, IOU_THRESHOLDS, Metrics, MomentMetrics,
    RangeMetrics,
};

impl Metrics {
    /// The official `brief`: name and value of the numbers that papers print, in official order.
    pub fn brief(&self) -> Vec<(&'static str, Option<f64>)> {
        let mut brief = Vec::new();
        if let Some(MomentMetrics {
            full,
            long,
            middle,
            short,
        }) = self.moments
        {
            brief.extend([
                ("MR-full-R1@0.5", full.map(|m| m.r1[AT_50])),
                ("MR-full-R1@0.7", full.map(|m| m.r1[AT_70])),
                ("MR-full-mAP", full.map(|m| m.map_average)),
                ("MR-full-mAP@0.5", full.map(|m| m.map[AT_50])),
                ("MR-full-mAP@0.75", full.map(|m| m.map[AT_75])),
                ("MR-long-mAP", long.map(|m| m.map_average)),
                ("MR-middle-mAP", middle.map(|m| m.map_average)),
                ("MR-short-mAP", short.map(|m| m.map_average)),
            ]);
        }
        if let Some(HighlightMetrics {
            fair,
            good,
            very_good,
        }) = self.highlights
        {
            brief.extend([
                ("HL-min-Fair-mAP", Some(fair.map)),
                ("HL-min-Fair-Hit1", Some(fair.hit1)),
                ("HL-min-Good-mAP", Some(good.map)),
                ("HL-min-Good-Hit1", Some(good.hit1)),
                ("HL-min-VeryGood-mAP", Some(very_good.map)),
                ("HL-min-VeryGood-Hit1", Some(very_good.hit1)),
            ]);
        }
        brief
    }

    /// Numbers that papers print and other evaluators give, and the official one does not.
    pub fn further(&self) -> Vec<(&'static str, Option<f64>)> {
        let Some(MomentMetrics { full, .. }) = self.moments else {
            return Vec::new();
        };
        vec![
            ("MR-full-R1@0.3", full.map(|m| m.r1_at_30)),
            ("MR-full-mIoU", full.map(|m| m.mean_iou)),
        ]
    }

    /// Both, in the order of the evaluators that give both, such as that of CG-DETR.
    fn all(&self) -> Vec<(&'static str, Option<f64>)> {
        let mut all = Vec::new();
        let [at_30, mean_iou] = match self.further()[..] {
            [at_30, mean_iou] => [at_30, mean_iou],
            _ => return self.brief(),
        };
        for entry in self.brief() {
            if entry.0 == "MR-full-R1@0.5" {
                all.push(at_30);
            }
            all.push(entry);
            if entry.0 == "MR-full-mAP@0.75" {
                all.push(mean_iou);
            }
        }
        all
    }

    /// Byte for byte the official result file: four spaces, no line feed at the end.
    ///
    /// # Errors
    /// None as long as all numbers are finite.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        indented(self)
    }

    /// The same with the further numbers, as evaluators write it that give them.
    ///
    /// # Errors
    /// As [`Metrics::to_json`].
    pub fn to_json_with_further(&self) -> Result<String, serde_json::Error> {
        indented(&WithFurther(self))
    }

    fn serialize_with<S: Serializer>(
        &self,
        brief: &[(&'static str, Option<f64>)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("brief", &Object(brief))?;
        if let Some(highlights) = &self.highlights {
            map.serialize_entry("HL-min-Fair", &highlights.fair)?;
            map.serialize_entry("HL-min-Good", &highlights.good)?;
            map.serialize_entry("HL-min-VeryGood", &highlights.very_good)?;
        }
        if let Some(moments) = &self.moments {
            map.serialize_entry("full", &moments.full)?;
            map.serialize_entry("long", &moments.long)?;
            map.serialize_entry("middle", &moments.middle)?;
            map.serialize_entry("short", &moments.short)?;
        }
        map.end()
    }
}

fn indented(metrics: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    metrics.serialize(&mut serde_json::Serializer::with_formatter(
        &mut bytes, formatter,
    ))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Metrics in the layout of evaluators that give more than the official one.
struct WithFurther<'a>(&'a Metrics);

impl Serialize for WithFurther<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_with(&self.0.all(), serializer)
    }
}

/// The numbers of `brief`, then the further ones, as a table of names and percentages.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.brief().into_iter().chain(self.further());
        for (i, (name, value)) in rows.enumerate() {
            let line_feed = if i == 0 { "" } else { "\n" };
            match value {
                Some(value) => write!(f, "{line_feed}{name:<20} {value:>6.2}")?,
                None => write!(f, "{line_feed}{name:<20} {:>6}", "-")?,
            }
        }
        Ok(())
    }
}

/// A JSON object with its keys in the order given.
struct Object<'a, T>(&'a [(&'a str, T)]);

impl<T: Serialize> Serialize for Object<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize_with(&self.brief(), serializer)
    }
}

impl Serialize for GradeMetrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Object(&[("HL-mAP", self.map), ("HL-Hit1", self.hit1)]).serialize(serializer)
    }
}

impl Serialize for RangeMetrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = IOU_THRESHOLDS.map(|threshold| threshold.to_string());
        let names = names.iter().map(String::as_str);
        let mut map: Vec<_> = names.clone().zip(self.map).collect();
        map.push(("average", self.map_average));
        let r1: Vec<_> = names.zip(self.r1).collect();
        Object(&[("MR-mAP", Object(&map)), ("MR-R1", Object(&r1))]).serialize(serializer)
    }
}
