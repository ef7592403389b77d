# The first deploy makes everything; the second finds nothing to do.
--- hob.yaml
homelab: home
hosts:
  nas:
    connect: ssh://deploy@nas
    stacks: [web]
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  proxy:
    image: caddy:2
    ports: ["80:80"]
    volumes: ["./Caddyfile:/etc/caddy/Caddyfile:ro"]
    depends_on: [app]
  app:
    image: ghcr.io/example/app:1.4
    environment:
      GREETING: hello
    volumes: ["data:/data"]
    healthcheck:
      test: [CMD, healthcheck]
      interval: 5s
volumes:
  data:
--- stacks/web/Caddyfile
reverse_proxy app:80
--- story
hob check --offline
hob plan
hob apply --yes
show containers
show files nas
hob verify
hob status
# There is nothing left to do.
hob plan
hob apply --yes
hob plan --json
