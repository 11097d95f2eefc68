//! The QVHighlights file formats and the official evaluator.
//!
//! [`score`] gives the numbers of the official `standalone_eval/eval.py`, digit for digit, in its
//! layout. Everything is float64; `tests/fixtures/eval` holds its output for eight kinds of files.
//!
//! Where the official program crashes, this one answers:
//! * a length range without any true window has no numbers (`null`, `-` in the table);
//! * a query without predicted windows counts as AP 0 and as a miss;
//! * a query without true windows is left out of moment retrieval;
//! * a query without predicted scores is a miss, and its scores for AP are all 0;
//! * a graded clip past `int(duration / 2)` is not counted;
//! * a video under two seconds has no clip: AP 0 and a miss;
//! * a true window that is no span inside its video is cut to it or left out, with a [`Remark`];
//! * files with different queries, with a query twice, or with a field that only some lines have,
//!   are refused with a sentence.

mod highlight;
mod layout;
mod metrics;
mod moment_retrieval;
mod numpy;
mod qvhighlights;
mod remark;
mod table;

pub use metrics::{ScoreError, score};
pub use qvhighlights::{
    FileError, Prediction, Tolerance, predictions_jsonl, read_annotations, read_annotations_with,
    read_predictions,
};
pub use remark::Remark;
pub use table::{
    GradeMetrics, HighlightMetrics, IOU_THRESHOLDS, Metrics, MomentMetrics, RangeMetrics,
};
