//! Static pods of the control plane: what their manifests say, and whether it runs.

mod component;
mod inputs;
mod manifest;
mod running;

pub use component::Component;
pub use inputs::affected;
pub use manifest::{ManifestError, StaticPod, with_bootstrap_arguments};
pub use running::{awaited, hash, is_ready, mirrors};
