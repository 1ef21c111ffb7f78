#!/bin/sh
# Records docs/npm-start.svg: a real run of "npm start", with its network cut and restored. Needs Debian's termtosvg.
set -eu
cd "$(dirname "$0")/.."
npm start -- --messages 1 --json >/dev/null # builds, and compiles the engine: neither belongs in the picture
keys() {
	sleep 7
	printf c
	sleep 7
	printf r
	sleep 5
	printf q
}
keys | script --quiet --return --command "stty cols 92 rows 20; \
	termtosvg docs/npm-start.svg --command 'npm start --silent' --screen-geometry 92x20 --max-frame-duration 1500 \
	--min-frame-duration 200 --loop-delay 3000 --template window_frame" /dev/null
