//! Measures all programs, in shuffled order, as often as is asked for. What is finished is kept at once, so that
//! whatever ends the bench takes one build with it at most.

use std::collections::BTreeMap;
use std::time::Instant;

use fanout_harness::interrupt;
use fanout_model::nanoseconds;
use fanout_record::environment::Environment;
use fanout_record::last::variables_now;
use fanout_record::machine::Machine;
use fanout_record::price::{Build, Price, Prices, SCHEMA};
use fanout_record::source::Source;
use fanout_record::time;
use fastrand::Rng;
use ulid::Ulid;

use crate::program::Program;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The programs, in the order in which the result has them.
    pub programs: Vec<Program>,
    /// How often each is measured.
    pub repetitions: usize,
    /// The number from which the order follows.
    pub seed: u64,
}

/// A program that has had its turn.
#[derive(Debug)]
pub struct Turn<'a> {
    /// The id of its model.
    pub id: &'a str,
    /// The number of the turn, from 1.
    pub number: usize,
    /// How many turns there are.
    pub of: usize,
    /// What was measured, or why nothing was.
    pub result: Result<&'a Build, &'a str>,
}

impl Plan {
    /// Returns the turns of each repetition: the places of the programs, shuffled.
    fn order(&self) -> Vec<Vec<usize>> {
        let mut rng = Rng::with_seed(self.seed);
        let shuffled = |_| {
            let mut turns: Vec<usize> = (0..self.programs.len()).collect();
            rng.shuffle(&mut turns);
            turns
        };
        (0..self.repetitions).map(shuffled).collect()
    }

    /// Measures the programs with `measure`, and returns their prices. After each turn, `keep` gets what is known so
    /// far. A program that fails once is not measured again, and the others are.
    ///
    /// # Errors
    /// The error of `keep`, which ends everything.
    pub fn run(
        &self,
        measure: impl Fn(&Program, usize) -> anyhow::Result<Build>,
        mut keep: impl FnMut(&Prices, &Turn<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<Prices> {
        let (begun, order) = (Instant::now(), self.order());
        let mut prices = self.nothing_yet(&order);
        let (mut number, of) = (0, self.programs.len() * self.repetitions);
        for (repetition, turns) in order.iter().enumerate() {
            for place in turns {
                number += 1;
                let (program, price) = (&self.programs[*place], &mut prices.models[*place]);
                if price.failure.is_some() {
                    continue;
                }
                let measured = if interrupt::asked() { None } else { Some(measure(program, repetition)) };
                let Some(measured) = measured.filter(|_| !interrupt::asked()) else {
                    prices.stopped = Some("interrupted".into());
                    return Ok(prices);
                };
                match measured {
                    Ok(build) => price.builds.push(build),
                    Err(error) => price.failure = Some(format!("{error:#}")),
                }
                prices.took_ns = nanoseconds(begun.elapsed());
                prices.after = Environment::now();
                let price = &prices.models[*place];
                let result = match (&price.failure, price.builds.last()) {
                    (None, Some(build)) => Ok(build),
                    (failure, _) => Err(failure.as_deref().unwrap_or("nothing was measured")),
                };
                keep(&prices, &Turn { id: &program.id, number, of, result })?;
            }
        }
        Ok(prices)
    }

    fn nothing_yet(&self, order: &[Vec<usize>]) -> Prices {
        let name = |place: &usize| self.programs[*place].id.clone();
        let before = Environment::now();
        Prices {
            schema: SCHEMA,
            id: Ulid::generate().to_string(),
            started: time::now(),
            took_ns: 0,
            // How this program itself was built does not matter to what it lets cargo build.
            source: Source { debug: None, ..Source::this() },
            machine: Machine::this(),
            variables: BTreeMap::from_iter(variables_now()),
            seed: self.seed,
            repetitions: self.repetitions,
            order: order.iter().map(|turns| turns.iter().map(name).collect()).collect(),
            after: before.clone(),
            before,
            stopped: None,
            models: self
                .programs
                .iter()
                .map(|program| Price { model: program.id.clone(), builds: Vec::new(), failure: None })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use anyhow::bail;
    use fanout_record::price::Tree;

    use super::*;

    fn plan(seed: u64) -> Plan {
        let program =
            |id: &str| Program { id: id.into(), main: String::new(), dependencies: Vec::new(), requests: false };
        Plan { programs: ["a", "b", "c", "d", "e", "f"].map(program).into(), repetitions: 3, seed }
    }

    fn build(repetition: usize) -> Build {
        let tree =
            Tree { crates: 1, build_crates: 0, c_crates: Vec::new(), forbid_unsafe: 0, model_forbids_unsafe: false };
        Build { repetition, tree, clean_ns: 1, rebuilds_ns: vec![1], size_bytes: 1, starts_ns: vec![1] }
    }

    #[test]
    fn the_models_run_in_the_recorded_order_which_a_seed_repeats() {
        let ran = RefCell::new(Vec::new());
        let measure = |program: &Program, repetition| {
            ran.borrow_mut().push(program.id.clone());
            Ok(build(repetition))
        };
        let prices = plan(7).run(measure, |_, _| Ok(())).unwrap();
        assert_eq!(prices.order.concat(), ran.take());
        assert_ne!(prices.order[0], prices.order[1]);
        assert!(!prices.is_partial() && prices.models.iter().all(|price| price.builds.len() == 3));
        let order = |seed| plan(seed).run(measure, |_, _| Ok(())).unwrap().order;
        assert!(order(7) == prices.order && order(8) != prices.order);
    }

    #[test]
    fn a_program_that_fails_is_not_built_again_and_the_others_are() {
        let measure = |program: &Program, repetition| match program.id.as_str() {
            "c" if repetition == 1 => bail!("it does not build"),
            _ => Ok(build(repetition)),
        };
        let mut kept = Vec::new();
        let prices = plan(1).run(measure, |so_far, turn| {
            kept.push((so_far.models.iter().map(|price| price.builds.len()).sum::<usize>(), turn.result.is_ok()));
            Ok(())
        });
        let prices = prices.unwrap();
        assert!(prices.is_partial() && prices.stopped.is_none());
        let of = |id: &str| prices.models.iter().find(|price| price.model == id).unwrap();
        assert_eq!((of("c").builds.len(), of("c").failure.as_deref()), (1, Some("it does not build")));
        assert!(prices.models.iter().filter(|price| price.model != "c").all(|price| price.builds.len() == 3));
        // Each turn was kept when it was over, and the third turn of the model that failed was none.
        assert_eq!((kept.len(), kept.last().unwrap().0), (17, 16));
        assert_eq!(kept.iter().filter(|(_, well)| !well).count(), 1);
    }

    #[test]
    fn what_cannot_be_kept_ends_everything() {
        let kept = plan(1).run(|_, repetition| Ok(build(repetition)), |_, _| bail!("the disk is full"));
        assert!(kept.unwrap_err().to_string().contains("the disk is full"));
    }
}
