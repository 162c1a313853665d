import { exitWhenUnread } from '../../compose/end-request.js';
import { runDoctor } from '../doctor.js';

/** One look around. */
export async function doctor(): Promise<void> {
  exitWhenUnread();
  process.exitCode = await runDoctor();
}
