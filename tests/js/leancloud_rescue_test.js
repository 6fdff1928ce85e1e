// SPDX-License-Identifier: Apache-2.0
// An export of the vendor's stand-in is brought into kithd, and the vendor's current clients,
// unmodified, find their conversations and what was said in them, as do clients of v1.
// usage: node leancloud_rescue_test.js KITHD KITH FOLDER PYTHON MAKE_EXPORT, where FOLDER holds one
// folder with node_modules for each version
'use strict';

const assert = require('assert');
const childProcess = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const harness = require('./harness.js');
const {APP, MASTER_KEY, Peer, loadClient, realtimeOptions, within} = require('./leancloud_peer.js');

const VERSIONS = ['4.3.1', '5.0.0-rc.8'];
const [kithdFile, kithFile, folder, python, makeExport] = process.argv.slice(2);
const modulesOf = (version) => path.join(path.resolve(folder), `leancloud-realtime-${version}`, 'node_modules');

const id = (number) => (0x5a0000000000000000000000n + BigInt(number) * 0x10001n).toString(16);
const [TOGETHER, TRIP, ROOM] = [1, 2, 3].map(id);
const TIME = 1770000000000;

/** What the export tells of each message, as a client has it. */
const told = (message) => [message.from, message.text || message.content, message.timestamp.getTime() - TIME];

async function openPeer(version, address, name) {
  const lib = loadClient(modulesOf(version));
  const realtime = new lib.Realtime(realtimeOptions(version, address));
  realtime.lib = lib;
  return new Peer(name, realtime).open();
}

async function playCurrent(version, kithd, before) {
  const tom = await openPeer(version, kithd.address, 'tom');
  const found = await tom.client.getQuery().find();
  assert.deepStrictEqual(found.map((one) => one.id).sort(), [TOGETHER, TRIP]);
  const trip = found.find((one) => one.id === TRIP);
  assert.strictEqual(trip.name, 'The trip');
  assert.deepStrictEqual(trip.members, ['tom', 'jerry', 'spike']);
  assert.strictEqual(trip.creator, 'tom');
  assert.strictEqual(trip.get('attr').color, 'green');
  assert.strictEqual(trip.createdAt.toISOString(), '2026-02-02T02:39:03.000Z');
  assert.strictEqual(trip.unreadMessagesCount, 0);
  const history = await trip.queryMessages();
  assert.deepStrictEqual(history.slice(0, 3).map(told), [['tom', 'Who comes along?', 240000],
    ['spike', 'I do', 300000], ['jerry', 'Me too 😀', 360000]]);
  assert.deepStrictEqual(history[0].getAttributes(), {number: 3});
  const together = found.find((one) => one.id === TOGETHER);
  assert.deepStrictEqual((await together.queryMessages()).map(told).slice(0, 4), [
    ['tom', 'We have known each other for long', 0], ['jerry', 'Since the old clients', 60000],
    ['tom', 'And the service is switched off', 120000], ['jerry', 'Then we move, 全部', 180000]]);
  const room = await tom.client.getConversation(ROOM);
  assert.strictEqual(room.transient, true);
  assert.deepStrictEqual((await room.queryMessages()).map(told), [['spike', 'Nobody here', 420000]]);

  // Nothing of it is news, and what is said now is.
  const jerry = await openPeer(version, kithd.address, 'jerry');
  assert.strictEqual(await jerry.count('message'), 0);
  assert.deepStrictEqual(jerry.log.entries.filter((e) => e.name === 'unreadmessagescountupdate'), []);
  const same = await tom.client.createConversation({members: ['jerry'], unique: true});
  assert.strictEqual(same.id, TOGETHER);
  await same.send(tom.text(`here we are ${version}`));
  assert.deepStrictEqual(await jerry.texts(1), [`here we are ${version}`]);
  await (await jerry.client.getConversation(TOGETHER)).read();
  const page = await together.queryMessages({limit: 100});
  assert.strictEqual(page.length, before + 1);
  for (const peer of [tom, jerry]) {
    await peer.client.close();
    peer.realtime.pause();
  }
}

async function main() {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-rescue-'));
  const out = path.join(made, 'rescued');
  childProcess.execFileSync(python, [makeExport, kithFile, APP, out], {stdio: ['ignore', 'ignore', 'inherit']});
  const kithd = await harness.Kithd.start(kithdFile,
    ['--app', `${APP}:ak:${MASTER_KEY}`, '--require-watch', 'never', '--log-level', 'warn']);
  const flags = ['--server', kithd.url, '--app', `${APP}:ak`, '--master-key', MASTER_KEY];
  const [said] = await harness.kith(kithFile, flags, ['rescue', 'import', out]);
  assert.strictEqual(said.parts.messages.added, 8);
  assert.strictEqual(said.missing, 0);

  // A client of v1 reads what these two said in each protocol, under the name that it has for them.
  const old = await harness.kith(kithFile, flags, ['history', 'jerry', '--with', 'tom']);
  const texts = old.filter((line) => line.event === 'message').map((line) => line.text);
  assert.strictEqual(texts.length, 4);
  assert.deepStrictEqual(texts.slice(0, 2), ['We have known each other for long', 'Since the old clients']);
  assert.strictEqual(JSON.parse(texts[3])._lctext, 'Then we move, 全部');
  const listener = new harness.KithListener(kithFile, ['--server', kithd.url, '--app', `${APP}:ak`], 'jerry');
  await listener.event('opened');
  await listener.stop();
  assert.deepStrictEqual(listener.log.entries.filter((e) => e.event === 'message'), []);

  let before = 4;
  for (const version of VERSIONS) {
    await within(`the clients ${version}`, playCurrent(version, kithd, before++));
    console.log(`ok  ${version}`);
  }
  await kithd.stop();
  fs.rmSync(made, {recursive: true, force: true});
}

console.warn = () => {};
harness.runMain(main);
