// SPDX-License-Identifier: Apache-2.0
// What a conversation keeps beside its messages: attributes, counts, marks, edits, roles, silenced
// members, the blacklist (leancloud-current §5.2, §5.3). See leancloud_scenarios.js.
'use strict';

const assert = require('assert');
const {scenario, inBoth, textsOf, rejectsWith} = require('./leancloud_scenarios.js');
const {within} = require('./leancloud_peer.js');

/** The next event of a conversation itself. */
const once = (conversation, name) => within(name, new Promise((resolve) => conversation.once(name, resolve)));

/** A pair of which bob's device is gone before alice says `texts`. */
async function away(stage, ...texts) {
  const {alice, bob, here} = await stage.pair();
  await bob.client.close();
  const sent = [];
  for (const text of texts) sent.push(await here.send(alice.text(text)));
  return {alice, here, sent};
}

/** Sends until the message is of a later millisecond than `before`: a list has no order within one. */
async function sendLater(conversation, make, before) {
  for (let tries = 0; tries < 100; ++tries) {
    const sent = await conversation.send(make());
    if (Number(sent.timestamp) > Number(before.timestamp)) return sent;
  }
  throw new Error('a hundred messages within one millisecond');
}

const sorted = (list) => [...list].sort();
const unreadOf = (peer, id, count) => peer.event('unreadmessagescountupdate',
  (list) => list.some((one) => one.id === id && one.unreadMessagesCount === count));

// --- lists -------------------------------------------------------------------------------------------

inBoth('a list of conversations shows their last messages, the latest first', async (stage) => {
  const [alice, bob] = [await stage.open('alice'), await stage.open('bob')];
  const made = [];
  for (const name of ['one', 'two', 'three']) {
    made.push(await alice.client.createConversation({members: [bob.id], name, unique: false}));
  }
  const first = await made[2].send(alice.text('first'));
  const last = await sendLater(made[0], () => alice.text('second'), first);
  const fresh = await stage.open('bob');
  const list = await fresh.client.getQuery().withLastMessagesRefreshed().addDescending('lm').find();
  assert.deepStrictEqual(list.map((one) => one.name), ['one', 'three', 'two']);
  assert.strictEqual(list[0].lastMessage.id, last.id);
  assert.strictEqual(list[0].lastMessage.text, 'second');
  assert.strictEqual(list[0].lastMessage.from, alice.id);
  assert.strictEqual(Number(list[0].lastMessageAt), Number(last.timestamp));
  assert.strictEqual(list[2].lastMessage, undefined);
});

scenario('the last message of a list may be bytes, or one that was edited', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  const other = await alice.client.createConversation({members: [bob.id], unique: false});
  await here.send(new alice.lib.BinaryMessage(new Uint8Array([0, 200, 255]).buffer));
  const said = await other.send(alice.text('teh'));
  await other.update(said, alice.text('the'));
  const fresh = await stage.open('bob');
  const find = async (id) =>
    (await fresh.client.getQuery().equalTo('objectId', id).withLastMessagesRefreshed().find())[0].lastMessage;
  assert.deepStrictEqual([...new Uint8Array((await find(here.id)).buffer)], [0, 200, 255]);
  const edited = await find(other.id);
  assert.strictEqual(edited.text, 'the');
  assert.ok(edited.updatedAt >= said.timestamp);
});

// --- counts ------------------------------------------------------------------------------------------

inBoth('what came while a peer was away is counted, until it has read it', async (stage) => {
  const {here, sent} = await away(stage, 'one', 'two', 'three');
  const [phone, tablet] = [await stage.open('bob'), await stage.open('bob')];
  for (const device of [phone, tablet]) await unreadOf(device, here.id, 3);
  const there = await phone.client.getConversation(here.id);
  assert.strictEqual(there.unreadMessagesCount, 3);
  assert.strictEqual(there.lastMessage.id, sent[2].id);
  await there.read();
  assert.strictEqual(there.unreadMessagesCount, 0);
  await unreadOf(tablet, here.id, 0);
  const later = await stage.open('bob');
  assert.strictEqual(await later.count('unreadmessagescountupdate'), 0);
});

scenario('a mention is told with the count', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  const live = alice.text('@bob').setMentionList([bob.id]);
  await here.send(live);
  const {data} = await bob.event('message');
  assert.deepStrictEqual(data.mentionList, [bob.id]);
  assert.strictEqual(data.mentioned, true);
  await bob.client.close();
  await here.send(alice.text('everybody').mentionAll());
  const again = await stage.open('bob');
  await unreadOf(again, here.id, 2);
  const there = await again.client.getConversation(here.id);
  assert.strictEqual(there.unreadMessagesMentioned, true);
  assert.strictEqual((await there.queryMessages()).pop().mentionedAll, true);
});

scenario('conversations that are read at the same time are all read', async (stage) => {
  const alice = await stage.open('alice');
  const bob = stage.named('bob');
  const made = [];
  for (let i = 0; i < 5; ++i) {
    made.push(await alice.client.createConversation({members: [bob], unique: false}));
    await made[i].send(alice.text('read me'));
  }
  const [reader, tablet] = [await stage.open('bob'), await stage.open('bob')];
  for (const device of [reader, tablet]) for (const one of made) await unreadOf(device, one.id, 1);
  await Promise.all((await reader.client.getQuery().find()).map((one) => one.read()));
  // The client keeps all but the first for a second, and sends them in one command.
  const there = await tablet.client.getQuery().find();
  const end = Date.now() + 10000;
  for (let i = 0; there.some((one) => one.unreadMessagesCount > 0) && Date.now() < end; ++i) {
    await tablet.client.ping([`wait-${i}`]);
  }
  assert.deepStrictEqual(there.map((one) => one.unreadMessagesCount), made.map(() => 0));
  const later = await stage.open('bob');
  assert.strictEqual(await later.count('unreadmessagescountupdate'), 0);
});

// --- marks -------------------------------------------------------------------------------------------

inBoth('a sender hears that its message was read, and can ask how far the other has come', async (stage) => {
  const {alice, bob, here, there} = await stage.pair();
  const sent = await here.send(alice.text('did you see?'), {receipt: true});
  await bob.event('message');
  const read = once(here, 'lastreadatupdate');
  await there.read();
  await read;
  assert.ok(here.lastReadAt >= sent.timestamp);
  const fresh = await stage.open('alice');
  const mine = await fresh.client.getConversation(here.id);
  await mine.fetchReceiptTimestamps();
  assert.strictEqual(Number(mine.lastReadAt), Number(sent.timestamp));
  assert.ok(mine.lastDeliveredAt >= sent.timestamp);
});

// --- edits -------------------------------------------------------------------------------------------

inBoth('a message is edited and taken back, and the others see it', async (stage) => {
  const {alice, bob, here, there} = await stage.pair();
  const first = await here.send(alice.text('teh'));
  const second = await here.send(alice.text('oops'));
  await here.update(first, alice.text('the'));
  const updated = await bob.event('messageupdate');
  assert.strictEqual(updated.data.text, 'the');
  assert.strictEqual(updated.data.id, first.id);
  assert.strictEqual(updated.conversation.id, here.id);
  await here.recall(second);
  const recalled = await bob.event('messagerecall');
  assert.ok(recalled.data instanceof bob.lib.RecalledMessage);
  assert.strictEqual(recalled.data.id, second.id);
  const history = await there.queryMessages();
  assert.strictEqual(history[0].text, 'the');
  assert.ok(history[0].updatedAt >= first.timestamp);
  assert.ok(history[1] instanceof bob.lib.RecalledMessage);
  const other = await there.send(bob.text('mine'));
  await rejectsWith(4403, here.recall(other));
});

scenario('edits that a client missed reach it when it comes back', async (stage) => {
  const network = await stage.service.network();
  const {alice, bob, here} = await stage.pair(stage.realtime(), stage.realtime({}, network.address));
  const said = await here.send(alice.text('before'));
  await bob.event('message');
  network.cut();
  await bob.event('disconnect');
  bob.realtime.pause();
  await here.update(said, alice.text('after'));
  bob.realtime.resume();
  await bob.comeBack();
  assert.strictEqual((await bob.event('messageupdate')).data.text, 'after');
});

// --- attributes --------------------------------------------------------------------------------------

scenario('attributes are changed, and the others hear of it', async (stage) => {
  const {alice, bob, here, there} = await stage.pair();
  here.name = 'a new name';
  here.set('topic.color', 'blue');
  await here.save();
  const {data} = await bob.event('conversationinfoupdated');
  assert.strictEqual(data.updatedBy, alice.id);
  assert.strictEqual(there.name, 'a new name');
  assert.deepStrictEqual(there.get('topic'), {color: 'blue'});
  const eve = await stage.open('eve');
  const seen = await eve.client.getConversation(here.id);
  seen.name = 'forged';
  await assert.rejects(seen.save());
  assert.strictEqual((await (await stage.open('bob')).client.getConversation(here.id)).name, 'a new name');
});

scenario('a conversation is muted for one peer, and not for the other', async (stage) => {
  const {bob, here, there} = await stage.pair();
  await here.mute();
  assert.strictEqual(here.muted, true);
  const fresh = await (await stage.open('alice')).client.getConversation(here.id);
  assert.strictEqual(fresh.muted, true);
  assert.strictEqual((await bob.client.getQuery().find())[0].muted, false);
  await here.unmute();
  assert.strictEqual(here.muted, false);
  assert.strictEqual(there.muted, false);
});

scenario('members are counted, and those inside a chat room', async (stage) => {
  const {alice, bob, here} = await stage.pair();
  assert.strictEqual(await here.count(), 2);
  const room = await alice.client.createChatRoom({name: 'lobby'});
  assert.strictEqual(await room.count(), 0);
  await (await bob.client.getConversation(room.id)).join();
  assert.strictEqual(await room.count(), 1);
});

// --- other messages ----------------------------------------------------------------------------------

inBoth('bytes arrive as they were sent, and stay so', async (stage) => {
  const {alice, bob, here, there} = await stage.pair();
  const bytes = Uint8Array.from({length: 256}, (_, i) => i);
  await here.send(new alice.lib.BinaryMessage(bytes.buffer));
  const same = (message) => assert.deepStrictEqual([...new Uint8Array(message.buffer)], [...bytes]);
  same((await bob.event('message')).data);
  same((await there.queryMessages())[0]);
});

scenario('a will is said when its client is lost, and is kept nowhere', async (stage) => {
  const network = await stage.service.network();
  const {alice, bob, here, there} = await stage.pair(stage.realtime({}, network.address), stage.realtime());
  await here.send(alice.text('I am gone'), {will: true});
  assert.strictEqual(await bob.count('message'), 0);
  network.cut();
  alice.realtime.pause();
  assert.strictEqual((await bob.event('message')).data.text, 'I am gone');
  assert.deepStrictEqual(textsOf(await there.queryMessages()), []);
});

// --- what peers may do -------------------------------------------------------------------------------

/** A conversation of alice, bob and carol, as alice has it. */
async function three(stage) {
  const [alice, bob, carol] = [await stage.open('alice'), await stage.open('bob'), await stage.open('carol')];
  const here = await alice.client.createConversation({members: [bob.id, carol.id], unique: false});
  for (const peer of [bob, carol]) await peer.event('invited');
  return {alice, bob, carol, here};
}

scenario('the creator makes a manager, and the members hear of it', async (stage) => {
  const {alice, bob, carol, here} = await three(stage);
  const {MANAGER, MEMBER} = alice.lib.ConversationMemberRole;
  await here.updateMemberRole(bob.id, MANAGER);
  for (const peer of [bob, carol]) {
    const {data} = await peer.event('memberinfoupdated');
    assert.strictEqual(data.member, bob.id);
    assert.strictEqual(data.memberInfo.role, MANAGER);
    assert.strictEqual(data.updatedBy, alice.id);
  }
  const there = await bob.client.getConversation(here.id);
  await rejectsWith(4320, there.updateMemberRole(carol.id, MANAGER));
  const fresh = await (await stage.open('alice')).client.getConversation(here.id);
  assert.deepStrictEqual((await fresh.getAllMemberInfo()).map((info) => info.role),
    fresh.members.map((id) => ({[alice.id]: 'Owner', [bob.id]: MANAGER})[id] || MEMBER));
  await here.updateMemberRole(bob.id, MEMBER);
}, {tls: true});

scenario('a silenced member hears, but does not speak', async (stage) => {
  const {alice, bob, carol, here} = await three(stage);
  const result = await here.muteMembers([bob.id]);
  assert.deepStrictEqual(result.successfulClientIds, [bob.id]);
  assert.deepStrictEqual((await bob.event('muted')).data, {mutedBy: alice.id});
  assert.deepStrictEqual((await carol.event('membersmuted')).data, {mutedBy: alice.id, members: [bob.id]});
  const there = await bob.client.getConversation(here.id);
  await rejectsWith(4563, there.send(bob.text('let me')));
  assert.deepStrictEqual((await here.queryMutedMembers()).results, [bob.id]);
  await here.send(alice.text('quiet now'));
  assert.deepStrictEqual(await bob.texts(1), ['quiet now']);
  await here.unmuteMembers([bob.id]);
  assert.deepStrictEqual((await bob.event('unmuted')).data, {unmutedBy: alice.id});
  await there.send(bob.text('thanks'));
  assert.deepStrictEqual(await carol.texts(2), ['quiet now', 'thanks']);
  const refused = await here.muteMembers([alice.id]);
  assert.deepStrictEqual(refused.successfulClientIds, []);
  assert.deepStrictEqual(refused.failures[0].clientIds, [alice.id]);
});

scenario('a peer that is kept out leaves, and does not come in again', async (stage) => {
  const {alice, bob, carol, here} = await three(stage);
  const there = await bob.client.getConversation(here.id);
  const result = await here.blockMembers([bob.id]);
  assert.deepStrictEqual(result.successfulClientIds, [bob.id]);
  assert.deepStrictEqual((await bob.event('blocked')).data, {blockedBy: alice.id});
  assert.deepStrictEqual((await bob.event('kicked')).data, {kickedBy: alice.id});
  assert.deepStrictEqual((await carol.event('membersblocked')).data, {blockedBy: alice.id, members: [bob.id]});
  assert.deepStrictEqual((await carol.event('membersleft')).data, {kickedBy: alice.id, members: [bob.id]});
  await rejectsWith(4548, there.join());
  const added = await here.add([bob.id, stage.named('dave')]);
  assert.deepStrictEqual(added.successfulClientIds, [stage.named('dave')]);
  assert.deepStrictEqual(added.failures[0].clientIds, [bob.id]);
  assert.deepStrictEqual((await here.queryBlockedMembers()).results, [bob.id]);
  await here.unblockMembers([bob.id]);
  assert.deepStrictEqual((await bob.event('unblocked')).data, {unblockedBy: alice.id});
  await there.join();
  await there.send(bob.text('back'));
  assert.strictEqual((await carol.event('message')).data.text, 'back');
});

// --- temporary conversations -------------------------------------------------------------------------

inBoth('a temporary conversation is made, spoken in, and found by its id alone', async (stage) => {
  const [alice, bob] = [await stage.open('alice'), await stage.open('bob')];
  const before = Date.now();
  const here = await alice.client.createTemporaryConversation({members: [bob.id], ttl: 3600, unique: false});
  assert.match(here.id, /^_tmp:/);
  const {conversation: there} = await bob.event('invited');
  assert.ok(there instanceof bob.lib.TemporaryConversation);
  assert.deepStrictEqual(sorted(there.members), sorted([alice.id, bob.id]));
  for (const one of [here, there]) {
    assert.ok(Math.abs(one.expiredAt - before - 3600e3) < 60e3, String(one.expiredAt));
    assert.strictEqual(one.expired, false);
  }
  const sent = await here.send(alice.text('for an hour'));
  assert.deepStrictEqual(await bob.texts(1), ['for an hour']);
  assert.deepStrictEqual((await there.queryMessages()).map((message) => message.id), [sent.id]);
  const fresh = await stage.open('bob');
  assert.deepStrictEqual(sorted((await fresh.client.getConversation(here.id)).members), sorted([alice.id, bob.id]));
  assert.deepStrictEqual(await fresh.client.getQuery().find(), []);
});

scenario('what comes in a temporary conversation while a peer is away is counted', async (stage) => {
  const [alice, bob] = [await stage.open('alice'), await stage.open('bob')];
  const here = await alice.client.createTemporaryConversation({members: [bob.id], unique: false});
  await bob.client.close();
  await here.send(alice.text('one'));
  const back = await stage.open('bob');
  const {data} = await unreadOf(back, here.id, 1);
  assert.ok(data[0] instanceof back.lib.TemporaryConversation);
  assert.strictEqual(data[0].lastMessage.text, 'one');
});

scenario('a temporary conversation is over when its time has passed', async (stage) => {
  const [alice, bob] = [await stage.open('alice'), await stage.open('bob')];
  const make = () => alice.client.createTemporaryConversation({members: [bob.id], ttl: 1, unique: true});
  const here = await make();
  const end = Date.now() + 20000;
  for (let i = 0; await bob.client.getConversation(here.id, true) && Date.now() < end; ++i) await bob.client.ping([`no-${i}`]);
  assert.strictEqual(await bob.client.getConversation(here.id, true), null);
  here.expiredAt = Date.now() + 3600e3;  // so that the server is asked
  await rejectsWith(4323, here.send(alice.text('late')));
  assert.notStrictEqual((await make()).id, here.id);
});
