output "may_run" {
  value = provider::kubeadm::version_skew("1.34.2", "1.35.4") # true
}
