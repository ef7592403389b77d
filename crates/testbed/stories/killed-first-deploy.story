# Whenever the first deploy is killed, the next run finishes it.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
networks: { shared: {} }
--- stacks/web/compose.yaml
services:
  migrate:
    image: app:1
    command: ["true"]
    volumes: ["data:/data"]
  app:
    image: app:1
    volumes: ["data:/data", "./app.toml:/etc/app.toml:ro"]
    networks: [default, shared]
    depends_on: { migrate: { condition: service_completed_successfully } }
    healthcheck: { test: [CMD, healthcheck], interval: 5s }
volumes: { data: {} }
networks:
  shared: { external: true }
--- stacks/web/app.toml
greeting = "hello"
--- story
killed anywhere: hob apply --yes
show everything
