# What an Engine refuses is said in words, and the next run goes on from there.
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
# No such image.
image nginx:1.27 missing
hob apply --yes
image nginx:1.27 healthy
# A program that is not a container has the port.
host nas port 80 busy
hob check
hob apply --yes
show containers
host nas port 80 free
# The disk is full.
host nas disk full
hob check
hob apply --yes
host nas disk free
# The Engine fails once.
host nas fails at 2
hob apply --yes
hob apply --yes
show containers
hob plan
