//! `cargo fanout netlab` as a user has it: what the command sees, how it ends, and that nothing is left of the lab.
//!
//! These tests need root, iproute2 and TUN devices. Where one of them is missing, they are skipped with the reason.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod subject;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::subject::{can, children, left, namespaces, netlab, output, running, runs, text, wait_until};

#[test]
fn the_exit_code_is_that_of_the_command() {
    if !can() {
        return;
    }
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 128 + 9)] {
        let ended = output(&["--name", "code", "--", "sh", "-c", script]);
        assert_eq!(ended.status.code(), Some(code), "{script}: {}", text(&ended.stderr));
        assert_eq!(left("code"), [""; 0]);
    }
}

#[test]
fn the_command_finds_the_server_and_nothing_else() {
    if !can() {
        return;
    }
    let fetch = format!("{} fetch --model floor -n 3 --target $FANOUT_TARGET", env!("CARGO_BIN_EXE_fanout"));
    let fetched = output(&["--name", "plain", "--", "sh", "-c", &fetch]);
    assert_eq!(fetched.status.code(), Some(0), "{}", text(&fetched.stderr));
    assert_eq!(text(&fetched.stdout).lines().count(), 3);
    let secure = format!(
        "{} fetch --model hyper -n 3 --target $FANOUT_TARGET --ca-file $FANOUT_CA_FILE && ip -brief address",
        env!("CARGO_BIN_EXE_fanout")
    );
    let fetched = output(&["--name", "tls", "--tls", "--engine", "hyper", "--", "sh", "-c", &secure]);
    assert_eq!(fetched.status.code(), Some(0), "{}", text(&fetched.stderr));
    let stdout = text(&fetched.stdout);
    let devices: Vec<&str> = stdout.lines().skip(3).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(devices, ["lo", "lab0"]);
    assert_eq!([left("plain"), left("tls")].concat(), [""; 0]);
}

#[test]
fn both_ends_have_the_congestion_control_that_was_named_and_the_machine_keeps_its_own() {
    if !can() {
        return;
    }
    let read = "cat /proc/sys/net/ipv4/tcp_congestion_control";
    let own = fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control").unwrap();
    let usual = output(&["--name", "usual", "--", "sh", "-c", read]);
    assert_eq!(text(&usual.stdout), own);
    // Every kernel has reno, and lets every namespace use it (RFC 5681).
    let script = format!("{read}; ip netns exec fanout-reno-server {read}");
    let named = output(&["--name", "reno", "--congestion", "reno", "--", "sh", "-c", &script]);
    assert_eq!(text(&named.stdout), "reno\nreno\n", "{}", text(&named.stderr));
    assert!(text(&named.stderr).contains("the congestion control reno"), "{}", text(&named.stderr));
    assert_eq!(fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control").unwrap(), own);
}

#[test]
fn without_a_command_there_is_a_shell() {
    if !can() {
        return;
    }
    let mut command = netlab(&["--name", "shell"]);
    let mut shell = command.env("SHELL", "/bin/sh").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(b"echo $FANOUT_TARGET; exit 5\n").unwrap();
    let ended = shell.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), text(&ended.stdout).trim()), (Some(5), "http://198.18.0.2:8080"));
}

#[test]
fn whatever_asks_it_to_end_leaves_nothing_behind() {
    if !can() {
        return;
    }
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let name = format!("ends-{}", signal as i32);
        let mut running = running(&name);
        assert_eq!(namespaces(&name).len(), 2);
        running.send(signal);
        assert_eq!(running.end(), Some(130), "{signal}");
        assert!(running.has_ended_inside(), "{signal}: the command or its child still runs");
        assert_eq!(left(&name), [""; 0], "{signal}");
    }
}

#[test]
fn a_killed_lab_is_removed_at_once_by_its_caretaker() {
    if !can() {
        return;
    }
    let mut running = running("killed");
    running.send(Signal::SIGKILL);
    assert_eq!(running.end(), None);
    wait_until("nothing is left of the lab", || left("killed").is_empty() && running.has_ended_inside());
}

#[test]
fn what_a_lab_and_its_caretaker_leave_is_removed_by_the_next_start_and_a_living_lab_is_not() {
    if !can() {
        return;
    }
    let (mut killed, mut living) = (running("swept"), running("living"));
    let is_caretaker = |child: &i32| {
        let line = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
        text(&line).contains("owner.json")
    };
    let caretakers: Vec<i32> = children(killed.lab.id()).into_iter().filter(is_caretaker).collect();
    assert_eq!(caretakers.len(), 1);
    kill(Pid::from_raw(caretakers[0]), Signal::SIGKILL).unwrap();
    killed.send(Signal::SIGKILL);
    assert_eq!(killed.end(), None);

    // The tests beside this one start labs as well, and each start removes what is left.
    let next = output(&["--name", "next", "--", "true"]);
    assert_eq!(next.status.code(), Some(0), "{}", text(&next.stderr));
    assert_eq!(left("swept"), [""; 0]);
    assert!(killed.has_ended_inside(), "what ran in the lab still runs");
    assert_eq!(namespaces("living").len(), 2);
    assert!(living.inside.iter().all(|process| runs(*process)));

    let again = output(&["--name", "living", "--", "true"]);
    assert_eq!(again.status.code(), Some(2));
    let said = text(&again.stderr);
    assert!(said.contains("`living`") && said.contains(&living.lab.id().to_string()), "{said}");
    living.send(Signal::SIGTERM);
    assert_eq!(living.end(), Some(130));
}

/// A namespace that this test made, as somebody else would have.
struct Foreign(&'static str);

impl Foreign {
    fn new(name: &'static str) -> Self {
        assert!(Command::new("ip").args(["netns", "add", name]).status().unwrap().success());
        Self(name)
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", self.0]).status();
    }
}

#[test]
fn a_namespace_of_somebody_else_is_refused_by_name_and_stays() {
    if !can() {
        return;
    }
    let foreign = Foreign::new("fanout-foreign-server");
    let refused = output(&["--name", "foreign", "--", "true"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = text(&refused.stderr);
    assert!(said.contains("`fanout-foreign-server`") && said.contains("choose another name"), "{said}");
    assert_eq!(left("foreign"), ["fanout-foreign-server"]);
    drop(foreign);

    // A record of a dead process does not make a namespace ours that was made later under the same name.
    let _foreign = Foreign::new("fanout-later-client");
    let folder = Path::new("/run/fanout/netlab/later");
    fs::create_dir_all(folder).unwrap();
    let record = r#"{"process":1,"started":1,"namespaces":[{"name":"fanout-later-client","number":1}]}"#;
    fs::write(folder.join("owner.json"), record).unwrap();
    let refused = output(&["--name", "later", "--", "true"]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(left("later"), ["fanout-later-client"]);
}

#[test]
fn what_cannot_be_done_is_said_and_nothing_is_left() {
    if !can() {
        return;
    }
    let bad: [(&[&str], &str); 10] = [
        (&["--loss", "101%"], "from 0% to 100%"),
        (&["--rate", "fast"], "100mbit"),
        (&["--queue", "1"], "--rate"),
        (&["--rate", "1mbit", "--queue", "1"], "1500 bytes"),
        (&["--rtt", "2m"], "60 s"),
        (&["--name", "a/b"], "letters, digits and hyphens"),
        (&["--tls"], "--engine hyper"),
        (&["--congestion", "nosuch"], "no congestion control of TCP with the name `nosuch`"),
        // The kernel would take the first line.
        (&["--congestion", "reno\nnosuch"], "net.ipv4.tcp_available_congestion_control, which are"),
        (&["--", "/no/such/program"], "cannot start `/no/such/program`"),
    ];
    for (arguments, says) in bad {
        let named = [&["--name", "bad"][..], arguments].concat();
        let arguments = if arguments[0] == "--name" { arguments } else { &named };
        let mut command = Command::new(env!("CARGO_BIN_EXE_fanout"));
        command.arg("netlab").args(if arguments.contains(&"--rtt") { &[][..] } else { &["--rtt", "2ms"] });
        let refused = command.args(arguments).stdin(Stdio::null()).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", text(&refused.stderr));
        assert!(text(&refused.stderr).contains(says), "{arguments:?}: {}", text(&refused.stderr));
        assert_eq!(left("bad"), [""; 0], "{arguments:?}");
    }
}

#[test]
fn a_machine_that_lacks_something_is_told_what() {
    if !can() {
        return;
    }
    // Without root, as another user; the program must be where that user may run it.
    let program = env!("CARGO_BIN_EXE_fanout");
    let refused = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", program, "netlab", "--rtt", "2ms", "--", "true"])
        .output()
        .unwrap();
    let said = text(&refused.stderr);
    assert!(refused.status.code() == Some(2) && said.contains("sudo"), "{said}");
    // As root in a container.
    let mut refused = Command::new("setpriv");
    refused.args(["--bounding-set=-sys_admin", program, "netlab", "--rtt", "2ms"]);
    let said = text(&refused.output().unwrap().stderr);
    assert!(said.contains("CAP_SYS_ADMIN"), "{said}");
    // Without `ip`.
    let empty = tempfile::tempdir().unwrap();
    let refused = netlab(&["--name", "noip", "--", "/bin/true"]).env("PATH", empty.path()).output().unwrap();
    let said = text(&refused.stderr);
    assert!(refused.status.code() == Some(2) && said.contains("install iproute2"), "{said}");
    // Without TUN, in a mount namespace of its own where the device is hidden.
    let hide = "mount -t tmpfs none /dev/net && exec \"$0\" netlab --rtt 2ms --carrier relay --name notun -- true";
    let refused = Command::new("unshare").args(["--mount", "sh", "-c", hide, program]).output().unwrap();
    let said = text(&refused.stderr);
    assert!(refused.status.code() == Some(2) && said.contains("modprobe tun"), "{said}");
    assert_eq!([left("noip"), left("notun")].concat(), [""; 0]);
}
