#!/usr/bin/env bash
# Makes the secrets of compose.yaml that are not there yet, and adds users to the broker:
#
#   deploy/secrets.sh                  what the three containers need
#   deploy/secrets.sh sensor twr-01    a broker's user for a sensor, named by its id; prints its password once
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p secrets
umask 022 # the containers' own users read these files: they are as private as the folder
chmod 700 secrets

random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }

hash() { # user, password: a line of the broker's file
	if command -v mosquitto_passwd >/dev/null; then
		mosquitto_passwd -b secrets/mosquitto.passwd "$1" "$2"
	else
		docker run --rm -v "$PWD/secrets:/secrets" docker.io/library/eclipse-mosquitto:2.0 \
			mosquitto_passwd -b /secrets/mosquitto.passwd "$1" "$2"
	fi
	chmod 644 secrets/mosquitto.passwd # the broker reads it as another user
}

[ -e secrets/mosquitto.passwd ] || : >secrets/mosquitto.passwd
for name in mqtt-password influx-password influx-token; do
	[ -s "secrets/$name" ] || random >"secrets/$name"
done

if [ "${1-}" = sensor ]; then
	password=$(random)
	hash "${2:?which sensor: give its id}" "$password"
	echo "$2 $password"
else
	hash cutline "$(cat secrets/mqtt-password)"
	echo "secrets are in $PWD/secrets"
fi
