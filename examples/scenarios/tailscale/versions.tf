terraform {
  required_providers {
    kubeadm = {
      source = "kubeadm/kubeadm"
    }
  }
}
