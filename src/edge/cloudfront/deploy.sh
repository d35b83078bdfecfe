#!/bin/sh
# Deploys the site. Made by haberdash; do not edit. The new function asks for new files and lists, which are there
# before it is; what only the old one asks for goes last.
#
#   BUCKET        the bucket's name
#   STORE         ARN of the key-value store
#   FUNCTION      the function's name
#   DISTRIBUTION  the distribution's id
set -eu
cd "$(dirname "$0")"
: "${BUCKET:?}" "${STORE:?}" "${FUNCTION:?}" "${DISTRIBUTION:?}"

store() { aws cloudfront-keyvaluestore "$@" --kvs-arn "$STORE"; }
tag_of_store() { store describe-key-value-store --query ETag --output text; }

sh ./upload.sh
for entries in store/*.json; do
  [ ! -e "$entries" ] || store update-keys --if-match "$(tag_of_store)" --puts "file://$entries"
done

tag=$(aws cloudfront describe-function --name "$FUNCTION" --query ETag --output text)
config="Comment=haberdash,Runtime=cloudfront-js-2.0,KeyValueStoreAssociations={Quantity=1,Items=[{KeyValueStoreARN=$STORE}]}"
tag=$(aws cloudfront update-function --name "$FUNCTION" --if-match "$tag" --function-config "$config" \
  --function-code fileb://function.js --query ETag --output text)
aws cloudfront publish-function --name "$FUNCTION" --if-match "$tag"
aws cloudfront create-invalidation --distribution-id "$DISTRIBUTION" --paths '/*'

# The old function may still answer for a minute.
sleep "${PAUSE:-60}"
for key in $(store list-keys --query "Items[?!starts_with(Key, 'key.') && !starts_with(Key, '{build}/')].Key" --output text); do
  [ "$key" = None ] || store delete-key --if-match "$(tag_of_store)" --key "$key"
done
aws s3 sync ../../public "s3://$BUCKET" --no-progress --delete --size-only
