import { emptyResource } from '@opentelemetry/resources';
import type { CollectionResult, MetricCollectOptions, MetricProducer } from '@opentelemetry/sdk-metrics';

/** What others measure, who come later than the readers that ask for it. */
export class JoinedProducers implements MetricProducer {
  readonly #producers: MetricProducer[] = [];

  add(producer: MetricProducer): void {
    this.#producers.push(producer);
  }

  async collect(options?: MetricCollectOptions): Promise<CollectionResult> {
    const results = await Promise.all(this.#producers.map((producer) => producer.collect(options)));
    const scopeMetrics = results.flatMap(({ resourceMetrics }) => resourceMetrics.scopeMetrics);
    return {
      resourceMetrics: { resource: emptyResource(), scopeMetrics },
      errors: results.flatMap(({ errors }) => errors),
    };
  }
}
