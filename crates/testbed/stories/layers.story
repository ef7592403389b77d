# What is shared, what one host changes and what its own file overrides; and who set what.
--- hob.yaml
homelab: home
layers:
  - shared/{stack}.yaml
  - { files: "servers/{host}/{stack}.yaml", env_files: ["servers/{host}/{stack}.env"] }
  - servers/{host}/compose.yaml
groups:
  all: { stacks: [web], vars: { TAG: "1.27", ZONE: everywhere }, tags: [base] }
  edge: { vars: { ZONE: edge } }
hosts:
  nas: { connect: ssh://deploy@nas }
  pi: { connect: ssh://deploy@pi, groups: [edge] }
  cluster: { kind: kubernetes }
--- shared/web.yaml
services:
  app:
    image: nginx:${TAG}
    hostname: shared
    environment: { ZONE: "${ZONE}", GREETING: "${GREETING}" }
--- shared/.env
GREETING=hello from all
--- servers/pi/web.yaml
services:
  app: { hostname: pi }
--- servers/pi/web.env
GREETING=hello from pi
--- servers/pi/compose.yaml
services:
  app: { image: "nginx:1.28" }
  own: { image: "redis:8" }
--- story
hob check --offline
hob plan
hob config web --host nas --explain services.app.image
hob config web --host pi --explain services.app.image
hob config web --host pi --explain services.app.environment.ZONE
hob config web --host pi --explain services.app.environment.GREETING
hob config web --host pi --explain services.app.hostname --json
hob apply --yes --tag base
hob apply --yes
hob status
show containers
# What one host overrides is taken back: its container alone is made anew.
delete servers/pi/web.yaml
hob plan
# A variable is gone: the finding says who should set it, and where there is an example of it.
delete shared/.env
write shared/.env.example
    GREETING=hello
hob check --offline
hob check --offline --host cluster
