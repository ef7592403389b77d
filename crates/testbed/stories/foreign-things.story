# A network and a volume of the declared names that somebody else made are not used without a word.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [app] }
--- stacks/app/compose.yaml
services:
  app: { image: "app:1", volumes: ["data:/data"], networks: [lan] }
networks: { lan: { name: house } }
volumes: { data: { name: precious } }
--- story
docker nas network house
docker nas volume precious
hob apply --yes
show containers
# Called external, they are used as they are.
write stacks/app/compose.yaml
    services:
      app: { image: "app:1", volumes: ["data:/data"], networks: [lan] }
    networks: { lan: { name: house, external: true } }
    volumes: { data: { name: precious, external: true } }
hob apply --yes
show containers
hob plan
