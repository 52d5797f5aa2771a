#!/bin/sh
# Boots one host once, in the network and mount namespaces it was started in. Settings:
# HOST name, DIRECTORY its disk, BASE the shared root, ADDRESS/PREFIX, GATEWAY, MAC,
# LAB the namespace with the bridge, BRIDGE.
set -eu
echo $$ > "$DIRECTORY/nspawn.pid"

# The link of an earlier boot goes away a little after its last process.
ip -n "$LAB" link delete "v-$HOST" 2> /dev/null || true
ip link set lo up
ip link add eth0 address "$MAC" type veth peer name "v-$HOST" netns "$LAB"
ip -n "$LAB" link set "v-$HOST" master "$BRIDGE" up
ip address add "$ADDRESS/$PREFIX" dev eth0
ip link set eth0 up
echo 0 > /proc/sys/net/ipv4/ip_forward # else as on the machine
ip route add default via "$GATEWAY"

# /var is a real directory: containerd's own overlays cannot lie on an overlay.
mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$DIRECTORY/upper,workdir=$DIRECTORY/work" "$DIRECTORY/root"
mount --bind "$DIRECTORY/var" "$DIRECTORY/root/var"

export SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes SYSTEMD_NSPAWN_USE_CGNS=1 SYSTEMD_NSPAWN_TMPFS_TMP=0 SYSTEMD_NSPAWN_LOCK=0
exec systemd-nspawn --quiet --boot --directory="$DIRECTORY/root" --machine="$HOST" \
    --register=no --keep-unit --resolv-conf=off --timezone=off --link-journal=no --capability=all \
    --system-call-filter="add_key keyctl bpf @module" --bind=/dev/kmsg --bind=/dev/net/tun
