//! Finds who can take part in a question on this machine, and says who cannot, with the reason.

use fanout_harness::config::Config;
use fanout_model::{Concurrency, Family, Model};
use fanout_models::{FLOORS, describe};
use fanout_needs::skip;

/// Returns whether a model keeps as many requests in flight as it is told. A question that compares at equal
/// concurrency needs this.
#[must_use]
pub fn chooses(model: &dyn Model) -> bool {
    matches!(model.concurrency(), Concurrency::Chosen(_))
}

/// Returns the models that were asked for, are admitted, and can take part. Prints which models cannot, with the
/// reason; of models on many machines only if the user named them.
///
/// # Errors
/// If `FANOUT_REQUIRE` names a model that cannot take part.
pub fn taking_part(
    config: &Config,
    admits: fn(&dyn Model) -> bool,
    https: bool,
) -> anyhow::Result<Vec<&'static dyn Model>> {
    let mut models = Vec::new();
    for model in config.models.iter().copied().filter(|model| admits(*model)) {
        // Hardly anybody has other machines at hand, and the others need not hear of them in every question.
        let family = describe(model.id()).map(|model| model.family);
        let is_expected = config.models_are_named || family != Some(Family::ManyMachines);
        match hindrance(model, https) {
            Some(_) if !is_expected => {}
            Some(why) => skip(model.id(), &why).map_err(anyhow::Error::msg)?,
            None => models.push(model),
        }
    }
    Ok(models)
}

/// Returns what keeps a model from taking part, or `None` if nothing does.
fn hindrance(model: &dyn Model, https: bool) -> Option<String> {
    match model.available() {
        Err(error) => Some(error.to_string()),
        Ok(()) if https && !model.speaks_tls() => Some("it speaks no TLS".into()),
        Ok(()) => None,
    }
}

/// Returns the control arms that can run here. Prints which cannot, with the reason.
///
/// # Errors
/// If `FANOUT_REQUIRE` names a control arm that cannot run.
pub fn control_arms() -> anyhow::Result<Vec<&'static dyn Model>> {
    let mut arms = Vec::new();
    for arm in FLOORS.iter().copied() {
        match arm.available() {
            Ok(()) => arms.push(arm),
            Err(why) => skip(arm.id(), &why.to_string()).map_err(anyhow::Error::msg)?,
        }
    }
    Ok(arms)
}
