//! The first phase: how good the queries are as they stand, and the best context to start from.

use std::collections::{HashMap, VecDeque};

use crate::domain::{SaliencyCurve, UnitVector};
use crate::learn::batches::{Direction, n_fitting, positions_per_call};
use crate::learn::context::{LearnerRun, QueryTokens, SaliencyLoss, embed};
use crate::learn::held_out::{Ranking, quality};
use crate::learn::plan::{Check, Lesson, Plan, RunPlan};
use crate::learn::trainer::{Phase, TrainError, Trainer, TrainerConfig};
use crate::learn::training_set::TrainingSet;
use crate::model::prompt_learner::{ContextInit, initial_context};
use crate::model::{Encoder, ModelError};

/// Starting points are compared on this many lessons at most.
const N_STARTING_LESSONS: usize = 32;

/// Queries that are embedded in one call.
struct Piece {
    /// Which starting point stands before them; `None` for the queries as they are.
    start: Option<usize>,
    queries: Vec<String>,
    /// Of the text tower, with all rows padded to the longest.
    n_positions: usize,
}

/// What is still to be embedded, and what came out so far.
pub(super) struct Baseline {
    pieces: VecDeque<Piece>,
    pub n_pieces: usize,
    /// The queries as they are.
    pub zero_shot: HashMap<String, UnitVector>,
    /// The same per starting point, for the queries of the first lessons.
    started: Vec<HashMap<String, UnitVector>>,
}

impl Baseline {
    pub fn new(
        encoder: &Encoder,
        set: &TrainingSet,
        plan: &Plan,
        tokens: &QueryTokens,
        config: &TrainerConfig,
    ) -> Result<Self, ModelError> {
        let max_positions = positions_per_call(encoder, Direction::Forward);
        let mut pieces = VecDeque::new();
        let mut push = |start, mut queries: Vec<(usize, String)>| {
            queries.sort_unstable();
            queries.dedup();
            let mut open = queries.as_slice();
            while !open.is_empty() {
                let lengths = open.iter().map(|(n_positions, _)| *n_positions);
                let (piece, rest) = open.split_at(n_fitting(lengths, max_positions));
                pieces.push_back(Piece {
                    start,
                    queries: piece.iter().map(|(_, query)| query.clone()).collect(),
                    n_positions: piece.len() * piece.last().map_or(0, |(longest, _)| *longest),
                });
                open = rest;
            }
        };
        let zero_shot = zero_shot_queries(set, plan, config.loss).into_iter();
        let zero_shot = zero_shot
            .map(|query| Ok((encoder.tokenize(&query, 0)?.n_positions(), query)))
            .collect::<Result<_, ModelError>>()?;
        push(None, zero_shot);
        for start in 0..config.inits.len() {
            let lessons = starting_lessons(plan).iter();
            let queries = lessons.map(|lesson| {
                let query = &lesson.query;
                (tokens[query].n_positions(), query.clone())
            });
            push(Some(start), queries.collect());
        }
        Ok(Self {
            n_pieces: pieces.len(),
            pieces,
            zero_shot: HashMap::new(),
            started: vec![HashMap::new(); config.inits.len()],
        })
    }

    pub fn n_done(&self) -> usize {
        self.n_pieces - self.pieces.len()
    }
}

impl Trainer {
    /// As many pieces as fit into one call.
    pub(super) fn step_baseline(&mut self, encoder: &Encoder) -> Result<(), TrainError> {
        let mut n_positions = 0;
        let max_positions = positions_per_call(encoder, Direction::Forward);
        while let Some(piece) = self.baseline.pieces.pop_front() {
            if n_positions > 0 && n_positions + piece.n_positions > max_positions {
                self.baseline.pieces.push_front(piece);
                return Ok(());
            }
            n_positions += piece.n_positions;
            self.embed_piece(encoder, piece)?;
        }
        self.begin(encoder)
    }

    fn embed_piece(&mut self, encoder: &Encoder, piece: Piece) -> Result<(), TrainError> {
        match piece.start {
            None => {
                let texts: Vec<_> = piece.queries.iter().map(String::as_str).collect();
                let embeddings = encoder.embed_texts(&texts)?;
                let texts = piece.queries.into_iter();
                self.baseline.zero_shot.extend(texts.zip(embeddings));
            }
            Some(start) => {
                let context = self.starting_context(encoder, start)?;
                let run = LearnerRun::new(self.learner(encoder, &context), RunPlan::default());
                let keys: Vec<_> = piece.queries.iter().map(|q| (0, q.as_str())).collect();
                let embeddings = embed(encoder, &self.tokens, &[run], &keys)?;
                let new = piece.queries.into_iter().zip(embeddings);
                self.baseline.started[start].extend(new);
            }
        }
        Ok(())
    }

    /// Judges the baseline, chooses the starting point and begins with the context.
    fn begin(&mut self, encoder: &Encoder) -> Result<(), TrainError> {
        self.before = self.judge(|_, query| self.baseline.zero_shot.get(query));
        if self.before.is_none() {
            self.plan.check = Check::Unchecked;
        }
        if self.runs.is_empty() {
            let start = self.best_start();
            self.start_from(encoder, start)?;
        }
        self.phase = Phase::Context;
        Ok(())
    }

    /// All learners at one of the starting points.
    pub(super) fn start_from(&mut self, encoder: &Encoder, start: usize) -> Result<(), TrainError> {
        let context = self.starting_context(encoder, start)?;
        // Each run gets its own leaves: clones of one would share their gradients.
        let new_run =
            |plan: &RunPlan| LearnerRun::new(self.learner(encoder, &context), plan.clone());
        self.runs = self.plan.runs.iter().map(new_run).collect();
        if !self.plan.is_checked() {
            self.runs.truncate(1);
        }
        Ok(())
    }

    /// The one whose curves agree best with the labels before any step is taken.
    fn best_start(&self) -> usize {
        let lessons = starting_lessons(&self.plan);
        let rankings: Vec<_> = lessons.iter().map(|l| Ranking(l.clips.clone())).collect();
        let mut best = (0, f64::NEG_INFINITY);
        for (start, embeddings) in self.baseline.started.iter().enumerate() {
            let value = quality(&self.set, &rankings, self.observation(), |example| {
                let query = &self.set.examples[example].query;
                embeddings
                    .get(query)
                    .map_or_else(SaliencyCurve::default, |e| self.set.cosines(example, e))
            })
            .map_or(0.0, |quality| quality.value());
            if value > best.1 {
                best = (start, value);
            }
        }
        best.0
    }

    fn starting_context(&self, encoder: &Encoder, start: usize) -> Result<Vec<f32>, ModelError> {
        let init = self.config.inits.get(start);
        let init = init.unwrap_or(&ContextInit::Random);
        initial_context(encoder, init, self.config.n_ctx, self.config.seed)
    }
}

fn starting_lessons(plan: &Plan) -> &[Lesson] {
    let lessons = plan.runs.first().map_or(&[][..], |run| &run.lessons);
    &lessons[..lessons.len().min(N_STARTING_LESSONS)]
}

/// Queries whose zero-shot curves are needed: those that judge, and for the plain loss a sample of
/// those that teach.
fn zero_shot_queries(set: &TrainingSet, plan: &Plan, loss: SaliencyLoss) -> Vec<String> {
    const SAMPLE: usize = 256;
    let judging = plan
        .runs
        .iter()
        .flat_map(|run| &run.held_out)
        .filter_map(|ranking| ranking.0.first())
        .map(|(example, _)| &set.examples[*example].query);
    let n_teaching = match loss {
        SaliencyLoss::Centred => 0,
        SaliencyLoss::Plain => SAMPLE,
    };
    let teaching = plan
        .train_examples
        .iter()
        .take(n_teaching)
        .map(|&i| &set.examples[i].query);
    judging.chain(teaching).cloned().collect()
}
