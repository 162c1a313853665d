import type { EndedSpan } from '../../src/telemetry/span.js';
import { Traces } from '../../src/telemetry/traces.js';

/** For what is traced and nobody looks. */
export const untraced = Traces.off();

export interface Traced {
  readonly traces: Traces;
  /** What a collector would have been told, in that order. */
  readonly spans: EndedSpan[];
}

/** Traces of which all is told. */
export function traced({ capturesContent = false }: { readonly capturesContent?: boolean } = {}): Traced {
  const spans: EndedSpan[] = [];
  const traces = new Traces({
    sink: (some) => {
      spans.push(...some);
    },
    isSampled: (_, parent) => parent?.isSampled ?? true,
    capturesContent,
  });
  return { traces, spans };
}
