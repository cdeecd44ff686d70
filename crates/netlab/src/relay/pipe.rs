//! One direction of a link as a calculation: when each packet arrives, and which packets never do. It has no clock
//! and no device; the caller says what time it is.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::link::{Link, Rate};

/// Without a rate, a packet waits for nobody; this only bounds the memory. It is 10 Gbit/s for 50 ms.
const MOST_UNDERWAY: u64 = 64 << 20;

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It will arrive.
    Arrives,
    /// The link loses it, because its loss says so.
    Lost,
    /// The queue has no room for it.
    Dropped,
}

/// One direction of a link.
pub(super) struct Pipe {
    one_way: Duration,
    rate: Option<Rate>,
    room: u64,
    loss: f64,
    rng: Rng,
    /// Until when the packets before have their turn.
    busy_until: Option<Instant>,
    /// The packets that are under way, in their order, with the moments at which they arrive.
    underway: VecDeque<(Instant, Vec<u8>)>,
    bytes: u64,
}

impl Pipe {
    /// Makes a direction of the link. Each direction has losses of its own, which follow from the seed of the link
    /// and the number of the direction.
    pub(super) fn new(link: &Link, direction: u64) -> Self {
        // The two directions draw from two sequences. Neighbouring seeds make unrelated ones, because the generator
        // mixes its seed into each number (wyrand).
        let mut seeds = Rng::with_seed(link.seed);
        let seed = (0..=direction).map(|_| seeds.u64(..)).last().unwrap_or(link.seed);
        Self {
            one_way: link.one_way(),
            rate: link.rate,
            room: link.room(),
            loss: link.loss.share(),
            rng: Rng::with_seed(seed),
            busy_until: None,
            underway: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Takes a packet that was sent now.
    pub(super) fn take(&mut self, packet: &[u8], now: Instant) -> Fate {
        // One number is drawn for each packet, whatever becomes of it. Therefore, the number of a packet and the seed
        // decide alone whether it is lost.
        if self.rng.f64() < self.loss {
            return Fate::Lost;
        }
        let length = packet.len() as u64;
        let leaves = match self.rate {
            Some(rate) => {
                let turn = self.busy_until.map_or(now, |busy| busy.max(now));
                // What waits for its turn, the rest of the packet that has its turn included.
                if rate.bytes_in(turn - now) + length > self.room {
                    return Fate::Dropped;
                }
                let leaves = turn + rate.time_of(length);
                self.busy_until = Some(leaves);
                leaves
            }
            None if self.bytes + length > MOST_UNDERWAY => return Fate::Dropped,
            None => now,
        };
        self.bytes += length;
        self.underway.push_back((leaves + self.one_way, packet.to_vec()));
        Fate::Arrives
    }

    /// Returns when the next packet arrives.
    pub(super) fn next(&self) -> Option<Instant> {
        self.underway.front().map(|(arrives, _)| *arrives)
    }

    /// Returns the next packet if it has arrived by now, and when it should arrive.
    pub(super) fn arrived(&mut self, now: Instant) -> Option<(Instant, Vec<u8>)> {
        self.next().filter(|arrives| *arrives <= now)?;
        let next = self.underway.pop_front();
        self.bytes -= next.as_ref().map_or(0, |(_, packet)| packet.len() as u64);
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(20);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn lost(link: &Link, direction: u64, packets: usize) -> Vec<usize> {
        let (mut pipe, now) = (Pipe::new(link, direction), Instant::now());
        (0..packets).filter(|_| pipe.take(&[0], now) == Fate::Lost).collect()
    }

    #[test]
    fn a_packet_arrives_after_half_of_the_round_trip_and_not_before() {
        let (mut pipe, sent) = (Pipe::new(&Link::new(RTT), 0), Instant::now());
        assert_eq!(pipe.next(), None);
        assert_eq!(pipe.take(b"one", sent), Fate::Arrives);
        assert_eq!(pipe.take(b"two", sent + ms(1)), Fate::Arrives);
        assert_eq!(pipe.next(), Some(sent + ms(10)));
        assert_eq!(pipe.arrived(sent + ms(10) - Duration::from_nanos(1)), None);
        assert_eq!(pipe.arrived(sent + ms(10)), Some((sent + ms(10), b"one".into())));
        assert_eq!(pipe.arrived(sent + ms(10)), None);
        assert_eq!(pipe.arrived(sent + ms(30)), Some((sent + ms(11), b"two".into())));
    }

    #[test]
    fn packets_have_their_turn_one_after_another() {
        // A packet of 1,500 bytes takes 1 ms.
        let link = Link { rate: "12mbit".parse().ok(), ..Link::new(RTT) };
        let (mut pipe, sent) = (Pipe::new(&link, 0), Instant::now());
        let mut arrives = |at: Instant| {
            assert_eq!(pipe.take(&[0; 1_500], at), Fate::Arrives);
            pipe.underway.back().map(|(arrives, _)| *arrives - sent).unwrap()
        };
        assert_eq!([arrives(sent), arrives(sent), arrives(sent + ms(1))], [ms(11), ms(12), ms(13)]);
        // After a pause, nobody is waiting.
        assert_eq!(arrives(sent + ms(10)), ms(21));
    }

    #[test]
    fn a_full_queue_drops_what_comes_last_and_has_room_again_later() {
        let link = Link { rate: "12mbit".parse().ok(), queue: Some(3_000), ..Link::new(RTT) };
        let (mut pipe, sent) = (Pipe::new(&link, 0), Instant::now());
        let fates = [(); 3].map(|()| pipe.take(&[0; 1_500], sent));
        assert_eq!(fates, [Fate::Arrives, Fate::Arrives, Fate::Dropped]);
        assert_eq!(pipe.take(&[0; 1_500], sent + ms(1)), Fate::Arrives);
        assert_eq!(pipe.take(&[0; 1_500], sent + ms(1)), Fate::Dropped);
    }

    #[test]
    fn what_is_under_way_without_a_rate_has_a_bound() {
        let (mut pipe, sent) = (Pipe::new(&Link::new(RTT), 0), Instant::now());
        let packet = vec![0; 1 << 20];
        let fates: Vec<Fate> = (0..65).map(|_| pipe.take(&packet, sent)).collect();
        assert_eq!((fates[63], fates[64]), (Fate::Arrives, Fate::Dropped));
        assert!(pipe.arrived(sent + RTT).is_some());
        assert_eq!(pipe.take(&packet, sent + RTT), Fate::Arrives);
    }

    #[test]
    fn the_seed_and_the_number_of_a_packet_decide_whether_it_is_lost() {
        let link = Link { loss: "1%".parse().unwrap(), seed: 7, ..Link::new(RTT) };
        assert_eq!(lost(&link, 0, 10_000), lost(&link, 0, 10_000));
        assert_ne!(lost(&link, 0, 10_000), lost(&link, 1, 10_000));
        assert_ne!(lost(&link, 0, 10_000), lost(&Link { seed: 8, ..link }, 0, 10_000));
        // The times, the lengths and a full queue have no part in it.
        let slow = Link { rate: "1mbit".parse().ok(), queue: Some(1_500), ..link };
        assert_eq!(lost(&slow, 0, 10_000), lost(&link, 0, 10_000));
    }

    #[test]
    fn as_many_packets_are_lost_as_the_loss_says() {
        let all = |loss: &str| Link { loss: loss.parse().unwrap(), seed: 1, ..Link::new(RTT) };
        assert_eq!((lost(&all("0%"), 0, 1_000).len(), lost(&all("100%"), 0, 1_000).len()), (0, 1_000));
        // The mean is 1,000, and the standard deviation is 31.5: sqrt(100,000 x 0.01 x 0.99).
        let lost = lost(&all("1%"), 0, 100_000).len();
        assert!((874..=1_126).contains(&lost), "{lost}");
    }
}
