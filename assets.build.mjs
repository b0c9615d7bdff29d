// Bundles webapp/assets into webapp/static/dist, which is committed: no page needs Node, npm or another host.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const source = 'webapp/assets';
const target = 'webapp/static/dist';

fs.rmSync(target, { recursive: true, force: true });
const result = await build({
  entryPoints: ['theme.js', 'app.js', 'viewer.js', 'app.css', 'viewer.css'].map((name) => path.join(source, name)),
  outdir: target,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome100', 'firefox100', 'safari15'],
  metafile: true,
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
  loader: { '.svg': 'dataurl' },
});

// The licence of every package of which a byte really went into a bundle.
const packages = new Map();
for (const input of Object.keys(result.metafile.inputs)) {
  const folder = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1];
  if (!folder || packages.has(folder)) continue;
  const about = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const texts = fs.readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).sort()
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8').trim());
  const licence = typeof about.license === 'string' ? about.license : about.license?.type ?? 'see text';
  packages.set(folder, { title: `${about.name} ${about.version} (${licence})`, licence, texts });
}
const sorted = [...packages.values()].sort((a, b) => (a.title < b.title ? -1 : 1));
const odd = sorted.filter((found) => !/^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|SEE LICENSE IN LICENSE)$/.test(found.licence));
if (odd.length) throw new Error(`licence to be looked at first: ${odd.map((found) => found.title).join(', ')}`);
fs.writeFileSync(
  path.join(target, 'THIRD_PARTY_LICENSES.txt'),
  sorted.map((found) => `=== ${found.title}\n\n${found.texts.join('\n\n')}\n`).join('\n'),
);

// Content hashes: pages ask for app.css?v=<hash>, so browsers may keep a file for ever.
const hash = (name) => createHash('sha256').update(fs.readFileSync(path.join(target, name))).digest('hex').slice(0, 12);
const names = fs.readdirSync(target).filter((name) => name !== 'manifest.json').sort();
fs.writeFileSync(path.join(target, 'manifest.json'), `${JSON.stringify(Object.fromEntries(names.map((name) => [name, hash(name)])), null, 1)}\n`);
for (const name of names) console.log(name.padEnd(26), fs.statSync(path.join(target, name)).size);
