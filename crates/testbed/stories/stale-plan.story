# A saved plan does exactly what it says, or nothing: it is refused once the world has moved.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27" }
  cache: { image: "redis:7" }
--- story
hob plan --out plan.json
hob apply --yes plan.json
# It was carried out, so it does not fit any more.
hob apply --yes plan.json
# The host moves.
edit stacks/web/compose.yaml: nginx:1.27 -> nginx:1.28
hob plan --out plan.json
docker nas stop web-cache-1
hob apply --yes plan.json
# The repository moves.
hob plan --out plan.json
edit stacks/web/compose.yaml: nginx:1.28 -> nginx:1.29
hob apply --yes plan.json
hob plan --out plan.json
hob apply --yes plan.json
show containers
hob apply --yes no-such-plan.json
write plan.json
    { "format": 2 }
hob apply --yes plan.json
