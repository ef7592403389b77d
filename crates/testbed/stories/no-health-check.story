# A service waits for another one to be healthy that has no health check: only its image could have
# one, so the first deploy finds out, and the next plan knows.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [app] }
--- stacks/app/compose.yaml
services:
  web:
    image: web:1
    restart: unless-stopped
    depends_on: { db: { condition: service_healthy } }
  db: { image: "postgres:16", restart: unless-stopped }
--- story
hob apply --yes
show containers
hob plan
edit stacks/app/compose.yaml: condition: service_healthy -> condition: service_started
hob apply --yes
hob plan
