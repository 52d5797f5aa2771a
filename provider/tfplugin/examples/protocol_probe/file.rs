//! A real file: it can vanish, drift and be imported.

use std::io::ErrorKind;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, optional, required};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Failed, Import, Imported,
    MoveRequest, Path, Plan, PlanRequest, Read, ReadRequest, Resource, Saved, Tf, UpdateRequest,
};

use super::Probe;

/// A file in the probe's directory.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct File {
    /// Its name.
    #[schemars(extend("x-tf" = required().replace()))]
    name: Tf<String>,
    /// What is in it.
    #[schemars(extend("x-tf" = optional().default("")))]
    content: Tf<String>,
    /// What was found in it; differs from `content` when somebody else changed it.
    #[schemars(extend("x-tf" = computed()))]
    found: Tf<Found>,
    /// How many bytes it has.
    #[schemars(extend("x-tf" = computed()))]
    size: Tf<u64>,
}

/// What was found.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
struct Found {
    /// The content.
    content: Tf<String>,
}

/// What tells files apart.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct FileIdentity {
    /// Its name.
    #[schemars(extend("x-tf" = required()))]
    name: Tf<String>,
}

/// How often the file was written.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub(crate) struct FilePrivate {
    writes: u64,
}

pub(crate) struct FileResource;

fn path(context: &Context<Probe>, name: &Tf<String>) -> Result<PathBuf, Diagnostic> {
    let directory = &context.require_data()?.directory;
    Ok(directory.join(name.known().map_or("", String::as_str)))
}

async fn write(
    context: &Context<Probe>,
    mut file: File,
    private: FilePrivate,
) -> Result<Saved<FileResource>, Diagnostic> {
    let text = file.content.known().cloned().unwrap_or_default();
    let path = path(context, &file.name)?;
    let written = tokio::fs::write(&path, &text).await;
    written.map_err(|error| failure("written", &error))?;
    file.size = Tf::Known(text.len() as u64);
    file.found = Tf::Known(Found { content: Tf::Known(text) });
    let writes = private.writes + 1;
    Ok(Saved::new(file).private(FilePrivate { writes }))
}

fn failure(verb: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(format!("the file could not be {verb}")).detail(error.to_string())
}

impl Resource for FileResource {
    type Provider = Probe;
    type State = File;
    type Private = FilePrivate;
    type Identity = FileIdentity;
    const TYPE_NAME: &'static str = "probe_file";

    async fn plan(
        &self,
        _context: &Context<Probe>,
        _request: &PlanRequest<Self>,
        plan: &mut Plan<Self>,
    ) -> Result<(), Diagnostics> {
        let file = &mut plan.state;
        file.found = file.content.clone().map(|text| Found { content: Tf::Known(text) });
        file.size = file.content.as_ref().map(|text| text.len() as u64);
        Ok(())
    }

    async fn plan_destroy(
        &self,
        context: &Context<Probe>,
        _prior: &File,
    ) -> Result<(), Diagnostics> {
        context.warn(Diagnostic::warning("the file will be lost"));
        Ok(())
    }

    async fn create(
        &self,
        context: &Context<Probe>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        Ok(write(context, request.planned, request.private).await?)
    }

    async fn read(
        &self,
        context: &Context<Probe>,
        request: ReadRequest<Self>,
    ) -> Result<Read<Self>, Diagnostics> {
        let mut file = request.state;
        let text = match tokio::fs::read_to_string(path(context, &file.name)?).await {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Read::Gone),
            Err(error) => return Err(failure("read", &error).at(Path::of(["name"])).into()),
        };
        if file.content.is_null() {
            file.content = text.as_str().into();
        }
        file.size = Tf::Known(text.len() as u64);
        file.found = Tf::Known(Found { content: Tf::Known(text) });
        Ok(Read::Keep(Saved::new(file).private(request.private)))
    }

    async fn update(
        &self,
        context: &Context<Probe>,
        request: UpdateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        Ok(write(context, request.planned, request.private).await?)
    }

    async fn delete(
        &self,
        context: &Context<Probe>,
        request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        let removed = tokio::fs::remove_file(path(context, &request.state.name)?).await;
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(failure("removed", &error).into())
            }
            _ => Ok(()),
        }
    }

    async fn import(
        &self,
        _context: &Context<Probe>,
        import: Import<Self>,
    ) -> Result<Imported<Self>, Diagnostics> {
        let name = match import {
            Import::Id(id) => Tf::Known(id),
            Import::Identity(identity) => identity.name,
        };
        Ok(Imported::new(File { name, content: Tf::Null, found: Tf::Null, size: Tf::Null }))
    }

    fn identity(state: &File) -> Option<FileIdentity> {
        let name = state.name.clone();
        Some(FileIdentity { name })
    }

    fn move_from(request: MoveRequest) -> Result<Option<serde_json::Value>, Diagnostics> {
        if request.source_type != "probe_blob" {
            return Ok(None);
        }
        let size = request.source_state.get("size").cloned().unwrap_or_default();
        Ok(Some(serde_json::json!({ "name": "moved", "content": "", "size": size })))
    }
}
