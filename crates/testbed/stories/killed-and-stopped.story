# Hob is killed, or told to stop, in the middle of things: the next run heals, on any host.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
--- stacks/web/compose.yaml
services:
  app:
    image: app:1.4
    restart: always
    healthcheck: { test: [CMD, healthcheck], interval: 1s }
  cache:
    image: cache:7
    restart: always
    depends_on: { app: { condition: service_healthy } }
--- story
killed once "pulled app:1.4": hob apply --yes
hushed: hob apply --yes
show containers
hob plan
# A replacement, killed as soon as it begins.
edit stacks/web/compose.yaml: app:1.4 -> app:1.5
killed once "pulled app:1.5": hob apply --yes
hushed: hob apply --yes
show containers
hob plan
# Ctrl-C before the second service has its turn.
edit stacks/web/compose.yaml: app:1.5 -> app:1.6
edit stacks/web/compose.yaml: cache:7 -> cache:8
interrupted once "pulled app:1.6": hob apply --yes
hushed: hob apply --yes
show containers
hob plan
