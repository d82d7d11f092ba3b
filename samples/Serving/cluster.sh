#!/usr/bin/env bash
# A cluster on one machine: redis-server and three silos, all on loopback; Ctrl+C ends them. Further arguments go to every silo.
# Needs redis-server (Debian: apt install redis-server) and the sample built: dotnet build -c Release samples/Serving
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$here/bin/Release/net10.0/Serving.dll
count=${SILOS:-3}
first_port=${FIRST_PORT:-5001}          # HTTP ports of the silos, one after another; 0: any free ones
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}

command -v redis-server >/dev/null || { echo "redis-server is not there: install it (Debian: apt install redis-server), or start one process without Redis." >&2; exit 1; }
[ -f "$program" ] || { echo "Build the sample first: dotnet build -c Release samples/Serving" >&2; exit 1; }

folder=$(mktemp -d)
redis= silos=()
stop() {
    trap - EXIT
    # silos before Redis: they say there that they leave
    [ ${#silos[@]} -eq 0 ] || { kill "${silos[@]}" 2>/dev/null || true; wait "${silos[@]}" 2>/dev/null || true; }
    [ -z "$redis" ] || { kill "$redis" 2>/dev/null || true; wait "$redis" 2>/dev/null || true; }
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

wait_for() { # name, process, line of its log
    for _ in $(seq 600); do
        if grep -q "$3" "$folder/$1.log" 2>/dev/null; then return; fi
        kill -0 "$2" 2>/dev/null || { echo "$1 ended; what it said:" >&2; cat "$folder/$1.log" >&2; exit 1; }
        sleep 0.1
    done
    echo "$1 was not ready within a minute; what it said:" >&2
    cat "$folder/$1.log" >&2
    exit 1
}

# every write is in Redis's file before it is acknowledged: what was acknowledged outlives Redis as well
redis_port=$((20000 + $$ * 7 % 10000))
while (exec 3<>"/dev/tcp/127.0.0.1/$redis_port") 2>/dev/null; do redis_port=$((redis_port + 1)); done
redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$folder" --appendonly yes --appendfsync always --save '' >"$folder/redis.log" 2>&1 &
redis=$!
wait_for redis "$redis" 'Ready to accept connections'
echo "redis-server: 127.0.0.1:$redis_port, process $redis"

# the silos share one file of a model: with no --model among the arguments, the first silo that starts would train it, and so would the others
model=()
case " $* " in
    *" --model"*) ;;
    *) model=(--model "$PWD/output/serving/model.zip")
       [ -f "${model[1]}" ] || dotnet "$program" --train "${model[1]}" ;;
esac

for ((i = 0; i < count; i++)); do
    port=$((first_port == 0 ? 0 : first_port + i))
    dotnet "$program" --urls "http://127.0.0.1:$port" --redis "127.0.0.1:$redis_port" "${model[@]}" "$@" >"$folder/silo-$((i + 1)).log" 2>&1 &
    silos+=($!)
done
for ((i = 0; i < count; i++)); do
    name=silo-$((i + 1))
    wait_for "$name" "${silos[i]}" '^Listening on '
    echo "$name: $(sed -n 's/^Listening on \([^;]*\);.*/\1/p' "$folder/$name.log"), process ${silos[i]}"
done
echo "Ready. Logs: $folder"

# a silo may be killed, the others go on: this ends with the last of them
for silo in "${silos[@]}"; do wait "$silo" 2>/dev/null || true; done
