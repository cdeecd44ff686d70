//! Reads the `FANOUT_*` variables. The benches have no flags of this project, because Criterion defines their flags.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use fanout_model::Model;
use fanout_models::{ROSTER, find_or_suggest, is_floor};
use fanout_peers::Language;
use mock_server::cli::TOKEN;

use crate::endpoint::Destination;
use crate::named::Named;
use crate::own::Own;
use crate::server::Elsewhere;
use crate::target::{BUDGET, Target, TargetError};

const LIVE_BUDGET: &str = "FANOUT_LIVE_BUDGET";

const TIME: &str = "FANOUT_BUDGET";

const SERVER: &str = "FANOUT_SERVER";

/// The variable of [`Config::congestion`].
pub const CONGESTION: &str = "FANOUT_CONGESTION";

const PEERS: &str = "FANOUT_PEERS";

/// All variables, each with its description.
const VARIABLES: [(&str, &str); 29] = [
    ("FANOUT_TARGET", "a server to measure against, such as https://httpbin.org"),
    (
        "FANOUT_SERVER",
        "a mock server's control on another machine, such as https://10.0.0.2:4433 (docs/elsewhere.md)",
    ),
    ("FANOUT_SERVER_TOKEN", "the token of that control"),
    ("FANOUT_REQUESTS", "a file with your own requests, for the `own` bench; docs/requests.md has the format"),
    ("FANOUT_CA_FILE", "the only certificate roots that https trusts, in PEM"),
    ("FANOUT_MODELS", "the models to measure, separated by commas"),
    ("FANOUT_BUDGET", "how long a plain `cargo bench` may measure, such as 3m; each question gets its share"),
    ("FANOUT_MARGIN", "up to how many percent two models are as good as each other, 5 by default"),
    ("FANOUT_ROUNDS", "rounds in each scenario, 10 at least"),
    ("FANOUT_PROFILE", "quick, default or full"),
    ("FANOUT_SEED", "the seed of the order in which models run, to repeat the order of a recorded run"),
    ("FANOUT_AWAKE", "1 to keep the processors from sleeping while measuring"),
    ("FANOUT_VERBOSE", "1 to print all tables, and all that Criterion says"),
    (LIVE_BUDGET, "requests that may go to a server that is not on this machine"),
    ("FANOUT_NATS", "the NATS server of the workers, for the model nats-queue; docs/fleet.md says how"),
    ("FANOUT_NATS_CREDS", "a credentials file for that server"),
    ("FANOUT_NATS_CA", "the only certificate roots to trust for that server, in PEM"),
    ("FANOUT_NATS_SERVER", "the program nats-server, for the tests and the `fleet` bench"),
    ("FANOUT_SSH", "the hosts of the workers, separated by commas, for the model ssh-pool"),
    ("FANOUT_SSH_CONFIG", "the configuration file of ssh for these hosts"),
    ("FANOUT_SSH_COMMAND", "the command that starts a worker on these hosts, `fanout worker` by default"),
    (CONGESTION, "the congestion control of TCP in the `network` bench, such as reno; the system's own by default"),
    ("FANOUT_PAIRS", "pairs of identical builds, for the `criterion_verdict` bench"),
    (PEERS, "the languages whose peers are measured as well: python, node and go, separated by commas"),
    ("FANOUT_PYTHON", "the Python interpreter of the peers"),
    ("FANOUT_PYTHON_FREE", "an interpreter of a free-threaded build, for one of the peers"),
    ("FANOUT_NODE", "the Node.js of the peers"),
    ("FANOUT_GO", "the Go toolchain of the peers"),
    ("FANOUT_REQUIRE", "what must not be skipped, separated by commas, such as python or io_uring"),
];

/// Returns all variables, one on each line, for a help text.
#[must_use]
pub fn listed() -> String {
    let width = VARIABLES.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = VARIABLES.iter().map(|(name, about)| format!("\n  {name:width$}  {about}"));
    format!("Variables of `cargo bench` (docs/variables.md):{}", lines.collect::<String>())
}

/// The fewest samples that Criterion analyses, and therefore the fewest rounds that can be asked for.
pub const LEAST_ROUNDS: usize = 10;

/// The settings that the user asked for.
#[derive(Clone)]
pub struct Config {
    /// What to measure against; `None` for the mock server.
    pub named: Option<Named>,
    /// The mock server on another machine; `None` for one on this machine.
    pub elsewhere: Option<Elsewhere>,
    /// The models to measure, in the roster's order.
    pub models: Vec<&'static dyn Model>,
    /// Whether the user named these models. Otherwise they are all models.
    pub models_are_named: bool,
    /// The languages whose peers are measured as well; `None` for those of the question, which are none in most.
    pub peers: Option<Vec<Language>>,
    /// The number of rounds in each scenario; `None` for the question's own number.
    pub rounds: Option<usize>,
    /// How long a plain `cargo bench` may measure; `None` for what the profile says.
    pub time: Option<Duration>,
    /// Up to this ratio, two models are as good as each other; `None` for the default.
    pub margin: Option<f64>,
    /// How much time to take.
    pub profile: Profile,
    /// The seed of the order in which models run; `None` for a new one.
    pub seed: Option<u64>,
    /// Whether to keep the processors from sleeping.
    pub awake: bool,
    /// Whether to print all tables, and everything that Criterion prints.
    pub verbose: bool,
    /// How many requests may go to a server that is not on this machine.
    pub budget: u64,
    /// The congestion control of TCP in networks that are made; `None` for the system's own.
    pub congestion: Option<String>,
    /// The number of pairs of identical builds to be judged; `None` for the bench's own number.
    pub pairs: Option<usize>,
}

/// How much time to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A short time, for a first look.
    Quick,
    /// Some minutes.
    Default,
    /// As much time as is needed.
    Full,
}

impl Config {
    /// Reads the variables of this process.
    ///
    /// # Errors
    /// If a variable is wrong. The message names the variable, and says what is wrong with it and what it takes.
    pub fn from_env() -> Result<Self, String> {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self::read(&std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect())
    }

    fn read(variables: &BTreeMap<String, String>) -> Result<Self, String> {
        // Everywhere, an empty variable counts as not set.
        let set = || variables.iter().filter(|(_, value)| !value.is_empty());
        for (name, _) in set().filter(|(name, _)| name.starts_with("FANOUT_")) {
            if !VARIABLES.iter().any(|(known, _)| known == name) {
                return Err(unknown(name));
            }
        }
        let get = |wanted| set().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
        // Cargo runs a bench in the folder of its package. A relative path begins where the user typed the command.
        let at = |path: &str| match get("PWD").map(|folder| Path::new(folder).join(path)) {
            Some(typed) if typed.exists() => typed,
            _ => Path::new(path).to_owned(),
        };
        let ca_file = get("FANOUT_CA_FILE").map(at);
        let ca_file = ca_file.as_deref();
        let named = match (get("FANOUT_TARGET"), get("FANOUT_REQUESTS")) {
            (Some(_), Some(_)) => {
                return Err("FANOUT_REQUESTS names the servers of its requests: unset FANOUT_TARGET".into());
            }
            (None, None) if ca_file.is_some() && get(SERVER).is_none() => {
                return Err(
                    "FANOUT_CA_FILE is for an https server: name it with FANOUT_TARGET or FANOUT_SERVER".into()
                );
            }
            (None, None) => None,
            (Some(url), None) => Some(Named::Server(Target::new(url, ca_file).map_err(|error| match error {
                TargetError::Roots { .. } => format!("FANOUT_CA_FILE: {error}"),
                _ => format!("FANOUT_TARGET: {error}"),
            })?)),
            (None, Some(file)) => {
                let own = Own::read(&at(file), ca_file);
                Some(Named::Requests(own.map_err(|error| format!("FANOUT_REQUESTS: {error}"))?))
            }
        };
        if named.is_some() && get(SERVER).is_some() {
            return Err(format!("{SERVER} names the mock server: unset FANOUT_TARGET and FANOUT_REQUESTS"));
        }
        if get(TOKEN).is_some() && get(SERVER).is_none() {
            return Err(format!(
                "{TOKEN} is for a mock server on another machine: name it with {SERVER}, or unset {TOKEN}"
            ));
        }
        let elsewhere = get(SERVER).map(|url| Elsewhere::new(url, get(TOKEN), ca_file));
        let elsewhere = elsewhere.transpose().map_err(|error| match error {
            TargetError::Roots { .. } => format!("FANOUT_CA_FILE: {error}"),
            _ => format!("{SERVER}: {error}"),
        })?;
        let rounds = get("FANOUT_ROUNDS").map(|text| match text.parse() {
            Ok(rounds) if (LEAST_ROUNDS..=100_000).contains(&rounds) => Ok(rounds),
            _ => Err(format!("FANOUT_ROUNDS={text}: a number from {LEAST_ROUNDS} to 100000 is needed")),
        });
        let time = get(TIME).map(time).transpose()?;
        if time.is_some() && (get("FANOUT_PROFILE").is_some() || get("FANOUT_ROUNDS").is_some()) {
            return Err(format!("{TIME} takes the place of FANOUT_PROFILE and FANOUT_ROUNDS: unset those"));
        }
        Ok(Self {
            time,
            margin: get("FANOUT_MARGIN").map(margin).transpose()?,
            named,
            elsewhere,
            models: get("FANOUT_MODELS").map_or_else(|| Ok(ROSTER.to_vec()), models)?,
            models_are_named: get("FANOUT_MODELS").is_some(),
            peers: get(PEERS).map(peers).transpose()?,
            rounds: rounds.transpose()?,
            profile: get("FANOUT_PROFILE").map_or(Ok(Profile::Default), profile)?,
            seed: get("FANOUT_SEED").map(seed).transpose()?,
            awake: get("FANOUT_AWAKE").map_or(Ok(false), |text| switch("FANOUT_AWAKE", text))?,
            verbose: get("FANOUT_VERBOSE").map_or(Ok(false), |text| switch("FANOUT_VERBOSE", text))?,
            budget: get(LIVE_BUDGET).map_or(Ok(BUDGET), requests)?,
            congestion: get(CONGESTION).map(Into::into),
            pairs: get("FANOUT_PAIRS").map(pairs).transpose()?,
        })
    }

    /// Returns where requests are to go.
    #[must_use]
    pub fn destination(&self) -> Destination<'_> {
        match (&self.named, &self.elsewhere) {
            (Some(named), _) => Destination::Named(named),
            (None, Some(control)) => Destination::Elsewhere(control),
            (None, None) => Destination::Here,
        }
    }
}

/// Returns the budget of `FANOUT_LIVE_BUDGET` alone, for programs that take all other settings as arguments.
///
/// # Errors
/// If the variable is not a number. The message names the variable.
pub fn budget() -> Result<u64, String> {
    let set = std::env::var_os(LIVE_BUDGET).filter(|text| !text.is_empty());
    set.map_or(Ok(BUDGET), |text| requests(&text.to_string_lossy()))
}

fn requests(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{LIVE_BUDGET}={text}: a number of requests is needed"))
}

fn models(list: &str) -> Result<Vec<&'static dyn Model>, String> {
    let mut wanted = Vec::new();
    for id in list.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        let model = find_or_suggest(id).map_err(|error| format!("FANOUT_MODELS: {error}"))?;
        // The control arms run in any case.
        if !is_floor(model.id()) {
            wanted.push(model.id());
        }
    }
    Ok(ROSTER.iter().copied().filter(|model| wanted.contains(&model.id())).collect())
}

fn peers(text: &str) -> Result<Vec<Language>, String> {
    Language::list(text).map_err(|error| format!("{PEERS}={text}: {error}"))
}

fn profile(text: &str) -> Result<Profile, String> {
    match text {
        "quick" => Ok(Profile::Quick),
        "default" => Ok(Profile::Default),
        "full" => Ok(Profile::Full),
        _ => Err(format!("FANOUT_PROFILE={text}: it is quick, default or full")),
    }
}

fn time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).ok().filter(|time| !time.is_zero());
    time.ok_or_else(|| format!("{TIME}={text}: a time such as 90s or 3m is needed"))
}

fn margin(text: &str) -> Result<f64, String> {
    let percent = text.parse().ok().filter(|percent: &f64| *percent > 0.0 && *percent <= 100.0);
    let percent =
        percent.ok_or_else(|| format!("FANOUT_MARGIN={text}: a percentage above 0 is needed, such as 5"))?;
    Ok(1.0 + percent / 100.0)
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("FANOUT_SEED={text}: a number is needed, as a run's report gives it"))
}

fn switch(name: &str, text: &str) -> Result<bool, String> {
    match text {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(format!("{name}={text}: it is 0 or 1")),
    }
}

fn pairs(text: &str) -> Result<usize, String> {
    let pairs = text.parse().ok().filter(|pairs| (1..=10_000).contains(pairs));
    pairs.ok_or_else(|| format!("FANOUT_PAIRS={text}: a number from 1 to 10000 is needed"))
}

fn unknown(name: &str) -> String {
    let nearest = VARIABLES
        .iter()
        .max_by(|(a, _), (b, _)| strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b)));
    let list: Vec<String> = VARIABLES.iter().map(|(name, about)| format!("  {name}: {about}")).collect();
    let (nearest, _) = nearest.unwrap_or(&VARIABLES[0]);
    format!("{name} is not a variable of fanout; did you mean {nearest}? The variables are:\n{}", list.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        Config::read(&variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect())
    }

    fn ids(config: &Config) -> Vec<&'static str> {
        config.models.iter().map(|model| model.id()).collect()
    }

    #[test]
    fn nothing_set_means_the_mock_server_and_every_model() {
        let empty = VARIABLES.map(|(name, _)| (name, ""));
        let config = read(&[&empty[..], &[("HOME", "/"), ("FANOUT_OF_LATER", "")]].concat()).unwrap();
        assert!(config.named.is_none() && config.rounds.is_none());
        assert_eq!(config.models.len(), ROSTER.len());
        assert_eq!(config.peers, None);
        assert_eq!((config.profile, config.budget), (Profile::Default, BUDGET));
    }

    #[test]
    fn models_are_taken_in_the_rosters_order() {
        let config = read(&[("FANOUT_MODELS", "thread-pool, sequential,floor,floor-uring")]).unwrap();
        assert_eq!(ids(&config), ["sequential", "thread-pool"]);
        let peers = read(&[("FANOUT_PEERS", "node, python")]).unwrap().peers;
        assert_eq!(peers, Some(vec![Language::Python, Language::Node]));
    }

    #[test]
    fn a_relative_path_begins_where_the_command_was_typed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("my-requests"), "http://localhost/a\n").unwrap();
        let typed_in = [("PWD", folder.path().to_str().unwrap()), ("FANOUT_REQUESTS", "my-requests")];
        assert!(matches!(read(&typed_in).unwrap().named, Some(Named::Requests(_))));
    }

    #[test]
    fn a_bad_value_names_its_variable_and_what_it_takes() {
        let bad = [
            ("FANOUT_TARGET", "nonsense", "not a URL"),
            ("FANOUT_MODELS", "thread_pool", "did you mean `thread-pool`?"),
            ("FANOUT_PEERS", "python,ruby", "python, node and go"),
            ("FANOUT_ROUNDS", "9", "from 10"),
            ("FANOUT_ROUNDS", "many", "from 10"),
            ("FANOUT_BUDGET", "3 minutes or so", "such as 90s or 3m"),
            ("FANOUT_BUDGET", "0s", "such as 90s or 3m"),
            ("FANOUT_MARGIN", "0", "a percentage above 0"),
            ("FANOUT_MARGIN", "five", "a percentage above 0"),
            ("FANOUT_PROFILE", "fast", "quick, default or full"),
            ("FANOUT_SEED", "-1", "a number is needed"),
            ("FANOUT_AWAKE", "yes", "0 or 1"),
            ("FANOUT_VERBOSE", "yes", "0 or 1"),
            ("FANOUT_LIVE_BUDGET", "-1", "number of requests"),
            ("FANOUT_PAIRS", "0", "from 1 to 10000"),
            ("FANOUT_PAIRS", "ten", "from 1 to 10000"),
            ("FANOUT_ROUND", "10", "did you mean FANOUT_ROUNDS?"),
            ("FANOUT_CA_FILE", "/some/file", "FANOUT_TARGET"),
        ];
        for (name, value, says) in bad {
            let message = read(&[(name, value)]).err().unwrap();
            assert!(message.contains(name) && message.contains(says), "{message}");
        }
        for other in ["FANOUT_PROFILE", "FANOUT_ROUNDS"] {
            let message = read(&[("FANOUT_BUDGET", "60s"), (other, "quick")]).err().unwrap();
            assert!(message.contains("takes the place of") || message.contains("from 10"), "{message}");
        }
    }
}
