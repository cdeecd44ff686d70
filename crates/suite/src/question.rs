//! Defines a question: what a bench target compares.

use std::num::NonZeroUsize;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use fanout_harness::arm::Entrant;
use fanout_harness::case::Case;
use fanout_harness::config::{CONGESTION, Config, LEAST_ROUNDS, Profile};
use fanout_harness::named::Named;
use fanout_harness::plan::Plan;
use fanout_harness::printing::note;
use fanout_harness::schedule::Schedule;
use fanout_model::{Concurrency, Model, Settings};
use fanout_models::{AGAIN, find};
use fanout_needs::skip;
use fanout_netlab::Lab;
use fanout_peers::Peer;
use fanout_record::run::Role;

use crate::args::Args;
use crate::peers;
use crate::taking_part::{control_arms, taking_part};

/// The usual number of rounds in the full profile.
pub const FULL: usize = 60;

/// Returns the number of rounds of a scenario. In the quick profile, it is the fewest that Criterion analyses. In the
/// full profile, it is `full`. In the default profile, it is `None`: as many as it takes within the question's time.
#[must_use]
pub fn rounds(profile: Profile, full: usize) -> Option<usize> {
    match profile {
        Profile::Quick => Some(LEAST_ROUNDS),
        Profile::Default => None,
        Profile::Full => Some(full),
    }
}

/// The most rounds that a scenario gets, however much time there is.
const MOST_ROUNDS: usize = 400;

/// The number of rounds that a scenario gets in any case if `FANOUT_BUDGET` bounds the time. Two rounds give an
/// interval, and a third makes it narrow enough to show large differences.
const COARSEST: usize = 3;

/// The time of all questions of a plain `cargo bench` together, in seconds. A test in `crates/house` adds it up.
pub const PLAIN_SECONDS: u64 = 285;

/// Who answers the requests of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// The mock server alone.
    Mock,
    /// The mock server, or a server that the user names. The question then has one batch size, and no delay that
    /// varies.
    MockOrTarget,
    /// The servers of the user's own requests.
    Own,
}

/// A participant that is not in the roster.
#[derive(Clone, Copy)]
pub enum Beside {
    /// The peers of the languages that `FANOUT_PEERS` names. No ranking counts them.
    Peers {
        /// Whether those of all languages take part if the variable is not set.
        unasked: bool,
    },
    /// A mistake. It takes part where its twin does, and no ranking counts it.
    Mistake {
        /// The wrong model.
        model: &'static dyn Model,
        /// The id of the right model.
        twin: &'static str,
        /// Whether the mistake keeps the limit. If not, it may have its whole batch in flight.
        limited: bool,
    },
}

/// One question, as its target states it.
pub struct Question {
    /// The target's name.
    pub name: &'static str,
    /// What it asks, in one sentence.
    pub about: &'static str,
    /// The scenarios that answer the question in a profile.
    pub cases: fn(Profile) -> Vec<Case>,
    /// Whether a model makes sense in this question.
    pub admits: fn(&dyn Model) -> bool,
    /// The ids of the models that take part unless the user names models. Empty for all.
    pub usual: &'static [&'static str],
    /// Who answers.
    pub server: Answers,
    /// What takes part besides the models of the roster.
    pub beside: fn() -> Vec<Beside>,
    /// How long all of its scenarios may be measured in the default profile, in seconds.
    pub seconds: u64,
}

impl Question {
    /// Returns every scenario with everything that takes part: the models, the control arms, and one model a second
    /// time.
    ///
    /// # Errors
    /// If the question cannot be asked of the target, no model can take part, or this machine does not allow the
    /// settings.
    pub(crate) fn plans(&self, config: &Config) -> anyhow::Result<Vec<Plan>> {
        let cases = (self.cases)(config.profile);
        match (self.server, &config.named) {
            (Answers::Mock | Answers::MockOrTarget, None)
            | (Answers::MockOrTarget, Some(Named::Server(_)))
            | (Answers::Own, Some(Named::Requests(_))) => {}
            (Answers::Mock, Some(Named::Server(_))) => {
                bail!("this question needs a server of its own: unset FANOUT_TARGET, or run `--bench notebook`")
            }
            (Answers::Own, _) => bail!(
                "this question needs your requests: name a file with FANOUT_REQUESTS; a list of URLs, one a line, is \
                 enough (docs/requests.md)"
            ),
            (_, Some(Named::Requests(_))) => bail!("FANOUT_REQUESTS is for `--bench own`: unset it"),
        }
        if cases.iter().any(|case| case.network.is_some()) {
            ensure!(config.elsewhere.is_none(), "this question makes a network of its own: unset FANOUT_SERVER");
            if let Err(why) = Lab::available() {
                skip(self.name, &format!("netlab: {why}")).map_err(anyhow::Error::msg)?;
                return Ok(Vec::new());
            }
        } else if config.congestion.is_some() {
            bail!("{CONGESTION} is for a network that the bench makes (`--bench network`): unset it");
        }
        let https = config.named.as_ref().is_some_and(Named::needs_tls);
        let models = self.models(config, https)?;
        let unasked = (self.beside)().iter().find_map(|beside| match beside {
            Beside::Peers { unasked } => Some(*unasked),
            Beside::Mistake { .. } => None,
        });
        let languages = unasked.map_or(&[][..], |unasked| peers::languages(config, unasked));
        let peers = peers::taking_part(languages, self.name, self.admits, https)?;
        // A question about peers shows nothing without one.
        if unasked == Some(true) && peers.is_empty() {
            return Ok(Vec::new());
        }
        // The control arms do not speak TLS, do not read every server's answers, and send nothing again.
        let floors = if https || self.server == Answers::Own { Vec::new() } else { control_arms()? };
        let plans: anyhow::Result<Vec<Plan>> =
            cases.into_iter().map(|case| self.plan(case, &models, &peers, &floors, config)).collect();
        // A case without a model would show nothing. A case has none if FANOUT_MODELS names no model that can take
        // part.
        Ok(plans?
            .into_iter()
            .filter(|plan| plan.entrants.iter().any(|entrant| entrant.role == Role::Model))
            .collect())
    }

    /// Returns the models that were asked for, make sense, and can take part.
    fn models(&self, config: &Config, https: bool) -> anyhow::Result<Vec<&'static dyn Model>> {
        let mut models = taking_part(config, self.admits, https)?;
        if !config.models_are_named && !self.usual.is_empty() {
            models.retain(|model| self.usual.contains(&model.id()));
        }
        let has_mistakes = (self.beside)().iter().any(|it| matches!(it, Beside::Mistake { .. }));
        match (models.is_empty(), has_mistakes) {
            (false, _) => {}
            // Whoever measures some models with all questions goes on with the next question.
            (true, true) => note(&format!(
                "{}: nothing is measured, since FANOUT_MODELS names no model that has a mistake for a twin",
                self.name
            )),
            (true, false) => bail!("FANOUT_MODELS names no model that can take part in this question"),
        }
        Ok(models)
    }

    fn plan(
        &self,
        case: Case,
        models: &[&'static dyn Model],
        peers: &[&'static Peer],
        floors: &[&'static dyn Model],
        config: &Config,
    ) -> anyhow::Result<Plan> {
        let mut entrants = Vec::new();
        // Where the number in flight varies, no number of a floor would be the one to compare with.
        for floor in floors.iter().copied().filter(|_| case.steps.is_empty()) {
            entrants.push(case.entrant(floor.id().into(), floor, Role::Floor).context(floor.id())?);
        }
        let models: Vec<_> = models.iter().filter(|model| case.admits(**model)).collect();
        for model in models.iter().copied().copied() {
            let id = model.id();
            if !case.ways.is_empty() {
                entrants.extend(case.entrants_by_ways(model).context(id)?);
            } else if case.steps.is_empty() || !matches!(model.concurrency(), Concurrency::Chosen(_)) {
                entrants.push(case.entrant(id.into(), model, Role::Model).context(id)?);
            } else {
                entrants.extend(case.entrants_by_steps(model).context(id)?);
            }
        }
        // One model takes part twice, no matter which one. Every table then shows what the method reports for two
        // identical things.
        let again = models.iter().find(|model| model.id() == AGAIN.id()).or(models.last());
        let same: Vec<&Entrant> = again
            .map(|again| entrants.iter().filter(|it| it.role == Role::Model && it.model.id() == again.id()).collect())
            .unwrap_or_default();
        if let Some(same) = same.get(same.len() / 2) {
            let label = format!("{}-again", same.label);
            entrants.push(Entrant { label, role: Role::Again, ..(*same).clone() });
        }
        for beside in (self.beside)() {
            let case_of =
                |limited| if limited { case } else { Case { concurrency: NonZeroUsize::new(case.requests), ..case } };
            match beside {
                Beside::Peers { .. } => entrants.extend(peers::entrants(&case, peers)?),
                Beside::Mistake { model, twin, limited } if models.iter().any(|model| model.id() == twin) => {
                    let entrant = case_of(limited).entrant(model.id().into(), model, Role::Mistake);
                    let entrant = entrant.context(model.id())?;
                    entrants.push(Entrant { twin: Some(twin.into()), ..entrant });
                }
                Beside::Mistake { .. } => {}
            }
        }
        let mut scenario = case.scenario();
        if config.named.is_some() {
            (scenario.delay_ns, scenario.tls) = (None, config.named.as_ref().is_some_and(Named::needs_tls));
        }
        if let Some(Named::Requests(own)) = &config.named {
            (scenario.requests, scenario.asked) = (own.requests.len(), own.described());
        }
        // A server that was named is not asked more often than an analysis needs.
        let (usual, most) =
            if config.named.is_some() { (Some(LEAST_ROUNDS), LEAST_ROUNDS) } else { (case.rounds, MOST_ROUNDS) };
        let rounds = config.rounds.or(usual);
        let schedule = match (rounds, config.time) {
            (_, Some(_)) => Schedule { least: COARSEST, most, time: None },
            (Some(rounds), None) => Schedule::exactly(rounds),
            (None, None) => Schedule { least: LEAST_ROUNDS, most, time: None },
        };
        let congestion = config.congestion.clone();
        Ok(Plan { scenario, engine: case.engine, congestion, entrants, schedule })
    }

    /// Returns how long all scenarios of the question may be measured: its share of the time of a plain
    /// `cargo bench`.
    #[must_use]
    pub(crate) fn time(&self, config: &Config) -> Duration {
        let own = Duration::from_secs(self.seconds);
        config.time.map_or(own, |time| own.mul_f64(time.as_secs_f64() / PLAIN_SECONDS as f64))
    }

    /// Returns the part of `plans` that Criterion's filter lets through. If any arm of a plan passes, the control
    /// arms run beside it, and beside a mistake or a peer its twin.
    #[must_use]
    pub(crate) fn selected(&self, plans: Vec<Plan>, args: &Args) -> Vec<Plan> {
        let narrowed = plans.into_iter().map(|mut plan| {
            let selected = |entrant: &Entrant| args.selects(&plan.scenario.benchmark(self.name, &entrant.label));
            let passed: Vec<Entrant> = plan.entrants.iter().filter(|it| selected(it)).cloned().collect();
            let is_twin = |label: &str| passed.iter().any(|entrant| entrant.twin.as_deref() == Some(label));
            let is_beside = |entrant: &Entrant| match entrant.role {
                Role::Floor => !passed.is_empty(),
                Role::Model => is_twin(&entrant.label),
                Role::Again | Role::Mistake | Role::Peer => false,
            };
            plan.entrants.retain(|entrant| selected(entrant) || is_beside(entrant));
            plan
        });
        narrowed.filter(|plan| !plan.entrants.is_empty()).collect()
    }

    /// Checks before the first request to what the user named that the `planned` batches may be sent, and that the
    /// first request gets a good answer. `planned` is `None` if the batches are not known.
    ///
    /// # Errors
    /// If the requests may not be sent, or there is no good answer.
    pub(crate) fn check_named(&self, config: &Config, planned: Option<Vec<(usize, u64)>>) -> anyhow::Result<()> {
        let Some(named) = &config.named else { return Ok(()) };
        let variable = match named {
            Named::Server(_) => "FANOUT_TARGET",
            Named::Requests(_) => "FANOUT_REQUESTS",
        };
        match planned {
            None if named.is_local() => {}
            None => bail!("{variable}: this mode sends an unknown number of requests: use `--test`, or measure"),
            Some(mut planned) => {
                // The request that is tried first.
                planned.push((1, 1));
                for line in named.allow(&planned, config.budget).context(variable)? {
                    note(&format!("{}: {line}", self.name));
                }
            }
        }
        let mut settings = Settings::new(NonZeroUsize::MIN)?;
        settings.roots = named.roots().clone();
        let probe = find("sequential").context("the roster has no sequential model to try the target with")?;
        let outcomes = probe.prepare(&settings)?.run(&named.batch(1)?);
        match outcomes.into_iter().next().map(|outcome| outcome.result) {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => match named {
                Named::Server(_) => {
                    bail!("{}: {error}; start a server there, or unset {variable} to have one started", named.shown())
                }
                Named::Requests(_) => bail!("the first request of the file failed: {error}"),
            },
            None => bail!("{} gave no outcome", named.shown()),
        }
    }
}
