import type { Writable } from 'node:stream';

import type { WebSocket } from 'ws';

import { closeFirmly } from './close-firmly.js';

/** A peer that takes nothing for so long gets nothing more. */
const DRAIN_PATIENCE_MS = 30_000;
const BUFFERED_BYTES = 64 * 1024;

const TOO_SLOW = 1013;

/** Whether so much waits to be sent that nothing should be added. */
export function isFull(socket: WebSocket): boolean {
  return socket.bufferedAmount > BUFFERED_BYTES;
}

/**
 * Resolves with true when everything has been taken that waited, with false when nobody takes anything any more; a peer
 * that is there and takes too little is closed with 1013.
 */
export async function hasRoom(socket: WebSocket, onTooSlow: () => void = () => undefined): Promise<boolean> {
  const isTaken = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(resolve, DRAIN_PATIENCE_MS, false);
    // Goes out behind all that waits.
    socket.ping('', undefined, () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
  if (!isTaken) onTooSlow();
  if (!isTaken) closeFirmly(socket, TOO_SLOW, 'too slow: connect again with your cursor');
  return isTaken && socket.readyState === socket.OPEN;
}

/** Resolves with true when a connection takes more again, with false when it has closed or takes nothing for too long. */
export async function drained(wire: Writable, onTooSlow: () => void): Promise<boolean> {
  return await new Promise((resolve) => {
    const timer = setTimeout(() => {
      onTooSlow();
      resolve(false);
    }, DRAIN_PATIENCE_MS);
    const settle = (result: boolean) => {
      clearTimeout(timer);
      wire.off('drain', onDrain).off('close', onClose);
      resolve(result);
    };
    const onDrain = () => {
      settle(true);
    };
    const onClose = () => {
      settle(false);
    };
    wire.on('drain', onDrain).on('close', onClose);
  });
}
