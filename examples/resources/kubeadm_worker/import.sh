# The worker's host, then hosts of the control plane, each as NAME@ADDRESS[:PORT][?ssh_profile=PROFILE]
tofu import 'kubeadm_worker.this["w1"]' 'w1@10.0.0.21?ssh_profile=behind_bastion,cp1@192.0.2.11,cp2@192.0.2.12'
