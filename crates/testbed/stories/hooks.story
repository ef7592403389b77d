# Commands before a stop: they are run in a container that was made with them, and one that fails
# does not keep a container that has to go.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
--- stacks/web/compose.yaml
services:
  app: { image: "app:1", restart: unless-stopped }
--- story
hob apply --yes
# The new one has a command that the old one never heard of: it is not run there.
edit stacks/web/compose.yaml: app:1 -> app:2
edit stacks/web/compose.yaml: stopped } -> stopped, pre_stop: [{ command: ["false"] }] }
hob apply --yes
# From now on it is, and fails.
edit stacks/web/compose.yaml: app:2 -> app:3
hob apply --yes
show containers
hob plan
