# A port that a program of the host has: check finds it, and apply says so without harm.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27", ports: ["80:80"] }
  cache: { image: "redis:7" }
--- story
host nas port 80 busy
hob apply --yes
show containers
host nas port 80 free
hob apply --yes
show containers
hob verify
hob plan
