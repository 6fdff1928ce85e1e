// SPDX-License-Identifier: Apache-2.0
// The original npm client, unmodified, talks through kithd to itself and to a C++ peer.
// usage: node lean_cloud_chat_test.js KITHD KITH NODE_MODULES
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const path = require('path');
const {createRequire} = require('module');
const harness = require('./harness.js');

const [kithdFile, kithFile, modules] = process.argv.slice(2);
const load = createRequire(path.join(path.resolve(modules), 'x.js'));

// The client takes these two from its surroundings (chat.js, lines 3 and 4).
let server;
const asked = [];
const sockets = [];
globalThis.XMLHttpRequest = harness.makeXMLHttpRequest(() => server.address, asked);
globalThis.WebSocket = harness.makeWebSocket(load('ws'), sockets);
const AVChatClient = load('lean-cloud-chat');

const APP = 'testapp0001';
const MASTER_KEY = 'mk-0123456789abcdef';
const SCRIPTS = [
  'plain Latin', 'Grüße, señor, žluťoučký', '你好，世界', 'こんにちは', '안녕하세요', 'Привет', 'नमस्ते',
  'שלום עולם', 'مرحبا بالعالم', 'emoji 👋🏽 👨‍👩‍👧‍👦 🏳️‍🌈', '"quotes" \\ back/slash \t tab', '{"cmd":"direct"}',
  'line one\nline two',
];

const EVENTS = ['online', 'offline', 'message', 'joined', 'left', 'membersJoined', 'membersLeft', 'close'];

/** An original client with its events written down. */
class JsPeer {
  constructor(peerId, settings = {}) {
    this.peerId = peerId;
    this.client = new AVChatClient({appId: APP, peerId, ...settings});
    this.log = new harness.Log(`js ${peerId}`);
    for (const name of EVENTS) this.client.on(name, (data) => this.log.push({name, data}));
  }
  async open() {
    const before = sockets.length;
    const opened = await within(`open of ${this.peerId}`, this.client.open());
    if (sockets.length > before) this.socket = sockets[sockets.length - 1];
    return opened;
  }
  async event(name, match = () => true, from = 0) {
    return (await this.log.find(`event ${name}`, (e) => e.name === name && match(e.data), from)).data;
  }
  async events(name, count, match = () => true) {
    const found = await this.log.collect(`${count} events ${name}`,
      (e) => e.name === name && match(e.data), count);
    return found.map((e) => e.data);
  }
  close() { this.client.close().catch(() => {}); }
}

function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer`)), harness.DEADLINE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const flags = () => ['--server', server.url, '--app', APP];
const listen = (peer, ...args) => new harness.KithListener(kithFile, flags(), peer, args);
const kith = (args, input) => harness.kith(kithFile, flags(), args, input);
const texts = (messages) => messages.map((m) => m.msg || m.text);

const tests = [];
const test = (name, run) => tests.push({name, run});

test('finds kithd through the router and opens', async () => {
  const js = new JsPeer('js-1', {watchingPeerIds: ['nobody']});
  const opened = await js.open();
  assert.strictEqual(opened.op, 'opened');
  assert.deepStrictEqual(opened.onlineSessionPeerIds, []);
  assert.strictEqual(opened.peerId, 'js-1');
  assert.match(asked[asked.length - 1], /^http:\/\/router-g0-push\.avoscloud\.com\/v1\/route\?appId=testapp0001$/);
  js.close();
});

test('asks for a secure address and the US router and gets one all the same', async () => {
  const js = new JsPeer('js-us', {server: 'us', secure: true});
  await js.open();
  assert.match(asked[asked.length - 1], /router-a0-push\.avoscloud\.com.*secure=1/);
  js.close();
});

test('sees a C++ peer come and go, and is seen', async () => {
  const js = new JsPeer('js-2', {watchingPeerIds: ['cpp-2']});
  await js.open();
  const cpp = listen('cpp-2', '--watch', 'js-2');
  const opened = await cpp.event('opened');
  assert.ok(opened);
  await cpp.event('online', (e) => e.peers.includes('js-2'));
  assert.deepStrictEqual(await js.event('online', (ids) => ids.length > 0), ['cpp-2']);
  assert.deepStrictEqual((await within('status', js.client.getStatus(['cpp-2', 'zoe']))).onlineSessionPeerIds, ['cpp-2']);
  js.close();
  await cpp.event('offline', (e) => e.peers.includes('js-2'));
  const again = new JsPeer('js-2', {watchingPeerIds: ['cpp-2']});
  const reopened = await again.open();
  assert.deepStrictEqual(reopened.onlineSessionPeerIds, ['cpp-2']);
  await cpp.stop();
  assert.deepStrictEqual(await again.event('offline'), ['cpp-2']);
  again.close();
});

test('sends every script to C++, each acknowledged, in order', async () => {
  const js = new JsPeer('js-3', {watchingPeerIds: ['cpp-3']});
  await js.open();
  const cpp = listen('cpp-3', '--count', String(SCRIPTS.length));
  await cpp.event('opened');
  const acks = await within('acks', Promise.all(SCRIPTS.map((text) => js.client.send(text, 'cpp-3'))));
  for (const ack of acks) {
    assert.strictEqual(ack.cmd, 'ack');
    assert.strictEqual(typeof ack.uid, 'string');
    assert.ok(ack.t > 2 ** 31, 'milliseconds, as Android insists');
    assert.strictEqual(ack.code, undefined);
  }
  const heard = await cpp.events('message', SCRIPTS.length);
  assert.deepStrictEqual(texts(heard), SCRIPTS);
  assert.deepStrictEqual(heard.map((m) => m.id), acks.map((a) => a.uid));
  assert.ok(heard.every((m) => m.from === 'js-3' && !m.offline && !m.transient));
  assert.strictEqual(await cpp.child.ended, 0);
  js.close();
});

test('hears every script from C++, in order', async () => {
  const lines = SCRIPTS.filter((text) => !text.includes('\n'));
  const js = new JsPeer('js-4');
  await js.open();
  const sent = await kith(['send', 'cpp-4', '--to', 'js-4', '-'], lines.join('\n') + '\n');
  const heard = await js.events('message', lines.length);
  assert.deepStrictEqual(texts(heard), lines);
  assert.ok(heard.every((m) => m.fromPeerId === 'cpp-4' && m.peerId === 'js-4'));
  assert.ok(heard.every((m) => !('roomId' in m)));
  assert.deepStrictEqual(sent.filter((e) => e.event === 'sent').map((e) => e.id), heard.map((m) => m.id));
  js.close();
});

test('answers a message of several receivers with one acknowledgement', async () => {
  const [one, two] = [new JsPeer('js-5a'), new JsPeer('js-5b')];
  await one.open();
  await two.open();
  const js = new JsPeer('js-5', {watchingPeerIds: ['js-5a', 'js-5b']});
  await js.open();
  const ack = await within('ack', js.client.send('to both', ['js-5a', 'js-5b']));
  assert.strictEqual((await one.event('message')).id, ack.uid);
  assert.strictEqual((await two.event('message')).id, ack.uid);
  for (const peer of [js, one, two]) peer.close();
});

test('transient messages arrive and get no acknowledgement', async () => {
  const js = new JsPeer('js-6', {watchingPeerIds: ['cpp-6']});
  await js.open();
  const cpp = listen('cpp-6', '--count', '2');
  await cpp.event('opened');
  await within('transient', js.client.send('typing', 'cpp-6', true));
  const ack = await within('ack', js.client.send('lasting', 'cpp-6'));
  const [typing, lasting] = await cpp.events('message', 2);
  assert.strictEqual(typing.transient, true);
  assert.strictEqual(lasting.id, ack.uid);
  js.close();
});

test('C++ hears that the client has its message', async () => {
  const js = new JsPeer('js-7');
  await js.open();
  const events = await kith(['send', 'cpp-7', '--to', 'js-7', '--receipt', 'got it?']);
  const sent = events.find((e) => e.event === 'sent');
  const delivered = events.find((e) => e.event === 'delivered');
  assert.ok(delivered, 'the client acknowledges by itself');
  assert.strictEqual(delivered.id, sent.id);
  js.close();
});

test('offline queue: what C++ sent waits for the client, once and in order', async () => {
  const lines = Array.from({length: 5}, (_, i) => `while away ${i}`);
  await kith(['send', 'cpp-8', '--to', 'js-8', '-'], lines.join('\n') + '\n');
  const js = new JsPeer('js-8');
  await js.open();
  const heard = await js.events('message', 5);
  assert.deepStrictEqual(texts(heard), lines);
  assert.ok(heard.every((m) => m.offline === true));
  // The acknowledgements left before this query: what it answers, comes after them.
  await within('query', js.client.getStatus(['cpp-8']));
  js.close();
  const again = new JsPeer('js-8');
  await again.open();
  await within('query', again.client.getStatus(['cpp-8']));
  assert.strictEqual(again.log.entries.filter((e) => e.name === 'message').length, 0);
  again.close();
});

test('offline queue: what the client sent waits for C++', async () => {
  const js = new JsPeer('js-9', {watchingPeerIds: ['cpp-9']});
  await js.open();
  for (const text of ['one', 'two', '三']) await within('ack', js.client.send(text, 'cpp-9'));
  js.close();
  const cpp = listen('cpp-9', '--count', '3');
  const heard = await cpp.events('message', 3);
  assert.deepStrictEqual(texts(heard), ['one', 'two', '三']);
  assert.ok(heard.every((m) => m.offline));
  assert.strictEqual(await cpp.child.ended, 0);
});

test('a message to somebody not watched is acknowledged and goes nowhere', async () => {
  const js = new JsPeer('js-10');
  await js.open();
  const ack = await within('ack', js.client.send('psst', 'cpp-10'));
  assert.strictEqual(ack.code, 4401);
  const opened = await within('watch', js.client.watch(['cpp-10']));
  assert.strictEqual(opened.op, 'added');
  const second = await within('ack', js.client.send('now', 'cpp-10'));
  assert.strictEqual(second.code, undefined);
  const cpp = listen('cpp-10', '--count', '1');
  assert.strictEqual((await cpp.event('message')).text, 'now');
  await cpp.child.ended;
  js.close();
});

test('unwatch ends the presence', async () => {
  const js = new JsPeer('js-11', {watchingPeerIds: ['cpp-11']});
  await js.open();
  await within('unwatch', js.client.unwatch(['cpp-11']));
  await js.socket.received.find('removed', (frame) => JSON.parse(frame).op === 'removed');
  const cpp = listen('cpp-11');
  await cpp.event('opened');
  await within('query', js.client.getStatus(['cpp-11']));
  assert.ok(js.log.entries.every((e) => e.name !== 'online' || e.data.length === 0));
  await cpp.stop();
  js.close();
});

test('makes a group, invites C++, talks both ways, removes it', async () => {
  const js = new JsPeer('js-12');
  await js.open();
  const cpp = listen('cpp-12');
  await cpp.event('opened');
  const joined = await within('join', js.client.joinGroup());
  const group = joined.roomId;
  assert.strictEqual(joined.byPeerId, 'js-12');
  assert.match(group, /^[0-9a-f]{24}$/);
  await js.event('membersJoined', (e) => e.roomId === group && e.roomPeerIds.includes('js-12'));

  const invited = await within('invite', js.client.inviteToGroup(group, ['cpp-12']));
  assert.deepStrictEqual(invited.roomPeerIds, ['cpp-12']);
  assert.strictEqual((await cpp.event('joined', (e) => e.group === group)).by, 'js-12');
  await js.event('membersJoined', (e) => e.roomPeerIds.includes('cpp-12'));

  const ack = await within('ack', js.client.sendToGroup('hello 大家', group));
  const heard = await cpp.event('message', (e) => e.group === group);
  assert.strictEqual(heard.text, 'hello 大家');
  assert.strictEqual(heard.id, ack.uid);
  await kith(['group', 'cpp-12', 'send', group, 'hello yourself']);
  const answer = await js.event('message', (m) => m.roomId === group);
  assert.strictEqual(answer.msg, 'hello yourself');
  assert.strictEqual(answer.fromPeerId, 'cpp-12');

  const kicked = await within('kick', js.client.kickFromGroup(group, ['cpp-12']));
  assert.deepStrictEqual(kicked.roomPeerIds, ['cpp-12']);
  assert.strictEqual((await cpp.event('left', (e) => e.group === group)).by, 'js-12');
  assert.deepStrictEqual((await js.event('membersLeft')).roomPeerIds, ['cpp-12']);
  const left = await within('leave', js.client.leaveGroup(group));
  assert.strictEqual(left.roomId, group);
  await cpp.stop();
  js.close();
});

test('is invited by C++, and what was said while away waits', async () => {
  const js = new JsPeer('js-13');
  await js.open();
  const group = (await kith(['group', 'cpp-13', 'create'])).find((e) => e.event === 'joined').group;
  await kith(['group', 'cpp-13', 'invite', group, 'js-13']);
  const joined = await js.event('joined', (e) => e.roomId === group);
  assert.strictEqual(joined.byPeerId, 'cpp-13');
  js.close();
  await kith(['group', 'cpp-13', 'send', group, 'you missed this']);
  const again = new JsPeer('js-13');
  await again.open();
  const missed = await again.event('message');
  assert.strictEqual(missed.roomId, group);
  assert.strictEqual(missed.offline, true);
  assert.strictEqual(missed.msg, 'you missed this');
  const left = await within('leave', again.client.leaveGroup(group));
  assert.strictEqual(left.op, 'left');
  again.close();
});

test('two devices of a peer both hear, and copy what the other sends', async () => {
  const watcher = new JsPeer('js-14w', {watchingPeerIds: ['js-14']});
  await watcher.open();
  const phone = new JsPeer('js-14', {watchingPeerIds: ['cpp-14']});
  const laptop = new JsPeer('js-14', {watchingPeerIds: ['cpp-14']});
  await phone.open();
  await laptop.open();
  await kith(['send', 'cpp-14', '--to', 'js-14', 'to you both']);
  assert.strictEqual((await phone.event('message')).msg, 'to you both');
  assert.strictEqual((await laptop.event('message')).msg, 'to you both');

  const ack = await within('ack', phone.client.send('from the phone', 'cpp-14'));
  const copy = await laptop.event('message', (m) => m.fromPeerId === 'js-14');
  assert.strictEqual(copy.id, ack.uid);
  assert.strictEqual(copy.msg, 'from the phone');
  phone.close();
  await within('query', watcher.client.getStatus(['js-14']));
  laptop.close();
  await watcher.event('offline', (ids) => ids.includes('js-14'));
  const edges = watcher.log.entries.filter((e) => e.name === 'online' && e.data.length > 0);
  assert.strictEqual(edges.length, 1, 'one edge for two devices');
  watcher.close();
});

test('the heartbeat is answered with exactly {}', async () => {
  const real = globalThis.setTimeout;
  // The client beats a minute after its last command; for it a minute is now short.
  globalThis.setTimeout = (run, ms, ...rest) => real(run, ms === 60000 ? 20 : ms, ...rest);
  try {
    const js = new JsPeer('js-15');
    await js.open();
    await js.socket.received.collect('three beats', (frame) => frame === '{}', 3);
    assert.ok(js.socket.sent.filter((frame) => frame === '{}').length >= 3);
    assert.strictEqual(js.socket.readyState, 1);
    js.close();
  } finally {
    globalThis.setTimeout = real;
  }
});

test('a frame that is too long closes that connection only', async () => {
  const victim = new JsPeer('js-16a');
  await victim.open();
  const js = new JsPeer('js-16', {watchingPeerIds: ['js-16a']});
  await js.open();
  js.client.send('x'.repeat(6000), 'js-16a').catch(() => {});
  const closed = await js.socket.closes.find('close', () => true);
  assert.deepStrictEqual(closed, {code: 4109, reason: 'FRAME_TOO_LONG'});
  await js.event('close');
  await within('query', victim.client.getStatus(['js-16']));
  await js.open();
  const ack = await within('ack', js.client.send('short', 'js-16a'));
  assert.strictEqual(ack.code, undefined);
  for (const peer of [js, victim]) peer.close();
});

test('an unknown app gets no address', async () => {
  const js = new AVChatClient({appId: 'stranger', peerId: 'js-17'});
  await assert.rejects(within('open', js.open()));
});

// --- with signatures required -----------------------------------------------------------------------

function sign(parts) {
  return crypto.createHmac('sha1', MASTER_KEY).update(parts.join(':'), 'utf8').digest('hex');
}

/** The callbacks that an application would write, as the vendor's sample does. */
function signers(key = sign) {
  const stamp = () => ({t: Math.floor(Date.now() / 1000), n: crypto.randomBytes(8).toString('hex')});
  return {
    auth: async (peerId, watchingPeerIds, sp) => {
      const {t, n} = stamp();
      const text = [APP, peerId, [...watchingPeerIds].sort().join(':'), t, n].concat(sp ? ['sp'] : []);
      return {watchingPeerIds, sp, t, n, s: key(text)};
    },
    groupAuth: async (peerId, groupId, action, groupPeerIds) => {
      const {t, n} = stamp();
      const text = [APP, peerId, groupId || '', [...groupPeerIds].sort().join(':'), t, n, action];
      return {groupPeerIds, t, n, s: key(text)};
    },
  };
}

const signedTests = [];
const signedTest = (name, run) => signedTests.push({name: `signed: ${name}`, run});
const keyed = () => [...flags(), '--master-key', MASTER_KEY];

signedTest('opens with ids of several scripts, watches, and talks to C++', async () => {
  const js = new JsPeer('小明', {watchingPeerIds: ['张三', 'z', '李四', 'éa'], ...signers()});
  await js.open();
  const cpp = new harness.KithListener(kithFile, keyed(), 'cpp-s1', ['--watch', '小明']);
  await cpp.event('online', (e) => e.peers.includes('小明'));
  const added = await within('watch', js.client.watch(['cpp-s1']));
  assert.deepStrictEqual(added.onlineSessionPeerIds, ['cpp-s1']);
  const ack = await within('ack', js.client.send('signed hello', 'cpp-s1'));
  assert.strictEqual((await cpp.event('message')).id, ack.uid);
  await harness.kith(kithFile, keyed(), ['send', 'cpp-s1b', '--to', '小明', 'signed answer']);
  assert.strictEqual((await js.event('message')).msg, 'signed answer');
  await cpp.stop();
  js.close();
});

signedTest('group commands carry their own signatures', async () => {
  const js = new JsPeer('js-s2', signers());
  await js.open();
  const cpp = new harness.KithListener(kithFile, keyed(), 'cpp-s2');
  await cpp.event('opened');
  const group = (await within('create', js.client.joinGroup())).roomId;
  await within('invite', js.client.inviteToGroup(group, ['cpp-s2', '李四']));
  await cpp.event('joined', (e) => e.group === group);
  await harness.kith(kithFile, keyed(), ['group', 'cpp-s2', 'kick', group, '李四']);
  assert.deepStrictEqual((await js.event('membersLeft')).roomPeerIds, ['李四']);
  await within('kick', js.client.kickFromGroup(group, ['cpp-s2']));
  await cpp.event('left', (e) => e.group === group);
  const again = await within('join', js.client.joinGroup(group));
  assert.strictEqual(again.roomId, group);
  await cpp.stop();
  js.close();
});

signedTest('a wrong signature closes with 4102, and C++ is told the same', async () => {
  const js = new JsPeer('js-s3', signers(() => 'no'));
  js.client.open().catch(() => {});
  await js.event('close');
  assert.strictEqual((await sockets[sockets.length - 1].closes.find('close', () => true)).code, 4102);
  await assert.rejects(harness.kith(kithFile, flags(), ['query', 'cpp-s3', 'x']), /SignatureFailed/);
});

signedTest('a super peer sends without watching', async () => {
  const js = new JsPeer('js-s4', signers());
  await js.open();
  const admin = new JsPeer('admin', {sp: true, ...signers()});
  await admin.open();
  const ack = await within('ack', admin.client.send('notice', 'js-s4'));
  assert.strictEqual(ack.code, undefined);
  assert.strictEqual((await js.event('message')).msg, 'notice');
  for (const peer of [js, admin]) peer.close();
});

// --- running them ------------------------------------------------------------------------------------

async function runAll(list, args, result) {
  server = await harness.Kithd.start(kithdFile, ['--log-level', 'warn', ...args]);
  for (const {name, run} of list) {
    try {
      await run();
      ++result.passed;
      console.log(`ok      ${name}`);
    } catch (error) {
      ++result.failed;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
  await server.stop();
}

async function main() {
  const result = {passed: 0, failed: 0};
  // The client rejects what it waits for when its socket closes, and nobody catches it there.
  process.on('unhandledRejection', () => {});
  try {
    await runAll(tests, ['--app', APP], result);
    await runAll(signedTests, ['--app', `${APP}:ak:${MASTER_KEY}`, '--require-signature'], result);
  } catch (error) {
    ++result.failed;
    console.log(`FAILED  ${error.stack}`);
  }
  await harness.endAll();
  console.log(`# pass ${result.passed}\n# fail ${result.failed}`);
  console.log(`${result.passed} passed, ${result.failed} failed`);
  process.exit(result.failed === 0 && result.passed > 0 ? 0 : 1);
}

main();
