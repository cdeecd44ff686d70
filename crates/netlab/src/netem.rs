//! Lets the kernel carry the link: a pair of virtual Ethernet devices (veth(4)), each with the queueing discipline
//! netem (tc-netem(8)), where the kernel has it.

use serde::Deserialize;

use crate::counts::{Carried, Counts};
use crate::error::LabError;
use crate::ip::{ip, tc};
use crate::link::{DEVICE, LARGEST_PACKET, Link};
use crate::namespace::Namespace;

/// The Ethernet addresses of both ends. They are local ones (IEEE 802, bit 2 of the first byte).
const ADDRESSES: [&str; 2] = ["02:00:00:00:00:01", "02:00:00:00:00:02"];

/// A link that the kernel carries. It ends when its namespaces do.
#[derive(Debug)]
pub(crate) struct Netem {
    client: String,
    server: String,
}

impl Netem {
    /// Makes a device in each namespace, and lets netem delay and lose what they send.
    ///
    /// # Errors
    /// [`LabError::NoNetem`] if the kernel or `tc` has no netem, or none that can do what the link asks for. Nothing
    /// is left of it then.
    pub(crate) fn start(link: &Link, client: &Namespace, server: &Namespace) -> Result<Self, LabError> {
        // Loopback is there already, and it tells whether there is netem before anything is made.
        let probe: Vec<String> = words(link, client.name(), "lo", 0);
        discipline(&probe)?;
        tc(&["-n", client.name(), "qdisc", "delete", "dev", "lo", "root"])?;
        let started = Self::connect(link, client, server);
        if started.is_err() {
            // The first failure is the one to report.
            let _ = ip(&["-n", client.name(), "link", "delete", DEVICE]);
        }
        started
    }

    fn connect(link: &Link, client: &Namespace, server: &Namespace) -> Result<Self, LabError> {
        let device = ["-n", client.name(), "link", "add", DEVICE, "address", ADDRESSES[0], "type", "veth"];
        let peer = ["peer", "name", DEVICE, "address", ADDRESSES[1], "netns", server.name()];
        ip(&[&device[..], &peer[..]].concat())?;
        let ends = [(client, server, ADDRESSES[1]), (server, client, ADDRESSES[0])];
        for (number, (here, there, theirs)) in (0..).zip(ends) {
            let (address, peer) = (here.address().to_string(), there.address().to_string());
            ip(&["-n", here.name(), "address", "add", &address, "peer", &peer, "dev", DEVICE])?;
            // netem would delay and lose what the kernel sends as one large segment as one packet.
            ip(&["-n", here.name(), "link", "set", DEVICE, "gso_max_segs", "1", "up"])?;
            // Nobody has to ask for the address of the other end, which would take a round trip and count as packets.
            ip(&["-n", here.name(), "neighbour", "add", &peer, "lladdr", theirs, "dev", DEVICE, "nud", "permanent"])?;
            discipline(&words(link, here.name(), DEVICE, number))?;
        }
        Ok(Self { client: client.name().into(), server: server.name().into() })
    }

    /// Returns the counts, which netem has since it was started.
    pub(crate) fn counts(&self) -> Result<Counts, LabError> {
        let of =
            |name: &str| tc(&["-n", name, "-s", "-j", "qdisc", "show", "dev", DEVICE]).map(|said| carried(&said));
        Ok(Counts { to_server: of(&self.client)?, to_client: of(&self.server)? })
    }
}

fn discipline(words: &[String]) -> Result<(), LabError> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match tc(&words) {
        Err(LabError::Command { said, .. }) => Err(LabError::NoNetem(said)),
        Err(LabError::NoProgram(program)) => Err(LabError::NoNetem(format!("there is no `{program}`"))),
        result => result.map(drop),
    }
}

/// Returns the arguments of `tc` for one direction of the link.
fn words(link: &Link, namespace: &str, device: &str, direction: u64) -> Vec<String> {
    let mut words = vec!["-n", namespace, "qdisc", "replace", "dev", device, "root", "netem"];
    // netem counts its queue in packets, and those that are under way stay in it.
    let underway = link.rate.map_or(MOST_UNDERWAY, |rate| link.room() + rate.bytes_in(link.one_way()));
    let limit = underway.div_ceil(LARGEST_PACKET).to_string();
    let delay = format!("{}us", link.one_way().as_micros());
    words.extend(["limit", &limit, "delay", &delay]);
    let rate = link.rate.map(|rate| format!("{}bit", rate.bits()));
    words.extend(rate.iter().flat_map(|rate| ["rate", rate]));
    let loss = format!("{}%", link.loss.share() * 100.0);
    // Both directions have losses of their own.
    let seed = link.seed.wrapping_mul(2).wrapping_add(direction).to_string();
    if link.loss.share() > 0.0 {
        // Kernels before 6.6 and older versions of tc have no seed, and refuse it.
        words.extend(["loss", "random", &loss, "seed", &seed]);
    }
    words.into_iter().map(str::to_owned).collect()
}

/// Without a rate, a packet waits for nobody; this only bounds the memory, as in the relay.
const MOST_UNDERWAY: u64 = 64 << 20;

/// What `tc -s -j qdisc show` says of netem.
#[derive(Deserialize)]
struct Shown {
    kind: String,
    packets: u64,
    bytes: u64,
    drops: u64,
}

fn carried(said: &str) -> Carried {
    let shown: Vec<Shown> = serde_json::from_str(said).unwrap_or_default();
    let netem = shown.into_iter().find(|shown| shown.kind == "netem");
    netem.map_or_else(Carried::default, |netem| Carried {
        packets: netem.packets,
        bytes: netem.bytes,
        lost: netem.drops,
        ..Carried::default()
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn netem_is_told_what_the_link_is_like() {
        let link = Link::new(Duration::from_millis(20));
        let plain = words(&link, "fanout-1-client", "lab0", 0).join(" ");
        let begins = "-n fanout-1-client qdisc replace dev lab0 root netem limit 44740 delay 10000us";
        assert_eq!(plain, begins);
        let link = Link { rate: "100mbit".parse().ok(), loss: "1%".parse().unwrap(), seed: 7, ..link };
        let all = words(&link, "fanout-1-server", "lab0", 1).join(" ");
        assert!(all.ends_with("limit 250 delay 10000us rate 100000000bit loss random 1% seed 15"), "{all}");
    }

    #[test]
    fn the_counts_of_netem_are_read() {
        let said = r#"[{"kind":"netem","handle":"8001:","root":true,"options":{"limit":1000},"bytes":840,"packets":10,
            "drops":2,"overlimits":0,"requeues":0,"backlog":0,"qlen":0}]"#;
        assert_eq!(carried(said), Carried { packets: 10, bytes: 840, lost: 2, ..Carried::default() });
        assert_eq!(carried("[]"), Carried::default());
    }
}
