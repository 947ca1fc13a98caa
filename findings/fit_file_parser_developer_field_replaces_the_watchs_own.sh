#!/usr/bin/env bash
# npm's fit-file-parser lets a developer field of the same name replace the watch's own value, or another app's
#
# Expected: native and developer fields are kept apart, as are those of two apps: both may call theirs "cadence".
# Happens:  they share one flat record, and the last one wins: the watch's 82 strides a minute are gone, the app's 165 steps
#   a minute stand under the same key.
# Matters:  stride sensors do call their field "cadence", in steps, or beside the watch's in another unit; "Power" likewise.
#   Which of the two a chart shows changes from file to file, by a factor of two here.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-save --prefix "$tmp" fit-file-parser@6.1.2 @garmin/fitsdk@21.217.0 >/dev/null
cat > finding.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { Decoder, Encoder, Profile, Stream } from '@garmin/fitsdk';
import FitParser from 'fit-file-parser';

const timestamp = new Date('2026-05-01T06:00:00Z');
const developer = { developerDataIndex: 0, applicationId: Array(16).fill(1), applicationVersion: 1 };
const field = { developerDataIndex: 0, fieldDefinitionNumber: 0, fitBaseTypeId: 2, fieldName: 'cadence', units: 'spm', nativeMesgNum: 20 };
const encoder = new Encoder();
encoder.addDeveloperField(0, developer, field);
encoder.onMesg(Profile.MesgNum.FILE_ID, { type: 'activity', manufacturer: 'development', product: 1, timeCreated: timestamp });
encoder.onMesg(Profile.MesgNum.DEVELOPER_DATA_ID, developer);
encoder.onMesg(Profile.MesgNum.FIELD_DESCRIPTION, field);
encoder.onMesg(Profile.MesgNum.RECORD, { timestamp, cadence: 82, developerFields: { 0: 165 } });
const bytes = encoder.close();
const garmin = new Decoder(Stream.fromByteArray(bytes)).read().messages.recordMesgs[0];
const parser = new (FitParser.default ?? FitParser)({ mode: 'list' });
const parsed = await new Promise((done, fail) => parser.parse(Buffer.from(bytes), (error, data) => (error ? fail(error) : done(data))));
const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
console.log('@garmin/fitsdk', version('@garmin/fitsdk'), garmin);
console.log('fit-file-parser', version('fit-file-parser'), parsed.records[0]);
const same = garmin.cadence === 82 && garmin.developerFields[0] === 165
  && parsed.records[0].cadence === 165 && !JSON.stringify(parsed.records).includes('82');
if (!same) throw new Error('The behaviour changed.');
JS
node finding.mjs
