# Tries ports and changes nothing. From the environment: WAYS, words ADDRESS/PORT/PROTOCOL. Prints a
# line for each: its number, exit status, by how much ICMP's "unreachable" was counted, what was said.
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

unreachable() {
    # shellcheck disable=SC2046 # Numbers are words.
    set -- $(sed -n 's/^Icmp: \([0-9].*\)/\1/p' /proc/net/snmp)
    six=$(sed -n 's/^Icmp6InDestUnreachs[[:space:]]*//p' /proc/net/snmp6 2>/dev/null)
    echo $((${4:-0} + ${six:-0}))
}

# One try: address, port, protocol. Leaves what was said, the status, and by how much ICMP's count grew.
try() {
    before=$(unreachable)
    case $3 in
    tcp) text=$(timeout 3 bash -c 'exec 3<>"/dev/tcp/$1/$2"' try "$1" "$2" 2>&1) ;;
    udp) text=$(timeout 3 bash -c 'exec 3<>"/dev/udp/$1/$2"; for n in 1 2 3; do printf x >&3 || exit 1; sleep 0.2; done' try "$1" "$2" 2>&1) ;;
    esac
    status=$?
    grown=$(($(unreachable) - before))
}

number=0
for way in $WAYS; do
    rest=${way%/*}
    # What others on the host are told meanwhile is counted, too: only what comes each time is an answer.
    for again in 1 2 3; do
        try "${rest%/*}" "${rest##*/}" "${way##*/}"
        [ "$status" = 1 ] && [ "$grown" -gt 0 ] && [ "${way##*/}" = tcp ] || break
    done
    text=$(printf '%s' "$text" | tail -n 1 | tr '\n' ' ')
    echo "$number $status $grown $text"
    number=$((number + 1))
done
