import { StrictMode, useState } from 'react';
import { createRoot, type Root } from 'react-dom/client';

import { Answer } from './answer.js';
import type { ShownExecution } from './page-functions.js';

let root: Root | undefined;

/** Renders the answer again with every click. */
function Page({ url, executionId }: ShownExecution) {
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
      <Answer url={url} executionId={executionId} makeTicket={() => Promise.resolve('none')} />
    </>
  );
}

export function showExecution(shown: ShownExecution): void {
  root ??= createRoot(document.body.appendChild(document.createElement('main')));
  root.render(
    <StrictMode>
      <Page {...shown} />
    </StrictMode>,
  );
}

export function leaveExecution(): void {
  root?.unmount();
  root = undefined;
}
