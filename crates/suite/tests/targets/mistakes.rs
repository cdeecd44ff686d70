//! Mistakes beside their twins: in the same rounds, with a role of their own, and only where the twin takes part.

use fanout_record::run::{Arm, Role};

use crate::fixture::{Bench, beside_control_arms, labels};

/// By name.
pub(crate) const TESTS: &[(&str, fn())] = &[
    ("a_mistake_runs_beside_its_twin_and_is_no_model_of_the_run", beside_its_twin),
    ("a_mistake_without_a_limit_is_allowed_its_whole_batch_and_every_other_arm_the_limit", whole_batch),
    ("without_the_twins_no_mistake_is_measured", without_twins),
    ("a_filter_that_lets_a_mistake_through_keeps_its_twin", filtered),
];

/// The arms of the scenario with a delay.
fn arms(bench: &Bench) -> Vec<Arm> {
    bench.last_run().questions[0].scenarios[1].arms.clone()
}

fn of_role(arms: &[Arm], role: Role) -> Vec<Arm> {
    arms.iter().filter(|arm| arm.role == role).cloned().collect()
}

fn beside_its_twin() {
    let bench = Bench::new("mistakes");
    let ended = bench.run(&["--bench", "--noplot"], &[("FANOUT_MODELS", "thread-pool-ureq,hyper")]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let arms = arms(&bench);
    let mistakes = of_role(&arms, Role::Mistake);
    assert_eq!(labels(&mistakes), ["mistake-body-left-unread", "mistake-lock-held"]);
    for mistake in &mistakes {
        assert_eq!(mistake.twin.as_deref(), Some("thread-pool-ureq"));
        assert_eq!((mistake.samples.len(), &mistake.failure), (10, &None));
    }
    assert!(of_role(&arms, Role::Model).iter().all(|arm| arm.twin.is_none()));
    assert!(bench.last_run().models.keys().all(|id| !id.starts_with("mistake-")));
    assert!(ended.out.contains("a lock held across the request: "), "{}", ended.out);
}

fn whole_batch() {
    let bench = Bench::new("mistakes");
    let ended = bench.run(&["--bench", "--noplot"], &[("FANOUT_MODELS", "tokio-current-thread")]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let allowed = |arm: &Arm| (arm.label.clone(), arm.concurrency);
    let allowed: Vec<(String, usize)> = of_role(&arms(&bench), Role::Mistake).iter().map(allowed).collect();
    let expected =
        [("await-in-a-loop", 1), ("client-per-request", 4), ("no-limit", 12), ("blocking-in-the-event-loop", 1)];
    assert_eq!(allowed, expected.map(|(name, limit)| (format!("mistake-{name}"), limit)));
    assert!(of_role(&arms(&bench), Role::Model).iter().all(|arm| arm.concurrency == 4));
}

fn without_twins() {
    let bench = Bench::new("mistakes");
    let ended = bench.run(&["--bench", "--noplot"], &[("FANOUT_MODELS", "hyper")]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(of_role(&arms(&bench), Role::Mistake), []);
}

fn filtered() {
    let bench = Bench::new("mistakes");
    bench.measure(&["small/mistake-lock-held"]);
    assert_eq!(labels(&arms(&bench)), beside_control_arms(&["thread-pool-ureq", "mistake-lock-held"]));
}
