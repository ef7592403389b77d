# An image that the registry does not have: nothing of the stack is begun, other stacks go on.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web, dns] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.72" }
  cache: { image: "redis:7" }
--- stacks/dns/compose.yaml
services:
  resolver: { image: "unbound:1" }
--- story
image nginx:1.72 missing
hob apply --yes
show containers
edit stacks/web/compose.yaml: nginx:1.72 -> nginx:1.27
hob apply --yes
hob plan
