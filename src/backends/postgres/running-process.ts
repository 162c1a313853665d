import { readFileSync, readlinkSync } from 'node:fs';

/** A process of this machine, told apart from any other one that had or will have its id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process started, where the system tells: a process id alone may have been given to another one. */
  readonly startedAt?: string;
  /** In which process ids the pid counts, and since which boot; absent where the system does not tell. */
  readonly pidNamespace?: string;
  readonly bootId?: string;
}

/** What the system tells of a process: Linux only. */
export interface ProcessStat {
  readonly parent: number;
  /** In clock ticks since boot. */
  readonly startedAt: string;
  /** It has ended, and nobody has asked for its end yet. */
  readonly isZombie: boolean;
}

/** Who a process is, as far as the system tells. */
export function identityOf(pid: number): ProcessIdentity {
  const [startedAt, namespace, boot] = [statOf(pid)?.startedAt, pidNamespace(), bootId()];
  return {
    pid,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(namespace === undefined ? {} : { pidNamespace: namespace }),
    ...(boot === undefined ? {} : { bootId: boot }),
  };
}

/** Whether it lives, as far as can be told: where the system does not tell when a process started, the id alone counts. */
export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to someone else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const now = statOf(pid);
  if (now?.isZombie === true) return false;
  return startedAt === undefined || now === undefined || now.startedAt === startedAt;
}

/** Whether it is certain that this very process runs here, and not another one with its id: for whoever means to end it. */
export function isCertainlyRunning(one: ProcessIdentity): boolean {
  const isOfHere = one.bootId === bootId() && one.pidNamespace === pidNamespace();
  const now = statOf(one.pid);
  return isOfHere && now !== undefined && !now.isZombie && now.startedAt === one.startedAt;
}

/** From the stat line of a process, behind its name, which may have anything in it; undefined where there is none. */
export function statOf(pid: number): ProcessStat | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent, ...rest] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const startedAt = rest[17];
    return startedAt === undefined ? undefined : { parent: Number(parent), startedAt, isZombie: /[ZX]/.test(state) };
  } catch {
    return undefined;
  }
}

export function pidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
