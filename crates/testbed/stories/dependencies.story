# depends_on is waited for as Compose means it: started, healthy, completed.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [app] }
--- stacks/app/compose.yaml
services:
  web:
    image: web:1
    depends_on:
      app: { condition: service_started }
  app:
    image: app:1
    restart: unless-stopped
    depends_on:
      db: { condition: service_healthy }
      migrate: { condition: service_completed_successfully }
  migrate:
    image: app:1
    command: ["sleep", "20"]
    depends_on:
      db: { condition: service_healthy }
  db:
    image: postgres:16
    restart: unless-stopped
    healthcheck: { test: [CMD, pg_isready], interval: 5s }
--- story
image postgres:16 healthy-after 12s
hob plan --detailed
hob apply --yes
show containers
hob plan
# The database does not become healthy any more: what waits for it is not begun.
docker nas rm app-app-1
docker nas rm app-migrate-1
docker nas rm app-db-1
image postgres:16 never-healthy
docker nas pull postgres:16
hob apply --yes
show containers
# It works again.
image postgres:16 healthy
docker nas pull postgres:16
hob apply --yes
show containers
