# Hosts of its control plane, each as NAME@ADDRESS[:PORT][?ssh_profile=PROFILE]
tofu import kubeadm_cluster.this cp1@192.0.2.11,cp2@192.0.2.12,cp3@192.0.2.13
