# A host that cannot be used: each reason has its own words, and something to try.
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
host nas unknown-key
hob plan
host nas refuses-login
hob plan
host nas without-engine
hob plan
hob check
host nas without-rights
hob plan
hob check
host nas old-engine
hob plan
host nas back
hob plan
