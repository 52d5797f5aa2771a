//! A host whose interfaces are kept by systemd-networkd, NetworkManager and ifupdown, each its own.

use acceptance::{Core, Lab, Listing, Story, Topology, one_line};
use anyhow::{Result, ensure};
use serde_json::json;

const HOST: &str = "keep1";

/// All three, and an interface each; without udev they take hold of interfaces only while `/sys` is read-only.
const SET_UP: &str = r"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o Acquire::http::Proxy=$PROXY update
apt-get -qq -y -o Acquire::http::Proxy=$PROXY install --no-install-recommends network-manager ifupdown >/dev/null 2>&1
for unit in systemd-networkd NetworkManager; do
    mkdir -p /etc/systemd/system/$unit.service.d
    printf '[Service]\nReadOnlyPaths=/sys\n' > /etc/systemd/system/$unit.service.d/lab.conf
done
mkdir -p /etc/NetworkManager/conf.d
printf '[main]\nno-auto-default=*\n' > /etc/NetworkManager/conf.d/lab.conf
systemctl daemon-reload
for name in net1 net2 net3; do
    ip link add $name type veth peer name p$name && ip link set p$name up
done
printf '[Match]\nName=net1\n[Network]\nAddress=192.168.71.1/24\n' > /etc/systemd/network/10-net1.network
systemctl restart systemd-networkd NetworkManager
nmcli connection add type ethernet ifname net2 con-name 'System net2' ipv4.method manual \
    ipv4.addresses 192.168.72.1/24 ipv4.routes '10.72.0.0/16 192.168.72.9' ipv6.method disabled
nmcli connection up 'System net2'
printf 'auto net3\niface net3 inet static\n    address 192.168.73.1/24\n' > /etc/network/interfaces.d/net3
ifup net3
for try in $(seq 50); do
    networkctl list --no-legend net1 | grep -q configur && ip address show net1 | grep -q 192.168.71.1/ && exit 0
    sleep 0.2
done
exit 1
";

/// NetworkManager notes in a profile when it was used last.
const FORGET: &str = "sed -i '/^timestamp=/d' /etc/NetworkManager/system-connections/*";

/// Each keeper takes its routes anew from what it has on disk.
const BOUNCE: [(&str, &str); 3] = [
    ("10.1.0.0/16", "ip route delete 10.1.0.0/16; networkctl reconfigure net1"),
    ("10.2.0.0/16", "nmcli connection down 'System net2'; nmcli connection up 'System net2'"),
    ("10.3.0.0/16", "ifdown net3; ip link set pnet3 up; ifup net3"),
];

/// Routes come back with their interfaces and with the host; profiles keep what they had; what was changed
/// by hand is put back; and all goes again.
#[test]
fn routes_are_kept_by_whatever_keeps_their_interface() -> Result<()> {
    let story = Story::begin(Core::OpenTofu, &Topology::default(), &[HOST])?;
    let proxy = &story.lab.status().distribution_mirror.apt_proxy;
    story.lab.ssh(HOST, &format!("PROXY={proxy}\n{SET_UP}"))?;
    let before = listing(&story.lab)?;

    configure(&story, "192.168.72.77")?;
    story.workspace.apply()?;
    story.require_no_changes()?;
    require_routes(&story.lab, "192.168.72.77")?;
    let theirs = story.lab.ssh(HOST, "ip route show 10.72.0.0/16")?;
    ensure!(theirs.contains("192.168.72.9"), "the profile's own route should stay: {theirs}");

    for (route, bounce) in BOUNCE {
        story.lab.ssh(HOST, bounce)?;
        let back = format!(
            "for try in $(seq 50); do ip route show {route} | grep via && exit; sleep 0.2; done; exit 1"
        );
        story.lab.ssh(HOST, &back)?;
    }
    story.require_no_changes()?;

    configure(&story, "192.168.72.78")?;
    story.workspace.apply()?;
    require_routes(&story.lab, "192.168.72.78")?;
    by_hand(&story)?;
    story.workspace.destroy()?;
    story.lab.ssh(HOST, FORGET)?;
    before.require_restored(&story.lab)?;

    a_boot_brings_it_back(&story)?;
    story.end()
}

fn listing(lab: &Lab) -> Result<Listing> {
    lab.ssh(HOST, FORGET)?;
    Listing::of(lab, HOST)
}

/// A route by each interface, the second with all that a route may have.
fn configure(story: &Story, via: &str) -> Result<()> {
    let host = story.lab.host(HOST)?;
    let main = format!(
        r#"
variable "ssh_private_key_file" {{ type = string }}
terraform {{
  required_providers {{ kubeadm = {{ source = "kubeadm/kubeadm" }} }}
}}
provider "kubeadm" {{
  ssh = {{ user = "root", private_key_file = var.ssh_private_key_file }}
}}
resource "kubeadm_endpoint_route" "this" {{
  node = {{ name = "{HOST}", address = "{}", host_key = "{}" }}
  static_routes = [
    {{ to = "10.0.0.0/16", via = "10.77.0.1" }},
    {{ to = "10.1.0.0/16", via = "192.168.71.254" }},
    {{ to = "10.2.0.0/16", via = "{via}", source = "192.168.72.1", metric = 42 }},
    {{ to = "10.3.0.0/16", via = "192.168.73.254", device = "net3" }},
    {{ to = "10.4.0.0/16", via = "192.168.71.253", table = 100 }},
    {{ to = "10.5.0.0/16", via = "192.168.72.253" }},
  ]
  rp_filter = {{ net1 = "loose", late1 = "off" }}
}}
"#,
        host.address, host.host_key
    );
    for file in ["main.tf", "outputs.tf", "variables.tf", "versions.tf"] {
        story.workspace.write(file, if file == "main.tf" { &main } else { "" })?;
    }
    let key = json!(story.lab.status().ssh.private_key_file);
    story.workspace.set_variables(&[("ssh_private_key_file".to_owned(), key)].into())
}

fn require_routes(lab: &Lab, via: &str) -> Result<()> {
    let shown = lab.ssh(HOST, "ip route show table all; sysctl net.ipv4.conf.net1.rp_filter")?;
    for words in [
        "10.0.0.0/16 via 10.77.0.1 dev eth0",
        "10.1.0.0/16 via 192.168.71.254 dev net1",
        &format!("10.2.0.0/16 via {via} dev net2 proto static src 192.168.72.1 metric 42"),
        "10.3.0.0/16 via 192.168.73.254 dev net3",
        "10.4.0.0/16 via 192.168.71.253 dev net1 table 100",
        "10.5.0.0/16 via 192.168.72.253 dev net2",
        "net.ipv4.conf.net1.rp_filter = 2",
    ] {
        ensure!(shown.contains(words), "there should be {words:?} in\n{shown}");
    }
    ensure!(shown.matches("10.2.0.0/16").count() == 1, "there should be one route:\n{shown}");
    Ok(())
}

fn by_hand(story: &Story) -> Result<()> {
    let spoil = "ip route delete 10.0.0.0/16; ip route replace 10.1.0.0/16 via 192.168.71.9; \
                 nmcli connection modify 'System net2' ipv4.routes '10.72.0.0/16 192.168.72.9'; \
                 echo '# more' >> /etc/network/if-up.d/kubeadm-endpoint-route; \
                 sysctl -qw net.ipv4.conf.net1.rp_filter=0";
    story.lab.ssh(HOST, spoil)?;
    let plan = one_line(&story.workspace.detailed_plan()?.text);
    for words in [
        "route 10.0.0.0/16",
        "via 192.168.71.9 dev net1",
        "NetworkManager",
        "if-up.d/kubeadm-endpoint-route",
        "net1.rp_filter",
    ] {
        ensure!(plan.contains(words), "the plan should show {words:?}\n{plan}");
    }
    story.workspace.apply()?;
    require_routes(&story.lab, "192.168.72.78")?;
    story.require_no_changes()
}

/// The interface that nothing keeps comes with the host, and its route with a unit.
fn a_boot_brings_it_back(story: &Story) -> Result<()> {
    let main = std::fs::read_to_string(story.workspace.directory().join("main.tf"))?;
    let kept = |line: &&str| !line.contains("192.168.7");
    let main: Vec<&str> = main.lines().filter(kept).collect();
    story.workspace.write("main.tf", &main.join("\n"))?;
    story.workspace.apply()?;
    story.lab.verb("reboot", HOST)?;
    let back = "for try in $(seq 50); do ip route show 10.0.0.0/16 | grep 'via 10.77.0.1' && exit; sleep 0.2; done; exit 1";
    story.lab.ssh(HOST, back)?;
    story.require_no_changes()?;
    story.workspace.destroy().map(drop)
}
