import { describe, expect, it } from 'vitest';

import { ToolCallGatherer } from '../../../src/providers/answer/gather-tool-calls.js';
import type { ToolCallPiece } from '../../../src/providers/wire-format.js';
import { nameTools } from '../../../src/providers/request/tool-names.js';

function gather(pieces: readonly Partial<ToolCallPiece>[]) {
  const gatherer = new ToolCallGatherer();
  for (const piece of pieces) gatherer.add({ id: '', name: '', arguments: '', ...piece });
  return gatherer.finish(nameTools(['search', 'mcp/a/b']), 2);
}

describe('ToolCallGatherer', () => {
  it('puts calls together whose pieces are interleaved', () => {
    const pieces = [
      { index: 0, id: 'a', name: 'search', arguments: '{"q":' },
      { index: 1, id: 'b', name: 'mcp__a__b' },
      { index: 0, arguments: '"x"}' },
      { index: 1, arguments: '{}' },
    ];
    expect(gather(pieces)).toEqual([
      { id: 'a', name: 'search', arguments: { q: 'x' } },
      { id: 'b', name: 'mcp/a/b', arguments: {} },
    ]);
  });

  it('tells calls without an index apart by their ids', () => {
    const pieces = [
      { id: 'a', name: 'search', arguments: '{}' },
      { id: 'b', name: 'search', arguments: '{}' },
    ];
    expect(gather(pieces).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('makes ids that are missing, other ones in another turn', () => {
    expect(
      gather([
        { index: 0, name: 'search' },
        { index: 1, name: 'search' },
      ]).map(({ id }) => id),
    ).toEqual(['call_2_0', 'call_2_1']);
  });

  it('takes no arguments as an empty object, and keeps what is no JSON as the text that it is', () => {
    const pieces = [
      { index: 0, name: 'search' },
      { index: 1, name: 'search', arguments: '{"q":' },
    ];
    expect(gather(pieces).map((call) => call.arguments)).toEqual([{}, '{"q":']);
  });

  it.each(['', '{}', 'null'])('takes what names no tool and brings %j for no call', (args) => {
    const pieces = [
      { index: 0, id: 'call_1', name: '', arguments: args },
      { index: 1, name: 'search' },
    ];
    expect(gather(pieces).map(({ name }) => name)).toEqual(['search']);
  });

  it('refuses arguments without end', () => {
    const piece = { index: 0, arguments: 'x'.repeat(600_000) };
    expect(() => gather([piece, piece])).toThrow(expect.objectContaining({ code: 'answer_too_large' }));
  });
});
