interface Exporter<Told, Result> {
  export(told: Told, answered: (result: Result) => void): void;
  shutdown(): Promise<void>;
}

interface Logger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

/** Says once that a collector takes nothing, and once that it does again. `what`: metrics, or traces. */
export class ToldExporter<Told, Result extends { readonly error?: Error | undefined }> {
  readonly #exporter: Exporter<Told, Result> & { forceFlush?(): Promise<void> };
  readonly #what: string;
  readonly #logger: Logger;
  #isAway = false;

  constructor(exporter: Exporter<Told, Result> & { forceFlush?(): Promise<void> }, what: string, logger: Logger) {
    this.#exporter = exporter;
    this.#what = what;
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
    if (error !== undefined && !this.#isAway)
      this.#logger.warn(
        { reason: error.message },
        `the collector of OTEL_EXPORTER_OTLP_ENDPOINT takes no ${this.#what}`,
      );
    if (error === undefined && this.#isAway) this.#logger.info({}, `the collector takes ${this.#what} again`);
    this.#isAway = error !== undefined;
  }
}
