# Three services hand names round, and one of them is a job that ends: each is recorded with its
# own verdict.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [a] }
policy: { publish: [0.0.0.0] }
--- stacks/a/compose.yaml
services:
  job: { image: "one:1", container_name: xx, restart: "no" }
  web: { image: "two:1", container_name: yy, restart: always, depends_on: { job: { condition: service_completed_successfully } } }
  db: { image: "three:1", container_name: zz, restart: always, volumes: [/data] }
--- story
image one:1 exits 0
hob apply --yes
write stacks/a/compose.yaml
    services:
      job: { image: "one:1", container_name: yy, restart: "no" }
      web: { image: "two:1", container_name: zz, restart: always, depends_on: { job: { condition: service_completed_successfully } } }
      db: { image: "three:1", container_name: xx, restart: always, volumes: [/data] }
killed anywhere: hob apply --yes
hob apply --yes
show containers
hob plan
