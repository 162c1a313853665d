/**
 * dist, as several processes may make it at once while others run from it: every file comes by rename, so that it is there
 * as it was or as it will be, and one that would not change is left alone. What a product was made from is recorded last.
 */
import { Buffer } from 'node:buffer';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { filesIn, inProject } from './project.mjs';

const DIST = inProject('dist');
const RECORDS = 'made';
const INCOMING = /\.\d+\.incoming$/;

/** What a product that is there was made from; undefined where it is not there, or not whole. */
export function recordedInputs(product) {
  try {
    return JSON.parse(readFileSync(recordPath(product), 'utf8'));
  } catch {
    return undefined;
  }
}

/** `files`: the contents by path. What else the product had is removed. */
export function putProduct(product, { files, inputs }) {
  rmSync(recordPath(product), { force: true });
  for (const [path, content] of files) putFile(join(DIST, path), content);
  const others = filesIn(DIST).filter((path) => isOfProduct(path) && product.owns(path) && !files.has(path));
  for (const path of others) rmSync(join(DIST, path), { force: true });
  putFile(recordPath(product), JSON.stringify(inputs));
}

function putFile(path, content) {
  if (hasContent(path, content)) return;
  mkdirSync(dirname(path), { recursive: true });
  const incoming = `${path}.${process.pid}.incoming`;
  writeFileSync(incoming, content);
  renameSync(incoming, path);
}

function hasContent(path, content) {
  try {
    return readFileSync(path).equals(Buffer.from(content));
  } catch {
    return false;
  }
}

/** Without the records, and without what another process is just putting there. */
function isOfProduct(path) {
  return !path.startsWith(`${RECORDS}/`) && !INCOMING.test(path);
}

function recordPath({ name }) {
  return join(DIST, RECORDS, `${name}.json`);
}
