//! What a link is like: its round trip, its rate, its loss, and who carries its packets.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

/// The link between the two ends of a lab. Both directions are alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// The time of a round trip of a small packet. Each direction takes half of it.
    pub rtt: Duration,
    /// The bits that each direction carries in a second; `None` for as many as the machine can.
    pub rate: Option<Rate>,
    /// The bytes that may wait in each direction for their turn; more are dropped at the tail. It has an effect with
    /// a rate only. `None` for [`Link::room`].
    pub queue: Option<u64>,
    /// The share of the packets that each direction loses.
    pub loss: Loss,
    /// The seed of the loss. Packet number i of a direction is lost in each lab with this seed, or in none.
    pub seed: u64,
    /// Who carries the packets; `None` for netem where it can do what this link asks for, and otherwise the relay.
    pub carrier: Option<Carrier>,
}

/// Who carries the packets of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// The kernel: a pair of virtual Ethernet devices with the queueing discipline netem (tc-netem(8)).
    Netem,
    /// This program: two TUN devices, and a thread for each direction that moves packets between them.
    Relay,
}

/// The longest round trip that a link may have.
const LONGEST: Duration = Duration::from_secs(60);

/// The least room of a queue, in bytes, unless the user says otherwise: more than 40 full packets.
const LEAST_ROOM: u64 = 64 << 10;

impl Link {
    /// Describes a link with this round trip, without a rate and without loss.
    #[must_use]
    pub fn new(rtt: Duration) -> Self {
        Self { rtt, rate: None, queue: None, loss: Loss::NONE, seed: 0, carrier: None }
    }

    /// Returns how long a packet travels in one direction, apart from its turn.
    #[must_use]
    pub fn one_way(&self) -> Duration {
        self.rtt / 2
    }

    /// Returns the bytes that may wait in each direction for their turn: `queue`, or else what the rate carries in
    /// one round trip (the bandwidth-delay product), and at least 64 KiB.
    #[must_use]
    pub fn room(&self) -> u64 {
        let product = self.rate.map_or(0, |rate| rate.bytes_in(self.rtt));
        self.queue.unwrap_or_else(|| product.max(LEAST_ROOM))
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if self.rtt > LONGEST {
            return Err(format!("a round trip of {:?} is longer than {} s", self.rtt, LONGEST.as_secs()));
        }
        if self.queue.is_some_and(|queue| queue < LARGEST_PACKET) {
            return Err(format!("a queue of less than {LARGEST_PACKET} bytes has no room for a packet"));
        }
        Ok(())
    }
}

/// The largest packet that a link carries, in bytes: the MTU of Ethernet.
pub(crate) const LARGEST_PACKET: u64 = 1_500;

/// The name of the device of the link in each namespace.
pub(crate) const DEVICE: &str = "lab0";

/// A rate in bits a second. Its text is written as tc(8) has it: `100mbit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(NonZeroU64);

/// The units, from the largest to the smallest, in bits a second.
const UNITS: [(&str, u64); 4] = [("gbit", 1_000_000_000), ("mbit", 1_000_000), ("kbit", 1_000), ("bit", 1)];

impl Rate {
    /// Returns the bits a second.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0.get()
    }

    /// Returns how long it takes to send so many bytes.
    #[must_use]
    pub fn time_of(self, bytes: u64) -> Duration {
        let ns = u128::from(bytes) * 8 * 1_000_000_000 / u128::from(self.bits());
        Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }

    /// Returns how many bytes are sent in this time.
    #[must_use]
    pub fn bytes_in(self, time: Duration) -> u64 {
        u64::try_from(time.as_nanos() * u128::from(self.bits()) / 8 / 1_000_000_000).unwrap_or(u64::MAX)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_ascii_lowercase();
        let unit = UNITS.iter().find_map(|(unit, bits)| Some((lower.strip_suffix(unit)?.trim_end(), *bits)));
        let bits = unit.and_then(|(number, bits)| Some(number.parse::<f64>().ok()? * bits as f64));
        // One terabit is beyond every machine; from there on, the arithmetic would be doubtful as well.
        let bits = bits.filter(|bits| (1_000.0..=1e12).contains(bits)).and_then(|bits| NonZeroU64::new(bits as u64));
        bits.map(Self).ok_or_else(|| "write a rate like 100mbit, from 1kbit to 1000gbit".into())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, unit)| self.bits().is_multiple_of(*unit)).unwrap_or(&UNITS[3]);
        write!(f, "{}{}", self.bits() / whole.1, whole.0)
    }
}

/// The share of packets that are lost. Its text is a percentage: `1%`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Loss(f64);

impl Loss {
    /// Every packet arrives.
    pub const NONE: Self = Self(0.0);

    /// Takes a share from 0 to 1; `None` if it is no such share.
    #[must_use]
    pub fn of(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }

    /// Returns the share, from 0 to 1.
    #[must_use]
    pub fn share(self) -> f64 {
        self.0
    }
}

impl FromStr for Loss {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let percent = text.trim().trim_end_matches('%').trim_end().parse::<f64>().ok();
        let share = percent.and_then(|percent| Self::of(percent / 100.0));
        share.ok_or_else(|| "write a loss like 1%, from 0% to 100%".into())
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the rounding, 0.07 would be shown as 7.000000000000001 %.
        write!(f, "{} %", (self.0 * 1e10).round() / 1e8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_and_shown_as_tc_writes_it() {
        for (text, bits, shown) in [
            ("100mbit", 100_000_000, "100mbit"),
            ("1.5Gbit", 1_500_000_000, "1500mbit"),
            ("9600 bit", 9_600, "9600bit"),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!((rate.bits(), rate.to_string().as_str()), (bits, shown));
        }
        for bad in ["", "100", "mbit", "-1mbit", "0mbit", "1bit", "NaNmbit", "infmbit", "9999gbit", "100mb"] {
            assert!(bad.parse::<Rate>().unwrap_err().contains("100mbit"), "{bad}");
        }
    }

    #[test]
    fn a_full_packet_takes_its_time() {
        let rate: Rate = "12mbit".parse().unwrap();
        assert_eq!(rate.time_of(1_500), Duration::from_millis(1));
        assert_eq!(rate.bytes_in(Duration::from_millis(1)), 1_500);
    }

    #[test]
    fn a_loss_is_a_percentage() {
        assert_eq!("1%".parse(), Ok(Loss(0.01)));
        assert_eq!("0.5 %".parse(), Ok(Loss(0.005)));
        assert_eq!("7".parse::<Loss>().unwrap().to_string(), "7 %");
        for bad in ["", "%", "-1%", "101%", "NaN", "a lot"] {
            assert!(bad.parse::<Loss>().unwrap_err().contains("1%"), "{bad}");
        }
    }

    #[test]
    fn the_queue_holds_a_round_trip_of_the_rate_unless_it_is_given() {
        let link = Link { rate: "1gbit".parse().ok(), ..Link::new(Duration::from_millis(20)) };
        assert_eq!(link.room(), 2_500_000);
        assert_eq!(Link { queue: Some(3_000), ..link }.room(), 3_000);
        assert_eq!(Link::new(Duration::ZERO).room(), LEAST_ROOM);
    }

    #[test]
    fn a_link_that_cannot_be_made_is_refused_with_the_reason() {
        assert!(Link::new(Duration::from_secs(61)).check().unwrap_err().contains("60 s"));
        let full = Link { queue: Some(1_499), ..Link::new(Duration::ZERO) };
        assert!(full.check().unwrap_err().contains("1500"));
    }
}
