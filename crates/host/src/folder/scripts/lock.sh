# Holds the lock of this host for as long as somebody writes a line to it now and then. In: the
# folder of Hob, seconds to wait for the lock, seconds of silence after which it is let go, who asks
# (an id, a name and a process, with tabs between them), for what; then the lines.
# Out: "taken HOLDER" each time that another is found to have it; "held HOLDER" once it is held, with
# who had it before. A holder is the line in the file: who asked, since when, for what, and the process
# that holds it here.
set -u
export LC_ALL=C
IFS= read -r root || exit 9
IFS= read -r tries || exit 9
IFS= read -r patience || exit 9
IFS= read -r me || exit 9
IFS= read -r purpose || exit 9
(umask 022; mkdir -p -m 750 "$root") || exit 3
# What was made for Hob alone is closed to other users of the host: containers are led past this
# folder, and what is below it is open to every user that they have.
if [ -z "$(ls -A "$root")" ]; then chmod o-rwx "$root" 2>/dev/null; fi
umask 077
mkdir -p "$root/.hob" && cd "$root/.hob" || exit 3
# The kernel frees the lock with the process that has it: nothing is left behind by a run that was
# killed, nor by a host that lost its power. A folder made as a lock would be.
if command -v flock >/dev/null 2>&1; then
  take() { flock -n 9; }
elif busybox flock --help >/dev/null 2>&1; then
  take() { busybox flock -n 9; }
else
  echo "flock is not there: install util-linux or busybox on the host" >&2
  exit 5
fi
true >> lock || exit 3
exec 9<>lock
tab=$(printf "\t")
said=-
while :; do
  take
  code=$?
  if [ $code -eq 0 ]; then break; fi
  if [ $code -ne 1 ]; then exit 3; fi
  IFS= read -r holder < lock
  if [ "$holder" != "$said" ]; then printf "taken %s\n" "$holder"; fi
  said=$holder
  # Who asks has it already, by a connection that is lost: that one is not needed any more.
  if [ "${holder%%"$tab"*}" = "${me%%"$tab"*}" ]; then kill "${holder##*"$tab"}" 2>/dev/null; fi
  if [ "$tries" -le 0 ]; then exit 6; fi
  tries=$((tries - 1))
  sleep 1
done
IFS= read -r holder < lock
# A full disk leaves the line out, not the lock.
since=$(date -u "+%Y-%m-%d %H:%M:%S UTC")
printf "%s\t%s\t%s\t%s\n" "$me" "$since" "$purpose" "$$" 2>/dev/null > lock
printf "held %s\n" "$holder"

# A connection that was cut without a word ends no process. The watcher has no hand on the lock.
watch() {
  (
    exec 9>&- </dev/null >/dev/null 2>&1
    sleep "$patience"
    IFS=" " read -r self name state above rest < /proc/self/stat
    if [ "$above" = "$$" ]; then kill "$$"; fi
  ) &
  watcher=$!
}
while :; do
  watch
  IFS= read -r line || break
  kill "$watcher" 2>/dev/null
  wait "$watcher" 2>/dev/null
done
kill "$watcher" 2>/dev/null
exit 0
