//! Which packets of a span are copied, and which of its pictures are encoded anew.
//!
//! ```text
//! decoded   K . . . | K' b b . . . . . . . . p b b | . . .      K, K' = key frames
//! span            [────────────────────────────)
//!                  encoded   copied       encoded
//! ```
//! Copying begins with the first entry in the span: a key frame after which a decoder needs nothing of what
//! was before, once the pictures that are shown before it are left out (`b`). It ends where what was copied is
//! a whole row of pictures without a gap, as near to the end as such a place is.

use crate::video::file::timing::TOLERANCE_NS;

/// A picture in the order of decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::video::cut) struct Scanned {
    pub time_ns: i64,
    /// Decoding can begin here.
    pub is_key: bool,
    /// Copying can begin here, behind pictures of another encoder.
    pub is_entry: bool,
    pub duration_ns: i64,
    /// How long before it is shown it is decoded, where that is known.
    pub delay_ns: Option<i64>,
}

/// What becomes of the pictures, by their number in the order of decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::video::cut) struct Plan {
    /// The pictures of the span before the copied ones, in the order of display.
    pub head: Vec<usize>,
    /// Without `leading`; empty where everything is encoded.
    pub copied: std::ops::Range<usize>,
    /// Those among the copied range that are shown before its first picture.
    pub leading: Vec<usize>,
    /// The pictures of the span behind them, in the order of display.
    pub tail: Vec<usize>,
    /// From which key frame on the tail is decoded.
    pub tail_from: usize,
    /// When the span begins and ends on pictures.
    pub start_ns: i64,
    pub end_ns: i64,
}

impl Plan {
    /// For `[start_ns, end_ns)`; the pictures are those from the key frame before the span to well behind it.
    /// `None` where no picture is in the span.
    pub fn of(pictures: &[Scanned], start_ns: i64, end_ns: i64) -> Option<Self> {
        let is_inside = |at: &usize| {
            let time_ns = pictures[*at].time_ns;
            time_ns >= start_ns - TOLERANCE_NS && time_ns < end_ns - TOLERANCE_NS
        };
        let mut inside: Vec<usize> = (0..pictures.len()).filter(is_inside).collect();
        inside.sort_by_key(|at| pictures[*at].time_ns);
        let (first, last) = (*inside.first()?, *inside.last()?);
        let (copied, leading) = copied(pictures, &inside, end_ns);
        let time_ns = |at: usize| pictures[at].time_ns;
        let entry_ns = match copied.is_empty() {
            true => i64::MAX,
            false => time_ns(copied.start),
        };
        let kept = |at: &usize| copied.contains(at) && !leading.contains(at);
        let rest: Vec<usize> = inside.iter().copied().filter(|at| !kept(at)).collect();
        let (head, tail): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|at| time_ns(*at) < entry_ns);
        let tail_from = tail.first().map_or(0, |tail_first| {
            let can_start = |at: &usize| {
                pictures[*at].is_key
                    && time_ns(*at) <= time_ns(*tail_first)
                    && tail.iter().all(|it| it >= at)
            };
            (0..=*tail_first).rev().find(can_start).unwrap_or(0)
        });
        Some(Self {
            head,
            copied,
            leading,
            tail,
            tail_from,
            start_ns: time_ns(first),
            end_ns: time_ns(last) + pictures[last].duration_ns,
        })
    }

    /// The same, or everything encoded where only a few pictures would be copied between two edges: not
    /// every decoder follows so quick a change from one encoder to the other and back.
    #[must_use]
    pub fn without_crumbs(self, pictures: &[Scanned], (start_ns, end_ns): (i64, i64)) -> Self {
        const LEAST_COPIED: usize = 4;
        let n_copied = self.copied.len() - self.leading.len();
        if n_copied >= LEAST_COPIED || self.tail.is_empty() {
            return self;
        }
        let mut pictures = pictures.to_vec();
        for picture in &mut pictures {
            picture.is_entry = false;
        }
        Self::of(&pictures, start_ns, end_ns).unwrap_or(self)
    }

    /// Whether anything is encoded.
    pub fn has_edges(&self) -> bool {
        !self.head.is_empty() || !self.tail.is_empty()
    }
}

/// The range in the order of decoding, and what in it is shown too early.
fn copied(
    pictures: &[Scanned],
    inside: &[usize],
    end_ns: i64,
) -> (std::ops::Range<usize>, Vec<usize>) {
    let mut in_decoding: Vec<usize> = inside.to_vec();
    in_decoding.sort_unstable();
    let Some(start) = in_decoding.into_iter().find(|at| pictures[*at].is_entry) else {
        return (0..0, Vec::new());
    };
    let entry_ns = pictures[start].time_ns;
    let is_leading = |at: &usize| pictures[*at].time_ns < entry_ns;
    // The earliest picture from here to the end, without the leading ones.
    let mut earliest_ns = vec![i64::MAX; pictures.len() + 1];
    for at in (start..pictures.len()).rev() {
        earliest_ns[at] = match is_leading(&at) {
            true => earliest_ns[at + 1],
            false => earliest_ns[at + 1].min(pictures[at].time_ns),
        };
    }
    let mut end = start;
    let mut latest_ns = i64::MIN;
    for at in start..pictures.len() {
        if !is_leading(&at) {
            latest_ns = latest_ns.max(pictures[at].time_ns);
        }
        if latest_ns >= end_ns - TOLERANCE_NS {
            break;
        }
        if latest_ns < earliest_ns[at + 1] {
            end = at + 1;
        }
    }
    let leading = (start..end).filter(is_leading).collect();
    (start..end, leading)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_NS: i64 = 40_000_000;

    /// Given by their place in the order of display; `keys` and `entries` are such places.
    fn pictures(order: &[i64], keys: &[i64], entries: &[i64]) -> Vec<Scanned> {
        let picture = |place: &i64| Scanned {
            time_ns: place * FRAME_NS,
            is_key: keys.contains(place),
            is_entry: entries.contains(place),
            duration_ns: FRAME_NS,
            delay_ns: None,
        };
        order.iter().map(picture).collect()
    }

    /// The places of head, copied and tail, and from which the tail is decoded.
    fn plan(pictures: &[Scanned], start: i64, end: i64) -> [Vec<i64>; 4] {
        let plan = Plan::of(pictures, start * FRAME_NS, end * FRAME_NS).unwrap();
        assert_eq!(plan.start_ns, start * FRAME_NS);
        let place = |at: &usize| pictures[*at].time_ns / FRAME_NS;
        let kept = plan.copied.clone().filter(|at| !plan.leading.contains(at));
        let mut kept: Vec<_> = kept.map(|at| place(&at)).collect();
        kept.sort_unstable();
        let head: Vec<_> = plan.head.iter().map(place).collect();
        let tail: Vec<_> = plan.tail.iter().map(place).collect();
        let all = [head.clone(), kept.clone(), tail.clone()].concat();
        assert_eq!(
            all,
            (start..end).collect::<Vec<_>>(),
            "each picture once, in order"
        );
        [head, kept, tail, vec![place(&plan.tail_from)]]
    }

    #[test]
    fn between_key_frames_without_reordering_only_the_head_is_encoded() {
        let all = pictures(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], &[0, 4, 8], &[0, 4, 8]);
        let [head, copied, tail, _] = plan(&all, 2, 7);
        assert_eq!((head, copied, tail), (vec![2, 3], vec![4, 5, 6], vec![]));
        let [head, copied, tail, _] = plan(&all, 4, 9);
        assert_eq!((head, copied, tail), (vec![], vec![4, 5, 6, 7, 8], vec![]));
        let [head, copied, _, _] = plan(&all, 1, 4);
        assert_eq!((head, copied), (vec![1, 2, 3], vec![]));
    }

    #[test]
    fn pictures_that_need_later_ones_are_encoded_at_the_end() {
        let all = pictures(&[0, 4, 2, 1, 3, 8, 6, 5, 7, 9], &[0, 9], &[0, 9]);
        let [head, copied, tail, from] = plan(&all, 0, 7);
        assert_eq!(
            (head, copied, tail),
            (vec![], vec![0, 1, 2, 3, 4], vec![5, 6])
        );
        assert_eq!(from, [0]);
        let [_, copied, tail, _] = plan(&all, 0, 9);
        assert_eq!((copied, tail), ((0..9).collect(), vec![]));
    }

    #[test]
    fn pictures_before_an_open_key_frame_are_encoded_with_the_head() {
        // 2 and 3 are predicted from 4 and from what is before it; 6 and 7 from 8.
        let all = pictures(&[0, 1, 4, 2, 3, 5, 8, 6, 7, 9, 10], &[0, 4, 8], &[0, 4, 8]);
        let [head, copied, tail, from] = plan(&all, 1, 7);
        assert_eq!((head, copied, tail), (vec![1, 2, 3], vec![4, 5], vec![6]));
        assert_eq!(from, [4]);
        // Where copying cannot begin at an open key frame, everything is encoded.
        let closed = pictures(&[0, 1, 4, 2, 3, 5, 8, 6, 7, 9, 10], &[0, 4, 8], &[0]);
        let [head, copied, _, _] = plan(&closed, 1, 7);
        assert_eq!((head.len(), copied.len()), (6, 0));
    }

    #[test]
    fn a_span_between_two_pictures_holds_none() {
        let all = pictures(&[0, 1, 2], &[0], &[0]);
        assert_eq!(Plan::of(&all, FRAME_NS / 4, FRAME_NS / 2), None);
    }
}
