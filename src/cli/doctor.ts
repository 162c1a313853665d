import { wordsOf } from '../core/errors.js';
import { readConfig, type Config } from '../config.js';
import { visibleText } from '../core/json/visible-text.js';
import { secretMask } from '../core/secrets.js';
import { checkAccess } from './checks/check-access.js';
import { checkAlerts } from './checks/check-alerts.js';
import { checkApi } from './checks/check-api.js';
import { checkBuilds } from './checks/check-builds.js';
import { checkCollectors } from './checks/check-collectors.js';
import { checkHome } from './checks/check-home.js';
import { checkLimits } from './checks/check-limits.js';
import { checkMetrics } from './checks/check-metrics.js';
import { checkNode } from './checks/check-node.js';
import { checkPrices } from './checks/check-prices.js';
import { checkProviders } from './checks/check-providers.js';
import { checkStorage } from './checks/check-storage.js';
import { checkTools } from './checks/check-tools.js';
import { checkTemporal } from './checks/check-temporal.js';
import { checkToolServers } from './checks/check-tool-servers.js';
import { missing, ok, type Finding } from './checks/finding.js';

const STATE_WIDTH = 6;
const SUBJECT_WIDTH = 15;

/**
 * Looks at everything that a start needs and says what it finds, one line for each check. Opens and downloads nothing, and starts
 * MCP servers only, for a moment. Resolves with the exit code: 1 when a start would come to nothing. Prints no secret.
 */
export async function runDoctor(): Promise<number> {
  const config = configuration();
  const mask = 'port' in config ? secretMask(config.secrets) : (text: string) => text;
  const findings: Finding[] = [];
  const report = (found: readonly Finding[]): void => {
    findings.push(...found);
    for (const finding of found) process.stdout.write(`${visibleText(mask(line(finding)))}\n`);
  };
  report([await checkNode()]);
  if ('port' in config) await examine(config, report);
  else report([config]);
  process.stdout.write(`\n${conclusion(findings)}\n`);
  return findings.some(({ blocksStart }) => blocksStart) ? 1 : 0;
}

/** The configuration, or why there is none. */
function configuration(): Config | Finding {
  try {
    return readConfig();
  } catch (error) {
    return missing('Configuration', wordsOf(error));
  }
}

async function examine(config: Config, report: (found: readonly Finding[]) => void): Promise<void> {
  report([ok('Configuration', 'Every variable can be read.')]);
  // Asked first: what a running server holds is no obstacle.
  const { finding, isRunning } = await checkApi(config);
  const checks = [
    checkTemporal(config, isRunning),
    checkHome(config),
    checkMetrics(config, isRunning),
    checkCollectors(config),
    checkBuilds(config),
    checkAccess(config),
    checkLimits(config),
    checkStorage(config, isRunning),
    checkProviders(config),
    checkPrices(config),
    checkTools(config),
    checkToolServers(config),
  ];
  report([finding, ...checkAlerts(config)]);
  for (const found of await Promise.all(checks)) report(found);
}

/** What has more lines goes on below where it began. */
function line({ state, subject, text }: Finding): string {
  const indent = ' '.repeat(STATE_WIDTH + SUBJECT_WIDTH);
  return state.padEnd(STATE_WIDTH) + subject.padEnd(SUBJECT_WIDTH) + text.replaceAll('\n', `\n${indent}`);
}

function conclusion(findings: readonly Finding[]): string {
  const failed = findings.filter(({ state }) => state === 'FAIL');
  const blocking = failed.filter(({ blocksStart }) => blocksStart);
  if (blocking.length > 0) return `A start needs this first: ${subjects(blocking)}.`;
  if (failed.length > 0)
    return `A start has what it needs. Agents that need ${subjects(failed)} will fail until that is mended.`;
  return 'All is well.';
}

function subjects(findings: readonly Finding[]): string {
  return [...new Set(findings.map(({ subject, missed = subject }) => missed))].join(', ');
}
