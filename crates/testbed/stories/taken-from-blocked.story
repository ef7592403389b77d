# A port moves from stack a to stack b, and a is blocked.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [a, b] }
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
--- story
hob apply --yes
write stacks/a/compose.yaml
    services:
      one:
        image: one:1
        ports: ["8090:80"]
        restart: unless-stopped
        networks: [gone]
    networks: { gone: { external: true } }
edit stacks/b/compose.yaml: 8081:80 -> 8080:80
hob plan
hob apply --yes
show containers
hob plan
