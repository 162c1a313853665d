/**
 * Asks the process in this container whether it lives or is ready: `node deploy/check-health.mjs live|ready`. A worker is asked at
 * WORKER_HEALTH_PORT, an API at PORT. Ends with 0 when it says so; else with 1 and what was answered. Needs nothing but Node.
 */
import { request as plainly } from 'node:http';
import { request as securely } from 'node:https';

const WITHIN_MS = 4000;

const what = process.argv[2];
if (what !== 'live' && what !== 'ready') end(2, 'How to call it: node deploy/check-health.mjs live|ready');
const { WORKER_HEALTH_PORT, PORT = '4000', TLS_CERT_FILE } = process.env;
const isTls = !WORKER_HEALTH_PORT && Boolean(TLS_CERT_FILE);
const options = { host: '127.0.0.1', port: WORKER_HEALTH_PORT || PORT, path: `/health/${what}`, timeout: WITHIN_MS };
// It is this very machine that is asked, and its certificate is for another name.
const asked = isTls ? securely({ ...options, rejectUnauthorized: false }) : plainly(options);

asked
  .on('response', async (response) => {
    let text = '';
    for await (const chunk of response) text += chunk;
    end(response.statusCode === 200 ? 0 : 1, text);
  })
  .on('timeout', () => end(1, `no answer within ${WITHIN_MS} ms`))
  .on('error', (error) => end(1, error.message))
  .end();

function end(code, text) {
  console.log(text);
  process.exit(code);
}
