//! The same main job on every other core there is.

use std::fs;

use acceptance::{Cluster, Core, Lab, Story, Topology};
use anyhow::{Result, ensure};

use crate::cluster::network;

/// Each other core applies, plans to nothing, and destroys.
#[test]
fn other_cores_make_the_same_cluster() -> Result<()> {
    let others = Core::all(&Lab::up(&[])?).into_iter().filter(|core| *core != Core::OpenTofu);
    let mut made = 0;
    for core in others {
        makes_a_cluster(core)?;
        made += 1;
    }
    if made == 0 {
        eprintln!("this machine has no Terraform on its PATH: OpenTofu alone was tested");
    }
    Ok(())
}

fn makes_a_cluster(core: Core) -> Result<()> {
    let story = Story::begin(core, &Topology::new(&["cp3"], &["w4"]), &[])?;
    with_routes_instead_of_vxlan(&story)?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    let cluster = Cluster::of(&story.lab, "cp3");
    ensure!(cluster.ready_nodes()? == ["cp3", "w4"], "both nodes should be Ready");
    network::require_pod_network(&cluster, &["cp3", "w4"])?;
    let links = story.lab.ssh("w4", "ip -brief link")?;
    ensure!(!links.contains("flannel.1"), "host-gw needs no vxlan link\n{links}");
    story.workspace.destroy()?;
    story.end()
}

/// Flannel's other backend, on a named interface.
fn with_routes_instead_of_vxlan(story: &Story) -> Result<()> {
    let path = story.workspace.directory().join("main.tf");
    let flannel = "{ backend = \"host-gw\", interface = \"eth0\" }";
    let main =
        fs::read_to_string(&path)?.replace("flannel       = {}", &format!("flannel = {flannel}"));
    ensure!(main.contains("host-gw"), "the scenario should have a flannel to change");
    fs::write(path, main)?;
    Ok(())
}
