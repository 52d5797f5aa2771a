//! A hypervisor with two networks of libvirt's, and hosts in them.

use acceptance::{Lab, wait_until};
use anyhow::{Result, ensure};
use std::time::Duration;

/// One network: libvirt's name for it, its bridge, and its first three numbers.
pub(super) struct Network {
    pub(super) name: &'static str,
    pub(super) bridge: &'static str,
    pub(super) prefix: &'static str,
}

pub(super) const INNER: Network =
    Network { name: "inner", bridge: "virbr10", prefix: "172.20.112" };
pub(super) const OUTER: Network = Network { name: "outer", bridge: "virbr11", prefix: "10.10.10" };

impl Network {
    pub(super) fn cidr(&self) -> String {
        format!("{}.0/24", self.prefix)
    }

    pub(super) fn gateway(&self) -> String {
        format!("{}.1", self.prefix)
    }

    /// The address of the one host that is in it.
    pub(super) fn host(&self) -> String {
        format!("{}.11", self.prefix)
    }

    /// Lets the hypervisor have it, as libvirt makes networks: with NAT, closed to all others.
    pub(super) fn define(&self, lab: &Lab, hypervisor: &str) -> Result<()> {
        let xml = format!(
            "<network><name>{}</name><forward mode='nat'/><bridge name='{}' stp='off' delay='0'/>\
             <ip address='{}' netmask='255.255.255.0'/></network>",
            self.name,
            self.bridge,
            self.gateway()
        );
        let define = format!(
            "printf %s \"{xml}\" > /run/{name}.xml && virsh -q net-define /run/{name}.xml && virsh -q net-start {name} \
             && virsh -q net-autostart {name} && rm /run/{name}.xml",
            name = self.name
        );
        lab.ssh(hypervisor, &define).map(drop)
    }

    /// A cable from the hypervisor's bridge to a host: an overlay of layer 2 over the lab's network.
    pub(super) fn plug(&self, lab: &Lab, hypervisor: &str, host: &str) -> Result<()> {
        let (near, far) = (&lab.host(hypervisor)?.address, &lab.host(host)?.address);
        let (id, bridge) = (&self.bridge[5..], self.bridge);
        let cable = |to: &str| {
            format!("ip link add eth1 type vxlan id {id} remote {to} dstport 4790 dev eth0")
        };
        let there = format!("{} && ip link set eth1 name p{id} master {bridge} up", cable(far));
        lab.ssh(hypervisor, &there)?;
        let here = format!(
            "{} && ip address add {}/24 dev eth1 && ip link set eth1 up",
            cable(near),
            self.host()
        );
        lab.ssh(host, &here)?;
        let gateway = format!("ping -c1 -W1 {}", self.gateway());
        wait_until(Duration::from_secs(20), || Ok(lab.try_ssh(host, &gateway)?.status.success()))
    }
}

/// Installs libvirt as Debian packages it.
pub(super) fn install_libvirt(lab: &Lab, hypervisor: &str) -> Result<()> {
    let proxy = &lab.status().distribution_mirror.apt_proxy;
    let install = format!(
        "export DEBIAN_FRONTEND=noninteractive; apt-get -qq -o Acquire::http::Proxy={proxy} update && \
         apt-get -qq -y -o Acquire::http::Proxy={proxy} install --no-install-recommends \
         libvirt-daemon-system libvirt-clients dnsmasq-base >/dev/null 2>&1 && systemctl is-active libvirtd"
    );
    let state = lab.ssh(hypervisor, &install)?;
    ensure!(state.contains("active"), "libvirtd should run: {state}");
    Ok(())
}
