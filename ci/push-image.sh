#!/usr/bin/env bash
# Push the images of both architectures as one, and write its digest to the output `digest`.
#
#     ci/push-image.sh FOLDER TAG     FOLDER has image-amd64/image.tar and image-arm64/image.tar; TAG is v1.2.3
#
# Reads: IMAGE (the repository), GITHUB_OUTPUT. Release candidates do not move the tags of the major version and `latest`.
set -euo pipefail
folder=$1 version=${2#v}

parts=()
for architecture in amd64 arm64; do
  docker load --input "$folder/image-$architecture/image.tar"
  docker tag auditor "$IMAGE:$version-$architecture"
  docker push "$IMAGE:$version-$architecture"
  parts+=("$IMAGE:$version-$architecture")
done

tags=(--tag "$IMAGE:$version")
if [[ $version != *rc* ]]; then
  tags+=(--tag "$IMAGE:${version%%.*}" --tag "$IMAGE:latest")
fi
docker buildx imagetools create "${tags[@]}" "${parts[@]}"
digest=$(docker buildx imagetools inspect --format '{{json .Manifest}}' "$IMAGE:$version" | jq --raw-output .digest)
[[ $digest == sha256:* ]]
printf 'digest=%s\n' "$digest" >>"$GITHUB_OUTPUT"
