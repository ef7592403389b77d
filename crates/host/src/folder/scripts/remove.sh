# Removes files from the folder of a stack, the folders that this leaves empty, and the note that
# they belong to Hob. What is no plain file any more is left alone. In: the folder of Hob, the stack,
# one path a line (stack/file).
set -u
export LC_ALL=C
umask 077
IFS= read -r root || exit 9
IFS= read -r stack || exit 9
paths=$(cat)
[ -d "$root" ] || exit 0
cd "$root" || exit 3
state=.hob/stacks/$stack

plain() {
  above=$1
  while :; do
    case $above in
      */*) above=${above%/*} ;;
      *) break ;;
    esac
    if [ -L "$above" ]; then return 1; fi
  done
  [ -f "$1" ] && [ ! -L "$1" ]
}

printf "%s\n" "$paths" | while IFS= read -r path; do
  if [ -n "$path" ] && plain "$path"; then
    rm -f -- "$path" || exit 3
    folder=${path%/*}
    while rmdir -- "$folder" 2>/dev/null; do
      case $folder in
        */*) folder=${folder%/*} ;;
        *) break ;;
      esac
    done
  fi
done || exit $?
if [ -f "$state/files" ]; then
  printf "%s\n" "$paths" | sort -u > "$state/gone.$$" || exit 3
  comm -23 "$state/files" "$state/gone.$$" > "$state/files.$$" || exit 3
  rm -f "$state/gone.$$"
  if [ -s "$state/files.$$" ]; then
    mv -f "$state/files.$$" "$state/files" || exit 3
  else
    rm -f "$state/files.$$" "$state/files" || exit 3
    rmdir "$state" 2>/dev/null
  fi
fi
exit 0
