# An image that does not work is taken back: the old container runs again, and the report shows what
# the new one said.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  # It has a port of the host, so the old one has to stop before the new one starts.
  proxy:
    image: caddy:2.8
    ports: ["80:80"]
    restart: unless-stopped
  # The new one can start beside the old one.
  app:
    image: app:1.4
    restart: unless-stopped
    healthcheck:
      test: [CMD, healthcheck]
      interval: 5s
--- story
hob apply --yes
image caddy:2.9 exits 3 prints "no such directive"
edit stacks/web/compose.yaml: caddy:2.8 -> caddy:2.9
hob apply --yes
show containers
image app:1.5 never-healthy
edit stacks/web/compose.yaml: caddy:2.9 -> caddy:2.8
edit stacks/web/compose.yaml: app:1.4 -> app:1.5
hob apply --yes
show containers
# The repository still asks for the broken one, and the plan still says so.
hob plan
# With a version that works all is well.
edit stacks/web/compose.yaml: app:1.5 -> app:1.6
hob apply --yes
show containers
hob plan
