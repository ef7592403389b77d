# What the checks want to know of a host. In: the folder of Hob, then one path a line.
# Out: "KEY VALUE" lines.
set -u
export LC_ALL=C
IFS= read -r root || exit 9
now=$(date +%s%N)
case $now in
  *[!0-9]* | "") now=$(date +%s)000000000 ;;
esac
echo "time $now"
name=$( . /etc/os-release 2>/dev/null && printf "%s" "${PRETTY_NAME:-$NAME}" )
echo "os ${name:-$(uname -sr)}"
echo "user $(id -un)"
echo "memory $(sed -n "s/^MemTotal: *\([0-9]*\) kB/\1/p" /proc/meminfo)"

nearest() {
  near=$1
  while [ ! -e "$near" ]; do
    case $near in
      /*/*) near=${near%/*} ;;
      *) near=/ ;;
    esac
  done
}

nearest "$root"
if [ ! -d "$near" ]; then
  echo "root $near is not a folder"
elif [ -w "$near" ] && [ -x "$near" ]; then
  echo "root ok"
else
  echo "root $near is not writable"
fi
while IFS= read -r path; do
  nearest "$path"
  echo "path $path"
  df -Pk -- "$near" 2>&1 | sed "s/^/df /"
done
for protocol in tcp tcp6 udp udp6; do
  if [ -r "/proc/net/$protocol" ]; then
    echo "net $protocol"
    case $protocol in
      tcp*) grep " 0A " "/proc/net/$protocol" ;;
      *) grep " 07 " "/proc/net/$protocol" ;;
    esac | cut -c 1-160
  fi
done
exit 0
