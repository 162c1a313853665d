import { errorCodesByApollo, readByApollo } from './apollo.js';
import { leaveExecution, showExecution } from './execution-page.js';
import { readByEventSource, readByWebSocket, sendBlindly, tryEveryDoor } from './own-means.js';
import type { PageFunctions } from './page-functions.js';
import { errorCodesByUrql, readByUrql } from './urql.js';

const functions: PageFunctions = {
  readByEventSource,
  readByWebSocket,
  tryEveryDoor,
  sendBlindly,
  readByApollo,
  errorCodesByApollo,
  readByUrql,
  errorCodesByUrql,
  showExecution,
  leaveExecution,
};

Object.assign(globalThis, { page: functions });
