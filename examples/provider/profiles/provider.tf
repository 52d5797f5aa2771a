terraform {
  required_providers {
    kubeadm = {
      source = "kubeadm/kubeadm"
    }
  }
}

variable "sudo_password" {
  description = "Password of the user operator, for sudo."
  type        = string
  sensitive   = true
  default     = null
}

provider "kubeadm" {
  # Hosts that name no profile.
  ssh = {
    user             = "debian"
    private_key_file = "~/.ssh/id_ed25519"
  }

  # Further ways to log in, by the name that a node gives as its ssh_profile.
  ssh_profiles = {
    behind_bastion = {
      user             = "operator"
      private_key_file = "~/.ssh/id_ed25519"
      host_key_policy  = "accept_new"
      sudo             = { password = var.sudo_password }
      jump             = { host = "bastion.example.org", user = "jump" }
    }
  }
}

resource "kubeadm_node" "w1" {
  name        = "w1"
  address     = "10.0.0.21"
  ssh_profile = "behind_bastion"
}
