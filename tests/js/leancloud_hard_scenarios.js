// SPDX-License-Identifier: Apache-2.0
// The scenarios in which something goes wrong, something is refused, or somebody else is there:
// shared sockets, cut networks, servers that end, signatures, clients of v1 and of the other version.
'use strict';

const assert = require('assert');
const childProcess = require('child_process');
const path = require('path');
const harness = require('./harness.js');
const {APP, MASTER_KEY, Service, signers} = require('./leancloud_peer.js');
const {scenario, inBoth, ids, textsOf, sorted, rejectsWith} = require('./leancloud_scenarios.js');

// --- one socket for two ------------------------------------------------------------------------------

inBoth('two peers share a socket, and each gets what is its own', async (stage) => {
  const shared = stage.realtime();
  const {alice, bob, here, there} = await stage.pair(shared, shared);
  await here.send(alice.text('to the next chair'));
  assert.deepStrictEqual(await bob.texts(1), ['to the next chair']);
  await there.send(bob.text('and back'));
  assert.deepStrictEqual(await alice.texts(1), ['and back']);
  await here.add([stage.named('carol')]);
  for (const peer of [alice, bob]) {
    assert.deepStrictEqual((await peer.event('membersjoined')).data,
      {invitedBy: alice.id, members: [stage.named('carol')]});
  }
  assert.strictEqual(await alice.count('message'), 1);
  assert.strictEqual(await bob.count('message'), 1);
});

scenario('of two peers on a socket one closes, and the other one goes on', async (stage) => {
  const shared = stage.realtime();
  const {alice, bob, here} = await stage.pair(shared, shared);
  await bob.client.close();
  assert.deepStrictEqual(await alice.client.ping([alice.id, bob.id]), [alice.id]);
  await here.send(alice.text('are you there'));
  assert.deepStrictEqual(textsOf(await here.queryMessages()), ['are you there']);
  assert.strictEqual(bob.log.entries.filter((e) => e.name === 'message').length, 0);
});

scenario('two peers on a socket come back together', async (stage) => {
  const network = await stage.service.network();
  const shared = stage.realtime({}, network.address);
  const {alice, bob, here} = await stage.pair(shared, shared);
  network.cut();
  await Promise.all([alice.comeBack(), bob.comeBack()]);
  await here.send(alice.text('again'));
  assert.deepStrictEqual(await bob.texts(1), ['again']);
});

// --- networks and servers that fail ------------------------------------------------------------------

inBoth('a client whose socket is cut comes back, and goes on', async (stage) => {
  const network = await stage.service.network();
  const {alice, bob, here, there} = await stage.pair(stage.realtime({}, network.address));
  network.cut();
  await alice.comeBack();
  await here.send(alice.text('I am back'));
  assert.deepStrictEqual(await bob.texts(1), ['I am back']);
  await there.send(bob.text('welcome'));
  assert.deepStrictEqual(await alice.texts(1), ['welcome']);
});

scenario('what was sent while a socket was cut is read afterwards, once', async (stage) => {
  const network = await stage.service.network();
  const {alice, bob, here, there} = await stage.pair(stage.realtime(), stage.realtime({}, network.address));
  await here.send(alice.text('before'));
  await bob.texts(1);
  network.cut();
  await bob.event('disconnect');
  bob.realtime.pause();
  const missed = await here.send(alice.text('meanwhile'));
  bob.realtime.resume();
  await bob.comeBack();
  await here.send(alice.text('after'));
  await bob.event('message', (message) => message.text === 'after');
  const history = await there.queryMessages();
  assert.deepStrictEqual(textsOf(history), ['before', 'meanwhile', 'after']);
  assert.strictEqual(history[1].id, missed.id);
});

scenario('a message whose acknowledgement is lost is sent again, and there is one of it', async (stage) => {
  const network = await stage.service.network();
  const {alice, bob, here} = await stage.pair(stage.realtime({}, network.address));
  const message = alice.text('once');
  network.deaf = true;
  here.send(message).catch(() => {});
  const heard = (await bob.event('message')).data;
  network.cut();
  network.deaf = false;
  await alice.comeBack();
  const again = await here.send(message);
  assert.strictEqual(again.id, heard.id);
  assert.strictEqual(Number(again.timestamp), Number(heard.timestamp));
  assert.deepStrictEqual(ids(await here.queryMessages()), [heard.id]);
  assert.strictEqual(await bob.count('message'), 1);
});

scenario('a message that is too long closes that connection only, and its client comes back', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  here.send(alice.text('x'.repeat(9000))).catch(() => {});
  await alice.comeBack();
  await here.send(alice.text('short'));
  assert.deepStrictEqual(await bob.texts(1), ['short']);
  assert.deepStrictEqual(textsOf(await here.queryMessages()), ['short']);
  assert.strictEqual(await bob.count('disconnect'), 0);
});

/** A server of the scenario's own, which it may end. */
async function alone(stage, run, args = stage.serviceArgs) {
  const service = await Service.start(stage.kithdFile, args);
  const shared = stage.service;
  stage.service = service;
  try {
    await run(service, await service.network(), await service.network());
  } finally {
    stage.end();
    await service.stop();
    stage.service = shared;
  }
}

scenario('kithd is killed between a message and its acknowledgement: there is one of it', (stage) =>
  alone(stage, async (service, near, far) => {
    const {alice, bob, here, there} = await stage.pair(
      stage.realtime({}, near.address), stage.realtime({}, far.address));
    const first = await here.send(alice.text('before'));
    const message = alice.text('once');
    near.deaf = true;
    here.send(message).catch(() => {});
    const heard = (await bob.event('message', (one) => one.text === 'once')).data;
    await service.restart('kill');
    near.deaf = false;
    await Promise.all([alice.comeBack(), bob.comeBack()]);
    const again = await here.send(message);
    assert.strictEqual(again.id, heard.id);
    assert.strictEqual(Number(again.timestamp), Number(heard.timestamp));
    assert.deepStrictEqual(ids(await there.queryMessages()), [first.id, heard.id]);
    assert.strictEqual(await bob.count('message'), 2);
  }));

scenario('kithd ends and starts again: sessions, conversations and history go on', (stage) =>
  alone(stage, async (service, near, far) => {
    const {alice, bob, here} = await stage.pair(
      stage.realtime({}, near.address), stage.realtime({}, far.address));
    await here.send(alice.text('before'));
    await bob.texts(1);
    await service.restart('end');
    await Promise.all([alice.comeBack(), bob.comeBack()]);
    await here.send(alice.text('after'));
    assert.deepStrictEqual(await bob.texts(2), ['before', 'after']);
    assert.deepStrictEqual(textsOf(await here.queryMessages()), ['before', 'after']);
    const seen = await bob.client.getConversation(here.id, true);
    assert.deepStrictEqual(sorted(seen.members), sorted([alice.id, bob.id]));
    assert.deepStrictEqual(ids(await bob.client.getQuery().find()), [here.id]);
  }));

scenario('kithd is killed again and again while messages go out: none is lost, none is there twice', (stage) =>
  alone(stage, async (service, near) => {
    const alice = await stage.open('alice', {}, stage.realtime({}, near.address));
    const here = await alice.client.createConversation({members: [stage.named('bob')], unique: true});
    const sent = [];
    for (let round = 0; round < 5; ++round) {
      const burst = Array.from({length: 8}, (_, i) => alice.text(`${round}.${i}`));
      for (const message of burst) here.send(message).catch(() => {});
      await service.restart('kill');
      await alice.comeBack();
      // What was acknowledged has its id; what was not is sent again with its token.
      for (const message of burst) {
        if (message.status !== alice.lib.MessageStatus.SENT) await here.send(message);
      }
      sent.push(...burst);
    }
    const history = await here.queryMessages({limit: 100});
    assert.deepStrictEqual(sorted(textsOf(history)), sorted(textsOf(sent)));
    assert.deepStrictEqual(sorted(ids(history)), sorted(ids(sent)));
  }));

/** The service's arguments with another master key, which is what tokens are made with. */
const withKey = (key, ...more) => ['--log-level', 'warn', '--app', `${APP}:ak:${key}`, ...more];

scenario('a client whose token is not good any more logs in anew', (stage) =>
  alone(stage, async (service, near, far) => {
    const {alice, bob, here} = await stage.pair(
      stage.realtime({}, near.address), stage.realtime({}, far.address));
    await service.restart('end', withKey('mk-of-another-time'));
    await Promise.all([alice.comeBack(), bob.comeBack()]);
    await here.send(alice.text('anew'));
    assert.deepStrictEqual(await bob.texts(1), ['anew']);
  }, withKey(MASTER_KEY)));

scenario('an app that kithd does not serve, and an id that is too long, open nothing', async (stage) => {
  await rejectsWith(4100, stage.open('alice', {}, stage.realtime({appId: 'stranger0001'})));
  await rejectsWith(4103, stage.open('x'.repeat(65)));
  const {bob, here} = await stage.pair();
  await rejectsWith(4103, here.add(['x'.repeat(65)]));
  assert.strictEqual(await bob.count('membersjoined'), 0);
});

// --- signatures --------------------------------------------------------------------------------------

const signed = (name, run, how = {}) => scenario(`signed: ${name}`, run, {...how, signed: true});

/** Peers that can sign, and a conversation of theirs. */
async function signedPair(stage, ...realtimes) {
  const callbacks = signers();
  return {...await stage.pair(realtimes[0], realtimes[1], callbacks), callbacks};
}

signed('sessions, conversations and members with signatures', async (stage) => {
  const {alice, bob, here, callbacks} = await signedPair(stage);
  const carol = await stage.open('carol', signers());
  const added = await here.add([carol.id, stage.named('dave')]);
  assert.deepStrictEqual(sorted(added.successfulClientIds), sorted([carol.id, stage.named('dave')]));
  assert.deepStrictEqual((await carol.event('invited')).data, {invitedBy: alice.id});
  const removed = await here.remove([carol.id]);
  assert.deepStrictEqual(removed.successfulClientIds, [carol.id]);
  assert.deepStrictEqual((await bob.event('membersleft')).data, {kickedBy: alice.id, members: [carol.id]});
  await here.send(alice.text('signed hello'));
  assert.deepStrictEqual(await bob.texts(1), ['signed hello']);
  assert.strictEqual(callbacks.asked.filter((what) => what === 'open').length, 2);
  assert.ok(callbacks.asked.includes('create'));
});

signed('a peer that joins and quits signs that itself', async (stage) => {
  const {alice, here} = await signedPair(stage);
  const carol = await stage.open('carol', signers());
  const seen = await carol.client.getConversation(here.id);
  await seen.join();
  assert.deepStrictEqual((await alice.event('membersjoined')).data, {invitedBy: carol.id, members: [carol.id]});
  await seen.quit();
  assert.deepStrictEqual((await alice.event('membersleft')).data, {kickedBy: carol.id, members: [carol.id]});
});

signed('ids of any script are sorted and signed as the server does', async (stage) => {
  const alice = await stage.open('李四', signers());
  const members = ['张三', 'z', 'éa', 'Z', '😀'].map((name) => stage.named(name));
  const made = await alice.client.createConversation({members, unique: false});
  assert.deepStrictEqual(sorted(made.members), sorted([alice.id, ...members]));
  const result = await made.remove(['z', '😀', '张三'].map((name) => stage.named(name)));
  assert.strictEqual(result.successfulClientIds.length, 3);
});

signed('no signature, or a wrong one, opens nothing', async (stage) => {
  await rejectsWith(4102, stage.open('alice'));
  await rejectsWith(4102, stage.open('alice', signers('another key')));
  const alice = await stage.open('alice', signers());
  assert.deepStrictEqual(await alice.client.ping([alice.id]), [alice.id]);
});

signed('no signature, or a wrong one, changes no conversation', async (stage) => {
  const {bob, here} = await signedPair(stage);
  const {signatureFactory} = signers();
  const {conversationSignatureFactory} = signers('another key');
  const eve = await stage.open('eve', {signatureFactory});
  await rejectsWith(4302, eve.client.createConversation({members: [bob.id], unique: false}));
  const seen = await eve.client.getConversation(here.id);
  await rejectsWith(4302, seen.join());
  const mallory = await stage.open('mallory', {signatureFactory, conversationSignatureFactory});
  await rejectsWith(4302, mallory.client.createConversation({members: [bob.id], unique: false}));
  assert.strictEqual(await bob.count('membersjoined'), 0);
  assert.strictEqual(await bob.count('invited'), 1);
});

signed('a client that comes back shows its token and signs nothing', async (stage) => {
  const network = await stage.service.network();
  const {alice, bob, here, callbacks} = await signedPair(stage, stage.realtime({}, network.address));
  network.cut();
  await alice.comeBack();
  assert.strictEqual(callbacks.asked.filter((what) => what === 'open').length, 2);
  await here.send(alice.text('by token'));
  assert.deepStrictEqual(await bob.texts(1), ['by token']);
});

// Without its token JavaScript comes back without a signature, and stays out (§12): kithd has to say so.
signed('a client whose token is not good any more is told that it needs a signature', (stage) =>
  alone(stage, async (service, near) => {
    const alice = await stage.open('alice', signers(), stage.realtime({}, near.address));
    await service.restart('end', withKey('mk-of-another-time', '--require-signature'));
    await rejectsWith(4102, alice.comeBack());
  }));

signed('the token is good for the next kithd on the same data', (stage) =>
  alone(stage, async (service, near, far) => {
    const {alice, bob, here, callbacks} = await signedPair(stage,
      stage.realtime({}, near.address), stage.realtime({}, far.address));
    await service.restart('kill');
    await Promise.all([alice.comeBack(), bob.comeBack()]);
    assert.strictEqual(callbacks.asked.filter((what) => what === 'open').length, 2);
    await here.send(alice.text('signed once'));
    assert.deepStrictEqual(await bob.texts(1), ['signed once']);
  }));

signed('a pair with a client of v1', async (stage) => {
  const alice = await stage.open('alice', signers());
  const cpp = stage.listen('cpp', '--watch', alice.id);
  await cpp.event('online', (e) => e.peers.includes(alice.id));
  const here = await alice.client.createConversation({members: [stage.named('cpp')], unique: true});
  const sent = await here.send(alice.text('signed, old friend'));
  assert.strictEqual((await cpp.event('message')).id, sent.id);
  await cpp.stop();
});

// --- TLS ---------------------------------------------------------------------------------------------

/** A little of everything, found through the router alone. */
async function tour(stage, ...callbacks) {
  const {alice, bob, here, there} = await stage.pair(undefined, undefined, ...callbacks);
  const carol = await stage.open('carol', ...callbacks);
  const delivered = new Promise((resolve) => here.on('lastdeliveredatupdate', resolve));
  const sent = await here.send(alice.text('密'), {receipt: true});
  assert.strictEqual((await bob.event('message')).data.text, '密');
  await delivered;
  await there.add([carol.id]);
  assert.deepStrictEqual((await carol.event('invited')).data, {invitedBy: bob.id});
  assert.deepStrictEqual((await alice.event('membersjoined')).data, {invitedBy: bob.id, members: [carol.id]});
  assert.deepStrictEqual(ids(await there.queryMessages()), [sent.id]);
  assert.deepStrictEqual(await alice.client.ping([bob.id, carol.id]), [bob.id, carol.id]);
}
const secure = (name, run, how = {}) => scenario(`TLS: ${name}`, run, {...how, tls: true});

secure('the router names a secure address, and all goes there', (stage) => tour(stage));
secure('all goes there in base64, too', (stage) => tour(stage), {noBinary: true});
secure('all goes there with signatures', (stage) => tour(stage, signers()), {signed: true});

secure('events of a pause are told after it, once', async (stage) => {
  const network = await stage.service.network();
  const {alice, bob, here} = await stage.pair(stage.realtime(), stage.realtime({}, network.address));
  const make = (name) => alice.client.createConversation({members: [bob.id], name, unique: false});
  const other = await make('other');
  await bob.event('invited', (_, conversation) => conversation.id === other.id);
  const pause = async () => {
    const from = bob.log.entries.length;
    network.cut();
    await bob.log.find('disconnect', (e) => e.name === 'disconnect', from);
    bob.realtime.pause();
  };
  await pause();
  const carol = stage.named('carol');
  await here.add([carol]);
  here.name = 'renamed';
  await here.save();
  await other.remove([bob.id]);
  const third = await make('third');
  bob.realtime.resume();
  await bob.comeBack();
  await bob.event('membersjoined', ({members, invitedBy}) => members.includes(carol) && invitedBy === alice.id);
  const renamed = await bob.event('conversationinfoupdated', (_, conversation) => conversation.id === here.id);
  assert.strictEqual(renamed.conversation.name, 'renamed');
  await bob.event('kicked', (_, conversation) => conversation.id === other.id);
  await bob.event('invited', (_, conversation) => conversation.id === third.id);
  await pause();
  bob.realtime.resume();
  await bob.comeBack();
  await here.send(alice.text('last'));
  await bob.event('message', (message) => message.text === 'last');
  assert.strictEqual(await bob.count('kicked'), 1);
  assert.strictEqual(await bob.count('membersjoined'), 1);
  assert.strictEqual(await bob.count('invited'), 3);
});

// --- beside v1 ---------------------------------------------------------------------------------------

/** What v1 shows of a typed message: its JSON. */
const textIn = (event) => JSON.parse(event.text)._lctext;
const v1Send = async (stage, to, text) =>
  (await stage.kith('send', stage.named('cpp'), '--to', to, text)).find((e) => e.event === 'sent');

inBoth('a pair with a client of v1 is one conversation, in both directions', async (stage) => {
  const alice = await stage.open('alice');
  const cpp = stage.listen('cpp', '--watch', alice.id);
  await cpp.event('online', (e) => e.peers.includes(alice.id));
  const here = await alice.client.createConversation({members: [stage.named('cpp')], unique: true});
  const sent = await here.send(alice.text('to v1'));
  const heard = await cpp.event('message');
  assert.strictEqual(heard.id, sent.id);
  assert.strictEqual(heard.from, alice.id);
  assert.strictEqual(textIn(heard), 'to v1');
  assert.ok(!heard.group, 'v1 knows a pair by its peers');
  const answer = await v1Send(stage, alice.id, 'from v1');
  const {data, conversation} = await alice.event('message');
  assert.strictEqual(data.id, answer.id);
  assert.strictEqual(data.from, stage.named('cpp'));
  assert.strictEqual(data.content, 'from v1');
  assert.strictEqual(conversation.id, here.id);
  assert.deepStrictEqual(ids(await here.queryMessages()), [sent.id, answer.id]);
  await cpp.stop();
});

scenario('a client of v1 that speaks first makes the pair', async (stage) => {
  const alice = await stage.open('alice');
  const first = await v1Send(stage, alice.id, 'hello');
  const {data, conversation} = await alice.event('message');
  assert.strictEqual(data.id, first.id);
  assert.deepStrictEqual(sorted(conversation.members), sorted([alice.id, stage.named('cpp')]));
  const here = await alice.client.createConversation({members: [stage.named('cpp')], unique: true});
  assert.strictEqual(here.id, conversation.id);
});

scenario('a receipt goes both ways between v1 and current', async (stage) => {
  const alice = await stage.open('alice');
  const events = await stage.kith('send', stage.named('cpp'), '--to', alice.id, '--receipt', 'got it?');
  const [sent, delivered] = ['sent', 'delivered'].map((name) => events.find((e) => e.event === name));
  assert.strictEqual(delivered.id, sent.id);
  const cpp = stage.listen('cpp');
  await cpp.event('opened');
  const here = await alice.client.createConversation({members: [stage.named('cpp')], unique: true});
  const updated = new Promise((resolve) => here.on('lastdeliveredatupdate', resolve));
  const back = await here.send(alice.text('and you?'), {receipt: true});
  await updated;
  assert.ok(here.lastDeliveredAt >= back.timestamp);
  await cpp.stop();
});

scenario('what a current client sends to one of v1 that is away waits for it', async (stage) => {
  const alice = await stage.open('alice');
  const here = await alice.client.createConversation({members: [stage.named('cpp')], unique: true});
  const sent = [await here.send(alice.text('one')), await here.send(alice.text('two'))];
  const cpp = stage.listen('cpp', '--count', '2');
  const heard = await cpp.events('message', 2);
  assert.deepStrictEqual(ids(heard), ids(sent));
  assert.ok(heard.every((event) => event.offline));
  assert.strictEqual(await cpp.child.ended, 0);
});

inBoth('a group with a client of v1: messages, and members, in both directions', async (stage) => {
  const [alice, bob] = [await stage.open('alice'), await stage.open('bob')];
  const cpp = stage.listen('cpp');
  await cpp.event('opened');
  const here = await alice.client.createConversation({members: [bob.id], name: 'mixed', unique: false});
  await here.add([stage.named('cpp')]);
  assert.strictEqual((await cpp.event('joined', (e) => e.group === here.id)).by, alice.id);
  const sent = await here.send(alice.text('to all'));
  const heard = await cpp.event('message', (e) => e.group === here.id);
  assert.strictEqual(heard.id, sent.id);
  assert.strictEqual(textIn(heard), 'to all');
  await stage.kith('group', stage.named('cpp'), 'send', here.id, 'from v1');
  const {data, conversation} = await bob.event('message', (message) => message.content === 'from v1');
  assert.strictEqual(data.from, stage.named('cpp'));
  assert.strictEqual(conversation.id, here.id);
  await stage.kith('group', stage.named('cpp'), 'invite', here.id, stage.named('dave'));
  assert.deepStrictEqual((await bob.event('membersjoined', (e) => e.members.includes(stage.named('dave')))).data,
    {invitedBy: stage.named('cpp'), members: [stage.named('dave')]});
  await stage.kith('group', stage.named('cpp'), 'kick', here.id, bob.id);
  assert.deepStrictEqual((await bob.event('kicked')).data, {kickedBy: stage.named('cpp')});
  await here.remove([stage.named('cpp')]);
  assert.strictEqual((await cpp.event('left', (e) => e.group === here.id)).by, alice.id);
  assert.strictEqual(textsOf(await here.queryMessages()).length, 2);
  await cpp.stop();
});

scenario('a group that a client of v1 made is a conversation', async (stage) => {
  const alice = await stage.open('alice');
  const made = await stage.kith('group', stage.named('cpp'), 'create');
  const group = made.find((event) => event.event === 'joined').group;
  await stage.kith('group', stage.named('cpp'), 'invite', group, alice.id);
  const {data, conversation} = await alice.event('invited');
  assert.deepStrictEqual(data, {invitedBy: stage.named('cpp')});
  assert.strictEqual(conversation.id, group);
  const found = await alice.client.getQuery().find();
  assert.deepStrictEqual(ids(found), [group]);
  const cpp = stage.listen('cpp', '--count', '1');
  await cpp.event('opened');
  const sent = await conversation.send(alice.text('thank you'));
  assert.strictEqual((await cpp.event('message')).id, sent.id);
  assert.strictEqual(await cpp.child.ended, 0);
});

// --- beside the other version ------------------------------------------------------------------------

/** A client of the other version, in a process of its own. */
class Other {
  constructor(stage, name) {
    this.id = stage.named(name);
    this.log = new harness.Log(`other ${this.id}`);
    this.child = childProcess.fork(path.join(__dirname, 'leancloud_other.js'),
      [stage.otherModules, stage.otherVersion, stage.service.address, this.id]);
    this.child.on('message', (event) => this.log.push(event));
    this.ended = new Promise((resolve) => this.child.on('exit', resolve));
  }
  ask(...words) {
    this.child.send(words);
    return this.event('answer');
  }
  event(name, from = 0) { return this.log.find(name, (event) => event.name === name, from); }
  async stop() {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

scenario('the other version of the client, in a process of its own, is one more member', async (stage) => {
  const alice = await stage.open('alice');
  const other = new Other(stage, 'other');
  try {
    await other.event('opened');
    const here = await alice.client.createConversation({members: [other.id], name: 'versions', unique: true});
    assert.deepStrictEqual(await other.event('invited'), {name: 'invited', by: alice.id, conversation: here.id});
    const sent = await here.send(alice.text('hello, other version'), {receipt: true});
    assert.deepStrictEqual(await other.event('message'),
      {name: 'message', id: sent.id, from: alice.id, text: 'hello, other version', conversation: here.id});
    const answer = await other.ask('send', here.id, '你好');
    const {data} = await alice.event('message');
    assert.strictEqual(data.id, answer.id);
    assert.strictEqual(data.text, '你好');
    assert.deepStrictEqual(ids(await here.queryMessages()), [sent.id, answer.id]);
  } finally {
    await other.stop();
  }
});

scenario('a process that is killed leaves, and what it had sent stays', async (stage) => {
  const alice = await stage.open('alice');
  const other = new Other(stage, 'other');
  await other.event('opened');
  const here = await alice.client.createConversation({members: [other.id], unique: true});
  const last = await other.ask('send', here.id, 'my last words');
  await other.stop();
  let online = [other.id];
  for (let i = 0; i < 200 && online.length > 0; ++i) online = await alice.client.ping([other.id, `no-${i}`]);
  assert.deepStrictEqual(online, []);
  assert.deepStrictEqual(ids(await here.queryMessages()), [last.id]);
});

