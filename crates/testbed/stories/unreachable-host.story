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
hob plan
hob apply --yes
hob status
hob verify
# Nothing is left but what is blocked.
hob plan
host pi back
hob apply --yes
hob plan
