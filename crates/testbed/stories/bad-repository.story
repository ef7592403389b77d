# Mistakes in the repository are found before any host is asked, all of them at once.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
--- stacks/web/compose.yaml
services:
  app:
    image: nginx:${VERSION:?say which}
    imgae: nginx
    ports: ["eighty:80"]
    depends_on: [nobody]
  other:
    environment:
      TZ: ${TZ}
--- story
hob check --offline
hob plan
# Broken YAML.
write stacks/web/compose.yaml
    services:
      app: { image: nginx
    volumes: [
hob check --offline
# A stack that is nowhere.
write stacks/web/compose.yaml
    services:
      app: { image: nginx }
edit hob.yaml: [web] -> [web, wbe]
hob check --offline
# A key that hob.yaml does not have.
edit hob.yaml: [web, wbe] -> [web], stakcs: [dns]
hob check --offline
# No homelab at all.
delete hob.yaml
hob check --offline
