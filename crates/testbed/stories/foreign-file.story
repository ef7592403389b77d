# A file in the stack's folder that Hob did not write stays as it is.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
--- stacks/web/compose.yaml
services:
  proxy: { image: "caddy:2", volumes: ["./Caddyfile:/etc/caddy/Caddyfile"] }
  cache: { image: "redis:7" }
--- stacks/web/Caddyfile
reverse_proxy app:80
--- story
file nas web/Caddyfile
    # somebody's own
file nas web/notes.txt
    do not lose this
hob plan
hob apply --yes
show files nas
