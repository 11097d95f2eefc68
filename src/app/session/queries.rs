//! Adding, changing and closing queries.

use crate::app::session::{Lane, Session};
use crate::domain::{Query, QueryError};
use crate::worker::QueryId;

/// Colours that people can tell apart; more queries than that share them.
const N_LANE_COLOURS: usize = 7;

/// Nobody looks through more, and each costs time for every frame that is indexed.
pub(super) const MAX_LANES: usize = 40;

/// Why a query was not added, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddQueryError {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("{MAX_LANES} queries are the most: close one first, or change its words")]
    TooMany,
}

impl Session {
    /// Adds a query and selects it. One that is there already only selects its lane. Words that
    /// differ only in capitals are the same: CLIP does not see capitals.
    ///
    /// # Errors
    /// When there are too many already.
    pub(super) fn add_query(
        &mut self,
        query: Query,
    ) -> Result<Option<(QueryId, Query)>, AddQueryError> {
        if self.select_same(&query) {
            return Ok(None);
        }
        if self.lanes.len() >= MAX_LANES {
            return Err(AddQueryError::TooMany);
        }
        let id = self.next_query_id();
        let n_of = |colour: &usize| {
            let lanes = self.lanes.iter();
            lanes.filter(|lane| lane.colour == *colour).count()
        };
        let colour = (0..N_LANE_COLOURS).min_by_key(n_of).unwrap_or(0);
        self.lanes.push(Lane::new(id, query.clone(), colour));
        self.selected = Some(id);
        Ok(Some((id, query)))
    }

    /// Another query at the place and in the colour of one. To the worker it is a new one, so
    /// nothing that is still said of the old one can be taken for it.
    pub(super) fn replace_query(&mut self, old: QueryId, query: Query) -> Option<(QueryId, Query)> {
        if self.select_same(&query) {
            return None;
        }
        let id = self.next_query_id();
        self.teaching.take_if(|run| run.query == old);
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id == old) {
            *lane = Lane::new(id, query.clone(), lane.colour);
        }
        self.selected = Some(id);
        Some((id, query))
    }

    /// Whether there is such a query; then its lane is selected.
    fn select_same(&mut self, query: &Query) -> bool {
        let lower = query.key().to_lowercase();
        let is_same = |lane: &&Lane| lane.query.key().to_lowercase() == lower;
        let same = self.lanes.iter().find(is_same).map(|lane| lane.id);
        if same.is_some() {
            self.selected = same;
        }
        same.is_some()
    }

    fn next_query_id(&mut self) -> QueryId {
        let id = QueryId(self.next_query);
        self.next_query += 1;
        id
    }

    /// Removes a lane; its neighbour is selected.
    pub(super) fn remove_query(&mut self, id: QueryId) {
        let Some(at) = self.lanes.iter().position(|lane| lane.id == id) else {
            return;
        };
        self.lanes.remove(at);
        self.view.editing.take_if(|editing| *editing == id);
        self.teaching.take_if(|run| run.query == id);
        if self.selected == Some(id) {
            let neighbour = self.lanes.get(at.min(self.lanes.len().saturating_sub(1)));
            self.selected = neighbour.map(|lane| lane.id);
        }
    }
}
