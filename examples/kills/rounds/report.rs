//! What was found.

use std::fmt;

pub struct Report {
    pub rows: Vec<Row>,
}

/// One kind of file.
pub struct Row {
    name: &'static str,
    pub n_kills: u64,
    pub n_old: u64,
    pub n_new: u64,
    /// Unfinished files that the kills left, all of which the next run removed.
    pub n_unfinished: u64,
    /// The program had ended by itself.
    pub n_too_late: u64,
    pub offences: Vec<String>,
}

impl Row {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            n_kills: 0,
            n_old: 0,
            n_new: 0,
            n_unfinished: 0,
            n_too_late: 0,
            offences: Vec::new(),
        }
    }
}

impl Report {
    pub fn is_fine(&self) -> bool {
        self.rows.iter().all(|row| row.offences.is_empty())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "| {} | {} | {} | {} | {} | {} | {} |",
            self.name,
            self.n_kills,
            self.n_too_late,
            self.n_old,
            self.n_new,
            self.n_unfinished,
            self.offences.len()
        )?;
        for offence in &self.offences {
            write!(f, "\n    {offence}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| Written | kills | after the end | old | new | unfinished, removed | damaged or stray |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}
