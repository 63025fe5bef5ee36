//! Calls in flight: slots by lane, as many as the server is found to take.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::aimd::{Aimd, AttemptMark, Load};
use crate::config::model::ModelConfig;
use crate::lane::Lane;
use crate::limits::slots::{LaneSlot, LaneSlots};

/// The calls in flight of one process at one model.
#[derive(Debug)]
pub(super) struct InFlightCalls {
    slots: LaneSlots,
    aimd: Mutex<Aimd>,
}

impl InFlightCalls {
    pub(super) fn new(model: &ModelConfig, lane_floors: &BTreeMap<Lane, f64>) -> Self {
        let aimd = Aimd::new(most(model));
        Self { slots: LaneSlots::new(aimd.limit(), lane_floors), aimd: Mutex::new(aimd) }
    }

    pub(super) fn resize(&self, model: &ModelConfig, lane_floors: &BTreeMap<Lane, f64>) {
        let mut aimd = self.aimd();
        aimd.resize(most(model));
        self.slots.resize(aimd.limit(), lane_floors);
    }

    pub(super) async fn slot(&self, lane: Lane) -> LaneSlot {
        self.slots.acquire(lane).await
    }

    /// Calls that may be in flight now.
    pub(super) fn limit(&self) -> usize {
        self.slots.capacity()
    }

    /// Attempts in flight.
    pub(super) fn attempts(&self) -> usize {
        self.aimd().in_flight()
    }

    pub(super) fn begin(&self) -> Attempt<'_> {
        Attempt { in_flight: self, mark: Some(self.aimd().begin()) }
    }

    fn end(&self, mark: AttemptMark, load: Option<Load>) {
        let mut aimd = self.aimd();
        match load {
            Some(load) => aimd.end(mark, load),
            None => aimd.leave(),
        }
        self.slots.set_capacity(aimd.limit());
    }

    fn aimd(&self) -> MutexGuard<'_, Aimd> {
        self.aimd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt in flight; one that is dropped says nothing about the load.
#[derive(Debug)]
pub struct Attempt<'a> {
    in_flight: &'a InFlightCalls,
    mark: Option<AttemptMark>,
}

impl Attempt<'_> {
    /// It ended; `None` where nothing was heard of the server's load.
    pub fn end(mut self, load: Option<Load>) {
        if let Some(mark) = self.mark.take() {
            self.in_flight.end(mark, load);
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(mark) = self.mark.take() {
            self.in_flight.end(mark, None);
        }
    }
}

/// The most calls in flight by the settings: those of one process, or those of all of them if that is less.
fn most(model: &ModelConfig) -> usize {
    if model.calls_max > 0 { model.slots.min(model.calls_max) } else { model.slots }
}
