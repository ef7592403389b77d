# A host whose key is not the known one, or not known at all, is not talked to; what to do is said in
# commands that can be typed as they are.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27" }
--- story
host nas changed-key
hob plan
hob check
hob apply --yes
host nas unknown-key
hob check
host nas back
hob apply --yes
hob plan
