# A port moves from stack a to stack b, and a waits for a host that is not there.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [a, b] }
  pi: { connect: ssh://deploy@pi, stacks: [c] }
policy: { publish: [0.0.0.0] }
--- stacks/a/compose.yaml
services:
  one:
    image: one:1
    ports: ["8080:80"]
    restart: unless-stopped
--- stacks/b/compose.yaml
services:
  two:
    image: two:1
    ports: ["8081:80"]
    restart: unless-stopped
--- stacks/c/compose.yaml
services: { three: { image: three:1, restart: always } }
--- story
hob apply --yes
write stacks/a/compose.yaml
    services:
      one:
        image: one:1
        ports: ["8090:80"]
        restart: unless-stopped
    x-hob: { needs: [pi/c] }
host pi unreachable
edit stacks/b/compose.yaml: 8081:80 -> 8080:80
hob plan
hob apply --yes
show containers
hob plan
