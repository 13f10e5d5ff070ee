#!/bin/sh
# Cedar policies as JSON, by the npm package @cedar-policy/cedar-wasm 4.9.1, 4.12.0 and 4.13.0: the same text of a policy
# that asks for a path (`context has a.b.c`) becomes other JSON with 4.13.0 than with every version before. Until then it
# was a chain of `&&`, each with one attribute; by now `attr` is an array of names.
#
# A minor version of what writes therefore breaks what reads: 4.9.1 refuses the newer JSON as a type error, naming no
# place in it; 4.12.0 reads it, and writes the old form again as soon as it is taken through text. Whoever stores
# policies as JSON, signs or compares them by a hash of it, or reads them with a schema of their own in which `attr` is a
# string, sees other bytes or a refusal for a policy that nobody changed. Text is the same in all three, and older JSON
# is read by all.
#
# Output seen:
#   4.9.1 writes attr as: "a" "b" "c"
#   4.12.0 writes attr as: "a" "b" "c"
#   4.13.0 writes attr as: ["a","b","c"]
#   4.9.1 reads that of 4.13.0: invalid type: sequence, expected a string
#   4.12.0 reads that of 4.13.0: context has a.b.c
#   4.13.0 reads that of 4.9.1: && of 3
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
for version in 4.9.1 4.12.0 4.13.0; do
    npm install --silent --no-audit --no-fund --prefix "$dir/$version" "@cedar-policy/cedar-wasm@$version" > "$dir/log" 2>&1 \
        || { cat "$dir/log"; exit 1; }
done
cat > see.cjs <<'NODE'
const load = (version) => require(`./${version}/node_modules/@cedar-policy/cedar-wasm/nodejs`);
const text = "permit(principal, action, resource) when { context has a.b.c };";
const json = (version) => load(version).policyToJson(text).json;
const attributes = (node) =>
  node && typeof node === "object"
    ? Object.entries(node).flatMap(([key, value]) => (key === "has" ? [JSON.stringify(value.attr)] : attributes(value)))
    : [];
for (const version of ["4.9.1", "4.12.0", "4.13.0"]) {
  console.log(`${version} writes attr as: ${attributes(json(version)).join(" ")}`);
}
const read = (reader, writer) => {
  const told = load(reader).policyToText(json(writer));
  if (told.type !== "success") return told.errors[0].message.split("JSON: ").pop();
  const condition = /\{\s*(.*?)\s*\}/s.exec(told.text)[1];
  const parts = condition.split("&&").length;
  return parts === 1 ? condition : `&& of ${parts}`;
};
for (const [reader, writer] of [["4.9.1", "4.13.0"], ["4.12.0", "4.13.0"], ["4.13.0", "4.9.1"]]) {
  console.log(`${reader} reads that of ${writer}: ${read(reader, writer)}`);
}
NODE
node see.cjs > seen
cat seen
cat > expected <<'SEEN'
4.9.1 writes attr as: "a" "b" "c"
4.12.0 writes attr as: "a" "b" "c"
4.13.0 writes attr as: ["a","b","c"]
4.9.1 reads that of 4.13.0: invalid type: sequence, expected a string
4.12.0 reads that of 4.13.0: context has a.b.c
4.13.0 reads that of 4.9.1: && of 3
SEEN
diff expected seen
