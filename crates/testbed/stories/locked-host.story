# One run at a time acts on a host. Where another one is at work the host is left alone and named, and
# the others go on. Looking needs no lock.
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
host nas locked
hob apply --yes
show containers
hob plan --out plan.json
# A plan that was kept is carried out as a whole or not at all.
hob apply --yes plan.json
hob apply --yes --stack web
host nas unlocked
hob apply --yes plan.json
hob apply --yes
