import { exitWhenUnread } from '../../compose/end-request.js';
import { runDoctor } from '../doctor.js';

/** One look around. */
export async function doctor(): Promise<void> {
  exitWhenUnread();
  const code = await runDoctor();
  // Modules of tools may have opened what keeps a process alive.
  process.exit(code);
}
