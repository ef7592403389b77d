# Networks that stacks share are made by Hob first; external ones have to be there.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [gate, app] }
networks: { proxy: {} }
--- stacks/gate/compose.yaml
services:
  gate: { image: "caddy:2", networks: [proxy] }
networks: { proxy: { external: true } }
--- stacks/app/compose.yaml
x-hob: { needs: [gate] }
services:
  app: { image: "app:1", networks: [proxy, lan] }
networks:
  proxy: { external: true }
  lan: { external: true }
volumes: {}
--- story
hob plan
docker nas network lan
hob plan
hob apply --yes
hob plan
