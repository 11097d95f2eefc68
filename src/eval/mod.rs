//! The QVHighlights file formats and the official evaluator.
