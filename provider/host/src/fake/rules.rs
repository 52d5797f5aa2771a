//! Which command gets which answer.

use super::answer::Answer;
use super::call::Call;
use std::sync::Arc;

type Matches = Box<dyn Fn(&Call) -> bool + Send + Sync>;
type Computed = Arc<dyn Fn(&Call) -> Option<Answer> + Send + Sync>;

/// All rules.
#[derive(Default)]
pub(super) struct Rules {
    once: Vec<(Matches, Answer)>,
    always: Vec<Computed>,
}

impl Rules {
    pub(super) fn once(&mut self, matches: Matches, answer: Answer) {
        self.once.push((matches, answer));
    }

    pub(super) fn always(&mut self, matches: Matches, answer: Answer) {
        self.always.push(Arc::new(move |call| matches(call).then(|| answer.clone())));
    }

    pub(super) fn computed(&mut self, rule: Computed) {
        self.always.push(rule);
    }

    /// The answer to a call: of the first rule for one call, else of the last for all.
    pub(super) fn answer(&mut self, call: &Call) -> Option<Answer> {
        match self.once.iter().position(|(matches, _)| matches(call)) {
            Some(index) => Some(self.once.remove(index).1),
            None => self.always.iter().rev().find_map(|rule| rule(call)),
        }
    }
}

/// A command that begins with these words.
pub(super) fn begins_with(words: &[&str]) -> Matches {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    Box::new(move |call| call.argv.starts_with(&words))
}

/// A script.
pub(super) fn is_script(text: &'static str) -> Matches {
    Box::new(move |call| call.script().is_some_and(|(found, _)| found == text))
}
