//! How to log in to hosts: the provider's configuration.

mod model;
mod profile;
mod validate;

pub(crate) use model::ProviderModel;
pub(crate) use profile::profiles;
pub(crate) use validate::validate;
