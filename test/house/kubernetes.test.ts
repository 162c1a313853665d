import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { LAST_RESORT_MS } from '../../src/compose/run-process.js';
import { readComposeFile } from '../../scripts/cluster/compose-file.js';
import { isRead } from '../support/read-variables.js';

const FOLDER = 'deploy/kubernetes';

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly exec?: { readonly command: readonly string[] };
}
type Labels = Readonly<Record<string, string>>;
interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly resources: { readonly requests: Labels; readonly limits: Labels };
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
  readonly data?: Labels;
  readonly resources?: readonly string[];
  readonly images?: readonly { readonly name: string; readonly newTag: string }[];
  readonly spec: {
    readonly replicas: number;
    readonly minAvailable: number;
    readonly selector: Labels & { readonly matchLabels: Labels };
    readonly ports: readonly { readonly targetPort: string }[];
    readonly template: {
      readonly metadata: { readonly labels: Labels };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: unknown;
        readonly serviceAccountName: string;
        readonly containers: readonly Container[];
        readonly volumes: readonly { readonly name: string }[];
      };
    };
  };
}

const all = readdirSync(FOLDER).flatMap((name) =>
  parseAllDocuments(readFileSync(`${FOLDER}/${name}`, 'utf8')).map((document) => {
    expect(document.errors, name).toEqual([]);
    return document.toJS() as Manifest;
  }),
);
const ofKind = (kind: string) => all.filter((one) => one.kind === kind);
const [kustomization] = ofKind('Kustomization');
const [settings, prices] = ofKind('ConfigMap');
const deployments = ofKind('Deployment');
/** Prices are no secret. */
const isSecretFile = (variable: string) => variable.endsWith('_FILE') && variable !== 'PRICES_FILE';
const healthPaths = [...readFileSync('src/api/health.ts', 'utf8').matchAll(/'(\/health\/\w+)'/g)].map(
  ([, path]) => path,
);

it('the base has every file of its folder', () => {
  const others = readdirSync(FOLDER).filter((name) => name !== 'kustomization.yaml');
  expect([...(kustomization?.resources ?? [])].sort()).toEqual(others.sort());
});

it('the image is the one that docker-compose.yml builds', () => {
  const images = (kustomization?.images ?? []).map(({ name, newTag }) => `${name}:${newTag}`);
  expect(images).toEqual([readComposeFile('docker-compose.yml', {}).services['api']?.image]);
});

it('there is an API and a worker', () => {
  expect(deployments.map(({ metadata }) => metadata.name)).toEqual(['circuit-breaker-api', 'circuit-breaker-worker']);
});

describe.each(deployments.map((one) => [one.metadata.name, one] as const))('%s', (name, { spec }) => {
  const { template } = spec;
  const [container] = template.spec.containers;
  if (container === undefined) throw new Error('has no container');
  const told = { ...settings?.data, ...Object.fromEntries((container.env ?? []).map((one) => [one.name, one.value])) };

  it('selects its own pods', () => {
    expect(template.metadata.labels).toMatchObject(spec.selector.matchLabels);
    const [budget] = ofKind('PodDisruptionBudget').filter((one) => one.metadata.name === name);
    expect(budget?.spec.selector.matchLabels).toEqual(spec.selector.matchLabels);
    expect(budget?.spec.minAvailable).toBeLessThan(spec.replicas);
  });

  it('is told only what is read', () => {
    expect(Object.keys(told).filter((one) => !isRead(one))).toEqual([]);
  });

  it('finds its secrets where they are mounted, each with a name that make-secrets.sh makes', () => {
    const mount = container.volumeMounts.find(({ name: volume }) => volume === 'secrets')?.mountPath ?? '';
    const made = readFileSync('deploy/make-secrets.sh', 'utf8');
    for (const [, path] of Object.entries(told).filter(([variable]) => isSecretFile(variable))) {
      expect(path.startsWith(`${mount}/`)).toBe(true);
      expect(made).toContain(`make ${path.slice(mount.length + 1)} `);
    }
  });

  it('is asked at addresses that there are', () => {
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      const path = probe.httpGet?.path ?? `/health/${probe.exec?.command[2] ?? ''}`;
      expect(healthPaths).toContain(path);
      if (probe.httpGet !== undefined) {
        const port = container.ports?.find((one) => one.name === probe.httpGet?.port);
        expect(String(port?.containerPort)).toBe(told['PORT']);
      } else expect(probe.exec?.command.slice(0, 2)).toEqual(['node', 'deploy/check-health.mjs']);
    }
    expect(JSON.stringify(container.livenessProbe)).toContain('live');
    expect(JSON.stringify(container.readinessProbe)).toContain('ready');
  });

  it('has more time to end than it takes at the most', () => {
    const before = Number(container.lifecycle?.preStop.exec.command[1] ?? 0);
    expect(template.spec.terminationGracePeriodSeconds - before).toBeGreaterThan(LAST_RESORT_MS / 1000);
  });

  it('is nobody who matters, can become nobody else, and takes so much', () => {
    expect(template.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(Object.keys(container.resources.requests)).toEqual(['cpu', 'memory']);
    expect(container.resources.limits).toHaveProperty('memory');
    expect(container.volumeMounts.map((one) => one.name)).toEqual(template.spec.volumes.map((one) => one.name));
    expect(template.spec.serviceAccountName).toBe(ofKind('ServiceAccount')[0]?.metadata.name);
  });
});

it('the worker finds prices where they are mounted', () => {
  const worker = deployments.find(({ metadata }) => metadata.name.endsWith('worker'))?.spec.template.spec;
  const [container] = worker?.containers ?? [];
  const mount = container?.volumeMounts.find(({ name }) => name === 'prices')?.mountPath;
  expect(worker?.volumes).toContainEqual({ name: 'prices', configMap: { name: prices?.metadata.name } });
  expect(container?.env?.find(({ name }) => name === 'PRICES_FILE')?.value).toBe(
    `${mount ?? ''}/${Object.keys(prices?.data ?? {}).join()}`,
  );
});

it('the Service sends to a port that the API has, and to its pods', () => {
  const [service] = ofKind('Service');
  const api = deployments[0]?.spec.template;
  expect(api?.metadata.labels).toMatchObject(service?.spec.selector ?? { none: 'none' });
  const names = api?.spec.containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name));
  expect(names).toEqual(expect.arrayContaining(service?.spec.ports.map(({ targetPort }) => targetPort) ?? ['a port']));
});
