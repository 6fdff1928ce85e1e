// SPDX-License-Identifier: Apache-2.0
// What the scenarios of the vendor's current clients stand on: a client whose events are written
// down, a server that can be ended and started again, and a network that can be cut.
'use strict';

const assert = require('assert');
const crypto = require('crypto');
const net = require('net');
const path = require('path');
const {createRequire} = require('module');
const harness = require('./harness.js');

const APP = 'testapp0001';
const MASTER_KEY = 'mk-0123456789abcdef';
const TRIES = 50;

/** As an application makes its own types; the vendor's plugin has the same two. */
function typed(lib, type, field) {
  const Made = class extends lib.TypedMessage {};
  lib.messageType(type)(Made);
  lib.messageField([field])(Made);
  return Made;
}

/** The client's module, out of the folder that npm made; a new one each time: 5.x has one Realtime an app. */
function loadClient(modules) {
  const load = createRequire(path.join(path.resolve(modules), 'x.js'));
  delete load.cache[load.resolve('leancloud-realtime')];
  const lib = load('leancloud-realtime');
  return {...lib, ImageMessage: typed(lib, -2, '_lcfile'), LocationMessage: typed(lib, -5, '_lcloc')};
}

/** A port that stays the same while the server behind it changes; its connections can be cut. */
class Network {
  static async start(target) {
    const self = new Network();
    self.target = target;
    self.deaf = false;  // nothing comes back from the server
    self.links = new Set();
    self.server = net.createServer((near) => self.join(near));
    await new Promise((resolve) => self.server.listen(0, '127.0.0.1', resolve));
    self.address = `127.0.0.1:${self.server.address().port}`;
    return self;
  }
  join(near) {
    const [host, port] = this.target.split(':');
    const far = net.connect({host, port: Number(port)});
    const link = () => {
      near.destroy();
      far.destroy();
      this.links.delete(link);
    };
    this.links.add(link);
    near.on('data', (data) => far.write(data));
    far.on('data', (data) => { if (!this.deaf) near.write(data); });
    for (const side of [near, far]) side.on('error', () => {}).on('close', link);
  }
  cut() {
    for (const link of [...this.links]) link();
  }
  async stop() {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A kithd that goes on with its data after it ended. */
class Service {
  static async start(kithdFile, args) {
    const self = new Service();
    self.start = (more, folder) => harness.Kithd.start(kithdFile, more, folder);
    self.args = args;
    self.kithd = await self.start(args);
    self.networks = [];
    return self;
  }
  get address() { return this.kithd.address; }
  /** A way to it of its own. */
  async network() {
    const network = await Network.start(this.address);
    this.networks.push(network);
    return network;
  }
  /** Ends it, by `how`, and starts another one on its data. */
  async restart(how, args = this.args) {
    await this.kithd[how]();
    this.kithd = await this.start(args, this.kithd.folder);
    for (const network of this.networks) network.target = this.address;
  }
  async stop() {
    for (const network of this.networks) await network.stop();
    await this.kithd.stop();
  }
}

/** A client, its Realtime, and what happened to it. */
class Peer {
  constructor(id, realtime) {
    this.lib = realtime.lib;
    this.id = id;
    this.realtime = realtime;
    this.log = new harness.Log(`client ${id}`);
    this.known = 0;  // what happened before is over
  }
  /** `options` are those of createIMClient(). */
  async open(options = {}) {
    this.realtime.on('disconnect', () => this.log.push({name: 'disconnect'}));
    this.client = await this.realtime.createIMClient(this.id, options);
    this.id = this.client.id;
    for (const name of Object.values(this.lib.Event)) {
      if (name === 'disconnect') continue;
      this.client.on(name, (data, conversation) => this.log.push({name, data, conversation}));
    }
    return this;
  }
  text(text) { return new this.lib.TextMessage(text); }
  event(name, match = () => true, from = 0) {
    return this.log.find(`event ${name}`, (e) => e.name === name && match(e.data, e.conversation), from);
  }
  events(name, count) {
    return this.log.collect(`${count} events ${name}`, (e) => e.name === name, count);
  }
  /** The texts of so many messages, in the order of their arrival. */
  async texts(count) {
    return (await this.events('message', count)).map((e) => e.data.text);
  }
  /** What is on its way has come. Twice: an event may make the client ask for its conversation. */
  async settle() {
    for (const id of ['settle-1', 'settle-2']) assert.deepStrictEqual(await this.client.ping([id]), []);
  }
  async count(name) {
    await this.settle();
    return this.log.entries.filter((e) => e.name === name).length;
  }
  /** After the connection was lost: comes back at once, and not only when its own timer says so. */
  async comeBack() {
    await this.log.find('disconnect', (e) => e.name === 'disconnect', this.known);
    for (let i = 0; i < TRIES; ++i) {
      const from = this.log.entries.length;
      // It throws when the timer was earlier.
      try { this.realtime.retry(); } catch (error) { this.log.push({name: 'no retry'}); }
      const ends = ['reconnect', 'reconnecterror', 'schedule'];
      if (!this.isBack()) await this.log.find('an end of the retry', (e) => ends.includes(e.name), from);
      const refused = this.log.entries.slice(this.known).find((e) => e.name === 'reconnecterror');
      if (refused) throw refused.data;
      if (this.isBack()) {
        this.known = this.log.entries.length;
        return;
      }
    }
    throw new Error(`${this.id} did not come back`);
  }
  isBack() { return this.log.entries.slice(this.known).some((e) => e.name === 'reconnect'); }
}

/** The options of a Realtime for a plain server at `address`. */
function realtimeOptions(version, address, more = {}) {
  return {
    appId: APP,
    appKey: 'key',
    RTMServers: `ws://${address}`,
    // Never the vendor's router. 4.x speaks https only, so what it asks by REST fails here.
    server: version.startsWith('4') ? address : `http://${address}`,
    ...more,
  };
}

/** Of one that speaks TLS: its router is all that the client is told. */
function secureOptions(version, address, more = {}) {
  const server = version.startsWith('4') ? address : `https://${address}`;
  return {appId: APP, appKey: 'key', server, ...more};
}

/** The callbacks that an application's server would stand behind (leancloud-current §5.1). */
function signers(key = MASTER_KEY) {
  const asked = [];
  const sign = (unit, parts, action) => {
    const timestamp = Math.floor(Date.now() / unit);
    const nonce = crypto.randomBytes(8).toString('hex');
    const text = [APP, ...parts, timestamp, nonce, ...action].join(':');
    const signature = crypto.createHmac('sha1', key).update(text, 'utf8').digest('hex');
    return {signature, timestamp, nonce};
  };
  const words = {add: ['invite'], invite: ['invite'], remove: ['kick'], kick: ['kick'], create: []};
  return {
    asked,
    signatureFactory: (id) => {
      asked.push('open');
      return sign(1, [id, ''], []);
    },
    conversationSignatureFactory: (conversation, id, members, action) => {
      asked.push(action);
      const sorted = [...members].sort().join(':');
      const parts = action === 'create' ? [id, sorted] : [id, conversation, sorted];
      return sign(1000, parts, words[action]);
    },
  };
}

function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer`)), harness.DEADLINE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

module.exports = {APP, MASTER_KEY, Peer, Service, loadClient, realtimeOptions, secureOptions, signers, within};
