# Why a Docker Engine does not answer. In: the path of its socket.
# Out: the user, then one of none, rights, ok.
set -u
IFS= read -r socket || exit 9
id -un
if [ ! -S "$socket" ]; then
  echo none
elif [ -r "$socket" ] && [ -w "$socket" ]; then
  echo ok
else
  echo rights
fi
