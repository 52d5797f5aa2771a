//! A host's part of its cluster's endpoint as the state keeps it.

use std::collections::BTreeMap;

use cluster::endpoint::Served;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::Tf;

use super::read::text_map;

/// What a host has of its cluster's endpoint.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq, Default)]
pub(crate) struct ServedEndpoint {
    /// SHA-256 of each file, by path; files that are missing, or that no service has read yet, are left
    /// out.
    pub(crate) files: Tf<BTreeMap<String, Tf<String>>>,
    /// Services by their unit: `running`, or what is wrong with it; those that are not installed are
    /// left out.
    pub(crate) services: Tf<BTreeMap<String, Tf<String>>>,
}

impl From<&Served> for ServedEndpoint {
    fn from(served: &Served) -> Self {
        Self {
            files: Tf::Known(text_map(&served.files)),
            services: Tf::Known(text_map(&served.services)),
        }
    }
}
