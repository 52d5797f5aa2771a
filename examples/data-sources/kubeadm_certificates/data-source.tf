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

data "kubeadm_certificates" "this" {
  control_plane = [kubeadm_control_plane_member.cp1]
}

output "first_ends_at" {
  description = "When the first certificate of a control plane host ends."
  value       = data.kubeadm_certificates.this.first_ends_at
}

check "certificates" {
  assert {
    condition = (
      data.kubeadm_certificates.this.first_ends_at != null &&
      try(timecmp(data.kubeadm_certificates.this.first_ends_at, timeadd(plantimestamp(), "336h")), -1) > 0
    )
    error_message = "A certificate ends within two weeks, or none is known."
  }
}
