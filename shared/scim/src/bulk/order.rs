//! The order of operations that refer to each other.

use std::collections::BTreeSet;

/// A step of a bulk request. The numbers are indexes of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkStep {
    /// Runs an operation, without the references to creations that have not run yet.
    Run(usize),
    /// Completes a creation that ran without some of its references.
    Complete(usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Begun,
    Done,
}

/// Walks through operations, and on the way through those that they need. Only creations are needed.
struct Walk {
    needs: Vec<BTreeSet<usize>>,
    states: Vec<State>,
    steps: Vec<BulkStep>,
    incomplete: BTreeSet<usize>,
}

/// Returns the steps for operations, each with the indexes of the creations that it needs.
pub(super) fn steps(needs: Vec<BTreeSet<usize>>) -> Vec<BulkStep> {
    let count = needs.len();
    let mut walk = Walk {
        needs,
        states: vec![State::New; count],
        steps: Vec::with_capacity(count),
        incomplete: BTreeSet::new(),
    };
    for index in 0..count {
        walk.visit(index);
        let incomplete = std::mem::take(&mut walk.incomplete);
        walk.steps
            .extend(incomplete.into_iter().map(BulkStep::Complete));
    }
    walk.steps
}

impl Walk {
    /// Plans an operation after those that it needs. The depth is at most the number of operations.
    fn visit(&mut self, index: usize) {
        if self.states[index] != State::New {
            return;
        }
        self.states[index] = State::Begun;
        for needed in std::mem::take(&mut self.needs[index]) {
            match self.states[needed] {
                State::New => self.visit(needed),
                State::Begun => _ = self.incomplete.insert(index),
                State::Done => {}
            }
        }
        self.steps.push(BulkStep::Run(index));
        self.states[index] = State::Done;
    }
}
