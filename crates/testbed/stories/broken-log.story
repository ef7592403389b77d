# A log that breaks off is no whole log: hob logs says whose it is and ends with an error. One that is
# followed is opened again, but not for ever.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
  pi: { connect: ssh://deploy@pi, stacks: [dns] }
--- stacks/web/compose.yaml
services:
  app: { image: "app:1", restart: always }
--- stacks/dns/compose.yaml
services:
  resolver: { image: "unbound:1", restart: always }
--- story
hob apply --yes
hob logs
host pi logs broken
hob logs
hob logs --follow
host pi logs whole
hob logs --follow
