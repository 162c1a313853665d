#!/bin/sh
# Makes the secret files of docker-compose.yml that are missing, from the system's randomness, and leaves those that are there:
#   sh deploy/make-secrets.sh [FOLDER]        (FOLDER: $SECRETS_DIR, else ./secrets)
# Nobody else on this machine can enter the folder. The files within are readable, since the users of the containers, to
# which Docker hands them as they are, are others than you.
set -eu

folder=${1:-${SECRETS_DIR:-./secrets}}
umask 022
mkdir -p "$folder"
chmod 700 "$folder"

random() {
  od -An -v -N 32 -t x1 /dev/urandom | tr -d ' \n'
}

# make NAME TEXT: whole or not at all.
make() {
  [ -e "$folder/$1" ] && return
  printf '%s\n' "$2" >"$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
  echo "made $folder/$1"
}

kept() {
  cat "$folder/$1"
}

# What Standard Webhooks asks for.
webhook_secret() {
  printf 'whsec_'
  head -c 32 /dev/urandom | base64 | tr -d '\n'
}

make access_token "$(random)"
make stream_auth_secret "$(random)"
make postgres_password "$(random)"
make temporal_postgres_password "$(random)"
make redis_password "$(random)"
make nats_password "$(random)"
make alert_webhook_secret "$(webhook_secret)"

# The same again, in the words of those who take them.
make storage_url "postgres://circuit_breaker:$(kept postgres_password)@postgres:5432/circuit_breaker"
make rate_limit_url "redis://circuit_breaker:$(kept redis_password)@redis:6379/0"
make stream_url "nats://circuit_breaker:$(kept nats_password)@nats:4222/circuit_breaker"
make redis_users "user circuit_breaker on >$(kept redis_password) ~* &* +@all
user default on nopass resetkeys resetchannels -@all +ping"
make nats_users "authorization { user: circuit_breaker, password: \"$(kept nats_password)\" }"
