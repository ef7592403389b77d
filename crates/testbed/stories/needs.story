# Stacks wait for stacks, on their own host and on others, whether hob.yaml or their file says so.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [storage] }
  pi: { connect: ssh://deploy@pi, stacks: [web] }
stacks:
  web: { needs: [auth, nas/storage] }
  auth: { hosts: [pi], tags: [core] }
--- stacks/storage/compose.yaml
services:
  disk:
    image: storage:1
    healthcheck: { test: [CMD, "true"], interval: 5s }
--- stacks/auth/compose.yaml
x-hob: { needs: [nas/storage] }
services:
  login: { image: "login:1" }
--- stacks/web/compose.yaml
services:
  app: { image: "app:1" }
--- story
image storage:1 healthy-after 7s
hob plan --detailed
hob apply --yes
show containers
hob plan
# What is needed fails: what needs it is not begun.
docker nas rm storage-disk-1
docker pi rm auth-login-1
docker pi rm web-app-1
image storage:1 never-healthy
docker nas pull storage:1
hob apply --yes
show containers
# A need that leads nowhere, and one that leads back.
edit hob.yaml: needs: [auth, nas/storage] -> needs: [auht]
hob check --offline
edit hob.yaml: needs: [auht] -> needs: [auth]
write stacks/auth/compose.yaml
    x-hob: { needs: [web] }
    services:
      login: { image: "login:1" }
hob check --offline
