# An image is fetched again for a new service. Its name stands for something newer by now, so the
# other users of that image are replaced in the same plan, and the next plan is empty.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [one, two] }
--- stacks/one/compose.yaml
services:
  cache: { image: "redis:7", restart: unless-stopped }
--- stacks/two/compose.yaml
services:
  web: { image: "web:1", restart: unless-stopped }
--- story
hob apply --yes
docker nas rmi redis:7
image redis:7 healthy
write stacks/two/compose.yaml
    services:
      web: { image: "web:1", restart: unless-stopped }
      queue: { image: "redis:7", restart: unless-stopped }
hob plan
hob apply --yes
hob plan
