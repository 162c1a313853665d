import type { ProcessParts } from '../../compose/run-process.js';
import type { Running } from '../../compose/run-everything.js';
import { ApiClient } from '../api-client.js';
import { followFolder, type Taken } from './follow-folder.js';
import { LiveDefinitions } from './live-definitions.js';
import { LiveTokens } from './live-tokens.js';
import { ownEnvironment } from './own-environment.js';
import { restartAdvice, unloadedTools } from './restart-advice.js';
import { lookAtFiles } from './watched-files.js';

/**
 * Applies the folder that this process is in to the server that it runs, now and after every save, and says what happens to tokens of
 * its workflows. Resolves when that has begun; it goes on until the process ends.
 */
export async function developFolder(parts: ProcessParts, { feed }: Pick<Running, 'feed'>): Promise<void> {
  const { config, logger, resources, say, ending } = parts;
  const folder = process.cwd();
  const { token, warning } = await ownEnvironment(folder, ApiClient.of(config).address);
  if (warning !== undefined) say(warning);
  const tokens = new LiveTokens(feed, say);
  const live = new LiveDefinitions(folder, {
    api: apiOf(parts, token),
    say,
    ending,
    onApplied: tellingHowToRun(say, (ids) => {
      tokens.follow(ids).catch((error: unknown) => {
        logger.warn({ err: error }, 'what happens to tokens cannot be shown');
      });
    }),
  });
  const present = [...lookAtFiles(folder, config.dataDir).files.keys()];
  for (const line of unloadedTools(present, config)) say(line);
  const changed = (files: readonly string[]) => {
    for (const line of [...restartAdvice(folder, files, config), ...unloadedTools(files, config)]) say(line);
  };
  const take = (isStill: () => boolean): Promise<Taken> =>
    live.take(isStill).catch((error: unknown) => {
      if (!ending.aborted) logger.error({ err: error }, 'the folder could not be applied');
      return 'done';
    });
  const following = followFolder({ folder, leftOut: config.dataDir, ending }, { take, changed, say });
  resources.add('what follows the folder', async () => {
    tokens.close();
    await following;
  });
}

function apiOf({ config, ending }: ProcessParts, token: string | undefined): ApiClient {
  const { access } = config;
  if (access.token !== undefined || token === undefined) return ApiClient.of(config, ending);
  return ApiClient.of({ ...config, access: { ...access, token } }, ending);
}

/** Once there are workflows, says once how a token of one is made. */
function tellingHowToRun(
  say: ProcessParts['say'],
  onApplied: (workflowIds: readonly string[]) => void,
): (workflowIds: readonly string[]) => void {
  let isTold = false;
  return (workflowIds) => {
    onApplied(workflowIds);
    const [first] = workflowIds;
    if (isTold || first === undefined) return;
    isTold = true;
    say(`In another terminal, in this folder: npx circuit-breaker run ${first} --data @FILE --follow`);
  };
}
