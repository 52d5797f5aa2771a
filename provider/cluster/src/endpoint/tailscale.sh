# The endpoint's address on this host's loopback, and a route to it that Tailscale's client advertises beside
# those it has.
#   serve     keeps it so, and leaves it to others while the host's own API server is not ready
#   withdraw  leaves it to others for good, once the service ends

preferences() {
    timeout 5 tailscale debug prefs 2>/dev/null
}

# Of preferences: routes that are advertised. An exit node's are a preference of their own to the client.
advertised() {
    printf '%s\n' "$1" | sed -n '/"AdvertiseRoutes": \[$/,/\]/s/^[[:space:]]*"\([^"]*\)",\{0,1\}$/\1/p' |
        grep -vxF -e 0.0.0.0/0 -e ::/0
}

is_advertised() {
    advertised "$1" | grep -qxF "$address"
}

# Of preferences: all advertised routes but ours, as the client takes them.
rest() {
    advertised "$1" | grep -vxF "$address" | paste -sd, -
}

accepts() {
    case $1 in *'"RouteAll": true'*) ;; *) return 1 ;; esac
}

somebody_serves() {
    timeout 5 tailscale status --json 2>/dev/null | awk -v route="\"$address\"" '
        /"Peer": \{/ { peers = 1 }
        peers && /"PrimaryRoutes": \[/ { routes = 1 }
        routes && index($0, route) { found = 1 }
        /\]/ { routes = 0 }
        END { exit !found }'
}

# Whether another host takes the endpoint over within some seconds.
is_taken_over() {
    tries=0
    until somebody_serves; do
        tries=$((tries + 1))
        [ "$tries" -lt 10 ] || return 1
        sleep 0.5
    done
}

# Ready is, too, what takes nobody without a name.
is_ready() {
    code=$(curl --silent --insecure --noproxy '*' --max-time 2 --output /dev/null \
        --write-out '%{http_code}' "$api_server/readyz")
    [ "$code" = 200 ] || [ "$code" = 401 ]
}

be_here() {
    ip address replace "$address" dev lo
    found=$(preferences) || return
    if accepts "$found" || ! is_advertised "$found"; then
        others=$(rest "$found")
        tailscale set --accept-routes=false --advertise-routes="${others:+$others,}$address"
    fi
}

# Where nobody takes it over, a host that is not ready is better than none. Until then it answers still.
be_away() {
    found=$(preferences) || return
    if is_advertised "$found"; then
        tailscale set --advertise-routes="$(rest "$found")"
        if ! is_taken_over; then
            be_here
            return 1
        fi
    fi
    accepts "$found" || tailscale set --accept-routes=true
    ip address delete "$address" dev lo 2>/dev/null
    return 0
}

# A host that is not ready, in each round. Hosts that all left at once, each for the other, come back; who
# stayed for want of others waits longer each time, and each host for another while.
be_elsewhere() {
    if [ "$place" = away ]; then
        if [ "$round" = 0 ] && ! somebody_serves; then
            stay
        fi
    elif [ "$patience" -gt 0 ]; then
        patience=$((patience - 1))
    elif be_away; then
        place=away
    else
        stay
    fi
}

stay() {
    be_here
    place=here patience=$((pause + own))
    [ "$pause" -ge 60 ] || pause=$((pause * 2))
}

# Another address is meant from now on: this one is nobody's any more.
again() {
    grep -qxF "address=$address" "$0" || withdraw
    exec /bin/sh "$0" serve
}

# What was changed by hand is looked for less often than the API server is asked.
serve() {
    trap again HUP
    trap 'exit 0' TERM
    own=$(($(uname -n | cksum | cut -d' ' -f1) % 10))
    place='' failed=0 passed=0 round=0 patience=0 pause=10
    while :; do
        if [ "$gate" = no ] || is_ready; then
            failed=0 passed=$((passed + 1))
        else
            failed=$((failed + 1)) passed=0
        fi
        round=$(((round + 1) % 5))
        if [ "$failed" -ge 2 ]; then
            be_elsewhere
        elif [ "$passed" -ge 2 ] || { [ "$passed" = 1 ] && [ "$place" != away ]; }; then
            patience=0 pause=10
            if [ "$place" != here ] || [ "$round" = 0 ]; then
                be_here
                place=here
            fi
        fi
        sleep 1
    done
}

withdraw() {
    if found=$(preferences) && is_advertised "$found"; then
        tailscale set --advertise-routes="$(rest "$found")"
        [ "$members" = one ] || is_taken_over
    fi
    ip address delete "$address" dev lo 2>/dev/null
}

case $1 in
serve)
    serve
    ;;
withdraw)
    # One that was killed is started again at once.
    [ "$SERVICE_RESULT" != success ] || withdraw
    exit 0
    ;;
esac
