variable "ca_certificate" {
  description = "The cluster's CA certificate, PEM."
  type        = string
}

output "discovery_token_ca_cert_hash" {
  value = provider::kubeadm::ca_cert_hash(var.ca_certificate)
}
