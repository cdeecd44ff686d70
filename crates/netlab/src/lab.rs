//! The lab: two namespaces, the link between them, and the record by which they are removed.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::caretaker::Caretaker;
use crate::counts::Counts;
use crate::error::LabError;
use crate::link::{Carrier, Link};
use crate::namespace::Namespace;
use crate::needs;
use crate::netem::Netem;
use crate::owner::Claim;
use crate::relay::Relay;

/// The address of the client's end in every lab. It is one of those that are set aside for measurements of networks
/// (RFC 2544, appendix C.2.2; RFC 6890), so that no other network has it. A namespace has no way to other networks.
pub const CLIENT: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// The address of the server's end in every lab; see [`CLIENT`].
pub const SERVER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 2);

/// Two network namespaces and the link between them. Dropping it ends the processes in the namespaces, and removes
/// everything that was made.
///
/// If this process is killed, a small shell that watches it removes everything. If that is killed as well, the next
/// lab that anybody starts does.
#[derive(Debug)]
pub struct Lab {
    name: String,
    swept: Vec<String>,
    // These are dropped in this order.
    carrying: Option<Carrying>,
    client: Namespace,
    server: Namespace,
    claim: Claim,
    _caretaker: Caretaker,
}

#[derive(Debug)]
enum Carrying {
    Netem(Netem),
    Relay(Relay),
}

/// Labs of this process so far.
static LABS: AtomicU32 = AtomicU32::new(0);

impl Lab {
    /// Says why no lab can be made on this machine, if that is known beforehand. Nothing is made for it.
    ///
    /// # Errors
    /// The reason: this process is not root's or lacks a capability, or there is no `ip`, or there is no TUN.
    pub fn available() -> Result<(), LabError> {
        needs::root_and_ip()?;
        needs::tun()
    }

    /// Makes a lab whose name follows from the number of this process.
    ///
    /// # Errors
    /// See [`LabError`]. Nothing is left of the lab then.
    pub fn new(link: &Link) -> Result<Self, LabError> {
        let number = LABS.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let name = if number == 0 { process.to_string() } else { format!("{process}-{number}") };
        Self::named(&name, link)
    }

    /// Makes a lab with this name. Its namespaces are `fanout-NAME-client` and `fanout-NAME-server`.
    ///
    /// Before that, it removes what killed processes left of their labs; [`Lab::swept`] has the names.
    ///
    /// # Errors
    /// See [`LabError`]. Nothing is left of the lab then. A namespace of the same name that is not fanout's, or
    /// whose owner still runs, is left as it is.
    pub fn named(name: &str, link: &Link) -> Result<Self, LabError> {
        let is_name = (1..=40).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
        if !is_name {
            return Err(LabError::Name(name.into()));
        }
        link.check().map_err(LabError::Link)?;
        needs::root_and_ip()?;
        if link.carrier != Some(Carrier::Netem) {
            needs::tun()?;
        }
        let names = ["client", "server"].map(|end| format!("fanout-{name}-{end}"));
        let (mut claim, swept) = Claim::new(name, &names)?;
        let client = make(&mut claim, &names[0], CLIENT)?;
        let server = make(&mut claim, &names[1], SERVER)?;
        claim.note_numbers()?;
        let caretaker = Caretaker::start(claim.owner(), claim.folder())?;
        let carrying = carry(link, &client, &server)?;
        Ok(Self { name: name.into(), swept, carrying: Some(carrying), client, server, claim, _caretaker: caretaker })
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns who carries the packets.
    #[must_use]
    pub fn carrier(&self) -> Carrier {
        match self.carrying {
            Some(Carrying::Netem(_)) => Carrier::Netem,
            Some(Carrying::Relay(_)) | None => Carrier::Relay,
        }
    }

    /// Returns the names of the namespaces that killed processes had left, and that were removed before this lab was
    /// made.
    #[must_use]
    pub fn swept(&self) -> &[String] {
        &self.swept
    }

    /// Returns a folder that everybody may read and only root may write, and that is removed with the lab.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.claim.folder()
    }

    /// Returns the client's end.
    #[must_use]
    pub fn client(&self) -> &Namespace {
        &self.client
    }

    /// Returns the server's end.
    #[must_use]
    pub fn server(&self) -> &Namespace {
        &self.server
    }

    /// Lets new connections of both ends have this congestion control of TCP, such as `cubic`, in place of the
    /// system's default, which [`Namespace::congestion`] returns.
    ///
    /// # Errors
    /// If the system has no such congestion control, or lets no lab use it. The message lists those that it has.
    pub fn set_congestion(&self, name: &str) -> Result<(), LabError> {
        self.client.set_congestion(name)?;
        self.server.set_congestion(name)
    }

    /// Returns what the link did so far.
    ///
    /// # Errors
    /// If netem carries the link, and `tc` fails.
    pub fn counts(&self) -> Result<Counts, LabError> {
        match &self.carrying {
            Some(Carrying::Netem(netem)) => netem.counts(),
            Some(Carrying::Relay(relay)) => Ok(relay.counts()),
            None => Ok(Counts::default()),
        }
    }

    /// Ends the processes in the namespaces, and removes everything that was made, as dropping does.
    ///
    /// # Errors
    /// If something cannot be removed. The next lab that is started tries again.
    pub fn end(mut self) -> Result<(), LabError> {
        self.carrying = None;
        self.claim.remove()
    }
}

fn make(claim: &mut Claim, name: &str, address: Ipv4Addr) -> Result<Namespace, LabError> {
    Namespace::make(name, address).inspect_err(|_| claim.give_up(name))
}

/// Lets netem carry the link if it can, or else the relay, unless the link says who is to do it.
fn carry(link: &Link, client: &Namespace, server: &Namespace) -> Result<Carrying, LabError> {
    if link.carrier != Some(Carrier::Relay) {
        match Netem::start(link, client, server) {
            Ok(netem) => return Ok(Carrying::Netem(netem)),
            Err(LabError::NoNetem(_)) if link.carrier.is_none() => {}
            Err(error) => return Err(error),
        }
    }
    Relay::start(link, client, server).map(Carrying::Relay)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ip::ip;
    use crate::namespace;

    #[test]
    fn a_namespace_that_somebody_makes_in_between_stays() {
        if let Err(why) = Lab::available() {
            return fanout_needs::skip("netlab", &why.to_string()).unwrap();
        }
        let names = ["fanout-between-client", "fanout-between-server"].map(str::to_owned);
        let (mut claim, _) = Claim::new("between", &names).unwrap();
        let _client = make(&mut claim, &names[0], CLIENT).unwrap();
        ip(&["netns", "add", &names[1]]).unwrap();
        assert!(make(&mut claim, &names[1], SERVER).unwrap_err().to_string().contains(&names[1]));
        drop(claim);
        let exist = names.each_ref().map(|name| namespace::exists(name));
        ip(&["netns", "delete", &names[1]]).unwrap();
        assert_eq!(exist, [false, true]);
    }
}
