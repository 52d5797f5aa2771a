# NAME@ADDRESS[:PORT][?ssh_profile=PROFILE]
tofu import kubeadm_endpoint_route.w1 w1@192.0.2.21
