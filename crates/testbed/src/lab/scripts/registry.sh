#!/bin/bash
# Runs inside the registry's container: one storage, plain HTTP for filling it, TLS for Engines.
set -eu
tls=/var/lib/docker-registry/tls
mkdir -p "$tls"
if [ ! -f "$tls/ca.pem" ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
        -subj '/CN=Hob testbed' -keyout "$tls/ca.key" -out "$tls/ca.new" 2>/dev/null
    mv "$tls/ca.new" "$tls/ca.pem"
fi
# /testbed/names has one server name a line.
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj '/CN=registry' \
    -keyout "$tls/key.pem" -out "$tls/request.pem" 2>/dev/null
{ printf 'subjectAltName='; sed 's/^/DNS:/' /testbed/names | paste -sd,; } >"$tls/names.cnf"
openssl x509 -req -in "$tls/request.pem" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" \
    -CAcreateserial -days 3650 -extfile "$tls/names.cnf" -out "$tls/cert.pem" 2>/dev/null

config() {
    printf '%s\n' 'version: 0.1' 'log: { level: error, accesslog: { disabled: true } }' \
        'storage: { filesystem: { rootdirectory: /var/lib/docker-registry/data } }' 'http:' \
        "  addr: 0.0.0.0:$1" '  secret: testbed'
}
config 5000 >/run/plain.yml
{ config 443; printf '  tls: { certificate: %s, key: %s }\n' "$tls/cert.pem" "$tls/key.pem"; } \
    >/run/tls.yml
docker-registry serve /run/plain.yml &
docker-registry serve /run/tls.yml &
trap 'exit 0' TERM INT
wait -n
