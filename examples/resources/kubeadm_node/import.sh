# NAME@ADDRESS[:PORT][?ssh_profile=PROFILE]
tofu import kubeadm_node.cp1 cp1@192.0.2.11
tofu import kubeadm_node.w1 'w1@10.0.0.21:2222?ssh_profile=behind_bastion'
