# Two services exchange their ports, and two others their names: neither can go first, so both stop
# and both start in one step. Where one of them gets a bad verdict, both go back.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  blue:
    image: blue:1
    container_name: front
    ports: ["8080:80"]
    restart: unless-stopped
  green:
    image: green:1
    container_name: back
    ports: ["8081:80"]
    restart: unless-stopped
--- story
hob apply --yes
edit stacks/web/compose.yaml: 8080:80 -> PORT
edit stacks/web/compose.yaml: 8081:80 -> 8080:80
edit stacks/web/compose.yaml: PORT -> 8081:80
hob plan --detailed
hob plan --json
killed anywhere: hob apply --yes
hob apply --yes
show containers
hob plan
# Names and ports at once, and the new image of one of the two does not work.
image green:2 exits 3 prints "no such colour"
edit stacks/web/compose.yaml: container_name: front -> container_name: NAME
edit stacks/web/compose.yaml: container_name: back -> container_name: front
edit stacks/web/compose.yaml: container_name: NAME -> container_name: back
edit stacks/web/compose.yaml: green:1 -> green:2
hob apply --yes
show containers
edit stacks/web/compose.yaml: green:2 -> green:1
killed anywhere: hob apply --yes
hob apply --yes
show containers
hob verify
hob plan
