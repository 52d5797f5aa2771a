//! One step of a plan under way on a host, whatever the plan is for.

use crate::error::{OperateError, StepPosition};
use crate::site::Site;

impl Site<'_> {
    /// Does the work of a step: its beginning is logged, and its failure says where in the plan it
    /// was and on which host.
    pub(crate) async fn step(
        &self,
        position: StepPosition,
        goal: Option<&str>,
        work: impl Future<Output = Result<(), OperateError>> + Send,
    ) -> Result<(), OperateError> {
        tracing::info!(
            host = self.node.name,
            step = position.name,
            index = position.index,
            of = position.of,
            goal,
            "step"
        );
        work.await.map_err(|error| error.at(position).on(self.operator.label(self.node)))
    }
}
