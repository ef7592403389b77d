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

within=
if command -v timeout >/dev/null 2>&1; then within="timeout -s KILL"; fi

# Mount points, but those of the system and of containers. A network file system whose server is
# gone would hold whoever looks at it for ever, so it is asked for a sign of life first.
mounts() {
  while read -r _ point type _; do
    case $point in
      *\\*) point=$(printf "%b" "$point") ;;
    esac
    case $point in
      /run/media/*) ;;
      /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /run | /run/* | /snap/*) continue ;;
      */overlay2/* | */containers/* | */rootfs/* | */netns/*) continue ;;
    esac
    echo "mount $point"
    case $type in
      nfs* | cifs | smb3 | fuse.* | ceph | 9p | glusterfs)
        if [ -n "$within" ]; then
          { $within 3 stat -f -- "$point" >/dev/null 2>&1 || echo "dead $point"; } &
        fi ;;
    esac
  done </proc/mounts
  wait
}
mounted=$(mounts)
echo "$mounted"
dead=$(echo "$mounted" | sed -n "s/^dead //p")
if [ -r /etc/fstab ]; then
  while read -r device point type options _; do
    case $device,$point,$type,$options, in
      "#"* | *,noauto,*) continue ;;
      *,/?*,*,*) echo "fstab $(printf "%b" "$point")" ;;
    esac
  done </etc/fstab
fi

hangs() {
  [ -n "$dead" ] || return 1
  while IFS= read -r point; do
    case $1/ in
      "$point"/*) return 0 ;;
    esac
  done <<END
$dead
END
  return 1
}

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
if [ "$near" = "$root" ]; then
  echo "others $(ls -ld -- "$root" | cut -c 8-10)"
fi
is_empty() {
  [ -r "$1" ] && [ "$(ls -fa -- "$1" 2>/dev/null | head -n 3 | wc -l)" -eq 2 ]
}
look() {
  if hangs "$1"; then what=hanging
  elif [ -d "$1" ]; then
    what=folder
    if is_empty "$1"; then what=empty; fi
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
  echo "path $path"
  if hangs "$path"; then
    echo "df its server does not answer"
    continue
  fi
  nearest "$path"
  df -Pk -- "$near" 2>&1 | sed "s/^/df /"
done

for tool in nvidia-container-runtime-hook nvidia-container-runtime nvidia-ctk; do
  if command -v "$tool" >/dev/null 2>&1; then echo "gpu nvidia"; fi
done
if command -v nvidia-smi >/dev/null 2>&1; then
  query="--query-gpu=name,driver_version,memory.total --format=csv,noheader,nounits"
  if said=$(${within:+$within 10} nvidia-smi $query 2>&1); then
    echo "$said" | head -n 64 | sed "s/^/smi /"
  else
    echo "smi-failed $(echo "$said" | head -n 1)"
  fi
fi
for device in /sys/class/drm/renderD*; do
  if read -r vendor <"$device/device/vendor"; then
    memory=
    if [ -r "$device/device/mem_info_vram_total" ]; then
      read -r memory <"$device/device/mem_info_vram_total"
    fi
    echo "drm ${device##*/} $vendor $memory"
  fi
done 2>/dev/null
for device in /sys/bus/pci/devices/*; do
  if read -r class <"$device/class" && read -r vendor <"$device/vendor"; then
    case $class in
      0x03*) echo "card $vendor" ;;
    esac
  fi
done 2>/dev/null

if command -v ip >/dev/null 2>&1; then
  echo "links"
  for link in /sys/class/net/*; do
    case $link in
      */veth*) continue ;;
    esac
    if read -r flags <"$link/flags"; then echo "link ${link##*/} $flags"; fi
  done 2>/dev/null
  ip -o addr show 2>/dev/null | while read -r _ link family address _; do
    case $link,$family in
      veth*) ;;
      *,inet | *,inet6) echo "addr ${link%%@*} ${address%%/*}" ;;
    esac
  done
fi

# None of these shows its rules to anybody but root; whether it is on can be seen.
if [ -e /etc/ufw/ufw.conf ]; then
  if [ ! -r /etc/ufw/ufw.conf ]; then echo "firewall ufw hidden"
  elif grep -qi "^ENABLED=yes" /etc/ufw/ufw.conf; then echo "firewall ufw on"
  else echo "firewall ufw off"
  fi
fi
runs() {
  [ -n "$(grep -lsx "$1" /proc/[0-9]*/comm)" ]
}
if [ -x /usr/sbin/firewalld ] || [ -x /usr/bin/firewalld ]; then
  if runs firewalld; then echo "firewall firewalld on"
  else echo "firewall firewalld off"
  fi
fi
if command -v systemctl >/dev/null 2>&1; then
  for unit in nftables iptables netfilter-persistent; do
    if systemctl is-active --quiet "$unit" 2>/dev/null; then echo "firewall $unit on"; fi
  done
fi

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
