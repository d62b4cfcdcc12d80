//! How much more may be sent, from a time on.

use crate::time::Timestamp;

/// The room that a quota has for more mail, over the next 24 hours.
///
/// Mail counts for 24 hours, so it needs room for as long. Beyond the 24 hours that are projected, each day is taken to go as
/// the one before: then as much enters the window as leaves it, and the use stays what it is at the end of the projection.
#[derive(Debug, Clone, PartialEq)]
pub struct Headroom {
    /// Recipients that fit from each time on, in the order of time: the least room of all later ones. Never falls.
    rooms: Vec<(Timestamp, f64)>,
}

impl Headroom {
    /// The room that `max` recipients in 24 hours leave over upper bounds of the use, in the order of time.
    #[must_use]
    pub fn new(max: f64, upper_bounds: &[(Timestamp, f64)]) -> Self {
        let mut least = f64::INFINITY;
        let mut rooms: Vec<(Timestamp, f64)> = Vec::with_capacity(upper_bounds.len());
        for (at, used) in upper_bounds.iter().rev() {
            least = least.min((max - used).max(0.0).floor());
            rooms.push((*at, least));
        }
        rooms.reverse();
        Self { rooms }
    }

    /// Recipients that fit from `at` on: whole, from 0.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> f64 {
        let before = self.rooms.iter().rev().find(|(time, _)| *time <= at);
        before.or(self.rooms.first()).map_or(0.0, |(_, room)| *room)
    }

    /// The first time from `from` on at which so many recipients fit; `None` if that is not within the 24 hours.
    #[must_use]
    pub fn fits_from(&self, recipients: f64, from: Timestamp) -> Option<Timestamp> {
        if self.at(from) >= recipients {
            return Some(from);
        }
        self.rooms.iter().find(|(time, room)| *time > from && *room >= recipients).map(|(time, _)| *time)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(quarter: i64) -> Timestamp {
        Timestamp::from_epoch_seconds(1_000_000_000 + 900 * quarter)
    }

    fn headroom(max: f64, used: &[f64]) -> Headroom {
        let bounds: Vec<_> = (0..).map(at).zip(used.iter().copied()).collect();
        Headroom::new(max, &bounds)
    }

    #[test]
    fn mail_needs_room_until_it_leaves_the_window() {
        let headroom = headroom(100.0, &[60.0, 80.0, 95.0, 70.0, 40.0, 50.0]);
        let whole = |time| headroom.at(time).to_string();
        assert_eq!([0, 1, 2, 3, 4, 5].map(|quarter| whole(at(quarter))), ["5", "5", "5", "30", "50", "50"]);
        // Within a quarter hour, the use at its beginning still counts.
        assert_eq!(whole(at(3).plus_seconds(-1)), "5");
        assert_eq!(headroom.fits_from(5.0, at(0)), Some(at(0)));
        assert_eq!(headroom.fits_from(31.0, at(0)), Some(at(4)));
        assert_eq!(headroom.fits_from(31.0, at(4).plus_seconds(60)), Some(at(4).plus_seconds(60)));
        assert_eq!(headroom.fits_from(51.0, at(0)), None);
    }

    proptest! {
        #[test]
        fn what_fits_stays_within_the_quota(
            used in prop::collection::vec(0.0..2_000.0_f64, 1..97),
            max in 1.0..1_500.0_f64,
            recipients in 1.0..1_500.0_f64,
            from in 0_i64..96,
        ) {
            let headroom = headroom(max, &used);
            let recipients = recipients.floor();
            match headroom.fits_from(recipients, at(from)) {
                Some(start) => {
                    prop_assert!(start >= at(from) && headroom.at(start) >= recipients);
                    for (time, used) in (0..).map(at).zip(&used).filter(|(time, _)| *time >= start) {
                        prop_assert!(used + recipients <= max, "{time}");
                    }
                }
                None => prop_assert!(used.last().unwrap() + recipients > max),
            }
        }
    }
}
