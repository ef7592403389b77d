#!/bin/bash
# Runs inside a test host: prepares it, is its process 1, and makes and heals faults.
# Everything it needs to know lies beside it: users, keys, names, settings.
set -u
here=/testbed
engine_log=/var/log/dockerd.log
# shellcheck source=/dev/null
. "$here/settings"

has_systemd() { [ -d /run/systemd/system ]; }

# The Engine of this host must be able to make control groups of its own.
open_control_groups() {
    mount -o remount,rw /sys
    mount -o remount,rw /sys/fs/cgroup
    local folder
    if [ ! -f /sys/fs/cgroup/cgroup.controllers ]; then
        for folder in /sys/fs/cgroup/*; do
            mountpoint -q "$folder" && mount -o remount,bind,rw "$folder"
        done
    elif [ "$1" = plain ]; then
        # Version 2 allows no processes in a group that hands controllers on.
        mkdir -p /sys/fs/cgroup/init
        xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs
        sed -e 's/ / +/g' -e 's/^/+/' /sys/fs/cgroup/cgroup.controllers \
            >/sys/fs/cgroup/cgroup.subtree_control
    fi
} 2>/dev/null

# All names there are stand in one file; any other is unknown at once, not after a time-out.
names() {
    printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >/etc/resolv.conf
    { printf '127.0.0.1 localhost\n::1 localhost\n'; cat "$here/hosts"; } >/etc/hosts
}

host_key() {
    rm -f /etc/ssh/ssh_host_*
    install -m 600 "$here/host_key" /etc/ssh/ssh_host_ed25519_key
}

users() {
    local name home group
    while read -r name group; do
        id "$name" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$name"
        if [ "$group" = docker ]; then usermod --append --groups docker "$name"; fi
        home=$(getent passwd "$name" | cut -d: -f6)
        install -d -m 700 -o "$name" -g "$name" "$home/.ssh"
        install -m 600 -o "$name" -g "$name" "$here/authorized_keys" "$home/.ssh/authorized_keys"
    done <"$here/users"
    install -d -m 750 -o "$owner" -g "$owner" /opt/hob
}

small_disks() {
    [ -n "$disk_limit" ] || return 0
    local folder
    for folder in /var/lib/docker /opt/hob; do
        mkdir -p "$folder"
        mount -t tmpfs -o "size=$disk_limit,mode=755" testbed "$folder"
    done
}

prepare() {
    names
    host_key
    small_disks
    users
    cp "$here/ca.pem" /etc/ssl/certs/testbed-ca.pem
    mkdir -p /run/sshd /run/testbed
    rm -f /run/nologin
    [ -s "$here/environment" ] && cat "$here/environment" >/etc/environment
    printf '%s\n' "Port $ssh_port" 'HostKey /etc/ssh/ssh_host_ed25519_key' \
        'PasswordAuthentication no' 'PermitRootLogin prohibit-password' 'UseDNS no' \
        >/etc/ssh/sshd_config.d/testbed.conf
    hostname >/etc/hostname
}

units() {
    local unit
    for unit in docker-registry.service ssh.socket systemd-udevd.service console-getty.service \
        getty@tty1.service systemd-udevd-control.socket systemd-udevd-kernel.socket; do
        ln -sf /dev/null "/etc/systemd/system/$unit"
    done
    mkdir -p /etc/systemd/system/multi-user.target.wants
    ln -sf /lib/systemd/system/ssh.service /etc/systemd/system/multi-user.target.wants/
    : >/etc/machine-id
}

start_ssh() {
    if has_systemd; then systemctl restart ssh.service; return; fi
    pkill -x -o sshd
    /usr/sbin/sshd
}

engine_start() {
    if has_systemd; then
        systemctl reset-failed docker.service docker.socket
        systemctl start docker.socket docker.service
        return
    fi
    pgrep -x dockerd >/dev/null && return 0
    rm -f /run/docker.pid
    setsid --fork dockerd >>"$engine_log" 2>&1 </dev/null
}

engine_stop() {
    if has_systemd; then systemctl stop docker.socket docker.service; return; fi
    pkill -x -TERM dockerd || return 0
    timeout 30 bash -c 'while pgrep -x dockerd >/dev/null; do sleep 0.1; done'
}

# Users cannot find the programs, and the Engine is gone.
docker_remove() {
    engine_stop
    mkdir -p /testbed/removed
    mv /usr/bin/docker /usr/sbin/dockerd /testbed/removed/
    rm -f /run/docker.sock
}

docker_restore() {
    [ -f /testbed/removed/docker ] && mv /testbed/removed/docker /usr/bin/docker
    [ -f /testbed/removed/dockerd ] && mv /testbed/removed/dockerd /usr/sbin/dockerd
    return 0
}

port_take() {
    busybox httpd -f -h /run/testbed -p "0.0.0.0:$1" </dev/null >/dev/null 2>&1 &
    echo $! >"/run/testbed/port-$1"
    sleep 0.2
    kill -0 $!
}

ports_free() {
    local file
    for file in /run/testbed/port-*; do
        [ -f "$file" ] || continue
        kill "$(cat "$file")" 2>/dev/null
        rm -f "$file"
    done
}

# Only on hosts with a limit: the disk behind the others belongs to the machine.
disk_fill() {
    [ -n "$disk_limit" ] || { echo 'this host has no disk limit' >&2; return 1; }
    local folder
    for folder in /var/lib/docker /opt/hob; do
        dd if=/dev/zero of="$folder/testbed-filler" bs=1M 2>/dev/null
    done
    return 0
}

disk_free() { rm -f /var/lib/docker/testbed-filler /opt/hob/testbed-filler; }

user_home() { getent passwd "$1" | cut -d: -f6; }

heal() {
    pkill -CONT -x dockerd
    names
    docker_restore
    ports_free
    disk_free
    if ! cmp -s "$here/host_key" /etc/ssh/ssh_host_ed25519_key || ! pgrep -x sshd >/dev/null; then
        host_key
        start_ssh
    fi
    users
    engine_start
}

boot() {
    open_control_groups "$1"
    prepare
    if [ "$1" = systemd ]; then
        units
        exec /lib/systemd/systemd
    fi
    engine_start
    start_ssh
    trap 'exit 0' TERM INT
    while :; do sleep 1000 & wait $!; done
}

case "$1" in
    boot) boot "$2" ;;
    heal) heal ;;
    names) names ;;
    engine-start) docker_restore; engine_start ;;
    engine-stop) engine_stop ;;
    engine-kill) pkill -KILL -x dockerd ;;
    engine-freeze) pkill -STOP -x dockerd ;;
    engine-thaw) pkill -CONT -x dockerd ;;
    docker-remove) docker_remove ;;
    port-take) port_take "$2" ;;
    ports-free) ports_free ;;
    disk-fill) disk_fill ;;
    disk-free) disk_free ;;
    user-lock) rm -f "$(user_home "$2")/.ssh/authorized_keys" ;;
    user-unlock) users ;;
    group-leave) gpasswd --delete "$2" docker ;;
    group-join) usermod --append --groups docker "$2" ;;
    host-key-change)
        rm -f /etc/ssh/ssh_host_*
        ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
        start_ssh ;;
    *) echo "unknown: $1" >&2; exit 2 ;;
esac
