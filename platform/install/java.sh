# shellcheck shell=bash
# Fetches the jars of Kafka and Elasticsearch and checks each against a list in this tree.
# They lie outside the clone, so that every checkout shares them and `git clean` does not cost a download.

readonly jar_fetcher=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

# Prints the folder that holds (or shall hold) the jars of $1: its name is made of what they must be.
java_bundle() {
  local name=$1 digest
  digest=$(cat "platform/java/$name"/* | sha256sum | cut -c1-12)
  echo "${XDG_CACHE_HOME:-$HOME/.cache}/parking-platform/$name-$digest"
}

install_java_bundle() {
  local name=$1 target part
  target=$(java_bundle "$name")
  [[ -d $target ]] && return
  say "jars of $name"
  mkdir -p "$(dirname "$target")"
  part=$(mktemp -d "$target.part.XXXXXX")
  # shellcheck disable=SC2064  # the folder of this call, expanded now
  trap "rm -rf '$part'" EXIT
  fetch_jars "platform/java/$name" "$part/lib"
  "arrange_$name" "$part"
  chmod -R a+rX "$part"
  # Another checkout may have been faster; its jars are the same.
  mv -T "$part" "$target" 2>/dev/null || rm -rf "$part"
}

# Puts the jars that $1/pom.xml names, and theirs, into the folder $2, and checks that they are those of $1/jars.sha256.
fetch_jars() {
  local definition=$1 folder=$2 log
  log=$(mktemp)
  # -U: Maven remembers a failed download for a day, and would not try again.
  mvn -q -B -ntp -U -f "$definition/pom.xml" "$jar_fetcher:copy-dependencies" -DoutputDirectory="$folder" >"$log" 2>&1 ||
    fail "Maven could not fetch the jars of $definition/pom.xml:
$(tail -n 20 "$log")"
  rm "$log"
  check_jars "$PWD/$definition/jars.sha256" "$folder"
}

check_jars() {
  local list=$1 folder=$2
  (cd "$folder" && sha256sum --check --strict --quiet "$list" >&2) ||
    fail "The jars differ from $list: nothing of them is used."
  diff <(cut -c67- "$list" | LC_ALL=C sort) <(cd "$folder" && printf '%s\n' * | LC_ALL=C sort) >&2 ||
    fail "Maven brought other jars than $list names: nothing of them is used."
}

arrange_kafka() {
  cp platform/java/kafka/log4j2.properties "$1/"
}

# Gives the jars the shape that Elasticsearch expects: one module of its own, and the launcher compiled.
arrange_elasticsearch() {
  local part=$1 version netty=$1/home/modules/transport-netty4
  version=$(sed -n 's|.*<elasticsearch.version>\(.*\)</.*|\1|p' platform/java/elasticsearch/pom.xml)
  mkdir -p "$netty" "$part/compiler"
  mv "$part"/lib/transport-netty4-*.jar "$part"/lib/netty-*.jar "$netty/"
  mv "$part"/lib/ecj-*.jar "$part/compiler/"
  sed "s/@VERSION@/$version/" platform/java/elasticsearch/plugin-descriptor.properties >"$netty/plugin-descriptor.properties"
  java -jar "$part"/compiler/ecj-*.jar --release 17 -nowarn -cp "$(printf '%s:' "$part"/lib/*.jar)" -d "$part/launcher" \
    platform/java/elasticsearch/ElasticsearchLauncher.java >&2 || fail "The Elasticsearch launcher did not compile."
  rm -r "$part/compiler"
}
