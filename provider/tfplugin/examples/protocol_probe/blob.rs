//! A large value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, required};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostics, Failed, NoIdentity, Read, ReadRequest,
    Resource, Saved, Tf, UpdateRequest,
};

use super::Probe;

/// Something large.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct Blob {
    /// How many bytes it has.
    #[schemars(extend("x-tf" = required()))]
    size: Tf<usize>,
    /// The bytes.
    #[schemars(extend("x-tf" = computed()))]
    content: Tf<String>,
}

pub(crate) struct BlobResource;

fn blown_up(mut blob: Blob) -> Saved<BlobResource> {
    blob.content = blob.size.map(|size| "x".repeat(size));
    Saved::new(blob)
}

impl Resource for BlobResource {
    type Provider = Probe;
    type State = Blob;
    type Private = ();
    type Identity = NoIdentity;
    const TYPE_NAME: &'static str = "probe_blob";

    async fn create(
        &self,
        _context: &Context<Probe>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        Ok(blown_up(request.planned))
    }

    async fn read(
        &self,
        _context: &Context<Probe>,
        request: ReadRequest<Self>,
    ) -> Result<Read<Self>, Diagnostics> {
        Ok(Read::Keep(Saved::new(request.state)))
    }

    async fn update(
        &self,
        _context: &Context<Probe>,
        request: UpdateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        Ok(blown_up(request.planned))
    }

    async fn delete(
        &self,
        _context: &Context<Probe>,
        _request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        Ok(())
    }
}
