# A one-shot that has completed is in order: it is not run again, until it changes.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [app] }
--- stacks/app/compose.yaml
services:
  migrate: { image: "app:1", command: [migrate], environment: { STEP: "1" } }
  app: { image: "app:1", restart: unless-stopped }
--- story
# Its image knows the word.
image app:1 healthy
write stacks/app/compose.yaml
    services:
      migrate: { image: "app:1", command: ["sh", "-c", "exit 0"], environment: { STEP: "1" } }
      app: { image: "app:1", restart: unless-stopped }
hob apply --yes
show containers
hob plan
hob verify
hob status
edit stacks/app/compose.yaml: STEP: "1" -> STEP: "2"
hob apply --yes
hob plan
# One that fails is a failure.
edit stacks/app/compose.yaml: exit 0 -> exit 4
hob apply --yes
show containers
