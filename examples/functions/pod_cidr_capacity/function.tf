output "nodes_at_most" {
  value = provider::kubeadm::pod_cidr_capacity("10.50.0.0/16", 24) # 256
}
