// SPDX-License-Identifier: Apache-2.0
// What the tests stand on: kithd and kith as child processes, and the two things that the client
// expects from a browser. Everything is waited for with a deadline; nothing sleeps.
'use strict';

const childProcess = require('child_process');
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');
const readline = require('readline');

const DEADLINE_MS = 20000;

/** Things that happened, in order, and whoever waits for one of them. */
class Log {
  constructor(name) {
    this.name = name;
    this.entries = [];
    this.waiting = new Set();
  }
  push(entry) {
    this.entries.push(entry);
    for (const look of [...this.waiting]) look();
  }
  /** The first entry (from `from` on) that `match` likes. */
  async find(what, match, from = 0) {
    return (await this.collect(what, match, 1, from))[0];
  }
  /** The first `count` entries that `match` likes. */
  collect(what, match, count, from = 0) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.entries.slice(from).filter(match);
        if (found.length < count) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve(found.slice(0, count));
      };
      const timer = realSetTimeout(() => {
        this.waiting.delete(look);
        const seen = this.entries.slice(-8).map((entry) => JSON.stringify(entry)).join('\n  ');
        reject(new Error(`${this.name}: ${what} did not come; last seen:\n  ${seen}`));
      }, DEADLINE_MS);
      this.waiting.add(look);
      look();
    });
  }
}

// The heartbeat test replaces the global one, which is also the client's.
const realSetTimeout = setTimeout;

const children = new Set();

function start(file, args, options = {}) {
  const child = childProcess.spawn(file, args, {stdio: ['pipe', 'pipe', 'pipe'], ...options});
  child.stdin.on('error', () => {});
  children.add(child);
  child.errors = '';
  child.stderr.on('data', (data) => { child.errors += data; });
  child.ended = new Promise((resolve) => child.on('close', (code, signal) => {
    children.delete(child);
    resolve(code === null ? signal : code);
  }));
  return child;
}

/** Ends what is still running, by process id. */
async function endAll() {
  const left = [...children];
  for (const child of left) child.kill('SIGKILL');
  await Promise.all(left.map((child) => child.ended));
}

/** Runs `main`, ends what is still running, and exits with the status that it gives, 1 when it fails. */
function runMain(main) {
  main().then((status) => status || 0, (error) => {
    console.error(error);
    return 1;
  }).then((status) => endAll().then(() => process.exit(status)));
}

/** A kithd on a free port, on a new folder or on the one of a kithd that ended. */
class Kithd {
  static async start(file, args, folder) {
    const self = new Kithd();
    self.folder = folder || fs.mkdtempSync(path.join(os.tmpdir(), 'kith-js-'));
    self.child = start(file, ['--listen', '127.0.0.1:0', '--data', self.folder, ...args]);
    const lines = readline.createInterface({input: self.child.stdout});
    const first = await Promise.race([
      new Promise((resolve) => lines.once('line', resolve)),
      self.child.ended.then((code) => { throw new Error(`kithd ended with ${code}: ${self.child.errors}`); }),
    ]);
    self.address = first.replace('listening on ', '');
    self.url = `ws://${self.address}`;
    return self;
  }
  /** SIGTERM, which has to end it with status 0. The folder stays. */
  async end() {
    this.child.kill('SIGTERM');
    const code = await this.child.ended;
    if (code !== 0) throw new Error(`kithd ended with ${code}: ${this.child.errors}`);
  }
  /** SIGKILL: what was not committed is lost. The folder stays. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.child.ended;
  }
  async stop() {
    try {
      await this.end();
    } finally {
      fs.rmSync(this.folder, {recursive: true, force: true});
    }
  }
}

/** A `kith listen --json`: a C++ peer whose events can be waited for. */
class KithListener {
  constructor(file, flags, peer, args = []) {
    this.log = new Log(`kith listen ${peer}`);
    this.child = start(file, [...flags, '--json', 'listen', peer, ...args]);
    readline.createInterface({input: this.child.stdout})
      .on('line', (line) => this.log.push(JSON.parse(line)));
  }
  event(name, match = () => true, from = 0) {
    return this.log.find(`event ${name}`, (e) => e.event === name && match(e), from);
  }
  events(name, count, match = () => true) {
    return this.log.collect(`${count} events ${name}`, (e) => e.event === name && match(e), count);
  }
  async stop() {
    this.child.kill('SIGTERM');
    const code = await this.child.ended;
    if (code !== 0) throw new Error(`kith listen ended with ${code}: ${this.child.errors}`);
  }
}

/** Runs `kith ...` to its end; its events, or an Error with what it said. */
async function kith(file, flags, args, input = '') {
  const child = start(file, [...flags, '--json', ...args]);
  let output = '';
  child.stdout.on('data', (data) => { output += data; });
  child.stdin.end(input);
  const code = await child.ended;
  if (code !== 0) throw new Error(`kith ${args.join(' ')} ended with ${code}: ${child.errors}`);
  return output.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/** An XMLHttpRequest that answers the router's fixed host name from kithd. */
function makeXMLHttpRequest(address, asked) {
  return class {
    open(method, url) {
      this.url = new URL(url);
      asked.push(url);
    }
    send() {
      const [host, port] = address().split(':');
      const get = http.get({host, port, path: this.url.pathname + this.url.search}, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (data) => { body += data; }).on('end', () => {
          this.status = answer.statusCode;
          this.statusText = answer.statusMessage;
          this.responseText = body;
          this.onload();
        });
      });
      get.on('error', () => this.onerror());
    }
  };
}

/** A WebSocket class that also writes down every frame of every connection. */
function makeWebSocket(Base, sockets) {
  return class extends Base {
    constructor(url) {
      super(url);
      this.sent = [];
      this.received = new Log('frames');
      this.closes = new Log('closes');
      this.on('message', (data) => this.received.push(data.toString()));
      this.on('close', (code, reason) => this.closes.push({code, reason: reason.toString()}));
      sockets.push(this);
    }
    send(data, ...rest) {
      this.sent.push(data);
      return super.send(data, ...rest);
    }
  };
}

module.exports = {Log, Kithd, KithListener, kith, endAll, runMain, makeXMLHttpRequest, makeWebSocket, DEADLINE_MS};
