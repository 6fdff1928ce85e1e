// SPDX-License-Identifier: Apache-2.0
// The vendor's current clients, unmodified, against kithd: a table of what each one can.
// usage: node leancloud_realtime_test.js KITHD KITH FOLDER [WORDS], where FOLDER holds one folder
// with node_modules for each version; with WORDS only the scenarios whose name has them.
'use strict';

const childProcess = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const VERSIONS = ['4.3.1', '5.0.0-rc.8'];
const [kithd, kith, folder, words] = process.argv.slice(2);
const modulesOf = (version) => path.join(path.resolve(folder), `leancloud-realtime-${version}`, 'node_modules');

/** A certificate that the clients trust, with its key beside it. */
function makeCertificate(made) {
  const certificate = path.join(made, 'certificate.pem');
  childProcess.execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
    '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1',
    '-keyout', `${certificate}.key`, '-out', certificate], {stdio: 'ignore'});
  return certificate;
}

/** Results by the name of the scenario, and how the process ended. */
function play(version, certificate) {
  const other = VERSIONS.find((one) => one !== version);
  const args = [kithd, kith, version, modulesOf(version), other, modulesOf(other)];
  const worker = childProcess.fork(path.join(__dirname, 'leancloud_worker.js'), words ? [...args, words] : args,
    {execArgv: ['--no-deprecation'], env: {...process.env, NODE_EXTRA_CA_CERTS: certificate}});
  const results = new Map();
  worker.on('message', (result) => {
    results.set(result.name, result);
    if (result.error) console.log(`FAILED  ${version}  ${result.name}\n${result.error}\n`);
  });
  return new Promise((resolve) => worker.on('exit', (code) => resolve({version, results, code})));
}

function shown(result) {
  if (!result) return 'MISSING';
  if (result.cannot) return '-';
  return result.error ? 'FAILED' : 'ok';
}

async function main() {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'kith-js-'));
  const certificate = makeCertificate(made);
  const runs = [];
  for (const version of VERSIONS) runs.push(await play(version, certificate));
  fs.rmSync(made, {recursive: true, force: true});
  const names = new Set(runs.flatMap((run) => [...run.results.keys()]));
  let passed = 0;
  let failed = runs.filter((run) => run.code !== 0).length;
  console.log(`${VERSIONS.map((version) => version.padEnd(12)).join('')}scenario`);
  for (const name of names) {
    const cells = runs.map((run) => shown(run.results.get(name)));
    passed += cells.filter((cell) => cell === 'ok').length;
    failed += cells.filter((cell) => cell === 'FAILED' || cell === 'MISSING').length;
    console.log(`${cells.map((cell) => cell.padEnd(12)).join('')}${name}`);
  }
  for (const run of runs) {
    const spent = [...run.results.values()].reduce((sum, result) => sum + (result.ms || 0), 0);
    console.log(`# ${run.version}: ${run.results.size} scenarios, ${(spent / 1000).toFixed(1)} s, exit ${run.code}`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

main();
