# An image that is built on its host: once for all who use it, again when a file of it changes, and
# when the build fails the old containers run on.
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [app] }
--- stacks/app/compose.yaml
services:
  web:
    build: { context: ./web, args: { TOKEN: no-secret-of-mine } }
  worker:
    image: app-web
    command: [work]
  cache: { image: "redis:7" }
--- stacks/app/web/Dockerfile
FROM redis:7
ARG TOKEN
COPY index.html /srv/
--- stacks/app/web/index.html
one
--- stacks/app/web/notes.md
Not sent.
--- stacks/app/web/.dockerignore
*.md
--- story
hob plan
hob apply --yes
hob plan
# One file changes: one build, and the containers that use the image.
edit stacks/app/web/index.html: one -> two
hob plan
hob apply --yes
hob plan
# What is not sent changes nothing.
edit stacks/app/web/notes.md: Not -> Never
hob plan
# The build fails: nothing that runs was touched.
edit stacks/app/web/Dockerfile: index.html -> home.html
hob apply --yes
show containers
hob plan
# Mended: the image is built from what it was built from before, so nothing is left to do.
edit stacks/app/web/Dockerfile: home.html -> index.html
hob plan
# An argument counts too, and is not shown.
edit stacks/app/compose.yaml: no-secret-of-mine -> another-secret
hob plan
hob apply --yes
hob plan
