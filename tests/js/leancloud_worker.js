// SPDX-License-Identifier: Apache-2.0
// Plays the scenarios with one version of the client and tells its parent how each one ended.
// usage: (forked) leancloud_worker.js KITHD KITH VERSION NODE_MODULES OTHER_VERSION OTHER_NODE_MODULES [WORDS]
'use strict';

const harness = require('./harness.js');
const {APP, MASTER_KEY, Service, within} = require('./leancloud_peer.js');
const {scenarios, Stage} = require('./leancloud_scenarios.js');

const [kithdFile, kithFile, version, modules, otherVersion, otherModules, words] = process.argv.slice(2);

async function play(scene, set, number) {
  const stage = new Stage(set, scene, number);
  const began = Date.now();
  try {
    await within(scene.name, scene.run(stage));
    process.send({name: scene.name, ms: Date.now() - began});
  } catch (error) {
    process.send({name: scene.name, error: String(error.stack || error), code: error.code});
  }
  stage.end();
}

async function main() {
  const chosen = scenarios.filter((scene) => !words || scene.name.includes(words));
  // Both report what a test provokes: calls without a connection, a REST call that kithd has not got.
  console.warn = () => {};
  process.on('unhandledRejection', () => {});
  const set = {version, modules, kithdFile, kithFile, otherVersion, otherModules};
  const certificate = process.env.NODE_EXTRA_CA_CERTS;
  const secured = ['--tls-cert', certificate, '--tls-key', `${certificate}.key`];
  let number = 0;
  for (const [signed, tls] of [[false, false], [true, false], [false, true], [true, true]]) {
    const scenes = chosen.filter((one) => (one.signed === true) === signed && (one.tls === true) === tls);
    if (scenes.length === 0) continue;
    const serviceArgs = ['--log-level', 'warn', '--app', `${APP}:key:${MASTER_KEY}`,
      ...(signed ? ['--require-signature'] : []), ...(tls ? secured : [])];
    const service = await Service.start(kithdFile, serviceArgs);
    for (const scene of scenes) {
      if (scene.only && !version.startsWith(scene.only)) {
        process.send({name: scene.name, cannot: true});
        continue;
      }
      await play(scene, {...set, service, serviceArgs}, ++number);
    }
    await service.stop();
  }
}

harness.runMain(main);
