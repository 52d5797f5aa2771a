# Over the scenario: the cluster keeps its objects in an etcd on servers of its own.
resource "kubeadm_cluster" "this" {
  etcd = {
    external = {
      endpoints = var.etcd_endpoints
      ca_file   = "/etc/external-etcd/ca.crt"
      cert_file = "/etc/external-etcd/client.crt"
      key_file  = "/etc/external-etcd/client.key"
    }
  }
}
