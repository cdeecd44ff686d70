//! Which addresses of a host are tried, and when: "happy eyeballs" (RFC 8305).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// After this time without an answer, the next address is tried as well (RFC 8305, section 5).
pub const ATTEMPT: Duration = Duration::from_millis(250);

/// Puts the addresses of a host into the order in which they are tried: those of the two versions of IP take turns,
/// and the first remains the first (RFC 8305, section 4).
#[must_use]
pub fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_like_the_first = addresses.first().is_none_or(SocketAddr::is_ipv6);
    let (first, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == is_like_the_first);
    let (mut first, mut other) = (first.into_iter(), other.into_iter());
    let mut taking_turns = Vec::new();
    loop {
        let turn = [first.next(), other.next()];
        if turn == [None, None] {
            return taking_turns;
        }
        taking_turns.extend(turn.into_iter().flatten());
    }
}

/// Tries addresses in turn on the calling thread, for clients that block. Every address but the last gets [`ATTEMPT`]
/// first. If none of them connects, those that did not answer in time share the time that is left.
///
/// `attempt` gets an address and its time; `is_silence` says whether an error means that the time was over. The
/// result is that of the first attempt that succeeds, or else the error of the last one, or `None` if there is no
/// address.
pub fn in_turn<T, E>(
    addresses: &[SocketAddr],
    timeout: Duration,
    mut attempt: impl FnMut(SocketAddr, Duration) -> Result<T, E>,
    is_silence: impl Fn(&E) -> bool,
) -> Option<Result<T, E>> {
    let began = Instant::now();
    let left = || timeout.saturating_sub(began.elapsed());
    let (mut silent, mut failure) = (Vec::new(), None);
    for (i, address) in addresses.iter().enumerate() {
        let is_last = i + 1 == addresses.len() && silent.is_empty();
        match attempt(*address, if is_last { left() } else { left().min(ATTEMPT) }) {
            Err(error) => {
                if is_silence(&error) && !is_last {
                    silent.push(*address);
                }
                failure = Some(error);
            }
            connected => return Some(connected),
        }
    }
    for (i, address) in silent.iter().enumerate() {
        let others = u32::try_from(silent.len() - i).unwrap_or(u32::MAX);
        match attempt(*address, left() / others) {
            Err(error) => failure = Some(error),
            connected => return Some(connected),
        }
    }
    failure.map(Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_ip_take_turns_and_the_first_stays_first() {
        let order = |text: &str| {
            let addresses = text.split(' ').map(|address| address.parse().unwrap()).collect();
            interleaved(addresses).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(order("[::1]:1 [::2]:1 1.1.1.1:1 2.2.2.2:1"), "[::1]:1 1.1.1.1:1 [::2]:1 2.2.2.2:1");
        assert_eq!(order("1.1.1.1:1 2.2.2.2:1 [::1]:1"), "1.1.1.1:1 [::1]:1 2.2.2.2:1");
        assert_eq!(order("1.1.1.1:1"), "1.1.1.1:1");
        assert_eq!(interleaved(Vec::new()), []);
    }

    #[test]
    fn addresses_are_tried_in_turn_and_those_that_were_silent_once_more() {
        let addresses: Vec<SocketAddr> = ["1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1"].map(|it| it.parse().unwrap()).into();
        // Each says what an attempt with little time becomes, and what one with much.
        let tried = |outcomes: [[Result<u32, &'static str>; 2]; 3]| {
            let mut tried = String::new();
            let attempt = |address: SocketAddr, time: Duration| {
                let place = addresses.iter().position(|known| *known == address).unwrap();
                let is_long = time > ATTEMPT;
                tried += &format!("{}{}", place, if is_long { "+" } else { "" });
                outcomes[place][usize::from(is_long)]
            };
            let result = in_turn(&addresses, Duration::from_secs(60), attempt, |error| *error == "silent");
            (tried, result.unwrap())
        };
        let (refuses, silent, slow) = ([Err("refused"); 2], [Err("silent"); 2], [Err("silent"), Ok(7)]);
        assert_eq!(tried([[Ok(1); 2], refuses, silent]), ("0".into(), Ok(1)));
        assert_eq!(tried([refuses, [Ok(2); 2], silent]), ("01".into(), Ok(2)));
        assert_eq!(tried([refuses, refuses, slow]), ("012+".into(), Ok(7)));
        assert_eq!(tried([slow, refuses, refuses]), ("0120+".into(), Ok(7)));
        assert_eq!(tried([silent, refuses, silent]), ("0120+2+".into(), Err("silent")));
        assert_eq!(in_turn(&[], ATTEMPT, |_, _| Ok::<u32, ()>(1), |()| true), None);
    }
}
