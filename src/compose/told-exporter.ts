interface Exporter<Told, Result> {
  export(told: Told, answered: (result: Result) => void): void;
  shutdown(): Promise<void>;
}

interface Logger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** What is told to a collector. */
export interface ToldThere {
  readonly what: 'metrics' | 'traces';
  /** The variable that names the collector. */
  readonly variable: string;
}

/** Says once that a collector takes nothing, and once that it does again. */
export class ToldExporter<Told, Result extends { readonly error?: Error | undefined }> {
  readonly #exporter: Exporter<Told, Result> & { forceFlush?(): Promise<void> };
  readonly #told: ToldThere;
  readonly #logger: Logger;
  #isAway = false;

  constructor(exporter: Exporter<Told, Result> & { forceFlush?(): Promise<void> }, told: ToldThere, logger: Logger) {
    this.#exporter = exporter;
    this.#told = told;
    this.#logger = logger;
  }

  export(told: Told, answered: (result: Result) => void): void {
    this.#exporter.export(told, (result) => {
      this.#note(result.error);
      answered(result);
    });
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.#exporter.shutdown();
  }

  #note(error: Error | undefined): void {
    const { what, variable } = this.#told;
    if (error !== undefined && !this.#isAway)
      this.#logger.warn({ reason: collectorFault(error) }, `the collector of ${variable} takes no ${what}`);
    if (error === undefined && this.#isAway) this.#logger.info({}, `the collector takes ${what} again`);
    this.#isAway = error !== undefined;
  }
}

/** In words: the status of a collector that refuses is its code, and where several addresses were tried, the code is all there is. */
export function collectorFault(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'number') return `${code} ${error.message}`.trim();
  if (error.message !== '') return error.message;
  return typeof code === 'string' ? code : error.name;
}
