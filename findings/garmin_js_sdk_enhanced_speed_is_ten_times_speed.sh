#!/usr/bin/env bash
# Garmin's JavaScript FIT SDK expands a packed speed to an enhancedSpeed ten times too high
#
# Expected: compressed_speed_distance packs a speed (12 bits, 0.01 m/s) and a distance; the decoder unpacks it into `speed`
#   and that into `enhancedSpeed`, the same quantity with more bits: 3 m/s both.
# Happens:  `speed` is 3 and `enhancedSpeed` 30. (Garmin's Python SDK gives 3 for both.) The packed field counts in 0.01 m/s,
#   speed itself in 0.001.
# Matters:  foot pods and older watches write that field, and `enhancedSpeed` is what is read first, since `speed` is
#   deprecated: a run at 5:33 min/km becomes one at 33 s/km.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-save --prefix "$tmp" @garmin/fitsdk@21.217.0 >/dev/null
cat > finding.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { Decoder, Encoder, Profile, Stream } from '@garmin/fitsdk';

const timestamp = new Date('2026-05-01T06:00:00Z');
const encoder = new Encoder();
encoder.onMesg(Profile.MesgNum.FILE_ID, { type: 'activity', manufacturer: 'development', product: 1, timeCreated: timestamp });
const packed = 300 | (100 * 16) << 12; // 3.00 m/s, 100 m in sixteenths
encoder.onMesg(Profile.MesgNum.RECORD, { timestamp, compressedSpeedDistance: [packed & 255, packed >> 8 & 255, packed >> 16] });
const { messages, errors } = new Decoder(Stream.fromByteArray(encoder.close())).read();
const record = messages.recordMesgs[0];
console.log('@garmin/fitsdk', JSON.parse(readFileSync('node_modules/@garmin/fitsdk/package.json')).version, record, errors);
const same = record.speed === 3 && record.distance === 100 && record.enhancedSpeed === 30;
if (!same) throw new Error('The behaviour changed.');
JS
node finding.mjs
