// SPDX-License-Identifier: Apache-2.0
// What the vendor's current clients do with kithd (leancloud-current §5). Each scenario gets a Stage
// and has peers of its own; `only` says which client can, where one cannot.
'use strict';

const assert = require('assert');
const harness = require('./harness.js');
const {
  APP, MASTER_KEY, Peer, loadClient, realtimeOptions, secureOptions, within,
} = require('./leancloud_peer.js');

const scenarios = [];
const scenario = (name, run, how = {}) => scenarios.push({name, run, ...how});
/** Once with binary frames and once with text frames of base64. */
const inBoth = (name, run) => {
  scenario(name, run);
  scenario(`${name} (base64)`, run, {noBinary: true});
};

/** A server, and one scenario's peers on it. */
class Stage {
  constructor(set, scene, number) {
    Object.assign(this, set, {scene, number});
    this.realtimes = [];
  }
  named(name) { return `${name}-${this.number}`; }
  realtime(more = {}, address = this.service.address) {
    const all = {noBinary: this.scene.noBinary === true, ...more};
    const lib = loadClient(this.modules);
    const options = this.scene.tls ? secureOptions : realtimeOptions;
    const realtime = new lib.Realtime(options(this.version, address, all));
    realtime.lib = lib;
    realtime.register([lib.ImageMessage, lib.LocationMessage]);
    this.realtimes.push(realtime);
    return realtime;
  }
  open(name, options, realtime = this.realtime()) {
    return new Peer(name && this.named(name), realtime).open(options);
  }
  /** Two peers, each with its socket, and the conversation as each of them has it. */
  async pair(first = this.realtime(), second = this.realtime(), options = {}) {
    const alice = await this.open('alice', options, first);
    const bob = await this.open('bob', options, second);
    const here = await alice.client.createConversation({members: [bob.id], unique: true});
    const there = (await bob.event('invited')).conversation;
    assert.strictEqual(there.id, here.id);
    return {alice, bob, here, there};
  }
  get flags() {
    const keys = this.scene.signed ? ['--master-key', MASTER_KEY] : [];
    return ['--server', `ws://${this.service.address}`, '--app', APP, ...keys];
  }
  listen(name, ...args) { return new harness.KithListener(this.kithFile, this.flags, this.named(name), args); }
  kith(...args) { return harness.kith(this.kithFile, this.flags, args); }
  /** Ends the sockets; sessions that are gone already do not matter. */
  end() {
    for (const realtime of this.realtimes) realtime.pause();
  }
}

const ids = (messages) => messages.map((message) => message.id);
const textsOf = (messages) => messages.map((message) => message.text);
const sorted = (list) => [...list].sort();
const rejectsWith = (code, promise) => assert.rejects(promise, (error) => error.code === code);
const HEX = /^[0-9a-f]{24}$/;
const SCRIPTS = [
  'Grüße, señor', '你好，世界', 'こんにちは', 'नमस्ते', 'שלום', 'مرحبا', 'emoji 👋🏽 👨‍👩‍👧‍👦',
  '"quotes" \\ back \t tab', '{"_lctype":1}', 'line one\nline two', '\u2028',
];

// --- sessions ----------------------------------------------------------------------------------------

inBoth('a session opens, and tells the others that it is there', async (stage) => {
  const alice = await stage.open('alice');
  assert.strictEqual(alice.client.id, stage.named('alice'));
  const absent = stage.named('absent');
  assert.deepStrictEqual(await alice.client.ping([absent]), []);
  const bob = await stage.open('bob');
  assert.deepStrictEqual(await alice.client.ping([bob.id, absent, alice.id]), [bob.id, alice.id]);
});

scenario('a client that names no id is given one', async (stage) => {
  const [one, other] = [await stage.open(undefined), await stage.open(undefined)];
  assert.match(one.client.id, /^.{8,}$/);
  assert.notStrictEqual(one.client.id, other.client.id);
  assert.deepStrictEqual(await other.client.ping([one.client.id]), [one.client.id]);
});

scenario('a session that is closed is gone, and its client says so', async (stage) => {
  const [alice, bob] = [await stage.open('alice'), await stage.open('bob')];
  await bob.client.close();
  assert.deepStrictEqual((await bob.event('close')).data, {code: 0});
  assert.deepStrictEqual(await alice.client.ping([bob.id]), []);
  const again = await stage.open('bob');
  assert.deepStrictEqual(await alice.client.ping([again.id]), [again.id]);
});

scenario('a socket that is lost is a session that is gone', async (stage) => {
  const network = await stage.service.network();
  const alice = await stage.open('alice');
  const bob = await stage.open('bob', {}, stage.realtime({}, network.address));
  assert.deepStrictEqual(await alice.client.ping([bob.id]), [bob.id]);
  bob.realtime.pause();
  let online = [bob.id];
  for (let i = 0; i < 200 && online.length > 0; ++i) online = await alice.client.ping([bob.id, `no-${i}`]);
  assert.deepStrictEqual(online, []);
});

scenario('the router of kithd is all that the client is told', async (stage) => {
  const realtime = stage.realtime({RTMServers: undefined});
  const alice = await stage.open('alice', {}, realtime);
  assert.deepStrictEqual(await alice.client.ping([alice.id]), [alice.id]);
}, {only: '5'});

scenario('a later device of the same tag ends the earlier one', async (stage) => {
  const phone = await stage.open('alice', {tag: 'Mobile'});
  const tablet = await stage.open('alice', {tag: 'Tablet'});
  const bare = await stage.open('alice');
  const other = await stage.open('alice', {tag: 'Mobile'});
  assert.deepStrictEqual((await phone.event('conflict')).data, {reason: 'SESSION_CONFLICT'});
  for (const peer of [tablet, bare, other]) assert.strictEqual(await peer.count('conflict'), 0);
  const bob = await stage.open('bob');
  const here = await bob.client.createConversation({members: [other.id], unique: true});
  await here.send(bob.text('who is there'));
  for (const peer of [tablet, bare, other]) assert.deepStrictEqual(await peer.texts(1), ['who is there']);
  assert.strictEqual(phone.log.entries.filter((e) => e.name === 'message').length, 0);
});

scenario('a device that comes back gives way to the one that took its tag', async (stage) => {
  const network = await stage.service.network();
  const phone = await stage.open('alice', {tag: 'Mobile'}, stage.realtime({}, network.address));
  network.cut();
  await phone.event('disconnect');
  phone.realtime.pause();
  const other = await stage.open('alice', {tag: 'Mobile'});
  phone.realtime.resume();
  await assert.rejects(phone.comeBack(), (error) => error.code === 4111);
  assert.strictEqual(await other.count('conflict'), 0);
});

scenario('every device of a peer hears, also what another one of them sends', async (stage) => {
  const {alice, here, bob} = await stage.pair();
  const laptop = await stage.open('alice');
  await here.send(alice.text('from my phone'));
  for (const peer of [laptop, bob]) {
    const {data} = await peer.event('message');
    assert.strictEqual(data.text, 'from my phone');
    assert.strictEqual(data.from, alice.id);
  }
  assert.strictEqual(await alice.count('message'), 0);
});

// --- conversations -----------------------------------------------------------------------------------

inBoth('a conversation is made, and is what it was made as', async (stage) => {
  const [alice, bob] = [await stage.open('alice'), await stage.open('bob')];
  const before = Date.now();
  const made = await alice.client.createConversation({
    members: [bob.id], name: 'two of us 二人', color: 'red', deep: {level: [1, null, 'x']}, unique: false});
  assert.match(made.id, HEX);
  assert.strictEqual(made.creator, alice.id);
  assert.deepStrictEqual(sorted(made.members), sorted([alice.id, bob.id]));
  assert.ok(Math.abs(made.createdAt - before) < 60000, String(made.createdAt));
  const seen = await bob.client.getConversation(made.id);
  assert.strictEqual(seen.name, 'two of us 二人');
  assert.strictEqual(seen.creator, alice.id);
  assert.strictEqual(seen.get('color'), 'red');
  assert.deepStrictEqual(seen.get('deep'), {level: [1, null, 'x']});
  assert.deepStrictEqual(sorted(seen.members), sorted([alice.id, bob.id]));
  assert.strictEqual(seen.transient, false);
  assert.strictEqual(seen.system, false);
  assert.strictEqual(Number(seen.createdAt), Number(made.createdAt));
});

scenario('the members of a new conversation are told who invited them, its creator is not', async (stage) => {
  const [alice, bob, carol] = [await stage.open('alice'), await stage.open('bob'), await stage.open('carol')];
  const made = await alice.client.createConversation({members: [bob.id, carol.id], unique: false});
  for (const peer of [bob, carol]) {
    const {data, conversation} = await peer.event('invited');
    assert.deepStrictEqual(data, {invitedBy: alice.id});
    assert.strictEqual(conversation.id, made.id);
  }
  for (const name of ['invited', 'membersjoined']) assert.strictEqual(await alice.count(name), 0);
});

scenario('a unique conversation is the same one from both sides, whatever its name', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  const again = await bob.client.createConversation({members: [alice.id], unique: true, name: 'other'});
  assert.strictEqual(again.id, here.id);
  const another = await bob.client.createConversation({members: [alice.id], unique: false});
  assert.notStrictEqual(another.id, here.id);
  const three = await bob.client.createConversation({members: [alice.id, stage.named('carol')], unique: true});
  assert.notStrictEqual(three.id, here.id);
});

scenario('a unique conversation is one of those that are in it now', async (stage) => {
  const {alice, bob, here, there} = await stage.pair();
  await there.quit();
  const again = await bob.client.createConversation({members: [alice.id], unique: true});
  assert.notStrictEqual(again.id, here.id);
  await again.send(bob.text('a new beginning'));
  assert.strictEqual((await alice.event('message')).conversation.id, again.id);
});

scenario('a chat room: who joined hears, nobody is told of members', async (stage) => {
  const [alice, bob, carol] = [await stage.open('alice'), await stage.open('bob'), await stage.open('carol')];
  const made = await alice.client.createChatRoom({name: 'lobby', topic: 'weather'});
  assert.match(made.id, HEX);
  assert.strictEqual(made.transient, true);
  const rooms = [];
  for (const peer of [bob, carol]) {
    const room = await peer.client.getConversation(made.id);
    assert.ok(room instanceof peer.lib.ChatRoom);
    assert.strictEqual(room.get('topic'), 'weather');
    rooms.push(await room.join());
  }
  const sent = await rooms[0].send(bob.text('hello, room'));
  const {data} = await carol.event('message');
  assert.strictEqual(data.id, sent.id);
  assert.strictEqual(data.text, 'hello, room');
  await rooms[1].quit();
  await rooms[0].send(bob.text('you left'));
  assert.strictEqual(await carol.count('message'), 1);
  for (const peer of [alice, bob, carol]) assert.strictEqual(await peer.count('membersjoined'), 0);
  assert.deepStrictEqual(textsOf(await rooms[0].queryMessages()), ['hello, room', 'you left']);
});

scenario('a conversation that is not there is null', async (stage) => {
  const alice = await stage.open('alice');
  assert.strictEqual(await alice.client.getConversation('0123456789abcdef01234567'), null);
  assert.deepStrictEqual(await alice.client.getQuery().containsMembers([stage.named('absent')]).find(), []);
});

/** Six conversations of one peer, whose `mark` is this stage's. */
async function library(stage) {
  const alice = await stage.open('alice');
  const made = [];
  for (let i = 0; i < 6; ++i) {
    const others = Array.from({length: i % 3}, (_, k) => stage.named(`guest${k}`));
    made.push(await alice.client.createConversation({
      members: others, name: `book ${i}`, unique: false, mark: stage.number, level: i,
      tags: i % 2 ? ['odd', `n${i}`] : ['even'], ...(i > 3 ? {late: true} : {})}));
  }
  const names = async (change) => {
    const query = change(alice.client.getQuery().equalTo('mark', stage.number));
    return (await query.find()).map((found) => found.name.slice(5)).join('');
  };
  return {alice, made, names};
}

inBoth('conversations are found by comparison', async (stage) => {
  const {names} = await library(stage);
  const by = async (change) => [...await names(change)].sort().join('');
  assert.strictEqual(await by((q) => q), '012345');
  assert.strictEqual(await by((q) => q.equalTo('level', 3)), '3');
  assert.strictEqual(await by((q) => q.notEqualTo('level', 3)), '01245');
  assert.strictEqual(await by((q) => q.lessThan('level', 2)), '01');
  assert.strictEqual(await by((q) => q.lessThanOrEqualTo('level', 2)), '012');
  assert.strictEqual(await by((q) => q.greaterThan('level', 4)), '5');
  assert.strictEqual(await by((q) => q.greaterThanOrEqualTo('level', 4)), '45');
  assert.strictEqual(await by((q) => q.containedIn('level', [1, 5, 9])), '15');
  assert.strictEqual(await by((q) => q.notContainsIn('level', [1, 5, 9])), '0234');
});

scenario('conversations are found by lists and by what they have', async (stage) => {
  const {names} = await library(stage);
  const by = async (change) => [...await names(change)].sort().join('');
  assert.strictEqual(await by((q) => q.equalTo('tags', 'odd')), '135');
  assert.strictEqual(await by((q) => q.containsAll('tags', ['odd', 'n3'])), '3');
  assert.strictEqual(await by((q) => q.sizeEqualTo('tags', 1)), '024');
  assert.strictEqual(await by((q) => q.exists('late')), '45');
  assert.strictEqual(await by((q) => q.doesNotExist('late')), '0123');
  assert.strictEqual(await by((q) => q.containsMembers([stage.named('guest0')])), '1245');
  assert.strictEqual(await by((q) => q.withMembers([stage.named('guest0')], true)), '14');
});

scenario('conversations are found by text, and what looks like a pattern is text', async (stage) => {
  const {alice, names} = await library(stage);
  await alice.client.createConversation({members: [], name: 'book .*', unique: false, mark: stage.number});
  const by = async (change) => [...await names(change)].sort().join('');
  assert.strictEqual(await by((q) => q.startsWith('name', 'book')), '*.012345');
  assert.strictEqual(await by((q) => q.endsWith('name', '5')), '5');
  assert.strictEqual(await by((q) => q.contains('name', 'k 2')), '2');
  assert.strictEqual(await by((q) => q.contains('name', '.*')), '*.');
  assert.strictEqual(await by((q) => q.matches('name', /^BOOK \d$/i)), '012345');
  // Patterns have no sets (docs/limits.md).
  await rejectsWith(4310, by((q) => q.matches('name', /^book [12]$/)));
});

scenario('conversations come in the wanted order, in pages', async (stage) => {
  const {names} = await library(stage);
  assert.strictEqual(await names((q) => q.ascending('level')), '012345');
  assert.strictEqual(await names((q) => q.descending('level')), '543210');
  assert.strictEqual(await names((q) => q.descending('level').limit(2)), '54');
  assert.strictEqual(await names((q) => q.descending('level').skip(2).limit(3)), '321');
  assert.strictEqual(await names((q) => q.ascending('late').addDescending('level').limit(999)), '321054');
});

scenario('conversations are found by the time when they were made', async (stage) => {
  const {names, made} = await library(stage);
  const third = made[2].createdAt;
  const earlier = made.filter((one) => one.createdAt < third).length;
  const until = await names((q) => q.lessThan('createdAt', third).ascending('level'));
  assert.strictEqual(until, '012345'.slice(0, earlier));
  const since = await names((q) => q.greaterThanOrEqualTo('createdAt', third).ascending('level'));
  assert.strictEqual(since, '012345'.slice(earlier));
});

scenario('conversations are found by one query or another', async (stage) => {
  const {alice, names} = await library(stage);
  const {ConversationQuery} = alice.lib;
  const q = () => alice.client.getQuery().equalTo('mark', stage.number);
  const find = async (query) => (await query.find()).map((c) => c.get('level')).sort();
  const either = ConversationQuery.or(q().equalTo('level', 1), q().greaterThan('level', 4));
  assert.deepStrictEqual(await find(either), [1, 5]);
  const both = ConversationQuery.and(q().lessThan('level', 3), q().equalTo('tags', 'even'));
  assert.deepStrictEqual(await find(both), [0, 2]);
  assert.strictEqual(await names((one) => one.equalTo('level', 0)), '0');
}, {only: '5'});

scenario('a query without members leaves them out', async (stage) => {
  const {alice} = await library(stage);
  const found = await alice.client.getQuery().equalTo('mark', stage.number).equalTo('level', 2).compact().find();
  assert.strictEqual(found.length, 1);
  // The client had it, with its members, already: it keeps them.
  const fresh = await stage.open('reader');
  const [bare] = await fresh.client.getQuery().equalTo('mark', stage.number).equalTo('level', 2).compact().find();
  assert.deepStrictEqual(bare.members, []);
  assert.strictEqual(bare.name, 'book 2');
});

scenario('a query without conditions finds the conversations of the peer that asks', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  const mine = await bob.client.getQuery().find();
  assert.deepStrictEqual(ids(mine), [here.id]);
  await alice.client.createConversation({members: [], unique: false});
  assert.deepStrictEqual(ids(await bob.client.getQuery().find()), [here.id]);
});

// --- members -----------------------------------------------------------------------------------------

inBoth('a member adds another one: it is invited, the others hear of it', async (stage) => {
  const {alice, bob, here, there} = await stage.pair();
  const carol = await stage.open('carol');
  const result = await here.add([carol.id]);
  assert.deepStrictEqual(result.successfulClientIds, [carol.id]);
  assert.deepStrictEqual(result.failures, []);
  const {data, conversation} = await bob.event('membersjoined');
  assert.deepStrictEqual(data, {invitedBy: alice.id, members: [carol.id]});
  assert.strictEqual(conversation.id, here.id);
  assert.ok(there.members.includes(carol.id));
  assert.deepStrictEqual((await alice.event('membersjoined')).data, {invitedBy: alice.id, members: [carol.id]});
  assert.deepStrictEqual((await carol.event('invited')).data, {invitedBy: alice.id});
  assert.strictEqual(await carol.count('membersjoined'), 0);
  assert.strictEqual(await bob.count('invited'), 1);
  assert.deepStrictEqual(sorted(here.members), sorted([alice.id, bob.id, carol.id]));
});

inBoth('a member removes another one: it is out, the others hear of it', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  const carol = await stage.open('carol');
  await here.add([carol.id]);
  await carol.event('invited');
  const result = await here.remove([carol.id]);
  assert.deepStrictEqual(result.successfulClientIds, [carol.id]);
  assert.deepStrictEqual((await carol.event('kicked')).data, {kickedBy: alice.id});
  for (const peer of [alice, bob]) {
    assert.deepStrictEqual((await peer.event('membersleft')).data, {kickedBy: alice.id, members: [carol.id]});
  }
  assert.deepStrictEqual(sorted(here.members), sorted([alice.id, bob.id]));
  await here.send(alice.text('without you'));
  assert.deepStrictEqual(await bob.texts(1), ['without you']);
  assert.strictEqual(await carol.count('message'), 0);
});

scenario('a peer joins by itself, and quits', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  const carol = await stage.open('carol');
  const seen = await carol.client.getConversation(here.id);
  await seen.join();
  assert.ok(seen.members.includes(carol.id));
  for (const peer of [alice, bob]) {
    assert.deepStrictEqual((await peer.event('membersjoined')).data, {invitedBy: carol.id, members: [carol.id]});
  }
  await seen.send(carol.text('here I am'));
  assert.deepStrictEqual(await alice.texts(1), ['here I am']);
  await seen.quit();
  assert.ok(!seen.members.includes(carol.id));
  for (const peer of [alice, bob]) {
    assert.deepStrictEqual((await peer.event('membersleft')).data, {kickedBy: carol.id, members: [carol.id]});
  }
  await rejectsWith(4401, seen.send(carol.text('still here?')));
});

scenario('events come in the order of the changes', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  const guests = ['u', 'v', 'w'].map((name) => stage.named(name));
  for (const guest of guests) await here.add([guest]);
  await here.send(alice.text('between'));
  // The client reads a message with a promise and news of members without: those of one read change places.
  assert.deepStrictEqual(await bob.texts(1), ['between']);
  for (const guest of guests) await here.remove([guest]);
  await bob.events('membersleft', 3);
  const order = bob.log.entries.filter((e) => /^(members|message)/.test(e.name))
    .map((e) => `${e.name} ${e.data.members || e.data.text}`);
  assert.deepStrictEqual(order, [...guests.map((g) => `membersjoined ${g}`), 'message between',
    ...guests.map((g) => `membersleft ${g}`)]);
});

scenario('to add who is in already, or to remove who is not, tells nobody', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  assert.deepStrictEqual((await here.add([bob.id])).failures, []);
  await here.remove([stage.named('absent')]);
  const carol = stage.named('carol');
  await here.add([bob.id, carol]);
  for (const peer of [alice, bob]) {
    assert.deepStrictEqual((await peer.event('membersjoined')).data, {invitedBy: alice.id, members: [carol]});
    assert.strictEqual(await peer.count('membersleft'), 0);
  }
  assert.strictEqual(await bob.count('invited'), 1);
});

scenario('attributes that are the server\'s make no conversation', async (stage) => {
  const {alice, bob} = await stage.pair();
  for (const wrong of [{m: ['eve']}, {c: 'eve'}, {objectId: 'mine'}, {createdAt: 1}, {tr: true}]) {
    await rejectsWith(4306, alice.client.createConversation({members: [bob.id], unique: false, ...wrong}));
  }
  assert.strictEqual((await bob.client.getQuery().find()).length, 1);
  assert.strictEqual(await bob.count('invited'), 1);
});

scenario('a stranger may not send, read or add', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  await here.send(alice.text('secret'));
  const eve = await stage.open('eve');
  const seen = await eve.client.getConversation(here.id);
  await rejectsWith(4401, seen.send(eve.text('spam')));
  await rejectsWith(4312, seen.queryMessages());
  await rejectsWith(4317, seen.add([stage.named('mallory')]));
  assert.deepStrictEqual(await bob.texts(1), ['secret']);
  for (const peer of [alice, bob]) assert.strictEqual(await peer.count('membersjoined'), 0);
  assert.strictEqual(await bob.count('message'), 1);
});

// --- messages ----------------------------------------------------------------------------------------

inBoth('a message arrives as it was sent, with the id and time that its sender is told', async (stage) => {
  const {alice, bob, here, there} = await stage.pair();
  const sent = await here.send(alice.text('hello'));
  const {data, conversation} = await bob.event('message');
  assert.strictEqual(conversation.id, there.id);
  assert.ok(data instanceof bob.lib.TextMessage);
  assert.strictEqual(data.text, 'hello');
  assert.strictEqual(data.id, sent.id);
  assert.strictEqual(data.from, alice.id);
  assert.strictEqual(Number(data.timestamp), Number(sent.timestamp));
  assert.strictEqual(sent.status, alice.lib.MessageStatus.SENT);
  assert.strictEqual(there.lastMessage.id, sent.id);
  const back = await there.send(bob.text('and back'));
  assert.strictEqual((await alice.event('message')).data.id, back.id);
  assert.ok(back.timestamp >= sent.timestamp);
});

inBoth('a message may be of any script', async (stage) => {
  const {alice, bob, here, there} = await stage.pair();
  for (const text of SCRIPTS) await here.send(alice.text(text));
  assert.deepStrictEqual(await bob.texts(SCRIPTS.length), SCRIPTS);
  assert.deepStrictEqual(textsOf(await there.queryMessages()), SCRIPTS);
});

scenario('a hundred messages of both sides arrive in one order', async (stage) => {
  const {alice, bob, here, there} = await stage.pair();
  const all = Array.from({length: 50}, (_, i) => i);
  const [sent, back] = await Promise.all([
    Promise.all(all.map((i) => here.send(alice.text(`a${i}`)))),
    Promise.all(all.map((i) => there.send(bob.text(`b${i}`))))]);
  assert.deepStrictEqual(await bob.texts(50), all.map((i) => `a${i}`));
  assert.deepStrictEqual(await alice.texts(50), all.map((i) => `b${i}`));
  assert.deepStrictEqual(ids((await bob.events('message', 50)).map((e) => e.data)), ids(sent));
  const history = await here.queryMessages({limit: 100});
  assert.deepStrictEqual(sorted(ids(history)), sorted([...ids(sent), ...ids(back)]));
  assert.deepStrictEqual(textsOf(history).filter((text) => text[0] === 'a'), all.map((i) => `a${i}`));
});

inBoth('a message of nearly five thousand bytes arrives whole', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  // A frame has 5120 bytes, base64 or not.
  const long = stage.scene.noBinary ? '长'.repeat(1000) + 'x'.repeat(400) : '长'.repeat(1400) + 'x'.repeat(600);
  await here.send(alice.text(long));
  assert.strictEqual((await bob.event('message')).data.text, long);
});

scenario('plain text and other objects are messages, too', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  await here.send(new alice.lib.Message('no JSON at all'));
  await here.send(new alice.lib.Message({kind: 'poke', deep: [1, {two: '二'}]}));
  const [plain, object] = (await bob.events('message', 2)).map((e) => e.data.content);
  assert.strictEqual(plain, 'no JSON at all');
  assert.deepStrictEqual(typeof object === 'string' ? JSON.parse(object) : object,
    {kind: 'poke', deep: [1, {two: '二'}]});
});

scenario('typed messages are what they were: text, image, location', async (stage) => {
  const {alice, bob, here, there} = await stage.pair();
  const text = alice.text('caption').setAttributes({mood: 'good', level: 3});
  const image = new alice.lib.ImageMessage();
  image._lcfile = {
    url: 'https://example.org/cat.png', objId: 'f1', metaData: {width: 4, height: 3, format: 'png', size: 12}};
  const place = new alice.lib.LocationMessage();
  place._lcloc = {latitude: 31.2304, longitude: -121.4737};
  for (const message of [text, image, place]) await here.send(message);
  const live = (await bob.events('message', 3)).map((e) => e.data);
  for (const three of [live, await there.queryMessages()]) {
    assert.deepStrictEqual(three.map((message) => message.type), [-1, -2, -5]);
    assert.deepStrictEqual(three[0].attributes, {mood: 'good', level: 3});
    assert.deepStrictEqual(three[1]._lcfile, image._lcfile);
    assert.deepStrictEqual(three[2]._lcloc, place._lcloc);
  }
});

scenario('a transient message arrives, and is kept nowhere', async (stage) => {
  const {alice, bob, here, there} = await stage.pair();
  await here.send(alice.text('typing'), {transient: true});
  await here.send(alice.text('typed'));
  assert.deepStrictEqual(await bob.texts(2), ['typing', 'typed']);
  assert.deepStrictEqual(textsOf(await there.queryMessages()), ['typed']);
});

inBoth('a sender that wants a receipt gets it', async (stage) => {
  const {alice, here} = await stage.pair();
  const updated = new Promise((resolve) => here.on('lastdeliveredatupdate', resolve));
  const sent = await here.send(alice.text('got it?'), {receipt: true});
  await within('receipt', updated);
  assert.ok(here.lastDeliveredAt >= sent.timestamp);
  assert.ok(sent.deliveredAt >= sent.timestamp);
  assert.strictEqual(sent.status, alice.lib.MessageStatus.DELIVERED);
  assert.strictEqual(await alice.count('message'), 0);
});

// --- history -----------------------------------------------------------------------------------------

const MANY = 260;

async function longHistory(stage) {
  const all = await stage.pair();
  const sent = await Promise.all(Array.from({length: MANY}, (_, i) =>
    (i % 2 ? all.here.send(all.alice.text(`m${i}`)) : all.there.send(all.bob.text(`m${i}`)))));
  return {...all, sent: sorted(ids(sent))};
}

inBoth('a long history is read backwards without a gap or a double', async (stage) => {
  const {here, sent} = await longHistory(stage);
  for (const limit of [100, 33]) {
    const pages = here.createMessagesIterator({limit});
    let read = [];
    for (let i = 0; i < MANY; ++i) {
      const {value, done} = await pages.next();
      read = [...value, ...read];
      if (done) break;
    }
    assert.deepStrictEqual(sorted(ids(read)), sent);
    assert.ok(read.every((m, i) => i === 0 || read[i - 1].timestamp <= m.timestamp), 'oldest first');
  }
});

inBoth('a long history is read forwards without a gap or a double', async (stage) => {
  const {alice, there, sent} = await longHistory(stage);
  const direction = alice.lib.MessageQueryDirection.OLD_TO_NEW;
  for (const limit of [100, 33]) {
    const read = [];
    let from = {startTime: new Date(1)};
    for (let i = 0; i < MANY; ++i) {
      const page = await there.queryMessages({...from, direction, limit});
      read.push(...page);
      if (page.length < limit) break;
      const last = page[page.length - 1];
      from = {startTime: last.timestamp, startMessageId: last.id};
    }
    assert.deepStrictEqual(sorted(ids(read)), sent);
    assert.ok(read.every((m, i) => i === 0 || read[i - 1].timestamp <= m.timestamp), 'oldest first');
  }
});

scenario('a history has the bounds that it is asked for', async (stage) => {
  const {alice, here} = await stage.pair();
  const sent = [];
  for (let i = 0; i < 5; ++i) {
    const before = Date.now();
    sent.push(await here.send(alice.text(String(i))));
    while (Date.now() <= Math.max(before, Number(sent[i].timestamp))) await alice.client.ping([`t-${i}`]);
  }
  const at = (i) => ({startTime: sent[i].timestamp, startMessageId: sent[i].id});
  const to = (i) => ({endTime: sent[i].timestamp, endMessageId: sent[i].id});
  const NEW = alice.lib.MessageQueryDirection.OLD_TO_NEW;
  const read = async (options) => textsOf(await here.queryMessages(options)).join('');
  assert.strictEqual(await read({}), '01234');
  assert.strictEqual(await read({limit: 2}), '34');
  assert.strictEqual(await read(at(3)), '012');
  assert.strictEqual(await read({...at(3), startClosed: true}), '0123');
  assert.strictEqual(await read({...at(4), ...to(1)}), '23');
  assert.strictEqual(await read({...at(4), ...to(1), startClosed: true, endClosed: true}), '1234');
  assert.strictEqual(await read({...at(1), direction: NEW}), '234');
  assert.strictEqual(await read({...at(1), startClosed: true, direction: NEW, limit: 2}), '12');
  assert.strictEqual(await read({...at(0), ...to(3)}), '12');
  assert.strictEqual(await read({...at(0), ...to(3), endClosed: true, direction: NEW}), '123');
});

scenario('a history of twenty is what a client gets that does not say how much', async (stage) => {
  const {alice, here} = await stage.pair();
  await Promise.all(Array.from({length: 25}, (_, i) => here.send(alice.text(String(i)))));
  assert.deepStrictEqual(textsOf(await here.queryMessages()), Array.from({length: 20}, (_, i) => String(i + 5)));
});

scenario('what was sent while a peer was away is in its history, and is not pushed', async (stage) => {
  const {bob, here, alice} = await stage.pair();
  await bob.client.close();
  await here.send(alice.text('while you were away'));
  const again = await stage.open('bob');
  const there = await again.client.getConversation(here.id);
  assert.deepStrictEqual(textsOf(await there.queryMessages()), ['while you were away']);
  assert.strictEqual(await again.count('message'), 0);
  assert.strictEqual((await there.queryMessages())[0].from, alice.id);
});

scenario('what was sent while a peer was away is pushed to one that wants that', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  await bob.client.close();
  const sent = [await here.send(alice.text('one')), await here.send(alice.text('two'))];
  const again = await stage.open('bob', {}, stage.realtime({pushOfflineMessages: true}));
  assert.deepStrictEqual(await again.texts(2), ['one', 'two']);
  assert.deepStrictEqual(ids((await again.events('message', 2)).map((e) => e.data)), ids(sent));
}, {only: '4'});

module.exports = {scenarios, scenario, inBoth, Stage, ids, textsOf, sorted, rejectsWith};
require('./leancloud_state_scenarios.js');
require('./leancloud_hard_scenarios.js');
require('./leancloud_service_scenarios.js');
