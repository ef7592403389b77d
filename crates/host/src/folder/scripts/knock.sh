# Whether something answers on a TCP port, seen from this host. In: an address, a port.
# Out: yes, no, or unknown where the tools for it are not there.
set -u
export LC_ALL=C
IFS= read -r address || exit 9
IFS= read -r port || exit 9
if command -v bash >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1; then
  # A connection that is held, or that says something, is an answer: an Engine accepts for a dead
  # container too, and closes at once.
  if timeout 3 bash -c "exec 3<>/dev/tcp/\$1/\$2 || exit 1
    IFS= read -r -t 0.3 -n 1 -u 3
    code=\$?
    [ \$code -eq 0 ] || [ \$code -gt 128 ]" bash "$address" "$port" 2>/dev/null
  then echo yes
  else echo no
  fi
else
  echo unknown
fi
exit 0
