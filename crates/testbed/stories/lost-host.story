# A host that goes away in the middle of things: what was begun there is put back as far as it can
# be reached, the others go on, and the next run finishes.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
  pi: { connect: ssh://deploy@pi, stacks: [dns] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27" }
--- stacks/dns/compose.yaml
services:
  resolver: { image: "unbound:1" }
--- story
hob apply --yes
edit stacks/dns/compose.yaml: unbound:1 -> unbound:2
edit stacks/web/compose.yaml: nginx:1.27 -> nginx:1.28
host pi breaks at 2
hob apply --yes
show containers
hob apply --yes
show containers
hob plan
