#!/bin/sh
# Puts the site into the bucket. Made by haberdash; do not edit.
# What is kept for how long by browsers the function says; this is for the cache of the edge, and for 404.
set -eu
site=$(dirname "$0")/../../public

put() { aws s3 sync "$site" "s3://$BUCKET" --no-progress "$@"; }

# Pages that are replaced; the page for 404 says so itself, since no function runs for it.
{types}
# What is gone goes last.
aws s3 sync "$site" "s3://$BUCKET" --no-progress --delete --size-only
