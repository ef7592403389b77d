# A host that does not answer is named as blocked; the others go on.
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
host pi unreachable
hob check
hob plan
hob apply --yes
hob status
hob verify
# Nothing is left but what is blocked.
hob plan
hob plan --json
host pi back
hob apply --yes
hob plan
# It goes away in the middle of things.
edit stacks/dns/compose.yaml: unbound:1 -> unbound:2
edit stacks/web/compose.yaml: nginx:1.27 -> nginx:1.28
host pi breaks at 2
hob apply --yes
show containers
hob apply --yes
show containers
hob plan
