# Hosts of the cluster's control plane, each as NAME@ADDRESS[:PORT][?ssh_profile=PROFILE]
tofu import kubeadm_cni.this cp1@192.0.2.11,cp2@192.0.2.12
