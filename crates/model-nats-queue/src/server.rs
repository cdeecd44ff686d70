//! Where the NATS server is, how a program may log in to it, and whether it is one that the queue can use.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, ServerAddr, ServerInfo};
use fanout_model::{SetupError, redacted};
use percent_encoding::percent_decode_str;

/// The variable that names the server: one URL, or several of one cluster, separated by commas.
pub const VARIABLE: &str = "FANOUT_NATS";

/// The variable that names a credentials file of the server's operator (`nsc generate creds`).
const CREDENTIALS: &str = "FANOUT_NATS_CREDS";

/// The variable that names the only certificate roots that are trusted, in PEM.
const ROOTS: &str = "FANOUT_NATS_CA";

/// How long a connection, and each question to the server, may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// How often both ends make sure that the other is there. A link that is silently down is noticed after three times
/// this.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// The longest wait between two attempts to connect again.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The oldest version with consumers that end by themselves although they have a name.
const OLDEST: Version = Version(2, 9, 0);

/// The first versions without the faults that the NATS project published in 2026, of each line.
const SOUND: [Version; 2] = [Version(2, 11, 16), Version(2, 12, 7)];

/// A NATS server, and the secrets that it asks for.
#[derive(Clone)]
pub struct Server {
    addresses: Vec<ServerAddr>,
    credentials: Option<PathBuf>,
    roots: Option<PathBuf>,
}

impl std::fmt::Debug for Server {
    /// The addresses may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Server").field(&self.shown()).finish()
    }
}

/// Returns the value of a variable that is set and not empty.
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

impl Server {
    /// Checks that the environment names a server.
    ///
    /// # Errors
    /// [`SetupError::Elsewhere`] with what is missing.
    pub(crate) fn is_named() -> Result<(), SetupError> {
        let missing = "FANOUT_NATS is not set; it names the NATS server of the workers (docs/fleet.md)";
        variable(VARIABLE).map(|_| ()).ok_or_else(|| SetupError::Elsewhere(missing.into()))
    }

    /// Returns the server that the environment names. Its URL may hold a password, since nobody but the user reads
    /// the environment of a process.
    ///
    /// # Errors
    /// [`SetupError::Elsewhere`] if none is named, or if what is named is no URL of a NATS server.
    pub fn from_env() -> Result<Self, SetupError> {
        Self::is_named()?;
        let urls = variable(VARIABLE).unwrap_or_default();
        let path = |name| variable(name).map(PathBuf::from);
        Self::named(&urls.to_string_lossy(), VARIABLE, path(CREDENTIALS), path(ROOTS))
    }

    /// Returns the server of this URL, which a command line has. The credentials file and the certificate roots are
    /// those that the environment names.
    ///
    /// # Errors
    /// [`SetupError::Elsewhere`] if it is no URL of a NATS server, or if it holds a secret: every user of the
    /// machine can read a command line.
    pub fn from_argument(urls: &str) -> Result<Self, SetupError> {
        let path = |name| variable(name).map(PathBuf::from);
        let server = Self::named(urls, "--nats", path(CREDENTIALS), path(ROOTS))?;
        let has_secret = |address: &ServerAddr| address.username().is_some() || address.password().is_some();
        if server.addresses.iter().any(has_secret) {
            return Err(SetupError::Elsewhere(format!(
                "a password or a token on the command line, which every user of this machine can read: set \
                 {VARIABLE} to the URL in place of --nats, or name a credentials file with {CREDENTIALS}"
            )));
        }
        Ok(server)
    }

    /// Returns the server of this URL, or of several URLs, separated by commas, with a credentials file and the only
    /// certificate roots to trust.
    ///
    /// # Errors
    /// [`SetupError::Elsewhere`] if it is no URL of a NATS server.
    pub fn new(urls: &str, credentials: Option<PathBuf>, roots: Option<PathBuf>) -> Result<Self, SetupError> {
        Self::named(urls, "the caller", credentials, roots)
    }

    fn named(
        urls: &str,
        named_by: &str,
        credentials: Option<PathBuf>,
        roots: Option<PathBuf>,
    ) -> Result<Self, SetupError> {
        let address = |url: &str| {
            let wrong = |why: String| {
                let shown = redacted(url);
                SetupError::Elsewhere(format!(
                    "{named_by} names `{shown}`, which is no URL of a NATS server, such as nats://host:4222 or \
                     tls://host:4222: {why}"
                ))
            };
            let address = ServerAddr::from_str(url).map_err(|error| wrong(error.to_string()))?;
            match address.scheme() {
                "nats" | "tls" if address.host().is_empty() => Err(wrong("it has no host".into())),
                "nats" | "tls" => Ok(address),
                other => Err(wrong(format!("the scheme is {other}"))),
            }
        };
        let addresses = urls.split(',').map(|url| address(url.trim())).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { addresses, credentials, roots })
    }

    /// Returns the URLs without their secrets.
    #[must_use]
    pub fn shown(&self) -> String {
        let shown: Vec<String> = self.addresses.iter().map(|it| redacted(it.as_url_str())).collect();
        shown.join(",")
    }

    /// Connects, and checks that the server has what the queue needs. The connection is made again by itself whenever
    /// it breaks.
    ///
    /// # Errors
    /// [`SetupError::Elsewhere`] if there is no server, it refuses, or it lacks something.
    pub(crate) async fn connect(&self) -> Result<Client, SetupError> {
        let options = ConnectOptions::new()
            .name("fanout")
            .connection_timeout(TIMEOUT)
            .request_timeout(Some(TIMEOUT))
            .ping_interval(HEARTBEAT)
            .max_reconnects(None)
            .reconnect_delay_callback(|attempts| {
                Duration::from_millis(50 * (attempts as u64).min(20)).min(LONGEST_WAIT)
            })
            // What happens to the connection shows in what becomes of the requests.
            .event_callback(|_| async {});
        let options = match &self.roots {
            Some(path) => options.add_root_certificates(path.clone()),
            None => options,
        };
        let options = match &self.credentials {
            Some(path) => options.credentials_file(path).await.map_err(|error| {
                self.unusable(&format!("{CREDENTIALS} names {}, which cannot be used: {error}", path.display()))
            })?,
            None => options,
        };
        // The library takes no secrets from a URL.
        let options = match self.addresses.iter().find_map(|it| Some((it.username()?, it.password()))) {
            Some((user, Some(password))) => options.user_and_password(decoded(user), decoded(password)),
            Some((token, None)) => options.token(decoded(token)),
            None => options,
        };
        let client = options.connect(self.addresses.clone()).await;
        let client = client.map_err(|error| self.unusable(&because(&error)))?;
        self.check(&client.server_info())?;
        Ok(client)
    }

    fn check(&self, info: &ServerInfo) -> Result<(), SetupError> {
        let version = Version::of(&info.version);
        if version.is_none_or(|version| version < OLDEST) {
            let found = &info.version;
            return Err(
                self.unusable(&format!("it has version {found}, and {OLDEST} is the oldest that can be used"))
            );
        }
        if !info.jetstream || !info.headers {
            return Err(self.unusable("it has no JetStream: start it as `nats-server -js`"));
        }
        Ok(())
    }

    /// The error of a server that cannot be used.
    pub(crate) fn unusable(&self, why: &str) -> SetupError {
        SetupError::Elsewhere(format!("the NATS server at {} cannot be used: {why}", self.shown()))
    }
}

/// A part of a URL as its author meant it: `%40` is an `@`.
fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// Returns an error with what is below it.
pub(crate) fn because(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let text = error.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        below = error.source();
    }
    said
}

/// Returns what a person should know of a server's version, if its faults are published
/// (<https://github.com/nats-io/nats-server/releases>).
#[must_use]
pub(crate) fn warning(info: &ServerInfo) -> Option<String> {
    let version = Version::of(&info.version)?;
    let is_sound = match version {
        Version(2, 12, _) => version >= SOUND[1],
        _ => version >= SOUND[0],
    };
    let [first, second] = SOUND;
    (!is_sound).then(|| {
        format!(
            "the NATS server has version {}, whose faults are published: use {first}, {second} or a newer version",
            info.version
        )
    })
}

/// A version of the server. What follows the three numbers, as in `2.12.0-RC.1`, does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    fn of(text: &str) -> Option<Self> {
        let numbers = text.split(['-', '+']).next()?;
        let mut numbers = numbers.split('.').map(|number| number.parse().ok());
        Some(Self(numbers.next()??, numbers.next()??, numbers.next()??))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(version: &str) -> ServerInfo {
        ServerInfo { version: version.into(), jetstream: true, headers: true, ..ServerInfo::default() }
    }

    #[test]
    fn a_secret_on_a_command_line_is_refused_and_shown_nowhere() {
        for url in ["nats://me:secret@host:4222", "nats://secret@host", "nats://host,tls://a:secret@other"] {
            let error = Server::from_argument(url).unwrap_err().to_string();
            assert!(error.contains("FANOUT_NATS") && !error.contains("secret"), "{error}");
        }
        let server = Server::new("nats://me:secret@host:4222", None, None).unwrap();
        assert!(!format!("{server:?} {}", server.unusable("")).contains("secret"), "{server:?}");
    }

    #[test]
    fn what_is_no_url_of_a_nats_server_is_named() {
        for url in ["http://host:4222", "nats://", "nats://host,", "ws://host"] {
            let error = Server::from_argument(url).unwrap_err().to_string();
            assert!(error.contains("--nats names") && error.contains("nats://host:4222"), "{url}: {error}");
        }
        assert_eq!(Server::from_argument("localhost:4333").unwrap().shown(), "nats://localhost:4333");
    }

    #[test]
    fn a_version_with_published_faults_is_warned_of_and_one_that_is_too_old_is_refused() {
        for faulty in ["2.9.10", "2.10.29", "2.11.15", "2.12.0", "2.12.6", "2.12.6-RC.1"] {
            assert!(warning(&info(faulty)).is_some_and(|said| said.contains(faulty)), "{faulty}");
        }
        for sound in ["2.11.16", "2.12.7", "2.14.0", "2.15.1", "3.0.0"] {
            assert_eq!(warning(&info(sound)), None);
        }
        let server = Server::from_argument("nats://host").unwrap();
        for (info, says) in [
            (info("2.8.4"), "version 2.8.4"),
            (info("nonsense"), "version nonsense"),
            (ServerInfo { jetstream: false, ..info("2.15.1") }, "nats-server -js"),
        ] {
            let error = server.check(&info).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        server.check(&info("2.15.1")).unwrap();
    }
}
