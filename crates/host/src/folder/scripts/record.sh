# Keeps the record of a container. In: the folder of Hob, the stack, the container, the length of the
# record, the record.
set -u
IFS= read -r root || exit 9
IFS= read -r stack || exit 9
IFS= read -r name || exit 9
IFS= read -r length || exit 9
applied=$root/.hob/stacks/$stack/applied
if [ ! -d "$applied" ]; then
  (umask 022; mkdir -p -m 750 "$root") || exit 3
  (umask 077; mkdir -p "$applied") || exit 3
fi
umask 077
new=$applied/.new.$$
cat > "$new" || exit 3
if [ "$(wc -c < "$new")" -ne "$length" ]; then
  rm -f "$new"
  echo "the record did not arrive complete" >&2
  exit 4
fi
mv -f -- "$new" "$applied/$name.json" || exit 3
