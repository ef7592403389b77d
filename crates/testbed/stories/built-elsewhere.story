# A stack uses an image that another stack of the host builds, as its own and as a mount: it is built
# once, for all of them, and fetched for nobody.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [a, b, c] }
--- stacks/a/compose.yaml
services:
  one: { image: "app:1", restart: always }
--- stacks/b/compose.yaml
services:
  two: { image: "app:1", build: ".", restart: always }
--- stacks/b/Dockerfile
FROM x:1
COPY lib /lib.txt
--- stacks/b/lib
1
--- stacks/c/compose.yaml
services:
  three:
    image: other:1
    restart: always
    volumes: [{ type: image, source: "app:1", target: /app }]
--- story
image app:1 missing
hob plan
hob apply --yes
hob plan
edit stacks/b/lib: 1 -> 2
hob plan
hob apply --yes
hob plan
