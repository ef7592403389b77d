# A host, stack or tag that does not exist is a mistake, not an empty selection.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
  pi: { connect: ssh://deploy@pi, stacks: [dns] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27" }
--- stacks/dns/compose.yaml
x-hob: { tags: [core] }
services:
  resolver: { image: "unbound:1" }
--- story
hob plan --host nsa
hob plan --stack dnss
hob plan --tag croe
hob apply --yes --host pi
show containers
hob plan --tag core
hob plan --stack web
hob frobnicate
hob plan --hots nas
