# What went wrong after a deploy is shown, not hidden.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
--- stacks/web/compose.yaml
services:
  app:
    image: app:1
    restart: unless-stopped
    healthcheck: { test: [CMD, healthcheck], interval: 5s }
  job: { image: "job:1", restart: unless-stopped }
--- story
image app:1 unhealthy-after 60s
image job:1 exits 1 after 30s prints "out of memory"
hob apply --yes
hob verify
wait 2m
hob status
hob verify
hob plan
hob logs job --tail 4
