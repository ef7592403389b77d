# A changed configuration file touches the service that uses it, and no other.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  proxy:
    image: caddy:2
    ports: ["80:80"]
    volumes: ["./proxy:/etc/caddy:ro"]
  app:
    image: ghcr.io/example/app:1.4
    volumes: ["./app.toml:/etc/app.toml:ro"]
  worker:
    image: ghcr.io/example/app:1.4
    command: [work]
    volumes: ["./app.toml:/etc/app.toml:ro"]
--- stacks/web/proxy/Caddyfile
reverse_proxy app:80
--- stacks/web/app.toml
greeting = "hello"
--- story
hob apply --yes
# The proxy's folder is its own.
edit stacks/web/proxy/Caddyfile: app:80 -> app:8080
hob plan
hob apply --yes
show files nas
# Two services share this file.
edit stacks/web/app.toml: hello -> good evening
hob plan
hob apply --yes
hob plan
# Somebody edits the file on the host: it is written again, and whoever uses it starts anew.
file nas web/app.toml
    greeting = "by hand"
hob plan
hob apply --yes
show files nas
hob plan
