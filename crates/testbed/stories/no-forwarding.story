# A host whose SSH server forbids TCP forwarding: its ports are tried on the host itself, and not taken
# for dead.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27", ports: ["8080:80"] }
--- story
host nas forwarding forbidden
hob apply --yes
hob verify --all
host nas forwarding allowed
hob verify
