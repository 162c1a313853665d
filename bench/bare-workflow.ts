import { condition, defineUpdate, proxyActivities, setHandler } from '@temporalio/workflow';

/** What a user would write without us for "create, one fire, end": one update, no storage, no checks, no streams. */
export async function bareToken(): Promise<string> {
  let place = 'submitted';
  setHandler(defineUpdate<string>('fire'), () => {
    place = 'done';
    return place;
  });
  await condition(() => place === 'done');
  return place;
}

/** The same, back and forth without an end. */
export async function bareFires(): Promise<never> {
  let place = 'left';
  setHandler(defineUpdate<string>('fire'), () => {
    place = place === 'left' ? 'right' : 'left';
    return place;
  });
  await condition(() => false);
  throw new Error('never');
}

interface BareActivities {
  model(): Promise<string>;
  tool(left: number, right: number): Promise<number>;
}

/** The same for an agent with a tool: the model and the tool by turns. */
export async function bareAgent(calls: number): Promise<string> {
  const { model, tool } = proxyActivities<BareActivities>({ startToCloseTimeout: '1 minute' });
  for (let call = 0; call < calls; call += 1) {
    await model();
    await tool(3, 4);
  }
  return await model();
}
