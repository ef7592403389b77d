# What Hob did not make is not touched, even where it is in the way.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27", container_name: app }
  proxy: { image: "caddy:2", ports: ["80:80"], volumes: ["./Caddyfile:/etc/caddy/Caddyfile"] }
  cache: { image: "redis:7" }
--- stacks/web/Caddyfile
reverse_proxy app:80
--- story
docker nas run app somebody/app:1
docker nas run theirs somebody/web:1 80
docker nas run unrelated somebody/other:1
file nas web/Caddyfile
    # somebody's own
hob plan
hob apply --yes
show containers
show files nas
# Their owner takes them away.
docker nas rm app
docker nas rm theirs
hob plan
