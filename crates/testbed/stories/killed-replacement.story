# Whenever a replacement is killed, the next run finishes or restores it: with the old container
# stopped first, with both side by side, with a broken image, and when services go away.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web, old] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  proxy: { image: "caddy:2.8", ports: ["80:80"], restart: unless-stopped }
  app: { image: "app:1.4", restart: unless-stopped, volumes: ["./app.toml:/etc/app.toml:ro"] }
--- stacks/web/app.toml
greeting = "hello"
--- stacks/old/compose.yaml
services:
  left: { image: "old:1", volumes: ["./old.conf:/old.conf"] }
--- stacks/old/old.conf
old = true
--- story
hob apply --yes
edit stacks/web/compose.yaml: caddy:2.8 -> caddy:2.9
edit stacks/web/compose.yaml: app:1.4 -> app:1.5
edit stacks/web/app.toml: hello -> good evening
edit hob.yaml: [web, old] -> [web]
killed anywhere: hob apply --yes
show everything
