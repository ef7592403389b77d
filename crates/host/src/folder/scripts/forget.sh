# Removes the record of a container. In: the folder of Hob, the stack, the container.
set -u
IFS= read -r root || exit 9
IFS= read -r stack || exit 9
IFS= read -r name || exit 9
state=$root/.hob/stacks/$stack
rm -f -- "$state/applied/$name.json" || exit 3
rmdir "$state/applied" 2>/dev/null
rmdir "$state" 2>/dev/null
exit 0
