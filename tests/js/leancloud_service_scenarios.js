// SPDX-License-Identifier: Apache-2.0
// Service conversations, which an app's own server makes and speaks in by REST (leancloud-current
// §5.3, §6). See leancloud_scenarios.js.
'use strict';

const assert = require('assert');
const http = require('http');
const {APP, MASTER_KEY} = require('./leancloud_peer.js');
const {inBoth, scenario, ids, textsOf} = require('./leancloud_scenarios.js');

/** What an app's server asks of kithd, and the answer. */
function rest(stage, method, path, body) {
  const [host, port] = stage.service.address.split(':');
  const headers = {'X-LC-Id': APP, 'X-LC-Key': `${MASTER_KEY},master`, 'Content-Type': 'application/json'};
  return new Promise((resolve, reject) => {
    const request = http.request({host, port, method, path: `/1.2/rtm/${path}`, headers}, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve(JSON.parse(Buffer.concat(parts).toString() || '{}')));
    });
    request.on('error', reject);
    request.end(body && JSON.stringify(body));
  });
}

const textOf = (text) => JSON.stringify({_lctype: -1, _lctext: text});

/** A service conversation, and how its server speaks in it. */
async function service(stage) {
  const {objectId} = await rest(stage, 'POST', 'service-conversations', {name: 'News'});
  const base = `service-conversations/${objectId}`;
  return {
    id: objectId,
    announce: (text) => rest(stage, 'POST', `${base}/broadcasts`, {from_client: 'desk', message: textOf(text)}),
    whisper: (to, text) => rest(stage, 'POST', `${base}/messages`,
      {from_client: 'desk', to_clients: to, message: textOf(text)}),
    inbox: (peer) => rest(stage, 'GET', `${base}/subscribers/${peer}/messages`),
  };
}

inBoth('a client subscribes to a service conversation, and hears what it says to all', async (stage) => {
  const news = await service(stage);
  const [alice, bob] = [await stage.open('alice'), await stage.open('bob')];
  const found = await alice.client.getConversation(news.id);
  assert.strictEqual(found.name, 'News');
  assert.strictEqual(found.system, true);
  await found.subscribe();
  const said = await news.announce('extra');
  const {data, conversation} = await alice.event('message');
  assert.strictEqual(data.text, 'extra');
  assert.strictEqual(data.id, said['msg-id']);
  assert.strictEqual(conversation.id, news.id);
  assert.strictEqual(await bob.count('message'), 0);
  await found.unsubscribe();
  await news.announce('once more');
  assert.strictEqual(await alice.count('message'), 1);
});

scenario('what a service conversation says to one peer reaches that peer alone, wherever it is', async (stage) => {
  const news = await service(stage);
  const [alice, bob] = [await stage.open('alice'), await stage.open('bob')];
  const phone = await stage.open('alice');
  await news.whisper([alice.id], 'only you');
  for (const peer of [alice, phone]) {
    const {data, conversation} = await peer.event('message');
    assert.strictEqual(data.text, 'only you');
    assert.strictEqual(conversation.id, news.id);
    assert.strictEqual(conversation.system, true);
  }
  assert.strictEqual(await bob.count('message'), 0);
  assert.deepStrictEqual(await (await bob.client.getConversation(news.id)).queryMessages(), []);
});

scenario('what was said to all and to one peer is one history, and one count of unread messages', async (stage) => {
  const news = await service(stage);
  const alice = await stage.open('alice');
  await (await alice.client.getConversation(news.id)).subscribe();
  await alice.client.close();
  const said = [];
  for (const [say, text] of [[news.announce, 'one'], [(t) => news.whisper([alice.id], t), 'two'],
    [news.announce, 'three'], [(t) => news.whisper([alice.id], t), 'four']]) {
    said.push((await say(text))['msg-id']);
  }
  const again = await stage.open('alice');
  await again.event('unreadmessagescountupdate',
    (list) => list.some((one) => one.id === news.id && one.unreadMessagesCount === 4));
  const there = await again.client.getConversation(news.id);
  const history = await there.queryMessages();
  assert.deepStrictEqual(textsOf(history), ['one', 'two', 'three', 'four']);
  assert.deepStrictEqual(ids(history), said);
  const pages = there.createMessagesIterator({limit: 3});
  assert.deepStrictEqual(textsOf((await pages.next()).value), ['two', 'three', 'four']);
  assert.deepStrictEqual(textsOf((await pages.next()).value), ['one']);
  await there.read();
  await again.client.close();
  const last = await stage.open('alice');
  await last.settle();
  assert.ok(!last.log.entries.some((e) => e.name === 'unreadmessagescountupdate' && e.data.length > 0));
});

scenario('what a client says to a service conversation is for its server, and answered there', async (stage) => {
  const news = await service(stage);
  const [alice, bob] = [await stage.open('alice'), await stage.open('bob')];
  await (await bob.client.getConversation(news.id)).subscribe();
  const there = await alice.client.getConversation(news.id);
  const sent = await there.send(alice.text('a question'));
  const [kept] = await news.inbox(alice.id);
  assert.strictEqual(kept['msg-id'], sent.id);
  assert.strictEqual(kept.from, alice.id);
  assert.strictEqual(JSON.parse(kept.data)._lctext, 'a question');
  await news.whisper([alice.id], 'an answer');
  assert.deepStrictEqual(await alice.texts(1), ['an answer']);
  assert.deepStrictEqual(textsOf(await there.queryMessages()), ['a question', 'an answer']);
  assert.strictEqual(await bob.count('message'), 0);
});
