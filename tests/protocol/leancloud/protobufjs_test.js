// SPDX-License-Identifier: Apache-2.0
// The codec against protobufjs and our own messages2.proto: random commands of every message, made
// by one and read by the other, in both directions.
//   node protobufjs_test.js BRIDGE MESSAGES2_PROTO NODE_MODULES [SEED]
'use strict';

const assert = require('assert');
const childProcess = require('child_process');
const path = require('path');

const [bridge, schemaFile, modules, seedText] = process.argv.slice(2);
const protobuf = require(path.resolve(modules, 'protobufjs'));
const Long = protobuf.util.Long;

const ROUNDS = 40;
const root = protobuf.loadSync(path.resolve(schemaFile));
const Generic = root.lookupType('push_server.messages2.GenericCommand').resolveAll();
const CommandType = root.lookupEnum('push_server.messages2.CommandType');
const BODY = /^(\w+)Message$/;

/** Fields by their numbers, which is the order that both sides write them in. */
function fieldsOf(type) {
  return type.resolveAll().fieldsArray.map((field) => field.resolve()).sort((a, b) => a.id - b.id);
}

/** Lines to the bridge, commands from it. */
function ask(args, lines = []) {
  const run = childProcess.spawnSync(bridge, args, {
    input: lines.map((line) => `${line}\n`).join(''),
    encoding: 'utf8', timeout: 60000, maxBuffer: 1 << 28,
  });
  assert.strictEqual(run.status, 0, `${args}: ${run.stderr}`);
  return run.stdout.split('\n').slice(0, -1).map((line) => {
    assert.ok(!line.startsWith('refused'), line);
    const blank = line.indexOf(' ');
    return {hex: line.slice(0, blank), json: line.slice(blank + 1)};
  });
}

// --- the flat JSON, written a second time ------------------------------------------------------------

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    return false;
  }
}

function valueText(field, value) {
  const type = field.resolvedType;
  if (type instanceof protobuf.Enum) {
    const name = type.valuesById[value];
    if (name === undefined) return String(value);
    return JSON.stringify(type.name === 'OpType' ? name.replace(/_/g, '-') : name);
  }
  if (type && type.name === 'JsonObjectMessage') return isJson(value.data) ? value.data : JSON.stringify(value.data);
  if (type) return `{${members(type, value).join()}}`;
  switch (field.type) {
    case 'bytes': return JSON.stringify(Buffer.from(value).toString('base64'));
    case 'string': return JSON.stringify(value);
    default: return String(value);
  }
}

function members(type, message) {
  const texts = [];
  for (const field of fieldsOf(type)) {
    const value = message[field.name];
    if (!Object.prototype.hasOwnProperty.call(message, field.name)) continue;
    if (type === Generic && BODY.test(field.name)) {
      texts.push(...members(field.resolvedType, value));
    } else if (field.repeated) {
      if (value.length > 0) texts.push(`"${field.name}":[${value.map((one) => valueText(field, one)).join()}]`);
    } else {
      texts.push(`"${field.name}":${valueText(field, value)}`);
    }
  }
  return texts;
}

const flat = (message) => `{${members(Generic, message).join()}}`;

// --- random commands -----------------------------------------------------------------------------------

let state = Number(seedText || Date.now() % 1000000) >>> 0;
const seed = state;

function random(below) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state >>> 8) % below;
}

const oneOf = (list) => list[random(list.length)];
const TEXTS = ['', 'a', '544a0b4ee4b0a1b2c3d4e5f6', '\u5c0f\u660e', '\u{1f600}', 'line\n"quoted" \\ \u0001\u007f', 'a\0b', 'x'.repeat(300)];
const JSONS = ['{}', '[1,"x",{"$in":[]}]', '{"n":12345678901234567890}', '{no=json}', '"t"', '-1.5e3'];
const INTS = [0, 1, 127, 128, -1, -65535, 2147483647, -2147483648];
const LONGS = ['0', '1', '-1', '1733000000000', '9223372036854775807', '-9223372036854775808'];

function randomValue(field) {
  const type = field.resolvedType;
  if (type instanceof protobuf.Enum) return oneOf([...Object.values(type.values), 999]);
  if (type && type.name === 'JsonObjectMessage') return {data: oneOf(JSONS)};
  if (type) return randomMessage(type);
  switch (field.type) {
    case 'bytes': return Buffer.from(Array.from({length: random(40)}, () => random(256)));
    case 'string': return oneOf(TEXTS);
    case 'bool': return random(2) === 1;
    case 'int32': return oneOf(INTS);
    case 'int64': return Long.fromString(oneOf(LONGS));
    default: throw new Error(`a field of type ${field.type}`);
  }
}

function randomMessage(type) {
  const message = {};
  for (const field of fieldsOf(type)) {
    if (type === Generic && (BODY.test(field.name) || field.name === 'cmd')) continue;
    if (!field.required && random(100) >= 60) continue;
    message[field.name] = field.repeated ? Array.from({length: random(6)}, () => randomValue(field)) : randomValue(field);
  }
  return message;
}

function randomCommand(body) {
  const message = randomMessage(Generic);
  message.cmd = CommandType.values[BODY.exec(body.name)[1]];
  message[body.name] = randomMessage(body.resolvedType);
  return message;
}

// --- the tests -----------------------------------------------------------------------------------------

const bodies = fieldsOf(Generic).filter((field) => BODY.test(field.name));
const hexOf = (bytes) => Buffer.from(bytes).toString('hex');

const tests = {
  'commands made by the codec mean the same to protobufjs'() {
    const made = ask(['make', String(seed), String(ROUNDS)]);
    assert.strictEqual(made.length, ROUNDS * bodies.length);
    const seen = new Set();
    const note = (type, message) => {
      for (const field of fieldsOf(type)) {
        if (!Object.prototype.hasOwnProperty.call(message, field.name)) continue;
        seen.add(field.fullName);
        const values = field.repeated ? message[field.name] : [message[field.name]];
        if (field.resolvedType instanceof protobuf.Type) values.forEach((one) => note(field.resolvedType, one));
      }
    };
    for (const {hex, json} of made) {
      const message = Generic.decode(Buffer.from(hex, 'hex'));
      assert.strictEqual(flat(message), json);
      assert.strictEqual(hexOf(Generic.encode(message).finish()), hex);
      note(Generic, message);
    }
    // Each field of the schema came, or the two would agree about nothing.
    const missing = root.lookup('push_server.messages2').nestedArray.filter((one) => one instanceof protobuf.Type)
      .flatMap((type) => fieldsOf(type)).map((field) => field.fullName).filter((name) => !seen.has(name));
    assert.deepStrictEqual(missing, []);
  },
  'commands made by protobufjs mean the same to the codec'() {
    const commands = bodies.flatMap((body) => Array.from({length: ROUNDS}, () => randomCommand(body)));
    const sent = commands.map((message) => hexOf(Generic.encode(message).finish()));
    const answers = ask(['protobuf'], sent);
    assert.strictEqual(answers.length, sent.length);
    answers.forEach(({hex, json}, i) => {
      assert.strictEqual(hex, sent[i]);
      assert.strictEqual(json, flat(commands[i]));
    });
  },
  'the flat JSON of a command is the same command to the codec'() {
    const commands = bodies.flatMap((body) => Array.from({length: ROUNDS}, () => randomCommand(body)))
      // What is no JSON becomes a text on the way.
      .filter((message) => !flat(message).includes('{no=json}'));
    assert.ok(commands.length > ROUNDS * bodies.length / 2);
    const answers = ask(['json'], commands.map(flat));
    assert.strictEqual(answers.length, commands.length);
    answers.forEach(({hex}, i) => assert.strictEqual(hex, hexOf(Generic.encode(commands[i]).finish())));
  },
};

let failed = 0;
for (const [name, run] of Object.entries(tests)) {
  try {
    run();
    console.log(`ok      ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAILED  ${name} (seed ${seed})\n${error.stack.slice(0, 4000)}`);
  }
}
const passed = Object.keys(tests).length - failed;
console.log(`# pass ${passed}\n# fail ${failed}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
