# A run that was killed in the middle, looked at closely: what it left, and what the next plan says.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
--- stacks/web/compose.yaml
services:
  app: { image: "app:1.4", volumes: ["./app.toml:/etc/app.toml:ro"] }
--- stacks/web/app.toml
greeting = "hello"
--- story
killed after 5: hob apply --yes
show containers
hob plan
hob apply --yes
# A replacement, killed while the new container is on trial.
edit stacks/web/compose.yaml: app:1.4 -> app:1.5
killed after 6: hob apply --yes
show containers
hob status
hob plan
hob apply --yes
show containers
# The same with a new version that does not work: the old one has to come back. (It does not yet.)
image app:1.6 exits 1 after 1s
edit stacks/web/compose.yaml: app:1.5 -> app:1.6
killed after 6: hob apply --yes
show containers
hob plan --detailed
hob apply --yes
show containers
