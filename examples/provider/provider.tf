terraform {
  required_providers {
    kubeadm = { source = "kubeadm/kubeadm" }
  }
}

provider "kubeadm" {
  # The key that a host shows first is pinned; the default, "strict", wants it in known_hosts.
  ssh = { user = "debian", private_key_file = "~/.ssh/id_ed25519", host_key_policy = "accept_new" }
}

resource "kubeadm_node" "cp1" {
  name    = "cp1"
  address = "192.0.2.11"
}

resource "kubeadm_node" "w1" {
  name    = "w1"
  address = "192.0.2.21"
}

resource "kubeadm_cluster" "this" {
  name                = "prod"
  kubernetes_version  = "1.35.4"
  endpoint            = { host = "192.0.2.11" }
  networking          = { pod_subnet = "10.50.0.0/16" }
  control_plane_nodes = [kubeadm_node.cp1]
}

resource "kubeadm_control_plane_member" "cp1" {
  cluster = kubeadm_cluster.this
  node    = kubeadm_node.cp1
}

resource "kubeadm_cni" "this" {
  control_plane = [kubeadm_control_plane_member.cp1]
  flannel       = {}
}

resource "kubeadm_worker" "w1" {
  control_plane = kubeadm_cni.this.control_plane
  node          = kubeadm_node.w1
}
