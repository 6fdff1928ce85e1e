// SPDX-License-Identifier: Apache-2.0
// The vendor's storage client, unmodified, saves files on kithd and reads them back.
// usage: node leancloud_storage_test.js KITHD FOLDER, where FOLDER holds one folder with node_modules
// for each version.
'use strict';

const assert = require('assert');
const http = require('http');
const path = require('path');
const {createRequire} = require('module');
const harness = require('./harness.js');

const VERSIONS = ['3.11.1', '4.15.2'];
const [kithdFile, folder] = process.argv.slice(2);
const APP = 'testapp0001';
const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 254, 255]);

function loadClient(version, address) {
  const modules = path.join(path.resolve(folder), `leancloud-storage-${version}`, 'node_modules');
  const load = createRequire(path.join(modules, 'x.js'));
  const AV = load('leancloud-storage');
  AV.init({appId: APP, appKey: 'ak', masterKey: 'mk-0123456789abcdef', serverURL: `http://${address}`,
    serverURLs: `http://${address}`});
  AV.kithAddress = `http://${address}`;
  return AV;
}

/** Status, type and bytes of what is at `url`. */
function fetchBytes(url) {
  return new Promise((resolve, reject) => {
    http.get(url, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('end', () => resolve({
        status: answer.statusCode, type: answer.headers['content-type'], bytes: Buffer.concat(pieces),
      }));
    }).on('error', reject);
  });
}

/** As the app's own server asks. */
function fetchJson(AV, method, where, body) {
  const {hostname, port} = new URL(AV.kithAddress);
  return new Promise((resolve, reject) => {
    const request = http.request({hostname, port, method, path: where, headers: {
      'X-LC-Id': APP, 'X-LC-Key': 'mk-0123456789abcdef,master', 'Content-Type': 'application/json',
    }}, (answer) => {
      let text = '';
      answer.on('data', (piece) => { text += piece; });
      answer.on('end', () => resolve(JSON.parse(text)));
    });
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}

const scenes = {
  'a picture is saved and read back': async (AV) => {
    const file = new AV.File('Grüße 1.png', PICTURE);
    file.metaData('width', 3);
    await file.save();
    assert.match(file.id, /^[0-9a-f]{24}$/);
    const read = await fetchBytes(file.url());
    assert.strictEqual(read.status, 200);
    assert.match(read.type, /^image\/png/);
    assert.deepStrictEqual(read.bytes, PICTURE);
    const found = AV.File.createWithoutData(file.id);
    await found.fetch();
    assert.strictEqual(found.name(), 'Grüße 1.png');
    assert.strictEqual(found.url(), file.url());
    assert.strictEqual(found.metaData('width'), 3);
  },
  'a megabyte comes whole': async (AV) => {
    const bytes = Buffer.alloc(1 << 20, 'kith');
    const file = await new AV.File('large.bin', bytes).save();
    assert.deepStrictEqual((await fetchBytes(file.url())).bytes, bytes);
  },
  'a link to elsewhere keeps its name': async (AV) => {
    const file = await AV.File.withURL('far.jpg', 'https://example.com/far.jpg').save();
    assert.strictEqual(file.name(), 'far.jpg');
    assert.strictEqual(file.url(), 'https://example.com/far.jpg');
  },
  'conversations are queried': async (AV) => {
    const made = await fetchJson(AV, 'POST', '/1.2/rtm/conversations', {m: ['alice', 'bob'], name: 'queried'});
    const query = new AV.Query('_Conversation').equalTo('m', 'bob').equalTo('name', 'queried');
    const found = await query.descending('createdAt').first();
    assert.strictEqual(found.id, made.objectId);
    assert.deepStrictEqual(found.get('m'), ['alice', 'bob']);
    assert.ok(await query.count() >= 1);
    const one = await new AV.Query('_Conversation').get(found.id);
    assert.strictEqual(one.get('name'), 'queried');
  },
  'a deleted file is gone': async (AV) => {
    const file = await new AV.File('a.txt', Buffer.from('text')).save();
    await file.destroy({useMasterKey: true});
    assert.strictEqual((await fetchBytes(file.url())).status, 404);
  },
};

function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer`)), harness.DEADLINE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function main() {
  const kithd = await harness.Kithd.start(kithdFile,
    ['--log-level', 'warn', '--app', `${APP}:ak:mk-0123456789abcdef`]);
  let passed = 0;
  let failed = 0;
  for (const version of VERSIONS) {
    const AV = loadClient(version, kithd.address);
    for (const [name, run] of Object.entries(scenes)) {
      try {
        await within(name, run(AV));
        ++passed;
        console.log(`ok      ${version}  ${name}`);
      } catch (error) {
        ++failed;
        console.log(`FAILED  ${version}  ${name}\n${error.stack || error}`);
      }
    }
  }
  await kithd.stop();
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

harness.runMain(main);
