#!/usr/bin/env bash
# npm's fit-decoder reads altitude without its offset and of a packet of acceleration samples only the first
#
# Expected: altitude 100 m is stored as (100 + 500) * 5 = 3000; a reader gives 100. accelerometer_data carries many samples
#   in one message; a reader gives them all.
# Happens:  altitude comes out as 30 (the number divided by 100), sea level as 25. Of four samples of accel_x there is one;
#   grade and vertical oscillation come unscaled.
# Matters:  30 and 25 m look like altitudes, and their differences are a twentieth of the climb, so that grade-adjusted pace
#   is wrong without a trace. Raw motion data cannot be had at all.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-save --prefix "$tmp" fit-decoder@1.0.5 @garmin/fitsdk@21.217.0 >/dev/null
cat > finding.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { Encoder, Decoder, Profile, Stream } from '@garmin/fitsdk';
import fitDecoder from 'fit-decoder';

const timestamp = new Date('2026-05-01T06:00:00Z');
const encoder = new Encoder();
encoder.onMesg(Profile.MesgNum.FILE_ID, { type: 'activity', manufacturer: 'development', product: 1, timeCreated: timestamp });
encoder.onMesg(Profile.MesgNum.RECORD, { timestamp, altitude: 100, grade: -3.5, verticalOscillation: 85 });
encoder.onMesg(Profile.MesgNum.ACCELEROMETER_DATA, { timestamp, timestampMs: 0, sampleTimeOffset: [0, 10, 20, 30], accelX: [11, 12, 13, 14] });
const bytes = encoder.close();
const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const { messages } = new Decoder(Stream.fromByteArray(bytes)).read();
const read = Object.fromEntries(fitDecoder.parseRecords(fitDecoder.fit2json(file)).records.map(({ type, data }) => [type, data]));
const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
console.log('@garmin/fitsdk', version('@garmin/fitsdk'), messages.recordMesgs[0], messages.accelerometerDataMesgs[0]);
console.log('fit-decoder', version('fit-decoder'), read.record, read.accelerometer_data);
const same = messages.recordMesgs[0].altitude === 100 && read.record.altitude === 30 && read.record.grade === -350
  && messages.accelerometerDataMesgs[0].accelX.length === 4 && read.accelerometer_data.accel_x === 11;
if (!same) throw new Error('The behaviour changed.');
JS
node finding.mjs
