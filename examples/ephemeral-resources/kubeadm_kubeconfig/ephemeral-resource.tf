resource "kubeadm_node" "cp1" {
  name    = "cp1"
  address = "192.0.2.11"
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

# Lives in memory for this run: neither state nor plan holds it. Give it to other providers:
#
#   provider "kubernetes" {
#     host                   = ephemeral.kubeadm_kubeconfig.this.host
#     cluster_ca_certificate = ephemeral.kubeadm_kubeconfig.this.cluster_ca_certificate
#     client_certificate     = ephemeral.kubeadm_kubeconfig.this.client_certificate
#     client_key             = ephemeral.kubeadm_kubeconfig.this.client_key
#   }
ephemeral "kubeadm_kubeconfig" "this" {
  control_plane = [kubeadm_control_plane_member.cp1]
}
