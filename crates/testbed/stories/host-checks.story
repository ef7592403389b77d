# check tells what a host is like: its firewall, VPN, clock, Engine, folder and storage.
--- hob.yaml
homelab: home
hosts:
  nas:
    connect: ssh://deploy@nas
    stacks: [web, media]
    storage: [{ path: /tank }]
  pi: { connect: ssh://deploy@pi, stacks: [web] }
policy: { publish: [tailscale0, 127.0.0.1] }
--- stacks/web/compose.yaml
services:
  app: { image: "nginx:1.27", restart: always, ports: ["127.0.0.1:8080:80"] }
--- stacks/media/compose.yaml
services:
  player:
    image: "jellyfin:10"
    restart: always
    mac_address: 02:42:ac:11:00:02
    ports: ["100.64.0.7:8096:8096"]
    volumes: ["/tank/films:/films", "/mnt/nas/music:/music"]
--- story
host nas interface tailscale0 100.64.0.7
host pi interface tailscale0 100.64.0.8
host nas firewall ufw on
host pi firewall ufw on
hob check
host nas interface tailscale0 gone
host nas firewall ufw off
host pi firewall ufw hidden
host nas clock ahead 5s
host pi clock ahead 2m
host nas root open
host pi root open
host nas engine 24.0.5 1.43
host nas unmounts /mnt/nas
host nas lacks /tank
hob check
image jellyfin:10 missing
hob check --online --host nas
host nas engine 28.5.2 1.51
host nas interface tailscale0 100.64.0.7
image jellyfin:10 healthy
hob apply --yes --host nas
docker nas run stranger nginx:1.27 9999
hob verify --host nas
