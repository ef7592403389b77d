# Puts files into the folder of a stack, each by renaming a complete one. In: the folder of Hob, the
# stack, then a tar of files/... and last of all an empty member called end.
set -u
export LC_ALL=C
umask 022
IFS= read -r root || exit 9
IFS= read -r stack || exit 9
refuse() {
  printf "%s\n" "$1" >&2
  exit 4
}
cd "$root" || exit 3
# What a run left that was killed.
for left in .hob/stage.*; do
  if [ -d "$left" ]; then kill -0 "${left##*.}" 2>/dev/null || rm -rf "$left"; fi
done
stage=.hob/stage.$$
clean() { rm -rf "$stage"; }
clean
trap clean EXIT
trap "exit 1" HUP INT TERM
(umask 077; mkdir -p "$stage") || exit 3
tar -xpomf - -C "$stage" || exit 3
[ -f "$stage/end" ] || refuse "the files did not arrive complete"
if [ -L "$stack" ]; then refuse "$root/$stack is a symbolic link"; fi
# Open, because a container may mount it whole and run as any user; closed is the folder above.
[ -d "$stack" ] || mkdir -m 755 "$stack" || exit 3
find "$stage/files" -type f | while IFS= read -r staged; do
  path=${staged#"$stage/files/"}
  folder=$stack
  rest=$path
  while :; do
    case $rest in
      */*) ;;
      *) break ;;
    esac
    folder=$folder/${rest%%/*}
    rest=${rest#*/}
    if [ -L "$folder" ]; then refuse "$root/$folder is a symbolic link"; fi
    [ -d "$folder" ] || mkdir "$folder" || exit 3
  done
  target=$stack/$path
  if [ -L "$target" ]; then refuse "$root/$target is a symbolic link"; fi
  if [ -e "$target" ] && [ ! -f "$target" ]; then refuse "$root/$target is not a file"; fi
  mv -f -- "$staged" "$target" || exit 3
done || exit $?
