// SPDX-License-Identifier: Apache-2.0
// A client in a process of its own, which tells its parent what happens to it and does what it says.
// usage: (forked) leancloud_other.js NODE_MODULES VERSION ADDRESS ID
'use strict';

const {Peer, loadClient, realtimeOptions} = require('./leancloud_peer.js');

const [modules, version, address, id] = process.argv.slice(2);
const tell = (event) => process.send(event);

async function main() {
  console.warn = () => {};
  const lib = loadClient(modules);
  const realtime = new lib.Realtime(realtimeOptions(version, address));
  realtime.lib = lib;
  const peer = new Peer(id, realtime);
  await peer.open();
  peer.client.on('invited', (data, conversation) =>
    tell({name: 'invited', by: data.invitedBy, conversation: conversation.id}));
  peer.client.on('message', (message, conversation) => tell({
    name: 'message', id: message.id, from: message.from, text: message.text, conversation: conversation.id}));
  process.on('message', async ([what, conversation, text]) => {
    if (what !== 'send') throw new Error(`cannot ${what}`);
    const there = await peer.client.getConversation(conversation);
    const sent = await there.send(peer.text(text));
    tell({name: 'answer', id: sent.id});
  });
  tell({name: 'opened'});
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
process.on('disconnect', () => process.exit(0));
