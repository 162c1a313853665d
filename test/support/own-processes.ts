import type { CommandName } from '../../src/cli/commands.js';
import { newSetting, type Setting } from './everything.js';
import { createTestDatabase, type TestDatabase } from './postgres.js';
import { SpawnedProcess } from './spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from './temporal-server.js';

/** A Temporal server and a database of one test's own, and the processes that it starts on them, one by one. */
export class OwnProcesses {
  readonly all: SpawnedProcess[] = [];

  private constructor(
    readonly temporal: TestTemporalServer,
    readonly database: TestDatabase,
    readonly setting: Setting,
  ) {}

  /** `variables` besides those that say where the two are. */
  static async on(variables: Readonly<Record<string, string>> = {}): Promise<OwnProcesses> {
    const [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
    const places = { TEMPORAL_ADDRESS: temporal.address, STORAGE_URL: database.url };
    return new OwnProcesses(temporal, database, await newSetting({ ...places, ...variables }));
  }

  /** Of the API, once there is one. */
  get address(): string {
    return this.setting.address;
  }

  /** Resolves when it is ready. */
  async start(command: CommandName): Promise<SpawnedProcess> {
    const started = SpawnedProcess.start(command, this.setting.environment);
    this.all.push(started);
    await started.untilReady();
    return started;
  }

  async end(): Promise<void> {
    await Promise.all(this.all.map((one) => one.kill()));
    await Promise.all([this.temporal.stop(), this.setting.remove()]);
    await this.database.drop();
  }
}
