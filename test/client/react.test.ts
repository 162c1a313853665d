import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it } from 'vitest';

import { useExecution } from '../../src/client/react.js';

function Execution({ executionId }: { readonly executionId: string | undefined }) {
  const { status, text } = useExecution({ url: 'http://127.0.0.1:1', executionId });
  return createElement('p', null, status, text);
}

describe('useExecution', () => {
  it.each(['e1', undefined])('waits where pages are rendered by a server, with the id %s', (executionId) => {
    expect(renderToString(createElement(Execution, { executionId }))).toBe('<p>waiting</p>');
  });
});
