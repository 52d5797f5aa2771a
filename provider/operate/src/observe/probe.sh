# Looks at a host and changes nothing. Prints sections: "@KEY STATUS LENGTH", a line feed, the
# value, a line feed. Needs a POSIX shell and coreutils; what else is missing makes its section
# unreadable. From the environment: FILES, DIRECTORIES, PACKAGES, UNITS, SYSCTLS (words);
# ROUTING, when routes are looked at closely.
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
limit=262144

# Under LC_ALL=C the shell counts bytes.
emit() {
    printf '@%s %s %s\n%s\n' "$1" "$2" "${#3}" "$3"
}

# Standard output of a command that may not hang.
run() {
    key=$1
    shift
    value=$(timeout 5 "$@" 2>/dev/null)
    emit "$key" "$?" "$value"
}

# A small text file of the kernel, without starting a program.
line() {
    if [ -r "$2" ]; then
        value=
        IFS= read -r value <"$2" 2>/dev/null
        emit "$1" 0 "$value"
    else
        emit "$1" absent ""
    fi
}

# A whole file. The shell drops what no text file has, and line feeds at the end: a mark keeps them.
file() {
    if [ ! -e "$2" ]; then
        emit "$1" absent ""
        return
    fi
    size=$(wc -c <"$2" 2>/dev/null) || size=0
    size=$((size))
    if [ "$size" -gt "$limit" ]; then
        emit "$1" large ""
        return
    fi
    value=$(cat "$2" 2>/dev/null && printf .)
    status=$?
    value=${value%.}
    if [ "$status" = 0 ] && [ "${#value}" -ne "$size" ] && [ "${2#/proc/}" = "$2" ]; then
        status=binary value=
    fi
    emit "$1" "$status" "$value"
}

file os /etc/os-release
line hostname /proc/sys/kernel/hostname
line kernel /proc/sys/kernel/osrelease
run architecture uname -m
line machine_id /etc/machine-id
line boot_id /proc/sys/kernel/random/boot_id
line product_uuid /sys/class/dmi/id/product_uuid
file meminfo /proc/meminfo
run cpus nproc
line selinux /sys/fs/selinux/enforce

# Free space where images, pods and etcd live; what is not there yet is made in /var/lib.
value=
for path in /var/lib /var/lib/containerd /var/lib/kubelet /var/lib/etcd; do
    [ -d "$path" ] && value="$value $path"
done
value=$(timeout 5 df -PB1 $value 2>/dev/null | while read -r _ _ _ free _ mount; do
    case $free in *[!0-9]*) ;; *) echo "$mount $free" ;; esac
done)
emit disk 0 "$value"

run cgroup_fs stat -fc %T /sys/fs/cgroup
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    file cgroup_controllers /sys/fs/cgroup/cgroup.controllers
else
    file cgroup_controllers /proc/cgroups
fi

file swaps /proc/swaps
# Only lines about swap leave the host: others may hold passwords of network shares.
if [ -e /etc/fstab ]; then
    value=$(grep -E '^[[:space:]]*[^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap([[:space:]]|$)|^# off by terraform-provider-kubeadm: ' /etc/fstab 2>/dev/null)
    status=$?
    [ "$status" = 1 ] && status=0
    emit fstab_swap "$status" "$value"
else
    emit fstab_swap 0 ""
fi

# /proc/modules has what was loaded, sysfs what is built in and can be configured.
value=$(cd /sys/module 2>/dev/null && echo *)
emit modules "$?" "$value"
builtin=/lib/modules/$(uname -r)/modules.builtin
if [ -r "$builtin" ]; then
    value=$(sed 's|.*/||; s|\.ko.*||' "$builtin")
    emit builtin_modules "$?" "$value"
fi

# Keys that were asked for, and those in our own file: with dots, or slashes where a name has a dot.
ours=$(sed -n 's/^\([^#;= ]*\) *=.*/\1/p' /etc/sysctl.d/99-zz-terraform-provider-kubeadm.conf 2>/dev/null)
seen=" "
for key in $SYSCTLS $ours; do
    case $key in
    */*) path=$key ;;
    *)
        old=$IFS
        IFS=.
        set -f
        set -- $key
        set +f
        IFS=/
        path="$*"
        IFS=$old
        ;;
    esac
    case $seen in *" $path "*) continue ;; esac
    seen="$seen$path "
    line "sysctl:$path" "/proc/sys/$path"
done
value=$(grep -Hs '=' /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /usr/lib/sysctl.d/*.conf)
status=$?
[ "$status" -le 2 ] && status=0
emit sysctl_files "$status" "$value"

# One question each to systemd and to the package manager, which are the slow ones.
value=$(TZ=UTC timeout 5 systemctl show --property=Id,LoadState,ActiveState,UnitFileState,NRestarts,ActiveEnterTimestamp $UNITS 2>/dev/null)
emit units "$?" "$value"
swap=
for unit in /etc/systemd/system/*.swap /run/systemd/generator*/*.swap /run/systemd/system/*.swap /usr/lib/systemd/system/*.swap; do
    [ -e "$unit" ] || [ -L "$unit" ] || continue
    swap="$swap ${unit##*/}"
done
if [ -n "$swap" ]; then
    value=$(timeout 5 systemctl show --property=Id,LoadState,FragmentPath,SourcePath $swap 2>/dev/null)
    emit swap_units "$?" "$value"
else
    emit swap_units 0 ""
fi
if command -v dpkg-query >/dev/null; then
    value=$(timeout 5 dpkg-query -W -f '${Package}\t${Version}\t${db:Status-Want}\t${db:Status-Status}\n' $PACKAGES 2>/dev/null)
    status=$?
    # Status 1: some of them are not known, which is an answer, too.
    [ "$status" = 1 ] && status=0
    emit packages "$status" "$value"
else
    emit packages 127 ""
fi

files=
for path in $FILES /etc/containerd/certs.d/*/hosts.toml \
    /etc/systemd/network/*.network.d/60-kubeadm-endpoint-route.conf; do
    case $path in *'*'*) continue ;; esac
    file "file:$path" "$path"
    [ -e "$path" ] && files="$files $path"
done
[ -n "$files" ] && run modes stat -L -c '%a %n' $files

value=
for path in $DIRECTORIES /etc/containerd/certs.d/*/ /etc/systemd/network/*.network.d/; do
    [ -d "$path" ] || continue
    state=empty
    for entry in "$path"/* "$path"/.[!.]*; do
        if [ -e "$entry" ] || [ -L "$entry" ]; then
            state=used
            break
        fi
    done
    value="$value$path $state
"
done
emit directories 0 "$value"

run addresses ip -j addr
run routes ip -j route
value=$(timeout 5 ss -Hlntup 2>/dev/null)
status=$?
emit listeners "$status" "$value"
listeners=$value

# Rules of a packet filter's table; empty where the old kind has none: it would make them to show them.
rules() {
    program=$1 table=$2
    shift 2
    command -v "$program" >/dev/null || return 127
    case $("$program" -V 2>/dev/null) in
    *nf_tables*) ;;
    *) grep -qs "^$table\$" "/proc/net/${program%tables}_tables_names" || return 0 ;;
    esac
    timeout 5 "$program" -w 3 -t "$table" -S "$@" 2>/dev/null
}

# Whether packets of others pass by default, and files that bring back rules of Kubernetes at boot.
value=$(rules iptables filter FORWARD)
status=$?
[ "$status" = 127 ] && status=absent
emit forward_policy "$status" "${value%%
*}"
value=$(grep -ls KUBE- /etc/sysconfig/iptables /etc/sysconfig/ip6tables /etc/iptables/rules.v4 /etc/iptables/rules.v6 /etc/nftables.conf)
emit rule_dumps 0 "$value"

# The host's part of a tailnet: its client shows no key in its preferences.
if command -v tailscale >/dev/null; then
    run tailscale_preferences tailscale debug prefs
    run tailscale_status tailscale status --json --peers=false
else
    emit tailscale_preferences absent ""
fi

# Routes of all tables, what keeps the settings of interfaces, and what packets pass by.
if [ -n "$ROUTING" ]; then
    run routes4 ip -4 -N -d -j route show table all
    run routes6 ip -6 -N -d -j route show table all
    value=
    answered=0
    if command -v networkctl >/dev/null; then
        for name in $(timeout 5 networkctl list --no-legend --no-pager 2>/dev/null |
            while read -r _ name _ _ setup; do
                case $setup in configured | configuring) echo "$name" ;; esac
            done); do
            path=$(timeout 5 networkctl status --no-pager --lines=0 "$name" 2>/dev/null |
                sed -n 's/^ *Network File: //p')
            case $path in /*) value="${value}networkd $name $path
" ;; esac
        done
    fi
    if command -v nmcli >/dev/null; then
        devices=$(timeout 5 nmcli -t -f DEVICE,STATE device 2>/dev/null)
        answered=$?
        # It does not run.
        [ "$answered" = 8 ] && answered=0
        ids=$(printf '%s\n' "$devices" | while IFS=: read -r name state; do
            [ "$state" = connected ] || continue
            id=$(timeout 5 nmcli -g GENERAL.CON-UUID device show "$name" 2>/dev/null)
            [ -n "$id" ] && echo "$name $id"
        done)
        # Profiles with routes of ours that are not in use at the moment.
        for id in $(sed -n 's/^ *"profile": "\([^"]*\)".*/\1/p' /var/lib/terraform-provider-kubeadm/routes.json 2>/dev/null | sort -u); do
            case $ids in *" $id"*) ;; *) ids="$ids
- $id" ;; esac
        done
        profiles=$(printf '%s\n' "$ids" | while read -r name id; do
            [ -n "$id" ] || continue
            routes=$(timeout 5 nmcli -e no -g ipv4.routes,ipv6.routes connection show uuid "$id" 2>/dev/null | tr '\n' '\t')
            printf 'profile %s %s\t%s\n' "$name" "$id" "$routes"
        done)
        value="$value$profiles
"
    fi
    if command -v ifup >/dev/null; then
        for name in $(sed -n 's/^[[:space:]]*iface[[:space:]]\{1,\}\([^[:space:]]*\).*/\1/p' /etc/network/interfaces /etc/network/interfaces.d/* 2>/dev/null); do
            value="${value}ifupdown $name
"
        done
    fi
    emit managers "$answered" "$value"
    value=$(timeout 5 nft list tables 2>/dev/null | sed 's/.* //')
    emit nft_tables 0 "$value"
    for program in iptables ip6tables; do
        for table in filter nat; do
            value=$(rules "$program" "$table")
            status=$?
            value=$(printf '%s\n' "$value" | grep -E '^-[PA] (FORWARD|POSTROUTING|ENDPOINT-ROUTES|LIBVIRT_FW[IOX])( |$)')
            emit "rules:$program:$table" "$status" "$value"
        done
    done
    file route_record /var/lib/terraform-provider-kubeadm/routes.json
fi

# Of Kubernetes: modes and times of all files, digests of those that are no private key, public
# certificates.
files=
digests=
for path in /etc/kubernetes/*.conf /etc/kubernetes/manifests/*.yaml /etc/kubernetes/pki/*.* \
    /etc/kubernetes/pki/etcd/*.* /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env \
    /var/lib/kubelet/instance-config.yaml /var/lib/kubelet/pki/kubelet-client-current.pem \
    /etc/cni/net.d/*; do
    [ -f "$path" ] || continue
    files="$files $path"
    case $path in
    *.key | *.pem) ;;
    *) digests="$digests $path" ;;
    esac
done
if [ -n "$files" ]; then
    run kubernetes_modes stat -L -c '%a %Y %n' $files
    run kubernetes_digests sha256sum $digests </dev/null
else
    emit kubernetes_modes 0 ""
    emit kubernetes_digests 0 ""
fi
for name in etcd kube-apiserver kube-controller-manager kube-scheduler; do
    file "manifest:$name" "/etc/kubernetes/manifests/$name.yaml"
done
pki=$(sed -n 's|^ *clientCAFile: *\(/.*\)/ca\.crt$|\1|p' /var/lib/kubelet/config.yaml 2>/dev/null)
case $pki in
'' | /etc/kubernetes/pki) pki=/nowhere ;;
esac
for path in /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/etcd/*.crt "$pki"/*.crt "$pki"/etcd/*.crt; do
    [ -f "$path" ] && file "certificate:$path" "$path"
done
for path in admin super-admin controller-manager scheduler; do
    path=/etc/kubernetes/$path.conf
    [ -f "$path" ] || continue
    value=$(sed -n 's/^ *client-certificate-data: *//p' "$path" | base64 -d 2>/dev/null)
    emit "certificate:$path" "$?" "$value"
done
client=/var/lib/kubelet/pki/kubelet-client-current.pem
if [ -f "$client" ]; then
    run "certificate:$client" sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' "$client"
fi
value=$(grep -Hs 'server:' /etc/kubernetes/*.conf)
emit servers 0 "$value"
file kubelet_flags /var/lib/kubelet/kubeadm-flags.env
file kubelet_configuration /var/lib/kubelet/config.yaml
if [ -e /var/lib/etcd/member ]; then emit etcd_data 0 yes; else emit etcd_data 0 no; fi
value=
for path in /etc/cni/net.d/*; do
    [ -f "$path" ] && value="$value${path##*/}
"
done
emit cni_configurations 0 "$value"
file flannel_subnet /run/flannel/subnet.env

# The kubelet and the API server, asked only where somebody listens.
health() {
    case $listeners in
    *":$2 "*) ;;
    *)
        emit "$1" absent ""
        return
        ;;
    esac
    if command -v curl >/dev/null; then
        value=$(timeout 5 curl -sk -m 3 --noproxy '*' "$3" 2>/dev/null)
    elif command -v wget >/dev/null; then
        value=$(timeout 5 wget -q -T 3 --no-proxy --no-check-certificate -O - "$3" 2>/dev/null)
    else
        emit "$1" 127 ""
        return
    fi
    emit "$1" "$?" "$value"
}
health kubelet_health 10248 http://127.0.0.1:10248/healthz
health apiserver_health 6443 https://127.0.0.1:6443/readyz

file record /var/lib/terraform-provider-kubeadm/record.json
emit end 0 ""
