//! Days as people write them, in UTC: `2026-11-25`.

const SECS_PER_DAY: i64 = 86_400;

/// The day of a time in seconds since 1970.
pub fn format_date(time_secs: i64) -> String {
    let (year, month, day) = civil_of(time_secs.div_euclid(SECS_PER_DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// When a day begins, in seconds since 1970: `2026-11-25`, or the first of `2026-11` or `2026`. `None`
/// for what is no day.
pub fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.trim().split('-');
    let mut number = |n_digits: usize| {
        let part = parts.next()?;
        let is_number = part.len() == n_digits && part.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| part.parse::<i64>().ok()).flatten()
    };
    let year = number(4)?;
    let (month, day) = match text.trim().matches('-').count() {
        0 => (1, 1),
        1 => (number(2)?, 1),
        _ => (number(2)?, number(2)?),
    };
    let days = days_of(year, month, day);
    let is_day = parts.next().is_none() && civil_of(days) == (year, month, day);
    is_day.then_some(days * SECS_PER_DAY)
}

/// Days since 1970 of a day of the Gregorian calendar. Years are counted from March, so that the day
/// that some of them lack comes last.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12; // from March
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse: year, month and day.
fn civil_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (text, secs) in [
            ("1970-01-01", 0),
            ("1970", 0),
            ("2000-02-29", 951_782_400),
            ("2024-12", 1_733_011_200),
            ("2026-11-25", 1_795_564_800),
            ("1969-12-31", -86_400),
        ] {
            assert_eq!(parse_date(text), Some(secs), "{text}");
        }
        for n in -200_000..200_000 {
            let secs = n * SECS_PER_DAY;
            assert_eq!(parse_date(&format_date(secs + 86_399)), Some(secs));
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "x",
            "2026-13",
            "2026-02-29",
            "2026-1-1",
            "26-01-01",
            "2026-01-01-01",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
