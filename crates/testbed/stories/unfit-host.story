# check says whether a host is fit for what it is to run, before anything is tried.
--- hob.yaml
homelab: home
hosts:
  nas:
    connect: ssh://deploy@nas
    stacks: [web]
    storage: [{ path: /srv/media, min_free: 50GiB }]
  pi: { connect: ssh://deploy@pi, stacks: [] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27", ports: ["80:80"], networks: [lan] }
networks: { lan: { external: true } }
--- story
hob check
docker nas network lan
host nas port 80 busy
host nas disk full
host pi unreachable
hob check
hob check --json
host nas port 80 free
host nas disk free
host pi back
hob check
