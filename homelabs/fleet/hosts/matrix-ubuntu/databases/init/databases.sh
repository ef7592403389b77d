#!/bin/sh
# Runs once, when the volume is new: a database and its owner for each who asks for one.
set -eu
for name in mastodon synapse synapse_legacy mattermost; do
    createuser --username postgres --login "$name"
    createdb --username postgres --owner "$name" --encoding UTF8 --template template0 --locale C "$name"
done
