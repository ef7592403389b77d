# A full disk: check warns, apply says what it could not do, and goes on once there is space.
--- hob.yaml
homelab: home
hosts:
  nas:
    connect: ssh://deploy@nas
    stacks: [web]
    storage: [{ path: /srv/media, min_free: 50GiB }]
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27", volumes: ["./app.conf:/app.conf"] }
--- stacks/web/app.conf
x = 1
--- story
hob check
host nas disk full
hob check
hob apply --yes
host nas disk free
hob apply --yes
# It fills up just before a replacement: the old container stays.
edit stacks/web/compose.yaml: nginx:1.27 -> nginx:1.28
host nas disk full
hob apply --yes
show containers
host nas disk free
hob apply --yes
hob plan
