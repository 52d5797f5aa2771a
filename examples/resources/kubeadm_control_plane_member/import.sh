# The member's host, then other hosts of the control plane, each as NAME@ADDRESS[:PORT][?ssh_profile=PROFILE]
tofu import 'kubeadm_control_plane_member.this["cp1"]' cp1@192.0.2.11,cp2@192.0.2.12,cp3@192.0.2.13
