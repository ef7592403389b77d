# A container that was stopped by hand is one step: not running.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
  pi: { connect: ssh://deploy@pi, stacks: [dns] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27", restart: unless-stopped }
  cache: { image: "redis:7", restart: unless-stopped }
--- stacks/dns/compose.yaml
services:
  resolver: { image: "unbound:1", restart: unless-stopped }
--- story
hob apply --yes
docker nas stop web-app-1
hob status
hob verify
hob plan
hob apply --yes
hob plan
# A container that was removed is made again.
docker pi rm dns-resolver-1
hob plan
hob apply --yes
hob plan
