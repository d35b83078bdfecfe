#!/bin/sh
# Puts the site into the bucket. Made by haberdash; do not edit.
# What is kept for how long by browsers the function says; this is for the cache of the edge, and for 404.
set -eu
site=$(dirname "$0")/../../public

put() { aws s3 cp "$site" "s3://$BUCKET" --recursive --no-progress "$@"; }
put_new() { aws s3 sync "$site" "s3://$BUCKET" --size-only --no-progress "$@"; }

# The page for 404 says itself how long it may be kept, since no function runs for it.
{types}
