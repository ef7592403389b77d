# Adds paths to the manifest of a stack. In: the folder of Hob, the stack, one path a line
# (stack/file).
set -u
export LC_ALL=C
IFS= read -r root || exit 9
IFS= read -r stack || exit 9
(umask 022; mkdir -p -m 750 "$root") || exit 3
umask 077
mkdir -p "$root/.hob/stacks/$stack" && cd "$root/.hob/stacks/$stack" || exit 3
if [ -e files ] && [ ! -r files ]; then
  echo "$root/.hob/stacks/$stack/files: Permission denied" >&2
  exit 3
fi
{ if [ -e files ]; then cat files; fi; cat; } | sort -u > "files.$$" || exit 3
mv -f "files.$$" files || exit 3
