# What is no longer declared is stopped and removed; its data stay.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web, photos] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27" }
  cache: { image: "redis:7", volumes: ["cache:/data", /scratch, "./redis.conf:/redis.conf"] }
volumes: { cache: {} }
--- stacks/web/redis.conf
appendonly yes
--- stacks/photos/compose.yaml
services:
  photos: { image: "photos:1", volumes: ["originals:/originals"] }
volumes: { originals: {} }
--- story
hob apply --yes
show volumes nas
# One service goes.
write stacks/web/compose.yaml
    services:
      app: { image: "nginx:1.27" }
hob plan
hob apply --yes
# A whole stack goes.
edit hob.yaml: [web, photos] -> [web]
hob plan
hob apply --yes
show everything
hob plan
