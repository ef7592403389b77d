# Claims the folder of Hob for a homelab, unless it belongs to another; makes the key of this host if
# there is none, and says it. In: the folder, the homelab.
set -u
IFS= read -r root || exit 9
IFS= read -r homelab || exit 9
(umask 022; mkdir -p -m 750 "$root") || exit 3
# What was made for Hob alone is closed to other users of the host: containers are led past this
# folder, and what is below it is open to every user that they have.
if [ -z "$(ls -A "$root")" ]; then chmod o-rwx "$root" 2>/dev/null; fi
umask 077
cd "$root" && mkdir -p .hob || exit 3
if [ ! -s .hob/homelab ]; then
  printf "%s\n" "$homelab" > ".hob/homelab.$$" || exit 3
  ln ".hob/homelab.$$" .hob/homelab 2>/dev/null || [ -s .hob/homelab ] ||
    mv ".hob/homelab.$$" .hob/homelab || exit 3
  rm -f ".hob/homelab.$$"
fi
IFS= read -r owner < .hob/homelab || exit 3
if [ "$owner" != "$homelab" ]; then
  echo "$root belongs to homelab $owner" >&2
  exit 4
fi
if [ ! -s .hob/key ]; then
  head -c 32 /dev/urandom | od -An -v -tx1 | tr -d " \n" > ".hob/key.$$" || exit 3
  ln ".hob/key.$$" .hob/key 2>/dev/null || [ -s .hob/key ] || mv ".hob/key.$$" .hob/key || exit 3
  rm -f ".hob/key.$$"
fi
cat .hob/key || exit 3
