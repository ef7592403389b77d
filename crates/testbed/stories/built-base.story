# An image that starts from another one that the stack builds: the base comes first, and what stands
# on it is built again with it. Of several contexts only the one that changed is built.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [app] }
--- stacks/app/compose.yaml
services:
  api: { image: "app-api:1", build: ./api }
  zbase: { image: "app-base:1", build: ./base, command: [work] }
  other: { image: "app-other:1", build: ./other }
--- stacks/app/base/Dockerfile
FROM redis:7
COPY lib /lib.txt
--- stacks/app/base/lib
1
--- stacks/app/api/Dockerfile
FROM app-base:1
COPY api /api.txt
--- stacks/app/api/api
1
--- stacks/app/other/Dockerfile
FROM redis:7
COPY other /other.txt
--- stacks/app/other/other
1
--- story
hob apply --yes
edit stacks/app/base/lib: 1 -> 2
hob plan
hob apply --yes
hob plan
edit stacks/app/api/api: 1 -> 2
hob plan
hob apply --yes
hob plan
