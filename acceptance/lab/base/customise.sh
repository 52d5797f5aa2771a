# Runs inside the base root while it is built; $password is the operator's.
add_user() {
    useradd --create-home --shell /bin/bash --uid "$2" --user-group "$1"
}
add_user debian 1000
# A fresh Debian has a system group of this name, so the user gets a plain group of another.
groupadd --gid 1001 operators
useradd --create-home --shell /bin/bash --uid 1001 --gid 1001 operator
add_user nosudo 1002
echo "operator:$password" | chpasswd
chmod 0440 /etc/sudoers.d/lab

# containerd comes later, from the provider under test; its runc must land beside the lab's wrapper.
mv /usr/sbin/runc /usr/sbin/runc.lab
dpkg-divert --quiet --local --rename --divert /usr/sbin/runc.real --add /usr/sbin/runc
mv /usr/sbin/runc.lab /usr/sbin/runc

# udev would rename and re-address interfaces that are the lab's; consoles and timers only disturb.
for unit in systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
    systemd-udev-trigger.service console-getty.service getty.target \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
    ln -sf /dev/null "/etc/systemd/system/$unit"
done
systemctl --quiet enable ssh.service lab-cgroups.service

echo 'nameserver 10.77.0.1' > /etc/resolv.conf
echo '# <file system> <mount point> <type> <options> <dump> <pass>' > /etc/fstab
