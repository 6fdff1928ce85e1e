// SPDX-License-Identifier: Apache-2.0
// What ./scripts/demo rescue shows: an export comes into a kithd, and the vendor's current client,
// unmodified, goes on there. The export is made of the stand-in of the vendor that our tests have.
// usage: node rescue_demo.js KITHD KITH NODE_MODULES PYTHON MAKE_EXPORT
'use strict';

const childProcess = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const harness = require('./harness.js');
const {APP, MASTER_KEY, Peer, loadClient} = require('./leancloud_peer.js');

const [kithdFile, kithFile, modules, python, makeExport] = process.argv.slice(2);
const say = (text) => console.log(text);

async function openPeer(name, address) {
  const lib = loadClient(modules);
  const realtime = new lib.Realtime({appId: APP, appKey: 'any', RTMServers: `ws://${address}`, server: `http://${address}`});
  realtime.lib = lib;
  return new Peer(name, realtime).open();
}

async function show(conversation) {
  const about = conversation.name || conversation.members.join(' and ');
  say(`  ${conversation.id}  ${about}`);
  for (const message of await conversation.queryMessages({limit: 100})) {
    say(`    ${message.timestamp.toISOString()}  ${message.from}: ${message.text || message.content}`);
  }
}

async function main() {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-demo-'));
  const out = path.join(made, 'rescued');
  say('\n=== kith rescue export, from a stand-in of the vendor (no request leaves this machine)');
  childProcess.execFileSync(python, [makeExport, kithFile, APP, out], {stdio: ['ignore', 'inherit', 'ignore']});
  const kithd = await harness.Kithd.start(kithdFile,
    ['--app', `${APP}::${MASTER_KEY}`, '--require-watch', 'never', '--log-level', 'warn']);
  say(`\n=== kithd listens on ${kithd.address}; kith rescue import`);
  childProcess.execFileSync(kithFile, ['--server', kithd.url, '--app', APP, 'rescue', 'import', out],
    {env: {...process.env, KITH_MASTER_KEY: MASTER_KEY}, stdio: ['ignore', 'inherit', 'ignore']});
  const version = JSON.parse(fs.readFileSync(path.join(modules, 'leancloud-realtime', 'package.json'))).version;
  say(`\n=== leancloud-realtime ${version}, as npm has it, opens tom; his conversations, and what was said there`);
  const tom = await openPeer('tom', kithd.address);
  for (const conversation of await tom.client.getQuery().find()) await show(conversation);
  say('\n=== and it goes on');
  const jerry = await openPeer('jerry', kithd.address);
  const together = await tom.client.createConversation({members: ['jerry'], unique: true});
  await together.send(tom.text('Are you here, too?'));
  say(`  jerry hears from tom: ${(await jerry.texts(1))[0]}`);
  const theirs = (await jerry.event('message')).conversation;
  await theirs.send(jerry.text('I am, and all that we said'));
  say(`  tom hears from jerry: ${(await tom.texts(1))[0]}`);
  for (const peer of [tom, jerry]) {
    await peer.client.close();
    peer.realtime.pause();
  }
  await kithd.stop();
  fs.rmSync(made, {recursive: true, force: true});
}

console.warn = () => {};
harness.runMain(main);
