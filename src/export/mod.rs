//! Moments out: the formats that editors and spreadsheets read.
