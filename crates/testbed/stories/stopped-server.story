# A server without a restart policy that somebody stopped is not in order, whoever is asked: it has a
# port, so it is no job that is done. A job that is done is.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  server: { image: "server:1", restart: "no", ports: ["8081:80"] }
  job: { image: "job:1", command: [work] }
--- story
image job:1 exits 0 after 1s
hob apply --yes
hob status
docker nas stop web-server-1
hob plan
hob status
hob verify
hob apply --yes
hob verify
