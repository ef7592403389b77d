# Whenever a replacement by a broken image is killed, before, during or after it is put back, the
# next run ends with the old container in its place, running. (What the record says otherwise is
# known to be wrong.)
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  proxy: { image: "caddy:2.8", ports: ["80:80"], restart: unless-stopped }
  app:
    image: app:1.4
    restart: unless-stopped
    healthcheck: { test: [CMD, healthcheck], interval: 5s }
--- story
hob apply --yes
image caddy:2.9 exits 3
edit stacks/web/compose.yaml: caddy:2.8 -> caddy:2.9
killed anywhere: hob apply --yes
show everything
# The same where the new container starts beside the old one.
image app:1.5 never-healthy
edit stacks/web/compose.yaml: caddy:2.9 -> caddy:2.8
edit stacks/web/compose.yaml: app:1.4 -> app:1.5
killed anywhere: hob apply --yes
show everything
