# What Hob did not make is not touched, even where it is in the way.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27", container_name: app }
  proxy: { image: "caddy:2", ports: ["80:80"] }
  cache: { image: "redis:7" }
--- story
docker nas run app somebody/app:1
docker nas run theirs somebody/web:1 80
docker nas run unrelated somebody/other:1
hob plan
hob apply --yes
show containers
# Their owner takes them away.
docker nas rm app
docker nas rm theirs
hob apply --yes
show containers
hob plan
