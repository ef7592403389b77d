# An Engine that fails once, at each operation of a replacement: the old container serves on, and
# the next run succeeds.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
--- stacks/web/compose.yaml
services:
  app: { image: "app:1" }
--- story
host nas fails at 2
hob apply --yes
hob apply --yes
edit stacks/web/compose.yaml: app:1 -> app:2
# It cannot make the new container.
host nas fails at 2
hob apply --yes
show containers
# It cannot stop the old one.
host nas fails at 2
hob apply --yes
show containers
# It cannot start the new one.
host nas fails at 5
hob apply --yes
show containers
# It cannot remove the old one after all is well.
host nas fails at 8
hob apply --yes
show containers
hob plan
hob apply --yes
show containers
hob plan
