# Our rules in our chain, and our chain before all others: program, table, parent chain, rules. Without rules
# there is no chain.
put() {
    if [ -z "$4" ]; then
        "$1" -w 5 -t "$2" -S "$chain" >/dev/null 2>&1 && remove "$@"
        return
    fi
    if [ "$("$1" -w 5 -t "$2" -S "$chain" 2>/dev/null | grep -v '^-N')" != "$4" ]; then
        "$1" -w 5 -t "$2" -N "$chain" 2>/dev/null
        "$1" -w 5 -t "$2" -F "$chain"
        printf '%s\n' "$4" | while read -r rule; do
            # shellcheck disable=SC2086 # A rule is words.
            "$1" -w 5 -t "$2" $rule
        done
    fi
    if [ "$("$1" -w 5 -t "$2" -S "$3" 1)" != "-A $3 -j $chain" ]; then
        take_out "$1" "$2" "$3"
        "$1" -w 5 -t "$2" -I "$3" 1 -j "$chain"
    fi
}

take_out() {
    while "$1" -w 5 -t "$2" -D "$3" -j "$chain" 2>/dev/null; do :; done
}

remove() {
    take_out "$1" "$2" "$3"
    "$1" -w 5 -t "$2" -F "$chain" 2>/dev/null
    "$1" -w 5 -t "$2" -X "$chain" 2>/dev/null
}

case $1 in
keep)
    while :; do
        each put
        sleep 2
    done
    ;;
remove)
    each remove
    # Where nothing was, nothing failed.
    exit 0
    ;;
esac
