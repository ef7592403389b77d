# What the checks want to know of a host. In: the folder of Hob, then one path a line; one behind a
# question mark is looked for, the file system of any other is measured.
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
look() {
  if [ -d "$1" ]; then what=folder
  elif [ -b "$1" ] || [ -c "$1" ]; then what=device
  elif [ -e "$1" ]; then what=other
  else
    nearest "$1"
    if [ -d "$near" ] && [ ! -x "$near" ]; then what=hidden
    elif [ "${1%/*}" = "${near%/}" ]; then what=missing
    else what=missing-above
    fi
  fi
  echo "look $what $1"
}
while IFS= read -r path; do
  case $path in
    "?"*) look "${path#?}" && continue ;;
  esac
  nearest "$path"
  echo "path $path"
  df -Pk -- "$near" 2>&1 | sed "s/^/df /"
done
for tool in nvidia-container-runtime-hook nvidia-container-runtime nvidia-ctk; do
  if command -v "$tool" >/dev/null 2>&1; then echo "gpu nvidia"; fi
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
