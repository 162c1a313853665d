import { StrictMode, useState } from 'react';
import { createRoot, type Root } from 'react-dom/client';

import { useExecution } from '../../../src/client/react.js';
import type { ShownExecution } from './page-functions.js';

let renders = 0;

/** New objects for every option on each render, as callers write them. */
function Execution({ url, executionId, headers }: ShownExecution) {
  const execution = useExecution({ url, executionId, types: ['content_chunk'], headers: { ...headers } });
  renders += 1;
  return (
    <section>
      <output id="status">{execution.status}</output>
      <pre id="text">{execution.text}</pre>
      {execution.status === 'completed' && <output id="verified">{String(execution.isVerified)}</output>}
      {execution.status === 'refused' && <output id="error">{execution.error.code}</output>}
      <output id="renders">{renders}</output>
    </section>
  );
}

function Page(options: ShownExecution) {
  const [clicks, setClicks] = useState(0);
  return (
    <>
      <button
        onClick={() => {
          setClicks(clicks + 1);
        }}
      >
        Clicked {clicks} times
      </button>
      <Execution {...options} />
    </>
  );
}

let root: Root | undefined;

export function showExecution(options: ShownExecution): void {
  root ??= createRoot(document.body.appendChild(document.createElement('main')));
  root.render(
    <StrictMode>
      <Page {...options} />
    </StrictMode>,
  );
}

export function leaveExecution(): void {
  root?.unmount();
  root = undefined;
}
