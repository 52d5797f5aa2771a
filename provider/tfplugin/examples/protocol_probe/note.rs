//! Every kind of attribute in one resource, kept in the state alone.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, optional, optional_computed, required};
use tfplugin::value::{Dynamic, Number};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Failed, NoIdentity, Path, Plan,
    PlanRequest, Read, ReadRequest, Resource, Saved, Set, Tf, Timeouts, UpdateRequest,
};

use super::Probe;

/// A note.
///
/// It has an attribute of each kind.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct Note {
    /// What it is about; another title makes another note.
    #[schemars(extend("x-tf" = required().replace()))]
    title: Tf<String>,
    /// What it says.
    text: Tf<String>,
    /// How much it matters.
    #[schemars(extend("x-tf" = optional().default("low")))]
    priority: Tf<Priority>,
    /// Any number, kept exactly.
    weight: Tf<Number>,
    /// Words to find it by.
    tags: Tf<Set<Tf<String>>>,
    /// Lines in order; plain strings, so that the whole is unknown if one is.
    lines: Tf<Vec<String>>,
    /// Several lists under names.
    lists: Tf<BTreeMap<String, Tf<Vec<Tf<String>>>>>,
    /// Anything at all.
    anything: Tf<Dynamic>,
    /// Who wrote it.
    author: Tf<Author>,
    /// Others who read it.
    readers: Tf<Vec<Reader>>,
    /// Places it hangs at.
    places: Tf<Set<Place>>,
    /// Remarks by name.
    remarks: Tf<BTreeMap<String, Remark>>,
    /// Opens it; never saved.
    #[schemars(extend("x-tf" = optional().sensitive().write_only()))]
    password_wo: Tf<String>,
    /// Change it to set the password anew.
    password_wo_version: Tf<i64>,
    /// An empty object switches it on.
    archive: Tf<Archive>,
    /// Short form; made from the title if not given.
    #[schemars(extend("x-tf" = optional_computed()))]
    slug: Tf<String>,
    /// Which note it is.
    #[schemars(extend("x-tf" = computed().stable()))]
    id: Tf<String>,
    /// How often it was changed.
    #[schemars(extend("x-tf" = computed()))]
    revision: Tf<u64>,
    /// Length of the password that was set last.
    #[schemars(extend("x-tf" = computed()))]
    password_length: Tf<u64>,
    /// How long operations may take.
    #[schemars(extend("x-tf" = optional().quiet()))]
    timeouts: Tf<Timeouts>,
}

/// How much something matters.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Priority {
    /// Not much.
    Low,
    /// A lot.
    High,
}

/// A person who writes.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
struct Author {
    /// The person's name.
    #[schemars(extend("x-tf" = required()))]
    name: Tf<String>,
    /// Where mail goes.
    #[schemars(extend("x-tf" = optional().default("nowhere")))]
    address: Tf<String>,
}

/// A person who reads.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
struct Reader {
    /// The person's name.
    #[schemars(extend("x-tf" = required()))]
    name: Tf<String>,
    /// Position among the readers.
    #[schemars(extend("x-tf" = computed()))]
    position: Tf<u64>,
}

/// Where a note hangs.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
struct Place {
    /// Which wall.
    #[schemars(extend("x-tf" = required()))]
    wall: Tf<String>,
    /// How high.
    #[schemars(extend("x-tf" = optional_computed()))]
    height: Tf<i64>,
}

/// What somebody said about a note.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
struct Remark {
    /// The words.
    #[schemars(extend("x-tf" = required()))]
    words: Tf<String>,
}

/// The note is kept for ever.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
struct Archive {}

pub(crate) struct NoteResource;

/// Fills in everything that the plan left open.
fn completed(mut note: Note, config: &Note, revision: u64) -> Note {
    let title = note.title.known().cloned().unwrap_or_default();
    if note.slug.is_unknown() {
        note.slug = title.to_lowercase().replace(' ', "-").into();
    }
    if note.id.is_unknown() {
        note.id = format!("note-{title}").into();
    }
    if note.revision.is_unknown() {
        note.revision = Tf::Known(revision);
    }
    if note.password_length.is_unknown() {
        note.password_length = match &config.password_wo {
            Tf::Known(password) => Tf::Known(password.len() as u64),
            Tf::Null | Tf::Unknown => Tf::Null,
        };
    }
    let readers = note.readers.known_mut().into_iter().flatten();
    for (position, reader) in readers.enumerate() {
        reader.position = Tf::Known(position as u64);
    }
    note.places = note.places.map(|places| places.into_iter().map(hung).collect());
    note
}

fn hung(place: Place) -> Place {
    let height = match place.height {
        Tf::Unknown => Tf::Known(180),
        given => given,
    };
    Place { height, ..place }
}

impl Resource for NoteResource {
    type Provider = Probe;
    type State = Note;
    type Private = ();
    type Identity = NoIdentity;
    const TYPE_NAME: &'static str = "probe_note";
    const VERSION: i64 = 1;

    fn validate(&self, config: &Note) -> Diagnostics {
        let names = config.author.known().map(|author| &author.name);
        match names {
            Some(Tf::Known(name)) if name.is_empty() => Diagnostic::error("nobody wrote it")
                .detail("A note has an author with a name.")
                .at(Path::of(["author", "name"]))
                .into(),
            _ => Diagnostics::new(),
        }
    }

    async fn plan(
        &self,
        _context: &Context<Probe>,
        _request: &PlanRequest<Self>,
        plan: &mut Plan<Self>,
    ) -> Result<(), Diagnostics> {
        if let (Tf::Unknown, Tf::Known(title)) = (&plan.state.id, &plan.state.title) {
            plan.state.id = format!("note-{title}").into();
        }
        Ok(())
    }

    async fn create(
        &self,
        _context: &Context<Probe>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        Ok(Saved::new(completed(request.planned, &request.config, 1)))
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
        let revision = request.prior.revision.known().copied().unwrap_or_default();
        let note = completed(request.planned, &request.config, revision + 1);
        Ok(Saved::new(note))
    }

    async fn delete(
        &self,
        _context: &Context<Probe>,
        _request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        Ok(())
    }

    /// Version 0 called the title `name`.
    fn upgrade(
        _from_version: i64,
        mut state: serde_json::Value,
    ) -> Result<serde_json::Value, Diagnostics> {
        if let Some(fields) = state.as_object_mut()
            && let Some(name) = fields.remove("name")
        {
            fields.insert("title".to_owned(), name);
        }
        Ok(state)
    }
}
