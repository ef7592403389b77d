# Ctrl-C: what is under way is finished or put back, and the report says what was not done. A second
# Ctrl-C stops at once, and the next run heals.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  proxy: { image: "caddy:2.8", ports: ["80:80"], depends_on: [app] }
  app: { image: "app:1.4" }
--- story
interrupted after 4: hob apply --yes
show containers
hob apply --yes
hob plan
edit stacks/web/compose.yaml: caddy:2.8 -> caddy:2.9
edit stacks/web/compose.yaml: app:1.4 -> app:1.5
interrupted after 4, 5: hob apply --yes
show containers
hob apply --yes
show containers
hob plan
