# A host that stops answering in the middle does not hold up the run for ever, nor the others.
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
host pi hangs at 3
hob apply --yes
show containers
hob apply --yes
hob plan
