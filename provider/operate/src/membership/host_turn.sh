# Takes, renews or releases the turn to change a control plane while there is no cluster whose API
# could hold a lease. The turn is a file: who holds it, and the host's uptime at its last renewal.
# The uptime, since the clock of a new host may jump when it is first set; /run ends with it.
# $1: take, renew or release; $2: directory; $3: who asks; $4: seconds that a turn lives.
set -eu
umask 077
directory=$2 turn=$2/turn
mkdir -p -- "$directory"
exec 9<"$directory"
if ! flock -w 4 9; then
  echo "another program keeps $directory locked" >&2
  exit 1
fi
read -r now _ </proc/uptime
now=${now%%.*}
holder='' since=''
if [ -e "$turn" ]; then
  { IFS= read -r holder && IFS= read -r since; } <"$turn" || holder=''
fi
case $since in
'' | *[!0-9]*) holder='' since=$now ;;
esac
age=$((now - since))
# As a whole, so that a script that is killed leaves no half of it.
write() {
  printf '%s\n%s\n' "$1" "$now" >"$turn.new"
  mv -f -- "$turn.new" "$turn"
}
case $1 in
take)
  if [ -n "$holder" ] && [ "$holder" != "$3" ] && [ "$age" -le "$4" ]; then
    printf 'held %s %s\n' "$age" "$holder"
  else
    write "$3"
    echo taken
  fi
  ;;
renew)
  if [ "$holder" = "$3" ]; then
    write "$3"
    echo kept
  else
    printf 'lost %s\n' "$holder"
  fi
  ;;
release)
  if [ "$holder" = "$3" ]; then rm -f -- "$turn"; fi
  echo released
  ;;
esac
