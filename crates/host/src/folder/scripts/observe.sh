# What lies in the folder of Hob. In: the folder, then one path a line (stack/file).
# Out: "u PATH" unreadable, "n PATH" not a file, "s MODE PATH" and "DIGEST  PATH" a file;
# then "e", or "t" and a tar of the key, the homelab, the manifests and the records.
set -u
export LC_ALL=C
IFS= read -r root || exit 9
if [ ! -d "$root" ]; then
  echo e
  exit 0
fi
cd "$root" || exit 3
if [ -e .hob ] && { [ ! -r .hob ] || [ ! -x .hob ]; }; then
  echo "$root/.hob: Permission denied" >&2
  exit 3
fi

manifests() {
  set -- .hob/stacks/*/files
  if [ -f "$1" ]; then cat -- "$@"; fi
}

look() {
  above=$1
  while :; do
    case $above in
      */*) above=${above%/*} ;;
      *) break ;;
    esac
    if [ -L "$above" ]; then
      printf "n %s\n" "$1" >&3
      return
    elif [ -d "$above" ]; then
      if [ ! -x "$above" ]; then
        printf "u %s\n" "$1" >&3
        return
      fi
    elif [ -e "$above" ]; then
      printf "n %s\n" "$1" >&3
      return
    fi
  done
  if [ -L "$1" ]; then
    printf "n %s\n" "$1" >&3
  elif [ -f "$1" ]; then
    if [ -r "$1" ]; then printf "%s\n" "$1"; else printf "u %s\n" "$1" >&3; fi
  elif [ -e "$1" ]; then
    printf "n %s\n" "$1" >&3
  fi
}

exec 3>&1
files=$({ manifests; cat; } | sort -u | while IFS= read -r path; do look "$path"; done)
exec 3>&-
if [ -n "$files" ]; then
  printf "%s\n" "$files" | tr "\n" "\000" | xargs -0 stat -c "s %a %n" --
  printf "%s\n" "$files" | tr "\n" "\000" | xargs -0 sha256sum --
fi
set --
if [ -e .hob/key ]; then set -- .hob/key; fi
if [ -e .hob/homelab ]; then set -- "$@" .hob/homelab; fi
if [ -d .hob/stacks ]; then set -- "$@" .hob/stacks; fi
if [ $# -eq 0 ]; then
  echo e
else
  echo t
  # 1 means that something changed meanwhile; every file is renamed into place, so what was read of
  # it is whole.
  tar -cf - "$@" || [ $? -eq 1 ] || exit 4
fi
