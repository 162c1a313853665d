import { setTimeout as delay } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';

import { CHAT } from '../providers/formats/contract/wire-under-test.js';
import { LONG_PROSE } from './aimock-review.js';
import { beginStream, startFaultServer } from './fault-server.js';

const PACE_MS = 50;

/** A provider that says a long prose to everybody, and stops in the middle of it for as long as a test wants. */
export interface HeldProse {
  readonly baseUrl: string;
  /** The next answer about a topic stops after so many chunks, until the function that is given is called. */
  hold(topic: string, chunks: number): () => void;
  /** How often it has been asked about a topic, and how often it has told all of it. */
  told(topic: string): { readonly asked: number; readonly whole: number };
  /** Each time that it was asked about a topic: when, as `performance.now` says it, and what it says to that, piece by piece. */
  tellings(topic: string): readonly Telling[];
  stop(): Promise<void>;
}

export interface Telling {
  readonly askedAt: number;
  readonly pieces: readonly string[];
}

interface HeldProseOptions {
  /** Each time that it is asked it says it in other words: no piece of one answer is in another. */
  readonly inOtherWords?: boolean;
}

interface Hold {
  readonly topic: string;
  readonly chunks: number;
  readonly isOver: Promise<void>;
}

/** Its answers come in so many chunks. */
export async function startHeldProse(
  chunks: number,
  { inOtherWords = false }: HeldProseOptions = {},
): Promise<HeldProse> {
  const server = await startFaultServer();
  const holds: Hold[] = [];
  const asks: { readonly asked: string; readonly telling: Telling; isWhole: boolean }[] = [];
  const size = Math.ceil(LONG_PROSE.length / chunks);
  const words = Array.from({ length: chunks }, (_, n) => LONG_PROSE.slice(n * size, (n + 1) * size));
  server.behave((_request, response, body) => {
    const asked = JSON.stringify(body);
    const index = holds.findIndex(({ topic }) => asked.includes(topic));
    const pieces = inOtherWords ? words.map((piece) => `<${asks.length}>${piece}`) : words;
    const ask = { asked, telling: { askedAt: performance.now(), pieces }, isWhole: false };
    asks.push(ask);
    void say(response, pieces, index === -1 ? undefined : holds.splice(index, 1)[0]).then((isWhole) => {
      ask.isWhole = isWhole;
    });
  });
  return {
    baseUrl: server.baseUrl,
    hold: (topic, chunks) => {
      let release = (): void => undefined;
      const isOver = new Promise<void>((resolve) => {
        release = resolve;
      });
      holds.push({ topic, chunks, isOver });
      return release;
    },
    told: (topic) => {
      const about = asks.filter(({ asked }) => asked.includes(topic));
      return { asked: about.length, whole: about.filter(({ isWhole }) => isWhole).length };
    },
    tellings: (topic) => asks.filter(({ asked }) => asked.includes(topic)).map(({ telling }) => telling),
    stop: () => server.stop(),
  };
}

/** Whether somebody was there to the end. */
async function say(response: ServerResponse, pieces: readonly string[], hold: Hold | undefined): Promise<boolean> {
  beginStream(response);
  for (const [said, piece] of pieces.entries()) {
    if (said === hold?.chunks) await hold.isOver;
    if (response.destroyed) return false;
    response.write(CHAT.text(piece));
    await delay(PACE_MS);
  }
  response.end(CHAT.finish('stop'));
  return true;
}
