# A changed image, variable or label replaces the container that has it, and the plan says why
# without showing a value.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [app] }
--- stacks/app/compose.yaml
services:
  app:
    image: ghcr.io/example/app:1.4
    environment:
      TOKEN: s3cret-token
    labels: { team: red }
  cache:
    image: redis:7
--- story
hob apply --yes
edit stacks/app/compose.yaml: s3cret-token -> another-token
hob plan
edit stacks/app/compose.yaml: ghcr.io/example/app:1.4 -> ghcr.io/example/app:1.5
edit stacks/app/compose.yaml: team: red -> team: blue
hob plan --json
hob apply --yes
show containers
hob plan
# The name of an image stands for another image since somebody pulled it.
image redis:7 healthy
docker nas pull redis:7
hob plan
hob apply --yes
hob plan
