//! Whole objects handed to others, which declare just the fields they need.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tfplugin::attribute::{computed, optional, required};
use tfplugin::{
    Context, CreateRequest, DeleteRequest, Diagnostics, Failed, NoIdentity, Read, ReadRequest,
    Resource, Saved, Tf, UpdateRequest,
};

use super::Probe;

/// A machine.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[expect(clippy::struct_field_names, reason = "the names are those of the language")]
pub(crate) struct Machine {
    /// Its name.
    #[schemars(extend("x-tf" = required()))]
    name: Tf<String>,
    /// Something the others do not need.
    rack: Tf<String>,
    /// Which machine it is.
    #[schemars(extend("x-tf" = computed().stable()))]
    machine_id: Tf<String>,
    /// What it runs.
    #[schemars(extend("x-tf" = computed().stable()))]
    system: Tf<System>,
}

/// What a machine runs.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
struct System {
    /// Name of the system.
    name: Tf<String>,
    /// How many processors it sees.
    processors: Tf<u64>,
}

/// Some machines together.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// The machine that speaks for the others.
    #[schemars(extend("x-tf" = required()))]
    leader: Tf<MachineReference>,
    /// All machines.
    #[schemars(extend("x-tf" = required()))]
    machines: Tf<Vec<MachineReference>>,
    /// Their ids in one line.
    #[schemars(extend("x-tf" = computed()))]
    ids: Tf<String>,
}

/// As much of a machine as a group needs.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
struct MachineReference {
    /// Its name.
    #[schemars(extend("x-tf" = required()))]
    name: Tf<String>,
    /// Which machine it is.
    #[schemars(extend("x-tf" = optional()))]
    machine_id: Tf<String>,
    /// What it runs.
    system: Tf<SystemReference>,
}

/// As much of a system as a group needs.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
struct SystemReference {
    /// Name of the system.
    name: Tf<String>,
}

pub(crate) struct MachineResource;
pub(crate) struct GroupResource;

impl Resource for MachineResource {
    type Provider = Probe;
    type State = Machine;
    type Private = ();
    type Identity = NoIdentity;
    const TYPE_NAME: &'static str = "probe_machine";

    async fn create(
        &self,
        _context: &Context<Probe>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        let mut machine = request.planned;
        machine.machine_id = machine.name.as_ref().map(|name| format!("id-of-{name}"));
        machine.system = Tf::Known(System { name: "debian".into(), processors: Tf::Known(2) });
        Ok(Saved::new(machine))
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
        Ok(Saved::new(request.planned))
    }

    async fn delete(
        &self,
        _context: &Context<Probe>,
        _request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        Ok(())
    }
}

fn counted(mut group: Group) -> Saved<GroupResource> {
    let machines = group.machines.known().into_iter().flatten();
    let ids = machines.filter_map(|machine| machine.machine_id.known());
    group.ids = Tf::Known(ids.cloned().collect::<Vec<_>>().join(" "));
    Saved::new(group)
}

impl Resource for GroupResource {
    type Provider = Probe;
    type State = Group;
    type Private = ();
    type Identity = NoIdentity;
    const TYPE_NAME: &'static str = "probe_group";

    async fn create(
        &self,
        _context: &Context<Probe>,
        request: CreateRequest<Self>,
    ) -> Result<Saved<Self>, Failed<Self>> {
        Ok(counted(request.planned))
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
        Ok(counted(request.planned))
    }

    async fn delete(
        &self,
        _context: &Context<Probe>,
        _request: DeleteRequest<Self>,
    ) -> Result<(), Failed<Self>> {
        Ok(())
    }
}
