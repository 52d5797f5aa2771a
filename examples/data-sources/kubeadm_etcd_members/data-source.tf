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

data "kubeadm_etcd_members" "this" {
  control_plane = [kubeadm_control_plane_member.cp1]
}

output "failure_tolerance" {
  description = "How many control plane hosts may still fail before etcd stops."
  value       = data.kubeadm_etcd_members.this.failure_tolerance
}

check "etcd" {
  assert {
    condition = (
      data.kubeadm_etcd_members.this.failure_tolerance != null &&
      data.kubeadm_etcd_members.this.healthy_voters == data.kubeadm_etcd_members.this.voters
    )
    error_message = "Not every voter of etcd serves, or none answers."
  }
}
