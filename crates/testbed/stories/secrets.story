# Secrets are kept sealed in the repository. A changed one touches the services that use it, and no
# other; who has no key can check the rest. (The key was made for this story and opens nothing else.)
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://deploy@nas, stacks: [web] }
secrets: { files: [secrets.sops.yaml] }
--- stacks/web/compose.yaml
services:
  db:
    image: postgres:16
    user: "70:70"
    secrets: [password]
  app:
    image: ghcr.io/example/app:1.4
    environment: { TOKEN: "${APP_TOKEN:?}", TZ: Europe/Oslo }
  proxy:
    image: caddy:2
secrets:
  password: { environment: DB_PASSWORD }
--- values.env
DB_PASSWORD=first-password
APP_TOKEN=first-token
--- key.txt
AGE-SECRET-KEY-1PKTF3KXLGUNTWRJGR97MHHS8JF0QKA26VX9E7KE5PV5GAHDV7J9Q0DUMY5
--- story
hob check --offline --identity key.txt
hob secret import values.env --identity key.txt
hob check --offline --identity key.txt
# Without a key there is nothing to deploy, but something to check.
hob check --offline
hob plan
hob apply --yes --identity key.txt
hob plan --identity key.txt
# Sealed again with a new key, the values are the same: nobody is touched.
hob secret rotate --identity key.txt
hob plan --identity key.txt
write values.env
    DB_PASSWORD=second-password
hob secret import values.env --identity key.txt
hob plan --identity key.txt
hob apply --yes --identity key.txt
write values.env
    APP_TOKEN=second-token
hob secret import values.env --identity key.txt
hob plan --identity key.txt
hob apply --yes --identity key.txt
hob secret remove APP_TOKEN --identity key.txt
hob plan --identity key.txt
show containers
show files nas
